//! Every system of the zoo: header, bits, Jacobian, course.

// Clippy knows only functions marked as tests, not their helpers.
#![allow(clippy::expect_used, clippy::panic)]

use equations::{Kind, WGSL_HELPERS};
use numerics::{Flow, FlowJacobian, Lanes, Map, Real, Stream};
use zoo::{FAMILIES, Field, System, native, systems};

/// Points around the starting point, the same at every call.
fn points(system: &System, count: usize) -> Vec<(f64, Vec<f64>)> {
    let mut stream = Stream::new(7, system.slug);
    let start = system.model().initial();
    let mut point = || {
        let t = 10.0 * stream.uniform();
        (t, start.iter().map(|x| x + 0.2 * (stream.uniform() - 0.5) * (1.0 + x.abs())).collect())
    };
    (0..count).map(|_| point()).collect()
}

fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

#[test]
fn the_list_is_sorted_and_complete() {
    let slugs: Vec<&str> = systems().iter().map(|system| system.slug).collect();
    let mut sorted = slugs.clone();
    sorted.sort_unstable();
    assert_eq!(slugs, sorted);
    for slug in [
        "lorenz",
        "rossler",
        "chen",
        "thomas",
        "aizawa",
        "halvorsen",
        "dadras",
        "sprott-a",
        "nose-hoover",
        "chua",
        "duffing",
        "van-der-pol",
        "double-pendulum",
        "henon-heiles",
        "hindmarsh-rose",
        "fitzhugh-nagumo",
        "morris-lecar",
        "hodgkin-huxley",
        "wilson-cowan",
        "lorenz-96",
        "hopfield",
        "henon",
        "logistic",
        "ikeda",
    ] {
        assert_eq!(zoo::find(slug).expect("a system").slug, slug);
    }
    assert_eq!(zoo::find("Lorenz").expect("case does not count").slug, "lorenz");
    assert_eq!(
        zoo::find("lorentz").unwrap_err().to_string(),
        "there is no system `lorentz`; did you mean `lorenz`?"
    );
    assert_eq!(zoo::find("quux").unwrap_err().to_string(), "there is no system `quux`");
}

#[test]
fn every_header_is_complete_and_every_setting_there() {
    for system in systems() {
        let (slug, model) = (system.slug, system.model());
        assert!(FAMILIES.contains(&system.family), "{slug}");
        assert!(
            system.sentence.ends_with('.')
                && system.citation.contains("(19") | system.citation.contains("(20"),
            "{slug}"
        );
        assert_eq!(system.labels.len(), model.parameters.len(), "{slug}");
        assert!((1..=3).contains(&system.view.len()) && system.spread > 0.0, "{slug}");
        assert_eq!(system.figures.lyapunov.is_empty(), system.figures.source.is_empty(), "{slug}");
        assert!(system.figures.lyapunov.windows(2).all(|pair| pair[0] >= pair[1]), "{slug}");
        let o = &model.options;
        assert!(o.total.is_some() && o.bounds.is_some() && o.meth.is_some(), "{slug}");
        assert!(o.xlo < o.xhi && o.ylo < o.yhi && o.xp.is_some() && o.yp.is_some(), "{slug}");
        assert_eq!(o.dt.is_some(), model.kind == Kind::Flow, "{slug}");
        assert_eq!(system.family == "Maps", model.kind == Kind::Map, "{slug}");
    }
}

