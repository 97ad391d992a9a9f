//! Splitting of lines with strings and brackets in them.

/// The line without its comment: from a `#` that starts a word outside a string.
pub(crate) fn strip_comment(line: &str) -> &str {
    let (mut quoted, mut escaped) = (false, false);
    let mut previous = ' ';
    for (at, c) in line.char_indices() {
        if escaped {
            escaped = false;
        } else if quoted && c == '\\' {
            escaped = true;
        } else if c == '"' {
            quoted = !quoted;
        } else if c == '#' && !quoted && previous.is_whitespace() {
            return &line[..at];
        }
        previous = c;
    }
    line
}

/// The parts between separators that stand outside brackets and strings.
pub(crate) fn split_top(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0i32);
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if quoted {
            escaped = c == '\\';
            quoted = c != '"';
        } else {
            match c {
                '"' => quoted = true,
                '(' | '[' | '<' => depth += 1,
                ')' | ']' | '>' => depth -= 1,
                _ if c == separator && depth == 0 => {
                    parts.push(text[start..at].trim());
                    start = at + c.len_utf8();
                }
                _ => {}
            }
        }
    }
    parts.push(text[start..].trim());
    parts
}
