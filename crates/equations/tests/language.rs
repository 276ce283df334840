//! What the language means, what is refused, and how it is said.

// Clippy knows only functions marked as tests, not their helpers.
#![allow(clippy::expect_used, clippy::panic)]

use equations::{
    Interpreter, Kind, Severity, bounds, format_ode, mathml, mathml_name, parse, parse_expression,
};

fn value(expression: &str) -> f64 {
    let text = format!("x'={expression}\ny'=0\ninit x=2,y=-3\npar a=0.5\n");
    let model = parse(&text).into_model().unwrap_or_else(|error| panic!("{expression}: {error}"));
    let mut out = [0.0; 2];
    Interpreter::<f64>::new(model.system(), &model.parameter_values()).evaluate(
        7.0,
        &model.initial(),
        &mut out,
    );
    out[0]
}

fn first_error(text: &str) -> (u32, u32, String) {
    let parsed = parse(text);
    assert!(parsed.model.is_none(), "{text:?} has a model");
    let error = parsed.diagnostics.iter().find(|d| d.severity == Severity::Error).expect("an error");
    (error.line, error.column, format!("{} / {}", error.message, error.help.as_deref().unwrap_or("")))
}

#[test]
fn operators_bind_as_in_xppaut() {
    assert_eq!(value("2+3*4"), 14.0);
    assert_eq!(value("-2^2"), -4.0);
    assert_eq!(value("2^3^2"), 64.0);
    assert_eq!(value("2**3"), 8.0);
    assert_eq!(value("2^-1"), 0.5);
    assert_eq!(value("1-2-3"), -4.0);
    assert_eq!(value("8/4/2"), 1.0);
    assert_eq!(value("3*-x"), -6.0);
    assert_eq!(value("--x"), 2.0);
    assert_eq!(value("1e-3+.5+2."), 2.501);
}

#[test]
fn logic_yields_one_or_zero() {
    assert_eq!(value("1<2&3>2"), 1.0);
    assert_eq!(value("(x==2)|(y==2)"), 1.0);
    assert_eq!(value("not(x!=2)"), 1.0);
    assert_eq!(value("if(x>=2)then(10)else(20)"), 10.0);
    assert_eq!(value("IF(x<=1)THEN(10)ELSE(20)"), 20.0);
}

#[test]
fn functions_of_the_dialect_are_there() {
    assert_eq!(value("max(x,y)+min(x,y)"), -1.0);
    assert_eq!(value("mod(-1,3)"), 2.0);
    assert_eq!(value("flr(-1.5)+ceil(1.2)"), 0.0);
    assert_eq!(value("heav(0)+sign(y)+abs(y)"), 3.0);
    assert_eq!(value("log(exp(1))+ln(1)+log10(1000)"), 4.0);
    assert!((value("atan2(1,1)*4") - std::f64::consts::PI).abs() < 1e-15);
    assert!((value("sin(pi/2)+cos(0)+tan(0)+asin(0)+acos(1)+atan(0)") - 2.0).abs() < 1e-15);
    assert!((value("cosh(x)^2-sinh(x)^2+tanh(0)+sqrt(4)") - 3.0).abs() < 1e-12);
    assert!((value("erf(0.3)+erfc(0.3)+lgamma(1)") - 1.0).abs() < 1e-15);
    // Abramowitz and Stegun, tables 9.1 and 9.8.
    assert!((value("besselj(0,1)") - 0.765_197_686_557_966_6).abs() < 1e-14);
    assert!((value("bessely(0,1)") - 0.088_256_964_215_676_96).abs() < 1e-14);
    assert!((value("besseli(0,1)") - 1.266_065_877_752_008_4).abs() < 1e-14);
    assert_eq!(value("t"), 7.0);
}

