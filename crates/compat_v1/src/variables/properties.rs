//! What can be asked of a variable, and how it prints.

use super::initialized_from::set_for;
use super::{Kind, PartitionedVariable, Variable};
use crate::mode::facade;
use ferroflow_core::{DType, Error, NdArray, PartialShape, Result, Tensor, bail, context, print};
use ferroflow_graph::{Graph, Operation};
use std::fmt;

impl Variable {
    /// The name, which ends in `:0`.
    pub fn name(&self) -> String {
        match &self.0 {
            Kind::Reference(reference) => format!("{}:0", reference.record.name),
            Kind::Resource(resource) => resource.name(),
            Kind::Partitioned(whole) => whole.name().to_string(),
        }
    }

    /// The dtype; for a reference variable it is a reference type.
    pub fn dtype(&self) -> DType {
        match &self.0 {
            Kind::Reference(reference) => reference.record.dtype,
            Kind::Resource(resource) => resource.dtype(),
            Kind::Partitioned(whole) => whole.dtype(),
        }
    }

    /// The shape that every value has, as far as it is fixed.
    pub fn shape(&self) -> PartialShape {
        match &self.0 {
            Kind::Reference(reference) => reference.shape(),
            Kind::Resource(resource) => resource.shape(),
            Kind::Partitioned(whole) => whole.shape().clone().into(),
        }
    }

    /// The same under TensorFlow's older name.
    pub fn get_shape(&self) -> PartialShape {
        self.shape()
    }

    /// Whether optimizers change it.
    pub fn trainable(&self) -> bool {
        match &self.0 {
            Kind::Reference(reference) => reference.record.trainable,
            Kind::Resource(resource) => resource.trainable(),
            Kind::Partitioned(whole) => whole.iter().all(Variable::trainable),
        }
    }

    /// Whether it is a resource variable.
    pub fn is_resource(&self) -> bool {
        match &self.0 {
            Kind::Reference(_) => false,
            Kind::Resource(_) => true,
            Kind::Partitioned(whole) => whole.iter().all(Variable::is_resource),
        }
    }

    /// The variable with its parts, where a partitioner split it.
    pub fn as_partitioned(&self) -> Option<&PartitionedVariable> {
        match &self.0 {
            Kind::Partitioned(whole) => Some(whole),
            _ => None,
        }
    }

    /// The resource variable as v2 has it; `None` for any other.
    pub fn as_resource(&self) -> Option<&ferroflow_v2::Variable> {
        match &self.0 {
            Kind::Resource(resource) => Some(resource),
            _ => None,
        }
    }

    /// Whether two handles mean the same variable: Python's `==` of variables in v1.
    pub fn is_same(&self, other: &Variable) -> bool {
        match (&self.0, &other.0) {
            (Kind::Reference(a), Kind::Reference(b)) => a.tensor().is_same(&b.tensor()),
            (Kind::Resource(a), Kind::Resource(b)) => a.is_same(b),
            (Kind::Partitioned(a), Kind::Partitioned(b)) => a.is_same(b),
            _ => false,
        }
    }

    /// The device that its node asks for; empty in eager mode.
    pub fn device(&self) -> String {
        self.op().map(|op| op.device()).unwrap_or_default()
    }

    /// The graph that the variable is of.
    ///
    /// # Errors
    /// `AttributeError` in eager mode, and for a variable in parts.
    pub fn graph(&self) -> Result<Graph> {
        match &self.0 {
            Kind::Reference(reference) => Ok(reference.graph.clone()),
            Kind::Resource(resource) => resource.graph(),
            Kind::Partitioned(_) => Err(lacks("graph")),
        }
    }

    /// The operation that stands for the variable: `VariableV2`, or `VarHandleOp`.
    ///
    /// # Errors
    /// `AttributeError` in eager mode, and for a variable in parts.
    pub fn op(&self) -> Result<Operation> {
        match &self.0 {
            Kind::Reference(reference) => Operation::of(&reference.tensor()),
            Kind::Resource(resource) => resource.op(),
            Kind::Partitioned(_) => Err(lacks("op")),
        }
    }

    /// The operation that gives the variable its initial value; `None` in eager mode, where it has it.
    ///
    /// # Errors
    /// `AttributeError` for a variable in parts.
    pub fn initializer(&self) -> Result<Option<Operation>> {
        if let Some((graph, initializer, _)) = set_for(self) {
            return Ok(Some(graph.operation(initializer)));
        }
        match &self.0 {
            Kind::Reference(reference) => Ok(Some(reference.graph.operation(reference.record.initializer))),
            Kind::Resource(resource) => Ok(resource.initializer()),
            Kind::Partitioned(_) => Err(lacks("initializer")),
        }
    }

