//! FakeQuantWithMinMaxArgs, FakeQuantWithMinMaxVars, FakeQuantWithMinMaxVarsPerChannel and their gradients: floats
//! rounded as if they had been stored in few bits.

use ferroflow_core::{
    Grad, GradCtx, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx, bail, ensure, reserve,
};

/// The grid that values are rounded to: its ends, moved so that zero is on it, and the width of a step.
#[derive(Clone, Copy)]
struct Nudged {
    min: f32,
    max: f32,
    scale: f32,
}

impl Nudged {
    fn new(min: f32, max: f32, (lowest, highest): (f32, f32)) -> Nudged {
        let scale = (max - min) / (highest - lowest);
        let zero_point = lowest - min / scale;
        let zero_point = if zero_point < lowest {
            lowest
        } else if zero_point > highest {
            highest
        } else {
            zero_point.round()
        };
        Nudged { min: (lowest - zero_point) * scale, max: (highest - zero_point) * scale, scale }
    }

    fn round(&self, value: f32) -> f32 {
        let inverse = 1.0 / self.scale;
        let zero = (-self.min * inverse + 0.5).floor();
        let shifted = value.min(self.max).max(self.min) - self.min;
        (shifted * inverse - zero + 0.5).floor() * self.scale
    }
}

/// The lowest and the highest step.
fn steps(cx: &KernelCtx<'_>) -> Result<(f32, f32)> {
    let bits = cx.int("num_bits")?;
    ensure!((2..=16).contains(&bits), invalid_argument, "num_bits must be between 2 and 16, inclusive");
    let lowest = if cx.bool("narrow_range")? { 1.0 } else { 0.0 };
    Ok((lowest, ((1u32 << bits) - 1) as f32))
}

fn args_grid(cx: &KernelCtx<'_>) -> Result<Nudged> {
    let (min, max) = (cx.float("min")?, cx.float("max")?);
    ensure!(min < max, invalid_argument, "min has to be smaller than max, was: {min} >= {max}");
    Ok(Nudged::new(min, max, steps(cx)?))
}

fn args_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let grid = args_grid(cx)?;
    let rounded = ferroflow_core::parallel::map(cx.slice::<f32>(0)?, |value| grid.round(value))?;
    let shape = cx.input(0)?.shape().clone();
    cx.set(0, NdArray::from_shape(shape, rounded)?)
}

/// Refuses gradients of another shape than the inputs.
fn same_shape(cx: &KernelCtx<'_>) -> Result<()> {
    let (gradients, inputs) = (cx.input(0)?.shape(), cx.input(1)?.shape());
    ensure!(
        gradients == inputs,
        invalid_argument,
        "Inputs to operation {} of type {} must have the same size and shape.  Input 0: {gradients} != input 1: {inputs}",
        cx.node(),
        cx.op().name
    );
    Ok(())
}

/// A gradient where the input is on the grid; elsewhere a zero of the gradient's sign, as a product gives it.
fn masked(gradient: f32, is_within: bool) -> f32 {
    if is_within { gradient } else { gradient * 0.0 }
}

fn args_gradient_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let grid = args_grid(cx)?;
    same_shape(cx)?;
    let (gradients, inputs) = (cx.slice::<f32>(0)?, cx.slice::<f32>(1)?);
    let mut output = reserve(inputs.len())?;
    output.extend(
        gradients
            .iter()
            .zip(inputs)
            .map(|(gradient, input)| masked(*gradient, (grid.min..=grid.max).contains(input))),
    );
    let shape = cx.input(0)?.shape().clone();
    cx.set(0, NdArray::from_shape(shape, output)?)
}

