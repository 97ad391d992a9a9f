//! Writes checkpoints, SavedModels and event files for TensorFlow to load, and reads those that TensorFlow wrote:
//! `tools/check_v2_files.py` runs it.
#![allow(clippy::print_stdout, reason = "it reports to the script that runs it")]

use ferroflow_core::{NdArray, npz};
use ferroflow_v2 as tf;
use std::collections::BTreeMap;
use std::path::Path;
use tf::data::Dataset;
use tf::lookup::experimental::{DenseHashTable, MutableHashTable};
use tf::optimizers::{Adam, Optimizer, RMSprop, SGD};
use tf::train::{Checkpoint, CheckpointManager};
use tf::{Children, Shape, Tensor, TensorSpec, Trackable, Variable};

/// A model of two layers.
struct Mlp {
    layers: Vec<Dense>,
    calls: Variable,
    serve: tf::Function<'static, Tensor>,
    describe: tf::Function<'static, BTreeMap<&'static str, Tensor>>,
    train: tf::Function<'static, Tensor>,
}

struct Dense {
    kernel: Variable,
    bias: Variable,
}

impl Trackable for Dense {
    fn children<'a>(&'a self, children: &mut Children<'a>) {
        children.add("kernel", &self.kernel).add("bias", &self.bias);
    }
}

impl Trackable for Mlp {
    fn children<'a>(&'a self, children: &mut Children<'a>) {
        children.add("layers", &self.layers).add("calls", &self.calls).add("__call__", &self.serve);
        children.add("describe", &self.describe).add("train", &self.train);
    }
}

fn ramp(dims: [usize; 2]) -> tf::Result<NdArray> {
    let count = dims[0] * dims[1];
    NdArray::from_vec(&dims, (0..count).map(|at| (at as f32 * 0.7).sin()).collect())
}

impl Mlp {
    fn new() -> tf::Result<Mlp> {
        let dense = |name: &str, dims: [usize; 2]| -> tf::Result<Dense> {
            let kernel = Variable::new_with(ramp(dims)?, |o| o.name(format!("{name}/kernel")))?;
            let bias = Variable::new_with(NdArray::vector(vec![0.1f32; dims[1]]), |o| {
                o.name(format!("{name}/bias"))
            })?;
            Ok(Dense { kernel, bias })
        };
        let layers = vec![dense("first", [3, 8])?, dense("second", [8, 2])?];
        let calls = Variable::new_with(0i64, |o| o.name("calls").dtype(tf::int64).trainable(false))?;
        let parts: Vec<(Variable, Variable)> =
            layers.iter().map(|layer| (layer.kernel.clone(), layer.bias.clone())).collect();
        let forward = move |x: &Tensor| -> tf::Result<Tensor> {
            let mut y = x.clone();
            for (at, (kernel, bias)) in parts.iter().enumerate() {
                y = (tf::matmul(&y, kernel)? + bias)?;
                y = if at == 0 { tf::nn::relu(y)? } else { tf::nn::softmax(y)? };
            }
            Ok(y)
        };
        let x = || TensorSpec::new([None, Some(3)], tf::float32).named("x");
        let shared = std::sync::Arc::new(forward);
        let (one, two, three) = (shared.clone(), shared.clone(), shared);
        let serve =
            tf::function_with(move |x: &Tensor| one(x), |o| o.name("serve").input_signature(vec![x()]));
        let (count, offsets) = (calls.clone(), tf::range(0.0, 300.0, 1.0)?);
        let describe = tf::function_with(
            move |x: &Tensor, threshold: &Tensor| {
                count.assign_add(1i64)?;
                let scores = two(x)?;
                let picked = tf::gather(&offsets, tf::argmax(&scores, 1)?)?;
                let above = tf::cond(
                    tf::reduce_any(tf::greater(&scores, threshold)?, ())?,
                    || tf::reduce_sum(&scores, ()),
                    || tf::constant(-1.0),
                )?;
                let looped = tf::while_loop(
                    |state: &(Tensor, Tensor)| tf::less(&state.0, 4),
                    |state: &(Tensor, Tensor)| Ok(((&state.0 + 1)?, (&state.1 * 2.0)?)),
                    (tf::constant(0)?, scores.clone()),
                )?;
                Ok(BTreeMap::from([
                    ("scores", scores),
                    ("picked", picked),
                    ("above", above),
                    ("looped", looped.1),
                    ("calls", count.value()?),
                ]))
            },
            |o| {
                o.input_signature(vec![x(), TensorSpec::new(Shape::scalar(), tf::float32).named("threshold")])
            },
        );
        let variables: Vec<Variable> =
            layers.iter().flat_map(|layer| [layer.kernel.clone(), layer.bias.clone()]).collect();
        let train = tf::function_with(
            move |x: &Tensor, labels: &Tensor| {
                let tape = tf::GradientTape::new();
                let scores = three(x)?;
                let loss = tf::reduce_mean(tf::square((&scores - labels)?)?, ())?;
                for (gradient, variable) in tape.gradient(&loss, &variables)?.into_iter().zip(&variables) {
                    if let Some(gradient) = gradient {
                        variable.assign_sub((gradient * 0.5)?)?;
                    }
                }
                Ok(loss)
            },
            |o| o.input_signature(vec![x(), TensorSpec::new([None, Some(2)], tf::float32).named("labels")]),
        );
        Ok(Mlp { layers, calls, serve, describe, train })
    }
}

