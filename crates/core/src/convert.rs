//! Values to tensors: which dtype a literal takes, and what it cannot become.

use crate::{DType, Error, IntoOperand, NdArray, Operand, Result, Tensor, bail, context, print};

/// A tensor from anything that converts to one: the tensor itself, or a constant of the value in the mode in force.
///
/// # Errors
/// `TypeError` when the value cannot have this dtype, and the errors of the graph in force.
pub fn convert_to_tensor(value: impl IntoOperand, dtype: Option<DType>) -> Result<Tensor> {
    match value.into_operand()? {
        Operand::Tensor(tensor) => match dtype {
            Some(dtype) if tensor.dtype().base() != dtype => bail!(
                value,
                "Tensor conversion requested dtype {} for Tensor with dtype {}: {tensor:?}",
                dtype.name(),
                tensor.dtype().name()
            ),
            _ => Ok(tensor),
        },
        operand => {
            let array = literal_array(&operand, dtype)?;
            match context::current_graph() {
                None => Ok(Tensor::from(array)),
                Some(_) => crate::constant_node(array),
            }
        }
    }
}

/// The value of an operand that is no tensor, in this dtype or in the one it has on its own.
///
/// # Errors
/// `TypeError` when the value cannot have this dtype.
pub fn literal_array(operand: &Operand, dtype: Option<DType>) -> Result<NdArray> {
    let dtype = dtype.unwrap_or_else(|| operand.natural_dtype());
    match operand {
        Operand::Value { array, .. } if array.dtype() == dtype => Ok(array.clone()),
        Operand::Value { array, weak: true } => cast_weak(array, dtype),
        // Rust does not tell lists of texts from arrays of them: both are taken as lists.
        Operand::Value { array, .. } if (array.dtype() == DType::STRING) != (dtype == DType::STRING) => {
            Err(unconvertible(array, dtype))
        }
        Operand::Value { array, .. } => array.cast(dtype),
        Operand::Tensor(_) => bail!(internal, "a tensor is no literal"),
    }
}

/// A Rust literal as a constant of another dtype: numbers widen as Python's do, and never lose their fraction.
///
/// # Errors
/// `TypeError` when the literal cannot have the dtype.
pub fn cast_weak(array: &NdArray, dtype: DType) -> Result<NdArray> {
    let takes_floats = dtype.is_floating() || dtype.is_complex();
    if !(takes_floats || array.dtype() != DType::FLOAT64 && dtype.is_integer()) {
        return Err(unconvertible(array, dtype));
    }
    array.cast(dtype)
}

/// The error for a value that cannot have a dtype, in the words of the mode in force.
fn unconvertible(array: &NdArray, dtype: DType) -> Error {
    if context::executing_eagerly() {
        let (list, dtype) = (python_list(array), dtype.cpp_name());
        return Error::type_error(format!("Cannot convert {list} to EagerTensor of dtype {dtype}"));
    }
    let kind = match array.dtype() {
        DType::STRING => "str",
        dtype if dtype.is_floating() => "float",
        _ => "int",
    };
    let first = match array.as_slice::<crate::TString>() {
        Ok([first, ..]) => String::from_utf8_lossy(first.as_bytes()).into_owned(),
        _ => print::scalar_str(array, 0),
    };
    Error::type_error(format!("Expected {}, but got {first} of type '{kind}'.", dtype.name()))
}

/// The value as Python prints the list that it would be there.
fn python_list(array: &NdArray) -> String {
    let item = |position: usize| match array.as_slice::<crate::TString>() {
        Ok(texts) => texts.get(position).map_or(String::new(), |text| {
            std::str::from_utf8(text.as_bytes())
                .map_or_else(|_| print::scalar_str(array, position), print::python_str_repr)
        }),
        Err(_) => print::scalar_str(array, position),
    };
    let mut parts: Vec<String> = (0..array.len()).map(item).collect();
    for &size in array.shape().dims().iter().rev() {
        parts = match size {
            // No element says how many empty lists there are: the outermost shows it.
            0 => vec!["[]".to_string()],
            _ => parts.chunks(size).map(|row| format!("[{}]", row.join(", "))).collect(),
        };
    }
    parts.concat()
}
