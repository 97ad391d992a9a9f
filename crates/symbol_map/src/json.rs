//! The form a program reads. The shape is small and fixed, so it is written here rather than by a
//! serialisation crate, which would cost every user of the map its build time.

use std::fmt::Write as _;

use crate::symbol::{Arg, Symbol};

impl Symbol {
    /// One JSON object on one line.
    ///
    /// Keys: `name`, `canonical`, `kind`, `aliases`, `bases`, `value`, `args`, `v2` (`home`, `name`,
    /// `args`), `renamed_args`, `removed_args`, `added_args`, `reordered`, `upgrade`, `note`, `ferroflow`
    /// (`v1`, `v2`, `status`). What does not apply is `null` or empty.
    ///
    /// ```
    /// let json = ferroflow_symbol_map::lookup("tf.log")?.to_json();
    /// assert!(json.contains(r#""v2":{"home":"renamed","name":"math.log""#));
    /// # Ok::<(), ferroflow_symbol_map::NotFound>(())
    /// ```
    pub fn to_json(&self) -> String {
        let mut out = String::from("{");
        key(&mut out, "name");
        text(&mut out, &self.name);
        key(&mut out, "canonical");
        text(&mut out, &self.canonical);
        key(&mut out, "kind");
        text(&mut out, self.kind.as_str());
        key(&mut out, "aliases");
        list(&mut out, &self.aliases, |out, a| text(out, a));
        key(&mut out, "bases");
        list(&mut out, &self.bases, |out, b| text(out, b));
        key(&mut out, "value");
        optional(&mut out, self.value);
        key(&mut out, "args");
        arguments(&mut out, self.args.as_deref());
        key(&mut out, "v2");
        out.push('{');
        key(&mut out, "home");
        text(&mut out, self.v2.as_str());
        key(&mut out, "name");
        optional(&mut out, self.v2_name());
        key(&mut out, "args");
        arguments(&mut out, self.v2_args.as_deref());
        out.push('}');
        key(&mut out, "renamed_args");
        out.push('{');
        for (old, new) in &self.renamed_args {
            key(&mut out, old);
            text(&mut out, new);
        }
        out.push('}');
        key(&mut out, "removed_args");
        list(&mut out, &self.removed_args, |out, a| text(out, a));
        key(&mut out, "added_args");
        list(&mut out, &self.added_args, |out, a| text(out, a));
        key(&mut out, "reordered");
        out.push_str(if self.reordered { "true" } else { "false" });
        key(&mut out, "upgrade");
        optional(&mut out, self.upgrade);
        key(&mut out, "note");
        optional(&mut out, self.note);
        key(&mut out, "ferroflow");
        out.push('{');
        key(&mut out, "v1");
        text(&mut out, &self.v1_path);
        key(&mut out, "v2");
        optional(&mut out, self.v2_path.as_deref());
        key(&mut out, "status");
        text(&mut out, &self.status.to_string());
        out.push_str("}}");
        out
    }
}

fn key(out: &mut String, name: &str) {
    if !out.ends_with('{') {
        out.push(',');
    }
    text(out, name);
    out.push(':');
}

fn optional(out: &mut String, value: Option<&str>) {
    match value {
        Some(value) => text(out, value),
        None => out.push_str("null"),
    }
}

fn arguments(out: &mut String, args: Option<&[Arg]>) {
    let Some(args) = args else {
        out.push_str("null");
        return;
    };
    list(out, args, |out, arg| {
        out.push('{');
        key(out, "name");
        text(out, arg.name);
        key(out, "default");
        optional(out, arg.default);
        out.push('}');
    });
}

fn list<T>(out: &mut String, items: &[T], mut each: impl FnMut(&mut String, &T)) {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        each(out, item);
    }
    out.push(']');
}

/// A JSON string, with everything escaped that must be.
fn text(out: &mut String, value: &str) {
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if u32::from(c) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    #[test]
    fn strings_are_escaped() {
        let mut out = String::new();
        super::text(&mut out, "a\"b\\c\n\u{e9}");
        assert_eq!(out, "\"a\\\"b\\\\c\\u000a\u{e9}\"");
    }
}
