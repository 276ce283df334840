//! A piece of a program as lines, where the terms of a sum that have one form are one line with a loop.
//!
//! A sum is followed through its partial sums: `((t0 + t1) - t2) + t3`. Neighbouring terms that differ only in what
//! they read, and in a constant factor or a sign, make a run. The sum keeps its order, so that only the signs of
//! zeros can tell the loop from the straight line.

use crate::graph::{One, Two};
use crate::program::Operation;
use crate::share::{Node, Operand, is_copied};
use std::collections::{HashMap, HashSet};

/// Sums whose runs all have fewer terms are written out.
pub(crate) const TERMS: usize = 8;
/// Most operations of one term in a loop: what is larger is long enough for itself.
const TERM: usize = 256;

/// What a step reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Name {
    Time,
    /// A value made here: in the loop for its steps, else in the piece.
    Own(usize),
    /// From inside a loop, a value that the piece has made before it.
    Outer(usize),
    /// A number read from elsewhere: the letter says what it is.
    Leaf(char, usize),
}

impl Name {
    pub(crate) fn leaf(operand: Operand, slot: usize) -> Self {
        match operand {
            Operand::Time => Name::Time,
            Operand::Constant(_) => Name::Leaf('c', slot),
            Operand::Parameter(_) => Name::Leaf('q', slot),
            _ => Name::Leaf('m', slot),
        }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Name::Time => "t".into(),
            Name::Own(k) | Name::Outer(k) => format!("a{k}"),
            Name::Leaf(letter, slot) => format!("{letter}{slot}"),
        }
    }
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Step {
    pub(crate) operation: Operation,
    pub(crate) operands: Vec<Name>,
}

/// What the terms of a run are multiplied by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Weight {
    Plus,
    Minus,
    /// The constant in this slot.
    Given(usize),
}

/// One line of a piece.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Line {
    /// Value `to`.
    Step { to: usize, step: Step },
    /// Sum `to` begins with a value, or with 0.
    Start { to: usize, from: Option<Name> },
    /// A value is added to sum `to`, or taken from it.
    Add { to: usize, minus: bool, from: Name },
    /// All terms of a run are added to sum `to`: each is value `last` of the steps.
    Loop { to: usize, run: usize, weight: Weight, steps: Vec<Step>, last: Name },
}

/// Terms of one form.
pub(crate) struct Run {
    /// What each term reads, slot by slot.
    pub(crate) terms: Vec<Vec<Operand>>,
}

impl Run {
    pub(crate) fn slots(&self) -> usize {
        self.terms.first().map_or(0, Vec::len)
    }
}

/// A piece with its loops.
pub(crate) struct Folded {
    pub(crate) lines: Vec<Line>,
    pub(crate) result: Name,
    /// What it reads from elsewhere outside loops.
    pub(crate) leaves: Vec<Operand>,
    pub(crate) runs: Vec<Run>,
}

/// A term of a sum, or the sum's beginning.
#[derive(Clone, Copy)]
pub(crate) struct Term {
    pub(crate) minus: bool,
    pub(crate) operand: Operand,
}

/// A whole sum.
pub(crate) struct Sum {
    pub(crate) head: u32,
    /// The nodes that are its partial sums.
    pub(crate) partial: Vec<u32>,
    pub(crate) terms: Vec<Term>,
}

fn is_sum(node: &Node) -> bool {
    matches!(node.operation, Operation::Two(Two::Add | Two::Subtract))
}

/// The terms of the sums among some nodes, operands before what reads them: those of the sum that ends in each, and
/// for each node whether a longer sum goes through it. `inner` tells whether a node may be a partial sum.
struct Sums {
    length: HashMap<u32, (u32, Option<u32>)>,
}

