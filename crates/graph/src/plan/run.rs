//! Running a plan: step after step on the calling thread, kernels sharing the thread pool.

use super::fused_chain::{FusedChain, Passes};
use super::{Action, Input, Plan, Source, Step};
use crate::step_memory::{self, Held};
use ferroflow_core::{
    Attrs, Code, Env, Epilogue, Error, FuncRef, KernelCtx, NdArray, OpDef, OutputShapes, PartialShape,
    Result, Shape, bail, deref,
};
use smallvec::SmallVec;
use std::sync::PoisonError;
use std::time::Instant;

/// How long one step took.
#[derive(Clone, Debug)]
pub struct StepTiming {
    /// The node's name.
    pub node: String,
    /// The op's type.
    pub op: String,
    /// Microseconds from the start of the run to the start of the step.
    pub start_us: u64,
    /// Nanoseconds the step took.
    pub nanos: u64,
}

/// What a run watches, and notes.
#[derive(Default)]
pub(crate) struct RunWatch {
    /// Whether to note how long each step takes.
    pub(crate) timings: Option<Vec<StepTiming>>,
}

/// The memory of one run, kept for the next.
pub(super) struct Frame {
    slots: Vec<Option<NdArray>>,
    alive: Vec<bool>,
    /// For each step, the shapes its inputs had last and what its shape function made of them.
    shapes: Vec<Option<(SmallVec<[Shape; 3]>, OutputShapes)>>,
}

/// Frames kept by a plan at most.
const MAX_FRAMES: usize = 16;

pub(super) fn run(plan: &Plan, feeds: Vec<NdArray>, env: &Env, watch: &mut RunWatch) -> Result<Vec<NdArray>> {
    let reused = plan.frames.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut frame = reused.unwrap_or_else(|| Frame {
        slots: vec![None; plan.num_slots],
        alive: vec![false; plan.steps.len()],
        shapes: plan.steps.iter().map(|_| None).collect(),
    });
    for (slot, value) in plan.feeds.iter().zip(feeds) {
        if let Some(slot) = slot {
            frame.slots[*slot] = Some(value);
        }
    }
    let result = run_steps(plan, &mut frame, env, watch).and_then(|()| fetch(plan, &mut frame, env));
    frame.slots.fill(None);
    let mut frames = plan.frames.lock().unwrap_or_else(PoisonError::into_inner);
    if frames.len() < MAX_FRAMES {
        frames.push(frame);
    }
    result
}

fn run_steps(plan: &Plan, frame: &mut Frame, env: &Env, watch: &mut RunWatch) -> Result<()> {
    let watched = env.deadline.is_some();
    let mut held = Held::new();
    if held.counts() {
        frame.slots.iter().flatten().try_for_each(|value| held.add(value))?;
    }
    let started = watch.timings.is_some().then(Instant::now);
    for (position, step) in plan.steps.iter().enumerate() {
        if watched || env.cancellation.is_cancelled() {
            env.check()?;
        }
        if plan.has_branches {
            frame.alive[position] = is_alive(step, frame);
            if !frame.alive[position] {
                continue;
            }
        }
        let step_started = started.map(|_| Instant::now());
        let released = if held.counts() { bytes_released(plan, step, frame) } else { 0 };
        run_step(plan, step, position, frame, env, watch).map_err(|error| match error.code() {
            // The time is up for the run, not for a node.
            Code::DeadlineExceeded | Code::Cancelled if env.check().is_err() => error,
            _ => error.at_node(&step.name, &step.op),
        })?;
        if held.counts() {
            held.remove(released);
            let made = step.outputs.iter().flatten().filter_map(|slot| frame.slots[*slot].as_ref());
            for value in made {
                held.add(value).map_err(|error| error.at_node(&step.name, &step.op))?;
            }
        }
        if let (Some(started), Some(step_started), Some(timings)) =
            (started, step_started, &mut watch.timings)
        {
            timings.push(StepTiming {
                node: step.name.clone(),
                op: step.op.clone(),
                start_us: (step_started - started).as_micros() as u64,
                nanos: step_started.elapsed().as_nanos() as u64,
            });
        }
    }
    Ok(())
}

/// The bytes that nobody needs once a step has run.
fn bytes_released(plan: &Plan, step: &Step, frame: &Frame) -> usize {
    let last = step.inputs.iter().filter_map(|input| match input.source {
        Source::Slot { slot, last: true } if !plan.has_branches => frame.slots[slot].as_ref(),
        _ => None,
    });
    last.map(step_memory::size).sum()
}

