//! Which function a facade offers under each TensorFlow name: one of its own, or one of a family.

use super::functions::{Function, source};
use super::public_items::{Target, Workspace};
use super::tf_names::TfNames;
use std::collections::{BTreeMap, BTreeSet};

/// How a facade comes by a name.
#[derive(Clone)]
pub(crate) enum Provider {
    /// The facade has it at this path already.
    Own(Vec<String>),
    /// A family has it.
    Family(Box<Function>),
}

/// What stands at each TensorFlow name: modules, the name in Rust, how it is come by.
pub(crate) type Offers = BTreeMap<Vec<String>, BTreeMap<String, Provider>>;

/// What Rust reserves, of the names of TensorFlow's functions.
const RESERVED: [&str; 9] = ["where", "while", "for", "in", "if", "match", "mod", "type", "abstract"];

/// A TensorFlow name as a module path and a name in Rust.
pub(crate) fn rust_name(name: &str, with_options: bool) -> (Vec<String>, String) {
    let mut parts: Vec<String> = name.split('.').map(str::to_string).collect();
    let last = parts.pop().unwrap_or_default();
    let last = match (with_options, RESERVED.contains(&last.as_str())) {
        (true, _) => last + "_with",
        (false, true) => last + "_",
        (false, false) => last,
    };
    (parts, last)
}

/// What a facade defines by hand: names at its root, and functions anywhere whose documentation names a source.
struct Own {
    root: BTreeSet<String>,
    named: Vec<(String, bool, Vec<String>)>,
}

/// `workspace` is without what this command wrote.
fn own(workspace: &Workspace, facade: &str) -> Own {
    let root = workspace.public(facade, &[]);
    let mut named = Vec::new();
    for (path, module) in workspace.tree(facade).map(|tree| &tree.modules).into_iter().flatten() {
        for item in module.items.iter().filter(|item| item.public && !path.is_empty()) {
            let base = item.name.strip_suffix("_with");
            let short = base.and_then(|base| module.items.iter().find(|item| item.name == base));
            let found = source(&item.docs).or_else(|| source(&short?.docs));
            if let Some(found) = found {
                let path =
                    [&["crate".to_string()], path.as_slice(), std::slice::from_ref(&item.name)].concat();
                named.push((found, base.is_some(), path));
            }
        }
    }
    Own {
        root: root
            .iter()
            .filter(|(_, t)| !matches!(t, Target::Module(..)))
            .map(|(name, _)| name.clone())
            .collect(),
        named,
    }
}

/// What the v2 facade offers.
pub(crate) fn v2_offers(
    workspace: &Workspace,
    families: &BTreeMap<(String, bool), Function>,
    names: &TfNames,
    facade: &str,
) -> (Offers, Vec<String>) {
    let own = own(workspace, facade);
    let mut offers = Offers::new();
    let mut unknown = Vec::new();
    let mut offer = |aliases: &BTreeSet<String>, with_options: bool, provider: Provider| {
        for alias in aliases {
            let (module, name) = rust_name(alias, with_options);
            if !(module.is_empty() && own.root.contains(&name)) {
                offers.entry(module).or_default().entry(name).or_insert_with(|| provider.clone());
            }
        }
    };
    for name in &own.root {
        let plain = name.trim_end_matches('_');
        let (base, with_options) = plain.strip_suffix("_with").map_or((plain, false), |base| (base, true));
        if let Some(aliases) = names.v2_aliases(base) {
            offer(aliases, with_options, Provider::Own(vec!["crate".to_string(), name.clone()]));
        }
    }
    for (source, with_options, path) in &own.named {
        if let Some(aliases) = names.v2_aliases(source) {
            offer(aliases, *with_options, Provider::Own(path.clone()));
        }
    }
    for ((source, with_options), function) in families {
        match names.v2_aliases(source) {
            Some(aliases) => offer(aliases, *with_options, Provider::Family(Box::new(function.clone()))),
            None if source.starts_with("compat.v1.") || names.v1_group(source).is_some() => {}
            None => {
                unknown.push(format!("{}: TensorFlow has no function tf.{source}", function.path.join("::")))
            }
        }
    }
    (offers, unknown)
}

/// What the v1 facade offers. A family's function stands at the canonical name alone; other names are re-exports.
pub(crate) fn v1_offers(
    workspace: &Workspace,
    families: &BTreeMap<(String, bool), Function>,
    names: &TfNames,
    facade: &str,
    generated: &[&str],
) -> (Offers, Vec<String>) {
    let own = own(workspace, facade);
    let mut offers = Offers::new();
    let mut reviewed = Vec::new();
    let mut chosen: BTreeMap<(usize, bool), Provider> = BTreeMap::new();
    let bare = |source: &str| source.strip_prefix("compat.v1.").map(str::to_string);
    for name in &own.root {
        let plain = name.trim_end_matches('_');
        let (base, with_options) = plain.strip_suffix("_with").map_or((plain, false), |base| (base, true));
        if let Some(group) = names.v1_group(base) {
            chosen.insert((group, with_options), Provider::Own(vec!["crate".to_string(), name.clone()]));
        }
    }
    for (source, with_options, path) in &own.named {
        let group = names.v1_group(&bare(source).unwrap_or_else(|| source.clone()));
        if let Some(group) = group {
            chosen.entry((group, *with_options)).or_insert(Provider::Own(path.clone()));
        }
    }
    let by_hand: BTreeSet<usize> = chosen.keys().map(|(group, _)| *group).collect();
    for ((source, with_options), function) in families {
        if let Some(group) = bare(source).and_then(|name| names.v1_group(&name))
            && !by_hand.contains(&group)
        {
            chosen.insert((group, *with_options), Provider::Family(Box::new(function.clone())));
        }
    }
    for ((source, with_options), function) in families {
        let Some(aliases) = names.v2_aliases(source) else { continue };
        for (at, group) in names.v1_groups().iter().enumerate() {
            let common =
                group.homes.iter().filter(|(home, _)| aliases.contains(home)).map(|(_, common)| *common);
            let Some(common) = common.max() else { continue };
            if common >= function.positional() && !by_hand.contains(&at) {
                if common != usize::MAX {
                    reviewed.push(format!("{} is taken from v2", group.names.join(" ")));
                }
                chosen
                    .entry((at, *with_options))
                    .or_insert_with(|| Provider::Family(Box::new(function.clone())));
            }
        }
    }
    for ((group, with_options), provider) in chosen {
        let names = &names.v1_groups()[group].names;
        // The canonical name, unless the facade's root has it otherwise.
        for (at, name) in names.iter().enumerate() {
            let (module, rust) = rust_name(name, with_options);
            if module.is_empty() && own.root.contains(&rust) {
                continue;
            }
            let provider = match &provider {
                Provider::Family(function) if at == 0 => Provider::Family(function.clone()),
                Provider::Family(_) => {
                    let (module, rust) = rust_name(&names[0], with_options);
                    let root = generated.iter().map(|segment| (*segment).to_string());
                    Provider::Own(root.chain(module).chain([rust]).collect())
                }
                own => own.clone(),
            };
            offers.entry(module).or_default().insert(rust, provider);
        }
    }
    (offers, reviewed)
}
