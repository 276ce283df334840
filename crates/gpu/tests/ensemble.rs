//! Kernels on a real adapter against their CPU twins. Without an adapter each test says so.
#![allow(clippy::unwrap_used)]

use gpu::{ColourBy, Device, Ensemble, EnsembleOptions, GpuError, Kernel, Kind, Method, twin};
use numerics::Philox;
use std::sync::{Arc, OnceLock};

/// The adapter of this machine, asked for once.
fn device() -> Option<Arc<Device>> {
    static DEVICE: OnceLock<Option<Arc<Device>>> = OnceLock::new();
    let device = DEVICE.get_or_init(|| match pollster::block_on(Device::request(None)) {
        Ok(device) => {
            println!("{} by {}, software: {}", device.name(), device.backend(), device.is_software());
            Some(Arc::new(device))
        }
        Err(error) => {
            println!("no adapter: {error}");
            None
        }
    });
    device.clone()
}

fn lorenz() -> Kernel {
    let rhs = "fn rhs(t: f32, x: array<f32, 3>, p: array<f32, 3>) -> array<f32, 3> {
        return array<f32, 3>(p[0] * (x[1] - x[0]), x[0] * (p[1] - x[2]) - x[1], x[0] * x[1] - p[2] * x[2]);
    }";
    Kernel::plain(rhs.into(), 3, 3, Kind::Flow)
}

fn lorenz_twin(x: &[f32], p: &[f32], out: &mut [f32]) {
    out[0] = p[0] * (x[1] - x[0]);
    out[1] = x[0] * (p[1] - x[2]) - x[1];
    out[2] = x[0] * x[1] - p[2] * x[2];
}

const LORENZ: [f32; 3] = [10.0, 28.0, 8.0 / 3.0];

fn options(dt: f32, trail: usize) -> EnsembleOptions {
    EnsembleOptions {
        dt,
        t0: 0.0,
        bound: 1e6,
        axes: [Some(0), Some(1), Some(2)],
        trail,
        colour: ColourBy::Speed,
        method: Method::RungeKutta4,
        philox: Philox::new(7, 0),
        first_step: 0,
    }
}

fn scattered(count: usize) -> Vec<f32> {
    (0..count)
        .flat_map(|i| {
            let s = (i as f32 * 0.618_034).fract();
            let r = (i as f32 * 0.754_878).fract();
            [-10.0 + 20.0 * s, -10.0 + 20.0 * r, 15.0 + 20.0 * (s - r) * (s - r)]
        })
        .collect()
}

fn worst(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs() / (1.0 + b.abs())).fold(0.0, f32::max)
}

#[test]
fn the_device_passes_its_self_test() {
    let Some(device) = device() else { return };
    pollster::block_on(device.self_test()).unwrap();
}

#[test]
fn lorenz_agrees_with_its_twin_across_several_dispatches() {
    let Some(device) = device() else { return };
    let mut states = scattered(1000);
    let mut ensemble = Ensemble::new(&device, &lorenz(), &states, &LORENZ, options(0.002, 2)).unwrap();
    ensemble.dispatch(600);
    let there = pollster::block_on(ensemble.read()).unwrap();
    let run = twin::Run { kind: Kind::Flow, method: Method::RungeKutta4, dt: 0.002, t0: 0.0, bound: 1e6 };
    twin::advance(run, 3, &mut states, 600, |_, x, out| lorenz_twin(x, &LORENZ, out));
    // 1.2 units of time at an exponent of 0.9, on about 600 roundings of 1e-7, with room for bursts.
    let deviation = worst(&there, &states);
    println!("Lorenz, 600 steps: worst relative deviation {deviation:e}");
    assert!(deviation < 2e-3, "{deviation}");
    assert!((ensemble.time() - 1.2).abs() < 1e-6);
}

