//! Writes models and records in every format into a directory, for `tools/check_written_models.py` to load them with
//! TensorFlow; then reads what TensorFlow has written there, if anything, and compares.
//!
//!     cargo run -p ferroflow-compat-v1 --example write_models -- write DIRECTORY
//!     cargo run -p ferroflow-compat-v1 --example write_models -- read DIRECTORY

use ferroflow_compat_v1 as tf;
use ferroflow_core::{DType, NdArray, Result, npz};
use ferroflow_formats::{
    CheckpointReader, Compression, SavedModelBundle, TfRecordReader, TfRecordWriter, read_events,
    read_graph_def,
};
use std::collections::BTreeMap;
use std::path::Path;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write", directory] => write(Path::new(directory)),
        ["read", directory] => read(Path::new(directory)),
        _ => Err(tf::Error::invalid_argument("usage: write_models (write|read) DIRECTORY")),
    }
}

/// A small model: `y = relu(x * w + b)`, with a table of rows, a reference and a resource variable, and strings.
fn model() -> Result<(tf::Tensor, tf::Tensor)> {
    let x = tf::with_name("x", || tf::placeholder(DType::FLOAT32, tf::TensorShape::new([None, Some(3)])))?;
    let w = tf::Variable::new_with([[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]], |o| o.name("w"))?;
    let b = tf::Variable::new_with([0.125, -0.5], |o| o.name("layer/b").use_resource(true))?;
    tf::Variable::new_with(["a", "", "word"], |o| o.name("words").trainable(false))?;
    tf::device("/cpu:0", || tf::Variable::new_with(7i64, |o| o.name("global_step").trainable(false)))?;
    let sum = (tf::matmul(&x, w.value()?)? + b.value()?)?;
    let y = tf::with_name("y", || tf::nn::relu(sum))?;
    Ok((x, y))
}

fn input() -> Result<NdArray> {
    NdArray::from_vec(&[2, 3], vec![1.0f32, 2.0, 3.0, -4.0, 5.5, 0.25])
}

fn write(directory: &Path) -> Result<()> {
    let graph = tf::Graph::new();
    graph.as_default_scope(|| {
        let (x, y) = model()?;
        let init = tf::global_variables_initializer()?;
        let loss = tf::summary::scalar("loss", 0.5)?;
        let weights = tf::summary::histogram("weights", [1.0, 2.0, 2.0, 8.0])?;
        let text = tf::summary::text("notes", ["a", "b"])?;
        let pixels = NdArray::from_vec(&[1, 2, 2, 3], (0..12u8).map(|value| value * 20).collect())?;
        let image = tf::summary::image("picture", pixels)?;
        let merged = tf::summary::merge(&[loss, weights, text, image])?;
        let plain = tf::train::Saver::new()?;
        let sharded = tf::train::Saver::new_with(|o| o.sharded(true))?;
        let sess = tf::Session::new()?;
        sess.run(init)?;
        let expected = sess.run_feed(&y, tf::feeds![&x => input()?])?;
        npz::write(directory.join("expected.npz"), [("x", &input()?), ("y", &expected)])?;
        plain.save_with(&sess, directory.join("plain"), |o| o.global_step(7))?;
        sharded.save_with(&sess, directory.join("sharded"), |o| o.latest_filename("sharded_state"))?;
        let signature = tf::saved_model::predict_signature_def([("x", &x)], [("y", &y)])?;
        let mut builder = tf::saved_model::Builder::new(directory.join("saved_model"))?;
        builder.add_meta_graph_and_variables(&sess, &["serve"], [("serving_default", signature)])?;
        builder.save()?;
        let frozen = tf::graph_util::convert_variables_to_constants(&sess, &graph.as_graph_def()?, &["y"])?;
        tf::train::write_graph(&frozen, directory, "frozen.pb", false)?;
        tf::train::write_graph(&frozen, directory, "frozen.pbtxt", true)?;
        let writer = tf::summary::FileWriter::new_with(directory.join("logs"), |o| o.graph(graph.clone()))?;
        writer.add_summary(sess.run(&merged)?, 3)?;
        writer.close()
    })?;
    for (name, compression) in
        [("", Compression::None), (".gzip", Compression::Gzip), (".zlib", Compression::Zlib)]
    {
        let mut records = TfRecordWriter::create(directory.join(format!("records{name}")), compression)?;
        for record in records_of_all_sizes() {
            records.write(&record)?;
        }
        records.close()?;
    }
    Ok(())
}

