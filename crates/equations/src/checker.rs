//! Statements into a checked model.

use crate::bounds;
use crate::build::{Builder, Call, Stop, call_of, operation_of, span_of};
use crate::diagnostic::{Findings, Severity, Span};
use crate::expression::{Expression, Form, Function};
use crate::graph::{Full, Graph, Id, Node, apply_one, apply_two};
use crate::model::{
    Definition, Event, Kind, Model, Network, Parameter, ParameterSet, TableContent, TableDefinition,
    UserFunction, Variable,
};
use crate::options::{Options, is_known};
use crate::parser::{Argument, Content, Named, Statement};
use crate::program::{Layout, Program};
use crate::system::{Resets, System, Target};
use crate::table::{self, Table};
use numerics::{Crossing, Draw};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Symbol {
    Variable(usize),
    Parameter(usize),
    Number(usize),
    Fixed(usize),
    /// White noise, by its place among the names of noise.
    Noise(usize),
}

/// What a name followed by brackets stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Callee {
    Function(usize),
    Table(usize),
    Network(usize),
}

/// Words that no definition may take.
const WORDS: [&str; 6] = ["t", "pi", "if", "then", "else", "sum"];

/// An event as written: where, how it crosses, its condition and its resets.
type RawEvent = (Span, Crossing, Expression, Vec<(Named, Expression)>);
/// A named set as written.
type RawSet = (String, Span, Vec<(Named, String, Span)>);

pub(crate) struct Checker<'a> {
    findings: &'a mut Findings,
    symbols: BTreeMap<String, (Symbol, Span)>,
    callees: BTreeMap<String, (Callee, Span)>,
    model: Raw,
    options: Options,
}

/// A model as it is read.
#[derive(Default)]
pub(crate) struct Raw {
    kind: Option<Kind>,
    pub(crate) variables: Vec<(Named, Expression)>,
    pub(crate) parameters: Vec<(Named, f64)>,
    pub(crate) numbers: Vec<(Named, f64)>,
    pub(crate) fixed: Vec<(Named, Expression)>,
    pub(crate) functions: Vec<(Named, Vec<Named>, Expression)>,
    auxiliaries: Vec<(Named, Expression)>,
    pub(crate) noises: Vec<Named>,
    pub(crate) tables: Vec<(Named, TableContent)>,
    pub(crate) networks: Vec<(Named, Named, Vec<Argument>)>,
    events: Vec<RawEvent>,
    /// A value where the run begins, and whether it is the past's too.
    initial: Vec<(Named, Expression, bool)>,
    sets: Vec<RawSet>,
    only: Vec<Named>,
}

/// What the statements' expressions become in the graph.
#[derive(Default)]
struct Roots {
    rates: Vec<Id>,
    auxiliaries: Vec<Id>,
    conditions: Vec<Id>,
    resets: Vec<Vec<Id>>,
    histories: Vec<Id>,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(findings: &'a mut Findings) -> Self {
        Self {
            findings,
            symbols: BTreeMap::new(),
            callees: BTreeMap::new(),
            model: Raw::default(),
            options: Options::default(),
        }
    }

    fn declare(&mut self, name: &Named, symbol: Symbol) -> bool {
        let lower = name.name.to_ascii_lowercase();
        if WORDS.contains(&lower.as_str()) || Function::of(&lower).is_some() || Form::of(&lower).is_some() {
            let help = Some(format!("choose another name, such as {}1", name.name));
            self.findings.error(name.span, format!("`{}` is a word of the language", name.name), help);
            return false;
        }
        if name.name.contains('.') {
            let help = Some("names are made of letters, digits and `_` and start with a letter".into());
            self.findings.error(name.span, format!("`{}` is no name", name.name), help);
            return false;
        }
        if let Some((_, at)) = self.symbols.get(&lower) {
            let message = format!("`{}` is already defined in line {}", name.name, at.line);
            self.findings.error(
                name.span,
                message,
                Some("names are the same in capital and small letters".into()),
            );
            return false;
        }
        self.symbols.insert(lower, (symbol, name.span));
        true
    }