#[test]
fn small_powers_are_products() {
    assert_eq!(value("1.1^3"), libm::pow(1.1, 3.0));
    let model = parse("x'=x^7+x^-2+x^16").into_model().unwrap();
    let x = 1.37_f64;
    let (two, four) = (x * x, (x * x) * (x * x));
    let eight = four * four;
    let mut out = [0.0];
    Interpreter::<f64>::new(model.system(), &[]).evaluate(0.0, &[x], &mut out);
    assert_eq!(out[0], ((x * two) * four + 1.0 / two) + eight * eight);
}

#[test]
fn a_file_in_the_usual_style_is_read_whole() {
    let text = "# Morris-Lecar in short\n\
        params gl=.5, GK=2 vk=-70\n\
        number half = 1/2\n\
        minf(v)=half*(1+tanh(v/\\\n  15))\n\
        il = gl*(V+60)\n\
        dV/dt = -il-gk*w*(v-VK)*minf(v) // current\n\
        w' = (minf(v)-w)/3\n\
        init v=-20\nw(0)=.1\naux Current=il\n\
        @ total=200,dt=.25 meth=rk4 ,xlo=-1e2, xp=v\n\
        done\nthis is not read";
    let parsed = parse(text);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let model = parsed.model.unwrap();
    assert_eq!(model.kind, Kind::Flow);
    assert_eq!(
        model.variables.iter().map(|v| (v.name.as_str(), v.initial)).collect::<Vec<_>>(),
        [("V", -20.0), ("w", 0.1)]
    );
    assert_eq!(
        model.parameters.iter().map(|p| (p.name.as_str(), p.value)).collect::<Vec<_>>(),
        [("gl", 0.5), ("GK", 2.0), ("vk", -70.0)]
    );
    assert_eq!(model.numbers[0].value, 0.5);
    assert_eq!(
        (model.options.total, model.options.dt, model.options.xlo),
        (Some(200.0), Some(0.25), Some(-100.0))
    );
    assert_eq!((model.options.meth.as_deref(), model.options.xp.as_deref()), (Some("rk4"), Some("v")));
    let mut flow = Interpreter::<f64>::new(model.system(), &model.parameter_values());
    let (mut rate, mut aux) = ([0.0; 2], [0.0]);
    flow.evaluate(0.0, &[-20.0, 0.1], &mut rate);
    flow.auxiliaries(0.0, &[-20.0, 0.1], &mut aux);
    let minf = 0.5 * (1.0 + libm::tanh(-20.0 / 15.0));
    assert_eq!(aux, [0.5 * 40.0]);
    assert!((rate[0] - (-20.0 - 2.0 * 0.1 * 50.0 * minf)).abs() < 1e-12);
    assert!((rate[1] - (minf - 0.1) / 3.0).abs() < 1e-15);
}

#[test]
fn maps_and_derived_parameters_are_read() {
    let model = parse("par a=1.4,b=.3\n!c=a*2\nx(t+1)=1-a*x^2+y+0*c\ny(t+1)=b*x").into_model().unwrap();
    assert_eq!(model.kind, Kind::Map);
    let mut next = [0.0; 2];
    let mut map = Interpreter::<f64>::new(model.system(), &[1.4, 0.3]);
    map.evaluate(0.0, &[0.5, 0.2], &mut next);
    assert_eq!(next, [1.0 - 1.4 * 0.25 + 0.2, 0.15]);
    map.set_parameter(0, 1.0);
    map.evaluate(0.0, &[0.5, 0.2], &mut next);
    assert_eq!(next[0], 1.0 - 0.25 + 0.2);
}

#[test]
fn what_depends_on_parameters_alone_follows_them() {
    let model = parse("par a=2\nx'=exp(a)*x+a^2").into_model().unwrap();
    assert!(model.system().rate().len() <= 1);
    let mut flow = Interpreter::<f64>::new(model.system(), &[2.0]);
    let mut rate = [0.0];
    for a in [2.0, -1.0, 0.5] {
        flow.set_parameter(0, a);
        flow.evaluate(0.0, &[3.0], &mut rate);
        assert_eq!(rate[0], libm::exp(a) * 3.0 + a * a);
    }
}

