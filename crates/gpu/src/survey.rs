//! One orbit a cell of a plane on the GPU: what starts settle to, or the largest exponent over two parameters.

use crate::device::{Device, GpuError, PATIENCE, Reply, Reports, TIMEOUT, copied};
use crate::ensemble::{ACROSS, CHUNK, shape};
use crate::kernel::{GROUP, Kernel, Kind, Method, UNIFORM_PARAMETERS, array_function, constants, values};
use crate::twin;
use bytemuck::{Pod, Zeroable};
use equations::SURVEY_VARIABLES;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use web_time::Instant;

/// Blocks of steps in which logarithms are added up; their means tell an exponent's error.
pub const BLOCKS: usize = 8;
/// Numbers in the records of one tile. A slice of [`CHUNK`] steps of so many takes a weak GPU some ten milliseconds.
const TILE: usize = 1 << 20;
/// The same where a processor plays the GPU.
const SOFTWARE_TILE: usize = 1 << 17;
/// Slices that the device has in hand: enough to be busy between two looks at it.
const DEPTH: u64 = 8;
/// The same where a processor plays the GPU.
const SOFTWARE_DEPTH: u64 = 2;

/// What a survey finds out about each cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// Over a plane of two starting values: sum, least and greatest value of each variable over a window.
    Settle,
    /// Over a plane of two parameters: the largest Lyapunov exponent, from a tangent vector that `rhs_along` carries
    /// by the exact Jacobian.
    Exponent,
}

/// How a plane is surveyed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SurveyOptions {
    /// What is found out.
    pub aim: Aim,
    /// The two variables, or the two parameters, that vary from cell to cell.
    pub plane: [usize; 2],
    /// Step of Runge-Kutta 4; a map goes by 1 whatever it says.
    pub dt: f32,
    /// Time at the start.
    pub t0: f32,
    /// Magnitude beyond which an orbit is lost.
    pub bound: f32,
    /// Steps before anything is measured.
    pub transient: u64,
    /// Steps that are measured. Those of an exponent are rounded down to eight blocks of at least one normalisation.
    pub steps: u64,
}

/// When a slice ends, and what it measures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    /// Steps between normalisations: at each of a map, whose tangent vectors can change by any factor.
    pub(crate) every: u32,
    transient: u64,
    block: u64,
    blocks: u64,
}

impl Schedule {
    pub(crate) fn new(kind: Kind, options: &SurveyOptions) -> Self {
        let (every, blocks) = match (options.aim, kind) {
            (Aim::Settle, _) => (1, 1),
            (Aim::Exponent, Kind::Map) => (1, BLOCKS as u64),
            (Aim::Exponent, Kind::Flow) => (8, BLOCKS as u64),
        };
        let whole = u64::from(every);
        let block = (options.steps / blocks / whole).max(1) * whole;
        Self { every, transient: options.transient.div_ceil(whole) * whole, block, blocks }
    }

    /// All steps.
    fn end(&self) -> u64 {
        self.transient + self.block * self.blocks
    }

    /// The steps of the next slice, and the block that it belongs to; none in the transient.
    pub(crate) fn slice(&self, taken: u64) -> Option<(u32, Option<u32>)> {
        let (end, block) = match taken.checked_sub(self.transient) {
            None => (self.transient, None),
            Some(_) if taken >= self.end() => return None,
            Some(measured) => {
                let number = measured / self.block;
                (self.transient + (number + 1) * self.block, Some(number as u32))
            }
        };
        Some(((end - taken).min(CHUNK.into()) as u32, block))
    }
}

impl SurveyOptions {
    /// Numbers of a cell's record of `n` variables.
    ///
    /// To settle: the state, then the sum, the least and the greatest value of each variable over the window. For an
    /// exponent: the state, the tangent vector, [`BLOCKS`] sums of logarithms, both parameters. The last number of each
    /// is the mark: 0, 1 for an orbit that was lost, 2 for a tangent vector that vanished.
    pub fn record(&self, n: usize) -> usize {
        match self.aim {
            Aim::Settle => 4 * n + 1,
            Aim::Exponent => 2 * n + BLOCKS + 3,
        }
    }

    /// Steps in each sum of a record.
    pub fn summed(&self, kind: Kind) -> u64 {
        Schedule::new(kind, self).block
    }

