//! The peak of one core: multiply-adds on registers alone.

use cambium_kernels::simd::F32x4;
use cambium_kernels::LANES;
use std::array::from_fn;
use std::hint::black_box;

/// Independent sums: half as many again as the 8 that a latency of 4 cycles and two units need, since a unit is not always free when it
/// should be (8, 10 and 11 sums run at 93, 95 and 98 % of what 12 do, Node 24 on Zen 4), and few enough to stay in registers.
const SUMS: usize = 12;
/// Terms of one round.
const TERMS: usize = 100;

/// 1 where multiply-adds may be fused, which is what tells the lines of modules apart.
#[no_mangle]
pub extern "C" fn relaxed() -> u32 {
    u32::from(cfg!(target_feature = "relaxed-simd"))
}

/// Floating point operations of one round.
#[no_mangle]
pub extern "C" fn peak_flops_per_round() -> f64 {
    (2 * LANES * SUMS * TERMS) as f64
}

#[inline(always)]
fn rounds(count: u32, f: impl Fn(F32x4, F32x4, F32x4) -> F32x4) -> f32 {
    let values: [f32; 4] = black_box([0.5, 0.25, 0.125, 0.0625]);
    let (a, b) = (F32x4::from_array(values), F32x4::from_array(values));
    let mut sums: [F32x4; SUMS] = from_fn(|i| F32x4::splat(i as f32));
    for _ in 0..count {
        for _ in 0..TERMS {
            sums = sums.map(|sum| f(a, b, sum));
        }
    }
    sums.into_iter().fold(F32x4::splat(0.0), |total, sum| total + sum).sum()
}

/// `madd` of the module: fused in the relaxed module where the machine can, else a product and a sum.
#[no_mangle]
pub extern "C" fn peak_fused(count: u32) -> f32 {
    rounds(count, |a, b, sum| a.madd(b, sum))
}

/// A product and a sum: of the sum before, as a product of the same numbers would be made once for all.
#[no_mangle]
pub extern "C" fn peak_split(count: u32) -> f32 {
    rounds(count, |a, b, sum| sum * a + b)
}
