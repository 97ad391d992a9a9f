//! `assert_equal` and its siblings, which give the operation that a program has to depend on.

use crate::mode::facade;
use ferroflow_core::{IntoOperand, Result};
use ferroflow_graph::{Graph, Operation};
use ferroflow_ops::composites;

/// The `Assert` that `f` adds to the graph in force; none in eager mode, where the check is over.
fn check(f: impl FnOnce() -> Result<()>) -> Result<Option<Operation>> {
    facade(|| {
        let Some(graph) = Graph::current() else { return f().map(|()| None) };
        let before = graph.num_nodes();
        f()?;
        let mut added = (before..graph.num_nodes()).rev().map(|id| graph.operation(id));
        Ok(added.find(|operation| operation.op_type() == "Assert"))
    })
}

macro_rules! assertions {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $($(#[$doc])*
        ///
        /// The operation fails where it does not hold; `None` in eager mode.
        ///
        #[doc = concat!("Source: `tf.compat.v1.", stringify!($name), "`.")]
        ///
        /// # Errors
        /// In eager mode `InvalidArgument`, which begins with the message.
        pub fn $name(x: impl IntoOperand, y: impl IntoOperand, message: &str) -> Result<Option<Operation>> {
            check(|| composites::$name(x, y, message))
        })*
    };
}

assertions! {
    /// Checks that both are equal, element by element.
    assert_equal;
    /// Checks that both differ, element by element.
    assert_none_equal;
    /// Checks that `x` is less, element by element.
    assert_less;
    /// Checks that `x` is less or equal, element by element.
    assert_less_equal;
    /// Checks that `x` is greater, element by element.
    assert_greater;
    /// Checks that `x` is greater or equal, element by element.
    assert_greater_equal;
}