    /// Declares a name that is followed by brackets where it is used.
    fn declare_callee(&mut self, name: &Named, callee: Callee) -> bool {
        let lower = name.name.to_ascii_lowercase();
        if WORDS.contains(&lower.as_str()) || Function::of(&lower).is_some() || Form::of(&lower).is_some() {
            let message = format!("`{}` is a function of the language", name.name);
            let help = Some(format!("choose another name, such as {}1", name.name));
            self.findings.error(name.span, message, help);
            return false;
        }
        if let Some((_, at)) = self.callees.get(&lower) {
            let message = format!("function `{}` is already defined in line {}", name.name, at.line);
            self.findings.error(name.span, message, None);
            return false;
        }
        self.callees.insert(lower, (callee, name.span));
        true
    }

    fn room(&mut self, name: &Named, have: usize, most: usize, what: &str) -> bool {
        if have >= most {
            self.findings.error(name.span, format!("too many {what}"), Some(format!("at most {most}")));
        }
        have < most
    }

    pub(crate) fn check(mut self, statements: Vec<Statement>) -> Option<Model> {
        for statement in statements {
            self.statement(statement);
            if self.findings.full() {
                return None;
            }
        }
        let Some(mut kind) = self.model.kind else {
            if !self.findings.failed {
                let span = Span { line: 1, column: 1, length: 1 };
                self.findings.error(span, "there is no equation", Some("write x'=... or x(t+1)=...".into()));
            }
            return None;
        };
        // XPPAUT steps equations with a prime as a map where the method says so.
        if self.options.meth.as_deref().is_some_and(|meth| meth.starts_with("di") || meth == "0") {
            kind = Kind::Map;
        }
        let (start, histories) = self.starts();
        let sets = self.sets();
        let only = self.columns();
        let targets = self.targets();
        if self.findings.failed {
            return None;
        }
        let system = self.build(kind, &histories, targets)?;
        Some(self.finish(kind, start, histories, sets, only, system))
    }

    fn finish(
        self,
        kind: Kind,
        start: Vec<f64>,
        mut histories: BTreeMap<usize, Expression>,
        sets: Vec<ParameterSet>,
        only: Vec<String>,
        system: System,
    ) -> Model {
        let raw = self.model;
        let define = |(name, expression): (Named, Expression)| Definition { name: name.name, expression };
        let parameter = |(name, value): (Named, f64)| Parameter { name: name.name, value };
        let word = |argument: &Argument| match argument {
            Argument::Number(value, _) => crate::expression::number(*value),
            Argument::Name(name) => name.name.clone(),
        };
        Model {
            kind,
            variables: raw
                .variables
                .into_iter()
                .zip(start)
                .enumerate()
                .map(|(k, ((name, rate), initial))| Variable {
                    name: name.name,
                    initial,
                    rate,
                    history: histories.remove(&k).filter(|_| system.history.0.contains(&k)),
                })
                .collect(),
            parameters: raw.parameters.into_iter().map(parameter).collect(),
            numbers: raw.numbers.into_iter().map(parameter).collect(),
            fixed: raw.fixed.into_iter().map(define).collect(),
            functions: raw
                .functions
                .into_iter()
                .map(|(name, arguments, expression)| UserFunction {
                    name: name.name,
                    arguments: arguments.into_iter().map(|argument| argument.name).collect(),
                    expression,
                })
                .collect(),
            auxiliaries: raw.auxiliaries.into_iter().map(define).collect(),
            tables: raw
                .tables
                .into_iter()
                .map(|(name, content)| TableDefinition { name: name.name, content })
                .collect(),
            networks: raw
                .networks
                .into_iter()
                .map(|(name, kind, arguments)| {
                    let arguments: Vec<String> = arguments.iter().map(word).collect();
                    Network { name: name.name, text: format!("{}({})", kind.name, arguments.join(",")) }
                })
                .collect(),
            noises: raw.noises.into_iter().map(|name| name.name).collect(),
            events: raw
                .events
                .into_iter()
                .map(|(_, crossing, condition, resets)| Event {
                    crossing,
                    condition,
                    resets: resets.into_iter().map(|(name, value)| (name.name, value)).collect(),
                })
                .collect(),
            sets,
            only,
            options: self.options,
            system: Arc::new(system),
        }
    }

