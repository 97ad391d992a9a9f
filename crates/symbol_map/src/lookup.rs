//! Looking symbols up: by any name they have, one after the other, or by a part of the name.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use crate::arguments::{self, ArgChanges};
use crate::line::{self, Line, NOTES, SYMBOLS};
use crate::near_misses::near_misses;
use crate::path_rules::{default_v1_path, default_v2_path};
use crate::paths;
use crate::symbol::{Arg, Kind, Symbol, V2Home};

/// How deep members are looked for along base classes; the recorded classes need four.
const MAX_BASES: usize = 16;

/// The symbol called `name`, which may be written with or without `tf.`, `tensorflow.` or
/// `tf.compat.v1.`, under any of its aliases, and may be a member of a class or of its bases.
///
/// ```
/// use ferroflow_symbol_map::lookup;
///
/// assert_eq!(lookup("tf.matrix_inverse")?.v2_name(), Some("linalg.inv"));
/// assert_eq!(lookup("train.AdamOptimizer.minimize")?.canonical, "train.Optimizer.minimize");
/// # Ok::<(), ferroflow_symbol_map::NotFound>(())
/// ```
///
/// # Errors
/// [`NotFound`], with the closest names, when nothing is called so.
pub fn lookup(name: &str) -> Result<Symbol, NotFound> {
    let bare = bare_name(name);
    resolve(bare).ok_or_else(|| NotFound { name: bare.to_owned(), suggestions: near_misses(bare) })
}

/// Every recorded name in order, aliases included, members of aliases and inherited members left out.
pub fn iter() -> impl Iterator<Item = Symbol> {
    line::lines(SYMBOLS).map(|l| from_line(Cow::Borrowed(l.name), l))
}

/// The recorded names that contain `part`, whatever its case: those whose last component starts with it
/// first, then in order.
pub fn search(part: &str) -> Vec<&'static str> {
    let part = bare_name(part).to_ascii_lowercase();
    let mut found: Vec<(bool, &'static str)> = line::lines(SYMBOLS)
        .filter_map(|l| {
            let lower = l.name.to_ascii_lowercase();
            let last = lower.rsplit('.').next().unwrap_or(&lower);
            lower.contains(&part).then(|| (!last.starts_with(&part), l.name))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, name)| name).collect()
}

/// No symbol has the name that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotFound {
    /// The name, without the leading `tf.` or `tf.compat.v1.`.
    pub name: String,
    /// The closest names, best first.
    pub suggestions: Vec<&'static str>,
}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TensorFlow has no symbol `tf.{}`", self.name)?;
        if self.name.starts_with("contrib.") {
            f.write_str(" (`tf.contrib` was dropped with TensorFlow 2.0)")?;
        }
        match self.suggestions.as_slice() {
            [] => Ok(()),
            [first] => write!(f, "; did you mean `tf.{first}`?"),
            [first, others @ ..] => {
                write!(f, "; did you mean `tf.{first}`")?;
                for (at, other) in others.iter().enumerate() {
                    let comma = if at + 1 == others.len() { " or" } else { "," };
                    write!(f, "{comma} `tf.{other}`")?;
                }
                f.write_str("?")
            }
        }
    }
}

impl Error for NotFound {}

/// The name without the ways programs spell the package.
pub(crate) fn bare_name(name: &str) -> &str {
    let mut rest = name.trim();
    for package in ["tensorflow.", "tf."] {
        if let Some(inner) = rest.strip_prefix(package) {
            rest = inner;
            break;
        }
    }
    for api in ["compat.v1.", "compat.v2."] {
        if let Some(inner) = rest.strip_prefix(api) {
            rest = inner;
            break;
        }
    }
    rest
}

fn resolve(name: &str) -> Option<Symbol> {
    if let Some(found) = line::find(SYMBOLS, name) {
        return Some(from_line(Cow::Borrowed(found.name), found));
    }
    let (class, member) = name.rsplit_once('.')?;
    let class_line = line::find(SYMBOLS, class)?;
    let owner = member_of(class_line, member, MAX_BASES)?;
    let owned = from_line(Cow::Borrowed(owner.name), owner);
    let class = from_line(Cow::Borrowed(class_line.name), class_line);
    Some(member_through(class, member, owned))
}

/// The line of a member of a class, looked for in the class and then in its bases.
fn member_of(class: Line, member: &str, depth: usize) -> Option<Line> {
    let canonical = canonical_line(class);
    let own = line::find(SYMBOLS, &format!("{}.{member}", canonical.name));
    if own.is_some() || depth == 0 {
        return own;
    }
    canonical.list("b:").find_map(|base| member_of(line::find(SYMBOLS, base)?, member, depth - 1))
}

