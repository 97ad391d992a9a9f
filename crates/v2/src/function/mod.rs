//! Functions: Rust code run once on symbolic tensors, and called as a graph from then on.

mod arguments;
mod cache;
mod concrete;
mod polymorphic;
mod traceable;

pub use arguments::{Arguments, Many, Single};
pub use concrete::ConcreteFunction;
pub use polymorphic::{Function, FunctionOptions, function, function_with};
pub use traceable::{Positional, Traceable};
