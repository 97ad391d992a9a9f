//! Conversion of arrays between dtypes, as the `Cast` op does it.

use crate::{
    Complex, DType, Element, NdArray, Result, Shape, bail, bf16, dispatch, elementwise, f16, float32,
    inlined, narrow, parallel, recycled,
};
use num_traits::AsPrimitive;

impl NdArray {
    /// The elements in another dtype: fractions are cut towards zero, integers wrap around, real parts of complex
    /// numbers are kept, anything but zero is `true`. Free when the dtype is the array's own.
    ///
    /// Differs from TensorFlow: a float outside the range of an integer becomes the nearest integer, and NaN becomes
    /// 0; there, the result is whatever the processor gives.
    ///
    /// # Errors
    /// `Unimplemented` for strings, resources and variants.
    pub fn cast(&self, dtype: DType) -> Result<NdArray> {
        let from = self.dtype();
        if from == dtype {
            return Ok(self.clone());
        }
        let shape = || self.shape().clone();
        match (from, dtype) {
            _ if from.is_narrow() || dtype.is_narrow() => narrow::cast(self, dtype),
            (DType::FLOAT32, DType::INT32) => map(self, shape(), inlined!(float32::to_i32)),
            (DType::HALF, DType::FLOAT32) => map::<f16, f32>(self, shape(), f16::to_f32),
            (DType::FLOAT32, DType::HALF) => map(self, shape(), f16::from_f32),
            (DType::BFLOAT16, DType::FLOAT32) => map::<bf16, f32>(self, shape(), bf16::to_f32),
            (DType::FLOAT32, DType::BFLOAT16) => map(self, shape(), bf16::from_f32),
            (DType::HALF | DType::BFLOAT16, _) => self.cast(DType::FLOAT32)?.cast(dtype),
            // From float64, too, TensorFlow rounds twice.
            (_, DType::HALF | DType::BFLOAT16) => self.cast(DType::FLOAT32)?.cast(dtype),
            // The imaginary part does not count, not even for `bool`.
            (DType::COMPLEX64, DType::BOOL) => map(self, shape(), |z: Complex<f32>| z.re != 0.0),
            (DType::COMPLEX128, DType::BOOL) => map(self, shape(), |z: Complex<f64>| z.re != 0.0),
            (_, DType::BOOL) => to_bool(self),
            (DType::BOOL, _) => map(self, shape(), |value: bool| u8::from(value))?.cast(dtype),
            (DType::COMPLEX64, DType::COMPLEX128) => {
                map(self, shape(), |z: Complex<f32>| Complex::new(f64::from(z.re), f64::from(z.im)))
            }
            (DType::COMPLEX128, DType::COMPLEX64) => {
                map(self, shape(), |z: Complex<f64>| Complex::new(z.re as f32, z.im as f32))
            }
            (DType::COMPLEX64, _) => map(self, shape(), |z: Complex<f32>| z.re)?.cast(dtype),
            (DType::COMPLEX128, _) => map(self, shape(), |z: Complex<f64>| z.re)?.cast(dtype),
            (_, DType::COMPLEX64) => {
                map(&self.cast(DType::FLOAT32)?, shape(), |value: f32| Complex::new(value, 0.0))
            }
            (_, DType::COMPLEX128) => {
                map(&self.cast(DType::FLOAT64)?, shape(), |value: f64| Complex::new(value, 0.0))
            }
            _ if real(from) && real(dtype) => {
                dispatch!(from, REALS, |From| dispatch!(dtype, REALS, |To| {
                    map(self, shape(), |value: From| -> To { value.as_() })
                }))
            }
            _ if from.size() == dtype.size() && (from.is_quantized() || dtype.is_quantized()) => {
                self.bitcast_same_size(dtype)
            }
            _ => bail!(unimplemented, "Cast {} to {} is not supported", from.cpp_name(), dtype.cpp_name()),
        }
    }
}

fn real(dtype: DType) -> bool {
    dtype.is_integer() || matches!(dtype, DType::FLOAT32 | DType::FLOAT64)
}

fn to_bool(array: &NdArray) -> Result<NdArray> {
    let shape = array.shape().clone();
    dispatch!(array.dtype(), NUMBERS, |From| {
        let zero = <From as Default>::default();
        map(array, shape, |value: From| value != zero)
    })
}

fn map<A: Element + Copy, B: Element>(
    array: &NdArray,
    shape: Shape,
    f: impl Fn(A) -> B + Sync,
) -> Result<NdArray> {
    let input = array.as_slice::<A>()?;
    let mut output = recycled::<B>(input.len())?;
    parallel::chunks(&mut output, 1, 1, |start, chunk| {
        elementwise::each_to(&input[start..start + chunk.len()], chunk, &f);
    });
    NdArray::from_shape(shape, output)
}
