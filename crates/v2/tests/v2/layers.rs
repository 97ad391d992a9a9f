//! Layers compute what Keras's compute, with variables of the same names and values.

use crate::rows::{array, assert_array_near, assert_error, assert_near, rows};
use ferroflow_core::{DType, NdArray, Result};
use ferroflow_v2 as tf;
use std::collections::HashMap;
use std::sync::Arc;
use tf::initializers::{GlorotUniform, Ones, Orthogonal, RandomUniform};
use tf::layers::*;

const RECORD: &str = include_str!("../data/layers.txt");
const BOUND: f32 = 2e-6;

fn data() -> HashMap<&'static str, NdArray> {
    rows(RECORD, "data").map(|row| (row[1], array(row[2], row[3]))).collect()
}

fn glorot(seed: i64) -> GlorotUniform {
    GlorotUniform::default().seed(seed)
}

/// The layer of a case, its input, and whether it is in training.
fn case(name: &str) -> Result<(Arc<dyn Layer>, &'static str, bool)> {
    fn of(layer: impl IntoLayer, data: &'static str) -> Result<(Arc<dyn Layer>, &'static str, bool)> {
        Ok((layer.into_layer()?, data, false))
    }
    fn training(layer: impl IntoLayer, data: &'static str) -> Result<(Arc<dyn Layer>, &'static str, bool)> {
        Ok((layer.into_layer()?, data, true))
    }
    match name {
        "Dense" => of(Dense::new_with(4, |o| o.kernel_initializer(glorot(1))), "rows"),
        "Dense relu" => {
            let options = |o: DenseOptions| {
                o.activation("relu").kernel_initializer(glorot(2)).bias_initializer(Ones::default())
            };
            of(Dense::new_with(4, options), "rows")
        }
        "Dense steps" => of(Dense::new_with(2, |o| o.use_bias(false).kernel_initializer(glorot(3))), "steps"),
        "Conv2D" => {
            of(Conv2D::new_with(4, 3, |o| o.kernel_initializer(glorot(4)).activation("tanh")), "image")
        }
        "Conv2D same" => {
            let options = |o: Conv2DOptions| o.strides(2).padding("same").kernel_initializer(glorot(5));
            of(Conv2D::new_with(2, [2, 3], options), "image")
        }
        "Conv2D dilated" => {
            let options =
                |o: Conv2DOptions| o.dilation_rate([2, 3]).use_bias(false).kernel_initializer(glorot(6));
            of(Conv2D::new_with(2, 2, options), "image")
        }
        "MaxPooling2D" => of(MaxPooling2D::new(), "image"),
        "MaxPooling2D same" => {
            of(MaxPooling2D::new_with(|o| o.pool_size([3, 2]).strides([2, 1]).padding("same")), "image")
        }
        "AveragePooling2D" => of(AveragePooling2D::new(2), "image"),
        "AveragePooling2D same" => {
            of(AveragePooling2D::new_with(3, |o| o.strides(2).padding("same")), "image")
        }
        "GlobalAveragePooling2D" => of(GlobalAveragePooling2D::new(), "image"),
        "GlobalAveragePooling2D keepdims" => {
            of(GlobalAveragePooling2D::new_with(|o| o.keepdims(true)), "image")
        }
        "BatchNormalization" => of(BatchNormalization::new(), "image"),
        "BatchNormalization training" => training(BatchNormalization::new_with(|o| o.momentum(0.8)), "image"),
        "BatchNormalization axis" => {
            training(BatchNormalization::new_with(|o| o.axis(1).scale(false).epsilon(1e-2)), "image")
        }
        "LayerNormalization" => of(LayerNormalization::new(), "steps"),
        "LayerNormalization axes" => {
            of(LayerNormalization::new_with(|o| o.axis(vec![1, 2]).center(false)), "image")
        }
        "Embedding" => {
            let uniform = RandomUniform::default().seed(7);
            of(Embedding::new_with(5, 4, |o| o.embeddings_initializer(uniform)), "ids")
        }
        "Dropout" => of(Dropout::new_with(0.4, |o| o.seed(8)), "rows"),
        "Dropout training" => training(Dropout::new_with(0.4, |o| o.seed(8)), "rows"),
        "Flatten" => of(Flatten::new(), "image"),
        "ReLU" => of(ReLU::new_with(|o| o.max_value(2.0).negative_slope(0.1).threshold(0.5)), "rows"),
        "Softmax" => of(Softmax::new_with(|o| o.axis(1)), "steps"),
        "Activation" => of(Activation::new("sigmoid"), "rows"),
        "LSTM" => {
            let options = |o: LSTMOptions| {
                o.kernel_initializer(glorot(9)).recurrent_initializer(Orthogonal::default().seed(10)).seed(13)
            };
            of(LSTM::new_with(4, options), "steps")
        }
        "LSTM sequences" => {
            let options = |o: LSTMOptions| {
                o.return_sequences(true)
                    .kernel_initializer(glorot(11))
                    .recurrent_initializer(glorot(12))
                    .unit_forget_bias(false)
                    .go_backwards(true)
                    .seed(14)
            };
            of(LSTM::new_with(2, options), "steps")
        }
        other => panic!("the layer {other} is recorded, and made nowhere"),
    }
}

