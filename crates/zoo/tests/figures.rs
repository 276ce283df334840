//! The figures that the headers cite are what the systems show.

use equations::Kind;
use numerics::{Flow, FlowJacobian, Map, MapJacobian};
use zoo::{System, systems};

/// Lyapunov exponents by Gram-Schmidt on the tangent flow, one Jacobian a step.
fn spectrum(system: &'static System, steps: usize) -> Vec<f64> {
    let model = system.model();
    let n = model.dimension();
    let dt = model.options.dt.unwrap_or(1.0);
    let mut field = system.field::<f64>(&model.parameter_values());
    let mut frame: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    let mut x = model.initial();
    let mut sums = vec![0.0; n];
    let transient = steps / 10;
    for step in 0..steps {
        let t = step as f64 * dt;
        let mut jacobian = vec![0.0; n * n];
        let apply = |jacobian: &[f64], v: &[f64]| -> Vec<f64> {
            (0..n).map(|i| (0..n).map(|j| jacobian[i * n + j] * v[j]).sum()).collect()
        };
        if model.kind == Kind::Map {
            MapJacobian::jacobian(&mut field, t, &x, &mut jacobian);
            for v in &mut frame {
                *v = apply(&jacobian, v);
            }
            let from = x.clone();
            field.next(t, &from, &mut x);
        } else {
            // The stages of RK4 for state and tangent together.
            let from = x.clone();
            let mut stages: Vec<(Vec<f64>, Vec<Vec<f64>>)> = Vec::new();
            for (k, weight) in [0.0, 0.5, 0.5, 1.0].into_iter().enumerate() {
                let h = weight * dt;
                let point: Vec<f64> =
                    (0..n).map(|i| from[i] + if k > 0 { h * stages[k - 1].0[i] } else { 0.0 }).collect();
                let mut rate = vec![0.0; n];
                field.rate(t + h, &point, &mut rate);
                FlowJacobian::jacobian(&mut field, t + h, &point, &mut jacobian);
                let slopes = (0..n)
                    .map(|v| {
                        let moved: Vec<f64> = (0..n)
                            .map(|i| frame[v][i] + if k > 0 { h * stages[k - 1].1[v][i] } else { 0.0 })
                            .collect();
                        apply(&jacobian, &moved)
                    })
                    .collect();
                stages.push((rate, slopes));
            }
            for i in 0..n {
                x[i] +=
                    dt / 6.0 * (stages[0].0[i] + 2.0 * (stages[1].0[i] + stages[2].0[i]) + stages[3].0[i]);
                for v in 0..n {
                    frame[v][i] += dt / 6.0
                        * (stages[0].1[v][i]
                            + 2.0 * (stages[1].1[v][i] + stages[2].1[v][i])
                            + stages[3].1[v][i]);
                }
            }
        }
        for v in 0..n {
            for u in 0..v {
                let dot: f64 = (0..n).map(|i| frame[u][i] * frame[v][i]).sum();
                for i in 0..n {
                    frame[v][i] -= dot * frame[u][i];
                }
            }
            let norm = (0..n).map(|i| frame[v][i] * frame[v][i]).sum::<f64>().sqrt();
            if step >= transient {
                sums[v] += libm::log(norm);
            }
            for i in 0..n {
                frame[v][i] /= norm;
            }
        }
    }
    sums.iter().map(|sum| sum / ((steps - transient) as f64 * dt)).collect()
}

#[test]
fn published_exponents_are_found_again() {
    for system in systems() {
        let Some(known) = system.lyapunov() else { continue };
        let found = spectrum(system, 400_000);
        println!("{}: {found:?} against {known:?}", system.slug());
        for (found, known) in found.iter().zip(known) {
            let tolerance = 0.01 + 0.02 * known.abs();
            assert!((found - known).abs() < tolerance, "{}: {found} against {known}", system.slug());
        }
    }
}
