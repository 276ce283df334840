//! A register program shared out: what has the same form is computed in one loop, over which lanes divide themselves.
//!
//! The program is cut into pieces: each ends in an output or in a value that several pieces read, and holds what
//! nothing else reads. Pieces of one form, which differ only in the constants, parameters and places that they read,
//! become one loop, with the places in tables. Inside a piece the terms of a sum ([`crate::fold`]) that have one form
//! become a loop too. So the text of a ring or an all-to-all network grows with the forms in it, not with its size.

use crate::EquationError;
use crate::fold::{Folded, Folder, Line, Name, Run, Step, Sum, TERMS, Weight, apart_sums, long_sums};
use crate::graph::{One, Two};
use crate::program::{Operation, Program};
use crate::wgsl::{self, Memory, STATEMENTS, Shader, Straight};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

/// Pieces of one form fewer than this are written out one by one: lanes that take different ways wait for each other.
const LOOP: usize = 2;
/// Short sums are loops too where they would have so many forms without.
const FORMS: usize = 4;
/// Most numbers in memory, so that with two more arrays of the variables a workgroup's 16,384 bytes hold them.
const NUMBERS: usize = 4064;
/// A sum of so many terms is added up in parts,
const SPLIT: usize = 32;
/// so many,
const PARTS: usize = 8;
/// where there are fewer such sums than this.
const FEW: usize = 16;
/// What a barrier costs, in operations of one lane: a guess for hardware that runs 32 lanes in step.
const BARRIER: usize = 20;
/// The share of its lanes that a workgroup must keep busy to be worth it.
const BUSY: f64 = 0.2;

/// Programs of more operations are worth a shorter text, which compiles the sooner, though few lanes keep busy.
pub(crate) const LONG: usize = 300;

/// What an instruction reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operand {
    Time,
    /// The bits in single precision.
    Constant(u32),
    Parameter(u32),
    /// A variable or a random input.
    Memory(u32),
    Node(u32),
}

pub(crate) struct Node {
    pub(crate) operation: Operation,
    pub(crate) operands: [Operand; 3],
    pub(crate) reads: usize,
    /// Whether it depends on parameters alone.
    fixed: bool,
    /// Operations on the longest way to a leaf.
    height: u32,
}

impl Node {
    pub(crate) fn reads(&self) -> &[Operand] {
        &self.operands[..self.reads]
    }
}

/// One piece: what it reads from elsewhere, and where its value goes.
struct Piece {
    leaves: Vec<Operand>,
    runs: Vec<Run>,
    /// The node whose value it is; none for an output that is only copied.
    root: Option<u32>,
    output: Option<u32>,
}

/// Pieces of one form.
struct Group {
    fixed: bool,
    level: usize,
    lines: Vec<Line>,
    result: Name,
    pieces: Vec<Piece>,
}

impl Group {
    /// Whether a sum in it is long in any piece.
    fn is_long(&self) -> bool {
        self.pieces.iter().flat_map(|piece| &piece.runs).any(|run| run.terms.len() >= TERMS)
    }

    /// Operations that its longest piece carries out.
    fn operations(&self) -> usize {
        let of = |piece: &Piece| {
            let line = |line: &Line| match line {
                Line::Loop { run, steps, .. } => piece.runs[*run].terms.len() * (steps.len() + 1),
                _ => 1,
            };
            self.lines.iter().map(line).sum::<usize>() + piece.leaves.len() + 1
        };
        self.pieces.iter().map(of).max().unwrap_or(0)
    }

    /// Turns of its loops that one lane of eight takes.
    fn turns(&self) -> usize {
        let longest = |piece: &Piece| piece.runs.iter().map(|run| run.terms.len() + 1).sum::<usize>();
        self.pieces.len().div_ceil(8) * (1 + self.pieces.iter().map(longest).max().unwrap_or(0))
    }

    /// Statements of its text, with those that read what it needs.
    fn statements(&self) -> usize {
        let line = |line: &Line| match line {
            Line::Loop { run, steps, .. } => {
                steps.len() + 2 + self.pieces.first().map_or(0, |piece| piece.runs[*run].slots())
            }
            _ => 1,
        };
        let once = self.lines.iter().map(line).sum::<usize>() + 1;
        let copies = if self.pieces.len() < LOOP { self.pieces.len() } else { 1 };
        copies * (once + self.pieces.first().map_or(0, |piece| piece.leaves.len()))
    }
}

