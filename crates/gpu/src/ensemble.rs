//! Many trajectories of one system on the GPU: the kernel, its buffers, and reading them.

use crate::device::{Device, GpuError, Reports, map, read_buffer};
use crate::kernel::{Kernel, Kind, Method, Plan, UNIFORM_PARAMETERS};
use crate::twin;
use bytemuck::{Pod, Zeroable};
use numerics::{Noise, Philox};
use std::borrow::Cow;
use std::sync::Arc;
use web_time::Instant;

/// Most steps of one dispatch: more would hold up drawing on a slow device.
pub(crate) const CHUNK: u32 = 256;
/// Turns of loops in a dispatch after which llvmpipe leaves every loop, without a word (its
/// `LP_MAX_TGSI_LOOP_ITERATIONS` is 65,535 for all loops of a shader together).
const TURNS: u32 = 60_000;
/// Most workgroups along one axis of a dispatch that WebGPU promises.
pub(crate) const ACROSS: u32 = 65_535;
/// Bytes of one trail slot's point.
const POINT: u64 = 16;

/// What the scalar of a drawn point tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourBy {
    /// Distance moved in the last step, in the variables shown.
    Speed,
    /// Number of the trajectory.
    Trajectory,
    /// Value of a variable.
    Variable(usize),
}

/// How an ensemble is stepped and shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EnsembleOptions {
    /// Step; a map goes by 1 whatever it says.
    pub dt: f32,
    /// Time at the start.
    pub t0: f32,
    /// Magnitude beyond which a trajectory has diverged.
    pub bound: f32,
    /// The variables on the three axes; an axis without one is 0. A system of one variable shows
    /// (before, now) on the first two.
    pub axes: [Option<usize>; 3],
    /// Points kept behind each trajectory, at least 2.
    pub trail: usize,
    /// What the scalar tells.
    pub colour: ColourBy,
    /// How a flow is stepped.
    pub method: Method,
    /// Where random inputs come from; trajectory `i` is drawn as number `i`.
    pub philox: Philox,
    /// Number of the first step, for the draws: what an ensemble elsewhere has done already.
    pub first_step: u64,
}

/// How fast an ensemble is stepped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measurement {
    /// Steps of single trajectories a second, by the clock on the wall.
    pub steps_per_second: f64,
    /// Share of that time spent inside the kernel, from 0 to 1.
    pub kernel_share: f64,
    /// Whether the share was read from timestamps of the device; otherwise it was inferred from
    /// dispatches of two sizes.
    pub by_timestamps: bool,
}

/// The uniform of a dispatch, as the kernel lays it out.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct RunUniform {
    t0: f32,
    dt: f32,
    half: f32,
    sixth: f32,
    bound: f32,
    rate: f32,
    colour: u32,
    steps: u32,
    count: u32,
    across: u32,
    slot: u32,
    slots: u32,
    stride: u32,
    phase: u32,
    writes: u32,
    mark: u32,
    step: [u32; 2],
    key: [u32; 2],
    stream: u32,
    pad: [u32; 3],
}

/// Trajectories on the GPU, stepped there and drawn from their own buffer.
#[derive(Debug)]
pub struct Ensemble {
    device: wgpu::Device,
    queue: wgpu::Queue,
    reports: Arc<Reports>,
    pipeline: wgpu::ComputePipeline,
    bindings: wgpu::BindGroup,
    uniform: wgpu::Buffer,
    parameters: wgpu::Buffer,
    states: wgpu::Buffer,
    flags: wgpu::Buffer,
    trail: wgpu::Buffer,
    /// What the text of the kernel reads beside the parameters.
    data: Option<wgpu::Buffer>,
    /// Trajectories that a workgroup steps.
    group: u32,
    /// Most steps of one dispatch.
    chunk: u32,
    timestamps: bool,
    dimension: usize,
    parameter_count: usize,
    count: usize,
    slots: usize,
    /// The slot written next.
    head: usize,
    stride: u32,
    phase: u32,
    options: EnsembleOptions,
    step: f32,
    /// Time before the first of `steps`.
    start: f64,
    steps: u64,
}