/// A member named through an alias or a subclass of the class that owns it.
fn member_through(class: Symbol, member: &str, owned: Symbol) -> Symbol {
    let name = format!("{}.{member}", class.name);
    // Where the class became another class, only the member's own record knows whether it is still there.
    let still_there = !matches!(owned.v2, V2Home::CompatOnly | V2Home::Removed { .. });
    let v2 = match class.v2 {
        V2Home::Renamed { to, same_object } if same_object || still_there => {
            V2Home::Renamed { to: Cow::Owned(format!("{to}.{member}")), same_object }
        }
        V2Home::Renamed { .. } => owned.v2.clone(),
        V2Home::Changed if !still_there => owned.v2.clone(),
        V2Home::Removed { .. } => V2Home::Removed { instead: None },
        other => other,
    };
    let name = Cow::Owned(name);
    let has_v2 = v2.name(&name).is_some();
    Symbol {
        v1_path: default_v1_path(&name),
        v2_path: v2.name(&name).map(default_v2_path),
        status: paths::inherited_status(&name, &owned.canonical),
        v2_args: if has_v2 { owned.v2_args.or_else(|| owned.args.clone()) } else { None },
        name,
        v2,
        aliases: Vec::new(),
        ..owned
    }
}

/// Whether the name is that of a member of a class.
pub(crate) fn is_member(name: &str) -> bool {
    let parent = name.rsplit_once('.').and_then(|(parent, _)| line::find(SYMBOLS, parent));
    parent.is_some_and(|p| canonical_line(p).head() == "class")
}

fn canonical_line(found: Line) -> Line {
    found.alias_of().and_then(|name| line::find(SYMBOLS, name)).unwrap_or(found)
}

fn from_line(name: Cow<'static, str>, own: Line) -> Symbol {
    let first = canonical_line(own);
    let v2 = home(own);
    let v2_name = v2.name(&name);
    let args = first.field("a:").map(arg_list);
    let v2_args = if v2_name.is_some() && !matches!(v2, V2Home::Removed { .. }) {
        match own.field("v:").or_else(|| first.field("v:")) {
            Some("=") | None => args.clone(),
            Some(text) => Some(arg_list(text)),
        }
    } else {
        None
    };
    let renamed_line = if own.field("r:").is_some() { own } else { first };
    let renamed = renamed_line.list("r:").filter_map(|r| r.split_once('>')).collect();
    let changes = match (&args, &v2_args) {
        (Some(old), Some(new)) => arguments::compare(old, new, renamed),
        _ => ArgChanges::default(),
    };
    let mut aliases: Vec<Cow<'static, str>> =
        first.list("n:").filter(|n| *n != name).map(Cow::Borrowed).collect();
    if first.name != name {
        aliases.insert(0, Cow::Borrowed(first.name));
    }
    let claim = paths::entry(&name);
    Symbol {
        canonical: Cow::Borrowed(first.name),
        kind: Kind::parse(first.head()),
        aliases,
        args,
        v2_args,
        renamed_args: changes.renamed,
        removed_args: changes.removed,
        added_args: changes.added,
        reordered: changes.reordered,
        bases: first.list("b:").collect(),
        value: first.field("c:"),
        upgrade: own.field("u:"),
        note: note(own.name).or_else(|| note(first.name)),
        v1_path: claim.and_then(|c| c.v1_override()).unwrap_or_else(|| default_v1_path(&name)),
        v2_path: claim.and_then(|c| c.v2_override()).or_else(|| v2_name.map(default_v2_path)),
        status: paths::status(&name),
        name,
        v2,
    }
}

fn home(line: Line) -> V2Home {
    let Some(text) = line.field("h:") else { return V2Home::Same };
    if let Some(to) = text.strip_prefix('>') {
        return V2Home::Renamed { to: Cow::Borrowed(to), same_object: true };
    }
    if let Some(to) = text.strip_prefix('~') {
        return if to == line.name {
            V2Home::Changed
        } else {
            V2Home::Renamed { to: Cow::Borrowed(to), same_object: false }
        };
    }
    if let Some(instead) = text.strip_prefix('-') {
        return V2Home::Removed { instead: (!instead.is_empty()).then_some(instead) };
    }
    match text {
        "!" => V2Home::Changed,
        "+" => V2Home::OnlyV2,
        _ => V2Home::CompatOnly,
    }
}

fn arg_list(text: &'static str) -> Vec<Arg> {
    text.split('|').filter(|s| !s.is_empty()).map(Arg::parse).collect()
}

fn note(name: &str) -> Option<&'static str> {
    line::find(NOTES, name).map(|l| l.rest)
}
