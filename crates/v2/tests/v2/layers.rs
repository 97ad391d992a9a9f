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
            "samples" => model.fit(zeros(&[2, 4]), zeros(&[3, 2]), |o| o.verbose(0)).map(drop),
            other => panic!("the error {other} is recorded, and made nowhere"),
        };
        assert_error(result, &row);
    }
    Ok(())
}
