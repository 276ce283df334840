//! The second half of the dialect: arrays, sums, tables, networks, events, delays, noise, sets.

// Clippy knows only functions marked as tests, not their helpers.
#![allow(clippy::expect_used, clippy::panic)]

use equations::{Interpreter, Kind, Model, Severity, embed_tables, format_ode, mathml, parse};
use numerics::{Crossing, Draw, Process, Reset};

fn model(text: &str) -> Model {
    parse(text).into_model().unwrap_or_else(|error| panic!("{text}\n{error}"))
}

fn names(model: &Model) -> Vec<&str> {
    model.variables.iter().map(|v| v.name.as_str()).collect()
}

fn rates(model: &Model, x: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; x.len()];
    Interpreter::<f64>::new(model.system(), &model.parameter_values()).evaluate(0.0, x, &mut out);
    out
}

fn process(model: &Model) -> Interpreter<f64> {
    Interpreter::new(model.system(), &model.parameter_values())
}

#[test]
fn an_array_is_one_equation_an_index() {
    let chain =
        model("x0'=-x0\nx[1..3]'=x[j-1]-2*x[j]+[j*2+1]*a[j]\npar a[1..3]=0.5, b=1\ninit x[0..2]=[j+1]");
    assert_eq!(names(&chain), ["x0", "x1", "x2", "x3"]);
    assert_eq!(chain.initial(), [1.0, 2.0, 3.0, 0.0]);
    assert_eq!(chain.parameters.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["a1", "b", "a2", "a3"]);
    assert_eq!(rates(&chain, &[1.0, 2.0, 3.0, 4.0]), [-1.0, -1.5, -1.5, -1.5]);
}

#[test]
fn a_block_goes_through_its_lines_index_by_index() {
    let pairs = model("%[1..2]\nv[j]'=w[j]\nw[j]'=-v[j]*[j]\naux s[j]=v[j]+w[j]\n%\nz'=v1");
    assert_eq!(names(&pairs), ["v1", "w1", "v2", "w2", "z"]);
    assert_eq!(pairs.auxiliaries.len(), 2);
    assert_eq!(rates(&pairs, &[1.0, 2.0, 3.0, 4.0, 5.0]), [2.0, -1.0, 4.0, -6.0, 1.0]);
}

#[test]
fn an_index_may_stand_inside_a_name_and_may_lack_its_bracket() {
    let text = "w0_[0..1]'=w1_[j]\nw1_[0..1]'=-w0_[j\n";
    let parsed = parse(text);
    assert_eq!(parsed.diagnostics.len(), 1);
    assert_eq!(parsed.diagnostics[0].severity, Severity::Warning);
    assert_eq!(rates(&parsed.model.expect("a model"), &[1.0, 2.0, 3.0, 4.0]), [3.0, 4.0, -1.0, -2.0]);
}

#[test]
fn a_sum_reads_its_neighbours_by_shift() {
    let ring = model("u[0..3]'=-u[j]+sum(0,3)of((1+i')*shift(u0,i'))\nq[0..1]=u[j]*2\naux last=shift(q0,1)");
    let x = [1.0, 2.0, 3.0, 4.0];
    let total = 1.0 + 4.0 + 9.0 + 16.0;
    assert_eq!(rates(&ring, &x), x.map(|x| -x + total));
    let mut aux = [0.0];
    process(&ring).auxiliaries(0.0, &x, &mut aux);
    assert_eq!(aux, [4.0]);
    // The exact Jacobian goes through sums.
    let mut jacobian = [0.0; 16];
    assert!(process(&ring).jacobian_at(0.0, &x, &mut jacobian));
    assert_eq!(jacobian[..4], [0.0, 2.0, 3.0, 4.0]);
    let inner = model("x'=sum(1,2)of(sum(1,3)of(i'))");
    assert_eq!(rates(&inner, &[0.0]), [12.0]);
    assert_eq!(rates(&model("x'=sum(3,1)of(1)"), &[0.0]), [0.0]);
}

#[test]
fn a_table_of_a_function_follows_its_parameters_between_and_beyond_its_points() {
    let table = model("x'=f(x)\ntable f % 3 0 2 a*t^2\npar a=1");
    let mut flow = process(&table);
    let mut at = |x: f64| {
        let (mut out, mut slope) = ([0.0], [0.0]);
        flow.evaluate(0.0, &[x], &mut out);
        flow.jacobian_at(0.0, &[x], &mut slope);
        (out[0], slope[0])
    };
    assert_eq!(at(0.5), (0.5, 1.0));
    assert_eq!(at(1.5), (2.5, 3.0));
    assert_eq!(at(2.0), (4.0, 3.0));
    assert_eq!(at(3.0), (7.0, 3.0));
    assert_eq!(at(-1.0), (-1.0, 1.0));
    flow.set_parameter(0, 2.0);
    let mut out = [0.0];
    flow.evaluate(0.0, &[1.5], &mut out);
    assert_eq!(out, [5.0]);
}