/// Whether a step runs: all it needs is there (one input is enough for a `Merge`).
fn is_alive(step: &Step, frame: &Frame) -> bool {
    let there = |input: &Input| match input.source {
        Source::Slot { slot, .. } => frame.slots[slot].is_some(),
        Source::Constant(_) => true,
    };
    let inputs = match step.action {
        Action::Merge => step.inputs.iter().any(there),
        _ => step.inputs.iter().all(there),
    };
    // What waits with a ControlTrigger does so even for what does not run.
    if step.op == "ControlTrigger" {
        return true;
    }
    inputs && step.controls.iter().all(|control| frame.alive[*control])
}

fn take(plan: &Plan, frame: &mut Frame, input: &Input, env: &Env) -> Result<NdArray> {
    let value = match input.source {
        Source::Constant(id) => plan.constants[id].clone(),
        // With branches, a slot is looked at more than once to see whether it is alive.
        Source::Slot { slot, last: true } if !plan.has_branches => {
            frame.slots[slot].take().ok_or_else(|| Error::internal("a step's input is missing"))?
        }
        Source::Slot { slot, .. } => {
            frame.slots[slot].clone().ok_or_else(|| Error::internal("a step's input is missing"))?
        }
    };
    if input.deref { deref(&value, env) } else { Ok(value) }
}

fn run_step(
    plan: &Plan,
    step: &Step,
    position: usize,
    frame: &mut Frame,
    env: &Env,
    watch: &mut RunWatch,
) -> Result<()> {
    if let Action::Merge = step.action {
        return run_merge(plan, step, frame, env);
    }
    let mut inputs: SmallVec<[NdArray; 4]> = SmallVec::with_capacity(step.inputs.len());
    for input in &step.inputs {
        inputs.push(take(plan, frame, input, env)?);
    }
    match &step.action {
        Action::Kernel(def) => {
            let call = Call { def, attrs: &step.attrs, name: &step.name, chain: None };
            run_kernel(&call, step, position, frame, &mut inputs, env)?;
        }
        Action::Finished(both) => {
            let (head, chain) = both.as_ref();
            let call = Call { def: head.def, attrs: &head.attrs, name: &head.name, chain: Some(chain) };
            run_kernel(&call, step, position, frame, &mut inputs, env)?;
        }
        Action::While(def, functions) => match functions.run(&inputs, env)? {
            Some(outputs) => {
                for (slot, output) in step.outputs.iter().zip(outputs) {
                    if let Some(slot) = slot {
                        frame.slots[*slot] = Some(output);
                    }
                }
            }
            None => {
                let call = Call { def, attrs: &step.attrs, name: &step.name, chain: None };
                run_kernel(&call, step, position, frame, &mut inputs, env)?;
            }
        },
        Action::Fused(chain) => {
            let output = chain.run(&mut inputs, env)?;
            if let Some(Some(slot)) = step.outputs.first() {
                frame.slots[*slot] = Some(output);
            }
        }
        Action::Loop(body) => {
            let outputs = body.run(inputs.into_vec(), env, watch)?;
            for (slot, output) in step.outputs.iter().zip(outputs) {
                if let Some(slot) = slot {
                    frame.slots[*slot] = Some(output);
                }
            }
        }
        Action::Switch => {
            let taken = switch_side(&inputs)?;
            if let (Some(Some(slot)), Some(value)) =
                (step.outputs.get(usize::from(taken)), inputs.into_iter().next())
            {
                frame.slots[*slot] = Some(value);
            }
        }
        Action::Call => {
            let Some(functions) = &env.functions else {
                bail!(not_found, "Function {} is not defined.", step.op);
            };
            let function = FuncRef { name: step.op.clone(), attrs: step.attrs.clone() };
            let outputs = functions.call(&function, inputs.into_vec(), env)?;
            for (slot, output) in step.outputs.iter().zip(outputs) {
                if let Some(slot) = slot {
                    frame.slots[*slot] = Some(output);
                }
            }
        }
        Action::Send(_) | Action::Recv(_) => {
            bail!(internal, "a node exchanges tensors in a step of one part")
        }
        Action::Fail(error) => return Err(error.clone()),
        Action::Merge => {}
    }
    Ok(())
}

/// Which output of a `Switch` its data goes to.
pub(super) fn switch_side(inputs: &[NdArray]) -> Result<bool> {
    let Some(predicate) = inputs.get(1) else { bail!(internal, "a Switch has no predicate") };
    if predicate.rank() != 0 {
        bail!(
            invalid_argument,
            "The second input must be a scalar, but it has shape {}",
            PartialShape::from(predicate.shape()).cpp()
        );
    }
    predicate.item::<bool>()
}

/// A kernel to run.
struct Call<'p> {
    def: &'static OpDef,
    attrs: &'p Attrs,
    name: &'p str,
    /// What its output goes through. The operands of these ops stand behind the kernel's inputs.
    chain: Option<&'p FusedChain>,
}

