//! `render`

use super::run::{STEPS, drive};
use crate::Failure;
use crate::args::{Ground, Render};
use crate::csv_file::save;
use crate::letters;
use crate::source::Source;
use crate::text::plain;
use exhibits::Session;
use exhibits::contract::{ArrayRef, Axis, Frame, Picture, Role, Series, View, ViewKind};
use gpu::raster::Raster;
use gpu::scene::{
    AxisLabel, Camera, ColourScale, Layer, LineStyle, MarkKind, Panel, Points, Projection, Scene, Theme,
    labels, views, viridis,
};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

pub(super) fn render(arguments: &Render, out: &mut dyn Write) -> Result<(), Failure> {
    let mut source = Source::read(&arguments.source)?;
    let (means, declaration) =
        source.adjust(&arguments.settings, arguments.seed, arguments.series.as_deref())?;
    let view = match &arguments.view {
        None => declaration.views.first(),
        Some(id) => declaration.views.iter().find(|view| view.id == *id),
    };
    let Some(view) = view else {
        let names: Vec<&str> = declaration.views.iter().map(|view| view.id.as_str()).collect();
        let asked = arguments.view.as_deref().unwrap_or("");
        return Err(Failure::Input(format!("there is no view {asked:?}; there are {}", names.join(", "))));
    };
    let mut session = Session::start(source.recipe, means)?;
    let named = session.target().map(|target| target.step as u64);
    let steps = arguments.steps.or(named).or(session.run().total()).unwrap_or(STEPS);
    drive(&mut session, steps, None);
    let scene = if view.kind == ViewKind::Scene {
        session.run().scene()
    } else {
        let none = || Failure::Input(format!("the view {:?} has nothing to draw at step {steps}", view.id));
        plot(view, &session.frame(&view.id).ok_or_else(none)?)?
    };
    let (width, height) = (arguments.size.width, arguments.size.height);
    draw(&scene, &Paper { width, height, ground: arguments.theme }, &arguments.output)?;
    let position = session.run().position();
    let unit = session.run().unit();
    let path = arguments.output.display();
    Ok(writeln!(out, "{path}: {}, {width}x{height}, after {position} {unit}", plain(&view.title))?)
}

/// What a picture is drawn on.
pub(super) struct Paper {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) ground: Ground,
}

/// Draws a scene into a PNG file.
pub(super) fn draw(scene: &Scene, paper: &Paper, path: &Path) -> Result<(), Failure> {
    let (width, height, scale) = (paper.width, paper.height, scale(paper));
    let mut pixels = picture(scene, paper);
    let size = [f64::from(width) / scale, f64::from(height) / scale];
    let ink = theme(paper).tokens().ink.map(|c| (c * 255.0) as u8);
    for label in labels(scene, &Camera::default(), size) {
        letters::write(&mut pixels, [width, height], &label, scale, ink);
    }
    save(path, &encode(&pixels, width, height)?)
}