#[test]
fn time_dependence_is_seen() {
    assert!(parse("x'=sin(t)-x").into_model().unwrap().depends_on_time());
    assert!(parse("x'=t").into_model().unwrap().depends_on_time());
    assert!(!parse("x'=-sin(x)").into_model().unwrap().depends_on_time());
}

#[test]
fn errors_say_where_and_what_would_be_right() {
    let cases: &[(&str, u32, u32, &str)] = &[
        ("par sigma=10\nx'=sigm*x", 2, 4, "did you mean `sigma`?"),
        ("x'=sni(x)", 1, 4, "did you mean `sin`?"),
        ("a=b+1\nb=c\nc=a\nx'=a", 1, 1, "a -> b -> c -> a"),
        ("f(x)=g(x)\ng(x)=f(x)\nx'=f(x)", 1, 6, "g -> f -> g"),
        ("x'=2 x", 1, 6, "multiplication is written `*`"),
        ("x'=(1+2", 1, 8, "expected `)`"),
        ("x'=1+", 1, 6, "the line ends here"),
        ("x'=x)", 1, 5, "no bracket for it to close"),
        ("x'=if(x>0)then(1)", 1, 18, "expected `else`"),
        ("x'=sin", 1, 4, "write sin(...)"),
        ("x'=atan2(1)", 1, 4, "2 arguments"),
        ("f(a,b)=a+b\nx'=f(1)", 2, 4, "2 arguments, found 1"),
        ("x'=1\nx'=2", 2, 1, "already defined in line 1"),
        ("x'=1\ny(t+1)=2", 2, 1, "flow or a map"),
        ("par a=1", 1, 1, "there is no equation"),
        ("x'=1\ninit z=1", 2, 6, "not a variable"),
        ("x'=1\n@ dt=fast", 2, 6, "a number other than 0"),
        ("x'=1\n@ nout=0.5", 2, 8, "whole number"),
        ("x'=\u{3c3}", 1, 4, "write sigma"),
        ("parm a=1\nx'=a", 1, 1, "did you mean `par`?"),
        ("pi=3\nx'=pi", 1, 1, "word of the language"),
        ("par a=1/0\nx'=a", 1, 1, "not a finite number"),
        ("x'=1e999", 1, 4, "too large"),
        ("x'=delay(2*x,1)", 1, 4, "the name of a variable"),
        ("x'=delay(x,-1)", 1, 4, "this lag is below zero"),
        ("x'=1\nq=x\ny'=delay(q,1)", 3, 10, "only what has an equation has a past"),
        ("x'=delay(x,delay(x,1))", 1, 4, "a lag depends on a delayed"),
        ("x[1..9]'=x[j-2]", 1, 11, "the index is -1 where j is 1"),
        ("x[1..2000000]'=1", 1, 2, "2000000 elements"),
        ("x[1..3]'=y[1..4]", 1, 11, "stand in one line"),
        ("x[1..3]'=x[k]", 1, 11, "this is no index"),
        ("x[0..3]'=shift(x0,[j]+1)", 1, 16, "nothing 4 places after"),
        ("x'=sum(0,x)of(i')", 1, 4, "must be a number"),
        ("x'=sum(0,1e9)of(i')", 1, 4, "1000000001 terms"),
        ("x'=i'", 1, 4, "outside a sum"),
        ("x'=1\nglobal 2 {x} {x=0}", 2, 8, "the sign of an event"),
        ("x'=1\nglobal 1 {x-1}", 2, 15, "and the resets"),
        ("x'=1\nglobal 1 {x-1} {y=0}", 2, 17, "neither a variable nor a parameter"),
        ("x'=1\nset a {x=one}", 2, 10, "is a number, found `one`"),
        ("x'=w(x)\ntable w % 1 0 1 t", 2, 7, "from 2 to"),
        ("x'=w(x)\ntable w % 9 1 0 t", 2, 7, "must run upwards"),
        ("x'=w(x)\ntable w file.tab", 2, 9, "reads the file `file.tab`, which is not here"),
        ("table w % 9 0 1 w(t)\nx'=w(x)", 1, 17, "must not call itself"),
        ("table w % 3 -1 1 1\nspecial k=conv(even,9,2,w,x0)\nx[0..8]'=k([j])", 2, 25, "has 3 points"),
        ("table w % 3 -1 1 1\nspecial k=conv(round,9,1,w,x0)\nx[0..8]'=k([j])", 2, 16, "even, 0 or periodic"),
        ("special k=conv(even,9,1,w,x0)\nx[0..8]'=k([j])", 1, 25, "is no table"),
        ("x'=1\nonly z", 2, 6, "neither a variable nor"),
        ("x'=w\nwiener w\npar w=1", 3, 5, "already defined in line 2"),
        ("x'=a.b\npar a.b=1", 2, 5, "is no name"),
    ];
    for &(text, line, column, needle) in cases {
        let (at, from, message) = first_error(text);
        assert!(message.contains(needle), "{text:?}: {message}");
        assert_eq!((at, from), (line, column), "{text:?}: {message}");
    }
}