    fn statement(&mut self, statement: Statement) {
        match statement {
            Statement::Rate(name, rate) => self.equation(Kind::Flow, name, rate),
            Statement::Next(name, next) => self.equation(Kind::Map, name, next),
            Statement::Parameter(name, value) => {
                if self.room(&name, self.model.parameters.len(), bounds::PARAMETERS, "parameters")
                    && let Some(value) = self.constant(&value)
                    && self.declare(&name, Symbol::Parameter(self.model.parameters.len()))
                {
                    self.model.parameters.push((name, value));
                }
            }
            Statement::Number(name, value) => {
                if self.room(&name, self.model.numbers.len(), bounds::DEFINITIONS, "numbers")
                    && let Some(value) = self.constant(&value)
                    && self.declare(&name, Symbol::Number(self.model.numbers.len()))
                {
                    self.model.numbers.push((name, value));
                }
            }
            Statement::Initial(name, value) => self.model.initial.push((name, value, false)),
            Statement::Past(name, value) => self.model.initial.push((name, value, true)),
            Statement::Auxiliary(name, expression) => {
                let have = self.model.auxiliaries.len();
                if self.room(&name, have, bounds::DEFINITIONS, "auxiliary quantities") {
                    let same = |other: &&(Named, Expression)| other.0.name.eq_ignore_ascii_case(&name.name);
                    if let Some(other) = self.model.auxiliaries.iter().find(same) {
                        let message =
                            format!("`{}` is already defined in line {}", name.name, other.0.span.line);
                        self.findings.error(name.span, message, None);
                    }
                    self.model.auxiliaries.push((name, expression));
                }
            }
            Statement::Fixed(name, expression) => {
                if self.room(&name, self.model.fixed.len(), bounds::DEFINITIONS, "fixed quantities")
                    && self.declare(&name, Symbol::Fixed(self.model.fixed.len()))
                {
                    self.model.fixed.push((name, expression));
                }
            }
            Statement::Function(name, arguments, expression) => self.function(name, arguments, expression),
            Statement::Option(name, value, span) => self.options.take(name, value, span, self.findings),
            Statement::Wiener(name) => {
                if self.room(&name, self.model.noises.len(), bounds::INPUTS, "Wiener processes")
                    && self.declare(&name, Symbol::Noise(self.model.noises.len()))
                {
                    self.model.noises.push(name);
                }
            }
            Statement::Table(name, content) => self.table(name, content),
            Statement::Special(name, kind, arguments) => {
                if self.room(&name, self.model.networks.len(), bounds::TABLES, "network functions")
                    && self.declare_callee(&name, Callee::Network(self.model.networks.len()))
                {
                    self.model.networks.push((name, kind, arguments));
                }
            }
            Statement::Event(span, crossing, condition, resets) => {
                if self.model.events.len() == bounds::EVENTS {
                    let help = format!("at most {}", bounds::EVENTS);
                    self.findings.error(span, "too many events", Some(help));
                    return;
                }
                self.model.events.push((span, crossing, condition, resets));
            }
            Statement::Set(label, span, values) => {
                if self.model.sets.len() == bounds::SETS {
                    let help = format!("at most {}", bounds::SETS);
                    self.findings.error(span, "too many named sets", Some(help));
                    return;
                }
                self.model.sets.push((label, span, values));
            }
            Statement::Only(name) => self.model.only.push(name),
            Statement::Options(file, span) => {
                let help = "write its settings in an `@` line".to_string();
                self.findings.warning(span, format!("the option file `{file}` is not read"), Some(help));
            }
            Statement::Boundary(span) => {
                let message = "boundary conditions (`bdry`) are left aside";
                let help = "the run begins at the starting values".to_string();
                self.findings.warning(span, message, Some(help));
            }
        }
    }

    fn equation(&mut self, kind: Kind, name: Named, rate: Expression) {
        if self.model.kind.is_some_and(|own| own != kind) {
            let help = "write either x'=... or x(t+1)=... throughout".to_string();
            self.findings.error(name.span, "a model is a flow or a map, not both", Some(help));
            return;
        }
        self.model.kind = Some(kind);
        if self.room(&name, self.model.variables.len(), bounds::VARIABLES, "variables")
            && self.declare(&name, Symbol::Variable(self.model.variables.len()))
        {
            self.model.variables.push((name, rate));
        }
    }

