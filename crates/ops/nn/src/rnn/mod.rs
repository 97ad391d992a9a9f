//! Cells of recurrent networks as single ops: LSTM and GRU.

mod cell;
pub(crate) mod gru;
pub(crate) mod lstm_block;
pub(crate) mod lstm_cell;
