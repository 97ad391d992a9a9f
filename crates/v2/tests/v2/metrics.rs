//! Metrics gather what Keras's gather, eagerly and in traced functions.

use crate::rows::{array, assert_error, assert_near, rows};
use ferroflow_core::{NdArray, Result};
use ferroflow_v2 as tf;
use std::collections::HashMap;
use std::sync::Arc;
use tf::metrics::*;

const RECORD: &str = include_str!("../data/metrics.txt");
/// Rounding of means, and of areas of 200 slices.
const BOUND: f32 = 2e-6;

fn data() -> HashMap<&'static str, NdArray> {
    rows(RECORD, "data").map(|row| (row[1], array(row[2], row[3]))).collect()
}

type Case = (Arc<dyn Metric>, &'static str, &'static str);

fn case(name: &str) -> Result<Case> {
    macro_rules! with {
        ($class:ident, $true:literal, $pred:literal) => {
            (Arc::new($class::new()?), $true, $pred)
        };
        ($class:ident, $true:literal, $pred:literal, |$o:ident| $options:expr) => {
            (Arc::new($class::new_with(|$o| $options)?), $true, $pred)
        };
    }
    Ok(match name {
        "MeanSquaredError" => with!(MeanSquaredError, "numbers", "guesses"),
        "MeanAbsoluteError" => with!(MeanAbsoluteError, "numbers", "guesses"),
        "MeanAbsolutePercentageError" => with!(MeanAbsolutePercentageError, "numbers", "guesses"),
        "RootMeanSquaredError" => with!(RootMeanSquaredError, "numbers", "guesses"),
        "CosineSimilarity" => with!(CosineSimilarity, "numbers", "guesses"),
        "LogCoshError" => with!(LogCoshError, "numbers", "guesses"),
        "Hinge" => with!(Hinge, "bit_rows", "guesses"),
        "Accuracy" => with!(Accuracy, "classes", "guessed"),
        "BinaryAccuracy" => with!(BinaryAccuracy, "bits", "chances"),
        "BinaryAccuracy threshold" => with!(BinaryAccuracy, "bits", "chances", |o| o.threshold(0.3)),
        "CategoricalAccuracy" => with!(CategoricalAccuracy, "one_hot", "shares"),
        "SparseCategoricalAccuracy" => with!(SparseCategoricalAccuracy, "classes", "shares"),
        "TopKCategoricalAccuracy" => with!(TopKCategoricalAccuracy, "one_hot", "shares", |o| o.k(2)),
        "SparseTopKCategoricalAccuracy" => {
            with!(SparseTopKCategoricalAccuracy, "classes", "shares", |o| o.k(3))
        }
        "BinaryCrossentropy" => with!(BinaryCrossentropy, "bit_rows", "chance_rows"),
        "CategoricalCrossentropy" => with!(CategoricalCrossentropy, "one_hot", "shares"),
        "SparseCategoricalCrossentropy" => with!(SparseCategoricalCrossentropy, "classes", "shares"),
        "TruePositives" => with!(TruePositives, "bits", "chances"),
        "FalsePositives" => with!(FalsePositives, "bits", "chances"),
        "TrueNegatives" => with!(TrueNegatives, "bits", "chances"),
        "FalseNegatives" => with!(FalseNegatives, "bits", "chances"),
        "TruePositives thresholds" => {
            with!(TruePositives, "bits", "chances", |o| o.thresholds(vec![0.2, 0.7]))
        }
        "FalseNegatives even" => {
            with!(FalseNegatives, "bits", "chances", |o| o.thresholds(vec![0.0, 0.5, 1.0]))
        }
        "Precision" => with!(Precision, "bits", "chances"),
        "Precision thresholds" => {
            with!(Precision, "bits", "chances", |o| o.thresholds(vec![0.1, 0.4, 0.9]))
        }
        "Precision top_k" => with!(Precision, "one_hot", "shares", |o| o.top_k(2)),
        "Precision class" => {
            with!(Precision, "one_hot", "shares", |o| o.class_id(1).thresholds(vec![0.2]))
        }
        "Recall" => with!(Recall, "bits", "chances"),
        "Recall top_k class" => with!(Recall, "one_hot", "shares", |o| o.top_k(3).class_id(2)),
        "AUC" => with!(AUC, "bits", "chances"),
        "AUC PR" => with!(AUC, "bits", "chances", |o| o.curve(AUCCurve::PR)),
        "AUC PR majoring" => with!(AUC, "bits", "chances", |o| {
            o.curve(AUCCurve::PR).summation_method(AUCSummationMethod::Majoring).num_thresholds(20)
        }),
        "AUC PRGAIN" => {
            with!(AUC, "bits", "chances", |o| o.curve(AUCCurve::PRGAIN).num_thresholds(50))
        }
        "AUC minoring" => with!(AUC, "bits", "chances", |o| {
            o.summation_method(AUCSummationMethod::Minoring).num_thresholds(10)
        }),
        "AUC thresholds" => with!(AUC, "bits", "chances", |o| o.thresholds(vec![0.6, 0.1, 0.25])),
        "AUC logits" => with!(AUC, "bits", "logits", |o| o.from_logits(true)),
        "MeanIoU" => (Arc::new(MeanIoU::new(6)?), "classes", "guessed"),
        "MeanIoU ignore" => (Arc::new(MeanIoU::new_with(6, |o| o.ignore_class(2))?), "classes", "guessed"),
        "MeanIoU dense" => (Arc::new(MeanIoU::new_with(6, |o| o.sparse_y_pred(false))?), "classes", "shares"),
        "IoU" => (Arc::new(IoU::new(6, vec![0, 3])?), "classes", "guessed"),
        other => panic!("the metric {other} is recorded, and made nowhere"),
    })
}

