//! Expressions into terms.

use super::script::{
    Border, Callable, Content, Family, Happening, Lookup, Needs, Pattern, Place, Row, Script, Slot, Term, Web,
};
use crate::EquationError;
use crate::build::{Call, call_of, operation_of};
use crate::expression::{Expression, Form, Function, INDEX, Infix};
use crate::graph::{apply_one, apply_two};
use crate::model::{Model, TableContent};
use crate::program::Program;
use crate::table::Table;
use numerics::Draw;
use std::collections::{BTreeMap, BTreeSet};

enum Symbol {
    Function(usize),
    Table(usize),
    Network(usize),
}

/// A sum that is being read: its bounds.
type Loop = (Term, Term);

struct Reader<'a> {
    model: &'a Model,
    symbols: BTreeMap<String, (Family, usize)>,
    callees: BTreeMap<String, Symbol>,
    functions: Vec<Option<(Term, Vec<Draw>)>>,
    tables: Vec<Option<Lookup>>,
    networks: Vec<Option<Web>>,
    fixed: Vec<Option<Term>>,
    /// Random numbers: of the model, then of each function and sum that is being read.
    frames: Vec<Vec<Draw>>,
    loops: Vec<Loop>,
    noises: BTreeSet<usize>,
    delays: bool,
    nesting: usize,
    calls: BTreeSet<Function>,
    format: &'static str,
}

/// Resolves the names of a model.
///
/// # Errors
/// What no format can carry: random numbers in a sum whose bounds vary.
pub(crate) fn script<'a>(model: &'a Model, format: &'static str) -> Result<Script<'a>, EquationError> {
    let mut symbols = BTreeMap::new();
    let mut name = |family: Family, names: &mut dyn Iterator<Item = &String>| {
        for (k, name) in names.enumerate() {
            symbols.insert(name.to_ascii_lowercase(), (family, k));
        }
    };
    name(Family::State, &mut model.variables.iter().map(|v| &v.name));
    name(Family::Parameter, &mut model.parameters.iter().map(|p| &p.name));
    name(Family::Number, &mut model.numbers.iter().map(|p| &p.name));
    name(Family::Fixed, &mut model.fixed.iter().map(|d| &d.name));
    name(Family::Noise, &mut model.noises.iter());
    let mut callees = BTreeMap::new();
    for (k, function) in model.functions.iter().enumerate() {
        callees.insert(function.name.to_ascii_lowercase(), Symbol::Function(k));
    }
    for (k, table) in model.tables.iter().enumerate() {
        callees.insert(table.name.to_ascii_lowercase(), Symbol::Table(k));
    }
    for (k, network) in model.networks.iter().enumerate() {
        callees.insert(network.name.to_ascii_lowercase(), Symbol::Network(k));
    }
    let mut reader = Reader {
        model,
        symbols,
        callees,
        functions: vec![None; model.functions.len()],
        tables: vec![None; model.tables.len()],
        networks: vec![None; model.networks.len()],
        fixed: vec![None; model.fixed.len()],
        frames: vec![Vec::new()],
        loops: Vec::new(),
        noises: BTreeSet::new(),
        delays: false,
        nesting: 0,
        calls: BTreeSet::new(),
        format,
    };
    for k in 0..model.functions.len() {
        reader.function(k)?;
    }
    for k in 0..model.tables.len() {
        reader.table(k, false)?;
    }
    for k in 0..model.fixed.len() {
        reader.quantity(k)?;
    }
    let mut rates = Vec::new();
    for variable in &model.variables {
        rates.push(reader.term(&variable.rate, &[])?);
    }
    let mut auxiliaries = Vec::new();
    for auxiliary in &model.auxiliaries {
        auxiliaries.push(reader.term(&auxiliary.expression, &[])?);
    }
    let mut events = Vec::new();
    for (event, resets) in model.events.iter().zip(&model.system.resets) {
        let condition = reader.term(&event.condition, &[])?;
        let mut values = Vec::new();
        for (target, (_, value)) in resets.targets.iter().zip(&event.resets) {
            values.push((*target, reader.term(value, &[])?));
        }
        events.push(Happening { crossing: event.crossing, condition, resets: values });
    }
    let mut histories = Vec::new();
    for (k, variable) in model.variables.iter().enumerate() {
        if let Some(history) = &variable.history {
            histories.push((k, reader.term(history, &[])?));
        }
    }
    reader.finish(rates, auxiliaries, events, histories)
}