/// The ranges at two inputs: one, or one for each channel along the last axis; `None` stands for a range of nothing
/// but zero, which leaves no grid.
fn ranges(cx: &KernelCtx<'_>, first: usize, channels: Option<usize>) -> Result<Vec<Option<Nudged>>> {
    let (min, max, steps) = (cx.input(first)?, cx.input(first + 1)?, steps(cx)?);
    for (name, range) in [("min", min), ("max", max)] {
        match channels {
            None => ensure!(
                range.rank() == 0,
                invalid_argument,
                "`{name}` must be rank 0 but is rank {}",
                range.rank()
            ),
            Some(channels) => {
                ensure!(
                    range.rank() == 1,
                    invalid_argument,
                    "`{name}` must be rank 1 but is rank {}",
                    range.rank()
                );
                ensure!(
                    range.len() == channels,
                    invalid_argument,
                    "{name} has incorrect size, expected {channels} was {}",
                    range.len()
                );
            }
        }
    }
    let pairs = min.as_slice::<f32>()?.iter().zip(max.as_slice::<f32>()?);
    Ok(pairs.map(|(&min, &max)| (min != 0.0 || max != 0.0).then(|| Nudged::new(min, max, steps))).collect())
}

/// How many channels the input at `index` has, for an op that treats each on its own.
fn channels(cx: &KernelCtx<'_>, index: usize) -> Result<Option<usize>> {
    if !cx.op().name.contains("PerChannel") {
        return Ok(None);
    }
    match cx.input(index)?.shape().dims().last() {
        Some(channels) => Ok(Some(*channels)),
        None => bail!(invalid_argument, "inputs must be at least rank 1 but is rank 0"),
    }
}

fn vars_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let ranges = ranges(cx, 1, channels(cx, 0)?)?;
    let inputs = cx.slice::<f32>(0)?;
    let mut output = reserve(inputs.len())?;
    for row in inputs.chunks(ranges.len().max(1)) {
        let one = ranges.iter().cycle().zip(row);
        output.extend(one.map(|(grid, value)| grid.map_or(0.0, |grid| grid.round(*value))));
    }
    let shape = cx.input(0)?.shape().clone();
    cx.set(0, NdArray::from_shape(shape, output)?)
}

fn vars_gradient_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    same_shape(cx)?;
    let channels = channels(cx, 1)?;
    let ranges = ranges(cx, 2, channels)?;
    let (gradients, inputs) = (cx.slice::<f32>(0)?, cx.slice::<f32>(1)?);
    let (mut below, mut above) = (vec![0f32; ranges.len()], vec![0f32; ranges.len()]);
    let mut output = reserve(inputs.len())?;
    for (position, (&gradient, &input)) in gradients.iter().zip(inputs).enumerate() {
        let channel = position % ranges.len();
        let Some(grid) = ranges[channel] else {
            output.push(gradient);
            continue;
        };
        let within = input >= grid.min && input <= grid.max;
        output.push(match channels {
            Some(_) => masked(gradient, within),
            None if within => gradient,
            None => 0.0,
        });
        if input < grid.min {
            below[channel] += gradient;
        } else if input > grid.max {
            above[channel] += gradient;
        }
    }
    let shape = cx.input(0)?.shape().clone();
    cx.set(0, NdArray::from_shape(shape, output)?)?;
    for (index, sums) in [(1, below), (2, above)] {
        let sums = NdArray::vector(sums);
        cx.set(
            index,
            if channels.is_some() { sums } else { sums.into_shape(ferroflow_core::Shape::scalar())? },
        )?;
    }
    Ok(())
}

fn args_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = cx.input(0);
    cx.set(0, shape);
    Ok(())
}

fn vars_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    if !cx.at_run_time() {
        cx.with_rank(1, 0)?;
        cx.with_rank(2, 0)?;
    }
    cx.set(0, input);
    Ok(())
}

fn per_channel_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    if !cx.at_run_time() {
        cx.with_rank_at_least(0, 1)?;
        let last = input.rank().and_then(|rank| input.dim(rank.saturating_sub(1)));
        let last = cx.merge_dims(last, cx.with_rank(1, 1)?.dim(0))?;
        cx.merge_dims(last, cx.with_rank(2, 1)?.dim(0))?;
    }
    cx.set(0, input);
    Ok(())
}

