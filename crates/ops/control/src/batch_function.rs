//! BatchFunction: a function called on rows in batches of certain sizes.
//!
//! TensorFlow also puts the rows of calls that come at the same time into one batch. Here each call is its own batch, so that
//! none waits: what tells how long calls wait for each other, and how many may, changes nothing.

use crate::call_op::{set_all, take_from};
use ferroflow_core::{KernelCtx, NdArray, OpDef, Result, Shape, bail, dispatch, ensure, reserve, shape_fn};

/// The sizes that batches are filled up to, the smallest first.
#[derive(Default)]
pub(crate) struct AllowedSizes(Vec<i64>);

impl AllowedSizes {
    /// Those of the op's attribute.
    pub(crate) fn read(cx: &KernelCtx<'_>) -> Result<AllowedSizes> {
        let sizes = cx.attrs().ints("allowed_batch_sizes")?.to_vec();
        ensure!(
            sizes.is_sorted_by(|a, b| a < b),
            invalid_argument,
            "allowed_batch_sizes entries must be monotonically increasing"
        );
        Ok(AllowedSizes(sizes))
    }

    pub(crate) fn last(&self) -> Option<i64> {
        self.0.last().copied()
    }

    /// The size that this many rows are filled up to.
    pub(crate) fn padded(&self, rows: usize) -> usize {
        let fits = |size: &i64| usize::try_from(*size).ok().filter(|size| *size >= rows);
        self.0.iter().find_map(fits).unwrap_or(rows)
    }
}

/// How many rows the function is called with.
struct Sizes {
    /// The most rows of an input.
    most: i64,
    allowed: AllowedSizes,
    splits: bool,
}

impl Sizes {
    fn read(cx: &KernelCtx<'_>) -> Result<Sizes> {
        let most = cx.int("max_batch_size")?;
        let allowed = AllowedSizes::read(cx)?;
        let splits = cx.bool("enable_large_batch_splitting")?;
        ensure!(
            splits || allowed.last().is_none_or(|last| last == most),
            invalid_argument,
            "final entry in allowed_batch_sizes must equal max_batch_size when enable_large_batch_splitting is False"
        );
        ensure!(
            allowed.0.first().is_none_or(|first| *first > 0),
            invalid_argument,
            "allowed_batch_sizes entries must be positive"
        );
        ensure!(most > 0, invalid_argument, "input_batch_size_limit must be positive; was {most}");
        Ok(Sizes { most, allowed, splits })
    }

    /// How many rows a call of the function takes at most.
    fn limit(&self) -> usize {
        let limit = match self.allowed.last() {
            Some(last) if self.splits => last.min(self.most),
            _ => self.most,
        };
        usize::try_from(limit).unwrap_or(usize::MAX)
    }
}

/// Some rows of an array, then the first of them again and again until there are `count`.
pub(crate) fn rows(array: &NdArray, start: usize, end: usize, count: usize) -> Result<NdArray> {
    let Some((_, inner)) = array.shape().dims().split_first() else {
        bail!(internal, "a scalar has no rows")
    };
    let width: usize = inner.iter().product();
    let shape = Shape::new(&[&[count], inner].concat())?;
    dispatch!(array.dtype(), ALL, |T| {
        let own = &array.as_slice::<T>()?[start * width..end * width];
        let mut elements = reserve::<T>(shape.num_elements())?;
        elements.extend_from_slice(own);
        // Of rows without elements there may be any number.
        if width > 0 {
            for _ in end - start..count {
                elements.extend_from_slice(own.get(..width).unwrap_or_default());
            }
        }
        NdArray::from_shape(shape, elements)
    })
}

