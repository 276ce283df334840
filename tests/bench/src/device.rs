//! The ensemble on the GPU.

use crate::error::Error;
use crate::lorenz::system;
use crate::report::DeviceReport;
use gpu::{ColourBy, Device, Ensemble, EnsembleOptions, GpuError, Kernel, Method};
use std::sync::Arc;

/// Steps of one measurement.
const STEPS: u32 = 1024;
const REPEATS: usize = 5;

/// Measures the ensemble where an adapter answers; `hint` is what JavaScript knows of it.
///
/// # Errors
/// The device fails its test or computes something else than Lorenz.
pub async fn measure_device(hint: Option<&str>) -> Result<DeviceReport, Error> {
    let device = match Device::request(hint).await {
        Ok(device) => Arc::new(device),
        Err(error @ (GpuError::NoAdapter(_) | GpuError::NoDevice(_))) => {
            return Ok(DeviceReport { absent: error.to_string(), ..DeviceReport::default() });
        }
        Err(error) => return Err(error.into()),
    };
    device.self_test().await?;
    let system = system()?;
    let model = system.model();
    let kernel = Kernel::of(model)?;
    let trajectories = if device.is_software() { 1 << 12 } else { 1 << 20 };
    let spread = dynamics::initial_states(&model.initial(), dynamics::Spread::Normal(1.0), trajectories, 1);
    let n = model.dimension();
    let states: Vec<f32> =
        (0..trajectories * n).map(|i| spread[(i % n) * trajectories + i / n] as f32).collect();
    let parameters: Vec<f32> = model.parameter_values().iter().map(|p| *p as f32).collect();
    let options = EnsembleOptions {
        dt: 0.005,
        t0: 0.0,
        bound: 1000.0,
        axes: [Some(0), Some(1), Some(2)],
        trail: 2,
        colour: ColourBy::Speed,
        method: Method::RungeKutta4,
        philox: numerics::Philox::new(1, 0),
        first_step: 0,
    };
    let mut ensemble = Ensemble::new(&device, &kernel, &states, &parameters, options)?;
    let mut runs = Vec::new();
    // The first one is the warm-up.
    for _ in 0..=REPEATS {
        runs.push(ensemble.measure(STEPS).await?);
    }
    runs.remove(0);
    runs.sort_by(|a, b| a.steps_per_second.total_cmp(&b.steps_per_second));
    // Lorenz's own figures: the mean of z is 23.55, its standard deviation 8.6, and nothing leaves 1000.
    let (mean, deviation) = ensemble.statistics().await?[2];
    let lost = ensemble.flags().await?.iter().filter(|lost| **lost).count();
    if !((mean - 23.55).abs() < 0.5 && (deviation - 8.6).abs() < 0.5 && lost == 0) {
        return Err(Error::Wrong {
            what: "the ensemble on the GPU".into(),
            found: format!("z = {mean:.2} ± {deviation:.2}, {lost} lost"),
            wanted: "23.55 ± 8.6 and none".into(),
        });
    }
    let middle = runs[runs.len() / 2];
    Ok(DeviceReport {
        absent: String::new(),
        adapter: format!("{} ({})", device.name(), device.backend()),
        software: device.is_software(),
        trajectories,
        steps_per_second: middle.steps_per_second,
        kernel_share: middle.kernel_share,
        by_timestamps: middle.by_timestamps,
    })
}
