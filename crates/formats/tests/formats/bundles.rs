//! SavedModels and graphs that run: what TensorFlow answered to the recorded inputs is answered here.

use crate::fixtures::{Scratch, data, examples};
use ferroflow_core::{Code, DType, Error, NdArray, Op, Result, TString, npz, registry};
use ferroflow_formats::{CheckpointReader, SavedModelBundle, read_graph_def, read_meta_graph, restore};
use ferroflow_graph::{DirectSession, Graph, Port};
use std::path::Path;

fn arrays(path: &Path) -> Vec<(String, NdArray)> {
    npz::read(path).unwrap().into_iter().collect()
}

/// Equal, floats up to rounding in another order of additions.
fn assert_close(what: &str, actual: &NdArray, expected: &NdArray) {
    assert_eq!((actual.dtype(), actual.shape()), (expected.dtype(), expected.shape()), "{what}");
    if expected.dtype().is_floating() {
        let wide = |array: &NdArray| array.cast(DType::FLOAT64).unwrap().into_vec::<f64>().unwrap();
        for (a, b) in wide(actual).iter().zip(wide(expected)) {
            assert!((a - b).abs() <= 1e-5 * b.abs().max(1.0), "{what}: {a} instead of {b}");
        }
    } else {
        assert_eq!(actual, expected, "{what}");
    }
}

/// Whether a model could not run for lack of a kernel, which is told early and by the name of the op.
fn lacks_a_kernel(error: &Error) -> bool {
    let op = error.message().strip_prefix("unsupported op: ").and_then(|rest| rest.split(' ').next());
    let Some(op) = op.filter(|_| error.code() == Code::Unimplemented) else { return false };
    let def = registry::lookup(op);
    assert!(
        def.is_none_or(|def| def.kernel.is_none() || !def.types.is_empty()),
        "{op} has a kernel: {error}"
    );
    true
}

/// Compares what `run` gives with the record; a model whose ops are not all there yet is passed over.
fn compare(what: &str, outputs: &Path, run: impl FnOnce() -> Result<Vec<(String, NdArray)>>) {
    match run() {
        Ok(values) => {
            let expected = arrays(outputs);
            assert_eq!(values.len(), expected.len(), "{what}");
            for (name, expected) in expected {
                let actual = &values.iter().find(|value| value.0 == name).unwrap().1;
                assert_close(&format!("{what} {name}"), actual, &expected);
            }
        }
        Err(error) => assert!(lacks_a_kernel(&error), "{what}: {error:?}"),
    }
}

#[test]
fn signatures_of_saved_models() {
    for (model, tags, keys) in [
        ("v1_ref", &["serve"][..], &["serving_default", "lookup"][..]),
        ("v1_ref", &["serve", "gpu"], &["plain"]),
        ("v1_resource", &["serve"], &["serving_default"]),
        ("v2_module", &["serve"], &["serving_default", "lookup", "count", "tick"]),
        ("v2_keras", &["serve"], &["serving_default"]),
    ] {
        for key in keys {
            let files = |kind: &str| data(model).join(format!("{key}.{kind}.npz"));
            compare(&format!("{model} {key}"), &files("outputs"), || {
                let bundle = SavedModelBundle::load(data(model), tags)?;
                Ok(bundle.signature(key)?.call(arrays(&files("inputs")))?.into_iter().collect())
            });
        }
    }
}

#[test]
fn digits_of_both_generations() {
    let images = || array(&examples("digits/images.npy"));
    compare("keras digits", &examples("digits/expected_keras.npz"), || {
        let bundle = SavedModelBundle::load(examples("digits/keras"), &["serve"])?;
        Ok(bundle.signature("serving_default")?.call([("images", images())])?.into_iter().collect())
    });
    compare("frozen digits", &examples("digits/expected_v1.npz"), || {
        let graph = Graph::from_graph_def(&read_graph_def(examples("digits/v1/frozen.pb"))?)?;
        run(&DirectSession::new(graph), &[("images", images())], &["logits", "probabilities", "predicted"])
    });
    compare("restored digits", &examples("digits/expected_v1.npz"), || {
        let session = restored(&examples("digits/v1/model.ckpt"))?;
        run(&session, &[("images", images())], &["logits", "probabilities", "predicted"])
    });
}

fn array(path: &Path) -> NdArray {
    ferroflow_core::npy::read(&mut std::fs::File::open(path).unwrap()).unwrap()
}

/// A session with the graph of a MetaGraph and the variables of the checkpoint beside it.
fn restored(prefix: &Path) -> Result<DirectSession> {
    let meta_graph = read_meta_graph(
        prefix.with_file_name(format!("{}.meta", prefix.file_name().unwrap().to_str().unwrap())),
    )?;
    let session = DirectSession::new(Graph::from_graph_def(meta_graph.graph_def()?)?);
    restore(&session, &meta_graph, prefix)?;
    Ok(session)
}

fn port(graph: &Graph, name: &str) -> Port {
    let name = if name.contains(':') { name.to_string() } else { format!("{name}:0") };
    graph.port(&graph.get_tensor_by_name(&name).unwrap()).unwrap()
}

fn run(
    session: &DirectSession,
    feeds: &[(&str, NdArray)],
    fetches: &[&str],
) -> Result<Vec<(String, NdArray)>> {
    let graph = session.graph();
    let feeds: Vec<_> = feeds.iter().map(|(name, value)| (port(graph, name), value.clone())).collect();
    let ports: Vec<_> = fetches.iter().map(|name| port(graph, name)).collect();
    let values = session.run(&feeds, &ports, &[])?;
    Ok(fetches.iter().map(|name| name.to_string()).zip(values).collect())
}

