//! Statements into a checked model.

use crate::bounds;
use crate::diagnostic::{Diagnostic, Findings, Severity, Span, nearest};
use crate::expression::{Expression, Function, Infix};
use crate::graph::{Full, Graph, Id, Node, One, Two, apply_one, apply_two};
use crate::parser::{Named, Statement, count, statements};
use crate::program::Program;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a text describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An ordinary differential equation.
    Flow,
    /// A discrete map.
    Map,
}

/// A state variable.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Variable {
    /// The name as first written.
    pub name: String,
    /// Where the state starts; 0 unless the text says otherwise.
    pub initial: f64,
    /// Its rate of change, or its next value.
    #[serde(skip)]
    pub rate: Expression,
}

/// A number that stays while the state moves, and that the user may turn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parameter {
    /// The name as first written.
    pub name: String,
    /// The value in the text.
    pub value: f64,
}

/// A named expression: fixed quantity or auxiliary output.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Definition {
    /// The name as written.
    pub name: String,
    /// What it stands for.
    #[serde(skip)]
    pub expression: Expression,
}

/// A function of the user's own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UserFunction {
    /// The name as written.
    pub name: String,
    /// The names of its arguments.
    pub arguments: Vec<String>,
    /// Its value.
    #[serde(skip)]
    pub expression: Expression,
}

/// The `@` settings of a text; `None` where the text is silent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Options {
    /// How long to integrate, in the units of `t`.
    pub total: Option<f64>,
    /// Step of integration.
    pub dt: Option<f64>,
    /// How long to integrate before output starts.
    pub trans: Option<f64>,
    /// Steps between two outputs.
    pub nout: Option<u32>,
    /// The solver, as XPPAUT names it, in lower case.
    pub meth: Option<String>,
    /// Where time starts.
    pub t0: Option<f64>,
    /// Largest magnitude of a state before the run stops.
    pub bounds: Option<f64>,
    /// Left edge of the plot.
    pub xlo: Option<f64>,
    /// Right edge of the plot.
    pub xhi: Option<f64>,
    /// Lower edge of the plot.
    pub ylo: Option<f64>,
    /// Upper edge of the plot.
    pub yhi: Option<f64>,
    /// Name on the horizontal axis.
    pub xp: Option<String>,
    /// Name on the vertical axis.
    pub yp: Option<String>,
    /// Name on the third axis.
    pub zp: Option<String>,
    /// Absolute tolerance of adaptive solvers.
    pub atol: Option<f64>,
    /// Relative tolerance of adaptive solvers.
    pub toler: Option<f64>,
    /// Settings that have no effect here, as written.
    pub others: Vec<(String, String)>,
}

/// A checked model.
#[derive(Clone, Debug, Serialize)]
pub struct Model {
    /// Flow or map.
    pub kind: Kind,
    /// State variables in the order of their equations.
    pub variables: Vec<Variable>,
    /// Parameters in the order of the text.
    pub parameters: Vec<Parameter>,
    /// Numbers: parameters that stay as they are.
    pub numbers: Vec<Parameter>,
    /// Fixed quantities in the order of the text.
    pub fixed: Vec<Definition>,
    /// Functions of the user's own in the order of the text.
    pub functions: Vec<UserFunction>,
    /// Auxiliary outputs in the order of the text.
    pub auxiliaries: Vec<Definition>,
    /// `@` settings.
    pub options: Options,
    #[serde(skip)]
    system: Arc<System>,
}

/// What a model computes, as programs.
#[derive(Clone, Debug, PartialEq)]
pub struct System {
    pub(crate) kind: Kind,
    pub(crate) dimension: usize,
    pub(crate) rate: Program,
    pub(crate) jacobian: Program,
    pub(crate) auxiliary: Program,
}