#[test]
fn a_table_of_values_is_read_from_a_file_beside_the_text() {
    let text = "x'=f(x)\ntable f values.tab\n";
    let file = "3\n0\n2\n0 1\n4\n";
    let whole = embed_tables(text, &mut |name| (name == "values.tab").then(|| file.into())).expect("a text");
    assert!(whole.contains("table f {0 2 0 1 4}"), "{whole}");
    let table = model(&whole);
    assert_eq!(rates(&table, &[1.5]), [2.5]);
    assert_eq!(rates(&table, &[3.0]), [7.0]);
    let mut slope = [0.0];
    assert!(process(&table).jacobian_at(0.0, &[1.5], &mut slope));
    assert_eq!(slope, [3.0]);
    assert_eq!(model(&format_ode(&table, &[], &[])).system(), table.system());
    for (file, wrong) in [
        ("3 0 2 1 2", "ends before value 3"),
        ("1 0 1 2", "1 points"),
        ("3 0 x", "`x`"),
        ("3 2 1 1 2 3", "upwards"),
    ] {
        let error = embed_tables(text, &mut |_| Some(file.into())).expect_err("no table");
        assert!(error.contains(wrong), "{error}");
    }
    assert_eq!(embed_tables(text, &mut |_| None).expect("a text"), text);
}

#[test]
fn a_table_of_random_numbers_is_drawn_once() {
    let text = "x'=f(x)+f(x)\ntable f % 50 0 49 ran(1)\n";
    let (first, again) = (model(text), model(text));
    let at = |model: &Model, x: f64| rates(model, &[x])[0];
    assert!(first.system().draws().is_empty());
    assert_eq!(at(&first, 3.0), at(&again, 3.0));
    assert_ne!(at(&first, 3.0), at(&first, 4.0));
    assert!((0..50).all(|k| (0.0..2.0).contains(&at(&first, f64::from(k)))));
}

#[test]
fn networks_are_convolutions_and_products_with_matrices() {
    // Weights 1, 2, 4 at the offsets -1, 0, 1.
    let conv = |border: &str| {
        let text = format!("table w {{-1 1 1 2 4}}\nspecial k=conv({border},4,1,w,u0)\nu[0..3]'=k([j])");
        rates(&model(&text), &[1.0, 10.0, 100.0, 1000.0])
    };
    assert_eq!(conv("0"), [42.0, 421.0, 4210.0, 2100.0]);
    assert_eq!(conv("periodic"), [1042.0, 421.0, 4210.0, 2104.0]);
    assert_eq!(conv("even"), [52.0, 421.0, 4210.0, 2500.0]);
    let text = "table w {-1 1 1 2 4}\nf(a,b)=a-b\nspecial k=fconv(0,3,1,w,u0,u0,f)\nu[0..2]'=k([j])";
    assert_eq!(rates(&model(text), &[1.0, 10.0, 100.0]), [36.0, 1.0 * -9.0 + 4.0 * 90.0, -90.0]);
    let text = "table w {0 5 1 2 3 4 5 6}\nspecial k=mmult(3,2,w,u0)\nu[0..1]'=k([j])\nv'=0";
    assert_eq!(rates(&model(text), &[1.0, 10.0, 100.0]), [321.0, 654.0, 0.0]);
    let text = "table w {0 3 1 2 3 4}\ntable i {0 3 1 0 1 1}\nspecial k=sparse(2,2,w,i,u0)\nu[0..1]'=k([j])";
    assert_eq!(rates(&model(text), &[1.0, 10.0]), [12.0, 70.0]);
}

#[test]
fn events_read_conditions_and_give_new_values_at_once() {
    let text = "x'=y\ny'=-g\npar g=9.8,hits=0\nglobal -1 {x} {x=y;y=-0.9*y+x;hits=hits+1}\n\
        global 1 x-5 {arret=hits>2}\nglobal 0 {y} {out_put=1}";
    let ball = model(text);
    assert!(!ball.is_plain());
    let mut process = process(&ball);
    assert_eq!(process.crossings(), [Crossing::Falling, Crossing::Rising, Crossing::Either]);
    let mut conditions = [0.0; 3];
    process.conditions(0.0, &[2.0, -3.0], &[], &mut conditions);
    assert_eq!(conditions, [2.0, -3.0, -3.0]);
    let mut x = [0.5, -2.0];
    assert_eq!(process.reset(0, 1.0, &mut x, &[]), Reset::default());
    // Both new values come from the state before the event.
    assert_eq!(x, [-2.0, 2.3]);
    assert_eq!(Process::parameters(&process), [9.8, 1.0]);
    assert!(!process.reset(1, 1.0, &mut x, &[]).stop);
    Process::set_parameters(&mut process, &[9.8, 3.0]);
    assert!(process.reset(1, 1.0, &mut x, &[]).stop);
    assert!(process.reset(2, 1.0, &mut x, &[]).output);
}

