//! An op's gradient function against TensorFlow's gradient and against differences of its outputs.

use crate::case::Answer;
use crate::eager::{self, Ran};
use crate::engine;
use crate::instance::{Instance, schema_of};
use crate::value::gradient_weights;
use ferroflow_core::{
    Attrs, DType, Error, Grad, GradCtx, Gradient, NdArray, Result, Shape, Tensor, bail, dispatch, registry,
};

/// Step of the differences, and how far they may be from the gradient.
const STEP: f64 = 1e-6;
const CLOSE: f64 = 1e-5;
/// Larger inputs are not compared with differences.
const MOST_ELEMENTS: usize = 64;

/// Whether gradients are recorded for this dtype.
pub fn is_differentiable(dtype: DType) -> bool {
    dtype.is_floating() || dtype.is_complex()
}

/// Checks an op's gradient function against every gradient recorded for the instance, and against differences.
///
/// # Errors
/// How they differ, or what the gradient function gives.
pub fn check(instance: &Instance<'_>, ran: &Ran) -> Result<()> {
    let wanted = wanted(instance, &ran.names, &ran.inputs);
    if wanted.is_empty() {
        return Ok(());
    }
    let outputs = ran.outputs.as_ref().map_err(Clone::clone)?;
    let values = outputs.iter().map(|output| output.value().cloned()).collect::<Result<Vec<_>>>()?;
    let weights = weights(&values)?;
    let found = gradients(&instance.case.op, &ran.attrs, &ran.inputs, outputs, &weights)?;
    for index in wanted {
        let gradient = found.get(index).and_then(Option::as_ref);
        check_recorded(instance, &ran.names[index], gradient)?;
        if let Some(gradient) = gradient {
            differences(instance, ran, index, gradient, &weights)?;
        }
    }
    Ok(())
}

/// Checks the gradient of one input against the record.
///
/// # Errors
/// How they differ.
pub fn check_recorded(instance: &Instance<'_>, name: &str, gradient: Option<&NdArray>) -> Result<()> {
    let recorded = instance.answers().find_map(|answer| match answer {
        Answer::Gradient(of, literal) if of == name => Some(literal),
        _ => None,
    });
    match (gradient, recorded) {
        (_, None) => bail!(not_found, "the gradient of {name} is not recorded; use `cargo xtask record`"),
        (None, Some(None)) => Ok(()),
        (Some(_), Some(None)) => bail!(internal, "gradient of {name}: one is set, expected none"),
        (None, Some(Some(_))) => bail!(internal, "gradient of {name}: none is set"),
        (Some(gradient), Some(Some(literal))) => instance
            .check(gradient, literal, true)
            .map_err(|error| Error::internal(format!("gradient of {name}: {error}"))),
    }
}

/// Which of the flat inputs have a gradient to be checked.
pub fn wanted(instance: &Instance<'_>, names: &[String], inputs: &[Tensor]) -> Vec<usize> {
    let is_wanted = |(name, input): (&String, &Tensor)| {
        let list = name.rsplit_once('.').map_or("", |(list, _)| list);
        let asked = instance.case.grads.iter().any(|grad| grad == name || grad == list);
        asked && is_differentiable(input.dtype().base())
    };
    let asked = names.iter().zip(inputs).map(is_wanted);
    asked.enumerate().filter(|(_, is_wanted)| *is_wanted).map(|(index, _)| index).collect()
}

/// The gradients that flow into outputs of these values; `None` for those that are not differentiable.
///
/// # Errors
/// `InvalidArgument` for a dtype that has no literals.
pub fn weights(outputs: &[NdArray]) -> Result<Vec<Option<NdArray>>> {
    let weight = |(index, output): (usize, &NdArray)| {
        let (dtype, shape) = (output.dtype(), output.shape());
        is_differentiable(dtype).then(|| gradient_weights(index, dtype, shape.dims())).transpose()
    };
    outputs.iter().enumerate().map(weight).collect()
}

