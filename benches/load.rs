//! From a model's file to its first result: in this process, and in a process of its own.

use ferroflow_benches::{Comparison, PeerTensor, Result, TensorFlow};
use ferroflow_compat_v1::{FeedDict, Session};
use ferroflow_core::{NdArray, npy};
use ferroflow_formats::read_graph_def;
use ferroflow_graph::Graph;
use std::path::Path;
use std::process::Command;

/// Arguments that make this program do one load and end.
const ONCE: &str = "--once";
const ONCE_PEER: &str = "--once-peer";

fn main() -> Result<()> {
    ferroflow_graph::install();
    let digits = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/digits");
    let model = digits.join("v1/frozen.pb");
    let images = npy::load(digits.join("images.npy"))?;
    match std::env::args().nth(1).as_deref() {
        Some(ONCE) => return ours(&model, &images).map(drop),
        Some(ONCE_PEER) => {
            let peer = TensorFlow::from_env()?.ok_or("FERROFLOW_TF_LIB is not set")?;
            return theirs(&peer, &model, &images).map(drop);
        }
        _ => {}
    }
    let table = Comparison::start("load of digits/v1/frozen.pb and first result, 256 images")?;
    let peer_call = table.peer().map(|peer| || theirs(peer, &model, &images));
    table.calls("load and run, in process", || ours(&model, &images), peer_call)?;
    let program = std::env::current_exe()?;
    let mut peer_process = table.peer().map(|_| || process(&program, ONCE_PEER));
    table.row(
        "load and run, whole process",
        &mut || process(&program, ONCE),
        peer_process.as_mut().map(|call| call as _),
    )
}

fn ours(model: &Path, images: &NdArray) -> Result<NdArray> {
    let graph = Graph::from_graph_def(&read_graph_def(model)?)?;
    let session = Session::builder().graph(&graph).build()?;
    let probabilities = graph.get_tensor_by_name("probabilities:0")?;
    Ok(session.run_feed(&probabilities, FeedDict::new().feed("images:0", images))?)
}

fn theirs(peer: &TensorFlow, model: &Path, images: &NdArray) -> Result<PeerTensor> {
    let session = peer.session(&std::fs::read(model)?)?;
    let images = peer.tensor(images)?;
    session.run(&[(session.output("images:0")?, &images)], session.output("probabilities:0")?)
}

fn process(program: &Path, argument: &str) -> Result<()> {
    let output = Command::new(program).arg(argument).output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{argument}: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}
