//! Iterators that sessions keep, and the tensors of their next elements.

use super::one_shot::dataset_factory;
use super::{Dataset, Signature};
use crate::ops::added_node;
use crate::{
    DType, Nest, Operation, Result, Tensor, TensorShape, executing_eagerly, facade, get_default_graph,
};
use ferroflow_core::{IntoOperand, NdArray, Op, bail, ensure};
use ferroflow_v2::AsOperation;
use ferroflow_v2::data::{DatasetIterator, Specs};
use std::sync::{Arc, Mutex, PoisonError};

/// Goes through the elements of a dataset: each run of its [`get_next`](Iterator::get_next) tensors takes the next one.
///
/// Source: `tf.compat.v1.data.Iterator`.
pub struct Iterator<E> {
    kind: Kind<E>,
    specs: Specs,
    structure: Arc<E>,
}

enum Kind<E> {
    /// A resource of the graph.
    Resource { handle: Tensor, string_handle: Tensor, initializer: Option<Operation> },
    /// An iterator of eager code.
    Eager(Mutex<DatasetIterator<E>>),
}

fn with_specs(op: Op, specs: &Specs) -> Op {
    op.attr("output_types", specs.types.clone()).attr("output_shapes", specs.shapes.clone())
}

/// Runs `f` while nodes are placed with the one that gives this tensor.
fn beside<R>(tensor: &Tensor, f: impl FnOnce() -> Result<R>) -> Result<R> {
    match tensor.as_operation()? {
        Some(operation) => operation.graph().colocate_with(&operation, f),
        None => f(),
    }
}

impl<E: Nest> Iterator<E> {
    fn of(
        handle: Tensor,
        initializer: Option<Operation>,
        specs: Specs,
        structure: Arc<E>,
    ) -> Result<Iterator<E>> {
        let string_handle = Op::named("IteratorToStringHandle").input(&handle).one()?;
        Ok(Iterator { kind: Kind::Resource { handle, string_handle, initializer }, specs, structure })
    }

    /// An iterator over elements of this signature, to be initialized with any dataset of such.
    ///
    /// ```
    /// use ferroflow_compat_v1 as tf;
    /// use tf::data::{Dataset, Iterator};
    /// let iterator = Iterator::from_structure(tf::TensorSpec::new(tf::TensorShape::scalar(), tf::int64), None)?;
    /// let (training, evaluation) = (Dataset::range(3)?, Dataset::range((10, 12))?);
    /// let (train, evaluate) = (iterator.make_initializer(&training)?, iterator.make_initializer(&evaluation)?);
    /// let next = iterator.get_next()?;
    /// let sess = tf::Session::new()?;
    /// sess.run(&evaluate)?;
    /// assert_eq!(sess.run(&next)?.item::<i64>()?, 10);
    /// sess.run(&train)?;
    /// assert_eq!(sess.run(&next)?.item::<i64>()?, 0);
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the graph.
    pub fn from_structure<S: Signature<Element = E>>(
        output_signature: S,
        shared_name: Option<&str>,
    ) -> Result<Iterator<E>> {
        ferroflow_v2::data::install();
        let (specs, structure) = described(&output_signature)?;
        facade(|| {
            let op =
                Op::named("IteratorV2").attr("container", "").attr("shared_name", shared_name.unwrap_or(""));
            Iterator::of(with_specs(op, &specs).one()?, None, specs, structure)
        })
    }

    /// The iterator that a string names: what [`Iterator::string_handle`] of another one gives when it is fetched.
    ///
    /// # Errors
    /// Those of the graph; when it runs, `NotFound` for a string that names no iterator of the session.
    pub fn from_string_handle<S: Signature<Element = E>>(
        string_handle: impl IntoOperand,
        output_signature: S,
    ) -> Result<Iterator<E>> {
        ferroflow_v2::data::install();
        let (specs, structure) = described(&output_signature)?;
        facade(|| {
            let op = Op::named("IteratorFromStringHandleV2").input(string_handle);
            Iterator::of(with_specs(op, &specs).one()?, None, specs, structure)
        })
    }

