//! The one list of exhibits, and how a name in a link finds one.

use crate::almost_linear::AlmostLinearNetwork;
use crate::chaos_benchmark::ChaosBenchmark;
use crate::closed_form_continuous::ClosedFormContinuous;
use crate::contract::{Claim, Diagnostic, Family, Gallery, Member};
use crate::error::ExhibitError;
use crate::exhibit::Exhibit;
use crate::explorer::Explorer;
use crate::generalized_teacher_forcing::GeneralizedTeacherForcing;
use crate::linear_equivalence::LinearEquivalence;
use crate::rnn_review::RnnReview;
use crate::solution_degeneracy::SolutionDegeneracy;
use crate::subject::nearest_system;
use recipe::Recipe;

/// The slug under which typed equations run.
pub const TYPED: &str = "explorer";

static EXPLORER: Explorer = Explorer;

/// An exhibit that runs in the whole module.
#[cfg(feature = "whole")]
macro_rules! whole {
    ($exhibit:expr) => {
        &$exhibit
    };
}
/// The same in the module that opens the page: declared, its run left out.
#[cfg(not(feature = "whole"))]
macro_rules! whole {
    ($exhibit:expr) => {
        &crate::elsewhere::Elsewhere($exhibit)
    };
}

/// Every exhibit beside the Explorer, with its family in the gallery.
static EXHIBITS: [(&str, &dyn Exhibit); 7] = [
    ("Learning chaos", whole!(GeneralizedTeacherForcing)),
    ("Learning chaos", whole!(AlmostLinearNetwork)),
    ("Learning chaos", whole!(ChaosBenchmark)),
    ("Learning sequences", whole!(RnnReview)),
    ("Learning sequences", whole!(ClosedFormContinuous)),
    ("Learning sequences", whole!(SolutionDegeneracy)),
    ("Networks at large", whole!(LinearEquivalence)),
];

/// Every exhibit, the Explorer first.
pub fn all() -> impl Iterator<Item = &'static dyn Exhibit> {
    std::iter::once(&EXPLORER as &dyn Exhibit).chain(EXHIBITS.iter().map(|(_, exhibit)| *exhibit))
}

/// The exhibit that a recipe names: one of the list, or the Explorer for a system or typed equations.
///
/// # Errors
/// Nothing has that name; the nearest one is told.
pub fn resolve(recipe: &Recipe) -> Result<&'static dyn Exhibit, ExhibitError> {
    let name = recipe.exhibit.as_str();
    if let Some(exhibit) = all().find(|exhibit| exhibit.slug() == name) {
        return Ok(exhibit);
    }
    if zoo::find(name).is_some() {
        return Ok(&EXPLORER);
    }
    let nearest = nearest_system(name, all().map(|e| e.slug()));
    Err(ExhibitError::Unknown { name: name.to_owned(), nearest })
}

/// A claim of an exhibit.
///
/// # Errors
/// The exhibit has no such claim.
pub fn claim(exhibit: &dyn Exhibit, id: &str) -> Result<Claim, ExhibitError> {
    let claims = exhibit.claims();
    claims.iter().find(|c| c.id == id).cloned().ok_or_else(|| {
        let names: Vec<&str> = claims.iter().map(|c| c.id.as_str()).collect();
        ExhibitError::Refused(format!("{} has no claim {id:?}; it has {}", exhibit.slug(), names.join(", ")))
    })
}

/// The recipe with other equations: a system of the zoo becomes typed equations in the Explorer, an exhibit keeps
/// its name. Controls that the new equations do not have fall away.
///
/// # Errors
/// The equations cannot be read, with every place and what would be right.
pub fn with_equations(recipe: &Recipe, text: &str) -> Result<Recipe, ExhibitError> {
    let model = read_equations(text)?;
    let exhibit = resolve(recipe)?;
    let mut after = recipe.clone();
    if exhibit.slug() == TYPED {
        after.exhibit = TYPED.to_owned();
        let kept = |id: &str| {
            crate::explorer::keeps(id)
                || model.parameters.iter().any(|p| p.name.eq_ignore_ascii_case(id))
                || model.variables.iter().any(|v| id.strip_suffix("_0").is_some_and(|n| n == v.name))
        };
        after.controls.retain(|(id, _)| kept(id));
    }
    after.equations = Some(text.to_owned());
    Ok(after)
}

/// Parses equations into a model.
///
/// # Errors
/// All diagnostics when there is an error among them.
pub fn read_equations(text: &str) -> Result<equations::Model, ExhibitError> {
    let parsed = equations::parse(text);
    match parsed.model {
        Some(model) => Ok(model),
        None => Err(ExhibitError::Equations(diagnostics(&parsed.diagnostics))),
    }
}

/// Diagnostics as the contract has them.
pub fn diagnostics(of: &[equations::Diagnostic]) -> Vec<Diagnostic> {
    of.iter()
        .map(|d| Diagnostic {
            severity: match d.severity {
                equations::Severity::Error => "error",
                equations::Severity::Warning => "warning",
            }
            .into(),
            line: d.line,
            column: d.column,
            length: d.length,
            message: d.message.clone(),
            help: d.help.clone(),
            replacement: d.replacement.clone(),
        })
        .collect()
}

/// Families of systems in the order of the zoo, then families of exhibits.
pub fn gallery() -> Gallery {
    let mut families: Vec<Family> = Vec::new();
    let mut put = |shelf: &str, family: &str, member: Member| match families
        .iter_mut()
        .find(|f| f.shelf == shelf && f.name == family)
    {
        Some(family) => family.members.push(member),
        None => families.push(Family { shelf: shelf.into(), name: family.into(), members: vec![member] }),
    };
    for family in zoo::FAMILIES {
        for system in zoo::systems().iter().filter(|s| s.family() == family) {
            put(
                "Systems",
                family,
                Member {
                    slug: system.slug().into(),
                    title: system.name().into(),
                    subtitle: crate::explorer::short(system.citation()).into(),
                    sentence: system.sentence().into(),
                    family: family.into(),
                    dimension: Some(system.model().variables.len() as u32),
                    exponent: system.lyapunov().and_then(|spectrum| spectrum.first().copied()),
                    regular: system.regular().map(Into::into),
                    collection: system.collection().map(|name| format!("dysts:{name}")),
                },
            );
        }
    }
    for (family, exhibit) in EXHIBITS {
        if let Ok(declaration) = exhibit.declare(&Recipe::new(exhibit.slug()), &Default::default()) {
            put(
                "Exhibits",
                family,
                Member {
                    slug: declaration.slug,
                    title: declaration.title,
                    subtitle: declaration.subtitle,
                    sentence: declaration.sentence,
                    family: family.into(),
                    dimension: None,
                    exponent: None,
                    regular: None,
                    collection: None,
                },
            );
        }
    }
    Gallery { families }
}
