//! `reduce_sum` and its siblings: the public functions of reductions.

use super::ops;
use crate::Axes;
use ferroflow_core::{IntoOperand, Op, OpDef, Result, Tensor, context, options};

options! {
    /// Optional arguments of reductions.
    pub struct ReduceOptions {
        /// Whether reduced axes stay, with size 1.
        keepdims: bool = false,
    }
}

fn reduce(
    def: &'static OpDef,
    input: impl IntoOperand,
    axis: impl Into<Axes>,
    options: impl FnOnce(ReduceOptions) -> ReduceOptions,
) -> Result<Tensor> {
    // The name is the reduction's, not that of the constant which holds the axes.
    let name = context::take_name();
    let (input, axis) = (input.into_operand()?, axis.into());
    let axes = axis.operand_for(&input)?;
    let keepdims = options(ReduceOptions::default()).keepdims;
    let reduce = || Op::new(def).input(input).input(axes).attr("keep_dims", keepdims).one();
    match name {
        Some(name) => context::with_name(&name, reduce),
        None => reduce(),
    }
}

macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident $with:ident $static:ident $tf:literal;)*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `tf.math.", stringify!($name), "` (op `", $tf, "`).")]
        ///
        /// # Errors
        /// `InvalidArgument` for an axis that the input does not have, or that is listed twice.
        pub fn $name(input: impl IntoOperand, axis: impl Into<Axes>) -> Result<Tensor> {
            reduce(&ops::$static, input, axis, |options| options)
        }

        #[doc = concat!("[`", stringify!($name), "`] with optional arguments.")]
        ///
        /// # Errors
        #[doc = concat!("As [`", stringify!($name), "`].")]
        pub fn $with(
            input: impl IntoOperand,
            axis: impl Into<Axes>,
            options: impl FnOnce(ReduceOptions) -> ReduceOptions,
        ) -> Result<Tensor> {
            reduce(&ops::$static, input, axis, options)
        })*
    };
}

reductions! {
    /// The sum of elements along axes; `()` stands for all of them.
    ///
    /// ```
    /// use ferroflow_ops_math::{reduce_sum, reduce_sum_with};
    /// let x = [[1, 2], [3, 4]];
    /// assert_eq!(reduce_sum(x, ())?.numpy()?.as_slice::<i32>()?, [10]);
    /// assert_eq!(reduce_sum(x, 0)?.numpy()?.as_slice::<i32>()?, [4, 6]);
    /// let kept = reduce_sum_with(x, [1], |o| o.keepdims(true))?;
    /// assert_eq!(kept.shape(), [2, 1].into());
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    reduce_sum reduce_sum_with SUM "Sum";
    /// The product of elements along axes.
    reduce_prod reduce_prod_with PROD "Prod";
    /// The largest element along axes; NaN wherever there is one.
    reduce_max reduce_max_with MAX "Max";
    /// The smallest element along axes; NaN wherever there is one.
    reduce_min reduce_min_with MIN "Min";
    /// The mean of elements along axes; that of integers is an integer.
    reduce_mean reduce_mean_with MEAN "Mean";
    /// Whether all elements along axes are true.
    reduce_all reduce_all_with ALL "All";
    /// Whether any element along axes is true.
    reduce_any reduce_any_with ANY "Any";
    /// The square root of the sum of squares along axes.
    reduce_euclidean_norm reduce_euclidean_norm_with EUCLIDEAN_NORM "EuclideanNorm";
}
