//! AddN, AccumulateNV2: the sum of several tensors of one shape.

use crate::dtypes::{NUMBERS, is_half};
use ferroflow_core::{
    Attrs, DType, Element, Error, Grad, GradCtx, IntoOperands, KernelCtx, NdArray, Op, OpDef, PartialShape,
    Result, ShapeCtx, Tensor, Variant, bail, convert_to_tensor, dispatch, elementwise, parallel, run_op,
    shape_fn,
};
use std::ops::Add;

/// Numbers, and containers of them.
const ADDABLE: &[DType] = &[
    DType::HALF,
    DType::BFLOAT16,
    DType::FLOAT32,
    DType::FLOAT64,
    DType::INT8,
    DType::INT16,
    DType::INT32,
    DType::INT64,
    DType::UINT8,
    DType::UINT16,
    DType::UINT32,
    DType::UINT64,
    DType::COMPLEX64,
    DType::COMPLEX128,
    DType::VARIANT,
];

/// The sum of tensors of one shape and dtype, without broadcasting.
///
/// Source: `tf.math.add_n` (op `AddN`).
///
/// ```
/// let sum = ferroflow_ops_math::add_n([[1, 2], [10, 20], [100, 200]])?;
/// assert_eq!(sum.numpy()?.as_slice::<i32>()?, [111, 222]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` without tensors, `InvalidArgument` when shapes or dtypes differ.
pub fn add_n(inputs: impl IntoOperands) -> Result<Tensor> {
    let inputs = inputs.into_operands()?;
    if inputs.is_empty() {
        bail!(
            value,
            "Inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype and shape."
        );
    }
    if let [only] = inputs.as_slice() {
        let only = convert_to_tensor(only.clone(), None)?;
        return if only.is_eager() { Ok(only) } else { Op::named("Identity").input(only).one() };
    }
    let inputs = inputs.into_iter().map(|input| convert_to_tensor(input, None));
    Op::new(&ADD_N).inputs(inputs.collect::<Result<Vec<_>>>()?).one()
}

/// The same sum under TensorFlow's other name.
///
/// Source: `tf.math.accumulate_n` (op `AddN`).
///
/// # Errors
/// As [`add_n`].
pub fn accumulate_n(inputs: impl IntoOperands) -> Result<Tensor> {
    add_n(inputs)
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let count = cx.num_inputs();
    let mut all = cx.input(count.saturating_sub(1));
    if cx.at_run_time() {
        let first = cx.input(0);
        for index in 1..count {
            let other = cx.input(index);
            if first != other {
                bail!(
                    invalid_argument,
                    "Inputs to operation {op} of type {op} must have the same size and shape.  Input 0: {} != input \
                     {index}: {}",
                    first.cpp(),
                    other.cpp(),
                    op = cx.op()
                );
            }
        }
    }
    for index in (0..count.saturating_sub(1)).rev() {
        all = cx.merge(&cx.input(index), &all).map_err(|error| {
            let message = format!("{}\n\tFrom merging shape {index} with other shapes.", error.message());
            error.with_message(message)
        })?;
    }
    cx.set(0, all);
    Ok(())
}

fn run<T: Element + Copy>(cx: &mut KernelCtx<'_>, add: impl Fn(T, T) -> T + Copy + Sync) -> Result<()> {
    cx.infer_shapes()?;
    let mut sum = cx.take(0)?;
    let others: Vec<&[T]> = (1..cx.num_inputs()).map(|index| cx.slice::<T>(index)).collect::<Result<_>>()?;
    parallel::chunks(sum.as_mut_slice::<T>()?, 1, others.len(), |start, chunk| {
        for other in &others {
            elementwise::zip_each(chunk, &other[start..start + chunk.len()], add);
        }
    });
    cx.set(0, sum)
}

/// Containers of tensors are added tensor by tensor.
fn variants(cx: &mut KernelCtx<'_>) -> Result<()> {
    let env = cx.env();
    let add = |a: &NdArray, b: &NdArray| -> Result<NdArray> {
        let attrs = Attrs::new().with("T", a.dtype()).with("N", 2i64);
        let sums = run_op(&ADD_N, &attrs, ADD_N.name, &mut [a.clone(), b.clone()], env, None)?;
        sums.into_iter().next().ok_or_else(|| Error::internal("AddN gave nothing"))
    };
    let mut sums = cx.slice::<Variant>(0)?.to_vec();
    for index in 1..cx.num_inputs() {
        for (sum, other) in sums.iter_mut().zip(cx.slice::<Variant>(index)?) {
            *sum = sum.sum(other, &add)?;
        }
    }
    cx.set_elements(0, sums)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(kernel),
        DType::VARIANT => variants(cx),
        dtype if dtype.is_integer() => dispatch!(dtype, INTEGERS, |T| run::<T>(cx, T::wrapping_add)),
        dtype => dispatch!(dtype, FLOATS_COMPLEX, |T| run::<T>(cx, Add::add)),
    }
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    for index in 0..cx.inputs().len() {
        cx.set(index, &dy)?;
    }
    Ok(())
}

pub(crate) static ADD_N: OpDef = OpDef {
    name: "AddN",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    types: &[("T", ADDABLE)],
    ..OpDef::NEW
};

/// TensorFlow rewrites this op into others before it runs; here it is a sum like any other.
pub(crate) static ACCUMULATE_N_V2: OpDef = OpDef {
    name: "AccumulateNV2",
    shape: |cx| {
        shape_fn::all_equal(cx)?;
        let declared: PartialShape = cx.shape("shape")?.clone();
        let merged = cx.merge(&declared, &cx.input(0))?;
        cx.set(0, merged);
        Ok(())
    },
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    types: &[("T", NUMBERS)],
    ..OpDef::NEW
};
