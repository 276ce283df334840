//! Properties of random expressions and random texts.

// Clippy knows only functions marked as tests, not their helpers.
#![allow(clippy::expect_used, clippy::panic)]

use equations::{Interpreter, Model, WGSL_HELPERS, parse, parse_expression, wgsl, wgsl_along};
use numerics::{Lanes, Real};
use proptest::prelude::*;

/// Text of a random expression of x, y, p, t; smooth where `smooth`.
fn expression(smooth: bool) -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        3 => Just("x".to_string()),
        3 => Just("y".to_string()),
        2 => Just("p".to_string()),
        1 => Just("t".to_string()),
        1 => Just("pi".to_string()),
        2 => (1..60i32).prop_map(|k| format!("{}", k as f64 / 8.0)),
    ];
    leaf.prop_recursive(5, 40, 3, move |inner| {
        let two = (inner.clone(), inner.clone());
        let operators = if smooth { vec!["+", "-", "*"] } else { vec!["+", "-", "*", "/", "<", ">=", "==", "&", "|", "!="] };
        let one = if smooth {
            vec!["sin", "cos", "tanh", "atan", "erf", "sinh", "cosh", "erfc"]
        } else {
            vec!["sin", "abs", "flr", "ceil", "sign", "heav", "not", "sqrt", "exp", "ln", "tanh", "log10", "tan"]
        };
        let pairs = if smooth { vec!["atan2", "max", "min"] } else { vec!["max", "min", "mod", "atan2"] };
        prop_oneof![
            6 => (two.clone(), prop::sample::select(operators)).prop_map(|((a, b), o)| format!("({a}{o}{b})")),
            2 => (inner.clone(), prop::sample::select(one)).prop_map(|(a, f)| format!("{f}({a})")),
            1 => (two.clone(), prop::sample::select(pairs)).prop_map(|((a, b), f)| format!("{f}({a},{b})")),
            1 => (inner.clone(), -4..5i32).prop_map(move |(a, n)| if smooth { format!("({a})^{}", n.abs()) } else { format!("({a})^({n})") }),
            1 => two.clone().prop_map(|(a, b)| format!("({a})/(1.5+({b})^2)")),
            1 => two.clone().prop_map(|(a, b)| format!("(1+({a})^2)^(tanh({b}))")),
            1 => (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("if({a}>0.3)then({b})else({c})")),
            1 => inner.prop_map(|a| format!("-{a}")),
        ]
    })
}

fn model(x: &str, y: &str) -> Model {
    parse(&format!("x'={x}\ny'={y}\npar p=0.7\naux z=x*y+p")).into_model().expect("a valid text")
}

