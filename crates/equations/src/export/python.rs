//! A model as a Python program on NumPy and SciPy.

use super::code::{Printer, bracketed, title_line};
use super::names::Names;
use super::plan::{Plan, Solver};
use super::script::{Border, Content, Family, Local, Pattern, Script, Term, Web};
use super::{Export, Values};
use crate::expression::Function;
use crate::system::Target;
use numerics::{Crossing, Draw};
use std::fmt::Write;

struct Python<'a> {
    script: &'a Script<'a>,
    names: &'a Names,
    plan: Plan,
    out: String,
    /// What every function of the model takes beside time and state.
    inputs: &'static str,
}

/// Prints a model as a Python program.
pub(super) fn python(script: &Script<'_>, title: &str, values: &Values) -> String {
    let names = Names::new(script, Export::Python);
    let inputs = match (script.draws.is_empty(), script.delays) {
        (true, false) => "p",
        (true, true) => "p, past",
        (false, false) => "p, draws",
        (false, true) => "p, draws, past",
    };
    let plan = Plan::new(script.model);
    let mut program = Python { script, names: &names, plan, out: String::new(), inputs };
    program.head(title);
    program.settings(values);
    program.tables();
    program.networks();
    program.functions();
    program.rates();
    program.auxiliaries();
    program.histories();
    program.events();
    program.draws();
    program.run();
    program.out
}