#[test]
fn delayed_values_are_inputs_with_a_variable_and_a_lag() {
    let text = "x'=-y+delay(x,tau)*2+delay(y,1)+delay(x,tau)\ny'=del_shft(x,1,2*tau)\npar tau=3\nx(0)=cos(t)\ninit y=4";
    let delayed = model(text);
    assert_eq!(delayed.initial(), [1.0, 4.0]);
    let mut process = process(&delayed);
    assert_eq!(process.delayed(), [0, 1, 1]);
    let (mut lags, mut rate, mut past) = ([0.0; 3], [0.0; 2], [1.0, 4.0]);
    process.lags(0.0, &[0.0, 0.0], &mut lags);
    assert_eq!(lags, [3.0, 1.0, 6.0]);
    Process::rate(&mut process, 0.0, &[1.0, 2.0], &[10.0, 20.0, 30.0], &mut rate);
    assert_eq!(rate, [48.0, 30.0]);
    process.history(-1.0, &mut past);
    assert_eq!(past, [libm::cos(-1.0), 4.0]);
    // Without inputs a delayed value is the present one.
    assert_eq!(rates(&delayed, &[1.0, 2.0]), [3.0, 2.0]);
}

#[test]
fn a_number_at_0_is_the_past_too_and_a_start_behind_it_leaves_it() {
    let text = "x'=-delay(x,1)\ny'=-y\nx(0)=2\ninit x=3\ny(0)=4";
    let past = |model: &Model| {
        let mut past = [0.0; 2];
        process(model).history(-1.0, &mut past);
        past
    };
    let delayed = model(text);
    assert_eq!((delayed.initial(), past(&delayed)), (vec![3.0, 4.0], [2.0, 0.0]));
    let again = model(&format_ode(&delayed, &[], &[]));
    assert_eq!((again.initial(), past(&again)), (vec![3.0, 4.0], [2.0, 0.0]));
    // As in XPPAUT, a start alone says nothing of the past.
    assert_eq!(past(&model("x'=-delay(x,1)\ny'=-y\ninit x=3")), [0.0; 2]);
}

#[test]
fn noise_is_affine_and_its_strength_is_exact() {
    let text = "x'=-x+s*x*w\ny'=-y+s*v\nwiener w,v\npar s=0.5";
    let noisy = model(text);
    let mut process = process(&noisy);
    assert_eq!(process.draws(), [Draw::Wiener, Draw::Wiener]);
    assert!(process.is_affine_in_noise() && process.is_noise_diagonal());
    let (mut g, mut slope) = ([0.0; 4], [0.0; 4]);
    process.diffusion(0.0, &[3.0, 1.0], &[0.0, 0.0], &mut g);
    process.diffusion_slope(0.0, &[3.0, 1.0], &[0.0, 0.0], &mut slope);
    assert_eq!(g, [1.5, 0.0, 0.0, 0.5]);
    assert_eq!(slope, [0.5, 0.0, 0.0, 0.0]);
    assert_eq!(rates(&noisy, &[3.0, 1.0]), [-3.0, -1.0]);
    let shared = |text: &str| Interpreter::<f64>::new(model(text).system(), &[]);
    assert!(!shared("x'=w\ny'=w\nwiener w").is_noise_diagonal());
    assert!(!shared("x'=y*w\ny'=0\nwiener w").is_noise_diagonal());
    assert!(!shared("x'=w^2\nwiener w").is_affine_in_noise());
}

#[test]
fn each_random_number_of_a_text_is_drawn_by_itself_and_a_quantity_once() {
    let text = "f(a)=a*normal(1,2)\nz=ran(3)\nx'=z+z\ny'=f(1)+f(2)\nunused(q)=ran(q)";
    let random = model(text);
    assert_eq!(random.system().draws(), [Draw::Uniform, Draw::Normal, Draw::Normal]);
    let mut rate = [0.0; 2];
    Process::rate(&mut process(&random), 0.0, &[0.0; 2], &[0.5, 1.0, -1.0], &mut rate);
    assert_eq!(rate, [3.0, 3.0 - 2.0]);
}