impl System {
    /// Flow or map.
    pub fn kind(&self) -> Kind {
        self.kind
    }
    /// Number of state variables.
    pub fn dimension(&self) -> usize {
        self.dimension
    }
    /// Number of parameters.
    pub fn parameters(&self) -> usize {
        self.rate.parameters
    }
    /// The program of the rates or of the next state.
    pub fn rate(&self) -> &Program {
        &self.rate
    }
    /// The program of the Jacobian, row by row.
    pub fn jacobian(&self) -> &Program {
        &self.jacobian
    }
    /// The program of the auxiliary outputs.
    pub fn auxiliary(&self) -> &Program {
        &self.auxiliary
    }
}

impl Model {
    /// The programs of this model.
    pub fn system(&self) -> Arc<System> {
        self.system.clone()
    }
    /// Number of state variables.
    pub fn dimension(&self) -> usize {
        self.variables.len()
    }
    /// Where the state starts.
    pub fn initial(&self) -> Vec<f64> {
        self.variables.iter().map(|variable| variable.initial).collect()
    }
    /// The parameters' values in the text.
    pub fn parameter_values(&self) -> Vec<f64> {
        self.parameters.iter().map(|parameter| parameter.value).collect()
    }
    /// Index of a variable; case does not count.
    pub fn variable(&self, name: &str) -> Option<usize> {
        self.variables.iter().position(|variable| variable.name.eq_ignore_ascii_case(name))
    }
    /// Index of a parameter; case does not count.
    pub fn parameter(&self, name: &str) -> Option<usize> {
        self.parameters.iter().position(|parameter| parameter.name.eq_ignore_ascii_case(name))
    }
    /// Whether the right-hand side depends on time.
    pub fn depends_on_time(&self) -> bool {
        let program = &self.system.rate;
        let time = program.time() as u16;
        // The register of time holds nothing else, so a reader of it is a reader of time. Unused operand
        // fields are 0, which is time's register only where there is neither constant nor parameter.
        program.code.iter().any(|i| {
            let used = match i.operation {
                crate::program::Operation::One(_) => 1,
                crate::program::Operation::Two(_) => 2,
                _ => 3,
            };
            [i.a, i.b, i.c][..used].contains(&time)
        }) || program.outputs.contains(&time)
    }
}

/// What became of a text.
#[derive(Clone, Debug, Serialize)]
pub struct Parsed {
    /// The model, where there is no error.
    pub model: Option<Model>,
    /// What was found, in the order of the text's passes.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// The model, or the first error.
    ///
    /// # Errors
    /// Where the text has an error, the first one, with line and column.
    pub fn into_model(self) -> Result<Model, crate::EquationError> {
        let error = self.diagnostics.into_iter().find(|d| d.severity == crate::Severity::Error);
        self.model.ok_or(match error {
            Some(diagnostic) => crate::EquationError::Text(diagnostic),
            None => crate::EquationError::Empty,
        })
    }
}

/// Reads a text in the dialect of XPPAUT.
///
/// Never panics, whatever the text; bounded by [`bounds`].
pub fn parse(text: &str) -> Parsed {
    let mut findings = Findings::default();
    if text.len() > bounds::TEXT {
        let help = format!("at most {} bytes", bounds::TEXT);
        let span = Span { line: 1, column: 1, length: 1 };
        findings.error(span, format!("this text is too long: {} bytes", text.len()), Some(help));
        return Parsed { model: None, diagnostics: findings.list };
    }
    let statements = statements(text, &mut findings);
    let model = Checker::new(&mut findings).check(statements);
    let model = model.filter(|_| !findings.failed);
    findings.list.sort_by_key(|d| (d.severity == crate::Severity::Warning, d.line, d.column));
    Parsed { model, diagnostics: findings.list }
}

