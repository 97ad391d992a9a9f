//! Jacobians: the derivatives of every element of a tensor, one way back through the record for each.

use crate::backprop::dense;
use crate::tape::in_graph;
use crate::{GradientTape, UnconnectedGradients, WhileOptions, call_while};
use ferroflow_core::{DType, NdArray, Op, PartialShape, Result, Tensor, bail, ensure};
use std::cell::Cell;

fn shape_of(tensor: &Tensor) -> Result<Tensor> {
    Op::named("Shape").input(tensor).one()
}

fn reshape(tensor: &Tensor, shape: &Tensor) -> Result<Tensor> {
    Op::named("Reshape").input(tensor).input(shape).one()
}

fn concat(shapes: [&Tensor; 2]) -> Result<Tensor> {
    Op::named("ConcatV2").inputs(shapes).input(0).one()
}

/// A vector that is 1 at one place.
fn unit(at: &Tensor, length: &Tensor, dtype: DType) -> Result<Tensor> {
    let number = |value: f64| ferroflow_core::constant(NdArray::scalar(value).cast(dtype)?);
    Op::named("OneHot").input(at).input(length).input(number(1.0)?).input(number(0.0)?).one()
}

/// The rows that `row` gives for 0, 1 and so on, stacked; `None` where it gives none.
fn stacked(
    length: &Tensor,
    dtype: DType,
    mut row: impl FnMut(&Tensor) -> Result<Option<Tensor>>,
) -> Result<Option<Tensor>> {
    if let Tensor::Eager(count) = length {
        let mut rows = Vec::new();
        for at in 0..count.value().item::<i32>()? {
            match row(&Tensor::from(at))? {
                Some(found) => rows.push(found),
                None => return Ok(None),
            }
        }
        return Op::named("Pack").inputs(rows).one().map(Some);
    }
    let list = Op::named("TensorListReserve").input(-1).input(length).attr("element_dtype", dtype).one()?;
    let start = ferroflow_core::constant(NdArray::scalar(0i32))?;
    let is_connected = Cell::new(true);
    let outputs = call_while(
        &[start, list],
        |variables| Op::named("Less").input(&variables[0]).input(length).one(),
        |variables| {
            let found = row(&variables[0])?;
            is_connected.set(found.is_some());
            let list = match found {
                None => variables[1].clone(),
                Some(found) => Op::named("TensorListSetItem")
                    .input(&variables[1])
                    .input(&variables[0])
                    .input(found)
                    .attr("element_dtype", dtype)
                    .one()?,
            };
            Ok(vec![Op::named("AddV2").input(&variables[0]).input(1).one()?, list])
        },
        &WhileOptions::default(),
    )?;
    match (is_connected.get(), outputs.get(1)) {
        (true, Some(list)) => {
            Op::named("TensorListStack").input(list).input(-1).attr("element_dtype", dtype).one().map(Some)
        }
        _ => Ok(None),
    }
}

