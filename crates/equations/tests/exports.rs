//! Models as programs and texts of other languages.
//!
//! Rust programs are compiled and run. The others are held against the files in `exports/`; `UPDATE=1` writes them
//! anew, to be read before they are committed. Python programs are run by `tests/exports/check_python.py`.
#![cfg(not(target_arch = "wasm32"))]
// Clippy knows only functions marked as tests, not their helpers.
#![allow(clippy::expect_used, clippy::panic)]

use equations::{EquationError, Export, Interpreter, Kind, Model, export, format_ode, parse};
use numerics::{Draw, Process, Stream};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn model(text: &str) -> Model {
    parse(text).into_model().unwrap_or_else(|error| panic!("{text}\n{error}"))
}

/// Name, and a text that shows one side of the dialect.
const MODELS: [(&str, &str); 13] = [
    (
        "lorenz",
        "par sigma=10, rho=28, beta=8/3\nx'=sigma*(y-x)\ny'=x*(rho-z)-y\nz'=x*y-beta*z\ninit x=1,y=2,z=20\n\
         aux energy=(x^2+y^2+z^2)/2\n@ total=1,dt=.01,nout=5,trans=.2",
    ),
    (
        // Words of the target languages, and names that the programs use themselves.
        "words",
        "par lambda=0.3, in=2, fn=1.5, end=0.7, p=4\nnumber N=3, self=2\nis(v,P)=v*lambda+P*in+State\n\
         np=State*fn+draws\nstate'=is(np,draws)+p*N\ndraws'=-rhs(State)+end*self\nrhs(x)=x*x/(1+x^2)\ntype'=-type*t\n\
         init state=.2,draws=.4,type=1\naux if_=type\n@ total=1,dt=.05",
    ),
    (
        "order",
        "par a=0.7\nx'=2^3^2*x-x^2+(-x)^3-2^-x+x^-2+x^0.5^2\ny'=(x>0.5)+(x<1)*2-(x==y)+(x!=y)*(not(x>y))\n\
         z'=if(x>0.5&y<2|z>3)then(if(z)then(-x)else(y))else(x-(y-z)-(x/y)/z)\nu'=(if(a>z)then(1)else(2))^2-a^(x+1)\n\
         w'=-(x+y)*-z+((x>y)>(y>z))\ninit x=1.1,y=.9,z=.4\n@ total=.1,dt=.005",
    ),
    (
        "functions",
        "x'=sin(x)+cos(y)+tan(.1*x)+asin(.2*y)+acos(.1*x)+atan(y)+atan2(y,x)\n\
         y'=sinh(.2*x)+cosh(.1*y)+tanh(x)-exp(-x^2)+ln(1+x^2)+log10(2+y^2)+sqrt(1+y^2)\n\
         z'=abs(x)-sign(y)+heav(z)+heav(x-5)+min(x,y)*max(z,2)+mod(x,2)+mod(y,-3)+flr(3*z)+ceil(z)\n\
         u'=erf(x)-erfc(y)+erfc(2+x*x)+lgamma(1.5+x^2)+lgamma(-.3)+besselj(0,x)+besselj(3,4*y)-besseli(1,z)+besseli(2,-y)\n\
         v'=exp(1)+sqrt(2)^2+min(1,2)-max(0.5,-v)\ninit x=.4,y=.3,z=-.2,u=1,v=.1\n@ total=.5",
    ),
    (
        "map",
        "x(t+1)=1-a*x^2+y\ny(t+1)=b*x\npar a=1.4,b=.3\ninit x=.1,y=.1\naux s=x+y+t\n@ total=12,nout=3,meth=discrete",
    ),
    (
        "spikes",
        "par i=1.5,count=0,last=0\nv'=i-v\nglobal 1 {v-1} {v=0;count=count+1;last=t}\nglobal 1 {count-3.5} {arret=1}\n\
         aux spikes=count\n@ total=10,dt=.01",
    ),
    (
        "noise",
        "wiener w[1..2]\npar s=.5\nkick(a)=a*normal(0,s)+ran(2)\nx'=-x+s*w1+kick(y)\ny'=w2+sum(1,3)of(i'*normal(0,1))\n\
         z'=w1\naux now=x+kick(1)\n@ total=100,dt=.05,seed=7",
    ),
    (
        "delays",
        "par tau=1\nx'=-delay(x,tau)\nu[0..3]'=-u[j]+sum(0,3)of(del_shft(u0,i',.5+.1*i'))/8\nx(0)=1+t*0\n\
         init u[0..3]=[j+1]\naux old=delay(x,.25)\n@ total=2,dt=.02",
    ),
    (
        "tables",
        "par a=.5\ntable f % 21 -2 2 exp(-a*t^2)\ntable g {-1 2 0 1 4 2}\ntable r % 11 0 10 ran(1)\n\
         x'=f(x)+g(y)\ny'=-f(3*x)*g(4*y)+r(5*x)\ninit x=.3,y=-.2\n@ total=1",
    ),
    (
        "sums",
        "par k[0..3]=[j+1]\npar n=2\nnumber m=4\nq[0..3]=u[j]^2-j_\nj_=.1\nu[0..3]'=-u[j]+sum(0,m-1)of(shift(u0,mod(i'+[j],m))*shift(k0,i'))\n\
         v'=sum(0,3)of(sum(0,i')of(shift(q0,i')/(1+i')))+sum(1,2)of(i'^2)-v*sum(3,1)of(1)\ninit u[0..3]=[j]/4\n@ total=.5",
    ),
    (
        "networks",
        "table w % 5 -2 2 exp(-t^2*b)\npar b=.5\ntable m {0 7 1 2 3 4 5 6 7 8}\ntable idx {0 7 0 1 1 2 2 3 3 0}\n\
         f(a,c)=sin(c-a)*b\nfu[0..3]=tanh(u[j])\nspecial even=conv(even,4,2,w,u0)\nspecial ring=conv(periodic,4,2,w,fu0)\n\
         special zero=fconv(0,4,1,m,u0,u0,f)\nspecial some=sparse(4,2,m,idx,u0)\nspecial all=fmmult(4,2,m,u0,v0,f)\n\
         u[0..3]'=-u[j]+even([j])+ring([j])-zero([j])+some([j])\nv[0..1]'=-v[j]+all([j])\ninit u[0..3]=.1*[j]\n@ total=.5",
    ),
    ("stiff", "par mu=1000\nx'=-mu*(x-cos(t))\ninit x=0\n@ total=3,dt=.5,meth=cvode,toler=1e-8,atol=1e-8"),
    (
        "echo",
        "x(t+1)=.5*delay(x,2)+.1*(x>2)\nglobal 1 {x-1} {x=x+3;out_put=1}\nx(0)=1-t\ninit x=.5\naux before=delay(x,1)\n@ total=8,meth=discrete",
    ),
];

