//! SparseAdd, SparseAddGrad, SparseSparseMaximum, SparseSparseMinimum: two sparse tensors, entry by entry.

use crate::entries::{Entries, Number, Ordered, place_array};
use ferroflow_core::{
    Complex, DType, Element, Grad, GradCtx, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx,
    bail, dispatch, ensure, reserve,
};
use std::cmp::Ordering;

/// Where the entry at a place comes from.
#[derive(Clone, Copy)]
enum Source {
    Left(usize),
    Right(usize),
    Both(usize, usize),
}

/// The entries of two sparse tensors in the order of their places.
fn union(a: &Entries<'_>, b: &Entries<'_>) -> Result<Vec<Source>> {
    let mut sources = reserve(a.count().saturating_add(b.count()))?;
    let (mut i, mut j) = (0, 0);
    while i < a.count() || j < b.count() {
        let order = match (i < a.count(), j < b.count()) {
            (true, true) => a.place(i).cmp(b.place(j)),
            (true, false) => Ordering::Less,
            _ => Ordering::Greater,
        };
        sources.push(match order {
            Ordering::Less => Source::Left(i),
            Ordering::Greater => Source::Right(j),
            Ordering::Equal => Source::Both(i, j),
        });
        i += usize::from(order != Ordering::Greater);
        j += usize::from(order != Ordering::Less);
    }
    Ok(sources)
}

/// The places of some entries.
fn places(a: &Entries<'_>, b: &Entries<'_>, sources: &[Source]) -> Result<NdArray> {
    let mut places = reserve(sources.len().saturating_mul(a.rank()))?;
    for source in sources {
        places.extend_from_slice(match *source {
            Source::Left(i) | Source::Both(i, _) => a.place(i),
            Source::Right(j) => b.place(j),
        });
    }
    place_array(places, a.rank(), sources.len())
}

fn check_shapes(a: &Entries<'_>, b: &Entries<'_>) -> Result<()> {
    ensure!(
        a.rank() == b.rank(),
        invalid_argument,
        "Input indices must have the same dimension, got {} and {}",
        a.rank(),
        b.rank()
    );
    for (axis, (left, right)) in a.sizes.iter().zip(&b.sizes).enumerate() {
        ensure!(
            left == right,
            invalid_argument,
            "Operands' shapes do not match: got {left} and {right} for dimension {axis}"
        );
    }
    Ok(())
}

/// Refuses values that are not as many as their places.
fn check_counts(cx: &KernelCtx<'_>) -> Result<()> {
    let rows = |index: usize| Ok(cx.input(index)?.shape().dims().first().copied().unwrap_or(0));
    let ((a, a_values), (b, b_values)) = ((rows(0)?, rows(1)?), (rows(3)?, rows(4)?));
    ensure!(
        a == a_values && b == b_values,
        invalid_argument,
        "Expected {a} and {b} non-empty input values, got {a_values} and {b_values}"
    );
    Ok(())
}

fn add_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let shape = cx.with_rank(2, 1)?;
        cx.set(0, PartialShape::new([None, shape.dim(0)]));
        cx.set(1, PartialShape::of_rank(1));
        cx.set(2, shape);
    }
    Ok(())
}

fn add_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    check_counts(cx)?;
    let (a, b) = (Entries::read(cx, 0)?, Entries::read(cx, 3)?);
    check_shapes(&a, &b)?;
    let threshold = cx.input(6)?;
    ensure!(
        threshold.rank() == 0,
        invalid_argument,
        "The magnitude threshold must be a scalar: got shape {}",
        threshold.shape()
    );
    let (kept, values) = match a.values.dtype() {
        DType::COMPLEX64 => {
            let least = threshold.item::<f32>()?;
            added::<Complex<f32>>(&a, &b, |value| least <= value.norm())?
        }
        DType::COMPLEX128 => {
            let least = threshold.item::<f64>()?;
            added::<Complex<f64>>(&a, &b, |value| least <= value.norm())?
        }
        dtype => dispatch!(dtype, REALS, |T| {
            let least = threshold.item::<T>()?;
            added::<T>(&a, &b, |value| least <= value.magnitude())
        })?,
    };
    let (places, sizes) = (places(&a, &b, &kept)?, cx.input(2)?.clone());
    cx.set(0, places)?;
    cx.set(1, values)?;
    cx.set(2, sizes)
}

