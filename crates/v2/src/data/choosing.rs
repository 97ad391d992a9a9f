//! Elements of several datasets, chosen by chance or by another dataset.

use super::dataset::dataset_op;
use super::shuffling::seeds;
use super::sources::named;
use super::{Dataset, spec_texts};
use crate::{Nest, expand_dims, squeeze_with};
use ferroflow_core::{DType, NdArray, Op, Result, Tensor, bail, context, convert_to_tensor, ensure, options};
use ferroflow_data::Specs;
use std::sync::Arc;

options! {
    /// Optional arguments of [`Dataset::random_with`].
    pub struct RandomOptions {
        /// The seed of this op, beside the global one.
        seed: Option<i64> = None,
        /// Whether every iteration has numbers of its own.
        rerandomize_each_iteration: bool = false,
    }
}

options! {
    /// Optional arguments of [`Dataset::sample_from_datasets_with`].
    pub struct SampleOptions {
        /// How likely each dataset is, beside the others; all alike where nothing is given.
        weights: Option<Vec<f32>> = None,
        /// The seed of the choice.
        seed: Option<i64> = None,
        /// Whether the end of one dataset ends all; else those that have ended are passed over.
        stop_on_empty_dataset: bool = false,
        /// Whether every iteration has choices of its own.
        rerandomize_each_iteration: bool = false,
    }
}

impl Dataset<Tensor> {
    /// Integers below 2³² without end, each as likely as the others.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let numbers = tf::data::Dataset::random_with(|o| o.seed(4))?.take(2)?;
    /// let twice = || -> tf::Result<Vec<tf::NdArray>> { numbers.iter()?.map(|n| n?.numpy()).collect() };
    /// assert_eq!(twice()?, twice()?);
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn random() -> Result<Dataset<Tensor>> {
        Dataset::random_with(|options| options)
    }

    /// The same with a seed, or with other numbers each time.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn random_with(options: impl FnOnce(RandomOptions) -> RandomOptions) -> Result<Dataset<Tensor>> {
        let options = options(RandomOptions::default());
        ferroflow_data::install();
        let (seed, seed2) = seeds(options.seed)?;
        let anew = options.rerandomize_each_iteration;
        let mut op =
            Op::named(if anew { "RandomDatasetV2" } else { "RandomDataset" }).input(seed).input(seed2);
        if anew {
            op = op.input(Op::named("DummySeedGenerator").one()?).attr("rerandomize_each_iteration", true);
        }
        let specs = Specs { types: vec![DType::INT64], shapes: vec![ferroflow_core::PartialShape::scalar()] };
        let structure = convert_to_tensor(NdArray::scalar(0i64), None)?;
        Ok(Dataset::new(dataset_op(op, &specs)?, specs, Arc::new(structure)))
    }
}

