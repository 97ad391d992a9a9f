//! `assert_equal` and its siblings, which give the operation that a program has to depend on.

use crate::mode::facade;
use ferroflow_core::{IntoOperand, IntoOperands, Result, context};
use ferroflow_graph::{Graph, Operation};
use ferroflow_ops::composites;

/// The operation of the assertion that `f` adds to the graph in force; none in eager mode, where the check is over.
pub(crate) fn check(f: impl FnOnce() -> Result<()>) -> Result<Option<Operation>> {
    facade(|| {
        let checks = context::checks_of(f)?;
        Ok(Graph::current().zip(checks.last()).map(|(graph, check)| graph.operation(*check)))
    })
}

/// Checks that a condition holds; where it does not, the message shows the first `summarize` elements of each tensor of
/// `data`.
///
/// The operation fails where it does not hold; `None` in eager mode. As in TensorFlow, where it would show what may lie
/// on another device than the CPU, the check stands in a conditional.
///
/// Source: `tf.compat.v1.Assert`.
///
/// ```
/// use ferroflow_compat_v1::{self as tf, feeds};
/// let x = tf::placeholder(tf::float32, ())?;
/// let positive = tf::Assert(tf::greater(&x, 0.0)?, [&x], None)?;
/// let root = tf::control_dependencies(positive, || tf::sqrt(&x))?;
/// let sess = tf::Session::new()?;
/// assert_eq!(sess.run_feed(&root, feeds![&x => 4.0])?.item::<f32>()?, 2.0);
/// let error = sess.run_feed(&root, feeds![&x => -1.0]).unwrap_err();
/// assert!(error.message().starts_with("assertion failed: [-1]"));
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// In eager mode `InvalidArgument` where the condition does not hold.
#[allow(non_snake_case)]
pub fn Assert(
    condition: impl IntoOperand,
    data: impl IntoOperands,
    summarize: Option<i64>,
) -> Result<Option<Operation>> {
    check(|| ferroflow_ops_control::Assert(condition, data, summarize))
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
