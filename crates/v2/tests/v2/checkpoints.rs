//! Object-based checkpoints: those that TensorFlow wrote, and the same written here.

use crate::optimizers::{cases, check_steps_from, optimizer, variables};
use ferroflow_core::{NdArray, Result, TString};
use ferroflow_formats::CheckpointReader;
use ferroflow_v2 as tf;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use tf::lookup::experimental::{DenseHashTable, MutableHashTable};
use tf::optimizers::{Adam, Optimizer, SGD};
use tf::train::{Checkpoint, CheckpointManager};
use tf::{Children, Trackable, Variable};

pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/checkpoints").join(name)
}

/// A directory for one test, removed at its end.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Scratch {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("ferroflow-v2-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn named(name: &str, value: impl tf::IntoOperand) -> Variable {
    Variable::new_with(value, |o| o.name(name)).unwrap()
}

fn pair() -> Variable {
    named("w", [1.0, 2.0])
}

fn single() -> Variable {
    named("b", 1)
}

/// What `objects-1` holds.
pub(crate) struct Objects {
    w: Variable,
    inner: Variable,
    words: Variable,
    flags: Variable,
}

/// An item of a list that holds different things.
enum Item<'o> {
    Variable(&'o Variable),
    Map(BTreeMap<&'static str, Item<'o>>),
    Pair([&'o Variable; 2]),
}

impl Item<'_> {
    fn it(&self) -> &dyn Trackable {
        match self {
            Item::Variable(variable) => *variable,
            Item::Map(map) => map,
            Item::Pair(pair) => pair,
        }
    }
}

impl Trackable for Item<'_> {
    fn children<'a>(&'a self, children: &mut Children<'a>) {
        self.it().children(children);
    }

    fn as_variable(&self) -> Option<&Variable> {
        self.it().as_variable()
    }

    fn identity(&self) -> tf::Identity {
        self.it().identity()
    }
}

impl Objects {
    pub(crate) fn new() -> Objects {
        Objects {
            w: named("w", [[0.0, 0.0]]),
            inner: named("b", 0),
            words: named("words", ["", "", ""]),
            flags: named("flags", [false, false]),
        }
    }

    pub(crate) fn checkpoint(&self) -> Checkpoint<'_> {
        let map = BTreeMap::from([
            ("inner", Item::Variable(&self.inner)),
            ("other", Item::Pair([&self.words, &self.w])),
        ]);
        Checkpoint::new()
            .track("w", &self.w)
            .track("l", vec![Item::Variable(&self.w), Item::Map(map)])
            .track("d", HashMap::from([("x/y.z", &self.flags)]))
    }
}

#[test]
fn objects_of_tensorflow_are_restored_and_written_alike() -> Result<()> {
    let objects = Objects::new();
    let checkpoint = objects.checkpoint();
    checkpoint.restore(data("objects-1"))?.assert_consumed()?;
    assert_eq!(objects.w.numpy()?.into_vec::<f32>()?, [1.5, -2.0]);
    assert_eq!(objects.inner.numpy()?.item::<i32>()?, 7);
    let words: Vec<TString> = objects.words.numpy()?.into_vec()?;
    assert_eq!(words, ["a", "", "word"].map(TString::from));
    assert_eq!(objects.flags.numpy()?.into_vec::<bool>()?, [true, false]);
    assert_eq!(checkpoint.save_counter()?.numpy()?.item::<i64>()?, 1);

    let scratch = Scratch::new();
    assert_eq!(checkpoint.write(scratch.path("objects-1"))?, scratch.path("objects-1"));
    for part in ["index", "data-00000-of-00001"] {
        let name = format!("objects-1.{part}");
        let (found, expected) = (std::fs::read(scratch.path(&name)), std::fs::read(data(&name)));
        assert!(found.unwrap() == expected.unwrap(), "{name} differs from what TensorFlow wrote");
    }
    Ok(())
}

type Tables = (MutableHashTable, MutableHashTable, DenseHashTable);

