//! Pooling against loops over the cells.

use crate::data::{near, padded, Lcg};
use cambium_kernels::linear::Rows;
use cambium_kernels::pooling::{average_pool, average_pool_backward, max_pool, max_pool_backward};
use cambium_kernels::window::Window;

fn windows() -> Vec<Window> {
    let mut all = Vec::new();
    for (input, size, step, same) in [
        ([6, 6], [2, 2], [2, 2], false),
        ([5, 7], [3, 2], [2, 1], true),
        ([4, 3], [3, 3], [1, 1], true),
        ([3, 3], [1, 1], [2, 2], true),
    ] {
        all.push(Window::conv(input, size, step, same).0);
    }
    all
}

#[test]
fn maximum_and_its_gradient() {
    let mut lcg = Lcg(11);
    for window in windows() {
        let (images, channels) = (3, 5);
        let stride = padded(channels);
        let data = lcg.rows(images * window.inputs, channels, stride);
        let x = Rows { data: &data, positions: window.inputs, images, stride };
        let size = images * window.outputs * stride;
        let (mut y, mut argmax) = (vec![f32::NAN; size], vec![u32::MAX; size]);
        max_pool(x, &window.by_output, &mut y, &mut argmax);
        let delta = lcg.rows(images * window.outputs, channels, stride);
        let dy = Rows { data: &delta, positions: window.outputs, images, stride };
        let mut dx = vec![f32::NAN; data.len()];
        max_pool_backward(dy, &argmax, &mut dx, window.inputs);
        let mut expected = vec![0.0; data.len()];
        for image in 0..images {
            for o in 0..window.outputs {
                for c in 0..stride {
                    let value = |p: u32| data[(p as usize * images + image) * stride + c];
                    let cells = window.by_output.list(o);
                    let best =
                        cells.iter().fold(cells[0].1, |b, &(_, p)| if value(p) > value(b) { p } else { b });
                    let at = (o * images + image) * stride + c;
                    assert_eq!((y[at], argmax[at]), (value(best), best));
                    expected[(best as usize * images + image) * stride + c] += delta[at];
                }
            }
        }
        assert_eq!(dx, expected);
    }
}

#[test]
fn average_and_its_gradient() {
    let mut lcg = Lcg(12);
    for window in windows() {
        let (images, channels) = (2, 6);
        let stride = padded(channels);
        let data = lcg.rows(images * window.inputs, channels, stride);
        let x = Rows { data: &data, positions: window.inputs, images, stride };
        let mut y = vec![f32::NAN; images * window.outputs * stride];
        average_pool(x, &window.by_output, &mut y);
        let delta = lcg.rows(images * window.outputs, channels, stride);
        let dy = Rows { data: &delta, positions: window.outputs, images, stride };
        let mut dx = vec![f32::NAN; data.len()];
        average_pool_backward(dy, &window.by_output, &mut dx, window.inputs);
        let mut expected = vec![0.0f64; data.len()];
        for image in 0..images {
            for o in 0..window.outputs {
                for c in 0..stride {
                    let cells = window.by_output.list(o);
                    let at = (o * images + image) * stride + c;
                    let mut mean = 0.0;
                    for &(_, p) in cells {
                        let cell = (p as usize * images + image) * stride + c;
                        mean += f64::from(data[cell]) / cells.len() as f64;
                        expected[cell] += f64::from(delta[at]) / cells.len() as f64;
                    }
                    assert!(near(y[at], mean, 1e-6));
                }
            }
        }
        assert!(dx.iter().zip(&expected).all(|(&a, &b)| near(a, b, 1e-6)));
    }
}

#[test]
fn nan_is_the_maximum_and_the_first_cell_wins_a_tie() {
    let window = Window::whole(4);
    for nan_at in 0..4 {
        let mut data = [1.0; 16];
        data[nan_at * 4] = f32::NAN;
        let (mut y, mut argmax) = ([0.0; 4], [9; 4]);
        let x = Rows { data: &data, positions: 4, images: 1, stride: 4 };
        max_pool(x, &window.by_output, &mut y, &mut argmax);
        assert!(y[0].is_nan());
        assert_eq!(argmax, [nan_at as u32, 0, 0, 0]);
    }
}
