//! `tf.saved_model.build_tensor_info` and the signatures made of it.

use ferroflow_core::{DType, Error, Result, SparseTensor, Tensor, ensure};
use ferroflow_graph::{Graph, Operation};
use ferroflow_proto::tensor_info::{CooSparse, Encoding};
use ferroflow_proto::{SignatureDef, TensorInfo, shape_proto};
use std::collections::BTreeMap;

/// The method of a signature for any use.
const PREDICT_METHOD_NAME: &str = "tensorflow/serving/predict";
const CLASSIFY_METHOD_NAME: &str = "tensorflow/serving/classify";
const REGRESS_METHOD_NAME: &str = "tensorflow/serving/regress";
/// The key of the signature that is served where none is named.
pub(super) const DEFAULT_SERVING_SIGNATURE_DEF_KEY: &str = "serving_default";
/// The tag of a graph for serving.
pub(super) const SERVING: &str = "serve";

/// What a signature can have as an input or output: tensors, sparse tensors, operations.
pub trait SignatureTensor {
    /// The message.
    ///
    /// # Errors
    /// `RuntimeError` for an eager tensor.
    fn tensor_info(&self) -> Result<TensorInfo>;
}

impl SignatureTensor for Tensor {
    fn tensor_info(&self) -> Result<TensorInfo> {
        ensure!(!self.is_eager(), runtime, "`build_tensor_info` is not supported in Eager mode.");
        Ok(TensorInfo {
            encoding: Some(Encoding::Name(self.name()?)),
            dtype: self.dtype().base().number(),
            tensor_shape: Some(shape_proto::from_partial_shape(&self.shape())),
        })
    }
}

impl SignatureTensor for Operation {
    fn tensor_info(&self) -> Result<TensorInfo> {
        Ok(TensorInfo { encoding: Some(Encoding::Name(self.name())), ..TensorInfo::default() })
    }
}

impl SignatureTensor for SparseTensor {
    fn tensor_info(&self) -> Result<TensorInfo> {
        let names = CooSparse {
            values_tensor_name: self.values.name()?,
            indices_tensor_name: self.indices.name()?,
            dense_shape_tensor_name: self.dense_shape.name()?,
        };
        Ok(TensorInfo {
            encoding: Some(Encoding::CooSparse(names)),
            dtype: self.values.dtype().base().number(),
            tensor_shape: Some(shape_proto::from_partial_shape(&self.shape())),
        })
    }
}

impl<S: SignatureTensor + ?Sized> SignatureTensor for &S {
    fn tensor_info(&self) -> Result<TensorInfo> {
        (**self).tensor_info()
    }
}

/// How a signature names a tensor.
///
/// Source: `tf.compat.v1.saved_model.build_tensor_info`.
///
/// # Errors
/// `RuntimeError` for an eager tensor.
pub fn build_tensor_info(tensor: impl SignatureTensor) -> Result<TensorInfo> {
    tensor.tensor_info()
}

/// A signature of these inputs and outputs.
///
/// Source: `tf.compat.v1.saved_model.build_signature_def`.
///
/// # Errors
/// None at present.
pub fn build_signature_def(
    inputs: impl IntoIterator<Item = (String, TensorInfo)>,
    outputs: impl IntoIterator<Item = (String, TensorInfo)>,
    method_name: &str,
) -> Result<SignatureDef> {
    Ok(SignatureDef {
        inputs: inputs.into_iter().collect(),
        outputs: outputs.into_iter().collect(),
        method_name: method_name.to_string(),
        ..SignatureDef::default()
    })
}

/// The infos of named tensors.
pub(crate) fn infos<S: SignatureTensor>(
    named: impl IntoIterator<Item = (impl Into<String>, S)>,
) -> Result<BTreeMap<String, TensorInfo>> {
    named.into_iter().map(|(name, tensor)| Ok((name.into(), tensor.tensor_info()?))).collect()
}

