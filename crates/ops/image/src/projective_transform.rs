//! ImageProjectiveTransformV2, ImageProjectiveTransformV3: images seen through a projective transform.

use crate::resize_geometry::sizes;
use ferroflow_core::{
    Attrs, DType, Element, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, Shape,
    ShapeCtx, Tensor, bail, dispatch, ensure, parallel, zeroed,
};
use num_traits::AsPrimitive;

/// Images whose pixel `(x, y)` comes from `((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k)` of the input, with
/// `k = c0 x + c1 y + 1`, for transforms `[a0, a1, a2, b0, b1, b2, c0, c1]`.
///
/// Source: `tf.raw_ops.ImageProjectiveTransformV3` (op `ImageProjectiveTransformV3`).
///
/// # Errors
/// `InvalidArgument` when shapes do not fit or the output has no pixel.
pub fn image_projective_transform(
    images: impl IntoOperand,
    transforms: impl IntoOperand,
    output_shape: impl IntoOperand,
    fill_value: impl IntoOperand,
    interpolation: &str,
    fill_mode: &str,
) -> Result<Tensor> {
    Op::new(&IMAGE_PROJECTIVE_TRANSFORM_V3)
        .input(images)
        .input(transforms)
        .input(output_shape)
        .input(fill_value)
        .attr("interpolation", interpolation)
        .attr("fill_mode", fill_mode)
        .one()
}

pub(crate) static IMAGE_PROJECTIVE_TRANSFORM_V2: OpDef = OpDef {
    name: "ImageProjectiveTransformV2",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    ..OpDef::NEW
};

pub(crate) static IMAGE_PROJECTIVE_TRANSFORM_V3: OpDef = OpDef {
    name: "ImageProjectiveTransformV3",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    ..OpDef::NEW
};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    let images = cx.with_rank(0, 4)?;
    let size = cx.with_rank(2, 1)?;
    if let Some(count) = size.dim(0)
        && count != 2
    {
        bail!(invalid_argument, "Dimension must be 2 but is {count}");
    }
    let size = cx.input_as_shape(2)?;
    cx.set(0, [images.dim(0), size.dim(0), size.dim(1), images.dim(3)]);
    Ok(())
}

/// What stands for pixels outside the image.
#[derive(Clone, Copy)]
enum Fill {
    Reflect,
    Wrap,
    Constant,
    Nearest,
}

/// Whether to interpolate, and how to fill.
fn modes(attrs: &Attrs) -> Result<(bool, Fill)> {
    let bilinear = match attrs.str("interpolation")? {
        "NEAREST" => false,
        "BILINEAR" => true,
        other => bail!(invalid_argument, "Invalid interpolation {other}. Supported types: NEAREST, BILINEAR"),
    };
    let fill = match attrs.str("fill_mode")? {
        "REFLECT" => Fill::Reflect,
        "WRAP" => Fill::Wrap,
        "CONSTANT" => Fill::Constant,
        "NEAREST" => Fill::Nearest,
        other => {
            bail!(invalid_argument, "Invalid mode {other}. Supported types: REFLECT, WRAP, CONSTANT, NEAREST")
        }
    };
    Ok((bilinear, fill))
}

