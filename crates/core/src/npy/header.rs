//! The header of an `.npy` file: a Python dictionary of dtype, order and shape.

use crate::print::python_str_repr;
use crate::{DType, Error, Result, Shape, bail};

/// The longest header that NumPy reads from a file it does not trust.
pub(super) const LONGEST: usize = 10_000;

/// What the header says.
#[derive(Debug, PartialEq)]
pub(super) struct Header {
    pub(super) layout: ElementLayout,
    pub(super) fortran_order: bool,
    pub(super) shape: Shape,
}

/// How an element is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ElementLayout {
    /// A fixed-size dtype whose numbers are in big-endian order, or not.
    Fixed { dtype: DType, big_endian: bool },
    /// `S`: this many bytes, NULs at the end left out.
    Bytes { width: usize },
    /// `U`: this many code points of 32 bits, NULs at the end left out.
    Text { width: usize, big_endian: bool },
    /// `O`: a pickle of the whole array.
    Objects,
}

impl ElementLayout {
    /// Bytes in the file for one element; `None` where that overflows, or elements have no size.
    pub(super) fn size(self) -> Option<usize> {
        match self {
            ElementLayout::Fixed { dtype, .. } => Some(dtype.size()),
            ElementLayout::Bytes { width } => Some(width),
            ElementLayout::Text { width, .. } => width.checked_mul(4),
            ElementLayout::Objects => None,
        }
    }
}

/// NumPy's code for each fixed-size dtype that a file can hold.
const CODES: &[(&str, DType)] = &[
    ("b1", DType::BOOL),
    ("i1", DType::INT8),
    ("i2", DType::INT16),
    ("i4", DType::INT32),
    ("i8", DType::INT64),
    ("u1", DType::UINT8),
    ("u2", DType::UINT16),
    ("u4", DType::UINT32),
    ("u8", DType::UINT64),
    ("f2", DType::HALF),
    ("f4", DType::FLOAT32),
    ("f8", DType::FLOAT64),
    ("c8", DType::COMPLEX64),
    ("c16", DType::COMPLEX128),
    // NumPy knows bfloat16 only as two bytes of it knows not what.
    ("V2", DType::BFLOAT16),
];

/// NumPy's code for a fixed-size dtype in little-endian order. Quantised values are written as plain integers.
pub(super) fn descriptor(dtype: DType) -> Result<String> {
    let dtype = match dtype {
        DType::QINT8 => DType::INT8,
        DType::QUINT8 => DType::UINT8,
        DType::QINT16 => DType::INT16,
        DType::QUINT16 => DType::UINT16,
        DType::QINT32 => DType::INT32,
        other => other,
    };
    match CODES.iter().find(|row| row.1 == dtype) {
        Some((code, dtype)) => Ok(format!("{}{code}", if dtype.size() == 1 { '|' } else { '<' })),
        None => bail!(unimplemented, "unsupported dtype in an .npy file: {}", dtype.name()),
    }
}

/// A Python literal as far as headers hold them.
#[derive(Debug, PartialEq)]
enum Literal {
    Text(String),
    Bool(bool),
    Integer(u64),
    Tuple(Vec<Literal>),
    /// A list: the fields of a structured dtype.
    List,
}

impl Header {
    /// Reads the text between the length and the data.
    ///
    /// # Errors
    /// `ValueError` in NumPy's words where it is malformed, `Unimplemented` for a dtype without a counterpart.
    pub(super) fn parse(text: &str) -> Result<Header> {
        let Some(entries) = Parser::new(text).dictionary() else {
            bail!(value, "Cannot parse header: {}", python_str_repr(text));
        };
        let mut keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        if keys != ["descr", "fortran_order", "shape"] {
            let keys: Vec<String> = keys.into_iter().map(python_str_repr).collect();
            bail!(value, "Header does not contain the correct keys: [{}]", keys.join(", "));
        }
        // As in Python, the last of equal keys counts.
        let entry = |name: &str| entries.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value);
        let Some(Literal::Tuple(dims)) = entry("shape") else {
            bail!(value, "shape is not valid: it should be a tuple of integers");
        };
        let dims: Option<Vec<usize>> = dims
            .iter()
            .map(|dim| match dim {
                Literal::Integer(dim) => usize::try_from(*dim).ok(),
                _ => None,
            })
            .collect();
        let Some(dims) = dims else {
            bail!(value, "shape is not valid: it should be a tuple of integers");
        };
        let Some(Literal::Bool(fortran_order)) = entry("fortran_order") else {
            bail!(value, "fortran_order is not a valid bool");
        };
        let layout = match entry("descr") {
            Some(Literal::Text(descriptor)) => layout(descriptor)?,
            Some(Literal::List) => {
                bail!(unimplemented, "unsupported numpy dtype: structured, with named fields")
            }
            _ => bail!(value, "descr is not a valid dtype descriptor"),
        };
        Ok(Header { layout, fortran_order: *fortran_order, shape: Shape::new(&dims)? })
    }
}

