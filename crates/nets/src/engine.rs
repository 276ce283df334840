use crate::batch::Batch;
use crate::error::Error;
use crate::forcing::Forcing;
use crate::shallow_plrnn::Shape;
use crate::trainer::deviation;
use burn::tensor::Device;
use burn::tensor::wgpu::WgpuSetup;
use numerics::Stream;
use std::cell::RefCell;

/// Where tensors live and networks train.
#[derive(Clone, Debug)]
pub enum Engine {
    /// burn's own backend on the CPU.
    Flex,
    /// burn-wgpu on a device that it shares with our own kernels.
    Wgpu(Shared),
}

/// A wgpu device that burn knows and that has shown that it computes the gradients that the CPU computes.
#[derive(Clone, Debug)]
pub struct Shared {
    device: Device,
    name: String,
    deviation: f64,
}

impl Shared {
    /// Name of the adapter.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Largest relative deviation of the test gradients from the CPU's.
    pub fn deviation(&self) -> f64 {
        self.deviation
    }
}

thread_local! {
    /// Each registration with burn is for good, so the same device is registered once.
    static KNOWN: RefCell<Vec<(wgpu::Device, Shared)>> = const { RefCell::new(Vec::new()) };
}

/// Largest relative deviation of gradients from the CPU's that is taken for rounding.
const MOST: f64 = 1e-4;

/// Kernels that burn gathers before it submits them together.
const TASKS: usize = 64;

impl Engine {
    /// burn on a wgpu device that the caller made and goes on using, tested once against the CPU.
    ///
    /// The device must have [`required_limits`] and [`required_features`]. The same device given again comes back as
    /// it is known. Work of burn is submitted in groups: before a kernel of the caller reads a tensor's buffer,
    /// burn's pending work must be flushed.
    ///
    /// # Errors
    /// [`Error::Narrow`] for a device that has less than burn will use, [`Error::Unusable`],
    /// [`Error::Deviates`] for one whose gradients are wrong, [`Error::Unread`].
    pub async fn wgpu(
        instance: &wgpu::Instance,
        adapter: &wgpu::Adapter,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
    ) -> Result<Self, Error> {
        let known =
            KNOWN.with_borrow(|known| known.iter().find(|(d, _)| d == device).map(|(_, s)| s.clone()));
        if let Some(shared) = known {
            return Ok(Engine::Wgpu(shared));
        }
        let info = adapter.get_info();
        let name = info.name.clone();
        check_width(&name, adapter, device)?;
        let setup = WgpuSetup {
            instance: instance.clone(),
            adapter: adapter.clone(),
            device: device.clone(),
            queue: queue.clone(),
            backend: info.backend,
        };
        let registered = Device::wgpu_options()
            .setup(setup)
            .tasks_max(TASKS)
            .init()
            .map_err(|e| Error::Unusable { device: name.clone(), reason: e.to_string() })?;
        let mut shared = Shared { device: registered, name, deviation: 0.0 };
        shared.deviation = Engine::Wgpu(shared.clone()).verify().await?;
        KNOWN.with_borrow_mut(|known| known.push((device.clone(), shared.clone())));
        Ok(Engine::Wgpu(shared))
    }

    /// burn's device, on which derivatives can be taken.
    pub fn device(&self) -> Device {
        match self {
            Engine::Flex => Device::flex().autodiff(),
            Engine::Wgpu(shared) => shared.device.clone().autodiff(),
        }
    }

    /// What to call it in messages.
    pub fn name(&self) -> &str {
        match self {
            Engine::Flex => "CPU",
            Engine::Wgpu(shared) => &shared.name,
        }
    }

    /// Compares gradients of small and wide networks under every forcing with those of the CPU, and gives the
    /// largest relative deviation.
    ///
    /// # Errors
    /// [`Error::Deviates`] beyond 1e-4, [`Error::Unread`].
    pub async fn verify(&self) -> Result<f64, Error> {
        let mut largest = 0.0;
        let mut stream = Stream::new(1, "verify");
        let cases = [
            (5, 6, 3, false, Forcing::Blend { alpha: 0.3 }),
            (3, 50, 3, true, Forcing::Sparse { tau: 3 }),
            (16, 64, 16, true, Forcing::Free),
        ];
        for (latent, hidden, observed, clipped, forcing) in cases {
            let shape = Shape { latent, hidden, observed, clipped };
            let bound = 1.0 / numerics::Real::sqrt(hidden as f64);
            let parameters: Vec<f32> =
                (0..shape.parameters()).map(|_| stream.between(-bound, bound) as f32).collect();
            let sequences: Vec<Vec<f32>> =
                (0..9).map(|_| (0..7 * observed).map(|_| stream.normal() as f32).collect()).collect();
            let rows: Vec<&[f32]> = sequences.iter().map(Vec::as_slice).collect();
            let batch = Batch::new(&rows, observed)?;
            let found = deviation(self, shape, &parameters, &batch, forcing).await?;
            self.judge(found)?;
            if found > largest {
                largest = found;
            }
        }
        Ok(largest)
    }