impl Fill {
    /// A place within the image for one along a dimension of `size` pixels.
    fn place(self, at: f32, size: usize) -> f32 {
        let last = size as f32 - 1.0;
        let whole = |ratio: f32| ratio as i64 as f32;
        let found = match self {
            Fill::Constant => return at,
            Fill::Nearest => at,
            _ if size <= 1 && (at < 0.0 || at > last) => 0.0,
            Fill::Reflect if at < 0.0 => {
                let period = 2.0 * size as f32;
                let at = period * whole(-at / period) + at;
                if at < -(size as f32) { at + period } else { -at - 1.0 }
            }
            Fill::Reflect if at > last => {
                let period = 2.0 * size as f32;
                let at = at - period * whole(at / period);
                if at >= size as f32 { period - at - 1.0 } else { at }
            }
            Fill::Wrap if at < 0.0 => at + size as f32 * (whole(-at / last) + 1.0),
            Fill::Wrap if at > last => at - size as f32 * whole(at / last),
            Fill::Reflect | Fill::Wrap => at,
        };
        found.max(0.0).min(last)
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("dtype")? {
        DType::HALF | DType::BFLOAT16 => cx.through_f32(kernel),
        DType::UINT8 => transform::<u8>(cx),
        DType::INT32 => transform::<i32>(cx),
        DType::INT64 => transform::<i64>(cx),
        dtype => dispatch!(dtype, FLOATS, |T| transform::<T>(cx)),
    }
}

fn transform<T>(cx: &mut KernelCtx<'_>) -> Result<()>
where
    T: Element + Copy + AsPrimitive<f32>,
    f32: AsPrimitive<T>,
{
    let (bilinear, fill) = modes(cx)?;
    let (images, transforms, size) = (cx.input(0)?, cx.input(1)?, cx.input(2)?);
    ensure!(images.rank() == 4, invalid_argument, "Input images must have rank 4");
    let [batch, height, width, channels] = sizes(images.shape())?;
    ensure!(
        matches!(*transforms.shape().dims(), [count, 8] if count == batch || count == 1),
        invalid_argument,
        "Input transform should be num_images x 8 or 1 x 8"
    );
    ensure!(size.rank() == 1, invalid_argument, "output shape must be 1-dimensional{}", size.shape());
    ensure!(size.len() == 2, invalid_argument, "output shape must have two elements{}", size.shape());
    let [rows, columns] = match *size.as_slice::<i32>()? {
        [rows, columns] if rows > 0 && columns > 0 => [rows as usize, columns as usize],
        _ => bail!(invalid_argument, "output dimensions must be positive"),
    };
    let value = match cx.inputs().get(3) {
        None => 0.0,
        Some(value) => {
            ensure!(value.rank() == 0, invalid_argument, "fill_value must be a scalar{}", value.shape());
            value.item::<f32>()?
        }
    };
    let value: T = value.as_();
    let shape = Shape::new(&[batch, rows, columns, channels])?;
    let (pixels, transforms) = (images.as_slice::<T>()?, transforms.as_slice::<f32>()?);
    let mut output = zeroed::<T>(shape.num_elements())?;
    let row = columns * channels;
    parallel::chunks(&mut output, row, 16, |start, chunk| {
        for (count, output) in chunk.chunks_exact_mut(row.max(1)).enumerate() {
            let number = start / row + count;
            let (image, y) = (number / rows, (number % rows) as f32);
            let first = if transforms.len() == 8 { 0 } else { image * 8 };
            let transform = &transforms[first..first + 8];
            let image = &pixels[image * height * width * channels..][..height * width * channels];
            let read = |y: f32, x: f32, channel: usize| {
                let inside = y >= 0.0 && y < height as f32 && x >= 0.0 && x < width as f32;
                let at = |y: f32, x: f32| (y as usize * width + x as usize) * channels + channel;
                if inside { image.get(at(y, x)).copied().unwrap_or(value) } else { value }
            };
            for (x, pixel) in output.chunks_exact_mut(channels).enumerate() {
                let x = x as f32;
                let scale = transform[6] * x + transform[7] * y + 1.0;
                if scale == 0.0 {
                    // Infinitely far away.
                    pixel.fill(value);
                    continue;
                }
                let at =
                    |row: usize| (transform[row] * x + transform[row + 1] * y + transform[row + 2]) / scale;
                let (x, y) = (fill.place(at(0), width), fill.place(at(3), height));
                for (channel, pixel) in pixel.iter_mut().enumerate() {
                    *pixel = if bilinear {
                        let (left, top) = (x.floor(), y.floor());
                        let (right, bottom) = (left + 1.0, top + 1.0);
                        let mix = |y: f32| {
                            let (near, far): (f32, f32) =
                                (read(y, left, channel).as_(), read(y, right, channel).as_());
                            (right - x) * near + (x - left) * far
                        };
                        ((bottom - y) * mix(top) + (y - top) * mix(bottom)).as_()
                    } else {
                        read(y.round(), x.round(), channel)
                    };
                }
            }
        }
    });
    cx.set(0, NdArray::from_shape(shape, output)?)
}

/// Through the inverse transform, as TensorFlow has it: exact where the transform only moves pixels.
fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (images, transforms) = (cx.x(0)?, cx.x(1)?);
    let slice = |tensor: &Tensor, begin: [i32; 2], size: [i32; 2]| {
        Op::named("Slice").input(tensor).input(begin).input(size).one()
    };
    let one = slice(&Op::named("OnesLike").input(transforms).one()?, [0, 0], [-1, 1])?;
    let whole = Op::named("ConcatV2").inputs([transforms.clone(), one]).input(1).one()?;
    let matrices = Op::named("Reshape").input(whole).input([-1, 3, 3]).one()?;
    let inverse = Op::named("MatrixInverse").input(matrices).one()?;
    let flat = Op::named("Reshape").input(inverse).input([-1, 9]).one()?;
    let scaled = Op::named("RealDiv").input(&flat).input(slice(&flat, [0, 8], [-1, 1])?).one()?;
    let back = slice(&scaled, [0, 0], [-1, 8])?;
    let shape = Op::named("Shape").input(images).one()?;
    let size = Op::named("Slice").input(shape).input([1]).input([2]).one()?;
    let mut op = Op::new(cx.op()).input(cx.dy(0)?).input(back).input(size);
    if cx.inputs().len() == 4 {
        op = op.input(0.0);
    }
    let op = op.attr("interpolation", cx.str("interpolation")?).attr("fill_mode", cx.str("fill_mode")?);
    cx.set(0, op.one())
}
