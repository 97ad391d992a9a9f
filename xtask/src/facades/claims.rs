//! The claims of the symbol map, from what both facades offer; and a test that uses every path that is claimed.

use super::public_items::{Target, Workspace};
use super::{Output, V1, V2};
use crate::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

/// A public item of a facade.
pub(crate) struct Item {
    /// Its path: `ferroflow::v2::math::add`.
    pub(crate) path: String,
    /// The first paragraph of its documentation, where it has one.
    pub(crate) summary: String,
    /// Whether it is a method, which no `use` can name.
    pub(crate) is_method: bool,
}

/// How deep modules may stand within modules.
const DEEPEST: usize = 8;

/// The public items of both facades, and those methods that TensorFlow has, too.
pub(crate) fn items(workspace: &Workspace) -> Vec<Item> {
    let mut found = BTreeMap::new();
    let v1_names: BTreeSet<String> = ferroflow_symbol_map::iter().map(|symbol| symbol.v1_path).collect();
    let v2_names: BTreeSet<String> =
        ferroflow_symbol_map::iter().filter_map(|symbol| symbol.v2_path).collect();
    collect(workspace, (V1, &[]), "ferroflow::compat::v1", &v1_names, 0, &mut found);
    collect(workspace, (V2, &[]), "ferroflow::v2", &v2_names, 0, &mut found);
    found.into_values().collect()
}

fn collect(
    workspace: &Workspace,
    (of, at): (&str, &[String]),
    path: &str,
    names: &BTreeSet<String>,
    depth: usize,
    found: &mut BTreeMap<String, Item>,
) {
    for (name, target) in workspace.public(of, at).iter() {
        let path = format!("{path}::{name}");
        match target {
            Target::Module(of, at) => {
                if depth < DEEPEST {
                    collect(workspace, (of, at), &path, names, depth + 1, found);
                }
            }
            Target::Item(of, item) => {
                if item.is_type {
                    let methods = workspace.tree(of).and_then(|tree| tree.methods.get(&item.name));
                    for method in methods.into_iter().flatten() {
                        let path = format!("{path}::{method}");
                        if names.contains(&path) {
                            found
                                .insert(path.clone(), Item { path, summary: String::new(), is_method: true });
                        }
                    }
                }
                let summary = super::functions::summary(&item.docs);
                found.insert(path.clone(), Item { path, summary, is_method: false });
            }
            Target::Foreign => {
                found.insert(path.clone(), Item { path, summary: String::new(), is_method: false });
            }
        }
    }
}

/// The claims and the test of them.
pub(crate) fn outputs(workspace: &Workspace) -> Result<Vec<Output>> {
    let items = items(workspace);
    let pairs: Vec<(&str, &str)> =
        items.iter().map(|item| (item.path.as_str(), item.summary.as_str())).collect();
    let claims = ferroflow_symbol_map::claims(&pairs);
    let mut uses = String::from(
        "//! Every public path of both facades, as the symbol map claims them. `cargo xtask facades` writes this file.\n\n",
    );
    for item in items.iter().filter(|item| !item.is_method) {
        let _ = writeln!(uses, "use {} as _;", item.path);
    }
    Ok(vec![
        (PathBuf::from("crates/symbol_map/data/paths.txt"), claims),
        (PathBuf::from("crates/ferroflow/tests/claimed_paths/paths.rs"), uses),
    ])
}
