//! `dynamic_rnn`: a cell run over sequences in a loop of the graph.

use super::cells::RNNCell;
use super::set_shape;
use super::state::{BatchSize, RNNState};
use crate::mode::{executing_eagerly, facade};
use crate::scopes::{VariableScope, variable_scope};
use crate::tensor_array::TensorArray;
use crate::while_loop::while_loop_with;
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, PartialShape, Result, Tensor, bail, context, convert_to_tensor, ensure,
    options,
};
use ferroflow_graph::Operation;
use ferroflow_ops_array as array;
use ferroflow_v2::Nest;

options! {
    /// Optional arguments of the functions that run cells over time.
    pub struct RnnOptions {
        /// How long each sequence is: outputs behind its end are zeros, and the state stays as it is.
        sequence_length: Option<Tensor> = None,
        /// What the state is before the first step; zeros by default.
        initial_state: Option<RNNState> = None,
        /// The dtype of the first state where none is given.
        dtype: Option<DType> = None,
        /// How many iterations may run at once; carried along in the graph.
        parallel_iterations: i64 = 32,
        /// Whether what gradients need may leave the device; carried along in the graph.
        swap_memory: bool = false,
        /// Whether inputs and outputs are `[time, batch, depth]`, and not `[batch, time, depth]`.
        time_major: bool = false,
        /// The name of the variable scope.
        scope: Option<String> = None,
    }
}

/// The outputs of a cell at each step, and its last state, for sequences `[batch, time, depth]`.
///
/// Source: `tf.compat.v1.nn.dynamic_rnn`.
///
/// ```
/// use ferroflow_compat_v1::{self as tf, nn, nn::rnn_cell::BasicLSTMCell};
/// use ferroflow_core::DType;
/// let x = tf::placeholder(DType::FLOAT32, [2, 5, 3])?;
/// let (outputs, state) = nn::dynamic_rnn(&BasicLSTMCell::new(4), &x, |o| o.dtype(DType::FLOAT32))?;
/// assert_eq!(outputs.shape(), [2, 5, 4].into());
/// assert_eq!(state.lstm()?.c.shape(), [2, 4].into());
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for inputs of unknown depth, and without both a first state and a dtype; `Unimplemented` in eager mode;
/// what the cell returns.
pub fn dynamic_rnn(
    cell: &dyn RNNCell,
    inputs: impl IntoOperand,
    options: impl FnOnce(RnnOptions) -> RnnOptions,
) -> Result<(Tensor, RNNState)> {
    let (inputs, options) = (inputs.into_operand()?, options(RnnOptions::default()));
    let scope = options.scope.clone().unwrap_or_else(|| "rnn".to_string());
    facade(|| {
        if executing_eagerly() {
            bail!(unimplemented, "dynamic_rnn in eager mode");
        }
        let inputs = convert_to_tensor(inputs, None)?;
        variable_scope(scope, |scope| run(cell, &inputs, &options, scope))
    })
}

/// The same in a scope that is open.
pub(super) fn run(
    cell: &dyn RNNCell,
    inputs: &Tensor,
    options: &RnnOptions,
    scope: &VariableScope,
) -> Result<(Tensor, RNNState)> {
    cache_variables(scope)?;
    let x = if options.time_major { inputs.clone() } else { transpose_batch_time(inputs)? };
    let length = match &options.sequence_length {
        Some(length) => Some(named_length(length)?),
        None => None,
    };
    let batch_size = BatchSize::of(&x, 1)?;
    let state = first_state(cell, options, &batch_size)?;
    let length = length.map(|length| checked_length(&length, &batch_size)).transpose()?;
    let (outputs, state) = run_loop(cell, &x, state, length, options)?;
    let outputs = if options.time_major { outputs } else { transpose_batch_time(&outputs)? };
    Ok((outputs, state))
}

/// As in TensorFlow, variables are read without asking to stand with them, unless the scope says where.
pub(super) fn cache_variables(scope: &VariableScope) -> Result<()> {
    match scope.has_caching_device() {
        true => Ok(()),
        false => scope.set_caching_device(Some(String::new())),
    }
}

