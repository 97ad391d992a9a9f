//! Dilation2D, Dilation2DBackpropInput, Dilation2DBackpropFilter: the greatest sum of input and filter under a window.

use crate::activations::is_half;
use crate::conv_options::{Padding, Sizes};
use crate::pool_kernels::Number;
use crate::window::{Axis, Padding as Surroundings, Span};
use ferroflow_core::{
    Attrs, Dim, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor,
    bail, dispatch, ensure, parallel, zeroed,
};

/// The greatest sum of input and filter under each window of `[batch, height, width, channels]` images; each channel
/// has its own filter, `[height, width, channels]`.
///
/// Source: `tf.nn.dilation2d` (op `Dilation2D`).
///
/// ```
/// ferroflow_ops::install();
/// let image = [[[[1.0], [2.0]], [[3.0], [4.0]]]];
/// let filter = [[[0.0], [0.0]], [[0.0], [-3.0]]];
/// let output = ferroflow_ops_nn::dilation2d(image, filter, [1, 1, 1, 1], "VALID", "NHWC", [1, 1, 1, 1])?;
/// assert_eq!(output.numpy()?.as_slice::<f32>()?, [3.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for channels that are not last, `InvalidArgument` when input, filter, strides and padding do not fit.
pub fn dilation2d(
    input: impl IntoOperand,
    filters: impl IntoOperand,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
    data_format: &str,
    dilations: impl Into<Sizes>,
) -> Result<Tensor> {
    ensure!(data_format == "NHWC", value, "`data_format` values other  than 'NHWC' are not supported. ");
    let op = Op::new(&DILATION_2D)
        .input(input)
        .input(filters)
        .attr("strides", strides.into().expand("strides", 2, false)?)
        .attr("rates", dilations.into().expand("dilations", 2, false)?);
    padding.into().apply(op).one()
}

pub(crate) static DILATION_2D: OpDef =
    OpDef { name: "Dilation2D", shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW };

pub(crate) static DILATION_2D_BACKPROP_INPUT: OpDef = OpDef {
    name: "Dilation2DBackpropInput",
    shape: |cx| backprop_shape(cx, 0),
    kernel: Some(backprop_kernel),
    ..OpDef::NEW
};

pub(crate) static DILATION_2D_BACKPROP_FILTER: OpDef = OpDef {
    name: "Dilation2DBackpropFilter",
    shape: |cx| backprop_shape(cx, 1),
    kernel: Some(backprop_kernel),
    ..OpDef::NEW
};

/// The window along a spatial dimension, with its holes, and the distance between its taps.
fn span(attrs: &Attrs, axis: usize, taps: usize) -> Result<(Span, i64)> {
    let (stride, rate) = (attrs.ints("strides")?[axis], attrs.ints("rates")?[axis]);
    let taps = i64::try_from(taps).unwrap_or(i64::MAX);
    let holes = taps.saturating_sub(1).saturating_mul(rate.saturating_sub(1));
    let padding = if attrs.str("padding")? == "SAME" { Surroundings::Same } else { Surroundings::Valid };
    Ok((Span { window: taps.saturating_add(holes), stride, dilation: 1, padding }, rate))
}

fn check_attrs(cx: &ShapeCtx<'_>) -> Result<()> {
    let refused = [
        ("strides", "Sliding window stride field must specify 4 dimensions", "stride", "Stride"),
        ("rates", "Input stride (atrous rate) field must specify 4 dimensions", "rates", "Rate"),
    ];
    for (attr, run_time, in_graph, title) in refused {
        let attrs: &Attrs = cx;
        let sizes = attrs.ints(attr)?;
        if sizes.len() != 4 {
            let count = sizes.len();
            return Err(cx.mismatch(
                run_time,
                format!("Dilation2D requires the {in_graph} attribute to contain 4 values, but got: {count}"),
            ));
        }
        if cx.at_run_time() && (sizes[0] != 1 || sizes[3] != 1) {
            bail!(unimplemented, "{title} is only supported across spatial dimensions.");
        }
    }
    Ok(())
}

