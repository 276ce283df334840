//! The one device: how it is asked for, known, tested and lost.

use crate::ensemble::{ColourBy, Ensemble, EnsembleOptions};
use crate::kernel::{Kernel, Kind, Method};
use crate::twin;
use numerics::Philox;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Longest wait for the GPU, in milliseconds: a driver that hangs is reported, not waited for.
const PATIENCE_MS: u32 = 20_000;
/// The same as a span of time.
pub(crate) const PATIENCE: Duration = Duration::from_millis(PATIENCE_MS as u64);

/// Most that a kernel of the self test may deviate from its CPU twin, relative to `1 + |x|`.
///
/// Lorenz over 0.64 units of time multiplies a rounding error by less than 100, and a step rounds a
/// few times; 64 steps of f32 stay two orders of magnitude below this, a wrong formula does not.
pub const SELF_TEST_TOLERANCE: f32 = 2e-3;

/// What went wrong with the device, and what would be right.
#[derive(Clone, Debug, thiserror::Error)]
pub enum GpuError {
    /// Nothing here offers WebGPU.
    #[error("no WebGPU adapter: {0}")]
    NoAdapter(String),
    /// The adapter refused a device.
    #[error("the adapter gave no device: {0}")]
    NoDevice(String),
    /// More was asked for than the device holds.
    #[error("{what} needs {needed} bytes in one buffer; this device allows {allowed}")]
    TooLarge {
        /// What was to be stored.
        what: &'static str,
        /// Bytes it takes.
        needed: u64,
        /// Bytes allowed.
        allowed: u64,
    },
    /// Sizes that do not belong together.
    #[error("{what}: {given} given, {wanted} wanted")]
    Shape {
        /// Which number.
        what: &'static str,
        /// What was given.
        given: usize,
        /// What would be right.
        wanted: String,
    },
    /// The device found fault with a kernel or a call.
    #[error("the GPU refused a command: {0}")]
    Refused(String),
    /// The device computes something else than the CPU.
    #[error("the GPU failed its self test: {0}")]
    SelfTest(String),
    /// The device is gone.
    #[error("the GPU was lost: {0}")]
    Lost(String),
    /// No answer in time.
    #[error("the GPU gave no answer within {seconds} s")]
    Timeout {
        /// Seconds waited.
        seconds: f32,
    },
    /// The canvas cannot be drawn on.
    #[error("the canvas cannot be drawn on: {0}")]
    Surface(String),
}

/// What the device reports on its own time. A poisoned lock still holds a sound message.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    lost: Mutex<Option<String>>,
    gone: Mutex<Option<String>>,
    fault: Mutex<Option<String>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Reports {
    /// The loss of the device, or the first refusal since the last call, as an error.
    pub(crate) fn check(&self) -> Result<(), GpuError> {
        if let Some(message) = locked(&self.gone).clone() {
            return Err(GpuError::Lost(message));
        }
        match locked(&self.fault).take() {
            Some(message) => Err(GpuError::Refused(message)),
            None => Ok(()),
        }
    }
}

/// One WebGPU device with what is known of it.
#[derive(Debug)]
pub struct Device {
    /// Where adapters and surfaces come from.
    pub instance: wgpu::Instance,
    /// The adapter chosen.
    pub adapter: wgpu::Adapter,
    /// The device.
    pub device: wgpu::Device,
    /// Its queue.
    pub queue: wgpu::Queue,
    name: String,
    software: bool,
    timestamps: bool,
    pub(crate) reports: Arc<Reports>,
}

/// Features and limits that a device needs on an adapter, from the limits that it has anyway.
pub type Demand = fn(&wgpu::Adapter, wgpu::Limits) -> (wgpu::Features, wgpu::Limits);

/// The fields of `GPUAdapterInfo` that a page hands on as JSON.
#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Hint {
    vendor: String,
    architecture: String,
    description: String,
    is_fallback_adapter: bool,
}

/// Whether a name is that of a software renderer.
fn names_software(name: &str) -> bool {
    let name = name.to_lowercase();
    ["swiftshader", "llvmpipe", "lavapipe", "microsoft basic render", "softpipe"]
        .iter()
        .any(|software| name.contains(software))
}

impl Device {
    /// Asks for the fastest adapter and a device on it, as [`Device::request_for`] does, for this crate alone.
    ///
    /// # Errors
    /// [`GpuError::NoAdapter`] and [`GpuError::NoDevice`].
    pub async fn request(hint: Option<&str>) -> Result<Self, GpuError> {
        Self::request_for(hint, |_, limits| (wgpu::Features::empty(), limits)).await
    }

