//! Reading `.npy` files.

use super::header::{ElementLayout, Header, LONGEST};
use super::pickle;
use crate::{DType, Error, NdArray, Result, Shape, TString, bail, dispatch, ensure};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// What every `.npy` file begins with.
pub(super) const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// The array in an `.npy` file.
///
/// # Errors
/// `NotFound` or `PermissionDenied` when the file cannot be opened, and those of [`read`].
pub fn load(path: impl AsRef<Path>) -> Result<NdArray> {
    let path = path.as_ref();
    let file = File::open(path).map_err(|error| open_error(path, &error))?;
    read(&mut BufReader::new(file)).map_err(|error| error.context(path.display()))
}

/// The array in `.npy` format that follows in this reader; nothing after it is read.
///
/// `S` and `U` strings and objects that are `bytes` or `str` become strings, text as UTF-8, and two bytes of no type (`V2`), as which NumPy writes it, become
/// `bfloat16`.
///
/// ```
/// use ferroflow_core::{NdArray, npy};
/// let array = NdArray::from([[1.5f32, 2.0], [3.0, 4.0]]);
/// let mut file = Vec::new();
/// npy::write(&mut file, &array)?;
/// assert_eq!(npy::read(&mut file.as_slice())?, array);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` in NumPy's words for a file that is malformed or ends early, `Unimplemented` for dtypes without a
/// counterpart, pickles of anything but strings among them, `ResourceExhausted` when the memory cannot be had.
pub fn read(reader: &mut impl Read) -> Result<NdArray> {
    let header = read_header(reader)?;
    if matches!(header.layout, ElementLayout::Objects) {
        return pickle::strings(reader, header.shape);
    }
    let count = header.shape.num_elements();
    let size = header.layout.size();
    let Some(length) = size.and_then(|size| size.checked_mul(count)) else {
        bail!(value, "array is too big: {count} elements");
    };
    // Without bytes to back them, elements would be free for a hostile header to ask for.
    ensure!(size != Some(0) || count == 0, unimplemented, "unsupported numpy dtype: strings of no width");
    let mut data = take(reader, length, "array data")?;
    let reversed: Vec<usize> = header.shape.dims().iter().rev().copied().collect();
    let stored = if header.fortran_order { Shape::new(&reversed)? } else { header.shape };
    let array = match header.layout {
        ElementLayout::Fixed { dtype, big_endian } => {
            to_native(&mut data, dtype, big_endian);
            NdArray::from_bytes(dtype, stored, &data)?
        }
        ElementLayout::Bytes { width } => {
            let strings = data.chunks_exact(width.max(1)).map(|text| TString::from(without_nuls(text)));
            NdArray::from_shape(stored, strings.collect())?
        }
        ElementLayout::Text { width, big_endian } => {
            let strings =
                data.chunks_exact(width.saturating_mul(4).max(1)).map(|text| decode(text, big_endian));
            NdArray::from_shape(stored, strings.collect::<Result<Vec<TString>>>()?)?
        }
        ElementLayout::Objects => bail!(internal, "object arrays are read from their pickle"),
    };
    if header.fortran_order && array.rank() > 1 { transposed(array) } else { Ok(array) }
}

fn read_header(reader: &mut impl Read) -> Result<Header> {
    let start = take(reader, 8, "magic string")?;
    let (magic, version) = start.split_at(MAGIC.len());
    ensure!(
        magic == MAGIC,
        value,
        "the magic string is not correct; expected {:?}, got {:?}",
        TString::from(MAGIC),
        TString::from(magic)
    );
    let length = match version {
        [1, 0] => take(reader, 2, "array header length")?,
        [2 | 3, 0] => take(reader, 4, "array header length")?,
        [major, minor] => {
            bail!(value, "we only support format version (1,0), (2,0), and (3,0), not ({major}, {minor})")
        }
        _ => bail!(internal, "a version of another length"),
    };
    let length = length.iter().rev().fold(0usize, |length, &byte| length << 8 | usize::from(byte));
    ensure!(
        length <= LONGEST,
        value,
        "Header info length ({length}) is large and may not be safe to load securely."
    );
    let header = take(reader, length, "array header")?;
    // Versions 1 and 2 are Latin-1, version 3 is UTF-8; only names of fields could be anything but ASCII.
    let text = match version {
        [3, _] => String::from_utf8_lossy(&header).into_owned(),
        _ => header.iter().map(|&byte| char::from(byte)).collect(),
    };
    Header::parse(&text)
}

/// Just so many bytes. Memory is asked for as they come, not as many as a header claims.
pub(super) fn take(reader: &mut impl Read, length: usize, what: &str) -> Result<Vec<u8>> {
    const FIRST: usize = 1 << 20;
    let mut bytes = crate::reserve::<u8>(length.min(FIRST))?;
    reader.take(length as u64).read_to_end(&mut bytes).map_err(|error| match error.kind() {
        std::io::ErrorKind::OutOfMemory => {
            Error::resource_exhausted(format!("OOM when reading {length} bytes of {what}"))
        }
        _ => Error::data_loss(format!("reading {what}: {error}")),
    })?;
    ensure!(bytes.len() == length, value, "EOF: reading {what}, expected {length} bytes got {}", bytes.len());
    Ok(bytes)
}

/// Turns the bytes of each number into the machine's order, and those of a bool into 0 or 1.
fn to_native(data: &mut [u8], dtype: DType, big_endian: bool) {
    let number = if dtype.is_complex() { dtype.size() / 2 } else { dtype.size() };
    if big_endian != cfg!(target_endian = "big") {
        data.chunks_exact_mut(number.max(1)).for_each(<[u8]>::reverse);
    }
    if dtype == DType::BOOL {
        data.iter_mut().for_each(|byte| *byte = u8::from(*byte != 0));
    }
}

fn without_nuls(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    text.get(..end).unwrap_or_default()
}

/// UTF-32 to UTF-8.
fn decode(text: &[u8], big_endian: bool) -> Result<TString> {
    let codes: Vec<u32> = text
        .chunks_exact(4)
        .map(|code| {
            let code = [code[0], code[1], code[2], code[3]];
            if big_endian { u32::from_be_bytes(code) } else { u32::from_le_bytes(code) }
        })
        .collect();
    let end = codes.iter().rposition(|&code| code != 0).map_or(0, |last| last + 1);
    let text: Result<String> = codes
        .iter()
        .take(end)
        .map(|&code| {
            char::from_u32(code)
                .ok_or_else(|| Error::invalid_argument(format!("{code:#x} is no Unicode code point")))
        })
        .collect();
    text.map(TString::from)
}

fn transposed(array: NdArray) -> Result<NdArray> {
    dispatch!(array.dtype(), ALL, |T| Ok(NdArray::from_array(array.into_array::<T>()?.reversed_axes())))
}

/// A file that cannot be opened is not found, or not to be read.
pub(super) fn open_error(path: &Path, error: &std::io::Error) -> Error {
    let message = format!("{}: {error}", path.display());
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => Error::permission_denied(message),
        _ => Error::not_found(message),
    }
}
