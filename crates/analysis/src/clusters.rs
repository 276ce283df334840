//! Clusters of points: k-means.

use crate::error::{Error, check_finite, check_option, check_shape};
use numerics::Stream;

/// Rounds after which the centres are taken as they are.
const ROUNDS: usize = 200;

/// Points divided among centres.
#[derive(Clone, Debug, PartialEq)]
pub struct Clusters {
    /// The centre of each point, from 0. Centres are numbered by falling number of their points.
    pub labels: Vec<usize>,
    /// The centres, row-major.
    pub centres: Vec<f64>,
    /// Sum of the squared distances of the points to their centres.
    pub inertia: f64,
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |total, (a, b)| total + (a - b) * (a - b))
}

fn nearest(point: &[f64], centres: &[f64]) -> (usize, f64) {
    let mut best = (0, f64::INFINITY);
    for (index, centre) in centres.chunks_exact(point.len()).enumerate() {
        let d = distance(point, centre);
        if d < best.1 {
            best = (index, d);
        }
    }
    best
}

/// Divides row-major points among `count` centres by Lloyd's algorithm, the best of `tries` beginnings by k-means++.
///
/// Source: Lloyd (1982); Arthur and Vassilvitskii (2007).
///
/// # Errors
/// [`Error::Shape`], [`Error::NotFinite`], [`Error::TooFew`] for fewer points than centres, [`Error::Option`] for no
/// centre or no try.
pub fn k_means(
    points: &[f64],
    dimension: usize,
    count: usize,
    tries: usize,
    stream: &mut Stream,
) -> Result<Clusters, Error> {
    check_shape(points.len(), dimension)?;
    check_finite(points)?;
    let rows = points.len() / dimension;
    check_option(count > 0, "count", count as f64, "at least 1")?;
    check_option(tries > 0, "tries", tries as f64, "at least 1")?;
    if rows < count {
        return Err(Error::TooFew { given: rows, wanted: count });
    }
    let mut best: Option<Clusters> = None;
    for _ in 0..tries {
        let found = once(points, dimension, count, stream);
        if best.as_ref().is_none_or(|best| found.inertia < best.inertia) {
            best = Some(found);
        }
    }
    best.ok_or(Error::TooFew { given: 0, wanted: 1 })
}

fn once(points: &[f64], dimension: usize, count: usize, stream: &mut Stream) -> Clusters {
    let rows = points.len() / dimension;
    let row = |index: usize| &points[index * dimension..(index + 1) * dimension];
    let mut centres = row(stream.below(rows as u64) as usize).to_vec();
    while centres.len() < count * dimension {
        // The next centre is a point chosen in proportion to its squared distance from those there are.
        let distances: Vec<f64> = (0..rows).map(|i| nearest(row(i), &centres).1).collect();
        let mut left = stream.uniform() * numerics::sum(&distances);
        let mut chosen = rows - 1;
        for (index, d) in distances.iter().enumerate() {
            left -= d;
            if left < 0.0 {
                chosen = index;
                break;
            }
        }
        centres.extend_from_slice(row(chosen));
    }
    let mut labels = vec![usize::MAX; rows];
    for _ in 0..ROUNDS {
        let mut moved = false;
        let mut sums = vec![0.0; centres.len()];
        let mut sizes = vec![0usize; count];
        for (index, label) in labels.iter_mut().enumerate() {
            let (to, _) = nearest(row(index), &centres);
            moved |= *label != to;
            *label = to;
            sizes[to] += 1;
            for (sum, value) in sums[to * dimension..].iter_mut().zip(row(index)) {
                *sum += value;
            }
        }
        if !moved {
            break;
        }
        for (cluster, size) in sizes.iter().enumerate().filter(|(_, size)| **size > 0) {
            for k in cluster * dimension..(cluster + 1) * dimension {
                centres[k] = sums[k] / *size as f64;
            }
        }
    }
    let size = |cluster: usize| labels.iter().filter(|label| **label == cluster).count();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&cluster| (std::cmp::Reverse(size(cluster)), cluster));
    let place = |label: usize| order.iter().position(|cluster| *cluster == label).unwrap_or(0);
    let inertia = numerics::sum_by(rows, |i| nearest(row(i), &centres).1);
    Clusters {
        centres: order.iter().flat_map(|&c| centres[c * dimension..(c + 1) * dimension].to_vec()).collect(),
        labels: labels.iter().map(|label| place(*label)).collect(),
        inertia,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_parted_heaps_are_found_and_numbered_by_size() {
        let mut stream = Stream::new(1, "test");
        let mut points = Vec::new();
        for (x, y, count) in [(0.0, 0.0, 10), (10.0, 0.0, 30), (0.0, 10.0, 20)] {
            for _ in 0..count {
                points.extend([x + 0.3 * stream.normal(), y + 0.3 * stream.normal()]);
            }
        }
        let found = k_means(&points, 2, 3, 5, &mut stream).unwrap();
        assert!((0..10).all(|i| found.labels[i] == 2), "{found:?}");
        assert!((10..40).all(|i| found.labels[i] == 0) && (40..60).all(|i| found.labels[i] == 1));
        assert!((found.centres[0] - 10.0).abs() < 0.3 && (found.centres[3] - 10.0).abs() < 0.3);
        assert!(found.inertia < 60.0 * 2.0 * 0.2);
        // One centre is the mean.
        let one = k_means(&points, 2, 1, 1, &mut stream).unwrap();
        assert!((one.centres[0] - 5.0).abs() < 0.3 && one.inertia > found.inertia);
    }

    #[test]
    fn equal_points_and_wrong_numbers_are_no_panic() {
        let stream = &mut Stream::new(1, "test");
        let found = k_means(&[2.0; 12], 2, 3, 2, stream).unwrap();
        assert_eq!(found.inertia, 0.0);
        assert_eq!(k_means(&[1.0, 2.0], 1, 3, 1, stream), Err(Error::TooFew { given: 2, wanted: 3 }));
        assert!(matches!(k_means(&[1.0, 2.0], 1, 0, 1, stream), Err(Error::Option { .. })));
        assert!(matches!(k_means(&[1.0, 2.0, 3.0], 2, 1, 1, stream), Err(Error::Shape { .. })));
        assert!(k_means(&[f64::NAN, 1.0], 1, 1, 1, stream).is_err());
    }
}