fn tables(dtype: tf::DType) -> Result<Tables> {
    Ok((
        MutableHashTable::new(dtype, tf::int64, -1i64)?,
        MutableHashTable::new(tf::int64, tf::float32, [0.0, 0.0])?,
        DenseHashTable::new_with(tf::int64, tf::float32, -1.0, 0i64, -1i64, |o| o.initial_num_buckets(8))?,
    ))
}

fn of_tables((words, rows, dense): &Tables) -> Checkpoint<'_> {
    Checkpoint::new().track("words", words).track("rows", rows).track("dense", dense)
}

#[test]
fn tables_of_tensorflow_are_restored_and_written_alike() -> Result<()> {
    let scratch = Scratch::new();
    let found = tables(tf::string)?;
    let checkpoint = of_tables(&found);
    found.0.insert(["gone"], [9i64])?;
    checkpoint.restore(data("tables-1"))?.assert_consumed()?;
    let (words, rows, dense) = &found;
    let entries = || -> Result<String> {
        let words = words.lookup(["a", "word", "", "gone"])?;
        let (rows, dense) = (rows.lookup([5i64, 6])?, dense.lookup([1i64, 2, 3])?);
        Ok(format!("{words} {rows} {dense}"))
    };
    let expected = "[ 1  2  3 -1] [[ 1.5 -2. ]\n [ 0.   0. ]] [ 1. -1.  3.]";
    assert_eq!(entries()?, expected);

    let path = checkpoint.write(scratch.path("tables-1"))?;
    let (ours, theirs) = (tf::train::load_checkpoint(&path)?, tf::train::load_checkpoint(data("tables-1"))?);
    let names = |path| -> Result<Vec<String>> {
        Ok(tf::train::list_variables(path)?.into_iter().map(|(name, _)| name).collect())
    };
    assert_eq!(names(path.clone())?, names(data("tables-1"))?);
    for key in
        ["_CHECKPOINTABLE_OBJECT_GRAPH", "dense/.ATTRIBUTES/table-keys", "dense/.ATTRIBUTES/table-values"]
    {
        assert_eq!(ours.read(key)?, theirs.read(key)?, "{key}");
    }
    words.insert(["a"], [7i64])?;
    dense.insert([2i64], [2.0])?;
    checkpoint.read(path)?.assert_consumed()?;
    assert_eq!(entries()?, expected);

    let other = Checkpoint::new().track("other", MutableHashTable::new(tf::int64, tf::int64, 0i64)?);
    let error = other.read(data("tables-1"))?.assert_existing_objects_matched().map(drop).unwrap_err();
    assert!(error.message().contains("1 unmatched objects: [<MutableHashTable>]"), "{error}");
    let error = tf::saved_model::save(words, scratch.path("model"), &[]).unwrap_err();
    assert_eq!(error.class_name(), "UnimplementedError");
    Ok(())
}

type Case = (Variable, Variable, Optimizer);

fn all_optimizers() -> Result<BTreeMap<&'static str, Case>> {
    let case = |case| {
        let [first, second] = variables()?;
        Ok((case, (first, second, optimizer(case)?)))
    };
    cases().into_iter().map(case).collect()
}

fn go_on(all: &BTreeMap<&'static str, Case>) -> Result<()> {
    for (case, (first, second, optimizer)) in all {
        check_steps_from(3, case, &[first.clone(), second.clone()], |a, b| {
            optimizer.apply_gradients([(Some(a), first), (Some(b), second)])
        })?;
    }
    Ok(())
}

