//! Drivers of elementwise kernels: one walk for every unary and binary op.

use crate::{BroadcastPlan, Element, KernelCtx, NdArray, Result, parallel};

/// Sets output 0 to `f` of each element of input 0, in the input's own buffer when nobody else needs it.
///
/// # Errors
/// `TypeError` when the input is not of type `T`.
pub fn unary<T: Element + Copy>(cx: &mut KernelCtx<'_>, f: impl Fn(T) -> T + Sync) -> Result<()> {
    let mut array = cx.take(0)?;
    if array.is_unique() {
        let elements = array.as_mut_slice::<T>()?;
        parallel::chunks(elements, 1, 4, |_, chunk| {
            for value in chunk {
                *value = f(*value);
            }
        });
        return cx.set(0, array);
    }
    let elements = parallel::map(array.as_slice::<T>()?, f)?;
    cx.set(0, NdArray::from_shape(array.shape().clone(), elements)?)
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
    let elements = parallel::map(array.as_slice::<T>()?, f)?;
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
            [only] => chunk.iter_mut().for_each(|a| *a = f(*a, *only)),
            _ => chunk.iter_mut().zip(&b[start..]).for_each(|(a, b)| *a = f(*a, *b)),
        });
        return cx.set(0, left);
    }
    let output = zip(cx, &left, &right, &run_leaf(f))?;
    cx.set(0, output)
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

fn run_leaf<T: Copy, U>(f: impl Fn(T, T) -> U + Sync) -> impl Fn(&[T], &[T], &mut [U]) + Sync {
    move |a, b, output| match (a, b) {
        ([a], b) => output.iter_mut().zip(b).for_each(|(output, b)| *output = f(*a, *b)),
        (a, [b]) => output.iter_mut().zip(a).for_each(|(output, a)| *output = f(*a, *b)),
        (a, b) => output.iter_mut().zip(a).zip(b).for_each(|((output, a), b)| *output = f(*a, *b)),
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
    let mut elements = crate::zeroed::<U>(shape.num_elements())?;
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
