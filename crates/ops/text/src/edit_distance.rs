//! EditDistance: how many insertions, deletions and replacements lead from one sequence to another.

use ferroflow_core::{
    Grad, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx, SparseTensor, Tensor, bail,
    dispatch, ensure, zeroed,
};
use std::cmp::Ordering;
use std::ops::Range;

/// The Levenshtein distance of the sequences along the last axis of two sparse tensors, as a part of the length of the
/// true one where `normalize` is set.
///
/// Source: `tf.edit_distance` (op `EditDistance`).
///
/// # Errors
/// `InvalidArgument` when ranks do not fit or are below two.
pub fn edit_distance(hypothesis: &SparseTensor, truth: &SparseTensor, normalize: bool) -> Result<Tensor> {
    let part = |op: Op, sparse: &SparseTensor| {
        op.input(&sparse.indices).input(&sparse.values).input(&sparse.dense_shape)
    };
    part(part(Op::new(&EDIT_DISTANCE), hypothesis), truth).attr("normalize", normalize).one()
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    for (first, name, lower) in [(0, "Hypothesis", "hypothesis"), (3, "Truth", "truth")] {
        let (indices, values) = (cx.with_rank(first, 2)?, cx.with_rank(first + 1, 1)?);
        let dense = cx.with_rank(first + 2, 1)?;
        if let (Some(found), Some(named)) = (indices.dim(0), values.dim(0)) {
            ensure!(
                found == named,
                invalid_argument,
                "Number of elements in index ({found}) and values ({named}) do not match."
            );
        }
        if let (Some(found), Some(named)) = (indices.dim(1), dense.dim(0)) {
            ensure!(
                found == named,
                invalid_argument,
                "Index rank ({found}) and shape rank ({named}) do not match."
            );
        }
        if let Some(rank @ ..2) = dense.dim(0) {
            bail!(
                invalid_argument,
                "Input {name} SparseTensors must have rank at least 2, but {lower}_shape rank is: {rank}"
            );
        }
    }
    let (Some(hypothesis), Some(truth)) = (cx.ints(2)?, cx.ints(5)?) else { return Ok(()) };
    ensure!(
        hypothesis.len() == truth.len(),
        invalid_argument,
        "Num elements of hypothesis_shape does not match truth_shape: {} vs. {}",
        hypothesis.len(),
        truth.len()
    );
    let Some(groups) = hypothesis.len().checked_sub(1) else { return Ok(()) };
    let sizes: Vec<i64> = hypothesis.iter().zip(&truth).take(groups).map(|(a, b)| *a.max(b)).collect();
    cx.set(0, PartialShape::from_i64(&sizes)?);
    Ok(())
}

/// A sequence: its place, and where its values stand.
struct Sequence<'a> {
    place: &'a [i64],
    values: Range<usize>,
}

/// Neighbouring values of one place are a sequence. The order of places is taken on trust, as by TensorFlow.
fn sequences(indices: &[i64], rank: usize) -> Vec<Sequence<'_>> {
    let mut found: Vec<Sequence<'_>> = Vec::new();
    for (position, row) in indices.chunks_exact(rank).enumerate() {
        let place = &row[..rank - 1];
        match found.last_mut() {
            Some(last) if last.place == place => last.values.end += 1,
            _ => found.push(Sequence { place, values: position..position + 1 }),
        }
    }
    found
}

