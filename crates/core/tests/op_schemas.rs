//! The recorded signatures against figures counted on TensorFlow's own protobufs.

use ferroflow_core::schema::{self, Allowed, ArgDef, ArgType, OpSchema};

const TEXT: &str = include_str!("../src/schema/op_schemas.txt");
const CHECKS: &str = include_str!("data/op_schema_checks.txt");

fn allowed(of: &Allowed) -> usize {
    match of {
        Allowed::Any => 0,
        Allowed::Types(types) => types.len(),
        Allowed::Strs(strs) => strs.len(),
    }
}

#[test]
fn every_line_reads_and_prints_back() {
    for line in TEXT.lines() {
        let schema: OpSchema = line.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(schema.to_string(), line);
        assert_eq!(schema::lookup(&schema.name), Some(&schema));
    }
    assert_eq!(schema::all().count(), schema::names().len());
    assert!(schema::names().is_sorted());
    for unknown in ["", "MatMu", "MatMul2", "zzz"] {
        assert!(schema::lookup(unknown).is_none());
    }
}

#[test]
fn totals_are_those_of_tensorflow() {
    let all: Vec<&OpSchema> = schema::all().collect();
    let attrs = || all.iter().flat_map(|op| &op.attrs);
    let count = |flag: fn(&OpSchema) -> bool| all.iter().filter(|op| flag(op)).count() as i64;
    for line in CHECKS.lines().take_while(|line| !line.starts_with("op ")) {
        let (what, expected) = line.split_once(' ').unwrap();
        let found = match what {
            "count" => all.len() as i64,
            "inputs" => all.iter().map(|op| op.inputs.len() as i64).sum(),
            "outputs" => all.iter().map(|op| op.outputs.len() as i64).sum(),
            "attrs" => attrs().count() as i64,
            "defaults" => attrs().filter(|attr| attr.default.is_some()).count() as i64,
            "allowed" => attrs().map(|attr| allowed(&attr.allowed) as i64).sum(),
            "minimums" => attrs().filter_map(|attr| attr.minimum).sum(),
            "refs" => {
                all.iter().flat_map(|op| op.inputs.iter().chain(&op.outputs)).filter(|arg| arg.is_ref).count()
                    as i64
            }
            "deprecated" => count(|op| op.deprecation.is_some()),
            "stateful" => count(|op| op.is_stateful),
            "commutative" => count(|op| op.is_commutative),
            "aggregate" => count(|op| op.is_aggregate),
            "allows_uninitialized_input" => count(|op| op.allows_uninitialized_input),
            "distributed" => count(|op| op.is_distributed),
            other => panic!("unknown figure {other}"),
        };
        assert_eq!(found.to_string(), expected, "{what}");
    }
}

fn argument(side: &str, arg: &ArgDef) -> String {
    let (number, of) = match &arg.kind {
        ArgType::Repeated { number_attr, of } => (number_attr.as_str(), of.as_ref()),
        other => ("-", other),
    };
    let (ty, attr, list) = match of {
        ArgType::Fixed(dtype) => (dtype.name(), "-", "-"),
        ArgType::Attr(name) => ("-", name.as_str(), "-"),
        ArgType::TypeList(name) => ("-", "-", name.as_str()),
        ArgType::Repeated { .. } => panic!("a list of lists"),
    };
    let is_ref = u8::from(arg.is_ref);
    format!("  {side} {} type={ty} attr={attr} number={number} list={list} ref={is_ref}", arg.name)
}

#[test]
fn chosen_ops_are_those_of_tensorflow() {
    let mut lines = CHECKS.lines().skip_while(|line| !line.starts_with("op ")).peekable();
    let mut seen = 0;
    while let Some(head) = lines.next() {
        let op = schema::lookup(head.strip_prefix("op ").unwrap()).unwrap();
        let mut expected = Vec::new();
        while let Some(line) = lines.next_if(|line| line.starts_with("  ")) {
            expected.push(line.to_string());
        }
        let mut found: Vec<String> = op.inputs.iter().map(|arg| argument("in", arg)).collect();
        found.extend(op.outputs.iter().map(|arg| argument("out", arg)));
        found.extend(op.attrs.iter().map(|attr| {
            let minimum = attr.minimum.map_or("-".to_string(), |minimum| minimum.to_string());
            let default = u8::from(attr.default.is_some());
            format!(
                "  attr {} type={} default={default} allowed={} min={minimum}",
                attr.name,
                attr.ty,
                allowed(&attr.allowed)
            )
        }));
        assert_eq!(found, expected, "{head}");
        seen += 1;
    }
    assert!(seen > 40);
}