    /// The records at the start, cell by cell.
    pub(crate) fn records(&self, start: &[f32], places: &[[f32; 2]]) -> Vec<f32> {
        let n = start.len();
        let mut records = Vec::with_capacity(places.len() * self.record(n));
        for place in places {
            let from = records.len();
            records.extend_from_slice(start);
            match self.aim {
                Aim::Settle => {
                    for (j, value) in self.plane.iter().zip(place) {
                        records[from + j] = *value;
                    }
                    records.resize(from + 2 * n, 0.0);
                    records.resize(from + 3 * n, f32::MAX);
                    records.resize(from + 4 * n, f32::MIN);
                }
                Aim::Exponent => {
                    // A direction that lies in no plane of coordinates.
                    records.extend((0..n).map(|j| 1.0 / (1.0 + j as f32)));
                    records.resize(from + 2 * n + BLOCKS, 0.0);
                    records.extend(place);
                }
            }
            records.push(0.0);
        }
        records
    }
}

/// The uniform of a slice, as the kernel lays it out.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct RunUniform {
    t0: f32,
    dt: f32,
    half: f32,
    sixth: f32,
    bound: f32,
    steps: u32,
    count: u32,
    across: u32,
    every: u32,
    measure: u32,
    block: u32,
    pad: u32,
}

/// The text of a survey's kernel.
fn text(kernel: &Kernel, options: &SurveyOptions) -> String {
    let n = kernel.dimension;
    let mut text = String::from(include_str!("shaders/survey.wgsl"));
    text.push_str(&kernel.rhs);
    let record = options.record(n);
    let _ = writeln!(text, "\nconst DIMENSION = {n}u;\nconst ENS_RECORD = {record}u;");
    constants(&mut text, kernel.parameters.max(1));
    values(&mut text, kernel, Method::RungeKutta4, [None; 3]);
    let mut each = |name: &str, arguments: &str, element: &dyn Fn(&str) -> String| {
        text.push_str(&array_function(name, arguments, n, "EnsState", element));
    };
    match options.aim {
        Aim::Settle => {
            each("ens_sum", "a: EnsState, b: EnsState", &|j| format!("a[{j}] + b[{j}]"));
            each("ens_low", "a: EnsState, b: EnsState", &|j| format!("min(a[{j}], b[{j}])"));
            each("ens_high", "a: EnsState, b: EnsState", &|j| format!("max(a[{j}], b[{j}])"));
            text.push_str(include_str!("shaders/settle.wgsl"));
        }
        Aim::Exponent => {
            each("ens_shrunk", "v: EnsState, size: f32", &|j| format!("v[{j}] / size"));
            let size = (1..n).fold("abs(v[0])".to_owned(), |most, j| format!("max({most}, abs(v[{j}]))"));
            let square = (0..n).map(|j| format!("v[{j}] * v[{j}]")).collect::<Vec<_>>().join(" + ");
            let [first, second] = options.plane;
            let _ = writeln!(
                text,
                "fn ens_size(v: EnsState) -> f32 {{ return {size}; }}
fn ens_square(v: EnsState) -> f32 {{ return {square}; }}
fn ens_parameters_at(place: u32) -> EnsParameters {{
    var p = ens_parameters();
    p[{first}] = ens_states[place];
    p[{second}] = ens_states[place + 1u];
    return p;
}}
struct EnsPair {{ x: EnsState, v: EnsState }}
fn ens_pair(t: f32, x: EnsState, v: EnsState, p: EnsParameters) -> EnsPair {{{}}}",
                match kernel.kind {
                    Kind::Map => " return EnsPair(rhs(t, x, p), rhs_along(t, x, p, v)); ",
                    Kind::Flow =>
                        "
    let a = rhs(t, x, p);
    let va = rhs_along(t, x, p, v);
    let xb = ens_along(x, a, ens_run.half);
    let b = rhs(t + ens_run.half, xb, p);
    let vb = rhs_along(t + ens_run.half, xb, p, ens_along(v, va, ens_run.half));
    let xc = ens_along(x, b, ens_run.half);
    let c = rhs(t + ens_run.half, xc, p);
    let vc = rhs_along(t + ens_run.half, xc, p, ens_along(v, vb, ens_run.half));
    let xd = ens_along(x, c, ens_run.dt);
    let d = rhs(t + ens_run.dt, xd, p);
    let vd = rhs_along(t + ens_run.dt, xd, p, ens_along(v, vc, ens_run.dt));
    return EnsPair(ens_combine(x, a, b, c, d), ens_combine(v, va, vb, vc, vd));
",
                },
            );
            text.push_str(include_str!("shaders/exponent.wgsl"));
        }
    }
    if !kernel.data.is_empty() {
        text.push_str("@group(0) @binding(5) var<storage, read> ens_data: array<u32>;\n");
    }
    text
}