impl<'a> Reader<'a> {
    fn finish(
        self,
        rates: Vec<Term>,
        auxiliaries: Vec<Term>,
        events: Vec<Happening>,
        histories: Vec<(usize, Term)>,
    ) -> Result<Script<'a>, EquationError> {
        let mut draws = vec![Draw::Wiener; self.noises.len()];
        draws.extend(self.frames.into_iter().flatten());
        // Every function has been read; a missing one cannot be, and would be a constant.
        let missing = || (Term::Number(f64::NAN), Vec::new());
        let functions = self.functions.into_iter().map(|found| found.unwrap_or_else(missing));
        let nothing = Needs::default();
        let mut script = Script {
            model: self.model,
            functions: functions
                .map(|(body, draws)| Callable { body, draws, needs: nothing.clone() })
                .collect(),
            tables: self.tables.into_iter().flatten().collect(),
            networks: self.networks,
            fixed: self.fixed.into_iter().map(|found| found.unwrap_or(Term::Number(f64::NAN))).collect(),
            rates,
            auxiliaries,
            events,
            histories,
            noises: self.noises.into_iter().collect(),
            draws,
            delays: self.delays,
            nesting: self.nesting,
            calls: self.calls,
        };
        // What calls reads what is called: their chains are short, and each round settles one link more.
        loop {
            let mut changed = false;
            for k in 0..script.functions.len() {
                let mut needs = script.needs([&script.functions[k].body]);
                needs.draws = !script.functions[k].draws.is_empty();
                changed |= needs != script.functions[k].needs;
                script.functions[k].needs = needs;
            }
            for k in 0..script.tables.len() {
                if let Content::Function(body) = &script.tables[k].content {
                    let needs = script.needs([body]);
                    changed |= needs != script.tables[k].needs;
                    script.tables[k].needs = needs;
                }
            }
            for k in 0..script.networks.len() {
                let Some(needs) = script.networks[k].as_ref().map(|web| script.needs_of_network(web)) else {
                    continue;
                };
                if let Some(web) = &mut script.networks[k] {
                    changed |= needs != web.needs;
                    web.needs = needs;
                }
            }
            if !changed {
                return Ok(script);
            }
        }
    }

    fn refuse<T>(&self, what: &str, instead: &str) -> Result<T, EquationError> {
        Err(EquationError::NotExported {
            what: what.into(),
            format: self.format.into(),
            instead: instead.into(),
        })
    }

    fn function(&mut self, index: usize) -> Result<(), EquationError> {
        if self.functions[index].is_some() {
            return Ok(());
        }
        let function = &self.model.functions[index];
        let bound: Vec<(String, Term)> = function
            .arguments
            .iter()
            .enumerate()
            .map(|(k, name)| (name.to_ascii_lowercase(), Term::Argument(k)))
            .collect();
        let loops = std::mem::take(&mut self.loops);
        self.frames.push(Vec::new());
        let body = self.term(&function.expression, &bound);
        let draws = self.frames.pop().unwrap_or_default();
        self.loops = loops;
        self.functions[index] = Some((body?, draws));
        Ok(())
    }

    /// The values of a table of random numbers, which the model has drawn.
    fn sampled(&self, name: &str) -> Option<&'a Table> {
        let programs: [&'a Program; 2] = [&self.model.system.rate, &self.model.system.auxiliary];
        programs.into_iter().flat_map(|program| program.tables.iter()).find(|table| table.name == name)
    }

    fn table(&mut self, index: usize, looked_up: bool) -> Result<(), EquationError> {
        if let Some(table) = &mut self.tables[index] {
            table.looked_up |= looked_up;
            return Ok(());
        }
        let definition = &self.model.tables[index];
        let values = |table: &Table| Lookup {
            points: table.values.len(),
            low: table.low,
            high: table.high,
            content: Content::Values(table.values.clone()),
            needs: Needs::default(),
            looked_up,
        };
        let table = match &definition.content {
            TableContent::Values(table) => values(table),
            TableContent::Function { points, low, high, function } => match self.sampled(&definition.name) {
                Some(table) => values(table),
                None => {
                    let loops = std::mem::take(&mut self.loops);
                    let body = self.term(function, &[("t".into(), Term::Argument(0))]);
                    self.loops = loops;
                    Lookup {
                        points: *points,
                        low: *low,
                        high: *high,
                        content: Content::Function(body?),
                        needs: Needs::default(),
                        looked_up,
                    }
                }
            },
        };
        self.tables[index] = Some(table);
        Ok(())
    }

    fn quantity(&mut self, index: usize) -> Result<(), EquationError> {
        if self.fixed[index].is_some() {
            return Ok(());
        }
        // A quantity's random numbers are the model's, whoever reads it.
        let inner = self.frames.split_off(1);
        let loops = std::mem::take(&mut self.loops);
        let term = self.term(&self.model.fixed[index].expression, &[]);
        self.frames.truncate(1);
        self.frames.extend(inner);
        self.loops = loops;
        self.fixed[index] = Some(term?);
        Ok(())
    }

    fn draw(&mut self, draw: Draw) -> Term {
        match self.frames.last_mut() {
            Some(frame) => {
                frame.push(draw);
                Term::Draw(Slot { at: frame.len() - 1, strides: Vec::new() })
            }
            None => Term::Number(f64::NAN),
        }
    }

    fn boxed(
        &mut self,
        expression: &Expression,
        bound: &[(String, Term)],
    ) -> Result<Box<Term>, EquationError> {
        Ok(Box::new(self.term(expression, bound)?))
    }

    fn list(&mut self, list: &[Expression], bound: &[(String, Term)]) -> Result<Vec<Term>, EquationError> {
        list.iter().map(|expression| self.term(expression, bound)).collect()
    }

    fn term(&mut self, expression: &Expression, bound: &[(String, Term)]) -> Result<Term, EquationError> {
        Ok(match expression {
            Expression::Number(value) => Term::Number(*value),
            Expression::Name(name, _) => self.name(name, bound)?,
            Expression::Negate(inner) => Term::Negate(self.boxed(inner, bound)?),
            Expression::Infix(operator, a, b) => {
                let a = self.boxed(a, bound)?;
                Term::Infix(*operator, a, self.boxed(b, bound)?)
            }
            Expression::Call(function, arguments) => {
                self.calls.insert(*function);
                Term::Call(*function, self.list(arguments, bound)?)
            }
            Expression::Apply(name, arguments, _) => {
                let mut arguments = self.list(arguments, bound)?;
                match self.callees.get(&name.to_ascii_lowercase()) {
                    Some(&Symbol::Function(index)) => {
                        self.function(index)?;
                        let draws = match &self.functions[index] {
                            Some((_, draws)) => draws.clone(),
                            None => Vec::new(),
                        };
                        let slot = self.frames.last_mut().filter(|_| !draws.is_empty()).map(|frame| {
                            frame.extend(&draws);
                            Slot { at: frame.len() - draws.len(), strides: Vec::new() }
                        });
                        Term::Apply(index, arguments, slot)
                    }
                    Some(&Symbol::Table(index)) => {
                        self.table(index, true)?;
                        Term::Table(index, Box::new(arguments.pop().unwrap_or(Term::Time)))
                    }
                    Some(&Symbol::Network(index)) => {
                        self.network(index)?;
                        Term::Network(index, Box::new(arguments.pop().unwrap_or(Term::Time)))
                    }
                    None => Term::Number(f64::NAN),
                }
            }
            Expression::If(parts) => {
                let (a, b, c) = (
                    self.term(&parts[0], bound)?,
                    self.term(&parts[1], bound)?,
                    self.term(&parts[2], bound)?,
                );
                Term::If(Box::new([a, b, c]))
            }
            Expression::Form(form, arguments, _) => self.form(*form, arguments, bound)?,
            Expression::Sum(parts, _) => self.sum(parts, bound)?,
        })
    }

    fn name(&mut self, name: &str, bound: &[(String, Term)]) -> Result<Term, EquationError> {
        let lower = name.to_ascii_lowercase();
        if let Some((_, term)) = bound.iter().rev().find(|(own, _)| *own == lower) {
            return Ok(term.clone());
        }
        match self.symbols.get(&lower).copied() {
            Some((family, k)) => self.one(family, k),
            None if lower == "t" => Ok(Term::Time),
            None => Ok(Term::Pi),
        }
    }

    fn one(&mut self, family: Family, k: usize) -> Result<Term, EquationError> {
        match family {
            Family::Fixed => self.quantity(k)?,
            Family::Noise => drop(self.noises.insert(k)),
            _ => {}
        }
        Ok(Term::One(family, k))
    }

    /// How many things there are of a kind.
    fn count(&self, family: Family) -> usize {
        match family {
            Family::State => self.model.variables.len(),
            Family::Parameter => self.model.parameters.len(),
            Family::Number => self.model.numbers.len(),
            Family::Fixed => self.model.fixed.len(),
            Family::Noise => self.model.noises.len(),
        }
    }

    /// A place `shift` after a name, and the places that it takes while the sums round it run.
    fn place(
        &mut self,
        name: &Expression,
        shift: Term,
    ) -> Result<(Family, Place, usize, usize), EquationError> {
        let found = match name {
            Expression::Name(name, _) => self.symbols.get(&name.to_ascii_lowercase()).copied(),
            _ => None,
        };
        let (family, base) = found.unwrap_or((Family::State, 0));
        if let Some(value) = self.value(&shift, &[], &[]) {
            let at = base as f64 + value;
            if !(at >= 0.0 && at < self.count(family) as f64) {
                return self.refuse("a place beyond the ends of an array", "write the sum without it");
            }
            let base = at as usize;
            return Ok((family, Place { base, shift: None }, base, base));
        }
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        if family == Family::State {
            (low, high) = (0.0, 0.0);
        } else {
            self.extent(&shift, 0, &mut Vec::new(), &mut low, &mut high);
        }
        if low > high {
            return self.refuse("an index that only a run would tell", "write the sum out");
        }
        let at = |offset: f64| (base as f64 + offset) as usize;
        Ok((family, Place { base, shift: Some(shift) }, at(low), at(high)))
    }

    /// Least and largest value of a term over the sums that are open.
    fn extent(&self, term: &Term, depth: usize, indices: &mut Vec<f64>, low: &mut f64, high: &mut f64) {
        let Some((from, to)) = self.loops.get(depth) else {
            if let Some(value) = self.value(term, indices, &[]) {
                if value < *low {
                    *low = value;
                }
                if value > *high {
                    *high = value;
                }
            }
            return;
        };
        let (Some(from), Some(to)) = (self.value(from, indices, &[]), self.value(to, indices, &[])) else {
            return;
        };
        let mut index = from;
        while index <= to {
            indices.push(index);
            self.extent(term, depth + 1, indices, low, high);
            indices.pop();
            index += 1.0;
        }
    }

    /// The number that a term is at some values of the sums' indices, where it is one.
    fn value(&self, term: &Term, indices: &[f64], arguments: &[f64]) -> Option<f64> {
        match term {
            Term::Number(value) => Some(*value),
            Term::Pi => Some(std::f64::consts::PI),
            Term::Index(depth) => indices.get(*depth).copied(),
            Term::Argument(k) => arguments.get(*k).copied(),
            Term::One(Family::Number, k) => Some(self.model.numbers[*k].value),
            Term::One(Family::Fixed, k) => self.value(self.fixed[*k].as_ref()?, &[], &[]),
            Term::Negate(a) => self.value(a, indices, arguments).map(|value| -value),
            Term::Infix(operator, a, b) => {
                let (a, b) = (self.value(a, indices, arguments)?, self.value(b, indices, arguments)?);
                let (operation, swap) = operation_of(*operator);
                Some(if swap { apply_two(operation, b, a) } else { apply_two(operation, a, b) })
            }
            Term::Call(function, list) => {
                let mut values = Vec::new();
                for part in list {
                    values.push(self.value(part, indices, arguments)?);
                }
                match (call_of(*function), values.as_slice()) {
                    (Call::One(operation), [a]) => Some(apply_one(operation, *a)),
                    (Call::Two(operation), [a, b]) => Some(apply_two(operation, *a, *b)),
                    _ => None,
                }
            }
            Term::If(parts) => {
                let condition = self.value(&parts[0], indices, arguments)?;
                self.value(&parts[if condition != 0.0 { 1 } else { 2 }], indices, arguments)
            }
            Term::Apply(index, list, None) => {
                let mut values = Vec::new();
                for part in list {
                    values.push(self.value(part, indices, arguments)?);
                }
                self.value(&self.functions[*index].as_ref()?.0, &[], &values)
            }
            _ => None,
        }
    }

    fn form(
        &mut self,
        form: Form,
        arguments: &[Expression],
        bound: &[(String, Term)],
    ) -> Result<Term, EquationError> {
        match (form, arguments) {
            (Form::Shift, [name, places]) => {
                let shift = self.term(places, bound)?;
                let (family, place, first, last) = self.place(name, shift)?;
                if place.shift.is_none() {
                    return self.one(family, place.base);
                }
                if family == Family::State {
                    return Ok(Term::State(Box::new(place)));
                }
                for k in first..=last {
                    self.one(family, k)?;
                }
                Ok(Term::Of(Row { family, first, last }, Box::new(place)))
            }
            (Form::Delay, [name, lag]) => {
                self.delays = true;
                let lag = self.boxed(lag, bound)?;
                let (_, place, ..) = self.place(name, Term::Number(0.0))?;
                Ok(Term::Delayed(Box::new(place), lag))
            }
            (Form::DelayShift, [name, places, lag]) => {
                self.delays = true;
                let shift = self.term(places, bound)?;
                let lag = self.boxed(lag, bound)?;
                let (_, place, ..) = self.place(name, shift)?;
                Ok(Term::Delayed(Box::new(place), lag))
            }
            (Form::Uniform, [scale]) => {
                let scale = self.boxed(scale, bound)?;
                let draw = Box::new(self.draw(Draw::Uniform));
                Ok(Term::Infix(Infix::Multiply, scale, draw))
            }
            (Form::Normal, [mean, deviation]) => {
                let (mean, deviation) = (self.boxed(mean, bound)?, self.boxed(deviation, bound)?);
                let draw = Box::new(self.draw(Draw::Normal));
                let offset = Term::Infix(Infix::Multiply, deviation, draw);
                Ok(Term::Infix(Infix::Add, mean, Box::new(offset)))
            }
            _ => Ok(Term::Number(f64::NAN)),
        }
    }

    fn sum(&mut self, parts: &[Expression; 3], bound: &[(String, Term)]) -> Result<Term, EquationError> {
        let (from, to) = (self.term(&parts[0], bound)?, self.term(&parts[1], bound)?);
        let bounds = (self.value(&from, &[], &[]), self.value(&to, &[], &[]));
        if let (Some(from), Some(to)) = bounds
            && from > to
        {
            return Ok(Term::Number(0.0));
        }
        let depth = self.loops.len();
        self.nesting = self.nesting.max(depth + 1);
        self.loops.push((from.clone(), to.clone()));
        self.frames.push(Vec::new());
        let mut inner = bound.to_vec();
        inner.push((INDEX.into(), Term::Index(depth)));
        let term = self.term(&parts[2], &inner);
        let draws = self.frames.pop().unwrap_or_default();
        self.loops.pop();
        let mut term = term?;
        if !draws.is_empty() {
            let (Some(first), Some(last)) = bounds else {
                return self.refuse("random numbers in a sum whose bounds vary", "write the sum out");
            };
            let frame = self.frames.last_mut();
            let (start, stride) = (frame.as_ref().map_or(0, |frame| frame.len()), draws.len());
            term.slots(&mut |slot| {
                slot.at += start;
                slot.strides.push((depth, first as i64, stride));
            });
            if let Some(frame) = frame {
                let mut index = first;
                while index <= last {
                    frame.extend(&draws);
                    index += 1.0;
                }
            }
        }
        Ok(Term::Sum(depth, Box::new([from, to, term])))
    }

    fn network(&mut self, index: usize) -> Result<(), EquationError> {
        if self.networks[index].is_some() {
            return Ok(());
        }
        let text = &self.model.networks[index].text;
        let (kind, rest) = text.split_once('(').unwrap_or((text, ""));
        let mut words = rest.trim_end_matches(')').split(',').map(|word| word.trim().to_ascii_lowercase());
        let mut word = || words.next().unwrap_or_default();
        let kind = kind.to_ascii_lowercase();
        let border = kind.ends_with("conv").then(|| match word() {
            word if word.starts_with('e') => Border::Even,
            word if word.starts_with('p') => Border::Periodic,
            _ => Border::Zero,
        });
        let size = |word: String| word.parse::<f64>().unwrap_or(0.0) as usize;
        let (first, second) = (size(word()), size(word()));
        let (weights, indices) = (word(), if kind.ends_with("sparse") { word() } else { String::new() });
        let root = word();
        let mix = kind.starts_with('f').then(|| (word(), word()));
        let table = |reader: &mut Self, name: &str| -> Result<usize, EquationError> {
            match reader.callees.get(name) {
                Some(&Symbol::Table(index)) => {
                    reader.table(index, false)?;
                    Ok(index)
                }
                _ => Ok(0),
            }
        };
        let weights = table(self, &weights)?;
        let (pattern, sites, reads) = match border {
            Some(border) => (Pattern::Convolution { border, points: first, reach: second }, first, first),
            None if kind.ends_with("mmult") => (Pattern::Matrix { columns: first }, second, first),
            None => {
                let indices = table(self, &indices)?;
                let Some(largest) = self.largest(indices) else {
                    return self.refuse("places given by a formula that is no number", "give them as values");
                };
                (Pattern::Sparse { connections: second, indices }, first, largest as usize + 1)
            }
        };
        let array = |reader: &mut Self, name: &str, count: usize| -> Result<_, EquationError> {
            let (family, first) = reader.symbols.get(name).copied().unwrap_or((Family::State, 0));
            // Sites that nothing asks for may lie beyond the end.
            let count = count.min(reader.count(family) - first);
            for k in first..first + count {
                reader.one(family, k)?;
            }
            Ok((family, first, count))
        };
        let root = array(self, &root, reads)?;
        let mix = match mix {
            None => None,
            Some((other, function)) => {
                let other = array(self, &other, sites)?;
                let Some(&Symbol::Function(function)) = self.callees.get(&function) else {
                    return self.refuse("this network", "write the sum out");
                };
                self.function(function)?;
                if self.functions[function].as_ref().is_some_and(|(_, draws)| !draws.is_empty()) {
                    return self.refuse("random numbers in a network's function", "write the sum out");
                }
                Some((other, function))
            }
        };
        self.networks[index] = Some(Web { pattern, weights, root, mix, needs: Needs::default() });
        Ok(())
    }
}

impl Reader<'_> {
    /// The largest value at a table's points, where they are numbers.
    fn largest(&self, index: usize) -> Option<f64> {
        let table = self.tables[index].as_ref()?;
        let mut largest = 0.0;
        for k in 0..table.points {
            let width = (table.high - table.low) / (table.points - 1) as f64;
            let value = match &table.content {
                Content::Values(values) => values[k],
                Content::Function(body) => self.value(body, &[], &[table.low + k as f64 * width])?,
            };
            if value > largest {
                largest = value;
            }
        }
        Some(largest)
    }
}
