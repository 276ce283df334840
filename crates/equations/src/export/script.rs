//! A model as programs in other languages need it: names resolved, draws numbered, and for each function what it
//! reads.

use crate::expression::{Function, Infix};
use crate::model::{Kind, Model};
use crate::system::Target;
use numerics::{Crossing, Draw};
use std::collections::BTreeSet;

/// What stands in a row: things of one kind, in the order of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    State,
    Parameter,
    Number,
    Fixed,
    Noise,
}

/// A place among things of one kind: `base`, and what is added to it where that varies.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) base: usize,
    pub(crate) shift: Option<Term>,
}

/// Things of one kind from `first` to `last`, to be read by an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) family: Family,
    pub(crate) first: usize,
    pub(crate) last: usize,
}

/// Where a random number stands: `at`, and for each sum around it its index's distance from `from` times `stride`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot {
    pub(crate) at: usize,
    pub(crate) strides: Vec<(usize, i64, usize)>,
}

/// An expression whose names are resolved.
#[derive(Clone, Debug)]
pub(crate) enum Term {
    Number(f64),
    Pi,
    Time,
    /// The index of a sum, by how deep it is nested.
    Index(usize),
    /// An argument of the function around it.
    Argument(usize),
    /// One thing.
    One(Family, usize),
    /// A variable by its place, which varies.
    State(Box<Place>),
    /// Another thing by its place in a row.
    Of(Row, Box<Place>),
    Negate(Box<Term>),
    Infix(Infix, Box<Term>, Box<Term>),
    Call(Function, Vec<Term>),
    /// A function of the user's own, and its random numbers.
    Apply(usize, Vec<Term>, Option<Slot>),
    Table(usize, Box<Term>),
    Network(usize, Box<Term>),
    If(Box<[Term; 3]>),
    /// A variable, a lag ago.
    Delayed(Box<Place>, Box<Term>),
    /// A random number.
    Draw(Slot),
    /// Its nesting, where it begins and ends, its term.
    Sum(usize, Box<[Term; 3]>),
}

impl Term {
    /// Its parts.
    pub(crate) fn parts(&self) -> Vec<&Term> {
        match self {
            Term::Number(_)
            | Term::Pi
            | Term::Time
            | Term::Index(_)
            | Term::Argument(_)
            | Term::One(..)
            | Term::Draw(_) => Vec::new(),
            Term::State(place) | Term::Of(_, place) => place.shift.iter().collect(),
            Term::Negate(a) | Term::Table(_, a) | Term::Network(_, a) => vec![a],
            Term::Infix(_, a, b) => vec![a, b],
            Term::Call(_, list) | Term::Apply(_, list, _) => list.iter().collect(),
            Term::If(parts) | Term::Sum(_, parts) => parts.iter().collect(),
            Term::Delayed(place, lag) => place.shift.iter().chain([&**lag]).collect(),
        }
    }

    pub(super) fn slots(&mut self, change: &mut impl FnMut(&mut Slot)) {
        match self {
            Term::Draw(slot) => change(slot),
            Term::Apply(_, list, slot) => {
                slot.iter_mut().for_each(&mut *change);
                list.iter_mut().for_each(|term| term.slots(change));
            }
            Term::Call(_, list) => list.iter_mut().for_each(|term| term.slots(change)),
            Term::Negate(a) | Term::Table(_, a) | Term::Network(_, a) => a.slots(change),
            Term::Infix(_, a, b) => {
                a.slots(change);
                b.slots(change);
            }
            Term::If(parts) | Term::Sum(_, parts) => parts.iter_mut().for_each(|term| term.slots(change)),
            Term::Delayed(place, lag) => {
                place.shift.iter_mut().for_each(|term| term.slots(change));
                lag.slots(change);
            }
            Term::State(place) | Term::Of(_, place) => {
                place.shift.iter_mut().for_each(|term| term.slots(change));
            }
            Term::Number(_) | Term::Pi | Term::Time | Term::Index(_) | Term::Argument(_) | Term::One(..) => {}
        }
    }
}

