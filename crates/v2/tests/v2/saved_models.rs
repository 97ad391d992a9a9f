//! SavedModels: those that TensorFlow wrote, and what is written here.

use crate::checkpoints::Scratch;
use ferroflow_core::{DType, NdArray, Result, Shape, TString, npz};
use ferroflow_formats::SavedModel;
use ferroflow_v2 as tf;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tf::LoadedModel;
use tf::saved_model::{load, save};
use tf::{Children, Tensor, TensorSpec, Trackable, Variable};

fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../formats/tests/data")
}

fn arrays(path: &Path) -> BTreeMap<String, NdArray> {
    npz::read(path).unwrap().into_iter().collect()
}

fn assert_near(found: &NdArray, expected: &NdArray, what: &str) {
    assert_eq!(found.shape(), expected.shape(), "{what}");
    if expected.dtype() == DType::STRING || !expected.dtype().is_floating() {
        assert_eq!(found.to_string(), expected.to_string(), "{what}");
        return;
    }
    let numbers = |array: &NdArray| array.cast(DType::FLOAT64).unwrap().into_vec::<f64>().unwrap();
    for (found, expected) in numbers(found).into_iter().zip(numbers(expected)) {
        assert!(
            (found - expected).abs() <= 1e-5 * expected.abs().max(1.0),
            "{what}: {found} is not {expected}"
        );
    }
}

/// Calls the signatures of a recorded model; says how many compute what TensorFlow computed.
fn signatures_of(name: &str, model: &LoadedModel) -> usize {
    let directory = recorded().join(name);
    let mut count = 0;
    for (key, signature) in model.signatures() {
        let inputs = directory.join(format!("{key}.inputs.npz"));
        if !inputs.is_file() {
            continue;
        }
        let what = format!("{name}, signature {key}");
        let inputs = arrays(&inputs);
        let names: Vec<String> = signature.inputs().unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, inputs.keys().cloned().collect::<Vec<_>>(), "{what}");
        let outputs = signature.call_named(inputs).unwrap_or_else(|error| panic!("{what}: {error}"));
        let expected = arrays(&directory.join(format!("{key}.outputs.npz")));
        assert_eq!(outputs.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{what}");
        for (key, expected) in &expected {
            assert_near(&outputs[key].numpy().unwrap(), expected, &format!("{what}, {key}"));
        }
        count += 1;
    }
    count
}

#[test]
fn signatures_of_tensorflow_compute_the_same() {
    let mut models = 0;
    for entry in std::fs::read_dir(recorded()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if tf::saved_model::contains_saved_model(recorded().join(&name))
            && name.starts_with("v2_") | name.starts_with("keras")
        {
            let model = load(recorded().join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(signatures_of(&name, &model) > 0, "{name}");
            models += 1;
        }
    }
    assert!(models >= 7, "{models}");
}

#[test]
fn models_of_tensorflow_1_have_signatures() -> Result<()> {
    let error = load(recorded().join("v1_ref")).map(drop).unwrap_err();
    assert!(
        error.message().starts_with("Importing a SavedModel with `tf.saved_model.load` requires a `tags=`")
    );
    let model = tf::saved_model::load_with(recorded().join("v1_ref"), |o| o.tags(vec!["serve".to_string()]))?;
    assert!(model.variables().is_empty());
    assert_eq!(signatures_of("v1_ref", &model), 2);
    assert_eq!(signatures_of("v1_resource", &load(recorded().join("v1_resource"))?), 1);
    Ok(())
}

#[test]
fn objects_of_tensorflow_have_their_names() -> Result<()> {
    let model = load(recorded().join("v2_module"))?;
    assert_eq!(model.variable("w")?.shape(), [2, 2].into());
    assert!(!model.variable("calls")?.trainable());
    assert_eq!(model.variable("parts.first.1")?.numpy()?.item::<f32>()?, 2.0);
    assert!(model.functions().contains(&"affine"), "{:?}", model.functions());
    let x = tf::constant([[1.0, 2.0]])?;
    let w = model.variable("w")?;
    let tape = tf::GradientTape::new();
    let y = model.function("affine")?.call(&x)?;
    let loss = tf::reduce_sum(y.get("y")?.tensor()?, ())?;
    let gradient = tape.gradient(&loss, w)?.expect("a gradient");
    assert_eq!(gradient.numpy()?.into_vec::<f32>()?, [1.0, 1.0, 2.0, 2.0]);
    // Calls see what is assigned.
    let before = y.get("y")?.tensor()?.numpy()?.into_vec::<f32>()?;
    model.variable("parts.first.0")?.assign_add(10.0)?;
    let after = model.function("affine")?.call(&x)?.get("y")?.tensor()?.numpy()?.into_vec::<f32>()?;
    assert_eq!(after, before.iter().map(|y| y + 10.0).collect::<Vec<_>>());
    let error = model.function("affine")?.call(1).unwrap_err();
    assert!(error.message().starts_with("Could not find matching concrete function to call"), "{error}");
    assert_eq!(model.function("nothing").unwrap_err().class_name(), "AttributeError");
    assert_eq!(model.signature("nothing").unwrap_err().class_name(), "KeyError");
    Ok(())
}

/// A model with everything that is saved.
pub(crate) struct Model {
    w: Variable,
    layers: Vec<BTreeMap<String, Variable>>,
    affine: tf::Function<'static, Tensor>,
    both: tf::Function<'static, BTreeMap<&'static str, Tensor>>,
    step: tf::Function<'static, Tensor>,
}

impl Trackable for Model {
    fn children<'a>(&'a self, children: &mut Children<'a>) {
        children.add("w", &self.w).add("layers", &self.layers).add("affine", &self.affine);
        children.add("both", &self.both).add("step", &self.step);
    }
}

