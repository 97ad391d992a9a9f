"""Programs about variables, tables and queues, and who shares them; see tools/serve_programs.py."""

import threading
import time

import tensorflow.compat.v1 as tf

from serve_programs import program


# --- state


@program
def reference_variables(t):
    v = tf.get_variable("v", [3], initializer=tf.zeros_initializer(), use_resource=False)
    w = tf.get_variable("w", [2, 2], initializer=tf.constant_initializer([[1, 2], [3, 4]]), use_resource=False)
    with t.session() as session:
        t.show("not initialised", session.run(tf.report_uninitialized_variables()))
        t.fails("early", lambda: session.run(v))
        session.run(tf.global_variables_initializer())
        t.show("initialised", session.run(tf.report_uninitialized_variables()))
        t.show("assign", session.run(tf.assign(v, [1, 2, 3])))
        t.show("add", session.run(tf.assign_add(v, [1, 1, 1])))
        t.show("scatter", session.run(tf.scatter_update(v, [0, 2], [9, 9])))
        t.show("scatter_add", session.run(tf.scatter_nd_add(w, [[0, 1]], [10])))
        t.show("both", session.run([v, w, v + 1]))
        t.show("fed", session.run(v + 1, {v: [0, 0, 0]}))
        t.fails("slice", lambda: session.run(v[0:2].assign([5, 5])))
        t.fails("shape", lambda: session.run(tf.assign(v, tf.placeholder_with_default([1.0], None), name="bad_assign")))
        n = tf.Variable(0, name="counter", use_resource=False)
        session.run(n.initializer)
        up = n.count_up_to(2)
        for at in range(3):
            t.fails(f"up {at}", lambda: session.run(up))


@program
def resource_variables(t):
    v = tf.get_variable("v", [3], initializer=tf.zeros_initializer(), use_resource=True)
    with t.session() as session:
        t.fails("early", lambda: session.run(v))
        t.show("not initialised", session.run(tf.report_uninitialized_variables()))
        session.run(tf.global_variables_initializer())
        t.show("assign", session.run(v.assign([1, 2, 3])))
        t.show("add", session.run(v.assign_add([1, 1, 1])))
        t.show("scatter", session.run(v.scatter_update(tf.IndexedSlices(tf.constant([9.0]), tf.constant([1])))))
        t.show("gather", session.run(tf.gather(v, [2, 0])))
        t.show("read", session.run([v, v.read_value(), v.handle.op]))
        t.show("fed", session.run(v + 1, {v: [0, 0, 0]}))
        t.fails("slice", lambda: session.run(v[0:2].assign([5, 5])))
        t.fails("shape", lambda: session.run(tf.raw_ops.AssignVariableOp(resource=v.handle, value=tf.placeholder_with_default([1.0], None), validate_shape=True, name="bad_assign")))


@program
def shared_variables(t):
    """Sessions of a server share their variables, sessions of a process have their own."""
    v = tf.get_variable("shared_v", [], initializer=tf.ones_initializer(), use_resource=False)
    r = tf.get_variable("shared_r", [], initializer=tf.ones_initializer(), use_resource=True)
    with tf.container("apart"):
        c = tf.get_variable("shared_c", [], initializer=tf.ones_initializer(), use_resource=True)
        d = tf.get_variable("shared_d", [], initializer=tf.ones_initializer(), use_resource=False)
    everything = [v, r, c, d]
    add = [tf.assign_add(each, 1.0) for each in everything]
    first, second = t.session(), t.session()
    first.run(tf.global_variables_initializer())
    first.run(add)
    t.fails("second", lambda: t.show("seen", second.run(everything)))
    third = t.session(config=tf.ConfigProto(isolate_session_state=True))
    t.fails("isolated v", lambda: third.run(v))
    t.fails("isolated r", lambda: third.run(r), text=False)
    first.close()
    t.fails("after one closed", lambda: t.show("seen still", second.run(everything)))
    second.close()
    third.close()


@program
def resets(t):
    if not t.target:
        return
    v = tf.get_variable("reset_v", [], initializer=tf.ones_initializer(), use_resource=False)
    r = tf.get_variable("reset_r", [], initializer=tf.ones_initializer(), use_resource=True)
    with tf.container("apart"):
        c = tf.get_variable("reset_c", [], initializer=tf.ones_initializer(), use_resource=True)
        d = tf.get_variable("reset_d", [], initializer=tf.ones_initializer(), use_resource=False)

    def state(label):
        with t.session() as session:
            for each in (v, r, c, d):
                t.fails(f"{label} {each.op.name}", lambda: t.show(f"{label} {each.op.name}", session.run(each)), text=False)

    session = t.session()
    session.run(tf.global_variables_initializer())
    state("before")
    tf.Session.reset(t.target, ["apart"])
    t.fails("old session", lambda: session.run(v), text=False)
    state("one container")
    with t.session() as session:
        session.run(tf.global_variables_initializer())
    tf.Session.reset(t.target, ["unknown"])
    state("another")
    tf.Session.reset(t.target)
    state("default")


@program
def tables(t):
    keys, values = tf.constant(["a", "b"]), tf.constant([1, 2], tf.int64)
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), -1)
    mutable = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -7)
    found = table.lookup(tf.constant(["b", "z"]), name="find")
    with t.session() as session:
        t.fails("early", lambda: session.run(found), text=False)
        session.run(tf.tables_initializer())
        t.show("found", session.run([found, table.size()]))
        session.run(mutable.insert(keys, values))
        t.show("mutable", session.run(mutable.lookup(tf.constant(["a", "q"]))))
        t.show("exported", sorted(map(tuple, zip(*session.run(mutable.export())))))


