//! What the map says about one symbol.

use std::borrow::Cow;
use std::fmt;

/// A name of the TensorFlow API with everything the map knows about it.
///
/// Names are written without `tf.` or `tf.compat.v1.`: `math.log`, `train.Saver.save`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Symbol {
    /// The name that was asked for.
    pub name: Cow<'static, str>,
    /// The name under which the facts are recorded; equal to `name` unless that is an alias.
    pub canonical: Cow<'static, str>,
    /// What sort of thing it is.
    pub kind: Kind,
    /// All other v1 names of the same object.
    pub aliases: Vec<Cow<'static, str>>,
    /// The v1 arguments; `None` when the symbol takes none or Python does not tell.
    pub args: Option<Vec<Arg>>,
    /// Where it went.
    pub v2: V2Home,
    /// The arguments of the v2 symbol; `None` when there is no v2 symbol or Python does not tell.
    pub v2_args: Option<Vec<Arg>>,
    /// v1 arguments that have another name in v2, as (old, new).
    pub renamed_args: Vec<(&'static str, &'static str)>,
    /// v1 arguments that v2 does not take.
    pub removed_args: Vec<&'static str>,
    /// v2 arguments that v1 did not take.
    pub added_args: Vec<&'static str>,
    /// Whether some argument sits at another position in v2, so that a positional v1 call may bind wrongly.
    pub reordered: bool,
    /// The public base classes, nearest first.
    pub bases: Vec<&'static str>,
    /// The value of a plain constant, as Python prints it.
    pub value: Option<&'static str>,
    /// What TensorFlow's upgrade tool writes instead, where that is not the v2 home.
    pub upgrade: Option<&'static str>,
    /// How the behaviour changed, in a sentence or two.
    pub note: Option<&'static str>,
    /// The path on ferroflow's v1 side.
    pub v1_path: String,
    /// The path on ferroflow's v2 side; `None` when v2 has no such symbol.
    pub v2_path: Option<String>,
    /// How far ferroflow has it.
    pub status: Status,
}

impl Symbol {
    /// The name of the v2 symbol, or `None` when there is none.
    pub fn v2_name(&self) -> Option<&str> {
        self.v2.name(&self.name)
    }
}

/// What sort of thing a symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// A namespace.
    Module,
    /// A function.
    Function,
    /// A class; its arguments are those of the constructor.
    Class,
    /// A method of a class, its receiver left out of the arguments.
    Method,
    /// A property or attribute of a class.
    Property,
    /// A field of a protocol buffer message.
    Field,
    /// A constant.
    Constant,
    /// A data type.
    DType,
    /// Known by name only: TensorFlow's upgrade tables mention it, the recorded release does not have it.
    Unknown,
}

impl Kind {
    /// The word the data, the text and the JSON form use.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Module => "module",
            Kind::Function => "function",
            Kind::Class => "class",
            Kind::Method => "method",
            Kind::Property => "property",
            Kind::Field => "field",
            Kind::Constant => "constant",
            Kind::DType => "dtype",
            Kind::Unknown => "unknown",
        }
    }

    pub(crate) fn parse(text: &str) -> Kind {
        match text {
            "module" => Kind::Module,
            "function" => Kind::Function,
            "class" => Kind::Class,
            "method" => Kind::Method,
            "property" => Kind::Property,
            "field" => Kind::Field,
            "constant" => Kind::Constant,
            "dtype" => Kind::DType,
            _ => Kind::Unknown,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One argument as Python declares it: `*args`, `**kwargs` and the bare `*` marker keep their stars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Arg {
    /// The name.
    pub name: &'static str,
    /// The default, as Python prints it.
    pub default: Option<&'static str>,
}

impl Arg {
    pub(crate) fn parse(text: &'static str) -> Arg {
        match text.split_once('=') {
            Some((name, default)) => Arg { name, default: Some(default) },
            None => Arg { name: text, default: None },
        }
    }

    /// Whether a caller can pass it by this name.
    pub fn is_named(&self) -> bool {
        !self.name.starts_with('*')
    }
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.default {
            Some(default) => write!(f, "{}={default}", self.name),
            None => f.write_str(self.name),
        }
    }
}

/// Where a v1 symbol went in TensorFlow 2.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum V2Home {
    /// The same object under the same name; for a namespace, just the same name.
    Same,
    /// Another name.
    Renamed {
        /// The v2 name.
        to: Cow<'static, str>,
        /// Whether it is the same object, so that only the name has to change.
        same_object: bool,
    },
    /// The same name, but another implementation: arguments or behaviour may differ.
    Changed,
    /// Only under `tf.compat.v1`.
    CompatOnly,
    /// Not in TensorFlow 2.21 at all.
    Removed {
        /// The v2 symbol that took its place.
        instead: Option<&'static str>,
    },
    /// Not a v1 symbol: TensorFlow 2 added it.
    OnlyV2,
}

impl V2Home {
    /// The v2 name of the symbol that v1 calls `name`.
    pub(crate) fn name<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        match self {
            V2Home::Same | V2Home::Changed | V2Home::OnlyV2 => Some(name),
            V2Home::Renamed { to, .. } => Some(to),
            V2Home::Removed { instead } => *instead,
            V2Home::CompatOnly => None,
        }
    }

    /// One or two words for it, as the JSON form and the book write it.
    pub fn as_str(&self) -> &'static str {
        match self {
            V2Home::Same => "same",
            V2Home::Renamed { same_object: true, .. } => "renamed",
            V2Home::Renamed { same_object: false, .. } => "replaced",
            V2Home::Changed => "changed",
            V2Home::CompatOnly => "compat only",
            V2Home::Removed { .. } => "removed",
            V2Home::OnlyV2 => "only v2",
        }
    }
}

/// How far ferroflow has a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// Done.
    Implemented,
    /// There, but for what the text names.
    Partial(&'static str),
    /// Not there yet.
    Planned,
    /// Not going to be there, for the reason given.
    NotPlanned(&'static str),
}

impl Status {
    pub(crate) fn parse(text: &'static str) -> Option<Status> {
        let (word, rest) = text.split_once(": ").unwrap_or((text, ""));
        match (word, rest.is_empty()) {
            ("implemented", true) => Some(Status::Implemented),
            ("planned", true) => Some(Status::Planned),
            ("partial", false) => Some(Status::Partial(rest)),
            ("not planned", false) => Some(Status::NotPlanned(rest)),
            _ => None,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Implemented => f.write_str("implemented"),
            Status::Partial(what) => write!(f, "partial: {what}"),
            Status::Planned => f.write_str("planned"),
            Status::NotPlanned(why) => write!(f, "not planned: {why}"),
        }
    }
}
