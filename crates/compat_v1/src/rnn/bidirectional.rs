//! Two cells over the same sequences, one of them from their ends.

use super::cells::RNNCell;
use super::dynamic::{RnnOptions, run};
use super::state::RNNState;
use crate::mode::{executing_eagerly, facade};
use crate::scopes::variable_scope;
use ferroflow_core::{IntoOperand, Op, Result, Tensor, bail, convert_to_tensor};
use ferroflow_ops_array as array;

/// What two cells give: outputs at each step, and last states.
#[derive(Clone, Debug)]
pub struct BidirectionalOutputs {
    /// The outputs of the cell that goes forwards, and of the one that goes backwards.
    pub outputs: (Tensor, Tensor),
    /// Their last states.
    pub output_states: (RNNState, RNNState),
}

/// The outputs of two cells at each step, and their last states: one goes through the sequences from their starts, the
/// other from their ends. An initial state in the options is that of both.
///
/// Source: `tf.compat.v1.nn.bidirectional_dynamic_rnn`.
///
/// # Errors
/// As [`dynamic_rnn`](crate::nn::dynamic_rnn).
pub fn bidirectional_dynamic_rnn(
    cell_fw: &dyn RNNCell,
    cell_bw: &dyn RNNCell,
    inputs: impl IntoOperand,
    options: impl FnOnce(RnnOptions) -> RnnOptions,
) -> Result<BidirectionalOutputs> {
    let (inputs, options) = (inputs.into_operand()?, options(RnnOptions::default()));
    let scope = options.scope.clone().unwrap_or_else(|| "bidirectional_rnn".to_string());
    facade(|| {
        if executing_eagerly() {
            bail!(unimplemented, "bidirectional_dynamic_rnn in eager mode");
        }
        let inputs = convert_to_tensor(inputs, None)?;
        let (forward, backward) = variable_scope(scope, |_| {
            let one_way = |cell: &dyn RNNCell, inputs: &Tensor, outer: &crate::scopes::VariableScope| {
                // The scope is opened once more, as TensorFlow's function for one direction does.
                variable_scope(outer, |scope| run(cell, inputs, &options, scope))
            };
            let forward = variable_scope("fw", |scope| one_way(cell_fw, &inputs, scope))?;
            let backward = variable_scope("bw", |scope| {
                let reversed = reverse(&inputs, &options)?;
                one_way(cell_bw, &reversed, scope)
            })?;
            Ok((forward, backward))
        })?;
        let reversed = reverse(&backward.0, &options)?;
        Ok(BidirectionalOutputs { outputs: (forward.0, reversed), output_states: (forward.1, backward.1) })
    })
}

fn reverse(x: &Tensor, options: &RnnOptions) -> Result<Tensor> {
    let (time, batch) = if options.time_major { (0i64, 1i64) } else { (1, 0) };
    match &options.sequence_length {
        Some(lengths) => Op::named("ReverseSequence")
            .input(x)
            .input(lengths)
            .attr("seq_dim", time)
            .attr("batch_dim", batch)
            .one(),
        None => array::reverse(x, [time as i32]),
    }
}