# --- queues


@program
def queues(t):
    fifo = tf.FIFOQueue(10, [tf.int32, tf.string], [[], []], names=["n", "s"], shared_name=t.unique("fifo"))
    plain = tf.FIFOQueue(3, tf.float32, [[2]], shared_name=t.unique("plain"))
    x = tf.placeholder(tf.float32, [None, 2])
    put, take = plain.enqueue_many(x), plain.dequeue(name="take")
    with t.session() as session:
        session.run(fifo.enqueue({"n": 1, "s": "one"}))
        session.run(fifo.enqueue_many({"n": [2, 3], "s": ["two", "three"]}))
        t.show("size", session.run(fifo.size()))
        t.show("taken", session.run(fifo.dequeue()))
        t.show("many", session.run(fifo.dequeue_many(2)))
        session.run(put, {x: [[1, 2], [3, 4], [5, 6]]})
        t.show("take", session.run(take))
        t.show("up to", session.run(plain.dequeue_up_to(2)))
        session.run(put, {x: [[1, 2]]})
        session.run(plain.close())
        t.show("closed", session.run(plain.is_closed()))
        t.show("what is left", session.run(take))
        t.fails("empty", lambda: session.run(take))
        t.fails("enqueue", lambda: session.run(put, {x: [[1, 2]]}))
        t.fails("many of a closed one", lambda: session.run(plain.dequeue_many(2, name="take_many")))


@program
def queue_kinds(t):
    padding = tf.PaddingFIFOQueue(5, [tf.int32], [[None]], shared_name=t.unique("padding"))
    priority = tf.PriorityQueue(5, [tf.string], [[]], shared_name=t.unique("priority"))
    shuffled = tf.RandomShuffleQueue(20, 0, tf.int32, [[]], seed=3, shared_name=t.unique("shuffled"))
    with t.session() as session:
        for value in ([1], [2, 3, 4], []):
            session.run(padding.enqueue(tf.constant(value, tf.int32)))
        t.show("padded", session.run(padding.dequeue_many(3)))
        for key, value in ((3, "c"), (1, "a"), (2, "b")):
            session.run(priority.enqueue((tf.constant(key, tf.int64), value)))
        t.show("by priority", [session.run(priority.dequeue()) for _ in range(3)])
        session.run(shuffled.enqueue_many(tf.range(10)))
        t.show("shuffled", sorted(session.run(shuffled.dequeue_many(10))))
        stage = tf.raw_ops.Stage(values=[tf.constant([1.0, 2.0])], shared_name="stage")
        t.fails("stage", lambda: session.run(stage))


@program
def queue_across_sessions(t):
    queue = tf.FIFOQueue(2, tf.int32, [[]], shared_name=t.unique("across"))
    x = tf.placeholder(tf.int32, [])
    put, take, close = queue.enqueue(x, name="put"), queue.dequeue(name="take"), queue.close(cancel_pending_enqueues=True)
    taker, giver = t.session(), t.session()
    if not t.target:
        giver = taker
    found = []

    def work():
        try:
            while True:
                found.append(int(taker.run(take)))
        except tf.errors.OutOfRangeError as error:
            found.append(type(error).__name__)

    thread = threading.Thread(target=work)
    thread.start()
    for number in range(5):
        giver.run(put, {x: number})
        time.sleep(0.02)
    giver.run(close)
    thread.join(20)
    t.show("found", found)
    t.show("ended", not thread.is_alive())
    taker.close()
    giver.close()


@program
def queue_cancelled(t):
    queue = tf.FIFOQueue(2, tf.int32, [[]], shared_name=t.unique("cancelled"))
    take = queue.dequeue(name="take")
    session = t.session()
    thread = threading.Thread(target=lambda: t.fails("closing ends steps", lambda: session.run(take), text=False))
    thread.start()
    time.sleep(0.5)
    session.close()
    thread.join(20)
    t.show("ended", not thread.is_alive())


@program
def queue_runners(t):
    numbers = tf.train.range_input_producer(4, num_epochs=2, shuffle=False)
    single = numbers.dequeue() * 10
    batch = tf.train.batch([single], 3, allow_smaller_final_batch=True)
    with t.session() as session:
        session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        coordinator = tf.train.Coordinator()
        runners = tf.train.start_queue_runners(session, coordinator)
        found = []
        try:
            while not coordinator.should_stop():
                found.append(session.run(batch).tolist())
        except tf.errors.OutOfRangeError:
            found.append("end")
        coordinator.request_stop()
        coordinator.join(runners, stop_grace_period_secs=10)
        t.show("batches", found)


@program
def accumulators(t):
    accumulator = tf.ConditionalAccumulator(tf.float32, [2], shared_name=t.unique("accumulator"))
    apply = accumulator.apply_grad([1.0, 3.0], 0)
    with t.session() as session:
        for at in range(2):
            t.fails(f"apply {at}", lambda: session.run(apply))
        t.fails("mean", lambda: session.run(accumulator.take_grad(2)))
        t.fails("count", lambda: session.run(accumulator.num_accumulated()))
