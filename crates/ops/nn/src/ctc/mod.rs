//! Connectionist temporal classification: the loss of label sequences without alignment, and its decoders.

pub(crate) mod beam_search;
pub(crate) mod decoding;
pub(crate) mod functions;
pub(crate) mod loss;
pub(crate) mod paths;