#[test]
fn training_goes_on_from_a_checkpoint_of_tensorflow() -> Result<()> {
    let all = all_optimizers()?;
    let checkpoint = Checkpoint::new().track("cases", &all);
    let status = checkpoint.read(data("optimizers"))?;
    status.assert_existing_objects_matched()?;
    // What optimizers keep is made at their first steps, and restored then.
    assert!(status.assert_consumed().is_err());
    go_on(&all)?;
    status.assert_consumed()?;

    // The same checkpoint of optimizers that have made their state already.
    let again = all_optimizers()?;
    for (first, second, optimizer) in again.values() {
        optimizer.build(&[first.clone(), second.clone()])?;
    }
    let checkpoint = Checkpoint::new().track("cases", &again);
    checkpoint.read(data("optimizers"))?.assert_consumed()?;
    let scratch = Scratch::new();
    checkpoint.write(scratch.path("optimizers"))?;
    let found = CheckpointReader::open(scratch.path("optimizers"))?;
    let expected = CheckpointReader::open(data("optimizers"))?;
    let names = |reader: &CheckpointReader| -> Vec<String> {
        reader.tensors().map(|(name, dtype, shape)| format!("{name} {} {shape}", dtype.name())).collect()
    };
    assert_eq!(names(&found), names(&expected));
    for (name, _, _) in expected.tensors().filter(|(name, _, _)| name.ends_with("VARIABLE_VALUE")) {
        assert_eq!(found.read(name)?, expected.read(name)?, "{name}");
    }
    go_on(&again)
}

#[test]
fn what_is_added_later_gets_its_value() -> Result<()> {
    let mut checkpoint = Checkpoint::new();
    checkpoint.restore(data("objects-1"))?.expect_partial().assert_existing_objects_matched()?;
    let w = named("w", [[0.0, 0.0]]);
    checkpoint.add("w", w.clone())?;
    assert_eq!(w.numpy()?.into_vec::<f32>()?, [1.5, -2.0]);
    // An unbuilt optimizer keeps the values of the last restoration.
    let (v, optimizer) = (Variable::new([1.0, 1.0])?, Optimizer::new(SGD::default().momentum(0.5), 0.5)?);
    let gradient = || tf::constant([1.0, -1.0]);
    optimizer.apply_gradients([(Some(gradient()?), &v)])?;
    let scratch = Scratch::new();
    let saved = Checkpoint::new().track("v", &v).track("o", &optimizer).save(scratch.path("c"))?;
    optimizer.apply_gradients([(Some(gradient()?), &v)])?;
    let (other, fresh) = (Variable::new([0.0, 0.0])?, Optimizer::new(SGD::default().momentum(0.5), 0.1)?);
    let checkpoint = Checkpoint::new().track("v", &other).track("o", &fresh);
    let status = checkpoint.restore(saved)?;
    fresh.apply_gradients([(Some(gradient()?), &other)])?;
    status.assert_consumed()?;
    assert_eq!(other.numpy()?, v.numpy()?);
    Ok(())
}

#[test]
fn roots_and_structs_have_the_names_of_their_parts() -> Result<()> {
    struct Model {
        w: Variable,
        layers: Vec<(Variable, Variable)>,
    }
    impl Trackable for Model {
        fn children<'a>(&'a self, children: &mut Children<'a>) {
            children.add("w", &self.w).add("layers", &self.layers);
        }
    }
    let shared = Variable::new(2.0)?;
    let model = Model { w: shared.clone(), layers: vec![(shared, Variable::new(3.0)?)] };
    let scratch = Scratch::new();
    let checkpoint = Checkpoint::of(&model).track("step", Variable::new(4)?);
    let path = checkpoint.save(scratch.path("deep/down/c"))?;
    let names: Vec<String> = tf::train::list_variables(&path)?.into_iter().map(|(name, _)| name).collect();
    let value = |name: &str| format!("{name}/.ATTRIBUTES/VARIABLE_VALUE");
    let expected = ["layers/0/1", "save_counter", "step", "w"].map(value);
    assert_eq!(names[1..], expected);
    assert_eq!(tf::train::latest_checkpoint(scratch.path("deep/down"))?, Some(path.clone()));
    assert_eq!(tf::train::load_variable(scratch.path("deep/down"), &value("step"))?.item::<i32>()?, 4);
    model.w.assign(0.0)?;
    checkpoint.restore(&path)?.assert_consumed()?;
    assert_eq!(model.w.numpy()?.item::<f32>()?, 2.0);
    // The same file, for the root alone.
    Checkpoint::of(&model).restore(&path)?.assert_existing_objects_matched()?;
    Ok(())
}

