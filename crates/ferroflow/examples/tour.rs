//! A v1 program beside its v2 form, then a model that TensorFlow made, on real images.
//!
//! `cargo run --release --example tour`

use ferroflow::compat::v1;
use ferroflow::formats::SavedModelBundle;
use ferroflow::{DType, NdArray, Result, npy, v2};
use std::path::Path;

#[allow(clippy::print_stdout)]
fn main() -> Result<()> {
    println!("v1: a graph, run in a session");
    let x = v1::placeholder(DType::FLOAT32, [None, Some(2)])?;
    let y = v1::add(v1::multiply(&x, &x)?, 1.0)?;
    let session = v1::Session::new()?;
    let input = [[1.0, 2.0], [3.0, 4.0]];
    println!("{y:?}");
    println!("{:?}\n", session.run_feed(&y, v1::FeedDict::new().feed(&x, input))?);

    println!("v2: the same, at once");
    let x = v2::constant(input)?;
    let y = v2::add(v2::multiply(&x, &x)?, 1.0)?;
    println!("{y:?}\n");

    println!("A digit classifier that TensorFlow trained and saved, on images it has not seen");
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/digits");
    let model = SavedModelBundle::load(directory.join("keras"), &["serve"])?;
    let signature = model.signature("serving_default")?;
    let images = npy::load(directory.join("images.npy"))?;
    let labels = npy::load(directory.join("labels.npy"))?.to_i64_vec()?;
    let Some(name) = signature.signature().inputs.keys().next().cloned() else {
        return Err(ferroflow::Error::invalid_argument("the model takes no input"));
    };
    let outputs = signature.call([(name, images)])?;
    let answers: Vec<i64> = outputs.values().next().map(answers).transpose()?.unwrap_or_default();
    let line = |numbers: &[i64]| numbers.iter().take(30).map(i64::to_string).collect::<Vec<_>>().join(" ");
    println!("labels:  {} ...", line(&labels));
    println!("answers: {} ...", line(&answers));
    let right = labels.iter().zip(&answers).filter(|(label, answer)| label == answer).count();
    println!("{right} of {} right", labels.len());
    Ok(())
}

/// The class with the largest value, for each row.
fn answers(logits: &NdArray) -> Result<Vec<i64>> {
    let rows = logits.view::<f32>()?;
    let best = |row: ferroflow::ndarray::ArrayViewD<'_, f32>| {
        row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(-1, |(class, _)| class as i64)
    };
    Ok(rows.outer_iter().map(best).collect())
}
