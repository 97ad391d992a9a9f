//! Writing `.npy` files.

use super::header::descriptor;
use super::read::MAGIC;
use crate::{DType, Error, NdArray, PartialShape, Result, TString, bail};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes the array to an `.npy` file, the bytes that NumPy would write.
///
/// # Errors
/// `Internal` when the file cannot be written, and those of [`write()`].
pub fn save(path: impl AsRef<Path>, array: &NdArray) -> Result<()> {
    let path = path.as_ref();
    let file = File::create(path).map_err(|error| Error::internal(format!("{}: {error}", path.display())))?;
    let mut writer = BufWriter::new(file);
    write(&mut writer, array)
        .and_then(|()| writer.flush().map_err(write_error))
        .map_err(|error| error.context(path.display()))
}

/// Writes the array in `.npy` format, the bytes that NumPy would write.
///
/// Strings are written as `S` of the longest one, `bfloat16` as `V2`, quantised values as plain integers.
///
/// # Errors
/// `InvalidArgument` for a string that ends in a NUL, which the format cannot tell from padding, `Unimplemented` for
/// resources and variants, `Internal` when the writer fails.
pub fn write(writer: &mut impl Write, array: &NdArray) -> Result<()> {
    if array.dtype() == DType::STRING {
        return write_strings(writer, array);
    }
    write_header(writer, &descriptor(array.dtype())?, array)?;
    let Some(bytes) = array.as_bytes() else {
        bail!(internal, "an array of {} has no bytes", array.dtype().name());
    };
    if cfg!(target_endian = "little") {
        return writer.write_all(bytes).map_err(write_error);
    }
    let size = if array.dtype().is_complex() { array.dtype().size() / 2 } else { array.dtype().size() };
    let swapped: Vec<u8> =
        bytes.chunks_exact(size.max(1)).flat_map(|number| number.iter().rev().copied()).collect();
    writer.write_all(&swapped).map_err(write_error)
}

fn write_strings(writer: &mut impl Write, array: &NdArray) -> Result<()> {
    let strings = array.as_slice::<TString>()?;
    if let Some(position) = strings.iter().position(|text| text.last() == Some(&0)) {
        let text = strings.get(position).cloned().unwrap_or_default();
        bail!(
            invalid_argument,
            "element {position}, {text:?}, ends in a NUL byte: neither 'S' nor 'U' strings of .npy files can hold it"
        );
    }
    let width = strings.iter().map(|text| text.len()).max().unwrap_or(0).max(1);
    write_header(writer, &format!("|S{width}"), array)?;
    let padding = vec![0; width];
    for text in strings {
        writer.write_all(text).map_err(write_error)?;
        writer.write_all(padding.get(text.len()..).unwrap_or_default()).map_err(write_error)?;
    }
    Ok(())
}

fn write_header(writer: &mut impl Write, descriptor: &str, array: &NdArray) -> Result<()> {
    /// NumPy leaves room for the first dimension to grow to as many digits.
    const GROWTH: usize = 21;
    const ALIGNMENT: usize = 64;
    let shape = PartialShape::from(array.shape());
    let mut header = format!("{{'descr': '{descriptor}', 'fortran_order': False, 'shape': {shape}, }}");
    if let Some(first) = array.shape().dims().first() {
        let digits = first.to_string().len();
        header.extend(std::iter::repeat_n(' ', GROWTH.saturating_sub(digits)));
    }
    // The magic string, the version and the length stand before the header, a newline ends it.
    let unpadded = MAGIC.len() + 4 + header.len() + 1;
    header.extend(std::iter::repeat_n(' ', ALIGNMENT - unpadded % ALIGNMENT));
    header.push('\n');
    let Ok(length) = u16::try_from(header.len()) else {
        bail!(unimplemented, "an .npy header of {} bytes", header.len());
    };
    let start = [MAGIC.as_slice(), &[1, 0], &length.to_le_bytes(), header.as_bytes()].concat();
    writer.write_all(&start).map_err(write_error)
}

pub(super) fn write_error(error: std::io::Error) -> Error {
    Error::internal(error.to_string())
}