fn at(model: &Model, x: [f64; 2]) -> [f64; 2] {
    let mut out = [0.0; 2];
    Interpreter::<f64>::new(model.system(), &[0.7]).evaluate(0.3, &x, &mut out);
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_jacobian_agrees_with_finite_differences(a in expression(true), b in expression(true), x in -2.0..2.0, y in -2.0..2.0) {
        let model = model(&a, &b);
        let mut exact = [0.0; 4];
        Interpreter::<f64>::new(model.system(), &[0.7]).jacobian_at(0.3, &[x, y], &mut exact);
        for j in 0..2 {
            let slope = |h: f64| {
                let (mut low, mut high) = ([x, y], [x, y]);
                low[j] -= h;
                high[j] += h;
                let (low, high) = (at(&model, low), at(&model, high));
                [(high[0] - low[0]) / (2.0 * h), (high[1] - low[1]) / (2.0 * h)]
            };
            let (coarse, fine) = (slope(2e-4), slope(1e-4));
            let one_sided = |i: usize, h: f64| {
                let mut moved = [x, y];
                moved[j] += h;
                (at(&model, moved)[i] - at(&model, [x, y])[i]) / h
            };
            for i in 0..2 {
                let better = fine[i] + (fine[i] - coarse[i]) / 3.0;
                // Where differences of two steps, or of two sides, do not agree, there is an edge or too steep a
                // slope, and finite differences say nothing.
                let scale = 1.0 + better.abs();
                let sides = (one_sided(i, 1e-4) - one_sided(i, -1e-4)).abs();
                if (fine[i] - coarse[i]).abs() < 1e-4 * scale && sides < 1e-1 * scale && better.abs() < 1e6 {
                    prop_assert!((exact[i * 2 + j] - better).abs() < 1e-3 * scale, "d f{i} / d x{j}: {} against {better}", exact[i * 2 + j]);
                }
            }
        }
    }

    #[test]
    fn lanes_have_the_bits_of_one_by_one(a in expression(false), b in expression(false), points in prop::array::uniform8(-3.0..3.0f64)) {
        let model = model(&a, &b);
        let mut block = Interpreter::<Lanes<f64, 4>>::new(model.system(), &[0.7]);
        let mut single = Interpreter::<Lanes<f32, 4>>::new(model.system(), &[0.7]);
        let (mut x, mut x32) = ([Lanes::zero(); 2], [Lanes::zero(); 2]);
        for lane in 0..4 {
            for i in 0..2 {
                x[i].set_lane(lane, points[2 * lane + i]);
                x32[i].set_lane(lane, points[2 * lane + i]);
            }
        }
        let (mut out, mut out32, mut jacobian) = ([Lanes::zero(); 2], [Lanes::zero(); 2], [Lanes::zero(); 4]);
        block.evaluate(Lanes::splat(0.3), &x, &mut out);
        block.jacobian_at(Lanes::splat(0.3), &x, &mut jacobian);
        single.evaluate(Lanes::splat(0.3), &x32, &mut out32);
        let same = |a: f64, b: f64| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
        for lane in 0..4 {
            let point = [points[2 * lane], points[2 * lane + 1]];
            let (mut one, mut one32, mut entries) = ([0.0; 2], [0.0_f32; 2], [0.0; 4]);
            let mut plain = Interpreter::<f64>::new(model.system(), &[0.7]);
            plain.evaluate(0.3, &point, &mut one);
            plain.jacobian_at(0.3, &point, &mut entries);
            let point32 = [point[0] as f32, point[1] as f32];
            Interpreter::<f32>::new(model.system(), &[0.7]).evaluate(0.3, &point32, &mut one32);
            for i in 0..2 {
                prop_assert!(same(out[i].lane(lane), one[i]));
                prop_assert!(same(out32[i].lane(lane), one32[i] as f64));
            }
            for k in 0..4 {
                prop_assert!(same(jacobian[k].lane(lane), entries[k]));
            }
        }
    }

    #[test]
    fn what_is_printed_parses_to_the_same(a in expression(false)) {
        let once = parse_expression(&a).expect("a valid expression").to_string();
        let twice = parse_expression(&once).expect("printed text is valid").to_string();
        prop_assert_eq!(&once, &twice);
        // As text: a folded constant may be NaN, which equals nothing, itself included.
        let system = |text: &str| format!("{:?}", model(text, "x").system());
        prop_assert_eq!(system(&a), system(&once));
    }

    #[test]
    fn shaders_of_random_expressions_are_valid(a in expression(false), b in expression(true)) {
        // A folded constant may leave single precision, which is an error by name.
        if let Ok(body) = wgsl(&model(&a, &b)) {
            validate(&body.text);
        }
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}") {
        let parsed = parse(&text);
        prop_assert!(parsed.model.is_some() || !parsed.diagnostics.is_empty());
    }

    #[test]
    fn any_line_of_tokens_is_answered(words in prop::collection::vec(prop::sample::select(vec![
        "x", "'", "=", "(", ")", "+", "-", "^", "par", "init", "aux", "if", "then", "else", "t", "1", "2.5e3", ",", "\n", "@",
        "dt", "sin", "f", "number", "[", "]", "{", "}", "\\", "#", "%", "0", "d", "done", "global", "!", "&", "<=", " ", "/",
    ]), 0..60)) {
        let parsed = parse(&words.concat());
        prop_assert!(parsed.model.is_some() || !parsed.diagnostics.is_empty());
        let _ = parse(&words.join(" "));
    }

    #[test]
    fn mutated_files_are_answered(cut in 0..400usize, length in 0..9usize, put in "\\PC{0,3}") {
        let text = "par sigma=10,rho=28\nf(a,b)=a*(b-a)\nq=x*y\nx'=f(sigma,y)\ny'=x*(rho-z)-y\nz'=q-8/3*z\ninit x=1\n@ dt=.01,total=100\nif=3\naux e=if(x>0)then(1)else(0)\n";
        let letters: Vec<char> = text.chars().collect();
        let from = cut.min(letters.len());
        let to = (from + length).min(letters.len());
        let mutated: String = letters[..from].iter().chain(put.chars().collect::<Vec<_>>().iter()).chain(&letters[to..]).collect();
        let parsed = parse(&mutated);
        prop_assert!(parsed.model.is_some() || !parsed.diagnostics.is_empty());
        let lines = mutated.lines().count() as u32;
        prop_assert!(parsed.diagnostics.iter().all(|d| d.line >= 1 && d.line <= lines.max(1) && d.column >= 1));
    }
}

