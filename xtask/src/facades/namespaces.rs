//! Writes TensorFlow's modules: in the v2 facade as re-exports, in the v1 facade as functions that run in v1's mode.

use super::functions::{self, Function};
use super::providers::{self, Offers, Provider};
use super::public_items::{Target, Workspace};
use super::tf_names::TfNames;
use super::{Output, V1, V2, crates};
use crate::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Where the written modules stand in the v1 facade.
const V1_MODULE: [&str; 3] = ["crate", "namespaces", "functions"];

/// What needs no import.
const PRELUDE: [&str; 18] = [
    "Fn", "FnOnce", "Into", "Option", "Send", "String", "Sync", "Vec", "bool", "f32", "f64", "i32", "i64",
    "std", "str", "u64", "u8", "usize",
];

/// The files of both facades.
pub(crate) fn outputs(workspace: &Workspace) -> Result<Vec<Output>> {
    let all: Vec<String> = crates()?.into_iter().map(|(name, _)| name).collect();
    let families = all.iter().take_while(|name| *name != "ferroflow_proto");
    // Ops on messages and checkpoints stand with the formats.
    let formats = all.iter().filter(|name| *name == "ferroflow_formats");
    let offering: Vec<String> = families.chain(formats).cloned().collect();
    let offered = functions::offered(workspace, &offering);
    let names = TfNames::read();
    let by_hand = workspace.without(V2, &["namespaces"]).without(V1, &V1_MODULE[1..]);
    let (v2, unknown) = providers::v2_offers(&by_hand, &offered, &names, V2);
    for complaint in unknown {
        eprintln!("{complaint}");
    }
    let (v1, reviewed) = providers::v1_offers(&by_hand, &offered, &names, V1, &V1_MODULE);
    if std::env::var_os("FACADES_REVIEW").is_some() {
        println!("{}", reviewed.join("\n"));
    }
    Ok(vec![
        (PathBuf::from("crates/v2/src/namespaces.rs"), v2_text(workspace, &v2)?),
        (PathBuf::from("crates/compat_v1/src/namespaces/functions.rs"), v1_text(workspace, &v1)?),
    ])
}

/// Modules within modules.
#[derive(Default)]
struct Tree<'a> {
    names: BTreeMap<&'a str, &'a Provider>,
    modules: BTreeMap<&'a str, Tree<'a>>,
}

fn tree(offers: &Offers) -> Tree<'_> {
    let mut root = Tree::default();
    for (module, names) in offers {
        let at = module.iter().fold(&mut root, |at, part| at.modules.entry(part).or_default());
        at.names.extend(names.iter().map(|(name, provider)| (name.as_str(), provider)));
    }
    root
}

/// `pub use` lines, a crate each.
fn uses(names: impl IntoIterator<Item = (String, Vec<String>)>, public: bool) -> String {
    let mut by_prefix: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, path) in names {
        let Some((last, prefix)) = path.split_last() else { continue };
        let item = if *last == name { name } else { format!("{last} as {name}") };
        by_prefix.entry(prefix.join("::")).or_default().insert(item);
    }
    let mut text = String::new();
    for (prefix, items) in by_prefix {
        let items: Vec<String> = items.into_iter().collect();
        let _ = writeln!(text, "{}use {prefix}::{{{}}};", if public { "pub " } else { "" }, items.join(", "));
    }
    text
}

fn v2_text(workspace: &Workspace, offers: &Offers) -> Result<String> {
    let mut text = String::from("//! TensorFlow's modules. `cargo xtask facades` writes this file.\n\n");
    // A function that names ops has to make them known first.
    write_module(workspace, &tree(offers), "tf", "crate::forward::forward", &|f| f.names_ops, &mut text)?;
    text.push_str(&options(workspace, offers, V2)?);
    Ok(text)
}

/// The types that functions take beside tensors and numbers, in a module of their own.
fn options(workspace: &Workspace, offers: &Offers, facade: &str) -> Result<String> {
    let mut types = BTreeMap::new();
    let at_root = workspace.without(facade, &["namespaces"]).public(facade, &[]);
    for provider in offers.values().flat_map(BTreeMap::values) {
        let function = match provider {
            Provider::Family(function) => function.as_ref().clone(),
            Provider::Own(path) => match own_function(workspace, facade, path) {
                Some(function) => function,
                None => continue,
            },
        };
        for (name, mut path) in imports(workspace, &function)? {
            if !at_root.contains_key(&name) && path.first().is_some_and(|first| first != "ferroflow_core") {
                if path.first().is_some_and(|first| first == facade) {
                    path[0] = "crate".to_string();
                }
                types.insert(name, path);
            }
        }
    }
    let mut text = String::from(
        "\n/// What functions take beside tensors: optional arguments of those that end in `_with`, and choices.\n",
    );
    let _ = writeln!(text, "pub mod options {{\n{}}}", uses(types, true));
    Ok(text)
}

