//! What `npm run bench` times inside WebAssembly: the peak of the machine, the kernels, changes of structure.
//!
//! JavaScript prepares one case, then runs it as often as it takes to be timed. Nothing here is part of a package.

mod case;
mod linear;
mod network;
mod peak;

pub use case::{flops, run, weights};
pub use linear::{conv, gemm};
pub use network::{candidates, feature};
pub use peak::{peak_flops_per_round, peak_fused, peak_split, relaxed};
