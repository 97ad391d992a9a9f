//! `tf.debugging.assert_shapes` and its siblings: checks of what is known of tensors before anything runs, and of how near
//! two of them are.

use super::assertions::{assert_rank, assert_rank_at_least, known_shape, text};
use ferroflow_core::{
    DType, IntoOperand, NdArray, Operand, Result, Tensor, bail, constant, context, convert_to_tensor, ensure,
    options, print,
};
use ferroflow_ops_math as math;
use std::collections::HashMap;

/// Begins an error, where there is a message.
fn prefix(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!("{message}.  ") }
}

/// What errors call a tensor.
fn described(tensor: &Tensor) -> Result<String> {
    match tensor {
        Tensor::Eager(_) => Ok(format!("shape={} dtype={}", tensor.shape(), tensor.dtype().name())),
        Tensor::Symbolic(_) => tensor.name(),
    }
}

/// A tensor as Python's `str` shows it.
pub(super) fn shown(tensor: &Tensor) -> String {
    match tensor {
        Tensor::Eager(eager) => print::eager_tensor_str(eager.value()),
        symbolic @ Tensor::Symbolic(_) => symbolic.to_string(),
    }
}

/// Checks that the elements are integers.
///
/// Source: `tf.debugging.assert_integer`.
///
/// # Errors
/// `TypeError`, which begins with the message, for another dtype.
pub fn assert_integer(x: impl IntoOperand, message: &str) -> Result<()> {
    let x = convert_to_tensor(x, None)?;
    let name = if x.is_eager() { "tensor".to_string() } else { x.name()? };
    ensure!(
        x.dtype().base().is_integer(),
        type_error,
        "{}Expected \"x\" to be integer type.  Found: {name} of dtype {}",
        prefix(message),
        x.dtype()
    );
    Ok(())
}

/// Checks that a tensor has no dimensions.
///
/// Source: `tf.debugging.assert_scalar`.
///
/// # Errors
/// `ValueError`, which begins with the message, for a tensor of another rank, and of one that is not known.
pub fn assert_scalar(tensor: impl IntoOperand, message: &str) -> Result<()> {
    let tensor = convert_to_tensor(tensor, None)?;
    let name = if tensor.is_eager() { String::new() } else { format!(" for {}", tensor.name()?) };
    let shape = tensor.shape();
    ensure!(
        tensor.rank() == Some(0),
        value,
        "{}Expected scalar shape{name}, saw shape: {shape}.",
        prefix(message)
    );
    Ok(())
}

/// Checks that a tensor has one of these ranks.
///
/// Source: `tf.debugging.assert_rank_in`.
///
/// # Errors
/// `ValueError`, which begins with the message, for another rank; `Unimplemented` where it is not known.
pub fn assert_rank_in(x: impl IntoOperand, ranks: &[usize], message: &str) -> Result<()> {
    let x = convert_to_tensor(x, None)?;
    let Some(rank) = x.rank() else {
        bail!(unimplemented, "the rank of a tensor of unknown rank cannot be checked");
    };
    let name = if x.is_eager() { String::new() } else { x.name()? };
    let listed: Vec<String> = ranks.iter().map(usize::to_string).collect();
    let comma = if ranks.len() == 1 { "," } else { "" };
    ensure!(
        ranks.contains(&rank),
        value,
        "{}Tensor {name} must have rank in ({}{comma}).  Received rank {rank}, shape {}",
        prefix(message),
        listed.join(", "),
        known_shape(&x)
    );
    Ok(())
}

/// The floating dtype that the tensors share; `dtype`, or `float32`, without any.
///
/// Source: `tf.debugging.assert_same_float_dtype`.
///
/// ```
/// use ferroflow_core::{DType, constant};
/// use ferroflow_ops::composites::assert_same_float_dtype;
/// assert_eq!(assert_same_float_dtype(&[constant(1.5)?, constant(2.0)?], None)?, DType::FLOAT32);
/// assert!(assert_same_float_dtype(&[constant(1)?], None).is_err());
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for tensors of two dtypes, of another one than asked for, or of one without fractions.
pub fn assert_same_float_dtype(tensors: &[Tensor], dtype: Option<DType>) -> Result<DType> {
    let mut expected = dtype.map(|dtype| (dtype, None));
    for tensor in tensors {
        let found = tensor.dtype().base();
        let name = || match tensor {
            Tensor::Eager(_) => Ok(shown(tensor)),
            Tensor::Symbolic(_) => tensor.name(),
        };
        match &expected {
            None => expected = Some((found, Some(name()?))),
            Some((dtype, _)) if *dtype == found => {}
            Some((dtype, first)) => {
                let like = first.as_ref().map_or_else(String::new, |first| format!(" as {first}"));
                bail!(value, "{}, type={found}, must be of the same type ({dtype}){like}.", name()?);
            }
        }
    }
    let dtype = expected.map_or(DType::FLOAT32, |(dtype, _)| dtype);
    ensure!(dtype.is_floating(), value, "Expected floating point type, got {dtype}.");
    Ok(dtype)
}