impl Model {
    pub(crate) fn new() -> Result<Model> {
        let w = Variable::new_with([[1.0, -2.0], [0.5, 4.0]], |o| o.name("w"))?;
        let b = Variable::new_with([0.25, 0.75], |o| o.name("layer/b"))?;
        let count = Variable::new_with(0i64, |o| o.name("count").trainable(false).dtype(tf::int64))?;
        // More elements than become constants of a trace.
        let table = tf::range(0.0, 200.0, 1.0)?;
        let (w1, b1) = (w.clone(), b.clone());
        let x = || TensorSpec::new([None, Some(2)], tf::float32).named("x");
        let affine = move |x: &Tensor| tf::matmul(x, &w1)? + &b1;
        let affine = tf::function_with(affine, |o| o.name("affine").input_signature(vec![x()]));
        let (w2, b2, counted) = (w.clone(), b.clone(), count.clone());
        let both = tf::function_with(
            move |x: &Tensor, scale: &Tensor| {
                let y = (tf::matmul(x, &w2)? + &b2)?;
                let scaled = (&y * scale)?;
                let loops = tf::while_loop(
                    |state: &(Tensor, Tensor)| tf::less(&state.0, 3),
                    |state: &(Tensor, Tensor)| Ok(((&state.0 + 1)?, (&state.1 * 2.0)?)),
                    (tf::constant(0)?, scaled.clone()),
                )?;
                let picked = tf::gather(&table, counted.value()?)?;
                Ok(BTreeMap::from([("y", y), ("scaled", scaled), ("eightfold", loops.1), ("picked", picked)]))
            },
            |o| o.input_signature(vec![x(), TensorSpec::new(Shape::scalar(), tf::float32).named("scale")]),
        );
        let counted = count.clone();
        let step = tf::function(move |by: &Tensor| {
            counted.assign_add(by)?;
            counted.value()
        });
        let layers = vec![BTreeMap::from([("b".to_string(), b), ("count".to_string(), count)])];
        Ok(Model { w, layers, affine, both, step })
    }

    pub(crate) fn save(&self, directory: &Path) -> Result<()> {
        self.step.get_concrete_function(&[TensorSpec::new(Shape::scalar(), tf::int64)])?;
        save(self, directory, &[("serving_default", &self.affine), ("both", &self.both)])
    }
}

fn check(model: &LoadedModel, original: &Model) -> Result<()> {
    let x = tf::constant([[1.0, 2.0], [-3.0, 0.5]])?;
    let expected = original.affine.call(&x)?.numpy()?;
    let found = model.signature("serving_default")?.call_named([("x", &x)])?;
    assert_eq!(found["output_0"].numpy()?, expected);
    assert_eq!(model.function("affine")?.call(&x)?.tensor()?.numpy()?, expected);
    let both = original.both.call((&x, 3.0))?;
    let found = model.signature("both")?.call_named([("x", x.clone()), ("scale", tf::constant(3.0)?)])?;
    assert_eq!(found.len(), both.len());
    for (key, value) in &both {
        assert_eq!(found[*key].numpy()?, value.numpy()?, "{key}");
    }
    let by_position = model.function("both")?.call((&x, 3.0))?;
    assert_eq!(by_position.get("eightfold")?.tensor()?.numpy()?, both["eightfold"].numpy()?);
    Ok(())
}

#[test]
fn what_is_saved_computes_the_same() -> Result<()> {
    let scratch = Scratch::new();
    let original = Model::new()?;
    original.save(&scratch.path("model"))?;
    let model = load(scratch.path("model"))?;
    check(&model, &original)?;
    // State is the loaded model's own.
    assert_eq!(model.function("step")?.call(tf::constant(5i64)?)?.tensor()?.numpy()?.item::<i64>()?, 5);
    assert_eq!(original.layers[0]["count"].numpy()?.item::<i64>()?, 0);
    assert_eq!(model.variable("layers.0.count")?.numpy()?.item::<i64>()?, 5);
    assert_eq!(model.variables().len(), 3);
    assert_eq!(model.trainable_variables().len(), 2);

    // A model that was loaded is saved again, with its state.
    model.variable("layers.0.count")?.assign(0i64)?;
    let both = model.signature("both")?;
    save(&model, scratch.path("again"), &[("serving_default", model.function("affine")?), ("both", both)])?;
    check(&load(scratch.path("again"))?, &original)?;

    // Its variables are a checkpoint's, too.
    let restored = Model::new()?;
    restored.w.assign([[0.0, 0.0], [0.0, 0.0]])?;
    tf::train::Checkpoint::of(&restored).read(scratch.path("model"))?.assert_existing_objects_matched()?;
    assert_eq!(restored.w.numpy()?, original.w.numpy()?);
    Ok(())
}

