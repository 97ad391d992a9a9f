//! `tf.debugging.assert_equal` and its siblings: programs that stop where two tensors do not compare as they should.

use ferroflow_core::{
    DType, Error, IntoOperand, NdArray, Op, Operand, Result, Tensor, bail, constant, context,
    convert_to_tensor,
};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;

/// How many elements messages show.
const SHOWN: usize = 3;

macro_rules! assertions {
    ($($(#[$doc:meta])* $name:ident $op:literal $symbol:literal;)*) => {
        $($(#[$doc])*
        ///
        /// In a graph the check is a node, which the function that is traced runs; an empty message is none.
        ///
        #[doc = concat!("Source: `tf.debugging.", stringify!($name), "` (op `Assert`).")]
        ///
        /// # Errors
        /// `InvalidArgument`, which begins with the message, where it does not hold.
        pub fn $name(x: impl IntoOperand, y: impl IntoOperand, message: &str) -> Result<()> {
            compare($symbol, stringify!($name), $op, x.into_operand()?, y.into_operand()?, message)
        })*
    };
}

assertions! {
    /// Checks that both are equal, element by element.
    ///
    /// ```
    /// use ferroflow_ops::composites::assert_equal;
    /// ferroflow_ops::install();
    /// assert!(assert_equal([1, 2], [1, 2], "").is_ok());
    /// let error = assert_equal([1, 2], [1, 3], "no").unwrap_err();
    /// assert!(error.message().starts_with("no\nCondition x == y did not hold."));
    /// ```
    assert_equal "Equal" "==";
    /// Checks that both differ, element by element.
    assert_none_equal "NotEqual" "!=";
    /// Checks that `x` is less, element by element.
    assert_less "Less" "<";
    /// Checks that `x` is less or equal, element by element.
    assert_less_equal "LessEqual" "<=";
    /// Checks that `x` is greater, element by element.
    assert_greater "Greater" ">";
    /// Checks that `x` is greater or equal, element by element.
    assert_greater_equal "GreaterEqual" ">=";
}

fn compare(symbol: &str, name: &str, op: &str, x: Operand, y: Operand, message: &str) -> Result<()> {
    context::name_scope(name, || {
        let x = context::with_name("x", || convert_to_tensor(x, None))?;
        let y = context::with_name("y", || convert_to_tensor(y, Some(x.dtype().base())))?;
        let test = Op::named(op).input(&x).input(&y).one()?;
        let condition = math::reduce_all(&test, ())?;
        if context::executing_eagerly() && condition.is_eager() {
            return match condition.numpy()?.item::<bool>()? {
                true => Ok(()),
                false => Err(failure(symbol, &x, &y, &test, message)?),
            };
        }
        let text = |text: String| constant(NdArray::from(text.as_str()));
        let mut data: Vec<Tensor> = Vec::new();
        context::name_scope("Assert", || {
            if !message.is_empty() {
                data.push(text(message.to_string())?);
            }
            data.push(text(format!("Condition x {symbol} y did not hold element-wise:"))?);
            for (letter, tensor) in [("x", &x), ("y", &y)] {
                data.push(text(format!("{letter} ({}) = ", tensor.name()?))?);
                data.push(tensor.clone());
            }
            Op::named("Assert").input(condition).inputs(data).attr("summarize", SHOWN as i64).run()
        })
    })
}

/// The error of eager code: which elements differ, and the first few of both.
fn failure(symbol: &str, x: &Tensor, y: &Tensor, test: &Tensor, message: &str) -> Result<Error> {
    let mut lines = Vec::new();
    if !message.is_empty() {
        lines.push(message.to_string());
    }
    lines.push(format!("Condition x {symbol} y did not hold."));
    let wrong = array::where_true(ferroflow_core::operators::logical_not(test)?)?;
    let count = wrong.shape().dim(0).unwrap_or(0).min(SHOWN);
    if x.shape() == y.shape() && test.rank() != Some(0) {
        let first = array::getitem(&wrong, ..count as i32)?;
        lines.push(format!("Indices of first {count} different values:"));
        lines.push(first.numpy()?.to_string());
        for (letter, tensor) in [("x", x), ("y", y)] {
            lines.push(format!("Corresponding {letter} values:"));
            lines.push(array::gather_nd(tensor, &first)?.numpy()?.to_string());
        }
    }
    for (letter, tensor) in [("x", x), ("y", y)] {
        let flat = array::reshape(tensor, [-1])?;
        let count = flat.shape().dim(0).unwrap_or(0).min(SHOWN);
        lines.push(format!("First {count} elements of {letter}:"));
        lines.push(array::getitem(flat, ..count as i32)?.numpy()?.to_string());
    }
    Ok(Error::invalid_argument(lines.join("\n")))
}

/// Checks that a tensor has this rank.
///
/// Source: `tf.debugging.assert_rank`.
///
/// # Errors
/// `ValueError`, which begins with the message, for another rank; `Unimplemented` where it is not known.
pub fn assert_rank(x: impl IntoOperand, rank: usize, message: &str) -> Result<()> {
    ranked(x.into_operand()?, rank, message, "", |known| known == rank)
}

/// Checks that a tensor has this rank, or a higher one.
///
/// Source: `tf.debugging.assert_rank_at_least`.
///
/// # Errors
/// As [`assert_rank`].
pub fn assert_rank_at_least(x: impl IntoOperand, rank: usize, message: &str) -> Result<()> {
    ranked(x.into_operand()?, rank, message, "at least ", |known| known >= rank)
}

fn ranked(x: Operand, rank: usize, message: &str, how: &str, holds: impl Fn(usize) -> bool) -> Result<()> {
    let x = convert_to_tensor(x, None)?;
    let Some(known) = x.rank() else {
        bail!(unimplemented, "the rank of a tensor of unknown rank cannot be checked");
    };
    if holds(known) {
        return Ok(());
    }
    let name = if x.is_eager() { String::new() } else { x.name()? };
    let dims: Vec<String> = x
        .shape()
        .dims()
        .into_iter()
        .flatten()
        .map(|dim| match dim {
            Some(dim) => dim.to_string(),
            None => "None".to_string(),
        })
        .collect();
    let comma = if dims.len() == 1 { "," } else { "" };
    bail!(
        value,
        "{message}{}Tensor {name} must have rank {how}{rank}.  Received rank {known}, shape ({}{comma})",
        if message.is_empty() { "" } else { ".  " },
        dims.join(", ")
    )
}

/// Checks that a tensor has a dtype.
///
/// Source: `tf.debugging.assert_type`.
///
/// # Errors
/// `TypeError`, which begins with the message, for another dtype.
pub fn assert_type(tensor: impl IntoOperand, tf_type: DType, message: &str) -> Result<()> {
    let tensor = convert_to_tensor(tensor, None)?;
    if tensor.dtype() == tf_type {
        return Ok(());
    }
    let message = if message.is_empty() { String::new() } else { format!("{message}.  ") };
    let name = if tensor.is_eager() { "tensor".to_string() } else { tensor.name()? };
    bail!(type_error, "{message}{name} must be of type {tf_type:?}; got {:?}", tensor.dtype())
}