/// Whether the elements are numbers.
///
/// Source: `tf.debugging.is_numeric_tensor`.
pub fn is_numeric_tensor(tensor: &Tensor) -> bool {
    let dtype = tensor.dtype();
    dtype.is_floating()
        || dtype.is_integer() && !dtype.is_quantized()
        || dtype.is_complex()
        || dtype.is_quantized()
}

options! {
    /// Optional arguments of [`assert_near_with`].
    pub struct AssertNearOptions {
        /// How far apart elements may be, relative to `y`; ten times the dtype's step without it.
        rtol: Option<f64> = None,
        /// How far apart elements may be beside that; ten times the dtype's step without it.
        atol: Option<f64> = None,
        /// What errors begin with.
        message: String = String::new(),
    }
}

/// Checks that both are nearly equal, element by element: within ten steps of their dtype.
///
/// In a graph the check is a node, which the function that is traced runs.
///
/// Source: `tf.debugging.assert_near` (op `Assert`).
///
/// ```
/// use ferroflow_ops::composites::{assert_near, assert_near_with};
/// ferroflow_ops::install();
/// assert!(assert_near([1.0, 2.0], [1.0, 2.0000001]).is_ok());
/// assert!(assert_near([1.0], [1.5]).is_err());
/// assert!(assert_near_with([1.0], [1.5], |o| o.atol(1.0)).is_ok());
/// ```
///
/// # Errors
/// `InvalidArgument`, which begins with the message, where it does not hold.
pub fn assert_near(x: impl IntoOperand, y: impl IntoOperand) -> Result<()> {
    assert_near_with(x, y, |options| options)
}

/// [`assert_near`] within other bounds.
///
/// # Errors
/// As [`assert_near`].
pub fn assert_near_with(
    x: impl IntoOperand,
    y: impl IntoOperand,
    options: impl FnOnce(AssertNearOptions) -> AssertNearOptions,
) -> Result<()> {
    let (x, y, options) = (x.into_operand()?, y.into_operand()?, options(AssertNearOptions::default()));
    context::name_scope("assert_near", || {
        let x = context::with_name("x", || convert_to_tensor(x, None))?;
        let y = context::with_name("y", || convert_to_tensor(y, Some(x.dtype().base())))?;
        let (dtype, step) = match x.dtype().base() {
            DType::FLOAT64 | DType::COMPLEX128 => (DType::FLOAT64, f64::EPSILON),
            DType::COMPLEX64 => (DType::FLOAT32, f64::from(f32::EPSILON)),
            DType::HALF => (DType::HALF, 2f64.powi(-10)),
            DType::BFLOAT16 => (DType::BFLOAT16, 2f64.powi(-7)),
            dtype @ DType::FLOAT32 => (dtype, f64::from(f32::EPSILON)),
            dtype => bail!(value, "data type <class 'numpy.{}'> not inexact", dtype.name()),
        };
        let bound = |given: Option<f64>, name: &str| {
            context::with_name(name, || constant(NdArray::scalar(given.unwrap_or(10.0 * step)).cast(dtype)?))
        };
        let (rtol, atol) = (bound(options.rtol, "rtol")?, bound(options.atol, "atol")?);
        let names = [described(&x)?, described(&y)?];
        let tolerance = (&atol + (&rtol * math::abs(&y)?)?)?;
        let difference = math::abs((&x - &y)?)?;
        let condition = math::reduce_all(math::less(difference, tolerance)?, ())?;
        let said = vec![
            text(prefix(&options.message))?,
            text(format!("x and y not equal to tolerance rtol = {}, atol = {}", shown(&rtol), shown(&atol)))?,
            text(format!("x ({}) = ", names[0]))?,
            Operand::Tensor(x),
            text(format!("y ({}) = ", names[1]))?,
            Operand::Tensor(y),
        ];
        ferroflow_ops_control::Assert(condition, said, None)
    })
}

/// What [`assert_shapes`] asks of a dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SizeSymbol {
    /// This size.
    Size(usize),
    /// The size of all dimensions of this name.
    Named(String),
    /// Any size.
    Any,
    /// Any number of dimensions of any size; it may only come first.
    Rest,
}

