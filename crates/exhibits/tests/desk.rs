//! The analysis desk: what it finds where the truth is known, and what it says where it cannot answer.
#![allow(clippy::unwrap_used, reason = "a test stops where a step fails")]

use exhibits::contract::{Answer, Finding, Picture, Setting, Value};
use exhibits::desk::{self, Case};
use recipe::Recipe;
use std::time::Duration;
use web_time::Instant;

fn case(fragment: &str) -> Case {
    Case::of_recipe(&Recipe::decode(fragment).unwrap()).unwrap()
}

fn typed(text: &str) -> Case {
    Case::of_recipe(&Recipe { equations: Some(text.into()), ..Recipe::new(exhibits::exhibits::TYPED) })
        .unwrap()
}

fn settings(pairs: &[(&str, &str)]) -> Vec<Setting> {
    pairs.iter().map(|(c, v)| Setting { control: (*c).into(), value: Value::Text((*v).into()) }).collect()
}

/// The whole answer, its pictures' points looked at.
fn answer(case: &Case, question: &str, pairs: &[(&str, &str)]) -> Answer {
    let mut inquiry = desk::ask(case, question, &settings(pairs)).unwrap();
    while !inquiry.advance(Instant::now() + Duration::from_millis(50)).unwrap() {}
    let answer = inquiry.answer();
    assert!(answer.finished && answer.progress > 0.999, "{}", answer.progress);
    let frames = inquiry.frames();
    assert_eq!(frames.len(), answer.views.len());
    for frame in frames {
        assert!(answer.views.iter().any(|view| view.id == frame.picture.view()));
        if let Picture::Plot { series, .. } = &frame.picture {
            for one in series {
                let [x, y] = [&one.x, &one.y].map(|r| &frame.arrays[r.array as usize]);
                assert_eq!(x.len(), y.len());
            }
        }
    }
    let (names, rows) = inquiry.table();
    assert!(rows.iter().all(|row| row.len() == names.len()) && !rows.is_empty());
    answer
}

fn refusal(case: &Case, question: &str, pairs: &[(&str, &str)]) -> String {
    desk::ask(case, question, &settings(pairs)).map(|_| ()).unwrap_err().to_string()
}

fn finding<'a>(answer: &'a Answer, id: &str) -> &'a Finding {
    let found = answer.findings.iter().find(|finding| finding.id == id);
    assert!(found.is_some(), "no {id} among {:?}", answer.findings);
    found.unwrap()
}

fn value(answer: &Answer, id: &str) -> f64 {
    finding(answer, id).value.unwrap()
}

/// The places of the findings with a label.
fn places(answer: &Answer, label: &str) -> Vec<f64> {
    answer.findings.iter().filter(|f| f.label == label).map(|f| f.value.unwrap()).collect()
}

#[test]
fn lorenz_has_the_spectrum_of_the_textbooks() {
    let answer = answer(&case("lorenz"), "lyapunov", &[]);
    for (id, known) in [("exponent_1", 0.9056), ("exponent_2", 0.0), ("exponent_3", -14.572)] {
        let finding = finding(&answer, id);
        let (value, error) = (finding.value.unwrap(), finding.error.unwrap());
        assert!((value - known).abs() < 3.0 * error + 2e-3 && error < 5e-3, "{finding:?}");
    }
    assert!((value(&answer, "sum") - value(&answer, "divergence")).abs() < 1e-3);
    assert!((value(&answer, "kaplan_yorke") - 2.062).abs() < 2e-3);
    assert!(finding(&answer, "verdict").text.starts_with("chaotic: one"), "{answer:?}");
    assert_eq!(answer.note, None);
}

#[test]
fn a_measurement_too_short_says_that_it_has_not_converged() {
    let answer = answer(&case("lorenz"), "lyapunov", &[("steps", "1000")]);
    assert_eq!(finding(&answer, "verdict").text, "unconverged");
    assert!(answer.note.is_some_and(|note| note.contains("take more steps")));
}

