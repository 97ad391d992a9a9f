//! The values of a case: literals and generators, defined as in `tools/case_file.py`.

use ferroflow_core::literal::{self, Cursor, Scalar};
use ferroflow_core::{DType, Error, NdArray, Result, Shape, bail, ensure};

/// The seed of the incoming gradient of output 0; output `i` has this plus `i`.
pub const GRADIENT_SEED: u64 = 7919;

struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

/// The recorded elements of an output.
pub struct Recorded {
    /// The elements, all of them or a sample.
    pub values: NdArray,
    /// Each of `values` is one of this many elements of the output.
    pub every: usize,
}

/// The array that a text of values stands for.
///
/// # Errors
/// `InvalidArgument` when the text is no list of values, or not as many as the shape holds.
pub fn values(text: &str, dtype: DType, shape: &[usize]) -> Result<NdArray> {
    let shape = Shape::new(shape)?;
    let scalars = match text.strip_prefix('@') {
        Some(call) => generate(call, dtype, shape.num_elements())?,
        None => elements(text, dtype)?,
    };
    literal::array(dtype, shape, &scalars)
}

/// The same where a sample may stand: `@every(k) v0 vk v2k ...`.
///
/// # Errors
/// As for [`values`].
pub fn recorded(text: &str, dtype: DType, shape: &[usize]) -> Result<Recorded> {
    let Some(rest) = text.strip_prefix("@every(") else {
        return Ok(Recorded { values: values(text, dtype, shape)?, every: 1 });
    };
    let parts = rest.split_once(')').and_then(|(step, rest)| Some((step.parse::<usize>().ok()?, rest)));
    let Some((every, rest)) = parts.filter(|parts| parts.0 > 0) else {
        bail!(invalid_argument, "expected @every(STEP), found '{text}'");
    };
    let scalars = elements(rest, dtype)?;
    ensure!(
        scalars.len() == Shape::new(shape)?.num_elements().div_ceil(every),
        invalid_argument,
        "{} samples of every {every} elements",
        scalars.len()
    );
    Ok(Recorded { values: literal::array(dtype, Shape::new(&[scalars.len()])?, &scalars)?, every })
}

/// The incoming gradient of the output at `index`: uniform on [-1, 1).
///
/// # Errors
/// `InvalidArgument` for a dtype that has no literals.
pub fn gradient_weights(index: usize, dtype: DType, shape: &[usize]) -> Result<NdArray> {
    values(&format!("@uniform({},-1,1)", GRADIENT_SEED + index as u64), dtype, shape)
}

fn elements(text: &str, dtype: DType) -> Result<Vec<Scalar>> {
    let mut cursor = Cursor::new(text);
    let scalars = literal::scalars(&mut cursor, dtype)?;
    if cursor.at_end() { Ok(scalars) } else { Err(cursor.error("a value")) }
}

/// A generator's elements; for a complex dtype `uniform` and `ints` draw real and imaginary parts in turn.
fn generate(call: &str, dtype: DType, count: usize) -> Result<Vec<Scalar>> {
    let malformed = || Error::invalid_argument(format!("no generator: '@{call}'"));
    let (name, args) = call.split_once('(').ok_or_else(malformed)?;
    let args = args.trim().strip_suffix(')').ok_or_else(malformed)?;
    if name == "fill" {
        let value = elements(args, dtype)?;
        return match value.as_slice() {
            [value] => Ok(vec![value.clone(); count]),
            _ => Err(malformed()),
        };
    }
    let args: Vec<Scalar> =
        args.split(',').map(|arg| Scalar::parse(arg.trim())).collect::<Option<_>>().ok_or_else(malformed)?;
    let draws = if dtype.is_complex() && matches!(name, "uniform" | "ints") { 2 * count } else { count };
    let numbers = match (name, args.as_slice()) {
        ("uniform", [Scalar::Int(seed), low, high]) => {
            let (low, high) = (number(low).ok_or_else(malformed)?, number(high).ok_or_else(malformed)?);
            let mut random = SplitMix64(*seed as u64);
            let unit = |bits: u64| (bits >> 11) as f64 * 2f64.powi(-53);
            (0..draws).map(|_| Scalar::Float(low + unit(random.next()) * (high - low))).collect()
        }
        ("ints", [Scalar::Int(seed), Scalar::Int(low), Scalar::Int(high)]) if low < high => {
            let mut random = SplitMix64(*seed as u64);
            (0..draws).map(|_| Scalar::Int(low + i128::from(random.next()) % (high - low))).collect()
        }
        ("range", [Scalar::Int(start), Scalar::Int(step)]) => {
            (0..draws).map(|index| Scalar::Int(start + index as i128 * step)).collect()
        }
        ("range", [start, step]) => {
            let (start, step) = (number(start).ok_or_else(malformed)?, number(step).ok_or_else(malformed)?);
            (0..draws).map(|index| Scalar::Float(start + index as f64 * step)).collect()
        }
        ("shuffle", [Scalar::Int(seed)]) => {
            let mut random = SplitMix64(*seed as u64);
            let mut items: Vec<i128> = (0..draws as i128).collect();
            for index in (1..draws).rev() {
                items.swap(index, (random.next() % (index as u64 + 1)) as usize);
            }
            items.into_iter().map(Scalar::Int).collect()
        }
        _ => return Err(malformed()),
    };
    if draws == count { Ok(numbers) } else { pairs(&numbers).ok_or_else(malformed) }
}

fn number(scalar: &Scalar) -> Option<f64> {
    match *scalar {
        Scalar::Int(value) => Some(value as f64),
        Scalar::Float(value) => Some(value),
        _ => None,
    }
}

fn pairs(numbers: &[Scalar]) -> Option<Vec<Scalar>> {
    let pair = |pair: &[Scalar]| match pair {
        [re, im] => Some(Scalar::Complex(number(re)?, number(im)?)),
        _ => None,
    };
    numbers.chunks(2).map(pair).collect()
}