impl From<usize> for SizeSymbol {
    fn from(size: usize) -> SizeSymbol {
        SizeSymbol::Size(size)
    }
}

impl From<&str> for SizeSymbol {
    /// A name; a number; `.` for any size; `*` or `...` for any number of dimensions.
    fn from(symbol: &str) -> SizeSymbol {
        match (symbol, symbol.parse()) {
            ("*" | "...", _) => SizeSymbol::Rest,
            (".", _) => SizeSymbol::Any,
            (_, Ok(size)) => SizeSymbol::Size(size),
            (name, Err(_)) => SizeSymbol::Named(name.to_string()),
        }
    }
}

/// Checks that tensors have these shapes, in which a name stands for one size wherever it is found. A scalar counts as a
/// vector of one element.
///
/// Source: `tf.debugging.assert_shapes`.
///
/// ```
/// use ferroflow_core::constant;
/// use ferroflow_ops::composites::{SizeSymbol, assert_shapes};
/// ferroflow_ops::install();
/// let shape = |symbols: &[&str]| symbols.iter().map(|symbol| SizeSymbol::from(*symbol)).collect::<Vec<_>>();
/// let (a, b) = (constant([[1, 2, 3], [4, 5, 6]])?, constant([7, 8, 9])?);
/// assert!(assert_shapes(&[(a.clone(), shape(&["2", "n"])), (b.clone(), shape(&["n"]))], "").is_ok());
/// assert!(assert_shapes(&[(a, shape(&["n", "n"]))], "").is_err());
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError`, which begins with the message, where it does not hold; `Unimplemented` for sizes that are not known.
pub fn assert_shapes(shapes: &[(Tensor, Vec<SizeSymbol>)], message: &str) -> Result<()> {
    for (tensor, symbols) in shapes {
        if let Some(at) = symbols.iter().skip(1).position(|symbol| *symbol == SizeSymbol::Rest) {
            bail!(
                value,
                "{}Tensor {} specified shape index {}.  Symbol `...` or `*` for a variable number of unspecified dimensions \
                 is only allowed as the first entry",
                prefix(message),
                described(tensor)?,
                at + 1
            );
        }
    }
    let sizes_of = |symbols: &[SizeSymbol]| match symbols.first() {
        Some(SizeSymbol::Rest) => (true, symbols[1..].to_vec()),
        _ => (false, symbols.to_vec()),
    };
    for (tensor, symbols) in shapes {
        match sizes_of(symbols) {
            (true, sizes) if sizes.len() < 2 => {}
            (true, sizes) => assert_rank_at_least(tensor, sizes.len(), message)?,
            (false, sizes) if sizes.len() < 2 => assert_rank_in(tensor, &[0, 1], message)?,
            (false, sizes) => assert_rank(tensor, sizes.len(), message)?,
        }
    }
    let mut known: HashMap<String, (usize, String)> = HashMap::new();
    for (tensor, symbols) in shapes {
        let (is_open, sizes) = sizes_of(symbols);
        let mut dims: Vec<Option<usize>> = tensor.shape().dims().into_iter().flatten().copied().collect();
        if dims.is_empty() {
            dims.push(Some(1));
        }
        for (at, symbol) in sizes.iter().enumerate() {
            let place = if is_open { at as i64 - sizes.len() as i64 } else { at as i64 };
            let index = if is_open { (dims.len() + at).checked_sub(sizes.len()) } else { Some(at) };
            let Some(found) = index.and_then(|index| dims.get(index).copied()) else { continue };
            let found = |what: &str| match found {
                Some(found) => Ok(found),
                None => bail!(unimplemented, "assert_shapes of a dimension ({what}) whose size is not known"),
            };
            let (found, size, origin) = match symbol {
                SizeSymbol::Any | SizeSymbol::Rest => continue,
                SizeSymbol::Size(size) => (found("a number")?, *size, "Specified explicitly".to_string()),
                SizeSymbol::Named(name) => {
                    let found = found(name)?;
                    let here = || -> Result<_> {
                        Ok((found, format!("Specified by tensor {} dimension {place}", described(tensor)?)))
                    };
                    match known.get(name) {
                        Some((size, origin)) => (found, *size, origin.clone()),
                        None => {
                            known.insert(name.clone(), here()?);
                            continue;
                        }
                    }
                }
            };
            ensure!(
                found == size,
                value,
                "{}{origin}.  Tensor {} dimension {place} must have size {size}.  Received size {found}, shape {}",
                prefix(message),
                described(tensor)?,
                known_shape(tensor)
            );
        }
    }
    Ok(())
}
