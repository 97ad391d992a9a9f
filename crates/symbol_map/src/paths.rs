//! Which ferroflow paths exist, and proving it.
//!
//! `data/paths.txt` has one line a symbol that ferroflow has, and one a namespace with a status of its
//! own: `NAME<TAB>SIDES<TAB>STATUS`, then `v1=PATH` and `v2=PATH` where a path is not what the rule says.
//! NAME is a v1 name (or a v2 name that v1 lacks), or `NAMESPACE.*`. SIDES is `both`, `v1`, `v2` or
//! `none`. The longest name that applies to a symbol decides; a symbol that none applies to is planned.
//! A public item that TensorFlow has no name for, because Rust needs it, is `PATH<TAB>own<TAB>WHY`.

use std::collections::{BTreeMap, BTreeSet};

use crate::line::{self, Line};
use crate::lookup::lookup;
use crate::symbol::Status;

/// The claims, sorted by name.
const PATHS: &str = include_str!("../data/paths.txt");

/// A line of the claims.
#[derive(Clone, Copy, Debug)]
pub struct PathEntry {
    /// The symbol, or `NAMESPACE.*`.
    pub name: &'static str,
    /// Whether the v1 path is claimed to exist.
    pub on_v1: bool,
    /// Whether the v2 path is claimed to exist.
    pub on_v2: bool,
    /// How far it is implemented.
    pub status: Status,
    line: Line,
}

impl PathEntry {
    fn parse(line: Line) -> Option<PathEntry> {
        let (on_v1, on_v2) = match line.head() {
            "both" => (true, true),
            "v1" => (true, false),
            "v2" => (false, true),
            "none" => (false, false),
            _ => return None,
        };
        let status = Status::parse(line.rest.split('\t').nth(1)?)?;
        Some(PathEntry { name: line.name, on_v1, on_v2, status, line })
    }

    pub(crate) fn v1_override(&self) -> Option<String> {
        self.line.field("v1=").map(str::to_owned)
    }

    pub(crate) fn v2_override(&self) -> Option<String> {
        self.line.field("v2=").map(str::to_owned)
    }
}

/// One of ferroflow's two APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// `ferroflow::compat::v1`.
    V1,
    /// `ferroflow::v2`.
    V2,
}

/// A disagreement between the claims and what a facade really has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    /// The map claims a path that does not exist.
    Missing {
        /// The symbol.
        name: &'static str,
        /// The path.
        path: String,
    },
    /// A public item that the map does not claim.
    Unclaimed {
        /// The path.
        path: String,
    },
    /// A claim about a symbol that is not in the map.
    UnknownSymbol {
        /// The name in the claims.
        name: &'static str,
    },
}

/// Every line of the claims, in order.
pub fn paths() -> impl Iterator<Item = PathEntry> {
    line::lines(PATHS).filter_map(PathEntry::parse)
}

/// The public items that are ferroflow's own, as (full path, why it exists), in order.
pub fn own_items() -> impl Iterator<Item = (&'static str, &'static str)> {
    line::lines(PATHS).filter_map(|l| Some((l.name, l.rest.strip_prefix("own\t")?)))
}

/// Compares the claims of one side with the public items of that facade, given by their full paths
/// (`ferroflow::v2::math::add`), and says where they disagree.
pub fn check_paths<'a>(side: Side, public_items: impl IntoIterator<Item = &'a str>) -> Vec<Problem> {
    let mut claimed: BTreeMap<String, &'static str> = BTreeMap::new();
    let mut problems = Vec::new();
    for entry in paths().filter(|e| !e.name.ends_with('*')) {
        let Ok(symbol) = lookup(entry.name) else {
            problems.push(Problem::UnknownSymbol { name: entry.name });
            continue;
        };
        let path = match side {
            Side::V1 => entry.on_v1.then_some(symbol.v1_path),
            Side::V2 => entry.on_v2.then_some(symbol.v2_path).flatten(),
        };
        if let Some(path) = path {
            claimed.insert(path, entry.name);
        }
    }
    let own: BTreeSet<&str> = own_items().map(|(path, _)| path).collect();
    for item in public_items {
        if own.contains(item) {
            continue;
        }
        if claimed.remove(item).is_none() {
            problems.push(Problem::Unclaimed { path: item.to_owned() });
        }
    }
    problems.extend(claimed.into_iter().map(|(path, name)| Problem::Missing { name, path }));
    problems.sort_unstable();
    problems
}

