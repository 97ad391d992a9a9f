//! Errors of sessions: evaluation, fetches, feeds, partial runs, runs.

use crate::Situation;
use ferroflow_compat_v1::{self as tf, FeedDict, Session, feeds};
use ferroflow_core::{DType, Result, Tensor};
use ferroflow_graph::Operation;
use ferroflow_proto::RunOptions;
use std::collections::BTreeMap;

pub(crate) const SITUATIONS: &[(&str, Situation)] = &[
    ("eval_without_session", || named(1)?.eval().map(drop)),
    ("run_operation_without_session", || Operation::of(&named(1)?)?.run()),
    ("eval_in_default_session_of_other_graph", || {
        let t = named(1)?;
        session_of_other_graph()?.as_default_scope(|| t.eval()).map(drop)
    }),
    ("run_operation_in_default_session_of_other_graph", || {
        let t = Operation::of(&named(1)?)?;
        session_of_other_graph()?.as_default_scope(|| t.run())
    }),
    ("eval_in_session_of_other_graph", || named(1)?.eval_in(&session_of_other_graph()?).map(drop)),
    ("run_operation_in_session_of_other_graph", || {
        Operation::of(&named(1)?)?.run_in(&session_of_other_graph()?)
    }),
    ("fetch_tensor_of_other_graph", || session_of_t()?.run(other_tensor()?).map(drop)),
    ("fetch_operation_of_other_graph", || session_of_t()?.run(other_operation()?).map(drop)),
    ("fetch_list_with_tensor_of_other_graph", || {
        let other = other_tensor()?;
        session_of_t()?.run(("t:0", BTreeMap::from([("k", &other)]))).map(drop)
    }),
    ("fetch_name_of_no_operation", || session_of_t()?.run("nope:0").map(drop)),
    ("fetch_name_of_no_output", || session_of_t()?.run("t:3").map(drop)),
    ("fetch_operation_name_of_none", || session_of_t()?.run("nope").map(drop)),
    ("fetch_malformed_name", || session_of_t()?.run("t:x").map(drop)),
    ("fetch_name_with_two_colons", || session_of_t()?.run("a:b:0").map(drop)),
    ("fetch_eager_tensor", || session_of_t()?.run(Tensor::from(1i32)).map(drop)),
    ("fetch_from_empty_graph", || Session::new()?.run("t:0").map(drop)),
    ("fetch_from_closed_session", || {
        let sess = session_of_t()?;
        sess.close();
        sess.close();
        sess.run("t:0").map(drop)
    }),
    ("closed_session_of_empty_graph", || {
        let sess = Session::new()?;
        sess.close();
        sess.run("t:0").map(drop)
    }),
    ("eval_in_closed_default_session", || {
        let t = named(1)?;
        let sess = Session::new()?;
        sess.close();
        sess.as_default_scope(|| t.eval()).map(drop)
    }),
    ("list_devices_of_closed_session", || {
        let sess = session_of_t()?;
        sess.close();
        sess.list_devices().map(drop)
    }),
    ("partial_run_setup_on_closed_session", || {
        let sess = session_of_t()?;
        sess.close();
        sess.partial_run_setup("t:0", &[]).map(drop)
    }),
    ("partial_run_setup_on_empty_graph", || Session::new()?.partial_run_setup("t:0", &[]).map(drop)),
    ("make_callable_of_tensor_of_other_graph", || {
        session_of_t()?.make_callable(other_tensor()?, &[]).map(drop)
    }),
    ("feed_by_operation_name", || feed(feeds!["p" => 1])),
    ("feed_by_name_of_no_operation", || feed(feeds!["nope:0" => 1])),
    ("feed_by_name_of_no_output", || feed(feeds!["p:7" => 1])),
    ("feed_tensor_of_other_graph", || feed(feeds![other_tensor()? => 1])),
    ("feed_of_wrong_rank", || feed(feeds!["p:0" => 1.0])),
    ("feed_of_wrong_shape", || feed(feeds!["p:0" => [[1.0, 2.0], [3.0, 4.0]]])),
    ("feed_of_wrong_shape_to_a_vector", || {
        let p = placeholder("p", DType::FLOAT32, [3])?;
        Session::new()?.run_feed(&p, feeds![&p => [1.0, 2.0]]).map(drop)
    }),
    ("feed_integer_out_of_range", || feed_scalar(DType::INT8, feeds!["p:0" => 300])),
    ("feed_negative_integer_to_unsigned", || feed_scalar(DType::UINT8, feeds!["p:0" => -1])),
    ("feed_integer_to_bool", || feed_scalar(DType::BOOL, feeds!["p:0" => 2])),
    ("feed_tensor_as_value", || {
        let (p, i, sess) = placeholders()?;
        let c = tf::with_name("c", || tf::constant([[1.0, 2.0, 3.0]]))?;
        sess.run_feed(&i, feeds![&p => &c]).map(drop)
    }),
    ("feed_text_to_float", || feed_scalar(DType::FLOAT32, feeds!["p:0" => "abc"])),
    ("feed_text_to_integer", || feed_scalar(DType::INT32, feeds!["p:0" => "abc"])),
    ("feed_integer_to_string", || {
        let p = placeholder("p", DType::STRING, ())?;
        Session::new()?.run_feed(tf::identity(&p)?, feeds![&p => 5]).map(drop)
    }),
    ("feed_of_tensor_that_refuses", || {
        let (p, i, sess) = placeholders()?;
        sess.graph().prevent_feeding(&p);
        sess.run_feed(&i, feeds![&p => [[1.0, 2.0, 3.0]]]).map(drop)
    }),
    ("fetch_of_operation_that_refuses", || {
        let (p, i, sess) = placeholders()?;
        sess.graph().prevent_fetching(&Operation::of(&i)?);
        sess.run_feed(&i, feeds![&p => [[1.0, 2.0, 3.0]]]).map(drop)
    }),
    ("fetch_of_target_that_refuses", || {
        let (p, i, sess) = placeholders()?;
        let i = Operation::of(&i)?;
        sess.graph().prevent_fetching(&i);
        sess.run_feed(&i, feeds![&p => [[1.0, 2.0, 3.0]]]).map(drop)
    }),
    ("unfed_placeholder", || feed(FeedDict::new())),
    ("unfed_placeholder_of_unknown_shape", || {
        let p = placeholder("p", DType::INT64, tf::TensorShape::unknown())?;
        Session::new()?.run(tf::identity(&p)?).map(drop)
    }),
    ("unfed_placeholder_of_scalar_shape", || {
        let p = placeholder("p", DType::STRING, ())?;
        Session::new()?.run(tf::identity(&p)?).map(drop)
    }),
    ("fetch_of_unfed_placeholder", || Session::new()?.run(placeholder("p", DType::FLOAT64, [2])?).map(drop)),
    ("integer_division_by_zero", || {
        let p = placeholder("p", DType::INT32, ())?;
        let d = tf::with_name("d", || tf::floordiv(1, &p))?;
        Session::new()?.run_feed(&d, feeds![&p => 0]).map(drop)
    }),
    ("matrices_that_do_not_fit_at_run_time", || {
        let p = placeholder("p", DType::FLOAT32, tf::TensorShape::unknown())?;
        let q = placeholder("q", DType::FLOAT32, tf::TensorShape::unknown())?;
        let m = tf::with_name("m", || tf::matmul(&p, &q))?;
        Session::new()?.run_feed(&m, feeds![&p => [[1.0; 3]; 2], &q => [[1.0; 3]; 2]]).map(drop)
    }),
    ("addition_that_does_not_fit_at_run_time", || {
        let p = placeholder("p", DType::FLOAT32, tf::TensorShape::unknown())?;
        let a = tf::with_name("a", || tf::add(&p, [1.0, 2.0]))?;
        Session::new()?.run_feed(&a, feeds![&p => [1.0, 2.0, 3.0]]).map(drop)
    }),
    ("failed_check_numerics", || {
        let p = placeholder("p", DType::FLOAT32, tf::TensorShape::unknown())?;
        let c = tf::with_name("c", || ferroflow_ops_array::check_numerics(&p, "msg"))?;
        Session::new()?.run_feed(&c, feeds![&p => [f64::NAN]]).map(drop)
    }),
    ("loop_that_grows", || {
        let body = |(i, x): &Pair| Ok(((i + 1)?, tf::concat([x, x], 0)?));
        tf::while_loop(below_three, body, (start()?, vector()?)).map(drop)
    }),
    ("loop_with_an_invariant_that_does_not_fit", || {
        let shapes = vec![tf::TensorShape::scalar(), tf::TensorShape::from([2])];
        let body = |(i, x): &Pair| Ok(((i + 1)?, x.clone()));
        let initial = (start()?, vector()?);
        tf::while_loop_with(below_three, body, initial, |o| o.shape_invariants(Some(shapes))).map(drop)
    }),
    ("value_of_a_loop_outside", || {
        let inside = std::cell::RefCell::new(None);
        let body = |i: &tf::Tensor| {
            let next = tf::with_name("next", || tf::add(i, 1))?;
            Ok(inside.borrow_mut().insert(next).clone())
        };
        tf::while_loop(|i: &tf::Tensor| tf::less(i, 3), body, start()?)?;
        let inside = inside.take();
        tf::with_name("outside", || tf::add(inside.as_ref().expect("the body was built"), 1)).map(drop)
    }),
    ("second_gradient_of_a_loop", || {
        let x = placeholder("x", DType::FLOAT32, ())?;
        let (_, y) =
            tf::while_loop(below_three, |(i, y): &Pair| Ok(((i + 1)?, (y * &x)?)), (start()?, x.clone()))?;
        let first = tf::gradients(&[&y], &[&x])?.remove(0).expect("a gradient");
        tf::gradients(&[ferroflow_graph::dense(first)?], &[&x]).map(drop)
    }),
    ("loop_without_parallel_iterations", || {
        let body = |i: &tf::Tensor| i + 1;
        let below = |i: &tf::Tensor| tf::less(i, 3);
        tf::while_loop_with(below, body, tf::constant(0)?, |o| o.parallel_iterations(0)).map(drop)
    }),
    ("files_that_are_not_there", || {
        let files = tf::data::Dataset::list_files_with(["/none/*.a", "/none/*.b"], |o| o.shuffle(false))?;
        let iterator = tf::data::make_initializable_iterator(&files, None)?;
        tf::Session::new()?.run(iterator.initializer()?).map(drop)
    }),
    ("loop_with_several_limits", || {
        let body = |i: &tf::Tensor| i + 1;
        let below = |i: &tf::Tensor| tf::less(i, 3);
        tf::while_loop_with(below, body, tf::constant(0)?, |o| o.maximum_iterations([1, 2])).map(drop)
    }),
    ("unknown_session_target", || {
        named(1)?;
        Session::builder().target("nowhere").build().map(drop)
    }),
    ("run_past_its_deadline", || {
        let forever =
            tf::while_loop(|_: &Tensor| tf::constant(true), |i: &Tensor| tf::identity(i), tf::constant(0)?)?;
        let options = RunOptions { timeout_in_ms: 50, ..RunOptions::default() };
        Session::new()?.run_with(&forever, FeedDict::new(), &options, None).map(drop)
    }),
    ("partial_run_of_something_not_set_up", || {
        let ([a, b], [c, d], sess) = sum_and_double()?;
        let handle = sess.partial_run_setup(&c, &[&a, &b])?;
        sess.partial_run(&handle, &d, feeds![&a => 1, &b => 2]).map(drop)
    }),
    ("partial_run_fetches_twice", || {
        let ([a, b], [c, d], sess) = two_sums()?;
        let handle = sess.partial_run_setup((&c, &d), &[&a, &b])?;
        sess.partial_run(&handle, &c, feeds![&a => 1])?;
        sess.partial_run(&handle, &c, FeedDict::new()).map(drop)
    }),
    ("partial_run_feeds_twice", || {
        let ([a, b], [c, d], sess) = two_sums()?;
        let handle = sess.partial_run_setup((&c, &d), &[&a, &b])?;
        sess.partial_run(&handle, &c, feeds![&a => 1])?;
        sess.partial_run(&handle, &d, feeds![&a => 1, &b => 1]).map(drop)
    }),
    ("partial_run_feeds_something_not_set_up", || {
        let ([a, b], [c, _], sess) = two_sums()?;
        let handle = sess.partial_run_setup(&c, &[&a])?;
        sess.partial_run(&handle, &c, feeds![&a => 1, &b => 1]).map(drop)
    }),
    ("partial_run_without_all_feeds", || {
        let ([a, b], [c, _], sess) = sum_and_double()?;
        let handle = sess.partial_run_setup(&c, &[&a, &b])?;
        sess.partial_run(&handle, &c, feeds![&a => 1]).map(drop)
    }),
    ("partial_run_setup_without_targets", || {
        let a = placeholder("a", DType::FLOAT32, ())?;
        Session::new()?.partial_run_setup((), &[&a]).map(drop)
    }),
    ("partial_run_after_its_end", || {
        let ([a, _], [c, _], sess) = two_sums()?;
        let handle = sess.partial_run_setup(&c, &[&a])?;
        sess.partial_run(&handle, &c, feeds![&a => 1])?;
        sess.partial_run(&handle, &c, feeds![&a => 1]).map(drop)
    }),
    ("partial_run_with_unknown_handle", || {
        let ([a, _], [c, _], sess) = two_sums()?;
        sess.partial_run("nope", &c, feeds![&a => 1]).map(drop)
    }),
    ("partial_run_fed_by_unknown_name", || {
        let ([a, _], [c, _], sess) = two_sums()?;
        let handle = sess.partial_run_setup(&c, &[&a])?;
        sess.partial_run(&handle, &c, feeds!["a" => 1]).map(drop)
    }),
];

