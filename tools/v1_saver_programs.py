"""Programs with savers and meta graphs; `record_v1_graphs.py` runs them."""

import os
import tempfile

import tensorflow as tf

tf1 = tf.compat.v1


def variables():
    v = tf1.Variable([1.0, 2.0], name="v")
    w = tf1.Variable([3.0], name="w", use_resource=True)
    with tf1.device("/cpu:0"):
        x = tf1.Variable(4, name="x")
    return v, w, x


def scratch(name):
    return os.path.join(tempfile.mkdtemp(), name)


def saver(run):
    v, w, x = variables()
    keeper = tf1.train.Saver()
    run(tf1.global_variables_initializer())
    path = keeper.save(run.session, scratch("m"), global_step=3)
    run(tf1.assign(v, [0.0, 0.0]), tf1.assign(w, [0.0]))
    keeper.restore(run.session, path)
    run(v, w, x)


def saver_in_shards(run):
    v, w, x = variables()
    keeper = tf1.train.Saver(sharded=True, max_to_keep=2)
    run(tf1.global_variables_initializer())
    path = keeper.save(run.session, scratch("m"))
    run(tf1.assign(v, [0.0, 0.0]), tf1.assign(w, [0.0]))
    keeper.restore(run.session, path)
    run(v, w, x)


def saver_of_other_names_and_shapes(run):
    v, w, x = variables()
    keeper = tf1.train.Saver({"b": v, "a": w}, reshape=True, name="mine", filename="f")
    tf1.train.Saver([x, v])
    run(tf1.global_variables_initializer())
    path = keeper.save(run.session, scratch("m"))
    run(tf1.assign(v, [0.0, 0.0]), tf1.assign(w, [0.0]))
    keeper.restore(run.session, path)
    run(v, w, x)


def imported_meta_graph(run):
    with tf1.Graph().as_default():
        v, w, x = variables()
        y = tf1.multiply(v, 2.0, name="y")
        tf1.add_to_collection("outputs", y)
        keeper = tf1.train.Saver()
        meta_graph = keeper.export_meta_graph()
        with tf1.Session() as sess:
            sess.run(tf1.global_variables_initializer())
            path = keeper.save(sess, scratch("m"))
    tf1.constant(1, name="before")
    keeper = tf1.train.import_meta_graph(meta_graph, import_scope="m", clear_devices=True)
    run(tf1.global_variables_initializer())
    keeper.restore(run.session, path)
    run(tf1.get_collection("outputs"), tf1.trainable_variables()[0])


def summaries(run):
    x = tf1.placeholder(tf.float32, [3], name="x")
    with tf1.name_scope("scope"):
        tf1.summary.scalar("a loss", tf.constant(0.5))
        tf1.summary.histogram("weights", x, family="layer")
    tf1.summary.scalar("other", 2.0, collections=["mine"])
    tf1.summary.image("pixels", tf1.zeros([1, 2, 2, 1]), max_outputs=1, collections=[])
    tf1.summary.text("words", tf1.constant(["a", "b"]))
    everything = tf1.summary.merge_all()
    named = tf1.summary.merge([tf1.get_collection("mine")[0]], name="named")
    run(everything, named, feeds={x: [1.0, 2.0, 4.0]})


def supervised(run):
    step = tf1.train.create_global_step()
    v = tf1.get_variable("v", initializer=2.0)
    tf1.Variable(1, name="local", trainable=False, collections=["local_variables"])
    tf1.summary.scalar("doubled", v * 2.0)
    tf1.assign_add(step, 1)
    tf1.train.Supervisor()


def filled(run, *fetches, times):
    """Runs what is fetched while the queues of the graph are filled."""
    run(tf1.global_variables_initializer(), tf1.local_variables_initializer())
    coord = tf1.train.Coordinator()
    threads = tf1.train.start_queue_runners(run.session, coord)
    for _ in range(times):
        run(*fetches)
    coord.request_stop()
    coord.join(threads)


def string_producer(run):
    queue = tf1.train.string_input_producer(["a", "b", "c"], num_epochs=2, shuffle=False)
    filled(run, queue.dequeue(), times=6)


def batches(run):
    queue = tf1.train.range_input_producer(5, num_epochs=1, shuffle=False, capacity=8, name="numbers")
    number = queue.dequeue()
    several = tf1.train.batch([number, tf1.square(number)], 2, capacity=16, name="pairs")
    filled(run, several, times=2)


def shuffled_batches(run):
    rows = tf1.constant([[1.0, 2.0], [3.0, 4.0]])
    (several,) = tf1.train.shuffle_batch(
        [rows], 3, capacity=20, min_after_dequeue=4, enqueue_many=True, seed=5, allow_smaller_final_batch=True
    ),
    run(tf1.constant(several.shape[1]))


PROGRAMS = [supervised, string_producer, batches, shuffled_batches, summaries, saver, saver_in_shards, saver_of_other_names_and_shapes, imported_meta_graph]