    fn function(&mut self, name: Named, arguments: Vec<Named>, expression: Expression) {
        if !self.room(&name, self.model.functions.len(), bounds::FUNCTIONS, "functions")
            || !self.declare_callee(&name, Callee::Function(self.model.functions.len()))
        {
            return;
        }
        for (k, argument) in arguments.iter().enumerate() {
            if arguments[..k].iter().any(|other| other.name.eq_ignore_ascii_case(&argument.name)) {
                self.findings.error(
                    argument.span,
                    format!("argument `{}` stands twice", argument.name),
                    None,
                );
            }
        }
        self.model.functions.push((name, arguments, expression));
    }

    fn table(&mut self, name: Named, content: Content) {
        if !self.room(&name, self.model.tables.len(), bounds::TABLES, "tables") {
            return;
        }
        let content = match content {
            Content::File(file, span) => {
                let message = format!("table `{}` reads the file `{file}`, which is not here", name.name);
                let help =
                    "give the file beside the equations, or write the values: table f {low high v1 v2 ...}";
                self.findings.error(span, message, Some(help.into()));
                return;
            }
            Content::Function(points, low, high, function) => {
                if let Err(what) = table::check(&name.name, points, low, high) {
                    self.findings.error(name.span, what, None);
                    return;
                }
                TableContent::Function { points: points as usize, low, high, function }
            }
            Content::Values(low, high, values) => {
                if let Err(what) = table::check(&name.name, values.len() as f64, low, high) {
                    self.findings.error(name.span, what, None);
                    return;
                }
                TableContent::Values(Table { name: name.name.clone(), low, high, values })
            }
        };
        if self.declare_callee(&name, Callee::Table(self.model.tables.len())) {
            self.model.tables.push((name, content));
        }
    }

    /// Where the variables start, and what they were before that where the text says so.
    fn starts(&mut self) -> (Vec<f64>, BTreeMap<usize, Expression>) {
        let mut start = vec![0.0; self.model.variables.len()];
        let mut histories = BTreeMap::new();
        for (name, expression, past) in std::mem::take(&mut self.model.initial) {
            match self.symbols.get(&name.name.to_ascii_lowercase()) {
                Some((Symbol::Variable(index), _)) => {
                    let index = *index;
                    // A number after a formula says where the run begins; the past stays as the formula says.
                    if let Some(value) = self.constant(&expression) {
                        start[index] = value;
                    }
                    if past || mentions_time(&expression) {
                        histories.insert(index, expression);
                    }
                }
                _ => {
                    let known = self.model.variables.iter().map(|(name, _)| name.name.as_str());
                    let message = format!("`{}` is not a variable", name.name);
                    let otherwise = "only variables that have an equation start somewhere".into();
                    let findings = &mut self.findings;
                    findings.unknown(Severity::Error, name.span, message, &name.name, known, Some(otherwise));
                }
            }
        }
        (start, histories)
    }

    /// The named sets, each value known to be a parameter's, a variable's or a setting's.
    fn sets(&mut self) -> Vec<ParameterSet> {
        let mut sets = Vec::new();
        for (label, span, pairs) in std::mem::take(&mut self.model.sets) {
            // Braces in a name would end it when the set is printed as a line of its own.
            let label: String = label.chars().filter(|c| !matches!(c, '{' | '}')).collect();
            let label = label.trim();
            let name = if label.is_empty() { format!("set {}", sets.len() + 1) } else { label.to_owned() };
            let mut set = ParameterSet { name, values: Vec::new(), options: Vec::new() };
            for (key, value, at) in pairs {
                let lower = key.name.to_ascii_lowercase();
                let symbol = self.symbols.get(&lower).map(|(symbol, _)| *symbol);
                if let Some(Symbol::Parameter(_) | Symbol::Variable(_)) = symbol {
                    match value.parse::<f64>().ok().filter(|value| value.is_finite()) {
                        Some(value) => set.values.push((key.name, value)),
                        None => {
                            let message = format!("`{}` is a number, found `{value}`", key.name);
                            self.findings.error(at, message, Some("as in {a=1,b=2}".into()));
                        }
                    }
                } else if is_known(&lower) {
                    set.options.push((key.name, value));
                } else {
                    let known = self.symbols.keys().map(String::as_str);
                    let message = format!("`{}` is no parameter, variable or setting", key.name);
                    self.findings.unknown(Severity::Warning, key.span, message, &lower, known, None);
                }
            }
            if sets.iter().any(|other: &ParameterSet| other.name.eq_ignore_ascii_case(&set.name)) {
                self.findings.warning(span, format!("the set `{}` stands twice", set.name), None);
            }
            sets.push(set);
        }
        sets
    }

