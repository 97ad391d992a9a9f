//! Losses give what Keras's give, eagerly and in traced functions.

use crate::rows::{array, assert_error, assert_near, rows};
use ferroflow_core::{NdArray, Result};
use ferroflow_v2 as tf;
use std::collections::HashMap;
use std::sync::Arc;
use tf::losses::*;

const RECORD: &str = include_str!("../data/losses.txt");

fn data() -> HashMap<&'static str, NdArray> {
    rows(RECORD, "data").map(|row| (row[1], array(row[2], row[3]))).collect()
}

/// What a loss is given in the cases that bear its name alone.
fn arguments(class: &str) -> [&'static str; 2] {
    match class {
        "MeanSquaredLogarithmicError" | "Poisson" => ["positive", "counts"],
        "Hinge" => ["bits", "guesses"],
        "SquaredHinge" => ["signs", "guesses"],
        "CategoricalHinge" => ["one_hot", "guesses"],
        "KLDivergence" | "CategoricalCrossentropy" | "CategoricalFocalCrossentropy" => ["soft", "shares"],
        "BinaryCrossentropy" | "BinaryFocalCrossentropy" => ["bits", "decisions"],
        "SparseCategoricalCrossentropy" => ["classes", "shares"],
        _ => ["numbers", "guesses"],
    }
}

