//! Drivers of elementwise kernels: one walk for every unary and binary op.

use crate::{BroadcastPlan, Element, KernelCtx, NdArray, Result, parallel, recycled, vectorized};

/// Elements that a leaf gets at once: they stay in the first-level cache from one pass to the next.
const CHUNK: usize = 1024;

/// Element types whose loops are compiled for wide registers: those that programs compute in. For the others that is
/// not worth the code.
const fn is_wide<T: Element>() -> bool {
    matches!(T::DTYPE.number(), 1..=3)
}

vectorized! {
    fn wide_each[T: Copy, F: Fn(T) -> T](values: &mut [T], f: F) {
        for value in values {
            *value = f(*value);
        }
    }

    fn wide_each_to[T: Copy, U, F: Fn(T) -> U](input: &[T], output: &mut [U], f: &F) {
        for (output, &input) in output.iter_mut().zip(input) {
            *output = f(input);
        }
    }

    fn wide_zip[T: Copy, F: Fn(T, T) -> T](left: &mut [T], right: &[T], f: F) {
        match right {
            [only] => left.iter_mut().for_each(|a| *a = f(*a, *only)),
            _ => left.iter_mut().zip(right).for_each(|(a, b)| *a = f(*a, *b)),
        }
    }

    fn wide_zip_to[T: Copy, U, F: Fn(T, T) -> U](a: &[T], b: &[T], output: &mut [U], f: &F) {
        match (a, b) {
            ([a], b) => output.iter_mut().zip(b).for_each(|(output, b)| *output = f(*a, *b)),
            (a, [b]) => output.iter_mut().zip(a).for_each(|(output, a)| *output = f(*a, *b)),
            (a, b) => output.iter_mut().zip(a).zip(b).for_each(|((output, a), b)| *output = f(*a, *b)),
        }
    }
}

/// Replaces each value by `f` of it. What `f` captures it should own: what it refers to could change with the values,
/// for all the compiler knows.
pub fn each<T: Element + Copy>(values: &mut [T], f: impl Fn(T) -> T) {
    if const { is_wide::<T>() } {
        return wide_each(values, f);
    }
    for value in values {
        *value = f(*value);
    }
}

/// Replaces each left value by `f` of it and its right value, or the only one there is.
pub fn zip_each<T: Element + Copy>(left: &mut [T], right: &[T], f: impl Fn(T, T) -> T) {
    if const { is_wide::<T>() } {
        return wide_zip(left, right, f);
    }
    match right {
        [only] => left.iter_mut().for_each(|a| *a = f(*a, *only)),
        _ => left.iter_mut().zip(right).for_each(|(a, b)| *a = f(*a, *b)),
    }
}

/// Sets each output to `f` of its input.
pub(crate) fn each_to<T: Element + Copy, U: Element>(input: &[T], output: &mut [U], f: &impl Fn(T) -> U) {
    if const { is_wide::<T>() } {
        return wide_each_to(input, output, f);
    }
    for (output, &input) in output.iter_mut().zip(input) {
        *output = f(input);
    }
}

/// Sets output 0 to what `leaf` makes of input 0, whose elements it gets in pieces; in the input's own buffer when
/// nobody else needs it. `cost` is that of one element, in additions.
///
/// # Errors
/// `TypeError` when the input is not of type `T`.
pub fn in_pieces<T: Element + Copy>(
    cx: &mut KernelCtx<'_>,
    cost: usize,
    leaf: &(dyn Fn(&mut [T]) + Sync),
) -> Result<()> {
    let mut array = cx.take(0)?;
    if array.is_unique() {
        parallel::chunks(array.as_mut_slice::<T>()?, 1, cost, |_, chunk| leaf(chunk));
        return cx.set(0, array);
    }
    let input = array.as_slice::<T>()?;
    let mut output = recycled::<T>(input.len())?;
    parallel::chunks(&mut output, 1, cost, |start, chunk| {
        let pieces = chunk.chunks_mut(CHUNK).zip(input[start..].chunks(CHUNK));
        for (output, input) in pieces {
            output.copy_from_slice(&input[..output.len()]);
            leaf(output);
        }
    });
    cx.set(0, NdArray::from_shape(array.shape().clone(), output)?)
}

/// Sets output 0 to `f` of each element of input 0, in the input's own buffer when nobody else needs it.
///
/// # Errors
/// `TypeError` when the input is not of type `T`.
pub fn unary<T: Element + Copy>(cx: &mut KernelCtx<'_>, f: impl Fn(T) -> T + Sync + Copy) -> Result<()> {
    in_pieces::<T>(cx, 4, &|values| each(values, f))
}

/// The same when the result is of another type.
///
/// # Errors
/// `TypeError` when the input is not of type `T`.
pub fn unary_to<T: Element + Copy, U: Element>(
    cx: &mut KernelCtx<'_>,
    f: impl Fn(T) -> U + Sync,
) -> Result<()> {
    let array = cx.take(0)?;
    let input = array.as_slice::<T>()?;
    let mut elements = recycled::<U>(input.len())?;
    parallel::chunks(&mut elements, 1, 4, |start, chunk| {
        each_to(&input[start..start + chunk.len()], chunk, &f);
    });
    cx.set(0, NdArray::from_shape(array.shape().clone(), elements)?)
}

