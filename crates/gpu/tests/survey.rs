//! Surveys over a plane on a real adapter against their CPU twins, and the twins against theory. Without an adapter the
//! former say so.
#![allow(clippy::unwrap_used)]

use equations::{Interpreter, Model, parse};
use gpu::{Aim, Device, Kernel, Kind, SURVEY_BLOCKS, Survey, SurveyOptions, twin};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The adapter of this machine, asked for once.
fn device() -> Option<&'static Device> {
    static DEVICE: OnceLock<Option<Device>> = OnceLock::new();
    let ask = || match pollster::block_on(Device::request(None)) {
        Ok(device) => {
            println!("{} by {}, software: {}", device.name(), device.backend(), device.is_software());
            Some(device)
        }
        Err(error) => {
            println!("no adapter: {error}");
            None
        }
    };
    DEVICE.get_or_init(ask).as_ref()
}

const WELL: &str = "x'=y\ny'=x-x^3-k*y\npar k=0.3\ninit x=0.5,y=0";
const LORENZ: &str = "x'=s*(y-x)\ny'=x*(r-z)-y\nz'=x*y-b*z\npar s=10,r=28,b=2.6666667\ninit x=1,y=1,z=20";
const HENON: &str = "x(t+1)=1-a*x*x+y\ny(t+1)=b*x\npar a=1.4,b=0.3\ninit x=0.1,y=0.1";

fn model(text: &str) -> Model {
    parse(text).into_model().unwrap()
}

fn single(values: &[f64]) -> Vec<f32> {
    values.iter().map(|v| *v as f32).collect()
}

fn options(aim: Aim, transient: u64, steps: u64) -> SurveyOptions {
    SurveyOptions { aim, plane: [0, 1], dt: 0.01, t0: 0.0, bound: 1e4, transient, steps }
}

fn kind(model: &Model) -> Kind {
    if model.system().kind() == equations::Kind::Map { Kind::Map } else { Kind::Flow }
}

/// Places of a square grid between two values each.
fn grid(side: usize, first: [f32; 2], second: [f32; 2]) -> Vec<[f32; 2]> {
    let at = |[from, to]: [f32; 2], k: usize| from + (to - from) * (k as f32 + 0.5) / side as f32;
    (0..side * side).map(|k| [at(first, k % side), at(second, k / side)]).collect()
}

/// The twin's records, the programs of the equations interpreted in f32.
fn by_twin(model: &Model, options: &SurveyOptions, places: &[[f32; 2]]) -> Vec<f32> {
    let parameters = single(&model.parameter_values());
    let make = || std::cell::RefCell::new(Interpreter::<f32>::new(model.system(), &model.parameter_values()));
    let (rates, jacobians) = (make(), make());
    let set = |of: &std::cell::RefCell<Interpreter<f32>>, p: &[f32]| {
        p.iter().enumerate().for_each(|(k, value)| of.borrow_mut().set_parameter_lanes(k, *value));
    };
    let n = model.system().dimension();
    let mut jacobian = vec![0.0; n * n];
    twin::survey(
        options,
        kind(model),
        &single(&model.initial()),
        &parameters,
        places,
        |t, x, p, out| {
            set(&rates, p);
            rates.borrow_mut().evaluate(t, x, out);
        },
        |t, x, p, v, out| {
            set(&jacobians, p);
            assert!(jacobians.borrow_mut().jacobian_at(t, x, &mut jacobian));
            for (row, out) in jacobian.chunks(n).zip(out) {
                *out = row.iter().zip(v).map(|(a, b)| a * b).sum();
            }
        },
    )
}

/// The device's records, tile by tile.
fn by_device(device: &Device, model: &Model, options: SurveyOptions, places: &[[f32; 2]]) -> Vec<f32> {
    let kernel = Kernel::along(model, options.aim == Aim::Exponent).unwrap();
    let start = single(&model.initial());
    let mut survey =
        Survey::new(device, &kernel, &start, &single(&model.parameter_values()), options).unwrap();
    let mut records = Vec::new();
    for tile in places.chunks(survey.capacity()) {
        survey.begin(tile);
        records.extend(loop {
            let begun = Instant::now();
            let got = survey.advance().unwrap();
            assert!((0.0..=1.0).contains(&survey.progress()));
            if let Some(got) = got {
                break got;
            }
            assert!(begun.elapsed() < Duration::from_secs(5), "one look took too long");
            std::thread::sleep(Duration::from_micros(200));
        });
        assert_eq!(survey.cells(), 0);
    }
    records
}

