//! Programs with savers, meta graphs, summaries and queues of input.

use crate::Program;
use crate::record::{Run, Scratch};
use ferroflow_compat_v1 as tf;
use ferroflow_core::Result;
use ferroflow_graph::CollectionItem;

pub(crate) const PROGRAMS: &[(&str, Program)] = &[
    ("supervised", supervised),
    ("string_producer", string_producer),
    ("batches", batches),
    ("shuffled_batches", shuffled_batches),
    ("summaries", summaries),
    ("saver", saver),
    ("saver_in_shards", saver_in_shards),
    ("saver_of_other_names_and_shapes", saver_of_other_names_and_shapes),
    ("imported_meta_graph", imported_meta_graph),
];

fn variables() -> Result<[tf::Variable; 3]> {
    let v = tf::Variable::new_with([1.0, 2.0], |o| o.name("v"))?;
    let w = tf::Variable::new_with([3.0], |o| o.name("w").use_resource(true))?;
    let x = tf::device("/cpu:0", || tf::Variable::new_with(4, |o| o.name("x")))?;
    Ok([v, w, x])
}

/// Saves the variables, changes two of them, and restores them.
fn save_and_restore(
    run: &mut Run,
    keeper: &tf::train::Saver,
    all: &[tf::Variable; 3],
    step: Option<i64>,
) -> Result<()> {
    let [v, w, x] = all;
    let scratch = Scratch::new();
    run.run(tf::global_variables_initializer()?)?;
    let path = keeper.save_with(run.session()?, scratch.0.join("m"), |o| o.global_step(step))?;
    run.run((&tf::assign(v, [0.0, 0.0])?, &tf::assign(w, [0.0])?))?;
    keeper.restore(run.session()?, path.expect("a checkpoint"))?;
    run.run((v, w, x))
}

fn saver(run: &mut Run) -> Result<()> {
    let all = variables()?;
    let keeper = tf::train::Saver::new()?;
    save_and_restore(run, &keeper, &all, Some(3))
}

fn saver_in_shards(run: &mut Run) -> Result<()> {
    let all = variables()?;
    let keeper = tf::train::Saver::new_with(|o| o.sharded(true).max_to_keep(2u32))?;
    save_and_restore(run, &keeper, &all, None)
}

fn saver_of_other_names_and_shapes(run: &mut Run) -> Result<()> {
    let all = variables()?;
    let [v, w, x] = &all;
    let keeper = tf::train::Saver::new_with(|o| {
        o.var_list([("b", v), ("a", w)]).reshape(true).name("mine").filename("f")
    })?;
    tf::train::Saver::new_with(|o| o.var_list([x, v]))?;
    save_and_restore(run, &keeper, &all, None)
}

fn imported_meta_graph(run: &mut Run) -> Result<()> {
    let scratch = Scratch::new();
    let (meta_graph, path) = tf::Graph::new().as_default_scope(|| {
        let [v, _, _] = variables()?;
        let y = tf::with_name("y", || tf::multiply(&v, 2.0))?;
        tf::add_to_collection("outputs", CollectionItem::Tensor(y))?;
        let keeper = tf::train::Saver::new()?;
        let meta_graph = keeper.export_meta_graph(|o| o)?;
        let sess = tf::Session::new()?;
        sess.run(tf::global_variables_initializer()?)?;
        Ok::<_, tf::Error>((meta_graph, keeper.save(&sess, scratch.0.join("m"))?.expect("a checkpoint")))
    })?;
    tf::with_name("before", || tf::constant(1))?;
    let (keeper, _) =
        tf::train::import_meta_graph_with(&meta_graph, |o| o.import_scope("m").clear_devices(true))?;
    run.run(tf::global_variables_initializer()?)?;
    keeper.expect("a saver").restore(run.session()?, path)?;
    let Some(CollectionItem::Tensor(y)) = tf::get_collection("outputs").pop() else { panic!("an output") };
    run.run((&y, &tf::trainable_variables()[0]))
}

fn summaries(run: &mut Run) -> Result<()> {
    let x = tf::with_name("x", || tf::placeholder(tf::float32, [3]))?;
    tf::name_scope("scope", || {
        tf::summary::scalar("a loss", tf::constant(0.5)?)?;
        tf::summary::histogram_with("weights", &x, |o| o.family("layer"))
    })?;
    tf::summary::scalar_with("other", 2.0, |o| o.collections(vec!["mine".to_string()]))?;
    let pixels = tf::zeros([1, 2, 2, 1], tf::float32)?;
    tf::summary::image_with("pixels", pixels, |o| o.max_outputs(1).collections(Vec::new()))?;
    tf::summary::text("words", tf::constant(["a", "b"])?)?;
    let everything = tf::summary::merge_all("summaries")?.expect("summaries");
    let Some(CollectionItem::Tensor(mine)) = tf::get_collection("mine").pop() else { panic!("a summary") };
    let named = tf::with_name("named", || tf::summary::merge(&[mine]))?;
    run.feed((&everything, &named), tf::feeds![&x => [1.0, 2.0, 4.0]])
}

fn supervised(_run: &mut Run) -> Result<()> {
    let step = tf::train::create_global_step()?;
    let v = tf::get_variable_with("v", |o| o.initializer(tf::Initializer::value(2.0).expect("a value")))?;
    let local = vec![tf::GraphKeys::LOCAL_VARIABLES.to_string()];
    tf::Variable::new_with(1, |o| o.name("local").trainable(false).collections(local))?;
    tf::summary::scalar("doubled", (&v * 2.0)?)?;
    tf::assign_add(&step, 1)?;
    tf::train::Supervisor::new().map(drop)
}

/// Runs what is fetched while the queues of the graph are filled.
fn filled(run: &mut Run, fetches: &[tf::Tensor], times: usize) -> Result<()> {
    run.run((tf::global_variables_initializer()?, tf::local_variables_initializer()?))?;
    let coord = tf::train::Coordinator::new();
    tf::train::start_queue_runners(run.session()?, Some(&coord))?;
    for _ in 0..times {
        run.run(fetches.to_vec())?;
    }
    coord.request_stop(None);
    coord.join()
}

fn string_producer(run: &mut Run) -> Result<()> {
    let queue = tf::train::string_input_producer(["a", "b", "c"], |o| o.num_epochs(2).shuffle(false))?;
    filled(run, &queue.dequeue()?, 6)
}

fn batches(run: &mut Run) -> Result<()> {
    let queue =
        tf::train::range_input_producer(5, |o| o.num_epochs(1).shuffle(false).capacity(8).name("numbers"))?;
    let number = queue.dequeue()?.remove(0);
    let squares = tf::square(&number)?;
    let several = tf::train::batch(&[number, squares], 2, |o| o.capacity(16).name("pairs"))?;
    filled(run, &several, 2)
}

fn shuffled_batches(run: &mut Run) -> Result<()> {
    let rows = tf::constant([[1.0, 2.0], [3.0, 4.0]])?;
    let several = tf::train::shuffle_batch(&[rows], 3, 20, 4, |o| {
        o.enqueue_many(true).seed(5).allow_smaller_final_batch(true)
    })?;
    let columns = several[0].shape().dims().and_then(|dims| dims[1]).expect("a size");
    run.run(tf::constant(columns as i32)?)
}