/// Reads one expression, for callers that have names of their own to bind.
///
/// # Errors
/// Where the text is no expression, with the column.
pub fn parse_expression(text: &str) -> Result<Expression, Diagnostic> {
    let mut findings = Findings::default();
    let found = if text.len() > bounds::TEXT {
        findings.error(Span { line: 1, column: 1, length: 1 }, "this text is too long", None);
        None
    } else {
        crate::parser::expression(text, &mut findings)
    };
    match (found, findings.list.into_iter().next()) {
        (Some(expression), None) => Ok(expression),
        (_, Some(diagnostic)) => Err(diagnostic),
        (None, None) => Err(Diagnostic {
            severity: crate::Severity::Error,
            line: 1,
            column: 1,
            length: 1,
            message: "there is no expression".into(),
            help: None,
            replacement: None,
        }),
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Symbol {
    Variable(usize),
    Parameter(usize),
    Number(usize),
    Fixed(usize),
}

struct Checker<'a> {
    findings: &'a mut Findings,
    symbols: BTreeMap<String, (Symbol, Span)>,
    functions: BTreeMap<String, (usize, Span)>,
    model: Raw,
}

#[derive(Default)]
struct Raw {
    kind: Option<Kind>,
    variables: Vec<(Named, Expression)>,
    parameters: Vec<(Named, f64)>,
    numbers: Vec<(Named, f64)>,
    fixed: Vec<(Named, Expression)>,
    functions: Vec<(Named, Vec<Named>, Expression)>,
    auxiliaries: Vec<(Named, Expression)>,
}

impl<'a> Checker<'a> {
    fn new(findings: &'a mut Findings) -> Self {
        Self { findings, symbols: BTreeMap::new(), functions: BTreeMap::new(), model: Raw::default() }
    }

    fn declare(&mut self, name: &Named, symbol: Symbol) -> bool {
        let lower = name.name.to_ascii_lowercase();
        if ["t", "pi", "if", "then", "else"].contains(&lower.as_str()) || Function::of(&lower).is_some() {
            let help = Some(format!("choose another name, such as {}1", name.name));
            self.findings.error(name.span, format!("`{}` is a word of the language", name.name), help);
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

    fn room(&mut self, name: &Named, have: usize, most: usize, what: &str) -> bool {
        if have >= most {
            self.findings.error(name.span, format!("too many {what}"), Some(format!("at most {most}")));
        }
        have < most
    }

    fn check(mut self, statements: Vec<Statement>) -> Option<Model> {
        let mut initial = Vec::new();
        let mut options = Options::default();
        for statement in statements {
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
                Statement::Initial(name, value) => {
                    if let Some(value) = self.constant(&value) {
                        initial.push((name, value));
                    }
                }
                Statement::Auxiliary(name, expression) => {
                    if self.room(
                        &name,
                        self.model.auxiliaries.len(),
                        bounds::DEFINITIONS,
                        "auxiliary quantities",
                    ) {
                        let same =
                            |other: &&(Named, Expression)| other.0.name.eq_ignore_ascii_case(&name.name);
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
                Statement::Function(name, arguments, expression) => {
                    self.function(name, arguments, expression)
                }
                Statement::Option(name, value, span) => self.option(&mut options, name, value, span),
            }
        }
        let Some(kind) = self.model.kind else {
            if !self.findings.failed {
                let span = Span { line: 1, column: 1, length: 1 };
                self.findings.error(span, "there is no equation", Some("write x'=... or x(t+1)=...".into()));
            }
            return None;
        };
        let mut start = vec![0.0; self.model.variables.len()];
        for (name, value) in initial {
            match self.symbols.get(&name.name.to_ascii_lowercase()) {
                Some((Symbol::Variable(index), _)) => start[*index] = value,
                _ => {
                    let known = self.model.variables.iter().map(|(name, _)| name.name.as_str());
                    let message = format!("`{}` is not a variable", name.name);
                    let otherwise = "only variables that have an equation start somewhere".into();
                    let near = nearest(&name.name, known);
                    self.findings.unknown(Severity::Error, name.span, message, near, Some(otherwise));
                }
            }
        }
        if self.findings.failed {
            return None;
        }
        let system = self.build(kind)?;
        let Raw { variables, parameters, numbers, fixed, functions, auxiliaries, .. } = self.model;
        let define = |(name, expression): (Named, Expression)| Definition { name: name.name, expression };
        let parameter = |(name, value): (Named, f64)| Parameter { name: name.name, value };
        Some(Model {
            kind,
            variables: variables
                .into_iter()
                .zip(start)
                .map(|((name, rate), initial)| Variable { name: name.name, initial, rate })
                .collect(),
            parameters: parameters.into_iter().map(parameter).collect(),
            numbers: numbers.into_iter().map(parameter).collect(),
            fixed: fixed.into_iter().map(define).collect(),
            functions: functions
                .into_iter()
                .map(|(name, arguments, expression)| UserFunction {
                    name: name.name,
                    arguments: arguments.into_iter().map(|argument| argument.name).collect(),
                    expression,
                })
                .collect(),
            auxiliaries: auxiliaries.into_iter().map(define).collect(),
            options,
            system: Arc::new(system),
        })
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
        if !self.room(&name, self.model.functions.len(), bounds::FUNCTIONS, "functions") {
            return;
        }
        let lower = name.name.to_ascii_lowercase();
        if Function::of(&lower).is_some() || ["if", "then", "else"].contains(&lower.as_str()) {
            let message = format!("`{}` is a function of the language", name.name);
            self.findings.error(
                name.span,
                message,
                Some(format!("choose another name, such as {}1", name.name)),
            );
            return;
        }
        if let Some((_, at)) = self.functions.get(&lower) {
            let message = format!("function `{}` is already defined in line {}", name.name, at.line);
            self.findings.error(name.span, message, None);
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
        self.functions.insert(lower, (self.model.functions.len(), name.span));
        self.model.functions.push((name, arguments, expression));
    }

    fn option(&mut self, options: &mut Options, name: Named, value: String, span: Span) {
        let key = name.name.to_ascii_lowercase();
        let number = value.parse::<f64>().ok().filter(|value| value.is_finite());
        let mut real = |slot: &mut Option<f64>, allowed: fn(f64) -> bool, wanted: &str| match number {
            Some(number) if allowed(number) => *slot = Some(number),
            _ => {
                let message = format!("`{}` is {wanted}, found `{value}`", name.name);
                self.findings.error(span, message, Some(format!("as in @ {key}=1")));
            }
        };
        let any: fn(f64) -> bool = |_| true;
        match key.as_str() {
            "total" => real(&mut options.total, any, "a number"),
            "dt" | "delta_t" => real(&mut options.dt, |dt| dt != 0.0, "a number other than 0"),
            "trans" | "transient" => real(&mut options.trans, |t| t >= 0.0, "a number not below 0"),
            "t0" => real(&mut options.t0, any, "a number"),
            "bounds" | "bound" => real(&mut options.bounds, |b| b > 0.0, "a number above 0"),
            "xlo" => real(&mut options.xlo, any, "a number"),
            "xhi" => real(&mut options.xhi, any, "a number"),
            "ylo" => real(&mut options.ylo, any, "a number"),
            "yhi" => real(&mut options.yhi, any, "a number"),
            "atol" | "atoler" => real(&mut options.atol, |a| a > 0.0, "a number above 0"),
            "toler" | "tol" | "rtol" => real(&mut options.toler, |a| a > 0.0, "a number above 0"),
            "nout" | "njmp" => {
                let mut slot = None;
                real(
                    &mut slot,
                    |n| (1.0..=1e9).contains(&n) && libm::floor(n) == n,
                    "a whole number above 0",
                );
                options.nout = slot.map(|n| n as u32);
            }
            "meth" | "method" => options.meth = Some(value.to_ascii_lowercase()),
            "xp" => options.xp = Some(value),
            "yp" => options.yp = Some(value),
            "zp" => options.zp = Some(value),
            _ => {
                let known = [
                    "total", "dt", "trans", "nout", "meth", "t0", "bounds", "xlo", "xhi", "ylo", "yhi", "xp",
                    "yp", "zp", "atol", "toler",
                ];
                let message = format!("option `{}` has no effect here", name.name);
                self.findings.unknown(Severity::Warning, name.span, message, nearest(&key, known), None);
                options.others.push((name.name, value));
            }
        }
    }

    /// The value of an expression of literals, numbers and parameters.
    fn constant(&mut self, expression: &Expression) -> Option<f64> {
        let value = match expression {
            Expression::Number(value) => Some(*value),
            Expression::Negate(inner) => self.constant(inner).map(|value| -value),
            Expression::Infix(operator, a, b) => {
                let (a, b) = (self.constant(a)?, self.constant(b)?);
                let (operation, swap) = operation_of(*operator);
                Some(if swap { apply_two(operation, b, a) } else { apply_two(operation, a, b) })
            }
            Expression::Call(function, arguments) => {
                let mut values = Vec::new();
                for argument in arguments {
                    values.push(self.constant(argument)?);
                }
                Some(match (call_of(*function), values.as_slice()) {
                    (Call::One(operation), [a]) => apply_one(operation, *a),
                    (Call::Two(operation), [a, b]) => apply_two(operation, *a, *b),
                    _ => f64::NAN,
                })
            }
            Expression::If(parts) => {
                let condition = self.constant(&parts[0])?;
                self.constant(&parts[if condition != 0.0 { 1 } else { 2 }])
            }
            Expression::Name(name, span) => {
                let lower = name.to_ascii_lowercase();
                match self.symbols.get(&lower) {
                    Some((Symbol::Parameter(index), _)) => Some(self.model.parameters[*index].1),
                    Some((Symbol::Number(index), _)) => Some(self.model.numbers[*index].1),
                    _ if lower == "pi" => Some(std::f64::consts::PI),
                    _ => {
                        let help = "values are numbers, or made of numbers and parameters of lines above"
                            .to_string();
                        self.findings.error(*span, format!("`{name}` has no value here"), Some(help));
                        None
                    }
                }
            }
            Expression::Apply(name, _, span) => {
                let help = "values are numbers, or made of numbers and parameters of lines above".to_string();
                self.findings.error(*span, format!("`{name}(..)` has no value here"), Some(help));
                None
            }
        };
        if let Some(value) = value
            && !value.is_finite()
        {
            let span = span_of(expression);
            self.findings.error(span, format!("this value is {value}, not a finite number"), None);
            return None;
        }
        value
    }

    fn build(&mut self, kind: Kind) -> Option<System> {
        let n = self.model.variables.len();
        let parameters = self.model.parameters.len();
        let mut builder = Builder {
            graph: Graph::new(bounds::OPERATIONS),
            symbols: &self.symbols,
            functions: &self.functions,
            model: &self.model,
            findings: self.findings,
            fixed: vec![None; self.model.fixed.len()],
            open: Vec::new(),
            calls: Vec::new(),
            visits: 0,
        };
        let mut rates = Vec::new();
        let mut auxiliaries = Vec::new();
        let mut good = true;
        // What nothing reads is checked as well: first functions, then quantities in the order of the text.
        let all = self.model.functions.iter().map(|f| (&f.2, Some(&f.1), 0));
        let all = all.chain(self.model.fixed.iter().map(|f| (&f.1, None, 1)));
        let all = all.chain(self.model.variables.iter().map(|v| (&v.1, None, 2)));
        let all = all.chain(self.model.auxiliaries.iter().map(|a| (&a.1, None, 3)));
        for (index, (expression, arguments, what)) in all.enumerate() {
            let outcome = if let Some(arguments) = arguments {
                builder.function(index, arguments).map(|()| 0)
            } else if what == 1 {
                builder.quantity(index - self.model.functions.len())
            } else {
                builder.expression(expression, &[])
            };
            match (outcome, what) {
                (Ok(id), 2) => rates.push(id),
                (Ok(id), 3) => auxiliaries.push(id),
                (Ok(_), _) => {}
                (Err(Stop::Noted), _) => good = false,
                (Err(Stop::Full), _) => {
                    let help =
                        format!("at most {} operations after functions are expanded", bounds::OPERATIONS);
                    builder.findings.error(span_of(expression), "this model is too large", Some(help));
                    return None;
                }
            }
        }
        let mut graph = builder.graph;
        if !good || self.findings.failed {
            return None;
        }
        graph.set_limit(bounds::JACOBIAN_OPERATIONS);
        let built = || -> Result<System, Full> {
            let entries = graph.clone().jacobian_of(&rates, n)?;
            Ok(System {
                kind,
                dimension: n,
                rate: Program::lower(&graph, &rates, n, parameters)?,
                jacobian: Program::lower(&entries.0, &entries.1, n, parameters)?,
                auxiliary: Program::lower(&graph, &auxiliaries, n, parameters)?,
            })
        };
        match built() {
            Ok(system) => Some(system),
            Err(Full) => {
                let help = format!("at most {} operations with all derivatives", bounds::JACOBIAN_OPERATIONS);
                let span = self.model.variables[0].0.span;
                self.findings.error(span, "the derivatives of this model are too large", Some(help));
                None
            }
        }
    }
}

impl Graph {
    fn jacobian_of(mut self, roots: &[Id], n: usize) -> Result<(Graph, Vec<Id>), Full> {
        let entries = self.jacobian(roots, n)?;
        Ok((self, entries))
    }
}

/// Where an expression stands, as near as its names tell.
fn span_of(expression: &Expression) -> Span {
    match expression {
        Expression::Name(_, span) | Expression::Apply(_, _, span) => *span,
        Expression::Number(_) => Span { line: 1, column: 1, length: 1 },
        Expression::Negate(inner) => span_of(inner),
        Expression::Infix(_, a, b) => {
            let first = span_of(a);
            if first.line > 1 { first } else { span_of(b) }
        }
        Expression::Call(_, arguments) => arguments.first().map(span_of).unwrap_or_default(),
        Expression::If(parts) => span_of(&parts[0]),
    }
}

enum Call {
    One(One),
    Two(Two),
}

fn call_of(function: Function) -> Call {
    match function {
        Function::Sin => Call::One(One::Sin),
        Function::Cos => Call::One(One::Cos),
        Function::Tan => Call::One(One::Tan),
        Function::Asin => Call::One(One::Asin),
        Function::Acos => Call::One(One::Acos),
        Function::Atan => Call::One(One::Atan),
        Function::Sinh => Call::One(One::Sinh),
        Function::Cosh => Call::One(One::Cosh),
        Function::Tanh => Call::One(One::Tanh),
        Function::Exp => Call::One(One::Exp),
        Function::Ln => Call::One(One::Ln),
        Function::Log10 => Call::One(One::Log10),
        Function::Sqrt => Call::One(One::Sqrt),
        Function::Abs => Call::One(One::Abs),
        Function::Sign => Call::One(One::Sign),
        Function::Heaviside => Call::One(One::Heaviside),
        Function::Floor => Call::One(One::Floor),
        Function::Ceil => Call::One(One::Ceil),
        Function::Erf => Call::One(One::Erf),
        Function::Erfc => Call::One(One::Erfc),
        Function::Lgamma => Call::One(One::Lgamma),
        Function::Not => Call::One(One::Not),
        Function::Atan2 => Call::Two(Two::Atan2),
        Function::Min => Call::Two(Two::Smaller),
        Function::Max => Call::Two(Two::Larger),
        Function::Mod => Call::Two(Two::Modulo),
        Function::BesselJ => Call::Two(Two::BesselJ),
        Function::BesselY => Call::Two(Two::BesselY),
        Function::BesselI => Call::Two(Two::BesselI),
    }
}

/// The operation of an operator, and whether its operands change places.
fn operation_of(operator: Infix) -> (Two, bool) {
    match operator {
        Infix::Or => (Two::Or, false),
        Infix::And => (Two::And, false),
        Infix::Equal => (Two::Equal, false),
        Infix::NotEqual => (Two::NotEqual, false),
        Infix::Less => (Two::Less, false),
        Infix::LessEqual => (Two::LessEqual, false),
        Infix::Greater => (Two::Less, true),
        Infix::GreaterEqual => (Two::LessEqual, true),
        Infix::Add => (Two::Add, false),
        Infix::Subtract => (Two::Subtract, false),
        Infix::Multiply => (Two::Multiply, false),
        Infix::Divide => (Two::Divide, false),
        Infix::Power => (Two::Power, false),
    }
}

enum Stop {
    Noted,
    Full,
}

impl From<Full> for Stop {
    fn from(_: Full) -> Self {
        Stop::Full
    }
}

struct Builder<'a> {
    graph: Graph,
    symbols: &'a BTreeMap<String, (Symbol, Span)>,
    functions: &'a BTreeMap<String, (usize, Span)>,
    model: &'a Raw,
    findings: &'a mut Findings,
    fixed: Vec<Option<Id>>,
    /// Fixed quantities being built, for the circle that an algebraic loop makes.
    open: Vec<usize>,
    /// Functions being expanded.
    calls: Vec<usize>,
    visits: usize,
}

impl Builder<'_> {
    /// Checks a function by applying it to time.
    fn function(&mut self, index: usize, arguments: &[Named]) -> Result<(), Stop> {
        let (_, _, expression) = &self.model.functions[index];
        let t = self.graph.add(Node::Time)?;
        let bound: Vec<(String, Id)> =
            arguments.iter().map(|name| (name.name.to_ascii_lowercase(), t)).collect();
        self.calls.push(index);
        let outcome = self.expression(expression, &bound);
        self.calls.pop();
        outcome.map(|_| ())
    }

    fn quantity(&mut self, index: usize) -> Result<Id, Stop> {
        if let Some(id) = self.fixed[index] {
            return Ok(id);
        }
        let (name, expression) = &self.model.fixed[index];
        if let Some(from) = self.open.iter().position(|&open| open == index) {
            let mut circle: Vec<&str> =
                self.open[from..].iter().map(|&k| self.model.fixed[k].0.name.as_str()).collect();
            circle.push(&name.name);
            let help =
                "fixed quantities are computed one after the other; give one of them an equation of its own";
            let message = format!("these quantities need each other: {}", circle.join(" -> "));
            self.findings.error(name.span, message, Some(help.into()));
            return Err(Stop::Noted);
        }
        if self.open.len() + self.calls.len() > bounds::NESTING / 2 {
            let help = format!("at most {} build on each other", bounds::NESTING / 2);
            self.findings.error(name.span, "this chain of quantities is too long", Some(help));
            return Err(Stop::Noted);
        }
        self.open.push(index);
        // Quantities do not see the arguments of a function that reads them.
        let calls = std::mem::take(&mut self.calls);
        let outcome = self.expression(expression, &[]);
        self.calls = calls;
        self.open.pop();
        let id = outcome?;
        self.fixed[index] = Some(id);
        Ok(id)
    }

    fn expression(&mut self, expression: &Expression, bound: &[(String, Id)]) -> Result<Id, Stop> {
        self.visits += 1;
        if self.visits > bounds::VISITS {
            return Err(Stop::Full);
        }
        Ok(match expression {
            Expression::Number(value) => self.graph.constant(*value)?,
            Expression::Name(name, span) => self.name(name, *span, bound)?,
            Expression::Negate(inner) => {
                let inner = self.expression(inner, bound)?;
                self.graph.one(One::Negate, inner)?
            }
            Expression::Infix(operator, a, b) => {
                let (left, right) = (self.expression(a, bound), self.expression(b, bound));
                let (left, right) = (left?, right?);
                let (operation, swap) = operation_of(*operator);
                if swap {
                    self.graph.two(operation, right, left)?
                } else {
                    self.graph.two(operation, left, right)?
                }
            }
            Expression::Call(function, arguments) => {
                let mut ids = Vec::new();
                for argument in arguments {
                    ids.push(self.expression(argument, bound)?);
                }
                match (call_of(*function), ids.as_slice()) {
                    (Call::One(operation), [a]) => self.graph.one(operation, *a)?,
                    (Call::Two(operation), [a, b]) => self.graph.two(operation, *a, *b)?,
                    _ => return Err(Stop::Noted),
                }
            }
            Expression::Apply(name, arguments, span) => self.apply(name, arguments, *span, bound)?,
            Expression::If(parts) => {
                let condition = self.expression(&parts[0], bound)?;
                let yes = self.expression(&parts[1], bound)?;
                let no = self.expression(&parts[2], bound)?;
                self.graph.select(condition, yes, no)?
            }
        })
    }

    fn name(&mut self, name: &str, span: Span, bound: &[(String, Id)]) -> Result<Id, Stop> {
        let lower = name.to_ascii_lowercase();
        if let Some((_, id)) = bound.iter().find(|(own, _)| *own == lower) {
            return Ok(*id);
        }
        match self.symbols.get(&lower) {
            Some((Symbol::Variable(index), _)) => Ok(self.graph.add(Node::State(*index as u32))?),
            Some((Symbol::Parameter(index), _)) => Ok(self.graph.add(Node::Parameter(*index as u32))?),
            Some((Symbol::Number(index), _)) => Ok(self.graph.constant(self.model.numbers[*index].1)?),
            Some((Symbol::Fixed(index), _)) => self.quantity(*index),
            None if lower == "t" => Ok(self.graph.add(Node::Time)?),
            None if lower == "pi" => Ok(self.graph.constant(std::f64::consts::PI)?),
            None => {
                let mut known: Vec<&str> = bound.iter().map(|(name, _)| name.as_str()).collect();
                known.extend(self.model.variables.iter().map(|(name, _)| name.name.as_str()));
                known.extend(self.model.parameters.iter().map(|(name, _)| name.name.as_str()));
                known.extend(self.model.numbers.iter().map(|(name, _)| name.name.as_str()));
                known.extend(self.model.fixed.iter().map(|(name, _)| name.name.as_str()));
                known.push("pi");
                let message = format!("`{name}` is not known");
                let otherwise = format!("give it a value: par {name}=1");
                self.findings.unknown(Severity::Error, span, message, nearest(name, known), Some(otherwise));
                Err(Stop::Noted)
            }
        }
    }

    fn apply(
        &mut self,
        name: &str,
        arguments: &[Expression],
        span: Span,
        bound: &[(String, Id)],
    ) -> Result<Id, Stop> {
        let Some(&(index, _)) = self.functions.get(&name.to_ascii_lowercase()) else {
            let own = self.model.functions.iter().map(|(name, ..)| name.name.as_str());
            let known = own.chain(Function::ALL.iter().map(|function| function.name()));
            let message = format!("there is no function `{name}`");
            if self.symbols.contains_key(&name.to_ascii_lowercase()) {
                self.findings.error(span, message, Some("multiplication is written `*`".into()));
            } else {
                self.findings.unknown(Severity::Error, span, message, nearest(name, known), None);
            }
            return Err(Stop::Noted);
        };
        let (own, names, expression) = &self.model.functions[index];
        if names.len() != arguments.len() {
            let message = format!("`{}` takes {}, found {}", own.name, count(names.len()), arguments.len());
            self.findings.error(span, message, None);
            return Err(Stop::Noted);
        }
        if let Some(from) = self.calls.iter().position(|&open| open == index) {
            let open = &self.calls[from..];
            let mut circle: Vec<&str> =
                open.iter().map(|&k| self.model.functions[k].0.name.as_str()).collect();
            circle.push(&own.name);
            let message = format!("a function must not call itself: {}", circle.join(" -> "));
            self.findings.error(span, message, None);
            return Err(Stop::Noted);
        }
        if self.calls.len() + self.open.len() > bounds::NESTING / 2 {
            let help = format!("at most {} call each other", bounds::NESTING / 2);
            self.findings.error(span, "this chain of functions is too long", Some(help));
            return Err(Stop::Noted);
        }
        let mut inner = Vec::new();
        for (name, argument) in names.iter().zip(arguments) {
            inner.push((name.name.to_ascii_lowercase(), self.expression(argument, bound)?));
        }
        self.calls.push(index);
        let outcome = self.expression(expression, &inner);
        self.calls.pop();
        outcome
    }
}