fn validate(body: &str) {
    let source = format!(
        "{WGSL_HELPERS}\n{body}\n@compute @workgroup_size(1) fn main() {{ var x: array<f32, 2>; var p: array<f32, 1>; _ = rhs(0.0, x, p); }}"
    );
    let module = naga::front::wgsl::parse_str(&source)
        .unwrap_or_else(|error| panic!("{}", error.emit_to_string(&source)));
    naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty())
        .validate(&module)
        .unwrap_or_else(|error| panic!("{error:?}\n{source}"));
}

#[test]
fn every_function_has_a_valid_shader_or_is_refused_by_name() {
    for function in equations::Function::ALL {
        let arguments = if function.arguments() == 1 { "x" } else { "x,y" };
        let model = model(&format!("{}({arguments})", function.name()), "p^x");
        match wgsl(&model) {
            Ok(body) => validate(&body.text),
            Err(error) => assert!(
                function.name().starts_with("bessel") && error.to_string().contains(function.name()),
                "{error}"
            ),
        }
    }
}

#[test]
fn no_name_of_the_user_reaches_the_shader() {
    let body = wgsl(&parse("par secret=2\nattack'=secret*attack").into_model().unwrap()).unwrap().text;
    assert!(!body.contains("secret") && !body.contains("attack"), "{body}");
}

#[test]
fn random_inputs_reach_the_shader_as_an_argument() {
    let noisy = parse("wiener w\nx'=-x+w+normal(0,1)\ny'=x").into_model().unwrap();
    let shader = wgsl(&noisy).unwrap();
    let head = "fn rhs(t: f32, x: array<f32, 2>, p: array<f32, 1>, w: array<f32, 2>) -> array<f32, 2> {";
    assert!(shader.text.starts_with(head) && shader.text.contains("w[0]") && shader.text.contains("w[1]"));
    assert_eq!(noisy.system().draws(), [numerics::Draw::Wiener, numerics::Draw::Normal]);
}

#[test]
fn what_the_device_does_not_take_is_refused_by_name() {
    let refused = |text: &str| wgsl(&parse(text).into_model().unwrap()).unwrap_err().to_string();
    assert!(refused("x'=-delay(x,1)").contains("delays"));
    assert!(refused("x'=1\nglobal 1 x-1 {x=0}").contains("events"));
    assert!(refused("x[1..129]'=-x[j]").contains("systems of 129 variables, more than 128"));
    assert!(wgsl(&parse("x[1..128]'=-x[j]").into_model().unwrap()).is_ok());
}

#[test]
fn the_text_of_a_ring_does_not_grow_with_its_size() {
    let text = |n: usize| {
        let ring =
            format!("par a=0.3\n%[1..{n}]\nx[j]'=-x[j]+a*tanh(x[j+1])+x[j+1]*x[j+1]\n%\nx{}'=-x1", n + 1);
        let shader = wgsl(&parse(&ring).into_model().unwrap()).unwrap();
        assert!(shader.memory.is_some_and(|memory| memory.lanes >= 32));
        shader.text.len()
    };
    assert!(text(120) < text(60) + 20, "{} {}", text(120), text(60));
}

/// Typed all-to-all equations: random weights, phases that meet in pairs, convolutions on a ring, mean fields, and sums
/// whose lengths differ.
const ALL_TO_ALL: [&str; 5] = [
    "par g=2\nx[1..N]'=-x[j]+g*sum(1,N)of(sin([j]*17+i'*i')*tanh(shift(x1,i'-1)))",
    "par k=1\nx[1..N]'=[j]/N+k*sum(1,N)of(sin(shift(x1,i'-1)-x[j]))/N",
    "par b=1\nw[0..N]=exp(-b*[j])\nf[1..N]=tanh(x[j])\nx[1..N]'=-x[j]+sum(1,N)of(shift(w0,abs([j]-i'))*shift(f1,i'-1))",
    "par k=1\nc=sum(1,N)of(cos(shift(x1,i'-1)))/N\ns=sum(1,N)of(sin(shift(x1,i'-1)))/N\nx[1..N]'=[j]/N+k*(s*cos(x[j])-c*sin(x[j]))",
    "x[1..N]'=-x[j]+sum([j],N)of(shift(x1,i'-1)*shift(x1,N-i'))/N",
];

