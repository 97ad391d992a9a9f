//! Iteration over the elements of a dataset.

use super::Dataset;
use crate::{Children, Identity, Nest, ObjectState, Prepared, ReadState, Trackable};
use ferroflow_core::{DType, Env, Error, NdArray, Result, TString, Tensor, bail, context};
use ferroflow_data::{Running, from_variant};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The elements of a dataset, one after the other, as eager tensors.
///
/// An iterator is trackable: [`Checkpoint`](crate::train::Checkpoint) saves its place, and restores it to the same next
/// element. The elements before are made again and passed over, and seeds that were drawn are drawn again, so that shuffled
/// elements come in the same order; random numbers without seeds in closures are others. Iterators of TensorFlow's
/// checkpoints cannot be restored here, nor ours there.
///
/// ```
/// use ferroflow_v2 as tf;
/// let numbers = tf::data::Dataset::range(100)?.shuffle(50)?;
/// let directory = std::env::temp_dir().join(format!("iterators-{}", std::process::id()));
/// let mut iterator = numbers.iter()?;
/// iterator.get_next()?;
/// let checkpoint = tf::train::Checkpoint::new().track("iterator", iterator.place());
/// let path = checkpoint.save(directory.join("ckpt"))?;
/// let second = iterator.get_next()?.to_string();
/// checkpoint.restore(path)?.assert_consumed()?;
/// assert_eq!(iterator.get_next()?.to_string(), second);
/// # std::fs::remove_dir_all(directory).unwrap();
/// # Ok::<(), tf::Error>(())
/// ```
pub struct DatasetIterator<E> {
    place: IteratorPlace,
    structure: Arc<E>,
}

/// The place of an iterator, for checkpoints: what [`DatasetIterator::place`] gives.
#[derive(Clone)]
pub struct IteratorPlace(Arc<Shared>);

struct Shared {
    running: Mutex<Running>,
    env: Arc<Env>,
}

impl Shared {
    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ObjectState for Shared {
    fn attribute(&self) -> &'static str {
        "ITERATOR"
    }

    fn describe(&self) -> String {
        "<DatasetIterator>".to_string()
    }

    fn save(&self) -> Result<Vec<(&'static str, NdArray)>> {
        Ok(vec![("_STATE", NdArray::scalar(TString::from(self.running().save()?)))])
    }

    fn restore<'a>(&'a self, read: &ReadState<'_>) -> Result<Prepared<'a>> {
        let place: TString = read("_STATE", DType::STRING)?.item()?;
        Ok(Box::new(move || self.running().restore(&place, &self.env)))
    }
}

impl Trackable for IteratorPlace {
    fn children<'a>(&'a self, _children: &mut Children<'a>) {}

    fn as_state(&self) -> Option<&dyn ObjectState> {
        Some(&*self.0)
    }

    fn identity(&self) -> Identity {
        Identity::of(&*self.0)
    }
}

impl<E> Trackable for DatasetIterator<E> {
    fn children<'a>(&'a self, _children: &mut Children<'a>) {}

    fn as_state(&self) -> Option<&dyn ObjectState> {
        self.place.as_state()
    }

    fn identity(&self) -> Identity {
        self.place.identity()
    }
}

impl<E: Nest> DatasetIterator<E> {
    /// The iterator's place, for a checkpoint that goes on existing while elements are taken.
    pub fn place(&self) -> IteratorPlace {
        self.place.clone()
    }

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
        let element = self.place.0.running().next(&self.place.0.env).transpose()?;
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
        let running = Running::begin(from_variant(self.variant().value()?)?, &env)?;
        let place = IteratorPlace(Arc::new(Shared { running: Mutex::new(running), env }));
        Ok(DatasetIterator { place, structure: self.shared_structure().clone() })
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
