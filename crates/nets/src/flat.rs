//! The parameters of any module as one flat vector, in the order of its fields, each row-major.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor};

/// A named piece of the flat parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The path of fields that leads to it, joined by dots.
    pub name: String,
    /// Its sizes, outermost first.
    pub sizes: Vec<usize>,
    /// Where it begins.
    pub offset: usize,
}

impl Block {
    /// Number of entries.
    pub fn len(&self) -> usize {
        self.sizes.iter().product()
    }
    /// Whether it has no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// All pieces in the order in which they stand.
pub fn layout<M: Module>(module: &M) -> Vec<Block> {
    #[derive(Default)]
    struct Names {
        path: Vec<String>,
        blocks: Vec<Block>,
    }
    impl ModuleVisitor for Names {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.push(name.to_string());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.pop();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let offset = self.blocks.last().map_or(0, |b| b.offset + b.len());
            self.blocks.push(Block { name: self.path.join("."), sizes: param.val().dims().to_vec(), offset });
        }
    }
    let mut names = Names::default();
    module.visit(&mut names);
    names.blocks
}

/// The parameters, outside the graph of derivatives.
pub fn parameters<M: Module>(module: &M, device: &Device) -> Tensor<1> {
    struct Values(Vec<Tensor<1>>);
    impl ModuleVisitor for Values {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.push(line(param.val().inner()));
        }
    }
    let mut values = Values(Vec::new());
    module.visit(&mut values);
    join(values.0, device)
}

/// The gradient by every parameter; zero by those on which the loss does not depend.
pub fn gradient<M: Module>(module: &M, gradients: &Gradients, device: &Device) -> Tensor<1> {
    struct Values<'a>(&'a Gradients, Vec<Tensor<1>>);
    impl ModuleVisitor for Values<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let value = param.val();
            let found = value.grad(self.0).unwrap_or_else(|| value.inner().zeros_like());
            self.1.push(line(found));
        }
    }
    let mut values = Values(gradients, Vec::new());
    module.visit(&mut values);
    join(values.1, device)
}

/// The module with the parameters of a flat vector as long as its [`layout`] asks for.
pub fn with_parameters<M: Module>(module: M, flat: &Tensor<1>) -> M {
    struct Load<'a>(&'a Tensor<1>, usize);
    impl ModuleMapper for Load<'_> {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let (id, old, mapper) = param.consume();
            let sizes = old.dims();
            let count: usize = sizes.iter().product();
            let from = self.1;
            self.1 += count;
            let mut value: Tensor<D> = self.0.clone().narrow(0, from, count).reshape(sizes);
            if old.is_autodiff() {
                value = Tensor::from_inner(value).set_require_grad(old.is_require_grad());
            }
            Param::from_mapped_value(id, value, mapper)
        }
    }
    module.map(&mut Load(flat, 0))
}

fn line<const D: usize>(tensor: Tensor<D>) -> Tensor<1> {
    let count = tensor.dims().iter().product::<usize>();
    tensor.reshape([count])
}

fn join(parts: Vec<Tensor<1>>, device: &Device) -> Tensor<1> {
    if parts.is_empty() { Tensor::zeros([0], &device.clone().inner()) } else { Tensor::cat(parts, 0) }
}
