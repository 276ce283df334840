//! A register program shared out: what has the same form is computed in one loop, over which lanes divide themselves.
//!
//! The program is cut into pieces: each ends in an output or in a value that several pieces read, and holds what
//! nothing else reads. Pieces of one form, which differ only in the constants, parameters and places that they read,
//! become one loop, with the places in tables. So the text of a ring or an all-to-all network grows with the forms in
//! it, not with its size.

use crate::EquationError;
use crate::graph::{One, Two};
use crate::program::{Operation, Program};
use crate::wgsl::{self, Memory, STATEMENTS, Shader};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

/// Pieces of one form fewer than this are written out one by one.
const LOOP: usize = 4;
/// Most numbers in memory, so that with two more arrays of the variables a workgroup's 16,384 bytes hold them.
const NUMBERS: usize = 4064;
/// What a barrier costs, in operations of one lane: a guess for hardware that runs 32 lanes in step.
const BARRIER: usize = 20;
/// The share of its lanes that a workgroup must keep busy to be worth it.
const BUSY: f64 = 0.2;

/// What an instruction reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Operand {
    Time,
    /// The bits in single precision.
    Constant(u32),
    Parameter(u32),
    /// A variable or a random input.
    Memory(u32),
    Node(u32),
}

struct Node {
    operation: Operation,
    operands: [Operand; 3],
    reads: usize,
    /// Whether it depends on parameters alone.
    fixed: bool,
    /// Operations on the longest way to a leaf.
    height: u32,
}

/// One piece: what it reads from elsewhere, and where its value goes.
struct Piece {
    leaves: Vec<Operand>,
    /// The node whose value it is; none for an output that is only copied.
    root: Option<u32>,
    output: Option<u32>,
}

