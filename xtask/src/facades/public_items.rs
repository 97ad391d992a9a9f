//! What crates offer: the public names of their modules, re-exports and globs followed to where an item stands.

use super::crate_tree::{CrateTree, Declared};
use crate::Result;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

/// All crates that facades re-export from, by their names in code.
pub(crate) struct Workspace {
    crates: BTreeMap<String, CrateTree>,
    /// What modules offer, as far as somebody asked.
    known: RefCell<BTreeMap<(String, Vec<String>), Names>>,
}

/// Names and what they lead to.
pub(crate) type Names = Rc<BTreeMap<String, Target>>;

/// What a name leads to.
#[derive(Clone)]
pub(crate) enum Target {
    /// An item; of which crate, too.
    Item(String, Box<Declared>),
    /// A module of a crate.
    Module(String, Vec<String>),
    /// Something of a crate outside the workspace.
    Foreign,
}

/// How long a chain of re-exports may be.
const MOST_STEPS: usize = 24;

impl Workspace {
    /// Reads these crates, `(name in code, directory)`; what the first exports as macros, the others may call.
    pub(crate) fn read<'a>(crates: impl IntoIterator<Item = (&'a str, &'a Path)>) -> Result<Workspace> {
        let mut workspace = Workspace { crates: BTreeMap::new(), known: RefCell::default() };
        let mut macros = CrateTree::default();
        for (name, directory) in crates {
            let tree = CrateTree::read(directory, &macros)?;
            if workspace.crates.is_empty() {
                macros = tree.clone();
            }
            workspace.crates.insert(name.to_string(), tree);
        }
        Ok(workspace)
    }

    /// All of it, but for the modules of one crate whose paths begin so.
    pub(crate) fn without(&self, of: &str, path: &[&str]) -> Workspace {
        let mut crates = self.crates.clone();
        if let Some(tree) = crates.get_mut(of) {
            tree.modules
                .retain(|at, _| !(at.len() >= path.len() && at.iter().zip(path).all(|(a, b)| a == b)));
        }
        Workspace { crates, known: RefCell::default() }
    }

    /// One crate.
    pub(crate) fn tree(&self, name: &str) -> Option<&CrateTree> {
        self.crates.get(name)
    }

    /// The public names of a module and what they lead to.
    pub(crate) fn public(&self, of: &str, path: &[String]) -> Names {
        let key = (of.to_string(), path.to_vec());
        if let Some(names) = self.known.borrow().get(&key) {
            return Rc::clone(names);
        }
        let names = Rc::new(self.public_within(of, path, MOST_STEPS));
        self.known.borrow_mut().insert(key, Rc::clone(&names));
        names
    }

    fn public_within(&self, of: &str, path: &[String], steps: usize) -> BTreeMap<String, Target> {
        let mut found = BTreeMap::new();
        let Some(module) = self.tree(of).and_then(|tree| tree.modules.get(path)) else { return found };
        let Some(steps) = steps.checked_sub(1) else { return found };
        for import in module.imports.iter().filter(|import| import.public && import.name.is_none()) {
            if let Some(Target::Module(of, path)) = self.resolve_module(of, path, &import.path, steps) {
                for (name, target) in self.public_within(&of, &path, steps) {
                    found.insert(name, target);
                }
            }
        }
        for import in module.imports.iter().filter(|import| import.public) {
            if let Some(name) = &import.name {
                let target = self.resolve(of, path, &import.path, steps);
                let first = import.path.first().map_or("", String::as_str);
                if target.is_none() && (first == "crate" || self.crates.contains_key(first)) {
                    eprintln!("{of}: cannot find {}", import.path.join("::"));
                }
                let target = target.unwrap_or(Target::Foreign);
                found.insert(name.clone(), target);
            }
        }
        for (name, _) in module.children.iter().filter(|(_, public)| **public) {
            found.insert(
                name.clone(),
                Target::Module(of.to_string(), [path, std::slice::from_ref(name)].concat()),
            );
        }
        for item in module.items.iter().filter(|item| item.public) {
            found.insert(item.name.clone(), Target::Item(of.to_string(), Box::new(item.clone())));
        }
        found
    }

    /// What a path means in a module.
    fn resolve(&self, of: &str, at: &[String], path: &[String], steps: usize) -> Option<Target> {
        self.resolve_as(of, at, path, false, steps)
    }

    /// The module that a path means in a module.
    fn resolve_module(&self, of: &str, at: &[String], path: &[String], steps: usize) -> Option<Target> {
        self.resolve_as(of, at, path, true, steps)
    }

    fn resolve_as(
        &self,
        of: &str,
        at: &[String],
        path: &[String],
        as_module: bool,
        steps: usize,
    ) -> Option<Target> {
        let steps = steps.checked_sub(1)?;
        let (first, rest) = path.split_first()?;
        let start = match first.as_str() {
            "crate" => Target::Module(of.to_string(), Vec::new()),
            "self" => Target::Module(of.to_string(), at.to_vec()),
            "super" => Target::Module(of.to_string(), at.split_last()?.1.to_vec()),
            name if self.crates.contains_key(name) => Target::Module(name.to_string(), Vec::new()),
            name => self.named(of, at, name, as_module || !rest.is_empty(), steps)?,
        };
        rest.iter().enumerate().try_fold(start, |target, (position, segment)| match target {
            Target::Module(of, at) if segment == "super" => {
                Some(Target::Module(of, at.split_last()?.1.to_vec()))
            }
            Target::Module(of, at) => {
                self.named(&of, &at, segment, as_module || position + 1 < rest.len(), steps)
            }
            _ => None,
        })
    }

    /// What a name means in a module, whether it is public or not. A function and a module may share a name: where more
    /// of the path follows, it means the module.
    fn named(&self, of: &str, at: &[String], name: &str, as_module: bool, steps: usize) -> Option<Target> {
        let steps = steps.checked_sub(1)?;
        let module = self.tree(of)?.modules.get(at)?;
        let child = || {
            let is_there = module.children.contains_key(name);
            is_there.then(|| Target::Module(of.to_string(), [at, &[name.to_string()]].concat()))
        };
        let item = || {
            let item = module.items.iter().find(|item| item.name == name)?;
            Some(Target::Item(of.to_string(), Box::new(item.clone())))
        };
        let by_name = || {
            let import = module.imports.iter().find(|import| import.name.as_deref() == Some(name))?;
            self.resolve(of, at, &import.path, steps)
        };
        let by_glob = || {
            module.imports.iter().filter(|import| import.name.is_none()).find_map(|import| {
                match self.resolve_module(of, at, &import.path, steps)? {
                    Target::Module(of, at) => self.named(&of, &at, name, as_module, steps),
                    _ => None,
                }
            })
        };
        if as_module {
            child().or_else(by_name).or_else(by_glob)
        } else {
            item().or_else(by_name).or_else(by_glob).or_else(child)
        }
    }
}
