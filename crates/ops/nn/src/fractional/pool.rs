//! FractionalMaxPool, FractionalAvgPool: the greatest value or the mean of each region.

use super::gradients::{avg_grad, max_grad};
use super::regions::{for_regions, regions};
use crate::pool_kernels::Number;
use ferroflow_core::{
    DType, Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, ShapeCtx, bail, dispatch, ensure, zeroed,
};
use num_traits::NumCast;

pub(crate) const TYPES: &[(&str, &[DType])] =
    &[("T", &[DType::FLOAT32, DType::FLOAT64, DType::INT32, DType::INT64])];

pub(crate) static FRACTIONAL_MAX_POOL: OpDef = OpDef {
    name: "FractionalMaxPool",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(max_grad),
    types: TYPES,
    ..OpDef::NEW
};

pub(crate) static FRACTIONAL_AVG_POOL: OpDef = OpDef {
    name: "FractionalAvgPool",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(avg_grad),
    types: TYPES,
    ..OpDef::NEW
};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let ratios = cx.floats("pooling_ratio")?.to_vec();
    let kind = if cx.op() == "FractionalMaxPool" { "max" } else { "average" };
    ensure!(ratios.len() == 4, invalid_argument, "pooling_ratio field must specify 4 dimensions");
    if cx.at_run_time() {
        if let Some(ratio) = ratios.iter().find(|ratio| ratio.is_nan() || **ratio < 1.0) {
            bail!(invalid_argument, "pooling_ratio cannot be smaller than 1, got: {ratio}");
        }
        ensure!(
            ratios[0] == 1.0 && ratios[3] == 1.0,
            unimplemented,
            "Fractional {kind} pooling is not yet supported on the batch nor channel dimension."
        );
        ensure!(
            cx.bool("deterministic")? || (cx.int("seed")?, cx.int("seed2")?) == (0, 0),
            invalid_argument,
            "Both seed and seed2 should be 0 if deterministic is false."
        );
        ensure!(cx.input(0).rank() == Some(4), invalid_argument, "tensor_in must be 4-dimensional");
    }
    let input = cx.with_rank(0, 4)?;
    let mut sizes = Vec::with_capacity(4);
    for (axis, &ratio) in ratios.iter().enumerate() {
        let size = input.dim(axis);
        if let Some(size) = size
            && cx.at_run_time()
            && (size as f32) < ratio
        {
            bail!(
                invalid_argument,
                "Pooling ratio is higher than input dimension size for dimension {axis}. Input dim size: {size} \
                 pooling ratio: {ratio}"
            );
        }
        sizes.push(match size.map(|size| (size as f32 / ratio).floor()) {
            Some(output) if output < 0.0 => {
                bail!(invalid_argument, "Size computed for dim {axis} is negative: {output}")
            }
            // Not more than there are elements: a region is not empty.
            Some(output) => Some((output as usize).min(size.unwrap_or(0))),
            None => None,
        });
    }
    // Where each region begins, and where the last one ends, which TensorFlow (2.21) forgets in graphs.
    let ends = [1, 2].map(|axis: usize| sizes[axis].map(|size| size + 1));
    cx.set(0, PartialShape::new(sizes));
    cx.set(1, PartialShape::new([ends[0]]));
    cx.set(2, PartialShape::new([ends[1]]));
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, output) = (cx.input(0)?.shape().clone(), cx.output_shape(0)?);
    let [rows, columns] = regions(cx, [input[1], input[2]], [output[1], output[2]])?;
    let mean = cx.op() == &FRACTIONAL_AVG_POOL;
    dispatch!(cx.dtype("T")?, REALS, |T| pool::<T>(cx, [&rows, &columns], mean))?;
    cx.set(1, NdArray::vector(rows))?;
    cx.set(2, NdArray::vector(columns))
}

fn pool<T: Number + NumCast + std::ops::Div<Output = T>>(
    cx: &mut KernelCtx<'_>,
    regions: [&[i64]; 2],
    mean: bool,
) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let mut output = zeroed::<T>(shape.num_elements())?;
    let dims = cx.input(0)?.shape().dims().to_vec();
    let (height, width, channels) = (dims[1], dims[2], dims[3]);
    let input = cx.slice::<T>(0)?;
    let overlapping = cx.bool("overlapping")?;
    let (image, pooled) = (height * width * channels, shape[1] * shape[2] * channels);
    for batch in 0..dims[0] {
        let (input, output) = (&input[batch * image..][..image], &mut output[batch * pooled..][..pooled]);
        for_regions(regions, [height, width], overlapping, |row, column, rows, columns| {
            let output = &mut output[(row * shape[2] + column) * channels..][..channels];
            output.fill(if mean { T::default() } else { T::min_value() });
            let count = <T as NumCast>::from(rows.len() * columns.len());
            for y in rows {
                for x in columns.clone() {
                    let values = &input[(y * width + x) * channels..][..channels];
                    for (result, &value) in output.iter_mut().zip(values) {
                        *result = match mean {
                            true => result.plus(value),
                            false if value > *result => value,
                            false => *result,
                        };
                    }
                }
            }
            if let Some(count) = count.filter(|count| mean && *count != T::default()) {
                output.iter_mut().for_each(|sum| *sum = *sum / count);
            }
        });
    }
    cx.set_elements(0, output)
}