#[test]
fn checkpoints_of_savers_are_matched_by_names() -> Result<()> {
    for file in ["named", "named_v1"] {
        let (w, list) = (pair(), vec![single()]);
        let checkpoint = Checkpoint::new().track("any", &w).track("list", &list);
        checkpoint.restore(data(file))?.assert_consumed()?;
        assert_eq!((w.numpy()?.into_vec::<f32>()?, list[0].numpy()?.item::<i32>()?), (vec![5.0, 6.0], 7));
        checkpoint.read(data(file))?.assert_existing_objects_matched()?;
    }
    Ok(())
}

#[test]
fn managers_go_on_where_tensorflow_ended() -> Result<()> {
    let scratch = Scratch::new();
    for file in std::fs::read_dir(data("managed")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), scratch.path(file.file_name().to_str().unwrap())).unwrap();
    }
    let step = Variable::new(0)?;
    let checkpoint = Checkpoint::new().track("step", &step);
    let mut manager = CheckpointManager::new(&checkpoint, scratch.path(""), 2)?;
    assert_eq!(manager.checkpoints(), [scratch.path("ckpt-2"), scratch.path("ckpt-3")]);
    assert_eq!(manager.restore_or_initialize()?, Some(scratch.path("ckpt-3")));
    assert_eq!(step.numpy()?.item::<i32>()?, 30);
    assert_eq!(manager.save()?, Some(scratch.path("ckpt-4")));
    assert_eq!(manager.checkpoints(), [scratch.path("ckpt-3"), scratch.path("ckpt-4")]);
    assert!(!scratch.path("ckpt-2.index").exists() && scratch.path("ckpt-3.index").exists());
    assert_eq!(manager.save_with(|o| o.checkpoint_number(77))?, Some(scratch.path("ckpt-77")));
    assert_eq!(tf::train::latest_checkpoint(scratch.path(""))?, Some(scratch.path("ckpt-77")));
    // Replacing a checkpoint makes it the newest.
    manager.save_with(|o| o.checkpoint_number(4))?;
    assert_eq!(manager.checkpoints(), [scratch.path("ckpt-77"), scratch.path("ckpt-4")]);
    Ok(())
}

#[test]
fn managers_keep_intervals() -> Result<()> {
    let scratch = Scratch::new();
    let step = Variable::new(0)?;
    let checkpoint = Checkpoint::new().track("step", &step);
    let mut manager = CheckpointManager::new_with(&checkpoint, scratch.path("m"), None, |o| {
        o.checkpoint_interval(3).step_counter(step.clone()).checkpoint_name("model")
    })?;
    let mut saved = Vec::new();
    for _ in 0..8 {
        saved.push(manager.save()?.is_some());
        step.assign_add(1)?;
    }
    assert_eq!(saved, [true, false, false, true, false, false, true, false]);
    assert!(manager.save_with(|o| o.check_interval(false))?.is_some());
    assert!(manager.save_with(|o| o.check_interval(false))?.is_none());
    assert_eq!(manager.latest_checkpoint(), Some(scratch.path("m/model-4").as_path()));
    assert_eq!(manager.checkpoints().len(), 4);

    // A checkpoint that would be removed stays where the last one that did is long ago.
    let state = |hours: f64| -> Result<usize> {
        let scratch = Scratch::new();
        let mut manager = CheckpointManager::new_with(&checkpoint, scratch.path(""), 1, |o| {
            o.keep_checkpoint_every_n_hours(hours)
        })?;
        for _ in 0..3 {
            manager.save()?;
        }
        assert_eq!(manager.checkpoints().len(), 1);
        let files = std::fs::read_dir(scratch.path("")).unwrap();
        Ok(files
            .filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().ends_with("index"))
            .count())
    };
    assert_eq!((state(1.0)?, state(1e-9)?), (1, 3));

    let called = std::cell::Cell::new(0);
    let empty = scratch.path("empty");
    let mut fresh = CheckpointManager::new(&checkpoint, &empty, None)?.init_fn(|| {
        called.set(called.get() + 1);
        Ok(())
    });
    assert_eq!((fresh.restore_or_initialize()?, called.get()), (None, 1));
    Ok(())
}

