//! The driver of optimiser steps: `Apply*` and `ResourceApply*` ops change variables, element by element, by a rule;
//! `SparseApply*` and `ResourceSparseApply*` ops change only the rows they name.

use crate::target::{is_ref, pass_reference, target_shape, variable};
use ferroflow_core::schema::{self, ArgType};
use ferroflow_core::{
    Code, DType, Error, KernelCtx, NdArray, PartialShape, Result, Shape, ShapeCtx, VariableResource, bail,
    dispatch, ensure, parallel, reserve, vectorized,
};
use num_traits::Float;
use std::marker::PhantomData;
use std::sync::Arc;

/// The dtypes of optimiser steps.
pub(crate) const FLOATS: &[DType] = &[DType::FLOAT32, DType::FLOAT64, DType::HALF, DType::BFLOAT16];

/// What the ops call the gradient.
const GRADIENTS: [&str; 2] = ["grad", "delta"];
/// What the ops call the rows that a sparse gradient is for.
const INDICES: &str = "indices";

/// A rule of `N` variables. The op's first `N` inputs are the variables; one more is the gradient, the rest are
/// scalars.
pub(crate) trait Rule<const N: usize> {
    /// The boolean attribute that the rule knows.
    const FLAG: Option<&'static str> = None;

    /// What the scalars, in the order of the signature, amount to; done once for all elements.
    fn prepare<T: Float>(scalars: &mut [T], flag: bool) {
        let _ = (scalars, flag);
    }

    /// The new elements of the variables.
    fn step<T: Float>(variables: [T; N], gradient: T, scalars: &[T], flag: bool) -> [T; N];
}

/// The position of the gradient among the inputs.
fn gradient_position(cx: &KernelCtx<'_>) -> Result<usize> {
    let inputs = &cx.op().schema().inputs;
    match inputs.iter().position(|arg| GRADIENTS.contains(&arg.name.as_str())) {
        Some(position) => Ok(position),
        None => bail!(internal, "{} has no gradient", cx.op().name),
    }
}

fn input_name<'a>(cx: &'a KernelCtx<'_>, index: usize) -> &'a str {
    cx.op().schema().inputs.get(index).map_or("", |arg| arg.name.as_str())
}

/// The shape function of every rule: a reference comes out as it went in.
pub(crate) fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    let mut shape = target_shape(cx, 0, "T")?;
    let inputs = schema::lookup(cx.op()).map_or(&[][..], |schema| &schema.inputs);
    for (index, arg) in inputs.iter().enumerate() {
        let is_variable = arg.is_ref || arg.kind == ArgType::Fixed(DType::RESOURCE);
        if is_variable {
            shape = cx.merge(&shape, &target_shape(cx, index, "T")?)?;
        } else if GRADIENTS.contains(&arg.name.as_str()) {
            let gradient = cx.input(index);
            match inputs.iter().position(|arg| arg.name == INDICES) {
                None => shape = cx.merge(&shape, &gradient)?,
                Some(indices) => {
                    let rows = cx.with_rank(indices, 1)?.dim(0);
                    // Through handles TensorFlow 2.21 looks no further; its kernels check the rest.
                    if !inputs.first().is_some_and(|arg| arg.is_ref) {
                        continue;
                    }
                    cx.merge_dims(rows, gradient.dim(0))?;
                    if let Some(rank) = shape.rank().filter(|rank| *rank > 0) {
                        let one_row = shape.slice(1..rank);
                        cx.merge(&PartialShape::new([rows]).concatenate(&one_row), &gradient)?;
                    }
                }
            }
        } else if arg.name != INDICES {
            cx.with_rank(index, 0)?;
        }
    }
    cx.set(0, shape);
    Ok(())
}

