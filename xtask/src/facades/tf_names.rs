//! Which names TensorFlow has for one function: its aliases in v1 and in v2, and whether both are called alike.

use ferroflow_symbol_map::{Kind, Symbol, V2Home};
use std::collections::{BTreeMap, BTreeSet};

/// The modules of TensorFlow that are written: of functions of the op families, and of what facades have by hand.
const MODULES: [&str; 24] = [
    "audio",
    "autodiff",
    "bitwise",
    "debugging",
    "dtypes",
    "graph_util",
    "image",
    "io",
    "linalg",
    "losses",
    "math",
    "metrics",
    "nn",
    "quantization",
    "queue",
    "ragged",
    "random",
    "saved_model",
    "sets",
    "signal",
    "sparse",
    "strings",
    "summary",
    "train",
];

/// The names of functions and types.
pub(crate) struct TfNames {
    v1: Vec<V1Group>,
    v1_by_name: BTreeMap<String, usize>,
    v2: Vec<BTreeSet<String>>,
    v2_by_name: BTreeMap<String, usize>,
}

/// The v1 names of one object.
pub(crate) struct V1Group {
    /// All of them, the canonical one first.
    pub(crate) names: Vec<String>,
    /// Its v2 names, and how many leading arguments v1 and v2 have in common.
    pub(crate) homes: Vec<(String, usize)>,
}

impl TfNames {
    /// What the symbol map knows.
    pub(crate) fn read() -> TfNames {
        let mut groups: BTreeMap<String, Vec<Symbol>> = BTreeMap::new();
        for symbol in ferroflow_symbol_map::iter().filter(|symbol| is_served(&symbol.name, symbol.kind)) {
            groups.entry(symbol.canonical.to_string()).or_default().push(symbol);
        }
        let mut names = TfNames {
            v1: Vec::new(),
            v1_by_name: BTreeMap::new(),
            v2: Vec::new(),
            v2_by_name: BTreeMap::new(),
        };
        for (canonical, symbols) in groups {
            let mut united: BTreeMap<Option<String>, BTreeSet<String>> = BTreeMap::new();
            for symbol in &symbols {
                // Names of one function in v1 may be those of several in v2, which then differ in their arguments.
                let kind = match &symbol.v2 {
                    V2Home::Renamed { same_object: false, .. }
                    | V2Home::Removed { .. }
                    | V2Home::CompatOnly => continue,
                    V2Home::Changed => Some(format!("{:?}", symbol.v2_args)),
                    _ => None,
                };
                if let Some(name) = symbol.v2_name().filter(|name| is_served(name, Kind::Function)) {
                    united.entry(kind).or_default().insert(name.to_string());
                }
            }
            for aliases in united.into_values() {
                names.unite_v2(aliases);
            }
            let mut own: Vec<String> =
                symbols.iter().filter(|s| s.v2 != V2Home::OnlyV2).map(|s| s.name.to_string()).collect();
            own.sort_by_key(|name| (*name != canonical, name.clone()));
            if own.is_empty() {
                continue;
            }
            let homes = symbols.iter().filter_map(|s| Some((s.v2_name()?.to_string(), common_arguments(s))));
            let group = V1Group { homes: homes.collect(), names: own };
            for name in &group.names {
                names.v1_by_name.insert(name.clone(), names.v1.len());
            }
            names.v1.push(group);
        }
        names
    }

    fn unite_v2(&mut self, mut all: BTreeSet<String>) {
        if all.is_empty() {
            return;
        }
        let known: BTreeSet<usize> =
            all.iter().filter_map(|name| self.v2_by_name.get(name).copied()).collect();
        for at in &known {
            all.extend(std::mem::take(&mut self.v2[*at]));
        }
        for name in &all {
            self.v2_by_name.insert(name.clone(), self.v2.len());
        }
        self.v2.push(all);
    }

    /// All v2 names of the object with this one.
    pub(crate) fn v2_aliases(&self, name: &str) -> Option<&BTreeSet<String>> {
        self.v2_by_name.get(name).map(|at| &self.v2[*at])
    }

    /// The group of a v1 name.
    pub(crate) fn v1_group(&self, name: &str) -> Option<usize> {
        self.v1_by_name.get(name).copied()
    }

    /// All groups of v1 names.
    pub(crate) fn v1_groups(&self) -> &[V1Group] {
        &self.v1
    }
}

/// Whether a name is of a module whose functions the families have.
fn is_served(name: &str, kind: Kind) -> bool {
    if !matches!(kind, Kind::Function | Kind::Class | Kind::DType) {
        return false;
    }
    let module = name.rsplit_once('.').map_or("", |(module, _)| module);
    let first = module.split('.').next().unwrap_or("");
    let is_module = || ferroflow_symbol_map::lookup(module).is_ok_and(|symbol| symbol.kind == Kind::Module);
    module.is_empty() || (MODULES.contains(&first) && is_module())
}

/// How many leading arguments a v1 call and a v2 call have in common: all of them where both are one function.
fn common_arguments(symbol: &Symbol) -> usize {
    let leading = || {
        let (Some(old), Some(new)) = (&symbol.args, &symbol.v2_args) else { return 0 };
        let spelled_now =
            |name| symbol.renamed_args.iter().find(|(old, _)| *old == name).map_or(name, |r| r.1);
        let old = old.iter().filter(|arg| arg.name != "name").map(|arg| spelled_now(arg.name));
        let new = new.iter().filter(|arg| arg.name != "name").map(|arg| arg.name);
        old.zip(new).take_while(|(old, new)| old == new).count()
    };
    match &symbol.v2 {
        V2Home::Same | V2Home::Renamed { same_object: true, .. } => usize::MAX,
        V2Home::Changed => leading(),
        _ => 0,
    }
}
