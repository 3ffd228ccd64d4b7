//! A team of threads that shares short tasks.
//!
//! Entering rayon's pool for every kernel costs tens of microseconds, as much as a whole training step of a small
//! network. So a team enters it once for many steps: helpers run inside the pool and wait there for tasks, first
//! spinning, then parked. Without the `threads` feature, or with one thread, the pool is never touched.
//!
//! Helpers borrow nothing for longer than a task they have claimed, so a helper that is late, or that the pool never
//! starts, delays nobody: the leader does what nobody claims.

use core::marker::PhantomData;

/// The threads that share the tasks of [`Team::for_each`].
pub struct Team {
    #[cfg(feature = "threads")]
    crew: Option<std::sync::Arc<crew::Crew>>,
    threads: usize,
    /// Not `Sync`: only the leader hands out tasks, and a task cannot hand out more.
    leader: PhantomData<*const ()>,
}

/// The largest team worth asking for: natively the processors, on WebAssembly the workers of the pool plus the caller
/// (so the pool must have been built before), without the `threads` feature 1.
pub fn threads() -> usize {
    #[cfg(all(feature = "threads", target_family = "wasm"))]
    return rayon::current_num_threads() + 1;
    #[cfg(all(feature = "threads", not(target_family = "wasm")))]
    return std::thread::available_parallelism().map_or(1, |n| n.get());
    #[cfg(not(feature = "threads"))]
    1
}

/// Runs `body` on this thread with a team of at most `threads` threads, this one included.
///
/// The other threads come from rayon's global pool and are taken until `body` returns or panics. The team is smaller
/// where the pool is; without the `threads` feature it is this thread alone.
pub fn with_team<R: Send>(threads: usize, body: impl FnOnce(&Team) -> R + Send) -> R {
    body(&Team::new(threads))
}

impl Team {
    #[cfg(feature = "threads")]
    fn new(threads: usize) -> Team {
        let helpers = if threads > 1 { (threads - 1).min(rayon::current_num_threads()) } else { 0 };
        let crew = (helpers > 0).then(|| crew::Crew::start(helpers, crew::PATIENCE));
        Team { crew, threads: helpers + 1, leader: PhantomData }
    }

    #[cfg(not(feature = "threads"))]
    fn new(_: usize) -> Team {
        Team { threads: 1, leader: PhantomData }
    }

    /// Threads in the team, the leader included.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Calls `f(i, &mut tasks[i])` once for every task, on any thread of the team, and returns when all calls have.
    ///
    /// Which thread runs which task varies from call to call, so results must not depend on it. Nothing is allocated.
    ///
    /// # Panics
    /// When a task panics: with its message, after every task that has begun has ended. When a helper that has claimed a task lets 60
    /// seconds pass without any task ending, the message says so and the process aborts, because the task still
    /// borrows what the caller owns.
    pub fn for_each<T: Send>(&self, tasks: &mut [T], f: impl Fn(usize, &mut T) + Sync) {
        #[cfg(feature = "threads")]
        if let (Some(crew), true) = (&self.crew, tasks.len() > 1) {
            return crew.run(tasks, &f);
        }
        for (i, task) in tasks.iter_mut().enumerate() {
            f(i, task);
        }
    }
}

#[cfg(feature = "threads")]
impl Drop for Team {
    fn drop(&mut self) {
        if let Some(crew) = &self.crew {
            crew.close();
        }
    }
}

#[cfg(feature = "threads")]
mod crew {
    //! What the threads of a team share.
    //!
    //! The leader writes a job, then publishes its number of tasks in `left`. Whoever lowers `left` by one owns that
    //! task and may read the job: the leader does not return, so the job stays, until `pending` has reached zero.
    //! That also makes a late claim right: whatever job it lowers, it is the one the job cell holds.

    use std::any::Any;
    use std::cell::UnsafeCell;
    use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
    use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
    use std::time::Duration;

    /// Seconds without any task ending after which a claimed task counts as lost with its thread.
    pub(super) const PATIENCE: u32 = 60;

    /// Looks at a counter before a thread parks: some 50 microseconds, longer than the serial gaps inside a training
    /// step and about the price of parking and waking. A pause takes time natively and none on WebAssembly.
    const SPINS: u32 = if cfg!(target_family = "wasm") { 20_000 } else { 1_000 };

