//! Maps over a plane: basins of attraction, and the largest exponent over two parameters.

use super::say::{figures, measured, stated};
use super::tiles::{self, Plane, Tiles};
use super::tuned::{Tuned, chosen, controls, pace, variable, varied};
use super::{Asked, Case, Inquiry, SystemCase};
use crate::build::{axis, integer, number, view};
use crate::contract::{Answer, ArrayRef, Frame, Picture, Question, View, ViewKind};
use crate::error::ExhibitError;
use crate::explorer::{Extent, extent};
use crate::values::Values;
use analysis::{
    Basin, BasinMap, BasinOptions, BasinRun, CarriedFlow, CarriedMap, CellState, FixedPointOptions,
    FixedPointRun, FlowTangent, MapTangent, ParameterAxis, ParameterMap, ParameterMapOptions,
    ParameterMapRun, Rest, RestOfFlow, RestOfMap,
};
use gpu::{Aim, SURVEY_BLOCKS, SurveyOptions};
use web_time::Instant;
use zoo::Field;

/// Steps between two looks at the clock, times the variables.
const SLICE: u64 = 60_000;

fn refused(error: analysis::Error) -> ExhibitError {
    ExhibitError::Refused(error.to_string())
}

/// The system of a case that can be mapped.
fn mapped<'a>(case: &'a Case, what: &str) -> Result<&'a SystemCase, ExhibitError> {
    let Case::System(case) = case else {
        return Err(ExhibitError::Refused(format!("{what} needs equations: a series is one orbit")));
    };
    if let Some(refusal) = case.refusal(what) {
        return Err(ExhibitError::Refused(refusal));
    }
    if case.is_delayed() {
        let name = case.subject.name();
        return Err(ExhibitError::Refused(format!(
            "{what} is not there for delay systems, and {name} has delays"
        )));
    }
    Ok(case)
}

pub(super) fn declare_basins(case: &Case) -> Option<Question> {
    let Case::System(case) = case else { return None };
    if case.start.len() < 2 {
        return None;
    }
    let axes = case.subject.axes();
    let (across, up) = (axes[0].unwrap_or(0), axes[1].unwrap_or(1));
    Some(Question {
        id: "basins".into(),
        title: "Basins and separatrix".into(),
        sentence: "Which attractor each start in a plane leads to, and the border between: the separatrix. The other \
                   variables start as the run does."
            .into(),
        controls: vec![
            variable(case, "across", "across", across),
            variable(case, "up", "up", up),
            number("reach", "reach", [0.1, 100.0], 2.0, 2)
                .logarithmic()
                .help("Width of the plane, in widths of what the orbit and the points of rest near it cover."),
            integer("cells", "cells a side", [8.0, 1024.0], 96.0).logarithmic(),
            number("transient", "transient", [0.0, 1e6], 60.0 * pace(case), 3)
                .open()
                .help("Time until an orbit counts as settled."),
            number("window", "looked at", [0.0, 1e6], 12.0 * pace(case), 3).open(),
            number("tolerance", "tolerance", [0.001, 0.5], 0.05, 3)
                .logarithmic()
                .help("Distance within which two attractors are one, in widths of all of them."),
            tiles::control(),
        ],
    })
}

enum Basins {
    Flow(BasinRun<CarriedFlow<Field<f64>>>),
    Map(BasinRun<CarriedMap<Field<f64>>>),
    Device(Box<Tiles>, Box<Settling>),
}

/// The cells of basins that the device carries.
struct Settling {
    map: BasinMap,
    variables: usize,
    window: f64,
}

impl Plane for Settling {
    fn choose(&mut self) -> Option<(usize, [f64; 2])> {
        self.map.choose().map(|cell| (cell, self.map.place(cell)))
    }

    fn take(&mut self, cell: usize, record: &[f32]) {
        let n = self.variables;
        let rows: Vec<f64> = record.iter().map(|value| f64::from(*value)).collect();
        let (mean, mut low, mut high): (Vec<f64>, _, _) = (
            rows[n..2 * n].iter().map(|total| total / self.window).collect(),
            rows[2 * n..3 * n].to_vec(),
            rows[3 * n..4 * n].to_vec(),
        );
        for j in 0..n {
            // At rest, as far as single precision can tell.
            if high[j] - low[j] <= 1e-5 * (1.0 + libm::fabs(mean[j])) {
                (low[j], high[j]) = (mean[j], mean[j]);
            }
        }
        self.map.take(cell, (record[4 * n] == 0.0).then_some((mean, &low[..], &high[..])));
    }
}

