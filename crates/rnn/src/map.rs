use crate::cell::{Cell, CellKind};
use crate::error::Error;
use numerics::{Map, MapJacobian, PiecewiseAffine};
use std::sync::Arc;

/// Where a cell with inputs gets them from when it is looked at as a map.
#[derive(Clone, Debug, PartialEq)]
enum Drive {
    Constant(Vec<f64>),
    Closed,
}

/// A trained cell as a map `z -> F(z)` in `f64`, whatever it was trained in.
#[derive(Clone, Debug)]
pub struct TrainedMap {
    cell: Arc<dyn Cell<f64>>,
    parameters: Vec<f64>,
    drive: Drive,
    input: Vec<f64>,
}

/// A run of a network by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct FreeRun {
    /// Outputs, `N` a row, up to the last finite row.
    pub values: Vec<f64>,
    /// The step whose result was not finite, counted from 0.
    pub diverged: Option<usize>,
}

impl TrainedMap {
    /// The map of a cell under a constant input of zero.
    ///
    /// # Errors
    /// [`Error::Size`], [`Error::Length`].
    pub fn new(kind: CellKind, parameters: &[f64]) -> Result<Self, Error> {
        let cell: Arc<dyn Cell<f64>> = Arc::from(kind.build::<f64>()?);
        let expected = cell.layout().len();
        if parameters.len() != expected {
            return Err(Error::Length { what: "the parameters", found: parameters.len(), expected });
        }
        let input = vec![0.0; cell.shape().inputs];
        Ok(Self { cell, parameters: parameters.to_vec(), drive: Drive::Constant(input.clone()), input })
    }

    /// The same under another constant input.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn with_input(mut self, input: &[f64]) -> Result<Self, Error> {
        let expected = self.cell.shape().inputs;
        if input.len() != expected {
            return Err(Error::Length { what: "the input", found: input.len(), expected });
        }
        self.drive = Drive::Constant(input.to_vec());
        Ok(self)
    }

    /// The same with its outputs fed back as its inputs.
    ///
    /// # Errors
    /// [`Error::Length`] when there are not as many outputs as inputs.
    pub fn closed(mut self) -> Result<Self, Error> {
        let shape = self.cell.shape();
        if shape.inputs != shape.outputs {
            let (found, expected) = (shape.outputs, shape.inputs);
            return Err(Error::Length { what: "the output to feed back", found, expected });
        }
        self.drive = Drive::Closed;
        Ok(self)
    }

    /// The parameters.
    pub fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.cell.shape().outputs
    }

    /// The output read from a state.
    pub fn read_out(&self, z: &[f64], y: &mut [f64]) {
        self.cell.read_out(&self.parameters, z, y);
    }

    /// The state at which a run begins that observes `y` first.
    pub fn begin(&self, y: &[f64], z: &mut [f64]) {
        self.cell.begin(&self.parameters, y, z);
    }

    fn drive(&mut self, z: &[f64]) {
        match &self.drive {
            Drive::Constant(input) => self.input.copy_from_slice(input),
            Drive::Closed => self.cell.read_out(&self.parameters, z, &mut self.input),
        }
    }

    /// Runs freely for `steps` steps from the observation `start`, which is not among the values; a closed loop
    /// takes it as its first input.
    ///
    /// # Errors
    /// [`Error::Length`] when `start` has not as many numbers as there are outputs.
    pub fn free_run(&mut self, start: &[f64], steps: usize) -> Result<FreeRun, Error> {
        let shape = self.cell.shape();
        if start.len() != shape.outputs {
            let (found, expected) = (start.len(), shape.outputs);
            return Err(Error::Length { what: "the starting point", found, expected });
        }
        let mut z = vec![0.0; shape.state];
        let mut next = vec![0.0; shape.state];
        let mut y = vec![0.0; shape.outputs];
        self.begin(start, &mut z);
        let mut run = FreeRun { values: Vec::with_capacity(steps * shape.outputs), diverged: None };
        for step in 0..steps {
            if step == 0 && self.drive == Drive::Closed {
                self.input.copy_from_slice(start);
            } else {
                self.drive(&z);
            }
            self.cell.next(&self.parameters, &self.input, &z, &mut next);
            self.cell.read_out(&self.parameters, &next, &mut y);
            if !next.iter().chain(&y).all(|v| v.is_finite()) {
                run.diverged = Some(step);
                break;
            }
            run.values.extend_from_slice(&y);
            std::mem::swap(&mut z, &mut next);
        }
        Ok(run)
    }

    /// The same map as a piecewise affine one; `None` when the cell is not.
    pub fn piecewise(self) -> Option<PiecewiseMap> {
        let zero = vec![0.0; self.cell.shape().state];
        self.cell.region(&self.parameters, &zero, &mut Vec::new()).then_some(PiecewiseMap(self))
    }
}

impl Map for TrainedMap {
    fn dimension(&self) -> usize {
        self.cell.shape().state
    }
    fn next(&mut self, _: f64, x: &[f64], next: &mut [f64]) {
        self.drive(x);
        self.cell.next(&self.parameters, &self.input, x, next);
    }
}

impl MapJacobian for TrainedMap {
    fn jacobian(&mut self, _: f64, x: &[f64], jacobian: &mut [f64]) {
        self.drive(x);
        self.cell.jacobian(&self.parameters, &self.input, x, jacobian);
        if self.drive == Drive::Closed {
            let shape = self.cell.shape();
            let (m, i) = (shape.state, shape.inputs);
            let mut of_input = vec![0.0; m * i];
            let mut of_output = vec![0.0; i * m];
            self.cell.input_jacobian(&self.parameters, &self.input, x, &mut of_input);
            self.cell.read_out_jacobian(&self.parameters, &mut of_output);
            for row in 0..m {
                for col in 0..m {
                    for k in 0..i {
                        jacobian[row * m + col] += of_input[row * i + k] * of_output[k * m + col];
                    }
                }
            }
        }
    }
}

/// A trained network of rectifiers, affine on each of its regions.
#[derive(Clone, Debug)]
pub struct PiecewiseMap(TrainedMap);

impl PiecewiseMap {
    /// The map without its regions.
    pub fn into_inner(self) -> TrainedMap {
        self.0
    }
}

impl Map for PiecewiseMap {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    fn next(&mut self, t: f64, x: &[f64], next: &mut [f64]) {
        self.0.next(t, x, next);
    }
}

impl MapJacobian for PiecewiseMap {
    fn jacobian(&mut self, t: f64, x: &[f64], jacobian: &mut [f64]) {
        self.0.jacobian(t, x, jacobian);
    }
}

impl PiecewiseAffine for PiecewiseMap {
    fn region(&mut self, x: &[f64], switches: &mut Vec<bool>) {
        self.0.cell.region(&self.0.parameters, x, switches);
    }
    fn affine(&mut self, switches: &[bool], a: &mut [f64], b: &mut [f64]) {
        self.0.cell.affine(&self.0.parameters, switches, a, b);
    }
}
