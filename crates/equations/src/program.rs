//! A graph lowered to a straight line of instructions over a dense file of registers.
//!
//! Constants, parameters and what depends on them alone lie in registers of their own, so that each instruction
//! reads registers only: `[constants | parameters | prologue | t | x | inputs | temporaries]`. The prologue runs once a
//! change of parameters.

use crate::bounds;
use crate::graph::{Full, Graph, Id, Node, One, Two, apply_one, apply_two};
use crate::table::{self, Table};
use numerics::Real;
use std::sync::Arc;

/// What an instruction computes from registers `a`, `b`, `c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    One(One),
    Two(Two),
    /// The table of this number at `a`.
    Table(u16),
    /// The slope of the table of this number at `a`.
    Slope(u16),
    /// `a != 0 ? b : c`
    Select,
    /// `a * b + c`, rounded twice.
    MultiplyAdd,
    /// `a * b - c`
    MultiplySubtract,
    /// `c - a * b`
    SubtractProduct,
    /// `(a + b) * c`
    SumTimes,
    /// `(a - b) * c`
    DifferenceTimes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instruction {
    pub(crate) operation: Operation,
    pub(crate) to: u16,
    pub(crate) a: u16,
    pub(crate) b: u16,
    pub(crate) c: u16,
}

/// How many numbers of each kind a program reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) states: usize,
    /// Delayed values, which come first among the inputs.
    pub(crate) delayed: usize,
    pub(crate) inputs: usize,
    pub(crate) parameters: usize,
}

/// Instructions that compute a few numbers from time, state, inputs and parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    pub(crate) constants: Vec<f64>,
    pub(crate) states: usize,
    pub(crate) inputs: usize,
    pub(crate) tables: Arc<[Table]>,
    pub(crate) parameters: usize,
    /// Instructions of the parameters alone.
    pub(crate) prologue: Vec<Instruction>,
    pub(crate) code: Vec<Instruction>,
    /// The register of each output.
    pub(crate) outputs: Vec<u16>,
    pub(crate) registers: usize,
}

