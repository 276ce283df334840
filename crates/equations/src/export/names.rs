//! Identifiers of a target language for the names of a model.

use super::Export;
use super::script::{Content, Family, Row, Script};
use crate::model::Model;
use std::collections::{BTreeMap, BTreeSet};

const PYTHON: &str = "False None True and as assert async await break class continue def del elif else except finally \
    for from global if import in is lambda nonlocal not or pass raise return try while with yield abs all any bool \
    bytes dict dir enumerate filter float format hash id input int iter len list map max min next object open ord \
    pow print range repr reversed round set slice sorted str sum super tuple type vars zip np special sys bisect \
    solve_ivp dataclass rhs step auxiliaries conditions reset resets history Parameters NAMES DIRECTIONS simulate \
    initial t_span state t p draws past rates between_points look_up draw fire crosses advance row outside \
    T0 STEP ROWS TRANSIENT BOUND SEED SUBSTEPS place total point offset link crossed watched fired between Past";
const JULIA: &str = "baremodule begin break catch const continue do else elseif end export false finally for function \
    global if import let local macro module quote return struct true try using while in isa where abstract mutable \
    primitive type abs abs2 acos asin atan atand ceil collect copy cos cosh div erf erfc error exp exp2 expm1 fill \
    first float floor get hypot im inv isnan last length log log10 log1p logabsgamma map max min mod nothing one pi \
    print println push rand randn range rem round show sign similar sin sinh size sqrt step string sum tan tanh tuple \
    trunc typeof vec zero zeros besselj bessely besseli rhs auxiliaries conditions reset history Parameters names \
    initial tspan state t p draws rate rates integrator between_points look_up draw simulate advance happening main \
    problem solution noise t0 dt rows transient bound seed substeps place total point offset link all any append \
    clamp crosses directions done drift eachindex events fire init isempty look ones solve stderr terminate view watch \
    zip Xoshiro Int Float64 Inf NaN Main Base";
const RUST: &str = "as break const continue crate dyn else enum extern false fn for if impl in let loop match mod move \
    mut pub ref return self Self static struct super trait true type unsafe use where while async await abstract \
    become box do final macro override priv try typeof unsized virtual yield gen union f64 i64 usize bool str u64 \
    u32 i32 u8 Some None Ok Err Vec String Box Option Result Default Clone Fn std core main rhs step auxiliaries \
    conditions reset history Parameters State NAMES N M DRAWS CROSSINGS INITIAL T0 STEP SUBSTEPS ROWS TRANSIENT BOUND \
    SEED state t p draws past between_points look_up simulate advance modulo sign erf erfc lgamma bessel_j bessel_i \
    Random Past Run Crossing Record crosses outside print place total point offset link fire rates \
    EVENTS DIRECTIONS RTOL ATOL classical crossed draw reset";

/// The identifiers of one program.
pub(crate) struct Names {
    pub(crate) states: Vec<String>,
    /// Fields of the parameters.
    pub(crate) parameters: Vec<String>,
    pub(crate) numbers: Vec<String>,
    pub(crate) fixed: Vec<String>,
    pub(crate) noises: Vec<String>,
    pub(crate) functions: Vec<String>,
    /// Arguments of each function.
    pub(crate) arguments: Vec<Vec<String>>,
    pub(crate) tables: Vec<String>,
    /// The functions behind tables of functions, the arrays behind tables of values.
    pub(crate) contents: Vec<String>,
    /// The values of tables of functions at their points.
    pub(crate) points: Vec<String>,
    pub(crate) networks: Vec<String>,
    /// Indices of sums, by their nesting.
    pub(crate) indices: Vec<String>,
    rows: BTreeMap<Row, String>,
}

fn reserved(format: Export) -> BTreeSet<String> {
    let text = match format {
        Export::Julia => JULIA,
        Export::Rust => RUST,
        _ => PYTHON,
    };
    text.split_whitespace().map(str::to_owned).collect()
}

/// The name itself, with `_` after it as often as it takes to be new; what no identifier holds becomes `_`.
fn take(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut own: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    // A lone `_` holds no value in some of the languages.
    if !own.starts_with(|c: char| c.is_ascii_alphabetic()) {
        own.insert(0, 'v');
    }
    while !taken.insert(own.clone()) {
        own.push('_');
    }
    own
}

