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

/// Sets output 0 to `f` of the elements of inputs 0 and 1, broadcast against each other; in place of an input
/// that nobody else needs.
///
/// # Errors
/// `TypeError` when an input is not of type `T`, and what the shape function finds wrong.
pub fn binary<T: Element + Copy>(cx: &mut KernelCtx<'_>, f: impl Fn(T, T) -> T + Sync) -> Result<()> {
    let (mut left, mut right) = (cx.take(0)?, cx.take(1)?);
    if left.shape() == right.shape() || right.len() == 1 && right.rank() <= left.rank() {
        if left.is_unique() {
            let b = right.as_slice::<T>()?;
            update(left.as_mut_slice::<T>()?, b, &f);
            return cx.set(0, left);
        }
        if left.shape() == right.shape() && right.is_unique() {
            let a = left.as_slice::<T>()?;
            update(right.as_mut_slice::<T>()?, a, &|b, a| f(a, b));
            return cx.set(0, right);
        }
    } else if left.len() == 1 && left.rank() <= right.rank() && right.is_unique() {
        let a = left.as_slice::<T>()?;
        update(right.as_mut_slice::<T>()?, a, &|b, a| f(a, b));
        return cx.set(0, right);
    }
    let output = zip(cx, &left, &right, f)?;
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
    let output = zip(cx, &left, &right, f)?;
    cx.set(0, output)
}

/// Replaces each `a` by `f(a, b)`, where `b` may be a single value for all.
fn update<T: Copy + Send + Sync>(a: &mut [T], b: &[T], f: &(impl Fn(T, T) -> T + Sync)) {
    match b {
        [only] => parallel::chunks(a, 1, 2, |_, chunk| {
            for a in chunk {
                *a = f(*a, *only);
            }
        }),
        _ => parallel::chunks(a, 1, 2, |start, chunk| {
            for (a, b) in chunk.iter_mut().zip(&b[start..]) {
                *a = f(*a, *b);
            }
        }),
    }
}

fn zip<T: Element + Copy, U: Element>(
    cx: &mut KernelCtx<'_>,
    left: &NdArray,
    right: &NdArray,
    f: impl Fn(T, T) -> U + Sync,
) -> Result<NdArray> {
    let (a, b) = (left.as_slice::<T>()?, right.as_slice::<T>()?);
    if left.shape() == right.shape() {
        let elements = if parallel::worthwhile(a.len(), 2) {
            let mut elements = crate::zeroed::<U>(a.len())?;
            parallel::chunks(&mut elements, 1, 2, |start, chunk| {
                for ((output, a), b) in chunk.iter_mut().zip(&a[start..]).zip(&b[start..]) {
                    *output = f(*a, *b);
                }
            });
            elements
        } else {
            a.iter().zip(b).map(|(&a, &b)| f(a, b)).collect()
        };
        return NdArray::from_shape(left.shape().clone(), elements);
    }
    let shape = match left.shape().broadcast(right.shape()) {
        Some(shape) => shape,
        None => cx.output_shape(0)?,
    };
    let plan = BroadcastPlan::new(left.shape(), right.shape(), &shape);
    let mut elements = crate::zeroed::<U>(shape.num_elements())?;
    if elements.is_empty() {
        return NdArray::from_shape(shape, elements);
    }
    parallel::chunks(&mut elements, plan.inner, 2, |start, chunk| {
        let count = chunk.len().div_ceil(plan.inner);
        let mut runs = chunk.chunks_mut(plan.inner);
        plan.for_runs(start / plan.inner, count, |left, right| {
            let Some(run) = runs.next() else { return };
            let count = run.len();
            match (plan.left_step, plan.right_step) {
                (1, 1) => {
                    for ((output, a), b) in
                        run.iter_mut().zip(&a[left..left + count]).zip(&b[right..right + count])
                    {
                        *output = f(*a, *b);
                    }
                }
                (0, _) => {
                    let a = a[left];
                    for (output, b) in run.iter_mut().zip(&b[right..]) {
                        *output = f(a, *b);
                    }
                }
                _ => {
                    let b = b[right];
                    for (output, a) in run.iter_mut().zip(&a[left..]) {
                        *output = f(*a, b);
                    }
                }
            }
        });
    });
    NdArray::from_shape(shape, elements)
}
