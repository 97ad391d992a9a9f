//! RaggedTensorToVariant, RaggedTensorFromVariant, RaggedTensorToVariantGradient: ragged tensors, or their rows, as variants.

use crate::entries::picked;
use crate::ragged::verify_splits;
use ferroflow_core::{
    AddArrays, DType, Grad, GradCtx, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx,
    Variant, VariantData, bail, ensure, reserve,
};

/// A ragged tensor in a variant.
#[derive(Clone)]
struct Ragged {
    splits: Vec<NdArray>,
    values: NdArray,
}

impl VariantData for Ragged {
    fn type_name(&self) -> &'static str {
        "RaggedTensorVariant"
    }
    fn debug_string(&self) -> String {
        let splits = self.splits.first().map_or("INVALID".to_string(), |splits| splits.dtype().cpp_name());
        format!(
            "RaggedTensorVariant(dtype={}, ragged_rank={}, splits_dtype={splits}",
            self.values.dtype().cpp_name(),
            self.splits.len()
        )
    }
    fn zeros(&self) -> Result<Variant> {
        let values = NdArray::zeros(self.values.dtype(), self.values.shape().clone())?;
        Ok(Variant::new(Ragged { splits: self.splits.clone(), values }))
    }
    fn sum(&self, other: &Variant, add: &AddArrays<'_>) -> Result<Variant> {
        let Some(other) = other.get::<Ragged>() else {
            bail!(
                invalid_argument,
                "a ragged tensor cannot be added to a variant of type {}",
                other.type_name()
            );
        };
        ensure!(
            self.values.dtype() == other.values.dtype(),
            invalid_argument,
            "Can't add RaggedTensorVariants of different dtypes. One is {} and the other is {}",
            self.values.dtype().cpp_name(),
            other.values.dtype().cpp_name()
        );
        ensure!(
            self.splits.len() == other.splits.len(),
            invalid_argument,
            "Can't add RaggedTensorVariants of different ragged rank. One is {} and the other is {}",
            self.splits.len(),
            other.splits.len()
        );
        ensure!(
            self.splits == other.splits,
            invalid_argument,
            "Can't add RaggedTensorVariants with different row_splits"
        );
        Ok(Variant::new(Ragged { splits: self.splits.clone(), values: add(&self.values, &other.values)? }))
    }
}

/// How many elements stand in each row of values.
fn width(values: &NdArray) -> usize {
    values.shape().dims().iter().skip(1).product()
}

/// Some rows of values.
fn rows(values: &NdArray, first: usize, end: usize) -> Result<NdArray> {
    let width = width(values);
    let picks: Vec<_> = (first * width..end * width).map(|at| (0, at)).collect();
    let dims = [&[end - first], &values.shape().dims()[1..]].concat();
    picked(&[values], &picks)?.into_shape(Shape::new(&dims)?)
}

fn to_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let levels = cx.arg(0)?.len();
    if !cx.at_run_time() {
        for level in 0..levels {
            cx.with_rank(level, 1)?;
        }
        cx.with_rank_at_least(levels, 1)?;
        if levels > 0 && cx.input(0).dim(0) == Some(0) && cx.bool("batched_input")? {
            bail!(invalid_argument, "Negative dimension size caused by subtracting 1 from 0");
        }
    }
    if !cx.bool("batched_input")? {
        cx.set(0, Shape::scalar());
    } else if levels > 0 {
        let count = cx.input(0).dim(0).map(|count| count.saturating_sub(1));
        cx.set(0, PartialShape::new([count]));
    } else {
        let count = cx.input(0).dim(0);
        cx.set(0, PartialShape::new([count]));
    }
    Ok(())
}