impl Sums {
    fn new(nodes: &[Node], order: impl Iterator<Item = u32>, inner: impl Fn(u32) -> bool) -> Self {
        let mut length: HashMap<u32, (u32, Option<u32>)> = HashMap::new();
        for at in order {
            let node = &nodes[at as usize];
            if !is_sum(node) {
                continue;
            }
            let Operation::Two(two) = node.operation else { continue };
            let of = |operand: Operand| match operand {
                Operand::Node(k) if inner(k) => length.get(&k).map(|(terms, _)| (*terms, k)),
                _ => None,
            };
            let first = of(node.operands[0]);
            // What is taken away is one term.
            let second = if two == Two::Add { of(node.operands[1]) } else { None };
            let longer = match (first, second) {
                (Some(a), Some(b)) if b.0 > a.0 => Some(b),
                (Some(a), _) => Some(a),
                (None, b) => b,
            };
            length.insert(at, longer.map_or((2, None), |(terms, k)| (terms + 1, Some(k))));
        }
        Self { length }
    }

    fn count(&self, at: u32) -> usize {
        self.length.get(&at).map_or(0, |(terms, _)| *terms as usize)
    }

    fn through(&self, at: u32) -> Option<u32> {
        self.length.get(&at).and_then(|(_, through)| *through)
    }

    fn terms(&self, nodes: &[Node], head: u32) -> Vec<Term> {
        let mut terms = Vec::with_capacity(self.count(head));
        let mut at = head;
        loop {
            let node = &nodes[at as usize];
            let minus = node.operation == Operation::Two(Two::Subtract);
            let [a, b, _] = node.operands;
            let Some(next) = self.through(at) else {
                terms.push(Term { minus, operand: b });
                terms.push(Term { minus: false, operand: a });
                break;
            };
            let other = if a == Operand::Node(next) { b } else { a };
            terms.push(Term { minus, operand: other });
            at = next;
        }
        terms.reverse();
        terms
    }
}

/// How often each node is read; the parts of a sum stand in memory, as if several read them.
fn uses(nodes: &[Node], outputs: &[Operand], parts: &[u32]) -> Vec<u32> {
    let mut uses = vec![0_u32; nodes.len()];
    for operand in nodes.iter().flat_map(Node::reads).chain(outputs) {
        if let Operand::Node(k) = operand {
            uses[*k as usize] += 1;
        }
    }
    for part in parts {
        uses[*part as usize] += 1;
    }
    uses
}

/// The sums of at least so many terms whose partial sums nothing else reads.
pub(crate) fn long_sums(nodes: &[Node], outputs: &[Operand], parts: &[u32], least: usize) -> Vec<Sum> {
    let uses = uses(nodes, outputs, parts);
    let all = || 0..nodes.len() as u32;
    let sums = Sums::new(nodes, all(), |k| uses[k as usize] == 1);
    let passed: HashSet<u32> = all().filter_map(|at| sums.through(at)).collect();
    all()
        .filter(|at| sums.count(*at) >= least && !passed.contains(at))
        .map(|head| Sum {
            head,
            partial: std::iter::successors(sums.through(head), |at| sums.through(*at)).collect(),
            terms: sums.terms(nodes, head),
        })
        .collect()
}

/// Nodes that shall end pieces of their own, because they would keep the terms of a long sum from having one form:
/// `parts` of a sum, long sums inside a term, and what costs and is read by some terms of a sum or by several sums.
pub(crate) fn apart_sums(nodes: &[Node], outputs: &[Operand], parts: &[u32]) -> Vec<u32> {
    let uses = uses(nodes, outputs, parts);
    let list = long_sums(nodes, outputs, parts, TERMS);
    let heads: HashMap<u32, usize> = list.iter().map(|sum| (sum.head, sum.terms.len())).collect();
    let mut roots = parts.to_vec();
    // The sum that read a node last, and in how many terms.
    let mut readers: HashMap<u32, (u32, usize)> = HashMap::new();
    let mut several = HashSet::new();
    for Sum { head, terms, .. } in &list {
        for term in terms {
            let mut stack = vec![term.operand];
            let mut seen = HashSet::new();
            while let Some(operand) = stack.pop() {
                let Operand::Node(k) = operand else { continue };
                if !seen.insert(k) {
                    continue;
                }
                let node = &nodes[k as usize];
                if heads.contains_key(&k) {
                    roots.push(k);
                } else if uses[k as usize] > 1 && !is_copied(nodes, node) {
                    let reader = readers.entry(k).or_insert((*head, 0));
                    if reader.0 != *head {
                        several.insert(k);
                    }
                    reader.1 += 1;
                } else {
                    stack.extend(node.reads());
                }
            }
        }
    }
    for (k, (head, terms)) in readers {
        // What one term alone reads more than once stays in it, and what all terms read stands before the loop.
        let inside = uses[k as usize] as usize > terms && terms == 1;
        if several.contains(&k) || terms + 1 < heads[&head] && !inside {
            roots.push(k);
        }
    }
    roots.sort_unstable();
    roots.dedup();
    roots
}

