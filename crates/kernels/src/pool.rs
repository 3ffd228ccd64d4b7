//! A team of threads that shares short tasks.
//!
//! Entering rayon's pool for every kernel costs tens of microseconds, as much as a whole training step of a small
//! network. So a team enters it once for many steps, and [`Team::for_each`] hands out tasks with two atomic counters.

/// The threads that share the tasks of [`Team::for_each`].
pub struct Team {
    threads: usize,
    // Only the leader may hand out tasks: no `Sync`.
    _leader: core::marker::PhantomData<*const ()>,
}

/// The largest team worth asking for.
pub fn threads() -> usize {
    1
}

/// Runs `body` on this thread with a team of `threads` threads, this one included.
pub fn with_team<R: Send>(threads: usize, body: impl FnOnce(&Team) -> R + Send) -> R {
    let _ = threads;
    body(&Team {
        threads: 1,
        _leader: core::marker::PhantomData,
    })
}

impl Team {
    /// Threads in the team, the leader included.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Calls `f(i, &mut tasks[i])` once for every task, on any thread of the team, and returns when all calls have.
    pub fn for_each<T: Send>(&self, tasks: &mut [T], f: impl Fn(usize, &mut T) + Sync) {
        for (i, task) in tasks.iter_mut().enumerate() {
            f(i, task);
        }
    }
}
