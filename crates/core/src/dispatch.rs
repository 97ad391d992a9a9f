//! `dispatch!`: from a dtype known at run time to code for its Rust type; the sets of dtypes are named here once.

/// Runs a `Result` expression with `$T` standing for the Rust type of a dtype from a named set; a dtype outside
/// the set is an `Unimplemented` error.
///
/// Sets: `FIXED` (everything of fixed size), `ALL` (with strings, resources and variants), `NUMBERS` (integers,
/// floats, complex), `REALS` (integers and floats, no half types), `INTEGERS`, `FLOATS` (`f32`, `f64`),
/// `COMPLEX`, `INDICES` (`i32`, `i64`), `FLOATS_COMPLEX`. `f16` and `bf16` are in `FIXED`, `ALL`, `NUMBERS` and
/// `HALVES` alone: arithmetic on them widens to `f32` (see [`crate::KernelCtx::through_f32`]).
///
/// ```
/// use ferroflow_core::{DType, Element, dispatch, Result};
/// fn size(dtype: DType) -> Result<usize> {
///     dispatch!(dtype, NUMBERS, |T| Ok(std::mem::size_of::<T>()))
/// }
/// assert_eq!(size(DType::COMPLEX64), Ok(8));
/// assert!(size(DType::STRING).is_err());
/// ```
#[macro_export]
macro_rules! dispatch {
    ($dtype:expr, INDICES, |$T:ident| $body:expr) => {
        $crate::dispatch!(@match $dtype, $T, $body, [INT32 i32, INT64 i64])
    };
    ($dtype:expr, HALVES, |$T:ident| $body:expr) => {
        $crate::dispatch!(@match $dtype, $T, $body, [HALF $crate::f16, BFLOAT16 $crate::bf16])
    };
    ($dtype:expr, FLOATS, |$T:ident| $body:expr) => {
        $crate::dispatch!(@match $dtype, $T, $body, [FLOAT32 f32, FLOAT64 f64])
    };
    ($dtype:expr, COMPLEX, |$T:ident| $body:expr) => {
        $crate::dispatch!(@match $dtype, $T, $body,
            [COMPLEX64 $crate::Complex<f32>, COMPLEX128 $crate::Complex<f64>])
    };
    ($dtype:expr, FLOATS_COMPLEX, |$T:ident| $body:expr) => {
        $crate::dispatch!(@match $dtype, $T, $body, [FLOAT32 f32, FLOAT64 f64,
            COMPLEX64 $crate::Complex<f32>, COMPLEX128 $crate::Complex<f64>])
    };
    ($dtype:expr, INTEGERS, |$T:ident| $body:expr) => {
        $crate::dispatch!(@match $dtype, $T, $body,
            [INT8 i8, INT16 i16, INT32 i32, INT64 i64, UINT8 u8, UINT16 u16, UINT32 u32, UINT64 u64])
    };
    ($dtype:expr, REALS, |$T:ident| $body:expr) => {
        $crate::dispatch!(@match $dtype, $T, $body,
            [FLOAT32 f32, FLOAT64 f64,
             INT8 i8, INT16 i16, INT32 i32, INT64 i64, UINT8 u8, UINT16 u16, UINT32 u32, UINT64 u64])
    };
    ($dtype:expr, NUMBERS, |$T:ident| $body:expr) => {
        $crate::dispatch!(@match $dtype, $T, $body,
            [FLOAT32 f32, FLOAT64 f64, HALF $crate::f16, BFLOAT16 $crate::bf16,
             INT8 i8, INT16 i16, INT32 i32, INT64 i64, UINT8 u8, UINT16 u16, UINT32 u32, UINT64 u64,
             COMPLEX64 $crate::Complex<f32>, COMPLEX128 $crate::Complex<f64>])
    };
    ($dtype:expr, FIXED, |$T:ident| $body:expr) => {
        $crate::dispatch!(@match $dtype, $T, $body,
            [FLOAT32 f32, FLOAT64 f64, HALF $crate::f16, BFLOAT16 $crate::bf16, BOOL bool,
             INT8 i8, INT16 i16, INT32 i32, INT64 i64, UINT8 u8, UINT16 u16, UINT32 u32, UINT64 u64,
             COMPLEX64 $crate::Complex<f32>, COMPLEX128 $crate::Complex<f64>,
             QINT8 $crate::QInt8, QUINT8 $crate::QUInt8, QINT16 $crate::QInt16, QUINT16 $crate::QUInt16,
             QINT32 $crate::QInt32])
    };
    ($dtype:expr, ALL, |$T:ident| $body:expr) => {
        $crate::dispatch!(@match $dtype, $T, $body,
            [FLOAT32 f32, FLOAT64 f64, HALF $crate::f16, BFLOAT16 $crate::bf16, BOOL bool,
             INT8 i8, INT16 i16, INT32 i32, INT64 i64, UINT8 u8, UINT16 u16, UINT32 u32, UINT64 u64,
             COMPLEX64 $crate::Complex<f32>, COMPLEX128 $crate::Complex<f64>,
             QINT8 $crate::QInt8, QUINT8 $crate::QUInt8, QINT16 $crate::QInt16, QUINT16 $crate::QUInt16,
             QINT32 $crate::QInt32, STRING $crate::TString, RESOURCE $crate::ResourceHandle,
             VARIANT $crate::Variant])
    };
    (@match $dtype:expr, $T:ident, $body:expr, [$($name:ident $ty:ty),*]) => {
        match $dtype {
            $($crate::DType::$name => {
                #[allow(dead_code)]
                type $T = $ty;
                $body
            })*
            other => Err($crate::Error::unimplemented(format!("unsupported dtype: {}", other.name()))),
        }
    };
}