    /// A value alone on its cache line, so that writes to others do not disturb those who watch it.
    #[repr(align(64))]
    struct Alone<T>(T);

    /// A closure and its tasks without their types.
    #[derive(Clone, Copy)]
    struct Job {
        call: unsafe fn(f: *const (), tasks: *mut (), index: usize),
        f: *const (),
        tasks: *mut (),
        len: usize,
    }

    pub(super) struct Crew {
        /// Tasks nobody has claimed.
        left: Alone<AtomicUsize>,
        /// Tasks that have not ended.
        pending: Alone<AtomicUsize>,
        job: UnsafeCell<Job>,
        closed: AtomicBool,
        sleepers: AtomicUsize,
        leader_sleeps: AtomicBool,
        lock: Mutex<()>,
        wake_helpers: Condvar,
        wake_leader: Condvar,
        panic: Mutex<Option<Box<dyn Any + Send>>>,
        patience: u32,
    }

    // SAFETY: all fields but `job` are `Sync`. `job` is written by the leader only, while `left` and `pending` are zero,
    // and read only by threads that have claimed a task, which keeps `pending` above zero. What it points to is shared
    // as `run` demands: the closure is `Sync`, and each task, which is `Send`, goes to the one thread that claimed it.
    unsafe impl Sync for Crew {}
    // SAFETY: as above; the pointers are used under the same protocol on any thread.
    unsafe impl Send for Crew {}

    impl Crew {
        /// Asks the pool for `helpers` threads.
        pub(super) fn start(helpers: usize, patience: u32) -> Arc<Crew> {
            unsafe fn nothing(_: *const (), _: *mut (), _: usize) {}
            let job = Job { call: nothing, f: std::ptr::null(), tasks: std::ptr::null_mut(), len: 0 };
            let crew = Arc::new(Crew {
                left: Alone(AtomicUsize::new(0)),
                pending: Alone(AtomicUsize::new(0)),
                job: UnsafeCell::new(job),
                closed: AtomicBool::new(false),
                sleepers: AtomicUsize::new(0),
                leader_sleeps: AtomicBool::new(false),
                lock: Mutex::new(()),
                wake_helpers: Condvar::new(),
                wake_leader: Condvar::new(),
                panic: Mutex::new(None),
                patience,
            });
            for _ in 0..helpers {
                let crew = Arc::clone(&crew);
                rayon::spawn(move || crew.serve());
            }
            crew
        }

        /// Sends the helpers home.
        pub(super) fn close(&self) {
            self.closed.store(true, SeqCst);
            self.wake();
        }

        /// Runs all tasks; only the leader may call it, one call at a time.
        pub(super) fn run<T: Send, F: Fn(usize, &mut T) + Sync>(&self, tasks: &mut [T], f: &F) {
            /// # Safety
            /// `f` and `tasks` are those of [`Crew::run`], alive; `index` is inside and nobody else has it.
            unsafe fn call<T, F: Fn(usize, &mut T)>(f: *const (), tasks: *mut (), index: usize) {
                // SAFETY: promised by the caller.
                let (f, task) = unsafe { (&*f.cast::<F>(), &mut *tasks.cast::<T>().add(index)) };
                f(index, task);
            }
            let job = Job {
                call: call::<T, F>,
                f: std::ptr::from_ref(f).cast(),
                tasks: tasks.as_mut_ptr().cast(),
                len: tasks.len(),
            };
            // SAFETY: the last call returned with `left` and `pending` at zero, so no thread reads the job.
            unsafe { *self.job.get() = job };
            self.pending.0.store(tasks.len(), Relaxed);
            self.left.0.store(tasks.len(), SeqCst);
            self.wake();
            while self.work() {}
            self.wait();
            if let Some(message) = self.panic.lock().unwrap_or_else(PoisonError::into_inner).take() {
                resume_unwind(message);
            }
        }

