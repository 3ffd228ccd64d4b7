//! Where the terms of a tile lie: runs of terms that are evenly spaced in memory.

use super::panel::PANEL_TERMS;
use core::mem::MaybeUninit;

/// Most runs of a block of terms: forward each holds a term at least, and gradients take no more parts, or output positions,
/// at a time.
pub(super) const MOST_RUNS: usize = PANEL_TERMS;

/// `count` terms: factors from `a` on, and where their partners start.
#[derive(Clone, Copy)]
pub(super) struct Run<B> {
    pub(super) a: *const f32,
    pub(super) b: B,
    pub(super) count: usize,
}

/// The runs of one output position or tap inside a block of terms. Found once, they serve all its tiles.
pub(super) struct Runs<B> {
    list: [MaybeUninit<Run<B>>; MOST_RUNS],
    len: usize,
}

impl<B: Copy> Runs<B> {
    /// No runs.
    #[inline(always)]
    pub(super) fn new() -> Self {
        Runs { list: [const { MaybeUninit::uninit() }; MOST_RUNS], len: 0 }
    }

    /// Forgets all runs.
    #[inline(always)]
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// Adds one.
    ///
    /// # Panics
    /// Beyond [`MOST_RUNS`].
    #[inline(always)]
    pub(super) fn push(&mut self, run: Run<B>) {
        self.list[self.len].write(run);
        self.len += 1;
    }

    /// The only run, where there is one.
    #[inline(always)]
    pub(super) fn single(&self) -> Option<Run<B>> {
        self.iter().next().filter(|_| self.len == 1)
    }

    /// All runs, in the order they came.
    #[inline(always)]
    pub(super) fn iter(&self) -> impl Iterator<Item = Run<B>> + Clone + '_ {
        // SAFETY: `push` has written the first `len` entries.
        self.list[..self.len].iter().map(|run| unsafe { run.assume_init() })
    }
}