    /// The columns that `only` lines name.
    fn columns(&mut self) -> Vec<String> {
        let mut columns = Vec::new();
        for name in std::mem::take(&mut self.model.only) {
            let variables = self.model.variables.iter().map(|(name, _)| name.name.as_str());
            let mut all = variables.chain(self.model.auxiliaries.iter().map(|(name, _)| name.name.as_str()));
            if name.name.eq_ignore_ascii_case("t") || all.any(|known| known.eq_ignore_ascii_case(&name.name))
            {
                columns.push(name.name);
            } else {
                let variables = self.model.variables.iter().map(|(name, _)| name.name.as_str());
                let message = format!("`{}` is neither a variable nor an auxiliary quantity", name.name);
                self.findings.unknown(Severity::Error, name.span, message, &name.name, variables, None);
            }
        }
        columns
    }

    /// What the events' resets change.
    fn targets(&mut self) -> Vec<Vec<Target>> {
        let mut all = Vec::new();
        for (_, _, _, resets) in &self.model.events {
            let mut targets = Vec::new();
            for (name, _) in resets {
                let lower = name.name.to_ascii_lowercase();
                match self.symbols.get(&lower) {
                    Some((Symbol::Variable(index), _)) => targets.push(Target::State(*index)),
                    Some((Symbol::Parameter(index), _)) => targets.push(Target::Parameter(*index)),
                    None if lower == "arret" => targets.push(Target::Stop),
                    None if lower == "out_put" => targets.push(Target::Output),
                    found => {
                        let variables = self.model.variables.iter().map(|(name, _)| name.name.as_str());
                        let known =
                            variables.chain(self.model.parameters.iter().map(|(n, _)| n.name.as_str()));
                        // A name that stands for something else is not misspelt.
                        let known = known.filter(|_| found.is_none());
                        let message = format!("`{}` is neither a variable nor a parameter", name.name);
                        let otherwise = "an event gives new values to variables and parameters".into();
                        let findings = &mut self.findings;
                        findings.unknown(
                            Severity::Error,
                            name.span,
                            message,
                            &name.name,
                            known,
                            Some(otherwise),
                        );
                    }
                }
            }
            all.push(targets);
        }
        all
    }

    /// The value of an expression of literals, numbers, parameters, and of time at the start.
    fn constant(&mut self, expression: &Expression) -> Option<f64> {
        let value = self.folded(expression)?;
        if !value.is_finite() {
            let span = span_of(expression);
            self.findings.error(span, format!("this value is {value}, not a finite number"), None);
            return None;
        }
        Some(value)
    }

    fn folded(&mut self, expression: &Expression) -> Option<f64> {
        match expression {
            Expression::Number(value) => Some(*value),
            Expression::Negate(inner) => self.folded(inner).map(|value| -value),
            Expression::Infix(operator, a, b) => {
                let (a, b) = (self.folded(a)?, self.folded(b)?);
                let (operation, swap) = operation_of(*operator);
                Some(if swap { apply_two(operation, b, a) } else { apply_two(operation, a, b) })
            }
            Expression::Call(function, arguments) => {
                let mut values = Vec::new();
                for argument in arguments {
                    values.push(self.folded(argument)?);
                }
                Some(match (call_of(*function), values.as_slice()) {
                    (Call::One(operation), [a]) => apply_one(operation, *a),
                    (Call::Two(operation), [a, b]) => apply_two(operation, *a, *b),
                    _ => f64::NAN,
                })
            }
            Expression::If(parts) => {
                let condition = self.folded(&parts[0])?;
                self.folded(&parts[if condition != 0.0 { 1 } else { 2 }])
            }
            Expression::Name(name, span) => {
                let lower = name.to_ascii_lowercase();
                match self.symbols.get(&lower) {
                    Some((Symbol::Parameter(index), _)) => Some(self.model.parameters[*index].1),
                    Some((Symbol::Number(index), _)) => Some(self.model.numbers[*index].1),
                    _ if lower == "pi" => Some(std::f64::consts::PI),
                    _ if lower == "t" => Some(self.options.t0.unwrap_or(0.0)),
                    _ => self.worthless(&format!("`{name}`"), *span),
                }
            }
            Expression::Apply(name, _, span) => self.worthless(&format!("`{name}(..)`"), *span),
            Expression::Form(form, _, span) => self.worthless(&format!("`{}(..)`", form.name()), *span),
            Expression::Sum(_, span) => self.worthless("`sum(..)of(..)`", *span),
        }
    }

