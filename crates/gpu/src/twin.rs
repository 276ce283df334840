//! The scalar twin of the ensemble kernel: f32, the same formula in the same order.
//!
//! A GPU may fuse a product and a sum into one rounding and has its own elementary functions, so
//! the two agree within a tolerance, not in their bits.

use crate::ensemble::CHUNK;
use crate::kernel::{Kind, Method};
use crate::survey::{Aim, BLOCKS, Schedule, SurveyOptions};
use numerics::{Noise, Philox};

/// How trajectories are stepped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// Flow or map.
    pub kind: Kind,
    /// How a flow is stepped.
    pub method: Method,
    /// Step; a map goes by 1 whatever it says.
    pub dt: f32,
    /// Time at the first step.
    pub t0: f32,
    /// Magnitude beyond which a trajectory has diverged.
    pub bound: f32,
}

impl Run {
    /// The step taken: 1 for a map.
    pub fn step(&self) -> f32 {
        match self.kind {
            Kind::Flow => self.dt,
            Kind::Map => 1.0,
        }
    }
}

/// Time after `steps` steps from `t0`, rounded once.
pub(crate) fn time(t0: f64, steps: u64, step: f32) -> f32 {
    (t0 + steps as f64 * f64::from(step)) as f32
}

/// Whether a value is beyond the bound or, told by its exponent as in the kernel, not finite.
pub(crate) fn lost(value: f32, bound: f32) -> bool {
    value.abs() > bound || value.to_bits() & 0x7f80_0000 == 0x7f80_0000
}

/// Advances trajectories of `dimension` variables each, stored one after the other, by `steps`.
///
/// The classical Runge-Kutta step is `x + h/6 (k₁ + 2 (k₂ + k₃) + k₄)`, Heun's `x + h/2 (k₁ + k₂)`, Euler's `x + h k₁`;
/// a map takes `x ← rhs(t, x)`. Time is `t0 + k h`. Returns a flag for each trajectory: one that leaves the bound is
/// set and stays at its last good state.
pub fn advance(
    run: Run,
    dimension: usize,
    states: &mut [f32],
    steps: u32,
    mut rhs: impl FnMut(f32, &[f32], &mut [f32]),
) -> Vec<bool> {
    let none = Noise::new(Philox::new(0, 0), &[]);
    advance_with(run, &none, 0, dimension, states, steps, |t, x, _, out| rhs(t, x, out))
}

/// As [`advance`] with random inputs, drawn once a step for trajectory `i` as number `i` and held through the step;
/// `first_step` is the number of the first step.
pub fn advance_with(
    run: Run,
    noise: &Noise,
    first_step: u64,
    dimension: usize,
    states: &mut [f32],
    steps: u32,
    mut rhs: impl FnMut(f32, &[f32], &[f32], &mut [f32]),
) -> Vec<bool> {
    let (h, n) = (run.step(), dimension);
    let (half, sixth) = (0.5 * h, h / 6.0);
    let mut k = vec![vec![0.0_f32; n]; 4];
    let (mut y, mut next) = (vec![0.0_f32; n], vec![0.0_f32; n]);
    let mut w = vec![0.0_f32; noise.places().len()];
    states
        .chunks_exact_mut(n.max(1))
        .enumerate()
        .map(|(trajectory, x)| {
            for step in 0..steps {
                // The kernel starts counting anew with each of its dispatches.
                let (base, within) = (step / CHUNK * CHUNK, step % CHUNK);
                let t = time(f64::from(run.t0), base.into(), h) + within as f32 * h;
                noise.fill(trajectory as u32, first_step.wrapping_add(step.into()), h, &mut w);
                if run.kind == Kind::Map {
                    rhs(t, x, &w, &mut next);
                } else {
                    rhs(t, x, &w, &mut k[0]);
                    let stages: &[(f32, f32)] = match run.method {
                        Method::Euler => &[],
                        Method::Heun => &[(h, t + h)],
                        Method::RungeKutta4 => &[(half, t + half), (half, t + half), (h, t + h)],
                    };
                    for (stage, (c, at)) in stages.iter().enumerate() {
                        for j in 0..n {
                            y[j] = x[j] + c * k[stage][j];
                        }
                        rhs(*at, &y, &w, &mut k[stage + 1]);
                    }
                    for j in 0..n {
                        next[j] = match run.method {
                            Method::Euler => x[j] + h * k[0][j],
                            Method::Heun => x[j] + half * (k[0][j] + k[1][j]),
                            Method::RungeKutta4 => {
                                x[j] + sixth * (k[0][j] + 2.0 * (k[1][j] + k[2][j]) + k[3][j])
                            }
                        };
                    }
                }
                if next.iter().any(|v| lost(*v, run.bound)) {
                    return true;
                }
                x.copy_from_slice(&next);
            }
            false
        })
        .collect()
}

