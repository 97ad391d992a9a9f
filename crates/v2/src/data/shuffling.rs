//! Elements in a random order.

use super::Dataset;
use super::sources::{int64, named};
use crate::Nest;
use ferroflow_core::{IntoOperand, NdArray, Op, Result, Tensor, context, options};
use ferroflow_ops_random::get_seed;

options! {
    /// Optional arguments of [`Dataset::shuffle_with`].
    pub struct ShuffleOptions {
        /// The seed of this op, beside the global one.
        seed: Option<i64> = None,
        /// Whether every iteration has an order of its own.
        reshuffle_each_iteration: bool = true,
    }
}

impl<E: Nest> Dataset<E> {
    /// The elements in a random order: each is chosen from a buffer of the `buffer_size` that come next.
    ///
    /// With the seeds of a TensorFlow program the order is TensorFlow's.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let shuffled = tf::data::Dataset::range(5)?.shuffle_with(5, |o| o.seed(3))?;
    /// let order: Vec<String> =
    ///     shuffled.iter()?.map(|number| Ok(number?.to_string())).collect::<tf::Result<_>>()?;
    /// assert_eq!(order.join(" "), "4 3 2 1 0");
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for a size that is neither positive nor [`UNKNOWN_CARDINALITY`](super::UNKNOWN_CARDINALITY).
    pub fn shuffle(&self, buffer_size: impl IntoOperand) -> Result<Dataset<E>> {
        self.shuffle_with(buffer_size, |options| options)
    }

    /// The same with a seed, or with one order for all iterations.
    ///
    /// # Errors
    /// As [`Dataset::shuffle`].
    pub fn shuffle_with(
        &self,
        buffer_size: impl IntoOperand,
        options: impl FnOnce(ShuffleOptions) -> ShuffleOptions,
    ) -> Result<Dataset<E>> {
        let options = options(ShuffleOptions::default());
        self.scoped(|| {
            let buffer_size = int64("buffer_size", buffer_size)?;
            let (seed, seed2) = seeds(options.seed)?;
            // In a graph that no function is made of, TensorFlow's older op stands.
            let in_graph = context::current_graph().is_some_and(|graph| !graph.builds_function());
            let op = self.op(if in_graph { "ShuffleDataset" } else { "ShuffleDatasetV3" });
            let mut op = op.input(buffer_size).input(seed).input(seed2);
            if !in_graph {
                op = op.input(Op::named("DummySeedGenerator").one()?);
            }
            self.like(op.attr("reshuffle_each_iteration", options.reshuffle_each_iteration))
        })
    }
}

/// The seeds of an op as tensors, with the nodes that TensorFlow adds for them.
pub(super) fn seeds(own: Option<i64>) -> Result<(Tensor, Tensor)> {
    let (seed, seed2) = get_seed(own);
    let none = (seed, seed2) == (0, 0);
    let seed = int64("seed", seed)?;
    if none || context::executing_eagerly() {
        return Ok((seed, int64("seed2", seed2)?));
    }
    let seed2 = context::name_scope_for_op("seed2", |scope| {
        let second = named("Const", NdArray::scalar(seed2))?;
        let zero = |seed: &Tensor| Op::named("Equal").input(seed).input(NdArray::scalar(0i64)).one();
        let (first_zero, second_zero) = (zero(&seed)?, zero(&second)?);
        let both = Op::named("LogicalAnd").input(first_zero).input(second_zero).one()?;
        let instead = named("Const", NdArray::scalar(i64::from(i32::MAX)))?;
        Op::named("SelectV2").input(both).input(instead).input(second).name(scope).one()
    })?;
    Ok((seed, seed2))
}
