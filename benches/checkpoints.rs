//! Checkpoints: variables of 128 MiB written and read by the ops of a session.

use ferroflow_benches::{Comparison, Run};
use ferroflow_compat_v1 as tf;
use ferroflow_core::{DType, NdArray, Op, Result, Tensor};

/// How many variables there are, and how many elements of `float32` each has.
const COUNT: usize = 32;
const SIZE: usize = 1 << 20;

fn main() -> ferroflow_benches::Result<()> {
    ferroflow_graph::install();
    ferroflow_formats::install();
    let directory = std::env::temp_dir().join(format!("ferroflow-checkpoints-{}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    let prefix = directory.join("model").display().to_string();
    let table = Comparison::start("checkpoints of 128 MiB, of 32 tensors")?;
    let outcome =
        table.steps("save", |_| save(&prefix)).and_then(|()| table.steps("restore", |_| restore(&prefix)));
    std::fs::remove_dir_all(&directory)?;
    outcome
}

fn names() -> NdArray {
    NdArray::vector::<ferroflow_core::TString>((0..COUNT).map(|at| format!("variable_{at}").into()).collect())
}

/// Every tensor whole.
fn slices() -> NdArray {
    NdArray::vector::<ferroflow_core::TString>(vec!["".into(); COUNT])
}

/// First the variables get values, then the fetch waits for all of them to be written.
fn save(prefix: &str) -> Result<(Option<Tensor>, Run)> {
    let mut variables = Vec::with_capacity(COUNT);
    for at in 0..COUNT {
        let initializer = tf::random_uniform_initializer(0.0, 1.0, Some(1));
        variables.push(tf::get_variable_with(&format!("variable_{at}"), |o| {
            o.shape([SIZE]).initializer(initializer)
        })?);
    }
    let init = tf::global_variables_initializer()?;
    let first = tf::control_dependencies(init, || tf::constant(0))?;
    let values = variables.iter().map(|variable| variable.value()).collect::<Result<Vec<_>>>()?;
    let op = Op::named("SaveV2").input(prefix).input(names()).input(slices()).inputs(&values);
    op.name("saved").run()?;
    let saved = tf::get_default_graph().get_operation_by_name("saved")?;
    let fetch = tf::control_dependencies([saved], || tf::constant(0))?;
    Ok((Some(first), Run { feeds: Vec::new(), fetch }))
}

/// All tensors are read; one of them is fetched.
fn restore(prefix: &str) -> Result<(Option<Tensor>, Run)> {
    let op = Op::named("RestoreV2").input(prefix).input(names()).input(slices());
    let restored = op.attr("dtypes", vec![DType::FLOAT32; COUNT]).all()?;
    let fetch = tf::identity(&restored[0])?;
    Ok((None, Run { feeds: Vec::new(), fetch }))
}