/// A model of layers with a mask, moving averages and random numbers, after two epochs.
fn keras_model() -> tf::Result<tf::Sequential> {
    use tf::layers::{BatchNormalization, Dense, Dropout, Input, LSTM, Masking};
    tf::utils::set_random_seed(7);
    let mut model = tf::sequential![
        Input::new_with([3, 2], |o| o.name("steps".to_string())),
        Masking::new(),
        LSTM::new(4),
        BatchNormalization::new(),
        Dropout::new(0.3),
        Dense::new_with(2, |o| o.activation("softmax")),
    ]?;
    model.compile("adam", "categorical_crossentropy", |o| o)?;
    let x = tf::reshape(tf::range(0.0, 24.0, 1.0)?, [4, 3, 2])?;
    let y = tf::constant([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])?;
    let batches = tf::data::Dataset::from_tensor_slices((x, y))?.batch(2)?;
    model.fit_dataset(&batches, |o| o.epochs(2).verbose(0))?;
    Ok(model)
}

/// Variables with optimizers that have made two steps.
fn trained() -> tf::Result<BTreeMap<&'static str, (Variable, Optimizer)>> {
    let mut cases = BTreeMap::from([
        ("adam", (Variable::new([1.0, -2.0, 0.5])?, Optimizer::new(Adam::default().amsgrad(true), 0.1)?)),
        (
            "rmsprop",
            (Variable::new([1.0, -2.0, 0.5])?, Optimizer::new(RMSprop::default().momentum(0.9), 0.1)?),
        ),
        ("sgd", (Variable::new([1.0, -2.0, 0.5])?, Optimizer::new(SGD::default().momentum(0.9), 0.1)?)),
    ]);
    for (variable, optimizer) in cases.values_mut() {
        for _ in 0..2 {
            step(variable, optimizer)?;
        }
    }
    Ok(cases)
}

fn step(variable: &Variable, optimizer: &Optimizer) -> tf::Result<()> {
    optimizer.apply_gradients([(Some(tf::constant([0.5, -1.0, 2.0])?), variable)])
}

