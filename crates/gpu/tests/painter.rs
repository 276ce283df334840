//! Pictures drawn on a real adapter. Without an adapter each test says so.
#![allow(clippy::unwrap_used)]

use gpu::scene::{
    Camera, ColourScale, Layer, LineStyle, MarkKind, Panel, Projection, Ring, Scene, Theme, palette,
};
use gpu::{ColourBy, Device, Ensemble, EnsembleOptions, Kernel, Kind, Method, Painter};
use numerics::Philox;
use std::sync::{Arc, OnceLock};

fn device() -> Option<Arc<Device>> {
    static DEVICE: OnceLock<Option<Arc<Device>>> = OnceLock::new();
    let device = DEVICE.get_or_init(|| match pollster::block_on(Device::request(None)) {
        Ok(device) => Some(Arc::new(device)),
        Err(error) => {
            println!("no adapter: {error}");
            None
        }
    });
    device.clone()
}

const CUBE: [[f64; 2]; 3] = [[-1.0, 1.0]; 3];

fn panel(projection: Projection, layers: Vec<Layer>) -> Panel {
    Panel { layers, ..Panel::new("", projection, CUBE) }
}

struct Picture {
    width: usize,
    pixels: Vec<u8>,
}

impl Picture {
    fn at(&self, x: usize, y: usize) -> [u8; 3] {
        let i = 4 * (y * self.width + x);
        [self.pixels[i], self.pixels[i + 1], self.pixels[i + 2]]
    }

    /// Pixels that are not the given colour, by column.
    fn marked(&self, stage: [u8; 3], columns: std::ops::Range<usize>) -> usize {
        let height = self.pixels.len() / 4 / self.width;
        (0..height).map(|y| columns.clone().filter(|x| self.at(*x, y) != stage).count()).sum()
    }
}

fn bytes(c: [f32; 3]) -> [u8; 3] {
    c.map(|v| (255.0 * v).round() as u8)
}

fn stage(theme: Theme) -> [u8; 3] {
    bytes(theme.tokens().stage)
}

fn draw(painter: &mut Painter, scene: &Scene, ensembles: &[&Ensemble], theme: Theme) -> Picture {
    painter.draw(scene, ensembles, &Camera::default(), theme, 1.0).unwrap();
    let pixels = pollster::block_on(painter.read()).unwrap();
    Picture { width: painter.size().0 as usize, pixels }
}

fn close(a: [u8; 3], b: [u8; 3], by: u8) -> bool {
    a.iter().zip(&b).all(|(a, b)| a.abs_diff(*b) <= by)
}

fn lorenz(device: &Arc<Device>, count: usize, trail: usize) -> Ensemble {
    let rhs = "fn rhs(t: f32, x: array<f32, 3>, p: array<f32, 1>) -> array<f32, 3> {
        return array<f32, 3>(10.0 * (x[1] - x[0]), x[0] * (28.0 - x[2]) - x[1], x[0] * x[1] - 2.6666667 * x[2]); }";
    let kernel = Kernel::plain(rhs.into(), 3, 0, Kind::Flow);
    let options = EnsembleOptions {
        dt: 0.01,
        t0: 0.0,
        bound: 1e6,
        axes: [Some(0), Some(1), Some(2)],
        trail,
        colour: ColourBy::Variable(2),
        method: Method::RungeKutta4,
        philox: Philox::new(0, 0),
        first_step: 0,
    };
    let states: Vec<f32> = (0..count)
        .flat_map(|i| [(i % 17) as f32 - 8.0, (i % 11) as f32 - 5.0, 20.0 + (i % 7) as f32])
        .collect();
    Ensemble::new(device, &kernel, &states, &[], options).unwrap()
}

fn lorenz_panel(layers: Vec<Layer>) -> Panel {
    let mut panel = panel(Projection::Space, layers);
    panel.bounds = [[-20.0, 20.0], [-27.0, 27.0], [0.0, 50.0]];
    panel.colour = ColourScale { label: "z".into(), min: 5.0, max: 45.0 };
    panel
}

