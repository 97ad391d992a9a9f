//! UnsortedSegmentJoin: the strings of each segment, joined.

use ferroflow_core::{
    Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx, TString, Tensor,
    ensure, reserve,
};

/// The strings of each segment joined in their order.
///
/// Source: `tf.strings.unsorted_segment_join` (op `UnsortedSegmentJoin`).
///
/// ```
/// use ferroflow_ops_text::unsorted_segment_join;
/// let joined = unsorted_segment_join(["this", "a", "is"], [1, 0, 1], 2, ":")?;
/// assert_eq!(joined.numpy()?.to_string(), "[b'a' b'this:is']");
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the ids do not fit the inputs, `OutOfRange` when they have more dimensions, or an id is not below `num_segments`.
pub fn unsorted_segment_join(
    inputs: impl IntoOperand,
    segment_ids: impl IntoOperand,
    num_segments: impl IntoOperand,
    separator: &str,
) -> Result<Tensor> {
    Op::new(&UNSORTED_SEGMENT_JOIN)
        .input(inputs)
        .input(segment_ids)
        .input(num_segments)
        .attr("separator", separator)
        .one()
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    cx.with_rank(2, 0)?;
    let (inputs, ids) = (cx.input(0), cx.input(1));
    let Some(covered) = ids.rank() else { return Ok(()) };
    let Some(rank) = inputs.rank() else { return Ok(()) };
    ensure!(rank >= covered, invalid_argument, "Shape must be at least rank {covered} but is rank {rank}");
    for axis in 0..covered {
        cx.merge_dims(inputs.dim(axis), ids.dim(axis))?;
    }
    let segments = match cx.int_value(2)? {
        Some(count) => {
            ensure!(
                count >= 0,
                invalid_argument,
                "Dimension size, given by scalar input 2, must be non-negative but is {count}"
            );
            usize::try_from(count).ok()
        }
        None => None,
    };
    let shape = PartialShape::new([segments]).concatenate(&inputs.slice(covered..rank));
    cx.set(0, shape);
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (inputs, ids, segments) = (cx.input(0)?, cx.input(1)?, cx.input(2)?);
    ensure!(segments.rank() == 0, invalid_argument, "Number of segments must be a scalar");
    let covered = ids.rank();
    ensure!(covered > 0, invalid_argument, "Segment_id cannot have rank 0");
    ensure!(
        covered <= inputs.rank(),
        out_of_range,
        "Invalid segment_id rank {covered} for input with {} dimension(s)",
        inputs.rank()
    );
    for (axis, (&ids, &input)) in ids.shape().iter().zip(inputs.shape().iter()).enumerate() {
        ensure!(
            ids == input,
            invalid_argument,
            "Segment dimension is {ids} while input dimension is {input} in rank {axis}"
        );
    }
    let segments = cx.int_value(2)?;
    ensure!(segments >= 0, invalid_argument, "Number of segments must be non-negative but got {segments}");
    let rest = &inputs.shape().dims()[covered..];
    let mut dims = vec![segments as usize];
    dims.extend_from_slice(rest);
    let shape = Shape::new(&dims)?;
    let width: usize = rest.iter().product();
    let mut members: Vec<Vec<&[u8]>> = reserve(shape.num_elements())?;
    members.resize(shape.num_elements(), Vec::new());
    let texts = inputs.as_slice::<TString>()?;
    for (row, id) in ids.to_i64_vec()?.into_iter().enumerate() {
        ensure!(
            (0..segments).contains(&id),
            invalid_argument,
            "segment_ids are not allowed to exceed num_segments or to have negative values."
        );
        let id = id as usize;
        for column in 0..width {
            members[id * width + column].push(&texts[row * width + column]);
        }
    }
    let separator = cx.bytes("separator")?;
    let joined = members.iter().map(|parts| TString::from(parts.join(separator))).collect();
    cx.set(0, NdArray::from_shape(shape, joined)?)
}

pub(crate) static UNSORTED_SEGMENT_JOIN: OpDef =
    OpDef { name: "UnsortedSegmentJoin", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };
