//! Random changes of the inputs and attributes of a call.

use ferroflow_core::schema::{ArgType, OpSchema};
use ferroflow_core::{AttrValue, Attrs, DType, NdArray, Result, Shape, TString, bf16, dispatch, f16};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Whole numbers that programs stumble over.
const NUMBERS: &[i64] =
    &[0, 1, -1, 2, 3, 5, -2, -7, 64, i32::MAX as i64, i32::MIN as i64, 1 << 31, 1 << 40, i64::MAX, i64::MIN];

/// Fractions that programs stumble over.
const FRACTIONS: &[f64] =
    &[0.0, -0.0, 1.0, -1.0, 0.5, 1e-30, 3e38, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];

/// A source of changes: the same ones for the same name and round.
pub(crate) struct Mutator(u64);

impl Mutator {
    pub(crate) fn new(name: &str, round: u64) -> Mutator {
        let mut hasher = DefaultHasher::new();
        (name, round).hash(&mut hasher);
        Mutator(hasher.finish())
    }

    fn next(&mut self) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// Changes one to three things; returns what was done.
    pub(crate) fn change(&mut self, schema: &OpSchema, attrs: &mut Attrs, inputs: &mut [NdArray]) -> String {
        let mut done = Vec::new();
        for _ in 0..=self.below(3) {
            if !inputs.is_empty() && self.below(3) > 0 {
                let index = self.below(inputs.len());
                match self.input(&inputs[index]) {
                    Ok((changed, words)) => {
                        inputs[index] = changed;
                        done.push(format!("{words} input {index}"));
                    }
                    Err(_) => done.push(format!("left input {index}")),
                }
            } else if let Some(words) = self.attr(schema, attrs) {
                done.push(words);
            }
        }
        done.join(", ")
    }

    /// A changed array of the same dtype.
    fn input(&mut self, array: &NdArray) -> Result<(NdArray, &'static str)> {
        let dims = array.shape().dims();
        Ok(match self.below(5) {
            0 => {
                let rank = self.below(6);
                let dims: Vec<usize> = (0..rank).map(|_| self.pick(&[0, 1, 1, 2, 3, 4])).collect();
                (self.filled(array, &dims)?, "made anew")
            }
            1 if !dims.is_empty() => {
                let mut dims = dims.to_vec();
                let axis = self.below(dims.len());
                dims[axis] = self.pick(&[0, 1, dims[axis] + 1, dims[axis].saturating_sub(1)]);
                (self.filled(array, &dims)?, "resized")
            }
            2 => {
                let mut dims = dims.to_vec();
                if self.below(2) == 0 || dims.is_empty() {
                    let axis = self.below(dims.len() + 1);
                    dims.insert(axis, 1);
                } else {
                    let axis = self.below(dims.len());
                    dims.remove(axis);
                }
                (self.filled(array, &dims)?, "gave another rank to")
            }
            3 if !dims.is_empty() => {
                let mut dims = dims.to_vec();
                let (a, b) = (self.below(dims.len()), self.below(dims.len()));
                dims.swap(a, b);
                (self.filled(array, &dims)?, "swapped sizes of")
            }
            _ => (self.with_odd_values(array)?, "put odd values into"),
        })
    }

    /// An array of other sizes with the elements repeated.
    fn filled(&mut self, array: &NdArray, dims: &[usize]) -> Result<NdArray> {
        let shape = Shape::new(dims)?;
        dispatch!(array.dtype(), ALL, |T| {
            let source = array.as_slice::<T>()?;
            let count = shape.num_elements();
            let elements: Vec<T> = if source.is_empty() {
                vec![T::default(); count]
            } else {
                source.iter().cycle().take(count).cloned().collect()
            };
            NdArray::from_shape(shape, elements)
        })
    }

