//! The one table of what was measured, each figure beside its goal.

use crate::error::Error;
use crate::report::{DeviceReport, Figures, Measured, Measures, Peer, Peers};
use crate::zoo_speed::{COMPILED, TYPED};
use serde::{Deserialize, Serialize};

/// What `house-bench measure` prints.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Native {
    /// Cores that this program may use.
    pub cores: usize,
    /// System and processor.
    pub platform: String,
    /// Programs that wanted a core in the minute before, where the system tells.
    pub load: Option<f64>,
    /// What one core did.
    pub figures: Figures,
    /// Every system of the zoo.
    pub zoo: Figures,
    /// The solver beside other programs.
    pub peers: Peers,
    /// Measures of dynamics beside those of other programs.
    pub measures: Measures,
    /// What the GPU did.
    pub device: DeviceReport,
}

/// What the walk through the browser wrote.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Browser {
    /// Version of the browser.
    pub version: String,
    /// Version of TensorFlow.js.
    pub tensorflow_version: String,
    /// The module with SIMD.
    pub simd: Figures,
    /// The module without.
    pub scalar: Figures,
    /// Every system of the zoo, in the module with SIMD.
    pub zoo: Figures,
    /// What the GPU did.
    pub device: DeviceReport,
    /// Its backends.
    pub tensorflow: Vec<Backend>,
    /// Milliseconds from asking for the page to its first picture, load by load.
    pub first_pictures: Vec<f64>,
    /// Bytes of the light module by brotli.
    pub light_bytes: u64,
}

/// What a backend of TensorFlow.js did.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Backend {
    /// Its name.
    pub name: String,
    /// Why nothing was measured; empty when something was.
    pub absent: String,
    /// Seconds a training step.
    pub seconds: f64,
    /// Steps that were timed.
    pub steps: u64,
    /// Loss before the first update.
    pub first: f64,
    /// Loss after as many updates as the fused network's later loss.
    pub later: Option<f64>,
    /// Loss at the end.
    pub last: f64,
}

/// A goal for a ratio or a number.
enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

struct Row {
    what: String,
    value: String,
    goal: String,
    verdict: &'static str,
}

fn row(what: impl Into<String>, value: impl Into<String>) -> Row {
    Row { what: what.into(), value: value.into(), goal: String::new(), verdict: "" }
}

impl Row {
    fn held(mut self, measured: f64, goal: &Goal, unit: &str) -> Self {
        let (words, good) = match *goal {
            Goal::AtLeast(bound) => (format!("at least {bound}{unit}"), measured >= bound),
            Goal::AtMost(bound) => (format!("at most {bound}{unit}"), measured <= bound),
        };
        self.goal = words;
        self.verdict = if good { "yes" } else { "no" };
        self
    }
}

fn ratio(what: &str, value: f64, goal: &Goal) -> Row {
    row(format!("  {what}"), format!("{value:.2} ×")).held(value, goal, " ×")
}

fn rate(what: &str, value: f64) -> Row {
    row(what, format!("{:.1} million steps/s", value / 1e6))
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

fn wrong(what: impl Into<String>, found: impl ToString, wanted: impl ToString) -> Error {
    Error::Wrong { what: what.into(), found: found.to_string(), wanted: wanted.to_string() }
}

/// Every digest of the native program is that of both modules.
fn same_bits(native: &Figures, module: &Figures, name: &str) -> Result<(), Error> {
    if native.digests.is_empty() {
        return Err(Error::Absent("digests of the native program".into()));
    }
    for (what, digest) in &native.digests {
        match module.digests.get(what) {
            Some(other) if other == digest => {}
            Some(other) => return Err(wrong(format!("the digest of `{what}` in the {name}"), other, digest)),
            None => return Err(Error::Absent(format!("{what} in the {name}"))),
        }
    }
    Ok(())
}

/// The backend trained the same network: it began at the same loss, and went down with it.
fn same_training(backend: &Backend, fused: &Figures) -> Result<(), Error> {
    let (first, later) = (fused.of("loss at first")?, fused.of("loss later")?);
    let name = &backend.name;
    let near = |found: f64, wanted: f64, share: f64| (found - wanted).abs() <= share * wanted;
    if !near(backend.first, first, 1e-4) {
        return Err(wrong(format!("the first loss of {name}"), backend.first, first));
    }
    // The slow one takes too few updates to compare.
    if let Some(theirs) = backend.later
        && !near(theirs, later, 1e-2)
    {
        return Err(wrong(format!("the later loss of {name}"), theirs, later));
    }
    let falls = backend.last < backend.first;
    if !falls {
        return Err(wrong(
            format!("the last loss of {name}"),
            backend.last,
            format!("under {}", backend.first),
        ));
    }
    Ok(())
}

fn device_rows(rows: &mut Vec<Row>, place: &str, report: &DeviceReport) {
    let what = format!("Lorenz ensemble, f32, GPU, {place}");
    if !report.absent.is_empty() {
        rows.push(row(what, "no adapter"));
        return;
    }
    rows.push(rate(
        &format!("{what}, {} copies on {}", report.trajectories, report.adapter),
        report.steps_per_second,
    ));
    let how = if report.by_timestamps { "by timestamps" } else { "by dispatches of two sizes" };
    let outside = 100.0 * (1.0 - report.kernel_share);
    rows.push(row(format!("  outside the kernel, {how}"), format!("{outside:.1} % of the time")));
}

/// What one kind of figure says of every system, in the order of the names.
fn by_system<'a>(figures: &'a Figures, kind: &str) -> Vec<(&'a str, f64)> {
    let of = figures.values.iter();
    of.filter_map(|(name, value)| Some((name.strip_prefix(kind)?, *value))).collect()
}

