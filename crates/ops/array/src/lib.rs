//! Ops that make, reshape, join, cut and rearrange tensors.

mod approx_top_k;
mod band;
mod bitcast;
mod blocks;
mod broadcast_to;
mod check_numerics;
mod combine;
mod composites;
mod concat;
mod constant_value;
mod diagonal;
mod fill;
mod gather;
mod gather_nd;
mod getitem;
mod gradients;
mod identity;
mod indices;
mod inplace;
mod mapped_read;
mod matrix_diag;
mod mover;
mod one_hot;
mod pack;
mod pad;
mod parallel_concat;
mod partition;
mod placeholder;
mod reshape;
mod reverse;
mod scatter;
mod search_sorted;
mod select;
mod shape_of;
mod sizes;
mod slice;
mod slice_spec;
mod space_batch;
mod space_depth;
mod split;
mod strided_read;
mod strided_slice;
mod strided_slice_assign;
mod strided_write;
mod tile;
mod top_k;
mod transpose;
mod unique;
mod word_tiles;

pub use approx_top_k::approx_max_k;
pub use bitcast::bitcast;
pub use broadcast_to::{broadcast_dynamic_shape, broadcast_static_shape, broadcast_to};
pub use check_numerics::{check_numerics, unravel_index};
pub use composites::{argsort, meshgrid, meshgrid_ij, sort};
pub use concat::{concat, concat_around};
pub use constant_value::constant_value;
pub use diagonal::{band_part, tensor_diag, tensor_diag_part};
pub use fill::{
    LikeOptions, fill, ones, ones_like, ones_like_by_filling, ones_like_with, zeros, zeros_like,
    zeros_like_with,
};
pub use gather::{GatherOptions, gather, gather_with};
pub use gather_nd::gather_nd;
pub use getitem::{Ellipsis, Index, IntoIndices, NewAxis, getitem, step_by};
pub use identity::{ensure_shape, guarantee_const, identity, identity_n, prevent_gradient, stop_gradient};
pub use matrix_diag::{DiagOptions, diag, diag_part, diag_part_with, diag_with, set_diag, set_diag_with};
pub use one_hot::{OneHotOptions, one_hot, one_hot_with};
pub use pack::{StackOptions, stack, stack_with, unstack, unstack_with};
pub use pad::{PadMode, PadOptions, pad, pad_with};
pub use parallel_concat::parallel_stack;
pub use partition::{dynamic_partition, dynamic_stitch};
pub use placeholder::{placeholder, placeholder_with_default};
pub use reshape::{SqueezeOptions, expand_dims, reshape, squeeze, squeeze_with};
pub use reverse::{ReverseSequenceOptions, reverse, reverse_sequence, reverse_sequence_with, roll};
pub use scatter::{
    scatter_nd, tensor_scatter_nd_add, tensor_scatter_nd_max, tensor_scatter_nd_min, tensor_scatter_nd_sub,
    tensor_scatter_nd_update,
};
pub use search_sorted::{SearchSortedOptions, searchsorted, searchsorted_with};
pub use select::{select, where_select, where_true};
pub use shape_of::{ShapeOptions, rank, shape, shape_n, shape_n_with, shape_with, size, size_with};
pub use slice::slice;
pub use space_batch::{batch_to_space, space_to_batch, space_to_batch_nd};
pub use space_depth::{
    DepthOptions, depth_to_space, depth_to_space_with, space_to_depth, space_to_depth_with,
};
pub use split::{split, split_v};
pub use strided_slice::{StridedSliceOptions, strided_slice, strided_slice_with};
pub use tile::tile;
pub use top_k::{TopKOptions, in_top_k, nth_element, top_k, top_k_with};
pub use transpose::{TransposeOptions, invert_permutation, transpose, transpose_with};
pub use unique::{
    UniqueOptions, setdiff1d, setdiff1d_with, unique, unique_with, unique_with_counts,
    unique_with_counts_with,
};

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &space_batch::BATCH_TO_SPACE,
    &space_batch::BATCH_TO_SPACE_ND,
    &bitcast::BITCAST,
    &broadcast_to::BROADCAST_ARGS,
    &broadcast_to::BROADCAST_TO,
    &check_numerics::CHECK_NUMERICS,
    &check_numerics::CHECK_NUMERICS_V2,
    &concat::CONCAT,
    &concat::CONCAT_OFFSET,
    &concat::CONCAT_V2,
    &transpose::CONJUGATE_TRANSPOSE,
    &identity::DEEP_COPY,
    &space_depth::DEPTH_TO_SPACE,
    &diagonal::DIAG,
    &diagonal::DIAG_PART,
    &partition::DYNAMIC_PARTITION,
    &partition::DYNAMIC_STITCH,
    &fill::EMPTY,
    &identity::ENSURE_SHAPE,
    &reshape::EXPAND_DIMS,
    &fill::FILL,
    &gather::GATHER,
    &gather_nd::GATHER_ND,
    &gather::GATHER_V2,
    &identity::GUARANTEE_CONST,
    &identity::IDENTITY,
    &identity::IDENTITY_N,
    &top_k::IN_TOP_K,
    &top_k::IN_TOP_K_V2,
    &transpose::INVERT_PERMUTATION,
    &unique::LIST_DIFF,
    &search_sorted::LOWER_BOUND,
    &diagonal::MATRIX_BAND_PART,
    &matrix_diag::MATRIX_DIAG,
    &matrix_diag::MATRIX_DIAG_PART,
    &matrix_diag::MATRIX_DIAG_PART_V2,
    &matrix_diag::MATRIX_DIAG_PART_V3,
    &matrix_diag::MATRIX_DIAG_V2,
    &matrix_diag::MATRIX_DIAG_V3,
    &matrix_diag::MATRIX_SET_DIAG,
    &matrix_diag::MATRIX_SET_DIAG_V2,
    &matrix_diag::MATRIX_SET_DIAG_V3,
    &pad::MIRROR_PAD,
    &pad::MIRROR_PAD_GRAD,
    &top_k::NTH_ELEMENT,
    &one_hot::ONE_HOT,
    &fill::ONES_LIKE,
    &pack::PACK,
    &pad::PAD,
    &pad::PAD_V2,
    &partition::PARALLEL_DYNAMIC_STITCH,
    &placeholder::PLACEHOLDER,
    &placeholder::PLACEHOLDER_V2,
    &placeholder::PLACEHOLDER_WITH_DEFAULT,
    &identity::PREVENT_GRADIENT,
    &shape_of::RANK,
    &reshape::RESHAPE,
    &reverse::REVERSE,
    &reverse::REVERSE_SEQUENCE,
    &reverse::REVERSE_V2,
    &reverse::ROLL,
    &scatter::SCATTER_ND,
    &scatter::SCATTER_ND_NON_ALIASING_ADD,
    &select::SELECT,
    &select::SELECT_V2,
    &shape_of::SHAPE,
    &shape_of::SHAPE_N,
    &shape_of::SIZE,
    &slice::SLICE,
    &identity::SNAPSHOT,
    &space_batch::SPACE_TO_BATCH,
    &space_batch::SPACE_TO_BATCH_ND,
    &space_depth::SPACE_TO_DEPTH,
    &split::SPLIT,
    &split::SPLIT_V,
    &reshape::SQUEEZE,
    &identity::STOP_GRADIENT,
    &strided_slice::STRIDED_SLICE,
    &strided_slice::STRIDED_SLICE_GRAD,
    &scatter::TENSOR_SCATTER_ADD,
    &scatter::TENSOR_SCATTER_MAX,
    &scatter::TENSOR_SCATTER_MIN,
    &scatter::TENSOR_SCATTER_SUB,
    &scatter::TENSOR_SCATTER_UPDATE,
    &tile::TILE,
    &top_k::TOP_K_V2,
    &transpose::TRANSPOSE,
    &unique::UNIQUE,
    &unique::UNIQUE_V2,
    &unique::UNIQUE_WITH_COUNTS,
    &unique::UNIQUE_WITH_COUNTS_V2,
    &pack::UNPACK,
    &check_numerics::UNRAVEL_INDEX,
    &search_sorted::UPPER_BOUND,
    &select::WHERE,
    &fill::ZEROS_LIKE,
    &inplace::INPLACE_ADD,
    &inplace::INPLACE_SUB,
    &inplace::INPLACE_UPDATE,
    &strided_slice_assign::RESOURCE_STRIDED_SLICE_ASSIGN,
    &strided_slice_assign::STRIDED_SLICE_ASSIGN,
    &strided_slice_assign::TENSOR_STRIDED_SLICE_UPDATE,
    &approx_top_k::APPROX_TOP_K,
    &parallel_concat::PARALLEL_CONCAT,
    &diagonal::BATCH_MATRIX_BAND_PART,
    &matrix_diag::BATCH_MATRIX_DIAG,
    &matrix_diag::BATCH_MATRIX_DIAG_PART,
    &matrix_diag::BATCH_MATRIX_SET_DIAG,
];
