//! `run` and `bench` on models that TensorFlow made, with the outputs that TensorFlow gave.

use crate::process::{Scratch, ferroflow, recorded, repository};
use ferroflow_core::{NdArray, TString, npy, npz};
use ferroflow_testing::{Tolerance, assert_all_close, assert_all_equal};

/// The results of a run, written to a file and read again.
fn run(args: &[&str]) -> npz::NamedArrays {
    let scratch = Scratch::new();
    let file = scratch.path("out.npz");
    let mut all = vec!["run"];
    all.extend(args);
    all.extend(["--out", &file]);
    assert_eq!(ferroflow(&all).output(), "");
    npz::read(&file).unwrap()
}

/// The arrays of a recorded `.npz` file as `--input` arguments; each is written to a file of its own.
fn inputs(scratch: &Scratch, file: &str) -> Vec<String> {
    let arrays = npz::read(file).unwrap();
    let argument = |(position, (name, array)): (usize, (&str, &NdArray))| {
        let path = scratch.path(&format!("{position}.npy"));
        npy::save(&path, array).unwrap();
        [String::from("--input"), format!("{name}={path}")]
    };
    arrays.iter().enumerate().flat_map(argument).collect()
}

fn compare(found: &npz::NamedArrays, expected: &npz::NamedArrays) {
    assert_eq!(found.names().collect::<Vec<_>>(), expected.names().collect::<Vec<_>>());
    for (name, value) in expected.iter() {
        let sums = Tolerance { relative: 1e-5, absolute: 1e-5, ..Tolerance::default() };
        assert_all_close!(found.get(name).unwrap(), value, sums);
    }
}

#[test]
fn graphs_and_meta_graphs() {
    for (model, name) in [
        ("frozen/graph.pb", "frozen"),
        ("frozen/graph.pbtxt", "frozen"),
        ("v1_control_flow/graph.pb", "v1_control_flow"),
        ("ckpt_sharded/model.meta", "ckpt_sharded"),
        ("ckpt_partitioned/model.meta", "ckpt_partitioned"),
    ] {
        let scratch = Scratch::new();
        let given = inputs(&scratch, &recorded(&format!("{name}/graph.inputs.npz")));
        let expected = npz::read(recorded(&format!("{name}/graph.outputs.npz"))).unwrap();
        let model = recorded(model);
        let mut args = vec![model.as_str()];
        args.extend(given.iter().map(String::as_str));
        args.extend(expected.names().flat_map(|name| ["--fetch", name]));
        compare(&run(&args), &expected);
    }
}

#[test]
fn saved_models() {
    for (name, signature, tags) in [
        ("v1_ref", "serving_default", "serve"),
        ("v1_ref", "lookup", "serve"),
        ("v1_ref", "plain", "serve,gpu"),
        ("v1_resource", "serving_default", "serve"),
        ("v2_module", "serving_default", "serve"),
        ("v2_module", "count", "serve"),
        ("v2_module", "lookup", "serve"),
        ("v2_module", "tick", "serve"),
        ("v2_keras", "serving_default", "serve"),
    ] {
        let scratch = Scratch::new();
        let model = recorded(name);
        let files = |kind: &str| recorded(&format!("{name}/{signature}.{kind}.npz"));
        let given = inputs(&scratch, &files("inputs"));
        let mut args = vec![model.as_str(), "--signature", signature, "--tags", tags];
        args.extend(given.iter().map(String::as_str));
        compare(&run(&args), &npz::read(files("outputs")).unwrap());
    }
}

/// Models of the kinds that people keep give what TensorFlow gives.
#[test]
fn models_of_all_kinds() {
    for (model, key) in [
        ("frozen_mobile/graph.pb", "graph"),
        ("frozen_text/graph.pb", "graph"),
        ("frozen_recurrent/graph.pb", "graph"),
        ("keras_attention", "serving_default"),
        ("keras_convolutions", "serving_default"),
        ("keras_features", "serving_default"),
        ("keras_recurrent", "serving_default"),
        ("keras_text", "serving_default"),
        ("v1_examples", "serving_default"),
        ("v2_parts", "predict"),
        ("v2_parts", "remember"),
        ("v2_parts", "branch"),
        ("v2_parts", "gradient"),
    ] {
        let scratch = Scratch::new();
        let directory = model.split('/').next().unwrap();
        let files = |kind: &str| recorded(&format!("{directory}/{key}.{kind}.npz"));
        let expected = npz::read(files("outputs")).unwrap();
        let given = inputs(&scratch, &files("inputs"));
        let path = recorded(model);
        let mut args = vec![path.as_str()];
        args.extend(given.iter().map(String::as_str));
        if key == "graph" {
            args.extend(expected.names().flat_map(|name| ["--fetch", name]));
        } else {
            args.extend(["--signature", key]);
        }
        compare(&run(&args), &expected);
    }
}

/// The digits that TensorFlow's models find in the test images.
#[test]
fn digits() {
    let file = |name: &str| repository(&format!("examples/digits/{name}"));
    let images = format!("images={}", file("images.npy"));
    let fetches = ["--fetch", "logits", "--fetch", "probabilities", "--fetch", "predicted"];
    let expected = npz::read(file("expected_v1.npz")).unwrap();
    for model in ["v1/frozen.pb", "v1/model.ckpt.meta"] {
        let model = file(model);
        let mut args = vec![model.as_str(), "--input", &images];
        args.extend(fetches);
        let found = run(&args);
        assert_all_equal!(found.get("predicted").unwrap(), expected.get("predicted").unwrap());
        for name in ["logits", "probabilities"] {
            let sums = Tolerance { relative: 1e-5, absolute: 1e-5, ..Tolerance::default() };
            assert_all_close!(found.get(name).unwrap(), expected.get(name).unwrap(), sums);
        }
    }
    let keras = file("keras");
    let signature = ferroflow(&["inspect", &keras, "--json"]).output();
    let name = if signature.contains("\"images\":{") { "images" } else { "keras_tensor" };
    let images = format!("{name}={}", file("images.npy"));
    compare(&run(&[&keras, "--input", &images]), &npz::read(file("expected_keras.npz")).unwrap());
}