/// What a program is asked and what it should answer, one line each.
struct Question {
    call: String,
    wanted: Vec<f64>,
}

fn literals(values: &[f64]) -> String {
    let list: Vec<String> = values.iter().map(|value| format!("{value:?}_f64")).collect();
    format!("&[{}]", list.join(", "))
}

/// A past that is no one's: variable `k` a time `lag` ago, where the state is `x`.
fn past(x: &[f64], k: usize, lag: f64) -> f64 {
    0.5 * x[k] + 1.0 / (1.0 + lag) + 0.1 * k as f64
}

/// Right-hand sides and auxiliary quantities at random points, with random inputs.
fn questions(name: &str, model: &Model) -> Vec<Question> {
    let system = model.system();
    let mut process = Interpreter::<f64>::new(system.clone(), &model.parameter_values());
    let mut stream = Stream::new(3, name);
    let n = model.dimension();
    (0..8)
        .map(|point| {
            let t = 0.25 * f64::from(point);
            let x: Vec<f64> = model.initial().iter().map(|x| x + 0.4 * stream.normal()).collect();
            let mut lags = vec![0.0; system.delayed().len()];
            process.lags(t, &x, &mut lags);
            let mut inputs: Vec<f64> =
                lags.iter().zip(system.delayed()).map(|(lag, k)| past(&x, *k, *lag)).collect();
            // The programs put white noise before all other random numbers.
            let (mut white, mut other) = (Vec::new(), Vec::new());
            for draw in system.draws() {
                let value = stream.uniform();
                inputs.push(value);
                if *draw == Draw::Wiener { white.push(value) } else { other.push(value) }
            }
            white.extend(other);
            let mut wanted = vec![0.0; n];
            Process::rate(&mut process, t, &x, &inputs, &mut wanted);
            let mut auxiliaries = vec![0.0; model.auxiliaries.len()];
            process.auxiliaries_with(t, &x, &inputs, &mut auxiliaries);
            wanted.extend(auxiliaries);
            let call = format!("{name}::probe({t:?}, {}, {})", literals(&x), literals(&white));
            Question { call, wanted }
        })
        .collect()
}

