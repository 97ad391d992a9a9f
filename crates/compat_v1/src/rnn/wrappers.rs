//! Cells around other cells: `MultiRNNCell`, `DropoutWrapper`, `ResidualWrapper`.

use super::cells::RNNCell;
use super::state::{BatchSize, RNNState, StateSize};
use crate::layers::{KeptScope, LayerName};
use crate::mode::facade;
use crate::scopes::{Reuse, get_variable_scope, variable_scope};
use ferroflow_core::{DType, Result, Tensor, context, ensure, options};
use ferroflow_v2::Nest;

/// Cells one behind the other: each takes the output of the one before.
///
/// Source: `tf.compat.v1.nn.rnn_cell.MultiRNNCell`.
pub struct MultiRNNCell {
    cells: Vec<Box<dyn RNNCell>>,
    scope: KeptScope,
}

impl MultiRNNCell {
    /// Such a cell.
    ///
    /// # Errors
    /// `ValueError` without cells.
    pub fn new(cells: Vec<Box<dyn RNNCell>>) -> Result<MultiRNNCell> {
        ensure!(!cells.is_empty(), value, "Must specify at least one cell for MultiRNNCell.");
        Ok(MultiRNNCell { cells, scope: KeptScope::default() })
    }
}

impl RNNCell for MultiRNNCell {
    fn state_size(&self) -> StateSize {
        StateSize::Tuple(self.cells.iter().map(|cell| cell.state_size()).collect())
    }

    fn output_size(&self) -> usize {
        self.cells.last().map_or(0, |cell| cell.output_size())
    }

    fn type_name(&self) -> &'static str {
        "MultiRNNCell"
    }

    fn zero_state(&self, batch_size: &BatchSize, dtype: DType) -> Result<RNNState> {
        facade(|| {
            context::name_scope("MultiRNNCellZeroState", || {
                let states = self.cells.iter().map(|cell| cell.zero_state(batch_size, dtype));
                Ok(RNNState::Tuple(states.collect::<Result<_>>()?))
            })
        })
    }

    fn call(&self, inputs: &Tensor, state: &RNNState) -> Result<(Tensor, RNNState)> {
        let states = state.tuple()?;
        ensure!(
            states.len() == self.cells.len(),
            value,
            "Expected a state of {} cells, but received one of {}.",
            self.cells.len(),
            states.len()
        );
        let run = || {
            let (mut current, mut next) = (inputs.clone(), Vec::with_capacity(states.len()));
            for (index, (cell, state)) in self.cells.iter().zip(states).enumerate() {
                let (output, state) =
                    variable_scope(format!("cell_{index}"), |_| cell.call(&current, state))?;
                current = output;
                next.push(state);
            }
            Ok((current, RNNState::Tuple(next)))
        };
        facade(|| {
            variable_scope(&get_variable_scope(), |_| {
                self.scope.enter("multi_rnn_cell", &LayerName::default(), Reuse::Inherit, run)
            })
        })
    }
}

options! {
    /// Optional arguments of [`DropoutWrapper`].
    pub struct DropoutOptions {
        /// How many of the inputs are kept.
        input_keep_prob: f64 = 1.0,
        /// How many of the outputs are kept.
        output_keep_prob: f64 = 1.0,
        /// How many of the numbers in the state are kept; an LSTM's memory stays as it is.
        state_keep_prob: f64 = 1.0,
        /// What the drawn numbers depend on.
        seed: Option<i64> = None,
    }
}

/// A cell with dropout of inputs, outputs and states.
///
/// Source: `tf.compat.v1.nn.rnn_cell.DropoutWrapper`.
///
/// Differs from TensorFlow: all three take the seed as it is, where TensorFlow derives one for each.
pub struct DropoutWrapper<C> {
    cell: C,
    options: DropoutOptions,
}