/// The exponents in records; not a number for a lost orbit.
fn exponents(model: &Model, options: &SurveyOptions, records: &[f32]) -> Vec<f32> {
    let n = model.system().dimension();
    let h = if kind(model) == Kind::Map { 1.0 } else { options.dt };
    let time = SURVEY_BLOCKS as f32 * options.summed(kind(model)) as f32 * h;
    let one = |record: &[f32]| match record[record.len() - 1] as u32 {
        0 => record[2 * n..2 * n + SURVEY_BLOCKS].iter().sum::<f32>() / time,
        1 => f32::NAN,
        _ => f32::NEG_INFINITY,
    };
    records.chunks(options.record(n)).map(one).collect()
}

#[test]
fn the_twin_finds_both_wells_and_the_textbooks_exponents() {
    let well = model(WELL);
    let given = options(Aim::Settle, 6000, 500);
    let records = by_twin(&well, &given, &[[0.9, 0.0], [-0.9, 0.0], [1e5, 0.0]]);
    let means: Vec<f32> = records.chunks(9).map(|r| r[2] / 500.0).collect();
    assert!((means[0] - 1.0).abs() < 1e-4 && (means[1] + 1.0).abs() < 1e-4, "{means:?}");
    assert_eq!([records[8], records[17], records[26]], [0.0, 0.0, 1.0]);
    assert!(records[4] <= records[6] && (records[6] - 1.0).abs() < 1e-3);
    let henon = model(HENON);
    let given = options(Aim::Exponent, 100, 20_000);
    let found = exponents(&henon, &given, &by_twin(&henon, &given, &[[1.4, 0.3], [0.2, 0.3], [3.0, 0.3]]));
    assert!((found[0] - 0.419).abs() < 0.02 && found[1] < 0.0 && found[2].is_nan(), "{found:?}");
    let lorenz = model(LORENZ);
    let given = options(Aim::Exponent, 1000, 20_000);
    let found = exponents(&lorenz, &given, &by_twin(&lorenz, &given, &[[10.0, 28.0], [10.0, 15.0]]));
    assert!((found[0] - 0.906).abs() < 0.05 && found[1] < 0.0, "{found:?}");
}

#[test]
fn starts_settle_on_the_device_to_what_they_settle_to_in_the_twin() {
    let Some(device) = device() else { return };
    let well = model(WELL);
    let given = options(Aim::Settle, 4000, 300);
    let places = grid(40, [-2.0, 2.0], [-2.0, 2.0]);
    let (there, here) = (by_device(device, &well, given, &places), by_twin(&well, &given, &places));
    let wells = |records: &[f32]| records.chunks(9).map(|r| r[2] > 0.0).collect::<Vec<_>>();
    let other = wells(&there).iter().zip(wells(&here)).filter(|(a, b)| *a != b).count();
    // Only a cell on the border may differ, by a rounding.
    assert!(other <= 2, "{other} of {} differ", places.len());
    for (a, b) in there.chunks(9).zip(here.chunks(9)).filter(|(a, b)| (a[2] > 0.0) == (b[2] > 0.0)) {
        assert!((a[2] - b[2]).abs() / 300.0 < 2e-3 && (a[4] - b[4]).abs() < 2e-2, "{a:?} {b:?}");
    }
    // Short enough for every number to agree; henon loses orbits too.
    let henon = model(HENON);
    let given = options(Aim::Settle, 5, 10);
    let places = grid(30, [-2.0, 2.0], [-2.0, 2.0]);
    let (there, here) = (by_device(device, &henon, given, &places), by_twin(&henon, &given, &places));
    let lost = here.chunks(9).filter(|r| r[8] == 1.0).count();
    assert!(lost > 50 && lost < 850, "{lost}");
    for (a, b) in there.chunks(9).zip(here.chunks(9)) {
        assert_eq!(a[8], b[8]);
        let apart = a[..8].iter().zip(&b[..8]).map(|(a, b)| (a - b).abs() / (1.0 + b.abs()));
        assert!(b[8] == 1.0 || apart.fold(0.0, f32::max) < 1e-2, "{a:?} {b:?}");
    }
}

