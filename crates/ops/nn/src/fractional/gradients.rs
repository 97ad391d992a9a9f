//! FractionalMaxPoolGrad, FractionalAvgPoolGrad: gradients of pooling over given regions.

use super::pool::TYPES;
use super::regions::for_regions;
use crate::pool_kernels::Number;
use ferroflow_core::{
    GradCtx, KernelCtx, Op, OpDef, PartialShape, Result, Shape, ShapeCtx, bail, dispatch, ensure, print,
    zeroed,
};
use num_traits::{NumCast, ToPrimitive};

pub(crate) static FRACTIONAL_MAX_POOL_GRAD: OpDef = OpDef {
    name: "FractionalMaxPoolGrad",
    shape: max_shape,
    kernel: Some(|cx| dispatch!(cx.dtype("T")?, REALS, |T| max_kernel::<T>(cx))),
    types: TYPES,
    ..OpDef::NEW
};

pub(crate) static FRACTIONAL_AVG_POOL_GRAD: OpDef = OpDef {
    name: "FractionalAvgPoolGrad",
    shape: avg_shape,
    kernel: Some(|cx| dispatch!(cx.dtype("T")?, REALS, |T| avg_kernel::<T>(cx))),
    types: TYPES,
    ..OpDef::NEW
};

fn max_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        for (index, name) in [(0, "orig_input"), (1, "orig_output")] {
            let (shape, shown) = (cx.input(index), || shown(cx, index));
            ensure!(
                shape.rank() == Some(4),
                invalid_argument,
                "{name} should be a tensor of rank 4, got {}",
                shown()
            );
            ensure!(
                shape.num_elements() != Some(0),
                invalid_argument,
                "{name} must not be empty, got {}",
                shown()
            );
        }
        for (index, name) in [(3, "row"), (4, "col")] {
            let shape = cx.input(index);
            ensure!(
                shape.rank() == Some(1),
                invalid_argument,
                "{name}_pooling_sequence must be a vector, received shape {}",
                shape.cpp()
            );
        }
    }
    let shape = cx.with_rank(0, 4)?;
    cx.set(0, shape);
    Ok(())
}

/// An input as TensorFlow shows it in errors.
fn shown(cx: &ShapeCtx<'_>, index: usize) -> String {
    let Some(value) = cx.value(index) else { return String::new() };
    let elements = print::cpp_elements(&value, 3).join(" ");
    format!("Tensor<type: {} shape: {} values: {elements}>", value.dtype().cpp_name(), value.shape())
}

/// The gradient goes to the first greatest element of each region.
fn max_kernel<T: Number>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (dims, shape) = (cx.input(0)?.shape().clone(), cx.input(1)?.shape().clone());
    let (input, pooled, dy) = (cx.slice::<T>(0)?, cx.slice::<T>(1)?, cx.slice::<T>(2)?);
    let (rows, columns) = (cx.slice::<i64>(3)?, cx.slice::<i64>(4)?);
    let overlapping = cx.bool("overlapping")?;
    let mut gradient = zeroed::<T>(input.len())?;
    let (height, width, channels) = (dims[1], dims[2], dims[3]);
    let image = height * width * channels;
    let differs = || bail!(invalid_argument, "tensor_out_dup is not the same as tensor_out");
    if (shape[0], shape[3]) != (dims[0], channels) {
        return differs();
    }
    let mut places = vec![None; pooled.len()];
    for batch in 0..dims[0] {
        for_regions([rows, columns], [height, width], overlapping, |row, column, rows, columns| {
            // Regions beyond the output have no place in it.
            if row >= shape[1] || column >= shape[2] {
                return;
            }
            let output = ((batch * shape[1] + row) * shape[2] + column) * channels;
            for y in rows {
                for x in columns.clone() {
                    let pixel = batch * image + (y * width + x) * channels;
                    for channel in 0..channels {
                        let place: &mut Option<usize> = &mut places[output + channel];
                        if place.is_none_or(|place| input[place] < input[pixel + channel]) {
                            *place = Some(pixel + channel);
                        }
                    }
                }
            }
        });
    }
    for (place, &greatest) in places.iter().zip(pooled) {
        if place.is_none_or(|place| input[place] != greatest) {
            return differs();
        }
    }
    for (place, &dy) in places.iter().zip(dy) {
        if let Some(sum) = place.and_then(|place| gradient.get_mut(place)) {
            *sum = sum.plus(dy);
        }
    }
    cx.set_elements(0, gradient)
}

