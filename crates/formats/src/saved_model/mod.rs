//! SavedModels and meta graphs: what to feed, what to fetch, and where the values of variables lie.

mod bundle;
mod loader;
mod meta_graph;
mod restore;
mod runner;
mod signature;
mod tracer;
mod writer;

pub use bundle::{SavedModelBundle, restore};
pub use loader::SavedModel;
pub use meta_graph::{Asset, MetaGraph};
pub use restore::VariableSource;
pub use runner::SignatureRunner;
pub use signature::{Encoding, Signature, TensorInfo};
pub use writer::SavedModelWriter;
