//! A [`Scene`] as a picture, drawn by the GPU.
//!
//! The same picture that the CPU rasteriser draws: light is added up in a floating-point target,
//! `R` density, `G` density times the normalised scalar, `B` cover by the accent, `A` cover by ink;
//! then the exposure of each panel follows from its mean density, summed up on the GPU, and the
//! sums become colour. Ensembles are drawn from their own buffers.

use crate::device::{Device, GpuError, Reports};
use crate::ensemble::Ensemble;
use crate::scene::{
    Camera, Layer, LineStyle, MarkKind, Points, Projection, Scene, Theme, Transform, View, palette, views,
};
use bytemuck::{Pod, Zeroable};
use std::ops::Range;
use std::sync::{Arc, Weak};

/// What light is added up in: half floats hold single strokes and thousands of them.
const LIGHT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba16Float;
/// Longest side of a picture in device pixels.
const LONGEST_SIDE: u32 = 8192;
/// Width of a trail in CSS pixels.
const TRAIL: f32 = 1.0;
/// Ink of guides, of direction fields, of frames and ticks, and of the dots at newest points.
const THIN_INK: f32 = 0.34;
const SEGMENT_INK: f32 = 0.42;
const AXIS_INK: f32 = 0.40;
const HEAD_INK: f32 = 0.85;
/// Strokes of a layer of trails that software draws within a twentieth of a second: two busy cores
/// took 5 microseconds for each and 25 ms for an empty picture of 1000 by 700 pixels.
const SOFTWARE_STROKES: usize = 5_000;
/// Partial sums a panel.
const TILES: u32 = 64;
/// Pictures after which a buffer that is not used is given up.
const IDLE: u64 = 30;

/// The uniform of a draw, as `light.wgsl` lays it out.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct DrawUniform {
    rows: [[f32; 4]; 3],
    origin: [f32; 2],
    distance: f32,
    depth: f32,
    size: [f32; 2],
    low: f32,
    scale: f32,
    width: f32,
    weight: f32,
    ink: u32,
    mode: u32,
    first: u32,
    count: u32,
    slots: u32,
    head: u32,
    hop: u32,
    shown: u32,
    skip: u32,
    pad: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct TonesUniform {
    stage: [f32; 4],
    ink: [f32; 4],
    accent: [f32; 4],
    size: [f32; 2],
    dpr: f32,
    dark: u32,
    palette: [[f32; 4]; 256],
}

const COLOUR: u32 = 0;
const ACCENT: u32 = 1;
const PLAIN: u32 = 2;
const TRAILS: u32 = 0;
const LINE: u32 = 1;
const PAIRS: u32 = 2;
const CLOUD: u32 = 0;
const HEADS: u32 = 1;

/// Bytes from one draw's uniform to the next: what every device can bind at.
const STEP: u64 = 256;

/// Where points of a draw lie.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Upload(usize),
    Ensemble(usize),
    Scratch,
}

/// One draw call.
struct Call {
    disc: bool,
    source: Source,
    instances: u32,
    panel: usize,
}

/// A buffer of points and the binding to it.
#[derive(Debug)]
struct Stored {
    buffer: wgpu::Buffer,
    bindings: wgpu::BindGroup,
}

/// Points that were uploaded, known by their address: the weak reference keeps it from being given
/// to others.
#[derive(Debug)]
struct Upload {
    points: Weak<Vec<[f32; 4]>>,
    stored: Stored,
    used: u64,
}

/// What is drawn on.
#[derive(Debug)]
enum Target {
    Texture(wgpu::Texture),
    #[cfg(target_arch = "wasm32")]
    Canvas {
        surface: wgpu::Surface<'static>,
        configuration: wgpu::SurfaceConfiguration,
    },
}

/// What depends on the size.
#[derive(Debug)]
struct Sized {
    view: wgpu::TextureView,
    measured: wgpu::BindGroup,
    toned: wgpu::BindGroup,
    texture: wgpu::Texture,
}

/// Draws scenes on a canvas or, natively, into a texture.
#[derive(Debug)]
pub struct Painter {
    gpu: wgpu::Device,
    queue: wgpu::Queue,
    reports: Arc<Reports>,
    software: bool,
    target: Target,
    width: u32,
    height: u32,
    sized: Option<Sized>,
    strokes: wgpu::RenderPipeline,
    discs: wgpu::RenderPipeline,
    summing: wgpu::ComputePipeline,
    exposing: wgpu::ComputePipeline,
    toning: wgpu::RenderPipeline,
    marking: wgpu::RenderPipeline,
    points_layout: wgpu::BindGroupLayout,
    draw_layout: wgpu::BindGroupLayout,
    measure_layout: wgpu::BindGroupLayout,
    tone_layout: wgpu::BindGroupLayout,
    draws: wgpu::Buffer,
    draw_bindings: wgpu::BindGroup,
    tones: wgpu::Buffer,
    tone_bindings: wgpu::BindGroup,
    /// Rectangles, partial sums and exposures of the panels.
    panels: [wgpu::Buffer; 3],
    scratch: Stored,
    uploads: Vec<Upload>,
    frame: u64,
}