#[test]
fn sessions_run_what_is_saved() -> Result<()> {
    let scratch = Scratch::new();
    let original = Model::new()?;
    original.w.assign([[2.0, 0.0], [0.0, 2.0]])?;
    original.save(&scratch.path("model"))?;
    let saved = SavedModel::load(scratch.path("model"))?;
    let graph = saved.meta_graph(&["serve"])?;
    assert_eq!(graph.variable_sources()?.len(), 3);
    let bundle = ferroflow_formats::SavedModelBundle::load(scratch.path("model"), &["serve"])?;
    let x = NdArray::from_vec(&[1, 2], vec![1.0f32, 2.0])?;
    let outputs = bundle.signature("serving_default")?.call([("x", x)])?;
    assert_eq!(outputs["output_0"].clone().into_vec::<f32>()?, [2.25, 4.75]);
    Ok(())
}

#[test]
fn the_only_function_is_the_signature() -> Result<()> {
    struct One {
        call: tf::Function<'static, (Tensor, Tensor)>,
    }
    impl Trackable for One {
        fn children<'a>(&'a self, children: &mut Children<'a>) {
            children.add("__call__", &self.call);
        }
    }
    let spec = TensorSpec::new([None], tf::string).named("Words of text");
    let call = tf::function_with(
        |words: &Tensor| Ok((tf::strings::length(words, "BYTE")?, tf::strings::upper(words, "")?)),
        |o| o.input_signature(vec![spec]),
    );
    let scratch = Scratch::new();
    save(&One { call }, scratch.path("one"), &[])?;
    let model = load(scratch.path("one"))?;
    let words = NdArray::vector(vec![TString::from("ab"), TString::from("c")]);
    let outputs = model.signature("serving_default")?.call_named([("Words of text", words)])?;
    assert_eq!(outputs["output_0"].numpy()?.into_vec::<i32>()?, [2, 1]);
    assert_eq!(outputs["output_1"].numpy()?.into_vec::<TString>()?[0], TString::from("AB"));
    Ok(())
}

#[test]
fn what_cannot_be_saved_is_refused() -> Result<()> {
    let scratch = Scratch::new();
    let hidden = Variable::new(1.0)?;
    let captured = hidden.clone();
    let uses = tf::function_with(
        move |x: &Tensor| x * &captured,
        |o| o.input_signature(vec![TensorSpec::new(Shape::scalar(), tf::float32)]),
    );
    let empty: Vec<Variable> = Vec::new();
    let error = save(&empty, scratch.path("m"), &[("f", &uses)]).unwrap_err();
    assert_eq!(error.class_name(), "AssertionError");
    assert!(
        error.message().starts_with("Tried to export a function which references an 'untracked' resource.")
    );
    let untraced = tf::function(|x: &Tensor| tf::identity(x));
    let error = save(&empty, scratch.path("m"), &[("f", &untraced)]).unwrap_err();
    assert!(
        error.message().starts_with("Expected a TensorFlow function for which to generate a signature"),
        "{error}"
    );
    let error = save(&empty, scratch.path("m"), &[("f", &hidden)]).unwrap_err();
    assert_eq!(error.class_name(), "ValueError");
    let nested = tf::function_with(
        |x: &Tensor| Ok(vec![(x.clone(), x.clone())]),
        |o| o.input_signature(vec![TensorSpec::new(Shape::scalar(), tf::float32)]),
    );
    let error = save(&empty, scratch.path("m"), &[("f", &nested)]).unwrap_err();
    assert!(error.message().contains("should have one Tensor output per string key"), "{error}");
    assert!(!scratch.path("m").exists());
    assert_eq!(load(scratch.path("m")).map(drop).unwrap_err().class_name(), "NotFoundError");
    Ok(())
}

/// TensorFlow runs what does not depend on each other in any order.
#[test]
fn effects_keep_their_order_in_files() -> Result<()> {
    let scratch = Scratch::new();
    let model = Model::new()?;
    model.save(&scratch.path("model"))?;
    let name =
        model.step.get_concrete_function(&[TensorSpec::new(Shape::scalar(), tf::int64)])?.name().to_string();
    let saved = SavedModel::load(scratch.path("model"))?;
    let functions = saved.only_meta_graph()?.functions();
    let is_step = |function: &&ferroflow_proto::FunctionDef| {
        function.signature.as_ref().is_some_and(|signature| signature.name == name)
    };
    let step = functions.iter().find(is_step).expect("the function");
    let node = |op: &str| step.node_def.iter().find(|node| node.op == op).expect("a node");
    let change = format!("^{}", node("AssignAddVariableOp").name);
    assert!(node("ReadVariableOp").input.contains(&change), "{:?}", node("ReadVariableOp"));
    assert!(!step.control_ret.is_empty());
    Ok(())
}