/// The lines `data/paths.txt` should hold, given the public items of both facades by their full paths, each with what
/// its documentation says first.
///
/// An item at the path of no symbol is ferroflow's own: its reason is the present one, or what its documentation says.
/// Statuses other than `implemented` and the namespaces' lines are kept from the present claims.
pub fn claims(items: &[(&str, &str)]) -> String {
    let present: BTreeMap<&str, PathEntry> = paths().map(|e| (e.name, e)).collect();
    let mut sides: BTreeMap<String, (bool, bool)> = BTreeMap::new();
    let (v1_names, v2_names) = names_by_path();
    let own: BTreeMap<&str, &str> = own_items().collect();
    let mut lines: BTreeMap<String, String> = present
        .values()
        .filter(|e| !e.on_v1 && !e.on_v2)
        .map(|e| (e.name.to_owned(), format!("{}\t{}", e.name, e.line.rest)))
        .collect();
    for (item, summary) in items {
        let mut is_own = true;
        if let Some(name) = v1_names.get(*item) {
            sides.entry(name.clone()).or_default().0 = true;
            is_own = false;
        }
        for name in v2_names.get(*item).into_iter().flatten() {
            sides.entry(name.clone()).or_default().1 = true;
            is_own = false;
        }
        if is_own {
            let why = own.get(item).map_or_else(|| reason(item, summary), |why| (*why).to_owned());
            lines.insert((*item).to_owned(), format!("{item}\town\t{why}"));
        }
    }
    for (name, on) in sides {
        let word = match on {
            (true, true) => "both",
            (true, false) => "v1",
            _ => "v2",
        };
        let old = present.get(name.as_str());
        let status = old.filter(|e| e.on_v1 || e.on_v2).map_or(Status::Implemented, |e| e.status);
        let mut line = format!("{name}\t{word}\t{status}");
        for tag in ["v1=", "v2="] {
            if let Some(path) = old.and_then(|e| e.line.field(tag)) {
                line.push('\t');
                line.push_str(tag);
                line.push_str(path);
            }
        }
        lines.insert(name, line);
    }
    lines.into_values().map(|l| l + "\n").collect()
}

/// Why an item exists that TensorFlow has no name for.
fn reason(path: &str, summary: &str) -> String {
    if path.ends_with("_with") {
        return "takes the optional arguments, which Rust has no defaults for".to_owned();
    }
    if path.ends_with("Options") {
        return "the optional arguments of a function that ends in `_with`".to_owned();
    }
    let summary = summary.split(". ").next().unwrap_or("").trim_end_matches(['.', ':']);
    if summary.is_empty() { "part of a signature".to_owned() } else { summary.to_owned() }
}

/// The v1 names by their paths, and the v1 names of all symbols that went to a v2 path.
fn names_by_path() -> (BTreeMap<String, String>, BTreeMap<String, Vec<String>>) {
    let mut v1_names: BTreeMap<String, String> = BTreeMap::new();
    let mut v2_names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for symbol in crate::iter() {
        let v2_path = symbol.v2_path.filter(|_| symbol.kind != crate::Kind::Unknown);
        if !matches!(symbol.v2, crate::V2Home::OnlyV2) {
            v1_names.insert(symbol.v1_path, symbol.name.to_string());
        }
        if let Some(path) = v2_path {
            v2_names.entry(path).or_default().push(symbol.name.into_owned());
        }
    }
    (v1_names, v2_names)
}

/// The claim about exactly this symbol.
pub(crate) fn entry(name: &str) -> Option<PathEntry> {
    line::find(PATHS, name).and_then(PathEntry::parse)
}

/// The status of a symbol: its own claim, or that of the nearest namespace.
pub(crate) fn status(name: &str) -> Status {
    entry(name).or_else(|| nearest(name)).map_or(Status::Planned, |e| e.status)
}

/// The status of a member that `name` has from the class that owns `canonical`.
pub(crate) fn inherited_status(name: &str, canonical: &str) -> Status {
    entry(name).map_or_else(|| status(canonical), |e| e.status)
}

fn nearest(name: &str) -> Option<PathEntry> {
    let mut scope = name;
    loop {
        if let Some(found) = entry(&format!("{scope}.*")) {
            return Some(found);
        }
        scope = scope.rsplit_once('.')?.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path_rules::{default_v1_path, default_v2_path};

    #[test]
    fn every_claim_reads_and_names_a_symbol_or_namespace() {
        let lines: Vec<Line> = line::lines(PATHS).collect();
        assert_eq!(paths().count() + own_items().count(), lines.len(), "a line does not parse");
        assert!(lines.is_sorted_by(|a, b| a.name < b.name));
        for entry in paths() {
            let known = match entry.name.strip_suffix('*') {
                Some(scope) => line::lines(line::SYMBOLS).any(|l| l.name.starts_with(scope)),
                None => lookup(entry.name).is_ok(),
            };
            assert!(known, "{}", entry.name);
        }
    }

    #[test]
    fn items_without_a_symbol_are_own() {
        let (v1, v2) = (default_v1_path("math.add"), default_v2_path("math.add"));
        let items = [
            ("ferroflow::v2::nonsense", "Says nothing. At length."),
            ("ferroflow::v2::nonsense_with", ""),
            (v1.as_str(), "The sum."),
            (v2.as_str(), "The sum."),
        ];
        let lines = claims(&items);
        for line in [
            "ferroflow::v2::nonsense\town\tSays nothing\n",
            "ferroflow::v2::nonsense_with\town\ttakes the optional arguments, which Rust has no defaults for\n",
            "math.add\tboth\timplemented\n",
        ] {
            assert!(lines.contains(line), "{lines}");
        }
    }

    #[test]
    fn an_unclaimed_item_is_a_problem() {
        let problems = check_paths(Side::V2, ["ferroflow::v2::nonsense"]);
        assert!(problems.contains(&Problem::Unclaimed { path: "ferroflow::v2::nonsense".to_owned() }));
    }
}