impl Painter {
    /// A painter on the canvas of a worker.
    ///
    /// # Errors
    /// [`GpuError::Surface`] for a canvas that cannot be drawn on, and whatever the device reports.
    #[cfg(target_arch = "wasm32")]
    pub fn new(device: &Arc<Device>, canvas: web_sys::OffscreenCanvas) -> Result<Self, GpuError> {
        let (width, height) = (canvas.width().max(1), canvas.height().max(1));
        let surface = device
            .instance
            .create_surface(wgpu::SurfaceTarget::OffscreenCanvas(canvas))
            .map_err(|error| GpuError::Surface(error.to_string()))?;
        let mut configuration = surface
            .get_default_config(&device.adapter, width, height)
            .ok_or_else(|| GpuError::Surface("the adapter does not support it".into()))?;
        // The colours are encoded already.
        configuration.format = configuration.format.remove_srgb_suffix();
        surface.configure(&device.device, &configuration);
        let format = configuration.format;
        Self::with(device, Target::Canvas { surface, configuration }, format, width, height)
    }

    /// A painter into a texture of `size` device pixels, which [`Painter::read`] reads.
    ///
    /// # Errors
    /// Whatever the device reports.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn new(device: &Arc<Device>, size: [u32; 2]) -> Result<Self, GpuError> {
        Self::offscreen(device, size)
    }

    /// A painter into a texture of `size` device pixels, which [`Painter::read`] reads.
    ///
    /// # Errors
    /// Whatever the device reports.
    pub fn offscreen(device: &Arc<Device>, size: [u32; 2]) -> Result<Self, GpuError> {
        let texture = picture(&device.device, 1, 1);
        Self::with(device, Target::Texture(texture), wgpu::TextureFormat::Rgba8Unorm, size[0], size[1])
    }

    fn with(
        device: &Device,
        target: Target,
        format: wgpu::TextureFormat,
        width: u32,
        height: u32,
    ) -> Result<Self, GpuError> {
        device.reports.check()?;
        let gpu = &device.device;
        let layout = |label, entries: &[wgpu::BindGroupLayoutEntry]| {
            gpu.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(label), entries })
        };
        use wgpu::ShaderStages as Stages;
        let draw_layout = layout("draw", &[uniform(Stages::VERTEX_FRAGMENT, true)]);
        let points_layout = layout("points", &[storage(0, Stages::VERTEX, true)]);
        let tones_layout = layout("tones", &[uniform(Stages::VERTEX_FRAGMENT | Stages::COMPUTE, false)]);
        let measure_layout = layout(
            "measure",
            &[
                texture(Stages::COMPUTE),
                storage(1, Stages::COMPUTE, true),
                storage(2, Stages::COMPUTE, false),
                storage(3, Stages::COMPUTE, false),
            ],
        );
        let tone_layout = layout("tone", &[texture(Stages::FRAGMENT), storage(1, Stages::FRAGMENT, true)]);
        let module = |label, text: &'static str| {
            gpu.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(label),
                source: wgpu::ShaderSource::Wgsl(text.into()),
            })
        };
        let light = module("light", include_str!("shaders/light.wgsl"));
        let tone = module("tone", include_str!("shaders/tone.wgsl"));
        let joined = |a: &wgpu::BindGroupLayout, b: &wgpu::BindGroupLayout| {
            gpu.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: None,
                bind_group_layouts: &[Some(a), Some(b)],
                immediate_size: 0,
            })
        };
        let render = |name: &str, module, layout: &wgpu::PipelineLayout, names: [&str; 2], format, blend| {
            let strip = wgpu::PrimitiveTopology::TriangleStrip;
            gpu.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
                label: Some(name),
                layout: Some(layout),
                vertex: wgpu::VertexState {
                    module,
                    entry_point: Some(names[0]),
                    compilation_options: wgpu::PipelineCompilationOptions::default(),
                    buffers: &[],
                },
                primitive: wgpu::PrimitiveState { topology: strip, ..Default::default() },
                depth_stencil: None,
                multisample: wgpu::MultisampleState::default(),
                fragment: Some(wgpu::FragmentState {
                    module,
                    entry_point: Some(names[1]),
                    compilation_options: wgpu::PipelineCompilationOptions::default(),
                    targets: &[Some(wgpu::ColorTargetState {
                        format,
                        blend,
                        write_mask: wgpu::ColorWrites::ALL,
                    })],
                }),
                multiview_mask: None,
                cache: None,
            })
        };
        let add = wgpu::BlendComponent {
            src_factor: wgpu::BlendFactor::One,
            dst_factor: wgpu::BlendFactor::One,
            operation: wgpu::BlendOperation::Add,
        };
        let adding = Some(wgpu::BlendState { color: add, alpha: add });
        let drawing = joined(&draw_layout, &points_layout);
        let measuring = joined(&tones_layout, &measure_layout);
        let compute = |name| {
            gpu.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(name),
                layout: Some(&measuring),
                module: &tone,
                entry_point: Some(name),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                cache: None,
            })
        };
        let over = Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING);
        let draws = buffer(gpu, "draws", 64 * STEP, wgpu::BufferUsages::UNIFORM);
        let tones = buffer(gpu, "tones", size_of::<TonesUniform>() as u64, wgpu::BufferUsages::UNIFORM);
        let mut painter = Self {
            strokes: render("strokes", &light, &drawing, ["stroke_vertex", "stroke_fragment"], LIGHT, adding),
            discs: render("discs", &light, &drawing, ["disc_vertex", "disc_fragment"], LIGHT, adding),
            summing: compute("sum_light"),
            exposing: compute("expose"),
            toning: render(
                "tone",
                &tone,
                &joined(&tones_layout, &tone_layout),
                ["whole_vertex", "tone_fragment"],
                format,
                None,
            ),
            marking: render(
                "marks",
                &tone,
                &joined(&tones_layout, &points_layout),
                ["mark_vertex", "mark_fragment"],
                format,
                over,
            ),
            draw_bindings: bind_draws(gpu, &draw_layout, &draws),
            tone_bindings: gpu.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some("tones"),
                layout: &tones_layout,
                entries: &[wgpu::BindGroupEntry { binding: 0, resource: tones.as_entire_binding() }],
            }),
            panels: panel_buffers(gpu, 4),
            scratch: stored(gpu, &points_layout, 256),
            gpu: gpu.clone(),
            queue: device.queue.clone(),
            reports: device.reports.clone(),
            software: device.is_software(),
            target,
            width: 0,
            height: 0,
            sized: None,
            points_layout,
            draw_layout,
            measure_layout,
            tone_layout,
            draws,
            tones,
            uploads: Vec::new(),
            frame: 0,
        };
        device.reports.check()?;
        painter.resize(width, height);
        Ok(painter)
    }

    /// Width and height in device pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Change the size in device pixels, within 1 and what the device can draw on.
    pub fn resize(&mut self, width: u32, height: u32) {
        let most = self.gpu.limits().max_texture_dimension_2d.clamp(1, LONGEST_SIDE);
        let (width, height) = (width.clamp(1, most), height.clamp(1, most));
        if (width, height) == (self.width, self.height) {
            return;
        }
        (self.width, self.height) = (width, height);
        match &mut self.target {
            Target::Texture(texture) => {
                texture.destroy();
                *texture = picture(&self.gpu, width, height);
            }
            #[cfg(target_arch = "wasm32")]
            Target::Canvas { surface, configuration } => {
                (configuration.width, configuration.height) = (width, height);
                surface.configure(&self.gpu, configuration);
            }
        }
        if let Some(sized) = self.sized.take() {
            sized.texture.destroy();
        }
    }

    /// The target of light at the present size, and what is bound to it.
    fn fit(&self) -> Sized {
        let texture = self.gpu.create_texture(&wgpu::TextureDescriptor {
            label: Some("light"),
            size: wgpu::Extent3d { width: self.width, height: self.height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: LIGHT,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::TEXTURE_BINDING,
            view_formats: &[],
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let [rectangles, sums, exposures] = &self.panels;
        let lit = wgpu::BindGroupEntry { binding: 0, resource: wgpu::BindingResource::TextureView(&view) };
        let measured = self.gpu.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("measure"),
            layout: &self.measure_layout,
            entries: &[
                lit.clone(),
                wgpu::BindGroupEntry { binding: 1, resource: rectangles.as_entire_binding() },
                wgpu::BindGroupEntry { binding: 2, resource: sums.as_entire_binding() },
                wgpu::BindGroupEntry { binding: 3, resource: exposures.as_entire_binding() },
            ],
        });
        let toned = self.gpu.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("tone"),
            layout: &self.tone_layout,
            entries: &[lit, wgpu::BindGroupEntry { binding: 1, resource: exposures.as_entire_binding() }],
        });
        Sized { view, measured, toned, texture }
    }

    /// Draws a scene at `dpr` device pixels to a CSS pixel and shows it.
    ///
    /// A `dpr` that is not a number from 0.1 to 16 counts as 1. Text is not drawn;
    /// [`labels`](crate::scene::labels) tells where it stands. A picture that the browser has no
    /// room for just now is skipped.
    ///
    /// # Errors
    /// [`GpuError::Lost`], [`GpuError::Surface`], [`GpuError::TooLarge`] for points that no buffer
    /// holds, and what the device refused since the last call.
    pub fn draw(
        &mut self,
        scene: &Scene,
        ensembles: &[&Ensemble],
        camera: &Camera,
        theme: Theme,
        dpr: f32,
    ) -> Result<(), GpuError> {
        self.reports.check()?;
        self.frame += 1;
        let dpr = if (0.1..=16.0).contains(&dpr) { dpr } else { 1.0 };
        let mut plan = self.plan(scene, ensembles, camera, dpr)?;
        if plan.panels.is_empty() {
            plan.panels.push([0, self.width, self.height, 0]);
            plan.marks.push(0..0);
        }
        self.write(&plan, theme, dpr);
        let bound: Vec<Option<wgpu::BindGroup>> = ensembles
            .iter()
            .enumerate()
            .map(|(i, ensemble)| {
                let drawn = plan.calls.iter().any(|call| call.source == Source::Ensemble(i));
                drawn.then(|| bind_points(&self.gpu, &self.points_layout, ensemble.ring().0))
            })
            .collect();
        let sized = match self.sized.take() {
            Some(sized) => sized,
            None => self.fit(),
        };
        let result = self.encode(&plan, &bound, &sized);
        self.sized = Some(sized);
        let (frame, uploads) = (self.frame, &mut self.uploads);
        uploads.retain(|upload| {
            let keep = frame - upload.used < IDLE;
            if !keep {
                upload.stored.buffer.destroy();
            }
            keep
        });
        result
    }

    fn encode(
        &mut self,
        plan: &Plan,
        bound: &[Option<wgpu::BindGroup>],
        sized: &Sized,
    ) -> Result<(), GpuError> {
        #[cfg(target_arch = "wasm32")]
        let mut shown = None;
        let view = match &mut self.target {
            Target::Texture(texture) => texture.create_view(&wgpu::TextureViewDescriptor::default()),
            #[cfg(target_arch = "wasm32")]
            Target::Canvas { surface, configuration } => {
                use wgpu::CurrentSurfaceTexture as Current;
                let mut current = surface.get_current_texture();
                if matches!(current, Current::Outdated | Current::Lost | Current::Validation) {
                    surface.configure(&self.gpu, configuration);
                    current = surface.get_current_texture();
                }
                let texture = match current {
                    Current::Success(texture) | Current::Suboptimal(texture) => texture,
                    Current::Timeout | Current::Occluded => return Ok(()),
                    Current::Outdated => return Err(GpuError::Surface("it changes all the time".into())),
                    Current::Lost => return Err(GpuError::Surface("it was lost".into())),
                    Current::Validation => return Err(GpuError::Surface("it was refused".into())),
                };
                let view = texture.texture.create_view(&wgpu::TextureViewDescriptor::default());
                shown = Some(texture);
                view
            }
        };
        let mut encoder = self.gpu.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = begin(&mut encoder, "light", &sized.view);
            let mut scissors = usize::MAX;
            for (number, call) in plan.calls.iter().enumerate() {
                let points = match call.source {
                    Source::Scratch => &self.scratch.bindings,
                    Source::Upload(i) => match self.uploads.get(i) {
                        Some(upload) => &upload.stored.bindings,
                        None => continue,
                    },
                    Source::Ensemble(i) => match bound.get(i) {
                        Some(Some(bindings)) => bindings,
                        _ => continue,
                    },
                };
                if scissors != call.panel {
                    scissors = call.panel;
                    cut(&mut pass, plan.panels[call.panel]);
                }
                pass.set_pipeline(if call.disc { &self.discs } else { &self.strokes });
                pass.set_bind_group(0, &self.draw_bindings, &[(number as u64 * STEP) as u32]);
                pass.set_bind_group(1, points, &[]);
                pass.draw(0..4, 0..call.instances);
            }
        }
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label: Some("exposure"),
                timestamp_writes: None,
            });
            pass.set_bind_group(0, &self.tone_bindings, &[]);
            pass.set_bind_group(1, &sized.measured, &[]);
            pass.set_pipeline(&self.summing);
            pass.dispatch_workgroups(TILES, plan.panels.len() as u32, 1);
            pass.set_pipeline(&self.exposing);
            pass.dispatch_workgroups(plan.panels.len() as u32, 1, 1);
        }
        {
            let mut pass = begin(&mut encoder, "picture", &view);
            pass.set_bind_group(0, &self.tone_bindings, &[]);
            pass.set_pipeline(&self.toning);
            pass.set_bind_group(1, &sized.toned, &[]);
            for (i, panel) in (0..).zip(&plan.panels) {
                cut(&mut pass, *panel);
                pass.draw(0..3, i..i + 1);
            }
            pass.set_pipeline(&self.marking);
            pass.set_bind_group(1, &self.scratch.bindings, &[]);
            for (panel, marks) in plan.panels.iter().zip(&plan.marks) {
                if !marks.is_empty() {
                    // They stand behind the lines of the axes.
                    let behind = plan.lines.len() as u32;
                    cut(&mut pass, *panel);
                    pass.draw(0..4, behind + marks.start..behind + marks.end);
                }
            }
        }
        self.queue.submit([encoder.finish()]);
        #[cfg(target_arch = "wasm32")]
        if let Some(texture) = shown {
            self.queue.present(texture);
        }
        Ok(())
    }

    /// What is to be drawn, with all points uploaded.
    fn plan(
        &mut self,
        scene: &Scene,
        ensembles: &[&Ensemble],
        camera: &Camera,
        dpr: f32,
    ) -> Result<Plan, GpuError> {
        let size = [f64::from(self.width) / f64::from(dpr), f64::from(self.height) / f64::from(dpr)];
        let range = scene.colour_range();
        let mut plan = Plan::default();
        let column = |x: f64| ((x * f64::from(dpr) + 0.5) as u32).min(self.width);
        let seen: Vec<View> = views(scene, camera, size);
        let columns: Vec<[u32; 2]> =
            seen.iter().map(|v| [column(v.rect[0]), column(v.rect[0] + v.rect[2])]).collect();
        // A panel narrower than a pixel is not there.
        let shown = seen.iter().zip(columns).filter(|(_, [left, right])| left < right);
        let shown: Vec<(&View, [u32; 2])> = shown.collect();
        for (view, [left, right]) in shown {
            let panel = &scene.panels[view.panel];
            let place = plan.panels.len();
            plan.panels.push([left, right, self.height, 0]);
            let transform = view.transform(f64::from(dpr));
            let base = DrawUniform {
                rows: transform.rows,
                origin: transform.origin,
                distance: transform.distance,
                depth: transform.depth,
                size: [self.width as f32, self.height as f32],
                low: range.0,
                scale: 1.0 / (range.1 - range.0),
                width: TRAIL * dpr,
                weight: 1.0,
                ink: COLOUR,
                mode: PAIRS,
                first: 0,
                count: 0,
                slots: 0,
                head: 0,
                hop: 1,
                shown: 0,
                skip: 1,
                pad: 0,
            };
            plan.axes(view, &base, dpr, place);
            for layer in &panel.layers {
                self.layer(&mut plan, layer, ensembles, base, dpr, place)?;
            }
            let first = plan.mark_points.len() as u32;
            for layer in &panel.layers {
                if let Layer::Marks { points, kind, .. } = layer {
                    plan.put_marks(points, *kind, &transform);
                }
            }
            plan.marks.push(first..plan.mark_points.len() as u32);
        }
        Ok(plan)
    }

    fn layer(
        &mut self,
        plan: &mut Plan,
        layer: &Layer,
        ensembles: &[&Ensemble],
        base: DrawUniform,
        dpr: f32,
        panel: usize,
    ) -> Result<(), GpuError> {
        // A diameter in device pixels.
        let diameter = |css: f32| if css > 0.0 { css.min(256.0) * dpr } else { 0.0 };
        match layer {
            Layer::Cloud { points, size } => {
                let width = diameter(*size);
                if width > 0.0 && !points.is_empty() {
                    let source = self.upload(points)?;
                    plan.put(true, source, points.len(), panel, DrawUniform { width, mode: CLOUD, ..base });
                }
            }
            Layer::Trails { points, trajectories, length, head, heads } => {
                let (n, slots) = (*trajectories, *length);
                let held = n.checked_mul(slots).is_some_and(|all| all > 0 && all <= points.len());
                if held {
                    let source = self.upload(points)?;
                    let ring = ring(base, n, slots, *head);
                    self.trails(plan, source, ring, panel);
                    plan.heads(source, ring, diameter(*heads), panel);
                }
            }
            Layer::Ensemble { index, points, trails } => {
                if let Some(ensemble) = ensembles.get(*index) {
                    let (_, slots, head) = ensemble.ring();
                    let (n, source) = (ensemble.trajectories(), Source::Ensemble(*index));
                    let ring = ring(base, n, slots, head);
                    let width = diameter(*points);
                    if *trails {
                        self.trails(plan, source, ring, panel);
                        plan.heads(source, ring, width, panel);
                    } else if width > 0.0 {
                        plan.put(true, source, n * slots, panel, DrawUniform { width, mode: CLOUD, ..base });
                    }
                }
            }
            Layer::Line { points, style } => {
                let (ink, weight, width) = match style {
                    LineStyle::Accent => (ACCENT, 1.0, 1.75),
                    LineStyle::Ink => (PLAIN, 1.0, 1.25),
                    LineStyle::Scalar => (COLOUR, 1.0, 1.25),
                    LineStyle::Thin => (PLAIN, THIN_INK, 1.0),
                };
                if points.len() > 1 {
                    let source = self.upload(points)?;
                    let draw = DrawUniform { ink, weight, width: width * dpr, mode: LINE, ..base };
                    plan.put(false, source, points.len() - 1, panel, draw);
                }
            }
            Layer::Segments { points } => {
                if points.len() > 1 {
                    let source = self.upload(points)?;
                    let draw =
                        DrawUniform { ink: PLAIN, weight: SEGMENT_INK, width: dpr, mode: PAIRS, ..base };
                    plan.put(false, source, points.len() / 2, panel, draw);
                }
            }
            // Marks lie above all light.
            Layer::Marks { .. } => {}
        }
        Ok(())
    }

    fn trails(&self, plan: &mut Plan, source: Source, ring: DrawUniform, panel: usize) {
        let (n, steps) = (ring.count as usize, ring.slots.saturating_sub(1) as usize);
        let (hop, skip) = if self.software { thinned(n, steps, SOFTWARE_STROKES) } else { (1, 1) };
        let shown = n.div_ceil(skip);
        let (hop32, skip32, shown32) = (hop as u32, skip as u32, shown as u32);
        let draw = DrawUniform { mode: TRAILS, hop: hop32, skip: skip32, shown: shown32, ..ring };
        plan.put(false, source, steps / hop * shown, panel, draw);
    }

    /// The place of points among those uploaded, uploading them if they are new.
    fn upload(&mut self, points: &Points) -> Result<Source, GpuError> {
        let address = Arc::as_ptr(points);
        if let Some(i) = self.uploads.iter().position(|u| u.points.as_ptr() == address) {
            self.uploads[i].used = self.frame;
            return Ok(Source::Upload(i));
        }
        let needed = 16 * points.len() as u64;
        let limits = self.gpu.limits();
        let allowed = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        if needed > allowed {
            return Err(GpuError::TooLarge { what: "a layer's points", needed, allowed });
        }
        // A buffer whose points are gone is taken over when it is neither too small nor far too large.
        let fits = |u: &Upload| {
            u.points.strong_count() == 0
                && u.used < self.frame
                && (needed..=4 * needed + 4096).contains(&u.stored.buffer.size())
        };
        let place = match self.uploads.iter().position(fits) {
            Some(i) => i,
            None => {
                let room = (points.len() as u64).next_power_of_two().max(64);
                let room = if 16 * room > allowed { points.len() as u64 } else { room };
                let stored = stored(&self.gpu, &self.points_layout, room);
                self.uploads.push(Upload { points: Weak::new(), stored, used: 0 });
                self.uploads.len() - 1
            }
        };
        let upload = &mut self.uploads[place];
        self.queue.write_buffer(&upload.stored.buffer, 0, bytemuck::cast_slice(points));
        upload.points = Arc::downgrade(points);
        upload.used = self.frame;
        Ok(Source::Upload(place))
    }

    /// Puts everything but the points where the shaders find it.
    fn write(&mut self, plan: &Plan, theme: Theme, dpr: f32) {
        let bytes = plan.draws.len() as u64 * STEP;
        if bytes > self.draws.size() {
            self.draws.destroy();
            self.draws = buffer(&self.gpu, "draws", bytes.next_power_of_two(), wgpu::BufferUsages::UNIFORM);
            self.draw_bindings = bind_draws(&self.gpu, &self.draw_layout, &self.draws);
        }
        let mut spaced = vec![0_u8; bytes as usize];
        for (to, draw) in spaced.chunks_exact_mut(STEP as usize).zip(&plan.draws) {
            to[..size_of::<DrawUniform>()].copy_from_slice(bytemuck::bytes_of(draw));
        }
        if !spaced.is_empty() {
            self.queue.write_buffer(&self.draws, 0, &spaced);
        }
        let count = (plan.mark_points.len() + plan.lines.len()) as u64;
        if 16 * count > self.scratch.buffer.size() {
            self.scratch.buffer.destroy();
            self.scratch = stored(&self.gpu, &self.points_layout, count.next_power_of_two());
        }
        // Lines of the axes first, for their draws count from 0; marks behind them.
        if count > 0 {
            let both: Vec<[f32; 4]> = plan.lines.iter().chain(&plan.mark_points).copied().collect();
            self.queue.write_buffer(&self.scratch.buffer, 0, bytemuck::cast_slice(&both));
        }
        let panels = plan.panels.len() as u64;
        if 16 * panels > self.panels[0].size() {
            self.panels.iter().for_each(wgpu::Buffer::destroy);
            self.panels = panel_buffers(&self.gpu, panels.next_power_of_two());
            if let Some(sized) = self.sized.take() {
                sized.texture.destroy();
            }
        }
        self.queue.write_buffer(&self.panels[0], 0, bytemuck::cast_slice(&plan.panels));
        let tokens = theme.tokens();
        let opaque = |c: [f32; 3]| [c[0], c[1], c[2], 1.0];
        let tones = TonesUniform {
            stage: opaque(tokens.stage),
            ink: opaque(tokens.ink),
            accent: opaque(tokens.accent),
            size: [self.width as f32, self.height as f32],
            dpr,
            dark: (theme == Theme::Dark).into(),
            palette: core::array::from_fn(|i| opaque(palette(theme, i as f32 / 255.0))),
        };
        self.queue.write_buffer(&self.tones, 0, bytemuck::bytes_of(&tones));
    }

    /// The picture last drawn into a texture: RGBA, row by row from the top left.
    ///
    /// # Errors
    /// [`GpuError::Surface`] for a painter on a canvas, which shows its picture instead; otherwise
    /// whatever the device reports.
    pub async fn read(&self) -> Result<Vec<u8>, GpuError> {
        #[cfg(target_arch = "wasm32")]
        let Target::Texture(texture) = &self.target else {
            return Err(GpuError::Surface("only a painter into a texture can be read".into()));
        };
        #[cfg(not(target_arch = "wasm32"))]
        let Target::Texture(texture) = &self.target;
        let row = 4 * self.width;
        // Rows of a copy begin at multiples of 256 bytes.
        let padded = row.next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
        let staging = self.gpu.create_buffer(&wgpu::BufferDescriptor {
            label: Some("picture"),
            size: u64::from(padded) * u64::from(self.height),
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = self.gpu.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.copy_texture_to_buffer(
            texture.as_image_copy(),
            wgpu::TexelCopyBufferInfo {
                buffer: &staging,
                layout: wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(padded),
                    rows_per_image: None,
                },
            },
            wgpu::Extent3d { width: self.width, height: self.height, depth_or_array_layers: 1 },
        );
        self.queue.submit([encoder.finish()]);
        let bytes = crate::device::map(&self.gpu, &self.reports, &staging).await?;
        Ok(bytes.chunks_exact(padded as usize).flat_map(|line| &line[..row as usize]).copied().collect())
    }
}

