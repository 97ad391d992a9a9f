//! Taking out of names what differs from run to run.

/// The text with the numbers that count functions within a process taken out: `__inference_step_173` becomes
/// `__inference_step_#`. Names that graphs number, as `MatMul_1`, stay: they follow from the program alone.
///
/// ```
/// use ferroflow_testing::redact_names;
/// assert_eq!(redact_names("f = __inference_step_173(x_1)"), "f = __inference_step_#(x_1)");
/// ```
pub fn redact_names(text: &str) -> String {
    const COUNTED: [&str; 3] = ["__inference_", "__forward_", "__backward_"];
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(length);
        let unnumbered = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let counted = COUNTED.iter().any(|prefix| word.starts_with(prefix));
        if counted && unnumbered.len() < word.len() && unnumbered.ends_with('_') {
            out.push_str(unnumbered);
            out.push('#');
        } else {
            out.push_str(word);
        }
        let separator = tail.chars().next().map_or(0, char::len_utf8);
        let (separator, tail) = tail.split_at(separator);
        out.push_str(separator);
        rest = tail;
    }
    out
}