#[test]
fn maps_and_delay_systems_have_exponents_too() {
    let henon = answer(&case("henon"), "lyapunov", &[("steps", "200000")]);
    assert!((value(&henon, "exponent_1") - 0.4192).abs() < 5e-3, "{henon:?}");
    assert!((value(&henon, "exponent_2") + 1.6232).abs() < 5e-3, "{henon:?}");
    let delayed = answer(&case("mackey-glass"), "lyapunov", &[("steps", "100000"), ("count", "2")]);
    assert!((0.003..0.009).contains(&value(&delayed, "exponent_1")), "{delayed:?}");
}

#[test]
fn the_branches_of_lorenz_change_where_they_are_known_to() {
    let pairs = [("parameter", "rho"), ("from", "0.5"), ("to", "30")];
    let answer = answer(&case("lorenz"), "continue", &pairs);
    let hopf = places(&answer, "Hopf point");
    assert!(!hopf.is_empty() && hopf.iter().all(|rho| (rho - 470.0 / 19.0).abs() < 1e-6), "{hopf:?}");
    let pitchfork = places(&answer, "branch point");
    assert!(pitchfork.iter().any(|rho| (rho - 1.0).abs() < 1e-6), "{pitchfork:?}");
    let ends: Vec<&str> =
        answer.findings.iter().filter(|f| f.id.starts_with("end")).map(|f| f.text.as_str()).collect();
    assert!(ends.iter().any(|end| end.contains("homoclinic") && end.contains("13.926")), "{ends:?}");
}

#[test]
fn the_doublings_of_the_logistic_map_are_swept_and_followed() {
    let pairs = [("parameter", "r"), ("from", "2.8"), ("to", "3.54")];
    let swept = answer(&case("logistic"), "bifurcate", &[&pairs[..], &[("transient", "4000")]].concat());
    let change = finding(&swept, "change_1");
    assert_eq!(change.label, "1 branches become 2");
    assert!((change.value.unwrap() - 3.0).abs() < 0.01, "{change:?}");
    let followed = answer(&case("logistic"), "continue", &pairs);
    let doubling = places(&followed, "period doubling");
    assert!(doubling.iter().any(|r| (r - 3.0).abs() < 1e-6), "{followed:?}");
}

#[test]
fn a_section_that_is_never_crossed_is_told_with_the_range() {
    let pairs = [("section", "value"), ("value", "500"), ("columns", "3"), ("transient", "5")];
    let answer = {
        let mut inquiry = desk::ask(&case("lorenz"), "bifurcate", &settings(&pairs)).unwrap();
        while !inquiry.advance(Instant::now() + Duration::from_millis(50)).unwrap() {}
        inquiry.answer()
    };
    assert!(answer.note.is_some_and(|note| note.contains("never crossed") && note.contains("choose")));
}

#[test]
fn lorenz_rests_at_three_points_whose_manifolds_are_drawn() {
    let answer = answer(&case("lorenz"), "fixed-points", &[]);
    assert_eq!(finding(&answer, "count").text, "3");
    let kinds: Vec<&str> = answer.findings[1..].iter().map(|f| &f.label[3..]).collect();
    assert_eq!(kinds.iter().filter(|kind| kind.starts_with("saddle-focus with 2")).count(), 2, "{kinds:?}");
    assert!(kinds.contains(&"saddle with 1 unstable direction"));
    let henon = answer_of_period(2);
    assert_eq!(finding(&henon, "count").text, "1");
}

#[test]
fn the_saddle_of_henon_s_map_is_drawn_with_four_halves_of_curves() {
    for (period, saddles) in [("1", 2), ("2", 2)] {
        let set = settings(&[("period", period), ("length", "3"), ("seeds", "60")]);
        let mut inquiry = desk::ask(&case("henon"), "fixed-points", &set).unwrap();
        while !inquiry.advance(Instant::now() + Duration::from_millis(50)).unwrap() {}
        let frame = &inquiry.frames()[0];
        let Picture::Plot { series, .. } = &frame.picture else { panic!("a plot") };
        let curves = series.iter().filter(|s| !s.points);
        let long = curves.filter(|s| frame.arrays[s.x.array as usize].len() > 200).count();
        // The other fixed point lies outside the attractor and is a saddle too; the cycle has two points.
        assert_eq!(long, 4 * saddles, "period {period}");
    }
}

