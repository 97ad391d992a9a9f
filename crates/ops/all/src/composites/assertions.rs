//! `tf.debugging.assert_equal` and its siblings: programs that stop where two tensors do not compare as they should.

use ferroflow_core::{
    DType, Error, IntoOperand, NdArray, Op, Operand, Result, TString, Tensor, bail, constant, context,
    convert_to_tensor, ensure,
};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;
use std::sync::Arc;

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
            let comparison = Comparison { name: stringify!($name), op: $op, symbol: $symbol };
            comparison.check(x.into_operand()?, y.into_operand()?, message, None)
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

/// Whether both are one tensor of a graph, in which that is nothing but a node to wait for.
fn is_one_tensor(x: &Operand, y: &Operand) -> Result<bool> {
    let (Operand::Tensor(Tensor::Symbolic(x)), Operand::Tensor(Tensor::Symbolic(y))) = (x, y) else {
        return Ok(false);
    };
    if (x.node(), x.index()) != (y.node(), y.index()) || !Arc::ptr_eq(x.graph(), y.graph()) {
        return Ok(false);
    }
    let node = x.graph().num_nodes();
    Op::named("NoOp").run()?;
    context::note_check(node);
    Ok(true)
}

/// How two tensors are compared.
struct Comparison {
    /// The function's name, and its scope's.
    name: &'static str,
    op: &'static str,
    symbol: &'static str,
}

impl Comparison {
    /// `said` stands in for the description of both tensors.
    fn check(&self, x: Operand, y: Operand, message: &str, said: Option<Vec<Operand>>) -> Result<()> {
        let name = context::take_name().unwrap_or_else(|| self.name.to_string());
        // TensorFlow opens the scope of this comparison twice.
        if self.op == "Equal" && context::name_scope(&name, || is_one_tensor(&x, &y))? {
            return Ok(());
        }
        context::name_scope(&name, || {
            let x = context::with_name("x", || convert_to_tensor(x, None))?;
            let y = context::with_name("y", || convert_to_tensor(y, Some(x.dtype().base())))?;
            let test = Op::named(self.op).input(&x).input(&y).one()?;
            let condition = math::reduce_all(&test, ())?;
            if context::executing_eagerly() && condition.is_eager() {
                return match (condition.numpy()?.item::<bool>()?, said) {
                    (true, _) => Ok(()),
                    (false, None) => Err(failure(self.symbol, &x, &y, &test, message)?),
                    (false, Some(said)) => Err(Error::invalid_argument(shown(message, &said, pretty)?)),
                };
            }
            let said = match said {
                Some(said) => said,
                None => {
                    let mut said =
                        vec![text(format!("Condition x {} y did not hold element-wise:", self.symbol))?];
                    for (letter, tensor) in [("x", &x), ("y", &y)] {
                        said.push(text(format!("{letter} ({}) = ", tensor.name()?))?);
                        said.push(Operand::Tensor(tensor.clone()));
                    }
                    said
                }
            };
            // What is known to fail fails while the graph is built.
            if let (Some(x), Some(y)) = (array::constant_value(&x), array::constant_value(&y)) {
                let known = context::with_eager(|| {
                    math::reduce_all(Op::named(self.op).input(x).input(y).one()?, ())?.numpy()?.item::<bool>()
                })?;
                ensure!(known, invalid_argument, "{}", shown(message, &said, known_value)?);
            }
            let mut data = Vec::new();
            if !message.is_empty() {
                data.push(text(message.to_string())?);
            }
            data.extend(said);
            ferroflow_ops_control::Assert(condition, data, None)
        })
    }
}

/// A message among what an assertion shows.
pub(super) fn text(text: String) -> Result<Operand> {
    NdArray::from(text.as_str()).into_operand()
}

/// A message and what is said about tensors, a line each.
fn shown(message: &str, said: &[Operand], line: fn(&Tensor) -> Result<String>) -> Result<String> {
    let mut lines: Vec<String> = Vec::new();
    if !message.is_empty() {
        lines.push(message.to_string());
    }
    for said in said {
        lines.push(match said {
            Operand::Tensor(tensor) => line(tensor)?,
            literal => context::with_eager(|| known_value(&convert_to_tensor(literal.clone(), None)?))?,
        });
    }
    Ok(lines.join("\n"))
}

