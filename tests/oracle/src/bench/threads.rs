//! Runs a share of the work on each thread and times the whole.

use std::ops::Range;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

/// Cuts `0..item_count` into one contiguous share per thread and runs them at once. Returns the nanoseconds from
/// the first start to the last end.
pub fn timed<F>(thread_count: usize, item_count: usize, work: F) -> Result<u128, String>
where
    F: Fn(Range<usize>) -> Result<(), String> + Sync,
{
    let spans = if thread_count == 1 {
        vec![span(|| work(0..item_count))?]
    } else {
        run_together(thread_count, item_count, &work)?
    };
    let start = spans.iter().map(|span| span.0).min().ok_or("no threads")?;
    let end = spans.iter().map(|span| span.1).max().ok_or("no threads")?;
    Ok((end - start).as_nanos())
}

fn run_together<F>(thread_count: usize, item_count: usize, work: &F) -> Result<Vec<(Instant, Instant)>, String>
where
    F: Fn(Range<usize>) -> Result<(), String> + Sync,
{
    let barrier = Barrier::new(thread_count);
    let barrier = &barrier;
    thread::scope(|scope| {
        let workers: Vec<_> = (0..thread_count)
            .map(|t| {
                let share = item_count * t / thread_count..item_count * (t + 1) / thread_count;
                scope.spawn(move || {
                    barrier.wait();
                    span(|| work(share))
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().map_err(|_| "a thread panicked".to_owned())?).collect()
    })
}

/// Each thread reads the clock itself: the one that started them may be the last to run again.
fn span(work: impl FnOnce() -> Result<(), String>) -> Result<(Instant, Instant), String> {
    let start = Instant::now();
    work()?;
    Ok((start, Instant::now()))
}
