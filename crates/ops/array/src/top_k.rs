//! TopKV2, NthElement, InTopK: the largest of the last dimension.

use crate::gradients::{int32_constant, part, shape_of};
use ferroflow_core::{
    DType, Dim, Element, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result,
    ShapeCtx, Tensor, bail, dispatch, options, parallel, reserve,
};
use std::cmp::Ordering;

options! {
    /// Optional arguments of [`top_k_with`].
    pub struct TopKOptions {
        /// How many of the largest; 1 if it is not given.
        k: Option<i32> = None,
        /// Whether the result must be in descending order.
        sorted: bool = true,
    }
}

/// The `k` largest elements along the last dimension in descending order, and where they stand.
///
/// Source: `tf.math.top_k` (op `TopKV2`).
///
/// ```
/// use ferroflow_ops_array::top_k;
/// let [values, indices] = top_k([1, 9, 3], 2)?;
/// assert_eq!(values.numpy()?.as_slice::<i32>()?, [9, 3]);
/// assert_eq!(indices.numpy()?.as_slice::<i32>()?, [1, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when there are fewer than `k` elements.
pub fn top_k(input: impl IntoOperand, k: impl IntoOperand) -> Result<[Tensor; 2]> {
    Op::new(&TOP_K_V2).input(input).input(k).outputs()
}

/// [`top_k`] with options.
///
/// # Errors
/// As [`top_k`].
pub fn top_k_with(
    input: impl IntoOperand,
    options: impl FnOnce(TopKOptions) -> TopKOptions,
) -> Result<[Tensor; 2]> {
    let TopKOptions { k, sorted } = options(TopKOptions::default());
    Op::new(&TOP_K_V2).input(input).input(k.unwrap_or(1)).attr("sorted", sorted).outputs()
}

/// Whether the prediction for each target is among the `k` highest of its row.
///
/// Source: `tf.math.in_top_k` (op `InTopKV2`).
///
/// # Errors
/// `InvalidArgument` when the shapes do not go together.
pub fn in_top_k(
    targets: impl IntoOperand,
    predictions: impl IntoOperand,
    k: impl IntoOperand,
) -> Result<Tensor> {
    Op::new(&IN_TOP_K_V2).input(predictions).input(targets).input(k).default_name("in_top_k").one()
}

/// The element that would stand at place `n` of each last dimension if it were sorted.
///
/// Source: `tf.raw_ops.NthElement`.
///
/// # Errors
/// `InvalidArgument` when `n` is out of range.
pub fn nth_element(input: impl IntoOperand, n: impl IntoOperand, reverse: bool) -> Result<Tensor> {
    Op::new(&NTH_ELEMENT).input(input).input(n).attr("reverse", reverse).one()
}

/// Descending, NaN last, earlier places first: a total order, so that sorting cannot go wrong.
fn descending<T: PartialOrd>(values: &[T], a: u32, b: u32) -> Ordering {
    let (x, y) = (&values[a as usize], &values[b as usize]);
    let order = match y.partial_cmp(x) {
        Some(order) => order,
        #[allow(clippy::eq_op)]
        None => (x != x).cmp(&(y != y)),
    };
    order.then(a.cmp(&b))
}

/// Runs code for every real dtype, half types included.
macro_rules! reals {
    ($dtype:expr, |$T:ident| $body:expr) => {
        match $dtype {
            dtype @ (DType::HALF | DType::BFLOAT16) => dispatch!(dtype, HALVES, |$T| $body),
            dtype => dispatch!(dtype, REALS, |$T| $body),
        }
    };
}

