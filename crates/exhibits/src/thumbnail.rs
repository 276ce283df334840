//! Small pictures for the gallery, drawn by the program itself.

use crate::error::ExhibitError;
use crate::exhibit::Means;
use crate::session::Session;
use crate::subject::{Runner, Subject};
use dynamics::Stepper;
use gpu::raster::Raster;
use gpu::scene::{Camera, ColourScale, Layer, LineStyle, Panel, Projection, Scene, Theme, palette};
use recipe::Recipe;
use std::sync::Arc;
use zoo::System;

/// Periods that pass before a picture begins, and that it shows.
const PERIODS: [f64; 2] = [10.0, 40.0];
/// Points of a line to a period.
const POINTS: f64 = 120.0;
/// Most steps of one picture, over all its trajectories.
const STEPS: u64 = 120_000;
/// Most steps times variables: large systems are drawn for a shorter time.
const WORK: u64 = 1_000_000;
/// Iterations of a map that are drawn.
const ITERATIONS: u64 = 6_000;
/// Sites from which variables of one name are a field over its sites.
const FIELD: usize = 8;
/// Periods of a field's picture.
const FIELD_PERIODS: f64 = 8.0;
/// Rows in which a field's picture is kept.
const ROWS: u64 = 160;
/// Starts along each side of a phase plane.
const PLANE: usize = 5;

/// An RGBA picture of a member of the gallery, `size` pixels square.
///
/// # Errors
/// There is no such member.
pub fn thumbnail(slug: &str, size: u32, dark: bool) -> Result<Vec<u8>, ExhibitError> {
    let theme = if dark { Theme::Dark } else { Theme::Light };
    if zoo::find(slug).is_some() {
        return of_system(&Subject::of_zoo(slug)?, size, theme);
    }
    // What an exhibit learns stands for it; training for a thumbnail would be too dear.
    let mut session = Session::start(Recipe::new(slug), Means::default())?;
    let mut scene = session.run().scene();
    scene.panels.truncate(1);
    Ok(draw(&scene, size, theme))
}

fn draw(scene: &Scene, size: u32, theme: Theme) -> Vec<u8> {
    // A little smaller than on the stage, so that perspective cuts no corner off.
    let camera = Camera { zoom: 0.9, ..Camera::default() };
    Raster::new(size, size).draw(scene, &camera, theme, 1.0).to_vec()
}

fn of_system(subject: &Subject, size: u32, theme: Theme) -> Result<Vec<u8>, ExhibitError> {
    let sites = sites(subject);
    if !sites.is_empty() {
        return Ok(field(&walk(subject, FIELD_PERIODS, Some(ROWS))?, &sites, size, theme));
    }
    let walk = walk(subject, PERIODS[1], None)?;
    let axes = subject.axes();
    let spatial = axes[2].is_some();
    let mut points = points(&walk, axes, subject.is_map());
    let bounds = bounds(&points);
    let mut speeds: Vec<f32> = points.iter().map(|p| p[3]).filter(|s| s.is_finite()).collect();
    speeds.sort_by(f32::total_cmp);
    let fast = speeds.get(speeds.len() * 19 / 20).copied().unwrap_or(1.0);
    let mut panel =
        Panel::new(String::new(), if spatial { Projection::Space } else { Projection::Plane }, bounds);
    panel.colour = ColourScale { label: "speed".into(), min: 0.0, max: if fast > 0.0 { fast } else { 1.0 } };
    panel.layers.push(if subject.is_map() {
        Layer::Cloud { points: Arc::new(points), size: 1.6 }
    } else {
        // A cycle alone says little of a plane: what leads to it does.
        let model = subject.model();
        if model.dimension() == 2 && model.is_plain() && !model.depends_on_time() {
            points.extend(paths(subject, [bounds[0], bounds[1]], walk.period)?);
        }
        Layer::Line { points: Arc::new(points), style: LineStyle::Scalar }
    });
    Ok(draw(&Scene::single(panel), size, theme))
}

/// What a trajectory went through: states apart by `gap` in time.
struct Walk {
    states: Vec<Vec<f64>>,
    /// States to a quarter of a period.
    quarter: usize,
    period: f64,
}

/// A trajectory from the default start over some periods, the first few left out; or `rows` states of it. One that
/// diverges counts up to there.
fn walk(subject: &Subject, periods: f64, rows: Option<u64>) -> Result<Walk, ExhibitError> {
    let model = subject.model();
    let step = subject.step();
    let period = subject.system().and_then(System::period).unwrap_or(200.0 * step);
    let per_period = period / step;
    // The casts saturate, and take what is not a number for 0.
    let affordable = (WORK / model.dimension().max(1) as u64).min(STEPS);
    let (skipped, shown) = if subject.is_map() {
        (ITERATIONS / 6, ITERATIONS.min(affordable))
    } else {
        let [before, _] = PERIODS;
        let share = affordable as f64 / ((before + periods) * per_period);
        let share = if share < 1.0 { share } else { 1.0 };
        ((share * before * per_period) as u64, (share * periods * per_period) as u64)
    };
    let stride = match rows {
        Some(rows) => (shown / rows).max(1),
        None if subject.is_map() => 1,
        None => ((per_period / POINTS) as u64).max(1),
    };
    let mut run = run(subject, &subject.start())?;
    let mut states = Vec::new();
    if run.advance_by(skipped).is_ok() {
        for _ in 0..shown / stride {
            states.push(run.state().to_vec());
            if !run.advance_by(stride).is_ok() {
                break;
            }
        }
    }
    if states.is_empty() {
        states.push(run.state().to_vec());
    }
    let quarter = (0.25 * per_period / stride as f64) as usize;
    Ok(Walk { states, quarter: quarter.max(1), period })
}

fn run(subject: &Subject, start: &[f64]) -> Result<Runner, ExhibitError> {
    subject.stepper(&subject.parameters(), subject.options(subject.method(), subject.step()), start)
}

/// Points on the axes, with the speed between them. A single variable stands against its own past: the value before
/// for a map, those a quarter and half a period before for a flow.
fn points(walk: &Walk, axes: [Option<usize>; 3], map: bool) -> Vec<[f32; 4]> {
    let states = &walk.states;
    let lone = axes[1].is_none();
    let lag = if map { 1 } else { walk.quarter };
    let mut points = Vec::with_capacity(states.len());
    for (index, state) in states.iter().enumerate() {
        let mut point = [0.0_f32; 4];
        if lone {
            let Some(before) = index.checked_sub(lag).and_then(|i| states.get(i)) else { continue };
            [point[0], point[1]] = [before[0] as f32, state[0] as f32];
        } else {
            for (place, axis) in point.iter_mut().zip(axes) {
                *place = axis.and_then(|j| state.get(j)).map_or(0.0, |value| *value as f32);
            }
        }
        let last: [f32; 4] = points.last().copied().unwrap_or(point);
        let [x, y, z] = [0, 1, 2].map(|i| point[i] - last[i]);
        point[3] = libm::sqrtf(x * x + y * y + z * z);
        points.push(point);
    }
    points
}

/// The box of some points, with a margin.
fn bounds(points: &[[f32; 4]]) -> [[f64; 2]; 3] {
    std::array::from_fn(|axis| {
        let mut bound = [f64::INFINITY, f64::NEG_INFINITY];
        for value in points.iter().map(|p| f64::from(p[axis])).filter(|value| value.is_finite()) {
            bound[0] = if value < bound[0] { value } else { bound[0] };
            bound[1] = if value > bound[1] { value } else { bound[1] };
        }
        let margin = 0.06 * (bound[1] - bound[0]);
        if margin > 0.0 { [bound[0] - margin, bound[1] + margin] } else { [bound[0] - 1.0, bound[0] + 1.0] }
    })
}

/// Trajectories of a plane from a grid of starts, for two periods or until they leave the box, apart by gaps.
fn paths(subject: &Subject, [x, y]: [[f64; 2]; 2], period: f64) -> Result<Vec<[f32; 4]>, ExhibitError> {
    let mut all = Vec::new();
    let between = |[low, high]: [f64; 2], i: usize| low + (high - low) * (i as f64 + 0.5) / PLANE as f64;
    let inside = |[low, high]: [f64; 2], value: f64| low <= value && value <= high;
    let per_period = period / subject.step();
    let stride = ((per_period / POINTS) as u64).max(1);
    for (i, j) in (0..PLANE).flat_map(|i| (0..PLANE).map(move |j| (i, j))) {
        let start = [between(x, i), between(y, j)];
        let mut run = run(subject, &start)?;
        let mut last = [start[0] as f32, start[1] as f32];
        all.push([f32::NAN; 4]);
        // The cast saturates.
        for _ in 0..((2.0 * per_period) as u64 / stride).min(1_000) {
            let [a, b] = [run.state()[0], run.state()[1]];
            if !inside(x, a) || !inside(y, b) {
                break;
            }
            let (dx, dy) = (a as f32 - last[0], b as f32 - last[1]);
            last = [a as f32, b as f32];
            all.push([last[0], last[1], 0.0, libm::sqrtf(dx * dx + dy * dy)]);
            if !run.advance_by(stride).is_ok() {
                break;
            }
        }
    }
    Ok(all)
}