/// What an expression reads, through all that it calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Needs {
    pub(crate) time: bool,
    /// The state as an array.
    pub(crate) state: bool,
    pub(crate) parameters: bool,
    pub(crate) draws: bool,
    pub(crate) past: bool,
    pub(crate) states: BTreeSet<usize>,
    pub(crate) noises: BTreeSet<usize>,
    pub(crate) fixed: BTreeSet<usize>,
    pub(crate) rows: BTreeSet<Row>,
    /// Tables whose values at their points are wanted as an array.
    pub(crate) points: BTreeSet<usize>,
}

impl Needs {
    fn join(&mut self, other: &Needs) {
        self.time |= other.time;
        self.state |= other.state;
        self.parameters |= other.parameters;
        self.draws |= other.draws;
        self.past |= other.past;
        self.states.extend(&other.states);
        self.noises.extend(&other.noises);
        self.fixed.extend(&other.fixed);
        self.rows.extend(&other.rows);
        self.points.extend(&other.points);
    }
}

/// A function of the user's own.
#[derive(Clone, Debug)]
pub(crate) struct Callable {
    pub(crate) body: Term,
    /// The random numbers of one call.
    pub(crate) draws: Vec<Draw>,
    pub(crate) needs: Needs,
}

/// A function given by a table.
#[derive(Clone, Debug)]
pub(crate) struct Lookup {
    pub(crate) points: usize,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) content: Content,
    pub(crate) needs: Needs,
    /// Whether it is looked up between its points.
    pub(crate) looked_up: bool,
}

/// What a table holds.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Function(Term),
    Values(Vec<f64>),
}

/// What a convolution finds beyond the ends of its array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Border {
    Even,
    Zero,
    Periodic,
}

/// Which places the terms of a network function read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pattern {
    /// Neighbours up to `reach` away.
    Convolution { border: Border, points: usize, reach: usize },
    /// `connections` places a site, which a table lists.
    Sparse { connections: usize, indices: usize },
    /// Every one of `columns`.
    Matrix { columns: usize },
}

/// A function of an array's index.
#[derive(Clone, Debug)]
pub(crate) struct Web {
    pub(crate) pattern: Pattern,
    pub(crate) weights: usize,
    /// The array that is summed: its first place, and how many places there are at most.
    pub(crate) root: (Family, usize, usize),
    /// The array of the site itself, and the function of both.
    pub(crate) mix: Option<((Family, usize, usize), usize)>,
    pub(crate) needs: Needs,
}

impl Web {
    /// The row that an array is read from; the state is an array anyway.
    pub(crate) fn row((family, first, count): (Family, usize, usize)) -> Option<Row> {
        (family != Family::State).then(|| Row { family, first, last: first + count.max(1) - 1 })
    }
}

/// An event.
#[derive(Clone, Debug)]
pub(crate) struct Happening {
    pub(crate) crossing: Crossing,
    pub(crate) condition: Term,
    pub(crate) resets: Vec<(Target, Term)>,
}

/// A value that is computed before those that read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Local {
    Fixed(usize),
    Row(Row),
    Points(usize),
}

/// A model with its names resolved.
#[derive(Debug)]
pub(crate) struct Script<'a> {
    pub(crate) model: &'a Model,
    pub(crate) functions: Vec<Callable>,
    pub(crate) tables: Vec<Lookup>,
    /// Networks; none where nothing reads it.
    pub(crate) networks: Vec<Option<Web>>,
    pub(crate) fixed: Vec<Term>,
    pub(crate) rates: Vec<Term>,
    pub(crate) auxiliaries: Vec<Term>,
    pub(crate) events: Vec<Happening>,
    pub(crate) histories: Vec<(usize, Term)>,
    /// Names of noise that something reads; their draws come first.
    pub(crate) noises: Vec<usize>,
    /// Every random number of a step.
    pub(crate) draws: Vec<Draw>,
    pub(crate) delays: bool,
    /// Deepest nesting of sums.
    pub(crate) nesting: usize,
    /// Functions of the language that are called.
    pub(crate) calls: BTreeSet<Function>,
}

