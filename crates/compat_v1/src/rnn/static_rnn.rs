//! `static_rnn`: a cell run over sequences step by step, each with nodes of its own; also in both directions.

use super::cells::RNNCell;
use super::dynamic::{RnnOptions, cache_variables, first_state, kept};
use super::set_shape;
use super::state::{BatchSize, RNNState};
use crate::cond;
use crate::mode::{executing_eagerly, facade};
use crate::scopes::{VariableScope, get_variable_scope, variable_scope};
use ferroflow_core::{DType, NdArray, Op, Result, Tensor, bail, ensure};
use ferroflow_graph::Operation;
use ferroflow_ops_array as array;
use ferroflow_v2::Nest;

/// The outputs of a cell for inputs `[batch, depth]`, one after the other, and its last state.
///
/// Source: `tf.compat.v1.nn.static_rnn`.
///
/// # Errors
/// `ValueError` without inputs, for inputs of unknown depth, and without both a first state and a dtype; what the cell
/// returns.
pub fn static_rnn(
    cell: &dyn RNNCell,
    inputs: &[Tensor],
    options: impl FnOnce(RnnOptions) -> RnnOptions,
) -> Result<(Vec<Tensor>, RNNState)> {
    let options = options(RnnOptions::default());
    check(inputs)?;
    let scope = options.scope.clone().unwrap_or_else(|| "rnn".to_string());
    facade(|| variable_scope(scope, |scope| run(cell, inputs, &options, scope)))
}

/// The outputs of two cells for inputs `[batch, depth]`, side by side, and their last states: one goes through the sequences
/// from their starts, the other from their ends. An initial state in the options is that of both.
///
/// Source: `tf.compat.v1.nn.static_bidirectional_rnn`.
///
/// ```
/// use ferroflow_compat_v1::{self as tf, nn, nn::rnn_cell::BasicRNNCell};
/// let steps = [tf::ones([2, 3], tf::float32)?, tf::zeros([2, 3], tf::float32)?];
/// let (forward, backward) = (BasicRNNCell::new(4), BasicRNNCell::new(5));
/// let (outputs, _, _) = nn::static_bidirectional_rnn(&forward, &backward, &steps, |o| o.dtype(tf::float32))?;
/// assert_eq!(outputs[0].shape(), [2, 9].into());
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// As [`static_rnn`](crate::nn::static_rnn).
pub fn static_bidirectional_rnn(
    cell_fw: &dyn RNNCell,
    cell_bw: &dyn RNNCell,
    inputs: &[Tensor],
    options: impl FnOnce(RnnOptions) -> RnnOptions,
) -> Result<(Vec<Tensor>, RNNState, RNNState)> {
    let options = options(RnnOptions::default());
    check(inputs)?;
    let scope = options.scope.clone().unwrap_or_else(|| "bidirectional_rnn".to_string());
    facade(|| {
        let (forward, backward) = variable_scope(scope, |_| {
            let one_way = |cell: &dyn RNNCell, inputs: &[Tensor], outer: &VariableScope| {
                // The scope is opened once more, as TensorFlow's function for one direction does.
                variable_scope(outer, |scope| run(cell, inputs, &options, scope))
            };
            let forward = variable_scope("fw", |scope| one_way(cell_fw, inputs, scope))?;
            let backward = variable_scope("bw", |scope| {
                let reversed = reversed(inputs, &options)?;
                one_way(cell_bw, &reversed, scope)
            })?;
            Ok((forward, backward))
        })?;
        let in_order = reversed(&backward.0, &options)?;
        let outputs = forward.0.iter().zip(&in_order).map(|(one, other)| array::concat([one, other], 1));
        Ok((outputs.collect::<Result<Vec<_>>>()?, forward.1, backward.1))
    })
}

/// Keeps the states of a network between runs: each under a name.
pub trait StateSaver {
    /// The state that was kept.
    ///
    /// # Errors
    /// What keeps it from being told.
    fn state(&self, name: &str) -> Result<Tensor>;

    /// The operation that keeps a state.
    ///
    /// # Errors
    /// Those of the graph in force.
    fn save_state(&self, name: &str, value: &Tensor) -> Result<Operation>;
}

/// The outputs of a cell for inputs `[batch, depth]`, one after the other, and its last state: the first state comes from
/// `state_saver`, and the last goes back there before the last output can be had. `state_name` names each tensor of the state.
///
/// Source: `tf.compat.v1.nn.static_state_saving_rnn`.
///
/// # Errors
/// `ValueError` for another number of names than the state has tensors; as [`static_rnn`](crate::nn::static_rnn); what the
/// state saver returns.
pub fn static_state_saving_rnn(
    cell: &dyn RNNCell,
    inputs: &[Tensor],
    state_saver: &dyn StateSaver,
    state_name: &[&str],
    options: impl FnOnce(RnnOptions) -> RnnOptions,
) -> Result<(Vec<Tensor>, RNNState)> {
    let size = cell.state_size();
    let wanted = size.num_tensors();
    ensure!(
        state_name.len() == wanted,
        value,
        "Number of elements in argument `state_name` and `cell.state_size` are mismatched. Received state_name={state_name:?} \
         with {} elements and cell.state_size={size:?} with {wanted} elements.",
        state_name.len()
    );
    facade(|| {
        let states = state_name.iter().map(|name| state_saver.state(name)).collect::<Result<Vec<_>>>()?;
        let first = size.state_of(&mut states.into_iter())?;
        let (mut outputs, state) = static_rnn(cell, inputs, |o| options(o).initial_state(first))?;
        let flat = state.to_flat();
        let saved = state_name.iter().zip(&flat).map(|(name, part)| state_saver.save_state(name, part));
        let saved = saved.collect::<Result<Vec<_>>>()?;
        crate::control_dependencies(&saved, || {
            if let Some(last) = outputs.pop() {
                outputs.push(array::identity(&last)?);
            }
            let state = state.with_flat(flat.iter().map(array::identity).collect::<Result<_>>()?)?;
            Ok((outputs, state))
        })
    })
}