/// The program as nodes, each register's present value followed.
fn nodes(program: &Program) -> Result<(Vec<Node>, Vec<Operand>), EquationError> {
    let (constants, time) = (program.constants.len(), program.time());
    let mut held = Vec::with_capacity(program.registers);
    for constant in &program.constants {
        wgsl::literal(*constant)?;
        held.push(Operand::Constant((*constant as f32).to_bits()));
    }
    for register in constants..program.registers {
        held.push(if register < constants + program.parameters {
            Operand::Parameter((register - constants) as u32)
        } else if register > time && register <= time + program.states + program.inputs {
            Operand::Memory((register - time - 1) as u32)
        } else {
            Operand::Time
        });
    }
    let mut nodes: Vec<Node> = Vec::with_capacity(program.prologue.len() + program.code.len());
    let prologue = program.prologue.iter().map(|i| (i, true));
    for (i, fixed) in prologue.chain(program.code.iter().map(|i| (i, false))) {
        let mut push = |operation, mut operands: [Operand; 3]| {
            let reads = match operation {
                Operation::One(_) | Operation::Table(_) | Operation::Slope(_) => 1,
                Operation::Two(_) => 2,
                _ => 3,
            };
            let tall = |operand| if let Operand::Node(k) = operand { nodes[k as usize].height } else { 0 };
            // The same form whichever way a sum was written: the taller operand first.
            if matches!(operation, Operation::Two(Two::Add | Two::Multiply))
                && tall(operands[0]) < tall(operands[1])
            {
                operands.swap(0, 1);
            }
            let height = 1 + operands[..reads].iter().map(|&operand| tall(operand)).max().unwrap_or(0);
            nodes.push(Node { operation, operands, reads, fixed, height });
            Operand::Node(nodes.len() as u32 - 1)
        };
        let [a, b, c] = [i.a, i.b, i.c].map(|register| held[register as usize]);
        // Fused operations round twice all the same, and taken apart they look like those that were not fused.
        let two = |two, a, b| (Operation::Two(two), [a, b, Operand::Time]);
        let mut pair = |first, form: &dyn Fn(Operand) -> (Operation, [Operand; 3])| {
            let inner = two(first, a, b);
            let inner = push(inner.0, inner.1);
            let outer = form(inner);
            push(outer.0, outer.1)
        };
        held[i.to as usize] = match i.operation {
            Operation::MultiplyAdd => pair(Two::Multiply, &|t| two(Two::Add, t, c)),
            Operation::MultiplySubtract => pair(Two::Multiply, &|t| two(Two::Subtract, t, c)),
            Operation::SubtractProduct => pair(Two::Multiply, &|t| two(Two::Subtract, c, t)),
            Operation::SumTimes => pair(Two::Add, &|t| two(Two::Multiply, t, c)),
            Operation::DifferenceTimes => pair(Two::Subtract, &|t| two(Two::Multiply, t, c)),
            operation => push(operation, [a, b, c]),
        };
    }
    let outputs = program.outputs.iter().map(|&register| held[register as usize]).collect();
    Ok((nodes, outputs))
}

pub(crate) fn is_cheap(node: &Node) -> bool {
    matches!(
        node.operation,
        Operation::Two(Two::Add | Two::Subtract | Two::Multiply) | Operation::One(One::Negate)
    )
}

/// Whether a node is one cheap operation on what does not itself belong to such: each reader computes it for itself.
pub(crate) fn is_copied(nodes: &[Node], node: &Node) -> bool {
    let apart = |operand: &Operand| match operand {
        Operand::Node(k) => {
            let other = &nodes[*k as usize];
            // What hangs on parameters alone is kept in memory anyway.
            !is_cheap(other) || other.fixed != node.fixed
        }
        _ => true,
    };
    is_cheap(node) && node.reads().iter().all(apart)
}