/// Everything of a picture before it is encoded.
#[derive(Default)]
struct Plan {
    calls: Vec<Call>,
    draws: Vec<DrawUniform>,
    /// Left, right, height and nothing, in device pixels.
    panels: Vec<[u32; 4]>,
    /// Ends of the lines of axes, on the page.
    lines: Vec<[f32; 4]>,
    mark_points: Vec<[f32; 4]>,
    /// Which of them belong to each panel.
    marks: Vec<Range<u32>>,
}

impl Plan {
    fn put(&mut self, disc: bool, source: Source, instances: usize, panel: usize, draw: DrawUniform) {
        if instances > 0 {
            self.calls.push(Call { disc, source, instances: instances as u32, panel });
            self.draws.push(draw);
        }
    }

    fn heads(&mut self, source: Source, ring: DrawUniform, width: f32, panel: usize) {
        if width > 0.0 {
            let draw = DrawUniform { width, ink: PLAIN, weight: HEAD_INK, mode: HEADS, ..ring };
            self.put(true, source, ring.count as usize, panel, draw);
        }
    }

    fn put_marks(&mut self, points: &[[f32; 3]], kind: MarkKind, transform: &Transform) {
        let kind = match kind {
            MarkKind::Ring => 0.0,
            MarkKind::Cross => 1.0,
            MarkKind::Dot => 2.0,
        };
        let seen = points.iter().filter_map(|p| transform.apply([p[0], p[1], p[2], 0.0]));
        self.mark_points.extend(seen.map(|[x, y, _]| [x, y, kind, 0.0]));
    }

