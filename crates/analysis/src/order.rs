//! The order of the cells of a plane, from coarse to fine.

/// Cells between neighbours of the first pass.
const COARSEST: usize = 16;

/// Hands out each cell once: first those that stand 16 apart, then, at half the distance each time, those between.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    columns: usize,
    rows: usize,
    stride: usize,
    next: usize,
}

impl Order {
    pub(crate) fn new(columns: usize, rows: usize) -> Self {
        Self { columns, rows, stride: COARSEST, next: 0 }
    }

    /// Distance of a cell to its neighbours of the pass in which it is handed out.
    fn stride_of(&self, cell: usize) -> usize {
        let both = (cell % self.columns) | (cell / self.columns) | COARSEST;
        1 << both.trailing_zeros()
    }

    /// The next cell; none when all have been handed out.
    pub(crate) fn next(&mut self) -> Option<usize> {
        loop {
            let across = self.columns.div_ceil(self.stride);
            let down = self.rows.div_ceil(self.stride);
            while self.next < across * down {
                let (row, column) = (self.next / across, self.next % across);
                let cell = (row * self.columns + column) * self.stride;
                self.next += 1;
                if self.stride_of(cell) == self.stride {
                    return Some(cell);
                }
            }
            if self.stride == 1 {
                return None;
            }
            self.stride /= 2;
            self.next = 0;
        }
    }

    /// The cells that show a cell's value until they have their own: those up to its neighbours right of and above it.
    pub(crate) fn block(&self, cell: usize) -> impl Iterator<Item = usize> + use<> {
        let (stride, columns) = (self.stride_of(cell), self.columns);
        let (column, row) = (cell % columns, cell / columns);
        let right = columns.min(column + stride);
        (row..self.rows.min(row + stride)).flat_map(move |y| (column..right).map(move |x| y * columns + x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_comes_once_and_coarse_ones_first() {
        for (columns, rows) in [(1, 1), (16, 16), (37, 21), (1, 40), (33, 2)] {
            let mut order = Order::new(columns, rows);
            let cells: Vec<usize> = std::iter::from_fn(|| order.next()).collect();
            let mut sorted = cells.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..columns * rows).collect::<Vec<_>>());
            assert!(cells.is_sorted_by_key(|cell| std::cmp::Reverse(order.stride_of(*cell))));
            // With the coarsest ones alone every cell shows something.
            let coarse = cells.iter().filter(|cell| order.stride_of(**cell) == COARSEST);
            let mut shown: Vec<usize> = coarse.flat_map(|cell| order.block(*cell)).collect();
            shown.sort_unstable();
            assert_eq!(shown, sorted);
        }
    }
}
