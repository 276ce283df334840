//! The canvas, the camera, and who draws: the GPU, or the rasteriser on a 2-D context.

use exhibits::Run;
use exhibits::contract::{ColourLegend, Drawn, StageLabel};
use gpu::Device;
use gpu::raster::Raster;
use gpu::scene::{Anchor, Camera, LabelKind, Scene, Theme, labels, unproject};
use std::sync::Arc;
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{ImageData, OffscreenCanvas, OffscreenCanvasRenderingContext2d};
use web_time::Instant;

/// Largest side of a canvas in device pixels.
const MOST_PIXELS: f64 = 8192.0;
/// The rasteriser draws at most this many pixels; a larger canvas is drawn coarser and stretched by the page.
const RASTER_PIXELS: f64 = 900.0 * 700.0;

enum Artist {
    Cpu { canvas: OffscreenCanvas, context: OffscreenCanvasRenderingContext2d, raster: Raster },
}

/// What the person sees the run on.
pub(crate) struct Stage {
    artist: Option<Artist>,
    camera: Camera,
    scene: Scene,
    theme: Theme,
    /// CSS pixels.
    size: [f64; 2],
    ratio: f64,
}

impl Default for Stage {
    fn default() -> Self {
        Self {
            artist: None,
            camera: Camera::default(),
            scene: Scene::default(),
            theme: Theme::Dark,
            size: [640.0, 480.0],
            ratio: 1.0,
        }
    }
}

impl Stage {
    pub(crate) fn attach(
        &mut self,
        canvas: OffscreenCanvas,
        device: Option<Arc<Device>>,
    ) -> Result<(), JsValue> {
        self.artist = Some(match device {
            _ => {
                let context = canvas
                    .get_context("2d")?
                    .ok_or_else(|| JsValue::from_str("the canvas has no 2-D context"))?
                    .dyn_into()?;
                Artist::Cpu { canvas, context, raster: Raster::new(1, 1) }
            }
        });
        self.fit();
        Ok(())
    }

    pub(crate) fn resize(&mut self, width: f64, height: f64, ratio: f64) {
        let bounded = |v: f64, most: f64| if v.is_finite() && v >= 1.0 { v.clamp(1.0, most) } else { 1.0 };
        self.size = [bounded(width, MOST_PIXELS), bounded(height, MOST_PIXELS)];
        self.ratio = if ratio.is_finite() { ratio.clamp(0.5, 4.0) } else { 1.0 };
        self.fit();
    }

    /// Device pixels to a CSS pixel, as far as whoever draws can afford them.
    fn fine(&self) -> f64 {
        match &self.artist {
            Some(Artist::Cpu { .. }) => {
                let affordable = (RASTER_PIXELS / (self.size[0] * self.size[1])).sqrt();
                if affordable < self.ratio { affordable } else { self.ratio }
            }
            _ => self.ratio,
        }
    }

    fn fit(&mut self) {
        let fine = self.fine();
        let pixels = |side: f64| (side * fine).round().clamp(1.0, MOST_PIXELS) as u32;
        let (width, height) = (pixels(self.size[0]), pixels(self.size[1]));
        match &mut self.artist {
            Some(Artist::Cpu { canvas, raster, .. }) => {
                canvas.set_width(width);
                canvas.set_height(height);
                raster.resize(width, height);
            }
            None => {}
        }
    }

    pub(crate) fn theme(&mut self, dark: bool) {
        self.theme = if dark { Theme::Dark } else { Theme::Light };
    }

    pub(crate) fn orbit(&mut self, dx: f64, dy: f64) {
        self.camera.orbit(dx, dy);
    }

    pub(crate) fn pan(&mut self, dx: f64, dy: f64) {
        self.camera.pan(dx, dy);
    }

    pub(crate) fn zoom(&mut self, factor: f64, x: f64, y: f64) {
        self.camera.zoom_at(factor, x - 0.5 * self.size[0], y - 0.5 * self.size[1]);
    }

    pub(crate) fn reset_camera(&mut self) {
        self.camera.reset();
    }

    /// Panel and place in data units under a place on the canvas; none outside planes.
    pub(crate) fn unproject(&self, x: f64, y: f64) -> Option<(usize, f64, f64)> {
        unproject(&self.scene, &self.camera, self.size, x, y).map(|(panel, [x, y])| (panel, x, y))
    }

    pub(crate) fn draw(&mut self, run: &mut dyn Run) -> Result<Drawn, JsValue> {
        let begun = Instant::now();
        self.scene = run.scene();
        let fine = self.fine() as f32;
        match &mut self.artist {
            Some(Artist::Cpu { canvas, context, raster }) => {
                let pixels = raster.draw(&self.scene, &self.camera, self.theme, fine);
                let image = ImageData::new_with_u8_clamped_array_and_sh(
                    Clamped(pixels),
                    canvas.width(),
                    canvas.height(),
                )?;
                context.put_image_data(&image, 0.0, 0.0)?;
            }
            None => {}
        }
        let labels = labels(&self.scene, &self.camera, self.size).into_iter().map(|label| StageLabel {
            kind: match label.kind {
                LabelKind::Axis => "axis",
                LabelKind::Tick => "tick",
                LabelKind::Mark => "mark",
                LabelKind::Title if label.panel > 0 => "title-live",
                LabelKind::Title => "title",
            }
            .into(),
            anchor: match label.anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            }
            .into(),
            text: label.text,
            x: label.x,
            y: label.y,
        });
        let (min, max) = self.scene.colour_range();
        let legend = self.scene.panels.first().filter(|p| !p.colour.label.is_empty()).map(|panel| {
            ColourLegend { label: panel.colour.label.clone(), min: short(min), max: short(max) }
        });
        Ok(Drawn {
            labels: labels.collect(),
            legend,
            alternative: run.alternative(),
            milliseconds: begun.elapsed().as_secs_f64() * 1e3,
        })
    }
}

/// Three digits, without a tail of zeros.
fn short(value: f32) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let digits = 2 - value.abs().log10().floor() as i32;
    let text = format!("{value:.*}", digits.clamp(0, 6) as usize);
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.replace('-', "\u{2212}")
}