    /// The components of the next element, in the structure of the dataset's elements. Every call adds nodes, which give
    /// elements of their own.
    ///
    /// # Errors
    /// Those of the graph. When they run: `OutOfRange` with "End of sequence" at the end, `FailedPrecondition` before
    /// the iterator was initialized, and what the element's transformations return.
    pub fn get_next(&self) -> Result<E> {
        match &self.kind {
            Kind::Eager(elements) => elements.lock().unwrap_or_else(PoisonError::into_inner).get_next(),
            Kind::Resource { handle, .. } => facade(|| {
                let op = with_specs(Op::named("IteratorGetNext").input(handle), &self.specs);
                self.structure.with_flat(beside(handle, || op.all())?)
            }),
        }
    }

    /// The operation that begins, or begins again, with the dataset's first element.
    ///
    /// # Errors
    /// `ValueError` for an iterator that has none.
    pub fn initializer(&self) -> Result<&Operation> {
        match &self.kind {
            Kind::Resource { initializer: Some(initializer), .. } => Ok(initializer),
            _ => bail!(
                value,
                "The iterator does not have an initializer. This means it was likely created using \
                 `tf.data.Dataset.make_one_shot_iterator()`. For an initializable iterator, use \
                 `tf.data.Dataset.make_initializable_iterator()` instead."
            ),
        }
    }

    /// An operation that begins with the first element of this dataset.
    ///
    /// # Errors
    /// `TypeError` for a dataset of other elements.
    pub fn make_initializer(&self, dataset: &Dataset<E>) -> Result<Operation> {
        let Kind::Resource { handle, .. } = &self.kind else {
            bail!(value, "an iterator of eager code has no initializer")
        };
        let (found, wanted) = (dataset.0.specs(), &self.specs);
        let list = |texts: Vec<String>| match texts.as_slice() {
            [only] => only.clone(),
            texts => format!("({})", texts.join(", ")),
        };
        let types =
            |specs: &Specs| list(specs.types.iter().map(|dtype| format!("tf.{}", dtype.name())).collect());
        ensure!(
            found.types == wanted.types,
            type_error,
            "Expected output types {} but got dataset with output types {}.",
            types(wanted),
            types(found)
        );
        let shapes = |specs: &Specs| list(specs.shapes.iter().map(shape_repr).collect());
        ensure!(
            found.shapes.iter().zip(&wanted.shapes).all(|(found, wanted)| wanted.is_compatible_with(found)),
            type_error,
            "Expected output shapes compatible with {} but got dataset with output shapes {}.",
            shapes(wanted),
            shapes(found)
        );
        facade(|| {
            ferroflow_core::context::name_scope_for_op("make_initializer", |name| {
                beside(handle, || make_iterator(dataset, handle, Some(name)))
            })
        })
    }

    /// A string that names the iterator within a session, for [`Iterator::from_string_handle`].
    ///
    /// # Errors
    /// `RuntimeError` for an iterator of eager code.
    pub fn string_handle(&self) -> Result<Tensor> {
        match &self.kind {
            Kind::Resource { string_handle, .. } => Ok(string_handle.clone()),
            Kind::Eager(_) => bail!(runtime, "an iterator of eager code has no string handle"),
        }
    }

    /// The dtypes of the components of elements.
    pub fn output_types(&self) -> Vec<DType> {
        self.specs.types.clone()
    }

    /// What is known of the shapes of the components of elements.
    pub fn output_shapes(&self) -> Vec<TensorShape> {
        self.specs.shapes.clone()
    }
}

/// A shape as Python shows it, with the dimensions of v1.
fn shape_repr(shape: &TensorShape) -> String {
    let Some(dims) = shape.dims() else { return "TensorShape(None)".to_string() };
    let dims: Vec<String> = dims
        .iter()
        .map(|dim| {
            let size = dim.map_or("None".to_string(), |dim| dim.to_string());
            if crate::v2_tensorshape_enabled() { size } else { format!("Dimension({size})") }
        })
        .collect();
    format!("TensorShape([{}])", dims.join(", "))
}