impl Names {
    pub(crate) fn new(script: &Script<'_>, format: Export) -> Self {
        let model: &Model = script.model;
        let reserved = reserved(format);
        let mut fields = reserved.clone();
        let parameters = model.parameters.iter().map(|p| take(&p.name, &mut fields)).collect();
        let mut taken = reserved;
        let mut all = |names: &mut dyn Iterator<Item = String>| -> Vec<String> {
            names.map(|name| take(&name, &mut taken)).collect()
        };
        let states = all(&mut model.variables.iter().map(|v| v.name.clone()));
        let fixed = all(&mut model.fixed.iter().map(|d| d.name.clone()));
        let noises = all(&mut model.noises.iter().cloned());
        let numbers = all(&mut model.numbers.iter().map(|p| p.name.clone()));
        let functions = all(&mut model.functions.iter().map(|f| f.name.clone()));
        let tables = all(&mut model.tables.iter().map(|t| t.name.clone()));
        let contents =
            all(&mut model.tables.iter().zip(&script.tables).map(|(table, lookup)| match lookup.content {
                Content::Function(_) => format!("{}_at", table.name),
                Content::Values(_) => format!("{}_values", table.name).to_ascii_uppercase(),
            }));
        let points = all(&mut model.tables.iter().map(|t| format!("{}_points", t.name)));
        let networks = all(&mut model.networks.iter().map(|n| n.name.clone()));
        let mut rows = BTreeMap::new();
        for row in every_row(script) {
            let of = |k: usize| match row.family {
                Family::State => model.variables[k].name.clone(),
                Family::Parameter => model.parameters[k].name.clone(),
                Family::Number => model.numbers[k].name.clone(),
                Family::Fixed => model.fixed[k].name.clone(),
                Family::Noise => model.noises[k].clone(),
            };
            let name = take(&format!("{}_to_{}", of(row.first), of(row.last)), &mut taken);
            rows.insert(row, name);
        }
        let letters = ["i", "j", "k", "l"];
        let indices = (0..script.nesting)
            .map(|depth| match letters.get(depth) {
                Some(letter) => take(letter, &mut taken),
                None => take(&format!("i{depth}"), &mut taken),
            })
            .collect();
        let mut names = Self {
            states,
            parameters,
            numbers,
            fixed,
            noises,
            functions,
            arguments: Vec::new(),
            tables,
            contents,
            points,
            networks,
            indices,
            rows,
        };
        names.arguments = names.arguments(script, format);
        names
    }

    /// An argument may hide what its function does not read.
    fn arguments(&self, script: &Script<'_>, format: Export) -> Vec<Vec<String>> {
        let mut fixed = reserved(format);
        let globals =
            [&self.numbers, &self.functions, &self.tables, &self.contents, &self.networks, &self.indices];
        fixed.extend(globals.into_iter().flatten().cloned());
        let each = script.functions.iter().zip(&script.model.functions);
        each.map(|(callable, function)| {
            let mut taken = fixed.clone();
            let needs = &callable.needs;
            taken.extend(needs.states.iter().map(|k| self.states[*k].clone()));
            taken.extend(needs.fixed.iter().map(|k| self.fixed[*k].clone()));
            taken.extend(needs.noises.iter().map(|k| self.noises[*k].clone()));
            taken.extend(needs.points.iter().map(|k| self.points[*k].clone()));
            taken.extend(needs.rows.iter().map(|row| self.row(*row)));
            function.arguments.iter().map(|name| take(name, &mut taken)).collect()
        })
        .collect()
    }

    /// The array of a table's values at its points.
    pub(crate) fn values_of(&self, script: &Script<'_>, table: usize) -> &str {
        match script.tables[table].content {
            Content::Function(_) => &self.points[table],
            Content::Values(_) => &self.contents[table],
        }
    }

    pub(crate) fn row(&self, row: Row) -> String {
        self.rows.get(&row).cloned().unwrap_or_default()
    }
}

/// Every row that something reads.
fn every_row(script: &Script<'_>) -> BTreeSet<Row> {
    let events = script.events.iter().flat_map(|event| {
        std::iter::once(&event.condition).chain(event.resets.iter().map(|(_, value)| value))
    });
    let terms = script
        .rates
        .iter()
        .chain(&script.auxiliaries)
        .chain(&script.fixed)
        .chain(events)
        .chain(script.histories.iter().map(|(_, value)| value));
    let mut rows = script.needs(terms).rows;
    for needs in script.functions.iter().map(|f| &f.needs).chain(script.tables.iter().map(|t| &t.needs)) {
        rows.extend(&needs.rows);
    }
    rows
}
