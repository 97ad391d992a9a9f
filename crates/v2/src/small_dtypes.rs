//! `tf.dtypes.experimental`: the dtypes of few bits. They name elements of files and graphs; most ops have no kernel for them.
#![allow(non_upper_case_globals, reason = "TensorFlow's names")]

use ferroflow_core::DType;

macro_rules! dtypes {
    ($($name:ident $dtype:ident $doc:literal;)*) => {
        $(#[doc = $doc]
        ///
        #[doc = concat!("Source: `tf.dtypes.experimental.", stringify!($name), "`.")]
        pub const $name: DType = DType::$dtype;)*
    };
}

dtypes! {
    float4_e2m1fn FLOAT4_E2M1FN "Floats of 4 bits: 2 for the exponent, 1 for the fraction.";
    float8_e4m3b11fnuz FLOAT8_E4M3B11FNUZ "Floats of 8 bits: 4 for the exponent, whose bias is 11, 3 for the fraction.";
    float8_e4m3fn FLOAT8_E4M3FN "Floats of 8 bits: 4 for the exponent, 3 for the fraction; there is no infinity.";
    float8_e4m3fnuz FLOAT8_E4M3FNUZ "The same with no negative zero.";
    float8_e5m2 FLOAT8_E5M2 "Floats of 8 bits: 5 for the exponent, 2 for the fraction.";
    float8_e5m2fnuz FLOAT8_E5M2FNUZ "The same with no infinity and no negative zero.";
    int2 INT2 "Integers of 2 bits.";
    int4 INT4 "Integers of 4 bits.";
    uint2 UINT2 "Unsigned integers of 2 bits.";
    uint4 UINT4 "Unsigned integers of 4 bits.";
}