#[test]
fn henon_agrees_with_its_twin_and_escapes_are_flagged_and_parked() {
    let Some(device) = device() else { return };
    let rhs = "fn rhs(t: f32, x: array<f32, 2>, p: array<f32, 2>) -> array<f32, 2> {
        return array<f32, 2>(1.0 - p[0] * x[0] * x[0] + x[1], p[1] * x[0]); }";
    let kernel = Kernel::plain(rhs.into(), 2, 2, Kind::Map);
    let mut states: Vec<f32> = (0..100).flat_map(|i| [-0.5 + 0.01 * i as f32, 0.1]).collect();
    states.extend([3.0, 3.0, f32::NAN, 0.0, f32::INFINITY, 0.0]);
    let map = EnsembleOptions { axes: [Some(0), Some(1), None], ..options(1.0, 4) };
    let mut ensemble = Ensemble::new(&device, &kernel, &states, &[1.4, 0.3], map).unwrap();
    ensemble.dispatch(10);
    let there = pollster::block_on(ensemble.read()).unwrap();
    let run = twin::Run { kind: Kind::Map, method: Method::Euler, dt: 1.0, t0: 0.0, bound: 1e6 };
    let expected = twin::advance(run, 2, &mut states, 10, |_, x, out| {
        out[0] = 1.0 - 1.4 * x[0] * x[0] + x[1];
        out[1] = 0.3 * x[0];
    });
    let flags = pollster::block_on(ensemble.flags()).unwrap();
    assert_eq!(flags, expected);
    assert!(!flags[..100].iter().any(|f| *f) && flags[100..].iter().all(|f| *f));
    // Ten steps at an exponent of 0.42, and a parked trajectory that stopped within the bound.
    assert!(worst(&there[..202], &states[..202]) < 1e-4);
    assert!(there[200].abs() <= 1e6);
    let trails = pollster::block_on(ensemble.trails()).unwrap();
    let newest = &trails[trails.len() - 103..];
    assert!(newest[..100].iter().all(|p| p[0].abs() < 2.0 && p[2] == 0.0));
    assert!(newest[100..].iter().all(|p| p[0] > 1e30));
}

#[test]
fn a_driven_system_sees_its_time_and_new_states_start_at_theirs() {
    let Some(device) = device() else { return };
    let rhs = "fn rhs(t: f32, x: array<f32, 1>, p: array<f32, 1>) -> array<f32, 1> { return array<f32, 1>(2.0 * t); }";
    let kernel = Kernel::plain(rhs.into(), 1, 0, Kind::Flow);
    let one = EnsembleOptions { axes: [Some(0), None, None], t0: 1.0, ..options(0.01, 3) };
    let mut ensemble = Ensemble::new(&device, &kernel, &[1.0], &[], one).unwrap();
    for steps in [100, 1, 299] {
        ensemble.dispatch(steps);
    }
    let x = pollster::block_on(ensemble.read()).unwrap()[0];
    // The integral of 2t from 1 to 5, exact for the method, on top of 1.
    assert!((x - 25.0).abs() < 1e-3, "{x}");
    ensemble.set_states(&[4.0], 2.0, 400);
    ensemble.dispatch(100);
    assert!((pollster::block_on(ensemble.read()).unwrap()[0] - 9.0).abs() < 1e-3);
    let trails = pollster::block_on(ensemble.trails()).unwrap();
    let [before, now] = [trails[1][1], trails[2][0]];
    assert_eq!(before, now, "one variable is shown against its predecessor");
}

#[test]
fn trails_hold_the_last_points_in_order_at_any_stride_and_split() {
    let Some(device) = device() else { return };
    let rhs = "fn rhs(t: f32, x: array<f32, 2>, p: array<f32, 1>) -> array<f32, 2> {
        return array<f32, 2>(x[0] + 1.0, x[1]); }";
    let kernel = Kernel::plain(rhs.into(), 2, 1, Kind::Map);
    let shown =
        EnsembleOptions { axes: [Some(0), Some(1), None], colour: ColourBy::Variable(1), ..options(1.0, 5) };
    let states: Vec<f32> = (0..70).flat_map(|i| [0.0, i as f32]).collect();
    let mut ensemble = Ensemble::new(&device, &kernel, &states, &[0.0], shown).unwrap();
    let column = |ensemble: &Ensemble, i: usize| -> Vec<f32> {
        let trails = pollster::block_on(ensemble.trails()).unwrap();
        trails.chunks(70).map(|slot| slot[i][0]).collect()
    };
    assert_eq!(column(&ensemble, 69)[4], 0.0, "the start is shown before the first step");
    ensemble.dispatch(3);
    assert_eq!(column(&ensemble, 69)[1..], [0.0, 1.0, 2.0, 3.0]);
    ensemble.dispatch(300);
    assert_eq!(column(&ensemble, 7), [299.0, 300.0, 301.0, 302.0, 303.0]);
    ensemble.set_stride(4);
    for steps in [3, 2, 9, 2] {
        ensemble.dispatch(steps);
    }
    assert_eq!(column(&ensemble, 0), [303.0, 307.0, 311.0, 315.0, 319.0]);
    let scalars = pollster::block_on(ensemble.trails()).unwrap();
    assert!(scalars[280..].iter().enumerate().all(|(i, p)| p[3] == i as f32));
    ensemble.set_colour(ColourBy::Trajectory);
    let trails = pollster::block_on(ensemble.trails()).unwrap();
    assert!(trails[..280].iter().all(|p| p[0] > 1e30) && trails[280..].iter().all(|p| p[0] == 319.0));
}

