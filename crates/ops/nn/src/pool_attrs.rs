//! What pooling reads from its attributes, and how TensorFlow words what is wrong with them.

use crate::conv_attrs::{check_paddings, paddings};
use crate::patches::Windows;
use crate::volume::{Format, Volume};
use crate::window::{Padding, Span};
use ferroflow_core::{Attrs, PartialShape, Result, ShapeCtx, bail};

/// Window sizes, strides and padding of pooling.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoolAttrs {
    pub(crate) format: Format,
    spans: [Span; 3],
    spatial: usize,
    /// Channels that are pooled together; 1 where pooling is spatial.
    pub(crate) channel_window: usize,
}

impl PoolAttrs {
    /// From the attributes `ksize` and `strides`.
    ///
    /// # Errors
    /// `InvalidArgument` for lists of the wrong length.
    pub(crate) fn read(attrs: &Attrs, spatial: usize) -> Result<PoolAttrs> {
        PoolAttrs::new(attrs, spatial, attrs.ints("ksize")?, attrs.ints("strides")?)
    }

    /// From sizes that are inputs of the op.
    ///
    /// # Errors
    /// `InvalidArgument` for lists of the wrong length.
    pub(crate) fn new(attrs: &Attrs, spatial: usize, ksize: &[i64], strides: &[i64]) -> Result<PoolAttrs> {
        let format = Format::of(attrs)?;
        if ksize.len() != spatial + 2 || strides.len() != spatial + 2 {
            bail!(invalid_argument, "Sliding window ksize field must specify {} dimensions", spatial + 2);
        }
        let paddings = paddings(attrs, format, spatial)?;
        let mut spans = [Span::UNIT; 3];
        let parts = format.spatial(ksize).iter().zip(format.spatial(strides)).zip(paddings);
        for (span, ((&window, &stride), padding)) in spans[3 - spatial..].iter_mut().zip(parts) {
            *span = Span { window, stride, dilation: 1, padding };
        }
        let channel_window = usize::try_from(ksize[format.channel_axis(spatial + 2)]).unwrap_or(0).max(1);
        Ok(PoolAttrs { format, spans, spatial, channel_window })
    }

    /// The windows over an input with channels last.
    ///
    /// # Errors
    /// `InvalidArgument` when they do not fit.
    pub(crate) fn over(&self, input: Volume) -> Result<Windows> {
        let sizes = input.spatial();
        let mut axes = [Span::UNIT.over(1)?; 3];
        for ((axis, span), size) in axes.iter_mut().zip(&self.spans).zip(sizes) {
            *axis = span.over(size)?;
        }
        Ok(Windows { input, axes, channels: input.channels })
    }

    /// The output's shape for an input.
    ///
    /// # Errors
    /// `InvalidArgument` when the windows do not fit.
    pub(crate) fn output_shape(&self, cx: &ShapeCtx<'_>, input: &PartialShape) -> Result<PartialShape> {
        let mut sizes = Vec::with_capacity(self.spatial);
        for (axis, span) in self.spans[3 - self.spatial..].iter().enumerate() {
            sizes.push(span.output(cx, input.dim(axis + self.format.first_spatial()))?);
        }
        let channels = input.dim(self.format.channel_axis(self.spatial + 2));
        Ok(self.format.shape(input.dim(0), &sizes, channels.map(|channels| channels / self.channel_window)))
    }

    /// Checks that explicit padding is smaller than the window.
    fn check_explicit(&self) -> Result<()> {
        let names = [("Top", "Bottom"), ("Left", "Right")];
        for (span, (first, last)) in self.spans[1..].iter().zip(names) {
            let Padding::Explicit(before, behind) = span.padding else { continue };
            for (name, padding) in [(first, before), (last, behind)] {
                if padding >= span.window {
                    bail!(
                        invalid_argument,
                        "{name} padding {padding} needs to be smaller than the window size {}",
                        span.window
                    );
                }
            }
        }
        Ok(())
    }
}

/// Checks the sizes of pooling, as the kernels or shape functions of this family of ops do.
pub(crate) fn check_pool(
    cx: &ShapeCtx<'_>,
    spatial: usize,
    ksize: &[i64],
    strides: &[i64],
    average: bool,
) -> Result<()> {
    // Quantized ops speak of themselves as the others.
    let (count, op) = (spatial + 2, cx.op().strip_prefix("Quantized").unwrap_or(cx.op()));
    let stride = if cx.op() == "QuantizedAvgPool" { "strides" } else { "stride" };
    let format = Format::of(cx)?;
    for (sizes, run_time, in_graph) in [(ksize, "ksize", "ksize"), (strides, stride, "stride")] {
        if sizes.len() != count {
            return Err(cx.mismatch(
                format!("Sliding window {run_time} field must specify {count} dimensions"),
                format!(
                    "{op} requires the {in_graph} attribute to contain {count} values, but got: {}",
                    sizes.len()
                ),
            ));
        }
    }
    if !cx.at_run_time() {
        return check_paddings(cx, format, spatial);
    }
    if average && let Some(size) = ksize.iter().find(|&&size| size <= 0) {
        bail!(invalid_argument, "ksize must be a positive int32 value, got:{size}");
    }
    if ksize.iter().any(|&size| size <= 0) {
        let shown: Vec<String> = ksize.iter().map(i64::to_string).collect();
        bail!(
            invalid_argument,
            "Sliding window ksize must be positive. The specified or inferred ksize is: {}",
            shown.join(",")
        );
    }
    if ksize[0] != 1 || strides[0] != 1 {
        bail!(unimplemented, "Pooling is not yet supported on the batch dimension.");
    }
    if cx.str("padding")? == "EXPLICIT" {
        check_paddings(cx, format, spatial)?;
        PoolAttrs::new(cx, spatial, ksize, strides)?.check_explicit()?;
    }
    Ok(())
}

/// Checks, at run time, that windows over channels are alone and divide the channels.
pub(crate) fn check_channel_window(
    format: Format,
    ksize: &[i64],
    strides: &[i64],
    channels: usize,
    average: bool,
) -> Result<()> {
    let axis = format.channel_axis(ksize.len());
    let (window, stride) = (ksize[axis], strides[axis]);
    if window == 1 {
        return Ok(());
    }
    if format.spatial(ksize).iter().any(|&size| size != 1) {
        bail!(
            unimplemented,
            "MaxPooling supports exactly one of pooling across depth or pooling across width/height."
        );
    }
    if channels as i64 % window != 0 {
        bail!(
            unimplemented,
            "Depthwise max pooling requires the depth window to evenly divide the input depth"
        );
    }
    if window != stride {
        bail!(unimplemented, "Depthwise max pooling requires the depth window to equal the depth stride");
    }
    if average {
        bail!(unimplemented, "Non-spatial pooling is not yet supported. Volunteers? :)");
    }
    Ok(())
}

/// Checks that an input has the rank of pooling.
pub(crate) fn check_rank(cx: &ShapeCtx<'_>, shape: &PartialShape, spatial: usize, words: &str) -> Result<()> {
    match shape.rank() {
        Some(rank) if rank != spatial + 2 => {
            Err(cx.mismatch(words, format!("Shape must be rank {} but is rank {rank}", spatial + 2)))
        }
        _ => Ok(()),
    }
}