fn answer_of_period(period: u32) -> Answer {
    answer(&case("henon"), "fixed-points", &[("period", &period.to_string())])
}

#[test]
fn a_plane_falls_into_the_basins_of_the_two_wells() {
    let well = typed("par damping=0.3\nx'=v\nv'=x-x^3-damping*v\ninit x=1.2,v=0.3\n@ dt=0.05");
    let pairs = [("cells", "40"), ("transient", "150"), ("window", "20")];
    let answer = answer(&well, "basins", &pairs);
    assert_eq!(finding(&answer, "count").text, "2", "{answer:?}");
    let shares = value(&answer, "basin_1") + value(&answer, "basin_2");
    assert!((shares - 1.0).abs() < 1e-9 && value(&answer, "escape") == 0.0);
    let map = self::answer(&case("logistic"), "lyapunov", &[("steps", "5000")]);
    assert!(map.finished);
    assert!(refusal(&typed("par a=1\nx'=-a*x"), "basins", &[]).contains("cannot be asked"));
}

#[test]
fn chaos_over_two_parameters_has_a_share_with_its_error() {
    let pairs = [("cells", "12"), ("steps", "2000"), ("transient", "500")];
    let pairs = [&pairs[..], &[("from", "1"), ("to", "1.4"), ("from2", "0.2"), ("to2", "0.3")]].concat();
    let answer = answer(&case("henon"), "exponent-map", &pairs);
    let share = value(&answer, "chaotic");
    assert!((0.1..0.95).contains(&share), "{answer:?}");
    assert!(value(&answer, "largest") > 0.3);
    let same = [("parameter", "a"), ("parameter2", "a")];
    assert!(refusal(&case("henon"), "exponent-map", &same).contains("choose another"));
}

/// The GPU of this machine, where there is one.
fn with_gpu(case: Case) -> Option<Case> {
    match pollster::block_on(exhibits::device(None)) {
        Ok(device) => Some(case.on(Some(std::sync::Arc::new(device)))),
        Err(error) => {
            println!("no adapter: {error}");
            None
        }
    }
}

#[test]
fn basins_of_the_gpu_have_the_shares_of_those_of_the_cpu() {
    let text = "par damping=0.3\nx'=v\nv'=x-x^3-damping*v\ninit x=1.2,v=0.3\n@ dt=0.05";
    let pairs = |device| [("cells", "48"), ("transient", "150"), ("window", "20"), ("device", device)];
    let Some(well) = with_gpu(typed(text)) else { return };
    let (here, there) = (answer(&well, "basins", &pairs("cpu")), answer(&well, "basins", &pairs("gpu")));
    assert!(finding(&there, "device").text.contains("single precision; no fingerprint"), "{there:?}");
    assert!(finding(&here, "device").text.contains("double precision"), "{here:?}");
    assert_eq!(finding(&there, "count").text, "2", "{there:?}");
    for id in ["basin_1", "basin_2", "escape"] {
        let error = finding(&here, id).error.unwrap();
        assert!((value(&here, id) - value(&there, id)).abs() <= error, "{id}: {here:?} {there:?}");
    }
    // Numbered in the same order, and points there too.
    assert!(finding(&there, "basin_1").label.contains("a point"), "{there:?}");
}

#[test]
fn exponents_of_the_gpu_have_the_signs_of_those_of_the_cpu() {
    let pairs = |device| {
        let cells = [("cells", "32"), ("steps", "4000"), ("transient", "500"), ("device", device)];
        [&cells[..], &[("from", "1"), ("to", "1.4"), ("from2", "0.2"), ("to2", "0.3")]].concat()
    };
    let Some(henon) = with_gpu(case("henon")) else { return };
    let signs = |device| {
        let mut inquiry = desk::ask(&henon, "exponent-map", &settings(&pairs(device))).unwrap();
        while !inquiry.advance(Instant::now() + Duration::from_millis(50)).unwrap() {}
        let (_, rows) = inquiry.table();
        rows.into_iter().map(|row| (row[2].is_finite(), row[2] > 0.0)).collect::<Vec<_>>()
    };
    let (here, there) = (signs("cpu"), signs("gpu"));
    let same = here.iter().zip(&there).filter(|(a, b)| a == b).count();
    println!("{same} of {} have the same sign", here.len());
    assert!(same * 100 > here.len() * 95, "{same}");
}

