//! `tf.saved_model`: models as directories that other programs load and call.

mod captures;
mod function;
pub(crate) mod load;
mod loaded_function;
mod loader;
mod nested;
mod object_messages;
mod renamed;
pub(crate) mod save;
mod saver_nodes;
mod signature;
mod structure;

pub use function::SavedFunction;
pub(crate) use load::LoadedObject;
pub use load::{LoadOptions, LoadedModel};
pub use loaded_function::LoadedFunction;
pub use nested::Nested;
pub(crate) use structure::dataset_spec;
