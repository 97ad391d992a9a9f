//! Text as numbers and what stands between them.

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece<'a> {
    /// A number, `nan` or `inf`.
    Number(f64),
    /// Anything else, without white space.
    Text(&'a str),
}

/// The numbers and words of a text in order. White space only separates: columns move with the digits in them.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    text.split_whitespace().flat_map(pieces_of_word).collect()
}

fn pieces_of_word(word: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = word;
    // Where the text in front of the next number starts: always 0 in `rest`, up to `at`.
    let mut at = 0;
    while at < rest.len() {
        let (head, tail) = rest.split_at(at);
        match number(tail).filter(|_| may_start_number(head)) {
            Some((value, length)) => {
                if !head.is_empty() {
                    pieces.push(Piece::Text(head));
                }
                pieces.push(Piece::Number(value));
                rest = tail.get(length..).unwrap_or("");
                at = 0;
            }
            None => at += tail.chars().next().map_or(1, char::len_utf8),
        }
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// Digits that belong to a name, as in `float32` or `MatMul_1`, are no number.
fn may_start_number(before: &str) -> bool {
    !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.')
}

/// The number at the start of a text and its length in bytes.
fn number(text: &str) -> Option<(f64, usize)> {
    let sign = usize::from(text.starts_with(['-', '+']));
    let unsigned = text.get(sign..)?;
    let ends_here = |length: usize| {
        let after = unsigned.get(length..).and_then(|rest| rest.chars().next());
        !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
    };
    let length = match ["nan", "inf"].into_iter().find(|word| unsigned.starts_with(word)) {
        Some(word) => word.len(),
        None => {
            let is_digit = |c: char| c.is_ascii_digit();
            if !unsigned.trim_start_matches('.').starts_with(is_digit) {
                return None;
            }
            let mantissa = unsigned.find(|c: char| !is_digit(c) && c != '.').unwrap_or(unsigned.len());
            mantissa + exponent(unsigned.get(mantissa..)?)
        }
    };
    // An imaginary unit belongs to a number, any other letter makes it a name.
    let imaginary = unsigned.get(length..).is_some_and(|rest| rest.starts_with('j'));
    if !imaginary && !ends_here(length) {
        return None;
    }
    let value = text.get(..sign + length)?.parse().ok()?;
    Some((value, sign + length))
}

/// The length of an exponent such as `e-05`, 0 where there is none.
fn exponent(text: &str) -> usize {
    let Some(rest) = text.strip_prefix('e') else { return 0 };
    let sign = usize::from(rest.starts_with(['-', '+']));
    let digits = rest.get(sign..).unwrap_or("");
    match digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len()) {
        0 => 0,
        length => 1 + sign + length,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_between_text() {
        use Piece::{Number, Text};
        assert_eq!(pieces("[1. -2.5e-03]"), [Text("["), Number(1.0), Number(-0.0025), Text("]")]);
        assert_eq!(
            pieces("float32 MatMul_1 x:0"),
            [Text("float32"), Text("MatMul_1"), Text("x:"), Number(0.0)]
        );
        assert_eq!(pieces("1+2j"), [Number(1.0), Number(2.0), Text("j")]);
        assert_eq!(
            pieces("inf -inf infer"),
            [Number(f64::INFINITY), Number(f64::NEG_INFINITY), Text("infer")]
        );
        assert_eq!(pieces("2é 1.2.3"), [Text("2é"), Text("1.2.3")]);
        assert!(matches!(pieces("nan")[..], [Number(value)] if value.is_nan()));
    }
}