/// A term as steps on what it reads.
#[derive(PartialEq, Eq)]
struct Form {
    steps: Vec<Step>,
    last: Name,
}

/// What is printed for a sum.
enum Part {
    One(Term),
    Run { weights: Vec<f32>, form: Form, terms: Vec<Vec<Operand>> },
}

/// Folds one piece.
pub(crate) struct Folder<'a> {
    nodes: &'a [Node],
    owner: &'a [Option<u32>],
    root: u32,
    uses: HashMap<u32, u32>,
    sums: Sums,
    /// The number of the value that a node is.
    own: HashMap<u32, usize>,
    values: usize,
    slots: HashMap<Operand, usize>,
    out: Folded,
}

impl<'a> Folder<'a> {
    pub(crate) fn new(nodes: &'a [Node], owner: &'a [Option<u32>], root: u32) -> Self {
        let out = Folded { lines: Vec::new(), result: Name::Own(0), leaves: Vec::new(), runs: Vec::new() };
        let mut folder = Self {
            nodes,
            owner,
            root,
            uses: HashMap::new(),
            sums: Sums { length: HashMap::new() },
            own: HashMap::new(),
            values: 0,
            slots: HashMap::new(),
            out,
        };
        let order = folder.inside();
        for &at in &order {
            for operand in nodes[at as usize].reads() {
                if let Operand::Node(k) = *operand {
                    *folder.uses.entry(k).or_default() += 1;
                }
            }
        }
        let own = |k: u32| folder.owner[k as usize] == Some(root) && folder.uses.get(&k) == Some(&1);
        folder.sums = Sums::new(nodes, order.iter().copied(), own);
        folder
    }

    fn is_inside(&self, k: u32) -> bool {
        self.owner[k as usize].is_none_or(|owner| owner == self.root)
    }

    /// The nodes of the piece, operands before what reads them, in an order that its form alone decides.
    fn inside(&self) -> Vec<u32> {
        let mut order = Vec::new();
        let mut done = HashSet::new();
        let mut stack = vec![(self.root, 0)];
        while let Some((at, next)) = stack.pop() {
            let node = &self.nodes[at as usize];
            if done.contains(&at) {
                continue;
            }
            if next < node.reads {
                stack.push((at, next + 1));
                if let Operand::Node(k) = node.operands[next]
                    && self.is_inside(k)
                {
                    stack.push((k, 0));
                }
            } else {
                done.insert(at);
                order.push(at);
            }
        }
        order
    }

    /// The lines of the piece. Where `loops`, two neighbouring terms of one form are a run already, so that pieces whose
    /// sums differ in length have one form; else nothing is.
    pub(crate) fn fold(mut self, loops: bool) -> Folded {
        let mut parts: HashMap<u32, Vec<Part>> = HashMap::new();
        let mut stack: Vec<(u32, Option<Vec<Operand>>)> = vec![(self.root, None)];
        while let Some((at, needs)) = stack.pop() {
            if self.own.contains_key(&at) {
                continue;
            }
            let mut needs = needs.unwrap_or_else(|| {
                let mut needs = if loops && self.sums.count(at) > 0 {
                    let of = self.parts(at);
                    let needs = self.needs(&of);
                    parts.insert(at, of);
                    needs
                } else {
                    self.nodes[at as usize].reads().to_vec()
                };
                needs.reverse();
                needs
            });
            if let Some(operand) = needs.pop() {
                stack.push((at, Some(needs)));
                if let Operand::Node(k) = operand
                    && self.is_inside(k)
                {
                    stack.push((k, None));
                }
                continue;
            }
            match parts.remove(&at) {
                Some(parts) => self.sum(at, parts),
                None => {
                    let node = &self.nodes[at as usize];
                    let operands = node.reads().iter().map(|&operand| self.name(operand)).collect();
                    let to = self.value(at);
                    let step = Step { operation: node.operation, operands };
                    self.out.lines.push(Line::Step { to, step });
                }
            }
        }
        self.out.result = self.name(Operand::Node(self.root));
        self.out
    }