fn bits<V: Real>() {
    for system in systems() {
        let model = system.model();
        let n = model.dimension();
        let mut compiled = Field::<V>::native(system, &[]);
        let mut typed = Field::<V>::interpreted(model, &[]);
        assert!(compiled.is_native() && !typed.is_native());
        for (round, (t, x)) in points(system, 20).into_iter().enumerate() {
            // Parameters move as well, so that what is prepared from them is prepared again.
            for (index, value) in model.parameter_values().into_iter().enumerate() {
                let value = value * (1.0 + 0.01 * round as f64);
                compiled.set_parameter(index, value);
                typed.set_parameter(index, value);
            }
            let t = V::splat(t);
            let mut state: Vec<V> = x.iter().map(|value| V::splat(*value)).collect();
            for lane in 0..V::LANES {
                for value in &mut state {
                    value.set_lane(lane, value.lane(lane) + 0.01 * lane as f64);
                }
            }
            let mut a = vec![V::zero(); n * n];
            let mut b = vec![V::zero(); n * n];
            let equal = |what: &str, a: &[V], b: &[V]| {
                for (i, (p, q)) in a.iter().zip(b).enumerate() {
                    for lane in 0..V::LANES {
                        assert!(same(p.lane(lane), q.lane(lane)), "{} {what} {i}: {p:?} {q:?}", system.slug);
                    }
                }
            };
            compiled.evaluate(t, &state, &mut a[..n]);
            typed.evaluate(t, &state, &mut b[..n]);
            equal("rate", &a[..n], &b[..n]);
            compiled.jacobian_at(t, &state, &mut a);
            typed.jacobian_at(t, &state, &mut b);
            equal("jacobian", &a, &b);
            let count = model.auxiliaries.len();
            a.resize(count.max(n * n), V::zero());
            b.resize(count.max(n * n), V::zero());
            compiled.auxiliaries(t, &state, &mut a[..count]);
            typed.auxiliaries(t, &state, &mut b[..count]);
            equal("auxiliary", &a[..count], &b[..count]);
        }
    }
}

#[test]
fn native_and_interpreted_give_the_same_bits_in_double() {
    bits::<f64>();
}
#[test]
fn native_and_interpreted_give_the_same_bits_in_single() {
    bits::<f32>();
}
#[test]
fn native_and_interpreted_give_the_same_bits_in_lanes() {
    bits::<Lanes<f64, 4>>();
    bits::<Lanes<f32, 8>>();
}

#[test]
fn jacobians_agree_with_finite_differences() {
    for system in systems() {
        let n = system.model().dimension();
        let mut field = Field::<f64>::native(system, &[]);
        for (t, x) in points(system, 20) {
            let mut exact = vec![0.0; n * n];
            field.jacobian_at(t, &x, &mut exact);
            for j in 0..n {
                let h = 1e-5 * (1.0 + x[j].abs());
                let mut at = |shift: f64| {
                    let mut moved = x.clone();
                    moved[j] += shift;
                    let mut out = vec![0.0; n];
                    field.evaluate(t, &moved, &mut out);
                    out
                };
                let (low, high) = (at(-h), at(h));
                for i in 0..n {
                    let slope = (high[i] - low[i]) / (2.0 * h);
                    let size = 1.0 + slope.abs() + high[i].abs();
                    assert!(
                        (exact[i * n + j] - slope).abs() < 1e-5 * size,
                        "{} {i} {j}: {} {slope}",
                        system.slug,
                        exact[i * n + j]
                    );
                }
            }
        }
    }
}

fn rk4(field: &mut Field, t: f64, h: f64, x: &mut [f64]) {
    let n = x.len();
    let mut stage = |t: f64, from: &[f64], slope: &[f64], h: f64| {
        let moved: Vec<f64> = (0..n).map(|i| from[i] + h * slope[i]).collect();
        let mut out = vec![0.0; n];
        field.evaluate(t, &moved, &mut out);
        out
    };
    let zero = vec![0.0; n];
    let a = stage(t, x, &zero, 0.0);
    let b = stage(t + h / 2.0, x, &a, h / 2.0);
    let c = stage(t + h / 2.0, x, &b, h / 2.0);
    let d = stage(t + h, x, &c, h);
    for i in 0..n {
        x[i] += h / 6.0 * (a[i] + 2.0 * (b[i] + c[i]) + d[i]);
    }
}

/// The state after `steps` steps of the file's own `dt`, from near its start.
fn course(system: &System, steps: usize, mut watch: impl FnMut(&[f64])) {
    let model = system.model();
    let mut field = Field::<f64>::native(system, &[]);
    let mut x = model.initial();
    let dt = model.options.dt.unwrap_or(1.0);
    for step in 0..steps {
        if model.kind == Kind::Flow {
            rk4(&mut field, step as f64 * dt, dt, &mut x);
        } else {
            let from = x.clone();
            field.evaluate(step as f64, &from, &mut x);
        }
        watch(&x);
    }
}