#[test]
fn every_refused_feature_is_named() {
    for (line, feature) in [
        ("markov z 2", "Markov"),
        ("0=x^2-1", "algebraic equations"),
        ("solve z=1", "algebraic equations"),
        ("volterra u=1", "Volterra"),
        ("export {x} {y}", "foreign code"),
        ("y'=int{x}", "Volterra integrals"),
        ("y[1..2]'=int[.5]{x}", "Volterra integrals"),
        ("y'=poisson(1)", "Poisson"),
        ("special k=fftcon(even,31,w,u)\ny'=k(0)", "network functions of the kind `fftcon`"),
    ] {
        let (at, _, message) = first_error(&format!("x'=1\n{line}"));
        assert!(
            at == 2 && message.contains(feature) && message.contains("not supported"),
            "{line}: {message}"
        );
        assert!(!message.ends_with("/ "), "{line} is refused without a way out");
    }
}

#[test]
fn settings_without_effect_are_warned_of() {
    let parsed = parse("x'=1\n@ totl=10, maxstor=1000");
    assert!(parsed.model.is_some());
    assert_eq!(parsed.diagnostics.len(), 2);
    assert!(parsed.diagnostics.iter().all(|d| d.severity == Severity::Warning));
    assert!(parsed.diagnostics[0].message.contains("not known"));
    assert!(parsed.diagnostics[1].message.contains("has no effect here"));
    assert_eq!(parsed.diagnostics[0].help.as_deref(), Some("did you mean `total`?"));
}

#[test]
fn bounds_hold_with_a_message() {
    let nested = format!("x'={}1{}", "(".repeat(1000), ")".repeat(1000));
    assert!(first_error(&nested).2.contains("nests too deeply"));
    assert!(first_error(&format!("x'=1{}", "+x".repeat(5000))).2.contains("too long"));
    assert!(first_error(&" ".repeat(bounds::TEXT + 1)).2.contains("too long"));
    let many: String = (0..1100).map(|k| format!("x{k}'=1\n")).collect();
    assert!(first_error(&many).2.contains("at most 1024"));
    // A line of two thousand words, a thousand times over.
    let wide = format!("%[1..1000]\nx[j]'=0{}\n%\n", "+x[j]".repeat(500));
    assert!(first_error(&wide).2.contains("too long once its arrays are written out"));
    // Each function calls the one before twice: 2^60 expansions, if nobody counted.
    let mut tower = String::from("f0(x)=x*x\n");
    for k in 1..60 {
        tower += &format!("f{k}(x)=f{}(x+1)*f{}(x+2)\n", k - 1, k - 1);
    }
    assert!(first_error(&(tower + "x'=f59(x)")).2.contains("too large"));
    let chain: String = (0..400).map(|k| format!("a{k}=a{}+1\n", k + 1)).collect();
    assert!(first_error(&format!("{chain}a400=1\nx'=a0")).2.contains("too long"));
    assert!(first_error(&format!("{}'=1", "x".repeat(bounds::NAME + 1))).2.contains("too long"));
}

