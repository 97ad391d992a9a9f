//! The functions that op families offer, and the TensorFlow function that each of them is.

use super::crate_tree::Declared;
use super::public_items::{Target, Workspace};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::{BTreeMap, BTreeSet};

/// A function that a facade can offer.
#[derive(Clone)]
pub(crate) struct Function {
    /// Where to find it: `ferroflow_ops_math::cumsum`.
    pub(crate) path: Vec<String>,
    /// Whether it is the form with optional arguments, named `..._with`.
    pub(crate) with_options: bool,
    /// The TensorFlow name its documentation gives, without `tf.`: `math.cumsum`, or `compat.v1.where`.
    pub(crate) source: String,
    /// The first paragraph of its documentation.
    pub(crate) summary: String,
    /// Whether it may name ops: those of composites do, if not themselves.
    pub(crate) names_ops: bool,
    /// Its arguments and its result.
    pub(crate) signature: syn::Signature,
}

impl Function {
    /// The arguments before the optional ones.
    pub(crate) fn positional(&self) -> usize {
        self.signature.inputs.len() - usize::from(self.with_options)
    }

    /// The names in the signature that may be types.
    pub(crate) fn types(&self) -> BTreeSet<String> {
        fn collect(tokens: TokenStream, found: &mut BTreeSet<String>) {
            for token in tokens {
                match token {
                    TokenTree::Group(group) => collect(group.stream(), found),
                    TokenTree::Ident(name) => {
                        let name = name.to_string();
                        if name.starts_with(|first: char| first.is_ascii_uppercase()) {
                            found.insert(name);
                        }
                    }
                    _ => {}
                }
            }
        }
        let mut found = BTreeSet::new();
        collect(self.signature.inputs.to_token_stream(), &mut found);
        collect(self.signature.output.to_token_stream(), &mut found);
        found
    }

    /// The signature from the first argument to the result, on one line.
    pub(crate) fn arguments(&self) -> String {
        let inputs: Vec<String> =
            self.signature.inputs.iter().map(|input| plain(&input.to_token_stream().to_string())).collect();
        let output = match &self.signature.output {
            syn::ReturnType::Default => "()".to_string(),
            syn::ReturnType::Type(_, ty) => plain(&ty.to_token_stream().to_string()),
        };
        format!("({}) -> {output}", inputs.join(", "))
    }
}

/// Tokens as a person would space them.
fn plain(tokens: &str) -> String {
    let mut text = tokens.replace(" :: ", "::").replace(" < ", "<").replace(" >", ">").replace(" , ", ", ");
    for (from, to) in [
        ("& ", "&"),
        ("( ", "("),
        (" )", ")"),
        (" (", "("),
        ("[ ", "["),
        (" ]", "]"),
        (" :", ":"),
        (" ;", ";"),
        ("-> ", " -> "),
        ("  ", " "),
        ("<& ", "<&"),
        ("' ", "'"),
        (" ,", ","),
        (",>", ">"),
        (",)", ")"),
        ("impl for", "impl for"),
        ("->(", "-> ("),
    ] {
        text = text.replace(from, to);
    }
    text.replace("- >", "->").replace("->", " -> ").replace("  ", " ").replace("  ", " ")
}

/// The TensorFlow name in `Source: ...`, where the function is all of what TensorFlow has under it.
pub(crate) fn source(docs: &str) -> Option<String> {
    let (_, rest) = docs.split_once("Source: `tf.")?;
    let (name, tail) = rest.split_once('`')?;
    let is_a_part = tail.starts_with(" with ") || tail.starts_with(" of ") || tail.starts_with(", for ");
    let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '_');
    (is_name && !is_a_part && !name.starts_with("raw_ops.") && !name.contains("__")).then(|| name.to_string())
}

/// The first paragraph, without links: it stands elsewhere, too, where they lead nowhere.
pub(crate) fn summary(docs: &str) -> String {
    let text = docs.lines().take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    let mut plain = String::new();
    for (at, part) in text.split("[`").enumerate() {
        match part.split_once("`]") {
            Some((name, rest)) if at > 0 => {
                let rest = rest
                    .strip_prefix('(')
                    .and_then(|rest| rest.split_once(')'))
                    .map_or(rest, |(_, rest)| rest);
                plain.push_str(&format!("`{name}`{rest}"));
            }
            _ => plain.push_str(part),
        }
    }
    plain
}

/// All functions that these crates offer for TensorFlow names, by name; a later crate's comes before an earlier one's.
pub(crate) fn offered(workspace: &Workspace, crates: &[String]) -> BTreeMap<(String, bool), Function> {
    let mut found = BTreeMap::new();
    for name in crates {
        collect(workspace, name, std::slice::from_ref(name), &[], &mut found);
    }
    found
}

fn collect(
    workspace: &Workspace,
    of: &str,
    path: &[String],
    at: &[String],
    found: &mut BTreeMap<(String, bool), Function>,
) {
    let public = workspace.public(of, at);
    for (name, target) in public.iter() {
        let path = [path, std::slice::from_ref(name)].concat();
        match target {
            Target::Module(inner, at) if inner == of => collect(workspace, of, &path, at, found),
            Target::Item(_, declared) => {
                let base = name.strip_suffix("_with");
                // Both forms are the same function: the documentation of the short one names it.
                let short = base.and_then(|base| match public.get(base) {
                    Some(Target::Item(_, short)) => Some(&**short),
                    _ => None,
                });
                if let Some(function) = function(&path, declared, base.is_some(), short) {
                    found.insert((function.source.clone(), function.with_options), function);
                }
            }
            _ => {}
        }
    }
}

fn function(
    path: &[String],
    declared: &Declared,
    with_options: bool,
    short: Option<&Declared>,
) -> Option<Function> {
    let signature = declared.signature.clone()?;
    let source = source(&declared.docs).or_else(|| source(&short?.docs))?;
    let names_ops = declared.names_ops || path.first().is_some_and(|family| family == "ferroflow_ops");
    let summary = summary(&declared.docs);
    Some(Function { path: path.to_vec(), with_options, source, summary, names_ops, signature })
}
