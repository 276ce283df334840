//! The assignment of least cost.

use crate::error::{Error, check_finite, check_size};

/// Most rows of a table of costs.
pub(crate) const MOST: usize = 1024;

/// Which column each row takes so that no column is taken twice and the sum of the costs is least; `costs` are `n × n`,
/// row-major, of either sign.
///
/// Rows come in one after the other, each by a shortest path through the reduced costs, in at most `n³` operations. Of
/// several assignments that cost the same one is found, always the same.
///
/// Source: Kuhn, The Hungarian method for the assignment problem (1955); with shortest paths, Jonker and Volgenant, A
/// shortest augmenting path algorithm for dense and sparse linear assignment problems (1987).
///
/// # Errors
/// [`Error::Dimension`] for a table that has not `n²` entries, [`Error::NotFinite`], [`Error::TooLarge`] beyond 1024
/// rows.
pub fn least_assignment(costs: &[f64], n: usize) -> Result<Vec<usize>, Error> {
    check_size("rows of a table of costs", n, MOST, "assign fewer at a time")?;
    if costs.len() != n * n {
        return Err(Error::Dimension { given: costs.len(), wanted: n * n });
    }
    check_finite(costs)?;
    // Column n stands for the row that comes in: it is never taken at the end.
    let (mut of_row, mut of_column) = (vec![0.0; n], vec![0.0; n + 1]);
    let mut taken: Vec<Option<usize>> = vec![None; n + 1];
    let (mut least, mut before, mut done) = (vec![0.0; n], vec![n; n], vec![false; n + 1]);
    for row in 0..n {
        taken[n] = Some(row);
        least.fill(f64::INFINITY);
        done.fill(false);
        let mut at = n;
        while let Some(here) = taken[at] {
            done[at] = true;
            let (mut nearest, mut next) = (f64::INFINITY, n);
            for column in (0..n).filter(|&column| !done[column]) {
                let reduced = costs[here * n + column] - of_row[here] - of_column[column];
                if reduced < least[column] {
                    (least[column], before[column]) = (reduced, at);
                }
                if least[column] < nearest {
                    (nearest, next) = (least[column], column);
                }
            }
            for column in 0..=n {
                if done[column] {
                    if let Some(row) = taken[column] {
                        of_row[row] += nearest;
                    }
                    of_column[column] -= nearest;
                } else if column < n {
                    least[column] -= nearest;
                }
            }
            at = next;
            // Sums of huge costs that overflow leave no column within reach.
            if at == n {
                return Err(Error::NotFinite { index: here * n, value: f64::INFINITY });
            }
        }
        while at != n {
            let from = before[at];
            taken[at] = taken[from];
            at = from;
        }
    }
    let mut columns = vec![0; n];
    for (column, row) in taken.iter().take(n).enumerate() {
        if let Some(row) = row {
            columns[*row] = column;
        }
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use numerics::Stream;

    fn cost(costs: &[f64], columns: &[usize]) -> f64 {
        columns.iter().enumerate().fold(0.0, |sum, (row, column)| sum + costs[row * columns.len() + column])
    }

    /// The least cost of all assignments of the rows from `row` on.
    fn least_of_all(costs: &[f64], n: usize, row: usize, free: u32) -> f64 {
        if row == n {
            return 0.0;
        }
        let rest =
            |column: usize| costs[row * n + column] + least_of_all(costs, n, row + 1, free & !(1 << column));
        let open = (0..n).filter(|column| free >> column & 1 == 1);
        open.map(rest).fold(f64::INFINITY, |a, b| if b < a { b } else { a })
    }

    #[test]
    fn known_assignments_are_found() {
        // The example of three workers and three jobs.
        let costs = [8.0, 4.0, 7.0, 5.0, 2.0, 3.0, 9.0, 4.0, 8.0];
        assert_eq!(least_assignment(&costs, 3).unwrap(), [0, 2, 1]);
        assert_eq!(least_assignment(&[-1.0, -5.0, -2.0, -3.0], 2).unwrap(), [1, 0]);
        assert_eq!(least_assignment(&[7.0], 1).unwrap(), [0]);
        assert!(least_assignment(&[], 0).unwrap().is_empty());
    }

    #[test]
    fn no_assignment_of_all_is_cheaper() {
        for seed in 0..40 {
            let n = 2 + seed as usize % 6;
            let mut stream = Stream::new(seed, "costs");
            // Whole numbers, so that there are ties.
            let costs: Vec<f64> = (0..n * n).map(|_| stream.below(9) as f64 - 4.0).collect();
            let found = least_assignment(&costs, n).unwrap();
            let mut columns = found.clone();
            columns.sort_unstable();
            assert_eq!(columns, (0..n).collect::<Vec<_>>());
            assert_eq!(cost(&costs, &found), least_of_all(&costs, n, 0, (1 << n) - 1), "{seed}");
        }
    }

    #[test]
    fn what_is_no_table_of_costs_is_refused() {
        assert!(matches!(least_assignment(&[1.0; 3], 2), Err(Error::Dimension { given: 3, wanted: 4 })));
        let nan = least_assignment(&[1.0, f64::NAN, 0.0, 0.0], 2);
        assert!(matches!(nan, Err(Error::NotFinite { index: 1, .. })));
        assert!(least_assignment(&[f64::MAX, -f64::MAX, f64::MAX, -f64::MAX], 2).is_err());
        let large = least_assignment(&[], 2000).unwrap_err().to_string();
        assert!(large.contains("assign fewer"), "{large}");
    }
}
