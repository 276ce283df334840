//! The program as a person meets it.
#![allow(clippy::expect_used)] // What a test cannot do without.

use serde_json::Value;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

fn separatrix(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_separatrix")).args(words).output().expect("the program starts")
}

/// Standard output of a command that must end with 0.
fn good(words: &[&str]) -> String {
    let output = separatrix(words);
    let faults = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{words:?}: {faults}");
    String::from_utf8(output.stdout).expect("text")
}

fn json(words: &[&str]) -> Value {
    serde_json::from_str(&good(words)).expect("JSON")
}

/// Standard error of a command that must end with a status.
fn refused(words: &[&str], status: i32) -> String {
    let output = separatrix(words);
    let faults = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{words:?}: {faults}");
    assert!(!faults.contains("panicked"), "{faults}");
    faults
}

/// A file of this test's own, with a text in it.
fn file(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("written");
    path.to_str().expect("a path of text").to_owned()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("an array").iter().map(|v| v.as_f64().expect("a number")).collect()
}

#[test]
fn exhibits_and_systems_are_listed() {
    assert!(good(&["list"]).contains("explorer"));
    assert!(json(&["list", "--json"]).as_array().is_some_and(|rows| !rows.is_empty()));
    let flows = good(&["systems", "--dimension", "3"]);
    assert!(flows.contains("lorenz") && !flows.contains("henon "), "{flows}");
    assert!(refused(&["systems", "--family", "no such"], 2).contains("there are"));
}

#[test]
fn systems_are_found_by_words_ranges_and_their_name_in_the_collection() {
    let slugs = |arguments: &[&str]| -> Vec<String> {
        let arguments = [&["systems", "--json"], arguments].concat();
        let rows = json(&arguments);
        let rows = rows.as_array().expect("an array").iter();
        rows.map(|row| row["slug"].as_str().expect("a slug").to_owned()).collect()
    };
    assert_eq!(slugs(&["DYSTS:aizawa"]), ["aizawa"]);
    assert!(slugs(&["aref", "stirring"]).contains(&"blinking-vortex".to_owned()));
    assert!(slugs(&["lorenz", "no such word"]).is_empty());
    let large = slugs(&["--dimension", "6..", "--family", "chemistry"]);
    assert!(large.contains(&"cell-cycle".to_owned()) && !large.contains(&"belousov-zhabotinsky".to_owned()));
    let strong = slugs(&["--exponent", "0.5.."]);
    assert!(strong.contains(&"lorenz".to_owned()) && !strong.contains(&"rossler".to_owned()));
    refused(&["systems", "--dimension", "8..3"], 2);
}

#[test]
fn a_name_of_the_collection_runs_and_a_survey_tells_what_holds_out() {
    assert_eq!(
        json(&["eval", "dysts:Aizawa", "--state", "1,2,3", "--json"]),
        json(&["eval", "aizawa", "--state", "1,2,3", "--json"])
    );
    let report = json(&["systems", "finance", "--survey", "--periods", "2", "--starts", "3", "--json"]);
    assert_eq!(report[0]["slug"], "finance");
    assert_eq!(report[0]["stopped"].as_array().map(Vec::len), Some(0));
    refused(&["systems", "--survey", "--starts", "0"], 2);
}

