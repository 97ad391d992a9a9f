//! Finds the chains of elementwise ops among a plan's steps, and the kernels that can run them on each part of their output.

use super::fused_chain::{FusedChain, Member, MemberOp};
use super::{Action, Input, Source, Step};
use ferroflow_core::{ChannelMap, DType, Fusion, NdArray, OpDef, ValuePass};
use smallvec::SmallVec;
use std::collections::HashMap;

/// How many steps and fetches read each slot.
type Readers = HashMap<usize, usize>;

/// Joins chains among the steps.
pub(super) fn fuse(
    steps: Vec<Step>,
    fetches: &[Input],
    targets: &[usize],
    constants: &[NdArray],
) -> Vec<Step> {
    let mut readers = count_readers(&steps, fetches);
    let controlled: Vec<usize> = steps.iter().flat_map(|step| step.controls.iter().copied()).collect();
    let mut links: Vec<Option<Link>> = steps
        .iter()
        .enumerate()
        .map(|(position, step)| {
            let free = !controlled.contains(&position) && !targets.contains(&step.node);
            free.then(|| link(step, &readers, constants)).flatten()
        })
        .collect();
    let mut slots: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    join_gates(&mut slots, &mut links, &mut readers);
    let mut chains: Vec<Vec<usize>> = Vec::new();
    // The chain that ends in a slot.
    let mut ending: HashMap<usize, usize> = HashMap::new();
    for (position, step) in slots.iter().enumerate() {
        let (Some(step), Some(link)) = (step, &links[position]) else { continue };
        let continued = step.inputs.iter().find_map(|input| match input.source {
            Source::Slot { slot, .. } if readers.get(&slot) == Some(&1) && !link.is_head() => {
                ending.get(&slot).map(|chain| (slot, *chain))
            }
            _ => None,
        });
        let chain = match continued {
            Some((slot, chain)) => {
                ending.remove(&slot);
                chains[chain].push(position);
                chain
            }
            None => {
                chains.push(vec![position]);
                chains.len() - 1
            }
        };
        if let Some(Some(slot)) = step.outputs.first() {
            ending.insert(*slot, chain);
        }
    }
    let is_whole = |members: &Vec<usize>| {
        members.len() > 1
            || members.first().is_some_and(|&only| matches!(&links[only], Some(Link::Op(_, Some(_)))))
    };
    let mut place: HashMap<usize, usize> = HashMap::new();
    let mut member_of: HashMap<usize, usize> = HashMap::new();
    for (chain, members) in chains.iter().enumerate().filter(|(_, members)| is_whole(members)) {
        if let Some(last) = members.last() {
            place.insert(*last, chain);
        }
        for member in members {
            member_of.insert(*member, chain);
        }
    }
    let mut fused = Vec::with_capacity(slots.len());
    for position in 0..slots.len() {
        match place.get(&position) {
            Some(&chain) => {
                let members: Vec<(Step, Link)> = chains[chain]
                    .iter()
                    .filter_map(|member| Some((slots[*member].take()?, links[*member].take()?)))
                    .collect();
                fused.extend(join(members));
            }
            None if member_of.contains_key(&position) => {}
            None => fused.extend(slots[position].take()),
        }
    }
    // Controls only matter to plans with branches, which are not fused: their step numbers no longer hold.
    for step in &mut fused {
        step.controls.clear();
    }
    fused
}

fn count_readers(steps: &[Step], fetches: &[Input]) -> Readers {
    let mut readers = Readers::new();
    // Fetched values stay whole: they count twice.
    let inputs = steps.iter().flat_map(|step| step.inputs.iter()).chain(fetches).chain(fetches);
    for input in inputs {
        if let Source::Slot { slot, .. } = input.source {
            *readers.entry(slot).or_default() += 1;
        }
    }
    readers
}