#[test]
fn what_cannot_go_on_the_gpu_is_refused_in_words() {
    let gpu = [("device", "gpu")];
    assert!(refusal(&case("henon"), "exponent-map", &gpu).contains("no WebGPU adapter"));
    assert!(refusal(&case("henon"), "basins", &[("device", "tpu")]).contains("device"));
    let wants = |pairs: &[(&str, &str)]| desk::wants_device(&case("henon"), "basins", &settings(pairs));
    assert!(wants(&gpu) && wants(&[("cells", "257")]) && !wants(&[]));
    assert!(!wants(&[("cells", "1024"), ("device", "cpu")]));
    assert!(!desk::wants_device(&case("henon"), "spectrum", &[]));
    let large = "par a=1,b=1\nx[1..17]'=-a*b*x[j]\ninit x[1..17]=1";
    let Some(large) = with_gpu(typed(large)) else { return };
    assert!(refusal(&large, "exponent-map", &gpu).contains("17 variables, more than 16"));
    // Left to itself, the question goes to the processor.
    assert!(desk::ask(&large, "exponent-map", &settings(&[("cells", "300")])).is_ok());
}

#[test]
fn a_recorded_variable_tells_frequency_dimension_and_exponent() {
    let turning = typed("par w=2\nx'=w*y\ny'=-w*x\ninit x=1\n@ dt=0.01");
    let tone = answer(&turning, "spectrum", &[("every", "20"), ("samples", "4096")]);
    let (frequency, error) = (value(&tone, "frequency"), finding(&tone, "frequency").error.unwrap());
    println!("{tone:?}");
    assert!((frequency - 1.0 / std::f64::consts::PI).abs() < 2.0 * error + 1e-3, "{tone:?}");
    let henon = answer(&case("henon"), "dimension", &[]);
    assert!((value(&henon, "correlation") - 1.22).abs() < 0.06, "{henon:?}");
    assert!((value(&henon, "exponent") - 0.419).abs() < 0.06, "{henon:?}");
    let own = exhibits::OwnSeries::read("s.csv", b"x\n1\n1\n1\n1\n").unwrap();
    let series = Case::Series(std::sync::Arc::new(own));
    let ids: Vec<String> = desk::questions(&series).into_iter().map(|q| q.id).collect();
    assert_eq!(ids, ["spectrum", "dimension", "complexity"]);
    for question in ["spectrum", "complexity"] {
        let mut inquiry = desk::ask(&series, question, &[]).unwrap();
        let error = inquiry.advance(Instant::now() + Duration::from_secs(1)).unwrap_err().to_string();
        assert!(error.contains("16") || error.contains("few") || error.contains("short"), "{error}");
    }
}

#[test]
fn what_cannot_be_asked_is_refused_in_words() {
    let lorenz = case("lorenz");
    assert!(refusal(&lorenz, "lyapunof", &[]).contains("did you mean \"lyapunov\""));
    assert!(refusal(&lorenz, "lyapunov", &[("steps", "many")]).contains("must be a number"));
    assert!(refusal(&lorenz, "lyapunov", &[("count", "4")]).contains("from 1 to 3"));
    assert!(refusal(&lorenz, "bifurcate", &[("from", "3"), ("to", "2")]).contains("below its high end"));
    assert!(
        refusal(&typed("x'=-x+wiener_\nwiener wiener_\npar a=1"), "lyapunov", &[]).contains("random numbers")
    );
    let jumping = typed("x'=1\npar a=1\nglobal 1 {x-1} {x=0}");
    assert!(refusal(&jumping, "continue", &[]).contains("events"));
    assert!(desk::questions(&typed("x'=-x")).iter().all(|q| q.id != "bifurcate"));
    let driven = typed("x'=-x+sin(t)");
    assert!(refusal(&driven, "fixed-points", &[]).contains("depend on time"));
}

