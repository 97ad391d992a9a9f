//! CTCGreedyDecoder, and what both decoders share: their checks and their sparse outputs.

use ferroflow_core::{
    DType, Element, Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, ShapeCtx, bail, dispatch, ensure,
};
use num_traits::Float;

pub(crate) const FLOATS: &[(&str, &[DType])] = &[("T", &[DType::FLOAT32, DType::FLOAT64])];

pub(crate) static CTC_GREEDY_DECODER: OpDef = OpDef {
    name: "CTCGreedyDecoder",
    shape: |cx| shape(cx, 1),
    kernel: Some(kernel),
    grad: Grad::None,
    types: FLOATS,
    ..OpDef::NEW
};

/// The outputs of a decoder: indices, values and shapes of sparse tensors, one for each path, and the scores.
pub(crate) fn shape(cx: &mut ShapeCtx<'_>, paths: usize) -> Result<()> {
    let (inputs, lengths) = (cx.input(0), cx.input(1));
    let batch = if cx.at_run_time() {
        check(cx, &inputs, &lengths)?;
        inputs.dim(1)
    } else {
        cx.merge_dims(cx.with_rank(0, 3)?.dim(1), cx.with_rank(1, 1)?.dim(0))?
    };
    for path in 0..paths {
        cx.set(path, PartialShape::new([None, Some(2)]));
        cx.set(paths + path, PartialShape::new([None]));
        cx.set(2 * paths + path, [2]);
    }
    cx.set(3 * paths, PartialShape::new([batch, Some(paths)]));
    Ok(())
}

fn check(cx: &ShapeCtx<'_>, inputs: &PartialShape, lengths: &PartialShape) -> Result<()> {
    ensure!(inputs.rank() == Some(3), invalid_argument, "inputs is not a 3-Tensor");
    ensure!(inputs.num_elements() != Some(0), invalid_argument, "inputs must not be empty");
    ensure!(lengths.rank() == Some(1), invalid_argument, "sequence_length is not a vector");
    let (time, batch) = (inputs.dim(0).unwrap_or(0), inputs.dim(1).unwrap_or(0));
    ensure!(
        lengths.dim(0) == Some(batch),
        failed_precondition,
        "len(sequence_length) != batch_size.  len(sequence_length):  {} batch_size: {batch}",
        lengths.dim(0).unwrap_or(0)
    );
    for (number, length) in cx.ints(1)?.unwrap_or_default().into_iter().enumerate() {
        ensure!(length <= time as i64, failed_precondition, "sequence_length({number}) <= {time}");
    }
    Ok(())
}

/// The inputs of a decoder, `[time, batch, classes]`.
pub(crate) struct Scores<'a, T> {
    values: &'a [T],
    batch: usize,
    /// How many classes there are.
    pub(crate) classes: usize,
    lengths: Vec<usize>,
}

impl<'a, T: Element> Scores<'a, T> {
    pub(crate) fn of(cx: &'a KernelCtx<'_>) -> Result<Scores<'a, T>> {
        let dims = cx.input(0)?.shape().dims();
        ensure!(i32::try_from(dims[2]).is_ok(), invalid_argument, "num_classes cannot exceed max int");
        let lengths = cx.ints(1)?.into_iter().map(|length| usize::try_from(length).unwrap_or(0)).collect();
        Ok(Scores { values: cx.slice::<T>(0)?, batch: dims[1], classes: dims[2], lengths })
    }

    /// For each sequence of the batch, its rows.
    pub(crate) fn sequences(&self) -> impl Iterator<Item = impl Iterator<Item = &'a [T]>> {
        let (values, batch, classes) = (self.values, self.batch, self.classes);
        self.lengths.iter().enumerate().map(move |(number, &length)| {
            (0..length).map(move |step| {
                let start = (step * batch + number) * classes;
                &values[start..start + classes]
            })
        })
    }
}

/// Sets the sparse outputs of one path: `sequences` are those of the batch.
pub(crate) fn set_path<'s>(
    cx: &mut KernelCtx<'_>,
    path: usize,
    paths: usize,
    sequences: impl Iterator<Item = &'s [i64]>,
) -> Result<()> {
    let (mut indices, mut values) = (Vec::new(), Vec::new());
    let (mut batch, mut longest) = (0, 0);
    for (number, sequence) in sequences.enumerate() {
        indices.extend((0..sequence.len()).flat_map(|step| [number as i64, step as i64]));
        values.extend_from_slice(sequence);
        batch = number as i64 + 1;
        longest = longest.max(sequence.len() as i64);
    }
    cx.set(path, NdArray::from_vec(&[values.len(), 2], indices)?)?;
    cx.set(paths + path, NdArray::vector(values))?;
    cx.set(2 * paths + path, NdArray::vector(vec![batch, longest]))
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    dispatch!(cx.dtype("T")?, FLOATS, |T| greedy::<T>(cx))
}

fn greedy<T: Element + Float>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let scores = Scores::<T>::of(cx)?;
    let (asked, classes) = (cx.int("blank_index")?, scores.classes as i64);
    let blank = if asked < 0 { classes + asked } else { asked };
    if !(0..classes).contains(&blank) {
        bail!(
            invalid_argument,
            "blank_index expected to be between {} and {} but was {asked}",
            -classes,
            classes - 1
        );
    }
    let merge = cx.bool("merge_repeated")?;
    let (mut sequences, mut totals) = (Vec::new(), Vec::new());
    for rows in scores.sequences() {
        let (mut sequence, mut total, mut before) = (Vec::new(), T::zero(), -1);
        for row in rows {
            let mut best = 0;
            for (class, &score) in row.iter().enumerate() {
                if score > row[best] {
                    best = class;
                }
            }
            total = total - row[best];
            let class = best as i64;
            if class != blank && !(merge && class == before) {
                sequence.push(class);
            }
            before = class;
        }
        sequences.push(sequence);
        totals.push(total);
    }
    set_path(cx, 0, 1, sequences.iter().map(Vec::as_slice))?;
    cx.set_elements(3, totals)
}