#[test]
fn named_sets_hold_parameters_starts_and_settings() {
    let text = "x'=a*x\npar a=1\n@ total=10\nset slow {a=0.1, x=2, total=100,\\\n dt=.5}\n\"{a=5} A fast one\n\"{a=6}\n\" a comment\n";
    let parsed = parse(text);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let model = parsed.model.expect("a model");
    assert_eq!(
        model.sets.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(),
        ["slow", "A fast one", "set 3"]
    );
    let slow = model.set("SLOW").expect("a set");
    assert_eq!(slow.values, [("a".into(), 0.1), ("x".into(), 2.0)]);
    assert_eq!(slow.options, [("total".into(), "100".into()), ("dt".into(), ".5".into())]);
    assert_eq!(model.values_with(slow), (vec![0.1], vec![2.0]));
    // Found by fuzzing: a comment's words may hold braces.
    let odd = parse("x'=1\n\"{x=1} b {(aa=c.*").into_model().expect("a model");
    assert_eq!(odd.sets[0].name, "b (aa=c.*");
    assert!(parse(&format_ode(&odd, &[], &[])).model.is_some());
    let unknown = parse("x'=1\nset a {y=1}");
    assert!(unknown.model.is_some() && unknown.diagnostics.len() == 1);
}

#[test]
fn primes_are_a_map_where_the_method_is_discrete() {
    assert_eq!(model("x'=2*x\n@ meth=discrete").kind, Kind::Map);
    assert_eq!(model("x'=2*x\n@ meth=euler").kind, Kind::Flow);
}

#[test]
fn what_follows_done_is_not_read() {
    assert_eq!(names(&model("x'=1\ndone\n[[[ \u{3c3}\ny'=")), ["x"]);
    assert_eq!(names(&model("x'=1\nd")), ["x"]);
}

#[test]
fn display_settings_of_xppaut_are_known() {
    let text = "x'=1\n@ xplot=t,yplot=x,bell=0 colormap=2\n@ seed=7,dtmax=.5,xlo2=3, but=quit:fq\noptions my.opt\nb x-1\n";
    let parsed = parse(text);
    assert!(parsed.diagnostics.iter().all(|d| !d.message.contains("not known")), "{:?}", parsed.diagnostics);
    let options = parsed.model.expect("a model").options;
    assert_eq!((options.xp.as_deref(), options.yp.as_deref(), options.seed), (Some("t"), Some("x"), Some(7)));
    assert_eq!((options.dtmax, options.others.len()), (Some(0.5), 4));
}

#[test]
fn halves_are_found_where_each_rate_reads_the_other_half_alone() {
    let halves =
        |text: &str| Interpreter::<f64>::new(model(text).system(), &[]).halves().map(<[bool]>::to_vec);
    assert_eq!(halves("x'=v\nv'=-x"), Some(vec![false, true]));
    assert_eq!(halves("a'=p+q\nb'=q\np'=-a\nq'=-b-a"), Some(vec![false, false, true, true]));
    assert_eq!(halves("x'=v\nv'=-x-0.1*v"), None);
    assert_eq!(halves("x'=1"), None);
    assert_eq!(halves("x(t+1)=y\ny(t+1)=x"), None);
}

#[test]
fn the_text_of_a_model_with_everything_parses_to_the_same_programs() {
    let text = "par a=1,tau=2\nwiener w\nnumber n=3\ntable f % 5 -1 1 exp(-t^2)*a\ntable v {0 2 1 5 2}\n\
        special k=conv(even,3,1,v,u0)\nu[0..2]'=-u[j]+k([j])*sum(0,2)of(shift(u0,i'))+f(u[j])\n\
        x'=delay(x,tau)+s*w+normal(0,1)*ran(2)\ns=0.1*a\nx(0)=1+t\nglobal 1 {x-2} {x=0;a=a+1;arret=1}\n\
        set one {a=2,x=1,dt=.1}\nonly x,u0\naux y=delay(u0,1)\n@ seed=4,dtmin=1e-9,dt=0.01";
    let first = model(text);
    let printed = format_ode(&first, &[], &[]);
    let again = model(&printed);
    assert_eq!(first.system(), again.system(), "{printed}");
    assert_eq!((&first.sets, &first.only, &first.options), (&again.sets, &again.only, &again.options));
    let told = |m: &Model| {
        m.events.iter().map(|e| (e.crossing, e.condition.to_string(), e.resets.len())).collect::<Vec<_>>()
    };
    assert_eq!(told(&first), told(&again));
}

#[test]
fn delays_sums_and_random_numbers_are_set_as_mathematics() {
    let shown: Vec<String> =
        mathml(&model("x0'=delay(x0,tau)+sum(0,3)of(shift(y0,i'))+ran(1)+normal(0,2)\npar y[0..3]=0,tau=1"))
            .iter()
            .map(|line| line.rhs.clone())
            .collect();
    for part in ["<mi>t</mi><mo>−</mo><mi>τ</mi>", "<munderover><mo>∑</mo>", "<mi>U</mi>", "script"] {
        assert!(shown[0].contains(part), "{part} in {}", shown[0]);
    }
}
