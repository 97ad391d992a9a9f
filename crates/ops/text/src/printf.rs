//! Numbers as C's `printf` writes them: `%d`, `%f`, `%e`, `%g` with flags, width and precision.

/// How a float is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notation {
    /// `%f`
    Fixed,
    /// `%e`
    Scientific,
    /// `%g`
    Shortest,
}

/// A conversion: the flag character, if any, and the least width.
#[derive(Clone, Copy)]
pub(crate) struct Format {
    /// `' '`, `+`, `-`, `0`, `#`.
    pub flag: Option<u8>,
    /// Least number of characters.
    pub width: usize,
}

impl Format {
    /// Digits, without sign, of a number that is negative or not; zeros may fill only what is finite.
    fn finish(self, digits: &str, negative: bool, zeros: bool) -> String {
        let sign = match (negative, self.flag) {
            (true, _) => "-",
            (false, Some(b'+')) => "+",
            (false, Some(b' ')) => " ",
            _ => "",
        };
        let missing = self.width.saturating_sub(sign.len() + digits.len());
        match self.flag {
            Some(b'-') => format!("{sign}{digits}{}", " ".repeat(missing)),
            Some(b'0') if zeros => format!("{sign}{}{digits}", "0".repeat(missing)),
            _ => format!("{}{sign}{digits}", " ".repeat(missing)),
        }
    }

    /// An integer.
    pub(crate) fn int(self, value: i128) -> String {
        self.finish(&value.unsigned_abs().to_string(), value < 0, true)
    }

    /// A float.
    pub(crate) fn float(self, value: f64, notation: Notation, precision: usize) -> String {
        let (magnitude, negative) = (value.abs(), value.is_sign_negative());
        if value.is_nan() {
            return self.finish("nan", negative, false);
        }
        if value.is_infinite() {
            return self.finish("inf", negative, false);
        }
        let digits = match notation {
            Notation::Fixed => format!("{magnitude:.precision$}"),
            Notation::Scientific => scientific(magnitude, precision).0,
            Notation::Shortest => shortest(magnitude, precision.max(1)),
        };
        self.finish(&digits, negative, true)
    }
}

/// `1.5e+00`, and its exponent.
fn scientific(magnitude: f64, precision: usize) -> (String, i32) {
    let text = format!("{magnitude:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    (format!("{digits}e{sign}{:02}", exponent.abs()), exponent)
}

/// `%g`: the shorter of the two, without zeros at the end of the fraction.
fn shortest(magnitude: f64, precision: usize) -> String {
    let (text, exponent) = scientific(magnitude, precision - 1);
    let cut = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text.to_string(),
    };
    if exponent < -4 || exponent >= precision as i32 {
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "+00"));
        return format!("{}e{exponent}", cut(digits));
    }
    let decimals = (precision as i32 - 1 - exponent).max(0) as usize;
    cut(&format!("{magnitude:.decimals$}"))
}