#[test]
fn an_empty_scene_is_the_bare_stage() {
    let Some(device) = device() else { return };
    let mut painter = Painter::new(&device, [70, 50]).unwrap();
    for theme in [Theme::Dark, Theme::Light] {
        let picture = draw(&mut painter, &Scene::default(), &[], theme);
        assert_eq!(picture.pixels.len(), 4 * 70 * 50);
        assert_eq!(picture.marked(stage(theme), 0..70), 0);
    }
}

#[test]
fn an_ensemble_is_drawn_from_its_own_buffer_and_only_in_its_panel() {
    let Some(device) = device() else { return };
    let mut ensemble = lorenz(&device, 200, 30);
    ensemble.dispatch(64);
    // Too small for axes, so that all ink is the ensemble's.
    let mut painter = Painter::new(&device, [200, 150]).unwrap();
    let scene = |trails| Scene {
        panels: vec![
            lorenz_panel(vec![]),
            lorenz_panel(vec![Layer::Ensemble { index: 0, points: 2.0, trails }]),
        ],
    };
    for theme in [Theme::Dark, Theme::Light] {
        for trails in [true, false] {
            let picture = draw(&mut painter, &scene(trails), &[&ensemble], theme);
            assert_eq!(picture.marked(stage(theme), 0..100), 0);
            let marked = picture.marked(stage(theme), 100..200);
            assert!(marked > 500 && marked < 14_000, "{marked}");
        }
    }
    let before = draw(&mut painter, &scene(true), &[&ensemble], Theme::Dark);
    ensemble.dispatch(16);
    let after = draw(&mut painter, &scene(true), &[&ensemble], Theme::Dark);
    assert_ne!(before.pixels, after.pixels);
    // An ensemble that is not there draws nothing.
    let none = draw(&mut painter, &scene(true), &[], Theme::Dark);
    assert_eq!(none.marked(stage(Theme::Dark), 0..200), 0);
}

#[test]
fn strokes_cover_as_much_as_they_measure() {
    let Some(device) = device() else { return };
    let mut painter = Painter::new(&device, [120, 120]).unwrap();
    let (stage, ink) = (Theme::Light.tokens().stage, Theme::Light.tokens().ink);
    let ends = [[-0.5, -0.31], [0.62, 0.4]];
    let line = |points: Vec<[f32; 4]>| {
        let layer = Layer::Line { points: Arc::new(points), style: LineStyle::Ink };
        Scene::single(panel(Projection::Plane, vec![layer]))
    };
    let [a, b] = ends.map(|e| [e[0], e[1], 0.0, 0.0]);
    let middle = [0.06, 0.045, 0.0, 0.0];
    let camera = Camera::default();
    let place = |p: [f32; 4]| {
        let at = [f64::from(p[0]), f64::from(p[1]), 0.0];
        gpu::scene::project(&line(vec![]), &camera, [120.0, 120.0], 0, at).unwrap()
    };
    let (pa, pb) = (place(a), place(b));
    let length = ((pb[0] - pa[0]).powi(2) + (pb[1] - pa[1]).powi(2)).sqrt();
    let covered = |picture: &Picture| -> f64 {
        let deep = f64::from(stage[0] - ink[0]) * 255.0;
        (0..120)
            .flat_map(|y| (0..120).map(move |x| (x, y)))
            .map(|(x, y)| (f64::from(stage[0]) * 255.0 - f64::from(picture.at(x, y)[0])) / deep)
            .sum()
    };
    let one = draw(&mut painter, &line(vec![a, b]), &[], Theme::Light);
    // In the middle of the line no pixel is covered more than wholly, so nothing is cut off.
    assert!((covered(&one) / (1.25 * length) - 1.0).abs() < 0.02, "{} {length}", covered(&one));
    // A joint adds no bead, and a gap leaves only what it must.
    let two = draw(&mut painter, &line(vec![a, middle, b]), &[], Theme::Light);
    assert!((covered(&two) / covered(&one) - 1.0).abs() < 0.01);
    let gap = draw(&mut painter, &line(vec![a, [f32::NAN; 4], b]), &[], Theme::Light);
    assert!(covered(&gap) < 0.5);
}