/// A signature for any use: outputs computed of inputs.
///
/// Source: `tf.compat.v1.saved_model.predict_signature_def`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let x = tf::placeholder(tf::float32, [2])?;
/// let y = tf::multiply(&x, 2.0)?;
/// let signature = tf::saved_model::predict_signature_def([("x", &x)], [("y", &y)])?;
/// assert_eq!(signature.method_name, "tensorflow/serving/predict");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` without inputs or outputs.
pub fn predict_signature_def<I: SignatureTensor, O: SignatureTensor>(
    inputs: impl IntoIterator<Item = (impl Into<String>, I)>,
    outputs: impl IntoIterator<Item = (impl Into<String>, O)>,
) -> Result<SignatureDef> {
    let (inputs, outputs) = (infos(inputs)?, infos(outputs)?);
    ensure!(!inputs.is_empty(), value, "Prediction `inputs` cannot be None or empty.");
    ensure!(!outputs.is_empty(), value, "Prediction `outputs` cannot be None or empty.");
    build_signature_def(inputs, outputs, PREDICT_METHOD_NAME)
}

/// A signature that computes `float32` predictions of serialized examples.
///
/// Source: `tf.compat.v1.saved_model.regression_signature_def`.
///
/// # Errors
/// `ValueError` for tensors of other dtypes.
pub fn regression_signature_def(examples: &Tensor, predictions: &Tensor) -> Result<SignatureDef> {
    ensure!(
        examples.dtype() == DType::STRING,
        value,
        "Regression input tensors must be of type string. Found tensor with type {}.",
        examples.dtype().name()
    );
    ensure!(
        predictions.dtype() == DType::FLOAT32,
        value,
        "Regression output tensors must be of type float. Found tensor with type {}.",
        predictions.dtype().name()
    );
    build_signature_def(
        infos([("inputs", examples)])?,
        infos([("outputs", predictions)])?,
        REGRESS_METHOD_NAME,
    )
}

/// A signature that computes classes, their scores, or both, of serialized examples.
///
/// Source: `tf.compat.v1.saved_model.classification_signature_def`.
///
/// # Errors
/// `ValueError` for tensors of other dtypes, or without outputs.
pub fn classification_signature_def(
    examples: &Tensor,
    classes: Option<&Tensor>,
    scores: Option<&Tensor>,
) -> Result<SignatureDef> {
    ensure!(
        examples.dtype() == DType::STRING,
        value,
        "Classification input tensors must be of type string. Found tensor of type {}",
        examples.dtype().name()
    );
    ensure!(
        classes.is_some() || scores.is_some(),
        value,
        "Classification `classes` and `scores` cannot both be None."
    );
    let checked = |tensor: Option<&Tensor>, dtype: DType, what: &str, wanted: &str| match tensor {
        Some(tensor) if tensor.dtype() != dtype => Err(Error::value(format!(
            "Classification {what} must be of type {wanted} tensor. Found tensor of type {}",
            tensor.dtype().name()
        ))),
        tensor => Ok(tensor.cloned()),
    };
    let classes = checked(classes, DType::STRING, "classes", "string")?.map(|tensor| ("classes", tensor));
    let scores = checked(scores, DType::FLOAT32, "scores", "float")?.map(|tensor| ("scores", tensor));
    build_signature_def(
        infos([("inputs", examples)])?,
        infos(classes.into_iter().chain(scores))?,
        CLASSIFY_METHOD_NAME,
    )
}

/// The tensor of a graph that a signature names.
///
/// Source: `tf.compat.v1.saved_model.get_tensor_from_tensor_info`.
///
/// # Errors
/// `KeyError` for a tensor that the graph does not have; `Unimplemented` for a sparse or composite one.
pub fn get_tensor_from_tensor_info(tensor_info: &TensorInfo, graph: &Graph) -> Result<Tensor> {
    match &tensor_info.encoding {
        Some(Encoding::Name(name)) => graph.get_tensor_by_name(name),
        Some(_) => Err(Error::unimplemented("a composite tensor of a signature")),
        None => Err(Error::value(
            "Invalid TensorInfo.encoding: None. Expected `coo_sparse`, `composite_tensor`, or `name` for a dense tensor.",
        )),
    }
}

/// The signature that stands for an operation.
pub(super) fn op_signature_def(operation: &Operation, key: &str) -> Result<SignatureDef> {
    build_signature_def([], infos([(key, operation)])?, "")
}