/// Pieces of one form.
struct Group {
    fixed: bool,
    level: usize,
    operations: usize,
    body: String,
    result: String,
    pieces: Vec<Piece>,
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

fn is_cheap(node: &Node) -> bool {
    matches!(
        node.operation,
        Operation::Two(Two::Add | Two::Subtract | Two::Multiply) | Operation::One(One::Negate)
    )
}

/// The piece that each node belongs to, named by the node that it ends in; none for a node that each piece which
/// reads it computes for itself: one cheap operation is not worth a place in memory, and would break up the forms.
fn owners(nodes: &[Node], outputs: &[Operand]) -> Vec<Option<u32>> {
    let mut owner: Vec<Option<u32>> = vec![None; nodes.len()];
    let mut root = vec![false; nodes.len()];
    let mut several = vec![false; nodes.len()];
    for output in outputs {
        if let Operand::Node(k) = output {
            root[*k as usize] = true;
        }
    }
    for at in (0..nodes.len()).rev() {
        let node = &nodes[at];
        let reads = &node.operands[..node.reads];
        let apart = |operand: &Operand| match operand {
            Operand::Node(k) => !is_cheap(&nodes[*k as usize]),
            _ => true,
        };
        let copied = several[at] && !root[at] && is_cheap(node) && reads.iter().all(apart);
        if root[at] || several[at] {
            owner[at] = Some(at as u32);
        }
        for operand in reads {
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

/// The nodes of one piece, operands before what reads them, in an order that its form alone decides.
fn inside(nodes: &[Node], owner: &[Option<u32>], root: u32) -> Vec<u32> {
    let mut order = Vec::new();
    let mut done = HashSet::new();
    let mut stack = vec![(root, 0)];
    while let Some((at, next)) = stack.pop() {
        let node = &nodes[at as usize];
        if done.contains(&at) {
            continue;
        }
        if next < node.reads {
            stack.push((at, next + 1));
            if let Operand::Node(k) = node.operands[next]
                && (owner[k as usize] == Some(root) || owner[k as usize].is_none())
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

/// All pieces by their forms, those that others need first.
fn groups(nodes: &[Node], outputs: &[Operand]) -> Result<Vec<Group>, EquationError> {
    let owner = owners(nodes, outputs);
    let mut first_output: HashMap<u32, u32> = HashMap::new();
    for (j, output) in outputs.iter().enumerate() {
        if let Operand::Node(k) = *output {
            first_output.entry(k).or_insert(j as u32);
        }
    }
    let mut level = vec![0; nodes.len()];
    let mut known: HashMap<(bool, usize, String, String), usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    let mut add = |fixed, level, operations, body: String, result: String, piece: Piece| {
        let key = (fixed, level, body.clone(), result.clone());
        let at = *known.entry(key).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Group { fixed, level, operations, body, result, pieces: Vec::new() });
        }
        groups[at].pieces.push(piece);
    };
    // After whatever it reads, and by one more level where that is computed in the same call.
    let after = |level: &[usize], fixed: bool, operand: Operand| match operand {
        Operand::Node(k) if nodes[k as usize].fixed == fixed => level[k as usize] + 1,
        _ => 0,
    };
    for root in 0..nodes.len() {
        if owner[root] != Some(root as u32) {
            continue;
        }
        let members = inside(nodes, &owner, root as u32);
        let fixed = nodes[root].fixed;
        let mut local: HashMap<u32, usize> = HashMap::new();
        let mut slots: HashMap<Operand, usize> = HashMap::new();
        let mut leaves = Vec::new();
        let mut body = String::new();
        for (number, &at) in members.iter().enumerate() {
            let node = &nodes[at as usize];
            let mut names: [String; 3] = Default::default();
            for (name, &operand) in names.iter_mut().zip(&node.operands[..node.reads]) {
                if let Operand::Node(k) = operand
                    && let Some(own) = local.get(&k)
                {
                    *name = format!("a{own}");
                } else if operand == Operand::Time {
                    *name = "t".into();
                } else {
                    let slot = *slots.entry(operand).or_insert(leaves.len());
                    if slot == leaves.len() {
                        leaves.push(operand);
                        level[root] = level[root].max(after(&level, fixed, operand));
                    }
                    *name = leaf_name(operand, slot);
                }
            }
            let value = wgsl::value(node.operation, [&names[0], &names[1], &names[2]])?;
            let _ = writeln!(body, "let a{number} = {value};");
            local.insert(at, number);
        }
        let operations = members.len();
        let output = first_output.get(&(root as u32)).copied();
        let piece = Piece { leaves, root: Some(root as u32), output };
        add(fixed, level[root], operations, body, format!("a{}", operations - 1), piece);
    }
    for (j, &output) in outputs.iter().enumerate() {
        let computed = matches!(output, Operand::Node(k) if first_output.get(&k) == Some(&(j as u32)));
        if !computed {
            let (leaves, result) = match output {
                Operand::Time => (Vec::new(), "t".to_owned()),
                leaf => (vec![leaf], leaf_name(leaf, 0)),
            };
            let level = after(&level, false, output);
            add(false, level, 0, String::new(), result, Piece { leaves, root: None, output: Some(j as u32) });
        }
    }
    groups.sort_by_key(|group| (!group.fixed, group.level));
    Ok(groups)
}

fn leaf_name(operand: Operand, slot: usize) -> String {
    match operand {
        Operand::Constant(_) => format!("c{slot}"),
        Operand::Parameter(_) => format!("q{slot}"),
        _ => format!("m{slot}"),
    }
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
/// None where too few lanes would keep busy, or more numbers were kept than a workgroup has room for.
pub(crate) fn print(program: &Program) -> Result<Option<Shader>, EquationError> {
    let (nodes, outputs) = nodes(program)?;
    let groups = groups(&nodes, &outputs)?;
    let Some(lanes) = lanes(&groups) else { return Ok(None) };
    let statements: usize = groups
        .iter()
        .map(|group| {
            let copies = if group.pieces.len() < LOOP { group.pieces.len() } else { 1 };
            copies * (group.operations + group.pieces[0].leaves.len() + 1)
        })
        .sum();
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
    wgsl::tables(program, &mut text, &mut data.words)?;
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
                piece(&mut text, &mut data, group, &group.pieces, &place, results);
                text.push_str("    }\n");
            } else {
                for one in &group.pieces {
                    let _ = writeln!(text, "    if lane == {turn}u % ENS_LANES {{");
                    piece(&mut text, &mut data, group, std::slice::from_ref(one), &place, results);
                    text.push_str("    }\n");
                    turn += 1;
                }
            }
        }
        text.push_str("    ens_barrier();\n}\n");
    }
    let memory = Memory { scratch: (free - first) as usize, lanes };
    Ok(Some(Shader { text, data: data.words, memory: Some(memory) }))
}

/// The inside of a loop over pieces of one form, or of one of them alone.
fn piece(text: &mut String, data: &mut Data, group: &Group, pieces: &[Piece], place: &[u32], results: u32) {
    for slot in 0..pieces[0].leaves.len() {
        let numbers: Vec<u32> = pieces
            .iter()
            .map(|piece| match piece.leaves[slot] {
                Operand::Constant(bits) => bits,
                Operand::Parameter(k) | Operand::Memory(k) => k,
                Operand::Node(k) => place[k as usize],
                Operand::Time => 0,
            })
            .collect();
        let leaf = pieces[0].leaves[slot];
        let value = match leaf {
            Operand::Constant(bits) => {
                if numbers.iter().all(|other| *other == bits) {
                    let value = f32::from_bits(bits);
                    if value.is_sign_negative() { format!("({value:?}f)") } else { format!("{value:?}f") }
                } else {
                    format!("bitcast<f32>(ens_data[{}u + i])", data.column(numbers))
                }
            }
            Operand::Parameter(_) => format!("ens_parameter({})", data.index(numbers)),
            _ => format!("ens_m[{}]", data.index(numbers)),
        };
        let _ = writeln!(text, "        let {} = {value};", leaf_name(leaf, slot));
    }
    for line in group.body.lines() {
        let _ = writeln!(text, "        {line}");
    }
    let to: Vec<u32> = pieces
        .iter()
        .map(|piece| match (piece.output, piece.root) {
            (Some(j), _) => results + j,
            (None, root) => root.map_or(0, |root| place[root as usize]),
        })
        .collect();
    let _ = writeln!(text, "        ens_m[{}] = {};", data.index(to), group.result);
}

/// How many lanes keep busy enough.
fn lanes(groups: &[Group]) -> Option<u32> {
    let moving = || groups.iter().filter(|group| !group.fixed);
    let each = |group: &Group| group.operations + group.pieces.first().map_or(0, |p| p.leaves.len()) + 1;
    let alone: usize = moving().map(|group| each(group) * group.pieces.len()).sum();
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
                rounds * each(group)
            })
            .sum();
        alone as f64 / (lanes * (together + levels * BARRIER)) as f64
    };
    let (few, many) = (busy(32), busy(64));
    if few < BUSY && many < BUSY { None } else { Some(if many > few { 64 } else { 32 }) }
}
