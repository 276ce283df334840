//! The `@` settings of a text.

use crate::diagnostic::{Findings, Severity, Span};
use crate::parser::Named;
use serde::Serialize;

/// The `@` settings of a text; `None` where the text is silent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Options {
    /// How long to integrate, in the units of `t`.
    pub total: Option<f64>,
    /// Step of integration.
    pub dt: Option<f64>,
    /// How long to integrate before output starts.
    pub trans: Option<f64>,
    /// Steps between two outputs.
    pub nout: Option<u32>,
    /// The solver, as XPPAUT names it, in lower case.
    pub meth: Option<String>,
    /// Where time starts.
    pub t0: Option<f64>,
    /// Largest magnitude of a state before the run stops.
    pub bounds: Option<f64>,
    /// Left edge of the plot.
    pub xlo: Option<f64>,
    /// Right edge of the plot.
    pub xhi: Option<f64>,
    /// Lower edge of the plot.
    pub ylo: Option<f64>,
    /// Upper edge of the plot.
    pub yhi: Option<f64>,
    /// Name on the horizontal axis.
    pub xp: Option<String>,
    /// Name on the vertical axis.
    pub yp: Option<String>,
    /// Name on the third axis.
    pub zp: Option<String>,
    /// Absolute tolerance of adaptive solvers.
    pub atol: Option<f64>,
    /// Relative tolerance of adaptive solvers.
    pub toler: Option<f64>,
    /// Smallest step of adaptive solvers.
    pub dtmin: Option<f64>,
    /// Largest step of adaptive solvers.
    pub dtmax: Option<f64>,
    /// Seed of the random numbers.
    pub seed: Option<u64>,
    /// Settings that have no effect here, as written.
    pub others: Vec<(String, String)>,
}

/// Settings with an effect, by the names that a text may give them, each after its main name.
const OBEYED: [&[&str]; 19] = [
    &["total"],
    &["dt", "delta_t"],
    &["trans", "transient"],
    &["nout", "njmp"],
    &["meth", "method"],
    &["t0"],
    &["bounds", "bound"],
    &["xlo"],
    &["xhi"],
    &["ylo"],
    &["yhi"],
    &["xp", "xplot"],
    &["yp", "yplot"],
    &["zp", "zplot"],
    &["atol", "atoler"],
    &["toler", "tol", "rtol"],
    &["dtmin"],
    &["dtmax"],
    &["seed", "rand_seed"],
];

/// Settings of XPPAUT's that say how its windows, its continuation or its files are to be, and have no effect here.
const KNOWN: [&str; 137] = [
    "anifile",
    "autoeval",
    "autovar",
    "autoxmax",
    "autoxmin",
    "autoymax",
    "autoymin",
    "axes",
    "back",
    "backcolor",
    "bandlo",
    "bandup",
    "bell",
    "big",
    "bigfont",
    "black",
    "bmp",
    "but",
    "button",
    "cc",
    "color",
    "colorhi",
    "colorize",
    "colorlo",
    "colormap",
    "colorvia",
    "delay",
    "dfbatch",
    "dfdraw",
    "dfgrid",
    "dll_fun",
    "dll_lib",
    "ds",
    "dsmax",
    "dsmin",
    "dxmax",
    "epsl",
    "epss",
    "epsu",
    "fold",
    "font",
    "fore",
    "forecolor",
    "grads",
    "height",
    "hist",
    "histbins",
    "histcol",
    "histcol2",
    "histhi",
    "histlo",
    "iad",
    "icc",
    "init",
    "int",
    "isp",
    "itmx",
    "itnw",
    "jac_eps",
    "jones",
    "logfile",
    "lt",
    "maxdelay",
    "maxstor",
    "mercury",
    "movie",
    "multiwin",
    "mwinlist",
    "mxbf",
    "ncbatch",
    "ncdraw",
    "ncol",
    "newt_iter",
    "newt_tol",
    "nmax",
    "nmesh",
    "normmax",
    "normmin",
    "novars",
    "npar",
    "nplot",
    "npr",
    "ntst",
    "nwtn",
    "output",
    "parmax",
    "parmin",
    "phi",
    "plotfmt",
    "plot_fmt",
    "poimap",
    "poipln",
    "poisgn",
    "poistop",
    "poivar",
    "postprocess",
    "ps_color",
    "ps_font",
    "ps_fsize",
    "ps_lw",
    "quiet",
    "rad",
    "range",
    "rangehigh",
    "rangelow",
    "rangeoldic",
    "rangeover",
    "rangereset",
    "rangestep",
    "runnow",
    "simplot",
    "slowdt",
    "small",
    "smallfont",
    "smc",
    "spec",
    "speccol",
    "speccol2",
    "specwidth",
    "specwin",
    "stochastic",
    "theta",
    "tutorial",
    "umc",
    "units",
    "usecolor",
    "version",
    "vmaxpts",
    "width",
    "xmax",
    "xmin",
    "xnc",
    "ymax",
    "ymin",
    "ync",
    "zmax",
    "zmin",
];

