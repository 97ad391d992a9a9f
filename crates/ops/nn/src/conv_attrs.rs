//! What convolutions read from their attributes, and how TensorFlow words what is wrong with them.

use crate::volume::Format;
use crate::window::{Axis, Padding, Span};
use ferroflow_core::{Attrs, Error, PartialShape, Result, ShapeCtx, bail};

/// Strides, dilations and padding of a convolution along depth, height and width; images are one deep.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConvAttrs {
    pub(crate) format: Format,
    pub(crate) spans: [Span; 3],
    /// How many of the spans are dimensions of the tensors: 2 or 3.
    pub(crate) spatial: usize,
}

/// The padding of each spatial dimension.
pub(crate) fn paddings(attrs: &Attrs, format: Format, spatial: usize) -> Result<Vec<Padding>> {
    let explicit = match attrs.str("padding")? {
        "VALID" => return Ok(vec![Padding::Valid; spatial]),
        "SAME" => return Ok(vec![Padding::Same; spatial]),
        _ => attrs.ints("explicit_paddings")?,
    };
    let pairs: Vec<Padding> =
        explicit.chunks_exact(2).map(|pair| Padding::Explicit(pair[0], pair[1])).collect();
    let paddings = format.spatial(&pairs);
    if paddings.len() != spatial {
        bail!(
            invalid_argument,
            "explicit_paddings attribute must contain {} values, but got: {}",
            2 * (spatial + 2),
            explicit.len()
        );
    }
    Ok(paddings.to_vec())
}

/// Checks the attribute `explicit_paddings` against `padding`.
pub(crate) fn check_paddings(attrs: &Attrs, format: Format, spatial: usize) -> Result<()> {
    let Ok(explicit) = attrs.ints("explicit_paddings") else {
        return Ok(());
    };
    if attrs.str("padding")? != "EXPLICIT" {
        if !explicit.is_empty() {
            bail!(
                invalid_argument,
                "explicit_paddings attribute must be empty if the padding attribute is not EXPLICIT"
            );
        }
        return Ok(());
    }
    let count = 2 * (spatial + 2);
    if explicit.len() != count {
        bail!(
            invalid_argument,
            "explicit_paddings attribute must contain {count} values, but got: {}",
            explicit.len()
        );
    }
    if explicit.iter().any(|&padding| padding < 0) {
        bail!(invalid_argument, "All elements of explicit_paddings must be nonnegative");
    }
    let channels = 2 * format.channel_axis(spatial + 2);
    if [0, 1, channels, channels + 1].iter().any(|&at| explicit[at] != 0) {
        bail!(invalid_argument, "Nonzero explicit padding in the batch or depth dimensions is not supported");
    }
    Ok(())
}

impl ConvAttrs {
    /// The attributes of an op with this many spatial dimensions, for a filter of known sizes.
    ///
    /// # Errors
    /// `InvalidArgument` for lists of the wrong length.
    pub(crate) fn read(attrs: &Attrs, spatial: usize) -> Result<ConvAttrs> {
        let format = Format::of(attrs)?;
        let (strides, dilations) = (attrs.ints("strides")?, attrs.ints("dilations")?);
        let paddings = paddings(attrs, format, spatial)?;
        if strides.len() != spatial + 2 || dilations.len() != spatial + 2 {
            bail!(invalid_argument, "Sliding window strides field must specify {} dimensions", spatial + 2);
        }
        let mut spans = [Span::UNIT; 3];
        let parts = format.spatial(strides).iter().zip(format.spatial(dilations)).zip(paddings);
        for (span, ((&stride, &dilation), padding)) in spans[3 - spatial..].iter_mut().zip(parts) {
            *span = Span { window: 1, stride, dilation, padding };
        }
        Ok(ConvAttrs { format, spans, spatial })
    }

    /// The spans with the windows of a filter's sizes, which stand along depth, height and width.
    pub(crate) fn with_windows(mut self, sizes: [usize; 3]) -> Result<ConvAttrs> {
        for (span, size) in self.spans.iter_mut().zip(sizes) {
            span.window = i64::try_from(size).map_err(|_| Error::invalid_argument("filter too large"))?;
        }
        Ok(self)
    }

    /// The windows over an input of these sizes.
    pub(crate) fn over(&self, input: [usize; 3]) -> Result<[Axis; 3]> {
        let [depth, height, width] = &self.spans;
        Ok([depth.over(input[0])?, height.over(input[1])?, width.over(input[2])?])
    }

    /// The output's shape; sizes that are not known stay so.
    pub(crate) fn output_shape(
        &self,
        cx: &ShapeCtx<'_>,
        input: &PartialShape,
        filter: &PartialShape,
        channels: Option<usize>,
    ) -> Result<PartialShape> {
        let mut sizes = Vec::with_capacity(self.spatial);
        let spans = &self.spans[3 - self.spatial..];
        for (axis, span) in spans.iter().enumerate() {
            let window = filter.dim(axis);
            let size = input.dim(axis + self.format.first_spatial());
            let span = Span { window: window.unwrap_or(1) as i64, ..*span };
            // Padding to the same size does not ask for the window.
            let known = window.is_some() || span.padding == Padding::Same;
            sizes.push(span.output(cx, if known { size } else { None })?);
        }
        Ok(self.format.shape(input.dim(0), &sizes, channels))
    }
}

/// Checks strides and dilations of `Conv2D` and its relatives, as their kernels or shape functions do.
pub(crate) fn check_conv(cx: &ShapeCtx<'_>, spatial: usize) -> Result<()> {
    let format = Format::of(cx)?;
    let attrs: &Attrs = cx;
    let (strides, dilations) = (attrs.ints("strides")?, attrs.ints("dilations")?);
    let count = spatial + 2;
    if dilations.len() != count {
        return Err(cx.mismatch(
            format!("Sliding window dilations field must specify {count} dimensions"),
            format!(
                "Conv{spatial}D requires the dilation attribute to contain {count} values, but got: {}",
                dilations.len()
            ),
        ));
    }
    if strides.len() != count {
        return Err(cx.mismatch(
            format!("Sliding window strides field must specify {count} dimensions"),
            format!(
                "Conv{spatial}D on data format {} requires the stride attribute to contain {count} values, but got: {}",
                cx.str("data_format")?,
                strides.len()
            ),
        ));
    }
    let outside = |values: &[i64]| values[0] != 1 || values[format.channel_axis(count)] != 1;
    if cx.at_run_time() && outside(strides) {
        bail!(
            unimplemented,
            "Current implementation does not yet support strides in the batch and depth dimensions."
        );
    }
    if let Some(stride) = format.spatial(strides).iter().find(|&&stride| stride <= 0) {
        return Err(cx.mismatch(
            if spatial == 2 {
                "Row and column strides should be larger than 0."
            } else {
                "Spatial strides should be larger than 0."
            },
            format!("Stride must be > 0, but got {stride}"),
        ));
    }
    if cx.at_run_time() && outside(dilations) {
        bail!(
            unimplemented,
            "Current implementation does not yet support dilations in the batch and depth dimensions."
        );
    }
    if let Some(dilation) = format.spatial(dilations).iter().find(|&&dilation| dilation <= 0) {
        return Err(cx.mismatch(
            "Dilated rates should be larger than 0.",
            format!("Dilation rate must be >= 1, but got {dilation}"),
        ));
    }
    check_paddings(cx, format, spatial)
}