impl Program {
    /// Number of instructions that run at every evaluation.
    pub fn len(&self) -> usize {
        self.code.len()
    }
    /// Whether evaluation only copies.
    pub fn is_empty(&self) -> bool {
        self.code.is_empty()
    }
    /// Number of registers.
    pub fn registers(&self) -> usize {
        self.registers
    }
    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.outputs.len()
    }
    pub(crate) fn time(&self) -> usize {
        self.constants.len() + self.parameters + self.prologue.len()
    }

    /// Whether an evaluation reads time.
    pub(crate) fn reads_time(&self) -> bool {
        let time = self.time() as u16;
        // The register of time holds nothing else, so a reader of it is a reader of time. Unused operand
        // fields are 0, which is time's register only where there is neither constant nor parameter.
        self.code.iter().any(|i| {
            let used = match i.operation {
                Operation::One(_) | Operation::Table(_) | Operation::Slope(_) => 1,
                Operation::Two(_) => 2,
                _ => 3,
            };
            [i.a, i.b, i.c][..used].contains(&time)
        }) || self.outputs.contains(&time)
    }

    /// Lowers the nodes that `roots` need.
    pub(crate) fn lower(
        source: &Graph,
        roots: &[Id],
        layout: Layout,
        tables: &Arc<[Table]>,
    ) -> Result<Program, Full> {
        let Layout { states, delayed, inputs, parameters } = layout;
        let (graph, roots) = expand_powers(source, roots)?;
        let count = graph.nodes.len();
        let order = schedule(&graph, &roots);
        // Nodes that only parameters and constants reach.
        let mut fixed = vec![false; count];
        let mut uses = vec![0_u32; count];
        for &id in &order {
            let node = graph.nodes[id as usize];
            let (operands, len) = node.operands();
            let inert = operands[..len].iter().all(|&operand| fixed[operand as usize]);
            fixed[id as usize] =
                inert && !matches!(node, Node::Time | Node::State(_) | Node::Delayed(_) | Node::Draw(_));
            for &operand in &operands[..len] {
                uses[operand as usize] += 1;
            }
        }
        for &root in &roots {
            // An output is never folded into what reads it.
            uses[root as usize] += 2;
        }
        // Products, sums and differences read once are fused into what reads them.
        let mut fused = vec![false; count];
        let mut forms: Vec<Option<(Operation, [Id; 3])>> = vec![None; count];
        for &id in &order {
            if fixed[id as usize] {
                continue;
            }
            let single = |id: Id, wanted: Two| match graph.nodes[id as usize] {
                Node::Two(own, x, y) if own == wanted && uses[id as usize] == 1 && !fixed[id as usize] => {
                    Some((x, y))
                }
                _ => None,
            };
            let form = match graph.nodes[id as usize] {
                Node::Two(Two::Add, a, b) => single(a, Two::Multiply)
                    .filter(|_| a != b && !fused[a as usize])
                    .map(|(x, y)| (a, Operation::MultiplyAdd, [x, y, b]))
                    .or_else(|| {
                        single(b, Two::Multiply).map(|(x, y)| (b, Operation::MultiplyAdd, [x, y, a]))
                    }),
                Node::Two(Two::Subtract, a, b) => single(a, Two::Multiply)
                    .map(|(x, y)| (a, Operation::MultiplySubtract, [x, y, b]))
                    .or_else(|| {
                        single(b, Two::Multiply).map(|(x, y)| (b, Operation::SubtractProduct, [x, y, a]))
                    }),
                Node::Two(Two::Multiply, a, b) => single(a, Two::Add)
                    .map(|(x, y)| (a, Operation::SumTimes, [x, y, b]))
                    .or_else(|| single(b, Two::Add).map(|(x, y)| (b, Operation::SumTimes, [x, y, a])))
                    .or_else(|| {
                        single(a, Two::Subtract).map(|(x, y)| (a, Operation::DifferenceTimes, [x, y, b]))
                    })
                    .or_else(|| {
                        single(b, Two::Subtract).map(|(x, y)| (b, Operation::DifferenceTimes, [x, y, a]))
                    }),
                _ => None,
            };
            // An inner node that is itself fused from another stays as it is: three operands are the limit.
            if let Some((inner, operation, operands)) = form
                && forms[inner as usize].is_none()
            {
                fused[inner as usize] = true;
                forms[id as usize] = Some((operation, operands));
            }
        }
        let form_of = |id: Id| -> Option<(Operation, [Id; 3], usize)> {
            if let Some((operation, operands)) = forms[id as usize] {
                return Some((operation, operands, 3));
            }
            let node = graph.nodes[id as usize];
            let (operands, len) = node.operands();
            match node {
                Node::One(operation, _) => Some((Operation::One(operation), operands, len)),
                Node::Two(operation, ..) => Some((Operation::Two(operation), operands, len)),
                Node::Select(..) => Some((Operation::Select, operands, len)),
                Node::Table(table, _) => Some((Operation::Table(table as u16), operands, len)),
                Node::Slope(table, _) => Some((Operation::Slope(table as u16), operands, len)),
                // Expanded above; the first operand of itself would be wrong, so it is left out.
                Node::Integer(..)
                | Node::Constant(_)
                | Node::Time
                | Node::State(_)
                | Node::Delayed(_)
                | Node::Draw(_)
                | Node::Parameter(_) => None,
            }
        };
        // Registers that never move.
        let constants: Vec<f64> = order.iter().filter_map(|&id| graph.value(id)).collect();
        let mut register = vec![0_u32; count];
        let mut next = 0_u32;
        for &id in &order {
            if graph.value(id).is_some() {
                register[id as usize] = next;
                next += 1;
            }
        }
        let base = next;
        next += parameters as u32;
        let mut prologue = Vec::new();
        let make = |register: &[u32], id: Id, operation: Operation, operands: [Id; 3], len: usize| {
            let read = |k: usize| if k < len { register[operands[k] as usize] as u16 } else { 0 };
            Instruction { operation, to: register[id as usize] as u16, a: read(0), b: read(1), c: read(2) }
        };
        for &id in &order {
            if let Node::Parameter(k) = graph.nodes[id as usize] {
                register[id as usize] = base + k;
            } else if fixed[id as usize]
                && let Some((operation, operands, len)) = form_of(id)
            {
                register[id as usize] = next;
                next += 1;
                if next as usize > bounds::REGISTERS {
                    return Err(Full);
                }
                prologue.push(make(&register, id, operation, operands, len));
            }
        }
        let time = next;
        next += 1 + (states + inputs) as u32;
        for &id in &order {
            match graph.nodes[id as usize] {
                Node::Time => register[id as usize] = time,
                Node::State(k) => register[id as usize] = time + 1 + k,
                Node::Delayed(k) => register[id as usize] = time + 1 + states as u32 + k,
                Node::Draw(k) => register[id as usize] = time + 1 + (states + delayed) as u32 + k,
                _ => {}
            }
        }
        // Temporaries are freed after their last reader, so that the file stays in the nearest cache.
        let moving: Vec<Id> = order
            .iter()
            .copied()
            .filter(|&id| !fixed[id as usize] && !fused[id as usize] && form_of(id).is_some())
            .collect();
        let mut last = vec![usize::MAX; count];
        for (at, &id) in moving.iter().enumerate() {
            if let Some((_, operands, len)) = form_of(id) {
                for &operand in &operands[..len] {
                    last[operand as usize] = at;
                }
            }
        }
        for &root in &roots {
            last[root as usize] = usize::MAX;
        }
        let mut temporary = vec![false; count];
        let mut free: Vec<u32> = Vec::new();
        let mut code = Vec::new();
        for (at, &id) in moving.iter().enumerate() {
            let Some((operation, operands, len)) = form_of(id) else { continue };
            let reads = make(&register, id, operation, operands, len);
            for k in 0..len {
                let operand = operands[k];
                if temporary[operand as usize]
                    && last[operand as usize] == at
                    && !operands[..k].contains(&operand)
                {
                    free.push(register[operand as usize]);
                }
            }
            let own = free.pop().unwrap_or_else(|| {
                next += 1;
                next - 1
            });
            if next as usize > bounds::REGISTERS {
                return Err(Full);
            }
            register[id as usize] = own;
            temporary[id as usize] = true;
            code.push(Instruction { to: own as u16, ..reads });
        }
        if next as usize > bounds::REGISTERS {
            return Err(Full);
        }
        let outputs = roots.iter().map(|&root| register[root as usize] as u16).collect();
        Ok(Program {
            constants,
            states,
            inputs,
            tables: tables.clone(),
            parameters,
            prologue,
            code,
            outputs,
            registers: next as usize,
        })
    }
}

