//! What the documentation must hold to: links lead somewhere, every page of the book is in its list and in the tests.

use crate::Result;
use crate::sources::{files, read, root};
use std::path::{Path, PathBuf};

const BOOK: &str = "docs/src";
const SUMMARY: &str = "docs/src/SUMMARY.md";
/// The crate whose doctests are the book's code.
const BOOK_TESTS: &str = "tests/lib.rs";
/// Pages without code of their own: a list of a thousand names, and another page under a second name.
const WITHOUT_CODE: &[&str] = &["SUMMARY.md", "architecture.md", "symbol-map.md"];

/// Checks every link of every page, and that no page is left out.
pub(crate) fn check() -> Result {
    let mut complaints = Vec::new();
    let pages = files(&["md"])?;
    for page in &pages {
        let text = read(&root().join(page))?;
        for target in links(&text) {
            if let Some(problem) = problem(page, &target) {
                complaints.push(format!("{}: {target}: {problem}", page.display()));
            }
        }
    }
    let (summary, tested) = (read(&root().join(SUMMARY))?, read(&root().join(BOOK_TESTS))?);
    for page in pages.iter().filter(|page| page.parent() == Some(Path::new(BOOK))) {
        let Some(name) = page.file_name().and_then(|name| name.to_str()) else { continue };
        if name != "SUMMARY.md" && !links(&summary).iter().any(|target| target == name) {
            complaints.push(format!("{SUMMARY} does not list {name}"));
        }
        if !WITHOUT_CODE.contains(&name) && !tested.contains(&format!("\"{name}\"")) {
            complaints.push(format!("{BOOK_TESTS} does not run the code of {name}"));
        }
    }
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("\n")) }
}

/// The targets of a page's links, without those in code.
fn links(text: &str) -> Vec<String> {
    let mut targets = Vec::new();
    let mut in_block = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        }
        if in_block {
            continue;
        }
        // Every other part between backquotes is code.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("code");
        let mut rest = prose.as_str();
        while let Some((_, after)) = rest.split_once("](") {
            let Some((target, after)) = after.split_once(')') else { break };
            targets.push(target.to_string());
            rest = after;
        }
    }
    targets
}

/// What is wrong with a link of this page.
fn problem(page: &Path, target: &str) -> Option<String> {
    if ["http://", "https://", "mailto:"].iter().any(|scheme| target.starts_with(scheme)) {
        return None;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path: PathBuf = match file {
        "" => root().join(page),
        file => root().join(page).parent().unwrap_or(Path::new("")).join(file),
    };
    if !path.exists() {
        return Some("no such file".to_string());
    }
    if anchor.is_empty() {
        return None;
    }
    let has_heading = |text: String| text.lines().any(|line| line.starts_with('#') && slug(line) == anchor);
    (!read(&path).is_ok_and(has_heading)).then(|| "no such heading".to_string())
}

/// The name that a heading is linked by: its words in lower case, joined by hyphens.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stand_in_prose_alone() {
        let text = "[a](b.md) and `[c](d.md)` [`e`](f.md#g)\n```\n[h](i.md)\n```\n[j](k.md)";
        assert_eq!(links(text), ["b.md", "f.md#g", "k.md"]);
    }

    #[test]
    fn headings_are_linked_by_their_words() {
        assert_eq!(slug("## An eager tensor: `numpy()`"), "an-eager-tensor-numpy");
    }
}
