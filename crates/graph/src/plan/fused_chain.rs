//! `FusedChain`: elementwise ops on `float32` that run in one pass over memory, alone or behind a kernel whose output they
//! take up part by part.

use ferroflow_core::{
    Attrs, ChannelMap, DType, Env, Error, Fusion, NdArray, OpDef, Result, RowPasses, Shape, ValuePass,
    parallel, recycled, run_op,
};
use smallvec::SmallVec;
use std::borrow::Cow;

/// Elements that go through a whole chain before the next ones: they stay in the first-level cache.
const CHUNK: usize = 4096;
/// Elements that an operand of less than that many is repeated to.
const TILE: usize = 512;

/// Elementwise ops, each of which takes the result of the one before.
pub(super) struct FusedChain {
    pub(super) members: Vec<Member>,
}

/// An op of a chain.
pub(super) struct Member {
    pub(super) op: MemberOp,
    /// Which of the chain's other operands are the op's.
    pub(super) others: SmallVec<[usize; 1]>,
    /// Whether the chain's value is the right operand.
    pub(super) reversed: bool,
    /// What the op's input and its result then go into, for functions like `x * sigmoid(x)`.
    pub(super) gate: Option<MemberOp>,
    /// What the op does to the values of a channel, where that was told from constants.
    pub(super) channels: Option<ChannelMap>,
}

/// An op, as [`run_op`] takes it.
#[derive(Clone)]
pub(super) struct MemberOp {
    pub(super) def: &'static OpDef,
    pub(super) attrs: Attrs,
    pub(super) name: String,
}

impl MemberOp {
    fn run(&self, inputs: &mut [NdArray], env: &Env) -> Result<NdArray> {
        let outputs = run_op(self.def, &self.attrs, &self.name, inputs, env, None)
            .map_err(|error| error.at_node(&self.name, self.def.name))?;
        outputs.into_iter().next().ok_or_else(|| Error::internal("an op without output"))
    }
}

/// What a member does to the values of one run of the chain.
enum Pass<'a> {
    Unary(fn(&mut [f32])),
    /// The result of the first function, and the input, given to the second.
    Gated(fn(&mut [f32]), fn(&mut [f32], &[f32])),
    Channels(&'a ChannelMap),
    /// With an operand of the same shape.
    Whole(fn(&mut [f32], &[f32]), &'a [f32]),
    /// With an operand that is the same for all rows of channels, repeated over a tile.
    Repeated(fn(&mut [f32], &[f32]), Cow<'a, [f32]>),
}

/// A chain, ready for values of a shape.
pub(super) struct Passes<'a> {
    /// What each of these does.
    members: &'a [Member],
    passes: SmallVec<[Pass<'a>; 8]>,
    /// The numbers of a row.
    channels: usize,
    /// Elements of a chunk: a whole number of rows of channels, where a member needs that.
    chunk: usize,
}

/// The passes that a chain begins with, as far as they are known as passes over rows of channels.
#[derive(Default)]
pub(super) struct OverRows<'a> {
    pub(super) passes: RowPasses<'a>,
    /// How many members of the chain that is.
    pub(super) members: usize,
    /// Whether these are all.
    pub(super) are_all: bool,
}

impl FusedChain {
    /// Runs the chain on the first of these inputs; the others are the other operands of its ops.
    ///
    /// # Errors
    /// Those of its ops.
    pub(super) fn run(&self, inputs: &mut [NdArray], env: &Env) -> Result<NdArray> {
        let (first, others) =
            inputs.split_first_mut().ok_or_else(|| Error::internal("a chain without inputs"))?;
        let passes = if first.dtype() == DType::FLOAT32 { self.passes(first.shape(), others) } else { None };
        let Some(passes) = passes else {
            return self.run_one_by_one(first.clone(), others, env);
        };
        let mut result = std::mem::replace(first, NdArray::scalar(0.0f32));
        let cost = 4 * self.members.len();
        if result.is_unique() {
            parallel::chunks(result.as_mut_slice::<f32>()?, passes.chunk, cost, |start, part| {
                passes.run(0, start, part);
            });
            return Ok(result);
        }
        // Somebody else needs the input: its values are copied chunk by chunk, on their way through the cache.
        let input = result.as_slice::<f32>()?;
        let mut output = recycled::<f32>(input.len())?;
        parallel::chunks(&mut output, passes.chunk, cost, |start, part| {
            for (position, chunk) in part.chunks_mut(passes.chunk).enumerate() {
                let offset = start + position * passes.chunk;
                chunk.copy_from_slice(&input[offset..offset + chunk.len()]);
                passes.run_chunk(0, offset, chunk);
            }
        });
        NdArray::from_shape(result.shape().clone(), output)
    }

    /// The passes over values of this shape, with these other operands; `None` where an operand is broadcast in a way that
    /// only the ops themselves know.
    pub(super) fn passes<'a>(&'a self, shape: &Shape, others: &'a [NdArray]) -> Option<Passes<'a>> {
        let count = shape.num_elements();
        let channels = shape.dims().last().copied().unwrap_or(1).max(1);
        let mut by_row = false;
        let mut passes = SmallVec::with_capacity(self.members.len());
        for member in &self.members {
            passes.push(match (member.op.def.fusion?, &member.channels, member.others.first()) {
                (Fusion::Unary(f), ..) => match &member.gate {
                    None => Pass::Unary(f),
                    Some(gate) => match gate.def.fusion? {
                        Fusion::Binary(g) | Fusion::BinaryReversible(g, _) => Pass::Gated(f, g),
                        _ => return None,
                    },
                },
                (Fusion::Channels(_), Some(map), _) => {
                    if shape.rank() != map.rank || map.shift.len() != channels {
                        return None;
                    }
                    by_row = true;
                    Pass::Channels(map)
                }
                (Fusion::Rows(f), _, Some(&other)) => {
                    let other = others.get(other)?;
                    if shape.rank() < 2 || other.shape().dims() != [channels] {
                        return None;
                    }
                    by_row = true;
                    Pass::Repeated(f, tile(other.as_slice::<f32>().ok()?, count))
                }
                (fusion, _, Some(&other)) => {
                    let f = match (fusion, member.reversed) {
                        (Fusion::Binary(f) | Fusion::BinaryReversible(f, _), false) => f,
                        (Fusion::BinaryReversible(_, f), true) => f,
                        _ => return None,
                    };
                    let other = others.get(other)?;
                    let values = other.as_slice::<f32>().ok()?;
                    if other.shape() == shape {
                        Pass::Whole(f, values)
                    } else if is_row(other.shape(), shape) {
                        by_row |= values.len() > 1;
                        Pass::Repeated(f, tile(values, count))
                    } else {
                        return None;
                    }
                }
                _ => return None,
            });
        }
        let chunk = if by_row { (CHUNK / channels).max(1) * channels } else { CHUNK };
        Some(Passes { members: &self.members, passes, channels, chunk })
    }

    fn run_one_by_one(&self, first: NdArray, others: &[NdArray], env: &Env) -> Result<NdArray> {
        let mut value = first;
        for member in &self.members {
            let gated = member.gate.as_ref().map(|gate| (gate, value.clone()));
            let mut operands: SmallVec<[NdArray; 5]> = SmallVec::new();
            operands.push(value);
            operands.extend(member.others.iter().map(|&other| others[other].clone()));
            if member.reversed {
                operands.swap(0, 1);
            }
            value = member.op.run(&mut operands, env)?;
            if let Some((gate, input)) = gated {
                value = gate.run(&mut [input, value], env)?;
            }
        }
        Ok(value)
    }
}

/// Whether an operand is a single value, or a row that all rows of an array of this shape are paired with.
fn is_row(operand: &Shape, shape: &Shape) -> bool {
    let (operand, dims) = (operand.dims(), shape.dims());
    match operand.split_last() {
        _ if operand.len() > dims.len() => false,
        None => true,
        Some((last, rest)) => {
            rest.iter().all(|&dim| dim == 1)
                && (*last == 1 || dims.last().is_some_and(|channels| channels == last))
        }
    }
}

/// Values repeated as long as a tile, or as the array they meet.
fn tile(values: &[f32], count: usize) -> Cow<'_, [f32]> {
    match TILE.min(count).div_ceil(values.len().max(1)) {
        0 | 1 => Cow::Borrowed(values),
        rows => Cow::Owned(values.repeat(rows)),
    }
}