impl Python<'_> {
    fn printer<'p>(&'p self, arguments: &'p [String], top: bool) -> Printer<'p> {
        let named = if top { self.script.named() } else { 0 };
        Printer { script: self.script, names: self.names, format: Export::Python, arguments, named }
    }

    fn line(&mut self, text: impl AsRef<str>) {
        self.out.push_str(text.as_ref());
        self.out.push('\n');
    }

    /// Whether the program steps by itself: SciPy knows no noise and no delay.
    fn steps(&self) -> bool {
        self.script.is_map() || !self.script.draws.is_empty() || self.script.delays
    }

    fn head(&mut self, title: &str) {
        let script = self.script;
        self.line(format!("# {}", title_line(title)));
        self.line("# Written by Separatrix. Run it with Python; it prints a table as CSV.");
        if script.delays {
            self.line("import bisect");
        }
        self.line("import sys");
        self.line("from dataclasses import dataclass\n");
        self.line("import numpy as np");
        let special = [
            Function::Erf,
            Function::Erfc,
            Function::Lgamma,
            Function::BesselJ,
            Function::BesselY,
            Function::BesselI,
        ];
        if special.iter().any(|function| script.calls.contains(function)) {
            self.line("from scipy import special");
        }
        if !self.steps() {
            self.line("from scipy.integrate import solve_ivp");
        }
    }

    fn settings(&mut self, values: &Values) {
        let (script, names) = (self.script, self.names);
        let mut text = String::from("\n\n@dataclass\nclass Parameters:\n");
        if names.parameters.is_empty() {
            text.push_str("    \"\"\"The model has none.\"\"\"\n");
        }
        {
            let printer = self.printer(&[], true);
            for (name, value) in names.parameters.iter().zip(&values.parameters) {
                let _ = writeln!(text, "    {name}: float = {value:?}");
            }
            text.push_str("\n\n");
            for (name, number) in names.numbers.iter().zip(&script.model.numbers) {
                let _ = writeln!(text, "{name} = {}", printer.number(number.value));
            }
        }
        let mut columns = vec!["\"t\"".to_owned()];
        columns.extend(script.model.variables.iter().map(|v| format!("\"{}\"", v.name)));
        columns.extend(script.model.auxiliaries.iter().map(|a| format!("\"{}\"", a.name)));
        let _ = writeln!(text, "{}", bracketed("NAMES = [", &columns, "]", ""));
        let start: Vec<String> = values.initial.iter().map(|value| format!("{value:?}")).collect();
        let _ = writeln!(text, "{}", bracketed("initial = np.array([", &start, "])", ""));
        let plan = &self.plan;
        let _ = writeln!(text, "T0 = {:?}  # where time starts", plan.t0);
        let (what, step) = if script.is_map() {
            ("iterations between two rows", format!("{}", plan.substeps))
        } else {
            ("time between two rows", format!("{:?}", plan.step))
        };
        let _ = writeln!(text, "STEP = {step}  # {what}");
        let _ = writeln!(text, "ROWS = {}  # rows after the first one", plan.rows);
        let _ = writeln!(text, "TRANSIENT = {:?}  # rows before this time are left out", plan.transient);
        if self.steps() && !script.is_map() {
            let _ = writeln!(text, "SUBSTEPS = {}  # steps in the time of a row", plan.substeps);
        }
        if self.steps() {
            let _ = writeln!(text, "BOUND = {:?}  # the run ends where a variable leaves it", plan.bound);
        }
        if !script.draws.is_empty() {
            let _ = writeln!(text, "SEED = {}", plan.seed);
        }
        self.out.push_str(&text);
    }

    /// Lines that give names to what some terms read.
    fn locals(&self, terms: &[&Term]) -> String {
        let (needs, order) = self.script.locals(terms.iter().copied());
        let printer = self.printer(&[], true);
        let mut text = String::new();
        let n = self.names.states.len();
        let used = needs.states.len();
        if n == 1 || (n > 8 && 2 * used < n) {
            for k in &needs.states {
                let _ = writeln!(text, "    {} = state[{k}]", self.names.states[*k]);
            }
        } else if used > 0 {
            let named =
                |k: usize| if needs.states.contains(&k) { self.names.states[k].as_str() } else { "_" };
            let list: Vec<String> = (0..n).map(|k| named(k).to_owned()).collect();
            if list.join(", ").len() < 90 {
                let _ = writeln!(text, "    {} = state", list.join(", "));
            } else {
                let _ = writeln!(text, "    {} = state", bracketed("(", &list, ")", "    "));
            }
        }
        for k in &needs.noises {
            if let Some(slot) = self.script.noises.iter().position(|noise| noise == k) {
                let _ = writeln!(text, "    {} = draws[{slot}]", self.names.noises[*k]);
            }
        }
        for local in order {
            let _ = match local {
                Local::Fixed(k) => {
                    writeln!(text, "    {} = {}", self.names.fixed[k], printer.text(&self.script.fixed[k]))
                }
                Local::Row(row) => {
                    let things: Vec<String> =
                        (row.first..=row.last).map(|k| printer.text(&Term::One(row.family, k))).collect();
                    let list = bracketed("[", &things, "]", "    ");
                    writeln!(text, "    {} = {list}", self.names.row(row))
                }
                Local::Points(k) => {
                    let table = &self.script.tables[k];
                    let width = (table.high - table.low) / (table.points - 1) as f64;
                    let mut inner =
                        vec![format!("{} + point * {}", printer.number(table.low), printer.number(width))];
                    inner.extend(printer.handed(&table.needs, None, 0));
                    writeln!(
                        text,
                        "    {} = [{}({}) for point in range({})]",
                        self.names.points[k],
                        self.names.contents[k],
                        inner.join(", "),
                        table.points
                    )
                }
            };
        }
        text
    }

    fn tables(&mut self) {
        let script = self.script;
        let mut text = String::new();
        if script.tables.iter().any(|table| table.looked_up) {
            text.push_str(
                "\n\ndef between_points(f, points, low, high, x):\n    \
                 \"\"\"Straight lines through f(0), f(1), .. at equal distances from low to high; the end lines go \
                 on.\"\"\"\n    \
                 at = (x - low) / (high - low) * (points - 1)\n    \
                 first = int(min(max(np.floor(at), 0), points - 2))\n    \
                 return f(first) + (at - first) * (f(first + 1) - f(first))\n",
            );
        }
        let time = ["point".to_owned()];
        for (k, table) in script.tables.iter().enumerate() {
            let printer = self.printer(&time, false);
            let name = &self.names.contents[k];
            let (low, high) = (printer.number(table.low), printer.number(table.high));
            let taken = printer.taken(&table.needs, false);
            let content = match &table.content {
                Content::Function(body) => {
                    let mut head = vec!["point".to_owned()];
                    head.extend(taken.iter().cloned());
                    let _ = write!(
                        text,
                        "\n\ndef {name}({}):\n    return {}\n",
                        head.join(", "),
                        printer.text(body)
                    );
                    let width = (table.high - table.low) / (table.points - 1) as f64;
                    let mut inner = vec![format!("{low} + k * {}", printer.number(width))];
                    inner.extend(printer.handed(&table.needs, None, 0));
                    format!("lambda k: {name}({})", inner.join(", "))
                }
                Content::Values(values) => {
                    let list: Vec<String> = values.iter().map(|value| printer.number(*value)).collect();
                    let _ = write!(text, "\n\n{}\n", bracketed(&format!("{name} = ["), &list, "]", ""));
                    format!("{name}.__getitem__")
                }
            };
            if table.looked_up {
                let mut head = vec!["x".to_owned()];
                head.extend(taken);
                let _ = write!(
                    text,
                    "\n\ndef {}({}):\n    return between_points({content}, {}, {low}, {high}, x)\n",
                    self.names.tables[k],
                    head.join(", "),
                    table.points
                );
            }
        }
        self.out.push_str(&text);
    }

    fn element(&self, array: (Family, usize, usize), index: &str) -> String {
        match Web::row(array) {
            Some(row) => format!("{}[{index}]", self.names.row(row)),
            None if array.1 == 0 => format!("state[{index}]"),
            None => format!("state[{} + {index}]", array.1),
        }
    }

    fn networks(&mut self) {
        let script = self.script;
        let mut text = String::new();
        for (k, web) in script.networks.iter().enumerate() {
            let Some(web) = web else { continue };
            let printer = self.printer(&[], false);
            let mut head = vec!["site".to_owned()];
            head.extend(printer.taken(&web.needs, false));
            let _ = write!(
                text,
                "\n\ndef {}({}):\n    \"\"\"{}\"\"\"\n    total = 0.0\n",
                self.names.networks[k],
                head.join(", "),
                script.model.networks[k].text.replace(['"', '\\'], " ")
            );
            let weights = self.names.values_of(self.script, web.weights);
            let mut indent = "        ";
            let weight = match web.pattern {
                Pattern::Convolution { border, points, reach } => {
                    let _ = writeln!(text, "    for offset in range(-{reach}, {reach} + 1):");
                    match border {
                        Border::Periodic => {
                            let _ = writeln!(text, "        place = (site + offset) % {points}");
                        }
                        Border::Zero | Border::Even => {
                            let _ = writeln!(text, "        place = site + offset");
                            if border == Border::Even {
                                let twice = 2 * (points.max(1) - 1);
                                let _ = writeln!(
                                    text,
                                    "        place = -place if place < 0 else place if place < {points} else {twice} - place"
                                );
                            }
                            let _ = writeln!(text, "        if 0 <= place < {points}:");
                            indent = "            ";
                        }
                    }
                    format!("{weights}[offset + {reach}]")
                }
                Pattern::Sparse { connections, indices } => {
                    let _ = writeln!(
                        text,
                        "    for link in range({connections} * site, {connections} * (site + 1)):"
                    );
                    let _ = writeln!(
                        text,
                        "        place = int({}[link])",
                        self.names.values_of(self.script, indices)
                    );
                    format!("{weights}[link]")
                }
                Pattern::Matrix { columns } => {
                    let _ = writeln!(text, "    for place in range({columns}):");
                    format!("{weights}[{columns} * site + place]")
                }
            };
            let value = self.element(web.root, "place");
            let value = match web.mix {
                None => value,
                Some((other, function)) => {
                    let mut inner = vec![value, self.element(other, "site")];
                    inner.extend(printer.handed(&script.functions[function].needs, None, 0));
                    format!("{}({})", self.names.functions[function], inner.join(", "))
                }
            };
            let _ = writeln!(text, "{indent}total += {weight} * {value}");
            text.push_str("    return total\n");
        }
        self.out.push_str(&text);
    }

    fn functions(&mut self) {
        let mut text = String::new();
        for (k, callable) in self.script.functions.iter().enumerate() {
            let printer = self.printer(&self.names.arguments[k], false);
            let mut head = self.names.arguments[k].clone();
            head.extend(printer.taken(&callable.needs, !callable.draws.is_empty()));
            let name = &self.names.functions[k];
            let _ = write!(
                text,
                "\n\ndef {name}({}):\n    return {}\n",
                head.join(", "),
                printer.text(&callable.body)
            );
        }
        self.out.push_str(&text);
    }

    fn rates(&mut self) {
        let (name, what, mark) = if self.script.is_map() {
            ("step", "The next state.", "(t+1)")
        } else {
            ("rhs", "Rates of change of the state.", "'")
        };
        let terms: Vec<&Term> = self.script.rates.iter().collect();
        let printer = self.printer(&[], true);
        let mut text = format!("\n\ndef {name}(t, state, {}):\n    \"\"\"{what}\"\"\"\n", self.inputs);
        text.push_str(&self.locals(&terms));
        text.push_str("    return np.array([\n");
        for (term, variable) in terms.iter().zip(&self.script.model.variables) {
            let _ = writeln!(text, "        {},  # {}{mark}", printer.text(term), variable.name);
        }
        text.push_str("    ], dtype=float)\n");
        self.out.push_str(&text);
    }

    fn auxiliaries(&mut self) {
        if self.script.auxiliaries.is_empty() {
            return;
        }
        let terms: Vec<&Term> = self.script.auxiliaries.iter().collect();
        let printer = self.printer(&[], true);
        let mut text = format!(
            "\n\ndef auxiliaries(t, state, {}):\n    \"\"\"Quantities beside the state.\"\"\"\n",
            self.inputs
        );
        text.push_str(&self.locals(&terms));
        text.push_str("    return [\n");
        for (term, auxiliary) in terms.iter().zip(&self.script.model.auxiliaries) {
            let _ = writeln!(text, "        {},  # {}", printer.text(term), auxiliary.name);
        }
        text.push_str("    ]\n");
        self.out.push_str(&text);
    }

    fn histories(&mut self) {
        let script = self.script;
        if !script.delays {
            return;
        }
        let mut text = String::from(
            "\n\ndef history(t, p):\n    \"\"\"Where the variables were before the start: at 0 unless the file says \
             otherwise.\"\"\"\n    state = np.zeros_like(initial)\n",
        );
        let terms: Vec<&Term> = script.histories.iter().map(|(_, term)| term).collect();
        text.push_str(&self.locals(&terms));
        let printer = self.printer(&[], true);
        for (k, term) in &script.histories {
            let _ = writeln!(text, "    state[{k}] = {}", printer.text(term));
        }
        text.push_str("    return state\n");
        let cubic = script.draws.is_empty() && !script.is_map();
        let between = if cubic {
            "        h = self.t[i + 1] - self.t[i]\n        \
             if h == 0:\n            return self.x[i + 1][k]\n        \
             u = (s - self.t[i]) / h\n        \
             a, b, da, db = self.x[i][k], self.x[i + 1][k], h * self.rate[i][k], h * self.rate[i + 1][k]\n        \
             return a + u * (da + u * (3 * (b - a) - 2 * da - db + u * (2 * (a - b) + da + db)))\n"
        } else {
            "        h = self.t[i + 1] - self.t[i]\n        \
             if h == 0:\n            return self.x[i + 1][k]\n        \
             return self.x[i][k] + (s - self.t[i]) / h * (self.x[i + 1][k] - self.x[i][k])\n"
        };
        let lines = if cubic { "the cubics" } else { "straight lines" };
        let _ = write!(
            text,
            "\n\nclass Past:\n    \"\"\"The states so far, and {lines} between them.\"\"\"\n\n    \
             def __init__(self, p):\n        self.p = p\n        self.t, self.x, self.rate = [], [], []\n\n    \
             def append(self, t, state, rate):\n        self.t.append(t)\n        self.x.append(state)\n        \
             self.rate.append(rate)\n\n    \
             def seen_from(self, t, state):\n        \"\"\"Variables by their index, a lag before t, where the state \
             is the one given.\"\"\"\n        return lambda k, lag: self.value(k, t - lag, t, state)\n\n    \
             def value(self, k, s, t, state):\n        \
             if s >= t:\n            return state[k]\n        \
             # At the start of a step one sees what follows a jump of the past, within it what came before.\n        \
             slack = 1e-14 * (abs(t) + abs(s))\n        \
             seen = s - slack if self.t and t > self.t[-1] else s + slack\n        \
             if not self.t or seen < self.t[0]:\n            return history(s, self.p)[k]\n        \
             if seen >= self.t[-1]:\n            # Within the present step: on the way to its state.\n            \
             last, h = self.x[-1][k], t - self.t[-1]\n            \
             return state[k] if h == 0 else last + (s - self.t[-1]) / h * (state[k] - last)\n        \
             i = bisect.bisect_right(self.t, seen) - 1\n{between}"
        );
        self.out.push_str(&text);
    }

    fn events(&mut self) {
        let script = self.script;
        if script.events.is_empty() {
            return;
        }
        let inputs = self.inputs;
        let directions: Vec<String> = script
            .events
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
        let mut text = String::from(
            "\n\n# Which way each condition must cross zero: 1 upwards, -1 downwards, 0 either.\n",
        );
        let _ = writeln!(text, "{}", bracketed("DIRECTIONS = [", &directions, "]", ""));
        let printer = self.printer(&[], true);
        let terms: Vec<&Term> = script.events.iter().map(|event| &event.condition).collect();
        let _ =
            write!(text, "\n\ndef conditions(t, state, {inputs}):\n{}    return [\n", self.locals(&terms));
        for term in terms {
            let _ = writeln!(text, "        {},", printer.text(term));
        }
        text.push_str("    ]\n");
        let _ = write!(
            text,
            "\n\ndef reset(event, t, state, {inputs}):\n    \"\"\"The state after an event, whether the run ends, \
             whether a row is written. Parameters change in place.\"\"\"\n    \
             new, stop, output = np.array(state), False, False\n"
        );
        for (k, event) in script.events.iter().enumerate() {
            if event.resets.is_empty() {
                continue;
            }
            let terms: Vec<&Term> = event.resets.iter().map(|(_, term)| term).collect();
            let _ = writeln!(text, "    if event == {k}:");
            for line in self.locals(&terms).lines() {
                let _ = writeln!(text, "    {line}");
            }
            // Every value is computed from what was before the event.
            let late = event.resets.len() > 1
                && event.resets.iter().any(|(target, _)| matches!(target, Target::Parameter(_)));
            let names: Vec<String> = event
                .resets
                .iter()
                .map(|(target, _)| match target {
                    Target::State(k) => format!("new[{k}]"),
                    Target::Parameter(k) => format!("p.{}", self.names.parameters[*k]),
                    Target::Stop => "stop".into(),
                    Target::Output => "output".into(),
                })
                .collect();
            let values: Vec<String> = event
                .resets
                .iter()
                .map(|(target, term)| match target {
                    Target::Stop | Target::Output => printer.truth(term).0,
                    _ => printer.text(term),
                })
                .collect();
            if late {
                let _ = writeln!(text, "        {} = (", names.join(", "));
                for value in values {
                    let _ = writeln!(text, "            {value},");
                }
                text.push_str("        )\n");
            } else {
                for (name, value) in names.iter().zip(values) {
                    let _ = writeln!(text, "        {name} = {value}");
                }
            }
        }
        text.push_str("    return new, stop, output\n");
        let _ = write!(
            text,
            "\n\ndef crosses(event, before, after):\n    \
             rises, falls = before < 0 <= after, before > 0 >= after\n    \
             return (rises and DIRECTIONS[event] >= 0) or (falls and DIRECTIONS[event] <= 0)\n\
             \n\ndef fire(events, t, state, {inputs}):\n    \"\"\"Carries out events, and those whose conditions cross \
             zero by that, each once.\"\"\"\n    \
             before, done, stop, output = {call}, set(), False, False\n    \
             while events:\n        for event in events:\n            \
             state, ends, writes = reset(event, t, state, {inputs})\n            \
             stop, output = stop or ends, output or writes\n        done.update(events)\n        \
             after = {call}\n        \
             events = [k for k in range(len(after)) if k not in done and crosses(k, before[k], after[k])]\n    \
             return state, stop, output\n",
            call = format_args!("conditions(t, state, {inputs})"),
        );
        self.out.push_str(&text);
    }

    fn draws(&mut self) {
        let script = self.script;
        if script.draws.is_empty() {
            return;
        }
        let mut parts: Vec<(Draw, usize)> = Vec::new();
        for draw in &script.draws {
            match parts.last_mut() {
                Some((kind, count)) if kind == draw => *count += 1,
                _ => parts.push((*draw, 1)),
            }
        }
        let parts: Vec<String> = parts
            .into_iter()
            .map(|(draw, count)| match draw {
                Draw::Wiener => format!("rng.standard_normal({count}) / np.sqrt(h)"),
                Draw::Normal => format!("rng.standard_normal({count})"),
                Draw::Uniform => format!("rng.random({count})"),
            })
            .collect();
        let _ = write!(
            self.out,
            "\n\ndef draw(rng, h):\n    \"\"\"The random numbers of a step of length h; white noise has the variance \
             1/h.\"\"\"\n    return {}\n",
            if parts.len() == 1 {
                parts.concat()
            } else {
                format!("np.concatenate([\n        {},\n    ])", parts.join(",\n        "))
            }
        );
    }

    fn run(&mut self) {
        let text = if self.script.is_map() {
            self.run_map()
        } else if self.steps() {
            self.run_steps()
        } else if self.script.events.is_empty() {
            self.run_flow()
        } else {
            self.run_events()
        };
        self.out.push_str(&text);
        self.out.push_str(
            "\n\nif __name__ == \"__main__\":\n    print(*NAMES, sep=\",\")\n    \
             for line in simulate(Parameters()):\n        print(*line, sep=\",\")\n",
        );
    }

    fn row(&self) -> String {
        if self.script.auxiliaries.is_empty() {
            "t, *state".into()
        } else {
            format!("t, *state, *auxiliaries(t, state, {})", self.inputs)
        }
    }

    fn solver(&self) -> String {
        let method = match self.plan.solver {
            Solver::Stiff => "LSODA",
            Solver::Five => "RK45",
            Solver::Eight | Solver::Fixed => "DOP853",
        };
        let mut text = format!("method=\"{method}\", rtol={:?}, atol={:?}", self.plan.rtol, self.plan.atol);
        if let Some(longest) = self.plan.longest {
            let _ = write!(text, ", max_step={longest:?}");
        }
        text
    }

    fn run_flow(&self) -> String {
        format!(
            "\n\ndef simulate(p):\n    \"\"\"Yields a row every STEP: time, state{}.\"\"\"\n    \
             times = T0 + STEP * np.arange(ROWS + 1)\n    t_span = (times[0], times[-1])\n    \
             run = solve_ivp(\n        rhs, t_span, initial, t_eval=times, args=(p,),\n        {},\n    )\n    \
             if not run.success:\n        print(run.message, file=sys.stderr)\n    \
             for t, state in zip(run.t, run.y.T):\n        if abs(t) >= TRANSIENT:\n            yield {}\n",
            if self.script.auxiliaries.is_empty() { "" } else { ", auxiliary quantities" },
            self.solver(),
            self.row()
        )
    }

    fn run_events(&self) -> String {
        format!(
            "\n\ndef watched(event, start, fired):\n    \"\"\"A condition as solve_ivp takes it. One that has just fired \
             and stayed at zero is not seen at once again.\"\"\"\n\n    \
             def watch(t, state, p):\n        \
             value = conditions(t, state, p)[event]\n        \
             return np.nan if fired and t == start and abs(value) < 1e-9 else value\n\n    \
             watch.terminal, watch.direction = True, DIRECTIONS[event]\n    return watch\n\
             \n\ndef simulate(p):\n    \"\"\"Yields a row every STEP, and where events ask for one.\"\"\"\n    \
             times = T0 + STEP * np.arange(ROWS + 1)\n    t, state, events = T0, initial, []\n    \
             if abs(t) >= TRANSIENT:\n        yield {row}\n    times = times[1:]\n    \
             while len(times):\n        \
             watches = [watched(k, t, k in events) for k in range(len(DIRECTIONS))]\n        \
             run = solve_ivp(\n            rhs, (t, times[-1]), state, t_eval=times, events=watches, args=(p,),\n            \
             {solver},\n        )\n        \
             for t, state in zip(run.t, run.y.T):\n            if abs(t) >= TRANSIENT:\n                yield {row}\n        \
             times = times[len(run.t) :]\n        \
             if run.status != 1:\n            if not run.success:\n                print(run.message, file=sys.stderr)\n            \
             return\n        \
             events = [k for k, found in enumerate(run.t_events) if len(found)]\n        \
             t, state = run.t_events[events[0]][-1], run.y_events[events[0]][-1]\n        \
             state, stop, output = fire(events, t, state, p)\n        \
             if output:\n            yield {row}\n        if stop:\n            return\n",
            row = self.row(),
            solver = self.solver(),
        )
    }

    fn run_map(&self) -> String {
        let (noisy, delays) = (!self.script.draws.is_empty(), self.script.delays);
        let inputs = self.inputs;
        let mut text = String::from(
            "\n\ndef simulate(p):\n    \"\"\"Yields a row every STEP iterations.\"\"\"\n    state = initial\n",
        );
        if noisy {
            text.push_str("    rng = np.random.default_rng(SEED)\n    draws = draw(rng, 1.0)\n");
        }
        if delays {
            text.push_str("    record = Past(p)\n");
        }
        text.push_str("    for k in range(ROWS * STEP + 1):\n        t = T0 + k\n");
        if delays {
            text.push_str(
                "        record.append(t, state, np.zeros_like(state))\n        past = record.seen_from(t, state)\n",
            );
        }
        let _ = writeln!(
            text,
            "        if k % STEP == 0 and abs(t) >= TRANSIENT:\n            yield {}",
            self.row()
        );
        if noisy {
            text.push_str("        draws = draw(rng, 1.0)\n");
        }
        if self.script.events.is_empty() {
            let _ = writeln!(text, "        state = step(t, state, {inputs})");
        } else {
            let _ = writeln!(
                text,
                "        before = conditions(t, state, {inputs})\n        state = step(t, state, {inputs})\n        \
                 t = t + 1"
            );
            if delays {
                text.push_str("        past = record.seen_from(t, state)\n");
            }
            let _ = writeln!(
                text,
                "        after = conditions(t, state, {inputs})\n        \
                 events = [i for i in range(len(after)) if crosses(i, before[i], after[i])]\n        \
                 if events:\n            state, stop, output = fire(events, t, state, {inputs})\n            \
                 if output:\n                yield {}\n            if stop:\n                return",
                self.row()
            );
        }
        text.push_str(
            "        if not np.all(np.abs(state) <= BOUND):\n            \
             print(f\"the run left its bounds after t = {t}\", file=sys.stderr)\n            return\n",
        );
        text
    }

    fn run_steps(&self) -> String {
        let (noisy, delays) = (!self.script.draws.is_empty(), self.script.delays);
        let inputs = self.inputs;
        let given = if noisy { "p, draws" } else { "p" };
        let own = if delays { format!("{given}, record") } else { given.to_owned() };
        let mut text = String::new();
        if delays {
            let _ = write!(
                text,
                "\n\ndef rates(t, state, {own}):\n    past = record.seen_from(t, state)\n    \
                 return rhs(t, state, {inputs})\n"
            );
        }
        let f = if delays { "rates" } else { "rhs" };
        if noisy {
            let _ = write!(
                text,
                "\n\ndef advance(t, state, h, {own}):\n    \"\"\"A step of Euler and Maruyama.\"\"\"\n    \
                 return state + h * {f}(t, state, {own})\n"
            );
        } else {
            let _ = write!(
                text,
                "\n\ndef advance(t, state, h, {own}):\n    \"\"\"A step of Runge and Kutta's method of order four.\"\"\"\n    \
                 a = {f}(t, state, {own})\n    \
                 b = {f}(t + h / 2, state + h / 2 * a, {own})\n    \
                 c = {f}(t + h / 2, state + h / 2 * b, {own})\n    \
                 d = {f}(t + h, state + h * c, {own})\n    \
                 return state + h / 6 * (a + 2 * b + 2 * c + d)\n"
            );
        }
        let events = !self.script.events.is_empty();
        text.push_str("\n\ndef simulate(p):\n    \"\"\"Yields a row every STEP.\"\"\"\n    state, h = initial, STEP / SUBSTEPS\n");
        if noisy {
            text.push_str("    rng = np.random.default_rng(SEED)\n    draws = draw(rng, h)\n");
        }
        if delays {
            text.push_str("    record = Past(p)\n");
        }
        text.push_str("    for k in range(ROWS * SUBSTEPS + 1):\n        t = T0 + k * h\n");
        if delays {
            let _ = writeln!(
                text,
                "        record.append(t, state, rates(t, state, {own}))\n        past = record.seen_from(t, state)"
            );
        }
        let _ = writeln!(
            text,
            "        if k % SUBSTEPS == 0 and abs(t) >= TRANSIENT:\n            yield {}",
            self.row()
        );
        if noisy {
            text.push_str("        draws = draw(rng, h)\n");
        }
        if !events {
            let _ = writeln!(text, "        state = advance(t, state, h, {own})");
        } else {
            let see = if delays { "past = record.seen_from(t + u * rest, point)" } else { "" };
            let _ = write!(
                text,
                "        end, before = t + h, conditions(t, state, {inputs})\n        \
                 for _ in range(1000):\n            \
                 # The step, or its part up to the first crossing.\n            \
                 rest, u, low, high, events = end - t, 1.0, 0.0, 1.0, []\n            \
                 for _ in range(60):\n                point = advance(t, state, u * rest, {own})\n"
            );
            if delays {
                let _ = writeln!(text, "                {see}");
            }
            let _ = write!(
                text,
                "                after = conditions(t + u * rest, point, {inputs})\n                \
                 found = [i for i in range(len(after)) if crosses(i, before[i], after[i])]\n                \
                 if found:\n                    high, events, there = u, found, point\n                \
                 elif u == 1:\n                    break\n                else:\n                    low = u\n                \
                 u = (low + high) / 2\n            \
                 if not events:\n                state = point\n                break\n            \
                 t, state = t + high * rest, there\n"
            );
            if delays {
                let _ = writeln!(
                    text,
                    "            record.append(t, state, rates(t, state, {own}))\n            \
                     past = record.seen_from(t, state)"
                );
            }
            let _ = writeln!(text, "            state, stop, output = fire(events, t, state, {inputs})");
            if delays {
                let _ = writeln!(
                    text,
                    "            record.append(t, state, rates(t, state, {own}))\n            \
                     past = record.seen_from(t, state)"
                );
            }
            let _ = writeln!(
                text,
                "            if output:\n                yield {}\n            if stop:\n                return\n            \
                 before = conditions(t, state, {inputs})",
                self.row()
            );
        }
        text.push_str(
            "        if not np.all(np.abs(state) <= BOUND):\n            \
             print(f\"the run left its bounds after t = {t}\", file=sys.stderr)\n            return\n",
        );
        text
    }
}