#[test]
fn exponents_of_the_device_are_those_of_the_twin() {
    let Some(device) = device() else { return };
    let henon = model(HENON);
    let given = options(Aim::Exponent, 500, 4000);
    let places = grid(24, [0.2, 1.5], [0.1, 0.35]);
    let there = exponents(&henon, &given, &by_device(device, &henon, given, &places));
    let here = exponents(&henon, &given, &by_twin(&henon, &given, &places));
    let same =
        there.iter().zip(&here).filter(|(a, b)| (a.is_nan() && b.is_nan()) || (**a > 0.0) == (**b > 0.0));
    let same = same.count();
    println!("{same} of {} have the same sign", places.len());
    assert!(same * 100 > places.len() * 95, "{same}");
    let lorenz = model(LORENZ);
    let given = options(Aim::Exponent, 2000, 16_000);
    let places = grid(6, [8.0, 12.0], [5.0, 40.0]);
    let there = exponents(&lorenz, &given, &by_device(device, &lorenz, given, &places));
    let here = exponents(&lorenz, &given, &by_twin(&lorenz, &given, &places));
    for ((a, b), place) in there.iter().zip(&here).zip(&places) {
        // Below the onset of chaos both are the same orbit.
        let allowed = if *b > 0.1 { 0.15 } else { 0.02 };
        assert!((a - b).abs() < allowed || place[1] > 22.0, "{place:?}: {a} and {b}");
    }
    let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
    assert!((mean(&there) - mean(&here)).abs() < 0.05);
}

#[test]
fn many_tiles_are_surveyed_and_one_in_hand_can_be_given_up() {
    let Some(device) = device() else { return };
    let well = model(WELL);
    let kernel = Kernel::along(&well, false).unwrap();
    let mut survey = Survey::new(device, &kernel, &[0.5, 0.0], &[0.3], options(Aim::Settle, 20, 20)).unwrap();
    survey.begin(&[[0.1, 0.1]; 5]);
    while survey.progress() < 1.0 {
        survey.advance().unwrap();
    }
    survey.begin(&vec![[0.2, 0.0]; survey.capacity() + 5]);
    assert_eq!(survey.cells(), survey.capacity());
    let records = loop {
        if let Some(records) = survey.advance().unwrap() {
            break records;
        }
    };
    assert_eq!(records.len(), 9 * survey.capacity());
    assert!(records.chunks(9).all(|r| r == &records[..9]) && survey.advance().unwrap().is_none());
}

#[test]
fn what_cannot_be_surveyed_is_refused_in_words() {
    let said = |text: &str| Kernel::along(&model(text), true).unwrap_err().to_string();
    assert!(said("x'=-delay(x,1)").contains("delays"));
    assert!(said("x'=-x+normal(0,1)").contains("random inputs in a map over a plane"));
    assert!(said("x'=1\nglobal 1 x-1 {x=0}").contains("events"));
    assert!(said("x[1..17]'=-x[j]").contains("17 variables, more than 16"));
    let Some(device) = device() else { return };
    let kernel = Kernel::along(&model(WELL), false).unwrap();
    let make = |start: &[f32], parameters: &[f32], options: SurveyOptions| {
        Survey::new(device, &kernel, start, parameters, options).unwrap_err().to_string()
    };
    let given = options(Aim::Settle, 1, 1);
    assert!(make(&[0.0], &[0.3], given).contains("starting values"));
    assert!(make(&[0.0; 2], &[], given).contains("parameters"));
    assert!(make(&[0.0; 2], &[0.3], SurveyOptions { plane: [1, 1], ..given }).contains("two different ones"));
    assert!(make(&[0.0; 2], &[0.3], SurveyOptions { aim: Aim::Exponent, ..given }).contains("below 1"));
}