type Case = (Arc<dyn Loss>, [&'static str; 2], Option<&'static str>);

fn with_reduction(class: &str, reduction: Reduction) -> Arc<dyn Loss> {
    macro_rules! classes {
        ($($class:ident)*) => {
            match class {
                $(stringify!($class) => Arc::new($class::default().reduction(reduction)),)*
                other => panic!("the loss {other} is recorded, and made nowhere"),
            }
        };
    }
    classes! {
        MeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredLogarithmicError
        CosineSimilarity Huber LogCosh Hinge SquaredHinge CategoricalHinge KLDivergence Poisson BinaryCrossentropy
        BinaryFocalCrossentropy CategoricalCrossentropy CategoricalFocalCrossentropy SparseCategoricalCrossentropy
    }
}

fn case(name: &str) -> Case {
    let sparse = || SparseCategoricalCrossentropy::default();
    let (loss, arguments, weights): (Arc<dyn Loss>, _, _) = match name {
        "Huber delta" => (Arc::new(Huber::default().delta(0.4)), arguments("Huber"), None),
        "CosineSimilarity axis" => {
            (Arc::new(CosineSimilarity::default().axis(0)), ["numbers", "guesses"], None)
        }
        "BinaryCrossentropy logits" => {
            let loss = BinaryCrossentropy::default().from_logits(true);
            (Arc::new(loss), ["bits", "logits"], Some("weights"))
        }
        "BinaryCrossentropy smooth" => {
            (Arc::new(BinaryCrossentropy::default().label_smoothing(0.2)), ["bits", "decisions"], None)
        }
        "BinaryFocalCrossentropy logits" => {
            let loss = BinaryFocalCrossentropy::default().from_logits(true).gamma(3.0).label_smoothing(0.1);
            (Arc::new(loss), ["bits", "logits"], None)
        }
        "BinaryFocalCrossentropy balanced" => {
            let loss = BinaryFocalCrossentropy::default().apply_class_balancing(true).alpha(0.3);
            (Arc::new(loss), ["bits", "decisions"], None)
        }
        "CategoricalCrossentropy logits" => {
            (Arc::new(CategoricalCrossentropy::default().from_logits(true)), ["soft", "logits"], None)
        }
        "CategoricalCrossentropy smooth" => {
            (Arc::new(CategoricalCrossentropy::default().label_smoothing(0.3)), ["one_hot", "shares"], None)
        }
        "CategoricalCrossentropy axis" => {
            (Arc::new(CategoricalCrossentropy::default().axis(0)), ["one_hot", "decisions"], None)
        }
        "CategoricalCrossentropy axis logits" => {
            let loss = CategoricalCrossentropy::default().axis(0).from_logits(true);
            (Arc::new(loss), ["one_hot", "logits"], None)
        }
        "CategoricalFocalCrossentropy logits" => {
            let loss = CategoricalFocalCrossentropy::default().from_logits(true).alpha(0.5).gamma(1.0);
            (Arc::new(loss.label_smoothing(0.1)), ["one_hot", "logits"], None)
        }
        "SparseCategoricalCrossentropy logits" => {
            (Arc::new(sparse().from_logits(true)), ["class_column", "logits"], Some("weight_column"))
        }
        "SparseCategoricalCrossentropy ignore" => {
            (Arc::new(sparse().ignore_class(2)), ["classes", "shares"], None)
        }
        "SparseCategoricalCrossentropy ignore weighted" => {
            (Arc::new(sparse().ignore_class(2)), ["classes", "shares"], Some("weights"))
        }
        "SparseCategoricalCrossentropy ignore sum" => {
            (Arc::new(sparse().ignore_class(2).reduction(Reduction::Sum)), ["classes", "shares"], None)
        }
        "MeanSquaredError column" => (Arc::new(MeanSquaredError::default()), ["column", "vector"], None),
        "MeanSquaredError vector" => {
            (Arc::new(MeanSquaredError::default().reduction(Reduction::None)), ["vector", "column"], None)
        }
        "MeanSquaredError weight column" => {
            (Arc::new(MeanSquaredError::default()), ["numbers", "guesses"], Some("weight_column"))
        }
        plain => {
            let words: Vec<&str> = plain.split(' ').collect();
            let weights = (words.get(2) == Some(&"weighted")).then_some("weights");
            let reduction = words[1].parse().expect("a reduction");
            (with_reduction(words[0], reduction), arguments(words[0]), weights)
        }
    };
    (loss, arguments, weights)
}

#[test]
fn losses_are_as_recorded_in_both_modes() -> Result<()> {
    let data = data();
    let mut count = 0;
    for row in rows(RECORD, "loss") {
        let (loss, [y_true, y_pred], weights) = case(row[1]);
        let compute = move |args: &[tf::Tensor]| {
            let operand = |tensor: &tf::Tensor| tf::Operand::Tensor(tensor.clone());
            loss.of_batch(operand(&args[0]), operand(&args[1]), args.get(2).map(operand))
        };
        let names = [y_true, y_pred].into_iter().chain(weights);
        let args: Vec<tf::Tensor> = names.map(|name| tf::Tensor::from(data[name].clone())).collect();
        let expected = array(row[2], row[3]);
        // Logarithms of `1 - p` for probabilities near 1 make a rounding of the sigmoid larger.
        assert_near(&compute(&args)?, &expected, 5e-6, row[1])?;
        let traced = tf::function(compute);
        assert_near(&traced.call(&args)?, &expected, 5e-6, &format!("{}, traced", row[1]))?;
        count += 1;
    }
    assert!(count >= 150, "{count}");
    Ok(())
}

#[test]
fn functions_give_one_loss_for_each_sample() -> Result<()> {
    let data = data();
    for class in ["MeanSquaredError", "Huber", "SparseCategoricalCrossentropy", "Hinge", "KLDivergence"] {
        let loss = with_reduction(class, Reduction::None);
        let [y_true, y_pred] = arguments(class);
        let [y_true, y_pred] = [y_true, y_pred].map(|name| tf::Tensor::from(data[name].clone()));
        let by_function = match class {
            "MeanSquaredError" => mean_squared_error(&y_true, &y_pred)?,
            "Huber" => huber(&y_true, &y_pred)?,
            "SparseCategoricalCrossentropy" => sparse_categorical_crossentropy(&y_true, &y_pred)?,
            "Hinge" => hinge(&y_true, &y_pred)?,
            _ => kl_divergence(&y_true, &y_pred)?,
        };
        assert_eq!(by_function.numpy()?, loss.per_sample(&y_true, &y_pred)?.numpy()?, "{class}");
    }
    Ok(())
}

#[test]
fn logits_behind_probabilities_are_used_in_traces() -> Result<()> {
    // Far from 0 the probabilities are 0 and 1 exactly; the loss of logits is still right.
    let logits = tf::constant([[200.0, -200.0]])?;
    let traced = tf::function(|logits: &tf::Tensor| {
        CategoricalCrossentropy::default().call([[0.0, 1.0]], tf::nn::softmax(logits)?)
    });
    assert_eq!(format!("{}", traced.call(&logits)?), "400.0");
    Ok(())
}

#[test]
fn bad_arguments_are_refused_in_the_words_of_keras() {
    let zeros = |dims: &[i64]| tf::zeros(dims.to_vec(), tf::float32);
    for row in rows(RECORD, "error") {
        let result = match row[1] {
            "get" => get("nothing").map(drop),
            "categorical" => {
                CategoricalCrossentropy::default().call(zeros(&[2, 3]), zeros(&[2, 4])).map(drop)
            }
            "categorical rank" => {
                CategoricalCrossentropy::default().call(zeros(&[2]), zeros(&[2, 4])).map(drop)
            }
            "binary" => BinaryCrossentropy::default().call(zeros(&[2, 3]), zeros(&[2, 4])).map(drop),
            "sparse" => SparseCategoricalCrossentropy::default().call(zeros(&[3]), zeros(&[2, 4])).map(drop),
            "sparse rank" => {
                SparseCategoricalCrossentropy::default().call(zeros(&[2, 2]), zeros(&[2, 4])).map(drop)
            }
            "sparse axis" => {
                SparseCategoricalCrossentropy::default().axis(0).call(zeros(&[2]), zeros(&[2, 4])).map(drop)
            }
            other => panic!("the error {other} is recorded, and made nowhere"),
        };
        assert_error(result, &row);
    }
    assert!(
        "nothing".parse::<Reduction>().is_err_and(|error| error.message().ends_with("reduction=nothing"))
    );
}
