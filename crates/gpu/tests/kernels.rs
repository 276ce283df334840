//! Kernels of models, noise and large systems among them, against the interpreter in f32 and against theory. Without
//! an adapter each test says so.
#![allow(clippy::unwrap_used)]

use equations::{Interpreter, Model, parse};
use gpu::{ColourBy, Device, Ensemble, EnsembleOptions, Kernel, Kind, Method, twin};
use numerics::{Noise, Philox};
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

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

fn model(text: &str) -> Model {
    parse(text).into_model().unwrap()
}

fn options(method: Method, dt: f32) -> EnsembleOptions {
    EnsembleOptions {
        dt,
        t0: 0.0,
        bound: 1e6,
        axes: [Some(0), None, None],
        trail: 2,
        colour: ColourBy::Speed,
        method,
        philox: Philox::new(0x0123_4567_89ab_cdef, 3),
        first_step: 0,
    }
}

fn single(values: &[f64]) -> Vec<f32> {
    values.iter().map(|v| *v as f32).collect()
}

fn ensemble(device: &Arc<Device>, model: &Model, states: &[f32], options: EnsembleOptions) -> Ensemble {
    // Whether a processor plays the GPU or not: the form that works on memory, where there is one.
    let kernel = Kernel { straight: None, ..Kernel::of(model).unwrap() };
    Ensemble::new(device, &kernel, states, &single(&model.parameter_values()), options).unwrap()
}

fn read(ensemble: &Ensemble) -> Vec<f32> {
    pollster::block_on(ensemble.read()).unwrap()
}

/// What the twin makes of a model, its right-hand side interpreted in f32.
fn by_twin(model: &Model, states: &[f32], options: EnsembleOptions, steps: u32) -> (Vec<f32>, Vec<bool>) {
    let system = model.system();
    let mut programs = Interpreter::<f32>::new(system.clone(), &model.parameter_values());
    let kind = if system.kind() == equations::Kind::Map { Kind::Map } else { Kind::Flow };
    let run =
        twin::Run { kind, method: options.method, dt: options.dt, t0: options.t0, bound: options.bound };
    let noise = Noise::new(options.philox, system.draws());
    let mut states = states.to_vec();
    let n = system.dimension();
    let rhs = |t, x: &[f32], w: &[f32], out: &mut [f32]| programs.evaluate_with(t, x, w, out);
    let lost = twin::advance_with(run, &noise, options.first_step, n, &mut states, steps, rhs);
    (states, lost)
}

/// Copies of the start, each a little apart.
fn around(model: &Model, count: usize) -> Vec<f32> {
    let start = model.initial();
    let shift = |k: usize| 1e-3 * ((k as f32 * 0.618_034).fract() - 0.5);
    (0..count * start.len()).map(|k| start[k % start.len()] as f32 + shift(k)).collect()
}

fn worst(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs() / (1.0 + b.abs())).fold(0.0, f32::max)
}

#[test]
fn draws_are_those_of_the_twin() {
    let Some(device) = device() else { return };
    let mut text = String::from("u(t+1)=ran(1)\n");
    for k in 0..3 {
        let _ = writeln!(text, "g{k}(t+1)=normal(0,1)");
    }
    let model = model(&text);
    let options = EnsembleOptions { first_step: (1 << 32) - 2, ..options(Method::Euler, 1.0) };
    let mut gpu = ensemble(&device, &model, &vec![0.0; 4000], options);
    // Steps on both sides of where the count takes its second word.
    for steps in 1..6 {
        gpu.dispatch(1);
        let there = read(&gpu);
        let (here, _) = by_twin(&model, &vec![0.0; 4000], options, steps);
        assert!(there.chunks(4).zip(here.chunks(4)).all(|(a, b)| a[0].to_bits() == b[0].to_bits()));
        let apart = there.iter().zip(&here).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        println!("normals apart by {apart:e}");
        assert!(apart < 4e-6, "{apart}");
    }
}