/// The piece that each node belongs to, named by the node that it ends in; none for a node that each piece which
/// reads it computes for itself: one cheap operation is not worth a place in memory, and would break up the forms.
/// The nodes `roots` end pieces too.
fn owners(nodes: &[Node], outputs: &[Operand], roots: &[u32]) -> Vec<Option<u32>> {
    let mut owner: Vec<Option<u32>> = vec![None; nodes.len()];
    let mut root = vec![false; nodes.len()];
    let mut several = vec![false; nodes.len()];
    for output in outputs {
        if let Operand::Node(k) = output {
            root[*k as usize] = true;
        }
    }
    for &k in roots {
        root[k as usize] = true;
    }
    for at in (0..nodes.len()).rev() {
        let node = &nodes[at];
        let copied = several[at] && !root[at] && is_copied(nodes, node);
        if root[at] || several[at] {
            owner[at] = Some(at as u32);
        }
        for operand in node.reads() {
            let Operand::Node(k) = *operand else { continue };
            let k = k as usize;
            root[k] |= nodes[k].fixed != node.fixed;
            several[k] |= copied || owner[k].is_some() && owner[k] != owner[at];
            owner[k] = owner[at];
        }
        if copied {
            owner[at] = None;
        }
    }
    owner
}

/// Few long sums in parts that different lanes add up, and then these: a sum over all variables would leave all lanes
/// but one waiting. Where there is a sum for each variable, they have enough to do.
///
/// Gives the program back, and the nodes that parts end in.
fn in_parts(nodes: Vec<Node>, outputs: Vec<Operand>) -> (Vec<Node>, Vec<Operand>, Vec<u32>) {
    let heads = long_sums(&nodes, &outputs, &[], SPLIT);
    if heads.is_empty() || heads.len() >= FEW {
        return (nodes, outputs, Vec::new());
    }
    let mut parts = Vec::new();
    // Partial sums go; what is new stands where the whole sum stood.
    let gone: HashSet<u32> = heads.iter().flat_map(|sum| sum.partial.iter().copied()).collect();
    let mut sums: HashMap<u32, Sum> = heads.into_iter().map(|sum| (sum.head, sum)).collect();
    let mut image: Vec<Operand> = Vec::with_capacity(nodes.len());
    let mut out: Vec<Node> = Vec::with_capacity(nodes.len());
    for (at, mut node) in nodes.into_iter().enumerate() {
        let now = |operand: Operand, image: &[Operand]| match operand {
            Operand::Node(k) => image[k as usize],
            leaf => leaf,
        };
        let at = at as u32;
        if gone.contains(&at) {
            image.push(Operand::Time);
            continue;
        }
        let Some(Sum { terms, .. }) = sums.remove(&at) else {
            node.operands = node.operands.map(|operand| now(operand, &image));
            image.push(Operand::Node(out.len() as u32));
            out.push(node);
            continue;
        };
        let mut add = |operation, operands: [Operand; 3], reads: usize| {
            let tall = |operand| if let Operand::Node(k) = operand { out[k as usize].height } else { 0 };
            let height = 1 + operands[..reads].iter().map(|&operand| tall(operand)).max().unwrap_or(0);
            out.push(Node { operation, operands, reads, fixed: node.fixed, height });
            Operand::Node(out.len() as u32 - 1)
        };
        let mut whole: Option<Operand> = None;
        for part in terms.chunks(terms.len().div_ceil(PARTS)) {
            let mut sum: Option<Operand> = None;
            for term in part {
                let operand = now(term.operand, &image);
                sum = Some(match sum {
                    None if term.minus => {
                        add(Operation::One(One::Negate), [operand, Operand::Time, Operand::Time], 1)
                    }
                    None => operand,
                    Some(sum) => {
                        let two = if term.minus { Two::Subtract } else { Two::Add };
                        add(Operation::Two(two), [sum, operand, Operand::Time], 2)
                    }
                });
            }
            if let Some(Operand::Node(k)) = sum {
                parts.push(k);
            }
            whole = match (whole, sum) {
                (Some(whole), Some(sum)) => {
                    Some(add(Operation::Two(Two::Add), [whole, sum, Operand::Time], 2))
                }
                (whole, sum) => whole.or(sum),
            };
        }
        image.push(whole.unwrap_or(Operand::Time));
    }
    let outputs = outputs.into_iter().map(|operand| match operand {
        Operand::Node(k) => image[k as usize],
        leaf => leaf,
    });
    let outputs = outputs.collect();
    (out, outputs, parts)
}

/// Groups, and where pieces of each form are.
#[derive(Default)]
struct Groups {
    list: Vec<Group>,
    known: HashMap<(bool, usize, Vec<Line>, Name), usize>,
}