impl<C: RNNCell> DropoutWrapper<C> {
    /// Such a cell.
    ///
    /// # Errors
    /// `ValueError` for a probability that is not in [0, 1].
    pub fn new(cell: C, options: impl FnOnce(DropoutOptions) -> DropoutOptions) -> Result<DropoutWrapper<C>> {
        let options = options(DropoutOptions::default());
        let named = [
            ("input_keep_prob", options.input_keep_prob),
            ("state_keep_prob", options.state_keep_prob),
            ("output_keep_prob", options.output_keep_prob),
        ];
        for (name, probability) in named {
            ensure!(
                (0.0..=1.0).contains(&probability),
                value,
                "Parameter {name} must be between 0 and 1. Received {probability}"
            );
        }
        Ok(DropoutWrapper { cell, options })
    }

    fn dropped(&self, x: &Tensor, keep_prob: f64) -> Result<Tensor> {
        match keep_prob < 1.0 {
            true => ferroflow_ops::composites::dropout(x, 1.0 - keep_prob, self.options.seed),
            false => Ok(x.clone()),
        }
    }

    fn dropped_state(&self, state: &RNNState) -> Result<RNNState> {
        Ok(match state {
            RNNState::Tensor(tensor) => RNNState::Tensor(self.dropped(tensor, self.options.state_keep_prob)?),
            RNNState::Lstm(state) => {
                let mut state = state.clone();
                state.h = self.dropped(&state.h, self.options.state_keep_prob)?;
                RNNState::Lstm(state)
            }
            RNNState::Tuple(states) => {
                RNNState::Tuple(states.iter().map(|state| self.dropped_state(state)).collect::<Result<_>>()?)
            }
        })
    }
}

impl<C: RNNCell> RNNCell for DropoutWrapper<C> {
    fn state_size(&self) -> StateSize {
        self.cell.state_size()
    }

    fn output_size(&self) -> usize {
        self.cell.output_size()
    }

    fn type_name(&self) -> &'static str {
        "DropoutWrapper"
    }

    fn zero_state(&self, batch_size: &BatchSize, dtype: DType) -> Result<RNNState> {
        facade(|| context::name_scope("DropoutWrapperZeroState", || self.cell.zero_state(batch_size, dtype)))
    }

    fn call(&self, inputs: &Tensor, state: &RNNState) -> Result<(Tensor, RNNState)> {
        facade(|| {
            let inputs = self.dropped(inputs, self.options.input_keep_prob)?;
            let (output, mut next) = self.cell.call(&inputs, state)?;
            if self.options.state_keep_prob < 1.0 {
                next = self.dropped_state(&next)?;
            }
            Ok((self.dropped(&output, self.options.output_keep_prob)?, next))
        })
    }
}

/// A cell whose inputs are added to its outputs.
///
/// Source: `tf.compat.v1.nn.rnn_cell.ResidualWrapper`.
pub struct ResidualWrapper<C> {
    cell: C,
}

impl<C: RNNCell> ResidualWrapper<C> {
    /// Such a cell.
    pub fn new(cell: C) -> ResidualWrapper<C> {
        ResidualWrapper { cell }
    }
}

impl<C: RNNCell> RNNCell for ResidualWrapper<C> {
    fn state_size(&self) -> StateSize {
        self.cell.state_size()
    }

    fn output_size(&self) -> usize {
        self.cell.output_size()
    }

    fn type_name(&self) -> &'static str {
        "ResidualWrapper"
    }

    fn zero_state(&self, batch_size: &BatchSize, dtype: DType) -> Result<RNNState> {
        facade(|| context::name_scope("ResidualWrapperZeroState", || self.cell.zero_state(batch_size, dtype)))
    }

    fn call(&self, inputs: &Tensor, state: &RNNState) -> Result<(Tensor, RNNState)> {
        facade(|| {
            let (output, next) = self.cell.call(inputs, state)?;
            ensure!(
                inputs.shape().is_compatible_with(&output.shape()),
                value,
                "The two structures don't have the same shapes: inputs {}, outputs {}",
                inputs.shape(),
                output.shape()
            );
            Ok((inputs.with_flat(vec![(inputs + output)?])?, next))
        })
    }
}
