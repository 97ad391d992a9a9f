//! `DType`: TensorFlow's data types under their wire numbers.

use std::fmt;

/// A TensorFlow data type.
///
/// The wrapped number is the one TensorFlow writes in protocol buffers (`types.proto`). A reference type, the
/// type of a v1 reference variable, is its base type plus 100.
///
/// ```
/// use ferroflow_core::DType;
/// assert_eq!(DType::FLOAT32.name(), "float32");
/// assert_eq!(format!("{:?} {}", DType::INT64, DType::INT64), "tf.int64 <dtype: 'int64'>");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DType(u8);

/// One row of the table of types: wire number, name, protobuf enumerator, size of an element in bytes (0 where
/// it varies).
struct Row(u8, &'static str, &'static str, usize);

macro_rules! dtypes {
    ($($constant:ident = $number:literal, $name:literal, $proto:literal, $size:literal;)*) => {
        impl DType {
            $(#[doc = concat!("`", $name, "`")] pub const $constant: DType = DType($number);)*
            /// Every base type, in the order of the wire numbers.
            pub const ALL: &'static [DType] = &[$(DType::$constant),*];
        }
        const TABLE: &[Row] = &[$(Row($number, $name, $proto, $size)),*];
    };
}

dtypes! {
    FLOAT32 = 1, "float32", "DT_FLOAT", 4;
    FLOAT64 = 2, "float64", "DT_DOUBLE", 8;
    INT32 = 3, "int32", "DT_INT32", 4;
    UINT8 = 4, "uint8", "DT_UINT8", 1;
    INT16 = 5, "int16", "DT_INT16", 2;
    INT8 = 6, "int8", "DT_INT8", 1;
    STRING = 7, "string", "DT_STRING", 0;
    COMPLEX64 = 8, "complex64", "DT_COMPLEX64", 8;
    INT64 = 9, "int64", "DT_INT64", 8;
    BOOL = 10, "bool", "DT_BOOL", 1;
    QINT8 = 11, "qint8", "DT_QINT8", 1;
    QUINT8 = 12, "quint8", "DT_QUINT8", 1;
    QINT32 = 13, "qint32", "DT_QINT32", 4;
    BFLOAT16 = 14, "bfloat16", "DT_BFLOAT16", 2;
    QINT16 = 15, "qint16", "DT_QINT16", 2;
    QUINT16 = 16, "quint16", "DT_QUINT16", 2;
    UINT16 = 17, "uint16", "DT_UINT16", 2;
    COMPLEX128 = 18, "complex128", "DT_COMPLEX128", 16;
    HALF = 19, "float16", "DT_HALF", 2;
    RESOURCE = 20, "resource", "DT_RESOURCE", 0;
    VARIANT = 21, "variant", "DT_VARIANT", 0;
    UINT32 = 22, "uint32", "DT_UINT32", 4;
    UINT64 = 23, "uint64", "DT_UINT64", 8;
    FLOAT8_E5M2 = 24, "float8_e5m2", "DT_FLOAT8_E5M2", 1;
    FLOAT8_E4M3FN = 25, "float8_e4m3fn", "DT_FLOAT8_E4M3FN", 1;
    FLOAT8_E4M3FNUZ = 26, "float8_e4m3fnuz", "DT_FLOAT8_E4M3FNUZ", 1;
    FLOAT8_E4M3B11FNUZ = 27, "float8_e4m3b11fnuz", "DT_FLOAT8_E4M3B11FNUZ", 1;
    FLOAT8_E5M2FNUZ = 28, "float8_e5m2fnuz", "DT_FLOAT8_E5M2FNUZ", 1;
    INT4 = 29, "int4", "DT_INT4", 1;
    UINT4 = 30, "uint4", "DT_UINT4", 1;
    INT2 = 31, "int2", "DT_INT2", 1;
    UINT2 = 32, "uint2", "DT_UINT2", 1;
    FLOAT4_E2M1FN = 33, "float4_e2m1fn", "DT_FLOAT4_E2M1FN", 1;
}

/// Added to a base type's number to make its reference type.
const REF: u8 = 100;

impl DType {
    /// The type with this wire number, reference types included; `None` for a number TensorFlow does not use.
    pub fn from_number(number: i32) -> Option<DType> {
        let dtype = DType(u8::try_from(number).ok()?);
        dtype.row().map(|_| dtype)
    }

    /// The number TensorFlow writes for this type.
    pub const fn number(self) -> i32 {
        self.0 as i32
    }

    /// The type of this name: `float32`, `half`, `float`, `DT_FLOAT`, `float32_ref`.
    pub fn from_name(name: &str) -> Option<DType> {
        if let Some(base) = name.strip_suffix("_ref").or_else(|| name.strip_suffix("_REF")) {
            return DType::from_name(base).map(DType::as_ref_dtype);
        }
        let name = match name {
            "half" => "float16",
            "float" => "float32",
            "double" => "float64",
            other => other,
        };
        TABLE.iter().find(|row| row.1 == name || row.2 == name).map(|row| DType(row.0))
    }

    fn row(self) -> Option<&'static Row> {
        let base = if self.0 > REF { self.0 - REF } else { self.0 };
        TABLE.get(usize::from(base).checked_sub(1)?)
    }

    /// TensorFlow's Python name: `float32`, `half` as `float16`, `float32_ref` for a reference type.
    pub fn name(self) -> &'static str {
        /// Names of the reference types that TensorFlow prints, by base number.
        static REFS: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();
        match self.row() {
            None => "invalid",
            Some(row) if !self.is_ref() => row.1,
            Some(row) => {
                let names = REFS.get_or_init(|| TABLE.iter().map(|row| format!("{}_ref", row.1)).collect());
                names.get(usize::from(row.0) - 1).map_or("invalid", String::as_str)
            }
        }
    }

    /// The name in messages of TensorFlow's C++ side: `float`, `double`, `half`, `int32`, `float_ref`.
    pub fn cpp_name(self) -> String {
        let base = match self.base() {
            DType::FLOAT32 => "float",
            DType::FLOAT64 => "double",
            DType::HALF => "half",
            other => other.name(),
        };
        if self.is_ref() { format!("{base}_ref") } else { base.to_string() }
    }

    /// The protobuf enumerator: `DT_FLOAT`, `DT_FLOAT_REF`.
    pub fn proto_name(self) -> String {
        let base = self.row().map_or("DT_INVALID", |row| row.2);
        if self.is_ref() { format!("{base}_REF") } else { base.to_string() }
    }

    /// Bytes of one element; 0 for strings, resources and variants.
    pub fn size(self) -> usize {
        self.row().map_or(0, |row| row.3)
    }

    /// Whether this is the type of a reference (v1 variables).
    pub const fn is_ref(self) -> bool {
        self.0 > REF
    }

    /// The type without its reference mark.
    pub const fn base(self) -> DType {
        if self.0 > REF { DType(self.0 - REF) } else { self }
    }

    /// The reference type of this base type.
    pub const fn as_ref_dtype(self) -> DType {
        if self.0 > REF { self } else { DType(self.0 + REF) }
    }

    /// `float16`, `bfloat16`, `float32` or `float64`.
    pub fn is_floating(self) -> bool {
        matches!(self.base(), DType::HALF | DType::BFLOAT16 | DType::FLOAT32 | DType::FLOAT64)
    }

    /// `complex64` or `complex128`.
    pub fn is_complex(self) -> bool {
        matches!(self.base(), DType::COMPLEX64 | DType::COMPLEX128)
    }

    /// A signed or unsigned integer of 8 to 64 bits that is not quantised.
    pub fn is_integer(self) -> bool {
        self.is_unsigned() || matches!(self.base(), DType::INT8 | DType::INT16 | DType::INT32 | DType::INT64)
    }

    /// An unsigned integer of 8 to 64 bits that is not quantised.
    pub fn is_unsigned(self) -> bool {
        matches!(self.base(), DType::UINT8 | DType::UINT16 | DType::UINT32 | DType::UINT64)
    }

    /// One of the five quantised integers.
    pub fn is_quantized(self) -> bool {
        matches!(self.base(), DType::QINT8 | DType::QUINT8 | DType::QINT16 | DType::QUINT16 | DType::QINT32)
    }

    /// A float or an integer of at most 8 bits that only `Cast` computes with: elements are bytes, passed on as they are.
    pub fn is_narrow(self) -> bool {
        (DType::FLOAT8_E5M2.0..=DType::FLOAT4_E2M1FN.0).contains(&self.base().0)
    }

    /// Whether gradients flow through values of this type.
    pub fn is_trainable(self) -> bool {
        self.is_floating() || self.is_complex() || matches!(self.base(), DType::RESOURCE | DType::VARIANT)
    }
}

impl fmt::Debug for DType {
    /// `repr` of TensorFlow's `DType`: `tf.float32`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tf.{}", self.name())
    }
}

impl fmt::Display for DType {
    /// `str` of TensorFlow's `DType`: `<dtype: 'float32'>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<dtype: '{}'>", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_rows_stand_at_their_numbers() {
        for (position, row) in TABLE.iter().enumerate() {
            assert_eq!(position + 1, usize::from(row.0));
        }
    }

    #[test]
    fn reference_types_keep_their_base() {
        let reference = DType::FLOAT32.as_ref_dtype();
        assert_eq!(reference.number(), 101);
        assert_eq!(reference.name(), "float32_ref");
        assert_eq!(reference.base(), DType::FLOAT32);
        assert_eq!(DType::from_name("float32_ref"), Some(reference));
        assert_eq!(DType::from_number(101), Some(reference));
        assert_eq!(DType::from_number(100), None);
    }
}