/// What a signature says, and an element of any tensors.
fn described<S: Signature>(signature: &S) -> Result<(Specs, Arc<S::Element>)> {
    let mut flat = Vec::new();
    signature.flatten(&mut flat);
    let specs = Specs {
        types: flat.iter().map(|spec| spec.dtype).collect(),
        shapes: flat.into_iter().map(|spec| spec.shape).collect(),
    };
    let element = signature.element(&mut std::iter::repeat(Tensor::from(NdArray::scalar(0i64))))?;
    Ok((specs, Arc::new(element)))
}

fn make_iterator<E>(dataset: &Dataset<E>, handle: &Tensor, name: Option<String>) -> Result<Operation> {
    added_node(&get_default_graph(), "MakeIterator", || {
        let op = Op::named("MakeIterator").input(dataset.0.variant()).input(handle);
        match name {
            Some(name) => op.name(name).run(),
            None => op.run(),
        }
    })
}

/// An iterator over a dataset that needs no initializer: it begins when it is first used, and can be gone through once.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let dataset = tf::data::Dataset::from_tensor_slices(([1, 2], ["a", "b"]))?;
/// let (number, letter) = tf::data::make_one_shot_iterator(&dataset)?.get_next()?;
/// let sess = tf::Session::new()?;
/// let values = sess.run((&number, &letter))?;
/// assert_eq!(format!("{} {}", values.0, values.1), "1 b'a'");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for a dataset that depends on placeholders or on state, such as variables.
pub fn make_one_shot_iterator<E: Nest>(dataset: &Dataset<E>) -> Result<Iterator<E>> {
    let (specs, structure) = (dataset.0.specs().clone(), dataset.0.shared_structure().clone());
    if executing_eagerly() {
        let elements = Mutex::new(dataset.0.iter()?);
        return Ok(Iterator { kind: Kind::Eager(elements), specs, structure });
    }
    facade(|| {
        beside(dataset.0.variant(), || {
            let factory = dataset_factory(dataset.0.variant())?;
            let op = Op::named("OneShotIterator").attr("dataset_factory", factory);
            Iterator::of(with_specs(op, &specs).one()?, None, specs, structure)
        })
    })
}

/// An iterator over a dataset that begins whenever its [`initializer`](Iterator::initializer) runs; placeholders that
/// the dataset depends on are fed then.
///
/// # Errors
/// `RuntimeError` in eager mode; those of the graph.
pub fn make_initializable_iterator<E: Nest>(
    dataset: &Dataset<E>,
    shared_name: Option<&str>,
) -> Result<Iterator<E>> {
    ensure!(
        !executing_eagerly(),
        runtime,
        "`tf.compat.v1.data.make_initializable_iterator()` is not supported in TensorFlow 2. Use `for element in \
         dataset` instead."
    );
    let (specs, structure) = (dataset.0.specs().clone(), dataset.0.shared_structure().clone());
    facade(|| {
        beside(dataset.0.variant(), || {
            let op =
                Op::named("IteratorV2").attr("container", "").attr("shared_name", shared_name.unwrap_or(""));
            let handle = with_specs(op, &specs).one()?;
            let initializer = make_iterator(dataset, &handle, None)?;
            Iterator::of(handle, Some(initializer), specs, structure)
        })
    })
}

/// The dtypes of the components of a dataset's elements.
///
/// Source: `tf.compat.v1.data.get_output_types`.
pub fn get_output_types<E: Nest>(dataset: &Dataset<E>) -> Vec<DType> {
    dataset.output_types()
}

/// What is known of the shapes of the components of a dataset's elements.
///
/// Source: `tf.compat.v1.data.get_output_shapes`.
pub fn get_output_shapes<E: Nest>(dataset: &Dataset<E>) -> Vec<TensorShape> {
    dataset.output_shapes()
}
