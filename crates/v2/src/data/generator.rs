//! Datasets of what Rust iterators give.

use super::dataset::{dataset_op, function_attr};
use super::tracing::traced;
use super::{Components, Dataset, Signature};
use crate::{Nest, TensorSpec};
use ferroflow_core::{DType, Error, NdArray, Op, Operand, Result, Tensor, cast_weak, ensure};
use ferroflow_data::Specs;
use ferroflow_graph::ArgSpec;
use ferroflow_ops_control::numpy_function;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A running iterator, which gives the components of elements.
type Running = Box<dyn FnMut() -> Option<Result<Vec<NdArray>>> + Send>;

/// The running iterators of a dataset, by their numbers.
#[derive(Default)]
struct Iterators {
    running: Mutex<HashMap<i64, Arc<Mutex<Running>>>>,
    next: AtomicI64,
}

impl Iterators {
    fn running(&self) -> MutexGuard<'_, HashMap<i64, Arc<Mutex<Running>>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, running: Running) -> i64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.running().insert(number, Arc::new(Mutex::new(running)));
        number
    }

    fn next(&self, number: i64) -> Result<Vec<NdArray>> {
        let running = self.running().get(&number).cloned();
        let running = running.ok_or_else(|| Error::internal("an iterator has ended"))?;
        let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
        running().unwrap_or_else(|| Err(Error::out_of_range("StopIteration: ")))
    }
}

/// A value of a generator as the signature wants it.
fn component(operand: Operand, spec: &TensorSpec) -> Result<NdArray> {
    let found = operand.natural_dtype();
    let Some(value) = operand.value() else {
        return Err(Error::invalid_argument("TypeError: `generator` yielded a symbolic tensor."));
    };
    let weak = matches!(operand, Operand::Value { weak: true, .. });
    let array = if value.dtype() == spec.dtype {
        value.clone()
    } else if weak {
        cast_weak(value, spec.dtype).map_err(|_| {
            Error::invalid_argument(format!(
                "TypeError: `generator` yielded an element that could not be converted to the expected type. The \
                 expected type was {}, but the yielded element was {value}.",
                spec.dtype.name()
            ))
        })?
    } else {
        return Err(Error::invalid_argument(format!(
            "TypeError: `generator` yielded an element of type {} where an element of type {} was expected.",
            found.name(),
            spec.dtype.name()
        )));
    };
    ensure!(
        spec.shape.admits(array.shape()),
        invalid_argument,
        "TypeError: `generator` yielded an element of shape {} where an element of shape {} was expected.",
        ferroflow_core::PartialShape::from(array.shape()),
        spec.shape
    );
    Ok(array)
}

impl<E: Nest> Dataset<E> {
    /// What an iterator gives that `generator` begins anew for each iteration over the dataset.
    ///
    /// Its items are values as [`Dataset::from_tensors`] takes them, or a `Result` of a tensor; `output_signature` says
    /// what they are.
    ///
    /// Differs from TensorFlow: the graph of such a dataset is one op, `GeneratorDataset`, and runs in this process only.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let signature = (tf::TensorSpec::new(tf::TensorShape::scalar(), tf::int64), tf::TensorSpec::new(tf::TensorShape::scalar(), tf::string));
    /// let words = || ["a", "few", "words"].into_iter().map(|word| (word.len() as i64, word));
    /// let dataset = tf::data::Dataset::from_generator(words, signature)?;
    /// let (length, word) = dataset.skip(1)?.iter()?.get_next()?;
    /// assert_eq!(format!("{length} {word}"), "3 b'few'");
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the graph in force; while iterating, `InvalidArgument` for an item that is not as announced.
    pub fn from_generator<M, G, I, S>(generator: G, output_signature: S) -> Result<Dataset<E>>
    where
        G: Fn() -> I + Send + Sync + 'static,
        I: IntoIterator,
        I::IntoIter: Send + 'static,
        I::Item: Components<M, Element = E>,
        S: Signature<Element = E>,
    {
        ferroflow_data::install();
        let mut signature = Vec::new();
        output_signature.flatten(&mut signature);
        let specs = Specs {
            types: signature.iter().map(|spec| spec.dtype).collect(),
            shapes: signature.iter().map(|spec| spec.shape.clone()).collect(),
        };
        let placeholder = Tensor::from(NdArray::scalar(0i64));
        let structure = output_signature.element(&mut std::iter::repeat(placeholder))?;
        let iterators = Arc::new(Iterators::default());
        let number = ArgSpec {
            name: "iterator_id".to_string(),
            dtype: DType::INT64,
            shape: ferroflow_core::PartialShape::scalar(),
        };
        let specs_of_items = Arc::new(signature);
        let begun = iterators.clone();
        let begin = move |_: &[NdArray]| {
            let mut items = generator().into_iter();
            let specs = specs_of_items.clone();
            let running: Running = Box::new(move || {
                let item = items.next()?;
                let mut arrays = Vec::new();
                let converted = item.convert(&mut |operand| {
                    let Some(spec) = specs.get(arrays.len()) else {
                        return Err(Error::invalid_argument(
                            "TypeError: `generator` yielded an element that did not match the expected structure.",
                        ));
                    };
                    let array = component(operand, spec)?;
                    arrays.push(array.clone());
                    Ok(Tensor::from(array))
                });
                Some(converted.map(|_| arrays))
            });
            Ok(vec![NdArray::scalar(begun.begin(running))])
        };
        let init = traced("generator_init", &[], |_| {
            numpy_function(begin, &[] as &[Tensor], &[DType::INT64], true)
        })?;
        let (types, shapes) = (specs.types.clone(), specs.shapes.clone());
        let stepping = iterators.clone();
        let step = move |arguments: &[NdArray]| stepping.next(argument(arguments)?);
        let next = traced("generator_next", std::slice::from_ref(&number), |tensors| {
            let results = numpy_function(step, tensors, &types, true)?;
            for (result, shape) in results.iter().zip(&shapes) {
                if let Tensor::Symbolic(symbolic) = result {
                    symbolic.graph().set_output_shape(symbolic.node(), symbolic.index(), shape)?;
                }
            }
            Ok(results)
        })?;
        let end = move |arguments: &[NdArray]| {
            iterators.running().remove(&argument(arguments)?);
            Ok(vec![NdArray::scalar(0i64)])
        };
        let finalize = traced("generator_finalize", &[number], |tensors| {
            numpy_function(end, tensors, &[DType::INT64], true)
        })?;
        let op = Op::named("GeneratorDataset")
            .inputs(init.function.captures())
            .inputs(next.function.captures())
            .inputs(finalize.function.captures())
            .attr("init_func", function_attr(&init.function))
            .attr("next_func", function_attr(&next.function))
            .attr("finalize_func", function_attr(&finalize.function));
        Ok(Dataset::new(dataset_op(op, &specs)?, specs, Arc::new(structure)))
    }
}

/// The number of an iterator, as functions get it.
fn argument(arguments: &[NdArray]) -> Result<i64> {
    match arguments {
        [number, ..] => number.item::<i64>(),
        [] => Err(Error::internal("the number of an iterator is missing")),
    }
}