struct BasinInquiry {
    run: Basins,
    slice: u64,
    names: [String; 2],
    all: Vec<String>,
    range: [[f64; 2]; 2],
}

/// What the orbit covers, and the points where the system rests that lie not far from it: their basins are asked for.
fn around_all(case: &SystemCase) -> Result<Extent, ExhibitError> {
    let mut covered = extent(&case.subject, &case.parameters, &case.start, case.dt)?;
    let n = case.start.len();
    if n > 12 {
        return Ok(covered);
    }
    let side = |j: usize, sign: f64| {
        let middle = 0.5 * (covered.low[j] + covered.high[j]);
        // An orbit that has come to rest covers nothing to speak of.
        let half = 2.0 * (covered.high[j] - covered.low[j]) + 3.0 * libm::fabs(middle);
        middle + sign * half
    };
    let options = FixedPointOptions {
        low: (0..n).map(|j| side(j, -1.0)).collect(),
        high: (0..n).map(|j| side(j, 1.0)).collect(),
        seeds: 60,
        states: vec![case.start.clone(), vec![0.0; n]],
        tolerance: 1e-9,
        beyond: 0.0,
    };
    let field = case.subject.field::<f64>(&case.parameters);
    let points = if case.subject.is_map() {
        let rest = RestOfMap::new(field, 1).map_err(refused)?;
        rest_points(FixedPointRun::new(rest, options).map_err(refused)?)
    } else {
        let rest = RestOfFlow::new(field, case.subject.start_time());
        rest_points(FixedPointRun::new(rest, options).map_err(refused)?)
    };
    for point in points {
        for j in 0..n {
            covered.low[j] = if point[j] < covered.low[j] { point[j] } else { covered.low[j] };
            covered.high[j] = if point[j] > covered.high[j] { point[j] } else { covered.high[j] };
        }
    }
    Ok(covered)
}

fn rest_points<R: Rest>(mut run: FixedPointRun<R>) -> Vec<Vec<f64>> {
    // A search cannot fail once begun; what was found until then would do.
    while matches!(run.advance(16), Ok(false)) {}
    run.points().iter().map(|point| point.orbit[0].clone()).collect()
}

pub(super) fn ask_basins(case: &Case, values: &Values) -> Asked {
    let case = mapped(case, "a map of basins")?;
    let covered = around_all(case)?;
    let (across, up) = (chosen(case, values, "across"), chosen(case, values, "up"));
    let (reach, count) = (values.number("reach"), values.integer("cells"));
    let range = |j: usize| {
        let middle = 0.5 * (covered.low[j] + covered.high[j]);
        let half = 0.5 * reach * (covered.high[j] - covered.low[j]);
        [middle - half, middle + half]
    };
    let ranges = [range(across), range(up)];
    let axis = |[from, to]: [f64; 2]| ParameterAxis { from, to, count };
    let steps = |id: &str| libm::ceil(values.number(id) / case.dt) as u64;
    let options = BasinOptions {
        first: (across, axis(ranges[0])),
        second: (up, axis(ranges[1])),
        state: case.start.clone(),
        t0: case.subject.start_time(),
        dt: case.dt,
        transient: steps("transient"),
        window: steps("window").max(1),
        tolerance: values.number("tolerance"),
        bound: case.subject.bound(),
    };
    let field = case.subject.field(&case.parameters);
    let survey = SurveyOptions {
        aim: Aim::Settle,
        plane: [across, up],
        dt: case.dt as f32,
        t0: options.t0 as f32,
        bound: single_bound(case),
        transient: options.transient,
        steps: options.window,
    };
    let run = if let Some(tiles) = Tiles::of(case, values, survey)? {
        let (variables, window) = (case.start.len(), options.window as f64);
        let map = BasinMap::new(options, variables).map_err(refused)?;
        Basins::Device(Box::new(tiles), Box::new(Settling { map, variables, window }))
    } else if case.subject.is_map() {
        Basins::Map(BasinRun::map(field, options).map_err(refused)?)
    } else {
        Basins::Flow(BasinRun::flow(field, options).map_err(refused)?)
    };
    let all = case.subject.variable_names();
    Ok(Box::new(BasinInquiry {
        run,
        slice: (SLICE / case.start.len() as u64).max(1),
        names: [all[across].clone(), all[up].clone()],
        all,
        range: ranges,
    }))
}

