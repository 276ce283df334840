//! Expressions into the graph: functions, tables, sums and network functions are written out.

use crate::bounds;
use crate::checker::{Callee, Raw, Symbol};
use crate::diagnostic::{Findings, Severity, Span};
use crate::expression::{Expression, Form, Function, INDEX, Infix};
use crate::graph::{Full, Graph, Id, Node, One, Two};
use crate::model::TableContent;
use crate::parser::{Argument, Named, count};
use crate::program::{Layout, Machine, Program};
use crate::table::Table;
use numerics::{Draw, Stream};
use std::collections::BTreeMap;

/// Where an expression stands, as near as its names tell.
pub(crate) fn span_of(expression: &Expression) -> Span {
    match expression {
        Expression::Name(_, span)
        | Expression::Apply(_, _, span)
        | Expression::Form(_, _, span)
        | Expression::Sum(_, span) => *span,
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

pub(crate) enum Call {
    One(One),
    Two(Two),
}

pub(crate) fn call_of(function: Function) -> Call {
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
pub(crate) fn operation_of(operator: Infix) -> (Two, bool) {
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

pub(crate) enum Stop {
    Noted,
    Full,
}

impl From<Full> for Stop {
    fn from(_: Full) -> Self {
        Stop::Full
    }
}

/// Names bound around an expression, in lower case, and what they stand for.
type Bound = [(String, Id)];

pub(crate) struct Builder<'a> {
    pub(crate) graph: Graph,
    symbols: &'a BTreeMap<String, (Symbol, Span)>,
    callees: &'a BTreeMap<String, (Callee, Span)>,
    pub(crate) model: &'a Raw,
    findings: &'a mut Findings,
    fixed: Vec<Option<Id>>,
    /// Fixed quantities being built, for the circle that an algebraic loop makes.
    open: Vec<usize>,
    /// What is being expanded.
    calls: Vec<Callee>,
    visits: usize,
    /// Variable, lag and place of each delayed value.
    pub(crate) delays: Vec<(usize, Id, Span)>,
    pub(crate) draws: Vec<Draw>,
    /// Tables of values.
    pub(crate) tables: Vec<Table>,
    /// The place in `tables` of each of the model's tables that holds values.
    values: Vec<Option<u32>>,
    /// The draw of each name of noise.
    noises: Vec<Option<u32>>,
    /// Values of tables at their points, which convolutions ask for again and again.
    weights: Vec<Vec<Option<Id>>>,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(
        symbols: &'a BTreeMap<String, (Symbol, Span)>,
        callees: &'a BTreeMap<String, (Callee, Span)>,
        model: &'a Raw,
        findings: &'a mut Findings,
    ) -> Self {
        Self {
            graph: Graph::new(bounds::OPERATIONS),
            symbols,
            callees,
            model,
            findings,
            fixed: vec![None; model.fixed.len()],
            open: Vec::new(),
            calls: Vec::new(),
            visits: 0,
            delays: Vec::new(),
            draws: Vec::new(),
            tables: Vec::new(),
            values: vec![None; model.tables.len()],
            noises: vec![None; model.noises.len()],
            weights: vec![Vec::new(); model.tables.len()],
        }
    }

    /// Notes an error.
    fn fail<T>(&mut self, span: Span, message: impl Into<String>, help: &str) -> Result<T, Stop> {
        self.findings.error(span, message, (!help.is_empty()).then(|| help.into()));
        Err(Stop::Noted)
    }

    /// Checks a function by applying it to time; what it draws or delays in this counts for nothing.
    pub(crate) fn check_function(&mut self, index: usize, arguments: &[Named]) -> Result<Id, Stop> {
        let (_, _, expression) = &self.model.functions[index];
        let t = self.graph.add(Node::Time)?;
        let bound: Vec<(String, Id)> =
            arguments.iter().map(|name| (name.name.to_ascii_lowercase(), t)).collect();
        let (delays, draws) = (self.delays.len(), self.draws.len());
        self.calls.push(Callee::Function(index));
        let outcome = self.expression(expression, &bound);
        self.calls.pop();
        self.delays.truncate(delays);
        self.draws.truncate(draws);
        self.forget_noises();
        outcome
    }

    /// Checks a table by looking it up at time 0.
    pub(crate) fn check_table(&mut self, index: usize) -> Result<Id, Stop> {
        let zero = self.graph.constant(0.0)?;
        let (delays, draws) = (self.delays.len(), self.draws.len());
        let outcome = self.table(index, zero);
        self.delays.truncate(delays);
        self.draws.truncate(draws);
        self.forget_noises();
        outcome
    }

    /// After draws were taken back, names of noise whose draw is gone have none.
    fn forget_noises(&mut self) {
        let left = self.draws.len() as u32;
        for noise in &mut self.noises {
            *noise = noise.filter(|draw| *draw < left);
        }
    }

    pub(crate) fn quantity(&mut self, index: usize) -> Result<Id, Stop> {
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

    pub(crate) fn expression(&mut self, expression: &Expression, bound: &Bound) -> Result<Id, Stop> {
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
            Expression::Form(form, arguments, span) => self.form(*form, arguments, *span, bound)?,
            Expression::Sum(parts, span) => self.sum(parts, *span, bound)?,
            Expression::If(parts) => {
                let condition = self.expression(&parts[0], bound)?;
                let yes = self.expression(&parts[1], bound)?;
                let no = self.expression(&parts[2], bound)?;
                self.graph.select(condition, yes, no)?
            }
        })
    }

    fn name(&mut self, name: &str, span: Span, bound: &Bound) -> Result<Id, Stop> {
        let lower = name.to_ascii_lowercase();
        if let Some((_, id)) = bound.iter().rev().find(|(own, _)| *own == lower) {
            return Ok(*id);
        }
        match self.symbols.get(&lower) {
            Some((symbol, _)) => self.symbol(*symbol),
            None if lower == "t" => Ok(self.graph.add(Node::Time)?),
            None if lower == "pi" => Ok(self.graph.constant(std::f64::consts::PI)?),
            None if lower == INDEX => {
                self.fail(span, "`i'` stands outside a sum", "write sum(0,9)of(shift(x0,i'))")
            }
            None => {
                let mut known: Vec<&str> = bound.iter().map(|(name, _)| name.as_str()).collect();
                known.extend(self.model.variables.iter().map(|(name, _)| name.name.as_str()));
                known.extend(self.model.parameters.iter().map(|(name, _)| name.name.as_str()));
                known.extend(self.model.numbers.iter().map(|(name, _)| name.name.as_str()));
                known.extend(self.model.fixed.iter().map(|(name, _)| name.name.as_str()));
                known.push("pi");
                let message = format!("`{name}` is not known");
                let otherwise = format!("give it a value: par {name}=1");
                self.findings.unknown(Severity::Error, span, message, name, known, Some(otherwise));
                Err(Stop::Noted)
            }
        }
    }

    fn symbol(&mut self, symbol: Symbol) -> Result<Id, Stop> {
        match symbol {
            Symbol::Variable(index) => Ok(self.graph.add(Node::State(index as u32))?),
            Symbol::Parameter(index) => Ok(self.graph.add(Node::Parameter(index as u32))?),
            Symbol::Number(index) => Ok(self.graph.constant(self.model.numbers[index].1)?),
            Symbol::Fixed(index) => self.quantity(index),
            Symbol::Noise(index) => match self.noises[index] {
                Some(draw) => Ok(self.graph.add(Node::Draw(draw))?),
                None => {
                    let span = self.model.noises[index].span;
                    self.noises[index] = Some(self.draws.len() as u32);
                    self.draw(Draw::Wiener, span)
                }
            },
        }
    }

    /// A random input of its own.
    fn draw(&mut self, draw: Draw, span: Span) -> Result<Id, Stop> {
        if self.draws.len() == bounds::INPUTS {
            return self.fail(span, "too many random numbers", &format!("at most {}", bounds::INPUTS));
        }
        self.draws.push(draw);
        Ok(self.graph.add(Node::Draw(self.draws.len() as u32 - 1))?)
    }

    /// What is defined `places` after a name, among its own kind and in the order of the text.
    fn neighbour(&mut self, name: &str, span: Span, places: f64) -> Result<Symbol, Stop> {
        let symbol = self.named(name, span)?;
        self.offset(symbol, name, span, places)
    }

    /// What a name is defined as.
    fn named(&mut self, name: &str, span: Span) -> Result<Symbol, Stop> {
        match self.symbols.get(&name.to_ascii_lowercase()) {
            Some((symbol, _)) => Ok(*symbol),
            None => {
                self.name(name, span, &[])?;
                self.fail(span, format!("`{name}` is one of a kind: nothing stands beside it"), "")
            }
        }
    }

    /// What is defined `places` after a symbol, which goes by `name`.
    fn offset(&mut self, symbol: Symbol, name: &str, span: Span, places: f64) -> Result<Symbol, Stop> {
        let model = self.model;
        let (from, count) = match symbol {
            Symbol::Variable(from) => (from, model.variables.len()),
            Symbol::Parameter(from) => (from, model.parameters.len()),
            Symbol::Number(from) => (from, model.numbers.len()),
            Symbol::Fixed(from) => (from, model.fixed.len()),
            Symbol::Noise(from) => (from, model.noises.len()),
        };
        let to = from as f64 + places;
        if libm::floor(places) != places || to < 0.0 || to >= count as f64 {
            return self.fail(span, format!("there is nothing {places} places after `{name}`"), "");
        }
        let to = to as usize;
        Ok(match symbol {
            Symbol::Variable(_) => Symbol::Variable(to),
            Symbol::Parameter(_) => Symbol::Parameter(to),
            Symbol::Number(_) => Symbol::Number(to),
            Symbol::Fixed(_) => Symbol::Fixed(to),
            Symbol::Noise(_) => Symbol::Noise(to),
        })
    }

    /// The number that an expression is, whatever the state and the parameters.
    fn number(
        &mut self,
        expression: &Expression,
        what: &str,
        span: Span,
        bound: &Bound,
    ) -> Result<f64, Stop> {
        let id = self.expression(expression, bound)?;
        match self.graph.value(id) {
            Some(value) => Ok(value),
            None => {
                self.fail(span, format!("{what} must be a number"), "use numbers, i', j, or a `number` line")
            }
        }
    }

    fn form(&mut self, form: Form, arguments: &[Expression], span: Span, bound: &Bound) -> Result<Id, Stop> {
        match (form, arguments) {
            (Form::Shift, [Expression::Name(name, at), places]) => {
                let places = self.number(places, "how far `shift` reaches", span, bound)?;
                let symbol = self.neighbour(name, *at, places)?;
                self.symbol(symbol)
            }
            (Form::Delay, [Expression::Name(name, at), lag]) => self.delay(name, *at, 0.0, lag, span, bound),
            (Form::DelayShift, [Expression::Name(name, at), places, lag]) => {
                let places = self.number(places, "how far `del_shft` reaches", span, bound)?;
                self.delay(name, *at, places, lag, span, bound)
            }
            (Form::Uniform, [scale]) => {
                let scale = self.expression(scale, bound)?;
                let draw = self.draw(Draw::Uniform, span)?;
                Ok(self.graph.two(Two::Multiply, scale, draw)?)
            }
            (Form::Normal, [mean, deviation]) => {
                let mean = self.expression(mean, bound)?;
                let deviation = self.expression(deviation, bound)?;
                let draw = self.draw(Draw::Normal, span)?;
                let offset = self.graph.two(Two::Multiply, deviation, draw)?;
                Ok(self.graph.two(Two::Add, mean, offset)?)
            }
            _ => self.fail(span, format!("`{}` takes {}", form.name(), count(form.arguments())), ""),
        }
    }

    fn delay(
        &mut self,
        name: &str,
        at: Span,
        places: f64,
        lag: &Expression,
        span: Span,
        bound: &Bound,
    ) -> Result<Id, Stop> {
        let lag = self.expression(lag, bound)?;
        let variable = match self.neighbour(name, at, places)? {
            Symbol::Variable(variable) => variable,
            _ => {
                let message = format!("`{name}` is no variable: only what has an equation has a past");
                return self.fail(at, message, "delay the variables that it is made of");
            }
        };
        if self.graph.value(lag).is_some_and(|lag| !(lag >= 0.0 && lag.is_finite())) {
            return self.fail(span, "this lag is below zero", "delay(x,tau) is x a time tau ago");
        }
        let known = self.delays.iter().position(|(v, l, _)| *v == variable && *l == lag);
        let place = match known {
            Some(place) => place,
            None => {
                if self.delays.len() == bounds::INPUTS {
                    let help = format!("at most {}", bounds::INPUTS);
                    return self.fail(span, "too many delayed values", &help);
                }
                self.delays.push((variable, lag, span));
                self.delays.len() - 1
            }
        };
        Ok(self.graph.add(Node::Delayed(place as u32))?)
    }

    fn sum(&mut self, parts: &[Expression; 3], span: Span, bound: &Bound) -> Result<Id, Stop> {
        let from = self.number(&parts[0], "where a sum begins", span, bound)?;
        let to = self.number(&parts[1], "where a sum ends", span, bound)?;
        let terms = to - from + 1.0;
        if libm::floor(from) != from || libm::floor(to) != to {
            return self.fail(
                span,
                format!("this sum runs from {from} to {to}"),
                "the bounds of a sum are whole",
            );
        }
        if terms > bounds::ARRAY as f64 {
            let help = format!("a sum has at most {} terms", bounds::ARRAY);
            return self.fail(span, format!("this sum has {terms} terms"), &help);
        }
        let mut total = self.graph.constant(0.0)?;
        let mut inner = bound.to_vec();
        inner.push((INDEX.into(), total));
        let place = inner.len() - 1;
        let mut index = from;
        while index <= to {
            inner[place].1 = self.graph.constant(index)?;
            let term = self.expression(&parts[2], &inner)?;
            total = self.graph.two(Two::Add, total, term)?;
            index += 1.0;
        }
        Ok(total)
    }

    fn apply(&mut self, name: &str, arguments: &[Expression], span: Span, bound: &Bound) -> Result<Id, Stop> {
        let Some(&(callee, _)) = self.callees.get(&name.to_ascii_lowercase()) else {
            let own = self.model.functions.iter().map(|(name, ..)| name.name.as_str());
            let own = own.chain(self.model.tables.iter().map(|(name, _)| name.name.as_str()));
            let known = own.chain(Function::ALL.iter().map(|function| function.name()));
            let message = format!("there is no function `{name}`");
            if self.symbols.contains_key(&name.to_ascii_lowercase()) {
                self.findings.error(span, message, Some("multiplication is written `*`".into()));
            } else {
                self.findings.unknown(Severity::Error, span, message, name, known, None);
            }
            return Err(Stop::Noted);
        };
        let takes = match callee {
            Callee::Function(index) => self.model.functions[index].1.len(),
            Callee::Table(_) | Callee::Network(_) => 1,
        };
        if takes != arguments.len() {
            let message = format!("`{name}` takes {}, found {}", count(takes), arguments.len());
            return self.fail(span, message, "");
        }
        let mut values = Vec::new();
        for argument in arguments {
            values.push(self.expression(argument, bound)?);
        }
        self.call(callee, &values, span)
    }

    /// The name that an expansion has in a circle of them.
    fn name_of(&self, callee: Callee) -> &str {
        match callee {
            Callee::Function(index) => &self.model.functions[index].0.name,
            Callee::Table(index) => &self.model.tables[index].0.name,
            Callee::Network(index) => &self.model.networks[index].0.name,
        }
    }

    fn call(&mut self, callee: Callee, values: &[Id], span: Span) -> Result<Id, Stop> {
        if let Some(from) = self.calls.iter().position(|&open| open == callee) {
            let mut circle: Vec<&str> = self.calls[from..].iter().map(|&open| self.name_of(open)).collect();
            circle.push(self.name_of(callee));
            let message = format!("a function must not call itself: {}", circle.join(" -> "));
            return self.fail(span, message, "");
        }
        if self.calls.len() + self.open.len() > bounds::NESTING / 2 {
            let help = format!("at most {} call each other", bounds::NESTING / 2);
            return self.fail(span, "this chain of functions is too long", &help);
        }
        self.calls.push(callee);
        let outcome = match callee {
            Callee::Function(index) => {
                let (_, names, expression) = &self.model.functions[index];
                let inner: Vec<(String, Id)> =
                    names.iter().zip(values).map(|(n, id)| (n.name.to_ascii_lowercase(), *id)).collect();
                self.expression(expression, &inner)
            }
            Callee::Table(index) => self.table(index, values[0]),
            Callee::Network(index) => self.network(index, values[0], span),
        };
        self.calls.pop();
        outcome
    }

    /// A table at `x`. A table of a function is written out: the line through the function's values at the two points
    /// round `x`, so that it follows the parameters and has an exact derivative.
    fn table(&mut self, index: usize, x: Id) -> Result<Id, Stop> {
        let model = self.model;
        let (name, content) = &model.tables[index];
        let (points, low, high, function) = match content {
            TableContent::Values(table) => {
                let place = match self.values[index] {
                    Some(place) => place,
                    None => self.keep(index, table.clone()),
                };
                return Ok(self.graph.add(Node::Table(place, x))?);
            }
            TableContent::Function { points, low, high, function } => (*points, *low, *high, function),
        };
        if let Some(place) = self.values[index] {
            return Ok(self.graph.add(Node::Table(place, x))?);
        }
        let draws = self.draws.len();
        let t = self.graph.add(Node::Time)?;
        let trial = self.expression(function, &[("t".into(), t)])?;
        if self.draws.len() > draws {
            // A table of random numbers is drawn once; drawing it anew at each look would make it no table.
            let values = self.sample(trial, draws, &name.name, points, low, high)?;
            self.draws.truncate(draws);
            let place = self.keep(index, Table { name: name.name.clone(), low, high, values });
            return Ok(self.graph.add(Node::Table(place, x))?);
        }
        let segments = (points - 1) as f64;
        let width = (high - low) / segments;
        let g = &mut self.graph;
        let (low, width) = (g.constant(low)?, g.constant(width)?);
        let (zero, last, one) = (g.constant(0.0)?, g.constant(segments - 1.0)?, g.constant(1.0)?);
        let offset = g.two(Two::Subtract, x, low)?;
        let at = g.two(Two::Divide, offset, width)?;
        let whole = g.one(One::Floor, at)?;
        let whole = g.two(Two::Larger, whole, zero)?;
        let whole = g.two(Two::Smaller, whole, last)?;
        let part = g.two(Two::Subtract, at, whole)?;
        let next = g.two(Two::Add, whole, one)?;
        let first = self.point(function, whole, low, width)?;
        if self.graph.value(part) == Some(0.0) {
            return Ok(first);
        }
        let second = self.point(function, next, low, width)?;
        let rise = self.graph.two(Two::Subtract, second, first)?;
        let offset = self.graph.two(Two::Multiply, part, rise)?;
        Ok(self.graph.two(Two::Add, first, offset)?)
    }

    /// A table's function at its point of this number.
    fn point(&mut self, function: &Expression, number: Id, low: Id, width: Id) -> Result<Id, Stop> {
        let step = self.graph.two(Two::Multiply, number, width)?;
        let t = self.graph.two(Two::Add, low, step)?;
        self.expression(function, &[("t".into(), t)])
    }

    fn keep(&mut self, index: usize, table: Table) -> u32 {
        let place = self.tables.len() as u32;
        self.tables.push(table);
        self.values[index] = Some(place);
        place
    }

    /// The values of a table of random numbers, from a stream of the table's name.
    fn sample(
        &mut self,
        root: Id,
        before: usize,
        name: &str,
        points: usize,
        low: f64,
        high: f64,
    ) -> Result<Vec<f64>, Stop> {
        let layout = Layout {
            states: self.model.variables.len(),
            delayed: 0,
            inputs: self.draws.len(),
            parameters: self.model.parameters.len(),
        };
        let program = Program::lower(&self.graph, &[root], layout, &self.tables.clone().into())?;
        let parameters: Vec<f64> = self.model.parameters.iter().map(|(_, value)| *value).collect();
        let state = vec![0.0; layout.states];
        let mut machine = Machine::new(&program, &parameters);
        let mut stream = Stream::new(1, &format!("table {}", name.to_ascii_lowercase()));
        let mut inputs = vec![0.0; layout.inputs];
        let mut values = Vec::with_capacity(points);
        for k in 0..points {
            for (input, draw) in inputs.iter_mut().zip(&self.draws).skip(before) {
                *input = if *draw == Draw::Uniform { stream.uniform() } else { stream.normal() };
            }
            let t = low + k as f64 * (high - low) / (points - 1) as f64;
            let mut out = [0.0];
            machine.evaluate(&program, t, &state, &inputs, &mut out);
            values.push(out[0]);
        }
        Ok(values)
    }

    /// The value of a table at its point of this number.
    fn weight(&mut self, name: &Named, number: f64) -> Result<Id, Stop> {
        match self.table_of(name) {
            Some(index) => self.weight_in(index, name, number),
            None => {
                self.fail(name.span, format!("`{}` is no table", name.name), "as in table w % 25 -12 12 1/25")
            }
        }
    }

    /// The table of a name.
    fn table_of(&self, name: &Named) -> Option<usize> {
        match self.callees.get(&name.name.to_ascii_lowercase()) {
            Some((Callee::Table(index), _)) => Some(*index),
            _ => None,
        }
    }

    /// The value of a table at its point of this number.
    fn weight_in(&mut self, index: usize, name: &Named, number: f64) -> Result<Id, Stop> {
        let model = self.model;
        let (points, low, high) = match &model.tables[index].1 {
            TableContent::Function { points, low, high, .. } => (*points, *low, *high),
            TableContent::Values(table) => (table.values.len(), table.low, table.high),
        };
        if number < 0.0 || number >= points as f64 {
            let message =
                format!("table `{}` has {points} points, and number {number} is asked for", name.name);
            return self.fail(name.span, message, "");
        }
        let known = &mut self.weights[index];
        known.resize(points, None);
        if let Some(id) = known[number as usize] {
            return Ok(id);
        }
        let id = self.weight_of(index, (points, low, high), number)?;
        self.weights[index][number as usize] = Some(id);
        Ok(id)
    }

    fn weight_of(
        &mut self,
        index: usize,
        (points, low, high): (usize, f64, f64),
        number: f64,
    ) -> Result<Id, Stop> {
        let model = self.model;
        if let TableContent::Function { function, .. } = &model.tables[index].1
            && self.values[index].is_none()
        {
            let draws = self.draws.len();
            let width = self.graph.constant((high - low) / (points - 1) as f64)?;
            let (low, number) = (self.graph.constant(low)?, self.graph.constant(number)?);
            let id = self.point(function, number, low, width)?;
            if self.draws.len() == draws {
                return Ok(id);
            }
            self.draws.truncate(draws);
        }
        let x = low + number * (high - low) / (points - 1) as f64;
        let x = self.graph.constant(x)?;
        let id = self.table(index, x)?;
        // What is looked up at a fixed place is a number.
        Ok(match self.graph.nodes[id as usize] {
            Node::Table(place, _) => {
                let value = self.tables[place as usize].values[number as usize];
                self.graph.constant(value)?
            }
            _ => id,
        })
    }

    /// A network function at an index: convolutions and products with matrices, written out as sums.
    fn network(&mut self, index: usize, at: Id, span: Span) -> Result<Id, Stop> {
        let model = self.model;
        let (name, kind, arguments) = &model.networks[index];
        let Some(at) = self.graph.value(at).filter(|at| *at >= 0.0 && libm::floor(*at) == *at) else {
            let message = format!("the index of `{}` must be a whole number", name.name);
            return self.fail(span, message, "as in u[0..50]'=-u[j]+k([j])");
        };
        let lower = kind.name.to_ascii_lowercase();
        let form = match lower.as_str() {
            "conv" => "conv(type,points,reach,weights,x0)",
            "fconv" => "fconv(type,points,reach,weights,x0,y0,f)",
            "sparse" => "sparse(points,connections,weights,indices,x0)",
            "fsparse" => "fsparse(points,connections,weights,indices,x0,y0,f)",
            "mmult" => "mmult(columns,rows,weights,x0)",
            "fmmult" => "fmmult(columns,rows,weights,x0,y0,f)",
            _ => {
                let known = ["conv", "fconv", "sparse", "fsparse", "mmult", "fmmult"];
                let message = format!("network functions of the kind `{}` are not supported", kind.name);
                let help = format!("there are {}; or write the sum out: sum(0,9)of(..)", known.join(", "));
                return self.fail(kind.span, message, &help);
            }
        };
        let wants = form.matches(',').count() + 1;
        if arguments.len() != wants {
            let message = format!("`{}` takes {}, found {}", kind.name, count(wants), arguments.len());
            return self.fail(kind.span, message, &format!("write {form}"));
        }
        let mut arguments = Arguments { list: arguments, at: 0 };
        let periodic = lower.ends_with("conv");
        let border = if periodic { Some(self.border(arguments.next())?) } else { None };
        let first = self.size(arguments.next(), form)?;
        let second = self.size(arguments.next(), form)?;
        let weights = self.argument_name(arguments.next(), form)?;
        let indices =
            if lower.ends_with("sparse") { Some(self.argument_name(arguments.next(), form)?) } else { None };
        let root = self.argument_name(arguments.next(), form)?;
        let mix = if lower.starts_with('f') {
            Some((self.argument_name(arguments.next(), form)?, self.argument_name(arguments.next(), form)?))
        } else {
            None
        };
        let points = if lower.ends_with("mmult") { second } else { first };
        if at >= points {
            let message = format!("`{}` has the indices 0 to {}; {at} is asked for", name.name, points - 1.0);
            return self.fail(span, message, "");
        }
        // For each term: the number of its weight, and the place that it reads.
        let mut terms: Vec<(f64, f64)> = Vec::new();
        match border {
            Some(border) => {
                let mut offset = -second;
                while offset <= second {
                    if let Some(place) = border.place(at + offset, points) {
                        terms.push((offset + second, place));
                    }
                    offset += 1.0;
                }
            }
            None => {
                let many = if lower.ends_with("mmult") { first } else { second };
                let mut k = 0.0;
                while k < many {
                    let number = at * many + k;
                    let place = match &indices {
                        None => k,
                        Some(indices) => {
                            let id = self.weight(indices, number)?;
                            match self.graph.value(id) {
                                Some(place) => place,
                                None => return self.fail(indices.span, "indices are numbers", ""),
                            }
                        }
                    };
                    terms.push((number, place));
                    k += 1.0;
                }
            }
        }
        let first_site = self.named(&root.name, root.span)?;
        // A name that is no table is told of once.
        let Some(table) = self.table_of(&weights) else { return self.weight(&weights, 0.0) };
        let mut total = self.graph.constant(0.0)?;
        for (number, place) in terms {
            self.visits += 1;
            if self.visits > bounds::VISITS {
                return Err(Stop::Full);
            }
            let weight = self.weight_in(table, &weights, number)?;
            let symbol = self.offset(first_site, &root.name, root.span, place)?;
            let mut value = self.symbol(symbol)?;
            if let Some((other, function)) = &mix {
                let symbol = self.neighbour(&other.name, other.span, at)?;
                let here = self.symbol(symbol)?;
                let found = self.callees.get(&function.name.to_ascii_lowercase()).map(|(callee, _)| *callee);
                match found {
                    Some(Callee::Function(f)) if self.model.functions[f].1.len() == 2 => {
                        value = self.call(Callee::Function(f), &[value, here], function.span)?;
                    }
                    _ => {
                        let message = format!("`{}` is no function of two arguments", function.name);
                        return self.fail(function.span, message, "as in f(a,b)=sin(b-a)");
                    }
                }
            }
            let term = self.graph.two(Two::Multiply, weight, value)?;
            total = self.graph.two(Two::Add, total, term)?;
        }
        Ok(total)
    }

    fn border(&mut self, argument: &Argument) -> Result<Border, Stop> {
        let word = match argument {
            Argument::Number(0.0, _) => "0".to_string(),
            Argument::Number(..) => String::new(),
            Argument::Name(name) => name.name.to_ascii_lowercase(),
        };
        if word == "0" || word.starts_with('z') {
            Ok(Border::Zero)
        } else if word.starts_with('e') {
            Ok(Border::Even)
        } else if word.starts_with('p') {
            Ok(Border::Periodic)
        } else {
            self.fail(argument.span(), "this is no kind of border", "write even, 0 or periodic")
        }
    }

    fn size(&mut self, argument: &Argument, form: &str) -> Result<f64, Stop> {
        match argument {
            Argument::Number(size, _)
                if *size >= 1.0 && *size <= bounds::TABLE as f64 && libm::floor(*size) == *size =>
            {
                Ok(*size)
            }
            Argument::Number(size, span) => self.fail(
                *span,
                format!("the size {size} is no whole number from 1 to {}", bounds::TABLE),
                "",
            ),
            Argument::Name(name) => self.fail(name.span, "a size is a number", &format!("write {form}")),
        }
    }

    fn argument_name(&mut self, argument: &Argument, form: &str) -> Result<Named, Stop> {
        match argument {
            Argument::Name(name) => Ok(name.clone()),
            Argument::Number(_, span) => self.fail(*span, "a name is wanted here", &format!("write {form}")),
        }
    }
}

/// Arguments, one after the other; their number has been checked.
struct Arguments<'a> {
    list: &'a [Argument],
    at: usize,
}

impl<'a> Arguments<'a> {
    fn next(&mut self) -> &'a Argument {
        self.at += 1;
        &self.list[self.at - 1]
    }
}

/// What a convolution finds beyond the ends of its array.
#[derive(Clone, Copy)]
enum Border {
    /// The array mirrored at its end points.
    Even,
    Zero,
    Periodic,
}

impl Border {
    /// The place in an array of so many points that stands for `at`.
    fn place(self, at: f64, points: f64) -> Option<f64> {
        let inside = at >= 0.0 && at < points;
        match self {
            Border::Zero => inside.then_some(at),
            Border::Periodic => Some(at - points * libm::floor(at / points)),
            Border::Even => {
                let mirrored = if at < 0.0 {
                    -at
                } else if inside {
                    at
                } else {
                    2.0 * (points - 1.0) - at
                };
                (mirrored >= 0.0 && mirrored < points).then_some(mirrored)
            }
        }
    }
}
