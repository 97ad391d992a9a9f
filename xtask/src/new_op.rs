//! `cargo xtask new-op`: the files of an op, ready to be filled in.

use crate::Result;
use crate::sources::{read, root, write};
use std::path::Path;

/// Creates `FAMILY/src/NAME.rs` and `NAME.cases`, and enters the op in the family's list; creates the family first
/// when there is none.
pub(crate) fn new_op(name: &str, family: &str) -> Result {
    let table = read(&root().join("crates/core/src/schema/op_schemas.txt"))?;
    let heading = format!("{name}(");
    let signature = table.lines().find(|line| line.starts_with(&heading));
    let signature = signature.ok_or_else(|| format!("TensorFlow has no op {name}"))?;
    let directory = root().join("crates/ops").join(family);
    if !directory.exists() {
        new_family(&directory, family)?;
    }
    let module = snake_case(name);
    let source = directory.join("src").join(format!("{module}.rs"));
    if source.exists() {
        return Err(format!("{} exists", source.display()));
    }
    write(&source, &op_source(name, &module, signature))?;
    write(&source.with_extension("cases"), &op_cases(name, signature))?;
    let list = directory.join("src/lib.rs");
    write(&list, &enter(&read(&list)?, &module)?)?;
    println!("{}\n{}", source.display(), source.with_extension("cases").display());
    Ok(())
}

/// TensorFlow's CamelCase as a file's name: `MatMul` to `mat_mul`, `Conv2D` to `conv2d`, `LRNGrad` to `lrn_grad`.
fn snake_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        let starts_word = c.is_ascii_uppercase()
            && before.is_some_and(|before| {
                let in_capitals = before.is_ascii_uppercase() || before.is_ascii_digit();
                before.is_ascii_lowercase()
                    || (in_capitals && chars.get(at + 1).is_some_and(char::is_ascii_lowercase))
            });
        if starts_word {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// The names of the arguments between the first parentheses of a signature.
fn inputs(signature: &str) -> Vec<(&str, &str)> {
    let inside = signature.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let args = inside.map_or("", |(args, _)| args).split(", ");
    args.filter_map(|arg| arg.split_once(": ")).collect()
}

fn op_source(name: &str, module: &str, signature: &str) -> String {
    let parameters: Vec<String> = inputs(signature)
        .iter()
        .map(|(input, ty)| {
            let is_list = ty.contains('*') || ty.ends_with("...");
            format!("{input}: impl {}", if is_list { "IntoOperands" } else { "IntoOperand" })
        })
        .collect();
    let calls: String = inputs(signature)
        .iter()
        .map(|(input, ty)| {
            let method = if ty.contains('*') || ty.ends_with("...") { "inputs" } else { "input" };
            format!(".{method}({input})")
        })
        .collect();
    let traits: Vec<&str> = ["IntoOperands", "IntoOperand"]
        .into_iter()
        .filter(|bound| parameters.iter().any(|parameter| parameter.ends_with(&format!(" {bound}"))))
        .collect();
    let traits: String = traits.iter().map(|bound| format!("{bound}, ")).collect();
    format!(
        "//! {name}: (what it computes).

use ferroflow_core::{{{traits}KernelCtx, Op, OpDef, Result, ShapeCtx, Tensor}};

/// (The result first.)
///
/// Source: op `{name}`.
///
/// ```text
/// {signature}
/// ```
///
/// # Errors
/// (Codes, and when.)
pub fn {module}({}) -> Result<Tensor> {{
    Op::new(&OP){calls}.one()
}}

/// The definition of `{name}`.
pub static OP: OpDef = OpDef {{ name: \"{name}\", shape, kernel: Some(kernel), ..OpDef::NEW }};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {{
}}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {{
}}
",
        parameters.join(", ")
    )
}

/// What a case writes for an argument's type: the template's `T` where the op takes `float32`, else a dtype.
fn case_dtype<'a>(ty: &'a str, signature: &'a str) -> &'a str {
    let heading = format!("{ty}: type");
    let Some((_, definition)) = signature.split_once(&heading) else { return ty };
    let allowed = definition.strip_prefix(" {").and_then(|rest| rest.split_once('}')).map(|(types, _)| types);
    match allowed {
        Some(types) if types.split(", ").all(|dtype| dtype != "float32") => {
            types.split(", ").next().unwrap_or(ty)
        }
        _ => "T",
    }
}

fn op_cases(name: &str, signature: &str) -> String {
    let mut text = format!("op {name}\ncase first for T in float32\n");
    for (input, ty) in inputs(signature) {
        let is_list = ty.contains('*') || ty.ends_with("...");
        let member = if is_list { ".0" } else { "" };
        let element = ty.rsplit('*').next().unwrap_or(ty).trim_end_matches("...").trim_start_matches('&');
        let dtype = case_dtype(element, signature);
        text += &format!("  in {input}{member}: {dtype}[2] = 1 2\n");
    }
    text
}

/// The family's `lib.rs` with a module line and a line of `OPS` more, both in order.
fn enter(text: &str, module: &str) -> Result<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    let is_module = |line: &str| line.starts_with("mod ") || line.starts_with("pub mod ");
    let module_name = |line: &str| line.trim_start_matches("pub ").trim_start_matches("mod ").to_string();
    let new_module = format!("pub mod {module};");
    let start = lines.iter().position(|line| is_module(line)).or_else(|| {
        let uses = lines.iter().position(|line| line.starts_with("use "));
        uses.or_else(|| lines.iter().position(|line| line.is_empty()).map(|at| at + 1))
    });
    let mut at = start.unwrap_or(lines.len());
    while lines.get(at).is_some_and(|line| is_module(line) && module_name(line) < module_name(&new_module)) {
        at += 1;
    }
    lines.insert(at, new_module);
    if lines.get(at + 1).is_some_and(|line| !line.is_empty() && !is_module(line)) {
        lines.insert(at + 1, String::new());
    }
    let list = lines.iter().position(|line| line.contains("static OPS: "));
    let list = list.ok_or("the family's lib.rs has no `static OPS: ` list")?;
    if let Some(line) = lines.get_mut(list)
        && let Some(head) = line.strip_suffix("[];")
    {
        *line = format!("{head}[");
        lines.insert(list + 1, "];".to_string());
    }
    let new_line = format!("    &{module}::OP,");
    let mut at = list + 1;
    while lines.get(at).is_some_and(|line| line.starts_with("    &") && order(line) < order(&new_line)) {
        at += 1;
    }
    lines.insert(at, new_line);
    Ok(lines.join("\n") + "\n")
}

