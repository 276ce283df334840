//! Each cell's step against its equation, written out plainly a second time.
#![allow(clippy::unwrap_used)]

use numerics::{Real, Stream};
use rnn::cells::{CfcForm, Unit};
use rnn::{CellKind, Layout};

struct Network {
    p: Vec<f64>,
    layout: Layout,
    z: Vec<f64>,
    x: Vec<f64>,
    got: Vec<f64>,
    read: Vec<f64>,
}

fn network(kind: CellKind) -> Network {
    let cell = kind.build::<f64>().unwrap();
    let (shape, layout) = (cell.shape(), cell.layout());
    let mut stream = Stream::new(8, "equation");
    let mut draw = |n: usize| -> Vec<f64> { (0..n).map(|_| stream.normal()).collect() };
    let (p, z, mut x) = (draw(layout.len()), draw(shape.state), draw(shape.inputs));
    // Where the last input is a time it is not negative.
    if let Some(last) = x.last_mut() {
        *last = last.abs();
    }
    let (mut got, mut read) = (vec![0.0; shape.state], vec![0.0; shape.outputs]);
    cell.next(&p, &x, &z, &mut got);
    cell.read_out(&p, &z, &mut read);
    Network { p, layout, z, x, got, read }
}

impl Network {
    fn row(&self, name: &str, i: usize, of: &[f64]) -> f64 {
        (0..of.len()).map(|j| self.entry(name, i, j) * of[j]).sum()
    }
    fn entry(&self, name: &str, i: usize, j: usize) -> f64 {
        let block = self.layout.find(name).unwrap();
        self.p[block.offset + i * block.cols + j]
    }
    fn bias(&self, name: &str, i: usize) -> f64 {
        self.entry(name, i, 0)
    }
    fn check(&self, want: &[f64]) {
        for (got, want) in self.got.iter().zip(want) {
            assert!((got - want).abs() < 1e-12, "{got} {want}");
        }
        assert_eq!(self.got.len(), want.len());
    }
}

fn tanh(x: f64) -> f64 {
    Real::tanh(x)
}

