//! The prepared case.

use std::cell::RefCell;

/// Something to time.
pub(crate) trait Case {
    /// Does it once.
    fn run(&mut self);
    /// Floating point operations of one run, a multiply-add counting as two; 0 where they are not the point.
    fn flops(&self) -> f64 {
        0.0
    }
    /// Weights written or moved in one run, without their moments; 0 where they are not the point.
    fn weights(&self) -> f64 {
        0.0
    }
}

thread_local! {
    static CASE: RefCell<Option<Box<dyn Case>>> = const { RefCell::new(None) };
}

/// Makes `case` the prepared one.
pub(crate) fn prepare(case: impl Case + 'static) {
    CASE.with_borrow_mut(|place| *place = Some(Box::new(case)));
}

fn with<R>(f: impl FnOnce(&mut dyn Case) -> R) -> R {
    CASE.with_borrow_mut(|case| f(case.as_deref_mut().expect("no case is prepared")))
}

/// Runs the prepared case `repeats` times.
#[no_mangle]
pub extern "C" fn run(repeats: u32) {
    with(|case| (0..repeats).for_each(|_| case.run()));
}

/// Floating point operations of one run of the prepared case.
#[no_mangle]
pub extern "C" fn flops() -> f64 {
    with(|case| case.flops())
}

/// Weights written or moved in one run of the prepared case, without their moments.
#[no_mangle]
pub extern "C" fn weights() -> f64 {
    with(|case| case.weights())
}

/// Numbers between -1 and 1 that look random (Numerical Recipes' generator).
pub(crate) fn noise(len: usize) -> Vec<f32> {
    let mut state = 1u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(len).collect()
}