impl Groups {
    fn add(&mut self, fixed: bool, level: usize, form: Folded, root: Option<u32>, output: Option<u32>) {
        let Folded { lines, result, leaves, runs } = form;
        let pieces = vec![Piece { leaves, runs, root, output }];
        self.join(Group { fixed, level, lines, result, pieces });
    }

    fn join(&mut self, group: Group) {
        let key = (group.fixed, group.level, group.lines.clone(), group.result);
        match self.known.get(&key) {
            Some(&at) => self.list[at].pieces.extend(group.pieces),
            None => {
                self.known.insert(key, self.list.len());
                self.list.push(group);
            }
        }
    }
}

/// All pieces by their forms, those that others need first.
fn groups(nodes: &[Node], outputs: &[Operand], parts: &[u32]) -> Vec<Group> {
    let owner = owners(nodes, outputs, &apart_sums(nodes, outputs, parts));
    let mut first_output: HashMap<u32, u32> = HashMap::new();
    for (j, output) in outputs.iter().enumerate() {
        if let Operand::Node(k) = *output {
            first_output.entry(k).or_insert(j as u32);
        }
    }
    let mut level = vec![0; nodes.len()];
    let mut groups = Groups::default();
    // After whatever it reads, and by one more level where that is computed in the same call.
    let after = |level: &[usize], fixed: bool, operand: Operand| match operand {
        Operand::Node(k) if nodes[k as usize].fixed == fixed => level[k as usize] + 1,
        _ => 0,
    };
    let mut folded = Groups::default();
    for root in 0..nodes.len() {
        if owner[root] != Some(root as u32) {
            continue;
        }
        let fixed = nodes[root].fixed;
        let form = Folder::new(nodes, &owner, root as u32).fold(true);
        let terms = form.runs.iter().flat_map(|run| run.terms.iter().flatten());
        level[root] =
            form.leaves.iter().chain(terms).map(|&leaf| after(&level, fixed, leaf)).max().unwrap_or(0);
        let output = first_output.get(&(root as u32)).copied();
        folded.add(fixed, level[root], form, Some(root as u32), output);
    }
    // Sums that are short in every piece of a form are no loops, unless written out they would have many forms.
    for group in folded.list {
        let mut straight = Groups::default();
        if !group.is_long() {
            for piece in &group.pieces {
                let Some(root) = piece.root else { continue };
                let form = Folder::new(nodes, &owner, root).fold(false);
                straight.add(group.fixed, group.level, form, Some(root), piece.output);
            }
        }
        if group.is_long() || straight.list.len() >= FORMS {
            groups.join(group);
        } else {
            straight.list.into_iter().for_each(|group| groups.join(group));
        }
    }
    for (j, &output) in outputs.iter().enumerate() {
        let computed = matches!(output, Operand::Node(k) if first_output.get(&k) == Some(&(j as u32)));
        if !computed {
            let (leaves, result) = match output {
                Operand::Time => (Vec::new(), Name::Time),
                leaf => (vec![leaf], Name::leaf(leaf, 0)),
            };
            let form = Folded { lines: Vec::new(), result, leaves, runs: Vec::new() };
            groups.add(false, after(&level, false, output), form, None, Some(j as u32));
        }
    }
    let mut groups = groups.list;
    groups.sort_by_key(|group| (!group.fixed, group.level));
    groups
}

/// Numbers as `base + stride i`, where they are.
fn affine(numbers: &[u32]) -> Option<(u32, u32)> {
    let base = *numbers.first()?;
    let stride = numbers.get(1).map_or(Some(0), |next| next.checked_sub(base))?;
    let fits =
        |(i, &number): (usize, &u32)| u64::from(base) + u64::from(stride) * i as u64 == u64::from(number);
    numbers.iter().enumerate().all(fits).then_some((base, stride))
}

/// What the text reads beside the state.
#[derive(Default)]
struct Data {
    words: Vec<u32>,
    known: HashMap<Vec<u32>, usize>,
}

impl Data {
    /// Where a column of numbers begins.
    fn column(&mut self, numbers: Vec<u32>) -> usize {
        let Data { words, known } = self;
        *known.entry(numbers).or_insert_with_key(|numbers| {
            words.extend(numbers);
            words.len() - numbers.len()
        })
    }

