//! `Element`: the Rust types that tensors hold, one for each dtype.

use crate::{DType, ResourceHandle, Variant};
use bytemuck::{Pod, Zeroable};
use bytes::Bytes;
use half::{bf16, f16};
use num_complex::Complex;
use std::fmt;

/// A value that a tensor can hold.
///
/// The implementations are all there are: a dtype belongs to one type. The trait cannot be implemented elsewhere.
pub trait Element: Clone + Default + PartialEq + fmt::Debug + Send + Sync + sealed::Sealed + 'static {
    /// The dtype of arrays of this type.
    const DTYPE: DType;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! elements {
    ($($ty:ty => $dtype:ident;)*) => {
        $(impl sealed::Sealed for $ty {}
        impl Element for $ty {
            const DTYPE: DType = DType::$dtype;
        })*
    };
}

elements! {
    bool => BOOL;
    i8 => INT8;
    i16 => INT16;
    i32 => INT32;
    i64 => INT64;
    u8 => UINT8;
    u16 => UINT16;
    u32 => UINT32;
    u64 => UINT64;
    f16 => HALF;
    bf16 => BFLOAT16;
    f32 => FLOAT32;
    f64 => FLOAT64;
    Complex<f32> => COMPLEX64;
    Complex<f64> => COMPLEX128;
    TString => STRING;
    QInt8 => QINT8;
    QUInt8 => QUINT8;
    QInt16 => QINT16;
    QUInt16 => QUINT16;
    QInt32 => QINT32;
    ResourceHandle => RESOURCE;
    Variant => VARIANT;
}

macro_rules! quantized {
    ($($name:ident($inner:ty) $text:literal;)*) => {
        $(#[doc = concat!("An element of dtype `", $text, "`: the stored integer, without its scale.")]
        #[derive(Clone, Copy, Default, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
        #[repr(transparent)]
        pub struct $name(pub $inner);)*
    };
}

quantized! {
    QInt8(i8) "qint8";
    QUInt8(u8) "quint8";
    QInt16(i16) "qint16";
    QUInt16(u16) "quint16";
    QInt32(i32) "qint32";
}

/// An element of dtype `string`: bytes, in no particular encoding, cheap to clone.
///
/// `{:?}` prints as Python's `bytes` does.
///
/// ```
/// use ferroflow_core::TString;
/// let text = TString::from("é");
/// assert_eq!(text.as_bytes(), "é".as_bytes());
/// assert_eq!(format!("{text:?}"), r"b'\xc3\xa9'");
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TString(Bytes);

impl TString {
    /// The bytes of a value that is kept, and not copied, as long as the string or a clone of it.
    pub fn from_owner(owner: impl AsRef<[u8]> + Send + 'static) -> TString {
        TString(Bytes::from_owner(owner))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, where the bytes are UTF-8.
    ///
    /// # Errors
    /// The position of the first byte that is not.
    pub fn to_str(&self) -> Result<&str, std::str::Utf8Error> {
        std::str::from_utf8(&self.0)
    }

    /// The text, with `U+FFFD` for what is not UTF-8.
    pub fn to_string_lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl std::ops::Deref for TString {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for TString {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for TString {
    fn from(text: &str) -> TString {
        TString(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl From<String> for TString {
    fn from(text: String) -> TString {
        TString(Bytes::from(text))
    }
}

impl From<&[u8]> for TString {
    fn from(bytes: &[u8]) -> TString {
        TString(Bytes::copy_from_slice(bytes))
    }
}

impl<const N: usize> From<&[u8; N]> for TString {
    fn from(bytes: &[u8; N]) -> TString {
        TString::from(bytes.as_slice())
    }
}

impl From<Vec<u8>> for TString {
    fn from(bytes: Vec<u8>) -> TString {
        TString(Bytes::from(bytes))
    }
}

impl PartialEq<str> for TString {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for TString {
    fn eq(&self, other: &&str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl fmt::Debug for TString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Python prefers single quotes, and changes to double ones when only single ones occur inside.
        let quote = if self.0.contains(&b'\'') && !self.0.contains(&b'"') { '"' } else { '\'' };
        write!(f, "b{quote}")?;
        for &byte in self.0.iter() {
            match byte {
                b'\n' => f.write_str("\\n")?,
                b'\r' => f.write_str("\\r")?,
                b'\t' => f.write_str("\\t")?,
                b'\\' => f.write_str("\\\\")?,
                byte if char::from(byte) == quote => write!(f, "\\{quote}")?,
                0x20..0x7f => write!(f, "{}", char::from(byte))?,
                byte => write!(f, "\\x{byte:02x}")?,
            }
        }
        write!(f, "{quote}")
    }
}
