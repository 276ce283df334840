//! A model as a Rust program on the standard library alone.

use super::code::{Printer, bracketed, title_line};
use super::names::Names;
use super::plan::{Plan, Solver};
use super::rust_helpers::{
    BESSEL_I, BESSEL_J, BETWEEN, CUBIC, ERF, ERFC, FIRE, LGAMMA, MODULO, RANDOM, RECORD, SIGN,
};
use super::script::{Border, Content, Family, Local, Pattern, Script, Term, Web};
use super::{Export, Values};
use crate::EquationError;
use crate::expression::Function;
use crate::system::Target;
use numerics::{Crossing, Draw};
use std::fmt::Write;

struct Rust<'a> {
    script: &'a Script<'a>,
    names: &'a Names,
    plan: Plan,
    /// What every function of the model takes beside time and state, with types, and as it is handed on.
    heads: &'static str,
    inputs: &'static str,
    noisy: bool,
    delays: bool,
}

/// Prints a model as a Rust program.
///
/// # Errors
/// Bessel functions of the second kind, which the standard library lacks.
pub(super) fn rust_program(
    script: &Script<'_>,
    title: &str,
    values: &Values,
) -> Result<String, EquationError> {
    if script.calls.contains(&Function::BesselY) {
        return Err(EquationError::NotExported {
            what: "the Bessel function of the second kind, which Rust's standard library lacks".into(),
            format: Export::Rust.name().into(),
            instead: "export as Python or Julia".into(),
        });
    }
    let names = Names::new(script, Export::Rust);
    let (noisy, delays) = (!script.draws.is_empty(), script.delays);
    let (heads, inputs) = match (noisy, delays) {
        (false, false) => ("", ""),
        (false, true) => (", past: Past<'_>", ", past"),
        (true, false) => (", draws: &[f64]", ", draws"),
        (true, true) => (", draws: &[f64], past: Past<'_>", ", draws, past"),
    };
    let plan = Plan::new(script.model);
    let rust = Rust { script, names: &names, plan, heads, inputs, noisy, delays };
    let mut out = String::new();
    rust.head(&mut out, title, values);
    rust.helpers(&mut out);
    rust.tables(&mut out);
    rust.networks(&mut out);
    rust.functions(&mut out);
    rust.rates(&mut out);
    rust.auxiliaries(&mut out);
    rust.histories(&mut out);
    rust.events(&mut out);
    rust.draws(&mut out);
    rust.run(&mut out);
    Ok(out)
}