/// The variables of a field: those that share the first axis's name but for its number, where they are many.
fn sites(subject: &Subject) -> Vec<usize> {
    let variables = &subject.model().variables;
    let stem = |name: &str| name.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let first = subject.axes()[0].and_then(|axis| variables.get(axis)).map(|v| stem(&v.name));
    let Some(first) = first.filter(|_| !subject.is_map()) else { return Vec::new() };
    let sites: Vec<usize> = (0..variables.len()).filter(|i| stem(&variables[*i].name) == first).collect();
    if sites.len() < FIELD { Vec::new() } else { sites }
}

/// A field over its sites, from left to right, and over time, upwards. Phases, which run on and on, are shown by
/// their cosine.
fn field(walk: &Walk, sites: &[usize], size: u32, theme: Theme) -> Vec<u8> {
    let turns = 4.0 * core::f64::consts::PI;
    let (first, last) = (&walk.states[0], &walk.states[walk.states.len() - 1]);
    let running = sites.iter().filter(|i| libm::fabs(last[**i] - first[**i]) > turns).count();
    let phases = 2 * running > sites.len();
    let shown = |value: f64| if phases { libm::cos(value) } else { value };
    let mut values: Vec<f64> =
        walk.states.iter().flat_map(|state| sites.iter().map(|i| shown(state[*i]))).collect();
    values.sort_by(f64::total_cmp);
    let at = |share: usize| values[(values.len() - 1) * share / 100];
    let (low, high) = (at(1), at(99));
    let scale = if high > low { 1.0 / (high - low) } else { 1.0 };
    let size = size as usize;
    // Where a pixel lies between two neighbours, and how far.
    let between = |pixel: usize, count: usize| {
        let place = (pixel as f64 + 0.5) * count as f64 / size as f64 - 0.5;
        let place = if place > 0.0 { place } else { 0.0 };
        let first = (place as usize).min(count - 1);
        (first, (first + 1).min(count - 1), place - first as f64)
    };
    let mut picture = Vec::with_capacity(4 * size * size);
    for y in 0..size {
        let (before, after, late) = between(size - 1 - y, walk.states.len());
        for x in 0..size {
            let (left, right, far) = between(x, sites.len());
            let at = |row: usize, site: usize| shown(walk.states[row][sites[site]]);
            let along = |row: usize| (1.0 - far) * at(row, left) + far * at(row, right);
            let value = (1.0 - late) * along(before) + late * along(after);
            let colour = palette(theme, ((value - low) * scale) as f32);
            // The cast saturates.
            picture.extend(colour.map(|c| (255.0 * c + 0.5) as u8));
            picture.push(255);
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_of_sites_is_drawn_as_a_field_and_other_systems_are_not() {
        assert_eq!(sites(&Subject::of_zoo("lorenz-96").unwrap()), (0..8).collect::<Vec<_>>());
        for slug in ["lorenz", "cell-cycle", "henon", "fitzhugh-nagumo"] {
            assert!(sites(&Subject::of_zoo(slug).unwrap()).is_empty(), "{slug}");
        }
    }

    #[test]
    fn a_field_shows_its_values_by_site_and_its_time_upwards() {
        let states = vec![vec![0.0, 1.0], vec![1.0, 1.0]];
        let walk = Walk { states, quarter: 1, period: 1.0 };
        let picture = field(&walk, &[0, 1], 2, Theme::Dark);
        let pixel = |x: usize, y: usize| &picture[4 * (2 * y + x)..][..4];
        assert_eq!(picture.len(), 16);
        assert_ne!(pixel(0, 1), pixel(0, 0), "the first site rises from the bottom row to the top one");
        assert_eq!(pixel(1, 0), pixel(1, 1));
        assert_eq!(pixel(0, 0), pixel(1, 0));
    }

    #[test]
    fn a_lone_variable_stands_against_its_past() {
        let states = [1.0, 2.0, 4.0].map(|x| vec![x]).to_vec();
        let walk = Walk { states, quarter: 1, period: 4.0 };
        let points = points(&walk, [Some(0), None, None], false);
        assert_eq!(points.iter().map(|p| [p[0], p[1]]).collect::<Vec<_>>(), [[1.0, 2.0], [2.0, 4.0]]);
    }
}
