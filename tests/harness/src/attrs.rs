//! The attributes of a call in full: named, fixed by the inputs, or by default.

use ferroflow_core::schema::{ArgType, OpSchema};
use ferroflow_core::{Attrs, DType, Result, bail};

/// Completes the attributes of a call; `args` has the dtypes of each input's tensors.
///
/// # Errors
/// `InvalidArgument` when an attribute has no value.
pub fn complete(schema: &OpSchema, named: &Attrs, args: &[Vec<DType>]) -> Result<Attrs> {
    let mut attrs = Attrs::new();
    for (arg, dtypes) in schema.inputs.iter().zip(args) {
        if let ArgType::Repeated { number_attr, .. } = &arg.kind {
            attrs.set(number_attr.clone(), dtypes.len());
        }
        match (&arg.kind, arg.kind.type_attr(), dtypes.first()) {
            (ArgType::TypeList(attr), ..) => attrs.set(attr.clone(), dtypes.clone()),
            (_, Some(attr), Some(dtype)) if attrs.get(attr).is_none() => attrs.set(attr.to_string(), *dtype),
            _ => {}
        }
    }
    for (name, value) in named.iter() {
        attrs.set(name.to_string(), value.clone());
    }
    for attr in &schema.attrs {
        match (&attr.default, attrs.get(&attr.name)) {
            (Some(default), None) => attrs.set(attr.name.clone(), default.clone()),
            (None, None) => bail!(invalid_argument, "{} needs attribute '{}'", schema.name, attr.name),
            _ => {}
        }
    }
    Ok(attrs)
}