/// The bound, within single precision.
fn single_bound(case: &SystemCase) -> f32 {
    let bound = case.subject.bound();
    if bound < 3e38 { bound as f32 } else { 3e38 }
}

impl BasinInquiry {
    fn map(&self) -> &BasinMap {
        match &self.run {
            Basins::Flow(run) => run.plane(),
            Basins::Map(run) => run.plane(),
            Basins::Device(_, settling) => &settling.map,
        }
    }
}

impl Inquiry for BasinInquiry {
    fn advance(&mut self, deadline: Instant) -> Result<bool, ExhibitError> {
        loop {
            let done = match &mut self.run {
                Basins::Flow(run) => run.advance(self.slice),
                Basins::Map(run) => run.advance(self.slice),
                Basins::Device(tiles, settling) => return tiles.advance(deadline, &mut **settling),
            };
            if done.map_err(refused)? {
                return Ok(true);
            }
            if Instant::now() >= deadline {
                return Ok(false);
            }
        }
    }

    fn answer(&self) -> Answer {
        let tiles = if let Basins::Device(tiles, _) = &self.run { Some(&**tiles) } else { None };
        let map = self.map();
        let (attractors, shares, edges) = (map.attractors(), map.shares(), map.separatrix().len());
        let progress = with_tile(map.progress(), map.cells().len(), tiles);
        let mut findings = vec![stated("count", "attractors", attractors.len().to_string())];
        for (number, attractor) in attractors.iter().enumerate().take(20) {
            let kind = if attractor.is_point() { "a point" } else { "a cycle or more" };
            let at = self.all.iter().zip(&attractor.mean).take(4);
            let place: Vec<String> =
                at.map(|(name, value)| format!("{name} = {}", figures(*value))).collect();
            let (share, error) = shares[number + 1];
            let mut finding = measured(
                &format!("basin_{}", number + 1),
                &format!("{}: {kind}", number + 1),
                "",
                share,
                error,
            );
            finding.text = format!("{} of the plane; about {}", finding.text, place.join(", "));
            findings.push(finding);
        }
        let (share, error) = shares[0];
        findings.push(measured("escape", "leads beyond all bounds", "", share, error));
        let cells = map.cells().len();
        findings.push(stated("separatrix", "the separatrix", format!("{edges} edges among {cells} cells")));
        findings.push(tiles::carrier(tiles));
        let note = if map.cells().contains(&Basin::Other) {
            Some(
                "There are more attractors than are told apart: raise the tolerance or the time looked at."
                    .into(),
            )
        } else if attractors.len() > 6 {
            Some(
                "Many attractors can be one that was looked at too shortly: raise the time looked at or the tolerance."
                    .into(),
            )
        } else {
            None
        };
        Answer {
            question: "basins".into(),
            progress,
            finished: progress >= 1.0,
            findings,
            views: vec![heat_view(
                "basins",
                "Basins",
                "by attractor; the border is the separatrix",
                &self.names,
            )],
            note,
        }
    }

    fn frames(&self) -> Vec<Frame> {
        let map = self.map();
        let most = map.attractors().len();
        let values = map.cells().iter().map(|cell| cell.label().map_or(f64::NAN, f64::from)).collect();
        let alternative = format!("{most} basins over the plane of {} and {}.", self.names[0], self.names[1]);
        let top = if most == 0 { 1.0 } else { most as f64 };
        let label = "attractor; 0 escapes";
        vec![heat("basins", map.size(), values, self.range, [0.0, top], label, alternative)]
    }

    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        let (cells, size) = (self.map().cells(), self.map().size());
        let labels = cells.iter().map(|cell| cell.label().map_or(f64::NAN, f64::from));
        (
            vec![self.names[0].clone(), self.names[1].clone(), "attractor".into()],
            rows(size, self.range, labels),
        )
    }
}

fn heat_view(id: &str, title: &str, detail: &str, names: &[String; 2]) -> View {
    let axes = [axis(&names[0]), axis(&names[1])];
    view(id, title, detail, ViewKind::Heat, axes, "A map over a plane.")
}

fn heat(
    id: &str,
    (columns, rows): (usize, usize),
    values: Vec<f64>,
    [x, y]: [[f64; 2]; 2],
    range: [f64; 2],
    label: &str,
    alternative: String,
) -> Frame {
    let picture = Picture::Heat {
        view: id.into(),
        rows: rows as u32,
        columns: columns as u32,
        values: ArrayRef { array: 0 },
        x,
        y,
        range,
        label: label.into(),
        alternative,
    };
    Frame { picture, arrays: vec![values] }
}

