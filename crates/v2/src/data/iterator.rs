//! Iteration over the elements of a dataset.

use super::Dataset;
use crate::Nest;
use ferroflow_core::{Env, Error, NdArray, Result, Tensor, bail, context};
use ferroflow_data::{Context, Functions, Place, Stream, from_variant};
use std::sync::Arc;

/// The elements of a dataset, one after the other, as eager tensors.
pub struct DatasetIterator<E> {
    stream: Box<dyn Stream>,
    functions: Functions,
    env: Arc<Env>,
    structure: Arc<E>,
}

impl<E: Nest> DatasetIterator<E> {
    /// The next element.
    ///
    /// # Errors
    /// `OutOfRange` at the end; what the element's transformations return.
    pub fn get_next(&mut self) -> Result<E> {
        self.next().unwrap_or_else(|| Err(Error::out_of_range("End of sequence")))
    }
}

impl<E: Nest> Iterator for DatasetIterator<E> {
    type Item = Result<E>;

    /// The next element, or why it could not be made; the elements behind that one can still be asked for.
    fn next(&mut self) -> Option<Result<E>> {
        let element = self.stream.next(Context { env: &self.env, functions: &self.functions }).transpose()?;
        Some(element.and_then(|arrays| self.structure.rebuild(&mut arrays.into_iter().map(Tensor::from))))
    }
}

impl<E: Nest> Dataset<E> {
    /// The elements, one after the other.
    ///
    /// # Errors
    /// `RuntimeError` for a dataset of a graph; what opening it returns.
    pub fn iter(&self) -> Result<DatasetIterator<E>> {
        if !self.variant().is_eager() {
            bail!(
                runtime,
                "`tf.data.Dataset` only supports Python-style iteration in eager mode or within tf.function."
            );
        }
        let env = context::eager_env();
        let dataset = from_variant(self.variant().value()?)?;
        let functions = Functions::default();
        let cx = Context { env: &env, functions: &functions };
        let stream = dataset.stream(&Place { prefix: "Iterator::Root", cx })?;
        Ok(DatasetIterator { stream, functions, env, structure: self.shared_structure().clone() })
    }

    /// The components of the elements as arrays.
    ///
    /// # Errors
    /// As [`Dataset::iter`].
    pub fn as_numpy_iterator(&self) -> Result<impl Iterator<Item = Result<Vec<NdArray>>>> {
        let elements = self.iter()?;
        Ok(elements.map(|element| element?.to_flat().iter().map(Tensor::numpy).collect()))
    }
}

/// What a loop over a dataset goes through: where it cannot be opened, the error is the only item.
pub enum Elements<E> {
    /// The elements.
    Open(DatasetIterator<E>),
    /// Why there are none.
    Failed(Option<Error>),
}

impl<E: Nest> Iterator for Elements<E> {
    type Item = Result<E>;

    fn next(&mut self) -> Option<Result<E>> {
        match self {
            Elements::Open(elements) => elements.next(),
            Elements::Failed(error) => error.take().map(Err),
        }
    }
}

impl<E: Nest> IntoIterator for &Dataset<E> {
    type Item = Result<E>;
    type IntoIter = Elements<E>;

    fn into_iter(self) -> Elements<E> {
        match self.iter() {
            Ok(elements) => Elements::Open(elements),
            Err(error) => Elements::Failed(Some(error)),
        }
    }
}