    fn value(&mut self, at: u32) -> usize {
        self.own.insert(at, self.values);
        self.values += 1;
        self.values - 1
    }

    /// The name of what a line outside loops reads.
    fn name(&mut self, operand: Operand) -> Name {
        if let Operand::Node(k) = operand
            && let Some(own) = self.own.get(&k)
        {
            return Name::Own(*own);
        }
        if operand == Operand::Time {
            return Name::Time;
        }
        let leaves = &mut self.out.leaves;
        let slot = *self.slots.entry(operand).or_insert_with(|| {
            leaves.push(operand);
            leaves.len() - 1
        });
        Name::leaf(operand, slot)
    }

    fn sum(&mut self, at: u32, parts: Vec<Part>) {
        let to = self.value(at);
        let mut begun = false;
        for part in parts {
            match part {
                Part::One(term) => {
                    let from = self.name(term.operand);
                    let line = if begun {
                        Line::Add { to, minus: term.minus, from }
                    } else {
                        Line::Start { to, from: Some(from) }
                    };
                    self.out.lines.push(line);
                }
                Part::Run { weights, form, mut terms } => {
                    if !begun {
                        self.out.lines.push(Line::Start { to, from: None });
                    }
                    let weight = if weights.iter().all(|weight| *weight == 1.0) {
                        Weight::Plus
                    } else if weights.iter().all(|weight| *weight == -1.0) {
                        Weight::Minus
                    } else {
                        let slot = terms.first().map_or(0, Vec::len);
                        for (term, weight) in terms.iter_mut().zip(&weights) {
                            term.push(Operand::Constant(weight.to_bits()));
                        }
                        Weight::Given(slot)
                    };
                    // Nodes of the piece by the values that they have become.
                    let named = |name: &Name| match name {
                        Name::Outer(k) => Name::Outer(self.own.get(&(*k as u32)).copied().unwrap_or(0)),
                        other => *other,
                    };
                    let steps = form.steps.iter().map(|step| Step {
                        operation: step.operation,
                        operands: step.operands.iter().map(named).collect(),
                    });
                    let (steps, last) = (steps.collect(), named(&form.last));
                    let run = self.out.runs.len();
                    self.out.lines.push(Line::Loop { to, run, weight, steps, last });
                    self.out.runs.push(Run { terms });
                }
            }
            begun = true;
        }
    }

    /// A sum in runs, and the terms between them.
    fn parts(&self, head: u32) -> Vec<Part> {
        let terms = self.sums.terms(self.nodes, head);
        let mut formed: Vec<Option<(f32, Form, Vec<Operand>)>> =
            terms.iter().map(|term| self.form(*term)).collect();
        let mut parts = Vec::new();
        let mut from = 0;
        while from < terms.len() {
            let mut end = from + 1;
            while end < terms.len()
                && let (Some(first), Some(next)) = (&formed[from], &formed[end])
                && first.1 == next.1
            {
                end += 1;
            }
            if end - from > 1 {
                let (mut weights, mut leaves, mut form) = (Vec::new(), Vec::new(), None);
                for (weight, own, reads) in formed[from..end].iter_mut().filter_map(Option::take) {
                    weights.push(weight);
                    leaves.push(reads);
                    form.get_or_insert(own);
                }
                parts.extend(form.map(|form| Part::Run { weights, form, terms: leaves }));
            } else {
                parts.extend(terms[from..end].iter().map(|term| Part::One(*term)));
            }
            from = end;
        }
        parts
    }