fn named(value: i32) -> Result<Tensor> {
    tf::with_name("t", || tf::constant(value))
}

fn placeholder(name: &str, dtype: DType, shape: impl Into<tf::TensorShape>) -> Result<Tensor> {
    tf::with_name(name, || tf::placeholder(dtype, shape))
}

fn session_of_other_graph() -> Result<Session> {
    Session::builder().graph(&tf::Graph::new()).build()
}

fn session_of_t() -> Result<Session> {
    named(1)?;
    Session::new()
}

fn other_tensor() -> Result<Tensor> {
    tf::Graph::new().as_default_scope(|| tf::with_name("t2", || tf::constant([1.0, 2.0])))
}

fn other_operation() -> Result<Option<Operation>> {
    tf::Graph::new().as_default_scope(|| tf::with_name("n2", tf::no_op))
}

fn placeholders() -> Result<(Tensor, Tensor, Session)> {
    let p = placeholder("p", DType::FLOAT32, [None, Some(3)])?;
    let i = tf::with_name("i", || tf::identity(&p))?;
    Ok((p, i, Session::new()?))
}

fn feed(feeds: FeedDict) -> Result<()> {
    let (_, i, sess) = placeholders()?;
    sess.run_feed(&i, feeds).map(drop)
}

fn feed_scalar(dtype: DType, feeds: FeedDict) -> Result<()> {
    let p = placeholder("p", dtype, ())?;
    Session::new()?.run_feed(&p, feeds).map(drop)
}

type Partial = ([Tensor; 2], [Tensor; 2], Session);

fn sum_and_double() -> Result<Partial> {
    let (a, b) = (placeholder("a", DType::FLOAT32, ())?, placeholder("b", DType::FLOAT32, ())?);
    let c = tf::with_name("c", || tf::add(&a, &b))?;
    let d = tf::with_name("d", || tf::multiply(&c, 2.0))?;
    Ok(([a, b], [c, d], Session::new()?))
}

fn two_sums() -> Result<Partial> {
    let (a, b) = (placeholder("a", DType::FLOAT32, ())?, placeholder("b", DType::FLOAT32, ())?);
    let c = tf::with_name("c", || tf::add(&a, 1.0))?;
    let d = tf::with_name("d", || tf::add(&c, &b))?;
    Ok(([a, b], [c, d], Session::new()?))
}

type Pair = (tf::Tensor, tf::Tensor);

fn below_three((i, _): &Pair) -> Result<tf::Tensor> {
    tf::less(i, 3)
}

fn start() -> Result<tf::Tensor> {
    tf::with_name("start", || tf::constant(0))
}

fn vector() -> Result<tf::Tensor> {
    tf::with_name("v", || tf::constant([1.0]))
}
