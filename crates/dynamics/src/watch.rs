//! Events: conditions that cross zero within a step.

use crate::drive::Drive;
use crate::pack::{Unpack, flag};
use numerics::{Crossing, Process};

/// Most events within one fixed step, or one iteration.
pub(crate) const EVENTS_LIMIT: u64 = 1000;
/// Most marks kept until they are fetched.
pub(crate) const MARKS_LIMIT: usize = 1 << 16;
/// Parts in which an adaptive step is searched for crossings.
pub(crate) const PARTS: u32 = 8;
/// A step that starts where a condition is zero is searched from its first part in 2^30 on, in parts of double
/// length.
const HALVINGS: i32 = 30;

/// A state that an event asked to be written out, after the event.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Time of the event.
    pub time: f64,
    /// Index of the event.
    pub event: usize,
    /// State after all events of that time.
    pub state: Vec<f64>,
}

/// What firing the events of one time has led to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fired {
    /// Whether one of them ends the run, and the last one that fired.
    pub(crate) stop: bool,
    pub(crate) event: usize,
}

/// How finely a step is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Search {
    /// At its end alone.
    End,
    /// In this many equal parts.
    Parts(u32),
}

/// The conditions at the last time looked at, and room to look further.
///
/// An event fires when its condition was beyond zero on one side and is at zero or beyond it on the other. A
/// condition that is exactly zero at the start is on neither side.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    crossings: Vec<Crossing>,
    /// Whether `before` holds the conditions at the present state.
    known: bool,
    /// Whether the next step starts where a condition is zero, so that a crossing may follow at once.
    fresh: bool,
    before: Vec<f64>,
    left: Vec<f64>,
    right: Vec<f64>,
    after: Vec<f64>,
    trial: Vec<f64>,
    fires: Vec<bool>,
    fired: Vec<bool>,
    point: Vec<f64>,
    pub(crate) marks: Vec<Mark>,
}

fn crosses(crossing: Crossing, before: f64, after: f64) -> bool {
    let rises = before < 0.0 && after >= 0.0;
    let falls = before > 0.0 && after <= 0.0;
    match crossing {
        Crossing::Rising => rises,
        Crossing::Falling => falls,
        Crossing::Either => rises || falls,
    }
}

impl Watch {
    pub(crate) fn new(crossings: &[Crossing], n: usize) -> Self {
        let m = crossings.len();
        let room = || vec![0.0; m];
        Self {
            crossings: crossings.to_vec(),
            known: false,
            fresh: true,
            before: room(),
            left: room(),
            right: room(),
            after: room(),
            trial: room(),
            fires: vec![false; m],
            fired: vec![false; m],
            point: vec![0.0; if m == 0 { 0 } else { n }],
            marks: Vec::new(),
        }
    }

    pub(crate) fn is_active(&self) -> bool {
        !self.crossings.is_empty()
    }

    /// Forgets the conditions: state or process have been changed from outside.
    pub(crate) fn forget(&mut self) {
        self.known = false;
    }

    /// Evaluates the conditions at the present state, unless they are known.
    pub(crate) fn begin<P: Process>(&mut self, drive: &mut Drive<P>, t: f64, x: &[f64]) {
        if self.is_active() && !self.known {
            drive.conditions(t, x, &mut self.before);
            // A condition that starts at zero may leave it and come back within the first step.
            (self.known, self.fresh) = (true, self.before.contains(&0.0));
        }
    }

    fn any_crosses(&self, left: &[f64], right: &[f64]) -> bool {
        self.crossings.iter().zip(left.iter().zip(right)).any(|(c, (l, r))| crosses(*c, *l, *r))
    }

