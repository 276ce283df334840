//! A system with all that its file says: delays, noise and events beside the right-hand side.

use crate::Field;
use equations::{Interpreter, Model};
use numerics::march::{Grid, Halt};
use numerics::{Crossing, Draw, Flow, FlowJacobian, Process, Reset};

/// A whole system at given parameters. Right-hand side and Jacobian run as native code where there is some; the rest,
/// which runs seldom, as register programs.
#[derive(Clone, Debug)]
pub struct SystemProcess {
    native: Option<Field<f64>>,
    programs: Interpreter<f64>,
}

impl SystemProcess {
    /// Of a model, with the field that steps it.
    pub fn new(model: &Model, field: Field<f64>, parameters: &[f64]) -> Self {
        let programs = Interpreter::new(model.system(), parameters);
        Self { native: field.is_native().then_some(field), programs }
    }

    /// The register programs, for auxiliary quantities.
    pub fn programs(&mut self) -> &mut Interpreter<f64> {
        &mut self.programs
    }

    /// Sets one parameter, by its place in the file; the others stay as events have left them.
    pub fn set_parameter(&mut self, index: usize, value: f64) {
        self.programs.set_parameter(index, value);
        if let Some(field) = &mut self.native {
            field.set_parameters(self.programs.parameters());
        }
    }

    /// Takes other parameters, in file order.
    pub fn set_parameters(&mut self, to: &[f64]) {
        Process::set_parameters(self, to);
    }
}

impl Process for SystemProcess {
    fn dimension(&self) -> usize {
        self.programs.dimension()
    }
    fn is_map(&self) -> bool {
        self.programs.is_map()
    }
    #[inline]
    fn rate(&mut self, t: f64, x: &[f64], inputs: &[f64], rate: &mut [f64]) {
        match &mut self.native {
            Some(field) => field.rate(t, x, rate),
            None => Process::rate(&mut self.programs, t, x, inputs, rate),
        }
    }
    fn march(&mut self, grid: Grid, bound: f64, x: &mut [f64]) -> Option<Result<(), Halt>> {
        self.native.as_mut()?.march(grid, bound, x)
    }
    fn jacobian(&mut self, t: f64, x: &[f64], inputs: &[f64], jacobian: &mut [f64]) -> bool {
        match &mut self.native {
            Some(field) => {
                field.jacobian(t, x, jacobian);
                true
            }
            None => Process::jacobian(&mut self.programs, t, x, inputs, jacobian),
        }
    }
    fn delayed(&self) -> &[usize] {
        self.programs.delayed()
    }
    fn lags(&mut self, t: f64, x: &[f64], lags: &mut [f64]) {
        self.programs.lags(t, x, lags);
    }
    fn history(&mut self, t: f64, x: &mut [f64]) {
        self.programs.history(t, x);
    }
    fn draws(&self) -> &[Draw] {
        self.programs.draws()
    }
    fn is_affine_in_noise(&self) -> bool {
        self.programs.is_affine_in_noise()
    }
    fn diffusion(&mut self, t: f64, x: &[f64], inputs: &[f64], g: &mut [f64]) {
        self.programs.diffusion(t, x, inputs, g);
    }
    fn is_noise_diagonal(&self) -> bool {
        self.programs.is_noise_diagonal()
    }
    fn diffusion_slope(&mut self, t: f64, x: &[f64], inputs: &[f64], slope: &mut [f64]) {
        self.programs.diffusion_slope(t, x, inputs, slope);
    }
    fn crossings(&self) -> &[Crossing] {
        self.programs.crossings()
    }
    fn conditions(&mut self, t: f64, x: &[f64], inputs: &[f64], values: &mut [f64]) {
        self.programs.conditions(t, x, inputs, values);
    }
    fn reset(&mut self, event: usize, t: f64, x: &mut [f64], inputs: &[f64]) -> Reset {
        let reset = self.programs.reset(event, t, x, inputs);
        if let Some(field) = &mut self.native {
            field.set_parameters(self.programs.parameters());
        }
        reset
    }
    fn parameters(&self) -> Vec<f64> {
        self.programs.parameters().to_vec()
    }
    fn set_parameters(&mut self, to: &[f64]) {
        Process::set_parameters(&mut self.programs, to);
        if let Some(field) = &mut self.native {
            field.set_parameters(to);
        }
    }
    fn halves(&self) -> Option<&[bool]> {
        self.programs.halves()
    }
}