/// Place and value of each cell.
fn rows(
    (columns, rows): (usize, usize),
    [x, y]: [[f64; 2]; 2],
    values: impl Iterator<Item = f64>,
) -> Vec<Vec<f64>> {
    let at = |[from, to]: [f64; 2], index: usize, count: usize| {
        let share = if count > 1 { index as f64 / (count - 1) as f64 } else { 0.0 };
        from + share * (to - from)
    };
    let place = |(cell, value): (usize, f64)| {
        vec![at(x, cell % columns, columns), at(y, cell / columns, rows), value]
    };
    values.enumerate().map(place).collect()
}

pub(super) fn declare_exponents(case: &Case) -> Option<Question> {
    let Case::System(case) = case else { return None };
    if case.parameters.len() < 2 {
        return None;
    }
    let mut list = controls(case, "", 0)?;
    list.extend(controls(case, "2", 1)?);
    list.extend([
        integer("cells", "cells a side", [8.0, 512.0], 64.0).logarithmic(),
        number("steps", "steps", [100.0, 1e7], 8_000.0, 0).logarithmic(),
        number("transient", "transient", [0.0, 1e7], 2_000.0, 0),
        tiles::control(),
    ]);
    Some(Question {
        id: "exponent-map".into(),
        title: "Chaos over two parameters".into(),
        sentence:
            "The largest Lyapunov exponent at each pair of values: above zero is chaos, below zero order."
                .into(),
        controls: list,
    })
}

enum Exponents {
    Flow(Box<ParameterMapRun<FlowTangent<Tuned>>>),
    Map(Box<ParameterMapRun<MapTangent<Tuned>>>),
    Device(Box<Tiles>, Box<Measuring>),
}

/// The cells of exponents that the device carries.
struct Measuring {
    map: ParameterMap,
    variables: usize,
    /// Time in each sum of logarithms.
    span: f64,
}

impl Plane for Measuring {
    fn choose(&mut self) -> Option<(usize, [f64; 2])> {
        self.map.choose().map(|cell| (cell, self.map.place(cell)))
    }

    fn take(&mut self, cell: usize, record: &[f32]) {
        let from = 2 * self.variables;
        let mark = record[record.len() - 1];
        let sums = record[from..from + SURVEY_BLOCKS].iter();
        let sums = sums.map(|sum| if mark > 1.0 { f64::NEG_INFINITY } else { f64::from(*sum) / self.span });
        let blocks: Vec<f64> = sums.collect();
        self.map.take(cell, (mark != 1.0).then_some(&blocks));
    }
}

/// What is done, with what a tile is worth by now.
fn with_tile(done: f64, cells: usize, tiles: Option<&Tiles>) -> f64 {
    done + tiles.map_or(0.0, Tiles::under_way) / cells as f64
}

struct ExponentMap {
    run: Exponents,
    slice: u64,
    names: [String; 2],
    range: [[f64; 2]; 2],
}

pub(super) fn ask_exponents(case: &Case, values: &Values) -> Asked {
    let case = mapped(case, "a map of exponents")?;
    let (first, second) = (varied(case, values, "")?, varied(case, values, "2")?);
    if first.index == second.index {
        let message = format!("both axes vary {}: choose another parameter for one of them", first.name);
        return Err(ExhibitError::Refused(message));
    }
    let count = values.integer("cells");
    let options = ParameterMapOptions {
        first: ParameterAxis { from: first.from, to: first.to, count },
        second: ParameterAxis { from: second.from, to: second.to, count },
        dt: case.dt,
        transient: values.number("transient") as u64,
        steps: values.number("steps") as u64,
        bound: case.subject.bound(),
        ..ParameterMapOptions::default()
    };
    let tuned = Tuned::new(case, &[first.index, second.index]);
    let survey = SurveyOptions {
        aim: Aim::Exponent,
        plane: [first.index, second.index],
        dt: case.dt as f32,
        t0: 0.0,
        bound: single_bound(case),
        transient: options.transient,
        steps: options.steps,
    };
    let run = if let Some(tiles) = Tiles::of(case, values, survey)? {
        let kind = if case.subject.is_map() { gpu::Kind::Map } else { gpu::Kind::Flow };
        let step = if case.subject.is_map() { 1.0 } else { case.dt };
        let span = survey.summed(kind) as f64 * step;
        let map = ParameterMap::new(options).map_err(refused)?;
        let variables = case.start.len();
        Exponents::Device(Box::new(tiles), Box::new(Measuring { map, variables, span }))
    } else if case.subject.is_map() {
        Exponents::Map(Box::new(ParameterMapRun::map(tuned, options, &case.start).map_err(refused)?))
    } else {
        Exponents::Flow(Box::new(ParameterMapRun::flow(tuned, options, &case.start).map_err(refused)?))
    };
    let n = case.start.len() as u64;
    Ok(Box::new(ExponentMap {
        run,
        slice: (SLICE / (n * n)).max(1),
        names: [first.name, second.name],
        range: [[first.from, first.to], [second.from, second.to]],
    }))
}