/// The entries of the sum. Only what was added up is held against the threshold (TensorFlow 2.21): an entry that one
/// side alone has stays, however small.
fn added<T: Number>(
    a: &Entries<'_>,
    b: &Entries<'_>,
    is_kept: impl Fn(T) -> bool,
) -> Result<(Vec<Source>, NdArray)> {
    let (left, right) = (a.values.as_slice::<T>()?, b.values.as_slice::<T>()?);
    let (mut kept, mut values) = (Vec::new(), Vec::new());
    for source in union(a, b)? {
        let (value, is_kept) = match source {
            Source::Left(i) => (left[i], true),
            Source::Right(j) => (right[j], true),
            Source::Both(i, j) => {
                let sum = left[i].plus(right[j]);
                (sum, is_kept(sum))
            }
        };
        if is_kept {
            kept.push(source);
            values.push(value);
        }
    }
    Ok((kept, NdArray::vector(values)))
}

/// As `_SparseAddGrad`: what was cut off by the threshold gets no gradient, for it is not among the sum's places.
fn add_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let [da, db] = Op::new(&SPARSE_ADD_GRAD)
        .input(cx.dy(1)?)
        .input(cx.x(0)?)
        .input(cx.x(3)?)
        .input(cx.y(0)?)
        .outputs()?;
    cx.set(1, da)?;
    cx.set(4, db)
}

fn add_grad_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let (a, b) = (cx.with_rank(1, 2)?, cx.with_rank(2, 2)?);
        cx.set(0, PartialShape::new([a.dim(0)]));
        cx.set(1, PartialShape::new([b.dim(0)]));
    }
    Ok(())
}

fn add_grad_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let gradient = cx.input(0)?;
    for index in 1..4 {
        ensure!(
            cx.input(index)?.rank() == 2,
            invalid_argument,
            "Input indices should be matrices but received shapes: {} and {} and {}",
            cx.input(1)?.shape(),
            cx.input(2)?.shape(),
            cx.input(3)?.shape()
        );
    }
    let rank = cx.input(1)?.shape()[1];
    ensure!(
        cx.input(2)?.shape()[1] == rank && cx.input(3)?.shape()[1] == rank,
        invalid_argument,
        "The densified operands should have the same ndims; got a: {rank} b: {}",
        cx.input(2)?.shape()[1]
    );
    ensure!(
        gradient.rank() == 1 && gradient.len() == cx.input(3)?.shape()[0],
        invalid_argument,
        "# elements of backprop_val_grad and # rows of sum_indices should match (#nnz of sum): got {} and {}",
        gradient.len(),
        cx.input(3)?.shape()[0]
    );
    let sums = cx.ints(3)?;
    let mut outputs = Vec::with_capacity(2);
    for input in 1..3 {
        let own = cx.ints(input)?;
        let count = cx.input(input)?.shape()[0];
        // The row of the sum for each entry, found by going through both in step.
        let mut rows: Vec<Option<usize>> = reserve(count)?;
        let mut at = 0;
        for place in own.chunks(rank.max(1)).take(count) {
            while at < gradient.len() && sums[at * rank..(at + 1) * rank] < *place {
                at += 1;
            }
            let is_there = at < gradient.len() && sums[at * rank..(at + 1) * rank] == *place;
            rows.push(is_there.then_some(at));
        }
        outputs.push(dispatch!(gradient.dtype(), NUMBERS, |T| {
            let gradient = gradient.as_slice::<T>()?;
            let values = rows.iter().map(|row| row.map_or(T::default(), |row| gradient[row]));
            Ok(NdArray::vector(values.collect::<Vec<T>>()))
        })?);
    }
    for (index, output) in outputs.into_iter().enumerate() {
        cx.set(index, output)?;
    }
    Ok(())
}

