//! `tf.compat.v1.metrics`: what the highest predictions of each case are worth.

use super::parts::{Metric, MetricOptions, Sum, broadcast, metric_variable, refuse_eager};
use crate::mode::facade;
use crate::ops::control_dependencies;
use crate::weight_checks::check_weights;
use crate::{cast, cond};
use ferroflow_core::{
    DType, IntoOperand, Operand, Result, SparseTensor, Tensor, bail, context, convert_to_tensor, ensure,
    operators, options,
};
use ferroflow_graph::CollectionItem;
use ferroflow_ops::composites;
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;
use ferroflow_ops_sparse::{self as sparse, SetOperand};

options! {
    /// Optional arguments of metrics of the `k` highest predictions that end in `_with`.
    pub struct AtKOptions {
        /// The class whose figure it is; all classes by default.
        class_id: Option<i64> = None,
        /// What each case counts: a number, or of the shape of the predictions without their last axis. 1 by default.
        weights: Option<Tensor> = None,
        /// The number that names of nodes show where predictions are given by their classes.
        k: Option<i64> = None,
        /// Collections that the value joins.
        metrics_collections: Vec<String> = Vec::new(),
        /// Collections that the update joins.
        updates_collections: Vec<String> = Vec::new(),
    }
}

/// What is right, or wrong, about the classes that were predicted.
#[derive(Clone, Copy)]
enum Counted {
    TruePositives,
    FalsePositives,
    FalseNegatives,
}

impl Counted {
    /// The name of the count, and that of the scope it is made in.
    fn names(self) -> [&'static str; 2] {
        match self {
            Counted::TruePositives => ["true_positive", "true_positives"],
            Counted::FalsePositives => ["false_positive", "false_positives"],
            Counted::FalseNegatives => ["false_negative", "false_negatives"],
        }
    }
}

/// `recall` of the 2 highest predictions and class 1: `recall_at_2_class1`.
fn at_k_name(name: &str, options: &AtKOptions) -> String {
    let k = options.k.map_or_else(|| "k".to_string(), |k| k.to_string());
    let class = options.class_id.map(|class| format!("_class{class}")).unwrap_or_default();
    format!("{name}_at_{k}{class}")
}