fn layout(descriptor: &str) -> Result<ElementLayout> {
    let invalid =
        || Error::value(format!("descr is not a valid dtype descriptor: {}", python_str_repr(descriptor)));
    let code = descriptor.trim_start_matches(['<', '>', '=', '|']);
    if descriptor.len() - code.len() > 1 {
        return Err(invalid());
    }
    let big_endian = match descriptor.chars().next() {
        Some('>') => true,
        Some('=') => cfg!(target_endian = "big"),
        _ => false,
    };
    if let Some((_, dtype)) = CODES.iter().find(|row| row.0 == code) {
        return Ok(ElementLayout::Fixed { dtype: *dtype, big_endian });
    }
    let mut characters = code.chars();
    let kind = characters.next().ok_or_else(invalid)?;
    let width = || characters.as_str().parse::<usize>().map_err(|_| invalid());
    match kind {
        'S' => Ok(ElementLayout::Bytes { width: width()? }),
        'U' => Ok(ElementLayout::Text { width: width()?, big_endian }),
        'O' => Ok(ElementLayout::Objects),
        'b' | 'i' | 'u' | 'f' | 'c' | 'V' | 'M' | 'm' => {
            bail!(unimplemented, "unsupported numpy dtype: {}", python_str_repr(descriptor))
        }
        _ => Err(invalid()),
    }
}

/// Reads literals; every method gives `None` where the text is something else.
struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Parser<'a> {
        Parser { rest: text }
    }

    /// Skips blanks and then this character, if it stands there.
    fn take(&mut self, wanted: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn dictionary(mut self) -> Option<Vec<(String, Literal)>> {
        let mut entries = Vec::new();
        if !self.take('{') {
            return None;
        }
        while !self.take('}') {
            let key = self.text()?;
            if !self.take(':') {
                return None;
            }
            entries.push((key, self.literal()?));
            if !self.take(',') {
                if !self.take('}') {
                    return None;
                }
                break;
            }
        }
        self.rest.trim().is_empty().then_some(entries)
    }

    fn literal(&mut self) -> Option<Literal> {
        self.rest = self.rest.trim_start();
        match self.rest.chars().next()? {
            '\'' | '"' => self.text().map(Literal::Text),
            '(' => self.tuple(),
            '[' => self.list(),
            '0'..='9' => self.integer(),
            _ => [("True", true), ("False", false)].into_iter().find_map(|(word, value)| {
                self.rest = self.rest.strip_prefix(word)?;
                Some(Literal::Bool(value))
            }),
        }
    }

    fn text(&mut self) -> Option<String> {
        let quote = ['\'', '"'].into_iter().find(|&quote| self.take(quote))?;
        let (text, rest) = self.rest.split_once(quote)?;
        self.rest = rest;
        // No key and no descriptor needs an escape.
        (!text.contains('\\')).then(|| text.to_string())
    }

    fn integer(&mut self) -> Option<Literal> {
        let end = self.rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        // Python 2 wrote long integers as `3L`.
        self.rest = rest.strip_prefix('L').unwrap_or(rest);
        digits.parse().ok().map(Literal::Integer)
    }

    fn tuple(&mut self) -> Option<Literal> {
        self.take('(');
        let mut items = Vec::new();
        let mut comma = true;
        while !self.take(')') {
            self.rest = self.rest.trim_start();
            if !comma || !self.rest.starts_with(|character: char| character.is_ascii_digit()) {
                return None;
            }
            items.push(self.integer()?);
            comma = self.take(',');
        }
        // `(3)` is a number in brackets, not a tuple.
        (items.len() != 1 || comma).then_some(Literal::Tuple(items))
    }

    /// Skips a list: what is in it would not be understood.
    fn list(&mut self) -> Option<Literal> {
        let mut depth = 0usize;
        for (at, character) in self.rest.char_indices() {
            match character {
                '[' => depth += 1,
                ']' => depth = depth.checked_sub(1)?,
                _ => {}
            }
            if depth == 0 {
                self.rest = self.rest.get(at + 1..)?;
                return Some(Literal::List);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape_of(shape: &str) -> Result<Vec<usize>> {
        let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}   \n");
        Header::parse(&text).map(|header| header.shape.dims().to_vec())
    }

    #[test]
    fn shapes_are_tuples_of_integers() {
        assert_eq!(shape_of("()"), Ok(vec![]));
        assert_eq!(shape_of("(3,)"), Ok(vec![3]));
        assert_eq!(shape_of("(3L, 4L)"), Ok(vec![3, 4]));
        for bad in ["(3)", "3", "(-1,)", "(3 4)", "(,)", "(1.5,)", "('a',)", "[3]", "(99999999999999999999,)"]
        {
            assert!(shape_of(bad).is_err(), "{bad}");
        }
        assert!(shape_of("(9223372036854775807, 9223372036854775807)").is_err());
    }

    #[test]
    fn malformed_headers_are_errors() {
        for bad in
            ["", "{", "{}", "{'descr': '<f4'}", "{'descr' '<f4'}", "nonsense", "{'a': [[}", "{'shape': (}"]
        {
            assert!(Header::parse(bad).is_err(), "{bad}");
        }
    }
}