/// The two batches of an array.
fn batches(array: &NdArray) -> Result<[tf::Tensor; 2]> {
    let parts = tf::split(array, [5, 3], 0)?;
    Ok(parts.try_into().expect("two parts"))
}

#[test]
fn results_are_as_recorded_in_both_modes() -> Result<()> {
    let data = data();
    let mut count = 0;
    for row in rows(RECORD, "metric") {
        let (name, weighted) = match row[1].strip_suffix(" weighted") {
            Some(name) => (name, true),
            None => (row[1], false),
        };
        if name == "Mean" || name == "Sum" {
            continue;
        }
        let expected = array(row[2], row[3]);
        let (metric, y_true, y_pred) = case(name)?;
        let names = [y_true, y_pred].into_iter().chain(weighted.then_some("weights"));
        let parts = names.map(|name| batches(&data[name])).collect::<Result<Vec<_>>>()?;
        for batch in 0..2 {
            metric.update(&parts[0][batch], &parts[1][batch], parts.get(2).map(|part| &part[batch]))?;
        }
        assert_near(&metric.result()?, &expected, BOUND, row[1])?;
        metric.reset_state()?;
        let kept = metric.clone();
        let traced = tf::function(move |args: &[tf::Tensor]| {
            kept.update(&args[0], &args[1], args.get(2))?;
            kept.result()
        });
        let mut result = None;
        for batch in 0..2 {
            let args: Vec<tf::Tensor> = parts.iter().map(|part| part[batch].clone()).collect();
            result = Some(traced.call(&args)?);
        }
        assert_near(&result.expect("two batches"), &expected, BOUND, &format!("{}, traced", row[1]))?;
        count += 1;
    }
    assert!(count >= 75, "{count}");
    Ok(())
}

#[test]
fn values_are_averaged_and_added_up() -> Result<()> {
    let data = data();
    let (numbers, weights) = (batches(&data["numbers"])?, batches(&data["weights"])?);
    for row in rows(RECORD, "metric").filter(|row| row[1].starts_with("Mean ") || row[1] == "Mean") {
        let mean = Mean::new()?;
        for batch in 0..2 {
            match row[1] {
                "Mean" => mean.update_state(&numbers[batch])?,
                _ => mean.update_state_with(&numbers[batch], &weights[batch])?,
            }
        }
        assert_near(&mean.result()?, &array(row[2], row[3]), BOUND, row[1])?;
        mean.reset_state()?;
        assert_eq!(format!("{}", mean.result()?), "0.0");
    }
    for row in rows(RECORD, "metric").filter(|row| row[1].starts_with("Sum")) {
        let sum = Sum::new()?;
        for batch in 0..2 {
            match row[1] {
                "Sum" => sum.update_state(&numbers[batch])?,
                _ => sum.update_state_with(&numbers[batch], &weights[batch])?,
            }
        }
        assert_near(&sum.result()?, &array(row[2], row[3]), BOUND, row[1])?;
    }
    Ok(())
}

#[test]
fn bad_arguments_are_refused_in_the_words_of_keras() {
    for row in rows(RECORD, "error") {
        let result = match row[1] {
            "thresholds" => Precision::new_with(|o| o.thresholds(vec![0.5, 1.5])).map(drop),
            "num_thresholds" => AUC::new_with(|o| o.num_thresholds(1)).map(drop),
            "class" => IoU::new(2, vec![0, 2]).map(drop),
            "get" => get("nothing").map(drop),
            "curve" => "up".parse::<AUCCurve>().map(drop),
            other => panic!("the error {other} is recorded, and made nowhere"),
        };
        assert_error(result, &row);
    }
}
