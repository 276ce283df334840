//! Operations as a graph in which equal subexpressions are one node, and its exact derivative.

use numerics::Real;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

/// A hash for nodes, which are a few small numbers: several times faster than the standard one, which guards against
/// chosen collisions that the bounds on a text's size make harmless here.
#[derive(Clone, Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }
    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(23) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    fn write_isize(&mut self, value: isize) {
        self.write_u64(value as u64);
    }
}

pub(crate) type Id = u32;

/// One operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum One {
    Negate,
    Sqrt,
    Abs,
    Floor,
    Ceil,
    Exp,
    Ln,
    Log10,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Sign,
    Heaviside,
    Not,
    Erf,
    Erfc,
    Lgamma,
    Digamma,
}

/// Two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Two {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Atan2,
    Modulo,
    Larger,
    Smaller,
    Less,
    LessEqual,
    Equal,
    NotEqual,
    And,
    Or,
    BesselJ,
    BesselY,
    BesselI,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// The bits of a constant.
    Constant(u64),
    Time,
    State(u32),
    Parameter(u32),
    /// A variable at an earlier time.
    Delayed(u32),
    /// A random input.
    Draw(u32),
    /// A table of values, looked up.
    Table(u32, Id),
    /// The slope of a table of values.
    Slope(u32, Id),
    One(One, Id),
    Two(Two, Id, Id),
    /// A power of a small integer, lowered to products.
    Integer(Id, i32),
    /// Condition, yes, no.
    Select(Id, Id, Id),
}

impl Node {
    pub(crate) fn operands(self) -> ([Id; 3], usize) {
        match self {
            Node::Constant(_)
            | Node::Time
            | Node::State(_)
            | Node::Parameter(_)
            | Node::Delayed(_)
            | Node::Draw(_) => ([0; 3], 0),
            Node::One(_, a) | Node::Integer(a, _) | Node::Table(_, a) | Node::Slope(_, a) => ([a, 0, 0], 1),
            Node::Two(_, a, b) => ([a, b, 0], 2),
            Node::Select(a, b, c) => ([a, b, c], 3),
        }
    }
}

/// Largest exponent that becomes a product.
pub(crate) const LARGEST_PRODUCT: i32 = 16;

/// More operations than the bounds allow.
#[derive(Debug)]
pub(crate) struct Full;

#[derive(Clone, Debug)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    // Looked up, never iterated, so that its order has no effect.
    known: HashMap<Node, Id, BuildHasherDefault<Mixer>>,
    limit: usize,
}

pub(crate) type Built = Result<Id, Full>;

impl Graph {
    pub(crate) fn new(limit: usize) -> Self {
        Self { nodes: Vec::new(), known: HashMap::default(), limit }
    }

    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    pub(crate) fn add(&mut self, node: Node) -> Built {
        let id = self.nodes.len() as Id;
        match self.known.entry(node) {
            Entry::Occupied(known) => Ok(*known.get()),
            Entry::Vacant(_) if self.nodes.len() >= self.limit => Err(Full),
            Entry::Vacant(place) => {
                place.insert(id);
                self.nodes.push(node);
                Ok(id)
            }
        }
    }

    pub(crate) fn constant(&mut self, value: f64) -> Built {
        self.add(Node::Constant(value.to_bits()))
    }