impl Rust<'_> {
    fn printer<'p>(&'p self, arguments: &'p [String], top: bool) -> Printer<'p> {
        let named = if top { self.script.named() } else { 0 };
        Printer { script: self.script, names: self.names, format: Export::Rust, arguments, named }
    }

    fn head(&self, out: &mut String, title: &str, values: &Values) {
        let (script, names, plan) = (self.script, self.names, &self.plan);
        let _ = writeln!(out, "//! {}", title_line(title));
        out.push_str("//!\n//! Written by Separatrix. `rustc -O FILE.rs` makes a program that prints a table as CSV.\n");
        out.push_str("#![allow(non_snake_case, non_upper_case_globals, non_camel_case_types, dead_code)]\n");
        out.push_str("#![allow(unused_variables, unused_parens, clippy::all)]\n\n");
        out.push_str("#[derive(Clone, Debug)]\nstruct Parameters {\n");
        for name in &names.parameters {
            let _ = writeln!(out, "    {name}: f64,");
        }
        out.push_str("}\n\nimpl Default for Parameters {\n    fn default() -> Self {\n        Self {\n");
        for (name, value) in names.parameters.iter().zip(&values.parameters) {
            let _ = writeln!(out, "            {name}: {value:?},");
        }
        out.push_str("        }\n    }\n}\n\n");
        let printer = self.printer(&[], true);
        for (name, number) in names.numbers.iter().zip(&script.model.numbers) {
            let _ = writeln!(out, "const {name}: f64 = {};", printer.number(number.value));
        }
        let _ = writeln!(out, "/// Number of variables.\nconst N: usize = {};", names.states.len());
        out.push_str("type State = [f64; N];\n");
        let mut columns = vec!["\"t\"".to_owned()];
        columns.extend(script.model.variables.iter().map(|v| format!("{:?}", v.name)));
        columns.extend(script.model.auxiliaries.iter().map(|a| format!("{:?}", a.name)));
        let _ = writeln!(out, "{}", bracketed("const NAMES: &[&str] = &[", &columns, "];", ""));
        let start: Vec<String> = values.initial.iter().map(|value| format!("{value:?}")).collect();
        let _ = writeln!(out, "{}", bracketed("const INITIAL: State = [", &start, "];", ""));
        let _ = writeln!(out, "/// Where time starts.\nconst T0: f64 = {:?};", plan.t0);
        if !script.is_map() {
            let _ = writeln!(out, "/// Time between two rows.\nconst STEP: f64 = {:?};", plan.step);
        }
        let what = if script.is_map() { "Iterations between two rows" } else { "Steps in the time of a row" };
        let _ = writeln!(out, "/// {what}.\nconst SUBSTEPS: u64 = {};", plan.substeps);
        let _ = writeln!(out, "/// Rows after the first one.\nconst ROWS: u64 = {};", plan.rows);
        let _ = writeln!(
            out,
            "/// Rows before this time are left out.\nconst TRANSIENT: f64 = {:?};",
            plan.transient
        );
        let _ = writeln!(
            out,
            "/// The run ends where a variable leaves it.\nconst BOUND: f64 = {:?};",
            plan.bound
        );
    }

    fn helpers(&self, out: &mut String) {
        let calls = |function: Function| self.script.calls.contains(&function);
        let wanted = [
            (calls(Function::Mod), MODULO),
            (calls(Function::Sign), SIGN),
            (calls(Function::Erf) || calls(Function::Erfc), ERF),
            (calls(Function::Erfc), ERFC),
            (calls(Function::Lgamma), LGAMMA),
            (calls(Function::BesselJ), BESSEL_J),
            (calls(Function::BesselI), BESSEL_I),
            (self.script.tables.iter().any(|table| table.looked_up), BETWEEN),
        ];
        for (wanted, text) in wanted {
            if wanted {
                out.push_str(text);
            }
        }
    }

    /// Lines that give names to what some terms read.
    fn locals(&self, terms: &[&Term]) -> String {
        let (needs, order) = self.script.locals(terms.iter().copied());
        let printer = self.printer(&[], true);
        let mut text = String::new();
        let n = self.names.states.len();
        let used = needs.states.len();
        if n > 8 && 2 * used < n {
            for k in &needs.states {
                let _ = writeln!(text, "    let {} = state[{k}];", self.names.states[*k]);
            }
        } else if used > 0 {
            let named =
                |k: usize| if needs.states.contains(&k) { self.names.states[k].as_str() } else { "_" };
            let list: Vec<String> = (0..n).map(|k| named(k).to_owned()).collect();
            let _ = writeln!(text, "    let {} = *state;", bracketed("[", &list, "]", "    "));
        }
        for k in &needs.noises {
            if let Some(slot) = self.script.noises.iter().position(|noise| noise == k) {
                let _ = writeln!(text, "    let {} = draws[{slot}];", self.names.noises[*k]);
            }
        }
        for local in order {
            let _ = match local {
                Local::Fixed(k) => {
                    let value = printer.text(&self.script.fixed[k]);
                    writeln!(text, "    let {}: f64 = {value};", self.names.fixed[k])
                }
                Local::Row(row) => {
                    let things: Vec<String> =
                        (row.first..=row.last).map(|k| printer.text(&Term::One(row.family, k))).collect();
                    let list = bracketed("[", &things, "]", "    ");
                    writeln!(text, "    let {}: &[f64] = &{list};", self.names.row(row))
                }
                Local::Points(k) => {
                    let table = &self.script.tables[k];
                    let width = (table.high - table.low) / (table.points - 1) as f64;
                    let (low, width) = (printer.number(table.low), printer.number(width));
                    let mut inner = vec![format!("{low} + point as f64 * {width}")];
                    inner.extend(printer.handed(&table.needs, None, 0));
                    writeln!(
                        text,
                        "    let {}: &[f64] = &std::array::from_fn::<f64, {}, _>(|point| {}({}));",
                        self.names.points[k],
                        table.points,
                        self.names.contents[k],
                        inner.join(", "),
                    )
                }
            };
        }
        text
    }

    fn tables(&self, out: &mut String) {
        let time = ["point".to_owned()];
        for (k, table) in self.script.tables.iter().enumerate() {
            let printer = self.printer(&time, false);
            let name = &self.names.contents[k];
            let (low, high) = (printer.number(table.low), printer.number(table.high));
            let taken = printer.taken(&table.needs, false);
            let content = match &table.content {
                Content::Function(body) => {
                    let mut head = vec!["point: f64".to_owned()];
                    head.extend(taken.iter().cloned());
                    let _ = write!(
                        out,
                        "\nfn {name}({}) -> f64 {{\n    {}\n}}\n",
                        head.join(", "),
                        printer.text(body)
                    );
                    let width = (table.high - table.low) / (table.points - 1) as f64;
                    let mut inner = vec![format!("{low} + k as f64 * {}", printer.number(width))];
                    inner.extend(printer.handed(&table.needs, None, 0));
                    format!("|k| {name}({})", inner.join(", "))
                }
                Content::Values(values) => {
                    let list: Vec<String> = values.iter().map(|value| printer.number(*value)).collect();
                    let _ = write!(
                        out,
                        "\n{}\n",
                        bracketed(&format!("const {name}: &[f64] = &["), &list, "];", "")
                    );
                    format!("|k| {name}[k]")
                }
            };
            if table.looked_up {
                let mut head = vec!["x: f64".to_owned()];
                head.extend(taken);
                let _ = write!(
                    out,
                    "\nfn {}({}) -> f64 {{\n    between_points({content}, {}, {low}, {high}, x)\n}}\n",
                    self.names.tables[k],
                    head.join(", "),
                    table.points
                );
            }
        }
    }

    fn element(&self, array: (Family, usize, usize), index: &str) -> String {
        match Web::row(array) {
            Some(row) => format!("{}[{index} as usize]", self.names.row(row)),
            None if array.1 == 0 => format!("state[{index} as usize]"),
            None => format!("state[{} + {index} as usize]", array.1),
        }
    }

    fn networks(&self, out: &mut String) {
        for (k, web) in self.script.networks.iter().enumerate() {
            let Some(web) = web else { continue };
            let printer = self.printer(&[], false);
            let mut head = vec!["site: i64".to_owned()];
            head.extend(printer.taken(&web.needs, false));
            let _ = write!(
                out,
                "\n/// `{}`\nfn {}({}) -> f64 {{\n    let mut total = 0.0;\n",
                self.script.model.networks[k].text,
                self.names.networks[k],
                head.join(", "),
            );
            let weights = self.names.values_of(self.script, web.weights);
            let mut closed = "    }\n";
            let mut indent = "        ";
            let weight = match web.pattern {
                Pattern::Convolution { border, points, reach } => {
                    let _ = writeln!(out, "    for offset in -{reach}..={reach}_i64 {{");
                    match border {
                        Border::Periodic => {
                            let _ =
                                writeln!(out, "        let place = (site + offset).rem_euclid({points});");
                        }
                        Border::Zero => out.push_str("        let place = site + offset;\n"),
                        Border::Even => {
                            let twice = 2 * (points.max(1) - 1);
                            out.push_str("        let place = site + offset;\n");
                            let _ = writeln!(
                                out,
                                "        let place = if place < 0 {{ -place }} else if place < {points} {{ place }} else {{ {twice} - place }};"
                            );
                        }
                    }
                    if border != Border::Periodic {
                        let _ = writeln!(out, "        if (0..{points}).contains(&place) {{");
                        (indent, closed) = ("            ", "        }\n    }\n");
                    }
                    format!("{weights}[(offset + {reach}) as usize]")
                }
                Pattern::Sparse { connections, indices } => {
                    let _ =
                        writeln!(out, "    for link in {connections} * site..{connections} * (site + 1) {{");
                    let _ = writeln!(
                        out,
                        "        let place = {}[link as usize];",
                        self.names.values_of(self.script, indices)
                    );
                    format!("{weights}[link as usize]")
                }
                Pattern::Matrix { columns } => {
                    let _ = writeln!(out, "    for place in 0..{columns}_i64 {{");
                    format!("{weights}[({columns} * site + place) as usize]")
                }
            };
            let value = self.element(web.root, "place");
            let value = match web.mix {
                None => value,
                Some((other, function)) => {
                    let mut inner = vec![value, self.element(other, "site")];
                    inner.extend(printer.handed(&self.script.functions[function].needs, None, 0));
                    format!("{}({})", self.names.functions[function], inner.join(", "))
                }
            };
            let _ = writeln!(out, "{indent}total += {weight} * {value};");
            out.push_str(closed);
            out.push_str("    total\n}\n");
        }
    }

    fn functions(&self, out: &mut String) {
        for (k, callable) in self.script.functions.iter().enumerate() {
            let arguments = &self.names.arguments[k];
            let printer = self.printer(arguments, false);
            let mut head: Vec<String> = arguments.iter().map(|name| format!("{name}: f64")).collect();
            head.extend(printer.taken(&callable.needs, !callable.draws.is_empty()));
            let (name, body) = (&self.names.functions[k], printer.text(&callable.body));
            let _ = write!(out, "\nfn {name}({}) -> f64 {{\n    {body}\n}}\n", head.join(", "));
        }
    }

    fn rates(&self, out: &mut String) {
        let (name, what, mark) = if self.script.is_map() {
            ("step", "The next state.", "(t+1)")
        } else {
            ("rhs", "Rates of change of the state.", "'")
        };
        let terms: Vec<&Term> = self.script.rates.iter().collect();
        let printer = self.printer(&[], true);
        let heads = self.heads;
        let _ = write!(
            out,
            "\n/// {what}\nfn {name}(t: f64, state: &State, p: &Parameters{heads}) -> State {{\n"
        );
        out.push_str(&self.locals(&terms));
        out.push_str("    [\n");
        for (term, variable) in terms.iter().zip(&self.script.model.variables) {
            let _ = writeln!(out, "        {}, // {}{mark}", printer.text(term), variable.name);
        }
        out.push_str("    ]\n}\n");
    }

    fn auxiliaries(&self, out: &mut String) {
        if self.script.auxiliaries.is_empty() {
            return;
        }
        let terms: Vec<&Term> = self.script.auxiliaries.iter().collect();
        let printer = self.printer(&[], true);
        let _ = write!(
            out,
            "\n/// Quantities beside the state.\nfn auxiliaries(t: f64, state: &State, p: &Parameters{}) -> [f64; {}] {{\n",
            self.heads,
            terms.len()
        );
        out.push_str(&self.locals(&terms));
        out.push_str("    [\n");
        for (term, auxiliary) in terms.iter().zip(&self.script.model.auxiliaries) {
            let _ = writeln!(out, "        {}, // {}", printer.text(term), auxiliary.name);
        }
        out.push_str("    ]\n}\n");
    }

    fn histories(&self, out: &mut String) {
        if !self.delays {
            return;
        }
        let between = if self.noisy || self.script.is_map() { "        a + u * (b - a)" } else { CUBIC };
        out.push_str(&RECORD.replace("BETWEEN", between));
        out.push_str(
            "\n/// Where the variables were before the start, at 0 unless the file says otherwise.\n",
        );
        out.push_str("fn history(t: f64, p: &Parameters) -> State {\n    let state: &State = &[0.0; N];\n");
        let terms: Vec<&Term> = self.script.histories.iter().map(|(_, term)| term).collect();
        out.push_str(&self.locals(&terms));
        let printer = self.printer(&[], true);
        if self.script.histories.is_empty() {
            out.push_str("    *state\n}\n");
            return;
        }
        out.push_str("    let mut before = *state;\n");
        for (k, term) in &self.script.histories {
            let _ = writeln!(out, "    before[{k}] = {};", printer.text(term));
        }
        out.push_str("    before\n}\n");
    }

    fn events(&self, out: &mut String) {
        let events = &self.script.events;
        if events.is_empty() {
            return;
        }
        let directions: Vec<String> = events
            .iter()
            .map(|event| {
                match event.crossing {
                    Crossing::Rising => "1",
                    Crossing::Falling => "-1",
                    Crossing::Either => "0",
                }
                .to_owned()
            })
            .collect();
        let _ = write!(
            out,
            "\nconst EVENTS: usize = {};\n/// Which way each condition must cross zero: 1 upwards, -1 downwards, 0 either.\n{}\n",
            events.len(),
            bracketed("const DIRECTIONS: [i32; EVENTS] = [", &directions, "];", "")
        );
        let printer = self.printer(&[], true);
        let terms: Vec<&Term> = events.iter().map(|event| &event.condition).collect();
        let heads = self.heads;
        let _ = write!(
            out,
            "\nfn conditions(t: f64, state: &State, p: &Parameters{heads}) -> [f64; EVENTS] {{\n{}    [\n",
            self.locals(&terms)
        );
        for term in terms {
            let _ = writeln!(out, "        {},", printer.text(term));
        }
        let changes = |wanted: Target, name: &str| {
            let any = events.iter().any(|event| event.resets.iter().any(|(target, _)| *target == wanted));
            if any { format!("mut {name}") } else { name.to_owned() }
        };
        let (stop, output) = (changes(Target::Stop, "stop"), changes(Target::Output, "output"));
        let _ = write!(
            out,
            "    ]\n}}\n\n/// Carries out one event. Tells whether the run ends, and whether a row is written.\n\
             fn reset(event: usize, t: f64, state: &mut State, p: &mut Parameters{heads}) -> (bool, bool) {{\n    \
             let ({stop}, {output}) = (false, false);\n    match event {{\n"
        );
        for (k, event) in events.iter().enumerate() {
            if event.resets.is_empty() {
                continue;
            }
            let terms: Vec<&Term> = event.resets.iter().map(|(_, term)| term).collect();
            let _ = writeln!(out, "        {k} => {{");
            for line in self.locals(&terms).lines() {
                let _ = writeln!(out, "        {line}");
            }
            let mut values = Vec::new();
            let mut targets = Vec::new();
            for (target, term) in &event.resets {
                values.push(match target {
                    Target::Stop | Target::Output => printer.truth(term).0,
                    _ => printer.text(term),
                });
                targets.push(match target {
                    Target::State(k) => format!("state[{k}]"),
                    Target::Parameter(k) => format!("p.{}", self.names.parameters[*k]),
                    Target::Stop => "stop".into(),
                    Target::Output => "output".into(),
                });
            }
            if targets.len() == 1 {
                let _ = writeln!(out, "            {} = {};", targets.concat(), values.concat());
            } else {
                // Every value is computed from what was before the event.
                let _ = writeln!(out, "            ({}) = (", targets.join(", "));
                for value in values {
                    let _ = writeln!(out, "                {value},");
                }
                out.push_str("            );\n");
            }
            out.push_str("        }\n");
        }
        out.push_str("        _ => {}\n    }\n    (stop, output)\n}\n");
        out.push_str(&FIRE.replace("HEADS", heads).replace("INPUTS", self.inputs));
    }

    fn draws(&self, out: &mut String) {
        if !self.noisy {
            return;
        }
        out.push_str(RANDOM);
        let _ = write!(
            out,
            "\nconst SEED: u64 = {};\nconst DRAWS: usize = {};\n\n\
             /// The random numbers of a step of length h; white noise has the variance 1/h.\n\
             fn draw(random: &mut Random, h: f64) -> [f64; DRAWS] {{\n    let mut draws = [0.0; DRAWS];\n",
            self.plan.seed,
            self.script.draws.len()
        );
        let mut parts: Vec<(Draw, usize, usize)> = Vec::new();
        for (k, draw) in self.script.draws.iter().enumerate() {
            match parts.last_mut() {
                Some((kind, _, end)) if kind == draw => *end = k + 1,
                _ => parts.push((*draw, k, k + 1)),
            }
        }
        for (draw, first, end) in parts {
            let value = match draw {
                Draw::Wiener => "random.normal() / h.abs().sqrt()",
                Draw::Normal => "random.normal()",
                Draw::Uniform => "random.uniform()",
            };
            let _ = writeln!(
                out,
                "    for slot in &mut draws[{first}..{end}] {{\n        *slot = {value};\n    }}"
            );
        }
        out.push_str("    draws\n}\n");
    }

    fn run(&self, out: &mut String) {
        let map = self.script.is_map();
        let own_heads = format!(
            "{}{}",
            if self.noisy { ", draws: &[f64]" } else { "" },
            if self.delays { ", record: &Record" } else { "" }
        );
        let own = format!(
            "{}{}",
            if self.noisy { ", &draws" } else { "" },
            if self.delays { ", &record" } else { "" }
        );
        let inside = format!(
            "{}{}",
            if self.noisy { ", draws" } else { "" },
            if self.delays { ", record" } else { "" }
        );
        let f = match (map, self.delays) {
            (_, true) => "rates",
            (true, false) => "step",
            (false, false) => "rhs",
        };
        let given = format!(
            "{}{}",
            if self.noisy { ", &draws" } else { "" },
            if self.delays { ", &past" } else { "" }
        );
        if self.delays {
            let of = if map { "step" } else { "rhs" };
            let _ = write!(
                out,
                "\nfn rates(t: f64, state: &State, p: &Parameters{own_heads}) -> State {{\n    \
                 let past = |k: usize, lag: f64| record.value(k, t - lag, t, state);\n    \
                 {of}(t, state, p{}, &past)\n}}\n",
                if self.noisy { ", draws" } else { "" },
            );
        }
        if !map {
            self.advance(out, f, &own_heads, &inside);
        }
        let see = "let past = |k: usize, lag: f64| record.value(k, t - lag, t, &here);";
        let auxiliaries = !self.script.auxiliaries.is_empty();
        // A row is told with the past as it is seen from the state.
        let tell = |indent: &str| -> String {
            let mut text = String::new();
            if self.delays && auxiliaries {
                let _ = write!(text, "{indent}let here = state;\n{indent}{see}\n");
            }
            let _ = writeln!(text, "{indent}let mut line = vec![t];\n{indent}line.extend(state);");
            if auxiliaries {
                let _ = writeln!(text, "{indent}line.extend(auxiliaries(t, &state, p{given}));");
            }
            let _ = writeln!(text, "{indent}row(&line);");
            text
        };
        out.push_str("\n/// Runs the model and hands over its rows.\n");
        out.push_str(
            "fn simulate(p: &mut Parameters, row: &mut dyn FnMut(&[f64])) {\n    let mut state = INITIAL;\n",
        );
        let h = if map { "1.0" } else { "h" };
        if !map {
            out.push_str("    let h = STEP / SUBSTEPS as f64;\n");
        }
        if self.noisy {
            out.push_str("    let mut random = Random(SEED);\n");
            // The first row is told with random numbers of its own.
            let _ = match auxiliaries {
                true => writeln!(out, "    let mut draws = draw(&mut random, {h});"),
                false => writeln!(out, "    let mut draws;"),
            };
        }
        if self.delays {
            out.push_str(
                "    let mut record = Record { p: p.clone(), t: Vec::new(), x: Vec::new(), rate: Vec::new() };\n",
            );
        }
        let events = !self.script.events.is_empty();
        let _ = writeln!(
            out,
            "    for k in 0..=ROWS * SUBSTEPS {{\n        let {}t = T0 + k as f64{};",
            if events { "mut " } else { "" },
            if map { "" } else { " * h" }
        );
        let append = |indent: &str| match (self.delays, map) {
            (false, _) => String::new(),
            (true, true) => format!("{indent}record.append(t, &state, [0.0; N]);\n"),
            (true, false) => format!(
                "{indent}let rate = rates(t, &state, p{own});\n{indent}record.append(t, &state, rate);\n"
            ),
        };
        out.push_str(&append("        "));
        let _ = write!(
            out,
            "        if k % SUBSTEPS == 0 && t.abs() >= TRANSIENT {{\n{}        }}\n        \
             if k == ROWS * SUBSTEPS {{\n            return;\n        }}\n",
            tell("            ")
        );
        if self.noisy {
            let _ = writeln!(out, "        draws = draw(&mut random, {h});");
        }
        let mut fired = String::new();
        if events {
            let seen = |indent: &str, state: &str| {
                if self.delays {
                    format!(
                        "{indent}let here = {state};\n{indent}let past = |k: usize, lag: f64| record.value(k, t - lag, t, &here);\n"
                    )
                } else {
                    String::new()
                }
            };
            let _ = write!(
                fired,
                "{}            let (stop, output) = fire(events, t, &mut state, p{given});\n{}            if output {{\n{}            }}\n            \
                 if stop {{\n                return;\n            }}\n",
                seen("            ", "state"),
                if map { String::new() } else { append("            ") },
                tell("                "),
            );
            if map {
                let _ = write!(
                    out,
                    "        let before = {{\n{}            conditions(t, &state, p{given})\n        }};\n        \
                     state = {f}(t, &state, p{own});\n        t += 1.0;\n        \
                     let after = {{\n{}            conditions(t, &state, p{given})\n        }};\n        \
                     let events = crossed(&before, &after);\n        if !events.is_empty() {{\n{fired}        }}\n",
                    seen("            ", "state"),
                    seen("            ", "state"),
                );
            } else {
                let _ = write!(
                    out,
                    "        let end = t + h;\n        for _ in 0..1000 {{\n            \
                     let before = {{\n{seen4}                conditions(t, &state, p{given})\n            }};\n            \
                     // The step, or its part up to the first crossing.\n            \
                     let (rest, mut u, mut low, mut high) = (end - t, 1.0, 0.0, 1.0);\n            \
                     let mut events = Vec::new();\n            let mut there = state;\n            \
                     for _ in 0..60 {{\n                \
                     let point = advance(t, &state, u * rest, p{own});\n                \
                     let found = {{\n                    let t = t + u * rest;\n{seen5}                    \
                     crossed(&before, &conditions(t, &point, p{given}))\n                }};\n                \
                     if !found.is_empty() {{\n                    \
                     (high, events, there) = (u, found, point);\n                \
                     }} else if u == 1.0 {{\n                    there = point;\n                    break;\n                \
                     }} else {{\n                    low = u;\n                }}\n                \
                     u = 0.5 * (low + high);\n            }}\n            state = there;\n            \
                     if events.is_empty() {{\n                break;\n            }}\n            t += high * rest;\n{app}{fired}        }}\n",
                    seen4 = seen("                ", "state"),
                    seen5 = seen("                    ", "point"),
                    app = append("            "),
                );
            }
        } else if map {
            let _ = writeln!(out, "        state = {f}(t, &state, p{own});");
        } else {
            let _ = writeln!(out, "        state = advance(t, &state, h, p{own});");
        }
        out.push_str(
            "        if !state.iter().all(|value| value.abs() <= BOUND) {\n            \
             eprintln!(\"the run left its bounds after t = {t}\");\n            return;\n        }\n    }\n}\n",
        );
        out.push_str(
            "\nfn main() {\n    println!(\"{}\", NAMES.join(\",\"));\n    \
             simulate(&mut Parameters::default(), &mut |line| {\n        \
             let line: Vec<String> = line.iter().map(f64::to_string).collect();\n        \
             println!(\"{}\", line.join(\",\"));\n    });\n}\n",
        );
    }

    /// The step of a flow.
    fn advance(&self, out: &mut String, f: &str, heads: &str, own: &str) {
        if self.noisy {
            let _ = write!(
                out,
                "\n/// A step of Euler and Maruyama.\nfn advance(t: f64, state: &State, h: f64, p: &Parameters{heads}) -> State {{\n    \
                 let rate = {f}(t, state, p{own});\n    std::array::from_fn(|i| state[i] + h * rate[i])\n}}\n"
            );
            return;
        }
        let adaptive = self.plan.solver != Solver::Fixed && !self.delays;
        let name = if adaptive { "classical" } else { "advance" };
        let _ = write!(
            out,
            "\n/// A step of Runge and Kutta's method of order four.\nfn {name}(t: f64, state: &State, h: f64, p: &Parameters{heads}) -> State {{\n    \
             let at = |rate: &State, h: f64| -> State {{ std::array::from_fn(|i| state[i] + h * rate[i]) }};\n    \
             let a = {f}(t, state, p{own});\n    \
             let b = {f}(t + 0.5 * h, &at(&a, 0.5 * h), p{own});\n    \
             let c = {f}(t + 0.5 * h, &at(&b, 0.5 * h), p{own});\n    \
             let d = {f}(t + h, &at(&c, h), p{own});\n    \
             std::array::from_fn(|i| state[i] + h / 6.0 * (a[i] + 2.0 * b[i] + 2.0 * c[i] + d[i]))\n}}\n"
        );
        if adaptive {
            let _ = write!(
                out,
                "\nconst RTOL: f64 = {:?};\nconst ATOL: f64 = {:?};\n\n\
                 /// A step in as many parts as the tolerances ask for: each is compared with its two halves.\n\
                 fn advance(t: f64, state: &State, h: f64, p: &Parameters{heads}) -> State {{\n    \
                 let (mut done, mut part, mut x) = (0.0, 1.0_f64, *state);\n    \
                 while done < 1.0 {{\n        \
                 part = part.min(1.0 - done);\n        \
                 let (from, length) = (t + done * h, part * h);\n        \
                 let whole = classical(from, &x, length, p{own});\n        \
                 let middle = classical(from, &x, 0.5 * length, p{own});\n        \
                 let halves = classical(from + 0.5 * length, &middle, 0.5 * length, p{own});\n        \
                 let error = (0..N)\n            \
                 .map(|i| (halves[i] - whole[i]).abs() / 15.0 / (ATOL + RTOL * halves[i].abs().max(x[i].abs())))\n            \
                 .fold(0.0, |most: f64, own| if own <= most {{ most }} else {{ own }});\n        \
                 if error <= 1.0 || part < 1e-12 {{\n            \
                 x = halves;\n            \
                 done = if part >= 1.0 - done {{ 1.0 }} else {{ done + part }};\n        }}\n        \
                 part *= if error.is_finite() {{ (0.9 * error.powf(-0.2)).clamp(0.2, 4.0) }} else {{ 0.1 }};\n    \
                 }}\n    x\n}}\n",
                self.plan.rtol, self.plan.atol,
            );
        }
    }
}