#[test]
fn statistics_leave_out_what_has_diverged() {
    let Some(device) = device() else { return };
    let rhs = "fn rhs(t: f32, x: array<f32, 2>, p: array<f32, 1>) -> array<f32, 2> { return x; }";
    let kernel = Kernel::plain(rhs.into(), 2, 0, Kind::Map);
    let shown = EnsembleOptions { axes: [Some(0), Some(1), None], ..options(1.0, 2) };
    let states = [1.0, 10.0, 3.0, 30.0, 1e9, 0.0];
    let mut ensemble = Ensemble::new(&device, &kernel, &states, &[], shown).unwrap();
    ensemble.dispatch(1);
    let statistics = pollster::block_on(ensemble.statistics()).unwrap();
    assert_eq!(statistics, [(2.0, 1.0), (20.0, 10.0)]);
}

#[test]
fn more_workgroups_than_one_axis_holds_are_all_stepped() {
    let Some(device) = device() else { return };
    let rhs = "fn rhs(t: f32, x: array<f32, 1>, p: array<f32, 1>) -> array<f32, 1> { return array<f32, 1>(x[0] + p[0]); }";
    let kernel = Kernel::plain(rhs.into(), 1, 1, Kind::Map);
    let count = 64 * 65_535 + 50;
    let one = EnsembleOptions { bound: 1e9, axes: [Some(0), None, None], ..options(1.0, 2) };
    let mut ensemble = match Ensemble::new(&device, &kernel, &vec![0.0; count], &[1.0], one) {
        Err(GpuError::TooLarge { needed, allowed, .. }) => {
            assert!(needed > allowed);
            println!("this device holds no more than {allowed} bytes in a buffer");
            return;
        }
        other => other.unwrap(),
    };
    ensemble.dispatch(2);
    let there = pollster::block_on(ensemble.read()).unwrap();
    assert_eq!(there.len(), count);
    assert!(there.iter().all(|v| *v == 2.0));
}

#[test]
fn changed_parameters_take_effect_with_the_next_dispatch() {
    let Some(device) = device() else { return };
    // More parameters than a uniform is used for.
    let rhs = "fn rhs(t: f32, x: array<f32, 1>, p: array<f32, 1100>) -> array<f32, 1> { return array<f32, 1>(x[0] + p[1099]); }";
    let kernel = Kernel::plain(rhs.into(), 1, 1100, Kind::Map);
    let one = EnsembleOptions { axes: [Some(0), None, None], ..options(1.0, 2) };
    let mut parameters = vec![0.0; 1100];
    parameters[1099] = 1.0;
    let mut ensemble = Ensemble::new(&device, &kernel, &[0.0], &parameters, one).unwrap();
    ensemble.dispatch(3);
    parameters[1099] = 10.0;
    ensemble.set_parameters(&parameters);
    ensemble.dispatch(2);
    assert_eq!(pollster::block_on(ensemble.read()).unwrap(), [23.0]);
}

