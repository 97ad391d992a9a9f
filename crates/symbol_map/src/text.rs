//! The form a person reads.

use std::fmt::Write as _;

use crate::symbol::{Arg, Kind, Symbol, V2Home};

/// How wide running text is set.
const WIDTH: usize = 100;
/// The column values start at.
const INDENT: usize = 18;

impl Symbol {
    /// Several lines that say what the symbol is, where it went and what changed on the way.
    ///
    /// ```
    /// let text = ferroflow_symbol_map::lookup("tf.matrix_inverse")?.to_text();
    /// assert!(text.contains("tf.linalg.inv (renamed)"));
    /// # Ok::<(), ferroflow_symbol_map::NotFound>(())
    /// ```
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        if self.v2 == V2Home::OnlyV2 {
            row(&mut out, &format!("tf.{}", self.name), self.kind.as_str());
        } else {
            row(&mut out, &format!("tf.compat.v1.{}", self.name), self.kind.as_str());
        }
        if !self.aliases.is_empty() {
            let names: Vec<String> = self.aliases.iter().map(|a| format!("tf.{a}")).collect();
            row(&mut out, "  also", &names.join(", "));
        }
        if !self.bases.is_empty() {
            let names: Vec<String> = self.bases.iter().map(|b| format!("tf.{b}")).collect();
            row(&mut out, "  extends", &names.join(", "));
        }
        if let Some(value) = self.value {
            row(&mut out, "  value", value);
        }
        if let Some(args) = &self.args {
            row(&mut out, "  arguments", &arguments(args));
        }
        row(&mut out, "  TensorFlow 2", &self.home_text());
        if let Some(args) = self.v2_args.as_ref().filter(|a| Some(*a) != self.args.as_ref()) {
            row(&mut out, "  its arguments", &arguments(args));
        }
        let changes = self.argument_changes();
        if !changes.is_empty() {
            row(&mut out, "  changes", &changes);
        }
        if let Some(upgrade) = self.upgrade {
            row(&mut out, "  tf_upgrade_v2", &format!("writes tf.{upgrade}"));
        }
        if let Some(note) = self.note {
            row(&mut out, "  note", note);
        }
        let mut paths: Vec<&str> = Vec::new();
        if self.v2 != V2Home::OnlyV2 {
            paths.push(&self.v1_path);
        }
        paths.extend(self.v2_path.as_deref());
        row(&mut out, "  ferroflow", &paths.join(", "));
        row(&mut out, "  status", &self.status.to_string());
        out
    }

    /// The v2 home in words.
    pub(crate) fn home_text(&self) -> String {
        match &self.v2 {
            V2Home::Same if self.kind == Kind::Module => {
                format!("tf.{} (a namespace of the same name; see its members)", self.name)
            }
            V2Home::Same => format!("tf.{} (the same object)", self.name),
            V2Home::Renamed { to, same_object: true } => format!("tf.{to} (renamed)"),
            V2Home::Renamed { to, same_object: false } => {
                format!("tf.{to} (another name and implementation)")
            }
            V2Home::Changed => format!("tf.{} (same name, another implementation)", self.name),
            V2Home::CompatOnly => format!("only as tf.compat.v1.{}", self.name),
            V2Home::Removed { instead: Some(instead) } => format!("removed; use tf.{instead}"),
            V2Home::Removed { instead: None } => "removed".to_owned(),
            V2Home::OnlyV2 => "new in TensorFlow 2".to_owned(),
        }
    }

    /// What happened to the arguments, in words; empty when nothing did.
    pub(crate) fn argument_changes(&self) -> String {
        let mut parts: Vec<String> =
            self.renamed_args.iter().map(|(old, new)| format!("{old} is now {new}")).collect();
        if !self.removed_args.is_empty() {
            parts.push(format!("gone: {}", self.removed_args.join(", ")));
        }
        if !self.added_args.is_empty() {
            parts.push(format!("new: {}", self.added_args.join(", ")));
        }
        if self.reordered {
            parts.push("another order: pass by keyword".to_owned());
        }
        parts.join("; ")
    }
}

/// `(x, name=None)`.
fn arguments(args: &[Arg]) -> String {
    let texts: Vec<String> = args.iter().map(Arg::to_string).collect();
    format!("({})", texts.join(", "))
}

/// One labelled line, its value wrapped at spaces.
fn row(out: &mut String, label: &str, value: &str) {
    let _ = write!(out, "{label:<INDENT$}");
    let mut column = label.len().max(INDENT);
    if label.len() >= INDENT {
        out.push_str("  ");
        column += 2;
    }
    let mut first = true;
    for word in value.split(' ') {
        if !first && column + 1 + word.len() > WIDTH {
            let _ = write!(out, "\n{:INDENT$}", "");
            column = INDENT;
        } else if !first {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.len();
        first = false;
    }
    out.push('\n');
}
