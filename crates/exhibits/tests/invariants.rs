//! What must hold of every spectrum, over the whole zoo.
#![allow(clippy::unwrap_used, reason = "a test stops where a step fails")]

use exhibits::invariants::invariants;

/// Steps of each average.
const STEPS: u64 = 40_000;
/// Flows whose tangent flow is not followed so well with steps of one length: close encounters, right-hand sides that
/// switch, and stiff chemistry. Their sums still agree with the mean divergence to a few percent.
const ROUGH: [&str; 9] = [
    "dysts:BelousovZhabotinsky",
    "dysts:BlinkingRotlet",
    "dysts:BlinkingVortex",
    "dysts:InteriorSquirmer",
    "dysts:MacArthur",
    "dysts:SwingingAtwood",
    "dysts:WindmiReduced",
    "hindmarsh-rose",
    "oregonator",
];

#[test]
fn exponents_add_up_to_the_mean_divergence_and_one_of_every_flow_is_zero() {
    let (mut rows, mut zeros) = (0, 0);
    for system in zoo::systems() {
        let Some(row) = invariants(system, STEPS).unwrap() else { continue };
        if row.fault.is_some() {
            continue;
        }
        rows += 1;
        let rough = ROUGH.contains(&row.system.as_str());
        let most = if rough { 0.06 } else { 1e-3 };
        assert!(row.gap.is_some_and(|gap| gap < most), "{row:?}");
        if let Some(errors) = row.zero {
            zeros += 1;
            // A cycle's exponents converge without noise, so that block errors say little of what is left of the start.
            let sizes: Vec<f64> = row.exponents.iter().filter_map(|e| Some(e[0]?.abs())).collect();
            let size = sizes.iter().copied().max_by(f64::total_cmp).unwrap();
            let least = sizes.iter().copied().min_by(f64::total_cmp).unwrap();
            assert!(errors < 4.0 || least < 1e-4 * size, "{row:?}");
        }
    }
    assert!(rows > 180 && zeros > 120, "{rows} {zeros}");
}