#[test]
fn the_text_of_an_all_to_all_network_does_not_grow_with_its_size() {
    for text in ALL_TO_ALL {
        let lines = |n: usize| {
            let model = parse(&text.replace('N', &n.to_string())).into_model().unwrap();
            let shader = wgsl(&model).unwrap();
            assert!(shader.memory.is_some(), "{text}");
            shader.text.lines().count()
        };
        let (small, large) = (lines(40), lines(80));
        assert!(large <= small + 30 && large < 200, "{small} {large}: {text}");
    }
}

#[test]
fn derivatives_of_special_functions_follow_their_tables() {
    for (function, x, expected) in [
        ("lgamma(x)", 1.0, -0.577_215_664_901_532_9),
        ("lgamma(x)", 0.5, -1.963_510_026_021_423_5),
        ("lgamma(x)", -0.5, 0.036_489_973_978_576_52),
        ("besselj(0,x)", 1.0, -0.440_050_585_744_933_5),
        ("bessely(0,x)", 1.0, 0.781_212_821_300_288_7),
        ("besseli(0,x)", 1.0, 0.565_159_103_992_485),
        ("ln(x)", 2.0, 0.5),
        ("log10(x)", 2.0, 0.217_147_240_951_625_9),
        ("sqrt(x)", 4.0, 0.25),
        ("asin(x)", 0.5, 1.154_700_538_379_251_5),
        ("acos(x)", 0.5, -1.154_700_538_379_251_5),
        ("abs(x)", -3.0, -1.0),
        ("x^p", 4.0, 0.7 * 0.659_753_955_386_447_6),
        ("p^x", 2.0, 0.49 * -0.356_674_943_938_732_4),
        ("tan(x)", 0.0, 1.0),
        ("flr(x)+heav(x)+sign(x)+(x>1)", 1.5, 0.0),
    ] {
        let mut entries = [0.0; 4];
        Interpreter::<f64>::new(model(function, "y").system(), &[0.7]).jacobian_at(
            0.0,
            &[x, 1.0],
            &mut entries,
        );
        assert!(
            (entries[0] - expected).abs() < 1e-12,
            "{function} at {x}: {} against {expected}",
            entries[0]
        );
    }
}

#[test]
fn the_derivative_along_a_vector_comes_with_the_right_hand_side_and_leaves_zeros_out() {
    let along = |text: &str, along| wgsl_along(&parse(text).into_model().unwrap(), along);
    let both = along("par s=10\nx'=s*(y-x)\ny'=-y+t", true).unwrap().text;
    assert!(both.contains("fn rhs(t: f32, x: array<f32, 2>, p: array<f32, 1>) -> array<f32, 2> {"), "{both}");
    let last = both.rsplit("fn rhs_along").next().unwrap();
    assert!(
        last.starts_with("(t: f32, x: array<f32, 2>, p: array<f32, 1>, v: array<f32, 2>) -> array<f32, 2> {")
    );
    assert!(last.contains(" * v[0] + p[0] * v[1], (-1.0f) * v[1]);"), "{both}");
    assert!(!along("par s=10\nx'=s*(y-x)\ny'=-y", false).unwrap().text.contains("rhs_along"));
    // A table is printed once, whichever of both reads it.
    let table = along("table f {0 1 0 1 4 9}\nx'=f(x)\ny'=2", true).unwrap();
    assert_eq!(table.text.matches("fn table_0_f").count(), 1);
    assert!(table.text.ends_with("0.0f);\n}\n"), "{}", table.text);
    for (text, word) in
        [("x'=-x+delay(x,1)", "delays"), ("x'=ran(1)", "random inputs"), ("x[1..17]'=1", "17 variables")]
    {
        let refused = along(text, true).unwrap_err().to_string();
        assert!(refused.contains(word), "{refused}");
    }
}
