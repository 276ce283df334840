//! What can be typed: commands, options, examples.

use crate::seeds::SeedRange;
use crate::span::Span;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  separatrix list                                       what there is to see
  separatrix show lorenz                                equations, controls, claims
  separatrix run lorenz --set rho=24.4 --steps 5000     a run and its fingerprint
  separatrix run 'lorenz?rho=24.4&seed=7&step=5000'     the run of a link
  separatrix run my.ode --output my.csv                 a file at its own settings
  separatrix check generalized-teacher-forcing --seeds 1..5
  separatrix lyapunov lorenz --count 3 --json
  separatrix render 'lorenz?rho=24.4' --output lorenz.png
  separatrix export lorenz --as python --output lorenz.py

Exit status: 0 when all went well; 1 when a claim fails, a fingerprint differs or a run diverges; 2 for bad input.";

/// A laboratory for neural dynamics, from a terminal.
///
/// Runs, measures and draws chaotic systems and tiny recurrent networks, with the same numbers as the page.
#[derive(Debug, Parser)]
#[command(name = "separatrix", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the exhibits.
    List(List),
    /// List the systems, by family.
    Systems(Systems),
    /// Show an exhibit or a system: equations, controls, views, claims, what to cite.
    Show(Show),
    /// Run an exhibit, a system, a link or a file of equations.
    Run(Run),
    /// Evaluate a right-hand side and its Jacobian.
    Eval(Eval),
    /// Write a system as a program or a text of another language.
    Export(Export),
    /// Measure the claims of exhibits and hold them against their thresholds.
    Check(Check),
    /// Draw a view as a PNG picture.
    Render(Render),
    /// Make a link, or explain one.
    #[command(subcommand)]
    Link(Link),
    /// Lyapunov exponents, largest first, with their sum, the mean divergence and the Kaplan-Yorke dimension.
    Lyapunov(Lyapunov),
    /// Fixed points, or periodic points of a map: what they are, their eigenvalues, the manifolds of the saddles.
    FixedPoints(Resting),
    /// Curves in any plane on which one variable stands still while the others are held.
    Nullclines(Sampled),
    /// Fixed points and cycles of a trained network of rectifiers, solved exactly between their borders.
    Regions(Sampled),
    /// Follow an equilibrium, a fixed point or limit cycles through a parameter, and locate where they change.
    Continue(Swept),
    /// Power spectrum, autocorrelation and the embedding of a system's variable or of a series.
    Spectrum(Sampled),
    /// Correlation dimension and largest exponent from one recorded variable.
    Dimension(Sampled),
    /// Entropies, Lempel-Ziv complexity and recurrences of a system's variable or of a series.
    Complexity(Sampled),
    /// Eigenvalues of a large system's Jacobian, dimension of its activity, order of its angles.
    Network(Sampled),
    /// How far another system, or this one at other parameters, is from a system.
    Compare(Compared),
    /// Basins of attraction over a plane of two variables, and the separatrix between them.
    Basins(Mapped),
    /// The largest Lyapunov exponent over two parameters.
    ExponentMap(Mapped),
    /// Sweep a parameter and take down what orbits settle to at each of its values.
    Bifurcate(Swept),
}