#[test]
fn density_becomes_colour_by_the_stated_exposure() {
    let Some(device) = device() else { return };
    let mut painter = Painter::new(&device, [64, 64]).unwrap();
    for (theme, scalar) in [(Theme::Dark, 0.25_f32), (Theme::Light, 0.75), (Theme::Dark, 1.5)] {
        // One disc that covers everything: the density is 1 in each pixel.
        let layer = Layer::Cloud { points: Arc::new(vec![[0.0, 0.0, 0.0, scalar]]), size: 256.0 };
        let picture = draw(&mut painter, &Scene::single(panel(Projection::Plane, vec![layer])), &[], theme);
        let k = 0.45 * 0.35 * if theme == Theme::Light { 1.5 } else { 1.0 };
        let covered = 1.0 - (-k as f32).exp();
        let opacity = if theme == Theme::Dark { covered.powf(0.74) } else { covered };
        let (below, above) = (theme.tokens().stage, palette(theme, scalar));
        let wanted = bytes([0, 1, 2].map(|i| below[i] + (above[i] - below[i]) * opacity));
        for (x, y) in [(0, 0), (31, 40), (63, 63)] {
            assert!(close(picture.at(x, y), wanted, 1), "{:?} {wanted:?}", picture.at(x, y));
        }
    }
}

#[test]
fn a_ring_fades_towards_its_tail_and_shows_its_heads() {
    let Some(device) = device() else { return };
    let mut painter = Painter::new(&device, [150, 60]).unwrap();
    let mut ring = Ring::new(1, 8);
    for i in 0..11 {
        ring.push([[-1.0 + 0.15 * i as f32, 0.0, 0.0, 0.5]]);
    }
    let scene = |heads| Scene::single(panel(Projection::Plane, vec![ring.layer(heads)]));
    let picture = draw(&mut painter, &scene(0.0), &[], Theme::Dark);
    let camera = Camera::default();
    let column = |x: f64| {
        let at = gpu::scene::project(&scene(0.0), &camera, [150.0, 60.0], 0, [x, 0.0, 0.0]).unwrap();
        at[0] as usize
    };
    let light = |picture: &Picture, x: usize| (0..60).map(|y| u32::from(picture.at(x, y)[1])).sum::<u32>();
    let [tail, newest, gone] = [-0.45, 0.40, -0.8].map(column);
    assert!(light(&picture, newest) > light(&picture, tail) + 20);
    assert_eq!(light(&picture, gone), 60 * u32::from(stage(Theme::Dark)[1]));
    let heads = draw(&mut painter, &scene(6.0), &[], Theme::Dark);
    assert!(light(&heads, column(0.5)) > light(&picture, column(0.5)) + 200);
}

#[test]
fn changed_points_are_uploaded_again_and_unchanged_ones_draw_the_same() {
    let Some(device) = device() else { return };
    let mut painter = Painter::new(&device, [90, 90]).unwrap();
    let mut points = Arc::new(vec![[-0.5, -0.5, 0.0, 0.2], [0.5, 0.5, 0.0, 0.9]]);
    let scene = |points: &Arc<Vec<[f32; 4]>>| {
        let layer = Layer::Line { points: points.clone(), style: LineStyle::Accent };
        Scene::single(panel(Projection::Plane, vec![layer]))
    };
    let first = draw(&mut painter, &scene(&points), &[], Theme::Dark);
    let second = draw(&mut painter, &scene(&points), &[], Theme::Dark);
    assert_eq!(first.pixels, second.pixels);
    Arc::make_mut(&mut points)[1][1] = -0.5;
    for _ in 0..3 {
        let third = draw(&mut painter, &scene(&points), &[], Theme::Dark);
        assert_ne!(first.pixels, third.pixels);
    }
}

