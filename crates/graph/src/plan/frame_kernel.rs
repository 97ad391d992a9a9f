//! What one node does in a run that goes token by token.

use super::Action;
use super::frame_layout::{FrameNode, Kind};
use super::frame_run::{Outputs, Ready};
use super::run::switch_side;
use crate::step_memory;
use ferroflow_core::{Env, Error, FuncRef, KernelCtx, NdArray, OpDef, Result, bail, deref};
use smallvec::SmallVec;

/// What a node gives out; nothing but dead tokens where it does not run.
pub(super) fn execute(node: &FrameNode, ready: Ready, env: &Env) -> Result<Outputs> {
    let mut outputs: Outputs = smallvec::smallvec![None; node.readers.len()];
    if ready.is_dead {
        return Ok(outputs);
    }
    if node.kind == Kind::Merge {
        let index = ready.alive.unwrap_or(0);
        let value = ready.inputs.into_iter().nth(index).flatten();
        let value = value.ok_or_else(|| Error::internal("a merge has lost its input"))?.value;
        let is_ref = node.derefs.get(index).copied().unwrap_or(false);
        let index = NdArray::scalar(index as i32);
        let values = [if is_ref { deref(&value, env)? } else { value }, index];
        outputs.iter_mut().zip(values).for_each(|(output, value)| *output = Some(value));
        return Ok(outputs);
    }
    let mut inputs: SmallVec<[NdArray; 4]> = SmallVec::new();
    for (input, is_ref) in ready.inputs.into_iter().zip(&node.derefs) {
        let value = input.ok_or_else(|| Error::internal("an input of a node is missing"))?.value;
        inputs.push(if *is_ref { deref(&value, env)? } else { value });
    }
    match &node.action {
        Action::Switch => {
            let side = usize::from(switch_side(&inputs)?);
            if let (Some(output), Some(value)) = (outputs.get_mut(side), inputs.into_iter().next()) {
                *output = Some(value);
            }
        }
        Action::Kernel(def) => {
            let values = run_kernel(def, node, &mut inputs, env)?;
            outputs.iter_mut().zip(values).for_each(|(output, value)| *output = Some(value));
        }
        Action::Call => {
            let Some(functions) = &env.functions else {
                bail!(not_found, "Function {} is not defined.", node.op);
            };
            let function = FuncRef { name: node.op.clone(), attrs: node.attrs.clone() };
            let values = functions.call(&function, inputs.into_vec(), env)?;
            outputs.iter_mut().zip(values).for_each(|(output, value)| *output = Some(value));
        }
        Action::Fail(error) => return Err(error.clone()),
        _ => bail!(internal, "a node of a frame has no kernel"),
    }
    Ok(outputs)
}

/// Runs a kernel, if there is room for its outputs.
fn run_kernel(
    def: &'static OpDef,
    node: &FrameNode,
    inputs: &mut [NdArray],
    env: &Env,
) -> Result<SmallVec<[NdArray; 2]>> {
    def.check_kernel(&node.attrs, &node.name)?;
    let mut cx = KernelCtx::new(def, &node.attrs, &node.name, inputs, None, env, Some(&node.state))?;
    if let Some(kernel) = def.kernel {
        cx.infer_shapes()?;
        step_memory::check_outputs(def, &node.attrs, cx.num_outputs(), &mut cx)?;
        kernel(&mut cx)?;
    }
    cx.into_outputs()
}