/// Orbits over a plane on the GPU, a tile of cells at a time.
///
/// A tile is stepped in slices, each a dispatch of bounded work, and read back when all are done. Nothing here waits for
/// the device: [`Survey::advance`] hands it what it can take and says when the tile's records are there. All is in f32:
/// the cells agree with those of the CPU in f64 as statistics, not one by one, where orbits are sensitive.
#[derive(Debug)]
pub struct Survey {
    device: wgpu::Device,
    queue: wgpu::Queue,
    reports: Arc<Reports>,
    pipeline: wgpu::ComputePipeline,
    bindings: wgpu::BindGroup,
    /// Run, parameters, records, read-back, and what the kernel reads beside them.
    buffers: Vec<wgpu::Buffer>,
    options: SurveyOptions,
    schedule: Schedule,
    step: f32,
    start: Vec<f32>,
    capacity: usize,
    depth: u64,
    /// Cells of the tile in hand; 0 for none.
    count: usize,
    taken: u64,
    submitted: u64,
    finished: Arc<AtomicU64>,
    /// Slices that were done at the last look, and since when.
    seen: (u64, Instant),
    reading: Option<Reply<Result<(), wgpu::BufferAsyncError>>>,
}

impl Drop for Survey {
    fn drop(&mut self) {
        // In a browser the memory would otherwise wait for the garbage collector.
        self.buffers.iter().for_each(wgpu::Buffer::destroy);
    }
}