/// A copy of what `roots` need, with integer powers as products.
fn expand_powers(source: &Graph, roots: &[Id]) -> Result<(Graph, Vec<Id>), Full> {
    let mut graph = Graph::new(2 * bounds::JACOBIAN_OPERATIONS);
    let mut image = vec![0; source.nodes.len()];
    for id in schedule(source, roots) {
        let at = |id: Id, image: &[Id]| image[id as usize];
        image[id as usize] = match source.nodes[id as usize] {
            Node::One(operation, a) => graph.one(operation, at(a, &image))?,
            Node::Two(operation, a, b) => graph.two(operation, at(a, &image), at(b, &image))?,
            Node::Select(a, b, c) => graph.select(at(a, &image), at(b, &image), at(c, &image))?,
            Node::Integer(a, n) => graph.product(at(a, &image), n)?,
            Node::Table(table, a) => graph.add(Node::Table(table, at(a, &image)))?,
            Node::Slope(table, a) => graph.add(Node::Slope(table, at(a, &image)))?,
            leaf => graph.add(leaf)?,
        };
    }
    let roots = roots.iter().map(|&root| image[root as usize]).collect();
    Ok((graph, roots))
}

/// Depth first from the first root on: operands right before what reads them.
fn schedule(graph: &Graph, roots: &[Id]) -> Vec<Id> {
    let mut order = Vec::new();
    let mut done = vec![false; graph.nodes.len()];
    let mut stack: Vec<(Id, usize)> = Vec::new();
    for &root in roots {
        stack.push((root, 0));
        while let Some((id, next)) = stack.pop() {
            if done[id as usize] {
                continue;
            }
            let (operands, len) = graph.nodes[id as usize].operands();
            if next < len {
                stack.push((id, next + 1));
                stack.push((operands[next], 0));
            } else {
                done[id as usize] = true;
                order.push(id);
            }
        }
    }
    order
}

/// The registers of one program at work.
#[derive(Clone, Debug)]
pub(crate) struct Machine<V> {
    file: File<V>,
    stale: bool,
}

/// Programs of at most 256 registers, nearly all, need no check of an index: it has 8 bits.
#[derive(Clone, Debug)]
enum File<V> {
    Small(Box<[V; 256]>),
    Large(Vec<V>),
}

trait Registers<V> {
    fn get(&self, index: u16) -> V;
    fn set(&mut self, index: u16, value: V);
}
impl<V: Copy> Registers<V> for [V; 256] {
    #[inline(always)]
    fn get(&self, index: u16) -> V {
        self[(index & 255) as usize]
    }
    #[inline(always)]
    fn set(&mut self, index: u16, value: V) {
        self[(index & 255) as usize] = value;
    }
}
impl<V: Copy> Registers<V> for [V] {
    #[inline(always)]
    fn get(&self, index: u16) -> V {
        self[index as usize]
    }
    #[inline(always)]
    fn set(&mut self, index: u16, value: V) {
        self[index as usize] = value;
    }
}

