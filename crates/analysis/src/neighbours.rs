//! Nearest points, by a k-d tree.

use crate::error::{Error, check_finite, check_shape, check_size};

/// How the distance of two points is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Norm {
    /// Root of the sum of squares.
    Euclidean,
    /// Largest difference of a coordinate.
    Maximum,
}

impl Norm {
    /// Distance of two points of equal length.
    pub fn distance(self, a: &[f64], b: &[f64]) -> f64 {
        let raw = self.raw(a, b);
        if self == Self::Euclidean { libm::sqrt(raw) } else { raw }
    }

    /// What the search compares: the square of the Euclidean distance, the maximum itself.
    pub(crate) fn raw(self, a: &[f64], b: &[f64]) -> f64 {
        let mut total = 0.0;
        match self {
            Self::Euclidean => {
                for (x, y) in a.iter().zip(b) {
                    total += (x - y) * (x - y);
                }
            }
            Self::Maximum => {
                for (x, y) in a.iter().zip(b) {
                    let difference = libm::fabs(x - y);
                    total = if difference > total { difference } else { total };
                }
            }
        }
        total
    }

    /// A distance as the search compares it.
    pub(crate) fn to_raw(self, distance: f64) -> f64 {
        if self == Self::Euclidean { distance * distance } else { distance }
    }
}

/// Points of a leaf, which are looked at one by one.
const LEAF: usize = 12;
/// Most coordinates of all points together.
pub(crate) const MOST_COORDINATES: usize = 1 << 23;

/// Points arranged for the search of neighbours.
///
/// Each node halves its points at the median of the coordinate that spreads most; ties go by the index, so that the
/// tree and every answer depend on the points alone. A search costs about `ln n` for points on an attractor of few
/// dimensions, and up to `n` in many.
///
/// Source: Bentley, Multidimensional binary search trees used for associative searching (1975); Friedman, Bentley and
/// Finkel, An algorithm for finding best matches in logarithmic expected time (1977).
#[derive(Clone, Debug)]
pub struct Neighbours {
    norm: Norm,
    dimension: usize,
    /// Points in the order of the tree, and the index of each.
    points: Vec<f64>,
    order: Vec<usize>,
    /// Axis and value of the node that halves points `low..high`, at the place of its median.
    cuts: Vec<(usize, f64)>,
}

