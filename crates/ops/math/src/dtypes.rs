//! Sets of dtypes that kernels of this family take, where they are fewer than the schema allows.

use ferroflow_core::DType;

/// Integers, floats and complex numbers, without the quantised ones.
pub(crate) const NUMBERS: &[DType] = &[
    DType::HALF,
    DType::BFLOAT16,
    DType::FLOAT32,
    DType::FLOAT64,
    DType::INT8,
    DType::INT16,
    DType::INT32,
    DType::INT64,
    DType::UINT8,
    DType::UINT16,
    DType::UINT32,
    DType::UINT64,
    DType::COMPLEX64,
    DType::COMPLEX128,
];

/// Integers and floats.
pub(crate) const REALS: &[DType] = &[
    DType::HALF,
    DType::BFLOAT16,
    DType::FLOAT32,
    DType::FLOAT64,
    DType::INT8,
    DType::INT16,
    DType::INT32,
    DType::INT64,
    DType::UINT8,
    DType::UINT16,
    DType::UINT32,
    DType::UINT64,
];

/// Floats and complex numbers.
pub(crate) const FLOATS_COMPLEX: &[DType] =
    &[DType::HALF, DType::BFLOAT16, DType::FLOAT32, DType::FLOAT64, DType::COMPLEX64, DType::COMPLEX128];

/// Whether arithmetic on the dtype goes through `float32`.
pub(crate) fn is_half(dtype: DType) -> bool {
    matches!(dtype, DType::HALF | DType::BFLOAT16)
}