/// Sets output 0 to `f` of the elements of inputs 0 and 1, broadcast against each other; in place of input 0 when
/// nobody else needs it.
///
/// # Errors
/// `TypeError` when an input is not of type `T`, and what the shape function finds wrong.
pub fn binary<T: Element + Copy>(cx: &mut KernelCtx<'_>, f: impl Fn(T, T) -> T + Sync) -> Result<()> {
    let (mut left, right) = (cx.take(0)?, cx.take(1)?);
    let one_value = right.len() == 1 && right.rank() <= left.rank();
    if (left.shape() == right.shape() || one_value) && left.is_unique() {
        let b = right.as_slice::<T>()?;
        parallel::chunks(left.as_mut_slice::<T>()?, 1, 2, |start, chunk| match b {
            [_] => zip_each(chunk, b, &f),
            _ => zip_each(chunk, &b[start..start + chunk.len()], &f),
        });
        return cx.set(0, left);
    }
    if right.rank() <= left.rank()
        && left.is_unique()
        && left.shape().broadcast(right.shape()).as_ref() == Some(left.shape())
    {
        zip_in_place(&mut left, &right, &|values, others| zip_each(values, others, &f))?;
        return cx.set(0, left);
    }
    let output = zip(cx, &left, &right, &run_leaf(f))?;
    cx.set(0, output)
}

/// Walks values and what is broadcast to their shape.
fn zip_in_place<T: Element + Copy>(
    values: &mut NdArray,
    others: &NdArray,
    leaf: &(dyn Fn(&mut [T], &[T]) + Sync),
) -> Result<()> {
    let plan = BroadcastPlan::new(values.shape(), others.shape(), values.shape());
    let others = others.as_slice::<T>()?;
    let width = if plan.right_step == 0 { 1 } else { plan.inner };
    parallel::chunks(values.as_mut_slice::<T>()?, plan.inner, 2, |start, chunk| {
        let mut runs = chunk.chunks_mut(plan.inner);
        plan.for_runs(start / plan.inner, runs.len(), |_, right| {
            if let Some(run) = runs.next() {
                leaf(run, &others[right..right + width]);
            }
        });
    });
    Ok(())
}

/// The same when the result is of another type, such as a comparison.
///
/// # Errors
/// As [`binary`].
pub fn binary_to<T: Element + Copy, U: Element>(
    cx: &mut KernelCtx<'_>,
    f: impl Fn(T, T) -> U + Sync,
) -> Result<()> {
    let (left, right) = (cx.take(0)?, cx.take(1)?);
    let output = zip(cx, &left, &right, &run_leaf(f))?;
    cx.set(0, output)
}

/// Fills one run of the output: an operand either has an element for each, or one for all.
type Leaf<'a, T, U> = dyn Fn(&[T], &[T], &mut [U]) + Sync + 'a;

fn run_leaf<T: Element + Copy, U: Element>(
    f: impl Fn(T, T) -> U + Sync,
) -> impl Fn(&[T], &[T], &mut [U]) + Sync {
    move |a, b, output| {
        if const { is_wide::<T>() } {
            return wide_zip_to(a, b, output, &f);
        }
        match (a, b) {
            ([a], b) => output.iter_mut().zip(b).for_each(|(output, b)| *output = f(*a, *b)),
            (a, [b]) => output.iter_mut().zip(a).for_each(|(output, a)| *output = f(*a, *b)),
            (a, b) => output.iter_mut().zip(a).zip(b).for_each(|((output, a), b)| *output = f(*a, *b)),
        }
    }
}

/// Walks two operands; instantiated for element types only, not for each op.
fn zip<T: Element, U: Element>(
    cx: &mut KernelCtx<'_>,
    left: &NdArray,
    right: &NdArray,
    leaf: &Leaf<'_, T, U>,
) -> Result<NdArray> {
    let (a, b) = (left.as_slice::<T>()?, right.as_slice::<T>()?);
    let shape = match left.shape().broadcast(right.shape()) {
        Some(shape) => shape,
        None => cx.output_shape(0)?,
    };
    let plan = BroadcastPlan::new(left.shape(), right.shape(), &shape);
    let mut elements = recycled::<U>(shape.num_elements())?;
    let unit = if plan.is_one_run() { 1 } else { plan.inner };
    parallel::chunks(&mut elements, unit, 2, |start, chunk| {
        if plan.is_one_run() {
            let part = |all: &[T], step: usize| {
                start * step..(start + chunk.len()) * step + (1 - step) * all.len().min(1)
            };
            let (a, b) = (&a[part(a, plan.left_step)], &b[part(b, plan.right_step)]);
            return leaf(a, b, chunk);
        }
        let count = chunk.len() / plan.inner;
        let mut runs = chunk.chunks_mut(plan.inner);
        plan.for_runs(start / plan.inner, count, |left, right| {
            let length = |step: usize| if step == 0 { 1 } else { plan.inner };
            if let Some(run) = runs.next() {
                leaf(
                    &a[left..left + length(plan.left_step)],
                    &b[right..right + length(plan.right_step)],
                    run,
                );
            }
        });
    });
    NdArray::from_shape(shape, elements)
}