#[test]
fn every_question_about_every_system_is_answered_or_refused_in_words() {
    // Of the large ones two, whose first slices take long.
    let small = |slug: &str| {
        let large = matches!(case(slug), Case::System(case) if case.start.len() > 12);
        !large || matches!(slug, "lorenz-96-40" | "kuramoto")
    };
    for system in zoo::systems().iter().filter(|system| small(system.slug())) {
        let case = case(system.slug());
        for question in desk::questions(&case) {
            match desk::ask(&case, &question.id, &[]) {
                Err(error) => assert!(error.to_string().len() > 20, "{}: {error}", system.slug()),
                Ok(mut inquiry) => {
                    // The first slice alone: what was found until then can be drawn.
                    if let Err(error) = inquiry.advance(Instant::now()) {
                        assert!(error.to_string().len() > 20, "{}: {error}", system.slug());
                    }
                    assert_eq!(inquiry.answer().question, question.id);
                    assert_eq!(inquiry.frames().len(), inquiry.answer().views.len());
                }
            }
        }
    }
}

#[test]
fn a_system_is_like_itself_and_unlike_another() {
    let lorenz = case("lorenz");
    let near = answer(&lorenz, "compare", &[("with", "rho=28.0"), ("samples", "8192")]);
    let far = answer(&lorenz, "compare", &[("with", "rossler"), ("samples", "8192")]);
    for id in ["divergence", "mixture", "spectrum", "similarity"] {
        let (same, other) = (finding(&near, id), finding(&far, id));
        assert!(same.value.unwrap() < 1e-9, "{id} of the same orbit: {same:?}");
        assert!(other.value.unwrap() > 10.0 * other.error.unwrap(), "{id}: {other:?}");
        assert!(other.text.contains("the first against itself"), "{}", other.text);
    }
    assert!((value(&near, "alignment") - 1.0).abs() < 1e-9 && value(&far, "alignment") < 0.05);
    // The same system never fails; another fails within a fraction of a Lyapunov time.
    assert!(finding(&near, "horizon").text.contains("unconverged"));
    assert!(value(&far, "lyapunov-times") < 0.5, "{:?}", finding(&far, "lyapunov-times"));
}

#[test]
fn a_wrong_parameter_forecasts_a_few_lyapunov_times() {
    // An error of 1e-3 in the rate grows like exp(0.906 t): it needs some five units of time to reach the size of all.
    let slight = answer(&case("lorenz"), "compare", &[("with", "rho=28.001"), ("samples", "8192")]);
    let rough = answer(&case("lorenz"), "compare", &[("with", "rho=29"), ("samples", "8192")]);
    let [near, far] = [&slight, &rough].map(|found| value(found, "lyapunov-times"));
    // A thousand times the error costs ln 1000 = 6.9 Lyapunov times.
    assert!((near - far - 6.9).abs() < 1.5, "{near} {far}");
    assert!(value(&slight, "similarity") < value(&rough, "similarity") + 0.01);
}

#[test]
fn what_cannot_be_compared_is_said_with_what_would_be_right() {
    let lorenz = case("lorenz");
    assert!(refusal(&lorenz, "compare", &[("with", "rosler")]).contains("rossler"));
    assert!(refusal(&lorenz, "compare", &[("with", "r=3")]).contains("sigma, rho, beta"));
    assert!(refusal(&lorenz, "compare", &[("with", "rho=high")]).contains("finite number"));
    assert!(refusal(&lorenz, "compare", &[("with", "rho=3 sigma")]).contains("name=value"));
    let mut at_rest = desk::ask(&lorenz, "compare", &settings(&[("with", "rho=0.5")])).unwrap();
    let stopped = loop {
        match at_rest.advance(Instant::now() + Duration::from_millis(50)) {
            Ok(done) => assert!(!done),
            Err(error) => break error.to_string(),
        }
    };
    assert!(stopped.contains("comes to rest"), "{stopped}");
}

