//! `assert_equal` and its siblings, which give the operation that a program has to depend on.

use crate::mode::facade;
use ferroflow_core::{IntoOperand, IntoOperands, Result, Tensor, context};
use ferroflow_graph::{Graph, Operation};
use ferroflow_ops::composites::{self, AssertNearOptions, SizeSymbol};

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

/// Checks that both are nearly equal, element by element: within ten steps of their dtype.
///
/// The operation fails where it does not hold; `None` in eager mode.
///
/// Source: `tf.compat.v1.assert_near`.
///
/// # Errors
/// In eager mode `InvalidArgument`.
pub fn assert_near(x: impl IntoOperand, y: impl IntoOperand) -> Result<Option<Operation>> {
    assert_near_with(x, y, |options| options)
}

/// [`assert_near`] within other bounds.
///
/// # Errors
/// As [`assert_near`].
pub fn assert_near_with(
    x: impl IntoOperand,
    y: impl IntoOperand,
    options: impl FnOnce(AssertNearOptions) -> AssertNearOptions,
) -> Result<Option<Operation>> {
    check(|| composites::assert_near_with(x, y, options))
}

macro_rules! sign_checks {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $($(#[$doc])*
        ///
        /// The operation fails where it does not hold; `None` in eager mode.
        ///
        #[doc = concat!("Source: `tf.compat.v1.", stringify!($name), "`.")]
        ///
        /// # Errors
        /// In eager mode `InvalidArgument`, which begins with the message.
        pub fn $name(x: impl IntoOperand, message: &str) -> Result<Option<Operation>> {
            check(|| composites::$name(x, message))
        })*
    };
}

sign_checks! {
    /// Checks that every element is above 0.
    assert_positive;
    /// Checks that every element is below 0.
    assert_negative;
    /// Checks that no element is below 0.
    assert_non_negative;
    /// Checks that no element is above 0.
    assert_non_positive;
}

macro_rules! static_checks {
    ($($(#[$doc:meta])* $name:ident($x:ident $(, $argument:ident: $ty:ty)*);)*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `tf.compat.v1.", stringify!($name), "`.")]
        ///
        /// # Errors
        /// `ValueError` or `TypeError`, which begins with the message, where it does not hold; `Unimplemented` where that
        /// is not known before the graph runs.
        pub fn $name($x: impl IntoOperand, $($argument: $ty,)* message: &str) -> Result<()> {
            facade(|| composites::$name($x, $($argument,)* message))
        })*
    };
}

static_checks! {
    /// Checks that the elements are integers.
    assert_integer(x);
    /// Checks that a tensor has no dimensions.
    assert_scalar(tensor);
    /// Checks that a tensor has this rank.
    assert_rank(x, rank: usize);
    /// Checks that a tensor has this rank, or a higher one.
    assert_rank_at_least(x, rank: usize);
    /// Checks that a tensor has one of these ranks.
    assert_rank_in(x, ranks: &[usize]);
}

/// Checks that tensors have these shapes, in which a name stands for one size wherever it is found.
///
/// Source: `tf.compat.v1.debugging.assert_shapes`.
///
/// # Errors
/// As the other checks of shapes.
pub fn assert_shapes(shapes: &[(Tensor, Vec<SizeSymbol>)], message: &str) -> Result<()> {
    facade(|| composites::assert_shapes(shapes, message))
}
