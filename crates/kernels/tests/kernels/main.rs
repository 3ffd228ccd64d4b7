//! The kernels against naive twins, f64 and differences.

mod columns;
mod data;
mod elementwise;
mod gather;
mod gradient;
mod linear;
mod loss;
mod math;
mod norm;
mod pool;
mod pooling;