impl ExponentMap {
    fn map(&self) -> &ParameterMap {
        match &self.run {
            Exponents::Flow(run) => run.plane(),
            Exponents::Map(run) => run.plane(),
            Exponents::Device(_, measuring) => &measuring.map,
        }
    }
}

impl Inquiry for ExponentMap {
    fn advance(&mut self, deadline: Instant) -> Result<bool, ExhibitError> {
        loop {
            let done = match &mut self.run {
                Exponents::Flow(run) => run.advance(self.slice),
                Exponents::Map(run) => run.advance(self.slice),
                Exponents::Device(tiles, measuring) => return tiles.advance(deadline, &mut **measuring),
            };
            if done.map_err(refused)? {
                return Ok(true);
            }
            if Instant::now() >= deadline {
                return Ok(false);
            }
        }
    }

    fn answer(&self) -> Answer {
        let tiles = if let Exponents::Device(tiles, _) = &self.run { Some(&**tiles) } else { None };
        let cells = self.map().cells();
        let known: Vec<_> = cells
            .iter()
            .filter(|c| matches!(c.state, CellState::Converged | CellState::Unconverged))
            .collect();
        let total = known.len().max(1) as f64;
        let share = |count: usize| {
            let p = count as f64 / total;
            (p, libm::sqrt(p * (1.0 - p) / total))
        };
        let chaotic = share(known.iter().filter(|c| c.exponent > 2.0 * c.error).count());
        let loose = known.iter().filter(|c| c.state == CellState::Unconverged).count();
        let diverged = cells.iter().filter(|c| c.state == CellState::Diverged).count();
        let errors = known.iter().map(|c| c.error).filter(|e| e.is_finite());
        let worst = errors.fold(0.0, |most, e| if e > most { e } else { most });
        let largest =
            known.iter().map(|c| c.exponent).fold(f64::NEG_INFINITY, |a, b| if b > a { b } else { a });
        let mut findings = vec![
            measured("chaotic", "chaotic share of the plane", "", chaotic.0, chaotic.1),
            measured("largest", "largest exponent met", "", largest, worst),
            stated("unconverged", "unconverged cells", format!("{loose} of {}", known.len())),
        ];
        if diverged > 0 {
            findings.push(stated("diverged", "cells that diverge", diverged.to_string()));
        }
        findings.push(tiles::carrier(tiles));
        let progress = with_tile(self.map().progress(), cells.len(), tiles);
        Answer {
            question: "exponent-map".into(),
            progress,
            finished: progress >= 1.0,
            findings,
            views: vec![heat_view("exponents", "Largest exponent", "above zero is chaos", &self.names)],
            note: (loose > 0)
                .then(|| "Take more steps where the map must be exact: the errors are told.".into()),
        }
    }

    fn frames(&self) -> Vec<Frame> {
        let cells = self.map().cells();
        let values: Vec<f64> = cells.iter().map(|cell| cell.exponent).collect();
        let finite = || values.iter().filter(|v| v.is_finite());
        let low = finite().fold(0.0, |a, b| if *b < a { *b } else { a });
        let high = finite().fold(1e-6, |a, b| if *b > a { *b } else { a });
        let alternative =
            format!("The largest exponent over {} and {}, up to {high:.3}.", self.names[0], self.names[1]);
        vec![heat("exponents", self.map().size(), values, self.range, [low, high], "exponent", alternative)]
    }

    fn table(&self) -> (Vec<String>, Vec<Vec<f64>>) {
        let names = vec![self.names[0].clone(), self.names[1].clone(), "exponent".into(), "error".into()];
        let cells = self.map().cells();
        let mut rows = rows(self.map().size(), self.range, cells.iter().map(|cell| cell.exponent));
        for (row, cell) in rows.iter_mut().zip(cells) {
            row.push(cell.error);
        }
        (names, rows)
    }
}
