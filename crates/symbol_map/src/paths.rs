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

/// The lines `data/paths.txt` should hold, given the public items of both facades by their full paths.
/// Statuses other than `implemented`, the namespaces' lines and ferroflow's own items are kept from the
/// present claims.
///
/// # Errors
/// The items that are neither ferroflow's own nor at the path of a symbol of the map.
pub fn claims(v1_items: &[&str], v2_items: &[&str]) -> Result<String, Vec<String>> {
    let present: BTreeMap<&str, PathEntry> = paths().map(|e| (e.name, e)).collect();
    let mut sides: BTreeMap<String, (bool, bool)> = BTreeMap::new();
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
    let own: BTreeMap<&str, &str> = own_items().collect();
    let mut unknown = Vec::new();
    for item in v1_items.iter().filter(|i| !own.contains_key(**i)) {
        match v1_names.get(*item) {
            Some(name) => sides.entry(name.clone()).or_default().0 = true,
            None => unknown.push((*item).to_owned()),
        }
    }
    for item in v2_items.iter().filter(|i| !own.contains_key(**i)) {
        match v2_names.get(*item) {
            Some(names) => {
                for name in names {
                    sides.entry(name.clone()).or_default().1 = true;
                }
            }
            None => unknown.push((*item).to_owned()),
        }
    }
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let mut lines: BTreeMap<String, String> = present
        .values()
        .filter(|e| !e.on_v1 && !e.on_v2)
        .map(|e| (e.name.to_owned(), format!("{}\t{}", e.name, e.line.rest)))
        .chain(own.iter().map(|(path, why)| ((*path).to_owned(), format!("{path}\town\t{why}"))))
        .collect();
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
    Ok(lines.into_values().map(|l| l + "\n").collect())
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
    fn items_without_a_symbol_are_named() {
        assert_eq!(
            claims(&[], &["ferroflow::v2::nonsense"]),
            Err(vec!["ferroflow::v2::nonsense".to_owned()])
        );
        let lines =
            claims(&[&default_v1_path("math.add")], &[&default_v2_path("math.add")]).unwrap_or_default();
        assert!(lines.contains("math.add\tboth\timplemented\n"), "{lines}");
    }

    #[test]
    fn an_unclaimed_item_is_a_problem() {
        let problems = check_paths(Side::V2, ["ferroflow::v2::nonsense"]);
        assert!(problems.contains(&Problem::Unclaimed { path: "ferroflow::v2::nonsense".to_owned() }));
    }
}
