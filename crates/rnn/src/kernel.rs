//! The few loops in which training spends its time.
//!
//! A matrix is packed into panels of four rows (a last panel has what is left): within a panel the weights of one
//! column lie together, so that a pass reads them in order and keeps four rows of partial sums in registers.
//! Each lane adds its products in the order of the columns, whatever the blocking.

use crate::float::{Block, Float, LANES};

/// Rows of a full panel.
const ROWS: usize = 4;

/// Packs the `rows × cols` matrix whose entry `(i, j)` stands at `i * row_step + j * col_step` of `w`.
pub(crate) fn pack<T: Float>(
    w: &[T],
    rows: usize,
    cols: usize,
    row_step: usize,
    col_step: usize,
    packed: &mut [T],
) {
    pack_by(|i, j| w[i * row_step + j * col_step], rows, cols, packed);
}

/// Packs the `rows × cols` matrix of these entries.
pub(crate) fn pack_by<T: Float>(
    entry: impl Fn(usize, usize) -> T,
    rows: usize,
    cols: usize,
    packed: &mut [T],
) {
    let mut at = 0;
    let mut first = 0;
    while first < rows {
        let height = if rows - first < ROWS { rows - first } else { ROWS };
        for j in 0..cols {
            for i in first..first + height {
                packed[at] = entry(i, j);
                at += 1;
            }
        }
        first += height;
    }
}

#[inline(always)]
fn panel<T: Float, const W: usize, const R: usize>(w: &[T], x: &[Block<T>], out: &mut [Block<T>]) {
    for part in 0..LANES / W {
        let mut sums = [[T::zero(); W]; R];
        for r in 0..R {
            sums[r] = out[r].0.as_chunks::<W>().0[part];
        }
        for (column, x) in w.as_chunks::<R>().0.iter().zip(x) {
            let x = &x.0.as_chunks::<W>().0[part];
            for r in 0..R {
                for lane in 0..W {
                    sums[r][lane] += column[r] * x[lane];
                }
            }
        }
        for r in 0..R {
            out[r].0.as_chunks_mut::<W>().0[part] = sums[r];
        }
    }
}

/// `out += w x`, `w` packed.
#[inline(always)]
pub(crate) fn multiply<T: Float, const W: usize>(w: &[T], x: &[Block<T>], out: &mut [Block<T>]) {
    let cols = x.len();
    let mut w = w;
    for rows in out.chunks_mut(ROWS) {
        let (head, tail) = w.split_at(rows.len() * cols);
        w = tail;
        match rows.len() {
            4 => panel::<T, W, 4>(head, x, rows),
            3 => panel::<T, W, 3>(head, x, rows),
            2 => panel::<T, W, 2>(head, x, rows),
            _ => panel::<T, W, 1>(head, x, rows),
        }
    }
}

/// Some columns of a table of blocks, one row a time step.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a, T> {
    table: &'a [Block<T>],
    width: usize,
    first: usize,
    count: usize,
}

impl<'a, T> Columns<'a, T> {
    /// `count` columns from `first` of a table of `width` columns.
    pub fn new(table: &'a [Block<T>], width: usize, first: usize, count: usize) -> Self {
        Self { table, width, first, count }
    }
    /// What stands from column `i` on, row by row.
    #[inline(always)]
    fn from(self, i: usize) -> std::slice::Chunks<'a, Block<T>> {
        self.table.get(self.first + i..).unwrap_or_default().chunks(self.width)
    }
    /// All columns of a table.
    pub fn all(table: &'a [Block<T>], width: usize) -> Self {
        Self::new(table, width, 0, width)
    }
}

/// Adds sixteen lanes in the fixed tree of `numerics::sum_by`.
#[inline(always)]
pub(crate) fn tree<T: Float>(mut lanes: [T; LANES]) -> T {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            let other = lanes[lane + half];
            lanes[lane] += other;
        }
        half /= 2;
    }
    lanes[0]
}

#[inline(always)]
fn outer_tile<T: Float, const W: usize, const R: usize, const C: usize>(
    left: Columns<T>,
    right: Columns<T>,
    i: usize,
    j: usize,
    out: &mut [T],
) {
    let mut whole = [[[T::zero(); LANES]; C]; R];
    for part in 0..LANES / W {
        let mut sums = [[[T::zero(); W]; C]; R];
        for (l, r) in left.from(i).zip(right.from(j)) {
            // Every row goes on to its end, so that the tile is always there.
            let (Some(l), Some(r)) = (l.first_chunk::<R>(), r.first_chunk::<C>()) else { break };
            for a in 0..R {
                let x = &l[a].0.as_chunks::<W>().0[part];
                for b in 0..C {
                    let y = &r[b].0.as_chunks::<W>().0[part];
                    for lane in 0..W {
                        sums[a][b][lane] += x[lane] * y[lane];
                    }
                }
            }
        }
        for a in 0..R {
            for b in 0..C {
                whole[a][b].as_chunks_mut::<W>().0[part] = sums[a][b];
            }
        }
    }
    for a in 0..R {
        for b in 0..C {
            out[(i + a) * right.count + j + b] = tree(whole[a][b]);
        }
    }
}