#[test]
fn results_are_printed_as_numpy_prints_them() {
    let scratch = Scratch::new();
    let graph = scratch.file("graph.pbtxt", crate::commands::ADD);
    let output = |inputs: &[&str]| {
        let mut args = vec!["run", graph.as_str(), "--fetch", "y", "--fetch", "x:0"];
        args.extend(inputs.iter().flat_map(|input| ["--input", input]));
        ferroflow(&args).output()
    };
    assert_eq!(output(&["x=1.5"]), "y: 3.0\nx:0: 1.5\n");
    assert_eq!(output(&["x:0=[[1, 2], [3, 4]]"]), "y: [[2. 4.]\n [6. 8.]]\nx:0: [[1. 2.]\n [3. 4.]]\n");
    assert_eq!(output(&["x=float32[2](1 -0)"]), "y: [ 2. -0.]\nx:0: [ 1. -0.]\n");
    assert_eq!(output(&["y=[7]", "x=[]"]), "y: [7.]\nx:0: []\n");
    // A name that is given twice is one result.
    assert_eq!(
        ferroflow(&["run", &graph, "--input", "x=1", "--fetch", "y", "--fetch", "y"]).output(),
        "y: 2.0\n"
    );
    // Without --fetch, what no other node uses.
    assert_eq!(ferroflow(&["run", &graph, "--input", "x=1"]).output(), "y: 2.0\n");
}

/// Strings come as bytes, as text and as a literal, and go out as bytes.
#[test]
fn strings() {
    let scratch = Scratch::new();
    let text = "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_STRING } } }
                node { name: 'y' op: 'Identity' input: 'x' attr { key: 'T' value { type: DT_STRING } } }";
    let graph = scratch.file("graph.pbtxt", text);
    let array =
        |strings: &[&[u8]]| NdArray::vector(strings.iter().map(|text| TString::from(*text)).collect());
    let words = array(&[b"caf\xc3\xa9", b"", b"a\xff"]);
    let path = scratch.path("words.npy");
    npy::save(&path, &words).unwrap();
    let given = |input: &str| run(&[&graph, "--input", &format!("x={input}")]).get("y").unwrap().clone();
    assert_all_equal!(&given(&path), &words);
    // `numpy.save` of an array of `str`, four bytes for each character.
    let mut unicode =
        b"\x93NUMPY\x01\x00\x76\x00{'descr': '<U2', 'fortran_order': False, 'shape': (2,), }".to_vec();
    unicode.resize(127, b' ');
    unicode.push(b'\n');
    for code in ['é', 'x', 'a', '\0'] {
        unicode.extend(u32::from(code).to_le_bytes());
    }
    let unicode = scratch.file("unicode.npy", unicode);
    assert_all_equal!(&given(&unicode), &array(&["éx".as_bytes(), b"a"]));
    // `numpy.save` of an array of objects, which is what a string tensor is to NumPy: a pickle of protocol 3.
    let mut objects =
        b"\x93NUMPY\x01\x00\x76\x00{'descr': '|O', 'fortran_order': False, 'shape': (2,), }".to_vec();
    objects.resize(127, b' ');
    objects.extend(b"\n\x80\x03cnumpy._core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02C\x01bq\x03\x87q\x04Rq\x05");
    objects.extend(b"(K\x01K\x02\x85q\x06cnumpy\ndtype\nq\x07X\x02\x00\x00\x00O8q\x08\x89\x88\x87q\x09Rq\x0a(K\x03X\x01\x00\x00\x00|q\x0bNNNJ");
    objects.extend(b"\xff\xff\xff\xffJ\xff\xff\xff\xffK?tq\x0cb\x89]q\x0d(C\x01aq\x0eX\x02\x00\x00\x00\xc3\xa9q\x0fetq\x10b.");
    let objects = scratch.file("objects.npy", objects);
    assert_all_equal!(&given(&objects), &array(&[b"a", "é".as_bytes()]));
    assert_all_equal!(&given("['a b', \"c\"]"), &array(&[b"a b", b"c"]));
    assert_eq!(ferroflow(&["run", &graph, "--input", "x=plain words"]).output(), "y: b'plain words'\n");
}

/// Threads share the work, they do not change it.
#[test]
fn times_of_runs() {
    let scratch = Scratch::new();
    let graph = scratch.file("graph.pbtxt", crate::commands::ADD);
    let call = ["bench", &graph, "--input", "x=1", "--runs", "5", "--warmup", "1", "--threads", "1"];
    let times: serde_json::Value =
        serde_json::from_str(&ferroflow(&[&call[..], &["--json"]].concat()).output()).unwrap();
    let time = |name: &str| times[name].as_f64().unwrap();
    assert_eq!(times["runs"], 5);
    assert!(0.0 < time("min_us") && time("min_us") <= time("p50_us") && time("p50_us") <= time("p90_us"));
    assert!(time("first_us") > time("min_us"));
    let names: Vec<&str> = times.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["first_us", "min_us", "p50_us", "p90_us", "runs"]);
    assert!(ferroflow(&call).output().starts_with("p50 "));
}