/// Draws a frame into a PNG file: a heat map by its cells, anything else as a scene.
pub(super) fn draw_frame(view: &View, frame: &Frame, paper: &Paper, path: &Path) -> Result<(), Failure> {
    let Picture::Heat { rows, columns, values, x, y, range, .. } = &frame.picture else {
        return draw(&plot(view, frame)?, paper, path);
    };
    let values = frame.arrays.get(values.array as usize).map_or(&[][..], Vec::as_slice);
    let (columns, rows) = (*columns as usize, *rows as usize);
    let mut panel = Panel::new(plain(&view.title), Projection::Plane, [*x, *y, [0.0, 1.0]]);
    panel.axes = [axis_label(&view.x), axis_label(&view.y), AxisLabel::default()];
    let scene = Scene::single(panel);
    let (camera, theme) = (Camera::default(), theme(paper));
    let mut pixels = picture(&scene, paper);
    let scale = scale(paper);
    let size = [f64::from(paper.width) / scale, f64::from(paper.height) / scale];
    let seen = views(&scene, &camera, size);
    let Some(plane) = seen.first() else { return Ok(()) };
    let cell = |at: f64, [from, to]: [f64; 2], count: usize| {
        // A value stands in the middle of its cell.
        let place = if count > 1 { (at - from) / (to - from) * (count - 1) as f64 } else { 0.0 };
        (at >= from && at <= to).then(|| place.round() as usize)
    };
    for (index, pixel) in pixels.chunks_exact_mut(4).enumerate() {
        let (column, row) = (index % paper.width as usize, index / paper.width as usize);
        let [px, py] = [column, row].map(|at| (at as f64 + 0.5) / scale);
        let Some([u, v]) = plane.unproject(px, py) else { continue };
        let (Some(i), Some(j)) = (cell(u, *x, columns), cell(v, *y, rows)) else { continue };
        let value = values.get(j * columns + i).copied().unwrap_or(f64::NAN);
        if value.is_finite() {
            let share = (value - range[0]) / (range[1] - range[0]);
            let colour = viridis(share.clamp(0.0, 1.0) as f32);
            for (byte, part) in pixel.iter_mut().zip(colour) {
                *byte = (part * 255.0) as u8;
            }
        }
    }
    let ink = theme.tokens().ink.map(|c| (c * 255.0) as u8);
    for label in labels(&scene, &camera, size) {
        letters::write(&mut pixels, [paper.width, paper.height], &label, scale, ink);
    }
    save(path, &encode(&pixels, paper.width, paper.height)?)
}

fn theme(paper: &Paper) -> Theme {
    if paper.ground == Ground::Dark { Theme::Dark } else { Theme::Light }
}

/// Pixels of the picture to one of the smallest picture that reads well; larger ones have finer lines, not other ones.
fn scale(paper: &Paper) -> f64 {
    (f64::from(paper.height) / 800.0).max(1.0)
}

/// The pixels of a scene, without its letters.
fn picture(scene: &Scene, paper: &Paper) -> Vec<u8> {
    let mut raster = Raster::new(paper.width, paper.height);
    raster.draw(scene, &Camera::default(), theme(paper), scale(paper) as f32).to_vec()
}

/// An RGBA picture as PNG.
fn encode(pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let fault = |e: png::EncodingError| Failure::Input(format!("the picture cannot be written: {e}"));
    let mut writer = encoder.write_header().map_err(fault)?;
    writer.write_image_data(pixels).map_err(fault)?;
    writer.finish().map_err(fault)?;
    Ok(bytes)
}

fn axis_label(axis: &Axis) -> AxisLabel {
    let name = plain(&axis.label);
    let name = if axis.log { format!("log10 {name}") } else { name };
    AxisLabel { name, unit: axis.unit.clone().unwrap_or_default() }
}