/// The kernel of a rule.
pub(crate) fn kernel<R: Rule<N>, const N: usize>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let variables = variables::<N>(cx)?;
    // Always locked in the same order, so that two steps on the same variables cannot wait for each other.
    let mut order: [usize; N] = std::array::from_fn(|index| index);
    order.sort_by_key(|&index| Arc::as_ptr(&variables[index]) as usize);
    ensure!(
        order.windows(2).all(|pair| !Arc::ptr_eq(&variables[pair[0]], &variables[pair[1]])),
        invalid_argument,
        "{} needs different variables",
        cx.op().name
    );
    let mut locks: [Option<_>; N] = std::array::from_fn(|_| None);
    for index in order {
        locks[index] = Some(variables[index].lock());
    }
    let position = gradient_position(cx)?;
    let gradient = cx.input(position)?;
    let mut values: [NdArray; N] = std::array::from_fn(|_| gradient.clone());
    for (index, lock) in locks.iter().enumerate() {
        let Some(value) = lock.as_ref().and_then(|lock| lock.as_ref()) else { return Err(unset(cx, index)) };
        values[index] = value.clone();
    }
    for (index, value) in values.iter().enumerate() {
        ensure!(
            value.dtype() == gradient.dtype() && value.shape() == values[0].shape(),
            invalid_argument,
            "var and {} do not have the same shape{} {}",
            input_name(cx, index),
            values[0].shape(),
            value.shape()
        );
    }
    let indices = cx.op().schema().inputs.iter().position(|arg| arg.name == INDICES);
    let mut scalars = Vec::new();
    for index in (N..cx.num_inputs()).filter(|index| *index != position && Some(*index) != indices) {
        let scalar = cx.input(index)?;
        ensure!(
            scalar.rank() == 0,
            invalid_argument,
            "{} is not a scalar: {}",
            input_name(cx, index),
            scalar.shape()
        );
        scalars.push(scalar.clone());
    }
    let rows = match indices {
        Some(indices) => Some(rows(cx, values[0].shape(), gradient, indices)?),
        None => {
            ensure!(
                values[0].shape() == gradient.shape(),
                invalid_argument,
                "var and {} do not have the same shape{} {}",
                input_name(cx, position),
                values[0].shape(),
                gradient.shape()
            );
            None
        }
    };
    let flag = R::FLAG.map_or(Ok(false), |name| cx.bool(name))?;
    // The slots give up their arrays, so that the step can write in place.
    for lock in locks.iter_mut().flatten() {
        **lock = None;
    }
    let dtype = gradient.dtype();
    let outcome = match dtype {
        DType::HALF | DType::BFLOAT16 => in_f32::<R, N>(&mut values, gradient, &scalars, (flag, &rows)),
        dtype => dispatch!(dtype, FLOATS, |T| run::<R, T, N>(&mut values, gradient, &scalars, (flag, &rows))),
    };
    for (lock, value) in locks.iter_mut().flatten().zip(values) {
        **lock = Some(value);
    }
    drop(locks);
    outcome?;
    pass_reference(cx)
}

/// The rows of the variables that a sparse gradient is for.
struct Rows {
    rows: Vec<usize>,
    /// How many elements a row has.
    width: usize,
}

/// The rows that an op names, checked against the variable and the gradient.
fn rows(cx: &KernelCtx<'_>, variable: &Shape, gradient: &NdArray, indices: usize) -> Result<Rows> {
    ensure!(variable.rank() > 0, invalid_argument, "var must be at least 1 dimensional");
    let input = cx.input(indices)?;
    ensure!(input.rank() == 1, invalid_argument, "indices must be one-dimensional");
    let (count, sizes) = (input.len(), gradient.shape().dims());
    ensure!(
        sizes.len() == variable.rank(),
        invalid_argument,
        "var and grad must match in rank: {} vs {}",
        variable,
        gradient.shape()
    );
    for axis in 1..sizes.len() {
        ensure!(
            sizes[axis] == variable[axis],
            invalid_argument,
            "var and grad must match in dimension {axis}"
        );
    }
    ensure!(
        sizes[0] == count,
        invalid_argument,
        "grad must be the same size as indices in the first dimension."
    );
    let limit = variable[0];
    let mut rows = reserve(count)?;
    for (offset, index) in cx.ints(indices)?.into_iter().enumerate() {
        match usize::try_from(index).ok().filter(|row| *row < limit) {
            Some(row) => rows.push(row),
            None => bail!(invalid_argument, "Index {index} at offset {offset} in indices is out of range"),
        }
    }
    Ok(Rows { rows, width: sizes[1..].iter().product::<usize>().max(1) })
}

fn variables<const N: usize>(cx: &KernelCtx<'_>) -> Result<[Arc<VariableResource>; N]> {
    let mut found = Vec::with_capacity(N);
    for index in 0..N {
        found.push(variable(cx, index).map_err(|error| match error.code() {
            Code::NotFound => unset(cx, index),
            _ => error,
        })?);
    }
    found.try_into().map_err(|_| Error::internal("one variable for each slot"))
}

fn unset(cx: &KernelCtx<'_>, index: usize) -> Error {
    if !is_ref(cx, index) {
        return Error::internal("Invalid variable reference.");
    }
    let handle = crate::target::handle(cx, index).ok().and_then(|handle| handle.data());
    let name = handle.map_or("", |data| data.name.as_str());
    Error::failed_precondition(format!("Attempting to use uninitialized value {name}"))
}

