//! The Explorer's claims.

use crate::claims::Measured;
use crate::exhibit::Means;
use crate::subject::Subject;
use analysis::{FlowTangent, LyapunovOptions, LyapunovRun, MapTangent, Spectrum, Tangent};
use dynamics::{Ensemble, EnsembleOptions, Method};
use numerics::{FlowJacobian, Lanes, Stream};

/// Steps of the tangent flow.
const STEPS: u64 = 400_000;
/// Step of the Lorenz system.
const DT: f64 = 0.005;
/// Copies and steps of the comparison of devices.
const COPIES: usize = 4_096;
const LONG: u32 = 4_000;

pub(super) async fn measure(
    claim: &str,
    seed: u64,
    means: &Means,
    progress: &mut dyn FnMut(f64),
) -> Result<Vec<Measured>, String> {
    match claim {
        "lorenz-exponent" => {
            let with = lorenz(28.0, Method::RungeKutta4, seed)?;
            progress(0.5);
            let without = lorenz(20.0, Method::RungeKutta4, seed)?;
            Ok(vec![Measured::new(
                "lorenz-exponent",
                with.exponents[0].value,
                Some(without.exponents[0].value),
            )])
        }
        "lorenz-sum" => {
            let gap = |s: &Spectrum| libm::fabs(s.sum() - s.divergence);
            let fine = lorenz(28.0, Method::RungeKutta4, seed)?;
            progress(0.5);
            let rough = lorenz(28.0, Method::Euler, seed)?;
            Ok(vec![Measured::new("lorenz-sum", gap(&fine), Some(gap(&rough)))])
        }
        "henon-exponent" => {
            let with = henon(1.4, seed)?;
            progress(0.5);
            let without = henon(0.3, seed)?;
            Ok(vec![Measured::new("henon-exponent", with, Some(without))])
        }
        "gpu-statistics" => gpu_statistics(seed, means, progress).await,
        _ => Err(format!("there is no claim {claim:?}")),
    }
}

fn subject(slug: &str) -> Result<Subject, String> {
    Subject::of_zoo(slug).map_err(|e| e.to_string())
}

/// Default parameters with one of them changed.
fn parameters(subject: &Subject, name: &str, value: f64) -> Vec<f64> {
    let of = |p: &equations::Parameter| if p.name.eq_ignore_ascii_case(name) { value } else { p.value };
    subject.model().parameters.iter().map(of).collect()
}

/// The default start, moved a little by the seed.
fn start(subject: &Subject, seed: u64) -> Vec<f64> {
    let mut stream = Stream::new(seed, "start");
    subject.start().iter().map(|x| x + 0.01 * stream.normal()).collect()
}

/// Tangent dynamics by Euler's method, which multiplies volumes by `det(1 + h J)` rather than `exp(h tr J)`.
struct EulerTangent<F> {
    flow: F,
    dt: f64,
}

impl<F: FlowJacobian> Tangent for EulerTangent<F> {
    fn dimension(&self) -> usize {
        self.flow.dimension()
    }
    fn dt(&self) -> f64 {
        self.dt
    }
    fn advance(&mut self, t: f64, x: &mut [f64], q: &mut [f64], k: usize) -> f64 {
        let n = x.len();
        let (mut rate, mut jacobian, mut slope) = (vec![0.0; n], vec![0.0; n * n], vec![0.0; n * k]);
        self.flow.rate(t, x, &mut rate);
        self.flow.jacobian(t, x, &mut jacobian);
        numerics::dense::multiply(&jacobian, q, &mut slope, n, n, k);
        let mut trace = 0.0;
        for i in 0..n {
            x[i] += self.dt * rate[i];
            trace += jacobian[i * n + i];
        }
        for i in 0..n * k {
            q[i] += self.dt * slope[i];
        }
        self.dt * trace
    }
}

fn lorenz(rho: f64, method: Method, seed: u64) -> Result<Spectrum, String> {
    let lorenz = subject("lorenz")?;
    let flow = lorenz.field::<f64>(&parameters(&lorenz, "rho", rho));
    let options = LyapunovOptions { exponents: 3, dt: DT, ..Default::default() };
    let start = start(&lorenz, seed);
    match method {
        Method::Euler => spectrum(EulerTangent { flow, dt: DT }, options, &start, STEPS),
        _ => spectrum(FlowTangent::new(flow, DT), options, &start, STEPS),
    }
}

