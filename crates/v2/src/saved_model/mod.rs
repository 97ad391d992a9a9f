//! `tf.saved_model`: models as directories that other programs load and call.

mod captures;
mod function;
mod load;
mod loaded_function;
mod nested;
mod object_messages;
mod renamed;
mod save;
mod saver_nodes;
mod signature;
mod structure;

pub use function::SavedFunction;
pub(crate) use load::LoadedObject;
pub use load::{LoadedModel, contains_saved_model, load, load_with_tags};
pub use loaded_function::LoadedFunction;
pub use nested::Nested;
pub use save::save;