fn records_of_all_sizes() -> Vec<Vec<u8>> {
    [0usize, 1, 7, 4096, 100_000].iter().map(|size| (0..*size).map(|at| (at % 251) as u8).collect()).collect()
}

/// What TensorFlow wrote under `from_tensorflow`: the same model, trained elsewhere.
fn read(directory: &Path) -> Result<()> {
    let theirs = directory.join("from_tensorflow");
    let expected = npz::read(theirs.join("expected.npz"))?;
    let x = find(&expected, "x")?;
    let y = find(&expected, "y")?;
    let graph = tf::Graph::new();
    graph.as_default_scope(|| {
        let saver = tf::train::import_meta_graph(&theirs.join("plain-7.meta"))?;
        let sess = tf::Session::new()?;
        let saver = saver.ok_or_else(|| tf::Error::internal("the meta graph has no saver"))?;
        saver.restore(&sess, theirs.join("plain-7"))?;
        compare(
            "checkpoint and meta graph",
            &sess.run_feed("y:0", tf::feeds!["x:0" => x.clone()])?.into_array()?,
            &y,
        )
    })?;
    let bundle = SavedModelBundle::load(theirs.join("saved_model"), &["serve"])?;
    let outputs = bundle.signature("serving_default")?.call([("x", x.clone())])?;
    compare("SavedModel", outputs.get("y").ok_or_else(|| tf::Error::internal("no output y"))?, &y)?;
    let frozen = tf::Graph::from_graph_def(&read_graph_def(theirs.join("frozen.pb"))?)?;
    let sess = tf::Session::builder().graph(&frozen).build()?;
    compare("frozen graph", &sess.run_feed("y:0", tf::feeds!["x:0" => x])?.into_array()?, &y)?;
    let reader = CheckpointReader::open(theirs.join("sharded"))?;
    for (name, _, _) in reader.tensors() {
        reader.read(name)?;
    }
    for (name, compression) in
        [("", Compression::None), (".gzip", Compression::Gzip), (".zlib", Compression::Zlib)]
    {
        let records = TfRecordReader::open(theirs.join(format!("records{name}")), compression)?;
        if records.collect::<Result<Vec<_>>>()? != records_of_all_sizes() {
            return Err(tf::Error::data_loss(format!("records{name} differ")));
        }
    }
    let mut events = 0;
    for entry in
        std::fs::read_dir(theirs.join("logs")).map_err(|error| tf::Error::internal(error.to_string()))?
    {
        let path = entry.map_err(|error| tf::Error::internal(error.to_string()))?.path();
        for event in read_events(path)? {
            event?;
            events += 1;
        }
    }
    let facts = BTreeMap::from([("tensors", reader.tensors().count()), ("events", events)]);
    say(&format!("read what TensorFlow wrote: {facts:?}"));
    Ok(())
}

fn find(arrays: &npz::NamedArrays, name: &str) -> Result<NdArray> {
    arrays.get(name).cloned().ok_or_else(|| tf::Error::not_found(format!("{name} is not in the archive")))
}

fn compare(what: &str, found: &NdArray, expected: &NdArray) -> Result<()> {
    if found == expected {
        say(&format!("{what}: the same numbers"));
        return Ok(());
    }
    Err(tf::Error::data_loss(format!("{what}: {found:?} is not {expected:?}")))
}

#[allow(clippy::print_stdout, reason = "a program says what it found")]
fn say(text: &str) {
    println!("{text}");
}
