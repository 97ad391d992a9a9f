//! Whether an array is what TensorFlow computed.

use ferroflow_core::{DType, NdArray};

/// Equal, floats up to rounding in another order of a few operations.
pub(crate) fn assert_close(what: &str, actual: &NdArray, expected: &NdArray) {
    assert_eq!((actual.dtype(), actual.shape()), (expected.dtype(), expected.shape()), "{what}");
    let wide = match expected.dtype() {
        dtype if dtype.is_floating() => DType::FLOAT64,
        dtype if dtype.is_complex() => DType::COMPLEX128,
        _ => return assert_eq!(actual, expected, "{what}"),
    };
    let parts = |array: &NdArray| -> Vec<f64> {
        let array = array.cast(wide).expect("numbers");
        match wide {
            DType::FLOAT64 => array.into_vec::<f64>().expect("numbers"),
            _ => {
                let values = array.into_vec::<ferroflow_core::Complex<f64>>().expect("numbers");
                values.iter().flat_map(|value| [value.re, value.im]).collect()
            }
        }
    };
    for (a, b) in parts(actual).iter().zip(parts(expected)) {
        assert!((a - b).abs() <= 1e-5 * b.abs().max(1.0), "{what}: {a} instead of {b}");
    }
}
