//! A v1 program beside its v2 form, then two models that TensorFlow trained, one of each generation, on real images.
//!
//! `cargo run --release --example tour`

// An example prints.
#![allow(clippy::print_stdout)]

use ferroflow::compat::v1;
use ferroflow::formats::{self, SavedModelBundle};
use ferroflow::{DType, Error, NdArray, Result, ndarray, npy, npz, v2};
use std::path::{Path, PathBuf};

/// So many images are shown; all of them are counted.
const SHOWN: usize = 24;

fn main() -> Result<()> {
    println!("v1: build a graph, run it in a session");
    println!("{}\n", indented(&v1_program()?));
    println!("v2: the same, at once");
    println!("{}\n", indented(&v2_program()?));

    let digits = Digits::load()?;
    println!(
        "Handwritten digits, {} images that the models have not seen. One of them:",
        digits.labels.len()
    );
    println!("{}\n", indented(&drawing(&digits.images)?));
    let by_v1 = classify_v1(&digits)?;
    let by_v2 = classify_v2(&digits)?;
    println!("{:30} {}", "labels", row(&digits.labels));
    println!("{:30} {}", "v1, graph and checkpoint", row(&by_v1.answers));
    println!("{:30} {}", "v2, SavedModel", row(&by_v2.answers));
    println!();
    for (name, found) in [("v1", &by_v1), ("v2", &by_v2)] {
        let right =
            digits.labels.iter().zip(&found.answers).filter(|(label, answer)| label == answer).count();
        println!(
            "{name}: {right} of {} right; TensorFlow's own scores differ by {:.0e} at most",
            digits.labels.len(),
            found.farthest
        );
    }
    Ok(())
}

/// A placeholder, ops that build a graph, a session that runs it.
fn v1_program() -> Result<String> {
    let x = v1::placeholder(DType::FLOAT32, [None, Some(2)])?;
    let w = v1::constant([[1.0, -1.0], [0.5, 2.0]])?;
    let y = v1::add(v1::matmul(&x, &w)?, 1.0)?;
    let session = v1::Session::new()?;
    let value = session.run_feed(&y, v1::FeedDict::new().feed(&x, [[1.0, 2.0], [3.0, 4.0]]))?;
    Ok(format!("y is {y:?}\nsession.run(y) gives\n{value:?}"))
}

/// Tensors that have their values, and a function of them.
fn v2_program() -> Result<String> {
    let w = v2::constant([[1.0, -1.0], [0.5, 2.0]])?;
    let affine = |x: &v2::Tensor| v2::add(v2::matmul(x, &w)?, 1.0);
    let y = affine(&v2::constant([[1.0, 2.0], [3.0, 4.0]])?)?;
    Ok(format!("y is {y:?}\ny.numpy() gives\n{:?}", y.numpy()?))
}

/// The test images and what they show.
struct Digits {
    directory: PathBuf,
    images: NdArray,
    labels: Vec<i64>,
}

impl Digits {
    fn load() -> Result<Digits> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/digits");
        let images = npy::load(directory.join("images.npy"))?;
        let labels = npy::load(directory.join("labels.npy"))?.to_i64_vec()?;
        Ok(Digits { directory, images, labels })
    }

    /// What TensorFlow gave for the same images.
    fn recorded(&self, file: &str, name: &str) -> Result<NdArray> {
        let arrays = npz::read(self.directory.join(file))?;
        arrays.get(name).cloned().ok_or_else(|| Error::not_found(format!("{file} has no array '{name}'")))
    }
}

/// What a model finds, and how far its scores are from TensorFlow's.
struct Found {
    answers: Vec<i64>,
    farthest: f32,
}

/// As a v1 program does it: import the graph, restore the checkpoint, fetch by name.
fn classify_v1(digits: &Digits) -> Result<Found> {
    let prefix = digits.directory.join("v1/model.ckpt");
    let meta_graph = formats::read_meta_graph(prefix.with_extension("ckpt.meta"))?;
    let saver = meta_graph.saver_def().ok_or_else(|| Error::not_found("the graph has no saver"))?;
    let graph = v1::Graph::new();
    graph.import_graph_def(
        meta_graph.graph_def()?,
        &v1::ImportOptions { prefix: Some(String::new()), ..Default::default() },
    )?;
    let session = v1::Session::builder().graph(&graph).build()?;
    // What `Saver.restore` does.
    let checkpoint =
        v1::FeedDict::new().feed(saver.filename_tensor_name.as_str(), prefix.display().to_string());
    session.run_feed(saver.restore_op_name.as_str(), checkpoint)?;

    let feeds = v1::FeedDict::new().feed("images:0", digits.images.clone());
    let (logits, predicted) = session.run_feed(("logits:0", "predicted:0"), feeds)?;
    let farthest = farthest(&logits.into_array()?, &digits.recorded("expected_v1.npz", "logits")?)?;
    Ok(Found { answers: predicted.into_array()?.to_i64_vec()?, farthest })
}

/// As a v2 program does it: load the SavedModel, call its signature.
fn classify_v2(digits: &Digits) -> Result<Found> {
    let model = SavedModelBundle::load(digits.directory.join("keras"), &["serve"])?;
    let outputs = model.signature("serving_default")?.call([("images", digits.images.clone())])?;
    let (name, scores) =
        outputs.first_key_value().ok_or_else(|| Error::not_found("the signature has no output"))?;
    Ok(Found {
        answers: best(scores)?,
        farthest: farthest(scores, &digits.recorded("expected_keras.npz", name)?)?,
    })
}

/// The class with the highest score, for each row; the view reads the scores where they are.
fn best(scores: &NdArray) -> Result<Vec<i64>> {
    let best = |row: ndarray::ArrayViewD<'_, f32>| {
        row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(-1, |(class, _)| class as i64)
    };
    Ok(scores.view::<f32>()?.outer_iter().map(best).collect())
}

/// The greatest difference between two arrays.
fn farthest(a: &NdArray, b: &NdArray) -> Result<f32> {
    let difference = v2::abs(v2::subtract(a.clone(), b.clone())?)?;
    v2::reduce_max(difference, ())?.numpy()?.item()
}

/// The first image, darker where there is more ink.
fn drawing(images: &NdArray) -> Result<String> {
    let images = images.view::<f32>()?;
    let Some(image) = images.outer_iter().next() else { return Ok("there are none".to_string()) };
    let shade = |ink: &f32| ["  ", "..", "++", "##"].get((ink * 3.99) as usize).copied().unwrap_or("##");
    let rows = image.outer_iter().map(|row| row.iter().map(shade).collect::<String>());
    Ok(rows.collect::<Vec<_>>().join("\n"))
}

fn row(numbers: &[i64]) -> String {
    numbers.iter().take(SHOWN).map(i64::to_string).collect::<Vec<_>>().join(" ") + " ..."
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
