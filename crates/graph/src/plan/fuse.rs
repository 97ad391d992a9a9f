//! Chains of elementwise ops on `float32`, run in one pass over memory.

use super::{Action, Input, Source, Step};
use ferroflow_core::{Attrs, DType, Env, Error, Fusion, NdArray, OpDef, Result, parallel, recycled, run_op};
use smallvec::SmallVec;
use std::collections::HashMap;

/// Elements that go through a whole chain before the next ones: they stay in the first-level cache.
const CHUNK: usize = 4096;

/// Elementwise ops, each of which takes the result of the one before.
pub(super) struct FusedChain {
    members: Vec<Member>,
}

pub(super) struct Member {
    pub(super) def: &'static OpDef,
    pub(super) attrs: Attrs,
    name: String,
    /// The input of the fused step that is the op's other operand, if it has one.
    pub(super) other: Option<usize>,
    /// Whether the chain's value is the right operand.
    pub(super) reversed: bool,
}

/// Joins chains among the steps.
pub(super) fn fuse(steps: Vec<Step>, fetches: &[Input], targets: &[usize]) -> Vec<Step> {
    let mut readers: HashMap<usize, usize> = HashMap::new();
    let inputs = steps.iter().flat_map(|step| step.inputs.iter()).chain(fetches);
    for input in inputs {
        if let Source::Slot { slot, .. } = input.source {
            *readers.entry(slot).or_default() += 1;
        }
    }
    // Fetched values stay whole.
    for fetch in fetches {
        if let Source::Slot { slot, .. } = fetch.source {
            *readers.entry(slot).or_default() += 1;
        }
    }
    let controlled: Vec<usize> = steps.iter().flat_map(|step| step.controls.iter().copied()).collect();
    let mut chains: Vec<Vec<usize>> = Vec::new();
    // The chain that ends in a slot.
    let mut ending: HashMap<usize, usize> = HashMap::new();
    for (position, step) in steps.iter().enumerate() {
        if !fusible(step) || controlled.contains(&position) {
            continue;
        }
        let continued = step.inputs.iter().find_map(|input| match input.source {
            Source::Slot { slot, .. } if readers.get(&slot) == Some(&1) => {
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
        if let (Some(Some(slot)), false) = (step.outputs.first(), targets.contains(&step.node)) {
            ending.insert(*slot, chain);
        }
    }
    let mut place: HashMap<usize, usize> = HashMap::new();
    let mut member_of: HashMap<usize, usize> = HashMap::new();
    for (chain, members) in chains.iter().enumerate().filter(|(_, members)| members.len() > 1) {
        if let Some(last) = members.last() {
            place.insert(*last, chain);
        }
        for member in members {
            member_of.insert(*member, chain);
        }
    }
    let mut slots: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    let mut fused = Vec::with_capacity(slots.len());
    for position in 0..slots.len() {
        match place.get(&position) {
            Some(&chain) => {
                let members: Vec<Step> =
                    chains[chain].iter().filter_map(|member| slots[*member].take()).collect();
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

fn fusible(step: &Step) -> bool {
    let Action::Kernel(def) = &step.action else { return false };
    def.fusion.is_some()
        && step.outputs.len() == 1
        && step.attrs.dtype("T") == Ok(DType::FLOAT32)
        && step.inputs.iter().all(|input| !input.deref)
}

/// One step of several.
fn join(members: Vec<Step>) -> Option<Step> {
    let mut inputs: SmallVec<[Input; 3]> = SmallVec::new();
    let mut chain = Vec::new();
    let mut previous: Option<usize> = None;
    let mut last = None;
    for step in members {
        let Action::Kernel(def) = step.action else { return None };
        let carries =
            |input: &Input| matches!(input.source, Source::Slot { slot, .. } if Some(slot) == previous);
        let at = if previous.is_some() { step.inputs.iter().position(carries)? } else { 0 };
        if previous.is_none() {
            inputs.push(*step.inputs.first()?);
        }
        let other = step.inputs.iter().enumerate().find(|(index, _)| *index != at).map(|(_, input)| {
            inputs.push(*input);
            inputs.len() - 1
        });
        chain.push(Member {
            def,
            attrs: step.attrs.clone(),
            name: step.name.clone(),
            other,
            reversed: at == 1,
        });
        previous = step.outputs.first().copied().flatten();
        last = Some((step.node, step.name, step.op, step.outputs, step.state));
    }
    let (node, name, op, outputs, state) = last?;
    Some(Step {
        node,
        name,
        op,
        action: Action::Fused(FusedChain { members: chain }),
        attrs: Attrs::new(),
        inputs,
        controls: SmallVec::new(),
        outputs,
        state,
    })
}

/// An operand of a member over one chunk.
enum Operand<'a> {
    None,
    Whole(&'a [f32]),
    /// A single value, repeated over a chunk.
    Repeated(SmallVec<[f32; 16]>),
}

impl FusedChain {
    /// The ops, in order.
    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }

    pub(super) fn run(&self, inputs: &mut [NdArray], env: &Env) -> Result<NdArray> {
        if !self.fits(inputs) {
            return self.run_one_by_one(inputs, env);
        }
        let (first, rest) =
            inputs.split_first_mut().ok_or_else(|| Error::internal("a chain without inputs"))?;
        let mut operands: SmallVec<[Operand<'_>; 8]> = SmallVec::with_capacity(self.members.len());
        for member in &self.members {
            operands.push(match member.other {
                None => Operand::None,
                Some(index) => match rest[index - 1].as_slice::<f32>()? {
                    [only] if first.len() != 1 => {
                        Operand::Repeated(SmallVec::from_elem(*only, CHUNK.min(first.len())))
                    }
                    all => Operand::Whole(all),
                },
            });
        }
        let mut result = std::mem::replace(first, NdArray::scalar(0.0f32));
        let cost = 4 * self.members.len();
        if result.is_unique() {
            parallel::chunks(result.as_mut_slice::<f32>()?, CHUNK, cost, |start, part| {
                for (position, chunk) in part.chunks_mut(CHUNK).enumerate() {
                    self.run_chunk(chunk, start + position * CHUNK, &operands);
                }
            });
            return Ok(result);
        }
        // Somebody else needs the input: its values are copied chunk by chunk, on their way through the cache.
        let input = result.as_slice::<f32>()?;
        let mut output = recycled::<f32>(input.len())?;
        parallel::chunks(&mut output, CHUNK, cost, |start, part| {
            for (position, chunk) in part.chunks_mut(CHUNK).enumerate() {
                let offset = start + position * CHUNK;
                chunk.copy_from_slice(&input[offset..offset + chunk.len()]);
                self.run_chunk(chunk, offset, &operands);
            }
        });
        NdArray::from_shape(result.shape().clone(), output)
    }

    /// Takes the values from `offset` on through the whole chain.
    fn run_chunk(&self, chunk: &mut [f32], offset: usize, operands: &[Operand<'_>]) {
        for (member, operand) in self.members.iter().zip(operands) {
            let other = match operand {
                Operand::None => &[][..],
                Operand::Whole(all) => &all[offset..offset + chunk.len()],
                Operand::Repeated(value) => &value[..chunk.len()],
            };
            match (member.def.fusion, member.reversed) {
                (Some(Fusion::Unary(f)), _) => f(chunk),
                (Some(Fusion::Binary(f)), _) | (Some(Fusion::BinaryReversible(f, _)), false) => {
                    f(chunk, other)
                }
                (Some(Fusion::BinaryReversible(_, f)), true) => f(chunk, other),
                (None, _) => {}
            }
        }
    }

    /// Whether the first input has the shape of the result, and the others have it too or are single values.
    fn fits(&self, inputs: &[NdArray]) -> bool {
        let Some(first) = inputs.first() else { return false };
        let reversed_only = self.members.iter().all(|member| {
            !member.reversed || matches!(member.def.fusion, Some(Fusion::BinaryReversible(..)))
        });
        reversed_only
            && inputs.iter().all(|input| {
                input.dtype() == DType::FLOAT32
                    && (input.shape() == first.shape() || input.len() == 1 && input.rank() <= first.rank())
            })
    }

    fn run_one_by_one(&self, inputs: &[NdArray], env: &Env) -> Result<NdArray> {
        let mut value = inputs.first().cloned().ok_or_else(|| Error::internal("a chain without inputs"))?;
        for member in &self.members {
            let mut operands: SmallVec<[NdArray; 2]> = SmallVec::new();
            operands.push(value);
            if let Some(other) = member.other {
                operands.push(inputs[other].clone());
                if member.reversed {
                    operands.swap(0, 1);
                }
            }
            let outputs = run_op(member.def, &member.attrs, &member.name, &mut operands, env, None)
                .map_err(|error| error.at_node(&member.name, member.def.name))?;
            value = outputs.into_iter().next().ok_or_else(|| Error::internal("an op without output"))?;
        }
        Ok(value)
    }
}