/// The records of a survey, as its kernel makes them: `rhs(t, x, p, out)` is the right-hand side, `along(t, x, p, v,
/// out)` its derivative along `v`, which only an exponent asks for.
pub fn survey(
    options: &SurveyOptions,
    kind: Kind,
    start: &[f32],
    parameters: &[f32],
    places: &[[f32; 2]],
    mut rhs: impl FnMut(f32, &[f32], &[f32], &mut [f32]),
    mut along: impl FnMut(f32, &[f32], &[f32], &[f32], &mut [f32]),
) -> Vec<f32> {
    let n = start.len();
    let schedule = Schedule::new(kind, options);
    let h = if kind == Kind::Map { 1.0 } else { options.dt };
    let mut records = options.records(start, places);
    let mut p = parameters.to_vec();
    let exponent = options.aim == Aim::Exponent;
    let (mut k, mut l) = (vec![vec![0.0_f32; n]; 4], vec![vec![0.0_f32; n]; 4]);
    let (mut y, mut u) = (vec![0.0_f32; n], vec![0.0_f32; n]);
    for record in records.chunks_exact_mut(options.record(n)) {
        let (body, mark) = record.split_at_mut(options.record(n) - 1);
        let (x, rest) = body.split_at_mut(n);
        let (v, sums) = rest.split_at_mut(n);
        if exponent {
            for (value, index) in sums[BLOCKS..].iter().zip(options.plane) {
                p[index] = *value;
            }
        }
        let mut taken = 0;
        'cell: while let Some((steps, block)) = schedule.slice(taken) {
            let from = time(options.t0.into(), taken, h);
            // Added up anew in each slice.
            let (mut sum, mut total) = (0.0_f32, vec![0.0_f32; n]);
            for i in 0..steps {
                let t = from + i as f32 * h;
                y.copy_from_slice(x);
                u.copy_from_slice(v);
                let stages: &[(f32, f32)] = match kind {
                    Kind::Map => &[(0.0, 0.0)],
                    Kind::Flow => &[(0.0, 0.5 * h), (0.5 * h, 0.5 * h), (0.5 * h, h), (h, 0.0)],
                };
                for (stage, (at, reach)) in stages.iter().enumerate() {
                    rhs(t + at, &y, &p, &mut k[stage]);
                    if exponent {
                        along(t + at, &y, &p, &u, &mut l[stage]);
                    }
                    for j in 0..n {
                        y[j] = x[j] + reach * k[stage][j];
                        u[j] = v[j] + reach * l[stage][j];
                    }
                }
                let next = |x: f32, k: &[Vec<f32>], j: usize| match kind {
                    Kind::Map => k[0][j],
                    Kind::Flow => x + h / 6.0 * (k[0][j] + 2.0 * (k[1][j] + k[2][j]) + k[3][j]),
                };
                for j in 0..n {
                    x[j] = next(x[j], &k, j);
                    if exponent {
                        v[j] = next(v[j], &l, j);
                    }
                }
                if x.iter().any(|v| lost(*v, options.bound)) {
                    mark[0] = 1.0;
                    break 'cell;
                }
                if exponent && (i + 1) % schedule.every == 0 {
                    let size = v.iter().fold(0.0_f32, |most, v| if v.abs() > most { v.abs() } else { most });
                    if size < 1e-30 {
                        mark[0] = 2.0;
                        break 'cell;
                    }
                    v.iter_mut().for_each(|v| *v /= size);
                    let length = v.iter().map(|v| v * v).sum::<f32>().sqrt();
                    if lost(size * length, f32::MAX) {
                        mark[0] = 1.0;
                        break 'cell;
                    }
                    sum += numerics::Real::ln(size * length);
                    v.iter_mut().for_each(|v| *v /= length);
                } else if !exponent && block.is_some() {
                    for j in 0..n {
                        total[j] += x[j];
                        let (low, high) = (j, n + j);
                        sums[low] = if x[j] < sums[low] { x[j] } else { sums[low] };
                        sums[high] = if x[j] > sums[high] { x[j] } else { sums[high] };
                    }
                }
            }
            if let Some(block) = block.filter(|_| exponent) {
                sums[block as usize] += sum;
            } else if !exponent {
                v.iter_mut().zip(&total).for_each(|(v, total)| *v += total);
            }
            taken += u64::from(steps);
        }
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_twin_follows_a_circle_to_the_order_of_its_method() {
        let run = |method, dt: f32, steps| {
            let mut x = [1.0_f32, 0.0];
            let run = Run { kind: Kind::Flow, method, dt, t0: 0.0, bound: 10.0 };
            advance(run, 2, &mut x, steps, |_, x, out| (out[0], out[1]) = (-x[1], x[0]));
            (x[0] - 1.0_f32.cos()).abs() + (x[1] - 1.0_f32.sin()).abs()
        };
        for (method, ratio) in [(Method::Euler, 2.0), (Method::Heun, 4.0), (Method::RungeKutta4, 16.0)] {
            let (coarse, fine) = (run(method, 0.125, 8), run(method, 0.0625, 16));
            assert!(
                coarse > 0.7 * ratio * fine && coarse < 1.5 * ratio * fine,
                "{method:?}: {coarse} {fine}"
            );
        }
    }

    #[test]
    fn a_diverged_trajectory_keeps_its_last_good_state_and_others_go_on() {
        let run = Run { kind: Kind::Map, method: Method::Euler, dt: 0.01, t0: 0.0, bound: 1e6 };
        let mut x = [2.0_f32, 0.5, f32::NAN];
        let flags = advance(run, 1, &mut x, 100, |_, x, out| out[0] = x[0] * x[0]);
        assert_eq!(flags, [true, false, true]);
        assert_eq!(x[0], 65536.0);
        assert!(x[1] < 1e-30);
    }

    #[test]
    fn maps_count_their_steps_as_time() {
        let mut x = [0.0_f32];
        let run = Run { kind: Kind::Map, method: Method::Euler, dt: 0.5, t0: 3.0, bound: 1e6 };
        advance(run, 1, &mut x, 300, |t, _, out| out[0] = t);
        assert_eq!(x[0], 302.0);
    }
}