    /// The number of piece `i` and term `k` from a table, as text; rows may be shorter than `longest`.
    fn table(&mut self, numbers: &[Vec<u32>], longest: usize) -> String {
        let wide = numbers.iter().max_by_key(|of| of.len()).map_or(&[][..], Vec::as_slice);
        if numbers.iter().all(|of| wide.starts_with(of)) {
            return format!("ens_data[{}u + k]", self.column(wide.to_vec()));
        }
        // The pieces side by side, as the lanes that read them are.
        let column = (0..longest)
            .flat_map(|k| numbers.iter().map(move |of| of.get(k).copied().unwrap_or(0)))
            .collect();
        format!("ens_data[{}u + {}u * k + i]", self.column(column), numbers.len())
    }

    /// The `i`-th of some numbers, as text.
    fn index(&mut self, numbers: Vec<u32>) -> String {
        match affine(&numbers) {
            Some((base, 0)) => format!("{base}u"),
            Some((base, 1)) => format!("{base}u + i"),
            Some((base, stride)) => format!("{base}u + {stride}u * i"),
            None => format!("ens_data[{}u + i]", self.column(numbers)),
        }
    }
}

/// Prints a program on memory; see [`Memory`].
///
/// None where too few lanes would keep busy and the text is not much shorter than one without loops, or more numbers
/// were kept than a workgroup has room for.
pub(crate) fn print(program: &Program) -> Result<Option<Shader>, EquationError> {
    let (nodes, outputs) = nodes(program)?;
    let (nodes, outputs, parts) = in_parts(nodes, outputs);
    let groups = groups(&nodes, &outputs, &parts);
    let statements: usize = groups.iter().map(Group::statements).sum();
    let short = nodes.len() > LONG && 2 * statements < nodes.len();
    let (lanes, busy) = lanes(&groups);
    if busy < BUSY && !short {
        return Ok(None);
    }
    if statements > STATEMENTS {
        return Err(wgsl::too_long(statements));
    }
    // Places: variables, inputs, results, then what pieces hand to each other.
    let results = (program.states + program.inputs) as u32;
    let mut free = results + program.outputs.len() as u32;
    let first = free;
    let mut place = vec![0_u32; nodes.len()];
    for piece in groups.iter().flat_map(|group| &group.pieces) {
        if let Some(root) = piece.root {
            place[root as usize] = piece.output.map_or(free, |j| results + j);
            free += u32::from(piece.output.is_none());
        }
    }
    let numbers = free as usize + 2 * program.states;
    if numbers > NUMBERS {
        return Ok(None);
    }
    let (mut text, mut data) = (String::new(), Data::default());
    wgsl::tables(&[program], &mut text, &mut data.words)?;
    for (fixed, head) in [(true, "fn rhs_prologue(lane: u32) {"), (false, "fn rhs(t: f32, lane: u32) {")] {
        let _ = writeln!(text, "{head}");
        let mut level = 0;
        let mut turn = 0;
        for group in groups.iter().filter(|group| group.fixed == fixed) {
            if group.level > level {
                level = group.level;
                text.push_str("    ens_barrier();\n");
            }
            if group.pieces.len() >= LOOP {
                let count = group.pieces.len();
                let _ = writeln!(text, "    for (var i = lane; i < {count}u; i += ENS_LANES) {{");
                let to = Places { place: &place, results };
                piece(&mut text, &mut data, group, &group.pieces, to)?;
                text.push_str("    }\n");
            } else {
                for one in &group.pieces {
                    let _ = writeln!(text, "    if lane == {turn}u % ENS_LANES {{");
                    let to = Places { place: &place, results };
                    piece(&mut text, &mut data, group, std::slice::from_ref(one), to)?;
                    text.push_str("    }\n");
                    turn += 1;
                }
            }
        }
        text.push_str("    ens_barrier();\n}\n");
    }
    let turns = groups.iter().map(Group::turns).sum::<usize>() as u32;
    let memory = Memory { scratch: (free - first) as usize, lanes, turns };
    // A processor gains nothing from lanes that share out the work, and loses at every barrier.
    let straight = if busy < BUSY { wgsl::values(program).ok() } else { None };
    let straight = straight.map(|shader| Straight { text: shader.text, data: shader.data });
    Ok(Some(Shader { text, data: data.words, memory: Some(memory), straight }))
}