#[test]
fn a_system_is_shown_with_equations_controls_and_claims() {
    let text = good(&["show", "lorenz"]);
    for part in ["Equations", "Controls", "Views", "Claims", "rho", "28"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(json(&["show", "lorenz", "--json"])["slug"], "lorenz");
    assert!(refused(&["show", "lorentz"], 2).contains("\"lorenz\""));
}

#[test]
fn a_run_is_repeated_by_its_own_link() {
    let first = json(&["run", "lorenz", "--set", "rho=24.4", "--seed", "7", "--steps", "500", "--json"]);
    for key in ["exhibit", "edition", "seed", "steps", "time", "state", "fingerprint", "link"] {
        assert!(first.get(key).is_some(), "{key}");
    }
    assert_eq!(first["steps"], 500);
    assert_eq!(first["seed"], 7);
    assert_eq!(first["fingerprint"].as_str().map(str::len), Some(16));
    let link = first["link"].as_str().expect("a link").to_owned();
    let again = json(&["run", &link, "--json"]);
    assert_eq!(again["same_fingerprint"], true);
    assert_eq!(again["state"], first["state"]);
    assert!(good(&["run", &link]).contains("same fingerprint"));
}

#[test]
fn a_link_whose_fingerprint_is_another_fails_with_both() {
    let link = json(&["run", "lorenz", "--steps", "50", "--json"]);
    let found = link["fingerprint"].as_str().expect("a fingerprint").to_owned();
    let wanted = if found.starts_with('0') { "1111111111111111" } else { "0000000000000000" };
    let wrong = link["link"].as_str().expect("a link").replace(&found, wanted);
    let faults = refused(&["run", &wrong], 1);
    assert!(faults.contains(&found) && faults.contains(wanted), "{faults}");
}

#[test]
fn the_copies_around_a_run_do_not_change_it() {
    let few = json(&["run", "lorenz", "--steps", "50", "--set", "copies=3", "--json"]);
    let many = json(&["run", "lorenz", "--steps", "50", "--json"]);
    assert_eq!(few["fingerprint"], many["fingerprint"]);
    assert!(few["link"].as_str().is_some_and(|l| l.contains("copies=3")), "{few}");
    assert!(many["link"].as_str().is_some_and(|l| !l.contains("copies")), "{many}");
    refused(&["run", "lorenz", "--set", "copies=0"], 2);
}

#[test]
fn recorded_values_are_written_as_a_table_that_reads_back() {
    let path = file("lorenz.csv", "");
    let run = json(&["run", "lorenz", "--steps", "6000", "--output", &path, "--json"]);
    let text = std::fs::read_to_string(&path).expect("a table");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "t,x,y,z");
    assert_eq!(lines.len(), 6002, "a heading, the start and every step");
    let last: Vec<f64> = lines[6001].split(',').map(|v| v.parse().expect("a number")).collect();
    assert_eq!(last[1..], numbers(&run["state"])[..]);
}

#[test]
fn a_file_runs_at_its_own_settings() {
    let text =
        "# decay\nx'=-k*x\nv'=w\npar k=0.5, w=1\nInit x=2\naux e=x*x\n@ total=4,dt=.01,nout=100\ndone\n";
    let ode = file("decay.ode", text);
    let path = file("decay.csv", "");
    let run = json(&["run", &ode, "--output", &path, "--json"]);
    assert_eq!(run["steps"], 400);
    let text = std::fs::read_to_string(&path).expect("a table");
    let row = |line: &str| line.split(',').map(|v| v.parse().expect("a number")).collect();
    let rows: Vec<Vec<f64>> = text.lines().skip(1).map(row).collect();
    assert_eq!(text.lines().next(), Some("t,x,v,e"));
    assert_eq!(rows.len(), 5);
    for row in &rows {
        assert!((row[1] - 2.0 * (-0.5 * row[0]).exp()).abs() < 1e-9, "{row:?}");
        assert_eq!(row[3], row[1] * row[1]);
    }
    assert_eq!(rows[4][1..3], numbers(&run["state"])[..], "the table and the witness are one trajectory");
    good(&["run", &ode, "--output", &path, "--set", "K=0", "--set", "x_0=3"]);
    let text = std::fs::read_to_string(&path).expect("a table");
    assert!(text.lines().skip(1).all(|line| line.split(',').nth(1) == Some("3")), "{text}");
}

#[test]
fn a_run_that_diverges_says_where_and_keeps_what_was_good() {
    let ode = file("blow.ode", "x'=x*x\ninit x=1\n@ total=5,dt=.01,bounds=1000\ndone\n");
    let path = file("blow.csv", "");
    let faults = refused(&["run", &ode, "--output", &path], 1);
    assert!(faults.contains("diverged") && faults.contains('x'), "{faults}");
    let rows = std::fs::read_to_string(&path).expect("a table").lines().count();
    assert!((90..110).contains(&rows), "{rows}");
}