/// A program's own functions under names that all programs share.
fn probe(model: &Model) -> String {
    let system = model.system();
    let mut inputs = String::from("&Parameters::default()");
    if !system.draws().is_empty() {
        inputs.push_str(", draws");
    }
    if !system.delayed().is_empty() {
        inputs.push_str(", &|k, lag| 0.5 * x[k] + 1.0 / (1.0 + lag) + 0.1 * k as f64");
    }
    let f = if model.kind == Kind::Map { "step" } else { "rhs" };
    let more = if model.auxiliaries.is_empty() {
        String::new()
    } else {
        format!(".into_iter().chain(auxiliaries(t, state, {inputs}))")
    };
    format!(
        "\npub fn probe(t: f64, x: &[f64], draws: &[f64]) -> Vec<f64> {{\n    \
         let state: &State = x.try_into().unwrap();\n    {f}(t, state, {inputs}){}.collect()\n}}\n\
         pub fn walk() -> Vec<Vec<f64>> {{\n    let mut rows = Vec::new();\n    \
         simulate(&mut Parameters::default(), &mut |row| rows.push(row.to_vec()));\n    rows\n}}\n",
        if more.is_empty() { ".into_iter()" } else { &more }
    )
}

/// Compiles all programs as modules of one and gives what it prints: for each question a line, for each model its
/// rows.
fn run_programs(folder: &Path, models: &[(&str, Model)], questions: &[Question]) -> String {
    std::fs::create_dir_all(folder).expect("a folder");
    let mut main = String::new();
    for (name, model) in models {
        let text =
            export(model, name, &[], &[], Export::Rust).unwrap_or_else(|error| panic!("{name}: {error}"));
        std::fs::write(folder.join(format!("{name}.rs")), text + &probe(model)).expect("written");
        let _ = writeln!(main, "mod {name};");
    }
    main.push_str("fn line(values: &[f64]) {\n    println!(\"{values:?}\");\n}\nfn main() {\n");
    for question in questions {
        let _ = writeln!(main, "    line(&{});", question.call);
    }
    for (name, _) in models {
        let _ = writeln!(
            main,
            "    println!(\"# {name}\");\n    {name}::walk().iter().for_each(|row| line(row));"
        );
    }
    main.push_str("}\n");
    std::fs::write(folder.join("main.rs"), main).expect("written");
    let program = folder.join(format!("programs{}", std::env::consts::EXE_SUFFIX));
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let built = Command::new(rustc)
        .args(["--edition", "2021", "--crate-name", "programs", "-D", "warnings", "-o"])
        .arg(&program)
        .arg(folder.join("main.rs"))
        .output()
        .expect("rustc starts");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let answer = Command::new(&program).output().expect("the program starts");
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    String::from_utf8(answer.stdout).expect("text")
}

fn numbers(line: &str) -> Vec<f64> {
    let inner = line.trim_matches(['[', ']']);
    inner.split(", ").map(|word| word.parse().unwrap_or_else(|_| panic!("{line}"))).collect()
}