#[test]
fn chaos_is_more_irregular_than_a_cycle_and_less_than_chance() {
    let cycle = answer(&case("van-der-pol"), "complexity", &[]);
    let chaos = answer(&case("lorenz"), "complexity", &[]);
    let [order, disorder] = [&cycle, &chaos].map(|found| value(found, "words"));
    assert!(order < 0.2 && order < disorder && disorder < 0.8, "{order} {disorder}");
    let (rate, lines) = (value(&chaos, "rate"), value(&chaos, "determinism"));
    assert!((rate - 0.05).abs() < 0.01 && lines > 0.8, "{rate} {lines}");
    // The logistic map at 4 halves its interval: sample entropy near ln 2, and orderings that never occur.
    let map = answer(&case("logistic?r=4"), "complexity", &[("delay", "1"), ("dimension", "2")]);
    let entropy = finding(&map, "sample");
    assert!((entropy.value.unwrap() - core::f64::consts::LN_2).abs() < 0.1, "{entropy:?}");
    assert!(value(&map, "permutation") < 0.8);
}

#[test]
fn coupling_brings_phase_oscillators_into_step() {
    let apart = answer(&case("kuramoto?k=0"), "network", &[("transient", "0")]);
    let together = answer(&case("kuramoto?k=6"), "network", &[("transient", "5")]);
    let [low, high] = [&apart, &together].map(|found| finding(found, "order").clone());
    assert!(high.value.unwrap() > 0.9 && low.value.unwrap() < 0.5, "{low:?} {high:?}");
    // In step all directions but the common phase decay.
    assert!(value(&together, "abscissa").abs() < 1e-6, "{:?}", finding(&together, "abscissa"));
    assert!(finding(&together, "local").text.contains("units in step"));
}

#[test]
fn eigenvalues_and_variance_of_a_network_are_those_of_its_equations() {
    // Four uncoupled decays: all eigenvalues on the diagonal, no circle.
    let text = "init a=1,b=1,c=1,d=1\na'=-a+sin(t)\nb'=-2*b+cos(t)\nc'=-3*c+sin(2*t)\nd'=-4*d+cos(2*t)\n@ dt=0.02\ndone\n";
    let found = answer(&typed(text), "network", &[]);
    assert!((value(&found, "abscissa") + 1.0).abs() < 1e-12);
    assert!(finding(&found, "unstable").text.starts_with("0 of 4"));
    // Two frequencies, two phases each: at most four directions, at least two.
    let dimension = value(&found, "dimension");
    assert!((1.5..=4.0).contains(&dimension), "{dimension}");
    assert!(refusal(&case("lorenz"), "network", &[]).contains("cannot be asked"));
}

#[test]
fn a_trained_network_is_studied_like_any_map_and_region_by_region() {
    let link = "generalized-teacher-forcing?hidden=12&length=20&updates=600&step=600";
    let case = Case::of_recipe(&recipe::Recipe::decode(link).unwrap()).unwrap();
    let Case::System(system) = &case else { panic!("{}", case.name()) };
    // The text says the same as the network.
    let mut network = (**system.network.as_ref().unwrap()).clone();
    let mut field = system.subject.field::<f64>(&[]);
    let mut x = system.start.clone();
    for _ in 0..50 {
        let (mut a, mut b) = (vec![0.0; 3], vec![0.0; 3]);
        numerics::Map::next(&mut network, 0.0, &x, &mut a);
        numerics::Map::next(&mut field, 0.0, &x, &mut b);
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-12 * (1.0 + a.abs())), "{a:?} {b:?}");
        x = a;
    }
    let ids: Vec<String> = desk::questions(&case).into_iter().map(|q| q.id).collect();
    for id in ["lyapunov", "fixed-points", "regions", "spectrum", "basins"] {
        assert!(ids.iter().any(|other| other == id), "{id}: {ids:?}");
    }
    let answer = |question: &str, settings: &[Setting]| {
        let mut inquiry = desk::ask(&case, question, settings).unwrap();
        while !inquiry.advance(Instant::now() + Duration::from_millis(50)).unwrap() {}
        inquiry.answer()
    };
    let set = |control: &str, value: f64| Setting { control: control.into(), value: Value::Number(value) };
    let exactly = answer("regions", &[set("longest", 2.0), set("starts", 100.0)]);
    let by_newton = answer("fixed-points", &[]);
    let count = |answer: &exhibits::contract::Answer| -> usize {
        let found = answer.findings.iter().find(|f| f.id == "count").unwrap();
        found.text.split(' ').next().unwrap().parse().unwrap()
    };
    // Newton's method finds no fixed point that the search by regions does not.
    let points = exactly.findings.iter().filter(|f| f.label.ends_with("a point")).count();
    assert!(points >= 1 && count(&exactly) >= points, "{:?}", exactly.findings);
    assert!(
        by_newton.findings.iter().filter(|f| f.id.starts_with("point")).count() <= points,
        "{by_newton:?}"
    );
    let spectrum = answer("lyapunov", &[set("steps", 5_000.0)]);
    assert!(spectrum.findings.iter().any(|f| f.value.is_some_and(f64::is_finite)));
    // What has no regions is not asked for them, and what burn trains has no bits of its own.
    let lorenz = Case::of_recipe(&recipe::Recipe::decode("lorenz").unwrap()).unwrap();
    assert!(desk::ask(&lorenz, "regions", &[]).is_err());
    let burn = recipe::Recipe::decode("generalized-teacher-forcing?engine=burn-cpu").unwrap();
    assert!(Case::of_recipe(&burn).err().unwrap().to_string().contains("fused"));
}

