//! Gathered rows, and the sums of rows by index.

use crate::data::{padded, Lcg};
use cambium_kernels::elementwise::{add_outer, add_rows};
use cambium_kernels::gather::{gather_bytes, gather_floats, Layout};

/// Rows of any layout land where activations lie, times scale, with zeros up to whole vectors and nothing behind.
fn lands<T: Copy>(
    lcg: &mut Lcg,
    gather: impl Fn(&[T], &[u32], Layout, f32, &mut [f32]),
    number: impl Fn(&mut Lcg) -> T,
    value: impl Fn(T) -> f32,
) {
    for positions in [1, 2, 15, 16, 33] {
        for channels in 1..=9 {
            let (stride, count) = (padded(channels) + 4 * lcg.size(0, 1), 7);
            let data: Vec<T> = (0..count * positions * channels).map(|_| number(lcg)).collect();
            let rows: Vec<u32> = (0..lcg.size(1, 9)).map(|_| lcg.size(0, count - 1) as u32).collect();
            let mut out = vec![f32::INFINITY; positions * rows.len() * stride];
            gather(&data, &rows, Layout { positions, channels, stride }, 0.25, &mut out);
            for (at, found) in out.chunks_exact(stride).enumerate() {
                let (position, row) = (at / rows.len(), rows[at % rows.len()] as usize);
                for (channel, &found) in found.iter().enumerate() {
                    let expected = match channel {
                        c if c < channels => 0.25 * value(data[(row * positions + position) * channels + c]),
                        c if c < padded(channels) => 0.0,
                        _ => f32::INFINITY,
                    };
                    assert_eq!(
                        found, expected,
                        "{positions} positions, {channels} channels, stride {stride}"
                    );
                }
            }
        }
    }
}

#[test]
fn rows_land_where_activations_lie() {
    let mut lcg = Lcg(21);
    lands(&mut lcg, gather_bytes, |lcg| lcg.size(0, 255) as u8, f32::from);
    lands(&mut lcg, gather_floats, Lcg::value, |x| x);
    gather_bytes(&[], &[], Layout { positions: 3, channels: 1, stride: 4 }, 1.0, &mut []);
}

#[test]
#[should_panic(expected = "out of range")]
fn a_row_that_is_not_there_is_refused() {
    gather_bytes(&[1; 12], &[4], Layout { positions: 1, channels: 3, stride: 4 }, 1.0, &mut [0.0; 4]);
}

#[test]
fn sums_of_rows_by_index() {
    let mut lcg = Lcg(22);
    for width in [4, 8, 12, 20, 36] {
        let (stride, step, count) = (width + 4 * lcg.size(0, 1), 3, 9);
        let (z, effect) = (lcg.values(count * stride), lcg.values(count * stride));
        let (a, w) = (lcg.values(count * step), lcg.values(width));
        let rows = [8, 0, 3, 3];
        let (mut outer, mut sums) = (vec![0.0; 4 * stride], vec![0.0; 4 * stride]);
        add_outer(&z, stride, (&a, step), &w, &rows, &mut outer);
        add_rows(&z, &effect, stride, &rows, &mut sums);
        for (i, row) in rows.map(|row| row as usize).into_iter().enumerate() {
            for j in 0..width {
                let expected = cambium_kernels::simd::madd(a[row * step], w[j], z[row * stride + j]);
                assert_eq!(outer[i * stride + j], expected);
                assert_eq!(sums[i * stride + j], z[row * stride + j] + effect[row * stride + j]);
            }
        }
    }
}