    /// The gnomon of a space; the left and lower edge of a plane with their ticks.
    fn axes(&mut self, view: &View, base: &DrawUniform, dpr: f32, panel: usize) {
        let first = self.lines.len();
        let mut line = |a: [f64; 2], b: [f64; 2]| {
            let page = |p: [f64; 2]| [p[0] as f32 * dpr, p[1] as f32 * dpr, 0.0, 0.0];
            self.lines.extend([page(a), page(b)]);
        };
        if let Some((foot, tips)) = view.gnomon() {
            for tip in tips {
                line(foot, tip);
            }
        }
        if view.projection == Projection::Plane && view.roomy() {
            let [left, top, width, height] = view.frame;
            let foot = top + height;
            line([left, top], [left, foot]);
            line([left, foot], [left + width, foot]);
            for (_, x, _) in view.ticks(0) {
                line([x, foot], [x, foot + 4.0]);
            }
            for (_, y, _) in view.ticks(1) {
                line([left - 4.0, y], [left, y]);
            }
        }
        let pairs = (self.lines.len() - first) / 2;
        // The page's own coordinates, for which the transform turns the second axis over.
        let draw = DrawUniform {
            rows: [[1.0, 0.0, 0.0, 0.0], [0.0, -1.0, 0.0, 0.0], [0.0; 4]],
            origin: [0.0; 2],
            distance: 0.0,
            depth: 1.0,
            width: 0.75 * dpr,
            weight: AXIS_INK,
            ink: PLAIN,
            mode: PAIRS,
            first: first as u32,
            ..*base
        };
        self.put(false, Source::Scratch, pairs, panel, draw);
    }
}

