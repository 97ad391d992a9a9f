//! `InputSpec`: what inputs a layer takes.

use ferroflow_core::{PartialShape, Result, ensure};

/// What is asked of the shape of a layer's input.
#[derive(Clone, Debug, Default)]
pub struct InputSpec {
    /// The rank.
    pub ndim: Option<usize>,
    /// The least rank.
    pub min_ndim: Option<usize>,
    /// Sizes along axes, which are counted from the end where they are negative.
    pub axes: Vec<(i64, usize)>,
}

impl InputSpec {
    /// Inputs of this rank or a higher one.
    pub fn at_least(rank: usize) -> InputSpec {
        InputSpec { min_ndim: Some(rank), ..InputSpec::default() }
    }

    /// Inputs of this rank.
    pub fn of_rank(rank: usize) -> InputSpec {
        InputSpec { ndim: Some(rank), ..InputSpec::default() }
    }

    /// The same with a size along an axis.
    #[must_use]
    pub fn axis(mut self, axis: i64, size: usize) -> InputSpec {
        self.axes.push((axis, size));
        self
    }

    /// Checks a shape, as far as it is known.
    pub(super) fn check(&self, layer: &str, shape: &PartialShape) -> Result<()> {
        let Some(dims) = shape.dims() else { return Ok(()) };
        let found = dims.len();
        let input = format!("Input 0 with name 'None' of layer '{layer}' is incompatible with the layer: ");
        if let Some(ndim) = self.ndim {
            ensure!(
                found == ndim,
                value,
                "{input}expected ndim={ndim}, found ndim={found}. Full shape received: {shape}"
            );
        }
        if let Some(least) = self.min_ndim {
            ensure!(
                found >= least,
                value,
                "{input}expected min_ndim={least}, found ndim={found}. Full shape received: {shape}"
            );
        }
        for &(axis, size) in &self.axes {
            let position = if axis < 0 { found as i64 + axis } else { axis };
            let dim =
                usize::try_from(position).ok().and_then(|position| dims.get(position).copied().flatten());
            ensure!(
                dim.is_none_or(|dim| dim == size),
                value,
                "{input}expected axis {axis} of input shape to have value {size}, but received input with shape \
                 {shape}"
            );
        }
        Ok(())
    }
}
