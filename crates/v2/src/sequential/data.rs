//! Data in arrays, and their batches.

use crate::random::shuffle;
use crate::{convert_to_tensor, gather};
use ferroflow_core::{DType, IntoOperand, NdArray, Result, Tensor, bail, ensure, operators::cast};
use ferroflow_ops_array::getitem;
use std::collections::HashMap;

/// Samples, what should come out for them, and how much they count.
#[derive(Clone)]
pub(super) struct Data {
    pub(super) x: Tensor,
    pub(super) y: Option<Tensor>,
    pub(super) weights: Option<Tensor>,
    pub(super) count: usize,
}

/// An array of a model's data. Numbers of double precision become `float32`, as in Keras.
pub(super) fn array(values: impl IntoOperand) -> Result<Tensor> {
    let tensor = convert_to_tensor(values, None)?;
    ensure!(tensor.is_eager(), value, "A model's data must be values, not symbolic tensors: {tensor}");
    match tensor.dtype() {
        DType::FLOAT64 => cast(tensor, DType::FLOAT32),
        _ => Ok(tensor),
    }
}

fn samples(tensor: &Tensor, name: &str) -> Result<usize> {
    let count = tensor.shape().dim(0);
    ensure!(count.is_some(), value, "The data `{name}` of a model must have a dimension for samples");
    Ok(count.unwrap_or(0))
}

impl Data {
    /// # Errors
    /// `ValueError` for different numbers of samples.
    pub(super) fn new(x: Tensor, y: Option<Tensor>, weights: Option<Tensor>) -> Result<Data> {
        let count = samples(&x, "x")?;
        let mut sizes = vec![("x", count)];
        for (name, tensor) in [("y", &y), ("sample_weight", &weights)] {
            if let Some(tensor) = tensor {
                sizes.push((name, samples(tensor, name)?));
            }
        }
        if sizes.iter().any(|(_, size)| *size != count) {
            let sizes: String =
                sizes.iter().map(|(name, size)| format!("'{name}' sizes: {size}\n")).collect();
            bail!(
                value,
                "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples.{sizes}"
            );
        }
        Ok(Data { x, y, weights, count })
    }

    /// The parts of one batch.
    ///
    /// # Errors
    /// As [`Data::new`].
    pub(super) fn of_batch(batch: Vec<Tensor>) -> Result<Data> {
        let mut parts = batch.into_iter();
        let Some(x) = parts.next() else { bail!(internal, "a batch is empty") };
        Data::new(x, parts.next(), parts.next())
    }

    /// The whole as one batch whose samples count by their classes.
    pub(super) fn weighed(mut self, classes: &HashMap<i64, f64>) -> Result<Vec<Tensor>> {
        self.weigh_classes(classes)?;
        self.each(|tensor| Ok(tensor.clone()))
    }

    fn each(&self, f: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Vec<Tensor>> {
        [Some(&self.x), self.y.as_ref(), self.weights.as_ref()].into_iter().flatten().map(f).collect()
    }

    /// How many batches there are.
    pub(super) fn batches(&self, batch_size: usize) -> usize {
        self.count.div_ceil(batch_size)
    }

    /// A batch: of rows side by side, or of the rows that `order` names there.
    pub(super) fn batch(
        &self,
        index: usize,
        batch_size: usize,
        order: Option<&Tensor>,
    ) -> Result<Vec<Tensor>> {
        let begin = index * batch_size;
        let end = self.count.min(begin + batch_size);
        let range = begin as i64..end as i64;
        match order {
            None => self.each(|tensor| getitem(tensor, range.clone())),
            Some(order) => {
                let rows = getitem(order, range)?;
                self.each(|tensor| gather(tensor, &rows))
            }
        }
    }

    /// The rows in a random order.
    pub(super) fn order(&self) -> Result<Tensor> {
        shuffle(convert_to_tensor(NdArray::vector((0..self.count as i64).collect()), None)?, None)
    }

    /// All but the last `share` of samples, and these.
    pub(super) fn split(self, share: f64) -> Result<(Data, Data)> {
        ensure!(
            share > 0.0 && share < 1.0,
            value,
            "`validation_split` must be between 0 and 1. Received: validation_split={share:?}"
        );
        let first = (self.count as f64 * (1.0 - share)).floor() as usize;
        ensure!(
            first > 0 && first < self.count,
            value,
            "Training data contains {} samples, which is not sufficient to split it into a validation and training \
             set as specified by `validation_split={share:?}`. Either provide more data, or a different value for the \
             `validation_split` argument.",
            self.count
        );
        let part = |begin: usize, end: usize| {
            let range = begin as i64..end as i64;
            let cut = |tensor: &Tensor| getitem(tensor, range.clone());
            let optional = |tensor: &Option<Tensor>| tensor.as_ref().map(cut).transpose();
            Ok(Data {
                x: cut(&self.x)?,
                y: optional(&self.y)?,
                weights: optional(&self.weights)?,
                count: end - begin,
            })
        };
        Ok((part(0, first)?, part(first, self.count)?))
    }

    /// Weights by the classes that targets name; a class without a weight counts once.
    pub(super) fn weigh_classes(&mut self, classes: &HashMap<i64, f64>) -> Result<()> {
        ensure!(
            self.weights.is_none(),
            value,
            "You cannot `class_weight` and `sample_weight` at the same time."
        );
        let Some(y) = &self.y else { bail!(value, "`class_weight` needs targets") };
        let numbers = match y.shape().dims() {
            Some([_]) => y.clone(),
            Some([_, Some(1)]) => crate::reshape(y, [-1])?,
            Some([_, _]) => crate::argmax(y, -1)?,
            _ => bail!(
                value,
                "`class_weight` not supported for targets with more than one dimension beside that of samples"
            ),
        };
        let numbers = crate::round(cast(numbers, DType::FLOAT32)?)?.numpy()?;
        let weights = numbers.as_slice::<f32>()?.iter();
        let weights = weights.map(|&class| classes.get(&(class as i64)).map_or(1.0, |&weight| weight as f32));
        self.weights = Some(convert_to_tensor(NdArray::vector(weights.collect()), None)?);
        Ok(())
    }
}
