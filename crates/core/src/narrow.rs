//! Conversions of narrow dtypes: `float8_e5m2` and `float8_e4m3fn` to and from floats, `int4` and `uint4` to and from
//! integers. TensorFlow has no others.

use crate::{DType, NdArray, Result, bail};

/// A float of 8 bits: a sign, an exponent, and a mantissa of so many bits.
struct Float8 {
    mantissa_bits: i32,
    bias: i32,
    /// The largest finite number; the codes above are infinity, where there is one, and no numbers.
    largest: u8,
    infinity: Option<u8>,
    nan: u8,
}

const E5M2: Float8 = Float8 { mantissa_bits: 2, bias: 15, largest: 0x7B, infinity: Some(0x7C), nan: 0x7E };
const E4M3FN: Float8 = Float8 { mantissa_bits: 3, bias: 7, largest: 0x7E, infinity: None, nan: 0x7F };

fn float8(dtype: DType) -> Option<&'static Float8> {
    match dtype {
        DType::FLOAT8_E5M2 => Some(&E5M2),
        DType::FLOAT8_E4M3FN => Some(&E4M3FN),
        _ => None,
    }
}

impl Float8 {
    fn decode(&self, byte: u8) -> f32 {
        let code = byte & 0x7F;
        let (exponent, mantissa) = (i32::from(code) >> self.mantissa_bits, i32::from(code) & self.mask());
        let size = match code {
            _ if code <= self.largest => {
                // Numbers without an exponent are as far apart as those of the smallest one.
                let units = if exponent == 0 { mantissa } else { mantissa + self.mask() + 1 };
                units as f32 * 2f32.powi(exponent.max(1) - self.bias - self.mantissa_bits)
            }
            _ if Some(code) == self.infinity => f32::INFINITY,
            _ => f32::NAN,
        };
        if byte > 0x7F { -size } else { size }
    }

    /// The nearest one, that with an even code where two are.
    fn encode(&self, value: f64) -> u8 {
        let sign = if value.is_sign_negative() { 0x80 } else { 0 };
        if value.is_nan() {
            return sign | self.nan;
        }
        let size = value.abs();
        let exponent = ((size.to_bits() >> 52) as i32 - 1023).clamp(1 - self.bias, 64);
        let units = (size * 2f64.powi(self.mantissa_bits - exponent)).round_ties_even();
        // Whoever rounds up to the next exponent carries into its bits.
        let code = f64::from((exponent + self.bias - 1) << self.mantissa_bits) + units;
        let code =
            if code > f64::from(self.largest) { self.infinity.unwrap_or(self.nan) } else { code as u8 };
        sign | code
    }

    fn mask(&self) -> i32 {
        (1 << self.mantissa_bits) - 1
    }
}

/// A narrow array in another dtype, or another array in a narrow dtype.
///
/// # Errors
/// `Unimplemented` for pairs that TensorFlow does not convert either.
pub(crate) fn cast(array: &NdArray, dtype: DType) -> Result<NdArray> {
    let (from, shape) = (array.dtype(), array.shape());
    let of_bytes = |map: &dyn Fn(u8) -> u8| {
        let bytes: Vec<u8> = array.as_bytes().unwrap_or_default().iter().map(|&byte| map(byte)).collect();
        NdArray::from_bytes(dtype, shape.clone(), &bytes)
    };
    let is_int4 = |dtype| matches!(dtype, DType::INT4 | DType::UINT4);
    // Only the low bits count, and TensorFlow clears the others.
    let low = |byte: u8| byte & 0x0F;
    match (float8(from), float8(dtype)) {
        (Some(from), _) if !dtype.is_narrow() => {
            let bytes = array.as_bytes().unwrap_or_default();
            let values: Vec<f32> = bytes.iter().map(|&byte| from.decode(byte)).collect();
            return NdArray::from_shape(shape.clone(), values)?.cast(dtype);
        }
        (Some(from), Some(to)) => return of_bytes(&|byte| to.encode(from.decode(byte).into())),
        (None, Some(to)) if from.is_floating() => {
            let values = array.cast(DType::FLOAT64)?;
            let bytes: Vec<u8> = values.as_slice::<f64>()?.iter().map(|&value| to.encode(value)).collect();
            return NdArray::from_bytes(dtype, shape.clone(), &bytes);
        }
        (None, None) if is_int4(from) && is_int4(dtype) => return of_bytes(&low),
        (None, None) if is_int4(from) && dtype.is_integer() => {
            let bytes = array.as_bytes().unwrap_or_default();
            return match from {
                DType::INT4 => {
                    let values = bytes.iter().map(|&byte| ((byte << 4).cast_signed()) >> 4).collect();
                    NdArray::from_shape::<i8>(shape.clone(), values)?.cast(dtype)
                }
                _ => {
                    let values = bytes.iter().map(|&byte| low(byte)).collect();
                    NdArray::from_shape::<u8>(shape.clone(), values)?.cast(dtype)
                }
            };
        }
        (None, None) if from.is_integer() && is_int4(dtype) => {
            let values = array.cast(DType::UINT8)?;
            let bytes: Vec<u8> = values.as_slice::<u8>()?.iter().map(|&byte| low(byte)).collect();
            return NdArray::from_bytes(dtype, shape.clone(), &bytes);
        }
        _ => {}
    }
    bail!(unimplemented, "Cast {} to {} is not supported", from.cpp_name(), dtype.cpp_name())
}