        /// Claims and runs one task; false where none is left.
        fn work(&self) -> bool {
            let mut left = self.left.0.load(Acquire);
            loop {
                if left == 0 {
                    return false;
                }
                match self.left.0.compare_exchange_weak(left, left - 1, AcqRel, Acquire) {
                    Ok(_) => break,
                    Err(now) => left = now,
                }
            }
            // SAFETY: this thread has claimed a task, so the job is published and stays until the task has ended.
            let job = unsafe { *self.job.get() };
            // SAFETY: `run` waits for this task, so closure and tasks are alive; `left` names the index once.
            let ended =
                catch_unwind(AssertUnwindSafe(|| unsafe { (job.call)(job.f, job.tasks, job.len - left) }));
            if let Err(message) = ended {
                *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(message);
            }
            if self.pending.0.fetch_sub(1, SeqCst) == 1 && self.leader_sleeps.load(SeqCst) {
                drop(self.guard());
                self.wake_leader.notify_one();
            }
            true
        }

        /// The life of a helper.
        fn serve(&self) {
            let mut spins = 0;
            while !self.closed.load(Acquire) {
                if self.work() {
                    spins = 0;
                } else if spins < SPINS {
                    spins += 1;
                    std::hint::spin_loop();
                } else {
                    let mut guard = self.guard();
                    // Either this thread sees the new tasks below, or `wake` sees the sleeper and notifies.
                    self.sleepers.fetch_add(1, SeqCst);
                    while self.left.0.load(SeqCst) == 0 && !self.closed.load(SeqCst) {
                        guard = self.wake_helpers.wait(guard).unwrap_or_else(PoisonError::into_inner);
                    }
                    self.sleepers.fetch_sub(1, SeqCst);
                    spins = 0;
                }
            }
        }

        /// Wakes the helpers that have parked.
        fn wake(&self) {
            if self.sleepers.load(SeqCst) > 0 {
                drop(self.guard());
                self.wake_helpers.notify_all();
            }
        }

        /// Waits until every task has ended.
        fn wait(&self) {
            for _ in 0..SPINS {
                if self.pending.0.load(Acquire) == 0 {
                    return;
                }
                std::hint::spin_loop();
            }
            let mut guard = self.guard();
            // Either this thread sees the last task ended, or the thread that ended it sees the sleeper and notifies.
            self.leader_sleeps.store(true, SeqCst);
            let (mut before, mut quiet) = (usize::MAX, 0);
            loop {
                let pending = self.pending.0.load(SeqCst);
                if pending == 0 {
                    break;
                }
                quiet = if pending == before { quiet } else { 0 };
                before = pending;
                if quiet == self.patience {
                    self.give_up(pending);
                }
                let second = Duration::from_secs(1);
                let woken = self.wake_leader.wait_timeout(guard, second);
                let (again, timeout) = woken.unwrap_or_else(PoisonError::into_inner);
                guard = again;
                quiet += u32::from(timeout.timed_out());
            }
            self.leader_sleeps.store(false, SeqCst);
        }

        /// Ends the process with a message: unwinding would free what a claimed task still borrows.
        fn give_up(&self, pending: usize) -> ! {
            struct Abort;
            impl Drop for Abort {
                fn drop(&mut self) {
                    std::process::abort();
                }
            }
            let _abort = Abort;
            panic!(
                "a thread of the pool is lost: {pending} tasks have not ended, none in {} seconds",
                self.patience
            );
        }

        fn guard(&self) -> MutexGuard<'_, ()> {
            self.lock.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_lost_thread_is_an_error() {
            const CHILD: &str = "CAMBIUM_TEST_LOST_THREAD";
            if std::env::var_os(CHILD).is_some() {
                let crew = Crew::start(1, 1);
                let leader = std::thread::current().id();
                crew.run(&mut [(); 2], &|_, ()| {
                    // The helper takes one task and never ends; the leader waits until it has.
                    while std::thread::current().id() != leader || crew.left.0.load(SeqCst) > 0 {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                });
            }
            let test = std::env::current_exe().unwrap();
            let output = std::process::Command::new(test)
                .args(["--exact", "pool::crew::tests::a_lost_thread_is_an_error", "--nocapture"])
                .env(CHILD, "1")
                .output()
                .unwrap();
            assert!(!output.status.success());
            let message = String::from_utf8_lossy(&output.stderr);
            assert!(message.contains("a thread of the pool is lost: 1 tasks have not ended"), "{message}");
        }
    }
}