/// Datasets that are saved, in one part and in several, and one that is cached.
fn write_datasets(out: &Path) -> tf::Result<()> {
    let pairs = Dataset::range(5)?.map(|x| {
        let row = tf::fill(tf::reshape(&x, [1])?, 7i64)?;
        Ok((x.clone(), (row, tf::as_string(x)?)))
    })?;
    pairs.save(out.join("saved"))?;
    pairs.save_with(out.join("saved.gz"), |o| o.compression("GZIP"))?;
    Dataset::range(9)?.save_shards(out.join("shards"), |x| tf::math::floormod(x, 3i64), |o| o)?;
    let texts = Dataset::range(12)?.map(|x| Ok((x.clone(), tf::as_string(x)?)))?;
    let cached = texts.cache_with(out.join("cache").to_string_lossy())?;
    cached.iter()?.try_for_each(|element| element.map(drop))
}

/// Tables whose entries checkpoints hold.
fn tables() -> tf::Result<(MutableHashTable, DenseHashTable)> {
    let counts = MutableHashTable::new(tf::string, tf::int64, -1i64)?;
    Ok((counts, DenseHashTable::new(tf::int64, tf::float32, [-1.0], 0i64, -1i64)?))
}

fn write(out: &Path) -> tf::Result<()> {
    write_datasets(out)?;
    let mlp = Mlp::new()?;
    let x = tf::constant([[1.0, 2.0, 3.0], [-1.0, 0.5, 0.0]])?;
    let mut expected: Vec<(String, NdArray)> = vec![("x".to_string(), x.numpy()?)];
    expected.push(("serve".to_string(), mlp.serve.call(&x)?.numpy()?));
    tf::saved_model::save(
        &mlp,
        out.join("model"),
        &[("serving_default", &mlp.serve), ("describe", &mlp.describe)],
    )?;
    for (key, value) in mlp.describe.call((&x, 0.75))? {
        expected.push((format!("describe/{key}"), value.numpy()?));
    }
    let labels = tf::constant([[1.0, 0.0], [0.0, 1.0]])?;
    for at in 0..3 {
        expected.push((format!("loss/{at}"), mlp.train.call((&x, &labels))?.numpy()?));
    }

    let keras = keras_model()?;
    keras.export(out.join("exported"))?;
    tf::saved_model::save(&keras, out.join("keras"), &[])?;
    let steps = tf::constant([[[1.0, 2.0], [0.0, 0.0], [-1.0, 0.5]]])?;
    expected.push(("steps".to_string(), steps.numpy()?));
    expected.push(("keras".to_string(), keras.predict(&steps, |o| o.verbose(0))?));

    let cases = trained()?;
    let words = Variable::new_with(["a", "", "word"], |o| o.name("words"))?;
    let (counts, dense) = tables()?;
    counts.insert(["a", ""], [1i64, 2])?;
    dense.insert([1i64, 2, 3], [[1.0], [2.0], [3.0]])?;
    dense.erase([2i64])?;
    let checkpoint = Checkpoint::new()
        .track("cases", &cases)
        .track("model", &mlp.layers)
        .track("tables", (counts.clone(), dense.clone()))
        .track("nested", BTreeMap::from([("x/y.z", vec![words.clone()])]));
    let mut manager = CheckpointManager::new(&checkpoint, out.join("checkpoints"), 2)?;
    for _ in 0..3 {
        manager.save()?;
    }
    for (name, (variable, optimizer)) in &cases {
        expected.push((format!("{name}/before"), variable.numpy()?));
        step(variable, optimizer)?;
        expected.push((format!("{name}/after"), variable.numpy()?));
    }

    let writer = tf::summary::create_file_writer(out.join("logs"))?;
    {
        let _default = writer.as_default(None)?;
        for at in 0..3 {
            tf::summary::scalar("loss", 1.0 / f64::from(at + 1), i64::from(at))?;
        }
        tf::summary::histogram("kernel", &mlp.layers[0].kernel, 2)?;
        tf::summary::image(
            "picture",
            NdArray::from_vec(&[1, 2, 2, 3], (0..12u8).map(|at| at * 20).collect())?,
            2,
        )?;
        tf::summary::text("notes", "*three* steps", 2)?;
        tf::summary::audio("tone", tf::zeros([1, 100, 1], tf::float32)?, 8000, 2)?;
        let x = TensorSpec::new([Some(2), Some(3)], tf::float32);
        tf::summary::graph(&mlp.serve.get_concrete_function(&[x])?.graph()?)?;
    }
    writer.close()?;
    npz::write(out.join("expected.npz"), expected.iter().map(|(name, value)| (name.as_str(), value)))
}

