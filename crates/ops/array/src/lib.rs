//! Ops that make, reshape, join, cut and rearrange tensors.

mod bitcast;
mod blocks;
mod broadcast_to;
mod concat;
mod constant_value;
mod fill;
mod gradients;
mod identity;
mod mover;
mod pack;
mod placeholder;
mod reshape;
mod shape_of;
mod sizes;
mod slice;
mod slice_spec;
mod split;
mod strided_read;
mod strided_slice;
mod strided_write;
mod transpose;

pub use bitcast::bitcast;
pub use broadcast_to::{broadcast_dynamic_shape, broadcast_static_shape, broadcast_to};
pub use concat::concat;
pub use constant_value::constant_value;
pub use fill::{LikeOptions, fill, ones, ones_like, ones_like_with, zeros, zeros_like, zeros_like_with};
pub use identity::{ensure_shape, guarantee_const, identity, identity_n, prevent_gradient, stop_gradient};
pub use pack::{StackOptions, stack, stack_with, unstack, unstack_with};
pub use placeholder::{placeholder, placeholder_with_default};
pub use reshape::{SqueezeOptions, expand_dims, reshape, squeeze, squeeze_with};
pub use shape_of::{ShapeOptions, rank, shape, shape_n, shape_n_with, shape_with, size, size_with};
pub use slice::slice;
pub use split::{split, split_v};
pub use strided_slice::{StridedSliceOptions, strided_slice, strided_slice_with};
pub use transpose::{TransposeOptions, invert_permutation, transpose, transpose_with};

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &bitcast::BITCAST,
    &broadcast_to::BROADCAST_ARGS,
    &broadcast_to::BROADCAST_GRADIENT_ARGS,
    &broadcast_to::BROADCAST_TO,
    &concat::CONCAT,
    &concat::CONCAT_OFFSET,
    &concat::CONCAT_V2,
    &transpose::CONJUGATE_TRANSPOSE,
    &identity::DEEP_COPY,
    &fill::EMPTY,
    &identity::ENSURE_SHAPE,
    &reshape::EXPAND_DIMS,
    &fill::FILL,
    &identity::GUARANTEE_CONST,
    &identity::IDENTITY,
    &identity::IDENTITY_N,
    &transpose::INVERT_PERMUTATION,
    &fill::ONES_LIKE,
    &pack::PACK,
    &placeholder::PLACEHOLDER,
    &placeholder::PLACEHOLDER_V2,
    &placeholder::PLACEHOLDER_WITH_DEFAULT,
    &identity::PREVENT_GRADIENT,
    &shape_of::RANK,
    &reshape::RESHAPE,
    &shape_of::SHAPE,
    &shape_of::SHAPE_N,
    &shape_of::SIZE,
    &slice::SLICE,
    &identity::SNAPSHOT,
    &split::SPLIT,
    &split::SPLIT_V,
    &reshape::SQUEEZE,
    &identity::STOP_GRADIENT,
    &strided_slice::STRIDED_SLICE,
    &strided_slice::STRIDED_SLICE_GRAD,
    &transpose::TRANSPOSE,
    &pack::UNPACK,
    &fill::ZEROS_LIKE,
];
