//! Tracing the closures of datasets.

use super::Dataset;
use crate::Nest;
use ferroflow_core::{Error, Result, Tensor};
use ferroflow_data::Specs;
use ferroflow_graph::{ArgSpec, ConcreteFunction, trace};
use std::sync::Arc;

/// A traced closure with what it returned.
pub(super) struct Traced<R> {
    pub(super) function: ConcreteFunction,
    pub(super) structure: Arc<R>,
    /// What is known of the results.
    pub(super) specs: Specs,
}

/// Arguments of these dtypes and shapes.
pub(super) fn arguments(specs: &Specs) -> Vec<ArgSpec> {
    let parts = specs.types.iter().zip(&specs.shapes).enumerate();
    let argument =
        |(index, (dtype, shape)): (usize, (&ferroflow_core::DType, &ferroflow_core::PartialShape))| ArgSpec {
            name: format!("args_{index}"),
            dtype: *dtype,
            shape: shape.clone(),
        };
    parts.map(argument).collect()
}

/// Traces a closure on these arguments.
pub(super) fn traced<R: Nest>(
    name: &str,
    arguments: &[ArgSpec],
    f: impl FnOnce(&[Tensor]) -> Result<R>,
) -> Result<Traced<R>> {
    let mut structure = None;
    let function = trace(name, arguments, |tensors| {
        let result = f(tensors)?;
        let flat = result.to_flat();
        structure = Some(result);
        Ok(flat)
    })?;
    let structure = structure.ok_or_else(|| Error::internal("a function was not traced"))?;
    let specs =
        Specs { types: function.function().output_types()?, shapes: function.function().output_shapes()? };
    Ok(Traced { function, structure: Arc::new(structure), specs })
}

impl<E: Nest> Dataset<E> {
    /// Traces a closure of an element.
    pub(super) fn trace<R: Nest>(&self, f: impl FnOnce(E) -> Result<R>) -> Result<Traced<R>> {
        self.scoped(|| {
            traced("Dataset_function", &arguments(self.specs()), |tensors| {
                f(self.structure().with_flat(tensors.to_vec())?)
            })
        })
    }
}
