//! The notation of `data/symbols.txt`, and finding a line in it.
//!
//! One symbol a line, sorted by name, fields separated by tabs. The first field is the name without
//! `tf.`; the second is the kind, or `=NAME` when the symbol is another name of NAME, whose line then
//! answers for everything this one leaves out. The others are tagged, lists separated by `|`:
//!
//! | tag | holds |
//! |---|---|
//! | `a:` | v1 arguments, `name=default` |
//! | `b:` | public base classes, nearest first |
//! | `c:` | the value of a constant |
//! | `h:` | the v2 home: `>NAME` same object renamed, `~NAME` another object under another name, `!` another object under the same name, `1` only in compat.v1, `-` or `-NAME` removed (NAME replaces it), `+` only in v2; without the field, the same object under the same name |
//! | `n:` | its other names |
//! | `r:` | renamed arguments, `old>new` |
//! | `u:` | what TensorFlow's upgrade tool writes, where that is not the v2 home |
//! | `v:` | v2 arguments where they differ from v1's; `=` on an alias: they do not |

use std::cmp::Ordering;

/// The recorded symbols, one a line, sorted by name.
pub(crate) const SYMBOLS: &str = include_str!("../data/symbols.txt");

/// The behaviour notes, `NAME<TAB>text`, sorted by name.
pub(crate) const NOTES: &str = include_str!("../data/notes.txt");

/// One line of a sorted table, split into its name and the rest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) rest: &'static str,
}

impl Line {
    fn parse(text: &'static str) -> Line {
        let (name, rest) = text.split_once('\t').unwrap_or((text, ""));
        Line { name, rest }
    }

    /// The kind, or `=NAME` of an alias.
    pub(crate) fn head(self) -> &'static str {
        self.rest.split('\t').next().unwrap_or("")
    }

    /// The name this line is another name of.
    pub(crate) fn alias_of(self) -> Option<&'static str> {
        self.head().strip_prefix('=')
    }

    /// The value of a tagged field.
    pub(crate) fn field(self, tag: &str) -> Option<&'static str> {
        self.rest.split('\t').skip(1).find_map(|f| f.strip_prefix(tag))
    }

    /// The items of a tagged list; none when the field is absent or empty.
    pub(crate) fn list(self, tag: &str) -> impl Iterator<Item = &'static str> {
        self.field(tag).unwrap_or("").split('|').filter(|s| !s.is_empty())
    }
}

/// All lines of a table, in order.
pub(crate) fn lines(table: &'static str) -> impl Iterator<Item = Line> {
    table.lines().map(Line::parse)
}

/// The line of `name` in a table sorted by name, found by bisecting its bytes.
pub(crate) fn find(table: &'static str, name: &str) -> Option<Line> {
    let (mut low, mut high) = (0, table.len());
    while low < high {
        let middle = low + (high - low) / 2;
        // Both ends stay at line starts, and '\n' never occurs inside a UTF-8 sequence.
        let before = table.as_bytes().get(low..middle)?;
        let start = before.iter().rposition(|&b| b == b'\n').map_or(low, |at| low + at + 1);
        let tail = table.get(start..)?;
        let text = tail.split('\n').next().unwrap_or(tail);
        let line = Line::parse(text);
        match line.name.cmp(name) {
            Ordering::Equal => return Some(line),
            Ordering::Less => low = start + text.len() + 1,
            Ordering::Greater => high = start,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_both_tables_is_found_by_its_name() {
        for table in [SYMBOLS, NOTES] {
            for line in lines(table) {
                assert_eq!(find(table, line.name).map(|l| l.rest), Some(line.rest), "{}", line.name);
            }
        }
    }

    #[test]
    fn absent_names_are_not_found() {
        for name in ["", "A", "zzzz", "argma", "argmaxx", "\u{7f}", "é"] {
            assert!(find(SYMBOLS, name).is_none(), "{name}");
        }
    }
}