/// Sum over rows and lanes of the outer products of two tables' rows.
#[inline(always)]
pub(crate) fn outer<T: Float, const W: usize>(left: Columns<T>, right: Columns<T>, out: &mut [T]) {
    let mut i = 0;
    while i < left.count {
        let pair = i + 1 < left.count;
        let mut j = 0;
        while j < right.count {
            match (pair, j + 1 < right.count) {
                (true, true) => outer_tile::<T, W, 2, 2>(left, right, i, j, out),
                (true, false) => outer_tile::<T, W, 2, 1>(left, right, i, j, out),
                (false, true) => outer_tile::<T, W, 1, 2>(left, right, i, j, out),
                (false, false) => outer_tile::<T, W, 1, 1>(left, right, i, j, out),
            }
            j += 2;
        }
        i += 2;
    }
}

/// `out[i] = Σ_rows left[row][i] right[row][i]`.
pub(crate) fn diagonal<T: Float>(left: Columns<T>, right: Columns<T>, out: &mut [T]) {
    for i in 0..left.count {
        let mut sums = [T::zero(); LANES];
        let rows = left.table.chunks_exact(left.width).zip(right.table.chunks_exact(right.width));
        for (l, r) in rows {
            let (l, r) = (&l[left.first + i].0, &r[right.first + i].0);
            for lane in 0..LANES {
                sums[lane] += l[lane] * r[lane];
            }
        }
        out[i] = tree(sums);
    }
}

/// `out[i] = Σ_rows table[row][i]`.
pub(crate) fn total<T: Float>(table: Columns<T>, out: &mut [T]) {
    for i in 0..table.count {
        let mut sums = [T::zero(); LANES];
        for row in table.table.chunks_exact(table.width) {
            let row = &row[table.first + i].0;
            for lane in 0..LANES {
                sums[lane] += row[lane];
            }
        }
        out[i] = tree(sums);
    }
}

/// Adds to `out` the sum over rows and lanes of the outer products of two tables' rows; for few columns.
pub(crate) fn add_outer<T: Float>(left: Columns<T>, right: Columns<T>, out: &mut [T]) {
    for (i, out) in out.chunks_exact_mut(right.count).enumerate() {
        for (j, out) in out.iter_mut().enumerate() {
            let mut sum = [T::zero()];
            let left = Columns::new(left.table, left.width, left.first + i, 1);
            let right = Columns::new(right.table, right.width, right.first + j, 1);
            diagonal(left, right, &mut sum);
            *out += sum[0];
        }
    }
}

/// `out[i] += Σ_rows table[row][i]`.
pub(crate) fn add_total<T: Float>(table: Columns<T>, out: &mut [T]) {
    for (i, out) in out.iter_mut().enumerate() {
        let mut sum = [T::zero()];
        total(Columns::new(table.table, table.width, table.first + i, 1), &mut sum);
        *out += sum[0];
    }
}

/// Sets tiny lanes to zero; a lane that is not a number stays.
#[inline(always)]
pub(crate) fn flush<T: Float>(block: &mut Block<T>) {
    for lane in 0..LANES {
        let value = block.0[lane];
        let tiny = value < T::TINY && value > -T::TINY;
        block.0[lane] = if tiny { T::zero() } else { value };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use numerics::Stream;

    fn table(rows: usize, width: usize, stream: &mut Stream) -> Vec<Block<f64>> {
        (0..rows * width)
            .map(|_| {
                let mut block = Block::<f64>::default();
                for lane in 0..LANES {
                    block.0[lane] = stream.normal();
                }
                block
            })
            .collect()
    }

    #[test]
    fn products_equal_plain_loops_bit_for_bit_at_every_remainder() {
        let mut stream = Stream::new(1, "kernel");
        for rows in 1..10 {
            for cols in 1..7 {
                let w: Vec<f64> = (0..rows * cols).map(|_| stream.normal()).collect();
                let x = table(1, cols, &mut stream);
                let mut packed = vec![0.0; rows * cols];
                pack(&w, rows, cols, cols, 1, &mut packed);
                let mut out = vec![Block::<f64>::default(); rows];
                f64::multiply(&packed, &x, &mut out);
                for i in 0..rows {
                    for lane in 0..LANES {
                        let mut want = 0.0;
                        for j in 0..cols {
                            want += w[i * cols + j] * x[j].0[lane];
                        }
                        assert_eq!(out[i].0[lane], want);
                    }
                }
            }
        }
    }

    #[test]
    fn outer_sums_follow_the_fixed_tree_at_every_remainder() {
        let mut stream = Stream::new(2, "kernel");
        for (n, m) in [(1, 1), (2, 3), (3, 2), (5, 5)] {
            let (left, right) = (table(7, n + 1, &mut stream), table(7, m, &mut stream));
            let mut out = vec![0.0; n * m];
            f64::outer(Columns::new(&left, n + 1, 1, n), Columns::all(&right, m), &mut out);
            for i in 0..n {
                for j in 0..m {
                    let want = numerics::sum_by(7 * LANES, |k| {
                        left[k / LANES * (n + 1) + 1 + i].0[k % LANES] * right[k / LANES * m + j].0[k % LANES]
                    });
                    assert_eq!(out[i * m + j], want);
                }
            }
        }
    }

    #[test]
    fn tiny_lanes_become_zero_and_others_stay() {
        let mut block = Block::<f32>::default();
        block.0[0] = 1e-31;
        block.0[1] = -1e-31;
        block.0[2] = 1e-29;
        block.0[3] = f32::NAN;
        flush(&mut block);
        assert_eq!(block.0[..3], [0.0, 0.0, 1e-29]);
        assert!(block.0[3].is_nan());
    }
}