/// `list`
#[derive(Debug, Args)]
pub struct List {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

const SYSTEMS_EXAMPLES: &str = "\
Examples:
  separatrix systems neuron burst
  separatrix systems --family fluids --dimension 3..8
  separatrix systems --exponent 0.1.. --json
  separatrix systems --table --family chaotic
  separatrix systems --survey --periods 100 --starts 5

A range is written A..B with both ends included, A.. or ..B. A survey runs each system as its file says, from its
default start and from others a hundredth away, and ends with exit status 1 where a run did not reach its end.";

/// `systems`
#[derive(Debug, Args)]
#[command(after_help = SYSTEMS_EXAMPLES)]
pub struct Systems {
    /// Words that all must stand in a system's name, family, sentence, source or name in the collection.
    #[arg(value_name = "WORD")]
    pub words: Vec<String>,
    /// Only systems of this family (a part of its name will do).
    #[arg(long, value_name = "NAME")]
    pub family: Option<String>,
    /// Only systems with this many state variables, or so many from a range.
    #[arg(long, value_name = "N|A..B")]
    pub dimension: Option<Span>,
    /// Only systems with a largest known Lyapunov exponent in a range.
    #[arg(long, value_name = "A..B", allow_hyphen_values = true)]
    pub exponent: Option<Span>,
    /// Run each system for many periods from many starts, and report what does not hold out.
    #[arg(long)]
    pub survey: bool,
    /// Periods of a survey.
    #[arg(long, value_name = "N", default_value_t = 1000.0, requires = "survey")]
    pub periods: f64,
    /// Starts of a survey.
    #[arg(long, value_name = "N", default_value_t = 100, requires = "survey")]
    pub starts: u32,
    /// Seed of a survey's starts.
    #[arg(long, default_value_t = 1, requires = "survey")]
    pub seed: u64,
    /// Measure the Lyapunov spectrum of each system of at most 16 variables, and hold it against the dysts collection.
    #[arg(long, conflicts_with = "survey")]
    pub table: bool,
    /// Most steps that a spectrum of the table is averaged over.
    #[arg(long, value_name = "N", default_value_t = exhibits::invariants::STEPS, requires = "table")]
    pub steps: u64,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `show`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  separatrix show lorenz\n  separatrix show generalized-teacher-forcing")]
pub struct Show {
    /// An exhibit, a system, a link, or a FILE.ode.
    #[arg(value_name = "SLUG")]
    pub source: String,
    /// Print JSON: the declaration from which the page draws.
    #[arg(long)]
    pub json: bool,
}

const RUN_EXAMPLES: &str = "\
Examples:
  separatrix run lorenz --set rho=24.4 --seed 7 --steps 5000 --json
  separatrix run 'lorenz?step=5000&fingerprint=0123456789abcdef'
  separatrix run my.ode --output my.csv --set a=0.2

Without --steps a link runs to the step it names, an exhibit that ends by itself to its end, a FILE.ode for its
total, and anything else for 10000 steps. A link that carries a fingerprint is compared with it. The columns of a
FILE.ode are t, its variables and its aux quantities in the file's order, at the file's own total, dt, nout, trans,
t0 and meth.";

/// `run`
#[derive(Debug, Args)]
#[command(after_help = RUN_EXAMPLES)]
pub struct Run {
    /// An exhibit, a system, a link, or a FILE.ode.
    #[arg(value_name = "SLUG|LINK|FILE.ode")]
    pub source: String,
    /// Set a control: a parameter, an initial value (x_0=1), or what `show` lists. May be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub settings: Vec<String>,
    /// Seed of every random stream.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Steps (or updates) to run.
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,
    /// Write the recorded values as CSV.
    #[arg(long, value_name = "FILE.csv")]
    pub output: Option<PathBuf>,
    /// A series of your own to run on.
    #[arg(long, value_name = "FILE.csv")]
    pub series: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

const EVAL_EXAMPLES: &str = "\
Examples:
  separatrix eval lorenz --state 1,2,3 --json
  separatrix eval my.ode --states states.jsonl --set a=0.2

A line of --states is an array, [1,2,3], or {\"t\":0.5,\"state\":[1,2,3]}; each is answered by a line of JSON. For a
map, rhs is the next state.";

/// `eval`
#[derive(Debug, Args)]
#[command(after_help = EVAL_EXAMPLES)]
pub struct Eval {
    /// A system or a FILE.ode.
    #[arg(value_name = "SYSTEM|FILE.ode")]
    pub source: String,
    /// The state, its values separated by commas; the system's own start when not given.
    #[arg(long, value_name = "X,Y,..", allow_hyphen_values = true, value_delimiter = ',')]
    pub state: Option<Vec<f64>>,
    /// The time.
    #[arg(long, value_name = "T", default_value_t = 0.0, allow_hyphen_values = true)]
    pub t: f64,
    /// Set a parameter. May be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub settings: Vec<String>,
    /// Read a state a line and answer a line each; `-` reads standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "state")]
    pub states: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// What a system can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// An .ode file in the dialect of XPPAUT.
    Ode,
    /// A program on NumPy and SciPy.
    Python,
    /// A program on the packages of SciML.
    Julia,
    /// Equations and a table of the parameters.
    Latex,
    /// A program on the standard library alone.
    Rust,
}

impl From<Format> for equations::Export {
    fn from(format: Format) -> Self {
        match format {
            Format::Ode => Self::Ode,
            Format::Python => Self::Python,
            Format::Julia => Self::Julia,
            Format::Latex => Self::Latex,
            Format::Rust => Self::Rust,
        }
    }
}

const EXPORT_EXAMPLES: &str = "\
Examples:
  separatrix export lorenz --as latex
  separatrix export 'lorenz?rho=24.4' --as rust --output lorenz.rs
  separatrix export my.ode --as python --set a=0.2 --set x_0=1 --output my.py

Programs stand alone and print the table of `run FILE.ode --output` as CSV: t, variables, aux quantities. They use
solvers of their own language, whose steps are not those of `run`.";

/// `export`
#[derive(Debug, Args)]
#[command(after_help = EXPORT_EXAMPLES)]
pub struct Export {
    /// A system, a link to one, or a FILE.ode.
    #[arg(value_name = "SLUG|LINK|FILE.ode")]
    pub source: String,
    /// What to write.
    #[arg(long = "as", value_enum, value_name = "FORMAT")]
    pub format: Format,
    /// Set a parameter or an initial value (x_0=1). May be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub settings: Vec<String>,
    /// The file; standard output when not given.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  separatrix check
  separatrix check generalized-teacher-forcing --claim c1 --seeds 1..5 --jobs 4
  separatrix check --json > verdicts.json

A claim holds when its median over the seeds meets the threshold and at least 80 % of the seeds do (all of them,
below five). An open claim shows its numbers and fails nothing.";

/// `check`
#[derive(Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub struct Check {
    /// Exhibits; all of them when none is named.
    #[arg(value_name = "SLUG")]
    pub exhibits: Vec<String>,
    /// Only claims of this name. May be repeated.
    #[arg(long = "claim", value_name = "ID")]
    pub claims: Vec<String>,
    /// Seeds, both ends included; each claim's own when not given.
    #[arg(long, value_name = "A..B")]
    pub seeds: Option<SeedRange>,
    /// Threads; as many as there are processors when not given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Ground of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Ground {
    /// Ink on paper.
    Light,
    /// Light on a dark stage.
    Dark,
}

/// Width and height of a picture in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// Smallest and largest side of a picture.
pub const SIDES: std::ops::RangeInclusive<u32> = 64..=8192;

impl std::str::FromStr for Size {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (width, height) = text.split_once(['x', 'X']).ok_or("a size is written WxH, such as 1280x800")?;
        let side = |name: &str, text: &str| match text.trim().parse() {
            Ok(side) if SIDES.contains(&side) => Ok(side),
            _ => Err(format!("the {name} must be a whole number from {} to {}", SIDES.start(), SIDES.end())),
        };
        Ok(Self { width: side("width", width)?, height: side("height", height)? })
    }
}

/// `render`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  separatrix render 'lorenz?rho=24.4' --output lorenz.png --size 1920x1080 --theme dark"
)]
pub struct Render {
    /// An exhibit, a system, a link, or a FILE.ode.
    #[arg(value_name = "LINK")]
    pub source: String,
    /// The picture.
    #[arg(long, value_name = "FILE.png")]
    pub output: PathBuf,
    /// Width and height in pixels.
    #[arg(long, value_name = "WxH", default_value = "1280x800")]
    pub size: Size,
    /// Ground.
    #[arg(long, value_enum, default_value_t = Ground::Light)]
    pub theme: Ground,
    /// The view, as `show` names it; the first one when not given.
    #[arg(long, value_name = "ID")]
    pub view: Option<String>,
    /// Steps to run before drawing.
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,
    /// Set a control. May be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub settings: Vec<String>,
    /// Seed of every random stream.
    #[arg(long)]
    pub seed: Option<u64>,
    /// A series of your own to run on.
    #[arg(long, value_name = "FILE.csv")]
    pub series: Option<PathBuf>,
}

/// `link`
#[derive(Debug, Subcommand)]
pub enum Link {
    /// Make a link: what stands after the address of the page.
    #[command(after_help = "Example:\n  separatrix link make lorenz --set rho=24.4 --seed 7")]
    Make(LinkMake),
    /// Print each part of a link, and what is wrong with it.
    #[command(after_help = "Example:\n  separatrix link explain '#/lorenz?rho=24.4&seed=7'")]
    Explain(LinkExplain),
}

/// `link make`
#[derive(Debug, Args)]
pub struct LinkMake {
    /// An exhibit, a system, a link, or a FILE.ode.
    #[arg(value_name = "SLUG")]
    pub source: String,
    /// Set a control. May be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub settings: Vec<String>,
    /// Seed of every random stream.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `link explain`
#[derive(Debug, Args)]
pub struct LinkExplain {
    /// The link, or the whole address.
    #[arg(value_name = "LINK")]
    pub link: String,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

const LYAPUNOV_EXAMPLES: &str = "\
Examples:
  separatrix lyapunov lorenz --json
  separatrix lyapunov lorenz-96 --count 2 --time 2000
  separatrix lyapunov my.ode --set a=0.2 --plot convergence.png";

/// What every question of the analysis desk takes.
#[derive(Debug, Args)]
pub struct Asked {
    /// A system, a link to one, a FILE.ode, or, where a series can be asked about, a FILE.csv.
    #[arg(value_name = "SYSTEM|FILE")]
    pub source: String,
    /// Set a parameter, an initial value (x_0=1) or the step (dt=0.01). May be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub settings: Vec<String>,
    /// Set what the question itself takes; an unknown key is answered with all of them. May be repeated.
    #[arg(long = "with", value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub with: Vec<String>,
    /// Seed of every random choice.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Write the data as a table.
    #[arg(long, value_name = "FILE.csv")]
    pub output: Option<PathBuf>,
    /// Draw the answer's picture.
    #[arg(long, value_name = "FILE.png")]
    pub plot: Option<PathBuf>,
    /// Which of the answer's pictures; the first one when not given.
    #[arg(long, value_name = "ID", requires = "plot")]
    pub view: Option<String>,
    /// Width and height of the picture in pixels.
    #[arg(long, value_name = "WxH", default_value = "1280x800")]
    pub size: Size,
    /// Ground of the picture.
    #[arg(long, value_enum, default_value_t = Ground::Light)]
    pub theme: Ground,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `lyapunov`
#[derive(Debug, Args)]
#[command(after_help = LYAPUNOV_EXAMPLES)]
pub struct Lyapunov {
    #[command(flatten)]
    /// What every question takes.
    pub asked: Asked,
    /// Steps to average over (iterations of a map).
    #[arg(long, value_name = "N", conflicts_with = "time")]
    pub steps: Option<u64>,
    /// Time to average over.
    #[arg(long, value_name = "T")]
    pub time: Option<f64>,
    /// How many exponents; all of them when not given, three of a delay system.
    #[arg(long, value_name = "K")]
    pub count: Option<usize>,
}

const RESTING_EXAMPLES: &str = "\
Examples:
  separatrix fixed-points lorenz
  separatrix fixed-points henon --period 3 --json
  separatrix fixed-points fitzhugh-nagumo --seeds 2000 --plot points.png --output points.csv";

/// `fixed-points`
#[derive(Debug, Args)]
#[command(after_help = RESTING_EXAMPLES)]
pub struct Resting {
    #[command(flatten)]
    /// What every question takes.
    pub asked: Asked,
    /// Period of a map's points.
    #[arg(long, value_name = "P")]
    pub period: Option<u32>,
    /// Starts of Newton's method.
    #[arg(long, value_name = "N")]
    pub seeds: Option<u32>,
}

const MAPPED_EXAMPLES: &str = "\
Examples:
  separatrix basins duffing --with cells=256 --plot basins.png
  separatrix basins duffing --cells 1024 --device gpu --plot basins.png
  separatrix exponent-map henon --with parameter2=b --output map.csv --plot map.png";

/// What computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Device {
    /// The processor, in double precision.
    Cpu,
    /// The GPU, in single precision.
    Gpu,
}

/// `basins` and `exponent-map`
#[derive(Debug, Args)]
#[command(after_help = MAPPED_EXAMPLES)]
pub struct Mapped {
    #[command(flatten)]
    /// What every question takes.
    pub asked: Asked,
    /// Cells along a side.
    #[arg(long, value_name = "N")]
    pub cells: Option<u32>,
    /// What computes; when not given, a GPU that is no program on the CPU from 257 cells a side on.
    #[arg(long, value_enum)]
    pub device: Option<Device>,
}

const SAMPLED_EXAMPLES: &str = "\
Examples:
  separatrix spectrum lorenz --plot spectrum.png
  separatrix spectrum van-der-pol --with samples=65536 --json
  separatrix spectrum my.csv --with interval=0.01 --output spectrum.csv
  separatrix dimension henon --plot sums.png
  separatrix complexity my.csv --plot recurrences.png
  separatrix network kuramoto --plot order.png --view order
  separatrix nullclines hodgkin-huxley --with across=v --with up=n --plot plane.png
  separatrix regions 'generalized-teacher-forcing?updates=3000&step=3000' --json";

/// `nullclines`, `regions`, `spectrum`, `dimension`, `complexity` and `network`
#[derive(Debug, Args)]
#[command(after_help = SAMPLED_EXAMPLES)]
pub struct Sampled {
    #[command(flatten)]
    /// What every question takes.
    pub asked: Asked,
}

const COMPARED_EXAMPLES: &str = "\
Examples:
  separatrix compare lorenz rho=24.5
  separatrix compare lorenz dysts:Lorenz --json
  separatrix compare rossler mine.ode --plot growth.png --view growth
  separatrix compare recorded.csv generated.csv";

/// `compare`
#[derive(Debug, Args)]
#[command(after_help = COMPARED_EXAMPLES)]
pub struct Compared {
    #[command(flatten)]
    /// What every question takes.
    pub asked: Asked,
    /// Another system, link, FILE.ode or FILE.csv, or other parameters of the first, such as "rho=24 sigma=9".
    #[arg(value_name = "OTHER")]
    pub other: String,
}

const SWEPT_EXAMPLES: &str = "\
Examples:
  separatrix continue morris-lecar --parameter i --from 0 --to 250 --plot branches.png
  separatrix continue lorenz --parameter rho --from 0.5 --to 30
  separatrix bifurcate rossler --parameter c --from 2 --to 6 --plot diagram.png
  separatrix bifurcate logistic --parameter r --from 2.8 --to 4 --with columns=2000 --output diagram.csv";

/// `continue` and `bifurcate`
#[derive(Debug, Args)]
#[command(after_help = SWEPT_EXAMPLES)]
pub struct Swept {
    #[command(flatten)]
    /// What every question takes.
    pub asked: Asked,
    /// The parameter; the first one when not given.
    #[arg(long, value_name = "NAME")]
    pub parameter: Option<String>,
    /// Low end of its range; half its value below it when not given.
    #[arg(long, value_name = "P", allow_hyphen_values = true)]
    pub from: Option<f64>,
    /// High end of its range; half its value above it when not given.
    #[arg(long, value_name = "P", allow_hyphen_values = true)]
    pub to: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(words: &[&str]) -> Result<Command, clap::Error> {
        let words = std::iter::once("separatrix").chain(words.iter().copied());
        Arguments::try_parse_from(words).map(|arguments| arguments.command)
    }