const NOISY: &str = "par a=1,s=0.3\nwiener w1,w2\nx'=x-x^3-y+s*x*w1\ny'=a*(x-0.5*y)+0.1*w2*w1/20+0.2*normal(0,1)+ran(0.1)\ninit x=0.5,y=0.1";

#[test]
fn a_noisy_flow_agrees_with_its_twin_trajectory_by_trajectory() {
    let Some(device) = device() else { return };
    let model = model(NOISY);
    let start = around(&model, 300);
    for method in [Method::Euler, Method::Heun, Method::RungeKutta4] {
        let options = options(method, 0.01);
        let mut gpu = ensemble(&device, &model, &start, options);
        gpu.dispatch(500);
        let (here, _) = by_twin(&model, &start, options, 500);
        let apart = worst(&read(&gpu), &here);
        println!("{method:?}: worst relative deviation {apart:e}");
        // Each step adds a few roundings of 1e-7; the flow contracts on the whole.
        assert!(apart < 1e-4, "{method:?} {apart}");
    }
}

#[test]
fn draws_depend_neither_on_dispatches_nor_on_the_number_of_trajectories() {
    let Some(device) = device() else { return };
    let model = model(NOISY);
    let start = around(&model, 200);
    let options = options(Method::Heun, 0.01);
    let mut whole = ensemble(&device, &model, &start, options);
    whole.dispatch(300);
    let whole = read(&whole);
    let mut split = ensemble(&device, &model, &start, options);
    for steps in [7, 250, 43] {
        split.dispatch(steps);
    }
    assert_eq!(whole, read(&split));
    let mut few = ensemble(&device, &model, &start[..20], options);
    few.dispatch(300);
    assert_eq!(whole[..20], read(&few));
    // Taken up elsewhere with the number of its next step.
    let mut first = ensemble(&device, &model, &start, options);
    first.dispatch(100);
    let later = EnsembleOptions { first_step: 100, ..options };
    let mut second = ensemble(&device, &model, &read(&first), later);
    second.dispatch(200);
    assert_eq!(whole, read(&second));
    // And here, after other states.
    second.set_states(&read(&first), 1.0, 100);
    second.dispatch(200);
    assert_eq!(whole, read(&second));
    let other = EnsembleOptions { philox: Philox::new(8, 3), ..options };
    let mut other = ensemble(&device, &model, &start, other);
    other.dispatch(300);
    assert_ne!(whole, read(&other));
}

#[test]
fn an_ornstein_uhlenbeck_process_has_its_mean_and_variance() {
    let Some(device) = device() else { return };
    let model = model("par k=1.5,s=0.8\nwiener w\nx'=-k*x+s*w\ninit x=2");
    let (count, h, steps) = (20_000, 0.01, 200);
    for method in [Method::Euler, Method::Heun] {
        let mut gpu = ensemble(&device, &model, &vec![2.0; count], options(method, h));
        gpu.dispatch(steps);
        let (mean, deviation) = pollster::block_on(gpu.statistics()).unwrap()[0];
        let t = f64::from(h) * f64::from(steps);
        let exact = 2.0 * (-1.5 * t).exp();
        let variance = 0.64 / 3.0 * (1.0 - (-3.0 * t).exp());
        // Four standard errors, and the bias of the step: of Euler's at most k h of the variance, here 1.5 %.
        let bias = if method == Method::Euler { 0.015 } else { 0.001 };
        println!("{method:?}: mean {mean} of {exact}, variance {} of {variance}", deviation * deviation);
        assert!((mean - exact).abs() < 4.0 * (variance / count as f64).sqrt() + bias * exact);
        let error = variance * (2.0 / count as f64).sqrt();
        assert!((deviation * deviation - variance).abs() < 4.0 * error + bias * variance);
    }
}

fn ring(n: usize) -> Model {
    let mut text = String::from("par f=8\n");
    for j in 0..n {
        let at = |d: usize| (j + d) % n;
        let _ = writeln!(text, "x{j}'=(x{}-x{})*x{}-x{j}+f", at(1), at(n - 2), at(n - 1));
        let _ = writeln!(text, "init x{j}={}", 8.0 + 0.01 * ((j * 7) % 13) as f64);
    }
    model(&text)
}

