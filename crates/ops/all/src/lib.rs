//! The registry of every op family.

pub mod composites;

use ferroflow_core::{OpDef, registry};
use std::collections::HashMap;
use std::sync::OnceLock;

/// Every family's ops.
pub static FAMILIES: &[&[&OpDef]] = &[
    ferroflow_core::OPS,
    ferroflow_ops_array::OPS,
    ferroflow_ops_control::OPS,
    ferroflow_ops_image::OPS,
    ferroflow_ops_io::OPS,
    ferroflow_ops_linalg::OPS,
    ferroflow_ops_math::OPS,
    ferroflow_ops_nn::OPS,
    ferroflow_ops_random::OPS,
    ferroflow_ops_signal::OPS,
    ferroflow_ops_sparse::OPS,
    ferroflow_ops_state::OPS,
    ferroflow_ops_text::OPS,
];

/// The op of this name.
pub fn lookup(name: &str) -> Option<&'static OpDef> {
    static BY_NAME: OnceLock<HashMap<&'static str, &'static OpDef>> = OnceLock::new();
    let by_name = BY_NAME.get_or_init(|| all().map(|def| (def.name, def)).collect());
    by_name.get(name).copied()
}

/// All ops of all families.
pub fn all() -> impl Iterator<Item = &'static OpDef> {
    FAMILIES.iter().flat_map(|family| family.iter().copied())
}

/// Makes every family known to gradients and graphs, which name ops. The facades call it first.
pub fn install() {
    registry::install(lookup);
    ferroflow_ops_state::install_variants();
}