/// Where values lie in memory.
#[derive(Clone, Copy)]
struct Places<'a> {
    place: &'a [u32],
    results: u32,
}

impl Places<'_> {
    /// What stands for a leaf in a table.
    fn number(self, leaf: Operand) -> u32 {
        match leaf {
            Operand::Constant(bits) => bits,
            Operand::Parameter(k) | Operand::Memory(k) => k,
            Operand::Node(k) => self.place[k as usize],
            Operand::Time => 0,
        }
    }
}

/// Reads the leaf of which `index` is the place, or for a constant the word of the data.
fn read(leaf: Operand, index: &str) -> String {
    match leaf {
        Operand::Parameter(_) => format!("ens_parameter({index})"),
        _ => format!("ens_m[{index}]"),
    }
}

/// The value of one leaf of pieces of one form.
fn leaf_value(data: &mut Data, leaf: Operand, numbers: Vec<u32>) -> String {
    match leaf {
        Operand::Constant(bits) if numbers.iter().all(|other| *other == bits) => constant(bits),
        Operand::Constant(_) => format!("bitcast<f32>(ens_data[{}u + i])", data.column(numbers)),
        _ => read(leaf, &data.index(numbers)),
    }
}

fn constant(bits: u32) -> String {
    let value = f32::from_bits(bits);
    if value.is_sign_negative() { format!("({value:?}f)") } else { format!("{value:?}f") }
}

/// The inside of a loop over pieces of one form, or of one of them alone.
fn piece(
    text: &mut String,
    data: &mut Data,
    group: &Group,
    pieces: &[Piece],
    to: Places<'_>,
) -> Result<(), EquationError> {
    for (slot, &leaf) in pieces[0].leaves.iter().enumerate() {
        let numbers = pieces.iter().map(|piece| to.number(piece.leaves[slot])).collect();
        let value = leaf_value(data, leaf, numbers);
        let _ = writeln!(text, "        let {} = {value};", Name::leaf(leaf, slot).text());
    }
    for line in &group.lines {
        match line {
            Line::Step { to, step } => {
                let _ = writeln!(text, "        let a{to} = {};", step_value(step, &Name::text)?);
            }
            Line::Start { to, from } => {
                let from = from.map_or_else(|| "0.0f".to_owned(), |from| from.text());
                let _ = writeln!(text, "        var a{to} = {from};");
            }
            Line::Add { to, minus, from } => {
                let sign = if *minus { '-' } else { '+' };
                let _ = writeln!(text, "        a{to} = a{to} {sign} {};", from.text());
            }
            Line::Loop { to: sum, run, weight, steps, last } => {
                let runs: Vec<&Run> = pieces.iter().map(|piece| &piece.runs[*run]).collect();
                let names = terms(text, data, &runs, to);
                let name = |name: &Name| match name {
                    Name::Leaf(_, slot) => names[*slot].clone(),
                    Name::Own(k) => format!("b{k}"),
                    other => other.text(),
                };
                for (k, step) in steps.iter().enumerate() {
                    let _ = writeln!(text, "            let b{k} = {};", step_value(step, &name)?);
                }
                let last = name(last);
                let value = match weight {
                    Weight::Plus => format!("+ {last}"),
                    Weight::Minus => format!("- {last}"),
                    Weight::Given(slot) => format!("+ {} * {last}", names[*slot]),
                };
                let _ = writeln!(text, "            a{sum} = a{sum} {value};\n        }}");
            }
        }
    }
    let places: Vec<u32> = pieces
        .iter()
        .map(|piece| match (piece.output, piece.root) {
            (Some(j), _) => to.results + j,
            (None, root) => root.map_or(0, |root| to.place[root as usize]),
        })
        .collect();
    let _ = writeln!(text, "        ens_m[{}] = {};", data.index(places), group.result.text());
    Ok(())
}

fn step_value(step: &Step, name: &dyn Fn(&Name) -> String) -> Result<String, EquationError> {
    let [a, b, c] = [0, 1, 2].map(|k| step.operands.get(k).map_or_else(String::new, name));
    wgsl::value(step.operation, [&a, &b, &c])
}

