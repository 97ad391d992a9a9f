//! Patterns of paths: `*`, `?`, `[a-z]` and `\`, none of which stands for a `/`.

use crate::gfile;
use ferroflow_core::Result;

/// The characters of patterns.
const SPECIAL: [char; 4] = ['*', '?', '[', '\\'];

/// What all paths that match a pattern begin with.
///
/// ```
/// use ferroflow_ops_io::path_patterns::fixed_prefix;
/// assert_eq!(fixed_prefix("logs/day-*/a?"), "logs/day-");
/// ```
pub fn fixed_prefix(pattern: &str) -> &str {
    pattern.find(SPECIAL).map_or(pattern, |end| &pattern[..end])
}

/// The directory of a path, as far as it is written: empty for a name alone.
///
/// ```
/// use ferroflow_ops_io::path_patterns::directory_of;
/// assert_eq!((directory_of("a/b/c"), directory_of("/a"), directory_of("a")), ("a/b", "/", ""));
/// assert_eq!((directory_of("a/"), directory_of("file:///a")), ("a", "file:///"));
/// ```
pub fn directory_of(path: &str) -> &str {
    // Behind a scheme stands a host, which may be empty.
    let start = path.find("://").map_or(0, |end| end + 3);
    let start = if start > 0 { path[start..].find('/').map_or(path.len(), |end| start + end) } else { 0 };
    match path[start..].rfind('/') {
        Some(0) => &path[..=start],
        Some(end) => &path[..start + end],
        None => &path[..start],
    }
}

/// Whether a path matches a pattern as a whole.
///
/// ```
/// use ferroflow_ops_io::path_patterns::path_matches;
/// assert!(path_matches("a/*.[ch]", "a/main.c") && !path_matches("a*", "a/main.c"));
/// ```
pub fn path_matches(pattern: &str, path: &str) -> bool {
    let mut names = path.split('/');
    let all = pattern.split('/').all(|part| {
        names
            .next()
            .is_some_and(|name| matches(&part.chars().collect::<Vec<_>>(), &name.chars().collect::<Vec<_>>()))
    });
    all && names.next().is_none()
}

/// The files and directories that match a pattern, in no order.
///
/// # Errors
/// `Unimplemented` for files that are not of this machine.
pub fn matching_paths(pattern: &str) -> Result<Vec<String>> {
    if !pattern.contains(SPECIAL) {
        let exists = !pattern.is_empty() && gfile::exists(pattern)?;
        return Ok(if exists { vec![pattern.to_string()] } else { Vec::new() });
    }
    // Files that are not of this machine are refused by the pattern's name.
    gfile::exists(pattern)?;
    let beside = directory_of(fixed_prefix(pattern)).is_empty();
    let pattern = if beside { format!("./{pattern}") } else { pattern.to_string() };
    // The patterns of the directories on the way, from the first that is none to the whole.
    let mut levels = vec![pattern.strip_suffix('/').unwrap_or(&pattern)];
    while let Some(last) = levels.last().filter(|last| last.contains(SPECIAL)) {
        levels.push(directory_of(last));
    }
    let mut found: Vec<String> = levels.pop().into_iter().map(str::to_string).collect();
    while let Some(level) = levels.pop() {
        let mut next = Vec::new();
        for directory in found {
            let Ok(names) = gfile::names_in(&directory) else { continue };
            let paths = names.iter().map(|name| gfile::join(&[&directory, name]));
            next.extend(paths.filter(|path| path_matches(level, path)));
        }
        found = next;
    }
    Ok(found)
}

/// Whether a name matches a pattern.
fn matches(pattern: &[char], name: &[char]) -> bool {
    // Where to go on when what follows the last `*` does not fit.
    let (mut at, mut place, mut again) = (0, 0, None);
    while place < name.len() {
        let step = match pattern.get(at) {
            Some('*') => {
                again = Some((at + 1, place));
                at += 1;
                continue;
            }
            Some('?') => Some(at + 1),
            Some('[') => class(pattern, at + 1, name[place]),
            Some('\\') if pattern.get(at + 1) == Some(&name[place]) => Some(at + 2),
            Some(other) if other == &name[place] && other != &'\\' => Some(at + 1),
            _ => None,
        };
        match (step, again) {
            (Some(next), _) => {
                at = next;
                place += 1;
            }
            (None, Some((after, from))) => {
                at = after;
                place = from + 1;
                again = Some((after, from + 1));
            }
            (None, None) => return false,
        }
    }
    pattern[at..].iter().all(|char| *char == '*')
}

/// The position behind a class of characters, if the character is in it. A bracket that nothing closes is one of the name's.
fn class(pattern: &[char], start: usize, char: char) -> Option<usize> {
    let unclosed = || (char == '[').then_some(start);
    let negated = matches!(pattern.get(start), Some('!' | '^'));
    let first = start + usize::from(negated);
    let (mut at, mut found) = (first, false);
    loop {
        match pattern.get(at..).unwrap_or_default() {
            [] => return unclosed(),
            [']', ..] if at > first => break,
            ['[', ':', rest @ ..] if let Some(end) = named_end(rest) => {
                found |= is_of(&rest[..end], char);
                at += end + 4;
            }
            ['\\', escaped, ..] => {
                found |= *escaped == char;
                at += 2;
            }
            [low, '-', high, ..] if *high != ']' => {
                found |= (*low..=*high).contains(&char);
                at += 3;
            }
            [one, ..] => {
                found |= *one == char;
                at += 1;
            }
        }
    }
    (found != negated).then_some(at + 1)
}

/// Where the name of a set of characters ends, if it does.
fn named_end(rest: &[char]) -> Option<usize> {
    rest.windows(2).position(|pair| pair == [':', ']'])
}

/// Whether a character is in a set with a name.
fn is_of(name: &[char], char: char) -> bool {
    match name.iter().collect::<String>().as_str() {
        "alnum" => char.is_ascii_alphanumeric(),
        "alpha" => char.is_ascii_alphabetic(),
        "blank" => matches!(char, ' ' | '\t'),
        "cntrl" => char.is_ascii_control(),
        "digit" => char.is_ascii_digit(),
        "graph" => char.is_ascii_graphic(),
        "lower" => char.is_ascii_lowercase(),
        "print" => char.is_ascii_graphic() || char == ' ',
        "punct" => char.is_ascii_punctuation(),
        "space" => matches!(char, ' ' | '\t'..='\r'),
        "upper" => char.is_ascii_uppercase(),
        "xdigit" => char.is_ascii_hexdigit(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_names_as_a_whole() {
        let fits = path_matches;
        assert!(fits("a*c?", "abbcd") && fits("*", "") && fits("[a-c]x", "bx") && fits("[!a]", "b"));
        assert!(!fits("a*c", "abcd") && !fits("[!a]", "a") && !fits("a", "ab") && fits("\\*", "*"));
        assert!(fits("*a*b*a*", "xxabxxaax") && !fits("[a", "a") && fits("[a", "[a") && fits("*[x", "a[x"));
        assert!(fits("[]]x", "]x") && !fits("[]", "[") && fits("[a-]x", "-x") && fits("[[:alpha:]]x", "ax"));
        assert!(!fits("*", "a/b") && !fits("a?b", "a/b") && fits("*/*", "a/b") && !fits("a/*", "a"));
    }
}