/// The data of a plot as a scene in the plane; a logarithmic axis shows logarithms to base 10.
pub(super) fn plot(view: &View, frame: &Frame) -> Result<Scene, Failure> {
    let outlined = outlined(frame);
    let frame = outlined.as_ref().unwrap_or(frame);
    let Picture::Plot { series, uprights, levels, x, y, .. } = &frame.picture else {
        let message =
            format!("the view {:?} is no plot; `render` draws scenes, lines, points and bars", view.id);
        return Err(Failure::Input(message));
    };
    let place = |value: f64, log: bool| if log { value.log10() } else { value };
    let array = |index: u32| frame.arrays.get(index as usize).map_or(&[][..], Vec::as_slice);
    let mut layers = Vec::new();
    let mut bounds = [[f64::INFINITY, f64::NEG_INFINITY]; 2];
    let mut all = Vec::new();
    for one in series {
        let (xs, ys) = (array(one.x.array), array(one.y.array));
        let points: Vec<[f64; 2]> =
            xs.iter().zip(ys).map(|(a, b)| [place(*a, view.x.log), place(*b, view.y.log)]).collect();
        for point in points.iter().filter(|p| p.iter().all(|c| c.is_finite())) {
            for (bound, c) in bounds.iter_mut().zip(point) {
                *bound = [bound[0].min(*c), bound[1].max(*c)];
            }
        }
        all.push((one, points));
    }
    for (bound, (fixed, log)) in bounds.iter_mut().zip([(x, view.x.log), (y, view.y.log)]) {
        // A little air, so that no line runs along the frame.
        let air = 0.03 * (bound[1] - bound[0]);
        let fitted = [bound[0] - air, bound[1] + air];
        // An end that is not a number is left open.
        let wanted = fixed.map(|ends| ends.map(|end| place(end, log)));
        *bound =
            std::array::from_fn(|i| wanted.map(|w| w[i]).filter(|end| end.is_finite()).unwrap_or(fitted[i]));
    }
    let inside = |v: f64, [low, high]: [f64; 2]| v >= low && v <= high;
    for (one, points) in all {
        // What lies outside a fixed range would be drawn over the frame.
        let shown = |p: &[f64; 2]| {
            if inside(p[0], bounds[0]) && inside(p[1], bounds[1]) { *p } else { [f64::NAN; 2] }
        };
        let points: Points =
            Arc::new(points.iter().map(shown).map(|[a, b]| [a as f32, b as f32, 0.0, 0.0]).collect());
        let style = match one.role {
            Role::Run => LineStyle::Accent,
            Role::Ink => LineStyle::Ink,
            Role::Quiet | Role::Dashed | Role::Dotted => LineStyle::Thin,
        };
        match (one.points, one.role.clone()) {
            (true, _) => layers.push(Layer::Cloud { points, size: 3.0 }),
            (false, Role::Dashed) => layers.push(Layer::Segments { points: strokes(&points, 2) }),
            (false, Role::Dotted) => layers.push(Layer::Segments { points: strokes(&points, 3) }),
            (false, _) => layers.push(Layer::Line { points, style }),
        }
    }
    let stroke = |from: [f64; 2], to: [f64; 2]| {
        let points = [from, to].map(|[a, b]| [a as f32, b as f32, 0.0, 0.0]);
        Layer::Line { points: Arc::new(points.to_vec()), style: LineStyle::Thin }
    };
    let (mut named, mut names) = (Vec::new(), Vec::new());
    let [[left, right], [low, high]] = bounds;
    for mark in uprights {
        let at = place(mark.at, view.x.log);
        if inside(at, bounds[0]) {
            layers.push(stroke([at, low], [at, high]));
            named.push([at as f32, high as f32, 0.0]);
            names.push(plain(&mark.label));
        }
    }
    for mark in levels {
        let at = place(mark.at, view.y.log);
        if inside(at, bounds[1]) {
            layers.push(stroke([left, at], [right, at]));
            named.push([right as f32, at as f32, 0.0]);
            names.push(plain(&mark.label));
        }
    }
    if !named.is_empty() {
        layers.push(Layer::Marks { points: named, labels: names, kind: MarkKind::Dot });
    }
    let mut panel = Panel::new(plain(&view.title), Projection::Plane, [bounds[0], bounds[1], [0.0, 1.0]]);
    panel.axes = [axis_label(&view.x), axis_label(&view.y), AxisLabel::default()];
    panel.colour = ColourScale::default();
    panel.layers = layers;
    Ok(Scene::single(panel))
}

/// Bars as the outline of their tops, against the number of the bar: where several stand beside one another, all
/// can be seen. `None` for any other picture.
fn outlined(frame: &Frame) -> Option<Frame> {
    let Picture::Bars { view, series, alternative, .. } = &frame.picture else { return None };
    let mut arrays = Vec::new();
    let mut lines = Vec::new();
    for one in series {
        let heights = frame.arrays.get(one.y.array as usize).map_or(&[][..], Vec::as_slice);
        let (mut x, mut y) = (vec![0.5], vec![0.0]);
        for (bar, height) in heights.iter().enumerate() {
            x.extend([bar as f64 + 0.5, bar as f64 + 1.5]);
            y.extend([*height; 2]);
        }
        x.push(heights.len() as f64 + 0.5);
        y.push(0.0);
        let array = arrays.len() as u32;
        arrays.extend([x, y]);
        let (x, y) = (ArrayRef { array }, ArrayRef { array: array + 1 });
        lines.push(Series { x, y, points: false, ..one.clone() });
    }
    let picture = Picture::Plot {
        view: view.clone(),
        series: lines,
        uprights: Vec::new(),
        levels: Vec::new(),
        x: None,
        y: Some([0.0, f64::NAN]),
        alternative: alternative.clone(),
    };
    Some(Frame { picture, arrays })
}