/// Rows of a flow without inputs by the classical Runge-Kutta method, of a map by iteration, with auxiliaries.
fn rows(model: &Model) -> Vec<Vec<f64>> {
    let o = &model.options;
    let map = model.kind == Kind::Map;
    let h = if map { 1.0 } else { o.dt.unwrap_or(0.05) };
    let every = u64::from(o.nout.unwrap_or(1));
    let steps = (o.total.expect("a length") / h + 0.5) as u64;
    let mut f = Interpreter::<f64>::new(model.system(), &model.parameter_values());
    let mut x = model.initial();
    let n = x.len();
    let mut out = Vec::new();
    for k in 0..=steps {
        let t = k as f64 * h;
        if k % every == 0 && t >= o.trans.unwrap_or(0.0) {
            let mut auxiliaries = vec![0.0; model.auxiliaries.len()];
            f.auxiliaries(t, &x, &mut auxiliaries);
            out.push([&[t][..], &x, &auxiliaries].concat());
        }
        let mut at = |t: f64, h: f64, slope: &[f64]| {
            let moved: Vec<f64> = x.iter().zip(slope).map(|(x, slope)| x + h * slope).collect();
            let mut rate = vec![0.0; n];
            f.evaluate(t, &moved, &mut rate);
            rate
        };
        let a = at(t, 0.0, &vec![0.0; n]);
        if map {
            x = a;
            continue;
        }
        let b = at(t + h / 2.0, h / 2.0, &a);
        let c = at(t + h / 2.0, h / 2.0, &b);
        let d = at(t + h, h, &c);
        for i in 0..n {
            x[i] += h / 6.0 * (a[i] + 2.0 * b[i] + 2.0 * c[i] + d[i]);
        }
    }
    out
}

fn close(found: &[f64], wanted: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (a, b) in found.iter().zip(wanted) {
        let size = 1.0 + numerics::Real::abs(*b);
        let near = numerics::Real::abs(a - b) <= tolerance * size;
        assert!(near || (a.is_nan() && b.is_nan()), "{what}: {found:?} in place of {wanted:?}");
    }
}

#[test]
fn rust_programs_compute_what_the_interpreter_computes() {
    let models: Vec<(&str, Model)> = MODELS.iter().map(|(name, text)| (*name, model(text))).collect();
    let questions: Vec<Question> = models.iter().flat_map(|(name, model)| questions(name, model)).collect();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("exports");
    let answer = run_programs(&folder, &models, &questions);
    let (points, walks) = answer.split_once("# ").expect("rows");
    assert_eq!(points.lines().count(), questions.len());
    for (line, question) in points.lines().zip(&questions) {
        close(&numbers(line), &question.wanted, 1e-12, &question.call);
    }
    let walks: Vec<(&str, Vec<Vec<f64>>)> = walks
        .split("# ")
        .map(|walk| walk.split_once('\n').expect("a name"))
        .map(|(name, rows)| (name, rows.lines().map(numbers).collect()))
        .collect();
    let walk = |name: &str| &walks.iter().find(|(own, _)| *own == name).expect("a walk").1;
    for (name, model) in &models {
        let fixed = model.options.meth.as_deref() != Some("cvode");
        if model.is_plain() && fixed {
            let (found, wanted) = (walk(name), rows(model));
            assert_eq!(found.len(), wanted.len(), "{name}");
            for (found, wanted) in found.iter().zip(&wanted) {
                close(found, wanted, 1e-11, name);
            }
        }
    }
    // The last row is the third spike's before the fourth ends the run; v = i (1 - exp(-t)) between spikes.
    let spikes = walk("spikes");
    let last = spikes.last().expect("a row");
    let between = 1.098_612_288_668_109_8;
    assert!(last[0] <= 4.0 * between && last[0] > 4.0 * between - 0.011, "{last:?}");
    assert_eq!(last[2], 3.0);
    // x = 1 - t, then 1 - t + (t - 1)^2 / 2.
    for row in walk("delays") {
        let t = row[0];
        let later = if t > 1.0 { (t - 1.0) * (t - 1.0) / 2.0 } else { 0.0 };
        close(&row[1..2], &[1.0 - t + later], 1e-12, "delays");
    }
    // Increments of z have the variance of their time.
    let noise = walk("noise");
    assert_eq!(noise.len(), 2001);
    let squares: f64 =
        noise.windows(2).map(|pair| (pair[1][3] - pair[0][3]) * (pair[1][3] - pair[0][3])).sum();
    assert!((90.0..110.0).contains(&squares), "{squares}");
    // On the slow curve, (mu^2 cos t + mu sin t) / (mu^2 + 1).
    let stiff = walk("stiff").last().expect("a row").clone();
    assert_eq!(stiff[0], 3.0);
    close(
        &stiff[1..2],
        &[(-0.989_992_496_600_445_5 * 1e6 + 1e3 * 0.141_120_008_059_867_2) / 1_000_001.0],
        1e-7,
        "stiff",
    );
    // x(-2) = 3, x(-1) = 2: 0.5, then half of 3 with a jump over 1, and so on.
    let echo: Vec<&[f64]> = walk("echo").iter().map(Vec::as_slice).collect();
    assert_eq!(&echo[0][..2], [0.0, 0.5]);
    assert_eq!(&echo[1][..2], [1.0, 4.5]);
}