impl Drop for Ensemble {
    fn drop(&mut self) {
        // In a browser the memory would otherwise wait for the garbage collector.
        let own = [&self.uniform, &self.parameters, &self.states, &self.flags, &self.trail];
        own.into_iter().chain(&self.data).for_each(wgpu::Buffer::destroy);
    }
}

pub(crate) fn shape(what: &'static str, given: usize, wanted: impl Into<String>) -> GpuError {
    GpuError::Shape { what, given, wanted: wanted.into() }
}

impl Ensemble {
    /// An ensemble from starting states, trajectory by trajectory, `kernel.dimension` numbers each.
    ///
    /// # Errors
    /// [`GpuError::Shape`] for sizes that do not belong together, [`GpuError::TooLarge`] for more
    /// than a buffer holds, [`GpuError::Refused`] for a kernel that does not compile (in a browser
    /// that comes to light with the first read or drawing).
    pub fn new(
        device: &Arc<Device>,
        kernel: &Kernel,
        states: &[f32],
        parameters: &[f32],
        options: EnsembleOptions,
    ) -> Result<Self, GpuError> {
        Self::on(device, kernel, states, parameters, options)
    }

    pub(crate) fn on(
        device: &Device,
        kernel: &Kernel,
        states: &[f32],
        parameters: &[f32],
        options: EnsembleOptions,
    ) -> Result<Self, GpuError> {
        let fastest = if device.is_software() { kernel.on_software() } else { Cow::Borrowed(kernel) };
        let kernel = fastest.as_ref();
        let n = kernel.dimension;
        if n == 0 {
            return Err(shape("number of variables", 0, "at least 1"));
        }
        if states.is_empty() || !states.len().is_multiple_of(n) {
            return Err(shape(
                "number of starting values",
                states.len(),
                format!("a multiple of {n}, not 0"),
            ));
        }
        if parameters.len() != kernel.parameters {
            return Err(shape("number of parameters", parameters.len(), kernel.parameters.to_string()));
        }
        let wrong = |j: &usize| *j >= n;
        if let Some(j) = options.axes.into_iter().flatten().find(wrong) {
            return Err(shape("variable on an axis", j, format!("less than {n}")));
        }
        if let ColourBy::Variable(j) = options.colour
            && wrong(&j)
        {
            return Err(shape("variable told by colour", j, format!("less than {n}")));
        }
        let (count, slots) = (states.len() / n, options.trail.max(2));
        let limits = device.device.limits();
        let allowed = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        let noise = Noise::new(options.philox, &kernel.draws);
        let plan = Plan::new(kernel, &noise, options.method, options.axes, device.is_software());
        let sizes = [
            ("the ensemble", states.len() as u64 * 4),
            ("the trails", (count as u64).saturating_mul(slots as u64).saturating_mul(POINT)),
            ("the tables of the equations", plan.data.len() as u64 * 4),
        ];
        for (what, needed) in sizes {
            if needed > allowed {
                return Err(GpuError::TooLarge { what, needed, allowed });
            }
        }
        device.reports.check()?;
        let gpu = &device.device;
        let buffer = |label, size: u64, usage| {
            gpu.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size: size.next_multiple_of(16),
                usage: usage | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        };
        let storage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC;
        let few = kernel.parameters.max(1) <= UNIFORM_PARAMETERS;
        let constants = if few { wgpu::BufferUsages::UNIFORM } else { wgpu::BufferUsages::STORAGE };
        let uniform = buffer("run", size_of::<RunUniform>() as u64, wgpu::BufferUsages::UNIFORM);
        let constants = buffer("parameters", 4 * kernel.parameters.max(1) as u64, constants);
        let state_buffer = buffer("states", sizes[0].1, storage);
        let flags = buffer("flags", 4 * count as u64, storage);
        let trail = buffer("trail", sizes[1].1, storage);
        let data = (!plan.data.is_empty()).then(|| {
            let data = buffer("data", sizes[2].1, storage);
            device.queue.write_buffer(&data, 0, bytemuck::cast_slice(&plan.data));
            data
        });
        let pipeline = device.compute("ensemble", plan.text)?;
        let buffers = [&uniform, &constants, &state_buffer, &flags, &trail];
        let mut entries = Vec::with_capacity(6);
        for (binding, buffer) in buffers.into_iter().chain(&data).enumerate() {
            entries
                .push(wgpu::BindGroupEntry { binding: binding as u32, resource: buffer.as_entire_binding() });
        }
        let bindings = gpu.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("ensemble"),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        device.reports.check()?;
        let chunk = match kernel.memory {
            Some(memory) if device.is_software() => {
                // Four stages, and the loops over variables and draws around them.
                let around = (n + noise.places().len()).div_ceil(8) as u32;
                (TURNS / (4 * memory.turns + 16 * around + 16)).clamp(1, CHUNK)
            }
            _ => CHUNK,
        };
        let step = match kernel.kind {
            Kind::Flow => options.dt,
            Kind::Map => 1.0,
        };
        let mut ensemble = Self {
            device: gpu.clone(),
            queue: device.queue.clone(),
            reports: device.reports.clone(),
            pipeline,
            bindings,
            uniform,
            parameters: constants,
            states: state_buffer,
            flags,
            trail,
            data,
            group: plan.group,
            chunk,
            timestamps: device.has_timestamps(),
            dimension: n,
            parameter_count: kernel.parameters,
            count,
            slots,
            head: 0,
            stride: 1,
            phase: 0,
            options,
            step,
            start: options.t0.into(),
            steps: 0,
        };
        ensemble.set_parameters(parameters);
        ensemble.set_states(states, options.t0, options.first_step);
        Ok(ensemble)
    }