fn avg_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        let (sizes, dy) = (cx.input(0), cx.input(1));
        ensure!(
            sizes.rank() == Some(1) && sizes.num_elements() == Some(4),
            invalid_argument,
            "original input tensor shape must be1-dimensional and 4 elements"
        );
        ensure!(dy.rank() == Some(4), invalid_argument, "out_backprop must be 4-dimensional");
        for (index, name, title, axis) in [(2, "row", "Row", 1), (3, "col", "Col", 2)] {
            let needed = dy.dim(axis).unwrap_or(0) + 1;
            let values = cx.ints(index)?.unwrap_or_default();
            ensure!(
                values.len() >= needed,
                invalid_argument,
                "Given out_backprop shape {}, {name}_seq_tensor must have at least {needed} elements, but got {}",
                dy.cpp(),
                values.len()
            );
            if values.iter().any(|value| *value < 0) {
                let width = values.iter().map(|value| value.to_string().len()).max().unwrap_or(0);
                let shown: Vec<String> = values.iter().map(|value| format!("{value:width$}")).collect();
                bail!(
                    invalid_argument,
                    "{title} sequence tensor values must not be negative, got {}",
                    shown.join(" ")
                );
            }
        }
    }
    let shape = match cx.ints(0)? {
        Some(sizes) if cx.at_run_time() => {
            if let Some(size) = sizes.iter().find(|size| **size < 0) {
                bail!(invalid_argument, "Expected a non-negative size, got {size}");
            }
            PartialShape::from(Shape::from_i64(&sizes)?)
        }
        Some(_) => cx.input_as_shape(0)?,
        None => PartialShape::of_rank(4),
    };
    cx.set(0, shape);
    Ok(())
}

/// The gradient is spread evenly over each region; sums are of double precision.
fn avg_kernel<T: Number + NumCast + ToPrimitive>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (dims, shape) = (cx.output_shape(0)?, cx.input(1)?.shape().clone());
    let dy = cx.slice::<T>(1)?;
    let (rows, columns) = (cx.slice::<i64>(2)?, cx.slice::<i64>(3)?);
    let overlapping = cx.bool("overlapping")?;
    let mut sums = zeroed::<f64>(dims.num_elements())?;
    let (height, width, channels) = (dims[1], dims[2], dims[3]);
    let regions = [&rows[..shape[1] + 1], &columns[..shape[2] + 1]];
    for batch in 0..shape[0].min(dims[0]) {
        for_regions(regions, [height, width], overlapping, |row, column, rows, columns| {
            let count = (rows.len() * columns.len()) as f64;
            let dy = &dy[((batch * shape[1] + row) * shape[2] + column) * shape[3]..][..shape[3]];
            for y in rows {
                for x in columns.clone() {
                    let pixel = ((batch * height + y) * width + x) * channels;
                    for (sum, dy) in sums[pixel..pixel + channels].iter_mut().zip(dy) {
                        *sum += dy.to_f64().unwrap_or(f64::NAN) / count;
                    }
                }
            }
        });
    }
    let cast = |sum: &f64| <T as NumCast>::from(*sum).unwrap_or_default();
    let gradient = sums.iter().map(cast).collect();
    cx.set_elements(0, gradient)
}

pub(crate) fn max_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let op = Op::new(&FRACTIONAL_MAX_POOL_GRAD).input(cx.x(0)?).input(cx.y(0)?).input(cx.dy(0)?);
    let op = op.input(cx.y(1)?).input(cx.y(2)?).attr("overlapping", cx.bool("overlapping")?);
    let gradient = op.one();
    cx.set(0, gradient)
}

pub(crate) fn avg_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let sizes = Op::named("Shape").input(cx.x(0)?).attr("out_type", ferroflow_core::DType::INT64).one()?;
    let op = Op::new(&FRACTIONAL_AVG_POOL_GRAD).input(sizes).input(cx.dy(0)?);
    let op = op.input(cx.y(1)?).input(cx.y(2)?).attr("overlapping", cx.bool("overlapping")?);
    let gradient = op.one();
    cx.set(0, gradient)
}
