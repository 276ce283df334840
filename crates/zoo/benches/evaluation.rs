//! RK4 steps of blocks of eight f32 lanes: native and interpreted.

use criterion::{Criterion, criterion_group, criterion_main};
use numerics::{Flow, Lanes, Real};
use std::hint::black_box;
use zoo::Field;

type Block = Lanes<f32, 8>;

fn step<const N: usize>(flow: &mut impl Flow<Block>, h: f64, x: &mut [Block; N]) {
    let (half, whole, sixth, two) =
        (Block::splat(h / 2.0), Block::splat(h), Block::splat(h / 6.0), Block::splat(2.0));
    let t = Block::zero();
    let (mut a, mut b, mut c, mut d) = ([t; N], [t; N], [t; N], [t; N]);
    let moved =
        |by: Block, slope: &[Block; N]| -> [Block; N] { std::array::from_fn(|i| x[i] + by * slope[i]) };
    flow.rate(t, x, &mut a);
    flow.rate(t, &moved(half, &a), &mut b);
    flow.rate(t, &moved(half, &b), &mut c);
    flow.rate(t, &moved(whole, &c), &mut d);
    for i in 0..N {
        x[i] += sixth * (a[i] + two * (b[i] + c[i]) + d[i]);
    }
}

fn measure<const N: usize>(c: &mut Criterion, slug: &str) {
    let Some(system) = zoo::find(slug) else { return };
    let start: [Block; N] = std::array::from_fn(|i| Block::splat(system.model().initial()[i]));
    let parameters = system.model().parameter_values();
    let h = system.model().options.dt.unwrap_or(0.01);
    let mut group = c.benchmark_group(slug);
    let mut field = system.field::<Block>(&parameters);
    let mut x = start;
    group.bench_function("native", |b| b.iter(|| step(&mut field, h, black_box(&mut x))));
    let mut field = Field::<Block>::interpreted(system.model(), &parameters);
    let mut x = start;
    group.bench_function("typed", |b| b.iter(|| step(&mut field, h, black_box(&mut x))));
    group.finish();
}

fn all(c: &mut Criterion) {
    measure::<3>(c, "lorenz");
    measure::<8>(c, "lorenz-96");
    measure::<4>(c, "hodgkin-huxley");
}

criterion_group!(benches, all);
criterion_main!(benches);
