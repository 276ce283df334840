//! Work shared out among threads.

use crate::Failure;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many threads there are processors for.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Does every task, by as many threads as are asked for; the answers stand in the order of the tasks, whichever thread
/// took them.
///
/// # Errors
/// The first task that cannot be done.
pub(crate) fn share<T: Sync, R: Send>(
    tasks: &[T],
    threads: usize,
    work: impl Fn(&T) -> Result<R, Failure> + Sync,
) -> Result<Vec<R>, Failure> {
    let next = AtomicUsize::new(0);
    let take = || -> Result<Vec<(usize, R)>, Failure> {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(task) = tasks.get(index) else { return Ok(done) };
            done.push((index, work(task)?));
        }
    };
    let answers = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads.clamp(1, tasks.len().max(1))).map(|_| scope.spawn(take)).collect();
        threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    let mut all = Vec::with_capacity(tasks.len());
    for answer in answers {
        let stopped = |_| Failure::Input("a measurement broke off; this is a fault of the program".into());
        all.extend(answer.map_err(stopped)??);
    }
    all.sort_by_key(|(index, _)| *index);
    Ok(all.into_iter().map(|(_, done)| done).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_stand_in_the_order_of_the_tasks_and_a_fault_is_told() {
        let tasks: Vec<u64> = (0..50).collect();
        let squares: Vec<u64> = tasks.iter().map(|x| x * x).collect();
        for threads in [0, 1, 3, 80] {
            assert_eq!(share(&tasks, threads, |x| Ok(x * x)).unwrap(), squares);
        }
        let faulty = share(&tasks, 3, |x| if *x == 20 { Err(Failure::Input("no".into())) } else { Ok(()) });
        assert!(faulty.is_err());
        assert!(share(&[] as &[u64], 2, |x| Ok(*x)).unwrap().is_empty());
    }
}