/// What a line of `OPS` is ordered by: nearly its op's name, for `module::OP` and `module::NAME` alike.
fn order(line: &str) -> String {
    let path = line.trim().trim_start_matches('&').trim_end_matches(',');
    let (module, name) = path.split_once("::").unwrap_or(("", path));
    (if name == "OP" { module } else { name }).replace('_', "").to_lowercase()
}

fn new_family(directory: &Path, family: &str) -> Result {
    let package = family.replace('_', "-");
    write(
        &directory.join("Cargo.toml"),
        &format!(
            "[package]
name = \"ferroflow-ops-{package}\"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true
repository.workspace = true
description = \"The {family} ops of ferroflow\"

[dependencies]
ferroflow-core.workspace = true

[dev-dependencies]
ferroflow-case-harness.workspace = true

[[test]]
name = \"parity\"
harness = false

[lints]
workspace = true
"
        ),
    )?;
    let lib = format!(
        "//! The {family} ops.

use ferroflow_core::OpDef;

/// The ops of this crate.
pub static OPS: &[&OpDef] = &[];
"
    );
    write(&directory.join("src/lib.rs"), &lib)?;
    let test = format!(
        "//! The recorded cases of this crate's ops.

fn main() -> std::process::ExitCode {{
    ferroflow_case_harness::run_family(env!(\"CARGO_MANIFEST_DIR\"), ferroflow_ops_{family}::OPS)
}}
"
    );
    write(&directory.join("tests/parity.rs"), &test)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_follow_the_op() {
        for (op, file) in [
            ("MatMul", "mat_mul"),
            ("Conv2D", "conv2d"),
            ("Conv2DBackpropInput", "conv2d_backprop_input"),
            ("GatherV2", "gather_v2"),
            ("LRNGrad", "lrn_grad"),
            ("L2Loss", "l2_loss"),
            ("FFT", "fft"),
            ("IRFFT2D", "irfft2d"),
            ("TopKV2", "top_kv2"),
        ] {
            assert_eq!(snake_case(op), file, "{op}");
        }
    }

    #[test]
    fn an_op_is_entered_in_order() {
        let empty = "//! Ops.\n\nuse x;\n\npub static OPS: &[&OpDef] = &[];\n";
        let one = enter(empty, "mat_mul").unwrap();
        assert_eq!(
            one,
            "//! Ops.\n\npub mod mat_mul;\n\nuse x;\n\npub static OPS: &[&OpDef] = &[\n    &mat_mul::OP,\n];\n"
        );
        let two = enter(&enter(&one, "add_n").unwrap(), "sum").unwrap();
        assert!(two.contains("pub mod add_n;\npub mod mat_mul;\npub mod sum;\n"), "{two}");
        assert!(two.contains("    &add_n::OP,\n    &mat_mul::OP,\n    &sum::OP,\n];"), "{two}");
    }
}