#[test]
fn an_exhibit_about_a_system_is_asked_about_that_system() {
    let link = "chaos-benchmark?system=Rossler&rossler.a=0.25";
    let case = Case::of_recipe(&recipe::Recipe::decode(link).unwrap()).unwrap();
    let Case::System(system) = &case else { panic!("{}", case.name()) };
    let place = system.subject.model().parameter("a").unwrap();
    assert_eq!(system.parameters[place], 0.25);
    assert!((system.dt - 5.909 / 120.0).abs() < 1e-6, "{}", system.dt);
}

#[test]
fn nullclines_cross_where_a_planar_system_rests() {
    let found = answer(&case("fitzhugh-nagumo"), "nullclines", &[]);
    let rests = answer(&case("fitzhugh-nagumo"), "fixed-points", &[]);
    assert_eq!(found.findings[0].text, "1", "{:?}", found.findings);
    assert_eq!(rests.findings[0].text, "1", "{:?}", rests.findings);
    // Lorenz at z held: x = y, and y (1 - rho + z) = 0 on it.
    let lorenz = answer(&case("lorenz"), "nullclines", &[("across", "x"), ("up", "y")]);
    assert!(lorenz.note.unwrap().contains("z = "));
    let refused = desk::ask(&case("lorenz"), "nullclines", &settings(&[("across", "x"), ("up", "x")]));
    assert!(refused.err().unwrap().to_string().contains("two different variables"));
    assert!(desk::ask(&case("mackey-glass"), "nullclines", &[]).is_err());
}

#[test]
fn the_standard_map_and_henon_heiles_keep_areas_and_pairs() {
    let standard = answer(&case("standard-map?k=6"), "lyapunov", &[("steps", "300000"), ("every", "1")]);
    let [first, second] = ["exponent_1", "exponent_2"].map(|id| value(&standard, id));
    // About ln(K / 2) (Chirikov 1979); 3 % more at this K.
    assert!((first - libm::log(3.0)).abs() < 0.05, "{standard:?}");
    assert!((first + second).abs() < 1e-9, "{standard:?}");
    let henon = answer(&case("henon-heiles"), "lyapunov", &[("steps", "200000")]);
    let at: Vec<f64> = (1..=4).map(|k| value(&henon, &format!("exponent_{k}"))).collect();
    assert!((at[0] + at[3]).abs() < 1e-3 && (at[1] + at[2]).abs() < 1e-3, "{at:?}");
    assert!(at[1].abs() < 2e-3, "{at:?}");
}