fn output_shape(cx: &ShapeCtx<'_>) -> Result<PartialShape> {
    let attrs: &Attrs = cx;
    let [input, filter] = [0, 1].map(|index| cx.input(index));
    for (name, shape, rank) in [("input", &input, 4), ("filter", &filter, 3)] {
        if let Some(found) = shape.rank()
            && found != rank
        {
            let between = if name == "input" { "" } else { ": " };
            return Err(cx.mismatch(
                format!("{name} must be {rank}-dimensional{between}{}", shape.cpp()),
                format!("Shape must be rank {rank} but is rank {found}"),
            ));
        }
    }
    check_attrs(cx)?;
    let channels = cx.merge_dims(input.dim(3), filter.dim(2)).map_err(|error| {
        let sizes = [input.dim(3), filter.dim(2)].map(|size| size.unwrap_or(0));
        let words = format!("input and filter must have the same depth: {} vs {}", sizes[0], sizes[1]);
        cx.mismatch(words, error.message())
    })?;
    let mut sizes: [Dim; 2] = [None; 2];
    for (axis, size) in sizes.iter_mut().enumerate() {
        if let Some(taps) = filter.dim(axis) {
            let (span, _) = span(attrs, axis + 1, taps)?;
            *size = input.dim(axis + 1).map(|input| span.outputs(input)).transpose()?;
        }
    }
    Ok(PartialShape::new([input.dim(0), sizes[0], sizes[1], channels]))
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = output_shape(cx)?;
    cx.set(0, shape);
    Ok(())
}

fn backprop_shape(cx: &mut ShapeCtx<'_>, like: usize) -> Result<()> {
    if cx.at_run_time() {
        check_attrs(cx)?;
        let (forward, dy) = (output_shape(cx)?, cx.input(2));
        ensure!(dy.rank() == Some(4), invalid_argument, "out_backprop must be 4-dimensional{}", dy.cpp());
        ensure!(forward == dy, invalid_argument, "out_backprop has incompatible size.");
    }
    let shape = cx.input(like);
    cx.set(0, shape);
    Ok(())
}

/// The windows of the op over its input.
struct Windows {
    axes: [Axis; 2],
    rates: [i64; 2],
    taps: [usize; 2],
    channels: usize,
}

impl Windows {
    fn of(cx: &KernelCtx<'_>) -> Result<Windows> {
        let (input, filter) = (cx.input(0)?.shape(), cx.input(1)?.shape());
        let [(rows, row_rate), (columns, column_rate)] = [span(cx, 1, filter[0])?, span(cx, 2, filter[1])?];
        Ok(Windows {
            axes: [rows.over(input[1])?, columns.over(input[2])?],
            rates: [row_rate, column_rate],
            taps: [filter[0], filter[1]],
            channels: input[3],
        })
    }

    fn image(&self) -> usize {
        self.axes[0].input * self.axes[1].input * self.channels
    }

    fn outputs(&self) -> usize {
        self.axes[0].output * self.axes[1].output
    }

    /// The input's position under a tap along an axis.
    fn source(&self, axis: usize, output: usize, tap: usize) -> Option<usize> {
        let Axis { stride, before, input, .. } = self.axes[axis];
        let start = (output * stride) as i64 - before as i64;
        let reach = i64::try_from(tap).ok()?.checked_mul(self.rates[axis])?;
        usize::try_from(start.checked_add(reach)?).ok().filter(|&position| position < input)
    }

    /// Calls `visit(filter element, input element)` for the first channel of each tap on the image at an output.
    fn for_taps(&self, output: usize, mut visit: impl FnMut(usize, usize)) {
        let (row, column) = (output / self.axes[1].output.max(1), output % self.axes[1].output.max(1));
        for row_tap in 0..self.taps[0] {
            let Some(y) = self.source(0, row, row_tap) else { continue };
            for column_tap in 0..self.taps[1] {
                let Some(x) = self.source(1, column, column_tap) else { continue };
                let filter = (row_tap * self.taps[1] + column_tap) * self.channels;
                visit(filter, (y * self.axes[1].input + x) * self.channels);
            }
        }
    }