#[test]
fn outputs_and_variables_are_as_recorded() -> Result<()> {
    tf::utils::clear_session();
    let data = data();
    let mut count = 0;
    for row in rows(RECORD, "layer") {
        let (layer, input, training) = case(row[1])?;
        let input = tf::Tensor::from(data[input].clone());
        layer.apply(&input, training)?;
        let output = layer.apply(&input, training)?;
        assert_near(&output, &array(row[2], row[3]), BOUND, row[1])?;
        let recorded: Vec<_> = rows(RECORD, "weight").filter(|weight| weight[1] == row[1]).collect();
        let paths: Vec<&str> = recorded.iter().map(|weight| weight[2]).collect();
        let variables = layer.variables();
        assert_eq!(variables.iter().map(tf::Variable::path).collect::<Vec<_>>(), paths);
        for (variable, weight) in variables.iter().zip(&recorded) {
            let found = variable.numpy()?.cast(DType::FLOAT32)?;
            assert_array_near(&found, &array(weight[3], weight[4]), BOUND, weight[2])?;
        }
        count += 1;
    }
    assert!(count >= 26, "{count}");
    Ok(())
}

#[test]
fn activations_are_as_recorded() -> Result<()> {
    let wide = tf::expand_dims(data()["wide"].clone(), 0)?;
    for row in rows(RECORD, "activation") {
        let found = tf::squeeze(tf::activations::Activation::from(row[1]).apply(&wide)?)?;
        assert_near(&found, &array(row[2], row[3]), BOUND, row[1])?;
    }
    Ok(())
}

/// The values of `rows` of a kind, as `call` computes them.
fn assert_of_rows(kind: &str, call: impl Fn(&str, &tf::Tensor) -> Result<tf::Tensor>) -> Result<()> {
    let input = tf::Tensor::from(data()["rows"].clone());
    let mut count = 0;
    for row in rows(RECORD, kind) {
        assert_near(&call(row[1], &input)?, &array(row[2], row[3]), BOUND, row[1])?;
        count += 1;
    }
    assert!(count >= 7, "{count}");
    Ok(())
}

#[test]
fn regularizers_and_constraints_are_as_recorded() -> Result<()> {
    use tf::constraints::{self, Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm};
    use tf::regularizers::{self, L1, L1L2, L2, OrthogonalRegularizer, Regularizer};
    assert_of_rows("regularizer", |case, x| match case {
        "l1" => L1::new(0.1)?.call(x),
        "l2" => L2::new(0.2)?.call(x),
        "l1_l2" => L1L2::new(0.1, 0.3)?.call(x),
        "l1 alone" => L1L2::new(0.5, 0.0)?.call(x),
        "rows" | "columns" => OrthogonalRegularizer::new(0.4, case)?.call(x),
        "named" => regularizers::get("l2")?.call(x),
        other => panic!("{other}"),
    })?;
    assert_of_rows("constraint", |case, x| match case {
        "max_norm" => MaxNorm::default().max_value(1.5).call(x),
        "max_norm axes" => MaxNorm::default().axis(vec![0, 1]).call(x),
        "non_neg" => NonNeg.call(x),
        "unit_norm" => UnitNorm::default().call(x),
        "unit_norm rows" => UnitNorm::default().axis(vec![1]).call(x),
        "min_max_norm" => MinMaxNorm::default().min_value(1.4).max_value(1.6).call(x),
        "min_max_norm rate" => {
            MinMaxNorm::default().min_value(1.4).max_value(1.6).rate(0.3).axis(vec![1]).call(x)
        }
        "named" => constraints::get("MaxNorm")?.call(x),
        other => panic!("{other}"),
    })
}