#[test]
fn the_text_of_a_model_parses_to_the_same_programs() {
    let text = "par a=1.5,b=-2\nnumber c=1e-7\nf(x,y)=if(x>y)then(x^2^b)else(-y*(x-y))\nq=a*x-(b-(c-x))\n\
        x'=f(x,q)/(a/b)+2^-x\ny'=not(x&y|a)-(-x)^2\naux z=q*2\ninit x=1,y=-2.5\n@ total=10,nout=2,meth=euler,maxstor=100";
    let model = parse(text).into_model().unwrap();
    let again = parse(&format_ode(&model, &[], &[])).into_model().unwrap();
    assert_eq!(model.system(), again.system());
    assert_eq!(model.options, again.options);
    assert_eq!(model.variables.iter().map(|v| v.initial).collect::<Vec<_>>(), again.initial());
    let turned = parse(&format_ode(&model, &[3.0], &[7.0])).into_model().unwrap();
    assert_eq!((turned.parameter_values(), turned.initial()), (vec![3.0, -2.0], vec![7.0, -2.5]));
}

#[test]
fn mathematics_is_set_as_in_a_book() {
    let model =
        parse("par sigma=10,k1=2\nx'=sigma*(y-x)/k1^2\ny'=-3*2*x-sqrt(y)+if(x<1)then(1)else(exp(-x))")
            .into_model()
            .unwrap();
    let lines = mathml(&model);
    assert_eq!(lines[0].lhs, "<mover><mrow><mi>x</mi></mrow><mo>˙</mo></mover>");
    assert_eq!(
        lines[0].rhs,
        "<mfrac><mrow><mi>σ</mi><mo>&#x2062;</mo><mrow><mo stretchy=\"false\">(</mo><mrow><mi>y</mi><mo>−</mo><mi>x</mi></mrow><mo stretchy=\"false\">)</mo>\
         </mrow></mrow><msup><msub><mi>k</mi><mn>1</mn></msub><mn>2</mn></msup></mfrac>"
    );
    assert!(lines[1].rhs.contains("<mn>3</mn>") && lines[1].rhs.contains("<mo>·</mo><mn>2</mn>"));
    assert!(lines[1].rhs.contains("&lt;") && lines[1].rhs.contains("<msup><mi>e</mi>"));
    assert_eq!(mathml_name("Omega_e"), "<msub><mi>Ω</mi><mi>e</mi></msub>");
    assert_eq!(mathml_name("<b>"), "<mi>&lt;b&gt;</mi>");
    let map = parse("x1(t+1)=1-x1^2").into_model().unwrap();
    assert!(mathml(&map)[0].lhs.contains("<mi>n</mi><mo>+</mo><mn>1</mn>"));
    assert!(mathml(&map)[0].math().starts_with("<math"));
    for line in mathml(&model).iter().chain(&mathml(&map)) {
        assert_balanced(&line.math());
    }
}

/// Every opened element is closed, in order.
fn assert_balanced(xml: &str) {
    let mut open = Vec::new();
    for tag in xml.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag ends");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{xml}"),
            None => open.push(tag.split(' ').next().unwrap_or(tag)),
        }
    }
    assert!(open.is_empty(), "{xml}");
}

#[test]
fn expressions_alone_are_read() {
    assert_eq!(parse_expression("2*(x+1)").unwrap().to_string(), "2*(x+1)");
    assert_eq!(parse_expression("2*(x+").unwrap_err().column, 6);
    assert!(parse_expression("").is_err());
}