impl Neighbours {
    /// Arranges row-major points of `dimension` coordinates.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NotFinite`], [`Error::TooLarge`] beyond 2^23 coordinates.
    pub fn new(points: &[f64], dimension: usize, norm: Norm) -> Result<Self, Error> {
        let count = check_shape(points.len(), dimension)?;
        check_size(
            "coordinates",
            points.len(),
            MOST_COORDINATES,
            "take every second point, or fewer variables",
        )?;
        check_finite(points)?;
        let mut order: Vec<usize> = (0..count).collect();
        let mut cuts = vec![(0, 0.0); count];
        let mut open = vec![(0, count)];
        while let Some((low, high)) = open.pop() {
            if high - low <= LEAF {
                continue;
            }
            let part = &mut order[low..high];
            let (mut axis, mut widest) = (0, -1.0);
            for candidate in 0..dimension {
                let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
                for &index in part.iter() {
                    let value = points[index * dimension + candidate];
                    least = if value < least { value } else { least };
                    most = if value > most { value } else { most };
                }
                if most - least > widest {
                    (axis, widest) = (candidate, most - least);
                }
            }
            let middle = part.len() / 2;
            let value = |index: usize| points[index * dimension + axis];
            part.select_nth_unstable_by(middle, |&a, &b| value(a).total_cmp(&value(b)).then(a.cmp(&b)));
            cuts[low + middle] = (axis, value(part[middle]));
            open.push((low, low + middle));
            open.push((low + middle, high));
        }
        let arranged = order.iter().flat_map(|&index| &points[index * dimension..(index + 1) * dimension]);
        Ok(Self { norm, dimension, points: arranged.copied().collect(), order, cuts })
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.order.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The nearest point to `query` that `accept` allows, by its index, and its distance; of equally near ones the
    /// first.
    pub fn nearest(&self, query: &[f64], accept: impl Fn(usize) -> bool) -> Option<(usize, f64)> {
        let mut best: Option<(f64, usize)> = None;
        self.visit(
            query,
            &mut best,
            |best| best.map_or(f64::INFINITY, |(raw, _)| raw),
            |best, index, raw| {
                let better = best.is_none_or(|(least, first)| raw < least || (raw == least && index < first));
                if better && accept(index) {
                    *best = Some((raw, index));
                }
            },
        );
        best.map(|(raw, index)| (index, if self.norm == Norm::Euclidean { libm::sqrt(raw) } else { raw }))
    }

    /// Writes the indices of all points nearer than `radius` to `query` into `found`, in ascending order.
    pub fn within(&self, query: &[f64], radius: f64, found: &mut Vec<usize>) {
        found.clear();
        let limit = self.norm.to_raw(radius);
        self.visit(
            query,
            found,
            |_| limit,
            |found, index, raw| {
                if raw < limit {
                    found.push(index);
                }
            },
        );
        found.sort_unstable();
    }

    /// Shows every point that may lie nearer than the reach, which may shrink on the way.
    fn visit<S>(
        &self,
        query: &[f64],
        state: &mut S,
        reach: impl Fn(&S) -> f64,
        mut show: impl FnMut(&mut S, usize, f64),
    ) {
        if query.len() != self.dimension {
            return;
        }
        // Depth is at most the logarithm of the number of points: each node halves them.
        let mut open = [(0, 0, 0.0); 64];
        open[0] = (0, self.order.len(), 0.0);
        let mut depth = 1;
        while depth > 0 {
            depth -= 1;
            let (mut low, mut high, gap) = open[depth];
            if gap > reach(state) {
                continue;
            }
            while high - low > LEAF {
                let middle = low + (high - low) / 2;
                let (axis, value) = self.cuts[middle];
                let away = query[axis] - value;
                let gap = self.norm.to_raw(libm::fabs(away));
                let far = if away < 0.0 { (middle, high) } else { (low, middle) };
                (low, high) = if away < 0.0 { (low, middle) } else { (middle, high) };
                open[depth] = (far.0, far.1, gap);
                depth += 1;
            }
            for place in low..high {
                let point = &self.points[place * self.dimension..(place + 1) * self.dimension];
                show(state, self.order[place], self.norm.raw(query, point));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_tree_finds_what_looking_at_every_point_finds(
            points in proptest::collection::vec(-4_i32..4, 3..900),
            query in proptest::collection::vec(-4.0..4.0_f64, 3),
            radius in 0.1..4.0_f64,
            skip in 0_usize..20,
        ) {
            // Few different coordinates: many ties.
            let points: Vec<f64> = points[..points.len() / 3 * 3].iter().map(|&v| f64::from(v) * 0.5).collect();
            for norm in [Norm::Euclidean, Norm::Maximum] {
                let tree = Neighbours::new(&points, 3, norm).unwrap();
                let raw = |index: usize| norm.raw(&query, &points[3 * index..3 * index + 3]);
                let mut wanted: Option<usize> = None;
                for index in skip..tree.len() {
                    if wanted.is_none_or(|best| raw(index) < raw(best)) { wanted = Some(index); }
                }
                prop_assert_eq!(tree.nearest(&query, |index| index >= skip).map(|(index, _)| index), wanted);
                let mut found = Vec::new();
                tree.within(&query, radius, &mut found);
                let limit = norm.to_raw(radius);
                let all: Vec<usize> = (0..tree.len()).filter(|&index| raw(index) < limit).collect();
                prop_assert_eq!(found, all);
            }
        }
    }

    #[test]
    fn equal_points_make_a_tree_and_bad_ones_are_refused() {
        let tree = Neighbours::new(&[1.0; 400], 2, Norm::Euclidean).unwrap();
        assert_eq!(tree.nearest(&[1.0, 2.0], |index| index > 3), Some((4, 1.0)));
        assert_eq!(tree.nearest(&[1.0], |_| true), None);
        assert_eq!(tree.nearest(&[1.0, 1.0], |_| false), None);
        assert!(matches!(Neighbours::new(&[1.0; 5], 2, Norm::Maximum), Err(Error::Shape { .. })));
        assert!(matches!(Neighbours::new(&[f64::NAN], 1, Norm::Maximum), Err(Error::NotFinite { .. })));
        assert_eq!(Norm::Euclidean.distance(&[0.0, 0.0], &[3.0, 4.0]), 5.0);
        assert_eq!(Norm::Maximum.distance(&[0.0, 0.0], &[3.0, -4.0]), 4.0);
    }
}
