//! Teams: every task runs once, whatever the threads do.

use cambium_kernels::pool::{threads, with_team};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::time::Duration;

#[test]
fn every_task_runs_once_in_many_short_jobs() {
    for team_size in [1, 2, 3, 8] {
        with_team(team_size, |team| {
            assert!((1..=team_size).contains(&team.threads()));
            let mut counts = [0u32; 37];
            for round in 0..2_000 {
                let used = round % 38;
                team.for_each(&mut counts[..used], |i, count| {
                    assert!(i < used);
                    *count += 1;
                });
            }
            for (i, &count) in counts.iter().enumerate() {
                let expected = (0..2_000).filter(|round| round % 38 > i).count();
                assert_eq!(count as usize, expected, "task {i}, team of {team_size}");
            }
        });
    }
}

#[test]
fn tasks_see_their_index_and_shared_data() {
    let data: Vec<usize> = (0..1000).collect();
    let mut sums = vec![0; 10];
    with_team(2, |team| {
        team.for_each(&mut sums, |i, sum| *sum = data[i * 100..(i + 1) * 100].iter().sum());
    });
    assert_eq!(sums.iter().sum::<usize>(), 1000 * 999 / 2);
    assert_eq!(sums[0], 4950);
}

#[test]
fn parked_helpers_wake_up() {
    with_team(2, |team| {
        for _ in 0..5 {
            std::thread::sleep(Duration::from_millis(20));
            let mut seen = [false; 4];
            team.for_each(&mut seen, |_, seen| *seen = true);
            assert_eq!(seen, [true; 4]);
        }
    });
}

#[test]
fn the_leader_waits_for_slow_helpers() {
    with_team(2, |team| {
        let mut done = [false; 3];
        team.for_each(&mut done, |i, done| {
            std::thread::sleep(Duration::from_millis(if i == 0 { 1 } else { 60 }));
            *done = true;
        });
        assert_eq!(done, [true; 3]);
    });
}

#[test]
fn a_panic_in_a_task_reaches_the_caller_and_the_team_goes_on() {
    with_team(2, |team| {
        let mut tasks = [0; 6];
        let result = catch_unwind(AssertUnwindSafe(|| {
            team.for_each(&mut tasks, |i, task| {
                assert!(i != 3, "task three fails");
                *task = 1;
            });
        }));
        let message = *result.unwrap_err().downcast::<&str>().unwrap();
        assert_eq!(message, "task three fails");
        if team.threads() > 1 {
            assert_eq!(tasks, [1, 1, 1, 0, 1, 1]);
        }
        team.for_each(&mut tasks, |_, task| *task = 2);
        assert_eq!(tasks, [2; 6]);
    });
}

#[test]
fn a_team_inside_a_task_of_another_team_finishes() {
    let mut outer = [0u64; 4];
    with_team(2, |team| {
        team.for_each(&mut outer, |i, out| {
            let mut inner = [0u64; 8];
            with_team(2, |team| team.for_each(&mut inner, |j, v| *v = (i * 8 + j) as u64));
            *out = inner.iter().sum();
        });
    });
    assert_eq!(outer.iter().sum::<u64>(), 32 * 31 / 2);
}

#[test]
fn results_come_back_from_the_body() {
    assert!(threads() >= 1);
    assert_eq!(with_team(0, |team| team.threads()), 1);
    assert_eq!(with_team(1, |_| "done"), "done");
    with_team(2, |team| team.for_each(&mut [(); 0], |_, ()| unreachable!()));
}