/// What is refused here, by the recorded cases.
fn refused(case: &str, scratch: &Scratch) -> Result<()> {
    let (w, b) = (pair(), single());
    let both = || Checkpoint::new().track("w", &w).track("b", &b);
    let saved = both().save(scratch.path("ck"))?;
    let just_w = || Checkpoint::new().track("w", &w);
    let written = just_w().write(scratch.path("wr"))?;
    match case {
        "missing" => just_w().restore("nowhere/model").map(drop),
        "missing read" => just_w().read("nowhere/model").map(drop),
        "nothing consumed" => just_w().restore_none()?.assert_consumed().map(drop),
        "nothing matched" => just_w().restore_none()?.assert_existing_objects_matched().map(drop),
        "nothing run" => just_w().restore_none()?.run_restore_ops(),
        "partial" => just_w().restore(saved)?.assert_consumed().map(drop),
        "extra" => just_w().track("q", named("q", 3.0)).restore(saved)?.assert_consumed().map(drop),
        "unused attribute" => {
            let empty = Checkpoint::new();
            let checkpoint = Checkpoint::new().track("w", &empty).track("b", &b);
            checkpoint.restore(saved)?.assert_consumed().map(drop)
        }
        "shape" => {
            Checkpoint::new().track("w", named("w", [1.0, 2.0, 3.0])).track("b", &b).restore(saved).map(drop)
        }
        "dtype" => Checkpoint::new().track("w", named("w", [1, 2])).track("b", &b).restore(saved).map(drop),
        "no counter" => just_w().restore(written)?.assert_consumed().map(drop),
        "counter" => both().read(saved)?.assert_consumed().map(drop),
        "trivial" => Checkpoint::new()
            .track("q", named("q", [1.0, 2.0]))
            .read(written)?
            .assert_nontrivial_match()
            .map(drop),
        "twice" => {
            Checkpoint::of(just_w()).track("w", Variable::new(2.0)?).write(scratch.path("x")).map(drop)
        }
        "named extra" => {
            just_w().track("q", named("q", 1.0)).restore(data("named"))?.assert_consumed().map(drop)
        }
        "named shape" => {
            Checkpoint::new().track("w", named("w", [1.0, 2.0, 3.0])).restore(data("named")).map(drop)
        }
        "keep none" => CheckpointManager::new(&both(), scratch.path(""), 0).map(drop),
        "no step counter" => {
            CheckpointManager::new_with(&both(), scratch.path(""), 2, |o| o.checkpoint_interval(3)).map(drop)
        }
        "in a function" => {
            let path = scratch.path("fn");
            let traced = tf::function(move || {
                Checkpoint::new().save(&path)?;
                tf::constant(0)
            });
            traced.call(()).map(drop)
        }
        "table's dtype" => {
            Checkpoint::new().track("words", tables(tf::int64)?.0).restore(data("tables-1")).map(drop)
        }
        "table's shape" => {
            let rows = MutableHashTable::new(tf::int64, tf::float32, [0.0])?;
            Checkpoint::new().track("rows", rows).restore(data("tables-1")).map(drop)
        }
        "load nothing" => tf::train::load_checkpoint("nowhere").map(drop),
        "load variable" => tf::train::load_variable(saved, "nope").map(drop),
        other => panic!("{other} is recorded, and tried nowhere"),
    }
}

#[test]
fn errors_are_those_of_tensorflow() {
    let scratch = Scratch::new();
    for line in std::fs::read_to_string(data("errors.txt")).unwrap().lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let error = refused(fields[0], &scratch).expect_err(fields[0]);
        let message = fields[2].replace("\\n", "\n");
        assert_eq!((error.class_name(), error.message()), (fields[1], message.as_str()), "{}", fields[0]);
    }
}