#[test]
fn lorenz_96_with_forty_sites_grows_in_thirteen_directions() {
    let link = "lorenz-96-40?dt=0.04";
    let found = answer(&case(link), "lyapunov", &[("steps", "12000"), ("transient", "1000"), ("every", "2")]);
    assert!((value(&found, "exponent_1") - 1.685).abs() < 0.06, "{found:?}");
    let positive = (1..=40).filter(|k| value(&found, &format!("exponent_{k}")) > 0.0).count();
    // The thirteenth lies near zero, and one is zero.
    assert!((12..=14).contains(&positive), "{positive}");
}

#[test]
fn the_brusselator_turns_at_one_plus_the_square_of_any_a() {
    for a in [0.7, 1.5] {
        let link = format!("brusselator?a={a}");
        let at = 1.0 + a * a;
        let (from, to) = (format!("{}", 0.6 * at), format!("{}", 1.4 * at));
        let pairs = [("parameter", "b"), ("from", &from), ("to", &to), ("cycles", "none")];
        let hopf = places(&answer(&case(&link), "continue", &pairs), "Hopf point");
        assert!(!hopf.is_empty() && hopf.iter().all(|b| (b - at).abs() < 1e-6), "{a}: {hopf:?}");
    }
}

/// A driven flow looked at once a period of what drives it, with its Jacobian by differences.
struct Strobe {
    field: zoo::Field<f64>,
    period: f64,
}

impl numerics::Map for Strobe {
    fn dimension(&self) -> usize {
        2
    }
    fn next(&mut self, _: f64, x: &[f64], next: &mut [f64]) {
        const STEPS: u64 = 400;
        next.copy_from_slice(x);
        let h = self.period / STEPS as f64;
        let (mut after, mut stages, mut scratch) = ([0.0; 2], [0.0; 8], [0.0; 2]);
        for step in 0..STEPS {
            let rate = |t: f64, x: &[f64], out: &mut [f64]| numerics::Flow::rate(&mut self.field, t, x, out);
            let t = step as f64 * h;
            numerics::march::classical(rate, t, h, next, &mut after, &mut stages, &mut scratch, false);
            next.copy_from_slice(&after);
        }
    }
}

impl numerics::MapJacobian for Strobe {
    fn jacobian(&mut self, _: f64, x: &[f64], jacobian: &mut [f64]) {
        let h = 1e-6;
        for j in 0..2 {
            let (mut up, mut down) = ([0.0; 2], [0.0; 2]);
            let (mut above, mut below) = ([x[0], x[1]], [x[0], x[1]]);
            above[j] += h;
            below[j] -= h;
            numerics::Map::next(self, 0.0, &above, &mut up);
            numerics::Map::next(self, 0.0, &below, &mut down);
            for i in 0..2 {
                jacobian[2 * i + j] = (up[i] - down[i]) / (2.0 * h);
            }
        }
    }
}

#[test]
fn a_driven_flow_and_its_map_from_period_to_period_part_at_the_same_rate() {
    // Ueda's oscillator: x'' + 0.05 x' + x³ = 7.5 cos t.
    let text = "x'=y\ny'=-0.05*y-x^3+7.5*cos(t)\ninit x=2.5,y=0\n@ dt=0.01,bounds=100\n";
    let flow = answer(&typed(text), "lyapunov", &[("steps", "600000")]);
    let Case::System(system) = typed(text) else { panic!("a system") };
    let period = 2.0 * core::f64::consts::PI;
    let strobe = Strobe { field: system.subject.field(&[]), period };
    let options = analysis::LyapunovOptions { every: 1, transient: 100, ..Default::default() };
    let mut run = analysis::LyapunovRun::map(strobe, options, &[2.5, 0.0]).unwrap();
    run.advance(1100).unwrap();
    let map = run.spectrum();
    for (k, exponent) in map.exponents.iter().enumerate() {
        let of_flow = value(&flow, &format!("exponent_{}", k + 1));
        let error = exponent.error / period;
        assert!((exponent.value / period - of_flow).abs() < 4.0 * error + 0.01, "{map:?} {flow:?}");
    }
    // The damping: their sum is -0.05.
    assert!((map.sum() / period + 0.05).abs() < 1e-4, "{map:?}");
}