    /// # Errors
    /// [`Error::Deviates`] for a deviation beyond rounding, or none that is a number.
    pub(crate) fn judge(&self, found: f64) -> Result<(), Error> {
        if found <= MOST {
            Ok(())
        } else {
            Err(Error::Deviates { device: self.name().to_string(), found, most: MOST })
        }
    }
}

/// The features that burn's kernels use as soon as the adapter, not the device, offers them.
const USED: wgpu::Features = wgpu::Features::SUBGROUP
    .union(wgpu::Features::TIMESTAMP_QUERY)
    .union(wgpu::Features::SHADER_INT64)
    .union(wgpu::Features::SHADER_F64)
    .union(wgpu::Features::SHADER_F16)
    .union(wgpu::Features::SHADER_FLOAT32_ATOMIC);

/// The features with which a device must be made for [`Engine::wgpu`]: those of the adapter that burn's kernels use
/// wherever the adapter has them.
pub fn required_features(adapter: &wgpu::Adapter) -> wgpu::Features {
    adapter.features() & USED
}

/// `limits` raised to what a device must be made with for [`Engine::wgpu`]: where burn reads the adapter's limits
/// instead of the device's, the adapter's.
pub fn required_limits(adapter: &wgpu::Adapter, limits: wgpu::Limits) -> wgpu::Limits {
    let offered = adapter.limits();
    wgpu::Limits {
        max_compute_workgroups_per_dimension: offered.max_compute_workgroups_per_dimension,
        max_compute_invocations_per_workgroup: offered.max_compute_invocations_per_workgroup,
        max_compute_workgroup_size_x: offered.max_compute_workgroup_size_x,
        max_compute_workgroup_size_y: offered.max_compute_workgroup_size_y,
        max_compute_workgroup_size_z: offered.max_compute_workgroup_size_z,
        max_compute_workgroup_storage_size: offered.max_compute_workgroup_storage_size,
        ..limits
    }
}

/// # Errors
/// [`Error::Narrow`] with the first limit or feature that the device lacks.
fn check_width(name: &str, adapter: &wgpu::Adapter, device: &wgpu::Device) -> Result<(), Error> {
    let found = device.limits();
    let needed = required_limits(adapter, found.clone());
    let pairs = [
        (
            "max_compute_workgroups_per_dimension",
            found.max_compute_workgroups_per_dimension,
            needed.max_compute_workgroups_per_dimension,
        ),
        (
            "max_compute_invocations_per_workgroup",
            found.max_compute_invocations_per_workgroup,
            needed.max_compute_invocations_per_workgroup,
        ),
        (
            "max_compute_workgroup_size_x",
            found.max_compute_workgroup_size_x,
            needed.max_compute_workgroup_size_x,
        ),
        (
            "max_compute_workgroup_size_y",
            found.max_compute_workgroup_size_y,
            needed.max_compute_workgroup_size_y,
        ),
        (
            "max_compute_workgroup_size_z",
            found.max_compute_workgroup_size_z,
            needed.max_compute_workgroup_size_z,
        ),
    ];
    for (what, found, needed) in pairs {
        if found < needed {
            let (found, needed) = (u64::from(found), u64::from(needed));
            return Err(Error::Narrow { device: name.to_string(), what, found, needed });
        }
    }
    for (what, feature) in [
        ("the feature `subgroups`", wgpu::Features::SUBGROUP),
        ("the feature `shader-f16`", wgpu::Features::SHADER_F16),
        ("the feature `shader-int64`", wgpu::Features::SHADER_INT64),
        ("the feature `shader-f64`", wgpu::Features::SHADER_F64),
        ("the feature `shader-float32-atomic`", wgpu::Features::SHADER_FLOAT32_ATOMIC),
        ("the feature `timestamp-query`", wgpu::Features::TIMESTAMP_QUERY),
    ] {
        if required_features(adapter).contains(feature) && !device.features().contains(feature) {
            return Err(Error::Narrow { device: name.to_string(), what, found: 0, needed: 1 });
        }
    }
    Ok(())
}