fn exp(x: f64) -> f64 {
    Real::exp(x)
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

#[test]
fn a_leaky_network_without_biases_scales_its_readout() {
    let n = network(CellKind::Elman {
        inputs: 2,
        hidden: 3,
        outputs: 2,
        unit: Unit::Relu,
        leak: 0.3,
        biases: false,
        scale: 0.25,
    });
    assert!(n.layout.find("b").is_none() && n.layout.find("c").is_none());
    let want: Vec<f64> = (0..3)
        .map(|i| {
            let u = n.row("W", i, &n.z) + n.row("U", i, &n.x);
            0.7 * n.z[i] + 0.3 * if u > 0.0 { u } else { 0.0 }
        })
        .collect();
    n.check(&want);
    assert!((0..2).all(|i| (n.read[i] - 0.25 * n.row("C", i, &n.z)).abs() < 1e-12));
}

#[test]
fn a_jordan_network_hears_its_own_output() {
    let n = network(CellKind::Jordan { inputs: 2, hidden: 3, outputs: 2 });
    let mut want: Vec<f64> =
        (0..3).map(|i| tanh(n.row("V", i, &n.z[3..]) + n.row("U", i, &n.x) + n.bias("b", i))).collect();
    let hidden = want.clone();
    want.extend((0..2).map(|i| sigmoid(n.row("C", i, &hidden) + n.bias("c", i))));
    n.check(&want);
}

#[test]
fn a_gated_unit_has_the_gates_of_pytorch_in_their_order() {
    let n = network(CellKind::Gru { inputs: 2, hidden: 3, outputs: 1 });
    let want: Vec<f64> = (0..3)
        .map(|k| {
            let drive = |i: usize| n.row("U", i, &n.x) + n.bias("b", i);
            let r = sigmoid(drive(k) + n.row("W", k, &n.z));
            let u = sigmoid(drive(3 + k) + n.row("W", 3 + k, &n.z));
            let new = tanh(drive(6 + k) + r * (n.row("W", 6 + k, &n.z) + n.bias("d", k)));
            (1.0 - u) * new + u * n.z[k]
        })
        .collect();
    n.check(&want);
}

/// Hidden units and cells of an LSTM with these names of its parameters.
fn memory(n: &Network, [w, u, b]: [&str; 3], x: &[f64], h: usize) -> (Vec<f64>, Vec<f64>) {
    let drive = |gate: usize, k: usize| {
        let i = gate * h + k;
        n.row(w, i, &n.z[..h]) + n.row(u, i, x) + n.bias(b, i)
    };
    let cell: Vec<f64> = (0..h)
        .map(|k| sigmoid(drive(1, k)) * n.z[h + k] + sigmoid(drive(0, k)) * tanh(drive(2, k)))
        .collect();
    let hidden = (0..h).map(|k| sigmoid(drive(3, k)) * tanh(cell[k])).collect();
    (hidden, cell)
}

#[test]
fn a_memory_has_the_gates_of_pytorch_in_their_order() {
    let n = network(CellKind::Lstm { inputs: 2, hidden: 3, outputs: 1, forget: None });
    let (mut want, cell) = memory(&n, ["W", "U", "b"], &n.x, 3);
    want.extend(cell);
    n.check(&want);
}

#[test]
fn a_recurrence_of_low_rank_is_a_product_over_the_number_of_units() {
    let n = network(CellKind::LowRank { inputs: 1, hidden: 4, outputs: 1, rank: 2, leak: 0.2 });
    let middle: Vec<f64> = (0..2).map(|r| n.row("N", r, &n.z) / 4.0).collect();
    let want: Vec<f64> = (0..4)
        .map(|i| {
            let u = n.row("M", i, &middle) + n.row("U", i, &n.x) + n.bias("b", i);
            0.8 * n.z[i] + 0.2 * tanh(u)
        })
        .collect();
    n.check(&want);
}

#[test]
fn units_under_dales_law_send_out_one_sign() {
    let n = network(CellKind::Dale { inputs: 1, hidden: 4, outputs: 1, inhibitory: 1, leak: 0.2 });
    let sent = [n.z[0], n.z[1], n.z[2], -n.z[3]];
    let want: Vec<f64> = (0..4)
        .map(|i| {
            let own: f64 = (0..4).map(|j| n.entry("W", i, j).abs() * sent[j]).sum();
            let u = own + n.row("U", i, &n.x) + n.bias("b", i);
            0.8 * n.z[i] + 0.2 * if u > 0.0 { u } else { 0.0 }
        })
        .collect();
    n.check(&want);
}

#[test]
fn inhibition_starts_as_strong_as_excitation() {
    let kind = CellKind::Dale { inputs: 1, hidden: 400, outputs: 1, inhibitory: 80, leak: 0.2 };
    let cell = kind.build::<f64>().unwrap();
    let mut p = vec![0.0; cell.layout().len()];
    cell.initialise(&mut Stream::new(1, "weights"), &mut p);
    let w = &p[cell.layout().find("W").unwrap().range()];
    let (mut balance, mut squares, mut excitation) = (0.0, 0.0, 0.0);
    for (k, w) in w.iter().enumerate() {
        assert!(*w >= 0.0);
        balance += if k % 400 < 320 { *w } else { -w };
        excitation += if k % 400 < 320 { *w } else { 0.0 };
        squares += w * w / 400.0;
    }
    assert!(balance.abs() < 0.02 * excitation, "{balance} of {excitation}");
    assert!((squares - 1.0).abs() < 0.02, "{squares}");
}

#[test]
fn the_closed_form_has_its_four_forms() {
    for form in [CfcForm::Full, CfcForm::NoGate, CfcForm::Minimal, CfcForm::Mixed] {
        let n = network(CellKind::Cfc { inputs: 3, hidden: 2, outputs: 1, backbone: 4, form });
        let (x, t) = (&n.x[..2], n.x[2]);
        let (hidden, cell) = match form {
            CfcForm::Mixed => memory(&n, ["R", "V", "d"], x, 2),
            _ => (n.z.clone(), Vec::new()),
        };
        let backbone: Vec<f64> = (0..4)
            .map(|i| 1.7159 * tanh(0.666 * (n.row("W", i, &hidden) + n.row("U", i, x) + n.bias("b", i))))
            .collect();
        let head = |part: usize, k: usize| n.row("F", 2 * part + k, &backbone) + n.bias("f", 2 * part + k);
        let mut want: Vec<f64> = (0..2)
            .map(|k| {
                if form == CfcForm::Minimal {
                    let (f, a) = (head(0, k), n.bias("A", k));
                    return a - a * exp(-t * (n.bias("τ", k).abs() + f.abs())) * f;
                }
                let (g1, g2) = (tanh(head(0, k)), tanh(head(1, k)));
                let s = sigmoid(head(2, k) * t + head(3, k));
                if form == CfcForm::NoGate { g1 + g2 * s } else { g1 * (1.0 - s) + g2 * s }
            })
            .collect();
        want.extend(cell);
        n.check(&want);
    }
}

#[test]
fn a_liquid_network_unfolds_its_fused_step() {
    let n = network(CellKind::Ltc { inputs: 3, hidden: 3, outputs: 1, unfolds: 4 });
    let (x, t) = (&n.x[..2], n.x[2]);
    let mut v = n.z.clone();
    for _ in 0..4 {
        let before = v.clone();
        for i in 0..3 {
            let (k, g) = (n.bias("K", i).abs() * 4.0 / (t + 1.0), n.bias("g", i).abs());
            let (mut above, mut below) = (k * before[i] + g * n.bias("l", i), k + g + 1e-8);
            for (names, from) in [(["W", "S", "m", "E"], &before[..]), (["X", "P", "Q", "R"], x)] {
                for (j, from) in from.iter().enumerate() {
                    let of = |part: usize| n.entry(names[part], i, j);
                    let current = of(0).abs() * sigmoid(of(1) * (from - of(2)));
                    above += current * of(3);
                    below += current;
                }
            }
            v[i] = above / below;
        }
    }
    n.check(&v);
}

#[test]
fn small_unfoldings_follow_the_differential_equation_of_a_liquid_network() {
    // A rule of first order: halving the length of an unfolding halves the error.
    let value = |unfolds: usize| {
        let cell = CellKind::Ltc { inputs: 1, hidden: 3, outputs: 1, unfolds }.build::<f64>().unwrap();
        let mut p = vec![0.0; cell.layout().len()];
        cell.initialise(&mut Stream::new(2, "weights"), &mut p);
        let mut next = [0.0; 3];
        cell.next(&p, &[0.0], &[0.5, -0.2, 0.1], &mut next);
        next[0]
    };
    let ratio = (value(16) - value(32)) / (value(32) - value(64));
    assert!((1.7..2.3).contains(&ratio), "{ratio}");
}

#[test]
fn a_memory_starts_with_the_forget_bias_asked_for() {
    let start = |forget| {
        let cell = CellKind::Lstm { inputs: 1, hidden: 3, outputs: 1, forget }.build::<f64>().unwrap();
        let mut p = vec![0.0; cell.layout().len()];
        cell.initialise(&mut Stream::new(2, "weights"), &mut p);
        p[cell.layout().find("b").unwrap().range()].to_vec()
    };
    let (drawn, set) = (start(None), start(Some(3.0)));
    assert_eq!(set[3..6], [3.0; 3]);
    assert_eq!((&drawn[..3], &drawn[6..]), (&set[..3], &set[6..]));
    assert!(drawn.iter().all(|b| b.abs() <= 1.0 / 3.0_f64.sqrt()));
}