    /// The array with some elements that programs stumble over.
    fn with_odd_values(&mut self, array: &NdArray) -> Result<NdArray> {
        let mut array = array.clone();
        if array.is_empty() {
            return Ok(array);
        }
        for _ in 0..=self.below(3) {
            let at = self.below(array.len());
            let (number, fraction) = (self.pick(NUMBERS), self.pick(FRACTIONS));
            let text = self.pick(&["", "\0", "x", "-1", "\u{fffd}é", "1e999", ","]);
            macro_rules! put {
                ($ty:ty, $value:expr) => {
                    array.as_mut_slice::<$ty>()?[at] = $value
                };
            }
            match array.dtype() {
                DType::FLOAT32 => put!(f32, fraction as f32),
                DType::FLOAT64 => put!(f64, fraction),
                DType::HALF => put!(f16, f16::from_f64(fraction)),
                DType::BFLOAT16 => put!(bf16, bf16::from_f64(fraction)),
                DType::INT8 => put!(i8, number as i8),
                DType::INT16 => put!(i16, number as i16),
                DType::INT32 => put!(i32, number as i32),
                DType::INT64 => put!(i64, number),
                DType::UINT8 => put!(u8, number as u8),
                DType::UINT16 => put!(u16, number as u16),
                DType::UINT32 => put!(u32, number as u32),
                DType::UINT64 => put!(u64, number as u64),
                DType::STRING => put!(TString, TString::from(text)),
                DType::BOOL => put!(bool, number > 1),
                // The others are made of these, or hold nothing that can be odd.
                _ => return Ok(array),
            }
        }
        Ok(array)
    }

    /// Changes an attribute that does not say what the inputs are.
    fn attr(&mut self, schema: &OpSchema, attrs: &mut Attrs) -> Option<String> {
        let of_inputs = |name: &str| schema.inputs.iter().any(|arg| says(&arg.kind, name));
        let names: Vec<String> = attrs.iter().map(|(name, _)| name.to_string()).collect();
        let names: Vec<String> = names.into_iter().filter(|name| !of_inputs(name)).collect();
        let name = names.get(self.below(names.len()))?.clone();
        let value = match attrs.get(&name)?.clone() {
            AttrValue::Int(_) => AttrValue::Int(self.pick(NUMBERS)),
            AttrValue::Float(_) => AttrValue::Float(self.pick(FRACTIONS) as f32),
            AttrValue::Bool(value) => AttrValue::Bool(!value),
            AttrValue::Ints(mut values) => {
                match self.below(3) {
                    0 => values.push(self.pick(NUMBERS)),
                    1 => drop(values.pop()),
                    _ if values.is_empty() => {}
                    _ => {
                        let at = self.below(values.len());
                        values[at] = self.pick(NUMBERS);
                    }
                }
                AttrValue::Ints(values)
            }
            AttrValue::Floats(mut values) => {
                if self.below(2) == 0 || values.is_empty() {
                    values.push(self.pick(FRACTIONS) as f32);
                } else {
                    let at = self.below(values.len());
                    values[at] = self.pick(FRACTIONS) as f32;
                }
                AttrValue::Floats(values)
            }
            _ => return None,
        };
        // What the signature refuses never comes to a kernel.
        let size = match &value {
            AttrValue::Int(value) => *value,
            AttrValue::Ints(values) => values.len() as i64,
            AttrValue::Floats(values) => values.len() as i64,
            _ => i64::MAX,
        };
        if schema.attr(&name).and_then(|attr| attr.minimum).is_some_and(|minimum| size < minimum) {
            return None;
        }
        let words = format!("set {name} to {value:?}");
        attrs.set(name, value);
        Some(words)
    }
}

/// Whether an attribute says the number or the dtypes of an argument.
fn says(kind: &ArgType, name: &str) -> bool {
    match kind {
        ArgType::Fixed(_) => false,
        ArgType::Attr(attr) | ArgType::TypeList(attr) => attr == name,
        ArgType::Repeated { number_attr, of } => number_attr == name || says(of, name),
    }
}
