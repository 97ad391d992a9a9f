//! `ferroflow ops`

use crate::args::OpsArgs;
use ferroflow_core::schema::{self, Allowed, ArgType, AttrKind, OpSchema};
use ferroflow_core::{DType, Grad, OpDef, Result, registry};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Ops that call functions or carry frames, which case files cannot hold: other tests run them. A test compares the list with the
/// files.
const WITHOUT_CASES: &[&str] = &[
    "BatchFunction",
    "Case",
    "For",
    "If",
    "MapDefun",
    "PartitionedCall",
    "PyFunc",
    "PyFuncStateless",
    "RemoteCall",
    "StatefulPartitionedCall",
    "StatelessCase",
    "StatelessIf",
    "StatelessWhile",
    "SymbolicGradient",
    "While",
];

/// What there is of one op.
struct Row {
    schema: &'static OpSchema,
    implemented: bool,
    /// By type attribute, the dtypes that it may have here.
    types: BTreeMap<&'static str, Vec<DType>>,
    /// All dtypes that tensors of the op may have here.
    dtypes: BTreeSet<DType>,
    has_gradient: bool,
    has_cases: bool,
}

/// All of TensorFlow's ops, as a table or as JSON.
pub(crate) fn ops(args: &OpsArgs) -> Result<String> {
    ferroflow_data::install();
    let rows: Vec<Row> = schema::all().map(Row::new).collect();
    if args.json {
        return Ok(format!("{}\n", Value::Array(rows.iter().map(Row::json).collect())));
    }
    let width = rows.iter().map(|row| row.schema.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for row in &rows {
        let dtypes: Vec<&str> = row.dtypes.iter().map(|dtype| dtype.name()).collect();
        let word = |is: bool, word: &'static str| if is { word } else { "-" };
        let _ = writeln!(
            text,
            "{:width$}  {:11}  {:8}  {:5}  {}",
            row.schema.name,
            word(row.implemented, "implemented"),
            word(row.has_gradient, "gradient"),
            word(row.has_cases, "cases"),
            dtypes.join(" ")
        );
    }
    let implemented = rows.iter().filter(|row| row.implemented).count();
    let _ = writeln!(text, "{implemented} of {} ops are implemented", rows.len());
    Ok(text)
}

impl Row {
    fn new(schema: &'static OpSchema) -> Row {
        let def = registry::lookup(&schema.name).filter(|def| ferroflow_graph::is_implemented(def));
        let types = def.map_or_else(BTreeMap::new, |def| types(schema, def));
        let mut dtypes: BTreeSet<DType> = types.values().flatten().copied().collect();
        if def.is_some() {
            dtypes.extend(schema.inputs.iter().chain(&schema.outputs).filter_map(|arg| fixed(&arg.kind)));
        }
        Row {
            schema,
            implemented: def.is_some(),
            types,
            dtypes,
            has_gradient: def.is_some_and(|def| matches!(def.grad, Grad::Fn(_))),
            // The parity runner refuses an op of a family that has no case.
            has_cases: def.is_some()
                && ferroflow_ops::lookup(&schema.name).is_some()
                && !WITHOUT_CASES.contains(&schema.name.as_str()),
        }
    }

    fn json(&self) -> Value {
        let names = |dtypes: &mut dyn Iterator<Item = &DType>| -> Value {
            dtypes.map(|dtype| dtype.name()).collect::<Vec<_>>().into()
        };
        let types = self.types.iter().map(|(attr, dtypes)| (attr.to_string(), names(&mut dtypes.iter())));
        json!({
            "name": self.schema.name,
            "implemented": self.implemented,
            "dtypes": names(&mut self.dtypes.iter()),
            "types": Value::Object(types.collect()),
            "has_gradient": self.has_gradient,
            "has_cases": self.has_cases,
            "signature": self.schema.to_string(),
        })
    }
}

/// What the schema allows and the kernel takes.
fn types(schema: &'static OpSchema, def: &OpDef) -> BTreeMap<&'static str, Vec<DType>> {
    let attrs = schema.attrs.iter().filter(|attr| attr.ty.kind == AttrKind::Type);
    let taken = attrs.map(|attr| {
        let allowed = match &attr.allowed {
            Allowed::Types(types) => types.as_slice(),
            _ => DType::ALL,
        };
        let kernel = def.kernel_types(&attr.name);
        let takes = |dtype: &&DType| is_stored(**dtype) && kernel.is_none_or(|types| types.contains(dtype));
        (attr.name.as_str(), allowed.iter().filter(takes).copied().collect())
    });
    taken.collect()
}

/// Whether arrays can be of this dtype; TensorFlow's narrower types have numbers above.
fn is_stored(dtype: DType) -> bool {
    dtype.number() <= DType::UINT64.number()
}

fn fixed(kind: &ArgType) -> Option<DType> {
    match kind {
        ArgType::Fixed(dtype) => Some(*dtype),
        ArgType::Repeated { of, .. } => fixed(of),
        ArgType::Attr(_) | ArgType::TypeList(_) => None,
    }
}