    /// The tensor of the initial value.
    ///
    /// # Errors
    /// `RuntimeError` in eager mode.
    pub fn initial_value(&self) -> Result<Tensor> {
        if let Some((graph, _, value)) = set_for(self) {
            return Ok(graph.tensor(value));
        }
        match &self.0 {
            Kind::Reference(reference) => Ok(reference.graph.tensor(reference.record.initial_value)),
            Kind::Resource(resource) => resource.initial_value(),
            Kind::Partitioned(_) => Err(lacks("initial_value")),
        }
    }

    /// The value, as a tensor: of a reference variable, the node that reads it; of a resource variable, what a new
    /// node reads.
    ///
    /// # Errors
    /// Those of the graph in force; `FailedPrecondition` in eager mode for a variable without a value.
    pub fn value(&self) -> Result<Tensor> {
        match &self.0 {
            Kind::Reference(reference) => Ok(reference.snapshot()),
            Kind::Resource(resource) => facade(|| match Graph::current() {
                Some(graph) => graph.colocate_with_only(None, || resource.value()),
                None => resource.value(),
            }),
            Kind::Partitioned(_) => Err(lacks("value")),
        }
    }

    /// The value, read by a node of its own: at this place in the order that control dependencies make.
    ///
    /// # Errors
    /// As [`Variable::value`].
    pub fn read_value(&self) -> Result<Tensor> {
        match &self.0 {
            Kind::Reference(reference) => {
                facade(|| context::with_name("read", || ferroflow_ops_array::identity(reference.tensor())))
            }
            Kind::Resource(resource) => facade(|| resource.read_value()),
            Kind::Partitioned(_) => Err(lacks("read_value")),
        }
    }

    /// The value of a variable of eager mode.
    ///
    /// # Errors
    /// `AttributeError` for a reference variable, `NotImplementedError` for a resource variable of a graph.
    pub fn numpy(&self) -> Result<NdArray> {
        match &self.0 {
            Kind::Reference(_) => bail!(attribute, "'RefVariable' object has no attribute 'numpy'"),
            Kind::Resource(resource) => {
                if !crate::mode::executing_eagerly() {
                    bail!(not_implemented, "numpy() is only available when eager execution is enabled.");
                }
                resource.numpy()
            }
            Kind::Partitioned(_) => Err(lacks("numpy")),
        }
    }

    /// The tensor that ops which change the variable take, and that runs fetch and feed.
    pub(crate) fn element(&self) -> Result<Tensor> {
        match &self.0 {
            Kind::Reference(reference) => Ok(reference.tensor()),
            Kind::Resource(resource) => resource.snapshot(),
            Kind::Partitioned(_) => bail!(
                type_error,
                "Argument `fetch` = {self:?} has invalid type \"PartitionedVariable\" must be a string or Tensor. (Can not \
                 convert a PartitionedVariable into a Tensor or Operation.)"
            ),
        }
    }

    /// Adds to what is known of the shape.
    ///
    /// # Errors
    /// `ValueError` when it contradicts what is known; `NotImplementedError` for a resource variable.
    pub fn set_shape(&self, shape: &PartialShape) -> Result<()> {
        let reference = match &self.0 {
            Kind::Reference(reference) => reference,
            Kind::Resource(_) => {
                return Err(Error::not_implemented("ResourceVariable does not implement set_shape()"));
            }
            Kind::Partitioned(_) => return Err(lacks("set_shape")),
        };
        for tensor in [reference.tensor(), reference.snapshot()] {
            if let Tensor::Symbolic(symbolic) = tensor {
                symbolic.graph().set_output_shape(symbolic.node(), symbolic.index(), shape)?;
            }
        }
        Ok(())
    }
}

/// What a variable in parts has no attribute for.
pub(super) fn lacks(attribute: &str) -> Error {
    Error::attribute(format!("'PartitionedVariable' object has no attribute '{attribute}'"))
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Reference(reference) => f.write_str(&print::variable_repr(
                &self.name(),
                &reference.shape(),
                reference.record.dtype,
                None,
            )),
            Kind::Resource(resource) => fmt::Debug::fmt(resource, f),
            Kind::Partitioned(whole) => fmt::Debug::fmt(whole, f),
        }
    }
}

/// TensorFlow's `str` of a variable is its `repr`.
impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
