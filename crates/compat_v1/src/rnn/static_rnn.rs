//! `static_rnn`: a cell run over sequences step by step, each with nodes of its own.

use super::cells::RNNCell;
use super::dynamic::{RnnOptions, cache_variables, first_state};
use super::state::{BatchSize, RNNState};
use crate::mode::{executing_eagerly, facade};
use crate::scopes::{get_variable_scope, variable_scope};
use ferroflow_core::{Result, Tensor, bail};

/// The outputs of a cell for inputs `[batch, depth]`, one after the other, and its last state.
///
/// Source: `tf.compat.v1.nn.static_rnn`.
///
/// # Errors
/// `ValueError` without inputs, for inputs of unknown depth, and without both a first state and a dtype; `Unimplemented`
/// for sequences of different lengths; what the cell returns.
pub fn static_rnn(
    cell: &dyn RNNCell,
    inputs: &[Tensor],
    options: impl FnOnce(RnnOptions) -> RnnOptions,
) -> Result<(Vec<Tensor>, RNNState)> {
    let options = options(RnnOptions::default());
    let Some(first) = inputs.first() else { bail!(value, "Argument `inputs` must not be empty.") };
    if options.sequence_length.is_some() {
        bail!(unimplemented, "static_rnn with sequence_length");
    }
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
    let scope = options.scope.clone().unwrap_or_else(|| "rnn".to_string());
    facade(|| {
        variable_scope(scope, |scope| {
            if !executing_eagerly() {
                cache_variables(scope)?;
            }
            let batch_size = BatchSize::of(first, 0)?;
            let mut state = first_state(cell, &options, &batch_size)?;
            let mut outputs = Vec::with_capacity(inputs.len());
            for (time, input) in inputs.iter().enumerate() {
                if time > 0 {
                    get_variable_scope().reuse_variables();
                }
                let (output, next) = cell.call(input, &state)?;
                outputs.push(output);
                state = next;
            }
            Ok((outputs, state))
        })
    })
}
