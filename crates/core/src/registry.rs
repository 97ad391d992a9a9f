//! The registry: ops by name, joined from the families by a crate above them.

use crate::OpDef;
use std::sync::OnceLock;

/// A look-up by name over every family of ops.
pub type Lookup = fn(&str) -> Option<&'static OpDef>;

static LOOKUP: OnceLock<Lookup> = OnceLock::new();

/// Makes the families known to [`lookup`]. The first call wins; all calls install the same table.
pub fn install(lookup: Lookup) {
    let _ = LOOKUP.set(lookup);
}

/// The op of this name: one of core's own, or of an installed family.
pub fn lookup(name: &str) -> Option<&'static OpDef> {
    crate::OPS
        .iter()
        .copied()
        .find(|def| def.name == name)
        .or_else(|| LOOKUP.get().and_then(|lookup| lookup(name)))
}