    /// Looks for the first crossing in the step of length `h` from `t` to `end`, where the state is `x`.
    ///
    /// `dense` writes the state at a fraction of the step. Returns the fraction of the step at which the events
    /// fire that [`Watch::fire`] carries out; without one the conditions at the end become the present ones.
    pub(crate) fn look<P: Process>(
        &mut self,
        drive: &mut Drive<P>,
        search: Search,
        (t, h, end): (f64, f64, f64),
        x: &[f64],
        mut dense: impl FnMut(&mut Drive<P>, f64, &mut [f64]),
    ) -> Option<f64> {
        drive.conditions(end, x, &mut self.after);
        if search == Search::End && !self.fresh && !self.any_crosses(&self.before, &self.after) {
            core::mem::swap(&mut self.before, &mut self.after);
            return None;
        }
        let after = core::mem::take(&mut self.after);
        let (mut left, mut right) = (core::mem::take(&mut self.left), core::mem::take(&mut self.right));
        let mut point = core::mem::take(&mut self.point);
        left.copy_from_slice(&self.before);
        let parts = match search {
            _ if self.fresh => HALVINGS as u32 + 1,
            Search::End => 1,
            Search::Parts(parts) => parts,
        };
        let (mut from, mut found) = (0.0, None);
        for part in 1..=parts {
            let to = match search {
                _ if part == parts => 1.0,
                _ if self.fresh => libm::ldexp(1.0, part as i32 - 1 - HALVINGS),
                _ => f64::from(part) / f64::from(parts),
            };
            if part == parts {
                right.copy_from_slice(&after);
            } else {
                dense(drive, to, &mut point);
                drive.conditions(t + to * h, &point, &mut right);
            }
            if self.any_crosses(&left, &right) {
                let mut at = |drive: &mut Drive<P>, theta: f64, values: &mut [f64]| {
                    if theta == 1.0 {
                        drive.conditions(end, x, values);
                    } else {
                        dense(drive, theta, &mut point);
                        drive.conditions(t + theta * h, &point, values);
                    }
                };
                // A few roundings of time, as a fraction of the step.
                let grain = 2.0 * f64::EPSILON * (1.0 + libm::fabs(t / h));
                found = Some(self.first(drive, (from, to), grain, &left, &right, &mut at));
                break;
            }
            core::mem::swap(&mut left, &mut right);
            from = to;
        }
        if found.is_none() {
            self.before.copy_from_slice(&after);
            self.fresh = false;
        }
        (self.left, self.right, self.after, self.point) = (left, right, after, point);
        found
    }

    /// The first of the crossings between two fractions of the step, and which events fire there.
    fn first<P: Process>(
        &mut self,
        drive: &mut Drive<P>,
        (from, to): (f64, f64),
        grain: f64,
        left: &[f64],
        right: &[f64],
        at: &mut impl FnMut(&mut Drive<P>, f64, &mut [f64]),
    ) -> f64 {
        let mut trial = core::mem::take(&mut self.trial);
        let mut earliest = to;
        for i in 0..self.crossings.len() {
            if crosses(self.crossings[i], left[i], right[i]) {
                let sign = if left[i] < 0.0 { 1.0 } else { -1.0 };
                let root = arrival((from, sign * left[i]), (to, sign * right[i]), grain, |theta| {
                    at(drive, theta, &mut trial);
                    sign * trial[i]
                });
                if root < earliest {
                    earliest = root;
                }
            }
        }
        at(drive, earliest, &mut trial);
        for i in 0..self.crossings.len() {
            self.fires[i] = crosses(self.crossings[i], left[i], trial[i]);
        }
        self.trial = trial;
        earliest
    }

    /// Looks for crossings between the present conditions and those of the state `x` at `t`, at that state alone.
    pub(crate) fn look_here<P: Process>(&mut self, drive: &mut Drive<P>, t: f64, x: &[f64]) -> bool {
        drive.conditions(t, x, &mut self.after);
        for i in 0..self.crossings.len() {
            self.fires[i] = crosses(self.crossings[i], self.before[i], self.after[i]);
        }
        let any = self.fires.contains(&true);
        if !any {
            self.before.copy_from_slice(&self.after);
            self.fresh = false;
        }
        any
    }

    /// Carries out the events found at the state `x`, in the order of their indices. Where that makes the condition
    /// of another event cross zero, it follows; each event fires at most once.
    pub(crate) fn fire<P: Process>(&mut self, drive: &mut Drive<P>, t: f64, x: &mut [f64]) -> Fired {
        drive.conditions(t, x, &mut self.left);
        self.fired.fill(false);
        let mut result = Fired { stop: false, event: 0 };
        let first_mark = self.marks.len();
        while self.fires.contains(&true) {
            for event in 0..self.crossings.len() {
                if self.fires[event] {
                    drive.fill(t, x);
                    let reset = drive.process.reset(event, t, x, &drive.inputs);
                    (result.stop, result.event) = (result.stop | reset.stop, event);
                    self.fired[event] = true;
                    if reset.output && self.marks.len() < MARKS_LIMIT {
                        self.marks.push(Mark { time: t, event, state: Vec::new() });
                    }
                }
            }
            drive.conditions(t, x, &mut self.before);
            for i in 0..self.crossings.len() {
                self.fires[i] = !self.fired[i] && crosses(self.crossings[i], self.left[i], self.before[i]);
            }
        }
        for mark in &mut self.marks[first_mark..] {
            mark.state = x.to_vec();
        }
        // So may one that the event has left where it fired.
        let stays = |i: usize| match self.crossings[i] {
            Crossing::Rising => self.before[i] >= 0.0,
            Crossing::Falling => self.before[i] <= 0.0,
            Crossing::Either => true,
        };
        (self.known, self.fresh) = (true, (0..self.fired.len()).any(|i| self.fired[i] && stays(i)));
        result
    }