/// Arrays of the same inner sizes below each other.
pub(crate) fn joined(parts: &[NdArray]) -> Result<NdArray> {
    let Some(first) = parts.first() else { bail!(internal, "a batch has no parts") };
    let inner = first.shape().dims().get(1..).unwrap_or_default();
    for part in parts {
        ensure!(
            part.shape().dims().get(1..) == Some(inner) && part.dtype() == first.dtype(),
            invalid_argument,
            "the parts of a batch have outputs of different shapes: {} vs. {}",
            first.shape(),
            part.shape()
        );
    }
    let count = parts.iter().map(|part| part.shape().dims()[0]).sum::<usize>();
    let shape = Shape::new(&[&[count], inner].concat())?;
    dispatch!(first.dtype(), ALL, |T| {
        let mut elements = reserve::<T>(shape.num_elements())?;
        for part in parts {
            elements.extend_from_slice(part.as_slice::<T>()?);
        }
        NdArray::from_shape(shape, elements)
    })
}

fn shapes_of(inputs: &[NdArray]) -> String {
    let lines = inputs.iter().enumerate();
    let lines = lines.map(|(number, input)| format!(" - in__tensors_{number} has shape {}", input.shape()));
    lines.collect::<Vec<String>>().join("\n")
}

/// How many rows all of these have.
pub(crate) fn rows_of(inputs: &[NdArray]) -> Result<usize> {
    let below = "Below are the input tensors: \n";
    for input in inputs {
        ensure!(
            input.rank() > 0,
            invalid_argument,
            "Batching input tensors must have at least one dimension.\n{below}{}",
            shapes_of(inputs)
        );
    }
    let count = inputs.first().map_or(0, |input| input.shape().dims()[0]);
    ensure!(
        inputs.iter().all(|input| input.shape().dims()[0] == count),
        invalid_argument,
        "Batching input tensors supplied in a given op invocation must have equal 0th-dimension size.\n{below}{}",
        shapes_of(inputs)
    );
    Ok(count)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let sizes = Sizes::read(cx)?;
    let batched = cx.arg(0)?.len();
    let mut inputs = take_from(cx, 0)?;
    let captured = inputs.split_off(batched);
    let count = rows_of(&inputs)?;
    ensure!(
        count as u64 <= sizes.most as u64,
        invalid_argument,
        "Task size {count} is larger than maximum input batch size {}",
        sizes.most
    );
    let function = cx.attrs().func("f")?.clone();
    let mut parts: Vec<Vec<NdArray>> = Vec::new();
    let mut start = 0usize;
    loop {
        let end = count.min(start.saturating_add(sizes.limit()));
        let padded = if count == 0 { 0 } else { sizes.allowed.padded(end - start) };
        let own = match (start, end == count && padded == end - start) {
            // All rows at once.
            (0, true) => std::mem::take(&mut inputs),
            _ => inputs.iter().map(|input| rows(input, start, end, padded)).collect::<Result<_>>()?,
        };
        let outputs = cx.call(&function, [own, captured.clone()].concat())?;
        parts.push(unpadded(outputs, end - start, padded)?);
        start = end;
        if start == count {
            break;
        }
    }
    if let [_] = parts.as_slice() {
        let outputs = parts.into_iter().flatten().collect();
        return set_all(cx, outputs);
    }
    let outputs = (0..cx.num_outputs()).map(|output| {
        let column: Option<Vec<NdArray>> = parts.iter().map(|part| part.get(output).cloned()).collect();
        joined(&column.unwrap_or_default())
    });
    let outputs = outputs.collect::<Result<_>>()?;
    set_all(cx, outputs)
}

/// The outputs without the rows that only filled a batch.
fn unpadded(outputs: Vec<NdArray>, count: usize, padded: usize) -> Result<Vec<NdArray>> {
    let cut = outputs.into_iter().map(|output| {
        let Some(&size) = output.shape().dims().first() else {
            bail!(failed_precondition, "Batched output tensor has 0 dimensions")
        };
        ensure!(
            size == padded,
            failed_precondition,
            "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of the input tensors. \
             0th dimension size: {size}; batch size: {count}; unbatched tasks size: 0; padding size: {}",
            padded - count
        );
        if size == count { Ok(output) } else { rows(&output, 0, count, count) }
    });
    cut.collect()
}

pub(crate) static BATCH_FUNCTION: OpDef =
    OpDef { name: "BatchFunction", shape: shape_fn::unknown, kernel: Some(kernel), ..OpDef::NEW };
