//! Every system of the zoo on the GPU: how long its kernel takes to compile, and how fast it steps.

use crate::error::Error;
use crate::peers::processor_seconds;
use crate::report::Figures;
use gpu::{ColourBy, Device, Ensemble, EnsembleOptions, GpuError, Kernel, Method};
use std::sync::Arc;
use web_time::Instant;

/// Trajectories side by side: enough to fill the lanes of a processor's emulation.
const TRAJECTORIES: usize = 256;
/// Steps of one measurement of speed.
const STEPS: u32 = 64;
/// Times that each is measured. The mean time to compile counts, and the best speed: what else the machine does
/// only takes away from it.
const REPEATS: usize = 3;

/// What the names of the figures begin with; the system's slug follows.
pub(crate) const MADE: &str = "kernel, seconds to the first step: ";
pub(crate) const STEPPED: &str = "kernel, steps a second: ";

/// Seconds from a model to the first step of one trajectory done, of the processor where the system tells them, and
/// steps a second of many; none for a system that the GPU path does not take. Compiled is the form for a graphics card,
/// stepped the one for the device at hand.
///
/// A driver may compile at the first use only, so that the first step belongs to it.
async fn system(device: &Arc<Device>, system: &zoo::System) -> Result<Option<(f64, f64)>, Error> {
    let model = system.model();
    let parameters: Vec<f32> = model.parameter_values().iter().map(|p| *p as f32).collect();
    let start: Vec<f32> = model.initial().iter().map(|x| *x as f32).collect();
    let options = EnsembleOptions {
        dt: model.options.dt.unwrap_or(0.05) as f32,
        t0: 0.0,
        bound: model.options.bounds.unwrap_or(1e8) as f32,
        axes: [Some(0), None, None],
        trail: 2,
        colour: ColourBy::Speed,
        method: Method::RungeKutta4,
        philox: numerics::Philox::new(1, 0),
        first_step: 0,
    };
    let (begun, before) = (Instant::now(), processor_seconds());
    for _ in 0..REPEATS {
        let Ok(kernel) = Kernel::of(model) else { return Ok(None) };
        let kernel = Kernel { straight: None, ..kernel };
        let mut one = Ensemble::new(device, &kernel, &start, &parameters, options)?;
        one.dispatch(1);
        one.read().await?;
    }
    let all = match (before, processor_seconds()) {
        (Some([before, _]), Some([after, _])) => after - before,
        _ => begun.elapsed().as_secs_f64(),
    };
    let kernel = Kernel::of(model)?;
    let mut many = Ensemble::new(device, &kernel, &start.repeat(TRAJECTORIES), &parameters, options)?;
    let mut rate = 0.0_f64;
    for _ in 0..REPEATS {
        rate = rate.max(many.measure(STEPS).await?.steps_per_second);
    }
    Ok(Some((all / REPEATS as f64, rate)))
}

/// The kernels of the systems of the zoo whose slugs are named, or of all; empty where no adapter answers.
///
/// A driver that keeps what it has compiled must be told not to, or the second run measures its memory.
///
/// # Errors
/// A kernel that the device refuses.
pub async fn measure_kernels(slugs: &[&str]) -> Result<Figures, Error> {
    let mut figures = Figures::default();
    let device = match Device::request(None).await {
        Ok(device) => Arc::new(device),
        Err(GpuError::NoAdapter(_) | GpuError::NoDevice(_)) => return Ok(figures),
        Err(error) => return Err(error.into()),
    };
    for each in zoo::systems() {
        if !slugs.is_empty() && !slugs.contains(&each.slug()) {
            continue;
        }
        let measured = system(&device, each)
            .await
            .map_err(|reason| Error::Zoo { slug: each.slug(), reason: reason.to_string() })?;
        if let Some((seconds, rate)) = measured {
            figures.value(&format!("{MADE}{}", each.slug()), seconds);
            figures.value(&format!("{STEPPED}{}", each.slug()), rate);
        }
    }
    Ok(figures)
}

/// The kernels as a table, the slowest to compile first.
pub fn print_kernels(figures: &Figures) -> String {
    let mut rows: Vec<(f64, &str)> =
        figures.values.iter().filter_map(|(name, value)| Some((*value, name.strip_prefix(MADE)?))).collect();
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut text =
        format!("{:32}  {:>12}  {:>16}", "kernel, RK4 or iterations", "compiled", "million steps/s");
    for (seconds, slug) in rows {
        let rate = figures.of(&format!("{STEPPED}{slug}")).map_or(f64::NAN, |rate| rate / 1e6);
        text.push_str(&format!("\n{slug:32}  {:>9.1} ms  {rate:>16.4}", 1e3 * seconds));
    }
    text
}
