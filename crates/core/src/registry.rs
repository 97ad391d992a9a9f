//! The registry: ops by name, joined from the families and other crates above.

use crate::OpDef;
use std::sync::{PoisonError, RwLock};

/// A look-up by name over some ops.
pub type Lookup = fn(&str) -> Option<&'static OpDef>;

static TABLES: RwLock<Vec<Lookup>> = RwLock::new(Vec::new());

/// Makes the ops of a table known to [`lookup`]; once is enough, again does no harm.
pub fn install(table: Lookup) {
    let mut tables = TABLES.write().unwrap_or_else(PoisonError::into_inner);
    if !tables.iter().any(|known| std::ptr::fn_addr_eq(*known, table)) {
        tables.push(table);
    }
}

/// The op of this name: one of core's own, or of an installed table.
pub fn lookup(name: &str) -> Option<&'static OpDef> {
    let own = crate::OPS.iter().copied().find(|def| def.name == name);
    own.or_else(|| {
        let tables = TABLES.read().unwrap_or_else(PoisonError::into_inner);
        tables.iter().find_map(|table| table(name))
    })
}
