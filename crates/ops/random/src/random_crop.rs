//! RandomCrop: a part of an image, at a place drawn at random.

use crate::philox::Singles;
use crate::stateful::reserve;
use ferroflow_core::{
    DType, Dim, Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, Shape, ShapeCtx, dispatch, ensure,
};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    let channels = cx.with_rank(0, 3)?.dim(2);
    cx.merge(&cx.input(1), &PartialShape::from(&[2usize][..]))?;
    let known = |size: i64| -> Dim { usize::try_from(size).ok() };
    let size = cx.ints(1)?.unwrap_or_else(|| vec![-1, -1]);
    cx.set(0, PartialShape::new([known(size[0]), known(size[1]), channels]));
    Ok(())
}

/// The height and width asked for, which the image has.
fn requested_size(cx: &KernelCtx<'_>) -> Result<[usize; 2]> {
    let (image, size) = (cx.input(0)?.shape(), cx.input(1)?.shape());
    ensure!(image.rank() == 3, invalid_argument, "input must be 3-dimensional{image}");
    ensure!(size.rank() == 1, invalid_argument, "shape_t must be 1-dimensional{size}");
    ensure!(size.num_elements() == 2, invalid_argument, "shape_t must have two elements{size}");
    let asked = cx.ints(1)?;
    for (axis, name) in ["height", "width"].into_iter().enumerate() {
        ensure!(
            asked[axis] <= image[axis] as i64,
            failed_precondition,
            "{name} must be >= target_{name}: {name} = {}, target_{name} = {}",
            image[axis],
            asked[axis]
        );
        // TensorFlow 2.21 ends the process here.
        ensure!(asked[axis] >= 0, invalid_argument, "target_{name} must be >= 0, got {}", asked[axis]);
    }
    Ok([asked[0] as usize, asked[1] as usize])
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let [height, width] = requested_size(cx)?;
    let [rows, columns, channels] = [0, 1, 2].map(|axis| cx.inputs()[0].shape()[axis]);
    if [height, width] == [rows, columns] {
        let image = cx.take(0)?;
        return cx.set(0, image);
    }
    // One step of the stream has numbers for both places; the width's comes first, and an axis that is
    // kept whole draws none.
    let mut singles = Singles::new(reserve(cx, 1)?);
    let mut place = |whole: usize, part: usize| match whole - part {
        0 => 0,
        room => singles.next() as usize % (room + 1),
    };
    let left = place(columns, width);
    let top = place(rows, height);
    let image = cx.input(0)?;
    let part = Shape::new(&[height, width, channels])?;
    let output = dispatch!(image.dtype(), ALL, |T| {
        let pixels = image.as_slice::<T>()?;
        let mut cut = ferroflow_core::reserve(part.num_elements())?;
        for row in top..top + height {
            let start = (row * columns + left) * channels;
            cut.extend_from_slice(&pixels[start..start + width * channels]);
        }
        NdArray::from_shape(part, cut)
    })?;
    cx.set(0, output)
}

const DTYPES: &[DType] =
    &[DType::UINT8, DType::INT8, DType::INT16, DType::INT32, DType::INT64, DType::FLOAT32, DType::FLOAT64];

pub(crate) static RANDOM_CROP: OpDef = OpDef {
    name: "RandomCrop",
    shape,
    kernel: Some(kernel),
    grad: Grad::None,
    types: &[("T", DTYPES)],
    ..OpDef::NEW
};