#[test]
fn a_ring_of_128_sites_agrees_with_its_twin() {
    let Some(device) = device() else { return };
    let model = ring(128);
    let kernel = Kernel::of(&model).unwrap();
    assert!(kernel.memory.unwrap().lanes >= 32, "{:?}", kernel.memory);
    println!("{} bytes of text beside the helpers", kernel.rhs.len() - equations::WGSL_HELPERS.len());
    assert!(kernel.rhs.len() - equations::WGSL_HELPERS.len() < 4000);
    let start = around(&model, 70);
    for (method, steps) in [(Method::RungeKutta4, 100), (Method::Heun, 30), (Method::Euler, 30)] {
        let options = options(method, 0.01);
        let mut gpu = ensemble(&device, &model, &start, options);
        gpu.dispatch(steps);
        let (here, _) = by_twin(&model, &start, options, steps);
        let apart = worst(&read(&gpu), &here);
        println!("{method:?}: worst relative deviation {apart:e}");
        // One unit of time at an exponent of 1.7, from roundings of 1e-7.
        assert!(apart < 1e-4, "{method:?} {apart}");
    }
}

#[test]
fn a_lost_trajectory_of_a_large_system_is_flagged_and_its_neighbours_go_on() {
    let Some(device) = device() else { return };
    let model = ring(40);
    let mut start = around(&model, 3);
    start[45] = 1e5;
    let options = options(Method::RungeKutta4, 0.01);
    let mut gpu = ensemble(&device, &model, &start, options);
    gpu.dispatch(50);
    let (here, lost) = by_twin(&model, &start, options, 50);
    assert_eq!(lost, [false, true, false]);
    assert_eq!(pollster::block_on(gpu.flags()).unwrap(), lost);
    let there = read(&gpu);
    assert!(worst(&there[..40], &here[..40]) < 1e-4 && worst(&there[80..], &here[80..]) < 1e-4);
    let trails = pollster::block_on(gpu.trails()).unwrap();
    assert!(trails[3][0] == there[0] && trails[4][0] > 1e30 && trails[5][0] == there[80]);
}

/// A network with every kind of thing in it: shared values, parameters of their own, noise, time, a table, outputs
/// that are copies, values of parameters alone, and odd ones out.
fn network(n: usize, map: bool) -> Model {
    let mut text = String::from("par g=1.3,b=0.2\ntable bend {-2 2 -1 -0.8 0 0.8 1}\n");
    let _ = writeln!(text, "wiener w0,w1,w2,w3,w4,w5,w6,w7");
    for j in 0..n {
        let _ = writeln!(text, "par d{j}={}\ns{j}=tanh(g*x{j})", 0.5 + 0.01 * j as f64);
        let head = if map { format!("x{j}(t+1)=0.9*x{j}+0.1*(") } else { format!("x{j}'=(") };
        let mut sum = format!("-exp(-d{j})*x{j}+0.05*w{}", j % 8);
        for k in 0..n {
            let weight = (((j * 31 + k * 17) % 23) as f64 - 11.5) / 60.0;
            let _ = write!(sum, "+({weight})*s{k}");
        }
        if j == 2 {
            sum.push_str("+b*sin(t)+bend(x5)+0.1*ran(1)");
        }
        let _ = writeln!(text, "{head}{sum})\ninit x{j}={}", 0.3 * ((j as f64) * 1.7).sin());
    }
    let _ = if map { writeln!(text, "z(t+1)=x3\ny(t+1)=t\n") } else { writeln!(text, "z'=x3\ny'=1\n") };
    model(&text)
}

