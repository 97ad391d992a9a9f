//! How well predicted regions cover the true ones: intersections over unions.

use super::metric::{Metric, metric_variable};
use crate::math::{argmax, greater_equal, less, logical_and, reduce_sum};
use crate::utils::unique_name;
use crate::{Variable, broadcast_to, cast, gather, not_equal, reshape, scatter_nd};
use ferroflow_core::{DType, Result, Tensor, ensure, options};
use ferroflow_ops_array::{ones_like, shape, stack_with, tensor_diag_part, where_select, zeros_like};

options! {
    /// Optional arguments of [`IoU::new_with`] and [`MeanIoU::new_with`].
    pub struct IoUOptions {
        /// The class whose samples do not count.
        ignore_class: Option<i64> = None,
        /// Whether targets are numbers of classes; else they are distributions over them.
        sparse_y_true: bool = true,
        /// Whether predictions are numbers of classes; else they are distributions over them.
        sparse_y_pred: bool = true,
        /// The axis of the classes, where there is one.
        axis: i64 = -1,
        /// The name.
        name: Option<String> = None,
        /// The dtype of the counts.
        dtype: DType = DType::INT32,
    }
}

/// The mean over some classes of how many samples are of a class and predicted to be, divided by how many are one or the
/// other (`tf.keras.metrics.IoU`).
pub struct IoU {
    name: String,
    options: IoUOptions,
    num_classes: usize,
    classes: Vec<i32>,
    /// A row for each true class, a column for each predicted one.
    matrix: Variable,
}

impl IoU {
    /// A metric of nothing yet, for these of `num_classes` classes.
    ///
    /// # Errors
    /// As [`IoU::new_with`].
    pub fn new(num_classes: usize, target_class_ids: Vec<i32>) -> Result<IoU> {
        IoU::new_with(num_classes, target_class_ids, |o| o)
    }

    /// The same with options.
    ///
    /// # Errors
    /// `ValueError` for a class that does not exist.
    pub fn new_with(
        num_classes: usize,
        target_class_ids: Vec<i32>,
        options: impl FnOnce(IoUOptions) -> IoUOptions,
    ) -> Result<IoU> {
        let options = options(IoUOptions::default());
        IoU::named("io_u", num_classes, target_class_ids, options)
    }

    fn named(class: &str, num_classes: usize, classes: Vec<i32>, options: IoUOptions) -> Result<IoU> {
        let highest = classes.iter().copied().max().unwrap_or(-1);
        ensure!(
            usize::try_from(highest).is_ok_and(|highest| highest < num_classes),
            value,
            "Target class id {highest} is out of range, which is [0, {num_classes})."
        );
        let name = options.name.clone().unwrap_or_else(|| unique_name(class));
        let sizes = [num_classes, num_classes];
        let matrix = metric_variable(&name, "total_confusion_matrix", &sizes, options.dtype)?;
        Ok(IoU { name, options, num_classes, classes, matrix })
    }

    /// Numbers of classes, as a vector.
    fn classes_of(&self, values: &Tensor, sparse: bool) -> Result<Tensor> {
        let values = if sparse { values.clone() } else { argmax(values, self.options.axis)? };
        reshape(cast(values, self.options.dtype)?, [-1])
    }
}

impl Metric for IoU {
    fn name(&self) -> &str {
        &self.name
    }

    fn variables(&self) -> Vec<Variable> {
        vec![self.matrix.clone()]
    }

    fn update(&self, y_true: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
        let y_true = self.classes_of(y_true, self.options.sparse_y_true)?;
        let y_pred = self.classes_of(y_pred, self.options.sparse_y_pred)?;
        let weights = match sample_weight {
            None => ones_like(&y_true)?,
            Some(weights) => {
                let weights = cast(weights, self.options.dtype)?;
                let flat = if weights.rank() > Some(1) { reshape(weights, [-1])? } else { weights };
                broadcast_to(flat, shape(&y_true)?)?
            }
        };
        let count = self.num_classes as i32;
        let within = |classes: &Tensor| {
            let limit = cast(crate::constant(count)?, classes.dtype())?;
            logical_and(greater_equal(classes, 0)?, less(classes, limit)?)
        };
        let mut valid = logical_and(within(&y_true)?, within(&y_pred)?)?;
        if let Some(ignored) = self.options.ignore_class {
            let ignored = cast(crate::constant(ignored)?, y_true.dtype())?;
            valid = logical_and(valid, not_equal(&y_true, ignored)?)?;
        }
        let only = |values: Tensor| where_select(&valid, &values, zeros_like(&values)?);
        let (y_true, y_pred, weights) = (only(y_true)?, only(y_pred)?, only(weights)?);
        let places = cast(stack_with([y_true, y_pred], |o| o.axis(1))?, DType::INT32)?;
        let found = scatter_nd(places, weights, [count, count])?;
        self.matrix.assign((&self.matrix + found)?).map(drop)
    }

    fn result(&self) -> Result<Tensor> {
        let chosen = |values: Tensor| cast(gather(values, self.classes.clone())?, DType::FLOAT32);
        let hits = tensor_diag_part(&self.matrix)?;
        let union = ((reduce_sum(&self.matrix, 0)? + reduce_sum(&self.matrix, 1)?)? - &hits)?;
        let (hits, union) = (chosen(hits)?, chosen(union)?);
        let valid = crate::greater(&union, 1e-9)?;
        let count = reduce_sum(cast(&valid, DType::FLOAT32)?, ())?;
        let shares = (hits / (union + 1e-7)?)?;
        let shares = where_select(valid, &shares, zeros_like(&shares)?)?;
        reduce_sum(shares, ())? / (count + 1e-7)?
    }
}

/// [`IoU`] of all classes (`tf.keras.metrics.MeanIoU`).
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::metrics::{MeanIoU, Metric};
/// let metric = MeanIoU::new(2)?;
/// metric.update_state([0, 0, 1, 1], [0, 1, 0, 1])?;
/// assert!((metric.result()?.numpy()?.item::<f32>()? - 1.0 / 3.0).abs() < 1e-6);
/// # Ok::<(), tf::Error>(())
/// ```
pub struct MeanIoU(IoU);

impl MeanIoU {
    /// A metric of nothing yet, for this many classes.
    ///
    /// # Errors
    /// As [`MeanIoU::new_with`].
    pub fn new(num_classes: usize) -> Result<MeanIoU> {
        MeanIoU::new_with(num_classes, |o| o)
    }

    /// The same with options.
    ///
    /// # Errors
    /// `ValueError` without a class.
    pub fn new_with(num_classes: usize, options: impl FnOnce(IoUOptions) -> IoUOptions) -> Result<MeanIoU> {
        let classes = (0..num_classes as i32).collect();
        IoU::named("mean_io_u", num_classes, classes, options(IoUOptions::default())).map(MeanIoU)
    }
}

impl Metric for MeanIoU {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn variables(&self) -> Vec<Variable> {
        self.0.variables()
    }

    fn update(&self, y_true: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
        self.0.update(y_true, y_pred, sample_weight)
    }

    fn result(&self) -> Result<Tensor> {
        self.0.result()
    }
}