#[test]
fn equations_that_cannot_be_read_are_told_with_their_place() {
    let ode = file("bad.ode", "x'=y\ny'=-x+\ndone\n");
    let faults = refused(&["run", &ode], 2);
    assert!(faults.contains("bad.ode") && faults.contains("line 2"), "{faults}");
    assert!(refused(&["run", "no-such-file.ode"], 2).contains("no-such-file.ode"));
}

#[test]
fn a_right_hand_side_and_its_jacobian_are_exact() {
    let answer = json(&["eval", "lorenz", "--state", "1,2,3", "--t", "0", "--set", "rho=20", "--json"]);
    let rhs = numbers(&answer["rhs"]);
    assert_eq!(rhs[..2], [10.0, 1.0 * (20.0 - 3.0) - 2.0]);
    assert!((rhs[2] - (2.0 - 8.0 / 3.0 * 3.0)).abs() < 1e-12);
    assert_eq!(numbers(&answer["jacobian"][1]), [17.0, -1.0, -1.0]);
    assert!(refused(&["eval", "lorenz", "--state", "1,2"], 2).contains("takes 3"));
    assert!(refused(&["eval", "lorenz", "--state", "1,2,3", "--set", "rhoo=1"], 2).contains("\"rho\""));
}

#[test]
fn states_are_answered_line_by_line() {
    let ode = file("drive.ode", "x'=a*x+t\npar a=2\ndone\n");
    let states = file("states.jsonl", "[1]\n{\"t\":0.5,\"state\":[1]}\n\n[1e308]\n");
    let text = good(&["eval", &ode, "--states", &states, "--set", "a=10"]);
    let lines: Vec<&str> = text.lines().collect();
    let wanted = [
        r#"{"rhs":[10.0],"jacobian":[[10.0]]}"#,
        r#"{"rhs":[10.5],"jacobian":[[10.0]]}"#,
        r#"{"rhs":[null],"jacobian":[[10.0]]}"#,
    ];
    assert_eq!(lines, wanted);
    let states = file("bad-states.jsonl", "[1]\n[1,2]\n");
    assert!(refused(&["eval", &ode, "--states", &states], 2).contains("line 2"));
}

#[test]
fn claims_are_rows_with_a_verdict() {
    let words = ["check", "explorer", "--claim", "henon-exponent", "--seeds", "1..2", "--jobs", "2"];
    let rows = json(&[&words[..], &["--json"]].concat());
    let rows = rows.as_array().expect("an array");
    assert_eq!(rows.len(), 2);
    for (row, seed) in rows.iter().zip(1..) {
        assert_eq!(row["exhibit"], "explorer");
        assert_eq!(row["claim"], "henon-exponent");
        assert_eq!(row["seed"], seed);
        assert_eq!(row["holds"], true);
        assert_eq!(row["status"], "claim");
        assert!(row["value"].as_f64().is_some_and(|v| (v - 0.419).abs() < 0.01));
        assert!(row["baseline"].as_f64().is_some_and(|v| v < 0.0));
    }
    let table = good(&words);
    assert!(table.contains("2/2") && table.contains("holds"), "{table}");
    assert!(refused(&["check", "explorer", "--claim", "none-such"], 2).contains("there is no claim"));
}

