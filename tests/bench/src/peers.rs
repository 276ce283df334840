//! The same steps of Lorenz by other programs, where they are installed: XPPAUT, and a loop compiled by numba.

use crate::error::Error;
use crate::lorenz::system;
use crate::report::{Peer, Peers};
use dynamics::{Options, Stepper, Trajectory};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;
use zoo::Field;

const H: f64 = 1e-3;
const START: [f64; 3] = [1.0, 1.0, 1.0];
/// Steps to a unit of time, at which the states are compared.
const UNIT: u64 = 1_000;
/// Steps of one run of each. All runs take about as long, so that what else the machine does burdens all alike.
const XPPAUT_STEPS: u64 = 1_000_000;
const COMPILED_STEPS: u64 = 16_000_000;
const TYPED_STEPS: u64 = 4_000_000;
const REPEATS: usize = 5;
const SCRIPT: &str = include_str!("lorenz.py");

/// Seconds of processor time, of this program and of those that it has waited for, where the system tells them:
/// Linux does, in hundredths (proc(5), `/proc/pid/stat`, fields 14 to 17).
pub(crate) fn processor_seconds() -> Option<[f64; 2]> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let seconds = |at: usize| Some(fields.get(at)?.parse::<f64>().ok()? / 100.0);
    Some([seconds(11)? + seconds(12)?, seconds(13)? + seconds(14)?])
}

/// Whose time is meant.
#[derive(Clone, Copy)]
pub(crate) enum Whose {
    Own,
    Children,
}

/// Seconds that some work takes.
pub(crate) fn timed<T>(whose: Whose, work: impl FnOnce() -> Result<T, Error>) -> Result<(T, f64), Error> {
    let (wall, before) = (Instant::now(), processor_seconds());
    let done = work()?;
    let wall = wall.elapsed().as_secs_f64();
    let seconds = match (before, processor_seconds()) {
        (Some(before), Some(after)) => after[whose as usize] - before[whose as usize],
        _ => wall,
    };
    Ok((done, seconds))
}

pub(crate) fn broken(path: &str, reason: impl std::fmt::Display) -> Error {
    Error::Report { path: path.to_owned(), reason: reason.to_string() }
}

/// The states after a unit of time differ by no more than the peer's own rounding.
fn same_state(peer: &str, found: &[f64], wanted: &[f64]) -> Result<(), Error> {
    let same = found.len() == wanted.len()
        && found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() <= 1e-4 * wanted.abs());
    if same {
        return Ok(());
    }
    let (found, wanted) = (format!("{found:?}"), format!("{wanted:?}"));
    Err(Error::Wrong { what: format!("the state of {peer} after {UNIT} steps"), found, wanted })
}

/// A folder of its own, in which XPPAUT reads and writes.
struct Xppaut(PathBuf);