    /// The element of the image at which the window begins, pulled onto it where it lies before; `None` behind it.
    fn start(&self, output: usize) -> Option<usize> {
        let (row, column) = (output / self.axes[1].output.max(1), output % self.axes[1].output.max(1));
        let at = |axis: usize, output: usize| {
            let Axis { stride, before, input, .. } = self.axes[axis];
            Some((output * stride).saturating_sub(before)).filter(|&position| position < input)
        };
        Some((at(0, row)? * self.axes[1].input + at(1, column)?) * self.channels)
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(kernel),
        dtype => dispatch!(dtype, REALS, |T| run::<T>(cx)),
    }
}

fn run<T: Number>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let mut output = zeroed::<T>(shape.num_elements())?;
    if output.is_empty() {
        return cx.set_elements(0, output);
    }
    let (windows, input, filter) = (Windows::of(cx)?, cx.slice::<T>(0)?, cx.slice::<T>(1)?);
    let (channels, outputs) = (windows.channels, windows.outputs());
    parallel::chunks(&mut output, channels, filter.len() / channels, |start, chunk| {
        for (count, sums) in chunk.chunks_exact_mut(channels).enumerate() {
            let number = start / channels + count;
            let image = &input[number / outputs * windows.image()..];
            sums.fill(T::min_value());
            windows.for_taps(number % outputs, |tap, pixel| {
                let pairs = image[pixel..pixel + channels].iter().zip(&filter[tap..]);
                for (greatest, (&value, &weight)) in sums.iter_mut().zip(pairs) {
                    let sum = value.plus(weight);
                    *greatest = if sum > *greatest { sum } else { *greatest };
                }
            });
        }
    });
    cx.set_elements(0, output)
}

fn backprop_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(backprop_kernel),
        dtype => dispatch!(dtype, REALS, |T| backprop::<T>(cx)),
    }
}

/// Adds the gradient of each greatest sum to what it was made of: the element of the input, or that of the filter.
fn backprop<T: Number>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let to_filter = cx.op() == &DILATION_2D_BACKPROP_FILTER;
    let mut gradient = zeroed::<T>(cx.output_shape(0)?.num_elements())?;
    let dy = cx.slice::<T>(2)?;
    if gradient.is_empty() || dy.is_empty() {
        return cx.set_elements(0, gradient);
    }
    let (windows, input, filter) = (Windows::of(cx)?, cx.slice::<T>(0)?, cx.slice::<T>(1)?);
    let (channels, outputs) = (windows.channels, windows.outputs());
    let mut best = vec![(T::min_value(), None); channels];
    for (number, dy) in dy.chunks_exact(channels).enumerate() {
        let offset = number / outputs * windows.image();
        let image = &input[offset..];
        // Where no sum is greater than the lowest number, TensorFlow takes the first element.
        let first = if to_filter { Some(0) } else { windows.start(number % outputs).map(|at| offset + at) };
        for (channel, best) in best.iter_mut().enumerate() {
            *best = (T::min_value(), first.map(|at| at + channel));
        }
        windows.for_taps(number % outputs, |tap, pixel| {
            for (channel, (greatest, place)) in best.iter_mut().enumerate() {
                let sum = image[pixel + channel].plus(filter[tap + channel]);
                if sum > *greatest {
                    *greatest = sum;
                    *place = Some(channel + if to_filter { tap } else { offset + pixel });
                }
            }
        });
        for (&dy, (_, place)) in dy.iter().zip(&best) {
            if let Some(sum) = place.and_then(|place| gradient.get_mut(place)) {
                *sum = sum.plus(dy);
            }
        }
    }
    cx.set_elements(0, gradient)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    for (index, def) in [&DILATION_2D_BACKPROP_INPUT, &DILATION_2D_BACKPROP_FILTER].into_iter().enumerate() {
        let op = Op::new(def).input(cx.x(0)?).input(cx.x(1)?).input(&dy);
        let op = op.attr("strides", cx.ints("strides")?).attr("rates", cx.ints("rates")?);
        let gradient = op.attr("padding", cx.str("padding")?).one();
        cx.set(index, gradient)?;
    }
    Ok(())
}