    /// What must have been computed in the piece before its sum.
    fn needs(&self, parts: &[Part]) -> Vec<Operand> {
        let mut needs = Vec::new();
        for part in parts {
            match part {
                Part::One(term) => needs.push(term.operand),
                Part::Run { form, .. } => {
                    let names = form.steps.iter().flat_map(|step| &step.operands).chain([&form.last]);
                    needs.extend(names.filter_map(|name| match name {
                        Name::Outer(k) => Some(Operand::Node(*k as u32)),
                        _ => None,
                    }));
                }
            }
        }
        needs
    }

    /// A term as a constant factor, steps, and what they read: nodes of the piece that others read too are named by
    /// their numbers. None for a term too large.
    fn form(&self, term: Term) -> Option<(f32, Form, Vec<Operand>)> {
        let mut weight = if term.minus { -1.0 } else { 1.0 };
        let mut operand = term.operand;
        let mut given = false;
        while let Operand::Node(k) = operand
            && self.is_inside(k)
            && (self.uses.get(&k) == Some(&1) || self.owner[k as usize].is_none())
        {
            let node = &self.nodes[k as usize];
            match (node.operation, node.operands) {
                (Operation::One(One::Negate), [a, ..]) => {
                    weight = -weight;
                    operand = a;
                }
                (
                    Operation::Two(Two::Multiply),
                    [Operand::Constant(bits), a, _] | [a, Operand::Constant(bits), _],
                ) if !given => {
                    weight *= f32::from_bits(bits);
                    operand = a;
                    given = true;
                }
                _ => break,
            }
        }
        let mine = self.of_term(operand)?;
        // A long sum inside is a loop of its own.
        if mine.iter().any(|at| self.sums.count(*at) >= TERMS) {
            return None;
        }
        let mut leaves = Vec::new();
        let mut number: HashMap<u32, usize> = HashMap::new();
        let mut name = |operand: Operand, number: &HashMap<u32, usize>| match operand {
            Operand::Time => Name::Time,
            Operand::Node(k) if number.contains_key(&k) => Name::Own(number[&k]),
            Operand::Node(k) if self.is_inside(k) => Name::Outer(k as usize),
            leaf => {
                leaves.push(leaf);
                Name::leaf(leaf, leaves.len() - 1)
            }
        };
        let mut steps = Vec::new();
        for &at in &mine {
            let node = &self.nodes[at as usize];
            let operands = node.reads().iter().map(|&operand| name(operand, &number)).collect();
            number.insert(at, steps.len());
            steps.push(Step { operation: node.operation, operands });
        }
        let last = name(operand, &number);
        Some((weight, Form { steps, last }, leaves))
    }

    /// The nodes that a term computes for itself: what nothing else in the piece reads, and what is copied. Operands
    /// come before what reads them. None for a term too large.
    fn of_term(&self, operand: Operand) -> Option<Vec<u32>> {
        let Operand::Node(top) = operand else { return Some(Vec::new()) };
        // How often the term reads each node that it could compute.
        let mut read: HashMap<u32, u32> = HashMap::from([(top, 1)]);
        let mut stack = vec![top];
        let mut seen = HashSet::new();
        while let Some(at) = stack.pop() {
            if !self.is_inside(at) || !seen.insert(at) {
                continue;
            }
            if seen.len() > TERM {
                return None;
            }
            for operand in self.nodes[at as usize].reads() {
                if let Operand::Node(k) = *operand {
                    *read.entry(k).or_default() += 1;
                    stack.push(k);
                }
            }
        }
        let takes = |k: u32| {
            self.is_inside(k)
                && (read.get(&k) >= self.uses.get(&k) || is_copied(self.nodes, &self.nodes[k as usize]))
        };
        let mut order = Vec::new();
        let mut done = HashSet::new();
        let mut stack = vec![(top, 0)];
        while let Some((at, next)) = stack.pop() {
            if done.contains(&at) || !takes(at) {
                continue;
            }
            let node = &self.nodes[at as usize];
            if next < node.reads {
                stack.push((at, next + 1));
                if let Operand::Node(k) = node.operands[next] {
                    stack.push((k, 0));
                }
            } else {
                done.insert(at);
                order.push(at);
            }
        }
        Some(order)
    }
}