#[test]
fn masks_go_through_layers_as_recorded() -> Result<()> {
    let data = data();
    let lstm = |sequences: bool, backwards: bool| {
        LSTM::new_with(3, |o| {
            o.return_sequences(sequences)
                .go_backwards(backwards)
                .kernel_initializer(glorot(21))
                .recurrent_initializer(glorot(22))
        })
    };
    let masking = || Masking::new()?.into_layer();
    let mut count = 0;
    for row in rows(RECORD, "masked") {
        let parts: Vec<Arc<dyn Layer>> = match row[1] {
            "Masking" => vec![masking()?],
            "Masking value" => vec![Masking::new_with(|o| o.mask_value(2.5)).into_layer()?],
            "Embedding" => {
                let uniform = RandomUniform::default().seed(20);
                let table = Embedding::new_with(5, 3, |o| o.mask_zero(true).embeddings_initializer(uniform));
                vec![table.into_layer()?]
            }
            "LSTM" => vec![masking()?, lstm(false, false).into_layer()?],
            "LSTM sequences" => {
                let dense = Dense::new_with(2, |o| o.kernel_initializer(glorot(23)));
                vec![masking()?, lstm(true, false).into_layer()?, dense.into_layer()?]
            }
            "LSTM backwards" => {
                vec![masking()?, lstm(true, true).into_layer()?, LayerNormalization::new().into_layer()?]
            }
            "BatchNormalization" => {
                vec![masking()?, BatchNormalization::new().into_layer()?, ReLU::new().into_layer()?]
            }
            "Flatten" => vec![masking()?, Flatten::new().into_layer()?],
            other => panic!("{other}"),
        };
        let input = if row[1] == "Embedding" { "holes" } else { "gaps" };
        let training = row[1] == "BatchNormalization";
        let (mut outputs, mut mask) = (tf::Tensor::from(data[input].clone()), None);
        for part in &parts {
            (outputs, mask) = part.apply_masked(&outputs, mask.as_ref(), training)?;
        }
        assert_near(&outputs, &array(row[2], row[3]), BOUND, row[1])?;
        match mask {
            None => assert_eq!(row[4], "None", "{}", row[1]),
            Some(mask) => {
                let mask = mask.numpy()?.cast(DType::FLOAT32)?;
                assert_eq!(mask, array(row[4], row[5]), "{}", row[1]);
            }
        }
        count += 1;
    }
    assert!(count >= 8, "{count}");
    Ok(())
}

#[test]
fn weights_are_given_and_taken() -> Result<()> {
    let layer = Dense::new(2)?;
    layer.call([[1.0, 2.0, 3.0]])?;
    let kernel = NdArray::from_vec(&[3, 2], vec![1f32, 0.0, 0.0, 1.0, 1.0, 1.0])?;
    layer.set_weights(&[kernel.clone(), NdArray::vector(vec![0.5f32, -0.5])])?;
    assert_eq!(format!("{}", layer.call([[1.0, 2.0, 3.0]])?), "[[4.5 4.5]]");
    assert_eq!(layer.get_weights()?[0], kernel);
    assert!(layer.set_weights(std::slice::from_ref(&kernel)).is_err());
    assert!(layer.set_weights(&[NdArray::vector(vec![0f32; 2]), kernel]).is_err());
    layer.state().set_trainable(false);
    assert!(layer.trainable_variables().is_empty() && layer.non_trainable_variables().len() == 2);
    Ok(())
}

#[test]
fn bad_arguments_are_refused_in_the_words_of_keras() -> Result<()> {
    let zeros = |dims: &[i64]| tf::zeros(dims.to_vec(), tf::float32);
    let again = Dense::new_with(3, |o| o.name("again"))?;
    again.call(zeros(&[2, 3])?)?;
    let mut model = tf::sequential![Dense::new(2)]?;
    model.compile("sgd", "mse", |o| o)?;
    for row in rows(RECORD, "error") {
        let result = match row[1] {
            "units" => Dense::new(0).map(drop),
            "activation" => Dense::new_with(3, |o| o.activation("nothing")).map(drop),
            "rank" => Dense::new_with(3, |o| o.name("dense"))?.call(zeros(&[3])).map(drop),
            "width" => again.call(zeros(&[2, 4])).map(drop),
            "image" => Conv2D::new_with(2, 3, |o| o.name("conv"))?.call(zeros(&[2, 4])).map(drop),
            "pool" => MaxPooling2D::new_with(|o| o.name("pool"))?.call(zeros(&[2, 4])).map(drop),
            "kernel" => Dense::new(3)?.kernel().map(drop),
            "rate" => Dropout::new(1.5).map(drop),
            "table" => Embedding::new(0, 2).map(drop),
            "stride" => Conv2D::new_with(2, 3, |o| o.strides(2).dilation_rate(2)).map(drop),
            "unique" => {
                let named = || Dense::new_with(2, |o| o.name("a"));
                tf::sequential![named(), named()].map(drop)
            }
            "compile" => {
                let mut model = tf::sequential![Dense::new(2)]?;
                model.fit(zeros(&[2, 4]), zeros(&[2, 3]), |o| o.verbose(0)).map(drop)
            }
            "negative l1" => tf::regularizers::L1::new(-1.0).map(drop),
            "negative l2" => tf::regularizers::L1L2::new(0.0, -0.5).map(drop),
            "nan" => tf::regularizers::L2::new(f64::NAN).map(drop),
            "mode" => tf::regularizers::OrthogonalRegularizer::new(0.1, "diagonals").map(drop),
            "orthogonal rank" => {
                use tf::regularizers::Regularizer;
                tf::regularizers::OrthogonalRegularizer::new(0.1, "rows")?.call(&zeros(&[2, 3, 4])?).map(drop)
            }
            "regularizer" => tf::regularizers::get("nothing").map(drop),
            "constraint" => tf::constraints::get("nothing").map(drop),
            "samples" => model.fit(zeros(&[2, 4]), zeros(&[3, 2]), |o| o.verbose(0)).map(drop),
            other => panic!("the error {other} is recorded, and made nowhere"),
        };
        assert_error(result, &row);
    }
    Ok(())
}