impl GradientTape {
    /// The derivatives of each element of `target` by each of `source`: a tensor of the shape of `target` followed by
    /// that of `source`; `None` where it does not depend on it.
    ///
    /// ```
    /// use ferroflow_core::{Tensor, operators::multiply};
    /// use ferroflow_graph::GradientTape;
    /// let x = Tensor::from(vec![1.0f32, 2.0]);
    /// let tape = GradientTape::new();
    /// tape.watch(&x);
    /// let y = multiply(&x, &x)?;
    /// let jacobian = tape.jacobian(&y, &x)?.expect("y depends on x");
    /// assert_eq!(jacobian.numpy()?.as_slice::<f32>()?, [2.0, 0.0, 0.0, 4.0]);
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`GradientTape::gradients`].
    pub fn jacobian(&self, target: &Tensor, source: &Tensor) -> Result<Option<Tensor>> {
        self.jacobian_with(target, source, UnconnectedGradients::None)
    }

    /// The same with a rule for a source that nothing depends on.
    ///
    /// # Errors
    /// As [`GradientTape::gradients`].
    pub fn jacobian_with(
        &self,
        target: &Tensor,
        source: &Tensor,
        unconnected: UnconnectedGradients,
    ) -> Result<Option<Tensor>> {
        self.once(|| {
            let (target, dtype) = (in_graph(target)?, target.dtype().base());
            let (shape, length) = (shape_of(&target)?, Op::named("Size").input(&target).one()?);
            let rows = stacked(&length, dtype, |at| {
                let dy = reshape(&unit(at, &length, dtype)?, &shape)?;
                let found = self.walk(
                    std::slice::from_ref(&target),
                    std::slice::from_ref(source),
                    &[Some(dy)],
                    unconnected,
                )?;
                found.into_iter().next().flatten().map(dense).transpose()
            })?;
            rows.map(|rows| {
                let inner = Op::named("Slice").input(shape_of(&rows)?).input([1]).input([-1]).one()?;
                reshape(&rows, &concat([&shape, &inner])?)
            })
            .transpose()
        })
    }

    /// The derivatives of each element of a row of `target` by each of the same row of `source`, for rows that do not
    /// depend on each other: of shape `[rows, ...target, ...source]`.
    ///
    /// # Errors
    /// `ValueError` for tensors without rows, or of different numbers of them; else as [`GradientTape::gradients`].
    pub fn batch_jacobian(&self, target: &Tensor, source: &Tensor) -> Result<Option<Tensor>> {
        let (of_target, of_source) = (target.shape(), source.shape());
        for shape in [&of_target, &of_source] {
            ensure!(
                shape.rank().is_none_or(|rank| rank >= 2),
                value,
                "Shape {shape} must have rank at least 2"
            );
        }
        let rows = |shape: &PartialShape| shape.dim(0);
        if let (Some(a), Some(b)) = (rows(&of_target), rows(&of_source))
            && a != b
        {
            bail!(
                value,
                "Need first dimension of target shape ({of_target}) and source shape ({of_source}) to match."
            );
        }
        self.once(|| {
            let (target, source) = (in_graph(target)?, in_graph(source)?);
            let dtype = target.dtype().base();
            let (shape, source_shape) = (shape_of(&target)?, shape_of(&source)?);
            let part = |shape: &Tensor, begin: i32, size: i32| {
                Op::named("Slice").input(shape).input([begin]).input([size]).one()
            };
            let count = Op::named("Prod").input(part(&shape, 1, -1)?).input(0).one()?;
            let matrix =
                Op::named("Pack").inputs([&reshape(&part(&shape, 0, 1)?, &scalar()?)?, &count]).one()?;
            let columns = stacked(&count, dtype, |at| {
                let row = unit(at, &count, dtype)?;
                let dy = Op::named("BroadcastTo").input(row).input(&matrix).one()?;
                let found = self.walk(
                    std::slice::from_ref(&target),
                    std::slice::from_ref(&source),
                    &[Some(reshape(&dy, &shape)?)],
                    UnconnectedGradients::None,
                )?;
                found.into_iter().next().flatten().map(dense).transpose()
            })?;
            let Some(columns) = columns else { return Ok(None) };
            // [columns, rows, ...source] becomes [rows, columns, ...source].
            let flat = concat([&Op::named("Pack").inputs([&count]).one()?, &part(&matrix, 0, 1)?])?;
            let flat = concat([&flat, &Tensor::from(vec![-1i32])])?;
            let order = Tensor::from(vec![1i32, 0, 2]);
            let turned = Op::named("Transpose").input(reshape(&columns, &flat)?).input(order).one()?;
            reshape(&turned, &concat([&shape, &part(&source_shape, 1, -1)?])?).map(Some)
        })
    }
}

/// The shape of a scalar.
fn scalar() -> Result<Tensor> {
    ferroflow_core::constant(NdArray::vector(Vec::<i32>::new()))
}