fn run_kernel(
    call: &Call<'_>,
    step: &Step,
    position: usize,
    frame: &mut Frame,
    inputs: &mut [NdArray],
    env: &Env,
) -> Result<()> {
    let Call { def, attrs, name, chain } = *call;
    let kernel = match def.kernel {
        Some(kernel) => kernel,
        None => return Err(ferroflow_core::unsupported(&step.op, &step.name, None)),
    };
    let own = match chain {
        Some(_) => def.schema().num_inputs(attrs)?,
        None => inputs.len(),
    };
    let (inputs, others) = inputs.split_at_mut(own);
    let remembered = recall_shapes(&frame.shapes[position], inputs);
    let known = remembered.is_some();
    let before: Option<SmallVec<[Shape; 3]>> =
        (!known).then(|| inputs.iter().map(|input| input.shape().clone()).collect());
    let at_kernel = |error: Error| if chain.is_some() { error.at_node(name, def.name) } else { error };
    let mut cx = KernelCtx::new(def, attrs, name, inputs, remembered, env, Some(&step.state))?;
    if !known {
        cx.infer_shapes().map_err(at_kernel)?;
        if let (Some(before), Some(shapes)) = (before, cx.reusable_shapes()) {
            frame.shapes[position] = Some((before, shapes));
        }
    }
    step_memory::check_outputs(def, attrs, cx.num_outputs(), &mut cx)?;
    let passes = chain.and_then(|chain| chain.passes(&cx.output_shape(0).ok()?, others));
    let rows = passes.as_ref().map(Passes::over_rows).unwrap_or_default();
    let finish = |after_rows: bool, start: usize, part: &mut [f32]| {
        if let Some(passes) = &passes {
            passes.run(if after_rows { rows.members } else { 0 }, start, part);
        }
    };
    if passes.is_some() {
        cx.set_epilogue(Epilogue::new(rows.passes, rows.are_all, &finish));
    }
    kernel(&mut cx).map_err(at_kernel)?;
    let finished = passes.is_some() && !cx.has_epilogue();
    let mut outputs = cx.into_partial_outputs();
    if let (Some(chain), false) = (chain, finished) {
        let first = outputs.first_mut().and_then(Option::take);
        let first = first.ok_or_else(|| Error::internal("a kernel without output"))?;
        let mut operands: SmallVec<[NdArray; 4]> = SmallVec::with_capacity(1 + others.len());
        operands.push(first);
        operands.extend(others.iter().cloned());
        outputs[0] = Some(chain.run(&mut operands, env)?);
    }
    for (slot, output) in step.outputs.iter().zip(outputs) {
        if let Some(slot) = slot {
            frame.slots[*slot] = output;
        }
    }
    Ok(())
}

/// The output shapes of the last run, where the inputs have the same shapes again.
fn recall_shapes(
    memory: &Option<(SmallVec<[Shape; 3]>, OutputShapes)>,
    inputs: &[NdArray],
) -> Option<OutputShapes> {
    let (shapes, outputs) = memory.as_ref()?;
    let same = shapes.len() == inputs.len()
        && shapes.iter().zip(inputs).all(|(shape, input)| shape == input.shape());
    same.then(|| outputs.clone())
}

fn run_merge(plan: &Plan, step: &Step, frame: &mut Frame, env: &Env) -> Result<()> {
    for (index, input) in step.inputs.iter().enumerate() {
        let there = match input.source {
            Source::Slot { slot, .. } => frame.slots[slot].is_some(),
            Source::Constant(_) => true,
        };
        if there {
            let value = take(plan, frame, input, env)?;
            if let Some(Some(slot)) = step.outputs.first() {
                frame.slots[*slot] = Some(value);
            }
            if let Some(Some(slot)) = step.outputs.get(1) {
                frame.slots[*slot] = Some(NdArray::scalar(index as i32));
            }
            return Ok(());
        }
    }
    Ok(())
}

fn fetch(plan: &Plan, frame: &mut Frame, env: &Env) -> Result<Vec<NdArray>> {
    let mut values = Vec::with_capacity(plan.fetches.len());
    for input in &plan.fetches {
        let value = match input.source {
            Source::Constant(id) => plan.constants[id].clone(),
            Source::Slot { slot, .. } => match &frame.slots[slot] {
                Some(value) => value.clone(),
                None => bail!(invalid_argument, "Retval[{}] does not have value", values.len()),
            },
        };
        values.push(match &plan.retvals[values.len()] {
            Some(node) => deref(&value, env).map_err(|error| error.at_node(node, "_Retval"))?,
            None => value,
        });
    }
    Ok(values)
}