#[test]
fn every_system_runs_without_diverging_and_stays_in_motion() {
    for system in systems() {
        let bound = system.model().options.bounds.expect("bounds");
        let n = system.model().dimension();
        let (mut low, mut high) = (vec![f64::INFINITY; n], vec![f64::NEG_INFINITY; n]);
        let mut step = 0;
        course(system, 10_000, |x| {
            assert!(x.iter().all(|x| x.abs() < bound), "{} at step {step}: {x:?}", system.slug);
            step += 1;
            if step > 5000 {
                for i in 0..n {
                    low[i] = if x[i] < low[i] { x[i] } else { low[i] };
                    high[i] = if x[i] > high[i] { x[i] } else { high[i] };
                }
            }
        });
        assert!((0..n).all(|i| high[i] - low[i] > 1e-3), "{}: {low:?} {high:?}", system.slug);
    }
}

#[test]
fn energies_are_kept() {
    for slug in ["double-pendulum", "henon-heiles"] {
        let system = zoo::find(slug).expect("a system");
        let mut field = Field::<f64>::native(system, &[]);
        let mut energy = |x: &[f64]| {
            let mut out = [0.0];
            field.auxiliaries(0.0, x, &mut out);
            out[0]
        };
        let start = energy(&system.model().initial());
        course(system, 2000, |x| {
            assert!((energy(x) - start).abs() < 1e-4 * (1.0 + start.abs()), "{slug}: {}", energy(x))
        });
    }
}

/// Lyapunov exponents by Gram-Schmidt on the tangent flow, one Jacobian a step.
fn spectrum(system: &System, steps: usize) -> Vec<f64> {
    let model = system.model();
    let n = model.dimension();
    let dt = model.options.dt.unwrap_or(1.0);
    let mut field = Field::<f64>::native(system, &[]);
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
            field.jacobian_at(t, &x, &mut jacobian);
            for v in &mut frame {
                *v = apply(&jacobian, v);
            }
            let from = x.clone();
            field.evaluate(t, &from, &mut x);
        } else {
            // The stages of RK4 for state and tangent together.
            let from = x.clone();
            let mut stages: Vec<(Vec<f64>, Vec<Vec<f64>>)> = Vec::new();
            for (k, weight) in [0.0, 0.5, 0.5, 1.0].into_iter().enumerate() {
                let h = weight * dt;
                let point: Vec<f64> =
                    (0..n).map(|i| from[i] + if k > 0 { h * stages[k - 1].0[i] } else { 0.0 }).collect();
                let mut rate = vec![0.0; n];
                field.evaluate(t + h, &point, &mut rate);
                field.jacobian_at(t + h, &point, &mut jacobian);
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
    for system in systems().iter().filter(|system| !system.figures.lyapunov.is_empty()) {
        let found = spectrum(system, 400_000);
        println!("{}: {found:?}", system.slug);
        for (found, known) in found.iter().zip(system.figures.lyapunov) {
            let tolerance = 0.01 + 0.02 * known.abs();
            assert!((found - known).abs() < tolerance, "{}: {found} against {known}", system.slug);
        }
    }
}

#[test]
fn systems_known_as_chaotic_are_so_from_their_start() {
    for slug in [
        "aizawa",
        "dadras",
        "chua",
        "duffing",
        "double-pendulum",
        "hindmarsh-rose",
        "lorenz-96",
        "hopfield",
        "logistic",
        "ikeda",
    ] {
        let found = spectrum(zoo::find(slug).expect("a system"), 200_000);
        println!("{slug}: {found:?}");
        assert!(found[0] > 0.004, "{slug}: {found:?}");
    }
}

#[test]
fn right_hand_sides_are_those_of_the_papers() {
    let rate = |slug: &str, t: f64, x: &[f64]| {
        let mut out = vec![0.0; x.len()];
        Field::<f64>::native(zoo::find(slug).expect("a system"), &[]).evaluate(t, x, &mut out);
        out
    };
    let near = |found: Vec<f64>, expected: &[f64]| {
        for (a, b) in found.iter().zip(expected) {
            assert!((a - b).abs() < 1e-10 * (1.0 + b.abs()), "{found:?} against {expected:?}");
        }
    };
    near(rate("lorenz", 0.0, &[1.0, 2.0, 3.0]), &[10.0, 23.0, -6.0]);
    near(rate("rossler", 0.0, &[1.0, 2.0, 3.0]), &[-5.0, 1.4, 0.2 + 3.0 * -4.7]);
    near(rate("chen", 0.0, &[1.0, 2.0, 3.0]), &[35.0, -7.0 - 3.0 + 56.0, 2.0 - 9.0]);
    near(rate("duffing", 0.0, &[2.0, 1.0]), &[1.0, -0.1 + 2.0 - 8.0 + 0.35]);
    near(rate("van-der-pol", 0.0, &[2.0, 1.0]), &[1.0, 8.53 * -3.0 - 2.0]);
    // In the outer region the diode is a line: g(3) = m1 3 + (m0 - m1).
    near(rate("chua", 0.0, &[3.0, 1.0, 2.0]), &[15.6 * (1.0 - 3.0 + 15.0 / 7.0 + 3.0 / 7.0), 4.0, -28.0]);
    near(rate("henon-heiles", 0.0, &[1.0, 2.0, 3.0, 4.0]), &[3.0, 4.0, -5.0, 1.0]);
    near(
        rate("hindmarsh-rose", 0.0, &[1.0, 2.0, 3.0]),
        &[2.0 - 1.0 + 3.0 - 3.0 + 3.2, 1.0 - 5.0 - 2.0, 0.006 * (4.0 * 2.6 - 3.0)],
    );
    near(rate("fitzhugh-nagumo", 0.0, &[1.0, 0.5]), &[1.0 - 1.0 / 3.0, 0.08 * 1.3]);
    // One pendulum at rest below another that swings: with p = 0 only gravity acts.
    near(
        rate("double-pendulum", 0.0, &[0.5, 0.5, 0.0, 0.0]),
        &[0.0, 0.0, -2.0 * 9.81 * libm::sin(0.5), -9.81 * libm::sin(0.5)],
    );
    near(
        rate("lorenz-96", 0.0, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]),
        &[-33.0, 1.0, 11.0, 13.0, 15.0, 17.0, 19.0, -35.0],
    );
    near(rate("henon", 0.0, &[1.0, 2.0]), &[1.6, 0.3]);
    near(rate("logistic", 0.0, &[0.5]), &[0.975]);
    near(rate("ikeda", 0.0, &[0.0, 0.0]), &[1.0, 0.0]);
    // Where the quotient of the gate has its removable gap, by the limit: alpha_m(-40) = 1, alpha_n(-55) = 0.1.
    near(rate("hodgkin-huxley", 0.0, &[-40.0, 0.0, 0.0, 0.0])[1..2].to_vec(), &[1.0]);
    near(rate("hodgkin-huxley", 0.0, &[-55.0, 0.0, 0.0, 0.0])[3..].to_vec(), &[0.1]);
    let rest = rate("hodgkin-huxley", 0.0, &[-65.0, 0.052_932_485, 0.596_120_75, 0.317_676_91]);
    assert!((rest[0] - 10.0).abs() < 1e-2 && rest[1..].iter().all(|rate| rate.abs() < 1e-6), "{rest:?}");
}