/// Opens the loop over the terms of a sum, and reads their leaves: their names by slot.
fn terms(text: &mut String, data: &mut Data, runs: &[&Run], to: Places<'_>) -> Vec<String> {
    let longest = runs.iter().map(|run| run.terms.len()).max().unwrap_or(0);
    let mut inside = String::new();
    let mut known: HashMap<String, String> = HashMap::new();
    let mut names = Vec::new();
    let shape = &runs[0].terms[0];
    for (slot, &leaf) in shape.iter().enumerate() {
        let numbers: Vec<Vec<u32>> =
            runs.iter().map(|run| run.terms.iter().map(|term| to.number(term[slot])).collect()).collect();
        let still = numbers.iter().all(|of| of.iter().all(|number| *number == of[0]));
        let value = if still {
            leaf_value(data, leaf, numbers.iter().map(|of| of[0]).collect())
        } else if let Operand::Constant(_) = leaf {
            format!("bitcast<f32>({})", data.table(&numbers, longest))
        } else {
            read(leaf, &plane(&numbers).unwrap_or_else(|| data.table(&numbers, longest)))
        };
        // One name a value, so that what two places read is read once.
        let name = match (still, leaf) {
            (true, Operand::Constant(_)) if value.ends_with(['f', ')']) && !value.starts_with("bitcast") => {
                value
            }
            _ => known
                .entry(value)
                .or_insert_with_key(|value| {
                    let name = format!("d{}_{slot}", text.len());
                    let (place, indent) = if still { (&mut *text, "") } else { (&mut inside, "    ") };
                    let _ = writeln!(place, "        {indent}let {name} = {value};");
                    name
                })
                .clone(),
        };
        names.push(name);
    }
    let counts: Vec<u32> = runs.iter().map(|run| run.terms.len() as u32).collect();
    let count = if counts.iter().all(|count| *count == counts[0]) {
        format!("{}u", counts[0])
    } else {
        format!("ens_data[{}u + i]", data.column(counts))
    };
    // A term alone needs no loop, and does not read its number.
    let head = if longest == 1 { String::new() } else { format!("for (var k = 0u; k < {count}; k++) ") };
    let _ = write!(text, "        {head}{{\n{inside}");
    names
}

/// Numbers by piece `i` and term `k` as `base + a i + b k`, as text, where they are.
fn plane(numbers: &[Vec<u32>]) -> Option<String> {
    let first = i64::from(*numbers.first()?.first()?);
    let along = numbers.iter().find(|of| of.len() > 1).map_or(0, |of| i64::from(of[1]) - i64::from(of[0]));
    let across = numbers.get(1).map_or(Some(0), |of| Some(i64::from(*of.first()?) - first))?;
    for (i, of) in numbers.iter().enumerate() {
        for (k, number) in of.iter().enumerate() {
            if first + across * i as i64 + along * k as i64 != i64::from(*number) {
                return None;
            }
        }
    }
    // What is taken away comes last: the numbers have no sign.
    let mut text = format!("{first}u");
    let mut parts = [(across, 'i'), (along, 'k')];
    parts.sort_by_key(|(by, _)| *by < 0);
    for (by, name) in parts {
        let sign = if by < 0 { '-' } else { '+' };
        match by.unsigned_abs() {
            0 => {}
            1 => text.push_str(&format!(" {sign} {name}")),
            by => text.push_str(&format!(" {sign} {by}u * {name}")),
        }
    }
    Some(text)
}

/// How many lanes are best, and what share of them keeps busy.
fn lanes(groups: &[Group]) -> (u32, f64) {
    let moving = || groups.iter().filter(|group| !group.fixed);
    let alone: usize = moving().map(|group| group.operations() * group.pieces.len()).sum();
    let levels = 1 + moving().map(|group| group.level).max().unwrap_or(0);
    let busy = |lanes: usize| {
        let together: usize = moving()
            .map(|group| {
                // Single pieces go to different lanes, one after the other where those run in step.
                let rounds = if group.pieces.len() < LOOP {
                    group.pieces.len()
                } else {
                    group.pieces.len().div_ceil(lanes)
                };
                rounds * group.operations()
            })
            .sum();
        alone as f64 / (lanes * (together + levels * BARRIER)) as f64
    };
    let (few, many) = (busy(32), busy(64));
    if many > few { (64, many) } else { (32, few) }
}