fn to_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let levels = cx.arg(0)?.len();
    let values = cx.input(levels)?.clone();
    let splits: Vec<NdArray> = cx.inputs()[..levels].to_vec();
    ensure!(
        values.rank() >= 1 || levels == 0,
        invalid_argument,
        "Requires flat_values to have rank>=1 when nested_row_splits is not empty, but is 0."
    );
    let mut nested = Vec::new();
    for splits in &splits {
        ensure!(
            splits.rank() == 1,
            invalid_argument,
            "Invalid ragged splits: ragged splits must be rank 1 but is rank {}",
            splits.rank()
        );
        nested.push(splits.to_i64_vec()?);
    }
    for level in 0..levels {
        let count = nested.get(level + 1).map_or(values.shape()[0], |inner| inner.len().saturating_sub(1));
        verify_splits(&nested[level], count)?;
    }
    if !cx.bool("batched_input")? {
        return cx.set(0, NdArray::scalar(Variant::new(Ragged { splits, values })));
    }
    let Some((top, inner)) = nested.split_first() else {
        return cx.set(0, rows_as_variants(&values)?);
    };
    let dtype = cx.dtype("Tsplits")?;
    let mut variants = reserve(top.len() - 1)?;
    for pair in top.windows(2) {
        let (mut first, mut end) = (pair[0] as usize, pair[1] as usize);
        let mut own = Vec::new();
        for splits in inner {
            let start = splits[first];
            let moved: Vec<i64> = splits[first..=end].iter().map(|split| split - start).collect();
            own.push(NdArray::vector(moved).cast(dtype)?);
            (first, end) = (start as usize, splits[end] as usize);
        }
        variants.push(Variant::new(Ragged { splits: own, values: rows(&values, first, end)? }));
    }
    cx.set(0, NdArray::vector(variants))
}

/// The rows of a dense tensor, each in a variant.
fn rows_as_variants(values: &NdArray) -> Result<NdArray> {
    let Some((&count, inner)) = values.shape().dims().split_first() else {
        bail!(invalid_argument, "Requires flat_values to have rank>=1 when it is batched, but is 0.");
    };
    let mut variants = reserve(count)?;
    for row in 0..count {
        let row = rows(values, row, row + 1)?.into_shape(Shape::new(inner)?)?;
        variants.push(Variant::new(Ragged { splits: Vec::new(), values: row }));
    }
    Ok(NdArray::vector(variants))
}

fn to_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let levels = cx.inputs().len() - 1;
    let values = cx.x(levels)?;
    let shape = Op::named("Shape").input(values).one()?;
    let gradient = Op::new(&RAGGED_TENSOR_TO_VARIANT_GRADIENT).input(cx.dy(0)?);
    let gradient = if levels == 0 { gradient.input(0) } else { gradient.input(cx.x(0)?) };
    cx.set(levels, gradient.input(shape).attr("Tvalues", values.dtype().base()).one())
}

/// The ragged rank of each variant, from that of the result.
fn inner_rank(asked: i64, output_rank: usize, rank: usize) -> Result<usize> {
    let output_rank = output_rank as i64;
    let inner = match asked {
        -1 if output_rank == 0 => 0,
        -1 => output_rank - rank as i64,
        asked => asked,
    };
    ensure!(
        inner >= 0,
        invalid_argument,
        "Inferred input_ragged_rank (output_ragged_rank - encoded_variant.dims()) must be >= 0, found \
         output_ragged_rank: {output_rank}, encoded_variant.dims(): {rank}, inferred input_ragged_rank: {inner}"
    );
    ensure!(
        Some(output_rank) == inner.checked_add(rank as i64) || (output_rank, inner) == (0, 0),
        invalid_argument,
        "output_ragged_rank must be equal to input_ragged_rank + encoded_ragged.dims(); output_ragged_rank: \
         {output_rank}, input_ragged_rank: {inner}, encoded_variant.dims(): {rank}."
    );
    Ok(inner as usize)
}

fn from_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let levels = cx.num_outputs() - 1;
    let inner = cx.int("input_ragged_rank")?;
    if !cx.at_run_time() && inner >= 0 {
        cx.with_rank(0, usize::try_from(levels as i64 - inner).unwrap_or(0))?;
    }
    for level in 0..levels {
        cx.set(level, PartialShape::of_rank(1));
    }
    Ok(())
}

fn from_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let encoded = cx.input(0)?;
    let levels = cx.num_outputs() - 1;
    let inner = inner_rank(cx.int("input_ragged_rank")?, levels, encoded.rank())?;
    let (dtype, splits_dtype) = (cx.dtype("Tvalues")?, cx.dtype("Tsplits")?);
    let mut parts = Vec::new();
    for (at, variant) in encoded.as_slice::<Variant>()?.iter().enumerate() {
        let ragged = held(variant, at, inner, dtype, splits_dtype)?;
        ensure!(
            ragged.values.rank() >= 1 || levels == 0,
            invalid_argument,
            "Ragged values must have rank >= 1; encoded scalar element at index {at} has values Tensor: \
             Tensor<type: {} shape: {} values: {}>",
            dtype.cpp_name(),
            ragged.values.shape(),
            ferroflow_core::print::cpp_elements(&ragged.values, 3).join(" ")
        );
        parts.push(ragged);
    }
    let outer = encoded.shape().dims().to_vec();
    let ragged = match parts.as_slice() {
        [only] if outer.is_empty() => (*only).clone(),
        parts if levels == 0 => Ragged { splits: Vec::new(), values: dense(parts, dtype)? },
        parts => stacked(parts, &outer, inner, dtype, splits_dtype)?,
    };
    for (level, splits) in ragged.splits.into_iter().enumerate() {
        cx.set(level, splits)?;
    }
    cx.set(levels, ragged.values)
}