#[test]
fn graphs_and_meta_graphs() {
    for name in ["frozen", "v1_control_flow", "ckpt_sharded", "ckpt_partitioned"] {
        let files = |kind: &str| data(name).join(format!("graph.{kind}.npz"));
        compare(name, &files("outputs"), || {
            ferroflow_formats::install();
            let session = match name.starts_with("ckpt") {
                true => restored(&data(name).join("model"))?,
                false => {
                    DirectSession::new(Graph::from_graph_def(&read_graph_def(data(name).join("graph.pb"))?)?)
                }
            };
            let inputs = arrays(&files("inputs"));
            let feeds: Vec<_> = inputs.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            let fetches = arrays(&files("outputs"));
            run(&session, &feeds, &fetches.iter().map(|fetch| fetch.0.as_str()).collect::<Vec<_>>())
        });
    }
}

#[test]
fn inputs_are_checked() {
    let bundle = SavedModelBundle::load(data("v1_ref"), &["serve", "gpu"]);
    let Ok(bundle) = bundle else {
        assert!(lacks_a_kernel(&bundle.err().unwrap()));
        return;
    };
    let runner = match bundle.signature("plain") {
        Ok(runner) => runner,
        Err(error) => return assert!(lacks_a_kernel(&error)),
    };
    let refused = |inputs: Vec<(&str, NdArray)>| {
        let error = runner.call(inputs).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        error.message().to_string()
    };
    let takes = "; it takes: x: float32 (None, 2)";
    assert_eq!(refused(vec![]), format!("signature 'plain' needs the input 'x'{takes}"));
    let x = NdArray::from_vec(&[1, 2], vec![1f32, 2.0]).unwrap();
    assert_eq!(refused(vec![("y", x.clone())]), format!("signature 'plain' has no input 'y'{takes}"));
    let wrong = NdArray::from_vec(&[1, 2], vec![1i32, 2]).unwrap();
    assert_eq!(
        refused(vec![("x", wrong)]),
        format!("signature 'plain' is given int32 (1, 2) for the input 'x'{takes}")
    );
    let wrong = NdArray::from_vec(&[1, 1], vec![1f32]).unwrap();
    assert_eq!(
        refused(vec![("x", wrong)]),
        format!("signature 'plain' is given float32 (1, 1) for the input 'x'{takes}")
    );
    let twice = vec![("x", x.clone()), ("x", x)];
    assert_eq!(refused(twice), format!("signature 'plain' is given the input 'x' twice{takes}"));
}

fn strings(values: &[&str]) -> NdArray {
    NdArray::vector(values.iter().map(|value| TString::from(*value)).collect())
}

fn path(scratch: &Scratch, name: &str) -> NdArray {
    NdArray::scalar(TString::from(scratch.path(name).to_str().unwrap()))
}

fn save(scratch: &Scratch, prefix: &str, names: &[&str], slices: &[&str], value: &NdArray) -> Result<()> {
    let op = Op::named("SaveV2").input(path(scratch, prefix)).input(strings(names)).input(strings(slices));
    op.inputs(vec![value.clone()]).run()
}

fn restore_op(scratch: &Scratch, prefix: &str, name: &str, slice: &str, dtype: DType) -> Result<NdArray> {
    let op = Op::named("RestoreV2").input(path(scratch, prefix)).input(strings(&[name]));
    let op = op.input(strings(&[slice])).attr("dtypes", vec![dtype]);
    op.all()?.remove(0).numpy()
}

#[test]
fn checkpoint_ops() {
    ferroflow_formats::install();
    let scratch = Scratch::new();
    let value = NdArray::vector(vec![1f32, 2.0]);
    save(&scratch, "a", &["v"], &["4 0,2"], &value).unwrap();
    save(&scratch, "b", &["v"], &["4 2,2"], &value).unwrap();
    let parts = [path(&scratch, "a"), path(&scratch, "b"), path(&scratch, "none")];
    let parts: Vec<TString> = parts.iter().map(|part| part.item::<TString>().unwrap()).collect();
    let merge = Op::named("MergeV2Checkpoints").input(NdArray::vector(parts)).input(path(&scratch, "m"));
    merge.attr("allow_missing_files", true).run().unwrap();
    let merged = CheckpointReader::open(scratch.path("m")).unwrap().read("v").unwrap();
    assert_eq!(merged, NdArray::vector(vec![1f32, 2.0, 1.0, 2.0]));
    let middle = restore_op(&scratch, "m", "v", "4 1,2", DType::FLOAT32).unwrap();
    assert_eq!(middle, NdArray::vector(vec![2f32, 1.0]));
    let name = Op::named("ShardedFilename").input("m").input(7).input(3).one().unwrap();
    assert_eq!(name.numpy().unwrap(), NdArray::scalar(TString::from("m-00007-of-00003")));
    let name = Op::named("ShardedFilespec").input("m").input(3).one().unwrap();
    assert_eq!(name.numpy().unwrap(), NdArray::scalar(TString::from("m-?????-of-00003")));
    // TensorFlow's words.
    let message = |result: Result<()>| result.unwrap_err().message().to_string();
    assert_eq!(
        message(save(&scratch, "w", &["a", "b"], &[""], &value)),
        "tensor_names and shape_and_slices have different number of elements: 2 vs. 1"
    );
    assert_eq!(
        message(save(&scratch, "w", &["a", "b"], &["", ""], &value)),
        "Got 2 tensor names but 1 tensors."
    );
    assert_eq!(
        message(restore_op(&scratch, "m", "nokey", "", DType::FLOAT32).map(|_| ())),
        "Key nokey not found in checkpoint"
    );
}