/// The median of some values of systems, and the least and the greatest of them with their names.
fn spread(mut of: Vec<(&str, f64)>, words: impl Fn(f64) -> String) -> Result<(f64, String), Error> {
    of.sort_by(|a, b| a.1.total_cmp(&b.1));
    let (Some(least), Some(middle), Some(greatest)) = (of.first(), of.get(of.len() / 2), of.last()) else {
        return Err(Error::Absent("any system of the zoo".into()));
    };
    let end = |(slug, value): &(&str, f64)| format!("{} {slug}", words(*value));
    Ok((middle.1, format!("{} to {}", end(least), end(greatest))))
}

/// One value over the other, system by system.
fn ratios<'a>(of: &[(&'a str, f64)], to: &[(&'a str, f64)]) -> Result<Vec<(&'a str, f64)>, Error> {
    if of.iter().map(|(slug, _)| slug).ne(to.iter().map(|(slug, _)| slug)) {
        return Err(wrong("the list of systems in a report", "another one", "the same in all"));
    }
    Ok(of.iter().zip(to).map(|((slug, a), (_, b))| (*slug, a / b)).collect())
}

fn zoo_rows(rows: &mut Vec<Row>, native: &Figures, wasm: &Figures) -> Result<(), Error> {
    let count = by_system(native, COMPILED).len();
    rows.push(row(format!("one f64 trajectory of each of {count} systems, RK4 or iterations, median"), ""));
    let speed = |value: f64| format!("{:.3}", value / 1e6);
    let times = |value: f64| format!("{value:.2} ×");
    let mut push = |what: String, of: Vec<(&str, f64)>, unit: &str, words: &dyn Fn(f64) -> String| {
        let (middle, ends) = spread(of, words)?;
        rows.push(row(format!("  {what}; {ends}"), format!("{}{unit}", words(middle))));
        Ok::<(), Error>(())
    };
    for (kind, how) in [(COMPILED, "compiled"), (TYPED, "typed")] {
        for (place, figures) in [("native", native), ("wasm with SIMD", wasm)] {
            push(format!("{how}, {place}"), by_system(figures, kind), " million steps/s", &speed)?;
        }
    }
    for (place, figures) in [("native", native), ("wasm with SIMD", wasm)] {
        let slower = ratios(&by_system(figures, COMPILED), &by_system(figures, TYPED))?;
        push(format!("time of typed equations against compiled, {place}"), slower, "", &times)?;
    }
    for (kind, how) in [(COMPILED, "compiled"), (TYPED, "typed")] {
        let slower = ratios(&by_system(native, kind), &by_system(wasm, kind))?;
        push(format!("time of wasm against native, {how}"), slower, "", &times)?;
    }
    Ok(())
}

fn peer_rows(rows: &mut Vec<Row>, peers: &Peers) {
    let clock = if peers.processor_time { "processor time" } else { "wall time" };
    let a_step = |seconds: f64| format!("{:.1} ns a step", seconds * 1e9);
    let what = format!("one Lorenz trajectory, f64, RK4, {clock}");
    rows.push(row(format!("{what}, compiled"), a_step(peers.compiled)));
    rows.push(row("  the same, typed", a_step(peers.typed)));
    let mut other = |name: &str, peer: &Peer, goals: &[(&str, f64, Goal)]| {
        let what = format!("  the same, {name}");
        if !peer.absent.is_empty() {
            rows.push(row(what, format!("not measured: {}", peer.absent)));
            return;
        }
        rows.push(row(what, a_step(peer.seconds)));
        for (how, own, goal) in goals {
            rows.push(ratio(&format!("faster than {name}, {how}"), peer.seconds / own, goal));
        }
    };
    let (compiled, typed) = (("compiled", peers.compiled), ("typed", peers.typed));
    other(
        "XPPAUT",
        &peers.xppaut,
        &[(compiled.0, compiled.1, Goal::AtLeast(10.0)), (typed.0, typed.1, Goal::AtLeast(3.0))],
    );
    other("a loop compiled by numba", &peers.numba, &[(compiled.0, compiled.1, Goal::AtLeast(1.0))]);
}

/// What of a larger error still counts as none: where both draw the same line through the same curve, which only the last
/// few points tell apart.
const SAME_ERROR: f64 = 1.01;

fn measure_rows(rows: &mut Vec<Row>, measures: &Measures) {
    let clock = if measures.processor_time { "processor time" } else { "wall time" };
    let words = |m: &Measured| format!("{:.4} ± {:.4} in {:.4} s", m.value, m.error, m.seconds);
    for measure in &measures.beside {
        let what = format!("{}, known {}, {clock}", measure.what, measure.known);
        rows.push(row(what, words(&measure.own)));
        let (peer, theirs) = (&measure.peer, &measure.theirs);
        if !theirs.absent.is_empty() {
            rows.push(row(format!("  the same, {peer}"), format!("not measured: {}", theirs.absent)));
            continue;
        }
        rows.push(row(format!("  the same, {peer}"), words(theirs)));
        // The first says something only where the second holds.
        let (faster, error) = (theirs.seconds / measure.own.seconds, measure.own.error / theirs.error);
        rows.push(ratio(&format!("faster than {peer}"), faster, &Goal::AtLeast(10.0)));
        rows.push(ratio(&format!("error against that of {peer}"), error, &Goal::AtMost(SAME_ERROR)));
    }
    for point in &measures.hopf {
        let what =
            format!("{} = {}, {}; the branch, {clock}", point.what, trimmed(point.published), point.source);
        let off = (point.value - point.published).abs();
        let open = point.digit + point.error;
        let value = format!("{:.6} in {:.2} ms", point.value, point.seconds * 1e3);
        // What the published digits leave open.
        let (goal, verdict) = (format!("within {open:.0e}"), if off <= open { "yes" } else { "no" });
        rows.push(Row { goal, verdict, ..row(what, value) });
    }
    // Its `-silent` integrates and writes a table; AUTO is reached from the menu of its window, which needs a display.
    rows.push(row(
        "  the same points by AUTO of XPPAUT: it opens from a window alone",
        "not measured: no batch mode",
    ));
}

/// A number with as many digits as it has, six at most.
fn trimmed(value: f64) -> String {
    format!("{value:.6}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn rows(native: &Native, browser: &Browser) -> Result<Vec<Row>, Error> {
    let (own, simd, scalar) = (&native.figures, &browser.simd, &browser.scalar);
    let mut rows = Vec::new();

    let steps = "ensemble, steps a second";
    let (n, w, s) = (own.of(steps)?, simd.of(steps)?, scalar.of(steps)?);
    rows.push(rate("Lorenz ensemble, f32, blocks of 8 lanes, native", n));
    rows.push(rate("Lorenz ensemble, f32, blocks of 8 lanes, wasm with SIMD", w));
    rows.push(rate("Lorenz ensemble, f32, blocks of 8 lanes, wasm without SIMD", s));
    rows.push(ratio("SIMD against scalar", w / s, &Goal::AtLeast(3.0)));
    rows.push(ratio("wasm with SIMD against native", w / n, &Goal::AtLeast(0.4)));

    for (place, figures) in [("native", own), ("wasm with SIMD", simd)] {
        let typed = figures.of("typed ensemble, steps a second")?;
        rows.push(rate(&format!("the same, typed equations, {place}"), typed));
        rows.push(ratio("time against native code", figures.of(steps)? / typed, &Goal::AtMost(4.0)));
    }

    let hand = own.of("one trajectory by hand, seconds a step")?;
    rows.push(row(
        "one Lorenz trajectory, f64, native, loop by hand",
        format!("{:.1} ns a step", hand * 1e9),
    ));
    let times =
        |name: &str| own.of(&format!("one trajectory {name}, seconds a step")).map(|time| time / hand);
    rows.push(ratio("time of the solver on the same equations", times("in bulk")?, &Goal::AtMost(1.3)));
    rows.push(ratio(
        "time of the solver on the zoo's code, compiled together",
        times("compiled")?,
        &Goal::AtMost(1.3),
    ));
    let chosen = "the solver on a system chosen while it runs";
    rows.push(ratio(&format!("time of {chosen}"), times("zoo in bulk")?, &Goal::AtMost(1.3)));
    // For these there is no goal: a call a step is the price of looking at each.
    for (name, words) in [
        ("a step a call", "the solver on the same equations, a step a call"),
        ("zoo a step a call", "the solver on a system chosen while it runs, a step a call"),
    ] {
        rows.push(row(format!("  time of {words}"), format!("{:.2} ×", times(name)?)));
    }

    peer_rows(&mut rows, &native.peers);
    measure_rows(&mut rows, &native.measures);
    zoo_rows(&mut rows, &native.zoo, &browser.zoo)?;

    let time = "training step, seconds";
    let (n, w) = (own.of(time)?, simd.of(time)?);
    rows.push(row("training step, tanh 32, 50 steps, batch 16, Adam, native", format!("{:.3} ms", n * 1e3)));
    rows.push(row("the same, fused, wasm with SIMD", format!("{:.3} ms", w * 1e3)));
    rows.push(ratio("time against native", w / n, &Goal::AtMost(2.0)));
    for backend in &browser.tensorflow {
        let what = format!("the same, TensorFlow.js {}, {}", browser.tensorflow_version, backend.name);
        rows.push(if backend.absent.is_empty() {
            row(format!("{what}, {} steps", backend.steps), format!("{:.1} ms", backend.seconds * 1e3))
        } else {
            row(what, format!("not measured: {}", backend.absent))
        });
    }
    let best = browser
        .tensorflow
        .iter()
        .filter(|backend| backend.absent.is_empty())
        .min_by(|a, b| a.seconds.total_cmp(&b.seconds))
        .ok_or_else(|| Error::Absent("any backend of TensorFlow.js".into()))?;
    rows.push(ratio(
        &format!("fused faster than the best, {}", best.name),
        best.seconds / w,
        &Goal::AtLeast(20.0),
    ));

    device_rows(&mut rows, "native", &native.device);
    device_rows(&mut rows, "Chromium", &browser.device);

    let first = median(&browser.first_pictures).ok_or_else(|| Error::Absent("loads of the page".into()))?;
    let loads = browser.first_pictures.len();
    rows.push(
        row(format!("first picture, warm cache, median of {loads} loads"), format!("{first:.0} ms")).held(
            first,
            &Goal::AtMost(1000.0),
            " ms",
        ),
    );
    let megabytes = browser.light_bytes as f64 / 1e6;
    rows.push(row("light module by brotli", format!("{megabytes:.3} MB")).held(
        megabytes,
        &Goal::AtMost(1.0),
        " MB",
    ));
    Ok(rows)
}

/// The table as text.
///
/// # Errors
/// A measurement is not there, or what was computed is not the same everywhere.
pub fn print(native: &Native, browser: &Browser) -> Result<String, Error> {
    same_bits(&native.figures, &browser.simd, "module with SIMD")?;
    same_bits(&native.figures, &browser.scalar, "module without SIMD")?;
    same_bits(&native.zoo, &browser.zoo, "module with SIMD")?;
    for backend in browser.tensorflow.iter().filter(|backend| backend.absent.is_empty()) {
        same_training(backend, &browser.simd)?;
    }
    let load = native.load.map_or_else(String::new, |load| format!("; load before {load:.1}"));
    let mut text = format!(
        "{}, {} cores{load}; Chromium {}; adapter in Chromium: {}; one core unless the row says GPU\n\n",
        native.platform,
        native.cores,
        browser.version,
        if browser.device.absent.is_empty() { &browser.device.adapter } else { "none" }
    );
    text.push_str(&lay_out(&rows(native, browser)?));
    text.push_str("\nThe digests of all that one core computed are the same natively and in both modules.");
    Ok(text)
}

/// The rows of the measures of dynamics alone.
pub fn print_measures(measures: &Measures) -> String {
    let mut rows = Vec::new();
    measure_rows(&mut rows, measures);
    lay_out(&rows)
}

/// Rows in columns under their heads.
fn lay_out(rows: &[Row]) -> String {
    let width = |of: fn(&Row) -> &str| rows.iter().map(|row| of(row).chars().count()).max().unwrap_or(0);
    let (what, value, goal) =
        (width(|row| &row.what), width(|row| &row.value), width(|row| &row.goal).max(4));
    let mut text = String::new();
    text.push_str(&format!("{:what$}  {:>value$}  {:>goal$}  met\n", "what", "measured", "goal"));
    for row in rows {
        let line = format!("{:what$}  {:>value$}  {:>goal$}  {}", row.what, row.value, row.goal, row.verdict);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{HopfPoint, Measure};

    fn figures(speed: f64, time: f64) -> Figures {
        let mut figures = Figures::default();
        figures.value("ensemble, steps a second", speed);
        figures.value("typed ensemble, steps a second", speed / 5.0);
        for name in ["by hand", "in bulk", "compiled", "a step a call", "zoo in bulk", "zoo a step a call"] {
            figures.value(&format!("one trajectory {name}, seconds a step"), 1e-8);
        }
        figures.value("training step, seconds", time);
        figures.value("loss at first", 1.0);
        figures.value("loss later", 0.5);
        figures.digest("ensemble", 7);
        figures
    }

    fn reports() -> (Native, Browser) {
        let absent = DeviceReport { absent: "none".into(), ..DeviceReport::default() };
        let native = Native {
            cores: 2,
            platform: "linux".into(),
            load: None,
            figures: figures(4e8, 1e-3),
            zoo: zoo(1e7),
            peers: peers(),
            measures: measures(),
            device: absent.clone(),
        };
        let backend = Backend {
            name: "wasm".into(),
            absent: String::new(),
            seconds: 0.05,
            steps: 20,
            first: 1.0,
            later: Some(0.5),
            last: 0.4,
        };
        let browser = Browser {
            version: "1".into(),
            tensorflow_version: "4".into(),
            simd: figures(3e8, 1e-3),
            scalar: figures(1.5e8, 3e-3),
            zoo: zoo(5e6),
            device: absent,
            tensorflow: vec![backend],
            first_pictures: vec![900.0, 100.0, 1200.0],
            light_bytes: 1_500_000,
        };
        (native, browser)
    }

    fn verdict(text: &str, what: &str) -> String {
        let line = text.lines().find(|line| line.contains(what)).unwrap();
        line.split_whitespace().last().unwrap().to_owned()
    }

    fn zoo(speed: f64) -> Figures {
        let mut figures = Figures::default();
        for (slug, share) in [("a", 3.0), ("b", 1.0), ("c", 2.0)] {
            figures.value(&format!("{COMPILED}{slug}"), speed * share);
            figures.value(&format!("{TYPED}{slug}"), speed / 5.0);
        }
        figures.digest("the zoo", 9);
        figures
    }

    fn peers() -> Peers {
        Peers {
            processor_time: true,
            compiled: 2e-8,
            typed: 1e-7,
            xppaut: Peer { absent: String::new(), seconds: 2.5e-7 },
            numba: Peer { absent: "no Python here".into(), seconds: 0.0 },
        }
    }

    #[test]
    fn the_zoo_is_told_by_its_median_and_its_ends() {
        let (native, browser) = reports();
        let text = print(&native, &browser).unwrap();
        let line = |what: &str| text.lines().find(|line| line.contains(what)).unwrap().to_owned();
        let compiled = line("compiled, native;");
        assert!(compiled.contains("10.000 b to 30.000 a"), "{text}");
        assert!(compiled.ends_with("20.000 million steps/s"), "{text}");
        assert!(line("against compiled, native").ends_with("10.00 ×"), "{text}");
        assert!(line("wasm against native, typed").ends_with("2.00 ×"), "{text}");
        let (native, mut browser) = reports();
        browser.zoo.values.remove(&format!("{COMPILED}a"));
        assert!(matches!(print(&native, &browser), Err(Error::Wrong { .. })));
        let (native, mut browser) = reports();
        browser.zoo.digest("the zoo", 8);
        assert!(matches!(print(&native, &browser), Err(Error::Wrong { .. })));
    }

    #[test]
    fn a_peer_is_held_to_its_goals_or_said_to_be_absent() {
        let (native, browser) = reports();
        let text = print(&native, &browser).unwrap();
        assert_eq!(verdict(&text, "faster than XPPAUT, compiled"), "yes", "{text}");
        assert_eq!(verdict(&text, "faster than XPPAUT, typed"), "no", "{text}");
        assert!(text.contains("not measured: no Python here"), "{text}");
        assert!(!text.contains("faster than a loop"), "{text}");
    }

    fn measures() -> Measures {
        let own = Measured { absent: String::new(), seconds: 0.01, value: 0.9, error: 0.02 };
        let quick = Measured { seconds: 0.05, error: 0.1, ..own.clone() };
        let absent = Measured { absent: "nolds is not installed".into(), ..Measured::default() };
        let of = |what: &str, peer: &str, theirs| Measure {
            what: what.into(),
            peer: peer.into(),
            known: 0.9056,
            own: own.clone(),
            theirs,
        };
        let hopf = HopfPoint {
            what: "Hopf point of it".into(),
            source: "a book".into(),
            published: 93.86,
            digit: 0.005,
            value: 93.8576,
            error: 1e-9,
            seconds: 1e-3,
        };
        Measures {
            processor_time: true,
            beside: vec![of("spectrum", "dysts", quick), of("exponent", "nolds", absent)],
            hopf: vec![hopf],
        }
    }

    #[test]
    fn a_measure_is_held_to_the_time_and_to_the_error_of_its_peer() {
        let text = print_measures(&measures());
        assert_eq!(verdict(&text, "faster than dysts"), "no", "{text}");
        assert_eq!(verdict(&text, "error against that of dysts"), "yes", "{text}");
        assert!(text.contains("not measured: nolds is not installed"), "{text}");
        assert_eq!(verdict(&text, "Hopf point of it = 93.86,"), "yes", "{text}");
        assert!(text.contains("no batch mode"), "{text}");
        let mut late = measures();
        late.hopf[0].value = 93.87;
        late.beside[0].own.error = 0.2;
        let text = print_measures(&late);
        assert_eq!(verdict(&text, "error against that of dysts"), "no", "{text}");
        assert_eq!(verdict(&text, "Hopf point of it = 93.86,"), "no", "{text}");
    }

    #[test]
    fn each_goal_is_held_against_its_own_measurement() {
        let (native, browser) = reports();
        let text = print(&native, &browser).unwrap();
        assert_eq!(verdict(&text, "SIMD against scalar"), "no", "{text}");
        assert_eq!(verdict(&text, "wasm with SIMD against native"), "yes", "{text}");
        assert_eq!(verdict(&text, "time against native code"), "no", "{text}");
        assert_eq!(verdict(&text, "fused faster than the best, wasm"), "yes", "{text}");
        assert_eq!(verdict(&text, "first picture"), "yes", "{text}");
        assert_eq!(verdict(&text, "light module"), "no", "{text}");
        assert!(text.contains("no adapter"), "{text}");
    }

    #[test]
    fn a_result_that_differs_or_is_not_there_is_an_error() {
        let (native, mut browser) = reports();
        browser.scalar.digest("ensemble", 8);
        assert!(matches!(print(&native, &browser), Err(Error::Wrong { .. })));
        let (native, mut browser) = reports();
        browser.tensorflow[0].later = Some(0.6);
        assert!(matches!(print(&native, &browser), Err(Error::Wrong { .. })));
        let (native, mut browser) = reports();
        browser.tensorflow[0].last = 1.0;
        assert!(matches!(print(&native, &browser), Err(Error::Wrong { .. })));
        let (native, mut browser) = reports();
        browser.simd.values.clear();
        assert!(matches!(print(&native, &browser), Err(Error::Absent(_))));
        let (native, mut browser) = reports();
        browser.tensorflow.clear();
        assert!(matches!(print(&native, &browser), Err(Error::Absent(_))));
    }
}
