//! Where the pixels of a resized image come from, and the checks that all ways of resizing share.

use ferroflow_core::{Attrs, PartialShape, Result, Shape, ShapeCtx, bail};

/// How positions of the two images correspond.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alignment {
    corners: bool,
    half_pixels: bool,
}

impl Alignment {
    /// From the attributes `align_corners` and `half_pixel_centers`.
    pub(crate) fn read(attrs: &Attrs) -> Result<Alignment> {
        Ok(Alignment {
            corners: attrs.bool("align_corners")?,
            half_pixels: attrs.bool("half_pixel_centers")?,
        })
    }

    /// From `align_corners` alone.
    pub(crate) fn corners(corners: bool) -> Alignment {
        Alignment { corners, half_pixels: false }
    }

    /// Whether pixels correspond by their centres.
    pub(crate) fn half_pixels(self) -> bool {
        self.half_pixels
    }

    /// Input pixels for each output pixel.
    pub(crate) fn scale(self, input: usize, output: usize) -> f32 {
        if self.corners && output > 1 {
            (input as f32 - 1.0) / (output as f32 - 1.0)
        } else {
            input as f32 / output as f32
        }
    }

    /// The position in the input of an output pixel, for interpolation.
    pub(crate) fn position(self, output: usize, scale: f32) -> f32 {
        if self.half_pixels { (output as f32 + 0.5) * scale - 0.5 } else { output as f32 * scale }
    }

    /// The input pixel nearest to an output pixel.
    pub(crate) fn nearest(self, output: usize, scale: f32, input: usize) -> usize {
        let position = if self.half_pixels { (output as f32 + 0.5) * scale } else { output as f32 * scale };
        let position = if self.corners { position.round() } else { position.floor() };
        (position.max(0.0) as usize).min(input.saturating_sub(1))
    }
}

/// The two input pixels beside an output pixel, and the weight of the second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Between {
    pub(crate) lower: usize,
    pub(crate) upper: usize,
    pub(crate) weight: f32,
}

/// The neighbours of every output pixel along one dimension.
pub(crate) fn neighbours(alignment: Alignment, input: usize, output: usize) -> Vec<Between> {
    let scale = alignment.scale(input, output);
    (0..output)
        .map(|pixel| {
            let position = alignment.position(pixel, scale);
            let floor = position.floor();
            let last = input.saturating_sub(1);
            Between {
                lower: (floor.max(0.0) as usize).min(last),
                upper: (position.ceil().max(0.0) as usize).min(last),
                weight: position - floor,
            }
        })
        .collect()
}

/// The shape function of the ops that resize `images` to `size`.
pub(crate) fn resize_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (images, size) = (cx.input(0), cx.input(1));
    if cx.at_run_time() {
        check_run_time(cx, &images, &size)?;
    }
    let images = cx.with_rank(0, 4)?;
    let size = cx.with_rank(1, 1)?;
    if let Some(count) = size.dim(0)
        && count != 2
    {
        bail!(invalid_argument, "Dimension must be 2 but is {count}");
    }
    let sizes = cx.input_as_shape(1)?;
    cx.set(0, [images.dim(0), sizes.dim(0), sizes.dim(1), images.dim(3)]);
    Ok(())
}

fn check_run_time(cx: &ShapeCtx<'_>, images: &PartialShape, size: &PartialShape) -> Result<()> {
    if let (Ok(true), Ok(true)) = (cx.bool("align_corners"), cx.bool("half_pixel_centers")) {
        bail!(invalid_argument, "If half_pixel_centers is True, align_corners must be False.");
    }
    if images.rank() != Some(4) {
        bail!(invalid_argument, "input must be 4-dimensional{}", images.cpp());
    }
    if size.rank() != Some(1) {
        bail!(invalid_argument, "shape_t must be 1-dimensional{}", size.cpp());
    }
    if size.dim(0) != Some(2) {
        bail!(invalid_argument, "shape_t must have two elements{}", size.cpp());
    }
    if let Some(sizes) = cx.ints(1)?
        && sizes.iter().any(|&size| size <= 0)
    {
        bail!(invalid_argument, "output dimensions must be positive");
    }
    if images.dim(1) == Some(0) || images.dim(2) == Some(0) {
        bail!(invalid_argument, "input image must be of non-zero size");
    }
    Ok(())
}

/// The shape function of the gradients that go from `input_grad` back to the shape of `original_image`.
pub(crate) fn resize_grad_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (grads, image) = (cx.input(0), cx.input(1));
    if cx.at_run_time() {
        for (shape, name) in [(&grads, "input_grad"), (&image, "original_image")] {
            if shape.rank() != Some(4) {
                bail!(invalid_argument, "{name} must be 4-dimensional{}", shape.cpp());
            }
        }
        if grads.dim(0) != image.dim(0) || grads.dim(3) != image.dim(3) {
            bail!(invalid_argument, "grads {} and image {} do not fit", grads.cpp(), image.cpp());
        }
    }
    let image = cx.with_rank(1, 4)?;
    cx.with_rank(0, 4)?;
    cx.set(0, image);
    Ok(())
}

/// The sizes of a batch of images.
pub(crate) fn sizes(shape: &Shape) -> Result<[usize; 4]> {
    match *shape.dims() {
        [batch, height, width, channels] => Ok([batch, height, width, channels]),
        _ => bail!(invalid_argument, "images must be 4-dimensional, got shape {shape}"),
    }
}
