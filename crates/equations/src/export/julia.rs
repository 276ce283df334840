//! A model as a Julia program on the packages of SciML.

use super::code::{Printer, bracketed, title_line};
use super::names::Names;
use super::plan::{Plan, Solver};
use super::script::{Border, Content, Family, Local, Needs, Pattern, Script, Term, Web};
use super::{Export, Values};
use crate::EquationError;
use crate::expression::Function;
use crate::system::Target;
use numerics::{Crossing, Draw};
use std::fmt::Write;

/// How the program comes by its states.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// A map, iterated.
    Map,
    Ode,
    Dde,
    Sde,
    /// Steps of Euler's method, for random numbers that are no white noise.
    Steps,
}

struct Julia<'a> {
    script: &'a Script<'a>,
    names: &'a Names,
    plan: Plan,
    way: Way,
}

/// Prints a model as a Julia program.
///
/// # Errors
/// Delays together with random numbers, delays of maps, events of maps, events beside random numbers that are no white
/// noise, and events whose conditions or new values are random or delayed.
pub(super) fn julia(script: &Script<'_>, title: &str, values: &Values) -> Result<String, EquationError> {
    let refuse = |what: &str| {
        Err(EquationError::NotExported {
            what: what.into(),
            format: Export::Julia.name().into(),
            instead: "export as Python or Rust".into(),
        })
    };
    let system = &script.model.system;
    let white = script.draws.iter().all(|draw| *draw == Draw::Wiener) && system.affine;
    let way = match (script.is_map(), script.delays, script.draws.is_empty()) {
        (true, ..) => Way::Map,
        (false, true, _) => Way::Dde,
        (false, false, true) => Way::Ode,
        (false, false, false) if white => Way::Sde,
        (false, false, false) => Way::Steps,
    };
    if script.delays && (script.is_map() || !script.draws.is_empty()) {
        return refuse("delays of a map, or delays together with random numbers,");
    }
    if !script.events.is_empty() {
        if matches!(way, Way::Map | Way::Steps) {
            return refuse("events of a map, or events beside random numbers that are no white noise,");
        }
        let terms = script.events.iter().flat_map(|event| {
            std::iter::once(&event.condition).chain(event.resets.iter().map(|(_, value)| value))
        });
        let (needs, _) = script.locals(terms);
        let (rows, _) = script.locals(&script.auxiliaries);
        if needs.past || needs.draws || !needs.noises.is_empty() || rows.past {
            return refuse("events that are random or look back");
        }
    }
    let names = Names::new(script, Export::Julia);
    let julia = Julia { script, names: &names, plan: Plan::new(script.model), way };
    let mut out = String::new();
    julia.head(&mut out, title, values);
    julia.tables(&mut out);
    julia.networks(&mut out);
    julia.functions(&mut out);
    julia.rates(&mut out);
    julia.auxiliaries(&mut out);
    julia.histories(&mut out);
    julia.noise(&mut out);
    julia.events(&mut out);
    julia.run(&mut out);
    Ok(out)
}

