//! What a whole dataset comes to.

use super::dataset::function_attr;
use super::{Components, Dataset, INFINITE_CARDINALITY};
use crate::Nest;
use ferroflow_core::{Op, Result, Tensor, bail};

impl<E: Nest> Dataset<E> {
    /// A state that every element has changed in its turn.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let sum = tf::data::Dataset::range(5)?.reduce(0i64, |sum, x| sum + x)?;
    /// assert_eq!(sum.numpy()?.item::<i64>()?, 10);
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// `TypeError` when the state changes its dtypes; what the closure and the elements return.
    pub fn reduce<M, C: Components<M>>(
        &self,
        initial_state: C,
        reduce_func: impl Fn(C::Element, E) -> Result<C::Element>,
    ) -> Result<C::Element> {
        self.scoped(|| {
            let (initial, traced) = self.trace_with_state(initial_state, reduce_func)?;
            let op = Op::named("ReduceDataset")
                .input(self.variant())
                .inputs(initial.to_flat())
                .inputs(traced.function.captures())
                .attr("f", function_attr(&traced.function))
                .attr("output_types", traced.specs.types.clone())
                .attr("output_shapes", traced.specs.shapes.clone());
            initial.with_flat(op.all()?)
        })
    }

    /// The only element.
    ///
    /// # Errors
    /// `InvalidArgument` unless there is exactly one.
    pub fn get_single_element(&self) -> Result<E> {
        self.scoped(|| {
            let op = Op::named("DatasetToSingleElement").input(self.variant());
            let op = op
                .attr("output_types", self.specs().types.clone())
                .attr("output_shapes", self.specs().shapes.clone());
            self.structure().with_flat(op.all()?)
        })
    }

    /// The number of elements, a scalar of dtype `int64`: [`INFINITE_CARDINALITY`], or
    /// [`UNKNOWN_CARDINALITY`](super::UNKNOWN_CARDINALITY) where only iterating tells it.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn cardinality(&self) -> Result<Tensor> {
        self.scoped(|| Op::named("DatasetCardinality").input(self.variant()).one())
    }

    /// The number of elements, where it is known (`len(dataset)`).
    ///
    /// # Errors
    /// `TypeError` where it is not, or is infinite.
    pub fn len(&self) -> Result<usize> {
        let count = self.cardinality()?.value()?.item::<i64>()?;
        match usize::try_from(count) {
            Ok(count) => Ok(count),
            Err(_) if count == INFINITE_CARDINALITY => bail!(type_error, "The dataset is infinite."),
            Err(_) => bail!(type_error, "The dataset length is unknown."),
        }
    }

    /// Whether there is no element.
    ///
    /// # Errors
    /// As [`Dataset::len`].
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }
}