#[test]
fn marks_lie_above_and_stay_in_their_panel() {
    let Some(device) = device() else { return };
    let mut painter = Painter::new(&device, [160, 80]).unwrap();
    let marks =
        |kind| Layer::Marks { points: vec![[0.0; 3], [-1.2, 0.0, 0.0], [f32::NAN; 3]], labels: vec![], kind };
    for (kind, ink) in [(MarkKind::Dot, true), (MarkKind::Cross, true), (MarkKind::Ring, false)] {
        let right = panel(Projection::Plane, vec![marks(kind)]);
        let scene = Scene { panels: vec![panel(Projection::Plane, vec![]), right] };
        let picture = draw(&mut painter, &scene, &[], Theme::Light);
        assert_eq!(picture.marked(stage(Theme::Light), 0..80), 0);
        assert!(picture.marked(stage(Theme::Light), 80..160) > 12);
        assert_eq!(picture.at(120, 40) != stage(Theme::Light), ink, "{kind:?}");
    }
}

#[test]
fn axes_are_drawn_where_there_is_room_and_sizes_may_change() {
    let Some(device) = device() else { return };
    let mut painter = Painter::new(&device, [100, 100]).unwrap();
    for projection in [Projection::Plane, Projection::Space] {
        let scene = Scene::single(panel(projection, vec![]));
        painter.resize(100, 100);
        assert_eq!(draw(&mut painter, &scene, &[], Theme::Dark).marked(stage(Theme::Dark), 0..100), 0);
        painter.resize(401, 303);
        assert_eq!(painter.size(), (401, 303));
        assert!(draw(&mut painter, &scene, &[], Theme::Dark).marked(stage(Theme::Dark), 0..401) > 80);
    }
    painter.resize(0, u32::MAX);
    assert!(painter.size().0 == 1 && painter.size().1 <= 8192);
}

#[test]
fn hostile_points_cameras_and_sizes_draw_without_a_fault() {
    let Some(device) = device() else { return };
    let mut painter = Painter::new(&device, [80, 60]).unwrap();
    let far = 9e29_f32;
    let points = Arc::new(vec![
        [0.0, 0.0, 0.0, 0.0],
        [far, -far, far, far],
        [f32::INFINITY, 0.0, 0.0, 0.0],
        [0.0, -50.0, 0.0, f32::NAN],
        [0.0, -50.0, 0.0, 1.0],
        [0.5, 0.5, 0.5, 0.5],
    ]);
    let layers = vec![
        Layer::Line { points: points.clone(), style: LineStyle::Scalar },
        Layer::Cloud { points: points.clone(), size: f32::INFINITY },
        Layer::Cloud { points: points.clone(), size: f32::NAN },
        Layer::Trails { points: points.clone(), trajectories: usize::MAX, length: 3, head: 9, heads: 2.0 },
        Layer::Trails { points: points.clone(), trajectories: 6, length: 1, head: 9, heads: 2.0 },
        Layer::Trails { points: points.clone(), trajectories: 2, length: 3, head: usize::MAX, heads: 2.0 },
        Layer::Segments { points: Arc::new(vec![]) },
        Layer::Ensemble { index: 7, points: 1.0, trails: true },
    ];
    for projection in [Projection::Plane, Projection::Space] {
        let scene = Scene { panels: vec![panel(projection, layers.clone()); 100] };
        for dpr in [0.0, f32::NAN, 1e9, 2.0] {
            painter.draw(&scene, &[], &Camera::default(), Theme::Dark, dpr).unwrap();
            pollster::block_on(painter.read()).unwrap();
        }
    }
}