impl Julia<'_> {
    fn printer<'p>(&'p self, arguments: &'p [String], top: bool) -> Printer<'p> {
        let named = if top { self.script.named() } else { 0 };
        Printer { script: self.script, names: self.names, format: Export::Julia, arguments, named }
    }

    fn noisy(&self) -> bool {
        !self.script.draws.is_empty()
    }

    fn head(&self, out: &mut String, title: &str, values: &Values) {
        let (script, names, plan) = (self.script, self.names, &self.plan);
        let _ = writeln!(out, "# {}", title_line(title));
        out.push_str("# Written by Separatrix. It prints a table as CSV.\n");
        match self.way {
            Way::Map | Way::Steps => {}
            Way::Ode => out.push_str("using OrdinaryDiffEq\n"),
            Way::Dde => out.push_str("using DelayDiffEq, OrdinaryDiffEq\n"),
            Way::Sde => out.push_str("using StochasticDiffEq\n"),
        }
        if self.noisy() {
            out.push_str("using Random\n");
        }
        let special = [
            Function::Erf,
            Function::Erfc,
            Function::Lgamma,
            Function::BesselJ,
            Function::BesselY,
            Function::BesselI,
        ];
        if special.iter().any(|function| script.calls.contains(function)) {
            out.push_str("using SpecialFunctions\n");
        }
        out.push_str("\nBase.@kwdef mutable struct Parameters\n");
        for (name, value) in names.parameters.iter().zip(&values.parameters) {
            let _ = writeln!(out, "    {name}::Float64 = {value:?}");
        }
        out.push_str("end\n\n");
        let printer = self.printer(&[], true);
        for (name, number) in names.numbers.iter().zip(&script.model.numbers) {
            let _ = writeln!(out, "const {name} = {}", printer.number(number.value));
        }
        let mut columns = vec!["\"t\"".to_owned()];
        columns.extend(script.model.variables.iter().map(|v| format!("\"{}\"", v.name)));
        columns.extend(script.model.auxiliaries.iter().map(|a| format!("\"{}\"", a.name)));
        let _ = writeln!(out, "{}", bracketed("const names = [", &columns, "]", ""));
        let start: Vec<String> = values.initial.iter().map(|value| format!("{value:?}")).collect();
        let _ = writeln!(out, "{}", bracketed("const initial = [", &start, "]", ""));
        let _ = writeln!(out, "const t0 = {:?}  # where time starts", plan.t0);
        if self.way == Way::Map {
            let _ = writeln!(out, "const dt = {}  # iterations between two rows", plan.substeps);
        } else {
            let _ = writeln!(out, "const dt = {:?}  # time between two rows", plan.step);
        }
        let _ = writeln!(out, "const rows = {}  # rows after the first one", plan.rows);
        let _ = writeln!(out, "const transient = {:?}  # rows before this time are left out", plan.transient);
        if matches!(self.way, Way::Steps | Way::Sde) {
            let _ = writeln!(out, "const substeps = {}  # steps in the time of a row", plan.substeps);
        }
        if matches!(self.way, Way::Map | Way::Steps) {
            let _ =
                writeln!(out, "const bound = {:?}  # the run ends where a variable leaves it", plan.bound);
        }
        if self.noisy() {
            let _ = writeln!(out, "const seed = {}", plan.seed);
        }
    }

    /// Lines that give names to what some terms read.
    fn locals(&self, terms: &[&Term]) -> String {
        let (needs, order) = self.script.locals(terms.iter().copied());
        let printer = self.printer(&[], true);
        let mut text = self.unpacked(&needs);
        for local in order {
            let _ = match local {
                Local::Fixed(k) => {
                    writeln!(text, "    {} = {}", self.names.fixed[k], printer.text(&self.script.fixed[k]))
                }
                Local::Row(row) => {
                    let things: Vec<String> =
                        (row.first..=row.last).map(|k| printer.text(&Term::One(row.family, k))).collect();
                    writeln!(text, "    {} = {}", self.names.row(row), bracketed("[", &things, "]", "    "))
                }
                Local::Points(k) => {
                    let table = &self.script.tables[k];
                    let width = (table.high - table.low) / (table.points - 1) as f64;
                    let (low, width) = (printer.number(table.low), printer.number(width));
                    let mut inner = vec![format!("{low} + point * {width}")];
                    inner.extend(printer.handed(&table.needs, None, 0));
                    writeln!(
                        text,
                        "    {} = [{}({}) for point in 0:{}]",
                        self.names.points[k],
                        self.names.contents[k],
                        inner.join(", "),
                        table.points - 1
                    )
                }
            };
        }
        text
    }

    fn unpacked(&self, needs: &Needs) -> String {
        let mut text = String::new();
        let (n, used) = (self.names.states.len(), needs.states.len());
        if n == 1 || n > 12 {
            for k in &needs.states {
                let _ = writeln!(text, "    {} = state[{}]", self.names.states[*k], k + 1);
            }
        } else if used > 0 {
            let named =
                |k: usize| if needs.states.contains(&k) { self.names.states[k].as_str() } else { "_" };
            let list: Vec<&str> = (0..n).map(named).collect();
            let _ = writeln!(text, "    {} = state", list.join(", "));
        }
        for k in &needs.noises {
            if let Some(slot) = self.script.noises.iter().position(|noise| noise == k) {
                let _ = writeln!(text, "    {} = draws[{}]", self.names.noises[*k], slot + 1);
            }
        }
        text
    }

    fn tables(&self, out: &mut String) {
        if self.script.tables.iter().any(|table| table.looked_up) {
            out.push_str(
                "\n\"Straight lines through f(0), f(1), .. at equal distances from low to high; the end lines go on.\"\n\
                 function between_points(f, points, low, high, x)\n    \
                 at = (x - low) / (high - low) * (points - 1)\n    \
                 first = clamp(floor(at), 0.0, points - 2.0)\n    \
                 a, b = f(Int(first)), f(Int(first) + 1)\n    return a + (at - first) * (b - a)\nend\n",
            );
        }
        let time = ["point".to_owned()];
        for (k, table) in self.script.tables.iter().enumerate() {
            let printer = self.printer(&time, false);
            let name = &self.names.contents[k];
            let (low, high) = (printer.number(table.low), printer.number(table.high));
            let taken = printer.taken(&table.needs, false);
            let content = match &table.content {
                Content::Function(body) => {
                    let mut head = vec!["point".to_owned()];
                    head.extend(taken.iter().cloned());
                    let _ = write!(out, "\n{name}({}) = {}\n", head.join(", "), printer.text(body));
                    let width = (table.high - table.low) / (table.points - 1) as f64;
                    let mut inner = vec![format!("{low} + k * {}", printer.number(width))];
                    inner.extend(printer.handed(&table.needs, None, 0));
                    format!("k -> {name}({})", inner.join(", "))
                }
                Content::Values(values) => {
                    let list: Vec<String> = values.iter().map(|value| printer.number(*value)).collect();
                    let _ = write!(out, "\n{}\n", bracketed(&format!("const {name} = ["), &list, "]", ""));
                    format!("k -> {name}[k + 1]")
                }
            };
            if table.looked_up {
                let mut head = vec!["x".to_owned()];
                head.extend(taken);
                let _ = write!(
                    out,
                    "\n{}({}) = between_points({content}, {}, {low}, {high}, x)\n",
                    self.names.tables[k],
                    head.join(", "),
                    table.points
                );
            }
        }
    }

    /// An element of an array by an index from 0.
    fn element(&self, array: (Family, usize, usize), index: &str) -> String {
        match Web::row(array) {
            Some(row) => format!("{}[{index} + 1]", self.names.row(row)),
            None => format!("state[{index} + {}]", array.1 + 1),
        }
    }

    fn networks(&self, out: &mut String) {
        for (k, web) in self.script.networks.iter().enumerate() {
            let Some(web) = web else { continue };
            let printer = self.printer(&[], false);
            let mut head = vec!["site".to_owned()];
            head.extend(printer.taken(&web.needs, false));
            let _ = write!(
                out,
                "\n# {}\nfunction {}({})\n    total = 0.0\n",
                self.script.model.networks[k].text,
                self.names.networks[k],
                head.join(", "),
            );
            let weights = self.names.values_of(self.script, web.weights);
            let weight = match web.pattern {
                Pattern::Convolution { border, points, reach } => {
                    let _ = writeln!(out, "    for offset in -{reach}:{reach}");
                    match border {
                        Border::Periodic => {
                            let _ = writeln!(out, "        place = mod(site + offset, {points})");
                        }
                        Border::Zero | Border::Even => {
                            out.push_str("        place = site + offset\n");
                            if border == Border::Even {
                                let twice = 2 * (points.max(1) - 1);
                                let _ = writeln!(
                                    out,
                                    "        place = place < 0 ? -place : place < {points} ? place : {twice} - place"
                                );
                            }
                            let _ = writeln!(out, "        0 <= place < {points} || continue");
                        }
                    }
                    format!("{weights}[offset + {}]", reach + 1)
                }
                Pattern::Sparse { connections, indices } => {
                    let _ = writeln!(
                        out,
                        "    for link in ({connections} * site + 1):({connections} * (site + 1))"
                    );
                    let _ = writeln!(
                        out,
                        "        place = Int({}[link])",
                        self.names.values_of(self.script, indices)
                    );
                    format!("{weights}[link]")
                }
                Pattern::Matrix { columns } => {
                    let _ = writeln!(out, "    for place in 0:{}", columns - 1);
                    format!("{weights}[{columns} * site + place + 1]")
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
            let _ = write!(out, "        total += {weight} * {value}\n    end\n    return total\nend\n");
        }
    }

    fn functions(&self, out: &mut String) {
        for (k, callable) in self.script.functions.iter().enumerate() {
            let arguments = &self.names.arguments[k];
            let printer = self.printer(arguments, false);
            let mut head = arguments.clone();
            head.extend(printer.taken(&callable.needs, !callable.draws.is_empty()));
            let _ = write!(
                out,
                "\n{}({}) = {}\n",
                self.names.functions[k],
                head.join(", "),
                printer.text(&callable.body)
            );
        }
    }

    fn rates(&self, out: &mut String) {
        let terms: Vec<&Term> = self.script.rates.iter().collect();
        let printer = self.printer(&[], true);
        let (head, what) = match self.way {
            Way::Map if self.noisy() => ("step!(next, state, p, t, draws)", "The next state."),
            Way::Map => ("step!(next, state, p, t)", "The next state."),
            Way::Ode => ("rhs!(rate, state, p, t)", "Rates of change of the state."),
            Way::Dde => ("rhs!(rate, state, history, p, t)", "Rates of change of the state."),
            Way::Sde | Way::Steps => ("rhs!(rate, state, p, t, draws)", "Rates of change of the state."),
        };
        let _ = write!(out, "\n\"{what}\"\nfunction {head}\n{}", self.locals(&terms));
        let target = if self.way == Way::Map { "next" } else { "rate" };
        for (k, (term, variable)) in terms.iter().zip(&self.script.model.variables).enumerate() {
            let _ = writeln!(out, "    {target}[{}] = {}  # {}", k + 1, printer.text(term), variable.name);
        }
        out.push_str("    return nothing\nend\n");
    }

    /// What the auxiliary quantities take.
    fn given(&self) -> &'static str {
        match (self.noisy(), self.script.delays) {
            (false, false) => "state, p, t",
            (true, _) => "state, p, t, draws",
            (false, true) => "state, history, p, t",
        }
    }

    fn auxiliaries(&self, out: &mut String) {
        if self.script.auxiliaries.is_empty() {
            return;
        }
        let terms: Vec<&Term> = self.script.auxiliaries.iter().collect();
        let printer = self.printer(&[], true);
        let _ = write!(
            out,
            "\n\"Quantities beside the state.\"\nfunction auxiliaries({})\n{}    return [\n",
            self.given(),
            self.locals(&terms)
        );
        for (term, auxiliary) in terms.iter().zip(&self.script.model.auxiliaries) {
            let _ = writeln!(out, "        {},  # {}", printer.text(term), auxiliary.name);
        }
        out.push_str("    ]\nend\n");
    }

    fn histories(&self, out: &mut String) {
        if !self.script.delays {
            return;
        }
        let terms: Vec<&Term> = self.script.histories.iter().map(|(_, term)| term).collect();
        let _ = write!(
            out,
            "\n\"Where the variables were before the start: at 0 unless the file says otherwise.\"\n\
             function history_of(p, t; idxs = nothing)\n    state = zeros(length(initial))\n{}",
            self.locals(&terms)
        );
        let printer = self.printer(&[], true);
        for (k, term) in &self.script.histories {
            let _ = writeln!(out, "    state[{}] = {}", k + 1, printer.text(term));
        }
        out.push_str("    return idxs === nothing ? state : state[idxs]\nend\n");
    }

    fn noise(&self, out: &mut String) {
        let m = self.script.draws.len();
        if self.way == Way::Sde {
            let _ = write!(
                out,
                "\n\"Rates without noise.\"\ndrift!(rate, state, p, t) = rhs!(rate, state, p, t, zeros({m}))\n\
                 \n\"How strongly each white noise moves each variable; the rates are linear in them.\"\n\
                 function noise!(strength, state, p, t)\n    \
                 still, moved = similar(state), similar(state)\n    drift!(still, state, p, t)\n    \
                 for k in 1:{m}\n        rhs!(moved, state, p, t, Float64[i == k for i in 1:{m}])\n        \
                 strength[:, k] .= moved .- still\n    end\n    return nothing\nend\n"
            );
            return;
        }
        if m == 0 {
            return;
        }
        let mut parts: Vec<(Draw, usize)> = Vec::new();
        for draw in &self.script.draws {
            match parts.last_mut() {
                Some((kind, count)) if kind == draw => *count += 1,
                _ => parts.push((*draw, 1)),
            }
        }
        let parts: Vec<String> = parts
            .into_iter()
            .map(|(draw, count)| match draw {
                Draw::Wiener => format!("randn(rng, {count}) ./ sqrt(h)"),
                Draw::Normal => format!("randn(rng, {count})"),
                Draw::Uniform => format!("rand(rng, {count})"),
            })
            .collect();
        let _ = write!(
            out,
            "\n\"The random numbers of a step of length h; white noise has the variance 1/h.\"\n\
             draw(rng, h) = vcat({})\n",
            parts.join(", ")
        );
    }

    fn events(&self, out: &mut String) {
        let events = &self.script.events;
        if events.is_empty() {
            return;
        }
        let printer = self.printer(&[], true);
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
        let terms: Vec<&Term> = events.iter().map(|event| &event.condition).collect();
        let _ = write!(
            out,
            "\n# Which way each condition must cross zero: 1 upwards, -1 downwards, 0 either.\n{}\n\n\
             function conditions(state, p, t)\n{}    return [\n",
            bracketed("const directions = [", &directions, "]", ""),
            self.locals(&terms)
        );
        for term in terms {
            let _ = writeln!(out, "        {},", printer.text(term));
        }
        out.push_str(
            "    ]\nend\n\n\"Carries out one event. Tells whether the run ends, and whether a row is written.\"\n\
             function reset!(integrator, event)\n    \
             state, p, t = copy(integrator.u), integrator.p, integrator.t\n    ends, writes = false, false\n",
        );
        for (k, event) in events.iter().enumerate() {
            if event.resets.is_empty() {
                continue;
            }
            let terms: Vec<&Term> = event.resets.iter().map(|(_, term)| term).collect();
            let _ = writeln!(out, "    if event == {}", k + 1);
            for line in self.locals(&terms).lines() {
                let _ = writeln!(out, "    {line}");
            }
            let (mut targets, mut values) = (Vec::new(), Vec::new());
            for (target, term) in &event.resets {
                targets.push(match target {
                    Target::State(k) => format!("integrator.u[{}]", k + 1),
                    Target::Parameter(k) => format!("p.{}", self.names.parameters[*k]),
                    Target::Stop => "ends".into(),
                    Target::Output => "writes".into(),
                });
                values.push(match target {
                    Target::Stop | Target::Output => format!("({})", printer.truth(term).0),
                    _ => printer.text(term),
                });
            }
            let _ = writeln!(out, "        {} = {}\n    end", targets.join(", "), values.join(", "));
        }
        let more = if self.script.auxiliaries.is_empty() {
            String::new()
        } else {
            let given =
                self.given().replace("state", "integrator.u").replace("p, t", "integrator.p, integrator.t");
            let still = format!("zeros({})", self.script.draws.len());
            format!("; auxiliaries({})", given.replace("draws", &still))
        };
        let _ = write!(
            out,
            "    return ends, writes\nend\n\n\
             function crosses(event, before, after)\n    \
             rises, falls = before < 0 <= after, before > 0 >= after\n    \
             return (rises && directions[event] >= 0) || (falls && directions[event] <= 0)\nend\n\n\
             \"Carries out events, and those whose conditions cross zero by that, each once.\"\n\
             function fire!(integrator, events)\n    \
             look() = conditions(integrator.u, integrator.p, integrator.t)\n    \
             before, done, ends, writes = look(), Int[], false, false\n    while !isempty(events)\n        \
             for event in events\n            \
             stops, tells = reset!(integrator, event)\n            \
             ends, writes = ends || stops, writes || tells\n        end\n        \
             append!(done, events)\n        after = look()\n        \
             events = [k for k in eachindex(after) if !(k in done) && crosses(k, before[k], after[k])]\n    end\n    \
             writes && println(join([integrator.t; integrator.u{more}], \",\"))\n    \
             ends && terminate!(integrator)\n    return nothing\nend\n\n\
             function watch(event)\n    \
             happens!(integrator) = fire!(integrator, [event])\n    \
             return ContinuousCallback(\n        \
             (state, t, integrator) -> conditions(state, integrator.p, t)[event],\n        \
             directions[event] >= 0 ? happens! : nothing,\n        \
             directions[event] <= 0 ? happens! : nothing;\n        save_positions = (false, false),\n    )\nend\n",
        );
    }

    fn run(&self, out: &mut String) {
        let auxiliaries = !self.script.auxiliaries.is_empty();
        let line = |indent: &str| {
            let more = if auxiliaries { format!("; auxiliaries({})", self.given()) } else { String::new() };
            format!("{indent}abs(t) >= transient && println(join([t; state{more}], \",\"))\n")
        };
        out.push_str("\nfunction main(p = Parameters())\n    println(join(names, \",\"))\n");
        match self.way {
            Way::Map | Way::Steps => {
                let map = self.way == Way::Map;
                let (h, time) = if map { ("1.0", "t0 + k") } else { ("h", "t0 + k * h") };
                out.push_str("    state, next = copy(initial), similar(initial)\n");
                if !map {
                    out.push_str("    h = dt / substeps\n");
                }
                let per = if map { "dt" } else { "substeps" };
                if self.noisy() {
                    let _ = write!(out, "    rng = Xoshiro(seed)\n    draws = draw(rng, {h})\n");
                }
                let _ = write!(
                    out,
                    "    for k in 0:(rows * {per})\n        t = {time}\n        if k % {per} == 0\n{}        end\n",
                    line("            ")
                );
                if self.noisy() {
                    let _ = writeln!(out, "        draws = draw(rng, {h})");
                }
                let draws = if self.noisy() { ", draws" } else { "" };
                if map {
                    let _ = writeln!(out, "        step!(next, state, p, t{draws})\n        state .= next");
                } else {
                    let _ =
                        writeln!(out, "        rhs!(next, state, p, t{draws})\n        state .+= h .* next");
                }
                out.push_str(
                    "        if !all(x -> abs(x) <= bound, state)\n            \
                     println(stderr, \"the run left its bounds after t = $t\")\n            return\n        end\n    end\n",
                );
            }
            Way::Ode | Way::Dde | Way::Sde => {
                out.push_str("    tspan = (t0, t0 + rows * dt)\n");
                let (problem, solver) = self.solver();
                let _ = writeln!(out, "    problem = {problem}");
                if self.script.events.is_empty() {
                    let _ = writeln!(
                        out,
                        "    solution = solve(problem, {solver}, saveat = t0 .+ dt .* (0:rows))"
                    );
                    if self.script.delays && auxiliaries {
                        out.push_str(
                            "    history(p, s; idxs) = s < t0 ? history_of(p, s; idxs = idxs) : solution(s; idxs = idxs)\n",
                        );
                    }
                    if self.noisy() && auxiliaries {
                        let _ = writeln!(
                            out,
                            "    draws = zeros({})  # auxiliary quantities are told without noise",
                            self.script.draws.len()
                        );
                    }
                    let _ = write!(
                        out,
                        "    for (t, state) in zip(solution.t, solution.u)\n{}    end\n",
                        line("        ")
                    );
                } else {
                    let _ = write!(
                        out,
                        "    integrator = init(problem, {solver}, callback = CallbackSet(watch.(eachindex(directions))...), save_everystep = false)\n    \
                         for row in 0:rows\n        \
                         row > 0 && step!(integrator, t0 + row * dt - integrator.t, true)\n        \
                         t, state = integrator.t, integrator.u\n"
                    );
                    if self.noisy() && auxiliaries {
                        let _ = writeln!(
                            out,
                            "        draws = zeros({})  # auxiliary quantities are told without noise",
                            self.script.draws.len()
                        );
                    }
                    let _ = write!(
                        out,
                        "{}        integrator.sol.retcode == ReturnCode.Terminated && break\n    end\n",
                        line("        ")
                    );
                }
            }
        }
        out.push_str("end\n\nmain()\n");
    }

    /// The problem, and the solver with its options.
    fn solver(&self) -> (String, String) {
        let plan = &self.plan;
        let method = match plan.solver {
            Solver::Stiff => "Rodas5P()",
            Solver::Five => "DP5()",
            Solver::Eight => "DP8()",
            Solver::Fixed => "Vern9()",
        };
        let mut options = format!("reltol = {:?}, abstol = {:?}", plan.rtol, plan.atol);
        if let Some(longest) = plan.longest {
            let _ = write!(options, ", dtmax = {longest:?}");
        }
        match self.way {
            Way::Dde => (
                "DDEProblem(rhs!, initial, history_of, tspan, p)".into(),
                format!("MethodOfSteps({method}); {options}"),
            ),
            Way::Sde => (
                format!(
                    "SDEProblem(drift!, noise!, initial, tspan, p; noise_rate_prototype = zeros({}, {}), seed = seed)",
                    self.names.states.len(),
                    self.script.draws.len()
                ),
                "EM(); dt = dt / substeps".into(),
            ),
            _ => ("ODEProblem(rhs!, initial, tspan, p)".into(), format!("{method}; {options}")),
        }
    }
}