    /// Asks for the fastest adapter and a device on it. `demand` gives the features and the limits, raised from
    /// those of this crate, that whoever shares the device needs of it.
    ///
    /// `hint` is what JavaScript knows of the adapter, as JSON: `{"vendor", "architecture",
    /// "description", "isFallbackAdapter"}`, any of them left out; natively `None`. A hint that is
    /// not JSON is passed over, because it only names things.
    ///
    /// # Errors
    /// [`GpuError::NoAdapter`] and [`GpuError::NoDevice`].
    pub async fn request_for(hint: Option<&str>, demand: Demand) -> Result<Self, GpuError> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let options = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..Default::default()
        };
        let adapter = bounded(instance.request_adapter(&options))
            .await?
            .map_err(|error| GpuError::NoAdapter(error.to_string()))?;
        let timestamps = adapter.features().contains(wgpu::Features::TIMESTAMP_QUERY);
        let own = if timestamps { wgpu::Features::TIMESTAMP_QUERY } else { wgpu::Features::empty() };
        // What every WebGPU device has is enough for the kernels and pictures here.
        let limits = wgpu::Limits::defaults().or_worse_values_from(&adapter.limits());
        let (more, limits) = demand(&adapter, limits);
        let features = own | more;
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("separatrix"),
            required_features: features,
            required_limits: limits,
            ..Default::default()
        };
        let (device, queue) = bounded(adapter.request_device(&descriptor))
            .await?
            .map_err(|error| GpuError::NoDevice(error.to_string()))?;
        let reports = Arc::new(Reports::default());
        let told = reports.clone();
        device.set_device_lost_callback(move |reason, message| {
            let text = if message.is_empty() { format!("{reason:?}") } else { message };
            *locked(&told.gone) = Some(text.clone());
            *locked(&told.lost) = Some(text);
        });
        let told = reports.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            // The first refusal is the cause, later ones follow from it.
            locked(&told.fault).get_or_insert_with(|| error.to_string());
        }));
        let info = adapter.get_info();
        let hint: Hint = hint.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let software = info.device_type == wgpu::DeviceType::Cpu
            || hint.is_fallback_adapter
            || [&info.name, &info.driver, &info.driver_info]
                .into_iter()
                .chain([&hint.vendor, &hint.architecture, &hint.description])
                .any(|name| names_software(name));
        let told = [&hint.description, &info.name].into_iter().find(|name| !name.trim().is_empty()).cloned();
        let name = told.unwrap_or_else(|| {
            let both = format!("{} {}", hint.vendor, hint.architecture);
            if both.trim().is_empty() {
                format!("unnamed adapter ({})", info.backend)
            } else {
                both.trim().into()
            }
        });
        Ok(Self { instance, adapter, device, queue, name, software, timestamps, reports })
    }

    /// What the adapter calls itself.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which interface carries it, for instance `vulkan` or `webgpu`.
    pub fn backend(&self) -> wgpu::Backend {
        self.adapter.get_info().backend
    }

    /// Whether the adapter is a program on the CPU.
    pub fn is_software(&self) -> bool {
        self.software
    }

    /// Whether the device can tell the time of its passes.
    pub fn has_timestamps(&self) -> bool {
        self.timestamps
    }

    /// The message of a lost device, once. It may come some time after the loss.
    pub fn lost(&self) -> Option<String> {
        // Natively callbacks run inside `poll`, whose own failure would be the loss again.
        #[cfg(not(target_arch = "wasm32"))]
        drop(self.device.poll(wgpu::PollType::Poll));
        locked(&self.reports.lost).take()
    }

    /// How many of the wanted trajectories can be drawn at 20 frames a second: on software at most
    /// 1000 (a few milliseconds of dots; the painter thins their trails), otherwise all.
    pub fn affordable_copies(&self, wanted: usize) -> usize {
        if self.software { wanted.min(1000) } else { wanted }
    }

    /// A compute pipeline whose entry point is `ens_main`.
    ///
    /// # Errors
    /// [`GpuError::Refused`] for a text that does not compile; in a browser that comes to light later.
    pub(crate) fn compute(&self, label: &str, text: String) -> Result<wgpu::ComputePipeline, GpuError> {
        let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(label),
            source: wgpu::ShaderSource::Wgsl(text.into()),
        });
        let pipeline = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(label),
            layout: None,
            module: &module,
            entry_point: Some("ens_main"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        });
        // Natively a kernel that does not compile has been refused by now, and has no layout.
        self.reports.check()?;
        Ok(pipeline)
    }

    /// Runs 64 steps of the Lorenz equations on 64 trajectories and holds them against the CPU
    /// twin; one more trajectory diverges and has to be noticed.
    ///
    /// # Errors
    /// [`GpuError::SelfTest`] for a deviation beyond [`SELF_TEST_TOLERANCE`] or a divergence not
    /// noticed, and whatever the device reports.
    pub async fn self_test(&self) -> Result<(), GpuError> {
        const COUNT: usize = 64;
        const STEPS: u32 = 64;
        let kernel = Kernel::plain(LORENZ.into(), 3, 3, Kind::Flow);
        let parameters = [10.0_f32, 28.0, 8.0 / 3.0];
        let mut states: Vec<f32> = (0..COUNT)
            .flat_map(|i| {
                let s = i as f32 / COUNT as f32;
                [-12.0 + 24.0 * s, -8.0 + 17.0 * s, 12.0 + 25.0 * s * s]
            })
            .collect();
        states.extend([3e20, 1.0, 1.0]);
        let options = EnsembleOptions {
            dt: 0.01,
            t0: 0.0,
            bound: 1e6,
            axes: [Some(0), Some(1), Some(2)],
            trail: 2,
            colour: ColourBy::Speed,
            method: Method::RungeKutta4,
            philox: Philox::new(0, 0),
            first_step: 0,
        };
        let mut ensemble = Ensemble::on(self, &kernel, &states, &parameters, options)?;
        ensemble.dispatch(STEPS);
        let there = ensemble.read().await?;
        let flags = ensemble.flags().await?;
        let run = twin::Run {
            kind: Kind::Flow,
            method: options.method,
            dt: options.dt,
            t0: options.t0,
            bound: options.bound,
        };
        let diverged = twin::advance(run, 3, &mut states, STEPS, |_, x, out| lorenz(x, &parameters, out));
        if flags != diverged {
            return Err(GpuError::SelfTest(
                "a trajectory that diverges was not told from those that do not".into(),
            ));
        }
        let mut worst = 0.0_f32;
        for (a, b) in there.iter().zip(&states) {
            let deviation = (a - b).abs() / (1.0 + b.abs());
            if deviation.is_nan() || deviation > worst {
                worst = if deviation.is_nan() { f32::INFINITY } else { deviation };
            }
        }
        if worst > SELF_TEST_TOLERANCE {
            return Err(GpuError::SelfTest(format!(
                "Lorenz after {STEPS} steps deviates by {worst:e} from the CPU; {SELF_TEST_TOLERANCE:e} is allowed"
            )));
        }
        Ok(())
    }

    /// Waits, not for ever, until all that was submitted is done.
    ///
    /// # Errors
    /// [`GpuError::Timeout`], and whatever the device reports.
    pub async fn finish(&self) -> Result<(), GpuError> {
        let reply = Reply::new();
        let answer = reply.clone();
        self.queue.on_submitted_work_done(move || answer.set(()));
        wait(&self.device, reply).await?;
        self.reports.check()
    }
}