    pub(crate) fn save(&self, out: &mut Vec<f64>) {
        out.extend([flag(self.known), flag(self.fresh)]);
        out.extend_from_slice(&self.before);
        out.extend(self.fires.iter().map(|&fires| flag(fires)));
    }

    pub(crate) fn load(&mut self, from: &mut Unpack<'_>) -> Option<()> {
        (self.known, self.fresh) = (from.flag()?, from.flag()?);
        from.fill(&mut self.before)?;
        for fires in &mut self.fires {
            *fires = from.flag()?;
        }
        self.marks.clear();
        Some(())
    }
}

/// A place where a function has arrived at zero from below: between `a`, where it is negative, and `b`, where it is
/// not, to within `grain` behind the zero.
///
/// The method of interpolation, truncation and projection (I. F. D. Oliveira, R. H. C. Takahashi, ACM Transactions
/// on Mathematical Software 47, 5, 2020), with at most one evaluation more than bisection.
fn arrival(a: (f64, f64), b: (f64, f64), grain: f64, mut f: impl FnMut(f64) -> f64) -> f64 {
    let ((mut a, mut fa), (mut b, mut fb)) = (a, b);
    let width = b - a;
    let mut most = 1;
    while most < 60 && libm::ldexp(grain, most) < width {
        most += 1;
    }
    for taken in 0..=most {
        if b - a <= grain || fb == 0.0 {
            break;
        }
        let middle = 0.5 * (a + b);
        let reach = 0.5 * libm::ldexp(grain, most + 1 - taken) - 0.5 * (b - a);
        let reach = if reach > 0.0 { reach } else { 0.0 };
        let delta = 0.2 * (b - a) * (b - a) / width;
        let guess = (fb * a - fa * b) / (fb - fa);
        let side = if middle > guess { 1.0 } else { -1.0 };
        let pulled = if delta <= libm::fabs(middle - guess) { guess + side * delta } else { middle };
        let x = if libm::fabs(pulled - middle) <= reach { pulled } else { middle - side * reach };
        // A value that is not a number makes it the middle.
        let x = if x > a && x < b { x } else { middle };
        if !(x > a && x < b) {
            break;
        }
        let y = f(x);
        if y >= 0.0 {
            (b, fb) = (x, y);
        } else {
            (a, fa) = (x, y);
        }
    }
    b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrival_is_found_to_the_grain_and_never_before_the_zero() {
        for (f, root) in [
            ((|x| x * x * x - 0.2) as fn(f64) -> f64, libm::cbrt(0.2)),
            (|x| libm::exp(20.0 * x) - 3.0, libm::log(3.0) / 20.0),
            (|x| if x < 0.7 { -1.0 } else { 1e-9 }, 0.7),
            (|x| x - 1.0, 1.0),
        ] {
            let mut calls = 0;
            let found = arrival((0.0, f(0.0)), (1.0, f(1.0)), 1e-15, |x| {
                calls += 1;
                f(x)
            });
            assert!(f(found) >= 0.0 && (found - root).abs() < 4e-15, "{found} instead of {root}");
            assert!(calls < 60, "{calls} evaluations");
        }
    }

    #[test]
    fn only_what_was_beyond_zero_can_cross_it() {
        assert!(crosses(Crossing::Rising, -1.0, 0.0) && crosses(Crossing::Falling, 1.0, -1.0));
        assert!(!crosses(Crossing::Rising, 0.0, 1.0) && !crosses(Crossing::Falling, 0.0, -1.0));
        assert!(crosses(Crossing::Either, 1.0, 0.0) && !crosses(Crossing::Either, f64::NAN, 1.0));
    }
}