/// How many slots a stroke of a trail spans, and which of how many trajectories have a trail at all,
/// so that there are about `most` strokes. Strokes over more than two slots would show their
/// corners, so trajectories are left out before that.
fn thinned(trajectories: usize, steps: usize, most: usize) -> (usize, usize) {
    let excess = trajectories.saturating_mul(steps).div_ceil(most.max(1)).max(1);
    let hop = excess.min(2).min(steps.max(1));
    (hop, excess.div_ceil(hop))
}

fn ring(base: DrawUniform, n: usize, slots: usize, head: usize) -> DrawUniform {
    DrawUniform { count: n as u32, slots: slots as u32, head: (head % slots.max(1)) as u32, ..base }
}

fn begin<'a>(
    encoder: &'a mut wgpu::CommandEncoder,
    label: &'static str,
    view: &wgpu::TextureView,
) -> wgpu::RenderPass<'a> {
    encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        label: Some(label),
        color_attachments: &[Some(wgpu::RenderPassColorAttachment {
            view,
            depth_slice: None,
            resolve_target: None,
            ops: wgpu::Operations {
                load: wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT),
                store: wgpu::StoreOp::Store,
            },
        })],
        ..Default::default()
    })
}

fn cut(pass: &mut wgpu::RenderPass<'_>, panel: [u32; 4]) {
    pass.set_scissor_rect(panel[0], 0, panel[1] - panel[0], panel[2]);
}

