//! The dtypes under TensorFlow's names: `tf::float32`.
#![allow(non_upper_case_globals)]

use crate::DType;

macro_rules! dtypes {
    ($($name:ident $dtype:ident $doc:literal;)*) => {
        $(#[doc = $doc]
        pub const $name: DType = DType::$dtype;)*
    };
}

dtypes! {
    bfloat16 BFLOAT16 "Floats of 16 bits with the exponent of `float32`.";
    bool BOOL "`true` and `false`.";
    complex64 COMPLEX64 "Pairs of `float32`.";
    complex128 COMPLEX128 "Pairs of `float64`.";
    double FLOAT64 "Floats of 64 bits.";
    float16 HALF "Floats of 16 bits.";
    float32 FLOAT32 "Floats of 32 bits.";
    float64 FLOAT64 "Floats of 64 bits.";
    half HALF "Floats of 16 bits.";
    int8 INT8 "Integers of 8 bits.";
    int16 INT16 "Integers of 16 bits.";
    int32 INT32 "Integers of 32 bits.";
    int64 INT64 "Integers of 64 bits.";
    qint8 QINT8 "Quantised integers of 8 bits.";
    qint16 QINT16 "Quantised integers of 16 bits.";
    qint32 QINT32 "Quantised integers of 32 bits.";
    quint8 QUINT8 "Quantised unsigned integers of 8 bits.";
    quint16 QUINT16 "Quantised unsigned integers of 16 bits.";
    resource RESOURCE "Handles to variables, tables and the like.";
    string STRING "Byte strings of any length.";
    uint8 UINT8 "Unsigned integers of 8 bits.";
    uint16 UINT16 "Unsigned integers of 16 bits.";
    uint32 UINT32 "Unsigned integers of 32 bits.";
    uint64 UINT64 "Unsigned integers of 64 bits.";
    variant VARIANT "Values of any type.";
}