#[test]
fn a_mixed_network_in_memory_agrees_with_its_twin() {
    let Some(device) = device() else { return };
    for (n, map) in [(30, false), (50, false), (50, true)] {
        let model = network(n, map);
        let kernel = Kernel::of(&model).unwrap();
        assert!(kernel.memory.is_some());
        println!(
            "{n}: {:?}, {} bytes of text, {} words of data",
            kernel.memory,
            kernel.rhs.len(),
            kernel.data.len()
        );
        let start = around(&model, 66);
        let options = options(Method::Heun, 0.02);
        let began = Instant::now();
        let mut gpu = ensemble(&device, &model, &start, options);
        println!("made in {:?}", began.elapsed());
        gpu.dispatch(100);
        let (here, lost) = by_twin(&model, &start, options, 100);
        assert!(lost.iter().all(|lost| !lost));
        let apart = worst(&read(&gpu), &here);
        println!("worst relative deviation {apart:e}");
        assert!(apart < 1e-4, "{apart}");
    }
}

#[test]
fn sums_over_all_variables_in_loops_agree_with_the_twin() {
    let Some(device) = device() else { return };
    for text in [
        "x[1..40]'=-x[j]+0.3*sum(1,40)of(sin([j]*17+i'*i')*tanh(shift(x1,i'-1)))\ninit x[1..40]=sin([j])",
        "x[1..40]'=[j]/40+sum(1,40)of(sin(shift(x1,i'-1)-x[j]))/40\ninit x[1..40]=sin([j])",
        "c=sum(1,100)of(cos(shift(x1,i'-1)))/100\nx[1..100]'=[j]/100-c*sin(x[j])\ninit x[1..100]=sin([j])",
        "x[1..40]'=-x[j]+sum([j],40)of(shift(x1,i'-1)*shift(x1,40-i'))/40\ninit x[1..40]=sin([j])",
    ] {
        let model = model(text);
        let kernel = Kernel::of(&model).unwrap();
        assert!(kernel.memory.is_some() && kernel.rhs.contains("k++"), "{text}");
        let start = around(&model, 9);
        let options = options(Method::RungeKutta4, 0.01);
        let mut gpu = ensemble(&device, &model, &start, options);
        gpu.dispatch(300);
        let (here, _) = by_twin(&model, &start, options, 300);
        let apart = worst(&read(&gpu), &here);
        println!("worst relative deviation {apart:e}");
        // Three units of time at a small exponent, from roundings of 1e-7.
        assert!(apart < 1e-4, "{apart}: {text}");
    }
}

#[test]
fn every_system_of_the_zoo_that_the_device_takes_agrees_with_its_twin() {
    let Some(device) = device() else { return };
    for system in zoo::systems() {
        let model = system.model();
        let kernel = match Kernel::of(model) {
            Ok(kernel) => kernel,
            Err(error) => {
                println!("{}: {error}", system.slug());
                let system = model.system();
                assert!(system.events() > 0 || !system.delayed().is_empty() || system.dimension() > 128);
                continue;
            }
        };
        let dt = model.options.dt.unwrap_or(0.05) as f32;
        let bound = model.options.bounds.unwrap_or(1e6) as f32;
        let options = EnsembleOptions { bound, ..options(Method::RungeKutta4, dt) };
        let start = around(model, 5);
        // A chaotic map multiplies roundings by as much as 36 at each step.
        let steps = if model.kind == equations::Kind::Map { 2 } else { 20 };
        let (here, _) = by_twin(model, &start, options, steps);
        let in_memory = kernel.straight.is_some().then(|| Kernel { straight: None, ..kernel.clone() });
        for kernel in std::iter::once(kernel).chain(in_memory) {
            let began = Instant::now();
            let parameters = single(&model.parameter_values());
            let mut gpu = Ensemble::new(&device, &kernel, &start, &parameters, options).unwrap();
            let made = began.elapsed();
            gpu.dispatch(steps);
            let apart = worst(&read(&gpu), &here);
            println!("{}: made in {made:?}, apart by {apart:e}", system.slug());
            // Few steps: what a device's own elementary functions and its rounding make of them.
            assert!(apart < 2e-3, "{}: {apart}", system.slug());
        }
    }
}