/// Half types are computed in `float32`.
fn in_f32<R: Rule<N>, const N: usize>(
    values: &mut [NdArray; N],
    gradient: &NdArray,
    scalars: &[NdArray],
    (flag, rows): (bool, &Option<Rows>),
) -> Result<()> {
    let half = gradient.dtype();
    let wide = |array: &NdArray| array.cast(DType::FLOAT32);
    let scalars = scalars.iter().map(wide).collect::<Result<Vec<_>>>()?;
    let mut wide_values: [NdArray; N] = std::array::from_fn(|index| values[index].clone());
    for value in &mut wide_values {
        *value = wide(value)?;
    }
    run::<R, f32, N>(&mut wide_values, &wide(gradient)?, &scalars, (flag, rows))?;
    for (value, wide) in values.iter_mut().zip(wide_values) {
        *value = wide.cast(half)?;
    }
    Ok(())
}

fn run<R: Rule<N>, T: Float + ferroflow_core::Element, const N: usize>(
    values: &mut [NdArray; N],
    gradient: &NdArray,
    scalars: &[NdArray],
    (flag, rows): (bool, &Option<Rows>),
) -> Result<()> {
    let mut numbers =
        scalars.iter().map(|scalar| scalar.cast(T::DTYPE)?.item::<T>()).collect::<Result<Vec<T>>>()?;
    R::prepare(&mut numbers, flag);
    let gradient = gradient.as_slice::<T>()?;
    let mut slices: Vec<&mut [T]> = Vec::with_capacity(N);
    for value in values.iter_mut() {
        slices.push(value.as_mut_slice::<T>()?);
    }
    let mut slices: [&mut [T]; N] =
        slices.try_into().map_err(|_| Error::internal("one variable for each slot"))?;
    if let Some(Rows { rows, width }) = rows {
        // One after the other: a row may be named twice.
        for (row, gradient) in rows.iter().zip(gradient.chunks(*width)) {
            let row = slices.each_mut().map(|slice| &mut slice[row * width..(row + 1) * width]);
            steps::<R, T, N>(row, gradient, &numbers, flag);
        }
        return Ok(());
    }
    let mut slices = slices.map(|slice| slice.chunks_mut(PIECE));
    let mut pieces = Vec::with_capacity(gradient.len().div_ceil(PIECE));
    for gradient in gradient.chunks(PIECE) {
        pieces.push((slices.each_mut().map(|slice| slice.next().unwrap_or_default()), gradient));
    }
    parallel::chunks(&mut pieces, 1, PIECE, |_, pieces| {
        for (piece, gradient) in pieces {
            steps::<R, T, N>(piece.each_mut().map(|slice| &mut **slice), gradient, &numbers, flag);
        }
    });
    Ok(())
}

/// Elements that a thread takes at a time.
const PIECE: usize = 1 << 14;

/// The step of consecutive elements.
fn steps<R: Rule<N>, T: Float + ferroflow_core::Element, const N: usize>(
    variables: [&mut [T]; N],
    gradient: &[T],
    scalars: &[T],
    flag: bool,
) {
    if const { matches!(T::DTYPE, DType::FLOAT32) } {
        return wide_steps(PhantomData::<R>, variables, gradient, scalars, flag);
    }
    plain_steps(PhantomData::<R>, variables, gradient, scalars, flag);
}

#[inline(always)]
fn plain_steps<R: Rule<N>, T: Float, const N: usize>(
    _: PhantomData<R>,
    variables: [&mut [T]; N],
    gradient: &[T],
    scalars: &[T],
    flag: bool,
) {
    // A copy of their own: what is referred to could change with the variables, for all the compiler knows.
    let mut own = [T::zero(); USUAL_SCALARS];
    let scalars = match own.get_mut(..scalars.len()) {
        Some(own) => {
            own.copy_from_slice(scalars);
            &*own
        }
        None => scalars,
    };
    let mut variables = variables.map(|slice| &mut slice[..gradient.len()]);
    for (place, &gradient) in gradient.iter().enumerate() {
        // `std::array::from_fn` would not be compiled into this loop.
        let mut old = [T::zero(); N];
        for (old, slice) in old.iter_mut().zip(&variables) {
            *old = slice[place];
        }
        let new = R::step(old, gradient, scalars, flag);
        for (slice, new) in variables.iter_mut().zip(new) {
            slice[place] = new;
        }
    }
}

/// No rule has more scalars.
const USUAL_SCALARS: usize = 8;

vectorized! {
    fn wide_steps[R: Rule<N>, T: Float, const N: usize](
        rule: PhantomData<R>,
        variables: [&mut [T]; N],
        gradient: &[T],
        scalars: &[T],
        flag: bool,
    ) {
        plain_steps(rule, variables, gradient, scalars, flag);
    }
}
