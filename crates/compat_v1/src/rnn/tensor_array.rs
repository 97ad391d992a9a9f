//! Arrays of tensors that a loop reads its inputs from and writes its outputs to.

use ferroflow_core::{AttrValue, DType, Op, PartialShape, Result, Tensor, context};
use ferroflow_graph::Operation;
use ferroflow_ops_array as array;

/// An array of tensors of one shape.
#[derive(Clone)]
pub(super) struct TensorArray {
    handle: Tensor,
    pub(super) flow: Tensor,
    size: Tensor,
    dtype: DType,
    element_shape: PartialShape,
    /// What was written first: writes are placed with it.
    first: Option<Tensor>,
}

impl TensorArray {
    pub(super) fn new(
        dtype: DType,
        size: &Tensor,
        element_shape: PartialShape,
        name: &str,
    ) -> Result<TensorArray> {
        let [handle, flow] = context::with_name("TensorArray", || {
            Op::named("TensorArrayV3")
                .input(size)
                .attr("dtype", dtype)
                .attr("element_shape", AttrValue::Shape(element_shape.clone()))
                .attr("identical_element_shapes", true)
                .attr("tensor_array_name", name)
                .outputs()
        })?;
        Ok(TensorArray { handle, flow, size: size.clone(), dtype, element_shape, first: None })
    }

    /// The array as it stands in a loop, or behind it.
    pub(super) fn with_flow(&self, flow: Tensor) -> TensorArray {
        TensorArray { flow, ..self.clone() }
    }

    fn placed<R>(&self, value: &Tensor, f: impl FnOnce() -> Result<R>) -> Result<R> {
        let operation = Operation::of(self.first.as_ref().unwrap_or(value))?;
        operation.graph().colocate_with(&operation, f)
    }

    fn range(count: &Tensor) -> Result<Tensor> {
        Op::named("Range").input(0).input(count).input(1).default_name("range").one()
    }

    /// The array with the slices of a tensor.
    pub(super) fn unstack(&self, value: &Tensor) -> Result<TensorArray> {
        let flow = context::name_scope("TensorArrayUnstack", || {
            let count = array::getitem(&array::shape(value)?, 0)?;
            let indices = Self::range(&count)?;
            context::name_scope("TensorArrayScatter", || {
                self.placed(value, || {
                    Op::named("TensorArrayScatterV3")
                        .input(&self.handle)
                        .input(&indices)
                        .input(value)
                        .input(&self.flow)
                        .one()
                })
            })
        })?;
        let first = Some(self.first.clone().unwrap_or_else(|| value.clone()));
        Ok(TensorArray { flow, first, ..self.clone() })
    }

    /// The tensor at an index.
    pub(super) fn read(&self, index: &Tensor) -> Result<Tensor> {
        let value = Op::named("TensorArrayReadV3")
            .input(&self.handle)
            .input(index)
            .input(&self.flow)
            .attr("dtype", self.dtype)
            .one()?;
        super::set_shape(&value, &self.element_shape)?;
        Ok(value)
    }

    /// The array with a tensor at an index.
    pub(super) fn write(&self, index: &Tensor, value: &Tensor) -> Result<TensorArray> {
        let flow = context::name_scope("TensorArrayWrite", || {
            self.placed(value, || {
                Op::named("TensorArrayWriteV3")
                    .input(&self.handle)
                    .input(index)
                    .input(value)
                    .input(&self.flow)
                    .one()
            })
        })?;
        let first = Some(self.first.clone().unwrap_or_else(|| value.clone()));
        Ok(TensorArray { flow, first, ..self.clone() })
    }

    /// The tensors as slices of one.
    pub(super) fn stack(&self) -> Result<Tensor> {
        let handle = Operation::of(&self.handle)?;
        handle.graph().colocate_with(&handle, || {
            context::name_scope("TensorArrayStack", || {
                let indices = Self::range(&self.size)?;
                let value = Op::named("TensorArrayGatherV3")
                    .input(&self.handle)
                    .input(indices)
                    .input(&self.flow)
                    .attr("dtype", self.dtype)
                    .attr("element_shape", AttrValue::Shape(self.element_shape.clone()))
                    .one()?;
                if let Some(dims) = self.element_shape.dims() {
                    let dims = std::iter::once(None).chain(dims.iter().copied());
                    super::set_shape(&value, &PartialShape::new(dims))?;
                }
                Ok(value)
            })
        })
    }
}