fn top_k_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    if let Some(rank) = cx.input(1).rank().filter(|&rank| rank != 0) {
        return Err(cx.mismatch(
            format!("k must be scalar, got shape {}", cx.input(1).cpp()),
            format!("Input must be scalar but has rank {rank}"),
        ));
    }
    let k = cx.int_value(1)?;
    if let Some(k) = k.filter(|k| *k < 0) {
        return Err(cx.mismatch(
            format!("Need k >= 0, got {k}"),
            format!("Dimension size, given by scalar input 1, must be non-negative but is {k}"),
        ));
    }
    let Some(dims) = input.dims() else { return Ok(()) };
    let Some((last, outer)) = dims.split_last() else {
        return Err(
            cx.mismatch("input must be >= 1-D, got shape []", "Shape must be at least rank 1 but is rank 0")
        );
    };
    let k = k.and_then(|k| usize::try_from(k).ok());
    if let (Some(last), Some(k)) = (last, k)
        && *last < k
    {
        return Err(cx.mismatch(
            format!("input must have at least k columns. Had {last}, needed {k}"),
            format!("input must have last dimension >= k = {k} but is {last}"),
        ));
    }
    let shape = PartialShape::new(outer.iter().copied().chain([k]));
    cx.set(0, shape.clone());
    cx.set(1, shape);
    Ok(())
}

fn top_k_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let input = cx.input(0)?;
    let columns = input.shape().last().copied().unwrap_or(0);
    if columns > u32::MAX as usize {
        bail!(invalid_argument, "rows of more than {} elements are not sorted", u32::MAX);
    }
    let k = shape.last().copied().unwrap_or(0);
    let (values, places) = reals!(input.dtype(), |T| {
        let (values, places) = largest(input.as_slice::<T>()?, columns, k)?;
        Ok((NdArray::from_shape(shape.clone(), values)?, places))
    })?;
    let index_type = cx.dtype("index_type")?;
    let places = NdArray::from_shape(shape, places)?;
    cx.set(0, values)?;
    cx.set(1, places.cast(index_type)?)
}

/// A value and its place in one integer, in the order of [`descending`]: greatest first, NaN last, earlier places
/// first. Sorting these reads no other memory.
trait Ranked: Element + Copy {
    type Key: Copy + Default + Ord + Send;

    fn key(self, place: u32) -> Self::Key;

    fn place(key: Self::Key) -> u32;
}

macro_rules! ranked {
    ($($ty:ty, $bits:ty, $key:ty: |$value:ident| $order:expr;)*) => {
        $(impl Ranked for $ty {
            type Key = $key;

            fn key(self, place: u32) -> $key {
                let $value = self;
                let order: $bits = $order;
                <$key>::from(order) << 32 | <$key>::from(place)
            }

            fn place(key: $key) -> u32 {
                key as u32
            }
        })*
    };
}

macro_rules! descending_float {
    ($value:ident, $bits:ty) => {{
        // The sum of the zeros has no sign.
        let bits = ($value + 0.0).to_bits();
        let sign = 1 << (<$bits>::BITS - 1);
        if $value.is_nan() {
            <$bits>::MAX
        } else if bits & sign == 0 {
            !(bits | sign)
        } else {
            bits
        }
    }};
}

fn descending_f32(value: f32) -> u32 {
    descending_float!(value, u32)
}

ranked! {
    f32, u32, u64: |value| descending_f32(value);
    f64, u64, u128: |value| descending_float!(value, u64);
    ferroflow_core::f16, u32, u64: |value| descending_f32(value.to_f32());
    ferroflow_core::bf16, u32, u64: |value| descending_f32(value.to_f32());
    i8, u32, u64: |value| !(i32::from(value) as u32 ^ 1 << 31);
    i16, u32, u64: |value| !(i32::from(value) as u32 ^ 1 << 31);
    i32, u32, u64: |value| !(value as u32 ^ 1 << 31);
    i64, u64, u128: |value| !(value as u64 ^ 1 << 63);
    u8, u32, u64: |value| !u32::from(value);
    u16, u32, u64: |value| !u32::from(value);
    u32, u32, u64: |value| !value;
    u64, u64, u128: |value| !value;
}