fn near(what: &str, found: &NdArray, expected: &NdArray) -> tf::Result<()> {
    assert_eq!(found.shape(), expected.shape(), "{what}");
    let numbers = |array: &NdArray| array.cast(tf::float64)?.into_vec::<f64>();
    for (found, expected) in numbers(found)?.into_iter().zip(numbers(expected)?) {
        assert!(
            (found - expected).abs() <= 1e-5 * expected.abs().max(1.0),
            "{what}: {found} is not {expected}"
        );
    }
    Ok(())
}

/// Reads what the script has written with TensorFlow.
fn read(directory: &Path) -> tf::Result<()> {
    let mut checks = 0;
    let expected: BTreeMap<String, NdArray> =
        npz::read(directory.join("expected.npz"))?.into_iter().collect();
    for name in ["module", "keras", "sequential"] {
        let model = tf::saved_model::load(directory.join(name))?;
        let inputs = expected.iter().filter_map(|(key, value)| {
            Some((key.strip_prefix(&format!("{name}/in/"))?.to_string(), value.clone()))
        });
        let outputs = model.signature("serving_default")?.call_named(inputs)?;
        for (key, value) in &outputs {
            near(&format!("{name}, {key}"), &value.numpy()?, &expected[&format!("{name}/out/{key}")])?;
            checks += 1;
        }
    }
    let module = tf::saved_model::load(directory.join("module"))?;
    let x = tf::constant(expected["module/in/x"].clone())?;
    let first = module.function("step")?.call(&x)?.tensor()?.numpy()?;
    let second = module.function("step")?.call(&x)?.tensor()?.numpy()?;
    near("the first step", &first, &expected["module/step/0"])?;
    near("the second step", &second, &expected["module/step/1"])?;
    let again = Checkpoint::new().track("module", &module);
    again.write(directory.join("again"))?;
    let cases = [
        ("adam", Optimizer::new(Adam::default(), 0.5)?),
        ("sgd", Optimizer::new(SGD::default().momentum(0.5), 0.1)?),
    ];
    let variables = [Variable::new([0.0, 0.0, 0.0])?, Variable::new([0.0, 0.0, 0.0])?];
    let mut checkpoint = Checkpoint::new();
    for ((name, optimizer), variable) in cases.iter().zip(&variables) {
        checkpoint = checkpoint.track(*name, optimizer).track(format!("{name}_w"), variable);
    }
    let tables = tables()?;
    checkpoint = checkpoint.track("counts", tables.0.clone()).track("dense", tables.1.clone());
    let latest = tf::train::latest_checkpoint(directory.join("checkpoints"))?.expect("a checkpoint");
    let status = checkpoint.restore(latest)?;
    for ((name, optimizer), variable) in cases.iter().zip(&variables) {
        near(name, &variable.numpy()?, &expected[&format!("{name}/before")])?;
        step(variable, optimizer)?;
        near(name, &variable.numpy()?, &expected[&format!("{name}/after")])?;
        checks += 2;
    }
    status.assert_consumed()?;
    assert_eq!(tables.0.lookup(["a", "word", "b"])?.to_string(), "[ 7  8 -1]");
    assert_eq!(tables.1.lookup([4i64, 5])?.to_string(), "[[ 4.]\n [-1.]]");
    checks += 2;
    println!("{} values of TensorFlow's files are as expected", checks + 2);
    Ok(())
}

fn main() -> tf::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write", directory] => write(Path::new(directory)),
        ["read", directory] => read(Path::new(directory)),
        _ => Err(tf::Error::invalid_argument("write DIRECTORY or read DIRECTORY")),
    }
}