fn snapshot(name: &str, ending: &str, text: &str, differing: &mut Vec<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exports").join(format!("{name}.{ending}"));
    if std::fs::read_to_string(&path).is_ok_and(|own| own == text) {
        return;
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, text).expect("written");
    } else {
        differing.push(format!("{name}.{ending}"));
    }
}

#[test]
fn exports_are_those_that_have_been_read() {
    let mut differing = Vec::new();
    for (name, text) in MODELS {
        let model = model(text);
        for format in [Export::Python, Export::Julia, Export::Latex] {
            match export(&model, name, &[], &[], format) {
                Ok(text) => snapshot(name, format.ending(), &text, &mut differing),
                Err(error) => {
                    snapshot(name, &format!("{}.txt", format.ending()), &format!("{error}\n"), &mut differing)
                }
            }
        }
    }
    assert!(differing.is_empty(), "not as in tests/exports: {differing:?}; run again with UPDATE=1");
}

#[test]
fn given_values_stand_in_the_text_and_what_is_missing_or_no_number_is_the_models() {
    let model = model("x'=a*x+b\npar a=1,b=2\ninit x=3");
    assert_eq!(
        export(&model, "", &[7.0], &[9.0], Export::Ode).expect("a text"),
        format_ode(&model, &[7.0], &[9.0])
    );
    let python = export(&model, "", &[f64::NAN, 8.0], &[9.0], Export::Python).expect("a text");
    for part in ["a: float = 1.0", "b: float = 8.0", "initial = np.array([9.0])"] {
        assert!(python.contains(part), "{part} in {python}");
    }
    for format in Export::ALL {
        assert_eq!(Export::from_slug(format.slug()), Some(format));
        assert_eq!(Export::from_slug(&format.ending().to_uppercase()), Some(format));
    }
}

#[test]
fn a_title_is_a_comment_and_no_more() {
    let model = model("x'=-x");
    for format in [Export::Python, Export::Julia, Export::Latex, Export::Rust] {
        let text =
            export(&model, "a\nimport os # \\end{document} \"\"\" $x_1$", &[], &[], format).expect("a text");
        let first = text.lines().next().expect("a line");
        assert!(first.contains("import os"), "{first}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("import os")), "{text}");
    }
    let text = export(&model, "50% of $x_1$", &[], &[], Export::Latex).expect("a text");
    assert!(text.contains("\\section*{50\\% of \\$x\\_1\\$}"), "{text}");
}

#[test]
fn what_a_format_cannot_carry_is_named_with_what_can() {
    let refused = |text: &str, format: Export| match export(&model(text), "", &[], &[], format) {
        Err(error @ EquationError::NotExported { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    let message = refused("x'=bessely(0,x)", Export::Rust);
    assert!(message.contains("second kind") && message.contains("Python"), "{message}");
    let message = refused("wiener w\nx'=w-delay(x,1)", Export::Julia);
    assert!(message.contains("delays") && message.contains("Rust"), "{message}");
    refused("x(t+1)=x/2\nglobal 1 {x-1} {x=0}", Export::Julia);
    refused("x'=ran(1)\nglobal 1 {x-1} {x=0}", Export::Julia);
}

#[test]
fn what_no_run_reads_does_not_stand_in_the_way() {
    let texts = [
        // A sum without terms, a network longer than its array, an unread network.
        "x'=sum(3,1)of(shift(x,99)*nothing)-x",
        "table w % 3 -1 1 1\nspecial k=conv(even,100,1,w,q0)\nspecial other=conv(even,100,1,w,nothing)\nq[0..3]=x\nx'=k(0)-x",
        "x'=sum(0,1)of(sum(i',0)of(shift(x,i')))",
    ];
    for text in texts {
        let model = model(text);
        for format in Export::ALL {
            export(&model, "", &[], &[], format).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }
}