impl<E: Nest> Dataset<E> {
    /// Elements of datasets that are chosen by chance, until all have ended.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// use tf::data::Dataset;
    /// let parts = [Dataset::range(3)?, Dataset::range((10, 13))?];
    /// let mixed = Dataset::sample_from_datasets_with(&parts, |o| o.weights(vec![0.75, 0.25]).seed(2))?;
    /// assert_eq!(mixed.iter()?.count(), 6);
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Dataset::sample_from_datasets_with`].
    pub fn sample_from_datasets(datasets: &[Dataset<E>]) -> Result<Dataset<E>> {
        Dataset::sample_from_datasets_with(datasets, |options| options)
    }

    /// The same with weights or a seed.
    ///
    /// # Errors
    /// `ValueError` without datasets, or for another number of weights; `TypeError` for datasets whose elements differ.
    pub fn sample_from_datasets_with(
        datasets: &[Dataset<E>],
        options: impl FnOnce(SampleOptions) -> SampleOptions,
    ) -> Result<Dataset<E>> {
        let options = options(SampleOptions::default());
        let Some(first) = datasets.first() else {
            bail!(value, "Invalid `datasets`. `datasets` should not be empty.")
        };
        let mut chosen: Vec<Dataset<E>> = datasets.to_vec();
        let logits = match options.weights {
            None => NdArray::from_vec(&[1, datasets.len()], vec![1f32; datasets.len()])
                .and_then(|logits| convert_to_tensor(logits, None))?,
            Some(weights) => {
                ensure!(
                    weights.len() == datasets.len(),
                    value,
                    "Invalid `weights`. `weights` should have the same length as `datasets` but got \
                     `len(weights)={}` vs. `len(datasets)={}`.",
                    weights.len(),
                    datasets.len()
                );
                // What is never chosen takes no part, as in TensorFlow.
                let pairs = datasets.iter().zip(weights).filter(|(_, weight)| *weight > 0.0);
                let (kept, mut weights): (Vec<&Dataset<E>>, Vec<f32>) = pairs.unzip();
                chosen = kept.into_iter().cloned().collect();
                if chosen.is_empty() {
                    (chosen, weights) = (vec![first.take(0)?], vec![1.0]);
                }
                let weights = named("weights", NdArray::vector(weights))?;
                expand_dims(context::with_name("logits", || crate::math::log(weights))?, 0)?
            }
        };
        if let [only] = chosen.as_slice() {
            return Ok(only.clone());
        }
        let (seed, anew) = (options.seed, options.rerandomize_each_iteration);
        let random = Dataset::random_with(|o| o.seed(seed).rerandomize_each_iteration(anew))?;
        let choices = random.batch(2)?.map(|seed| choice(&logits, &seed))?;
        directed(&chosen, &choices, options.stop_on_empty_dataset)
    }

    /// Elements of the datasets whose numbers `choice_dataset` gives, until the one whose turn it is has ended.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// use tf::data::Dataset;
    /// let parts = [Dataset::from_tensors("a")?.repeat(-1)?, Dataset::from_tensors("b")?.repeat(-1)?];
    /// let choices = Dataset::from_tensor_slices([0i64, 1, 1, 0])?;
    /// let words = Dataset::choose_from_datasets(&parts, &choices, true)?;
    /// let words: Vec<String> = words.iter()?.map(|w| Ok(w?.to_string())).collect::<tf::Result<_>>()?;
    /// assert_eq!(words.join(" "), "b'a' b'b' b'b' b'a'");
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// `ValueError` without datasets, `TypeError` for choices that are no `int64` scalars or datasets whose elements differ.
    pub fn choose_from_datasets(
        datasets: &[Dataset<E>],
        choice_dataset: &Dataset<Tensor>,
        stop_on_empty_dataset: bool,
    ) -> Result<Dataset<E>> {
        ensure!(!datasets.is_empty(), value, "Invalid `datasets`. `datasets` should not be empty.");
        let specs = choice_dataset.specs();
        ensure!(
            specs.types == [DType::INT64] && specs.shapes[0].rank().is_none_or(|rank| rank == 0),
            type_error,
            "Invalid `choice_dataset`. Elements of `choice_dataset` must be scalar `tf.int64` tensors but are {}.",
            spec_texts(specs)
        );
        directed(datasets, choice_dataset, stop_on_empty_dataset)
    }
}

/// A number by chance: each as likely as it weighs.
fn choice(logits: &Tensor, seed: &Tensor) -> Result<Tensor> {
    let op = Op::named("StatelessMultinomial").input(logits).input(1i32).input(seed);
    squeeze_with(op.attr("output_dtype", DType::INT64).one()?, |o| o.axis(vec![0, 1]))
}

/// Elements of datasets chosen by weights, `[1, datasets]`, that change with each of them; until one has ended.
pub(super) fn sampled_by<E: Nest>(
    datasets: &[Dataset<E>],
    weights: &Dataset<Tensor>,
    seed: Option<i64>,
) -> Result<Dataset<E>> {
    let logits = weights.map(|weights| context::with_name("logits", || crate::math::log(weights)))?;
    let random = Dataset::random_with(|o| o.seed(seed))?.batch(2)?;
    let choices = Dataset::zip((&logits, &random))?.map(|(logits, seed)| choice(&logits, &seed))?;
    directed(datasets, &choices, true)
}

/// The elements of datasets in the order of `choices`.
fn directed<E: Nest>(
    datasets: &[Dataset<E>],
    choices: &Dataset<Tensor>,
    stop_on_empty: bool,
) -> Result<Dataset<E>> {
    let Some(first) = datasets.first() else {
        bail!(value, "Invalid `datasets`. `datasets` should not be empty.")
    };
    let mut specs = first.specs().clone();
    for (number, dataset) in datasets.iter().enumerate() {
        ensure!(
            dataset.specs().types == specs.types,
            type_error,
            "Invalid `datasets`. `datasets` must have compatible element specs.\n Dataset 0 element_spec={}.\nDataset \
             {number} element_spec={}.",
            spec_texts(first.specs()),
            spec_texts(dataset.specs())
        );
        for (known, found) in specs.shapes.iter_mut().zip(&dataset.specs().shapes) {
            *known = known.most_specific_compatible(found);
        }
    }
    first.scoped(|| {
        let variants = datasets.iter().map(|dataset| dataset.variant().clone());
        let op = Op::named("DirectedInterleaveDataset").input(choices.variant()).inputs(variants);
        first.with(op.attr("stop_on_empty_dataset", stop_on_empty), specs)
    })
}
