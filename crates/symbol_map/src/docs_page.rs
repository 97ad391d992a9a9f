//! The symbol map as a page of the book.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::lookup::{is_member, iter};
use crate::symbol::{Kind, Status, Symbol, V2Home};

/// The page as Markdown: for each v1 namespace, the names that are the same in TensorFlow 2 in one list,
/// and a table of those that are not. Members of classes are left out.
pub fn docs_page() -> String {
    let mut groups: BTreeMap<String, Vec<Symbol>> = BTreeMap::new();
    for symbol in iter() {
        if matches!(symbol.kind, Kind::Function | Kind::Class | Kind::Constant | Kind::DType | Kind::Unknown)
            && symbol.v2 != V2Home::OnlyV2
            && !is_member(&symbol.name)
        {
            groups.entry(namespace(&symbol.name)).or_default().push(symbol);
        }
    }
    let mut out = String::from(
        "# Symbol map\n\n\
         Where every public name of `tf.compat.v1` went. Names are written without `tf.`; the page is \
         generated from the data of `ferroflow::symbol_map`, which also knows arguments, defaults and the \
         members of classes: `ferroflow symbols NAME`.\n\n\
         Each namespace first lists the names that are the same object in both APIs, then shows the others. \
         *renamed* is the same object under another name, *replaced* another one under another name, *changed* \
         another one under the same name; *compat only* is found in `compat::v1` alone. The arguments column \
         names what a call has to change.\n\n",
    );
    summary(&mut out, &groups);
    for (namespace, symbols) in &groups {
        section(&mut out, namespace, symbols);
    }
    out
}

/// How many names went which way.
fn summary(out: &mut String, groups: &BTreeMap<String, Vec<Symbol>>) {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for symbol in groups.values().flatten() {
        *counts.entry(symbol.v2.as_str()).or_default() += 1;
    }
    out.push_str("| went | names |\n|---|---|\n");
    for (word, count) in counts {
        let _ = writeln!(out, "| {word} | {count} |");
    }
    out.push('\n');
}

fn section(out: &mut String, namespace: &str, symbols: &[Symbol]) {
    let title = if namespace.is_empty() { "tf".to_owned() } else { format!("tf.{namespace}") };
    let _ = writeln!(out, "## `{title}`\n");
    let same: Vec<String> = symbols
        .iter()
        .filter(|s| is_plain(s))
        .map(|s| format!("`{}`{}", short(&s.name), mark(s.status)))
        .collect();
    if !same.is_empty() {
        let _ = writeln!(out, "Same: {}.\n", same.join(", "));
    }
    let mut rest = symbols.iter().filter(|s| !is_plain(s)).peekable();
    if rest.peek().is_none() {
        return;
    }
    out.push_str("| v1 | went | v2 | arguments | note |\n|---|---|---|---|---|\n");
    for symbol in rest {
        let v2 = match (&symbol.v2, symbol.v2_name()) {
            (V2Home::Changed | V2Home::Same, _) | (_, None) => String::new(),
            (_, Some(name)) => format!("`{name}`"),
        };
        let _ = writeln!(
            out,
            "| `{}`{} | {} | {v2} | {} | {} |",
            short(&symbol.name),
            mark(symbol.status),
            symbol.v2.as_str(),
            cell(&symbol.argument_changes()),
            cell(symbol.note.unwrap_or("")),
        );
    }
    out.push('\n');
}

/// Whether there is nothing to say about a symbol but that it stayed.
fn is_plain(symbol: &Symbol) -> bool {
    symbol.v2 == V2Home::Same && symbol.note.is_none()
}

/// A check mark behind what ferroflow has, a half one behind what it has in part.
fn mark(status: Status) -> &'static str {
    match status {
        Status::Implemented => " ✓",
        Status::Partial(_) => " ◐",
        Status::Planned | Status::NotPlanned(_) => "",
    }
}

fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn namespace(name: &str) -> String {
    name.rsplit_once('.').map_or(String::new(), |(namespace, _)| namespace.to_owned())
}

/// Text that a Markdown table can hold.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('*', "\\*")
}