macro_rules! rates_at_k {
    ($($(#[$doc:meta])* $name:ident $with:ident $top:ident $top_with:ident $stem:literal $symbol:literal $refused:expr, $wrong:ident;)*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `tf.compat.v1.metrics.", stringify!($name), "`.")]
        ///
        /// # Errors
        #[doc = concat!("As [`", stringify!($with), "`].")]
        pub fn $name(
            labels: impl Into<SetOperand>,
            predictions: impl IntoOperand,
            k: i64,
        ) -> Result<(Tensor, Tensor)> {
            $with(labels, predictions, k, |o| o)
        }

        #[doc = concat!("[`", stringify!($name), "`] of one class, with weights, or with collections to join.")]
        ///
        /// # Errors
        /// `ValueError` for labels whose rank is neither that of the predictions nor one less, or weights that do not fit;
        /// `RuntimeError` in eager mode; when run, `InvalidArgument` for a `k` above the number of classes.
        pub fn $with(
            labels: impl Into<SetOperand>,
            predictions: impl IntoOperand,
            k: i64,
            options: impl FnOnce(AtKOptions) -> AtKOptions,
        ) -> Result<(Tensor, Tensor)> {
            let options = options(AtKOptions::default()).k(k);
            refuse_eager($symbol)?;
            of_highest(labels.into(), predictions.into_operand()?, $stem, Counted::$wrong, options)
        }

        #[doc = concat!("[`", stringify!($name), "`] where the classes that are predicted are known.")]
        ///
        #[doc = concat!("Source: `tf.compat.v1.metrics.", stringify!($top), "`.")]
        ///
        /// # Errors
        #[doc = concat!("As [`", stringify!($top_with), "`].")]
        pub fn $top(
            labels: impl Into<SetOperand>,
            predictions_idx: impl IntoOperand,
        ) -> Result<(Tensor, Tensor)> {
            $top_with(labels, predictions_idx, |o| o)
        }

        #[doc = concat!("[`", stringify!($top), "`] of one class, with weights, or with collections to join.")]
        ///
        /// # Errors
        #[doc = concat!("As [`", stringify!($with), "`].")]
        pub fn $top_with(
            labels: impl Into<SetOperand>,
            predictions_idx: impl IntoOperand,
            options: impl FnOnce(AtKOptions) -> AtKOptions,
        ) -> Result<(Tensor, Tensor)> {
            let (name, options) = (context::take_name(), options(AtKOptions::default()));
            let refused: Option<&str> = $refused;
            refused.map_or(Ok(()), refuse_eager)?;
            let (labels, predictions) = (labels.into(), predictions_idx.into_operand()?);
            let name = name.unwrap_or_else(|| at_k_name($stem, &options));
            facade(|| {
                let predictions = convert_to_tensor(predictions, None)?;
                rate(labels, predictions, &name, Counted::$wrong, &options)
            })
        })*
    };
}

rates_at_k! {
    /// The share of labels that are among the `k` highest predictions of their cases; and what adds a batch.
    ///
    /// `labels` are classes: for each case one, or several along a last axis, which may be sparse. `predictions` has a last
    /// axis of classes.
    ///
    /// ```
    /// use ferroflow_compat_v1 as tf;
    /// let labels = tf::constant([2i64, 0])?;
    /// let (recall, update) = tf::metrics::recall_at_k(&labels, [[0.1, 0.3, 0.6], [0.1, 0.7, 0.2]], 2)?;
    /// let sess = tf::Session::new()?;
    /// sess.run(tf::local_variables_initializer()?)?;
    /// sess.run(&update)?;
    /// assert_eq!(sess.run(&recall)?.item::<f64>()?, 0.5);
    /// # Ok::<(), tf::Error>(())
    /// ```
    recall_at_k recall_at_k_with recall_at_top_k recall_at_top_k_with "recall" "recall_at_k" None, FalseNegatives;
    /// The share of the `k` highest predictions of each case that are among its labels; and what adds a batch.
    ///
    /// `labels` and `predictions` are those of [`recall_at_k`].
    precision_at_k precision_at_k_with precision_at_top_k precision_at_top_k_with "precision" "sparse_precision_at_k" Some("precision_at_top_k"), FalsePositives;
}

/// The older name of [`precision_at_k`].
///
/// Source: `tf.compat.v1.metrics.sparse_precision_at_k`.
///
/// # Errors
/// As [`precision_at_k`].
pub fn sparse_precision_at_k(
    labels: impl Into<SetOperand>,
    predictions: impl IntoOperand,
    k: i64,
) -> Result<(Tensor, Tensor)> {
    precision_at_k(labels, predictions, k)
}

fn of_highest(
    labels: SetOperand,
    predictions: Operand,
    stem: &str,
    wrong: Counted,
    options: AtKOptions,
) -> Result<Metric> {
    let name = context::take_name().unwrap_or_else(|| at_k_name(stem, &options));
    facade(|| {
        context::name_scope_for_op(&name, |scope| {
            let [_, highest] = array::top_k(predictions, options.k.unwrap_or_default())?;
            rate(labels, highest, &scope, wrong, &options)
        })
    })
}

/// The share of what is right among that and what is wrong.
fn rate(
    labels: SetOperand,
    predictions: Tensor,
    name: &str,
    wrong: Counted,
    options: &AtKOptions,
) -> Result<Metric> {
    context::name_scope_for_op(name, |scope| {
        let labels = expanded(labels, &predictions)?;
        let highest = cast(predictions, DType::INT64)?;
        let sum = |counted| streaming(counted, &labels, &highest, options);
        let (right, wrong) = (sum(Counted::TruePositives)?, sum(wrong)?);
        let share = |name: &str, right: &Sum, wrong: &Sum| {
            let both = operators::add(right.value()?, wrong.value()?)?;
            context::with_name(name, || operators::truediv(right.value()?, both))
        };
        let value = share(&scope, &right.0, &wrong.0)?;
        join(&options.metrics_collections, &value)?;
        let update = share("update", &right.1, &wrong.1)?;
        join(&options.updates_collections, &update)?;
        Ok((value, update))
    })
}

fn join(collections: &[String], tensor: &Tensor) -> Result<()> {
    collections
        .iter()
        .try_for_each(|name| crate::add_to_collection(name, CollectionItem::Tensor(tensor.clone())))
}

/// A count over batches, and the same once a batch was added.
fn streaming(
    counted: Counted,
    labels: &SetOperand,
    highest: &Tensor,
    options: &AtKOptions,
) -> Result<(Sum, Sum)> {
    let [name, inner] = counted.names();
    context::name_scope_for_op(&at_k_name(name, options), |scope| {
        let counts = context::name_scope(inner, || {
            let chosen = |of: SetOperand| match options.class_id {
                Some(class) => only(of, class).map(SetOperand::Sparse),
                None => Ok(of),
            };
            let labels = chosen(labels.clone())?;
            let counts = count(counted, labels, chosen(highest.into())?)?;
            let Some(weights) = &options.weights else { return Ok(counts) };
            let checked = check_weights(Some(weights), &counts)?;
            control_dependencies(checked, || operators::multiply(&counts, cast(weights, DType::FLOAT64)?))
        })?;
        let total = cast(math::reduce_sum(counts, ())?, DType::FLOAT64)?;
        let variable = metric_variable(vec![], DType::FLOAT64, &scope)?;
        let updated = context::with_name("update", || variable.assign_add(total))?;
        Ok((Sum::Variable(variable), Sum::Updated(updated)))
    })
}

/// How many classes of each case count, as `float64`.
fn count(counted: Counted, labels: SetOperand, highest: SetOperand) -> Result<Tensor> {
    let set = match counted {
        Counted::TruePositives => sparse::set_intersection(highest, labels)?,
        Counted::FalsePositives => sparse::set_difference(highest, labels, true)?,
        Counted::FalseNegatives => sparse::set_difference(highest, labels, false)?,
    };
    cast(size_of(&set)?, DType::FLOAT64)
}

/// How many elements each set has.
fn size_of(set: &SparseTensor) -> Result<Tensor> {
    sparse::set_size(&set.indices, &set.values, &set.dense_shape, true)
}

/// Labels with a last axis of their own.
fn expanded(labels: SetOperand, predictions: &Tensor) -> Result<SetOperand> {
    context::name_scope_for_op("expand_labels", |scope| match labels {
        SetOperand::Sparse(labels) => {
            let rank = array::rank(predictions)?;
            let more = array::size(&labels.dense_shape)?;
            let more = context::with_name("add", || operators::add(more, 1))?;
            let lacks_one = crate::equal(rank, more)?;
            let parts = |of: SparseTensor| (of.indices, of.values, of.dense_shape);
            let (indices, values, dense_shape) = cond(
                lacks_one,
                || {
                    let one = [1i64].into_operand()?;
                    let shape = array::concat([(&labels.dense_shape).into_operand()?, one], 0)?;
                    context::with_name(&scope, || sparse::reshape(&labels, shape)).map(parts)
                },
                || Ok(parts(labels.clone())),
            )?;
            Ok(SetOperand::Sparse(SparseTensor { indices, values, dense_shape }))
        }
        SetOperand::Dense(labels) => {
            let last = || context::with_name(&scope, || array::expand_dims(&labels, -1));
            let (Some(ours), Some(theirs)) = (labels.rank(), predictions.rank()) else {
                let (rank, more) = (array::rank(predictions)?, array::rank(&labels)?);
                let more = context::with_name("add", || operators::add(more, 1))?;
                let lacks_one = crate::equal(rank, more)?;
                return cond(lacks_one, last, || Ok(labels.clone())).map(SetOperand::Dense);
            };
            match theirs {
                _ if theirs == ours => Ok(SetOperand::Dense(labels)),
                _ if theirs == ours + 1 => last().map(SetOperand::Dense),
                _ => bail!(
                    value,
                    "Unexpected labels shape {} for predictions shape {}. Predictions rank should be the same rank as \
                     labels rank or labels rank plus one .",
                    labels.shape(),
                    predictions.shape()
                ),
            }
        }
    })
}

/// The sets with no class but this one.
fn only(ids: SetOperand, class: i64) -> Result<SparseTensor> {
    let ids = match ids {
        SetOperand::Sparse(ids) => {
            return composites::retain(&ids, crate::equal(&ids.values, class)?);
        }
        SetOperand::Dense(ids) => ids,
    };
    let dense_shape = array::shape_with(&ids, |o| o.out_type(DType::INT64))?;
    let rank = array::size(&dense_shape)?;
    let last = context::with_name("sub", || operators::subtract(rank, 1))?;
    let axes = array::reshape(last, [1])?;
    let rank = array::size(&dense_shape)?;
    let axes = context::with_name("add", || operators::add(axes, &rank))?;
    let axes = context::with_name("mod", || operators::floormod(axes, &rank))?;
    let sizes = array::shape(&axes)?;
    let all = math::range(0, &rank, 1)?;
    let ones = array::ones(sizes, DType::INT64)?;
    let shape = array::dynamic_stitch([all, axes], [dense_shape.clone(), ones])?;
    let class = match i32::try_from(class) {
        Ok(narrow) => cast(narrow, DType::INT64)?,
        Err(_) => cast(class, DType::INT64)?,
    };
    let filled = array::fill(shape, class)?;
    let found = sparse::set_intersection(filled, ids)?;
    Ok(SparseTensor { dense_shape, ..found })
}

/// The mean over cases of the average precision of their `k` highest predictions: of the precision among the first of them,
/// at each one that is a label; and what adds a batch.
///
/// `labels` and `predictions` are those of [`recall_at_k`].
///
/// Source: `tf.compat.v1.metrics.average_precision_at_k`.
///
/// # Errors
/// As [`average_precision_at_k_with`].
pub fn average_precision_at_k(
    labels: impl Into<SetOperand>,
    predictions: impl IntoOperand,
    k: i64,
) -> Result<(Tensor, Tensor)> {
    average_precision_at_k_with(labels, predictions, k, |o| o)
}

/// [`average_precision_at_k`] with weights, or collections to join.
///
/// # Errors
/// `ValueError` for a `k` below 1, and as [`recall_at_k_with`].
pub fn average_precision_at_k_with(
    labels: impl Into<SetOperand>,
    predictions: impl IntoOperand,
    k: i64,
    options: impl FnOnce(MetricOptions) -> MetricOptions,
) -> Result<(Tensor, Tensor)> {
    let (name, options) = (context::take_name(), options(MetricOptions::default()));
    refuse_eager("sparse_average_precision_at_k")?;
    ensure!(k >= 1, value, "Invalid k={k}. `k` should be >= 1.");
    let (labels, predictions) = (labels.into(), predictions.into_operand()?);
    let name = name.unwrap_or_else(|| format!("average_precision_at_{k}"));
    facade(|| {
        context::name_scope_for_op(&name, |scope| {
            let predictions = convert_to_tensor(predictions, None)?;
            let [_, highest] = array::top_k(&predictions, k)?;
            let sizes = array::getitem(array::shape(&predictions)?, -1)?;
            let labels = without_others(labels, &cast(sizes, DType::INT64)?)?;
            mean_precision(labels, highest, &scope, &options)
        })
    })
}

/// The older name of [`average_precision_at_k`].
///
/// Source: `tf.compat.v1.metrics.sparse_average_precision_at_k`.
///
/// # Errors
/// As [`average_precision_at_k`].
pub fn sparse_average_precision_at_k(
    labels: impl Into<SetOperand>,
    predictions: impl IntoOperand,
    k: i64,
) -> Result<(Tensor, Tensor)> {
    average_precision_at_k(labels, predictions, k)
}

/// The labels, -1 in the place of those that are no class.
fn without_others(labels: SetOperand, num_classes: &Tensor) -> Result<SetOperand> {
    let clean = |values: &Tensor| {
        let beyond = crate::greater_equal(values, num_classes)?;
        let ones = crate::ones_like(values)?;
        let none = context::with_name("mul", || operators::multiply(-1, ones))?;
        array::where_select(beyond, none, values)
    };
    let values = match &labels {
        SetOperand::Dense(labels) => labels.clone(),
        SetOperand::Sparse(labels) => labels.values.clone(),
    };
    let largest = math::reduce_max(&values, ())?;
    let beyond = crate::greater_equal(largest, num_classes)?;
    match labels {
        SetOperand::Dense(labels) => {
            cond(beyond, || clean(&labels), || Ok(labels.clone())).map(SetOperand::Dense)
        }
        SetOperand::Sparse(labels) => {
            let parts = |values| (labels.indices.clone(), values, labels.dense_shape.clone());
            let (indices, values, dense_shape) =
                cond(beyond, || clean(&labels.values).map(parts), || Ok(parts(labels.values.clone())))?;
            Ok(SetOperand::Sparse(SparseTensor { indices, values, dense_shape }))
        }
    }
}

fn mean_precision(
    labels: SetOperand,
    highest: Tensor,
    name: &str,
    options: &MetricOptions,
) -> Result<Metric> {
    context::name_scope_for_op(name, |scope| {
        let mut precision = average_precision(labels, highest)?;
        let weights = match &options.weights {
            Some(weights) => Some(broadcast(cast(weights, DType::FLOAT64)?, &precision)?),
            None => None,
        };
        if let Some(weights) = &weights {
            precision = operators::multiply(precision, weights)?;
        }
        let sum = |name: &str, batch: &dyn Fn() -> Result<Tensor>| {
            context::name_scope_for_op(name, |scope| {
                let variable = metric_variable(vec![], DType::FLOAT64, &scope)?;
                let batch = batch()?;
                let updated = context::with_name("update", || variable.assign_add(batch))?;
                Ok((Sum::Variable(variable), Sum::Updated(updated)))
            })
        };
        let most = sum("max", &|| match &weights {
            None => {
                let size = context::with_name("batch_max", || array::size(&precision))?;
                cast(size, DType::FLOAT64)
            }
            Some(weights) => context::with_name("batch_max", || math::reduce_sum(weights, ())),
        })?;
        let total = sum("total", &|| context::with_name("batch_total", || math::reduce_sum(&precision, ())))?;
        let ratio = |name: &str, total: &Sum, most: &Sum| {
            context::with_name(name, || crate::div_no_nan(total.value()?, most.value()?))
        };
        let value = ratio("mean", &total.0, &most.0)?;
        join(&options.metrics_collections, &value)?;
        let update = ratio(&scope, &total.1, &most.1)?;
        join(&options.updates_collections, &update)?;
        Ok((value, update))
    })
}

/// The average precision of each case.
fn average_precision(labels: SetOperand, highest: Tensor) -> Result<Tensor> {
    context::name_scope_for_op("average_precision", |scope| {
        let highest = context::with_name("predictions_idx", || cast(highest, DType::INT64))?;
        let shape = highest.shape();
        let Some(k) = shape.rank().and_then(|rank| shape.dim(rank.checked_sub(1)?)) else {
            bail!(value, "The last dimension of predictions_idx must be set. Currently, it is None.")
        };
        let k = i32::try_from(k).unwrap_or(i32::MAX);
        let labels = expanded(labels, &highest)?;
        let each = context::with_name("predictions_idx_per_k", || array::expand_dims(&highest, -1))?;
        let labels_each = context::with_name("labels_per_k", || repeated(&labels, k))?;
        let relevant = context::name_scope("relevant_per_k", || {
            count(Counted::TruePositives, labels_each, SetOperand::Dense(each))
        })?;
        let running = |name: &str, of: &Tensor| context::with_name(name, || math::cumsum(of, -1));
        let right = running("tp_per_k", &relevant)?;
        let retrieved = running("retrieved_per_k", &crate::ones_like(&relevant)?)?;
        let precision = context::with_name("precision_per_k", || operators::truediv(right, retrieved))?;
        let precision =
            context::with_name("relevant_precision_per_k", || operators::multiply(precision, &relevant))?;
        let sum = context::with_name("precision_sum", || math::reduce_sum(precision, [-1]))?;
        let possible = cast(num_relevant(&labels, k)?, DType::FLOAT64)?;
        context::with_name(&scope, || operators::truediv(sum, possible))
    })
}

/// The labels once for each of the predictions, along a new axis before the last one.
fn repeated(labels: &SetOperand, count: i32) -> Result<SetOperand> {
    context::name_scope_for_op("expand_and_tile", |scope| match labels {
        SetOperand::Sparse(labels) => {
            let rank = array::size(&labels.dense_shape)?;
            let front = context::with_name("add", || operators::add(rank, -1))?;
            let front = array::reshape(front, [1])?;
            let parts = [
                array::slice(&labels.dense_shape, [0], &front)?.into_operand()?,
                [1i64].into_operand()?,
                array::slice(&labels.dense_shape, &front, [-1])?.into_operand()?,
            ];
            let shape = context::with_name("expanded_shape", || array::concat(parts, 0))?;
            let expanded = context::with_name("expand", || sparse::reshape(labels, shape))?;
            if count == 1 {
                return Ok(SetOperand::Sparse(expanded));
            }
            let all = vec![expanded; usize::try_from(count).unwrap_or(0)];
            context::with_name(&scope, || sparse::concat(-2, &all)).map(SetOperand::Sparse)
        }
        SetOperand::Dense(labels) => {
            let expanded = context::with_name("expand", || array::expand_dims(labels, -2))?;
            if count == 1 {
                return Ok(SetOperand::Dense(expanded));
            }
            let ones = crate::ones_like(array::shape(labels)?)?;
            let (front, back) = (array::getitem(&ones, ..-1)?, array::getitem(&ones, -1..)?);
            let parts = [front.into_operand()?, [count].into_operand()?, back.into_operand()?];
            let multiples = context::with_name("multiples", || array::concat(parts, 0))?;
            context::with_name(&scope, || array::tile(expanded, multiples)).map(SetOperand::Dense)
        }
    })
}

/// How many labels of each case could be among the predictions.
fn num_relevant(labels: &SetOperand, k: i32) -> Result<Tensor> {
    context::name_scope_for_op("num_relevant", |scope| {
        let count = match labels {
            SetOperand::Sparse(labels) => size_of(labels)?,
            SetOperand::Dense(labels) => {
                let known = crate::greater_equal(labels, 0)?;
                let (one, zero) = (crate::ones_like(labels)?, array::zeros_like(labels)?);
                math::reduce_sum(array::where_select(known, one, zero)?, -1)?
            }
        };
        context::with_name(&scope, || crate::minimum(count, k))
    })
}