fn picture(gpu: &wgpu::Device, width: u32, height: u32) -> wgpu::Texture {
    gpu.create_texture(&wgpu::TextureDescriptor {
        label: Some("picture"),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8Unorm,
        usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
        view_formats: &[],
    })
}

fn buffer(gpu: &wgpu::Device, label: &str, size: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    gpu.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size,
        usage: usage | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

fn panel_buffers(gpu: &wgpu::Device, panels: u64) -> [wgpu::Buffer; 3] {
    let make = |label, bytes: u64| buffer(gpu, label, bytes * panels, wgpu::BufferUsages::STORAGE);
    [make("panels", 16), make("sums", 4 * u64::from(TILES)), make("exposures", 4)]
}

fn stored(gpu: &wgpu::Device, layout: &wgpu::BindGroupLayout, points: u64) -> Stored {
    let buffer = buffer(gpu, "points", 16 * points, wgpu::BufferUsages::STORAGE);
    let bindings = bind_points(gpu, layout, &buffer);
    Stored { buffer, bindings }
}

fn bind_points(gpu: &wgpu::Device, layout: &wgpu::BindGroupLayout, buffer: &wgpu::Buffer) -> wgpu::BindGroup {
    gpu.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("points"),
        layout,
        entries: &[wgpu::BindGroupEntry { binding: 0, resource: buffer.as_entire_binding() }],
    })
}

