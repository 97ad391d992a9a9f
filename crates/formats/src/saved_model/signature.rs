//! Signatures: which tensors a model is fed and fetched by, under which names.

use ferroflow_core::{DType, Error, NdArray, PartialShape, Result};
use ferroflow_proto::{self as proto, shape_proto, tensor_info, tensor_proto};
use std::collections::BTreeMap;

/// A named way to call a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// What it does, such as `tensorflow/serving/predict`; may be empty.
    pub method_name: String,
    /// By name.
    pub inputs: BTreeMap<String, TensorInfo>,
    /// By name.
    pub outputs: BTreeMap<String, TensorInfo>,
    /// The values of inputs that need not be given.
    pub defaults: BTreeMap<String, NdArray>,
}

/// One input or output of a signature.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorInfo {
    /// The tensors of the graph that it is made of.
    pub encoding: Encoding,
    /// `None` where an output stands for an operation that gives nothing.
    pub dtype: Option<DType>,
    /// As far as it is known.
    pub shape: PartialShape,
}

/// The tensors of the graph that make up an input or output, by name (`x:0`).
#[derive(Clone, Debug, PartialEq)]
pub enum Encoding {
    /// One dense tensor, or the name of an operation.
    Dense(String),
    /// The three parts of a `SparseTensor`.
    Sparse {
        /// The positions of the values.
        indices: String,
        /// The values.
        values: String,
        /// The shape of the whole.
        dense_shape: String,
    },
    /// The components of another composite, such as a `RaggedTensor`.
    Composite(Vec<TensorInfo>),
}

impl TensorInfo {
    /// The name of the tensor in the graph, for a dense one.
    pub fn tensor_name(&self) -> Option<&str> {
        match &self.encoding {
            Encoding::Dense(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn from_proto(proto: &proto::TensorInfo) -> Result<TensorInfo> {
        let encoding = match &proto.encoding {
            None => Encoding::Dense(String::new()),
            Some(tensor_info::Encoding::Name(name)) => Encoding::Dense(name.clone()),
            Some(tensor_info::Encoding::CooSparse(sparse)) => Encoding::Sparse {
                indices: sparse.indices_tensor_name.clone(),
                values: sparse.values_tensor_name.clone(),
                dense_shape: sparse.dense_shape_tensor_name.clone(),
            },
            Some(tensor_info::Encoding::CompositeTensor(composite)) => Encoding::Composite(
                composite.components.iter().map(TensorInfo::from_proto).collect::<Result<_>>()?,
            ),
        };
        let dtype = match proto.dtype {
            0 => None,
            number => Some(DType::from_number(number).ok_or_else(|| {
                Error::invalid_argument(format!("a signature has a tensor of unknown dtype {number}"))
            })?),
        };
        let shape = match &proto.tensor_shape {
            None => PartialShape::unknown(),
            Some(shape) => shape_proto::to_partial_shape(shape)?,
        };
        Ok(TensorInfo { encoding, dtype, shape })
    }
}

impl Signature {
    pub(super) fn from_proto(proto: &proto::SignatureDef) -> Result<Signature> {
        let infos = |infos: &BTreeMap<String, proto::TensorInfo>| {
            infos
                .iter()
                .map(|(key, info)| Ok((key.clone(), TensorInfo::from_proto(info)?)))
                .collect::<Result<_>>()
        };
        let defaults =
            proto.defaults.iter().map(|(key, value)| Ok((key.clone(), tensor_proto::to_array(value)?)));
        Ok(Signature {
            method_name: proto.method_name.clone(),
            inputs: infos(&proto.inputs)?,
            outputs: infos(&proto.outputs)?,
            defaults: defaults.collect::<Result<_>>()?,
        })
    }
}