/// A text as it is, and the first few elements of a tensor, as Python shows a list of texts.
fn pretty(tensor: &Tensor) -> Result<String> {
    let value = tensor.numpy()?;
    if value.rank() == 0 {
        return known_value(tensor);
    }
    let flat = array::reshape(tensor, [-1])?;
    let mut elements = Vec::new();
    for at in 0..value.len().min(SHOWN) {
        elements.push(format!("'{}'", array::getitem(&flat, at as i32)?.numpy()?));
    }
    if value.len() > SHOWN {
        elements.push("'...'".to_string());
    }
    Ok(format!("[{}]", elements.join(", ")))
}

/// A text as it is, and the value of a tensor where it is known.
fn known_value(tensor: &Tensor) -> Result<String> {
    match array::constant_value(tensor) {
        Some(value) if value.dtype() == DType::STRING && value.rank() == 0 => {
            Ok(value.item::<TString>()?.to_string_lossy().into_owned())
        }
        Some(value) => Ok(value.to_string()),
        None => Ok(format!("{tensor:?}")),
    }
}

macro_rules! sign_assertions {
    ($($(#[$doc:meta])* $name:ident $symbol:literal $comparison:expr, $zero_first:literal;)*) => {
        $($(#[$doc])*
        ///
        /// In a graph the check is a node, which the function that is traced runs; an empty message is none.
        ///
        #[doc = concat!("Source: `tf.debugging.", stringify!($name), "` (op `Assert`).")]
        ///
        /// # Errors
        /// `InvalidArgument`, which begins with the message, where it does not hold.
        pub fn $name(x: impl IntoOperand, message: &str) -> Result<()> {
            let x = x.into_operand()?;
            context::name_scope(stringify!($name), || {
                let x = context::with_name("x", || convert_to_tensor(x, None))?;
                let zero = constant(NdArray::scalar(0i32).cast(x.dtype().base())?)?;
                let name = if x.is_eager() {
                    format!("shape={} dtype={}", x.shape(), x.dtype().name())
                } else {
                    x.name()?
                };
                let message = if message.is_empty() { String::new() } else { format!("{message}.  ") };
                let (condition, x_is) =
                    (format!("Condition x {} 0 did not hold element-wise:", $symbol), format!("x ({name}) = "));
                // TensorFlow lacks a comma between these two for one of the four.
                let said = match $symbol {
                    "<=" => vec![message, format!("{condition}{x_is}")],
                    _ => vec![message, condition, x_is],
                };
                let mut said = said.into_iter().map(text).collect::<Result<Vec<_>>>()?;
                said.push(Operand::Tensor(x.clone()));
                let (first, second) = if $zero_first { (zero, x) } else { (x, zero) };
                $comparison.check(first.into_operand()?, second.into_operand()?, "", Some(said))
            })
        })*
    };
}

const LESS: Comparison = Comparison { name: "assert_less", op: "Less", symbol: "<" };
const LESS_EQUAL: Comparison = Comparison { name: "assert_less_equal", op: "LessEqual", symbol: "<=" };

sign_assertions! {
    /// Checks that every element is above 0.
    assert_positive ">" LESS, true;
    /// Checks that every element is below 0.
    assert_negative "<" LESS, false;
    /// Checks that no element is below 0.
    assert_non_negative ">=" LESS_EQUAL, true;
    /// Checks that no element is above 0.
    assert_non_positive "<=" LESS_EQUAL, false;
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
    bail!(
        value,
        "{message}{}Tensor {name} must have rank {how}{rank}.  Received rank {known}, shape {}",
        if message.is_empty() { "" } else { ".  " },
        known_shape(&x)
    )
}

/// The shape of a tensor of known rank, as Python shows a tuple.
pub(super) fn known_shape(x: &Tensor) -> String {
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
    format!("({}{comma})", dims.join(", "))
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