fn bind_draws(gpu: &wgpu::Device, layout: &wgpu::BindGroupLayout, buffer: &wgpu::Buffer) -> wgpu::BindGroup {
    gpu.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("draws"),
        layout,
        entries: &[wgpu::BindGroupEntry {
            binding: 0,
            resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer,
                offset: 0,
                size: wgpu::BufferSize::new(size_of::<DrawUniform>() as u64),
            }),
        }],
    })
}

fn entry(binding: u32, visibility: wgpu::ShaderStages, ty: wgpu::BindingType) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry { binding, visibility, ty, count: None }
}

fn uniform(visibility: wgpu::ShaderStages, moving: bool) -> wgpu::BindGroupLayoutEntry {
    let ty = wgpu::BufferBindingType::Uniform;
    entry(0, visibility, wgpu::BindingType::Buffer { ty, has_dynamic_offset: moving, min_binding_size: None })
}

fn storage(binding: u32, visibility: wgpu::ShaderStages, read_only: bool) -> wgpu::BindGroupLayoutEntry {
    let ty = wgpu::BufferBindingType::Storage { read_only };
    entry(
        binding,
        visibility,
        wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
    )
}

fn texture(visibility: wgpu::ShaderStages) -> wgpu::BindGroupLayoutEntry {
    entry(
        0,
        visibility,
        wgpu::BindingType::Texture {
            sample_type: wgpu::TextureSampleType::Float { filterable: false },
            view_dimension: wgpu::TextureViewDimension::D2,
            multisampled: false,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trails_are_thinned_to_what_software_draws_and_no_further() {
        for (n, steps) in [(1000, 59), (250, 199), (20_000, 2), (1, 5000), (30_000, 1), (3, 7)] {
            let (hop, skip) = thinned(n, steps, 5000);
            let strokes = steps / hop * n.div_ceil(skip);
            assert!(strokes <= 5000 + steps, "{n} {steps}: {strokes}");
            assert!(strokes >= 2000 || (hop, skip) == (1, 1), "{n} {steps}: {strokes}");
        }
        assert_eq!(thinned(0, 0, 5000), (1, 1));
    }

    #[test]
    fn the_shaders_of_drawing_are_valid() {
        for text in [include_str!("shaders/light.wgsl"), include_str!("shaders/tone.wgsl")] {
            let module =
                naga::front::wgsl::parse_str(text).unwrap_or_else(|e| panic!("{}", e.emit_to_string(text)));
            naga::valid::Validator::new(
                naga::valid::ValidationFlags::all(),
                naga::valid::Capabilities::empty(),
            )
            .validate(&module)
            .unwrap_or_else(|e| panic!("{}", e.emit_to_string(text)));
        }
    }
}