/// Pairs of sequences of one place; either may be missing.
fn pairs<'a>(
    hypotheses: &'a [Sequence<'a>],
    truths: &'a [Sequence<'a>],
) -> Vec<(Option<&'a Sequence<'a>>, Option<&'a Sequence<'a>>)> {
    let (mut left, mut right) = (hypotheses.iter().peekable(), truths.iter().peekable());
    let mut pairs = Vec::new();
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return pairs,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(hypothesis), Some(truth)) => hypothesis.place.cmp(truth.place),
        };
        let hypothesis = if order.is_le() { left.next() } else { None };
        pairs.push((hypothesis, if order.is_ge() { right.next() } else { None }));
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    check(cx)?;
    let (hypothesis_shape, truth_shape) = (Shape::from_i64(&cx.ints(2)?)?, Shape::from_i64(&cx.ints(5)?)?);
    let rank = truth_shape.rank();
    let dims: Vec<usize> = (0..rank - 1).map(|axis| hypothesis_shape[axis].max(truth_shape[axis])).collect();
    let shape = Shape::new(&dims)?;
    let (hypotheses, truths) = (sequences(cx.slice(0)?, rank), sequences(cx.slice(3)?, rank));
    let normalize = cx.bool("normalize")?;
    let strides = shape.strides();
    let mut distances = zeroed::<f32>(shape.num_elements())?;
    let (hypothesis, truth) = (cx.input(1)?, cx.input(4)?);
    for (guess, right) in pairs(&hypotheses, &truths) {
        let Some(sequence) = guess.or(right) else { continue };
        let position = sequence
            .place
            .iter()
            .zip(&strides)
            .fold(0i64, |sum, (&index, &stride)| sum.wrapping_add(index.wrapping_mul(stride as i64)));
        let slot = usize::try_from(position).ok().and_then(|position| distances.get_mut(position));
        let Some(distance) = slot else {
            bail!(
                internal,
                "Got an inner product {position} which would require writing to outside of the buffer for the output \
                 tensor (max elements {})",
                shape.num_elements()
            );
        };
        let lengths = (guess.map_or(0, |one| one.values.len()), right.map_or(0, |one| one.values.len()));
        *distance = match (guess, right) {
            (Some(guess), Some(right)) => dispatch!(hypothesis.dtype(), ALL, |T| {
                let guess = &hypothesis.as_slice::<T>()?[guess.values.clone()];
                Ok(levenshtein(&truth.as_slice::<T>()?[right.values.clone()], guess))
            })? as f32,
            _ => (lengths.0 + lengths.1) as f32,
        };
        if normalize {
            *distance /= lengths.1 as f32;
        }
    }
    cx.set(0, NdArray::from_shape(shape, distances)?)
}

fn check(cx: &KernelCtx<'_>) -> Result<()> {
    for (index, rank, name, kind) in [
        (0, 2, "hypothesis_indices", "matrix"),
        (3, 2, "truth_indices", "matrix"),
        (1, 1, "hypothesis_values", "vector"),
        (4, 1, "truth_values", "vector"),
        (2, 1, "hypothesis_shape", "vector"),
        (5, 1, "truth_shape", "vector"),
    ] {
        let shape = cx.input(index)?.shape();
        ensure!(shape.rank() == rank, invalid_argument, "{name} should be a {kind}, but got shape: {shape}");
    }
    let shapes: Vec<&Shape> = cx.inputs().iter().map(NdArray::shape).collect();
    let columns = |indices: usize, dense: usize, name: &str| {
        ensure!(
            shapes[dense][0] == shapes[indices][1],
            invalid_argument,
            "Expected {name}_shape.NumElements == #cols({name}_indices), their shapes are: {} and {}",
            shapes[dense],
            shapes[indices]
        );
        Ok(())
    };
    columns(0, 2, "hypothesis")?;
    ensure!(
        shapes[5][0] >= 2,
        invalid_argument,
        "Input SparseTensors must have rank at least 2, but truth_shape rank is: {}",
        shapes[5][0]
    );
    columns(3, 5, "truth")?;
    ensure!(
        shapes[5][0] == shapes[2][0],
        invalid_argument,
        "Expected truth and hypothesis to have matching ranks, but their shapes are: {} and {}",
        shapes[5],
        shapes[2]
    );
    for (indices, values, name) in [(0, 1, "hypothesis"), (3, 4, "truth")] {
        ensure!(
            shapes[indices][0] == shapes[values][0],
            invalid_argument,
            "Expected {name}_values.NumElements == #rows({name}_indices), their shapes are: {} and {}",
            shapes[values],
            shapes[indices]
        );
    }
    Ok(())
}

/// The fewest insertions, deletions and replacements, by rows of the usual table.
fn levenshtein<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (deleted, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = deleted + 1;
        for (column, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[b.len()]
}

pub(crate) static EDIT_DISTANCE: OpDef =
    OpDef { name: "EditDistance", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };
