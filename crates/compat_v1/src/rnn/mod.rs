//! Recurrent networks: cells and what runs them over time.

pub(crate) mod bidirectional;
pub(crate) mod cells;
pub(crate) mod dynamic;
pub(crate) mod gated_cells;
pub(crate) mod raw;
pub(crate) mod state;
pub(crate) mod static_rnn;
pub(crate) mod wrappers;

pub use bidirectional::BidirectionalOutputs;
pub use cells::BasicRNNCellOptions;
pub use dynamic::RnnOptions;
pub use gated_cells::{BasicLSTMCellOptions, GRUCellOptions, LSTMCellOptions};
pub use raw::{RawRnnOptions, RawStep};
pub use state::{BatchSize, RNNState, StateSize};
pub use static_rnn::StateSaver;
pub use wrappers::DropoutOptions;

use ferroflow_core::{PartialShape, Result, Tensor};

/// Adds to what is known of a tensor's shape.
pub(crate) fn set_shape(tensor: &Tensor, shape: &PartialShape) -> Result<()> {
    match tensor {
        Tensor::Symbolic(symbolic) => {
            symbolic.graph().set_output_shape(symbolic.node(), symbolic.index(), shape)
        }
        Tensor::Eager(_) => Ok(()),
    }
}