/// The ragged tensor in a variant, checked.
fn held(variant: &Variant, at: usize, rank: usize, dtype: DType, splits_dtype: DType) -> Result<&Ragged> {
    let Some(ragged) = variant.get::<Ragged>() else {
        bail!(
            invalid_argument,
            "Input Variant element at index {at} doesn't hold a RaggedTensorVariant: Variant<type: {} value: {}>",
            variant.type_name(),
            variant.type_name().rsplit(':').next().unwrap_or_default()
        );
    };
    ensure!(
        ragged.splits.len() == rank,
        invalid_argument,
        "Encoded input RaggedTensorVariant has ragged_rank={}.  Expected ragged_rank={rank}.",
        ragged.splits.len()
    );
    ensure!(
        ragged.values.dtype() == dtype,
        invalid_argument,
        "Expected values Tensor dtype: {}, found: {}",
        dtype.cpp_name(),
        ragged.values.dtype().cpp_name()
    );
    for splits in &ragged.splits {
        ensure!(
            splits.dtype() == splits_dtype,
            invalid_argument,
            "Expected row_splits Tensor dtype: {}, found: {}",
            splits_dtype.cpp_name(),
            splits.dtype().cpp_name()
        );
    }
    Ok(ragged)
}

/// Dense tensors as the rows of one.
fn dense(parts: &[&Ragged], dtype: DType) -> Result<NdArray> {
    let Some(first) = parts.first() else { return NdArray::zeros(dtype, Shape::new(&[0])?) };
    let mut picks = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        ensure!(
            part.values.shape() == first.values.shape(),
            invalid_argument,
            "All flat_values must have compatible shapes.  Shape at index 0: {}.  Shape at index {number}: {}",
            first.values.shape(),
            part.values.shape()
        );
        picks.extend((0..part.values.len()).map(|at| (number, at)));
    }
    let arrays: Vec<&NdArray> = parts.iter().map(|part| &part.values).collect();
    let dims = [&[parts.len()], first.values.shape().dims()].concat();
    picked(&arrays, &picks)?.into_shape(Shape::new(&dims)?)
}

/// Ragged tensors as the rows of one, below the axes of the variants.
fn stacked(
    parts: &[&Ragged],
    outer: &[usize],
    inner: usize,
    dtype: DType,
    splits_dtype: DType,
) -> Result<Ragged> {
    let mut splits = Vec::new();
    let mut put = |own: Vec<i64>| -> Result<()> {
        splits.push(NdArray::vector(own).cast(splits_dtype)?);
        Ok(())
    };
    for axis in 0..outer.len() - 1 {
        let size = outer[axis + 1] as i64;
        put((0..=outer[axis] as i64).map(|row| row * size).collect())?;
    }
    let running = |counts: &mut dyn Iterator<Item = usize>| {
        let mut ends = vec![0i64];
        let mut end = 0;
        for count in counts {
            end += count as i64;
            ends.push(end);
        }
        ends
    };
    let count_of = |part: &&Ragged| match part.splits.first() {
        Some(splits) => splits.len() - 1,
        None => part.values.shape()[0],
    };
    put(running(&mut parts.iter().map(count_of)))?;
    for level in 0..inner {
        let mut own = vec![0i64];
        let mut before = 0;
        for part in parts {
            own.extend(part.splits[level].to_i64_vec()?.iter().skip(1).map(|split| split + before));
            before = own.last().copied().unwrap_or(0);
        }
        put(own)?;
    }
    let Some(first) = parts.first() else {
        // What the values look like is not known without any.
        return Ok(Ragged { splits, values: NdArray::zeros(dtype, Shape::new(&[0])?)? });
    };
    let mut total = 0;
    let mut picks = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        ensure!(
            part.values.rank() == first.values.rank(),
            invalid_argument,
            "Rank of values must match for all components; values shape at index 0: {}, values shape at index \
             {number}: {}",
            first.values.shape(),
            part.values.shape()
        );
        // TensorFlow (2.21) writes such rows over each other.
        ensure!(
            part.values.shape().dims()[1..] == first.values.shape().dims()[1..],
            invalid_argument,
            "Shapes of values must match for all components; values shape at index 0: {}, values shape at index \
             {number}: {}",
            first.values.shape(),
            part.values.shape()
        );
        total += part.values.shape()[0];
        picks.extend((0..part.values.len()).map(|at| (number, at)));
    }
    let arrays: Vec<&NdArray> = parts.iter().map(|part| &part.values).collect();
    let dims = [&[total], &first.values.shape().dims()[1..]].concat();
    let values = picked(&arrays, &picks)?.into_shape(Shape::new(&dims)?)?;
    Ok(Ragged { splits, values })
}