/// A function that the facade has of its own, at a path that begins with `crate`.
fn own_function(workspace: &Workspace, facade: &str, path: &[String]) -> Option<Function> {
    let (name, module) = path.get(1..)?.split_last()?;
    let item = workspace.tree(facade)?.modules.get(module)?.items.iter().find(|item| item.name == *name)?;
    let path = [&[facade.to_string()], &path[1..]].concat();
    let signature = item.signature.clone()?;
    Some(Function {
        path,
        with_options: false,
        source: String::new(),
        summary: String::new(),
        names_ops: false,
        signature,
    })
}

/// Where the types of a signature are found.
fn imports(workspace: &Workspace, function: &Function) -> Result<Vec<(String, Vec<String>)>> {
    let mut found = Vec::new();
    let Some((_, path)) = function.path.split_last() else { return Ok(found) };
    let Some((family, module)) = path.split_first() else { return Ok(found) };
    let places = [(family.as_str(), module), (family.as_str(), &[][..]), ("ferroflow_core", &[][..])];
    let families = crates()?;
    for name in function.types() {
        if PRELUDE.contains(&name.as_str()) {
            continue;
        }
        let is_there = |of: &str, module: &[String]| matches!(workspace.public(of, module).get(&name), Some(Target::Item(_, item)) if item.is_type);
        let place = places.iter().find(|(of, module)| is_there(of, module)).copied();
        let others =
            || families.iter().find(|(of, _)| is_there(of, &[])).map(|(of, _)| (of.as_str(), &[][..]));
        match place.or_else(others) {
            Some((of, module)) => {
                let path = [&[of.to_string()], module, std::slice::from_ref(&name)].concat();
                found.push((name, path));
            }
            None if family == V1 || family == V2 => {}
            None => return Err(format!("{}: cannot find the type {name}", function.path.join("::"))),
        }
    }
    Ok(found)
}

fn v1_text(workspace: &Workspace, offers: &Offers) -> Result<String> {
    let mut text = String::from(
        "//! Functions that are the same in v1 and v2, and all of TensorFlow's modules. `cargo xtask facades` writes this file.\n\n",
    );
    write_module(
        workspace,
        &tree(offers),
        "tf",
        "crate::namespaces::forward::forward",
        &|_| true,
        &mut text,
    )?;
    text.push_str(&options(workspace, offers, V1)?);
    Ok(text)
}

/// A module: re-exports, and a row of the macro for each function that `is_row` holds for.
fn write_module(
    workspace: &Workspace,
    tree: &Tree<'_>,
    path: &str,
    forward: &str,
    is_row: &dyn Fn(&Function) -> bool,
    text: &mut String,
) -> Result {
    let (mut reexports, mut types, mut rows) = (Vec::new(), BTreeMap::new(), String::new());
    for (name, provider) in &tree.names {
        match provider {
            Provider::Own(path) => reexports.push(((*name).to_string(), path.clone())),
            Provider::Family(function) if !is_row(function) => {
                reexports.push(((*name).to_string(), function.path.clone()));
            }
            Provider::Family(function) if function.signature.generics.params.is_empty() => {
                types.extend(imports(workspace, function)?);
                row(name, function, &mut rows);
            }
            Provider::Family(function) => {
                return Err(format!("{}: a function with type parameters", function.path.join("::")));
            }
        }
    }
    for (name, provider) in &tree.names {
        match provider {
            // The families' functions speak of their own type, not of one that a facade has under the same name.
            Provider::Own(path) if types.get(*name).is_some_and(|of| of.first() != path.first()) => {
                reexports.retain(|(reexported, _)| reexported != name);
            }
            _ => drop(types.remove(*name)),
        }
    }
    if !rows.is_empty() {
        let _ = writeln!(text, "use {forward};");
        text.push_str(&uses(types, false));
    }
    text.push_str(&uses(reexports, true));
    if !rows.is_empty() {
        let _ = writeln!(text, "\nforward! {{\n{rows}}}");
    }
    for (name, module) in &tree.modules {
        let path = format!("{path}.{name}");
        let _ = writeln!(text, "\n/// `{path}`\npub mod {name} {{");
        write_module(workspace, module, &path, forward, is_row, text)?;
        text.push_str("}\n");
    }
    Ok(())
}

fn row(name: &str, function: &Function, rows: &mut String) {
    let _ = writeln!(
        rows,
        "    /// {}\n    {name}{} = {};",
        function.summary,
        function.arguments(),
        function.path.join("::"),
    );
}