    fn worthless(&mut self, what: &str, span: Span) -> Option<f64> {
        let help = "values are numbers, or made of numbers and parameters of lines above".to_string();
        self.findings.error(span, format!("{what} has no value here"), Some(help));
        None
    }

    fn build(
        &mut self,
        kind: Kind,
        histories: &BTreeMap<usize, Expression>,
        targets: Vec<Vec<Target>>,
    ) -> Option<System> {
        let mut builder = Builder::new(&self.symbols, &self.callees, &self.model, self.findings);
        let roots = Self::roots(&mut builder, histories);
        let Builder { mut graph, delays, draws, tables, .. } = builder;
        let roots = match roots {
            Ok(roots) if !self.findings.failed => roots,
            Ok(_) | Err(None) => return None,
            Err(Some(span)) => {
                let help = format!("at most {} operations after functions are expanded", bounds::OPERATIONS);
                self.findings.error(span, "this model is too large", Some(help));
                return None;
            }
        };
        for ((name, rate), id) in self.model.variables.iter().zip(&roots.rates) {
            if let Some(value) = graph.value(*id).filter(|value| !value.is_finite()) {
                let what = if kind == Kind::Flow { "rate" } else { "next value" };
                let message = format!("the {what} of `{}` is {value} whatever the state", name.name);
                let span = Some(span_of(rate)).filter(|span| span.line > 1).unwrap_or(name.span);
                self.findings.warning(span, message, Some("look for a division by 0".into()));
            }
        }
        let wanted = Wanted { kind, roots, histories: histories.keys().copied().collect(), targets };
        let built = self.programs(&mut graph, wanted, delays, draws, tables);
        match built {
            Ok(system) => system,
            Err(Full) => {
                let help = format!("at most {} registers", bounds::REGISTERS);
                let span = self.model.variables[0].0.span;
                self.findings.error(span, "this model is too large", Some(help));
                None
            }
        }
    }

    /// Puts every expression into the graph; what nothing reads is checked as well. The error is where a model
    /// grew too large, or none where findings tell what is wrong.
    fn roots(
        builder: &mut Builder<'_>,
        histories: &BTreeMap<usize, Expression>,
    ) -> Result<Roots, Option<Span>> {
        let model = builder.model;
        let mut roots = Roots::default();
        let mut good = true;
        let mut note = |outcome: Result<Id, Stop>, of: &Expression| match outcome {
            Ok(id) => Ok(Some(id)),
            Err(Stop::Noted) => {
                good = false;
                Ok(None)
            }
            Err(Stop::Full) => Err(Some(span_of(of))),
        };
        for (index, (_, arguments, expression)) in model.functions.iter().enumerate() {
            note(builder.check_function(index, arguments), expression)?;
        }
        for (index, (_, content)) in model.tables.iter().enumerate() {
            if let TableContent::Function { function, .. } = content {
                note(builder.check_table(index), function)?;
            }
        }
        for (index, (_, expression)) in model.fixed.iter().enumerate() {
            note(builder.quantity(index), expression)?;
        }
        for (_, rate) in &model.variables {
            roots.rates.extend(note(builder.expression(rate, &[]), rate)?);
        }
        for (_, expression) in &model.auxiliaries {
            roots.auxiliaries.extend(note(builder.expression(expression, &[]), expression)?);
        }
        for (_, _, condition, resets) in &model.events {
            roots.conditions.extend(note(builder.expression(condition, &[]), condition)?);
            let mut values = Vec::new();
            for (_, value) in resets {
                values.extend(note(builder.expression(value, &[]), value)?);
            }
            roots.resets.push(values);
        }
        for expression in histories.values() {
            roots.histories.extend(note(builder.expression(expression, &[]), expression)?);
        }
        if good { Ok(roots) } else { Err(None) }
    }