    pub(crate) fn value(&self, id: Id) -> Option<f64> {
        match self.nodes[id as usize] {
            Node::Constant(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    pub(crate) fn one(&mut self, operation: One, a: Id) -> Built {
        if let Some(value) = self.value(a) {
            return self.constant(apply_one(operation, value));
        }
        if operation == One::Negate
            && let Node::One(One::Negate, inner) = self.nodes[a as usize]
        {
            return Ok(inner);
        }
        self.add(Node::One(operation, a))
    }

    pub(crate) fn two(&mut self, operation: Two, a: Id, b: Id) -> Built {
        let (left, right) = (self.value(a), self.value(b));
        if let (Some(x), Some(y)) = (left, right) {
            return self.constant(apply_two(operation, x, y));
        }
        match (operation, left, right) {
            (Two::Add, Some(0.0), _) | (Two::Multiply, Some(1.0), _) => return Ok(b),
            (Two::Add | Two::Subtract, _, Some(0.0)) | (Two::Multiply | Two::Divide, _, Some(1.0)) => {
                return Ok(a);
            }
            (Two::Subtract, Some(0.0), _) | (Two::Multiply, Some(-1.0), _) => {
                return self.one(One::Negate, b);
            }
            (Two::Multiply | Two::Divide, _, Some(-1.0)) => return self.one(One::Negate, a),
            (Two::Power, _, Some(exponent)) => return self.power(a, exponent, b),
            _ => {}
        }
        if let (Two::Add | Two::Subtract, Node::One(One::Negate, inner)) = (operation, self.nodes[b as usize])
        {
            let operation = if operation == Two::Add { Two::Subtract } else { Two::Add };
            return self.two(operation, a, inner);
        }
        if operation == Two::Add
            && let Node::One(One::Negate, inner) = self.nodes[a as usize]
        {
            return self.two(Two::Subtract, b, inner);
        }
        // A sum and a product have the same bits either way round, so both ways are one node.
        let swap = matches!(operation, Two::Add | Two::Multiply | Two::Equal | Two::NotEqual) && a > b;
        let (a, b) = if swap { (b, a) } else { (a, b) };
        self.add(Node::Two(operation, a, b))
    }

    fn power(&mut self, base: Id, exponent: f64, written: Id) -> Built {
        if exponent == 0.0 {
            return self.constant(1.0);
        }
        if exponent == 1.0 {
            return Ok(base);
        }
        if exponent == 0.5 {
            return self.one(One::Sqrt, base);
        }
        let whole = exponent as i32;
        if whole as f64 == exponent && whole.abs() <= LARGEST_PRODUCT {
            return self.add(Node::Integer(base, whole));
        }
        self.add(Node::Two(Two::Power, base, written))
    }

    pub(crate) fn integer(&mut self, base: Id, exponent: i32) -> Built {
        let written = self.constant(exponent as f64)?;
        self.two(Two::Power, base, written)
    }

    pub(crate) fn select(&mut self, condition: Id, yes: Id, no: Id) -> Built {
        if yes == no {
            return Ok(yes);
        }
        if let Some(value) = self.value(condition) {
            return Ok(if value != 0.0 { yes } else { no });
        }
        self.add(Node::Select(condition, yes, no))
    }

    /// The product by squaring that stands for a power: `x^4 = (x*x)*(x*x)`, a negative one as a reciprocal.
    pub(crate) fn product(&mut self, base: Id, exponent: i32) -> Built {
        let mut rest = exponent.unsigned_abs();
        let mut square = base;
        let mut product: Option<Id> = None;
        while rest > 0 {
            if rest & 1 == 1 {
                product = Some(match product {
                    None => square,
                    Some(so_far) => self.two(Two::Multiply, so_far, square)?,
                });
            }
            rest >>= 1;
            if rest > 0 {
                square = self.two(Two::Multiply, square, square)?;
            }
        }
        let one = self.constant(1.0)?;
        let product = product.unwrap_or(one);
        if exponent < 0 { self.two(Two::Divide, one, product) } else { Ok(product) }
    }

    /// Which nodes the roots need.
    pub(crate) fn needed(&self, roots: &[Id]) -> Vec<bool> {
        let mut needed = vec![false; self.nodes.len()];
        for &root in roots {
            needed[root as usize] = true;
        }
        for id in (0..needed.len()).rev() {
            if needed[id] {
                let (operands, len) = self.nodes[id].operands();
                for &operand in &operands[..len] {
                    needed[operand as usize] = true;
                }
            }
        }
        needed
    }

    /// For each leaf, the nodes among those that `roots` need that it reaches, in their order.
    pub(crate) fn reach(&self, roots: &[Id], leaves: &[Node]) -> Vec<Vec<Id>> {
        self.reach_past(roots, leaves, |_| false)
    }

    /// The same, where nothing reaches past the nodes that `stops` names.
    fn reach_past(&self, roots: &[Id], leaves: &[Node], stops: fn(Node) -> bool) -> Vec<Vec<Id>> {
        let needed = self.needed(roots);
        let places: HashMap<Node, usize, BuildHasherDefault<Mixer>> =
            leaves.iter().enumerate().map(|(j, leaf)| (*leaf, j)).collect();
        let words = leaves.len().div_ceil(64);
        let mut seen = vec![0_u64; self.nodes.len() * words];
        let mut lists = vec![Vec::new(); leaves.len()];
        for id in 0..self.nodes.len() {
            if !needed[id] {
                continue;
            }
            let node = self.nodes[id];
            if stops(node) {
                continue;
            }
            let (operands, len) = node.operands();
            let (before, own) = seen.split_at_mut(id * words);
            for &operand in &operands[..len] {
                for word in 0..words {
                    own[word] |= before[operand as usize * words + word];
                }
            }
            if let Some(j) = places.get(&node) {
                own[j / 64] |= 1 << (j % 64);
            }
            for word in 0..words {
                let mut bits = own[word];
                while bits != 0 {
                    lists[word * 64 + bits.trailing_zeros() as usize].push(id as Id);
                    bits &= bits - 1;
                }
            }
        }
        lists
    }

    /// The states that a root reads, in no order. `seen` is room of the graph's length, with marks other than `mark`.
    pub(crate) fn states_of(&self, root: Id, seen: &mut [u32], mark: u32) -> Vec<u32> {
        let mut states = Vec::new();
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            if std::mem::replace(&mut seen[id as usize], mark) == mark {
                continue;
            }
            let node = self.nodes[id as usize];
            if let Node::State(state) = node {
                states.push(state);
            }
            let (operands, len) = node.operands();
            open.extend(&operands[..len]);
        }
        states
    }

    /// For each of `roots`, its derivative with respect to leaf `j` in `out[root * leaves + j]`.
    pub(crate) fn derivatives(&mut self, roots: &[Id], leaves: &[Node]) -> Result<Vec<Id>, Full> {
        let zero = self.constant(0.0)?;
        let one = self.constant(1.0)?;
        let lists = self.reach_past(roots, leaves, is_step);
        let n = leaves.len();
        let mut out = vec![zero; roots.len() * n];
        let mut rates = vec![zero; self.nodes.len()];
        for (j, list) in lists.iter().enumerate() {
            for &id in list {
                let node = self.nodes[id as usize];
                rates[id as usize] = if node == leaves[j] { one } else { self.rate(node, id, &rates, zero)? };
            }
            for (i, &root) in roots.iter().enumerate() {
                out[i * n + j] = rates[root as usize];
            }
            for &id in list {
                rates[id as usize] = zero;
            }
        }
        Ok(out)
    }

    /// `a * b`, where an exact 0 wins: the derivative of what does not vary.
    fn times(&mut self, a: Id, b: Id) -> Built {
        if self.value(a) == Some(0.0) || self.value(b) == Some(0.0) {
            return self.constant(0.0);
        }
        self.two(Two::Multiply, a, b)
    }

    fn rate(&mut self, node: Node, id: Id, rates: &[Id], zero: Id) -> Built {
        match node {
            Node::Constant(_)
            | Node::Time
            | Node::State(_)
            | Node::Parameter(_)
            | Node::Delayed(_)
            | Node::Draw(_)
            // A table is a line from point to point.
            | Node::Slope(..) => Ok(zero),
            Node::Table(table, a) => {
                let slope = self.add(Node::Slope(table, a))?;
                self.times(slope, rates[a as usize])
            }
            Node::Integer(a, n) => {
                let lower = self.integer(a, n - 1)?;
                let factor = self.constant(n as f64)?;
                let outer = self.two(Two::Multiply, factor, lower)?;
                self.times(outer, rates[a as usize])
            }
            Node::Select(c, a, b) => self.select(c, rates[a as usize], rates[b as usize]),
            Node::One(operation, a) => {
                let da = rates[a as usize];
                if da == zero {
                    return Ok(zero);
                }
                let one = self.constant(1.0)?;
                let outer = match operation {
                    One::Negate => return self.one(One::Negate, da),
                    One::Floor | One::Ceil | One::Sign | One::Heaviside | One::Not => return Ok(zero),
                    One::Sqrt => {
                        let twice = self.two(Two::Add, id, id)?;
                        return self.two(Two::Divide, da, twice);
                    }
                    One::Abs => self.one(One::Sign, a)?,
                    One::Exp => id,
                    One::Ln => return self.two(Two::Divide, da, a),
                    One::Log10 => {
                        let scale = self.constant(std::f64::consts::LN_10)?;
                        let scaled = self.two(Two::Multiply, a, scale)?;
                        return self.two(Two::Divide, da, scaled);
                    }
                    One::Sin => self.one(One::Cos, a)?,
                    One::Cos => {
                        let sine = self.one(One::Sin, a)?;
                        let product = self.times(sine, da)?;
                        return self.one(One::Negate, product);
                    }
                    One::Tan => {
                        let square = self.integer(id, 2)?;
                        self.two(Two::Add, square, one)?
                    }
                    One::Asin | One::Acos => {
                        let square = self.integer(a, 2)?;
                        let rest = self.two(Two::Subtract, one, square)?;
                        let root = self.one(One::Sqrt, rest)?;
                        let quotient = self.two(Two::Divide, da, root)?;
                        return if operation == One::Asin {
                            Ok(quotient)
                        } else {
                            self.one(One::Negate, quotient)
                        };
                    }
                    One::Atan => {
                        let square = self.integer(a, 2)?;
                        let sum = self.two(Two::Add, square, one)?;
                        return self.two(Two::Divide, da, sum);
                    }
                    One::Sinh => self.one(One::Cosh, a)?,
                    One::Cosh => self.one(One::Sinh, a)?,
                    One::Tanh => {
                        let square = self.integer(id, 2)?;
                        self.two(Two::Subtract, one, square)?
                    }
                    One::Erf | One::Erfc => {
                        let square = self.integer(a, 2)?;
                        let negative = self.one(One::Negate, square)?;
                        let bell = self.one(One::Exp, negative)?;
                        let sign = if operation == One::Erf { 1.0 } else { -1.0 };
                        let scale = self.constant(sign * std::f64::consts::FRAC_2_SQRT_PI)?;
                        self.two(Two::Multiply, bell, scale)?
                    }
                    One::Lgamma => self.one(One::Digamma, a)?,
                    // No text holds a digamma, and only right-hand sides are differentiated.
                    One::Digamma => self.constant(f64::NAN)?,
                };
                self.times(outer, da)
            }
            Node::Two(operation, a, b) => {
                let (da, db) = (rates[a as usize], rates[b as usize]);
                if da == zero && db == zero {
                    return Ok(zero);
                }
                match operation {
                    Two::Add | Two::Subtract => self.two(operation, da, db),
                    Two::Multiply => {
                        let left = self.times(da, b)?;
                        let right = self.times(a, db)?;
                        self.two(Two::Add, left, right)
                    }
                    Two::Divide => {
                        // (da - (a/b) db) / b
                        let turn = self.times(id, db)?;
                        let top = self.two(Two::Subtract, da, turn)?;
                        self.two(Two::Divide, top, b)
                    }
                    Two::Power => self.power_rate(id, a, b, da, db),
                    Two::Atan2 => {
                        let (left, right) = (self.times(b, da)?, self.times(a, db)?);
                        let top = self.two(Two::Subtract, left, right)?;
                        let (p, q) = (self.integer(a, 2)?, self.integer(b, 2)?);
                        let bottom = self.two(Two::Add, p, q)?;
                        self.two(Two::Divide, top, bottom)
                    }
                    Two::Modulo => {
                        let quotient = self.two(Two::Divide, a, b)?;
                        let whole = self.one(One::Floor, quotient)?;
                        let part = self.times(db, whole)?;
                        self.two(Two::Subtract, da, part)
                    }
                    Two::Larger => {
                        let first = self.two(Two::Less, b, a)?;
                        self.select(first, da, db)
                    }
                    Two::Smaller => {
                        let first = self.two(Two::Less, a, b)?;
                        self.select(first, da, db)
                    }
                    Two::Less | Two::LessEqual | Two::Equal | Two::NotEqual | Two::And | Two::Or => Ok(zero),
                    // Integer orders are steps; only the argument counts. 9.1.27 and 9.6.26 of Abramowitz, Stegun.
                    Two::BesselJ | Two::BesselY | Two::BesselI => {
                        if db == zero {
                            return Ok(zero);
                        }
                        let one = self.constant(1.0)?;
                        let half = self.constant(0.5)?;
                        let (below, above) = (self.two(Two::Subtract, a, one)?, self.two(Two::Add, a, one)?);
                        let (below, above) = (self.two(operation, below, b)?, self.two(operation, above, b)?);
                        let join = if operation == Two::BesselI { Two::Add } else { Two::Subtract };
                        let both = self.two(join, below, above)?;
                        let outer = self.two(Two::Multiply, both, half)?;
                        self.times(outer, db)
                    }
                }
            }
        }
    }

    fn power_rate(&mut self, id: Id, a: Id, b: Id, da: Id, db: Id) -> Built {
        let zero = self.constant(0.0)?;
        let one = self.constant(1.0)?;
        let mut total = zero;
        if da != zero {
            let lower = self.two(Two::Subtract, b, one)?;
            let power = self.two(Two::Power, a, lower)?;
            let outer = self.two(Two::Multiply, b, power)?;
            total = self.times(outer, da)?;
        }
        if db != zero {
            // 0^b stays 0 when b moves, where ln 0 would give no number.
            let log = self.one(One::Ln, a)?;
            let product = self.two(Two::Multiply, id, log)?;
            let origin = self.two(Two::Equal, a, zero)?;
            let outer = self.select(origin, zero, product)?;
            let part = self.times(outer, db)?;
            total = self.two(Two::Add, total, part)?;
        }
        Ok(total)
    }
}

/// Whether a node is constant between its jumps, so that its derivative is zero.
fn is_step(node: Node) -> bool {
    match node {
        Node::One(operation, _) => {
            matches!(operation, One::Floor | One::Ceil | One::Sign | One::Heaviside | One::Not)
        }
        Node::Two(operation, ..) => {
            matches!(operation, Two::Less | Two::LessEqual | Two::Equal | Two::NotEqual | Two::And | Two::Or)
        }
        _ => false,
    }
}

/// Logarithmic derivative of the gamma function: recurrence up to 10, then the asymptotic series
/// (Abramowitz and Stegun, 6.3.5, 6.3.7 and 6.3.18).
fn digamma_of_number(x: f64) -> f64 {
    if x <= 0.0 && libm::floor(x) == x {
        return f64::NAN;
    }
    if x < 0.0 {
        let pi = std::f64::consts::PI;
        return digamma_of_number(1.0 - x) - pi / libm::tan(pi * x);
    }
    let mut x = x;
    let mut total = 0.0;
    while x < 10.0 {
        total -= 1.0 / x;
        x += 1.0;
    }
    let z = 1.0 / (x * x);
    let series =
        z * (1.0 / 12.0 - z * (1.0 / 120.0 - z * (1.0 / 252.0 - z * (1.0 / 240.0 - z * (1.0 / 132.0)))));
    total + libm::log(x) - 0.5 / x - series
}

#[inline(always)]
pub(crate) fn apply_one<V: Real>(operation: One, a: V) -> V {
    match operation {
        One::Negate => -a,
        One::Sqrt => a.sqrt(),
        One::Abs => a.abs(),
        One::Floor => a.floor(),
        One::Ceil => a.ceil(),
        One::Exp => a.exp(),
        One::Ln => a.ln(),
        One::Log10 => a.log10(),
        One::Sin => a.sin(),
        One::Cos => a.cos(),
        One::Tan => a.tan(),
        One::Asin => a.asin(),
        One::Acos => a.acos(),
        One::Atan => a.atan(),
        One::Sinh => a.sinh(),
        One::Cosh => a.cosh(),
        One::Tanh => a.tanh(),
        One::Sign => a.sign(),
        One::Heaviside => a.heaviside(),
        One::Not => a.not(),
        One::Erf => a.erf(),
        One::Erfc => a.erfc(),
        One::Lgamma => a.lgamma(),
        One::Digamma => digamma(a),
    }
}

/// Logarithmic derivative of the gamma function, lane by lane; derivatives of `lgamma` need it.
pub fn digamma<V: Real>(x: V) -> V {
    x.map(digamma_of_number)
}

#[inline(always)]
pub(crate) fn apply_two<V: Real>(operation: Two, a: V, b: V) -> V {
    match operation {
        Two::Add => a + b,
        Two::Subtract => a - b,
        Two::Multiply => a * b,
        Two::Divide => a / b,
        Two::Power => a.pow(b),
        Two::Atan2 => a.atan2(b),
        Two::Modulo => a.modulo(b),
        Two::Larger => a.larger(b),
        Two::Smaller => a.smaller(b),
        Two::Less => a.lt(b),
        Two::LessEqual => a.le(b),
        Two::Equal => a.eq_to(b),
        Two::NotEqual => a.ne_to(b),
        Two::And => a.and(b),
        Two::Or => a.or(b),
        Two::BesselJ => a.bessel_j(b),
        Two::BesselY => a.bessel_y(b),
        Two::BesselI => a.bessel_i(b),
    }
}