impl Script<'_> {
    pub(crate) fn is_map(&self) -> bool {
        self.model.kind == Kind::Map
    }

    /// What some terms read, through everything that they call but not through quantities.
    pub(crate) fn needs<'t>(&self, terms: impl IntoIterator<Item = &'t Term>) -> Needs {
        let mut needs = Needs::default();
        for term in terms {
            self.note(term, &mut needs);
        }
        needs
    }

    fn note(&self, term: &Term, needs: &mut Needs) {
        match term {
            Term::Time => needs.time = true,
            Term::One(Family::State, k) => drop(needs.states.insert(*k)),
            Term::One(Family::Parameter, _) => needs.parameters = true,
            Term::One(Family::Fixed, k) => drop(needs.fixed.insert(*k)),
            Term::One(Family::Noise, k) => drop(needs.noises.insert(*k)),
            Term::State(_) => needs.state = true,
            Term::Of(row, _) => drop(needs.rows.insert(*row)),
            Term::Apply(index, ..) => {
                let callable = &self.functions[*index];
                needs.join(&callable.needs);
                needs.draws |= !callable.draws.is_empty();
            }
            Term::Table(index, _) => needs.join(&self.tables[*index].needs),
            Term::Network(index, _) => {
                if let Some(web) = &self.networks[*index] {
                    needs.join(&web.needs);
                }
            }
            Term::Delayed(..) => needs.past = true,
            Term::Draw(_) => needs.draws = true,
            _ => {}
        }
        for part in term.parts() {
            self.note(part, needs);
        }
    }

    /// What some terms read down to variables, parameters and inputs, and the values to be computed before them, in
    /// order.
    pub(crate) fn locals<'t>(&self, terms: impl IntoIterator<Item = &'t Term>) -> (Needs, Vec<Local>) {
        let mut all = Needs::default();
        let mut order = Vec::new();
        let needs = self.needs(terms);
        self.gather(&needs, &mut all, &mut BTreeSet::new(), &mut order);
        (all, order)
    }

    fn gather(&self, needs: &Needs, all: &mut Needs, seen: &mut BTreeSet<Local>, order: &mut Vec<Local>) {
        all.join(needs);
        let fixed = needs.fixed.iter().map(|k| Local::Fixed(*k));
        let rows = needs.rows.iter().map(|row| Local::Row(*row));
        for local in fixed.chain(rows).chain(needs.points.iter().map(|k| Local::Points(*k))) {
            if !seen.insert(local) {
                continue;
            }
            let inner = match local {
                Local::Fixed(k) => self.needs([&self.fixed[k]]),
                Local::Row(row) => {
                    let things: Vec<Term> =
                        (row.first..=row.last).map(|k| Term::One(row.family, k)).collect();
                    self.needs(&things)
                }
                Local::Points(k) => self.tables[k].needs.clone(),
            };
            self.gather(&inner, all, seen, order);
            // Values of a table are a constant of the whole program.
            let constant =
                matches!(local, Local::Points(k) if matches!(self.tables[k].content, Content::Values(_)));
            if !constant {
                order.push(local);
            }
        }
    }

    /// How many random numbers stand before those without a name.
    pub(crate) fn named(&self) -> usize {
        self.noises.len()
    }
}

impl Script<'_> {
    pub(super) fn needs_of_network(&self, web: &Web) -> Needs {
        let mut needs = Needs::default();
        needs.points.insert(web.weights);
        if let Pattern::Sparse { indices, .. } = web.pattern {
            needs.points.insert(indices);
        }
        let mut array = |array: (Family, usize, usize)| match Web::row(array) {
            Some(row) => drop(needs.rows.insert(row)),
            None => needs.state = true,
        };
        array(web.root);
        if let Some((other, function)) = web.mix {
            array(other);
            needs.join(&self.functions[function].needs);
        }
        needs
    }
}
