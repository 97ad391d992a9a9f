//! Converting a value that is fed to the dtype of its tensor, as `numpy.asarray` does.

use ferroflow_core::{Complex, DType, Error, NdArray, Result, TString, bail, ensure};

/// Checks a single integer: it must survive the conversion, where arrays may wrap around.
///
/// # Errors
/// `TypeError` naming the value and the dtype.
pub(super) fn check_scalar(array: &NdArray, dtype: DType) -> Result<()> {
    if array.rank() != 0 || !array.dtype().is_integer() {
        return Ok(());
    }
    let survives = dtype != DType::STRING && {
        let there = array.cast(dtype)?.cast(DType::FLOAT64)?;
        there == array.cast(DType::FLOAT64)?
    };
    ensure!(
        survives,
        type_error,
        "Type of feed value {array} with type <class 'int'> is not compatible with Tensor type <class '{}'>. Try \
         explicitly setting the type of the feed tensor to a larger type (e.g. int64).",
        numpy_class(dtype)
    );
    Ok(())
}

/// The class of NumPy's scalars of this dtype.
fn numpy_class(dtype: DType) -> String {
    match dtype {
        DType::STRING => "object".to_string(),
        DType::BFLOAT16 => "ml_dtypes.bfloat16".to_string(),
        other => format!("numpy.{}", other.name()),
    }
}

/// The value in another dtype: numbers convert without a word, texts are read as numbers.
///
/// # Errors
/// `ValueError` for a text that is no number; `InvalidArgument` for a number where a text is wanted.
pub(super) fn to_dtype(array: &NdArray, dtype: DType) -> Result<NdArray> {
    if array.dtype() == DType::STRING {
        return read_numbers(array, dtype);
    }
    ensure!(dtype != DType::STRING, type_error, "Unsupported string type: {} array", array.dtype().name());
    array.cast(dtype)
}

fn read_numbers(array: &NdArray, dtype: DType) -> Result<NdArray> {
    let texts = array.as_slice::<TString>()?;
    let shape = array.shape().clone();
    let text = |bytes: &TString| String::from_utf8_lossy(bytes).trim().to_string();
    if dtype == DType::BOOL {
        // NumPy takes every text but the empty one for true.
        return NdArray::from_shape(shape, texts.iter().map(|bytes| !bytes.is_empty()).collect());
    }
    let unreadable = |what: &str, text: &str| {
        Error::value(format!("{what}: np.str_({})", ferroflow_core::print::python_str_repr(text)))
    };
    if dtype.is_integer() {
        let read = |bytes: &TString| {
            let text = text(bytes);
            text.parse::<i64>().map_err(|_| unreadable("invalid literal for int() with base 10", &text))
        };
        return NdArray::from_shape(shape, texts.iter().map(read).collect::<Result<Vec<_>>>()?)?.cast(dtype);
    }
    if dtype.is_floating() {
        let read = |bytes: &TString| {
            let text = text(bytes);
            text.parse::<f64>().map_err(|_| unreadable("could not convert string to float", &text))
        };
        return NdArray::from_shape(shape, texts.iter().map(read).collect::<Result<Vec<_>>>()?)?.cast(dtype);
    }
    if dtype.is_complex() {
        let read = |bytes: &TString| {
            text(bytes)
                .parse::<Complex<f64>>()
                .map_err(|_| Error::value("complex() arg is a malformed string"))
        };
        return NdArray::from_shape(shape, texts.iter().map(read).collect::<Result<Vec<_>>>()?)?.cast(dtype);
    }
    bail!(type_error, "a text cannot be fed to a tensor of dtype {}", dtype.name())
}