#[test]
fn links_are_made_and_explained() {
    let made = good(&["link", "make", "lorenz", "--set", "rho=24.4", "--seed", "7"]);
    assert_eq!(made, "#/lorenz?rho=24.4&seed=7\n");
    assert_eq!(good(&["link", "make", "lorenz", "--set", "rho=28"]), "#/lorenz\n", "a default is left out");
    let text = good(&["link", "explain", "https://example.org/#/lorenz?rho=24.4&seed=7"]);
    for part in ["lorenz", "rho", "24.4", "28", "7"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(refused(&["link", "explain", "lorenz?rhoo=1"], 2).contains("\"rho\""));
    assert!(refused(&["link", "explain", "lorenz?rho=a"], 2).contains("must be"));
    refused(&["link", "explain", "lorenz?seed=-1"], 2);
}

#[test]
fn typed_equations_travel_in_a_link() {
    let ode = file("travel.ode", "x'=-a*x\npar a=1\ninit x=1\n@ dt=.1\ndone\n");
    let link = good(&["link", "make", &ode, "--set", "a=2"]);
    let explained = json(&["link", "explain", link.trim(), "--json"]);
    assert_eq!(explained["controls"][0]["control"], "a");
    assert!(explained["equations"].as_str().is_some_and(|text| text.starts_with("x'=-a*x")));
    let run = json(&["run", link.trim(), "--steps", "10", "--json"]);
    let x = numbers(&run["state"])[0];
    assert!((x - (-2.0_f64).exp()).abs() < 1e-4, "{x}");
}

#[test]
fn exponents_sum_to_the_mean_divergence() {
    let spectrum = json(&["lyapunov", "lorenz", "--steps", "50000", "--json"]);
    let finding = |answer: &serde_json::Value, id: &str| {
        let all = answer["findings"].as_array().expect("findings");
        all.iter().find(|one| one["id"] == id).map(|one| one["value"].as_f64().expect("a number"))
    };
    let value = |id: &str| finding(&spectrum, id).expect(id);
    assert!((value("exponent_1") - 0.906).abs() < 0.05 && value("exponent_2").abs() < 0.02);
    let trace = -10.0 - 1.0 - 8.0 / 3.0;
    assert!((value("sum") - trace).abs() < 1e-3 && (value("divergence") - trace).abs() < 1e-9);
    assert!((value("kaplan_yorke") - 2.06).abs() < 0.01);
    assert_eq!(spectrum["columns"][3], "exponent_3");
    let first = json(&["lyapunov", "lorenz", "--steps", "20000", "--count", "1", "--json"]);
    assert!(finding(&first, "exponent_2").is_none() && finding(&first, "kaplan_yorke").is_none());
    let delayed = json(&["lyapunov", "mackey-glass", "--steps", "20000", "--json"]);
    assert!((0.0..0.02).contains(&finding(&delayed, "exponent_1").expect("an exponent")));
    refused(&["lyapunov", "lorenz", "--count", "4"], 2);
    assert!(refused(&["lyapunov", "lorenz", "--with", "step=3"], 2).contains("did you mean \"steps\""));
    assert!(refused(&["lyapunov", "lorenz", "--set", "rho=1e9"], 1).contains("at time"));
}

#[test]
fn views_are_drawn() {
    for (view, ground) in [("stage", "dark"), ("series", "light")] {
        let path = file(&format!("{view}.png"), "");
        let words =
            ["render", "lorenz", "--steps", "300", "--size", "320x200", "--view", view, "--theme", ground];
        good(&[&words[..], &["--output", &path]].concat());
        let bytes = std::fs::read(&path).expect("a picture");
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut pixels).expect("pixels");
        assert_eq!((info.width, info.height), (320, 200));
        assert!(pixels.chunks(4).any(|p| p != &pixels[..4]), "{view} is of one colour");
    }
    assert!(refused(&["render", "lorenz", "--output", "x.png", "--view", "none"], 2).contains("stage"));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_separatrix"))
        .args(["eval", "lorenz", "--states", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let mut input = child.stdin.take().expect("its input");
    for _ in 0..20_000 {
        // The program may be gone before all is written.
        if input.write_all(b"[1,2,3]\n").is_err() {
            break;
        }
    }
    drop(input);
    let output = child.wait_with_output().expect("its end");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty());
}

#[test]
fn what_was_mistyped_is_bad_input() {
    refused(&["rnu", "lorenz"], 2);
    refused(&["check", "--seeds", "5..1"], 2);
    assert!(refused(&["run", "lorenz", "--set", "rho"], 2).contains("key=value"));
    assert!(refused(&["run", "lorenz", "--series", "no-such.csv"], 2).contains("no-such.csv"));
    assert!(good(&["--version"]).starts_with("separatrix "));
    assert!(good(&["run", "--help"]).contains("Examples:"));
}

#[test]
fn a_system_is_written_in_other_languages() {
    for (format, part) in [
        ("python", "from scipy.integrate import solve_ivp"),
        ("julia", "using OrdinaryDiffEq"),
        ("latex", "\\dot{x} &= \\sigma"),
        ("rust", "fn rhs("),
        ("ode", "x'=sigma*(y-x)"),
    ] {
        let text = good(&["export", "lorenz", "--as", format, "--set", "rho=24.5"]);
        assert!(text.contains(part) && text.contains("24.5"), "{format}: {text}");
    }
    let equations = file("exported.ode", "x'=-bessely(0,x)\ninit x=1\n");
    let fault = refused(&["export", &equations, "--as", "rust"], 2);
    assert!(fault.contains("second kind"), "{fault}");
    let output = equations.replace(".ode", ".py");
    assert_eq!(good(&["export", &equations, "--as", "python", "--output", &output]), "");
    assert!(std::fs::read_to_string(&output).expect("a program").contains("special.yv(0, x)"));
}

#[test]
fn two_cases_are_compared_whether_systems_parameters_or_files() {
    let few = ["--with", "samples=1024", "--json"];
    let found = json(&[&["compare", "lorenz", "rho=29"], &few[..]].concat());
    let ids: Vec<&str> =
        found["findings"].as_array().expect("a list").iter().filter_map(|f| f["id"].as_str()).collect();
    for id in ["divergence", "spectrum", "similarity", "alignment", "procrustes", "horizon"] {
        assert!(ids.contains(&id), "{ids:?}");
    }
    assert_eq!(found["columns"].as_array().expect("a list").len(), 7);
    let rows = |turn: f64| (0..600).map(|k| format!("{}\n", (turn * f64::from(k)).sin())).collect::<String>();
    let slow = file("slow.csv", &format!("x\n{}", rows(0.1)));
    let fast = file("fast.csv", &format!("x\n{}", rows(0.3)));
    let apart = json(&["compare", &slow, &fast, "--json"]);
    let same = json(&["compare", &slow, &slow, "--json"]);
    let distance = |found: &Value| {
        let all = found["findings"].as_array().expect("a list");
        all.iter().find(|f| f["id"] == "spectrum").and_then(|f| f["value"].as_f64()).expect("a distance")
    };
    assert!(distance(&apart) > 0.3 && distance(&same) < 1e-9);
    let note = same["note"].as_str().expect("a note").to_owned();
    assert!(note.contains("No forecast horizon"), "{note}");
    assert!(refused(&["compare", "lorenz", "rho=fast"], 2).contains("finite number"));
    let short = file("short.csv", "x\n1\n2\n");
    assert!(refused(&["compare", &slow, &short], 1).contains("longer series"));
    assert!(refused(&["compare", "lorenz", "missing.csv"], 2).contains("missing.csv"));
}

#[test]
fn the_table_of_the_zoo_has_errors_and_what_the_collection_says() {
    let rows = json(&["systems", "--table", "rossler", "--steps", "20000", "--json"]);
    let rows = rows.as_array().expect("rows");
    let rossler = rows.iter().find(|row| row["system"] == "dysts:Rossler").expect("its row");
    assert!(rossler["exponents"][0][1].as_f64().expect("an error") > 0.0);
    assert!(rossler["gap"].as_f64().expect("a gap") < 1e-3);
    assert_eq!(rossler["collection"]["largest"], 0.150597);
    let table = good(&["systems", "--table", "rossler", "--steps", "20000"]);
    assert!(table.contains("dysts:Rossler") && table.contains("The collection agrees in"), "{table}");
    assert!(refused(&["systems", "--table", "--steps", "5"], 2).contains("from 10000"));
}

#[test]
fn a_training_is_taken_apart_from_its_link() {
    let link = "generalized-teacher-forcing?hidden=8&length=20&updates=500&step=500";
    let found = json(&["regions", link, "--with", "longest=2", "--with", "starts=50", "--json"]);
    assert!(found["findings"].as_array().expect("findings").len() > 2, "{found}");
    assert_eq!(found["columns"][3], "z1");
    let spectrum = json(&["lyapunov", link, "--steps", "3000", "--json"]);
    assert!(spectrum["findings"][0]["value"].as_f64().is_some(), "{spectrum}");
    assert!(refused(&["regions", "lorenz"], 2).contains("regions"));
    let crossings = json(&["nullclines", "fitzhugh-nagumo", "--json"]);
    assert_eq!(crossings["findings"][0]["text"], "1");
}
