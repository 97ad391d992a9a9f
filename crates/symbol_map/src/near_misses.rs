//! The names closest to one that does not exist.

use crate::line::{self, SYMBOLS};
use crate::lookup::bare_name;

/// How many names are suggested.
const SUGGESTIONS: usize = 5;

/// The recorded names closest to `name`, best first: the same last component in another namespace, the
/// same letters in another case, or a few typing errors away.
///
/// ```
/// use ferroflow_symbol_map::near_misses;
/// assert_eq!(near_misses("tf.reduce_sun")[0], "reduce_sum");
/// assert_eq!(near_misses("tf.ReduceMean")[0], "reduce_mean");
/// ```
pub fn near_misses(name: &str) -> Vec<&'static str> {
    let wanted = Spelling::new(bare_name(name));
    // Nothing recorded is longer than 128 letters, and an edit distance costs time.
    if wanted.last.is_empty() || wanted.full.len() > 128 {
        return Vec::new();
    }
    let mut found: Vec<(usize, usize, &'static str)> = line::lines(SYMBOLS)
        .filter_map(|l| {
            let score = wanted.distance(&Spelling::new(l.name))?;
            Some((score, remoteness(l), l.name))
        })
        .collect();
    found.sort_unstable_by_key(|&(score, remoteness, name)| (score, remoteness, name.len(), name));
    found.truncate(SUGGESTIONS);
    found.into_iter().map(|(_, _, name)| name).collect()
}

/// How unlikely it is that a name was meant, other things being equal: few programs call raw ops, and
/// names that only the upgrade tables know lead nowhere.
fn remoteness(line: line::Line) -> usize {
    let far = if line.name.starts_with("raw_ops.") { 3 } else { 0 };
    line.name.matches('.').count() + far + usize::from(line.head() == "unknown")
}

/// A name with case and underscores, which few people remember, taken out.
struct Spelling {
    full: Vec<u8>,
    last: Vec<u8>,
}

impl Spelling {
    fn new(name: &str) -> Spelling {
        let fold = |text: &str| -> Vec<u8> {
            text.bytes().filter(|b| *b != b'_').map(|b| b.to_ascii_lowercase()).collect()
        };
        Spelling { full: fold(name), last: fold(name.rsplit('.').next().unwrap_or(name)) }
    }

    /// How far two names are apart, smaller is nearer; `None` when they have nothing to do with each other.
    fn distance(&self, other: &Spelling) -> Option<usize> {
        if self.full == other.full {
            return Some(0);
        }
        if self.last == other.last {
            return Some(1);
        }
        // One error in four letters; a word of one or two letters is near to everything.
        let allowed = |len: usize| if len < 3 { 0 } else { (len / 4).clamp(1, 4) };
        let whole = edit_distance(&self.full, &other.full, allowed(self.full.len())).map(|d| 2 * d);
        let part = edit_distance(&self.last, &other.last, allowed(self.last.len())).map(|d| 2 * d + 1);
        whole.into_iter().chain(part).min()
    }
}

/// The number of inserted, deleted, replaced or swapped letters between two words, up to `limit`.
fn edit_distance(a: &[u8], b: &[u8], limit: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let width = b.len() + 1;
    let mut before: Vec<usize> = vec![0; width];
    let mut above: Vec<usize> = (0..width).collect();
    let mut row: Vec<usize> = vec![0; width];
    for (i, x) in a.iter().enumerate() {
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = above[j] + usize::from(x != y);
            let mut best = replaced.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            row[j + 1] = best;
        }
        if row.iter().all(|&d| d > limit) {
            return None;
        }
        std::mem::swap(&mut before, &mut above);
        std::mem::swap(&mut above, &mut row);
    }
    Some(above[width - 1]).filter(|&d| d <= limit)
}

#[cfg(test)]
mod tests {
    use super::edit_distance;

    #[test]
    fn distances() {
        for (a, b, expected) in [
            ("argmax", "argmax", Some(0)),
            ("argmax", "agrmax", Some(1)),
            ("argmax", "argmxa", Some(1)),
            ("argmax", "argmin", Some(2)),
            ("", "ab", Some(2)),
            ("abc", "xyz", None),
            ("a", "abcd", None),
        ] {
            assert_eq!(edit_distance(a.as_bytes(), b.as_bytes(), 2), expected, "{a} {b}");
        }
    }
}
