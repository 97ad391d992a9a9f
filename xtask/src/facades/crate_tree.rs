//! What a crate declares, read from its sources: modules, items, re-exports, methods.

use super::macro_rules::MacroRules;
use crate::Result;
use crate::sources::{read, root};
use quote::ToTokens;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use syn::{Attribute, Item, UseTree, Visibility};

/// A function, a type or whatever else has a name.
#[derive(Clone)]
pub(crate) struct Declared {
    /// Its name.
    pub(crate) name: String,
    /// Its documentation, as one text.
    pub(crate) docs: String,
    /// The arguments and the result, of a function.
    pub(crate) signature: Option<syn::Signature>,
    /// Whether it is `pub`.
    pub(crate) public: bool,
    /// Whether it is a type or a trait.
    pub(crate) is_type: bool,
    /// Whether its file names ops, which somebody has to have made known first.
    pub(crate) names_ops: bool,
}

/// `use path as name`, or `use path::*`.
#[derive(Clone)]
pub(crate) struct Import {
    /// The segments of the path, without the `*`.
    pub(crate) path: Vec<String>,
    /// The name it gets here; none for `*`.
    pub(crate) name: Option<String>,
    /// Whether it is `pub`.
    pub(crate) public: bool,
}

/// What a module declares.
#[derive(Clone, Default)]
pub(crate) struct Module {
    pub(crate) items: Vec<Declared>,
    pub(crate) imports: Vec<Import>,
    /// Child modules, and whether they are `pub`.
    pub(crate) children: BTreeMap<String, bool>,
}

/// What a crate declares, by the paths of its modules.
#[derive(Clone, Default)]
pub(crate) struct CrateTree {
    pub(crate) modules: BTreeMap<Vec<String>, Module>,
    /// The public inherent methods and associated constants of each type, by the type's name.
    pub(crate) methods: BTreeMap<String, Vec<String>>,
    exported: Macros,
    /// All macros of the crate that were read so far: `use` may bring any of them to any file.
    local: Macros,
    /// Whether the file at hand names ops.
    names_ops: bool,
}

type Macros = BTreeMap<String, MacroRules>;

/// How deep macros may call macros.
const MOST_EXPANSIONS: usize = 4;

impl CrateTree {
    /// Reads a crate; `macros` are those that other crates export.
    pub(crate) fn read(directory: &Path, macros: &CrateTree) -> Result<CrateTree> {
        let mut tree = CrateTree { exported: macros.exported.clone(), ..CrateTree::default() };
        let file = root().join(directory).join("src/lib.rs");
        tree.read_file(&file, Vec::new(), &BTreeMap::new())?;
        Ok(tree)
    }

    fn read_file(&mut self, file: &Path, path: Vec<String>, inherited: &Macros) -> Result {
        let text = read(file)?;
        let parsed = syn::parse_file(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        let directory = match file.file_name().and_then(|name| name.to_str()) {
            Some("lib.rs" | "mod.rs") => file.parent().unwrap_or(file).to_path_buf(),
            _ => file.with_extension(""),
        };
        let mut macros = inherited.clone();
        let outer = std::mem::replace(&mut self.names_ops, text.contains("Op::named("));
        self.modules.insert(path.clone(), Module::default());
        self.items(parsed.items, &directory, &path, &mut macros, 0)?;
        self.names_ops = outer;
        Ok(())
    }

    fn items(
        &mut self,
        items: Vec<Item>,
        directory: &Path,
        path: &[String],
        macros: &mut Macros,
        depth: usize,
    ) -> Result {
        for item in items {
            self.item(item, directory, path, macros, depth)?;
        }
        Ok(())
    }

    fn item(
        &mut self,
        item: Item,
        directory: &Path,
        path: &[String],
        macros: &mut Macros,
        depth: usize,
    ) -> Result {
        match item {
            Item::Mod(module) if !is_test(&module.attrs) => {
                let name = module.ident.to_string();
                let public = is_public(&module.vis);
                self.module(path).children.insert(name.clone(), public);
                let path = [path, std::slice::from_ref(&name)].concat();
                match module.content {
                    Some((_, items)) => {
                        self.modules.insert(path.clone(), Module::default());
                        self.items(items, &directory.join(&name), &path, macros, depth)?;
                    }
                    None => self.read_file(&module_file(directory, &name), path, macros)?,
                }
            }
            Item::Use(import) => {
                let public = is_public(&import.vis);
                let mut found = Vec::new();
                flatten(&import.tree, &mut Vec::new(), public, &mut found);
                self.module(path).imports.extend(found);
            }
            Item::Macro(call) => {
                let name = call.mac.path.segments.last().map(|segment| segment.ident.to_string());
                if let (Some("macro_rules"), Some(ident)) = (name.as_deref(), &call.ident) {
                    let rules = MacroRules::parse(call.mac.tokens);
                    if call.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export")) {
                        self.exported.insert(ident.to_string(), rules.clone());
                    }
                    self.local.entry(ident.to_string()).or_insert_with(|| rules.clone());
                    macros.insert(ident.to_string(), rules);
                } else if let Some(name) = name
                    && let Some(rules) = macros
                        .get(&name)
                        .or_else(|| self.local.get(&name))
                        .or_else(|| self.exported.get(&name))
                    && depth < MOST_EXPANSIONS
                {
                    let Some(expanded) = rules.expand(&call.mac.tokens) else {
                        if rules.declares_functions() {
                            eprintln!("{}: cannot expand {name}!", path.join("::"));
                        }
                        return Ok(());
                    };
                    let parsed: syn::File =
                        syn::parse2(expanded).map_err(|error| format!("an expanded macro: {error}"))?;
                    self.items(parsed.items, directory, path, macros, depth + 1)?;
                }
            }
            Item::Impl(block) if block.trait_.is_none() => {
                let syn::Type::Path(of) = &*block.self_ty else { return Ok(()) };
                let Some(of) = of.path.segments.last().map(|segment| segment.ident.to_string()) else {
                    return Ok(());
                };
                let methods = self.methods.entry(of).or_default();
                for item in block.items {
                    match item {
                        syn::ImplItem::Fn(method) if is_public(&method.vis) => {
                            methods.push(method.sig.ident.to_string());
                        }
                        syn::ImplItem::Const(constant) if is_public(&constant.vis) => {
                            methods.push(constant.ident.to_string());
                        }
                        _ => {}
                    }
                }
            }
            item => {
                if let Some(declared) = declared(item) {
                    let declared = Declared { names_ops: self.names_ops, ..declared };
                    self.module(path).items.push(declared);
                }
            }
        }
        Ok(())
    }