#[test]
fn values_that_do_not_fit_change_nothing() -> Result<()> {
    let scratch = Scratch::new();
    let path = Checkpoint::new()
        .track("a", pair())
        .track("b", single())
        .track("c", pair())
        .save(scratch.path("c"))?;
    let (a, b, c) = (named("a", [0.0, 0.0]), named("b", 0.0), named("c", [0.0]));
    let checkpoint = Checkpoint::new().track("a", &a).track("b", &b).track("c", &c);
    let error = checkpoint.restore(&path).map(drop).unwrap_err();
    let lines: Vec<&str> = error.message().lines().collect();
    assert_eq!(lines.len(), 2, "{error}");
    assert!(lines[0].contains("expected dtype float does not equal original dtype int32"), "{error}");
    assert!(lines[1].contains("shape (1,) and name c:0"), "{error}");
    assert_eq!(a.numpy()?.into_vec::<f32>()?, [0.0, 0.0]);

    // A damaged index is refused before anything is looked at.
    let index = scratch.path("c-1.index");
    let mut bytes = std::fs::read(&index).unwrap();
    bytes[10] ^= 1;
    std::fs::write(&index, bytes).unwrap();
    assert!(checkpoint.restore(&path).is_err());
    Ok(())
}

#[test]
fn adam_goes_on_as_if_it_had_not_stopped() -> Result<()> {
    let scratch = Scratch::new();
    let train = |w: &Variable, optimizer: &Optimizer| -> Result<NdArray> {
        for _ in 0..3 {
            let tape = tf::GradientTape::new();
            let loss = (w * w)?;
            optimizer.apply_gradients([(tape.gradient(&loss, w)?, w)])?;
        }
        w.numpy()
    };
    let (w, optimizer) = (Variable::new([3.0, -4.0])?, Optimizer::new(Adam::default(), 0.1)?);
    train(&w, &optimizer)?;
    let path = Checkpoint::new().track("w", &w).track("o", &optimizer).save(scratch.path("adam"))?;
    let expected = train(&w, &optimizer)?;
    let (v, fresh) = (Variable::new([0.0, 0.0])?, Optimizer::new(Adam::default(), 0.5)?);
    Checkpoint::new().track("w", &v).track("o", &fresh).restore(path)?;
    assert_eq!(train(&v, &fresh)?, expected);
    Ok(())
}

/// What the child process is to write into.
const DIRECTORY: &str = "FERROFLOW_V2_CRASH_DIRECTORY";

/// What runs in the child; by itself it does nothing.
#[test]
fn child() -> Result<()> {
    let Ok(directory) = std::env::var(DIRECTORY) else { return Ok(()) };
    let (number, table) = (Variable::new(0)?, Variable::new(vec![0.0; 20_000])?);
    let checkpoint = Checkpoint::new().track("number", &number).track("table", &table);
    let mut manager = CheckpointManager::new(&checkpoint, directory, 2)?;
    manager.restore_or_initialize()?;
    loop {
        number.assign_add(1)?;
        table.assign_add(tf::ones_like(&table)?)?;
        manager.save()?;
    }
}

#[test]
fn a_killed_process_leaves_its_checkpoints_whole() -> Result<()> {
    let scratch = Scratch::new();
    let (mut saved, mut last) = (0, 0);
    for round in 0..12 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["checkpoints::child", "--exact"])
            .env(DIRECTORY, scratch.path(""))
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(150 + 37 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let Some(latest) = tf::train::latest_checkpoint(scratch.path(""))? else { continue };
        let (number, table) = (Variable::new(0)?, Variable::new(vec![0.0; 20_000])?);
        let checkpoint = Checkpoint::new().track("number", &number).track("table", &table);
        checkpoint.restore(latest)?.assert_consumed()?;
        let number = number.numpy()?.item::<i32>()?;
        assert!(number >= last, "{number} after {last}");
        let table = table.numpy()?;
        assert!(table.as_slice::<f32>()?.iter().all(|value| *value == number as f32));
        (saved, last) = (saved + 1, number);
    }
    assert!(saved > 0);
    Ok(())
}
