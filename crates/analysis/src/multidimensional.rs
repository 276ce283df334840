//! Places for things of which only the distances are known.

use crate::error::{Error, check_finite, check_option, check_size};
use crate::network::diagonalise;
use numerics::sum_by;

/// Places in a space of few dimensions.
#[derive(Clone, Debug, PartialEq)]
pub struct Places {
    /// Row-major, one place after another; their mean is 0.
    pub at: Vec<f64>,
    /// Eigenvalues of the doubly centred squares, the largest first: along each axis the sum of squared coordinates.
    /// Distances that no Euclidean space has make some negative.
    pub eigenvalues: Vec<f64>,
    /// Share of the sum of all eigenvalues' sizes that the axes of the places hold; 1 where all distances are 0.
    pub share: f64,
}

/// Places `n` things in `dimensions` dimensions by their distances, `n × n`, symmetric, 0 on the diagonal: classical
/// scaling.
///
/// With `B = -J D² J / 2`, where `D²` are the squared distances and `J = I - 1/n`, the coordinates along the axis `k` are
/// `√λ_k v_k` of the eigenvector `v_k`, with the entry of largest size positive; an eigenvalue below 0 gives
/// coordinates of 0. Points of the plane come out as they are, but for a rotation, a reflection and a shift.
///
/// Source: Torgerson, Multidimensional scaling: theory and method (1952).
///
/// # Errors
/// [`Error::Dimension`] for a table that has not `n²` entries, [`Error::NotFinite`], [`Error::Option`] for one that is no
/// table of distances, no things or no dimension or more than things, [`Error::TooLarge`] beyond 256 things.
pub fn classical_scaling(distances: &[f64], n: usize, dimensions: usize) -> Result<Places, Error> {
    check_size("things to place", n, 256, "place fewer")?;
    check_option(n > 0, "number of things to place", 0.0, "at least 1")?;
    let fits = (1..=n).contains(&dimensions);
    check_option(
        fits,
        "number of dimensions",
        dimensions as f64,
        "at least 1 and at most the number of things",
    )?;
    if distances.len() != n * n {
        return Err(Error::Dimension { given: distances.len(), wanted: n * n });
    }
    check_finite(distances)?;
    for i in 0..n {
        check_option(
            distances[i * n + i] == 0.0,
            "distance of a thing to itself",
            distances[i * n + i],
            "0",
        )?;
        for j in 0..i {
            let (here, there) = (distances[i * n + j], distances[j * n + i]);
            let wanted = "between 0 and 1e100, and the same both ways";
            check_option(here == there && (0.0..=1e100).contains(&here), "distance", here, wanted)?;
        }
    }
    let square = |k: usize| distances[k] * distances[k];
    let rows: Vec<f64> = (0..n).map(|i| sum_by(n, |j| square(i * n + j)) / n as f64).collect();
    let all = sum_by(n, |i| rows[i]) / n as f64;
    let mut centred: Vec<f64> =
        (0..n * n).map(|k| -0.5 * (square(k) - rows[k / n] - rows[k % n] + all)).collect();
    let (vectors, _) = diagonalise(&mut centred, n);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| centred[b * n + b].total_cmp(&centred[a * n + a]));
    let eigenvalues: Vec<f64> = order.iter().map(|&k| centred[k * n + k]).collect();
    let mut at = vec![0.0; n * dimensions];
    let mut held = 0.0;
    for (axis, &k) in order.iter().take(dimensions).enumerate() {
        if eigenvalues[axis] <= 0.0 {
            continue;
        }
        held += eigenvalues[axis];
        let mut largest = 0.0;
        for i in 0..n {
            let entry = vectors[i * n + k];
            largest = if libm::fabs(entry) > libm::fabs(largest) { entry } else { largest };
        }
        let length = libm::copysign(libm::sqrt(eigenvalues[axis]), largest);
        for i in 0..n {
            at[i * dimensions + axis] = length * vectors[i * n + k];
        }
    }
    let size = sum_by(n, |k| libm::fabs(eigenvalues[k]));
    Ok(Places { at, share: if size > 0.0 { held / size } else { 1.0 }, eigenvalues })
}