    fn module(&mut self, path: &[String]) -> &mut Module {
        self.modules.entry(path.to_vec()).or_default()
    }
}

fn module_file(directory: &Path, name: &str) -> PathBuf {
    let flat = directory.join(format!("{name}.rs"));
    if flat.is_file() { flat } else { directory.join(name).join("mod.rs") }
}

fn declared(item: Item) -> Option<Declared> {
    let (ident, attributes, vis, signature, is_type) = match item {
        Item::Fn(item) => (item.sig.ident.clone(), item.attrs, item.vis, Some(item.sig), false),
        Item::Struct(item) => (item.ident, item.attrs, item.vis, None, true),
        Item::Enum(item) => (item.ident, item.attrs, item.vis, None, true),
        Item::Union(item) => (item.ident, item.attrs, item.vis, None, true),
        Item::Trait(item) => (item.ident, item.attrs, item.vis, None, true),
        Item::Type(item) => (item.ident, item.attrs, item.vis, None, true),
        Item::Const(item) => (item.ident, item.attrs, item.vis, None, false),
        Item::Static(item) => (item.ident, item.attrs, item.vis, None, false),
        _ => return None,
    };
    let public = is_public(&vis);
    Some(Declared {
        name: ident.to_string(),
        docs: docs(&attributes),
        signature,
        public,
        is_type,
        names_ops: false,
    })
}

fn is_public(vis: &Visibility) -> bool {
    matches!(vis, Visibility::Public(_))
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.meta.to_token_stream().to_string().contains("test")
    })
}

fn docs(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    for attribute in attributes {
        if let syn::Meta::NameValue(pair) = &attribute.meta
            && pair.path.is_ident("doc")
        {
            text.push_str(doc_text(&pair.value).trim());
            text.push('\n');
        }
    }
    text
}

/// A string literal, or `concat!` of such and of `stringify!`.
fn doc_text(value: &syn::Expr) -> String {
    match value {
        syn::Expr::Lit(literal) => match &literal.lit {
            syn::Lit::Str(text) => text.value(),
            _ => String::new(),
        },
        syn::Expr::Macro(call) if call.mac.path.is_ident("stringify") => call.mac.tokens.to_string(),
        syn::Expr::Macro(call) if call.mac.path.is_ident("concat") => {
            let parser = syn::punctuated::Punctuated::<syn::Expr, syn::Token![,]>::parse_terminated;
            let parsed = call.mac.parse_body_with(parser).unwrap_or_default();
            parsed.iter().map(doc_text).collect()
        }
        syn::Expr::Group(group) => doc_text(&group.expr),
        _ => String::new(),
    }
}

fn flatten(tree: &UseTree, path: &mut Vec<String>, public: bool, found: &mut Vec<Import>) {
    match tree {
        UseTree::Path(step) => {
            path.push(step.ident.to_string());
            flatten(&step.tree, path, public, found);
            path.pop();
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, path, public, found);
            }
        }
        UseTree::Glob(_) => found.push(Import { path: path.clone(), name: None, public }),
        UseTree::Name(name) if name.ident == "self" => {
            found.push(Import { path: path.clone(), name: path.last().cloned(), public });
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            let path = [path.as_slice(), std::slice::from_ref(&name)].concat();
            found.push(Import { path, name: Some(name), public });
        }
        UseTree::Rename(rename) => {
            let mut path = path.clone();
            if rename.ident != "self" {
                path.push(rename.ident.to_string());
            }
            found.push(Import { path, name: Some(rename.rename.to_string()), public });
        }
    }
}