pub(super) fn first_state(
    cell: &dyn RNNCell,
    options: &RnnOptions,
    batch_size: &BatchSize,
) -> Result<RNNState> {
    match (&options.initial_state, options.dtype) {
        (Some(state), _) => Ok(state.clone()),
        (None, Some(dtype)) => cell.zero_state(batch_size, dtype),
        (None, None) => {
            bail!(value, "If no initial_state is provided, argument `dtype` must be specified")
        }
    }
}

/// Batch and time change places.
fn transpose_batch_time(x: &Tensor) -> Result<Tensor> {
    let Some(rank) = x.rank() else {
        bail!(unimplemented, "sequences of unknown rank: {x}");
    };
    if rank < 2 {
        return Ok(x.clone());
    }
    let rank_node = context::with_name("Rank", || crate::constant(NdArray::scalar(rank as i32)))?;
    let rest = Op::named("Range").input(2).input(rank_node).input(1).default_name("range").one()?;
    let first = NdArray::vector(vec![1i32, 0]).into_operand()?;
    let order =
        Op::named("ConcatV2").inputs([first, rest.into_operand()?]).input(0).default_name("concat").one()?;
    let turned = Op::named("Transpose").input(x).input(order).default_name("transpose").one()?;
    if let Some([first, second, rest @ ..]) = x.shape().dims() {
        let dims = [*second, *first].into_iter().chain(rest.iter().copied());
        set_shape(&turned, &PartialShape::new(dims))?;
    }
    Ok(turned)
}

fn named_length(length: &Tensor) -> Result<Tensor> {
    let length = match length.dtype().base() == DType::INT32 {
        true => length.clone(),
        false => crate::cast(length, DType::INT32)?,
    };
    ensure!(
        length.rank().is_none_or(|rank| rank == 1),
        value,
        "Argument sequence_length must be a vector of length batch_size. Received sequence_length={length} of shape: {}",
        length.shape()
    );
    context::with_name("sequence_length", || Op::named("Identity").input(length).one())
}

/// The lengths, which wait for a check that there is one for each sequence.
fn checked_length(length: &Tensor, batch_size: &BatchSize) -> Result<Tensor> {
    let found = array::shape(length)?;
    let batch = match batch_size {
        BatchSize::Known(size) => {
            context::with_name("stack", || crate::constant(NdArray::vector(vec![*size as i32])))?
        }
        BatchSize::Tensor(size) => array::stack(std::slice::from_ref(size))?,
    };
    let equal = Op::named("Equal").input(&found).input(&batch).one()?;
    let all = crate::reduce_all(equal, (), false)?;
    let name = length.name()?;
    let text = |text: String| NdArray::from(text.as_str()).into_operand();
    let data = [
        text(format!("Expected shape for Tensor {name} is "))?,
        (&batch).into_operand()?,
        text(" but saw shape: ".to_string())?,
        (&found).into_operand()?,
    ];
    let check = crate::Assert(&all, data, None)?;
    crate::control_dependencies(check, || {
        context::with_name("CheckSeqLen", || Op::named("Identity").input(length).one())
    })
}

/// What a loop carries from one step to the next.
#[derive(Clone)]
struct Carried {
    time: Tensor,
    outputs: TensorArray,
    state: RNNState,
}

impl Nest for Carried {
    fn flatten(&self, tensors: &mut Vec<Tensor>) {
        tensors.extend([self.time.clone(), self.outputs.flow().clone()]);
        self.state.flatten(tensors);
    }