/// A line cut into strokes, one piece in so many, so that it differs from a whole one by more than its colour.
fn strokes(points: &Points, one_in: usize) -> Points {
    Arc::new(points.windows(2).step_by(one_in).flatten().copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use exhibits::contract::Mark;

    fn view(log: bool) -> View {
        let axis = |log| Axis { label: "a".into(), unit: None, log };
        View {
            id: "v".into(),
            title: "t".into(),
            detail: String::new(),
            kind: ViewKind::Lines,
            x: axis(false),
            y: axis(log),
            alternative: String::new(),
            pickable: false,
        }
    }

    fn frame(ys: Vec<f64>, levels: Vec<Mark>) -> Frame {
        let xs = (0..ys.len()).map(|i| i as f64).collect();
        let of = |array| ArrayRef { array };
        let one = Series { label: String::new(), role: Role::Run, x: of(0), y: of(1), points: false };
        let picture = Picture::Plot {
            view: "v".into(),
            series: vec![one],
            uprights: Vec::new(),
            levels,
            x: None,
            y: None,
            alternative: String::new(),
        };
        Frame { picture, arrays: vec![xs, ys] }
    }

    #[test]
    fn a_plot_spans_its_finite_points() {
        let scene = plot(&view(false), &frame(vec![1.0, f64::NAN, 3.0], Vec::new())).expect("a scene");
        let [x, y, _] = scene.panels[0].bounds;
        assert!(
            x[0] < 0.0 && x[1] > 2.0 && y[0] < 1.0 && y[0] > 0.9 && y[1] > 3.0 && y[1] < 3.1,
            "{x:?} {y:?}"
        );
    }

    #[test]
    fn a_logarithmic_axis_shows_logarithms_and_leaves_gaps_where_there_are_none() {
        let scene = plot(&view(true), &frame(vec![1e-8, 0.0, 1.0], Vec::new())).expect("a scene");
        let Layer::Line { points, .. } = &scene.panels[0].layers[0] else { panic!("a line") };
        assert_eq!(points[0][1], -8.0);
        assert!(points[1][1].is_nan());
        assert_eq!(points[2][1], 0.0);
        assert_eq!(scene.panels[0].axes[1].name, "log10 a");
    }

    #[test]
    fn a_level_beyond_the_range_is_not_drawn() {
        let level = |at| Mark { at, label: "known".into() };
        let scene =
            plot(&view(false), &frame(vec![0.0, 1.0], vec![level(0.5), level(9.0)])).expect("a scene");
        assert_eq!(scene.panels[0].layers.len(), 3, "line, one level, its name");
    }

    #[test]
    fn a_picture_is_a_png_of_its_size() {
        let bytes = encode(&[255; 4 * 6], 3, 2).expect("encoded");
        let info = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().expect("read");
        assert_eq!((info.info().width, info.info().height), (3, 2));
        assert!(encode(&[255; 4], 3, 2).is_err());
    }

    #[test]
    fn bars_are_drawn_as_the_outline_of_their_tops() {
        let series = Series {
            label: "s".into(),
            role: Role::Run,
            x: ArrayRef { array: 0 },
            y: ArrayRef { array: 0 },
            points: false,
        };
        let picture = Picture::Bars {
            view: "v".into(),
            labels: vec!["a".into(), "b".into()],
            series: vec![series],
            alternative: String::new(),
        };
        let scene = plot(&view(false), &Frame { picture, arrays: vec![vec![0.25, 0.75]] }).unwrap();
        let Layer::Line { points, .. } = &scene.panels[0].layers[0] else { panic!("no line") };
        let places: Vec<[f32; 2]> = points.iter().map(|p| [p[0], p[1]]).collect();
        assert_eq!(places, [[0.5, 0.0], [0.5, 0.25], [1.5, 0.25], [1.5, 0.75], [2.5, 0.75], [2.5, 0.0]]);
        // The open end of the range is fitted, the other stays.
        assert_eq!(scene.panels[0].bounds[1][0], 0.0);
        assert!(scene.panels[0].bounds[1][1] > 0.75);
    }
}
