//! Whole networks, frozen: the time of a run, how far the results lie apart, and the memory of a process that does it.
//!
//!     python tools/make_bench_models.py DIRECTORY
//!     FERROFLOW_BENCH_MODELS=DIRECTORY cargo bench -p ferroflow-benches --bench models -- [NAME]

use ferroflow_benches::{Comparison, PeerTensor, Result, TensorFlow, noise};
use ferroflow_compat_v1::{FeedDict, Session};
use ferroflow_core::{DType, NdArray};
use ferroflow_formats::read_graph_def;
use ferroflow_graph::Graph;
use std::path::{Path, PathBuf};
use std::process::Command;

const BATCHES: [usize; 2] = [1, 8];
/// Arguments that make this program run one model a few times, print the memory that took, and end.
const MEMORY: &str = "--memory";
const MEMORY_PEER: &str = "--memory-peer";
/// The runs of which a process's memory is taken.
const RUNS: usize = 5;

fn main() -> Result<()> {
    ferroflow_graph::install();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, model, batch] = arguments.as_slice()
        && [MEMORY, MEMORY_PEER].contains(&mode.as_str())
    {
        return print_memory(mode == MEMORY_PEER, &Model::read(Path::new(model))?, batch.parse()?);
    }
    let Some(directory) = std::env::var_os("FERROFLOW_BENCH_MODELS") else {
        println!("FERROFLOW_BENCH_MODELS is not set: no model to run");
        return Ok(());
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "pb"))
        .collect();
    files.sort();
    let table = Comparison::start("models, float32")?;
    let mut figures = Vec::new();
    for file in &files {
        let model = Model::read(file)?;
        for batch in BATCHES {
            let name = format!("{}, batch {batch}", model.name);
            if table.is_wanted(&name) {
                figures.push((model.times(&table, &name, batch)?, name, file, batch));
            }
        }
    }
    println!("\n{:<44} {:>12} {:>12} {:>12}", "memory of a process", "ferroflow", "TensorFlow", "differ by");
    for (difference, name, file, batch) in figures {
        let ours = memory(MEMORY, file, batch)?;
        let theirs = table.peer().map(|_| memory(MEMORY_PEER, file, batch)).transpose()?;
        let shown = |figure: Option<String>| figure.unwrap_or_else(|| "-".to_string());
        println!(
            "{name:<44} {:>12} {:>12} {:>12}",
            format!("{ours} MiB"),
            shown(theirs.map(|mib| format!("{mib} MiB"))),
            shown(difference.map(|part| format!("{part:.1e}"))),
        );
    }
    Ok(())
}

/// A frozen graph from `x` to `y`.
struct Model {
    name: String,
    file: PathBuf,
    /// The dimensions of `x` after the batch.
    dims: Vec<usize>,
}

impl Model {
    fn read(file: &Path) -> Result<Model> {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let shape = std::fs::read_to_string(file.with_extension("shape"))?;
        let dims = shape.split_whitespace().map(str::parse).collect::<std::result::Result<_, _>>()?;
        Ok(Model { name, file: file.to_path_buf(), dims })
    }

    fn input(&self, batch: usize) -> Result<NdArray> {
        Ok(noise(&[&[batch], self.dims.as_slice()].concat(), 7)?)
    }

    /// Adds a row; gives the largest difference of an element in parts of the largest element.
    fn times(&self, table: &Comparison, name: &str, batch: usize) -> Result<Option<f64>> {
        let x = self.input(batch)?;
        let ours = ours(&self.file)?;
        let theirs = table.peer().map(|peer| theirs(peer, &self.file, &x)).transpose()?;
        let difference = theirs
            .as_ref()
            .map(|theirs| -> Result<f64> { apart(&ours(&x)?, &theirs()?.to_array()?) })
            .transpose()?;
        let mut theirs = theirs.map(|call| move || call().map(drop));
        table.row(
            name,
            &mut || ours(&x).map(drop),
            theirs.as_mut().map(|call| call as &mut dyn FnMut() -> Result<()>),
        )?;
        Ok(difference)
    }
}

/// The model as a call in a session of ferroflow.
fn ours(file: &Path) -> Result<impl Fn(&NdArray) -> Result<NdArray> + use<>> {
    let graph = Graph::from_graph_def(&read_graph_def(file)?)?;
    let session = Session::builder().graph(&graph).build()?;
    let y = graph.get_tensor_by_name("y:0")?;
    Ok(move |x: &NdArray| Ok(session.run_feed(&y, FeedDict::new().feed("x:0", x))?))
}

/// The model as a call in a session of TensorFlow.
fn theirs(peer: &TensorFlow, file: &Path, x: &NdArray) -> Result<impl Fn() -> Result<PeerTensor> + use<>> {
    let session = peer.session(&std::fs::read(file)?)?;
    let x = peer.tensor(x)?;
    Ok(move || session.run(&[(session.output("x:0")?, &x)], session.output("y:0")?))
}

/// The largest difference of an element in parts of the largest element of the second.
fn apart(ours: &NdArray, theirs: &NdArray) -> Result<f64> {
    if ours.shape() != theirs.shape() {
        return Err(format!("{:?} here, {:?} in TensorFlow", ours.shape(), theirs.shape()).into());
    }
    let (ours, theirs) = (ours.cast(DType::FLOAT64)?, theirs.cast(DType::FLOAT64)?);
    let (ours, theirs) = (ours.as_slice::<f64>()?, theirs.as_slice::<f64>()?);
    if ours.iter().any(|value| value.is_nan()) {
        return Err("a result is not a number".into());
    }
    let largest = theirs.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    Ok(ours.iter().zip(theirs).fold(0.0, |most: f64, (ours, theirs)| most.max((ours - theirs).abs()))
        / largest)
}

/// What a process of its own says of its memory, in MiB.
fn memory(mode: &str, file: &Path, batch: usize) -> Result<u64> {
    let output =
        Command::new(std::env::current_exe()?).arg(mode).arg(file).arg(batch.to_string()).output()?;
    if !output.status.success() {
        return Err(format!("{mode}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// Prints by how many MiB the most memory of this process exceeds what it had before it read the model.
fn print_memory(of_peer: bool, model: &Model, batch: usize) -> Result<()> {
    let x = model.input(batch)?;
    let peer = TensorFlow::from_env()?;
    let before = status("VmRSS")?;
    if of_peer {
        let run = theirs(&peer.ok_or("FERROFLOW_TF_LIB is not set")?, &model.file, &x)?;
        (0..RUNS).try_for_each(|_| run().map(drop))?;
    } else {
        let run = ours(&model.file)?;
        (0..RUNS).try_for_each(|_| run(&x).map(drop))?;
    }
    println!("{}", status("VmHWM")?.saturating_sub(before) / 1024);
    Ok(())
}

/// A figure of this process, in KiB, as Linux gives it.
fn status(name: &str) -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such figure")?;
    Ok(line.trim_start_matches(':').trim().trim_end_matches("kB").trim().parse()?)
}