fn from_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let levels = cx.outputs().len() - 1;
    let is_batched = match cx.x(0)?.rank() {
        Some(rank @ (0 | 1)) => rank == 1,
        None => levels > 0,
        Some(_) => bail!(
            value,
            "Unable to compute gradient: RaggedTensorToVariant can currently only generate 0D or 1D output."
        ),
    };
    let op = Op::new(&RAGGED_TENSOR_TO_VARIANT).inputs(cx.outputs()[..levels].to_vec()).input(cx.dy(levels)?);
    let op = op.attr("batched_input", is_batched).attr("Tsplits", cx.dtype("Tsplits")?);
    cx.set(0, op.one())
}

fn gradient_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = cx.input_as_shape(2)?;
    cx.set(0, shape);
    Ok(())
}

fn gradient_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (encoded, splits) = (cx.slice::<Variant>(0)?, cx.ints(1)?);
    let (dtype, shape) = (cx.dtype("Tvalues")?, Shape::from_i64(&cx.ints(2)?)?);
    let mut values = Vec::new();
    for (at, variant) in encoded.iter().enumerate() {
        let Some(ragged) = variant.get::<Ragged>() else {
            // No gradient flows into this row.
            let (Some(first), Some(end)) = (splits.get(at), splits.get(at + 1)) else {
                bail!(invalid_argument, "row_splits has no row {at}");
            };
            let sizes = [&[end - first], shape.to_i64().get(1..).unwrap_or_default()].concat();
            values.push(NdArray::zeros(dtype, Shape::from_i64(&sizes)?)?);
            continue;
        };
        ensure!(
            ragged.values.dtype() == dtype,
            invalid_argument,
            "Expected values Tensor dtype: {}, found: {}",
            dtype.cpp_name(),
            ragged.values.dtype().cpp_name()
        );
        values.push(ragged.values.clone());
    }
    if let [only] = values.as_slice() {
        return cx.set(0, only.clone());
    }
    let picks: Vec<_> = values
        .iter()
        .enumerate()
        .flat_map(|(number, values)| (0..values.len()).map(move |at| (number, at)))
        .collect();
    ensure!(
        picks.len() == shape.num_elements(),
        invalid_argument,
        "the gradients of all rows have {} elements, where {} are expected",
        picks.len(),
        shape.num_elements()
    );
    let arrays: Vec<&NdArray> = values.iter().collect();
    let output = match arrays.as_slice() {
        [] => NdArray::zeros(dtype, shape)?,
        arrays => picked(arrays, &picks)?.into_shape(shape)?,
    };
    cx.set(0, output)
}

pub(crate) static RAGGED_TENSOR_TO_VARIANT: OpDef = OpDef {
    name: "RaggedTensorToVariant",
    shape: to_shape,
    kernel: Some(to_kernel),
    grad: Grad::Fn(to_grad),
    ..OpDef::NEW
};

pub(crate) static RAGGED_TENSOR_FROM_VARIANT: OpDef = OpDef {
    name: "RaggedTensorFromVariant",
    shape: from_shape,
    kernel: Some(from_kernel),
    grad: Grad::Fn(from_grad),
    ..OpDef::NEW
};

pub(crate) static RAGGED_TENSOR_TO_VARIANT_GRADIENT: OpDef = OpDef {
    name: "RaggedTensorToVariantGradient",
    shape: gradient_shape,
    kernel: Some(gradient_kernel),
    grad: Grad::Missing,
    ..OpDef::NEW
};