/// What a step can be in a chain.
enum Link {
    /// The kernel whose output goes through the chain.
    Head(&'static OpDef),
    /// An elementwise op; and the op that takes its input and its result.
    Op(Option<ChannelMap>, Option<MemberOp>),
}

impl Link {
    fn is_head(&self) -> bool {
        matches!(self, Link::Head(_))
    }
}

fn link(step: &Step, readers: &Readers, constants: &[NdArray]) -> Option<Link> {
    let Action::Kernel(def) = &step.action else { return None };
    let of_floats = step.attrs.dtype("T") == Ok(DType::FLOAT32);
    if !of_floats || step.inputs.iter().any(|input| input.deref) {
        return None;
    }
    let unread = |slot: &Option<usize>| slot.is_none_or(|slot| !readers.contains_key(&slot));
    if !step.outputs.get(1..).unwrap_or_default().iter().all(unread) {
        return None;
    }
    match def.fusion {
        None => def.finishes_parts.then_some(Link::Head(def)),
        Some(Fusion::Channels(map)) => {
            let known: Option<Vec<NdArray>> = step.inputs[1..]
                .iter()
                .map(|input| match input.source {
                    Source::Constant(id) => constants.get(id).cloned(),
                    Source::Slot { .. } => None,
                })
                .collect();
            map(&step.attrs, &known?).map(|map| Link::Op(Some(map), None))
        }
        Some(Fusion::Rows(_)) if step.attrs.str("data_format") == Ok("NCHW") => None,
        Some(_) => Some(Link::Op(None, None)),
    }
}

/// Makes one step of a function and the product of its result and its argument, such as `x * sigmoid(x)`.
fn join_gates(steps: &mut [Option<Step>], links: &mut [Option<Link>], readers: &mut Readers) {
    let mut unary: HashMap<usize, usize> = HashMap::new();
    for position in 0..steps.len() {
        let (Some(step), Some(Link::Op(None, None))) = (&steps[position], &links[position]) else { continue };
        let Action::Kernel(def) = &step.action else { continue };
        let slots: SmallVec<[usize; 2]> = step.inputs.iter().filter_map(|input| input.slot()).collect();
        match (def.fusion, slots.as_slice(), step.outputs.first()) {
            (Some(Fusion::Unary(_)), [_], Some(Some(output))) if readers.get(output) == Some(&1) => {
                unary.insert(*output, position);
            }
            (Some(Fusion::BinaryReversible(..)), &[left, right], _) if def.pass == Some(ValuePass::Times) => {
                let function_of = |result: usize, argument: usize| {
                    let position = *unary.get(&result)?;
                    let step = steps[position].as_ref()?;
                    (step.inputs.first()?.slot() == Some(argument)).then_some(position)
                };
                let (function, argument) = match (function_of(right, left), function_of(left, right)) {
                    (Some(function), _) => (function, left),
                    (None, Some(function)) => (function, right),
                    (None, None) => continue,
                };
                let gate = MemberOp { def, attrs: step.attrs.clone(), name: step.name.clone() };
                let (outputs, node) = (step.outputs.clone(), step.node);
                let Some(mut function) = steps[function].take() else { continue };
                (function.outputs, function.node) = (outputs, node);
                steps[position] = Some(function);
                links[position] = Some(Link::Op(None, Some(gate)));
                if let Some(count) = readers.get_mut(&argument) {
                    *count -= 1;
                }
            }
            _ => {}
        }
    }
}

/// One step of several.
fn join(members: Vec<(Step, Link)>) -> Option<Step> {
    let mut inputs: SmallVec<[Input; 3]> = SmallVec::new();
    let mut chain = Vec::new();
    let mut head = None;
    // Where the other operands of the chain's ops begin among the inputs of the step.
    let mut base = 0;
    let mut previous: Option<usize> = None;
    let mut last = None;
    for (step, link) in members {
        let Action::Kernel(def) = step.action else { return None };
        previous = match link {
            Link::Head(def) => {
                inputs.extend(step.inputs.iter().copied());
                base = inputs.len();
                head = Some((
                    MemberOp { def, attrs: step.attrs.clone(), name: step.name.clone() },
                    step.state.clone(),
                ));
                step.outputs.first().copied().flatten()
            }
            Link::Op(channels, gate) => {
                let carries = |input: &Input| previous.is_some() && input.slot() == previous;
                let at = if previous.is_some() { step.inputs.iter().position(carries)? } else { 0 };
                if previous.is_none() {
                    inputs.push(*step.inputs.first()?);
                    base = 1;
                }
                let mut others = SmallVec::new();
                for (_, input) in step.inputs.iter().enumerate().filter(|(index, _)| *index != at) {
                    others.push(inputs.len() - base);
                    inputs.push(*input);
                }
                let op = MemberOp { def, attrs: step.attrs.clone(), name: step.name.clone() };
                chain.push(Member { op, others, reversed: at == 1, gate, channels });
                step.outputs.first().copied().flatten()
            }
        };
        last = Some((step.node, step.name, step.op, step.outputs.into_iter().take(1).collect(), step.state));
    }
    let (node, name, op, outputs, state) = last?;
    let chain = FusedChain { members: chain };
    let (action, state) = match head {
        Some((head, state)) => (Action::Finished(Box::new((head, chain))), state),
        None => (Action::Fused(chain), state),
    };
    Some(Step {
        node,
        name,
        op,
        action,
        attrs: ferroflow_core::Attrs::new(),
        inputs,
        controls: SmallVec::new(),
        outputs,
        state,
    })
}