#[test]
fn programs_beyond_256_registers_are_run_as_well() {
    let n = 128;
    let mut text = String::from("par f=8\n");
    for i in 0..n {
        let at = |k: usize| (i + n + k - 2) % n;
        text += &format!("x{i}'=(x{}-x{})*x{}-x{i}+f\n", at(3), at(0), at(1));
    }
    let model = parse(&text).into_model().unwrap();
    let system = model.system();
    assert!(system.rate().registers() > 256 && system.jacobian().is_some_and(|j| j.outputs() == n * n));
    let x: Vec<f64> = (0..n).map(|i| libm::sin(i as f64)).collect();
    let (mut rate, mut jacobian) = (vec![0.0; n], vec![0.0; n * n]);
    let mut flow = Interpreter::<f64>::new(system, &[8.0]);
    flow.evaluate(0.0, &x, &mut rate);
    flow.jacobian_at(0.0, &x, &mut jacobian);
    for i in 0..n {
        let (next, last, before) = ((i + 1) % n, (i + n - 1) % n, (i + n - 2) % n);
        assert!((rate[i] - ((x[next] - x[before]) * x[last] - x[i] + 8.0)).abs() < 1e-14);
        for j in 0..n {
            let expected = match j {
                _ if j == i => -1.0,
                _ if j == next => x[last],
                _ if j == before => -x[last],
                _ if j == last => x[next] - x[before],
                _ => 0.0,
            };
            assert_eq!(jacobian[i * n + j], expected, "{i} {j}");
        }
    }
}

#[test]
fn a_replacement_repairs_the_text_it_is_about() {
    // Every text has one mistyped name, most with something before and after it on its line: a span wider than
    // the name, or a place that is off by one, would spoil the text.
    let cases = [
        ("par sigma=10\nx'=2*sigm*x", "sigma"),
        ("x'=cos(x)+sinn(x)*2", "sin"),
        ("par a=1\nvoltage'=a*voltage\ninit voltag=1", "voltage"),
        ("parm a=1\nx'=a*x", "par"),
        ("gain(u)=2*u\nx'=-x+gian(x)", "gain"),
        ("x'=-x\n@ dt=0.1, totl=50", "total"),
    ];
    for (text, wanted) in cases {
        let parsed = equations::parse(text);
        let found = parsed.diagnostics.iter().find(|d| d.replacement.is_some());
        let found = found.unwrap_or_else(|| panic!("no replacement in {text:?}: {:?}", parsed.diagnostics));
        assert_eq!(found.replacement.as_deref(), Some(wanted), "{text:?}");
        let mut lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
        let (from, length) = (found.column as usize - 1, found.length as usize);
        lines[found.line as usize - 1].splice(from..from + length, wanted.chars());
        let repaired = lines.iter().map(String::from_iter).collect::<Vec<String>>().join("\n");
        let again = equations::parse(&repaired);
        assert!(
            again.model.is_some() && again.diagnostics.is_empty(),
            "{repaired:?}: {:?}",
            again.diagnostics
        );
    }
}

#[test]
fn what_resembles_nothing_has_no_replacement() {
    for text in ["x'=quuxfoo*x", "x'=2*", "par x=1\nx'=x(2)"] {
        let parsed = equations::parse(text);
        assert!(!parsed.diagnostics.is_empty(), "{text:?}");
        assert!(
            parsed.diagnostics.iter().all(|d| d.replacement.is_none()),
            "{text:?}: {:?}",
            parsed.diagnostics
        );
    }
}

#[test]
fn a_rate_that_is_infinite_whatever_the_state_is_warned_of() {
    let parsed = parse("y'=1\nx'=1/0");
    let warning = &parsed.diagnostics[0];
    assert_eq!((warning.severity, warning.line), (Severity::Warning, 2));
    assert!(warning.message.contains("the rate of `x` is inf whatever the state"), "{warning}");
    assert!(parsed.model.is_some() && parse("x'=1/y\ny'=0").diagnostics.is_empty());
}

#[test]
fn only_a_name_that_begins_with_a_letter_is_derived() {
    for text in ["d1Kx/dt=1", "d/dt=1", "x/dt=1"] {
        let parsed = equations::parse(text);
        assert!(parsed.model.is_none(), "{text:?}");
        assert!(
            parsed.diagnostics[0].message.contains("expected dx/dt="),
            "{text:?}: {:?}",
            parsed.diagnostics
        );
    }
    assert!(parse("d_x/dt=1\ndKx1/dt=2").model.is_some());
}

