//! The stop watch.

use web_time::Instant;

/// Times that each piece of work is done before it is timed: a browser first runs a quick translation and puts
/// the good one in its place while it runs.
const WARM_UP: usize = 4;
/// Times that each is timed.
const REPEATS: usize = 11;

/// Median seconds of each piece of work. They take turns, so that what else the machine does burdens all alike.
pub(crate) fn medians<const N: usize>(mut works: [&mut dyn FnMut(); N]) -> [f64; N] {
    for _ in 0..WARM_UP {
        works.iter_mut().for_each(|work| work());
    }
    let mut times = [const { Vec::new() }; N];
    for _ in 0..REPEATS {
        for (work, times) in works.iter_mut().zip(&mut times) {
            let begun = Instant::now();
            work();
            times.push(begun.elapsed().as_secs_f64());
        }
    }
    times.map(|mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn works_take_turns_and_the_longer_one_takes_longer() {
        let (mut short, mut long) = (0, 0);
        let wait = |milliseconds| std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        let [a, b] = medians([
            &mut || {
                wait(1);
                short += 1;
            },
            &mut || {
                wait(8);
                long += 1;
            },
        ]);
        assert!(a >= 1e-3 && b >= 8e-3 && a < b, "{a} {b}");
        assert_eq!((short, long), (WARM_UP + REPEATS, WARM_UP + REPEATS));
    }
}