/// Lorenz as the kernel of the self test; [`lorenz`] is its twin.
const LORENZ: &str = "fn rhs(t: f32, x: array<f32, 3>, p: array<f32, 3>) -> array<f32, 3> {
    return array<f32, 3>(
        p[0] * (x[1] - x[0]),
        x[0] * (p[1] - x[2]) - x[1],
        x[0] * x[1] - p[2] * x[2],
    );
}
";

fn lorenz(x: &[f32], p: &[f32], out: &mut [f32]) {
    out[0] = p[0] * (x[1] - x[0]);
    out[1] = x[0] * (p[1] - x[2]) - x[1];
    out[2] = x[0] * x[1] - p[2] * x[2];
}

/// The first `bytes` of a buffer from `offset` on, through a staging buffer.
pub(crate) async fn read_buffer(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    reports: &Reports,
    buffer: &wgpu::Buffer,
    bytes: u64,
) -> Result<Vec<u8>, GpuError> {
    reports.check()?;
    let staging = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("read-back"),
        size: bytes,
        usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    encoder.copy_buffer_to_buffer(buffer, 0, &staging, 0, bytes);
    queue.submit([encoder.finish()]);
    map(device, reports, &staging).await
}

/// Maps a staging buffer, copies what it holds and frees it.
pub(crate) async fn map(
    device: &wgpu::Device,
    reports: &Reports,
    staging: &wgpu::Buffer,
) -> Result<Vec<u8>, GpuError> {
    let reply = Reply::new();
    let answer = reply.clone();
    staging.map_async(wgpu::MapMode::Read, .., move |result| answer.set(result));
    let answered = wait(device, reply).await;
    reports.check()?;
    let bytes = copied(staging, staging.size(), answered?)?;
    staging.destroy();
    Ok(bytes)
}

