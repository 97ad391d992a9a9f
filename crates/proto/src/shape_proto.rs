//! Between `TensorShapeProto` and shapes.

use crate::{TensorShapeProto, tensor_shape_proto::Dim};
use ferroflow_core::{MAX_RANK, PartialShape, Result, Shape, ensure};

/// The full shape a message holds; an unknown rank reads as a scalar, as TensorFlow reads tensors.
///
/// # Errors
/// `InvalidArgument` for an unknown or negative size, a rank above 254, or an overflow.
pub fn to_shape(proto: &TensorShapeProto) -> Result<Shape> {
    Shape::from_i64(&dims(proto)?)
}

/// What a message says of a shape: -1 is an unknown size.
///
/// # Errors
/// `InvalidArgument` for a size below -1 or a rank above 254.
pub fn to_partial_shape(proto: &TensorShapeProto) -> Result<PartialShape> {
    if proto.unknown_rank {
        return Ok(PartialShape::unknown());
    }
    PartialShape::from_i64(&dims(proto)?)
}

fn dims(proto: &TensorShapeProto) -> Result<Vec<i64>> {
    ensure!(
        proto.dim.len() <= MAX_RANK,
        invalid_argument,
        "Shape has rank {}, above {MAX_RANK}",
        proto.dim.len()
    );
    Ok(proto.dim.iter().map(|dim| dim.size).collect())
}

/// The message for a shape.
pub fn from_partial_shape(shape: &PartialShape) -> TensorShapeProto {
    match shape.to_i64() {
        None => TensorShapeProto { unknown_rank: true, ..TensorShapeProto::default() },
        Some(dims) => TensorShapeProto {
            dim: dims.into_iter().map(|size| Dim { size, name: String::new() }).collect(),
            unknown_rank: false,
        },
    }
}

/// The message for a full shape.
pub fn from_shape(shape: &Shape) -> TensorShapeProto {
    from_partial_shape(&PartialShape::from(shape))
}