fn vars_gradient_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = if cx.at_run_time() { cx.input(0) } else { cx.merge(&cx.input(0), &cx.input(1))? };
    cx.set(0, shape.clone());
    if cx.op().contains("PerChannel") {
        if !cx.at_run_time() {
            cx.with_rank_at_least(0, 1)?;
            let last = shape.rank().and_then(|rank| shape.dim(rank.saturating_sub(1)));
            let last = cx.merge_dims(last, cx.with_rank(2, 1)?.dim(0))?;
            let last = cx.merge_dims(last, cx.with_rank(3, 1)?.dim(0))?;
            cx.set(1, PartialShape::new([last]));
            cx.set(2, PartialShape::new([last]));
        }
    } else {
        if !cx.at_run_time() {
            cx.with_rank(2, 0)?;
            cx.with_rank(3, 0)?;
        }
        cx.set(1, PartialShape::scalar());
        cx.set(2, PartialShape::scalar());
    }
    Ok(())
}

fn args_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let gradient = Op::new(&FAKE_QUANT_WITH_MIN_MAX_ARGS_GRADIENT).input(cx.dy(0)?).input(cx.x(0)?);
    let gradient = gradient.attr("min", cx.float("min")?).attr("max", cx.float("max")?);
    cx.set(0, with_bits(gradient, cx)?.one())
}

fn with_bits(op: Op, cx: &GradCtx<'_>) -> Result<Op> {
    Ok(op.attr("num_bits", cx.int("num_bits")?).attr("narrow_range", cx.bool("narrow_range")?))
}

fn vars_grad(cx: &mut GradCtx<'_>, gradient: &'static OpDef) -> Result<()> {
    let op = Op::new(gradient).input(cx.dy(0)?).input(cx.x(0)?).input(cx.x(1)?).input(cx.x(2)?);
    let [inputs, min, max] = with_bits(op, cx)?.outputs()?;
    cx.set(0, inputs)?;
    cx.set(1, min)?;
    cx.set(2, max)
}

macro_rules! ops {
    ($($constant:ident $name:literal $shape:ident, $kernel:ident, $grad:expr;)*) => {
        $(pub(crate) static $constant: OpDef =
            OpDef { name: $name, shape: $shape, kernel: Some($kernel), grad: $grad, ..OpDef::NEW };)*
    };
}

ops! {
    FAKE_QUANT_WITH_MIN_MAX_ARGS "FakeQuantWithMinMaxArgs" args_shape, args_kernel, Grad::Fn(args_grad);
    FAKE_QUANT_WITH_MIN_MAX_ARGS_GRADIENT "FakeQuantWithMinMaxArgsGradient" args_shape, args_gradient_kernel,
        Grad::None;
    FAKE_QUANT_WITH_MIN_MAX_VARS "FakeQuantWithMinMaxVars" vars_shape, vars_kernel,
        Grad::Fn(|cx| vars_grad(cx, &FAKE_QUANT_WITH_MIN_MAX_VARS_GRADIENT));
    FAKE_QUANT_WITH_MIN_MAX_VARS_GRADIENT "FakeQuantWithMinMaxVarsGradient" vars_gradient_shape,
        vars_gradient_kernel, Grad::None;
    FAKE_QUANT_WITH_MIN_MAX_VARS_PER_CHANNEL "FakeQuantWithMinMaxVarsPerChannel" per_channel_shape, vars_kernel,
        Grad::Fn(|cx| vars_grad(cx, &FAKE_QUANT_WITH_MIN_MAX_VARS_PER_CHANNEL_GRADIENT));
    FAKE_QUANT_WITH_MIN_MAX_VARS_PER_CHANNEL_GRADIENT "FakeQuantWithMinMaxVarsPerChannelGradient"
        vars_gradient_shape, vars_gradient_kernel, Grad::None;
}
