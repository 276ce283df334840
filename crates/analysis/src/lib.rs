//! Measures of dynamics: Lyapunov spectrum, spectra, state-space divergence, sections, bifurcations, series.
//!
//! Data are row-major: `data[sample * dimension + variable]`. Every measure gives the same bits natively and in
//! WebAssembly: elementary functions come from `libm`, sums have one order, the Fourier transform is our own.
#![forbid(unsafe_code)]

mod assignment;
mod basins;
mod branch;
mod clusters;
mod collocation;
mod complexity;
mod continuation;
mod correlation_dimension;
mod cycle;
mod cycle_branch;
mod cycle_special;
mod cycle_start;
mod cycles;
mod definite;
mod delay;
mod eigen;
mod embedding;
mod enclose;
mod entropy;
mod error;
mod family;
mod fixed_points;
mod fourier;
mod hopf;
mod integrate;
mod lyapunov;
mod manifolds;
mod map_manifolds;
mod matching;
mod mean_field;
mod measures;
mod multidimensional;
mod neighbours;
mod network;
mod operator;
mod operator_distance;
#[cfg(test)]
mod orbits;
mod order;
mod parameter_map;
mod ranks;
mod recurrence;
mod regions;
mod scaling;
mod scyfi;
mod section;
mod seek;
mod separation;
mod series_exponent;
mod similarity;
mod singular;
mod special;
mod spectral;
mod statistics;
mod steady;
mod sweep;
mod symbols;

pub use assignment::least_assignment;
pub use basins::{
    ATTRACTORS, Attractor, Basin, BasinMap, BasinOptions, BasinRun, CarriedFlow, CarriedMap, Carry,
};
pub use branch::{Branch, ContinuationOptions, End, Special, SpecialKind, SteadyPoint};
pub use clusters::{Clusters, k_means};
pub use complexity::{LempelZiv, lempel_ziv, lempel_ziv_words, quantile_symbols};
pub use continuation::ContinuationRun;
pub use correlation_dimension::{CorrelationDimension, CorrelationOptions, CorrelationRun};
pub use cycle::Cycle;
pub use cycle_branch::{CycleBranch, CycleKind, CycleOptions, CyclePoint, CycleSpecial};
pub use cycles::CycleRun;
pub use definite::{hermitian_inverse, leading_direction, mirror, symmetric_eigenvalues};
pub use delay::{DELAY_EXPONENTS, DelayTangent, PAST};
pub use eigen::{Eigenvalue, eigenvalues};
pub use embedding::{
    DelayChoice, DelayRule, EmbeddingChoice, FalseNeighbourOptions, FalseNeighbourRun, FalseNeighbours,
    MutualInformation, embed, false_neighbours, mutual_information, suggest_delay, suggest_embedding,
};
pub use entropy::{
    PermutationEntropy, SampleEntropy, multiscale_entropy, permutation_entropy, sample_entropy,
};
pub use error::Error;
pub use family::{FlowFamily, FlowPlane, MapFamily, MapPlane, parameter_step};
pub use fixed_points::{
    FixedPoint, FixedPointOptions, FixedPointRun, Rest, RestOfFlow, RestOfMap, kind_in_words,
};
pub use fourier::{Fourier, power_spectrum, smooth_gaussian};
pub use hopf::LyapunovCoefficient;
pub use lyapunov::{
    CurvePoint, Exponent, FlowTangent, LyapunovOptions, LyapunovRun, MapTangent, Spectrum, Tangent,
    kaplan_yorke, pesin,
};
pub use manifolds::{CurveEnd, ManifoldCurve, ManifoldOptions, manifolds};
pub use map_manifolds::map_manifolds;
pub use matching::{Matching, match_units};
pub use mean_field::{Expansion, MeanField, RandomNetwork, Transfer, euler_response};
pub use measures::{
    BinnedOptions, GaussianOptions, PointBox, hellinger, prediction_error, smoothed_spectrum,
    spectrum_distance, state_space_divergence, state_space_divergence_gaussian,
};
pub use multidimensional::{Places, classical_scaling};
pub use neighbours::{Neighbours, Norm};
pub use network::{
    ActivityDimension, OrderParameter, PrincipalComponents, kuramoto_order, participation_ratio,
    principal_components,
};
pub use operator::{DelayOperator, OperatorOptions, delay_operator};
pub use operator_distance::{OperatorDistance, OperatorDistanceOptions, OperatorDistanceRun};
pub use parameter_map::{
    CellState, ParameterAxis, ParameterCell, ParameterMap, ParameterMapOptions, ParameterMapRun, PlaneTangent,
};
pub use ranks::{RankCorrelation, pearson, rank_correlation, ranks};
pub use recurrence::{Recurrence, RecurrenceOptions, RecurrenceThreshold, Recurrences, recurrences};
pub use regions::{RegionOrbit, RegionRest, region_number, region_orbit, region_rests};
pub use scaling::ScalingRegion;
pub use scyfi::{AffineCycle, AffineCycleOptions, AffineCycleRun, AffineSearch};
pub use section::{Hit, Section, SectionOptions, SectionRun, Surface};
pub use separation::{Separation, fit_separation, separate_flow, separate_map};
pub use series_exponent::{
    DivergenceMethod, SeriesExponent, SeriesExponentOptions, SeriesExponentRun, kantz_radius,
};
pub use similarity::{Alignment, Procrustes, linear_alignment, procrustes};
pub use spectral::{
    Autocorrelation, DominantFrequency, PowerDensity, SpectralEntropy, autocorrelation, welch,
};
pub use statistics::{
    Line, Standardised, channel, histogram, histogram_plane, least_squares, standard_deviation, standardise,
};
pub use steady::{Equilibria, FixedPoints, Steady};
pub use sweep::{
    FlowSweep, Follow, MapSweep, SweepColumn, SweepOptions, SweepOutcome, SweepRun, SweepSource,
};
pub use symbols::{SymbolStatistics, block_entropies, entropy_rates, switching_sequence, symbol_statistics};