fn check(inputs: &[Tensor]) -> Result<()> {
    ensure!(!inputs.is_empty(), value, "Argument `inputs` must not be empty.");
    for input in inputs {
        if let Some([_, sizes @ ..]) = input.shape().dims()
            && let Some(unknown) = sizes.iter().position(Option::is_none)
        {
            bail!(
                value,
                "Input size (dimension {unknown} of input {input}) must be accessible via shape inference, but saw value \
                 None."
            );
        }
    }
    Ok(())
}

/// The inputs of each sequence from its end.
fn reversed(inputs: &[Tensor], options: &RnnOptions) -> Result<Vec<Tensor>> {
    let Some(lengths) = &options.sequence_length else { return Ok(inputs.iter().rev().cloned().collect()) };
    let joined = array::stack(inputs)?;
    let op = Op::named("ReverseSequence").input(joined).input(lengths);
    let turned = op.attr("seq_dim", 0i64).attr("batch_dim", 1i64).one()?;
    array::unstack(turned)
}

/// How long sequences are.
struct Lengths {
    each: Tensor,
    shortest: Tensor,
    longest: Tensor,
    zero_output: Tensor,
}

impl Lengths {
    fn new(length: &Tensor, cell: &dyn RNNCell, batch_size: &BatchSize, dtype: DType) -> Result<Lengths> {
        ensure!(
            length.rank().is_none_or(|rank| rank == 1),
            value,
            "Argument `sequence_length` must be a vector of length {}. Received sequence_length={length}.",
            match batch_size {
                BatchSize::Known(size) => size.to_string(),
                BatchSize::Tensor(size) => size.to_string(),
            }
        );
        let zero_output = batch_size.zeros(cell.output_size(), dtype)?;
        // TensorFlow makes these to find out what is known of the shape.
        if let Some(batch) = batch_size.known() {
            crate::constant(NdArray::vector(vec![batch as i32]))?;
        }
        crate::constant(NdArray::vector(vec![cell.output_size() as i32]))?;
        let each = crate::cast(length, DType::INT32)?;
        let shortest = crate::reduce_min(&each, (), false)?;
        let longest = crate::reduce_max(&each, (), false)?;
        Ok(Lengths { each, shortest, longest, zero_output })
    }

    /// A step, which nothing is computed for once all sequences are over.
    fn step(
        &self,
        time: i32,
        state: &RNNState,
        call: impl Fn() -> Result<(Tensor, RNNState)>,
    ) -> Result<(Tensor, RNNState)> {
        let flat = |output: &Tensor, state: &RNNState| {
            let mut flat = vec![output.clone()];
            flat.extend(state.to_flat());
            flat
        };
        let over = crate::less_equal(&self.each, time)?;
        let all_over = crate::less_equal(&self.longest, time)?;
        let results = cond(
            all_over,
            || Ok(flat(&self.zero_output, state)),
            || {
                let (output, next) = call()?;
                cond(
                    crate::greater(&self.shortest, time)?,
                    || Ok(flat(&output, &next)),
                    || {
                        let (output, next) = kept(&output, &next, state, &over, &self.zero_output)?;
                        Ok(flat(&output, &next))
                    },
                )
            },
        )?;
        let Some((output, rest)) = results.split_first() else { bail!(internal, "a step gives nothing") };
        set_shape(output, &self.zero_output.shape())?;
        for (new, before) in rest.iter().zip(state.to_flat()) {
            set_shape(new, &before.shape())?;
        }
        Ok((output.clone(), state.clone().with_flat(rest.to_vec())?))
    }
}

fn run(
    cell: &dyn RNNCell,
    inputs: &[Tensor],
    options: &RnnOptions,
    scope: &VariableScope,
) -> Result<(Vec<Tensor>, RNNState)> {
    let Some(first) = inputs.first() else { bail!(internal, "a network has no inputs") };
    if !executing_eagerly() {
        cache_variables(scope)?;
    }
    let batch_size = BatchSize::of(first, 0)?;
    let mut state = first_state(cell, options, &batch_size)?;
    let lengths = match &options.sequence_length {
        None => None,
        Some(length) => {
            let of_state = || state.to_flat().first().map(|part| part.dtype().base());
            let dtype = options.dtype.or_else(of_state).unwrap_or(DType::FLOAT32);
            Some(Lengths::new(length, cell, &batch_size, dtype)?)
        }
    };
    let mut outputs = Vec::with_capacity(inputs.len());
    for (time, input) in (0i32..).zip(inputs) {
        if time > 0 {
            get_variable_scope().reuse_variables();
        }
        let call = || cell.call(input, &state);
        let (output, next) = match &lengths {
            Some(lengths) => lengths.step(time, &state, call)?,
            None => call()?,
        };
        outputs.push(output);
        state = next;
    }
    Ok((outputs, state))
}
