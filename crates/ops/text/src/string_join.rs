//! StringJoin, ReduceJoin: strings put together, across tensors or along axes.

use ferroflow_core::{
    Code, Error, Grad, IntoOperand, IntoOperands, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape,
    ShapeCtx, TString, Tensor, bail, ensure, reserve,
};

/// The strings at the same place of all inputs, joined.
///
/// Source: `tf.strings.join` (op `StringJoin`).
///
/// ```
/// let joined = ferroflow_ops_text::join([["a", "b"], ["c", "d"]], "-")?;
/// assert_eq!(joined.numpy()?.to_string(), "[b'a-c' b'b-d']");
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when shapes differ; scalars go with every shape.
pub fn join(inputs: impl IntoOperands, separator: &str) -> Result<Tensor> {
    Op::new(&STRING_JOIN).inputs(inputs).attr("separator", separator).one()
}

/// The strings along axes, joined.
///
/// Source: `tf.strings.reduce_join` (op `ReduceJoin`).
///
/// # Errors
/// `OutOfRange` for an axis outside the input, `InvalidArgument` for one given twice.
pub fn reduce_join(
    inputs: impl IntoOperand,
    axis: impl IntoOperand,
    keep_dims: bool,
    separator: &str,
) -> Result<Tensor> {
    Op::new(&REDUCE_JOIN)
        .input(inputs)
        .input(axis)
        .attr("keep_dims", keep_dims)
        .attr("separator", separator)
        .one()
}

fn join_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let mut shape = PartialShape::scalar();
    for index in 0..cx.num_inputs() {
        let input = cx.input(index);
        if input.rank() == Some(0) {
            continue;
        }
        if shape.rank() == Some(0) {
            shape = input;
        } else if cx.at_run_time() {
            ensure!(
                shape == input,
                invalid_argument,
                "Input shapes do not match: {} vs. {}",
                shape.cpp(),
                input.cpp()
            );
        } else if input.rank().is_some() {
            shape = cx.merge(&shape, &input)?;
        }
    }
    // An input of unknown rank may be a scalar, or the one that decides.
    let unknown = (0..cx.num_inputs()).any(|index| cx.input(index).rank().is_none());
    cx.set(0, if unknown && shape.rank() == Some(0) { PartialShape::unknown() } else { shape });
    Ok(())
}

fn join_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let separator = cx.bytes("separator")?;
    let inputs = cx.inputs().iter().map(NdArray::as_slice::<TString>).collect::<Result<Vec<_>>>()?;
    let mut joined = reserve(shape.num_elements())?;
    for position in 0..shape.num_elements() {
        let parts: Vec<&[u8]> = inputs
            .iter()
            .filter_map(|input| input.get(position).or(input.first()))
            .map(|text| &**text)
            .collect();
        joined.push(TString::from(parts.join(separator)));
    }
    cx.set(0, NdArray::from_shape(shape, joined)?)
}

/// The axes to join along, counted from the front, in the order given.
fn join_axes(axes: &[i64], rank: usize) -> Result<Vec<usize>> {
    let mut found = Vec::new();
    for &axis in axes {
        let counted = if axis < 0 { axis + rank as i64 } else { axis };
        match usize::try_from(counted).ok().filter(|axis| *axis < rank) {
            Some(axis) => {
                ensure!(!found.contains(&axis), invalid_argument, "Duplicate reduction dimension {axis}");
                found.push(axis);
            }
            None => {
                bail!(out_of_range, "Invalid reduction dimension {axis} for input with {rank} dimension(s)")
            }
        }
    }
    Ok(found)
}

fn reduce_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (Some(dims), Some(axes)) = (cx.input(0).dims().map(<[_]>::to_vec), cx.ints(1)?) else {
        return Ok(());
    };
    let axes = join_axes(&axes, dims.len()).map_err(|error| match (cx.at_run_time(), error.code()) {
        (false, Code::OutOfRange) => {
            Error::invalid_argument(error.message().replace("dimension(s)", "dimensions."))
        }
        _ => error,
    })?;
    let keep = cx.bool("keep_dims")?;
    let left = dims.iter().enumerate().filter_map(|(axis, dim)| match axes.contains(&axis) {
        true => keep.then_some(Some(1)),
        false => Some(*dim),
    });
    cx.set(0, PartialShape::new(left));
    Ok(())
}

fn reduce_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let output_shape = cx.output_shape(0)?;
    let input = cx.input(0)?;
    let (shape, texts) = (input.shape(), input.as_slice::<TString>()?);
    let axes = join_axes(&cx.ints(1)?, shape.rank())?;
    let strides = shape.strides();
    let kept: Vec<usize> = (0..shape.rank()).filter(|axis| !axes.contains(axis)).collect();
    let offsets = |axes: &[usize]| -> Result<Vec<usize>> {
        let sizes = Shape::new(&axes.iter().map(|&axis| shape[axis]).collect::<Vec<_>>())?;
        let mut offsets = vec![0];
        for &axis in axes {
            let steps = 0..shape[axis];
            offsets = offsets
                .iter()
                .flat_map(|offset| steps.clone().map(move |step| (offset, step)))
                .map(|(offset, step)| offset + step * strides[axis])
                .collect();
        }
        offsets.truncate(sizes.num_elements());
        Ok(offsets)
    };
    // The first axis given runs fastest.
    let fastest_last: Vec<usize> = axes.iter().rev().copied().collect();
    let (outer, inner) = (offsets(&kept)?, offsets(&fastest_last)?);
    let separator = cx.bytes("separator")?;
    let joined: Vec<TString> = outer
        .iter()
        .map(|start| {
            let parts: Vec<&[u8]> = inner.iter().map(|offset| &*texts[start + offset]).collect();
            TString::from(parts.join(separator))
        })
        .collect();
    cx.set(0, NdArray::from_shape(output_shape, joined)?)
}

pub(crate) static STRING_JOIN: OpDef = OpDef {
    name: "StringJoin",
    shape: join_shape,
    kernel: Some(join_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static REDUCE_JOIN: OpDef = OpDef {
    name: "ReduceJoin",
    shape: reduce_shape,
    kernel: Some(reduce_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