/// The gradients of the flat inputs that an op's gradient function sets.
fn gradients(
    op: &str,
    attrs: &Attrs,
    inputs: &[Tensor],
    outputs: &[Tensor],
    weights: &[Option<NdArray>],
) -> Result<Vec<Option<NdArray>>> {
    let def = registry::lookup(op).ok_or_else(|| Error::unimplemented(format!("no op {op}")))?;
    let output_grads: Vec<Option<Tensor>> =
        weights.iter().map(|weight| weight.clone().map(Tensor::from)).collect();
    let mut cx = GradCtx::new(def, attrs, inputs, outputs, &output_grads);
    match def.grad {
        Grad::Fn(grad) => grad(&mut cx)?,
        Grad::None => {}
        Grad::Missing => bail!(unimplemented, "{op} has no gradient function"),
    }
    cx.into_input_grads().into_iter().map(|gradient| gradient.map(dense).transpose()).collect()
}

/// A gradient as an array; slices of one index are added up.
fn dense(gradient: Gradient) -> Result<NdArray> {
    let slices = match gradient {
        Gradient::Dense(tensor) => return tensor.value().cloned(),
        Gradient::Slices(slices) => slices,
    };
    let shape = match &slices.dense_shape {
        Some(shape) => shape.value()?.to_i64_vec()?,
        None => bail!(internal, "slices without a dense shape"),
    };
    let shape = Shape::from_i64(&shape)?;
    let (values, indices) = (slices.values.value()?, slices.indices.value()?.to_i64_vec()?);
    let width = shape.dims().iter().skip(1).product::<usize>();
    dispatch!(values.dtype(), FLOATS_COMPLEX, |T| {
        let mut sums = ferroflow_core::zeroed::<T>(shape.num_elements())?;
        for (row, slice) in indices.iter().zip(values.as_slice::<T>()?.chunks(width.max(1))) {
            let start = usize::try_from(*row).unwrap_or(usize::MAX).saturating_mul(width);
            let Some(into) = sums.get_mut(start..start.saturating_add(width)) else {
                bail!(out_of_range, "slice {row} is outside {shape}");
            };
            into.iter_mut().zip(slice).for_each(|(sum, value)| *sum += *value);
        }
        NdArray::from_shape(shape, sums)
    })
}

/// Compares a `float64` gradient with central differences of the weighted outputs.
fn differences(
    instance: &Instance<'_>,
    ran: &Ran,
    index: usize,
    gradient: &NdArray,
    weights: &[Option<NdArray>],
) -> Result<()> {
    let input = ran.inputs[index].value()?;
    let all_real = weights.iter().flatten().all(|weight| weight.dtype() == DType::FLOAT64);
    let skip = instance.case.no_differences || !instance.case.before.is_empty();
    if skip || !all_real || input.dtype() != DType::FLOAT64 || input.len() > MOST_ELEMENTS {
        return Ok(());
    }
    let gradient = gradient.as_slice::<f64>()?;
    for (at, expected) in gradient.iter().enumerate() {
        let sum_at = |step: f64| -> Result<f64> {
            let mut moved = input.clone();
            if let Some(value) = moved.as_mut_slice::<f64>()?.get_mut(at) {
                *value += step;
            }
            let mut inputs = ran.inputs.clone();
            inputs[index] = Tensor::from(moved);
            weighted_sum(instance, ran, inputs, weights)
        };
        let difference = (sum_at(STEP)? - sum_at(-STEP)?) / (2.0 * STEP);
        if (difference - expected).abs() > CLOSE * expected.abs().max(1.0) {
            let name = &ran.names[index];
            bail!(internal, "gradient of {name} at {at} is {expected}, differences give {difference}");
        }
    }
    Ok(())
}

fn weighted_sum(
    instance: &Instance<'_>,
    ran: &Ran,
    inputs: Vec<Tensor>,
    weights: &[Option<NdArray>],
) -> Result<f64> {
    eager::reset();
    let mut rest = inputs.into_iter();
    let schema = schema_of(&instance.case.op)?;
    let mut args = Vec::new();
    for arg in &schema.inputs {
        args.push(rest.by_ref().take(arg.kind.count(&ran.attrs)?).collect());
    }
    let op = engine::op(schema, args, &ran.attrs);
    let mut sum = 0.0;
    for (output, weight) in op.all()?.iter().zip(weights) {
        if let Some(weight) = weight {
            let products = output.value()?.as_slice::<f64>()?.iter().zip(weight.as_slice::<f64>()?);
            sum += products.map(|(value, weight)| value * weight).sum::<f64>();
        }
    }
    Ok(sum)
}