impl Passes<'_> {
    /// The passes that it begins with, as far as they are passes over rows in their order.
    pub(super) fn over_rows(&self) -> OverRows<'_> {
        let mut found = OverRows::default();
        for (member, pass) in self.members.iter().zip(&self.passes) {
            let passes = &mut found.passes;
            let ends = passes.at_least.is_some();
            let added = passes.values.is_some();
            let shifted = passes.minus.is_some() || passes.times.is_some() || passes.offset.is_some();
            match (pass, member.op.def.pass) {
                _ if ends => break,
                (Pass::Unary(_), Some(ValuePass::AtLeast(least))) => passes.at_least = Some(least),
                (Pass::Unary(_), Some(ValuePass::Within(least, most))) => {
                    (passes.at_least, passes.at_most) = (Some(least), Some(most));
                }
                (Pass::Whole(_, values), Some(ValuePass::Plus)) if !added => passes.values = Some(values),
                _ if added => break,
                (Pass::Channels(map), _) if !shifted => {
                    passes.minus = Some(&map.shift);
                    passes.times = Some(&map.factor);
                    passes.offset = Some(&map.offset);
                }
                (Pass::Repeated(_, tile), Some(pass)) => {
                    let place = match pass {
                        ValuePass::Plus if passes.plus.is_none() && !shifted => &mut passes.plus,
                        ValuePass::Plus if passes.offset.is_none() => &mut passes.offset,
                        ValuePass::Times if passes.times.is_none() && passes.offset.is_none() => {
                            &mut passes.times
                        }
                        ValuePass::Minus if !member.reversed && !shifted => &mut passes.minus,
                        _ => break,
                    };
                    let Some(row) = tile.get(..self.channels) else { break };
                    *place = Some(row);
                }
                _ => break,
            }
            found.members += 1;
        }
        found.are_all = found.members == self.passes.len();
        found
    }

    /// Takes a part, which begins at this element, through the members of the chain from this one on.
    pub(super) fn run(&self, member: usize, start: usize, part: &mut [f32]) {
        if member == self.passes.len() {
            return;
        }
        for (position, chunk) in part.chunks_mut(self.chunk).enumerate() {
            self.run_chunk(member, start + position * self.chunk, chunk);
        }
    }

    fn run_chunk(&self, member: usize, start: usize, chunk: &mut [f32]) {
        for pass in &self.passes[member..] {
            match pass {
                Pass::Unary(f) => f(chunk),
                Pass::Gated(f, gate) => {
                    let mut inputs = [0.0; TILE];
                    for part in chunk.chunks_mut(TILE) {
                        let inputs = &mut inputs[..part.len()];
                        inputs.copy_from_slice(part);
                        f(part);
                        gate(part, inputs);
                    }
                }
                Pass::Channels(map) => map.apply(chunk),
                Pass::Whole(f, operand) => f(chunk, &operand[start..start + chunk.len()]),
                Pass::Repeated(f, tile) => {
                    for part in chunk.chunks_mut(tile.len().max(1)) {
                        f(part, &tile[..part.len()]);
                    }
                }
            }
        }
    }
}