/// The `k` greatest elements of each row and their places.
fn largest<T: Ranked>(input: &[T], columns: usize, k: usize) -> Result<(Vec<T>, Vec<u32>)> {
    if k == 0 || columns == 0 {
        return Ok((Vec::new(), Vec::new()));
    }
    let count = input.len() / columns * k;
    let mut first = reserve::<T::Key>(count)?;
    first.resize(count, T::Key::default());
    parallel::chunks(&mut first, k, 8 * columns.div_ceil(k), |start, chunk| {
        let rows = input[start / k * columns..].chunks_exact(columns);
        let mut keys = Vec::with_capacity(columns);
        for (first, row) in chunk.chunks_exact_mut(k).zip(rows) {
            keys.clear();
            keys.extend(row.iter().zip(0..).map(|(value, place)| value.key(place)));
            if k < columns {
                keys.select_nth_unstable(k - 1);
            }
            first.copy_from_slice(&keys[..k]);
            first.sort_unstable();
        }
    });
    let places: Vec<u32> = first.into_iter().map(T::place).collect();
    let rows = places.chunks_exact(k).zip(input.chunks_exact(columns));
    let values = rows.flat_map(|(places, row)| places.iter().map(|&place| row[place as usize])).collect();
    Ok((values, places))
}

pub(crate) fn top_k_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (input, indices, dy) = (cx.x(0)?, cx.y(1)?, cx.dy(0)?);
    let reshape = |tensor: Tensor, shape: Tensor| Op::named("Reshape").input(tensor).input(shape).one();
    let shape = shape_of(input)?;
    let columns = reshape(part(&shape, Some(-1), None)?, int32_constant(&[])?)?;
    let k = part(&shape_of(indices)?, Some(-1), None)?;
    let indices = ferroflow_core::operators::cast(indices, DType::INT32)?;
    let rows = reshape(indices, crate::concat([int32_constant(&[-1])?, k], 0)?)?;
    let count = Op::named("Size").input(input).one()?;
    let starts = Op::named("Range").input(0).input(&count).input(columns).one()?;
    let places = (rows + &Op::named("ExpandDims").input(starts).input(-1).one()?)?;
    let places = reshape(places, int32_constant(&[-1, 1])?)?;
    let flat = reshape(dy, int32_constant(&[-1])?)?;
    let total = reshape(count, int32_constant(&[1])?)?;
    let spread = Op::named("ScatterNd").input(places).input(flat).input(total).one()?;
    cx.set(0, reshape(spread, shape))
}

fn nth_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    if cx.input(1).rank().is_some_and(|rank| rank != 0) {
        return Err(cx.mismatch(
            format!("N must be scalar but has rank {}", cx.input(1).rank().unwrap_or(0)),
            format!("Input must be scalar but has rank {}", cx.input(1).rank().unwrap_or(0)),
        ));
    }
    let n = cx.int_value(1)?;
    if let Some(n) = n.filter(|n| *n < 0) {
        return Err(cx.mismatch(
            format!("n must be non-negative but is {n}"),
            format!("Dimension size, given by scalar input 1, must be non-negative but is {n}"),
        ));
    }
    let Some(dims) = input.dims() else { return Ok(()) };
    let Some((last, outer)) = dims.split_last() else {
        return Err(cx.mismatch(
            "Input must be at least rank 1 but is rank 0",
            "Shape must be at least rank 1 but is rank 0",
        ));
    };
    if let (Some(last), Some(n)) = (last, n)
        && *last as i64 <= n
    {
        return Err(cx.mismatch(
            format!("Input must have last dimension > n = {n}"),
            format!("Input must have last dimension > n = {n} but is {last}"),
        ));
    }
    let shape = PartialShape::new(outer.iter().copied());
    cx.set(0, shape);
    Ok(())
}