    fn rebuild(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<Carried> {
        Ok(Carried {
            time: self.time.rebuild(tensors)?,
            outputs: self.outputs.rebuild(tensors)?,
            state: self.state.rebuild(tensors)?,
        })
    }
}

fn run_loop(
    cell: &dyn RNNCell,
    x: &Tensor,
    state: RNNState,
    length: Option<Tensor>,
    options: &RnnOptions,
) -> Result<(Tensor, RNNState)> {
    let steps = array::getitem(&array::shape(x)?, 0)?;
    let batch_size = BatchSize::of(x, 1)?;
    let x_shape = x.shape();
    let (known_steps, element) = match x_shape.dims() {
        Some([steps, batch, depth @ ..]) if !depth.is_empty() && depth.iter().all(Option::is_some) => {
            (*steps, PartialShape::new(std::iter::once(*batch).chain(depth.iter().copied())))
        }
        Some([_, _, depth @ ..]) if !depth.is_empty() => bail!(
            value,
            "Input size (depth of inputs) must be accessible via shape inference, but saw value None for input={x}."
        ),
        _ => bail!(value, "Shape {x_shape} must have rank at least 3"),
    };
    let size = cell.output_size();
    let dtype = match (options.dtype, state.to_flat().first()) {
        (Some(dtype), _) => dtype,
        (None, Some(first)) => first.dtype().base(),
        (None, None) => bail!(value, "Unable to infer dtype from argument state={state:?}."),
    };
    let zero_output = batch_size.zeros(size, dtype)?;
    let longest = match &length {
        Some(length) => {
            crate::reduce_min(length, (), false)?;
            crate::reduce_max(length, (), false)?
        }
        None => steps.clone(),
    };
    let time = context::with_name("time", || crate::constant(0))?;
    let base = context::name_scope("dynamic_rnn", || {
        Ok(context::current_graph().map(|graph| graph.name_scope()).unwrap_or_default())
    })?;
    let output_shape = PartialShape::from(vec![batch_size.known(), Some(size)]);
    let array = |dtype: DType, element_shape: PartialShape, name: &str| {
        let name = format!("{base}/{name}");
        TensorArray::with(dtype, &steps, |o| o.element_shape(element_shape).tensor_array_name(name))
    };
    let outputs = array(dtype, output_shape.clone(), "output_0")?;
    let inputs = array(x.dtype().base(), element, "input_0")?.unstack(x)?;
    let at_least_one = Op::named("Maximum").input(1).input(&longest).one()?;
    let bound = Op::named("Minimum").input(&steps).input(at_least_one).one()?;
    let first = Carried { time, outputs, state };
    let last = while_loop_with(
        |carried: &Carried| Op::named("Less").input(&carried.time).input(&bound).one(),
        |carried| {
            let input = inputs.read(&carried.time)?;
            let (output, state) = match &length {
                None => cell.call(&input, &carried.state)?,
                Some(length) => {
                    let over = Op::named("GreaterEqual").input(&carried.time).input(length).one()?;
                    step_within(cell, &input, &carried.state, &over, &zero_output)?
                }
            };
            let outputs = carried.outputs.write(&carried.time, &output)?;
            Ok(Carried { time: (&carried.time + 1)?, outputs, state })
        },
        first,
        |o| {
            o.parallel_iterations(options.parallel_iterations)
                .swap_memory(options.swap_memory)
                .maximum_iterations(&steps)
        },
    )?;
    let stacked = last.outputs.stack()?;
    // TensorFlow makes these to find out what is known of the shape.
    if let (Some(steps), Some(batch)) = (known_steps, batch_size.known()) {
        crate::constant(NdArray::vector(vec![steps as i32, batch as i32]))?;
    }
    crate::constant(NdArray::vector(vec![size as i32]))?;
    set_shape(&stacked, &PartialShape::from(vec![known_steps, batch_size.known(), Some(size)]))?;
    Ok((stacked, last.state))
}

/// A step, of which sequences that are over get zeros and keep their state.
pub(super) fn step_within(
    cell: &dyn RNNCell,
    input: &Tensor,
    state: &RNNState,
    over: &Tensor,
    zero_output: &Tensor,
) -> Result<(Tensor, RNNState)> {
    let (output, next) = cell.call(input, state)?;
    kept(&output, &next, state, over, zero_output)
}

/// What a step gave, with zeros and the state before in the place of what belongs to sequences that are over.
pub(super) fn kept(
    output: &Tensor,
    next: &RNNState,
    state: &RNNState,
    over: &Tensor,
    zero_output: &Tensor,
) -> Result<(Tensor, RNNState)> {
    let select = |before: &Tensor, new: &Tensor| {
        if before.rank() == Some(0) {
            return Ok(new.clone());
        }
        let operation = Operation::of(new)?;
        let chosen = operation
            .graph()
            .colocate_with(&operation, || Op::named("Select").input(over).input(before).input(new).one())?;
        set_shape(&chosen, &before.shape())?;
        Ok(chosen)
    };
    let output = select(zero_output, output)?;
    let kept = state.to_flat().into_iter().zip(next.to_flat()).map(|(before, new)| select(&before, &new));
    let kept = kept.collect::<Result<Vec<_>>>()?;
    Ok((output, next.with_flat(kept)?))
}