/// The first bytes of a staging buffer that has been mapped, or not; unmaps it.
pub(crate) fn copied(
    staging: &wgpu::Buffer,
    bytes: u64,
    mapped: Result<(), wgpu::BufferAsyncError>,
) -> Result<Vec<u8>, GpuError> {
    mapped.map_err(|error| GpuError::Refused(error.to_string()))?;
    let range = staging.get_mapped_range(..bytes);
    let bytes = range.map_err(|error| GpuError::Refused(format!("{error:?}")))?.to_vec();
    staging.unmap();
    Ok(bytes)
}

/// A value that a callback hands over.
#[derive(Debug)]
pub(crate) struct Reply<T>(Arc<Mutex<(Option<T>, Option<Waker>)>>);

impl<T> Clone for Reply<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Reply<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new((None, None))))
    }

    /// The value, once it is there.
    pub(crate) fn take(&self) -> Option<T> {
        locked(&self.0).0.take()
    }

    pub(crate) fn set(&self, value: T) {
        let waker = {
            let mut slot = locked(&self.0);
            slot.0 = Some(value);
            slot.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Future for Reply<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut slot = locked(&self.0);
        match slot.0.take() {
            Some(value) => Poll::Ready(value),
            None => {
                slot.1 = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

pub(crate) const TIMEOUT: GpuError = GpuError::Timeout { seconds: PATIENCE_MS as f32 / 1000.0 };

/// Natively callbacks run inside `poll`.
#[cfg(not(target_arch = "wasm32"))]
async fn wait<T>(device: &wgpu::Device, reply: Reply<T>) -> Result<T, GpuError> {
    let begun = web_time::Instant::now();
    loop {
        // Asked again and again: `PollType::Wait` of wgpu-core 30 stalls, or fails an assertion, when
        // two threads wait on one device and the other one empties the queue.
        let polled = device.poll(wgpu::PollType::Poll);
        if let Some(value) = reply.take() {
            return Ok(value);
        }
        polled.map_err(|error| GpuError::Refused(error.to_string()))?;
        if begun.elapsed() > PATIENCE {
            return Err(TIMEOUT);
        }
        std::thread::sleep(Duration::from_micros(100));
    }
}

#[cfg(target_arch = "wasm32")]
async fn wait<T>(_: &wgpu::Device, reply: Reply<T>) -> Result<T, GpuError> {
    bounded(reply).await
}

/// Natively what wgpu offers here is ready at once.
#[cfg(not(target_arch = "wasm32"))]
async fn bounded<F: Future>(future: F) -> Result<F::Output, GpuError> {
    Ok(future.await)
}

/// Whichever comes first, the answer or the end of patience.
#[cfg(target_arch = "wasm32")]
async fn bounded<F: Future>(future: F) -> Result<F::Output, GpuError> {
    let timer = js_sys::Promise::new(&mut |resolve, _| {
        use wasm_bindgen::JsCast;
        let global = js_sys::global();
        let set = js_sys::Reflect::get(&global, &"setTimeout".into());
        if let Some(set) = set.ok().and_then(|f| f.dyn_into::<js_sys::Function>().ok()) {
            // Without a timer the answer alone ends the wait.
            drop(set.call2(&global, &resolve, &PATIENCE_MS.into()));
        }
    });
    let mut timer = std::pin::pin!(wasm_bindgen_futures::JsFuture::from(timer));
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| {
        if let Poll::Ready(value) = future.as_mut().poll(context) {
            return Poll::Ready(Ok(value));
        }
        timer.as_mut().poll(context).map(|_| Err(TIMEOUT))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_renderers_are_known_by_name() {
        for name in
            ["Google SwiftShader", "llvmpipe (LLVM 19.1.7, 256 bits)", "Microsoft Basic Render Driver"]
        {
            assert!(names_software(name), "{name}");
        }
        assert!(!names_software("NVIDIA H200"));
    }

    #[test]
    fn a_hint_may_leave_out_what_it_does_not_know() {
        let hint: Hint = serde_json::from_str(r#"{"vendor": "google", "isFallbackAdapter": true}"#).unwrap();
        assert!(hint.is_fallback_adapter && hint.vendor == "google" && hint.description.is_empty());
    }
}
