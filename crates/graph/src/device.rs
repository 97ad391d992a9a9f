//! Device strings: `/job:worker/task:1/device:CPU:0`, read and merged as TensorFlow does.

use ferroflow_core::{Result, bail};

/// The parts of a device string, in the order they are written.
const PARTS: [&str; 5] = ["job", "replica", "task", "device", ""];

fn parse(text: &str) -> Result<[Option<String>; 5]> {
    let mut parts: [Option<String>; 5] = Default::default();
    for piece in text.split('/').filter(|piece| !piece.is_empty()) {
        let fields: Vec<&str> = piece.split(':').collect();
        let (position, value) = match fields.as_slice() {
            ["job", job] => (0, (*job).to_string()),
            ["replica", number] if number.parse::<u32>().is_ok() => (1, (*number).to_string()),
            ["task", number] if number.parse::<u32>().is_ok() => (2, (*number).to_string()),
            ["device", kind, number] => (3, format!("{}:{number}", kind.to_uppercase())),
            ["device", kind] => (3, format!("{}:*", kind.to_uppercase())),
            [kind, number] if matches!(kind.to_ascii_lowercase().as_str(), "cpu" | "gpu" | "tpu") => {
                (3, format!("{}:{number}", kind.to_uppercase()))
            }
            _ => bail!(
                value,
                "Unknown attribute '{}' is encountered while parsing the device spec: '{text}'.",
                fields[0]
            ),
        };
        parts[position] = Some(value);
    }
    Ok(parts)
}

/// The outer device with what the inner one says put over it.
///
/// # Errors
/// `ValueError` for a string TensorFlow does not read.
pub(crate) fn merge(outer: &str, inner: &str) -> Result<String> {
    let (outer, inner) = (parse(outer)?, parse(inner)?);
    let mut text = String::new();
    for (name, (outer, inner)) in PARTS.iter().zip(outer.into_iter().zip(inner)) {
        if let Some(value) = inner.or(outer) {
            text.push_str(&format!("/{name}:{value}"));
        }
    }
    Ok(text)
}