    /// Number of trajectories.
    pub fn trajectories(&self) -> usize {
        self.count
    }

    /// Number of variables.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Present time, `t0 + k dt`.
    pub fn time(&self) -> f64 {
        self.start + self.steps as f64 * f64::from(self.step)
    }

    /// Steps between two points of a trail, at least 1.
    pub fn set_stride(&mut self, stride: u32) {
        self.stride = stride.max(1);
        self.phase = 0;
    }

    /// Queues `steps` steps of all trajectories, at most 256 a dispatch, or fewer where a driver bounds loops.
    pub fn dispatch(&mut self, steps: u32) {
        self.dispatch_by(steps, self.chunk, |_| None);
    }

    /// Queues steps in dispatches of at most `most` and asks before each where its time goes.
    fn dispatch_by<'a>(
        &mut self,
        steps: u32,
        most: u32,
        stamps: impl Fn(u32) -> Option<wgpu::ComputePassTimestampWrites<'a>>,
    ) {
        let mut done = 0;
        let mut number = 0;
        while done < steps {
            let now = (steps - done).min(most);
            let writes = (self.phase + now) / self.stride;
            self.submit(now, writes, false, stamps(number));
            self.head = (self.head + writes as usize) % self.slots;
            self.phase = (self.phase + now) % self.stride;
            self.steps += u64::from(now);
            done += now;
            number += 1;
        }
    }

    /// Forgets the trails and writes the present points into the first slot.
    fn mark(&mut self) {
        let blank = vec![3e38_f32; 4 * self.count * self.slots];
        self.queue.write_buffer(&self.trail, 0, bytemuck::cast_slice(&blank));
        self.head = 0;
        self.phase = 0;
        self.submit(0, 0, true, None);
        self.head = 1;
    }

    fn submit(
        &self,
        steps: u32,
        writes: u32,
        mark: bool,
        stamps: Option<wgpu::ComputePassTimestampWrites<'_>>,
    ) {
        let groups = (self.count as u32).div_ceil(self.group);
        let across = groups.min(ACROSS);
        let number = self.options.first_step.wrapping_add(self.steps);
        let philox = self.options.philox;
        let run = RunUniform {
            t0: twin::time(self.start, self.steps, self.step),
            dt: self.step,
            half: 0.5 * self.step,
            sixth: self.step / 6.0,
            bound: self.options.bound,
            rate: Noise::rate(self.step),
            colour: match self.options.colour {
                ColourBy::Speed => 0,
                ColourBy::Trajectory => 1,
                ColourBy::Variable(j) => 2 + j as u32,
            },
            steps,
            count: self.count as u32,
            across,
            slot: self.head as u32,
            slots: self.slots as u32,
            stride: self.stride,
            phase: self.phase,
            writes,
            mark: mark.into(),
            step: [number as u32, (number >> 32) as u32],
            key: philox.key(),
            stream: u32::from(philox.stream()) << 16,
            pad: [0; 3],
        };
        self.queue.write_buffer(&self.uniform, 0, bytemuck::bytes_of(&run));
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: Some("ensemble"),
            timestamp_writes: stamps,
        });
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bindings, &[]);
        pass.dispatch_workgroups(across, groups.div_ceil(across.max(1)), 1);
        drop(pass);
        self.queue.submit([encoder.finish()]);
    }

    /// Other parameters from the next dispatch on; surplus ones are dropped, missing ones kept.
    pub fn set_parameters(&mut self, parameters: &[f32]) {
        let used = &parameters[..parameters.len().min(self.parameter_count)];
        if !used.is_empty() {
            self.queue.write_buffer(&self.parameters, 0, bytemuck::cast_slice(used));
        }
    }

    /// Other states, trajectory by trajectory, at time `t`, the next step having the number `first_step` for the
    /// draws: surplus values are dropped, trajectories without a value stay where they are. Flags and trails start
    /// anew.
    pub fn set_states(&mut self, states: &[f32], t: f32, first_step: u64) {
        let used = &states[..states.len().min(self.count * self.dimension)];
        if !used.is_empty() {
            self.queue.write_buffer(&self.states, 0, bytemuck::cast_slice(used));
        }
        self.queue.write_buffer(&self.flags, 0, bytemuck::cast_slice(&vec![0_u32; self.count]));
        self.start = t.into();
        self.steps = 0;
        self.options.first_step = first_step;
        self.mark();
    }

    /// Another meaning of colour. Trails start anew, since their scalars were the old ones. A
    /// variable that does not exist means the last one.
    pub fn set_colour(&mut self, colour: ColourBy) {
        if colour != self.options.colour {
            self.options.colour = colour;
            self.mark();
        }
    }

    /// The states, trajectory by trajectory; a diverged one at its last good state.
    ///
    /// # Errors
    /// Whatever the device reports, and [`GpuError::Timeout`].
    pub async fn read(&self) -> Result<Vec<f32>, GpuError> {
        let bytes = (4 * self.count * self.dimension) as u64;
        let raw = read_buffer(&self.device, &self.queue, &self.reports, &self.states, bytes).await?;
        Ok(bytemuck::pod_collect_to_vec(&raw))
    }

    /// Which trajectories have diverged.
    ///
    /// # Errors
    /// As [`Ensemble::read`].
    pub async fn flags(&self) -> Result<Vec<bool>, GpuError> {
        let raw =
            read_buffer(&self.device, &self.queue, &self.reports, &self.flags, 4 * self.count as u64).await?;
        Ok(bytemuck::pod_collect_to_vec::<u8, u32>(&raw).into_iter().map(|flag| flag != 0).collect())
    }

    /// The trails from the oldest to the newest slot, each a point `[x, y, z, scalar]` a
    /// trajectory; beyond 1e30 where nothing is to be drawn.
    ///
    /// # Errors
    /// As [`Ensemble::read`].
    pub async fn trails(&self) -> Result<Vec<[f32; 4]>, GpuError> {
        let bytes = POINT * (self.count * self.slots) as u64;
        let raw = read_buffer(&self.device, &self.queue, &self.reports, &self.trail, bytes).await?;
        let mut points: Vec<[f32; 4]> = bytemuck::pod_collect_to_vec(&raw);
        points.rotate_left(self.head * self.count);
        Ok(points)
    }

    /// Mean and standard deviation (over `n`) of each variable over the trajectories that have not
    /// diverged, in f64; not a number when there are none.
    ///
    /// # Errors
    /// As [`Ensemble::read`].
    pub async fn statistics(&self) -> Result<Vec<(f64, f64)>, GpuError> {
        let states = self.read().await?;
        let flags = self.flags().await?;
        let kept = |j: usize| {
            states
                .iter()
                .skip(j)
                .step_by(self.dimension)
                .zip(&flags)
                .filter(|(_, f)| !**f)
                .map(|(v, _)| f64::from(*v))
        };
        let count = flags.iter().filter(|f| !**f).count() as f64;
        let moments = |j| {
            let mean = kept(j).sum::<f64>() / count;
            let square = kept(j).map(|v| (v - mean) * (v - mean)).sum::<f64>() / count;
            (mean, square.sqrt())
        };
        Ok((0..self.dimension).map(moments).collect())
    }

    /// Steps all trajectories by `steps` (at least 1) and tells how long that took.
    ///
    /// # Errors
    /// As [`Ensemble::read`].
    pub async fn measure(&mut self, steps: u32) -> Result<Measurement, GpuError> {
        let steps = steps.max(1);
        let work = f64::from(steps) * self.count as f64;
        // What comes first compiles the kernel; it is not part of the measurement.
        self.dispatch(1);
        self.flags().await?;
        // Two stamps a dispatch; a query set holds at most 4096.
        let dispatches = steps.div_ceil(self.chunk);
        if self.timestamps && dispatches <= 2048 {
            let stamps = 2 * dispatches;
            let bytes = 8 * u64::from(stamps);
            let queries = self.device.create_query_set(&wgpu::QuerySetDescriptor {
                label: Some("measurement"),
                ty: wgpu::QueryType::Timestamp,
                count: stamps,
            });
            let buffer = |usage| {
                self.device.create_buffer(&wgpu::BufferDescriptor {
                    label: Some("measurement"),
                    size: bytes,
                    usage,
                    mapped_at_creation: false,
                })
            };
            let resolved = buffer(wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC);
            let staging = buffer(wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST);
            let begun = Instant::now();
            self.dispatch_by(steps, self.chunk, |i| {
                Some(wgpu::ComputePassTimestampWrites {
                    query_set: &queries,
                    beginning_of_pass_write_index: Some(2 * i),
                    end_of_pass_write_index: Some(2 * i + 1),
                })
            });
            let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
            encoder.resolve_query_set(&queries, 0..stamps, &resolved, 0);
            encoder.copy_buffer_to_buffer(&resolved, 0, &staging, 0, bytes);
            self.queue.submit([encoder.finish()]);
            let raw = map(&self.device, &self.reports, &staging).await?;
            let wall = begun.elapsed().as_secs_f64();
            let ticks: Vec<u64> = bytemuck::pod_collect_to_vec(&raw);
            let inside: u64 = ticks.as_chunks::<2>().0.iter().map(|[a, b]| b.saturating_sub(*a)).sum();
            let seconds = inside as f64 * f64::from(self.queue.get_timestamp_period()) * 1e-9;
            // Some drivers offer stamps and leave them at zero.
            if inside > 0 {
                let kernel_share = (seconds / wall).clamp(0.0, 1.0);
                return Ok(Measurement { steps_per_second: work / wall, kernel_share, by_timestamps: true });
            }
        }
        // As many steps in dispatches of two sizes: what differs is the cost of a dispatch.
        let mut walls = [0.0; 2];
        let sizes = [self.chunk.min(steps), (self.chunk.min(steps) / 8).max(1)];
        for (wall, size) in walls.iter_mut().zip(sizes) {
            let begun = Instant::now();
            self.dispatch_by(steps, size, |_| None);
            self.flags().await?;
            *wall = begun.elapsed().as_secs_f64();
        }
        let number = sizes.map(|size| f64::from(steps.div_ceil(size)));
        let extra = number[1] - number[0];
        let each = if extra > 0.0 { ((walls[1] - walls[0]) / extra).max(0.0) } else { 0.0 };
        let kernel_share = (1.0 - each * number[0] / walls[0]).clamp(0.0, 1.0);
        Ok(Measurement { steps_per_second: work / walls[0], kernel_share, by_timestamps: false })
    }

    /// The buffer of trails, its slots and the slot written next.
    pub(crate) fn ring(&self) -> (&wgpu::Buffer, usize, usize) {
        (&self.trail, self.slots, self.head)
    }
}
