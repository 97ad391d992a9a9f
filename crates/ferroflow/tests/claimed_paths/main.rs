//! The paths that the symbol map claims are those that both facades have.

#![allow(unused_imports, clippy::unwrap_used)]

// Compiling this module is the test that every path exists.
mod paths;

use ferroflow::symbol_map::{Side, check_paths};

fn listed(root: &str) -> Vec<&'static str> {
    let lines = include_str!("paths.rs").lines();
    lines
        .filter_map(|line| line.strip_prefix("use ")?.strip_suffix(" as _;"))
        .filter(|p| p.starts_with(root))
        .collect()
}

#[test]
fn the_symbol_map_claims_what_is_there() {
    for (side, root) in [(Side::V1, "ferroflow::compat::v1::"), (Side::V2, "ferroflow::v2::")] {
        let items = listed(root);
        assert!(items.len() > 250, "{root} has {} items", items.len());
        // No `use` names a method: `cargo test -p xtask` compares those with the sources.
        let problems = check_paths(side, items);
        let wrong: Vec<_> = problems.iter().filter(|problem| !is_about_method(problem)).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

fn is_about_method(problem: &ferroflow::symbol_map::Problem) -> bool {
    use ferroflow::symbol_map::{Kind, Problem, lookup};
    let Problem::Missing { name, .. } = problem else { return false };
    name.rsplit_once('.').is_some_and(|(of, _)| lookup(of).unwrap().kind == Kind::Class)
}