/// Windows of XPPAUT's are numbered from 2 on: `xp2`, `xlo3`.
fn of_another_window(key: &str) -> bool {
    let stem = key.trim_end_matches(|c: char| c.is_ascii_digit());
    stem.len() < key.len() && ["xp", "yp", "zp", "xlo", "xhi", "ylo", "yhi", "lt", "color"].contains(&stem)
}

/// What the settings with an effect are for, in the order of [`OBEYED`].
const MEANINGS: [&str; 19] = [
    "how long to integrate",
    "step",
    "time before output starts",
    "steps between two outputs",
    "solver",
    "time at the start",
    "largest magnitude before a run stops",
    "left edge of the plot",
    "right edge of the plot",
    "lower edge of the plot",
    "upper edge of the plot",
    "name on the horizontal axis",
    "name on the vertical axis",
    "name on the third axis",
    "absolute tolerance",
    "relative tolerance",
    "smallest step of adaptive solvers",
    "largest step of adaptive solvers",
    "seed of the random numbers",
];

/// Whether a name in lower case is that of a setting.
pub(crate) fn is_known(key: &str) -> bool {
    OBEYED.iter().any(|names| names.contains(&key)) || KNOWN.contains(&key) || of_another_window(key)
}

impl Options {
    /// The settings with an effect, and what they are for.
    pub(crate) fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
        OBEYED.iter().map(|names| names[0]).zip(MEANINGS)
    }

    /// Takes one setting.
    pub(crate) fn take(&mut self, name: Named, value: String, span: Span, findings: &mut Findings) {
        let key = name.name.to_ascii_lowercase();
        let number = value.parse::<f64>().ok().filter(|value| value.is_finite());
        let mut real = |slot: &mut Option<f64>, allowed: fn(f64) -> bool, wanted: &str| match number {
            Some(number) if allowed(number) => *slot = Some(number),
            _ => {
                let message = format!("`{}` is {wanted}, found `{value}`", name.name);
                findings.error(span, message, Some(format!("as in @ {key}=1")));
            }
        };
        let any: fn(f64) -> bool = |_| true;
        let whole: fn(f64) -> bool = |n| (1.0..=1e9).contains(&n) && libm::floor(n) == n;
        let main = OBEYED.iter().find(|names| names.contains(&key.as_str())).map(|names| names[0]);
        match main.unwrap_or("") {
            "total" => real(&mut self.total, any, "a number"),
            "dt" => real(&mut self.dt, |dt| dt != 0.0, "a number other than 0"),
            "trans" => real(&mut self.trans, |t| t >= 0.0, "a number not below 0"),
            "t0" => real(&mut self.t0, any, "a number"),
            "bounds" => real(&mut self.bounds, |b| b > 0.0, "a number above 0"),
            "xlo" => real(&mut self.xlo, any, "a number"),
            "xhi" => real(&mut self.xhi, any, "a number"),
            "ylo" => real(&mut self.ylo, any, "a number"),
            "yhi" => real(&mut self.yhi, any, "a number"),
            "atol" => real(&mut self.atol, |a| a > 0.0, "a number above 0"),
            "toler" => real(&mut self.toler, |a| a > 0.0, "a number above 0"),
            "dtmin" => real(&mut self.dtmin, |a| a > 0.0, "a number above 0"),
            "dtmax" => real(&mut self.dtmax, |a| a > 0.0, "a number above 0"),
            "nout" => {
                let mut slot = None;
                real(&mut slot, whole, "a whole number above 0");
                self.nout = slot.map(|n| n as u32);
            }
            "seed" => {
                let mut slot = None;
                real(
                    &mut slot,
                    |n| (0.0..9e15).contains(&n) && libm::floor(n) == n,
                    "a whole number not below 0",
                );
                self.seed = slot.map(|n| n as u64);
            }
            "meth" => self.meth = Some(value.to_ascii_lowercase()),
            "xp" => self.xp = Some(value),
            "yp" => self.yp = Some(value),
            "zp" => self.zp = Some(value),
            _ => {
                let all = OBEYED.iter().flat_map(|names| names.iter().copied()).chain(KNOWN);
                if is_known(&key) {
                    let message = format!("option `{}` has no effect here", name.name);
                    findings.warning(name.span, message, None);
                } else {
                    let message = format!("option `{}` is not known and has no effect", name.name);
                    findings.unknown(Severity::Warning, name.span, message, &key, all, None);
                }
                self.others.push((name.name, value));
            }
        }
    }
}