impl Survey {
    /// A survey with a kernel of [`Kernel::along`], from a state and parameters of which two are replaced in each cell.
    ///
    /// # Errors
    /// [`GpuError::Shape`] for sizes that do not belong together, for more than [`SURVEY_VARIABLES`] variables and for
    /// random inputs; [`GpuError::Refused`] for a kernel that does not compile (in a browser that comes to light later).
    pub fn new(
        device: &Device,
        kernel: &Kernel,
        start: &[f32],
        parameters: &[f32],
        options: SurveyOptions,
    ) -> Result<Self, GpuError> {
        let n = kernel.dimension;
        if n == 0 || n > SURVEY_VARIABLES {
            return Err(shape("number of variables", n, format!("from 1 to {SURVEY_VARIABLES}")));
        }
        if !kernel.draws.is_empty() || kernel.memory.is_some() {
            return Err(shape(
                "number of random inputs",
                kernel.draws.len(),
                "none, and a function of values",
            ));
        }
        if start.len() != n {
            return Err(shape("number of starting values", start.len(), n.to_string()));
        }
        if parameters.len() != kernel.parameters {
            return Err(shape("number of parameters", parameters.len(), kernel.parameters.to_string()));
        }
        let most = if options.aim == Aim::Settle { n } else { kernel.parameters };
        let [first, second] = options.plane;
        if first == second || first.max(second) >= most {
            let wanted = format!("two different ones below {most}");
            return Err(shape("axis of the plane", first.max(second), wanted));
        }
        let software = device.is_software();
        let capacity = if software { SOFTWARE_TILE } else { TILE } / options.record(n);
        let bytes = 4 * (capacity * options.record(n)) as u64;
        let gpu = &device.device;
        let buffer = |size: u64, usage| {
            gpu.create_buffer(&wgpu::BufferDescriptor {
                label: Some("survey"),
                size: size.next_multiple_of(16),
                usage: usage | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        };
        let storage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC;
        let few = kernel.parameters.max(1) <= UNIFORM_PARAMETERS;
        let constants = if few { wgpu::BufferUsages::UNIFORM } else { wgpu::BufferUsages::STORAGE };
        let pipeline = device.compute("survey", text(kernel, &options))?;
        let mut buffers = vec![
            buffer(size_of::<RunUniform>() as u64, wgpu::BufferUsages::UNIFORM),
            buffer(4 * kernel.parameters.max(1) as u64, constants),
            buffer(bytes, storage),
            buffer(bytes, wgpu::BufferUsages::MAP_READ),
        ];
        device.queue.write_buffer(&buffers[1], 0, bytemuck::cast_slice(parameters));
        if !kernel.data.is_empty() {
            let data = buffer(4 * kernel.data.len() as u64, storage);
            device.queue.write_buffer(&data, 0, bytemuck::cast_slice(&kernel.data));
            buffers.push(data);
        }
        let bound = [(0, 0), (1, 1), (2, 2), (5, 4)];
        let entry = |(binding, at): (u32, usize)| {
            Some(wgpu::BindGroupEntry { binding, resource: buffers.get(at)?.as_entire_binding() })
        };
        let entries: Vec<_> = bound.into_iter().filter_map(entry).collect();
        let bindings = gpu.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("survey"),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        device.reports.check()?;
        Ok(Self {
            device: gpu.clone(),
            queue: device.queue.clone(),
            reports: device.reports.clone(),
            pipeline,
            bindings,
            buffers,
            options,
            schedule: Schedule::new(kernel.kind, &options),
            step: if kernel.kind == Kind::Map { 1.0 } else { options.dt },
            start: start.to_vec(),
            capacity,
            depth: if software { SOFTWARE_DEPTH } else { DEPTH },
            count: 0,
            taken: 0,
            submitted: 0,
            finished: Arc::default(),
            seen: (0, Instant::now()),
            reading: None,
        })
    }

    /// Most cells of a tile.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Cells of the tile in hand; 0 when there is none.
    pub fn cells(&self) -> usize {
        self.count
    }

    /// Share of the tile's steps that the device has taken.
    pub fn progress(&self) -> f64 {
        let open = self.submitted - self.finished.load(Ordering::Relaxed);
        self.taken.saturating_sub(open * u64::from(CHUNK)) as f64 / self.schedule.end() as f64
    }

    /// Takes a tile up: the two values of each of its cells, those beyond the capacity left out. One in hand is given up.
    pub fn begin(&mut self, places: &[[f32; 2]]) {
        let places = &places[..places.len().min(self.capacity)];
        if self.reading.take().is_some() {
            self.buffers[3].unmap();
        }
        let records = self.options.records(&self.start, places);
        self.queue.write_buffer(&self.buffers[2], 0, bytemuck::cast_slice(&records));
        (self.count, self.taken) = (places.len(), 0);
        self.seen.1 = Instant::now();
    }

    /// Hands the device what it can take, without waiting for it. When the tile is done: its records, each as
    /// [`SurveyOptions::record`] lays it out, and no tile is in hand any more.
    ///
    /// # Errors
    /// Whatever the device reports, and [`GpuError::Timeout`] when it has done nothing for long.
    pub fn advance(&mut self) -> Result<Option<Vec<f32>>, GpuError> {
        // Natively callbacks run inside `poll`.
        #[cfg(not(target_arch = "wasm32"))]
        self.device.poll(wgpu::PollType::Poll).map_err(|error| GpuError::Refused(error.to_string()))?;
        self.reports.check()?;
        if self.count == 0 {
            return Ok(None);
        }
        let bytes = 4 * (self.count * self.options.record(self.start.len())) as u64;
        if let Some(result) = self.reading.as_ref().and_then(Reply::take) {
            self.reading = None;
            self.count = 0;
            let raw = copied(&self.buffers[3], bytes, result)?;
            return Ok(Some(bytemuck::pod_collect_to_vec(&raw)));
        }
        let finished = self.finished.load(Ordering::Relaxed);
        if finished != self.seen.0 {
            self.seen = (finished, Instant::now());
        } else if self.seen.1.elapsed() > PATIENCE {
            return Err(TIMEOUT);
        }
        while self.reading.is_none() && self.submitted - finished < self.depth {
            match self.schedule.slice(self.taken) {
                Some((steps, block)) => self.submit(steps, block),
                None => {
                    let (from, to) = (&self.buffers[2], &self.buffers[3]);
                    let mut encoder = self.device.create_command_encoder(&Default::default());
                    encoder.copy_buffer_to_buffer(from, 0, to, 0, bytes);
                    self.queue.submit([encoder.finish()]);
                    let reply = Reply::new();
                    let answer = reply.clone();
                    to.map_async(wgpu::MapMode::Read, ..bytes, move |result| answer.set(result));
                    self.reading = Some(reply);
                }
            }
        }
        Ok(None)
    }

    fn submit(&mut self, steps: u32, block: Option<u32>) {
        let groups = (self.count as u32).div_ceil(GROUP);
        let across = groups.min(ACROSS);
        let run = RunUniform {
            t0: twin::time(self.options.t0.into(), self.taken, self.step),
            dt: self.step,
            half: 0.5 * self.step,
            sixth: self.step / 6.0,
            bound: self.options.bound,
            steps,
            count: self.count as u32,
            across,
            every: self.schedule.every,
            measure: block.is_some().into(),
            block: block.unwrap_or(0),
            pad: 0,
        };
        self.queue.write_buffer(&self.buffers[0], 0, bytemuck::bytes_of(&run));
        let mut encoder = self.device.create_command_encoder(&Default::default());
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bindings, &[]);
        pass.dispatch_workgroups(across, groups.div_ceil(across.max(1)), 1);
        drop(pass);
        self.queue.submit([encoder.finish()]);
        let finished = self.finished.clone();
        self.queue.on_submitted_work_done(move || {
            finished.fetch_add(1, Ordering::Relaxed);
        });
        self.submitted += 1;
        self.taken += u64::from(steps);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(aim: Aim, plane: [usize; 2]) -> SurveyOptions {
        SurveyOptions { aim, plane, dt: 0.01, t0: 0.0, bound: 1e6, transient: 100, steps: 1000 }
    }

    #[test]
    fn kernels_of_the_zoo_are_valid() {
        let mut taken = 0;
        for system in zoo::systems() {
            for aim in [Aim::Settle, Aim::Exponent] {
                let Ok(kernel) = Kernel::along(system.model(), aim == Aim::Exponent) else { continue };
                let many = kernel.dimension > 1 && (aim == Aim::Settle || kernel.parameters > 1);
                if !many {
                    continue;
                }
                let text = text(&kernel, &options(aim, [0, 1]));
                let module = naga::front::wgsl::parse_str(&text)
                    .unwrap_or_else(|e| panic!("{}\n{text}", e.emit_to_string(&text)));
                let flags = naga::valid::ValidationFlags::all();
                naga::valid::Validator::new(flags, naga::valid::Capabilities::empty())
                    .validate(&module)
                    .unwrap_or_else(|e| panic!("{e:?}\n{text}"));
                taken += 1;
            }
        }
        assert!(taken > zoo::systems().len(), "{taken}");
    }

    #[test]
    fn slices_end_where_what_they_measure_changes() {
        let given = SurveyOptions { transient: 300, steps: 1000, ..options(Aim::Exponent, [0, 1]) };
        let schedule = Schedule::new(Kind::Flow, &given);
        let (mut taken, mut blocks) = (0, Vec::new());
        while let Some((steps, block)) = schedule.slice(taken) {
            assert!(steps > 0 && steps.is_multiple_of(8) && steps <= CHUNK);
            taken += u64::from(steps);
            blocks.push((block, taken));
        }
        assert_eq!(blocks[..3], [(None, 256), (None, 304), (Some(0), 424)]);
        assert_eq!((blocks.len(), taken), (10, 304 + 8 * 120));
        assert_eq!(given.summed(Kind::Flow), 120);
        let none = Schedule::new(Kind::Map, &SurveyOptions { transient: 0, steps: 0, ..given });
        assert_eq!((none.slice(0), none.slice(8)), (Some((1, Some(0))), None));
    }

    #[test]
    fn a_dropped_survey_frees_its_buffers() {
        let Ok(device) = pollster::block_on(Device::request(None)) else { return };
        let model = equations::parse("x'=y\ny'=x-x^3-k*y\npar k=0.3").into_model().unwrap();
        let kernel = Kernel::along(&model, false).unwrap();
        let options = options(Aim::Settle, [0, 1]);
        let mut survey = Survey::new(&device, &kernel, &[0.0; 2], &[0.3], options).unwrap();
        survey.begin(&[[0.5, 0.0]; 10]);
        while survey.submitted == 0 {
            survey.advance().unwrap();
        }
        let kept = survey.buffers.clone();
        drop(survey);
        for buffer in &kept[..3] {
            device.queue.write_buffer(buffer, 0, &[0; 16]);
            let said = device.reports.check().unwrap_err().to_string();
            assert!(said.contains("destroyed"), "{said}");
        }
    }
}
