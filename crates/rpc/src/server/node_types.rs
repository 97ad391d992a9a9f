//! Nodes that do not say of which types their inputs and outputs are.

use ferroflow_core::schema::{self, ArgType};
use ferroflow_core::{Result, bail};
use ferroflow_proto::NodeDef;

/// Looks for an attribute that a type, or a number of tensors, depends on.
///
/// # Errors
/// `NotFound` for the first one that is missing, in the words of TensorFlow's servers.
pub(crate) fn check(nodes: &[NodeDef]) -> Result<()> {
    for node in nodes {
        let Some(schema) = schema::lookup(&node.op) else { continue };
        for arg in schema.inputs.iter().chain(&schema.outputs) {
            let missing = attrs_of(&arg.kind).into_iter().flatten().find(|name| {
                let has_default =
                    schema.attrs.iter().any(|attr| attr.name == **name && attr.default.is_some());
                !has_default && !node.attr.contains_key(*name)
            });
            if let Some(attr) = missing {
                let name = &node.name;
                bail!(
                    not_found,
                    "No attr named '{attr}' in NodeDef:\n\t [[{{{{node {name}}}}}]]\n\t [[{name}]]"
                );
            }
        }
    }
    Ok(())
}

/// The attributes that an argument's number and type stand in.
fn attrs_of(kind: &ArgType) -> [Option<&str>; 2] {
    match kind {
        ArgType::Fixed(_) => [None, None],
        ArgType::Attr(name) | ArgType::TypeList(name) => [Some(name), None],
        ArgType::Repeated { number_attr, of } => match of.as_ref() {
            ArgType::Attr(name) | ArgType::TypeList(name) => [Some(number_attr), Some(name)],
            _ => [Some(number_attr), None],
        },
    }
}