#[cfg(test)]
mod tests {
    use super::*;
    use numerics::Stream;

    fn distances(points: &[f64], dimension: usize) -> Vec<f64> {
        let n = points.len() / dimension;
        let apart = |i: usize, j: usize| {
            libm::sqrt(sum_by(dimension, |d| {
                let along = points[i * dimension + d] - points[j * dimension + d];
                along * along
            }))
        };
        (0..n * n).map(|k| apart(k / n, k % n)).collect()
    }

    #[test]
    fn points_of_the_plane_keep_their_distances() {
        let mut stream = Stream::new(5, "points");
        let points: Vec<f64> = (0..24).map(|_| 3.0 + stream.normal()).collect();
        let wanted = distances(&points, 2);
        let map = classical_scaling(&wanted, 12, 2).unwrap();
        for (found, wanted) in distances(&map.at, 2).iter().zip(&wanted) {
            assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
        }
        assert!((map.share - 1.0).abs() < 1e-12 && map.eigenvalues[0] >= map.eigenvalues[1]);
        for axis in 0..2 {
            assert!(sum_by(12, |i| map.at[2 * i + axis]).abs() < 1e-12, "the mean is 0");
            let square = sum_by(12, |i| map.at[2 * i + axis] * map.at[2 * i + axis]);
            assert!((square - map.eigenvalues[axis]).abs() < 1e-12);
        }
    }

    #[test]
    fn a_rectangle_has_its_longer_side_first() {
        let points = [0.0, 0.0, 0.0, 4.0, 2.0, 0.0, 2.0, 4.0];
        let map = classical_scaling(&distances(&points, 2), 4, 2).unwrap();
        for place in map.at.chunks_exact(2) {
            assert!(
                (place[0].abs() - 2.0).abs() < 1e-12 && (place[1].abs() - 1.0).abs() < 1e-12,
                "{place:?}"
            );
        }
    }

    #[test]
    fn distances_of_no_plane_say_so() {
        // Four things all 1 apart need three dimensions.
        let all: Vec<f64> = (0..16).map(|k| if k / 4 == k % 4 { 0.0 } else { 1.0 }).collect();
        let map = classical_scaling(&all, 4, 2).unwrap();
        assert!((map.share - 2.0 / 3.0).abs() < 1e-12, "{}", map.share);
        // One as far from two as they are from it, but they three times as far from each other: no space has that.
        let broken = classical_scaling(&[0.0, 1.0, 1.0, 1.0, 0.0, 3.0, 1.0, 3.0, 0.0], 3, 2).unwrap();
        assert!(broken.eigenvalues[2] < -0.1 && broken.share < 1.0, "{broken:?}");
        let same = classical_scaling(&[0.0; 9], 3, 2).unwrap();
        assert!(same.share == 1.0 && same.at == [0.0; 6]);
    }

    #[test]
    fn what_are_no_distances_is_refused() {
        for table in [[0.0, 1.0, 2.0, 0.0], [1.0, 1.0, 1.0, 0.0], [0.0, -1.0, -1.0, 0.0]] {
            assert!(matches!(classical_scaling(&table, 2, 1), Err(Error::Option { .. })), "{table:?}");
        }
        assert!(matches!(classical_scaling(&[0.0; 4], 2, 3), Err(Error::Option { .. })));
        assert!(matches!(classical_scaling(&[0.0; 3], 2, 1), Err(Error::Dimension { .. })));
        assert!(matches!(classical_scaling(&[0.0, f64::NAN, 0.0, 0.0], 2, 1), Err(Error::NotFinite { .. })));
        assert!(classical_scaling(&[], 0, 1).is_err() && classical_scaling(&[], 500, 1).is_err());
    }
}