fn spectrum<S: Tangent>(
    tangent: S,
    options: LyapunovOptions,
    start: &[f64],
    steps: u64,
) -> Result<Spectrum, String> {
    let transient = options.transient;
    let mut run = LyapunovRun::new(tangent, options, start).map_err(|e| e.to_string())?;
    run.advance(transient + steps).map_err(|e| e.to_string())?;
    Ok(run.spectrum())
}

fn henon(a: f64, seed: u64) -> Result<f64, String> {
    let henon = subject("henon")?;
    let field = henon.field::<f64>(&parameters(&henon, "a", a));
    let options = LyapunovOptions { exponents: 1, ..Default::default() };
    let spectrum = spectrum(MapTangent::new(field), options, &start(&henon, seed), 1_000_000)?;
    Ok(spectrum.exponents.first().map_or(f64::NAN, |e| e.value))
}

async fn gpu_statistics(
    seed: u64,
    means: &Means,
    progress: &mut dyn FnMut(f64),
) -> Result<Vec<Measured>, String> {
    let device = means.gpu.as_ref().ok_or("there is no WebGPU adapter here")?;
    let lorenz = subject("lorenz")?;
    let extent =
        super::extent(&lorenz, &lorenz.parameters(), &lorenz.start(), DT).map_err(|e| e.to_string())?;
    // Independent starts for the two sides, so that agreement is one of distributions.
    let states = |name: &str| -> Vec<f64> {
        let mut stream = Stream::new(seed, name);
        let mut states = vec![0.0; 3 * COPIES];
        for copy in 0..COPIES {
            for j in 0..3 {
                states[j * COPIES + copy] = stream.between(extent.low[j], extent.high[j]);
            }
        }
        states
    };
    let on_cpu = |rho: f64| -> Result<Vec<(f64, f64)>, String> {
        let options = EnsembleOptions { h: DT, bound: lorenz.bound(), ..EnsembleOptions::default() };
        let mut ensemble =
            Ensemble::<Lanes<f32, 8>>::from_states(&states("cpu"), 3, options).map_err(|e| e.to_string())?;
        let mut field = lorenz.field::<Lanes<f32, 8>>(&parameters(&lorenz, "rho", rho));
        ensemble.follow_flow(field.as_flow(), u64::from(LONG)).map_err(|e| e.to_string())?;
        Ok((0..3).map(|j| ensemble.moments(j)).collect())
    };
    let kernel = lorenz.kernel().map_err(|e| e.to_string())?;
    let scattered = states("gpu");
    let single: Vec<f32> = (0..COPIES)
        .flat_map(|i| (0..3).map(move |j| (i, j)))
        .map(|(i, j)| scattered[j * COPIES + i] as f32)
        .collect();
    let values: Vec<f32> = lorenz.parameters().iter().map(|p| *p as f32).collect();
    let options = gpu::EnsembleOptions {
        dt: DT as f32,
        t0: 0.0,
        bound: lorenz.bound() as f32,
        axes: [Some(0), Some(1), Some(2)],
        trail: 2,
        colour: gpu::ColourBy::Speed,
        method: gpu::Method::RungeKutta4,
        philox: numerics::Philox::new(seed, 0),
        first_step: 0,
    };
    let mut ensemble =
        gpu::Ensemble::new(device, &kernel, &single, &values, options).map_err(|e| e.to_string())?;
    let mut done = 0;
    while done < LONG {
        ensemble.dispatch(200);
        done += 200;
        progress(0.6 * f64::from(done) / f64::from(LONG));
    }
    let there = ensemble.statistics().await.map_err(|e| e.to_string())?;
    let worst = |here: &[(f64, f64)]| {
        let count = libm::sqrt(COPIES as f64);
        let mut most = 0.0;
        for (a, b) in here.iter().zip(&there) {
            // Standard errors of a difference of means, and of deviations (normal approximation).
            let mean = libm::fabs(a.0 - b.0) / (a.1 * core::f64::consts::SQRT_2 / count);
            let deviation = libm::fabs(a.1 - b.1) / (a.1 / count);
            for z in [mean, deviation] {
                most = if z > most { z } else { most };
            }
        }
        most
    };
    let same = worst(&on_cpu(28.0)?);
    progress(0.8);
    let other = worst(&on_cpu(35.0)?);
    Ok(vec![Measured::new("gpu-statistics", same, Some(other))])
}