#[test]
fn the_types_are_the_fields() {
    let mut lorenz = native::Lorenz::<f64>::default();
    let (mut a, mut b) = ([0.0; 3], [0.0; 3]);
    lorenz.rate(0.0, &[1.0, 2.0, 3.0], &mut a);
    Field::<f64>::native(zoo::find("lorenz").expect("a system"), &[]).evaluate(0.0, &[1.0, 2.0, 3.0], &mut b);
    assert_eq!(a, b);
    let mut jacobian = [0.0; 9];
    lorenz.jacobian(0.0, &[1.0, 2.0, 3.0], &mut jacobian);
    assert_eq!(jacobian, [-10.0, 10.0, 0.0, 25.0, -1.0, -1.0, 2.0, 1.0, -8.0 / 3.0]);
    let mut ikeda = native::Ikeda::<f64>::default();
    let mut next = [0.0; 2];
    ikeda.next(0.0, &[0.0, 0.0], &mut next);
    assert_eq!((next, native::Ikeda::<f64>::DIMENSION), ([1.0, 0.0], 2));
}

#[test]
fn every_system_has_a_shader() {
    for system in systems() {
        let body = equations::wgsl(system.model()).unwrap_or_else(|error| panic!("{}: {error}", system.slug));
        assert!(body.starts_with("fn rhs(t: f32") && !WGSL_HELPERS.is_empty());
    }
}
