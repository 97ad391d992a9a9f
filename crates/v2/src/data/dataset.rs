//! `Dataset`: a description of elements, and what is known of them.

use crate::{Nest, TensorSpec};
use ferroflow_core::{AttrValue, FuncRef, Op, Result, Tensor, context};
use ferroflow_data::Specs;
use ferroflow_graph::{Graph, function_library};
use std::fmt;
use std::sync::Arc;

/// Elements of one structure, described by a source and transformations; nothing happens before they are iterated over.
///
/// `E` is the structure of the elements: a [`Tensor`], a tuple of structures, a vector or a map of them. Methods are
/// TensorFlow's; one with optional arguments has a form `NAME_with` that takes them. Closures that transform elements
/// are traced once, as those of [`function`](crate::function) are, and run as graphs.
///
/// Source: `tf.data.Dataset`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let numbers = tf::data::Dataset::range(6)?.map(|x| &x * &x)?.batch(4)?;
/// let batches: Vec<String> = numbers.iter()?.map(|batch| Ok(batch?.to_string())).collect::<tf::Result<_>>()?;
/// assert_eq!(batches, ["[0 1 4 9]", "[16 25]"]);
/// # Ok::<(), tf::Error>(())
/// ```
pub struct Dataset<E> {
    variant: Tensor,
    specs: Specs,
    structure: Arc<E>,
}

impl<E> Clone for Dataset<E> {
    fn clone(&self) -> Dataset<E> {
        Dataset {
            variant: self.variant.clone(),
            specs: self.specs.clone(),
            structure: self.structure.clone(),
        }
    }
}

impl<E> Dataset<E> {
    /// A dataset of these parts; `structure` is an element of any tensors.
    pub(super) fn new(variant: Tensor, specs: Specs, structure: Arc<E>) -> Dataset<E> {
        Dataset { variant, specs, structure }
    }

    /// The tensor of dtype `variant` that carries the dataset between ops.
    pub fn variant(&self) -> &Tensor {
        &self.variant
    }

    /// What is known of the components of elements.
    pub fn specs(&self) -> &Specs {
        &self.specs
    }

    /// An element of any tensors, which shows the structure.
    pub(super) fn structure(&self) -> &E {
        &self.structure
    }

    /// The same, shared.
    #[doc(hidden)]
    pub fn shared_structure(&self) -> &Arc<E> {
        &self.structure
    }

    /// The same elements as lists of their components.
    pub(crate) fn flat(&self) -> Dataset<Vec<Tensor>>
    where
        E: Nest,
    {
        Dataset::new(self.variant.clone(), self.specs.clone(), Arc::new(self.structure.to_flat()))
    }

    /// The same elements as another op gives them.
    pub(super) fn like(&self, op: Op) -> Result<Dataset<E>> {
        self.with(op, self.specs.clone())
    }

    /// Elements of the same structure of which other things are known.
    pub(super) fn with(&self, op: Op, specs: Specs) -> Result<Dataset<E>> {
        let variant = dataset_op(op, &specs)?;
        Ok(Dataset { variant, specs, structure: self.structure.clone() })
    }

    /// An op of this dataset.
    pub(super) fn op(&self, name: &'static str) -> Op {
        Op::named(name).input(&self.variant)
    }

    /// Runs `f` with the dataset's graph open, where it is of one and no other is.
    pub(super) fn scoped<R>(&self, f: impl FnOnce() -> Result<R>) -> Result<R> {
        match graph_of(&self.variant) {
            Some(graph) if !context::has_scope() => graph.as_default_scope(f),
            _ => f(),
        }
    }

    /// What is known of the components of elements, in the order of [`Nest::flatten`].
    pub fn element_spec(&self) -> Vec<TensorSpec> {
        let parts = self.specs.types.iter().zip(&self.specs.shapes);
        parts.map(|(dtype, shape)| TensorSpec::new(shape.clone(), *dtype)).collect()
    }

    /// The dataset that `transformation_func` makes of this one.
    ///
    /// # Errors
    /// What the closure returns.
    pub fn apply<R>(&self, transformation_func: impl FnOnce(&Dataset<E>) -> Result<R>) -> Result<R> {
        transformation_func(self)
    }
}

/// The graph of a symbolic tensor.
fn graph_of(tensor: &Tensor) -> Option<Graph> {
    Graph::from_handle(tensor.as_symbolic()?.graph())
}

/// Runs an op that gives a dataset of elements of which this is known.
pub(super) fn dataset_op(op: Op, specs: &Specs) -> Result<Tensor> {
    op.attr("output_types", specs.types.clone()).attr("output_shapes", specs.shapes.clone()).one()
}

/// A traced function as an attribute, known to those who run it.
pub(super) fn function_attr(traced: &ferroflow_graph::ConcreteFunction) -> AttrValue {
    let function = traced.function();
    match Graph::current() {
        Some(graph) => graph.add_function(function.clone()),
        None => function_library().add(function.clone()),
    }
    AttrValue::Func(FuncRef::new(function.name()))
}

/// A dataset is a structure of one tensor: its variant. So functions give datasets, and elements hold them.
impl<E> Nest for Dataset<E> {
    fn flatten(&self, tensors: &mut Vec<Tensor>) {
        tensors.push(self.variant.clone());
    }

    fn rebuild(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<Dataset<E>> {
        Ok(Dataset { variant: self.variant.rebuild(tensors)?, ..self.clone() })
    }
}

impl<E> fmt::Debug for Dataset<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Dataset element_spec={}>", spec_text(&self.specs))
    }
}

/// Specifications as a Python tuple of them, or alone.
pub(super) fn spec_text(specs: &Specs) -> String {
    let parts = specs.types.iter().zip(&specs.shapes);
    let texts: Vec<String> =
        parts.map(|(dtype, shape)| TensorSpec::new(shape.clone(), *dtype).to_string()).collect();
    match texts.as_slice() {
        [only] => only.clone(),
        texts => format!("({})", texts.join(", ")),
    }
}