    #[test]
    fn the_commands_are_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn settings_repeat_and_may_be_negative() {
        let run = match parse(&["run", "lorenz", "--set", "rho=-1", "--set", "sigma=9", "--seed", "7"]) {
            Ok(Command::Run(run)) => run,
            other => panic!("{other:?}"),
        };
        assert_eq!(run.settings, ["rho=-1", "sigma=9"]);
        assert_eq!(run.seed, Some(7));
        assert!(!run.json);
    }

    #[test]
    fn a_state_is_split_at_commas_and_may_begin_with_a_minus() {
        let eval = match parse(&["eval", "lorenz", "--state", "-1,2e-3,3", "--t", "-0.5"]) {
            Ok(Command::Eval(eval)) => eval,
            other => panic!("{other:?}"),
        };
        assert_eq!(eval.state, Some(vec![-1.0, 2e-3, 3.0]));
        assert_eq!(eval.t, -0.5);
        assert!(parse(&["eval", "lorenz", "--state", "1,,2"]).is_err());
        assert!(parse(&["eval", "lorenz", "--state", "1,2", "--states", "f"]).is_err());
    }

    #[test]
    fn a_size_is_two_bounded_numbers() {
        let size = |text: &str| text.parse::<Size>();
        assert_eq!(size("640x480"), Ok(Size { width: 640, height: 480 }));
        for bad in ["640", "x", "0x480", "640x999999", "640x-1", "axb"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_was_mistyped_is_bad_input() {
        for words in
            [&["rnu", "lorenz"][..], &["run"], &["check", "--jobs", "0"], &["check", "--seeds", "4..1"]]
        {
            assert_eq!(parse(words).expect_err("refused").exit_code(), 2, "{words:?}");
        }
        assert_eq!(parse(&["--help"]).expect_err("help").exit_code(), 0);
        assert_eq!(parse(&["--version"]).expect_err("version").exit_code(), 0);
    }
}