    /// Lowers everything; `Ok(None)` where findings tell what is wrong.
    fn programs(
        &mut self,
        graph: &mut Graph,
        wanted: Wanted,
        delays: Vec<(usize, Id, Span)>,
        draws: Vec<Draw>,
        tables: Vec<Table>,
    ) -> Result<Option<System>, Full> {
        let Wanted { kind, roots, histories, targets } = wanted;
        let n = self.model.variables.len();
        let mut all: Vec<Id> = roots.rates.clone();
        all.extend(&roots.auxiliaries);
        all.extend(&roots.conditions);
        all.extend(roots.resets.iter().flatten());
        // Inputs that nothing reads fall away, so that they neither cost nor draw anything.
        let (delays, draws) = retain_inputs(graph, &all, delays, draws);
        let lags: Vec<Id> = delays.iter().map(|(_, lag, _)| *lag).collect();
        let needed = graph.needed(&lags);
        let random = |id: usize| matches!(graph.nodes[id], Node::Delayed(_) | Node::Draw(_));
        if let Some((.., span)) = delays.first()
            && (0..needed.len()).any(|id| needed[id] && random(id))
        {
            let help = "a lag is made of parameters, t and the present state".to_string();
            self.findings.error(*span, "a lag depends on a delayed or a random value", Some(help));
            return Ok(None);
        }
        let tables: Arc<[Table]> = tables.into();
        let layout = Layout {
            states: n,
            delayed: delays.len(),
            inputs: delays.len() + draws.len(),
            parameters: self.model.parameters.len(),
        };
        let lower = |graph: &Graph, roots: &[Id]| Program::lower(graph, roots, layout, &tables);
        let rate = lower(graph, &roots.rates)?;
        let auxiliary = lower(graph, &roots.auxiliaries)?;
        let conditions = lower(graph, &roots.conditions)?;
        let mut resets = Vec::new();
        for (targets, values) in targets.into_iter().zip(&roots.resets) {
            resets.push(Resets { targets, program: lower(graph, values)? });
        }
        let lags = lower(graph, &lags)?;
        // The past of a variable that nothing delays is never asked for.
        let delayed = |variable: usize| delays.iter().any(|(wanted, ..)| *wanted == variable);
        let (histories, past): (Vec<usize>, Vec<Id>) =
            histories.into_iter().zip(roots.histories).filter(|(variable, _)| delayed(*variable)).unzip();
        let history = (histories, lower(graph, &past)?);
        graph.set_limit(bounds::JACOBIAN_OPERATIONS);
        let states: Vec<Node> = (0..n as u32).map(Node::State).collect();
        let halves = if kind == Kind::Flow { halves(graph, &roots.rates) } else { None };
        let wiener: Vec<Node> =
            (0..draws.len() as u32).filter(|&k| draws[k as usize] == Draw::Wiener).map(Node::Draw).collect();
        let strengths = graph.derivatives(&roots.rates, &wiener)?;
        let needed = graph.needed(&strengths);
        let affine = !(0..needed.len()).any(|id| needed[id] && wiener.contains(&graph.nodes[id]));
        let slope = match diagonal(graph, &strengths, &states).filter(|_| affine && !wiener.is_empty()) {
            Some(entries) => {
                let m = wiener.len();
                let roots: Vec<Id> = entries.iter().map(|&(i, j)| strengths[i * m + j]).collect();
                let all = graph.derivatives(&roots, &states)?;
                let mut slopes = vec![graph.constant(0.0)?; n * m];
                for (k, &(i, j)) in entries.iter().enumerate() {
                    slopes[i * m + j] = all[k * n + i];
                }
                Some(lower(graph, &slopes)?)
            }
            None => None,
        };
        let diffusion = lower(graph, &strengths)?;
        // A Jacobian that is too large is left out; whoever needs one takes differences.
        let jacobian =
            graph.derivatives(&roots.rates, &states).and_then(|entries| lower(graph, &entries)).ok();
        Ok(Some(System {
            kind,
            dimension: n,
            rate,
            jacobian,
            auxiliary,
            delayed: delays.iter().map(|(variable, ..)| *variable).collect(),
            lags,
            history,
            draws,
            affine,
            diffusion,
            slope,
            crossings: self.model.events.iter().map(|(_, crossing, ..)| *crossing).collect(),
            conditions,
            resets,
            halves,
        }))
    }
}

/// What is to be lowered.
struct Wanted {
    kind: Kind,
    roots: Roots,
    /// The variables whose past is an expression.
    histories: Vec<usize>,
    targets: Vec<Vec<Target>>,
}