fn nth_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let input = cx.input(0)?;
    let columns = input.shape().last().copied().unwrap_or(0);
    let n = cx.int_value(1)? as usize;
    let from_top = if cx.bool("reverse")? { n } else { columns - 1 - n };
    let picked = reals!(input.dtype(), |T| {
        let mut picked = Vec::with_capacity(shape.num_elements());
        for row in input.as_slice::<T>()?.chunks_exact(columns) {
            let mut order: Vec<u32> = (0..columns as u32).collect();
            let (_, nth, _) = order.select_nth_unstable_by(from_top, |&a, &b| descending(row, a, b));
            picked.push(row[*nth as usize]);
        }
        NdArray::from_shape(shape.clone(), picked)
    })?;
    cx.set(0, picked)
}

fn nth_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (input, output, dy) = (cx.x(0)?, cx.y(0)?, cx.dy(0)?);
    let expand = |tensor: &Tensor| Op::named("ExpandDims").input(tensor).input(-1).one();
    let equal = Op::named("Equal").input(expand(output)?).input(input).one()?;
    let marks = ferroflow_core::operators::cast(equal, dy.dtype().base())?;
    // Elements that are equal share the gradient.
    let count = Op::named("Sum").input(&marks).input(-1).one()?;
    let share = (marks / &expand(&count)?)?;
    cx.set(0, share * &expand(&dy)?)
}

fn in_top_k_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (predictions, targets) = (cx.input(0), cx.input(1));
    if cx.at_run_time() {
        if predictions.rank() != Some(2) {
            bail!(invalid_argument, "predictions must be 2-dimensional");
        }
        if targets.rank() != Some(1) {
            bail!(invalid_argument, "targets must be 1-dimensional");
        }
        if predictions.dim(0) != targets.dim(0) {
            let (rows, count) = (predictions.dim(0).unwrap_or(0), targets.dim(0).unwrap_or(0));
            bail!(
                invalid_argument,
                "First dimension of predictions {rows} must match length of targets {count}"
            );
        }
    } else {
        cx.with_rank(0, 2)?;
        cx.with_rank(1, 1)?;
    }
    let rows: Dim = cx.merge_dims(predictions.dim(0), targets.dim(0))?;
    cx.set(0, [rows]);
    Ok(())
}

fn in_top_k_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.infer_shapes()?;
    let k = if cx.num_inputs() == 3 { cx.int_value(2)? } else { cx.int("k")? };
    let (predictions, targets) = (cx.slice::<f32>(0)?, cx.ints(1)?);
    let classes = cx.input(0)?.shape()[1];
    let is_among = |(row, &target): (usize, &i64)| {
        let scores = &predictions[row * classes..(row + 1) * classes];
        let Some(own) = usize::try_from(target).ok().and_then(|target| scores.get(target)) else {
            return false;
        };
        // Nothing can be said of a row that is not finite.
        let above = scores.iter().filter(|score| *score > own).count() as i64;
        own.is_finite() && scores.iter().all(|score| score.is_finite()) && above < k
    };
    let among: Vec<bool> = targets.iter().enumerate().map(is_among).collect();
    cx.set(0, NdArray::vector(among))
}

pub(crate) static TOP_K_V2: OpDef = OpDef {
    name: "TopKV2",
    shape: top_k_shape,
    kernel: Some(top_k_kernel),
    grad: Grad::Fn(top_k_grad),
    ..OpDef::NEW
};
pub(crate) static NTH_ELEMENT: OpDef = OpDef {
    name: "NthElement",
    shape: nth_shape,
    kernel: Some(nth_kernel),
    grad: Grad::Fn(nth_grad),
    ..OpDef::NEW
};
pub(crate) static IN_TOP_K: OpDef =
    OpDef { name: "InTopK", shape: in_top_k_shape, kernel: Some(in_top_k_kernel), ..OpDef::NEW };
pub(crate) static IN_TOP_K_V2: OpDef =
    OpDef { name: "InTopKV2", shape: in_top_k_shape, kernel: Some(in_top_k_kernel), ..OpDef::NEW };
