//! Fully connected networks of rectifiers, for a batch at a time.

use crate::error::Error;
use numerics::{Real, Stream, dot, sum};

/// Largest number of units of a layer.
const WIDEST: usize = 4096;

/// A fully connected network: `h = max(0, W x + b)` layer by layer, the last one without the rectifier.
///
/// Parameters stand layer by layer, the weights `out × in` row-major, then the biases. Values of a batch stand unit by
/// unit: `x[unit * batch + member]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Perceptron {
    sizes: Vec<usize>,
    batch: usize,
}

/// The values of all units of a pass, input first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Activity(Vec<Vec<f64>>);

impl Activity {
    /// The output, `out * batch` numbers; empty before the first pass.
    pub fn output(&self) -> &[f64] {
        self.0.last().map_or(&[], Vec::as_slice)
    }
}

impl Perceptron {
    /// A network of these numbers of units, input and output among them.
    ///
    /// # Errors
    /// [`Error::Size`] for fewer than two layers, or for none or too many units or members.
    pub fn new(sizes: &[usize], batch: usize) -> Result<Self, Error> {
        let bad = |what, found, least, most| Err(Error::Size { what, found, least, most });
        if !(2..=16).contains(&sizes.len()) {
            return bad("the number of layers", sizes.len(), 2, 16);
        }
        if let Some(size) = sizes.iter().find(|size| !(1..=WIDEST).contains(*size)) {
            return bad("a layer", *size, 1, WIDEST);
        }
        if !(1..=WIDEST).contains(&batch) {
            return bad("the batch", batch, 1, WIDEST);
        }
        Ok(Self { sizes: sizes.to_vec(), batch })
    }

    /// Number of parameters.
    pub fn parameters(&self) -> usize {
        self.sizes.windows(2).map(|pair| pair[1] * (pair[0] + 1)).sum()
    }

    /// Parameters to begin with: weights normal with variance `2 / in` (He et al. 2015), biases 0.
    pub fn initial(&self, stream: &mut Stream) -> Vec<f64> {
        let mut parameters = Vec::with_capacity(self.parameters());
        for pair in self.sizes.windows(2) {
            let deviation = Real::sqrt(2.0 / pair[0] as f64);
            parameters.extend((0..pair[1] * pair[0]).map(|_| deviation * stream.normal()));
            parameters.extend(std::iter::repeat_n(0.0, pair[1]));
        }
        parameters
    }

    /// Runs a batch, `in * batch` numbers, through the network.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn forward(&self, parameters: &[f64], input: &[f64], activity: &mut Activity) -> Result<(), Error> {
        let batch = self.batch;
        self.check("the parameters", parameters.len(), self.parameters())?;
        self.check("the input", input.len(), self.sizes[0] * batch)?;
        activity.0.resize(self.sizes.len(), Vec::new());
        activity.0[0].clear();
        activity.0[0].extend_from_slice(input);
        let mut rest = parameters;
        for layer in 1..self.sizes.len() {
            let (inputs, outputs) = (self.sizes[layer - 1], self.sizes[layer]);
            let (weights, after) = rest.split_at(inputs * outputs);
            let (biases, after) = after.split_at(outputs);
            rest = after;
            let (before, here) = activity.0.split_at_mut(layer);
            let (x, y) = (&before[layer - 1], &mut here[0]);
            y.resize(outputs * batch, 0.0);
            for ((row, bias), y) in weights.chunks_exact(inputs).zip(biases).zip(y.chunks_exact_mut(batch)) {
                y.fill(*bias);
                for (weight, x) in row.iter().zip(x.chunks_exact(batch)) {
                    for (y, x) in y.iter_mut().zip(x) {
                        *y += weight * x;
                    }
                }
                if layer + 1 < self.sizes.len() {
                    for y in y {
                        *y = if *y > 0.0 { *y } else { 0.0 };
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds the gradient of the parameters, from that of the output; `above` becomes the gradient of the input.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn backward(
        &self,
        parameters: &[f64],
        activity: &Activity,
        above: &mut Vec<f64>,
        gradient: &mut [f64],
    ) -> Result<(), Error> {
        let (batch, last) = (self.batch, self.sizes.len() - 1);
        self.check("the parameters", parameters.len(), self.parameters())?;
        self.check("the gradient", gradient.len(), self.parameters())?;
        self.check("the output's gradient", above.len(), self.sizes[last] * batch)?;
        self.check("the layers of the pass", activity.0.len(), self.sizes.len())?;
        let mut end = self.parameters();
        for layer in (1..=last).rev() {
            let (inputs, outputs) = (self.sizes[layer - 1], self.sizes[layer]);
            let begin = end - outputs * (inputs + 1);
            let weights = &parameters[begin..begin + inputs * outputs];
            let (for_weights, for_biases) = gradient[begin..end].split_at_mut(inputs * outputs);
            end = begin;
            if layer < last {
                for (above, y) in above.iter_mut().zip(&activity.0[layer]) {
                    *above = if *y > 0.0 { *above } else { 0.0 };
                }
            }
            let x = &activity.0[layer - 1];
            let mut below = vec![0.0; inputs * batch];
            for (o, above) in above.chunks_exact(batch).enumerate() {
                for_biases[o] += sum(above);
                let row = o * inputs..(o + 1) * inputs;
                let columns = x.chunks_exact(batch).zip(below.chunks_exact_mut(batch));
                for ((g, w), (x, below)) in
                    for_weights[row.clone()].iter_mut().zip(&weights[row]).zip(columns)
                {
                    *g += dot(above, x);
                    for (below, above) in below.iter_mut().zip(above) {
                        *below += w * above;
                    }
                }
            }
            *above = below;
        }
        Ok(())
    }

    fn check(&self, what: &'static str, found: usize, expected: usize) -> Result<(), Error> {
        if found == expected { Ok(()) } else { Err(Error::Length { what, found, expected }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let net = Perceptron::new(&[3, 5, 4, 2], 7).unwrap();
        let mut stream = Stream::new(3, "test");
        let mut parameters = net.initial(&mut stream);
        parameters.iter_mut().for_each(|p| *p += 0.1 * stream.normal());
        let input: Vec<f64> = (0..21).map(|_| stream.normal()).collect();
        let weight: Vec<f64> = (0..14).map(|_| stream.normal()).collect();
        let value = |parameters: &[f64], input: &[f64]| {
            let mut activity = Activity::default();
            net.forward(parameters, input, &mut activity).unwrap();
            dot(activity.output(), &weight)
        };
        let mut activity = Activity::default();
        net.forward(&parameters, &input, &mut activity).unwrap();
        let (mut above, mut gradient) = (weight.clone(), vec![0.0; net.parameters()]);
        net.backward(&parameters, &activity, &mut above, &mut gradient).unwrap();
        let h = 1e-6;
        for at in 0..net.parameters() {
            let mut moved = parameters.clone();
            moved[at] += h;
            let up = value(&moved, &input);
            moved[at] -= 2.0 * h;
            let slope = (up - value(&moved, &input)) / (2.0 * h);
            assert!(
                (slope - gradient[at]).abs() < 1e-6 * (1.0 + slope.abs()),
                "{at}: {slope} {}",
                gradient[at]
            );
        }
        for at in 0..input.len() {
            let mut moved = input.clone();
            moved[at] += h;
            let up = value(&parameters, &moved);
            moved[at] -= 2.0 * h;
            let slope = (up - value(&parameters, &moved)) / (2.0 * h);
            assert!((slope - above[at]).abs() < 1e-6 * (1.0 + slope.abs()), "{at}: {slope} {}", above[at]);
        }
    }

    #[test]
    fn a_batch_gives_what_its_members_give_one_by_one() {
        let (many, one) = (Perceptron::new(&[2, 6, 3], 5).unwrap(), Perceptron::new(&[2, 6, 3], 1).unwrap());
        let parameters = many.initial(&mut Stream::new(1, "test"));
        let input: Vec<f64> = (0..10).map(|i| 0.3 * f64::from(i) - 1.0).collect();
        let (mut all, mut single) = (Activity::default(), Activity::default());
        many.forward(&parameters, &input, &mut all).unwrap();
        for member in 0..5 {
            one.forward(&parameters, &[input[member], input[5 + member]], &mut single).unwrap();
            for unit in 0..3 {
                assert_eq!(single.output()[unit], all.output()[unit * 5 + member]);
            }
        }
    }

    #[test]
    fn wrong_sizes_are_told() {
        assert!(matches!(Perceptron::new(&[3], 1), Err(Error::Size { .. })));
        assert!(matches!(Perceptron::new(&[3, 0, 1], 1), Err(Error::Size { .. })));
        assert!(matches!(Perceptron::new(&[3, 1], 0), Err(Error::Size { .. })));
        let net = Perceptron::new(&[1, 1], 1).unwrap();
        let wrong = net.forward(&[1.0], &[1.0], &mut Activity::default());
        assert_eq!(wrong, Err(Error::Length { what: "the parameters", found: 1, expected: 2 }));
    }
}