#[test]
fn a_large_system_runs_in_loops() {
    let Some(device) = device() else { return };
    let rhs = "fn rhs(t: f32, x: array<f32, 40>, p: array<f32, 1>) -> array<f32, 40> {
        var v = x; var out: array<f32, 40>;
        for (var j = 0u; j < 40u; j++) {
            out[j] = (v[(j + 1u) % 40u] - v[(j + 38u) % 40u]) * v[(j + 39u) % 40u] - v[j] + p[0];
        }
        return out; }";
    let kernel = Kernel::plain(rhs.into(), 40, 1, Kind::Flow);
    let mut states: Vec<f32> = (0..40 * 65).map(|i| 8.0 + 0.01 * ((i * 7) % 13) as f32).collect();
    let mut ensemble = Ensemble::new(&device, &kernel, &states, &[8.0], options(0.01, 2)).unwrap();
    ensemble.dispatch(50);
    let there = pollster::block_on(ensemble.read()).unwrap();
    let run = twin::Run { kind: Kind::Flow, method: Method::RungeKutta4, dt: 0.01, t0: 0.0, bound: 1e6 };
    twin::advance(run, 40, &mut states, 50, |_, v, out| {
        for j in 0..40 {
            out[j] = (v[(j + 1) % 40] - v[(j + 38) % 40]) * v[(j + 39) % 40] - v[j] + 8.0;
        }
    });
    assert!(worst(&there, &states) < 1e-4);
}

#[test]
fn what_does_not_fit_is_refused_with_a_reason() {
    let Some(device) = device() else { return };
    let error = |states: &[f32], parameters: &[f32], options: EnsembleOptions, kernel: &Kernel| {
        Ensemble::new(&device, kernel, states, parameters, options).unwrap_err().to_string()
    };
    assert!(error(&[0.0; 4], &LORENZ, options(0.01, 2), &lorenz()).contains("a multiple of 3"));
    assert!(error(&[], &LORENZ, options(0.01, 2), &lorenz()).contains("starting values"));
    assert!(error(&[0.0; 3], &[1.0], options(0.01, 2), &lorenz()).contains("3 wanted"));
    let axes = EnsembleOptions { axes: [Some(3), None, None], ..options(0.01, 2) };
    assert!(error(&[0.0; 3], &LORENZ, axes, &lorenz()).contains("axis"));
    let colour = EnsembleOptions { colour: ColourBy::Variable(9), ..options(0.01, 2) };
    assert!(error(&[0.0; 3], &LORENZ, colour, &lorenz()).contains("colour"));
    assert!(error(&[0.0; 3], &LORENZ, options(0.01, usize::MAX / 64), &lorenz()).contains("trails"));
}

#[test]
fn a_measurement_tells_speed_and_share() {
    let Some(device) = device() else { return };
    let mut ensemble =
        Ensemble::new(&device, &lorenz(), &scattered(1000), &LORENZ, options(0.005, 2)).unwrap();
    let measured = pollster::block_on(ensemble.measure(1024)).unwrap();
    println!("{measured:?}");
    assert!(measured.steps_per_second > 0.0 && (0.0..=1.0).contains(&measured.kernel_share));
}

/// These two break a device on purpose, so each has its own.
#[test]
fn a_kernel_that_does_not_compile_is_refused_and_the_device_lives_on() {
    let Ok(own) = pollster::block_on(Device::request(None)) else {
        println!("no adapter");
        return;
    };
    let own = Arc::new(own);
    let broken = Kernel { rhs: "fn rhs() {".into(), ..lorenz() };
    let error = Ensemble::new(&own, &broken, &[0.0; 3], &LORENZ, options(0.01, 2)).unwrap_err();
    assert!(matches!(error, GpuError::Refused(_)), "{error}");
    pollster::block_on(own.self_test()).unwrap();
}

#[test]
fn a_lost_device_says_so_once_and_reads_fail_instead_of_waiting() {
    let Ok(own) = pollster::block_on(Device::request(None)) else {
        println!("no adapter");
        return;
    };
    let own = Arc::new(own);
    let mut ensemble = Ensemble::new(&own, &lorenz(), &scattered(10), &LORENZ, options(0.01, 2)).unwrap();
    own.device.destroy();
    ensemble.dispatch(10);
    let error = pollster::block_on(ensemble.read()).unwrap_err();
    println!("{error}");
    let told = (0..500).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        own.lost()
    });
    assert!(told.is_some());
    assert!(own.lost().is_none());
}
