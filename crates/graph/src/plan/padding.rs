//! Zeros around images become the padding of the convolutions that read them: they need not be written then.

use super::{Action, Input, Source, Step};
use ferroflow_core::{DType, NdArray};
use std::collections::HashMap;

/// The convolutions that take explicit padding.
const CONVOLUTIONS: [&str; 2] = ["Conv2D", "DepthwiseConv2dNative"];

/// Leaves out the steps that pad images with known numbers of zeros for one convolution alone.
pub(super) fn fold(steps: &mut Vec<Step>, fetches: &[Input], targets: &[usize], constants: &[NdArray]) {
    let mut readers: HashMap<usize, usize> = HashMap::new();
    for slot in steps.iter().flat_map(|step| &step.inputs).chain(fetches).filter_map(Input::slot) {
        *readers.entry(slot).or_default() += 1;
    }
    let is_control = |position: usize| steps.iter().any(|step| step.controls.contains(&position));
    // What a padded slot holds without the padding, and how wide that is.
    let mut pads: HashMap<usize, (usize, Input, Vec<i64>)> = HashMap::new();
    let mut folded: Vec<(usize, usize, Input, Vec<i64>)> = Vec::new();
    for (position, step) in steps.iter().enumerate() {
        if let Some(slot) = step.inputs.first().and_then(Input::slot)
            && let Some((pad, input, widths)) = pads.get(&slot)
            && CONVOLUTIONS.contains(&step.op.as_str())
            && step.attrs.str("padding") == Ok("VALID")
            && step.attrs.str("data_format") == Ok("NHWC")
        {
            folded.push((*pad, position, *input, widths.clone()));
        }
        if let Some(widths) = widths_of(step, constants)
            && let (Some(Some(output)), Some(input)) = (step.outputs.first(), step.inputs.first())
            && readers.get(output) == Some(&1)
            && !targets.contains(&step.node)
            && !is_control(position)
        {
            pads.insert(*output, (position, *input, widths));
        }
    }
    if folded.is_empty() {
        return;
    }
    let mut left_out = vec![false; steps.len()];
    for (pad, convolution, input, widths) in folded {
        left_out[pad] = true;
        let step = &mut steps[convolution];
        step.inputs[0] = input;
        step.attrs.set("padding", "EXPLICIT");
        step.attrs.set("explicit_paddings", widths);
    }
    let mut kept = 0;
    let new_positions: Vec<usize> = left_out
        .iter()
        .map(|is_out| {
            kept += usize::from(!is_out);
            kept.saturating_sub(1)
        })
        .collect();
    for step in steps.iter_mut() {
        for control in &mut step.controls {
            *control = new_positions[*control];
        }
    }
    let mut position = 0;
    steps.retain(|_| {
        position += 1;
        !left_out[position - 1]
    });
}

/// How many zeros a step puts before and behind each dimension, if it pads images so.
fn widths_of(step: &Step, constants: &[NdArray]) -> Option<Vec<i64>> {
    let (Action::Kernel(_), "Pad", [input, paddings]) =
        (&step.action, step.op.as_str(), step.inputs.as_slice())
    else {
        return None;
    };
    let Source::Constant(paddings) = paddings.source else { return None };
    let paddings = constants.get(paddings)?;
    if input.deref || step.attrs.dtype("T") != Ok(DType::FLOAT32) || paddings.shape().dims() != [4, 2] {
        return None;
    }
    let widths = paddings.cast(DType::INT64).ok()?.as_slice::<i64>().ok()?.to_vec();
    let inner_only = widths[..2] == [0, 0] && widths[6..] == [0, 0];
    (inner_only && widths.iter().all(|&width| width >= 0)).then_some(widths)
}