impl Drop for Xppaut {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Xppaut {
    fn new() -> Result<Self, Error> {
        let folder = std::env::temp_dir().join(format!("house-bench-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|reason| broken(&folder.to_string_lossy(), reason))?;
        Ok(Self(folder))
    }

    /// Seconds of a run; `None` where the program cannot be started.
    fn run(&self, steps: u64) -> Result<Option<f64>, Error> {
        let [x, y, z] = START;
        let text = format!(
            "x'=10*(y-x)\ny'=x*(28-z)-y\nz'=x*y-(8/3)*z\ninit x={x},y={y},z={z}\n\
             @ total={}, dt={H}, meth=rk4, njmp={}, maxstor=5000, bounds=1000\ndone\n",
            steps as f64 * H,
            steps.min(UNIT),
        );
        let path = self.0.join("lorenz.ode");
        fs::write(&path, text).map_err(|reason| broken(&path.to_string_lossy(), reason))?;
        let mut command = Command::new("xppaut");
        command.args(["lorenz.ode", "-silent"]).current_dir(&self.0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match timed(Whose::Children, || Ok(command.status()))? {
            (Ok(status), seconds) if status.success() => Ok(Some(seconds)),
            (Ok(status), _) => Err(broken("xppaut", status)),
            (Err(_), _) => Ok(None),
        }
    }

    /// Seconds of the steps, less what the program needs to start.
    fn measure(&self, reached: &[f64]) -> Result<Option<f64>, Error> {
        let Some(short) = self.run(1)? else { return Ok(None) };
        let Some(long) = self.run(XPPAUT_STEPS)? else { return Ok(None) };
        let rows = rows(&self.0.join("output.dat"))?;
        let end = XPPAUT_STEPS as f64 * H;
        let well = rows.last().is_some_and(|row| (row[0] - end).abs() < 1e-3 * end);
        match rows.get(1).map(Vec::as_slice) {
            Some([_, state @ ..]) if well => same_state("xppaut", state, reached)?,
            _ => return Err(broken("output.dat", format!("the run of xppaut does not end at {end}"))),
        }
        Ok(Some((long - short) / XPPAUT_STEPS as f64))
    }
}

/// The table that XPPAUT writes: a row an output, time first.
fn rows(path: &Path) -> Result<Vec<Vec<f64>>, Error> {
    let text = fs::read_to_string(path).map_err(|reason| broken("output.dat", reason))?;
    text.lines().filter(|line| !line.trim().is_empty()).map(|line| numbers("output.dat", line)).collect()
}

fn numbers(place: &str, line: &str) -> Result<Vec<f64>, Error> {
    line.split_whitespace()
        .map(|word| word.parse().map_err(|_| broken(place, format!("`{word}` is not a number"))))
        .collect()
}

/// A Python that has compiled the loop and waits.
struct Numba {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Drop for Numba {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Numba {
    /// `None` where there is no Python, or it has no numba.
    fn new(processor_time: bool, reached: &[f64]) -> Result<Option<Self>, Error> {
        let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
        let quiet = |arguments: &[&str]| {
            let mut command = Command::new(&python);
            command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        if !quiet(&["-c", "import numba"]).status().is_ok_and(|status| status.success()) {
            return Ok(None);
        }
        let clock = if processor_time { "process" } else { "wall" };
        let mut command = quiet(&["-c", SCRIPT, &H.to_string(), &COMPILED_STEPS.to_string(), clock]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().map_err(|reason| broken("numba", reason))?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(broken("numba", "it has no pipes"));
        };
        let mut numba = Self { child, to, from: BufReader::new(from) };
        same_state("numba", &numba.line()?, reached)?;
        Ok(Some(numba))
    }

    fn line(&mut self) -> Result<Vec<f64>, Error> {
        let mut line = String::new();
        self.from.read_line(&mut line).map_err(|reason| broken("numba", reason))?;
        numbers("numba", &line)
    }

    fn measure(&mut self) -> Result<f64, Error> {
        self.to.write_all(b"\n").and_then(|()| self.to.flush()).map_err(|reason| broken("numba", reason))?;
        match self.line()?[..] {
            [seconds] => Ok(seconds / COMPILED_STEPS as f64),
            _ => Err(broken("numba", "it ended early")),
        }
    }
}

fn own(run: &mut Trajectory<Field<f64>>, steps: u64) -> Result<f64, Error> {
    let (_, seconds) = timed(Whose::Own, || {
        let outcome = run.advance_by(steps);
        if *outcome == dynamics::Outcome::Ok { Ok(()) } else { Err(broken("lorenz", outcome)) }
    })?;
    Ok(seconds / steps as f64)
}

fn median(mut times: Vec<f64>) -> Option<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}

fn peer(times: Vec<f64>, absent: &str) -> Peer {
    match median(times) {
        Some(seconds) => Peer { absent: String::new(), seconds },
        None => Peer { absent: absent.into(), seconds: 0.0 },
    }
}

/// Measures the solver and its peers in turn.
///
/// # Errors
/// A peer is there but fails, or computes something else.
pub fn measure_peers() -> Result<Peers, Error> {
    let system = system()?;
    let parameters = system.model().parameter_values();
    let options = || Options { dt: H, ..Options::default() };
    let mut compiled = Trajectory::new(system.field::<f64>(&parameters), options(), &START)?;
    let typed = Field::<f64>::interpreted(system.model(), &parameters);
    let mut typed = Trajectory::new(typed, options(), &START)?;
    own(&mut compiled, UNIT)?;
    own(&mut typed, UNIT)?;
    let reached = compiled.state().to_vec();
    let processor_time = processor_seconds().is_some();
    let xppaut = Xppaut::new()?;
    let mut numba = Numba::new(processor_time, &reached)?;
    let mut times = [const { Vec::new() }; 4];
    for _ in 0..REPEATS {
        times[0].push(own(&mut compiled, COMPILED_STEPS)?);
        times[2].extend(numba.as_mut().map(Numba::measure).transpose()?);
        times[3].extend(xppaut.measure(&reached)?);
        times[1].push(own(&mut typed, TYPED_STEPS)?);
    }
    let [compiled, typed, by_numba, by_xppaut] = times;
    let none = || Error::Absent("one Lorenz trajectory".into());
    Ok(Peers {
        processor_time,
        compiled: median(compiled).ok_or_else(none)?,
        typed: median(typed).ok_or_else(none)?,
        xppaut: peer(by_xppaut, "no program `xppaut`"),
        numba: peer(by_numba, "no Python with numba; PYTHON may name one"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_apart_from_rounding_is_an_error() {
        assert!(same_state("it", &[1.00001, 2.0], &[1.0, 2.0]).is_ok());
        assert!(matches!(same_state("it", &[1.01, 2.0], &[1.0, 2.0]), Err(Error::Wrong { .. })));
        assert!(same_state("it", &[1.0], &[1.0, 2.0]).is_err());
        assert!(same_state("it", &[f64::NAN, 2.0], &[1.0, 2.0]).is_err());
    }

    #[test]
    fn a_table_of_numbers_is_read_and_other_words_are_not() {
        assert_eq!(numbers("it", "0 1e3 -2.5 ").unwrap(), [0.0, 1000.0, -2.5]);
        assert!(numbers("it", "0 one").is_err());
    }

    #[test]
    fn a_peer_without_times_is_absent() {
        assert_eq!(peer(vec![], "not here"), Peer { absent: "not here".into(), seconds: 0.0 });
        assert_eq!(peer(vec![3.0, 1.0, 2.0], "not here"), Peer { absent: String::new(), seconds: 2.0 });
    }
}