fn mentions_time(expression: &Expression) -> bool {
    match expression {
        Expression::Number(_) => false,
        Expression::Name(name, _) => name.eq_ignore_ascii_case("t"),
        Expression::Negate(inner) => mentions_time(inner),
        Expression::Infix(_, a, b) => mentions_time(a) || mentions_time(b),
        Expression::Call(_, arguments)
        | Expression::Apply(_, arguments, _)
        | Expression::Form(_, arguments, _) => arguments.iter().any(mentions_time),
        Expression::If(parts) | Expression::Sum(parts, _) => parts.iter().any(mentions_time),
    }
}

/// Keeps the inputs that the roots read, numbered anew in their order.
fn retain_inputs(
    graph: &mut Graph,
    roots: &[Id],
    delays: Vec<(usize, Id, Span)>,
    draws: Vec<Draw>,
) -> (Vec<(usize, Id, Span)>, Vec<Draw>) {
    let needed = graph.needed(roots);
    let (mut delayed, mut drawn) = (vec![false; delays.len()], vec![false; draws.len()]);
    for (id, node) in graph.nodes.iter().enumerate() {
        match node {
            Node::Delayed(k) if needed[id] => delayed[*k as usize] = true,
            Node::Draw(k) if needed[id] => drawn[*k as usize] = true,
            _ => {}
        }
    }
    let place = |kept: &[bool], k: u32| kept[..k as usize].iter().filter(|kept| **kept).count() as u32;
    for node in &mut graph.nodes {
        match node {
            Node::Delayed(k) => *k = place(&delayed, *k),
            Node::Draw(k) => *k = place(&drawn, *k),
            _ => {}
        }
    }
    let mut keep = delayed.into_iter();
    let delays = delays.into_iter().filter(|_| keep.next() == Some(true)).collect();
    let mut keep = drawn.into_iter();
    let draws = draws.into_iter().filter(|_| keep.next() == Some(true)).collect();
    (delays, draws)
}

/// Row and column of the entries of diagonal noise: each column of `strengths` has one entry, each row at most one, and
/// an entry depends on no variable but its row's. None where noise is not diagonal.
fn diagonal(graph: &Graph, strengths: &[Id], states: &[Node]) -> Option<Vec<(usize, usize)>> {
    let n = states.len();
    let m = strengths.len() / n.max(1);
    let mut entries: Vec<(usize, usize)> = Vec::new();
    for (place, &id) in strengths.iter().enumerate() {
        if graph.value(id) == Some(0.0) {
            continue;
        }
        let (i, j) = (place / m, place % m);
        if entries.iter().any(|&(row, column)| row == i || column == j) {
            return None;
        }
        entries.push((i, j));
    }
    if entries.len() != m {
        return None;
    }
    let reach = graph.reach(strengths, states);
    for &(i, j) in &entries {
        let id = strengths[i * m + j];
        if reach.iter().enumerate().any(|(k, list)| k != i && list.binary_search(&id).is_ok()) {
            return None;
        }
    }
    Some(entries)
}

/// Two halves of the variables such that each rate depends on the other half alone, where there are any.
fn halves(graph: &Graph, rates: &[Id]) -> Option<Vec<bool>> {
    let n = rates.len();
    // Neighbours: a variable and each one that its rate reads.
    let mut beside = vec![Vec::new(); n];
    let mut seen = vec![0; graph.nodes.len()];
    for (i, rate) in rates.iter().enumerate() {
        for j in graph.states_of(*rate, &mut seen, i as u32 + 1) {
            let j = j as usize;
            if i == j {
                return None;
            }
            beside[i].push(j);
            beside[j].push(i);
        }
    }
    let mut half: Vec<Option<bool>> = vec![None; n];
    for first in 0..n {
        if half[first].is_some() {
            continue;
        }
        half[first] = Some(false);
        let mut open = vec![first];
        while let Some(i) = open.pop() {
            let own = half[i].unwrap_or_default();
            for &j in &beside[i] {
                match half[j] {
                    Some(other) if other == own => return None,
                    Some(_) => {}
                    None => {
                        half[j] = Some(!own);
                        open.push(j);
                    }
                }
            }
        }
    }
    let half: Vec<bool> = half.into_iter().map(Option::unwrap_or_default).collect();
    // With nothing on one side there is nothing to take turns with.
    half.contains(&true).then_some(half)
}