// Each arm stores its own result: one shared store after the match would send every block through the stack.
#[inline(never)]
fn run<V: Real, R: Registers<V> + ?Sized>(code: &[Instruction], tables: &[Table], r: &mut R) {
    for i in code {
        match i.operation {
            Operation::Two(Two::Add) => r.set(i.to, r.get(i.a) + r.get(i.b)),
            Operation::Two(Two::Subtract) => r.set(i.to, r.get(i.a) - r.get(i.b)),
            Operation::Two(Two::Multiply) => r.set(i.to, r.get(i.a) * r.get(i.b)),
            Operation::Two(Two::Divide) => r.set(i.to, r.get(i.a) / r.get(i.b)),
            Operation::MultiplyAdd => r.set(i.to, r.get(i.a) * r.get(i.b) + r.get(i.c)),
            Operation::MultiplySubtract => r.set(i.to, r.get(i.a) * r.get(i.b) - r.get(i.c)),
            Operation::SubtractProduct => r.set(i.to, r.get(i.c) - r.get(i.a) * r.get(i.b)),
            Operation::SumTimes => r.set(i.to, (r.get(i.a) + r.get(i.b)) * r.get(i.c)),
            Operation::DifferenceTimes => r.set(i.to, (r.get(i.a) - r.get(i.b)) * r.get(i.c)),
            Operation::One(One::Negate) => r.set(i.to, -r.get(i.a)),
            Operation::One(One::Exp) => r.set(i.to, r.get(i.a).exp()),
            Operation::One(One::Tanh) => r.set(i.to, r.get(i.a).tanh()),
            Operation::One(One::Sin) => r.set(i.to, r.get(i.a).sin()),
            Operation::One(One::Cos) => r.set(i.to, r.get(i.a).cos()),
            Operation::Select => r.set(i.to, r.get(i.a).select(r.get(i.b), r.get(i.c))),
            Operation::Table(k) => r.set(i.to, table::value(tables.get(k as usize), r.get(i.a))),
            Operation::Slope(k) => r.set(i.to, table::slope(tables.get(k as usize), r.get(i.a))),
            Operation::One(operation) => r.set(i.to, seldom_one(operation, r.get(i.a))),
            Operation::Two(operation) => r.set(i.to, seldom_two(operation, r.get(i.a), r.get(i.b))),
        }
    }
}

// Kept out of the loop above, whose code then stays small.
#[inline(never)]
fn seldom_one<V: Real>(operation: One, a: V) -> V {
    apply_one(operation, a)
}
#[inline(never)]
fn seldom_two<V: Real>(operation: Two, a: V, b: V) -> V {
    apply_two(operation, a, b)
}

impl<V: Real> Machine<V> {
    pub(crate) fn new(program: &Program, parameters: &[V]) -> Self {
        let mut file = if program.registers <= 256 {
            File::Small(Box::new([V::zero(); 256]))
        } else {
            File::Large(vec![V::zero(); program.registers])
        };
        let all = file.all();
        for (register, constant) in all.iter_mut().zip(&program.constants) {
            *register = V::splat(*constant);
        }
        for (register, parameter) in all[program.constants.len()..].iter_mut().zip(parameters) {
            *register = *parameter;
        }
        Self { file, stale: true }
    }

    pub(crate) fn set_parameter(&mut self, program: &Program, index: usize, value: V) {
        if index < program.parameters {
            self.file.all()[program.constants.len() + index] = value;
            self.stale = true;
        }
    }

    #[inline]
    pub(crate) fn evaluate(&mut self, program: &Program, t: V, x: &[V], inputs: &[V], out: &mut [V]) {
        if self.stale {
            self.file.run(&program.prologue, &program.tables);
            self.stale = false;
        }
        let time = program.time();
        match &mut self.file {
            File::Small(file) => round(program, time, &mut **file, t, x, inputs, out),
            File::Large(file) => round(program, time, &mut file[..], t, x, inputs, out),
        }
    }
}

/// Inputs in, code, outputs out.
#[inline(always)]
fn round<V: Real, R: Registers<V> + ?Sized>(
    program: &Program,
    time: usize,
    r: &mut R,
    t: V,
    x: &[V],
    inputs: &[V],
    out: &mut [V],
) {
    r.set(time as u16, t);
    for (k, value) in x.iter().enumerate().take(program.states) {
        r.set((time + 1 + k) as u16, *value);
    }
    for (k, value) in inputs.iter().enumerate().take(program.inputs) {
        r.set((time + 1 + program.states + k) as u16, *value);
    }
    run(&program.code, &program.tables, r);
    for (value, register) in out.iter_mut().zip(&program.outputs) {
        *value = r.get(*register);
    }
}

impl<V: Real> File<V> {
    #[inline(always)]
    fn all(&mut self) -> &mut [V] {
        match self {
            File::Small(file) => &mut file[..],
            File::Large(file) => file,
        }
    }
    #[inline(always)]
    fn run(&mut self, code: &[Instruction], tables: &[Table]) {
        match self {
            File::Small(file) => run(code, tables, &mut **file),
            File::Large(file) => run(code, tables, &mut file[..]),
        }
    }
}