#[test]
fn an_unknown_name_in_an_array_is_told_once() {
    let parsed =
        equations::parse("x[1..600]'=-x[j]+speling+sum(0,500)of(speling*shift(x0,i'))\npar spelling=1");
    let unknown = parsed.diagnostics.iter().filter(|d| d.message.contains("`speling`")).count();
    assert!(parsed.model.is_none());
    assert_eq!(unknown, 2, "{:?}", parsed.diagnostics);
    assert_eq!(parsed.diagnostics[0].replacement.as_deref(), Some("spelling"));
}

#[test]
fn a_setting_without_a_name_or_a_value_takes_no_other() {
    for (text, wanted) in [
        ("x'=1\n@ =2, dt=0.1", "the name of a setting"),
        ("x'=1\n@ dt=, total=3", "`dt` has no value"),
        ("x'=1\n@ dt=\\0, total=3", "`dt` has no value"),
        ("x'=1\n@ total=3, dt=", "`dt` has no value"),
    ] {
        let parsed = equations::parse(text);
        assert!(parsed.model.is_none(), "{text:?}");
        assert!(parsed.diagnostics.iter().any(|d| d.message.contains(wanted)), "{:?}", parsed.diagnostics);
    }
}

#[test]
fn names_made_of_an_array_and_its_ending_have_a_bound_too() {
    let parsed = equations::parse(&format!("theta[0..9]{}'=1", "t".repeat(27)));
    assert!(parsed.model.is_none());
    assert!(parsed.diagnostics[0].message.contains("too long"), "{:?}", parsed.diagnostics);
    assert!(parse(&format!("theta[0..9]{}'=1", "t".repeat(26))).model.is_some());
}

#[test]
fn warnings_neither_hide_an_error_nor_refuse_a_text() {
    let warnings: String = (0..60).map(|k| format!("@ nonsense{k}=1\n")).collect();
    let parsed = equations::parse(&format!("{warnings}x'=1"));
    assert!(parsed.model.is_some() && parsed.diagnostics.len() == 50);
    let parsed = equations::parse(&format!("{warnings}x'=speling"));
    assert!(parsed.model.is_none());
    assert!(parsed.diagnostics[0].message.contains("`speling`"), "{:?}", parsed.diagnostics);
}

#[test]
fn a_row_of_signs_is_one_sign_and_brackets_nest_to_a_bound() {
    let read = |text: &str| equations::parse(&format!("x'={text}")).model.is_some();
    assert!(
        read(&format!("{}x", "-".repeat(999)))
            && read(&format!("2{}x", "*-(3".repeat(40)).replace('x', &")".repeat(40)))
    );
    for bracket in ["(", "abs(", "-(", "2^-(", "if(x>", "sum(0,"] {
        let parsed = equations::parse(&format!("x'={}", bracket.repeat(129)));
        assert!(
            parsed.diagnostics[0].message.contains("nests too deeply"),
            "{bracket}: {:?}",
            parsed.diagnostics[0]
        );
    }
    // Printed, a text may take more brackets than it was written with.
    for (open, inner) in [("2^-(", "x*-x"), ("abs(", "x--x"), ("x/(", "-x^-x"), ("x-(", "x*-(x-x)^-x")] {
        for depth in 124..=128 {
            let text = format!("x'={}{inner}{}", open.repeat(depth), ")".repeat(depth));
            if let Some(model) = equations::parse(&text).model {
                let printed = equations::format_ode(&model, &[], &[]);
                assert!(equations::parse(&printed).model.is_some(), "{printed}");
            }
        }
    }
}

#[test]
fn time_has_no_neighbour_and_no_past() {
    for text in ["x'=del_shft(t,1,2)", "x'=shift(t,1)", "x'=delay(t,1)", "x'=shift(pi,0)"] {
        let parsed = equations::parse(text);
        assert!(parsed.model.is_none() && !parsed.diagnostics.is_empty(), "{text}");
    }
}