fn extreme_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.set(0, PartialShape::of_rank(2));
    cx.set(1, PartialShape::of_rank(1));
    Ok(())
}

fn extreme<const LARGEST: bool>(cx: &mut KernelCtx<'_>) -> Result<()> {
    if matches!(cx.dtype("T")?, DType::HALF | DType::BFLOAT16) {
        return cx.through_f32(extreme::<LARGEST>);
    }
    let (a, b) = (Entries::read(cx, 0)?, Entries::read(cx, 3)?);
    check_shapes(&a, &b)?;
    let sources = union(&a, &b)?;
    let values = dispatch!(a.values.dtype(), REALS, |T| chosen::<T>(&a, &b, &sources, LARGEST))?;
    let places = places(&a, &b, &sources)?;
    cx.set(0, places)?;
    cx.set(1, values)
}

fn chosen<T: Ordered + Element>(
    a: &Entries<'_>,
    b: &Entries<'_>,
    sources: &[Source],
    largest: bool,
) -> Result<NdArray> {
    let (left, right) = (a.values.as_slice::<T>()?, b.values.as_slice::<T>()?);
    let values = sources.iter().map(|source| {
        let (x, y) = match *source {
            Source::Left(i) => (left[i], T::default()),
            Source::Right(j) => (T::default(), right[j]),
            Source::Both(i, j) => (left[i], right[j]),
        };
        if (largest && x < y) || (!largest && y < x) { y } else { x }
    });
    Ok(NdArray::vector(values.collect::<Vec<T>>()))
}

fn no_gradient(cx: &mut GradCtx<'_>) -> Result<()> {
    bail!(unimplemented, "Gradient for {} is not implemented.", cx.op().name)
}

const ADDED: &[DType] = &[
    DType::FLOAT32,
    DType::FLOAT64,
    DType::INT64,
    DType::INT32,
    DType::INT16,
    DType::INT8,
    DType::COMPLEX64,
    DType::COMPLEX128,
];

pub(crate) static SPARSE_ADD: OpDef = OpDef {
    name: "SparseAdd",
    shape: add_shape,
    kernel: Some(add_kernel),
    grad: Grad::Fn(add_grad),
    types: &[("T", ADDED)],
    ..OpDef::NEW
};

pub(crate) static SPARSE_ADD_GRAD: OpDef = OpDef {
    name: "SparseAddGrad",
    shape: add_grad_shape,
    kernel: Some(add_grad_kernel),
    grad: Grad::None,
    types: &[("T", ADDED)],
    ..OpDef::NEW
};

pub(crate) static SPARSE_SPARSE_MAXIMUM: OpDef = OpDef {
    name: "SparseSparseMaximum",
    shape: extreme_shape,
    kernel: Some(extreme::<true>),
    grad: Grad::Fn(no_gradient),
    ..OpDef::NEW
};

pub(crate) const REALS: &[DType] = &[
    DType::FLOAT32,
    DType::FLOAT64,
    DType::INT32,
    DType::UINT8,
    DType::INT16,
    DType::INT8,
    DType::INT64,
    DType::BFLOAT16,
    DType::UINT16,
    DType::HALF,
    DType::UINT32,
    DType::UINT64,
];

pub(crate) static SPARSE_SPARSE_MINIMUM: OpDef = OpDef {
    name: "SparseSparseMinimum",
    shape: extreme_shape,
    kernel: Some(extreme::<false>),
    grad: Grad::Fn(no_gradient),
    types: &[("T", REALS)],
    ..OpDef::NEW
};
