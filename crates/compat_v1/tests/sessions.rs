//! Sessions: the programs they exist for, structures of fetches, feeds, callables, partial runs, threads.

use ferroflow_compat_v1::{self as tf, FeedDict, FetchValue, feeds};
use ferroflow_core::ndarray::{Array1, array};
use ferroflow_core::{Code, DType, NdArray, Result, SparseTensorValue, Tensor};
use ferroflow_proto::run_options::TraceLevel;
use ferroflow_proto::{ConfigProto, RunMetadata, RunOptions};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

/// Runs `f` in a graph of its own: tests share a process, and its default graph.
fn in_graph<R>(f: impl FnOnce() -> Result<R>) -> R {
    tf::Graph::new().as_default_scope(f).expect("no error")
}

fn float_placeholder() -> Result<Tensor> {
    tf::placeholder(DType::FLOAT32, ())
}

#[test]
fn sessions_may_be_shared_by_threads() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<tf::Session>();
    is_send_and_sync::<tf::FeedDict>();
    is_send_and_sync::<tf::Callable<Tensor>>();
}

#[test]
fn a_run_gives_an_array() {
    in_graph(|| {
        let x = tf::constant([1, 2, 3])?;
        let sess = tf::Session::new()?;
        let v: NdArray = sess.run(&x)?;
        assert_eq!(
            (v.to_string(), format!("{v:?}")),
            ("[1 2 3]".into(), "array([1, 2, 3], dtype=int32)".into())
        );
        let v: Array1<i32> = sess.run(&x)?.try_into()?;
        assert_eq!(v, array![1, 2, 3]);
        Ok(())
    });
}

#[test]
fn default_sessions_evaluate_tensors() {
    in_graph(|| {
        let x = tf::constant([1, 2, 3])?;
        let interactive = tf::InteractiveSession::new()?;
        assert_eq!(x.eval()?.to_string(), "[1 2 3]");
        let sess = tf::Session::new()?;
        {
            let _default = sess.as_default();
            assert_eq!(x.eval()?.to_string(), "[1 2 3]");
        }
        assert_eq!(sess.as_default_scope(|| x.eval())?.to_string(), "[1 2 3]");
        interactive.close();
        assert!(tf::get_default_session().is_none());
        let a = tf::constant([[1, 2], [3, 4]])?;
        let out = tf::multiply(&a, &tf::add(&a, 1)?)?;
        let value = out.eval_in(&tf::Session::new()?)?;
        assert_eq!(format!("{value:?}"), "array([[ 2,  6],\n       [12, 20]], dtype=int32)");
        assert!(
            a.numpy()
                .expect_err("symbolic")
                .message()
                .starts_with("'SymbolicTensor' object has no attribute")
        );
        Ok(())
    });
}

#[test]
fn sparse_tensors_stay_sparse() {
    in_graph(|| {
        let st = tf::SparseTensor::new([[0, 0]], [1], [1, 2])?;
        assert_eq!(st.shape(), [1, 2].into());
        let sess = tf::Session::new()?;
        let v: SparseTensorValue = sess.run(&st)?;
        assert_eq!(
            format!("{v:?}"),
            "SparseTensorValue(indices=array([[0, 0]]), values=array([1], dtype=int32), dense_shape=array([1, 2]))"
        );
        let fed = SparseTensorValue::new([[0i64, 1]], [7], [1i64, 2])?;
        assert_eq!(sess.run_feed(&st, feeds![&st => &fed])?, fed);
        let doubled = tf::add(&st.values, &st.values)?;
        let v = sess.run_feed(&doubled, feeds![&st => ([[0, 1], [0, 0]], [7, 8], [1, 2])]);
        assert_eq!(
            v.expect_err("two values").message(),
            "Cannot feed value of shape (2, 2) for Tensor SparseTensor/indices:0, which has shape (1, 2)"
        );
        let slices =
            tf::IndexedSlices { values: st.values.clone(), indices: tf::constant([4])?, dense_shape: None };
        let v = sess.run(&slices)?;
        assert_eq!(
            v.to_string(),
            "IndexedSlicesValue(values=array([1], dtype=int32), indices=array([4], dtype=int32), dense_shape=None)"
        );
        let ragged = tf::RaggedTensor::from_row_splits([1, 2, 3], [0, 2, 2, 3])?;
        assert_eq!(sess.run(&ragged)?.to_string(), "<tf.RaggedTensorValue [[1, 2], [], [3]]>");
        Ok(())
    });
}

#[test]
fn results_have_the_structure_of_the_fetches() {
    in_graph(|| {
        let (a, b) = (tf::constant(2)?, tf::constant(3)?);
        let product = tf::multiply(&a, &b)?;
        let op = tf::Operation::of(&product)?;
        let sess = tf::Session::new()?;
        let int = |array: &NdArray| array.item::<i32>();
        let (first, (), list, names, map, nothing, sorted) = sess.run((
            &a,
            &op,
            vec![&b, &product, &b],
            ["Mul:0", "Mul"],
            HashMap::from([("p", (&product, [&a]))]),
            None::<&Tensor>,
            BTreeMap::from([(1, Some(&a))]),
        ))?;
        assert_eq!(int(&first)?, 2);
        assert_eq!(list.iter().map(int).collect::<Result<Vec<_>>>()?, [3, 6, 3]);
        // What is fetched twice is one value.
        assert_eq!(list[0].as_slice::<i32>()?.as_ptr(), list[2].as_slice::<i32>()?.as_ptr());
        let [FetchValue::Array(named), FetchValue::Operation] = names else { panic!("{names:?}") };
        assert_eq!(int(&named)?, 6);
        let (p, [inner]) = &map["p"];
        assert_eq!((int(p)?, int(inner)?), (6, 2));
        assert!(nothing.is_none());
        assert_eq!(int(sorted[&1].as_ref().expect("some"))?, 2);
        assert!(sess.run(Vec::<Tensor>::new())?.is_empty());
        sess.run(())?;
        let many = vec![product; 40];
        assert_eq!(sess.run(&many)?.len(), 40);
        Ok(())
    });
}

#[test]
fn feeds_are_converted_as_numpy_does() {
    in_graph(|| {
        let x = tf::placeholder(DType::FLOAT32, [2])?;
        let y = tf::add(&x, 0.5)?;
        let sess = tf::Session::new()?;
        for feeds in [
            feeds![&x => [1, 2]],
            feeds![&x => [1.0, 2.0]],
            feeds!["Placeholder:0" => [1i64, 2]],
            feeds![x.clone() => array![1.0f64, 2.0]],
            feeds![&x => ["1", " 2.0 "]],
            feeds![&x => [9, 9], &x => NdArray::from([1.0f32, 2.0])],
            FeedDict::new().feed((&x, "Const:0"), ([0.5, 1.5], 0.5)),
        ] {
            sess.run_feed(&y, feeds)
                .map(|value| assert_eq!(value.to_string(), "[1.5 2.5]", "{value}"))
                .unwrap_or_else(|error| assert!(error.message().contains("Const:0"), "{error}"));
        }
        // Any tensor can be fed, and what is fed is not computed.
        assert_eq!(sess.run_feed(&y, feeds![&y => [7.0, 8.0]])?.to_string(), "[7. 8.]");
        let i = tf::placeholder(DType::INT8, [1usize])?;
        // Arrays wrap around without a word.
        assert_eq!(sess.run_feed(&i, feeds![&i => NdArray::from([300i64])])?.to_string(), "[44]");
        assert_eq!(sess.run_feed(&i, feeds![&i => [1.9]])?.to_string(), "[1]");
        Ok(())
    });
}

#[test]
fn callables_repeat_a_run() {
    in_graph(|| {
        let (x, y) = (float_placeholder()?, float_placeholder()?);
        let sum = tf::add(&x, &y)?;
        let sess = tf::Session::new()?;
        // Fed in the order of the list, whatever that of the graph.
        let call = sess.make_callable((&sum, &x), &[&y, &x])?;
        let (sum, x) = call.call([1.0, 2.0])?;
        assert_eq!((sum.item::<f32>()?, x.item::<f32>()?), (3.0, 2.0));
        let error = call.call([1.0]).expect_err("x is not fed");
        assert_eq!(
            error.message(),
            "You must feed a value for placeholder tensor 'Placeholder' with dtype float"
        );
        assert_eq!(call.call([1.0; 3]).expect_err("too many").class_name(), "TypeError");
        sess.close();
        assert_eq!(
            call.call([1.0, 2.0]).expect_err("closed").message(),
            "Attempted to use a closed Session."
        );
        Ok(())
    });
}

#[test]
fn partial_runs_keep_what_they_computed() {
    in_graph(|| {
        let (a, b, c) = (float_placeholder()?, float_placeholder()?, float_placeholder()?);
        let r1 = tf::add(&a, &b)?;
        let r2 = tf::multiply(&r1, &c)?;
        let sess = tf::Session::new()?;
        let handle = sess.partial_run_setup([&r1, &r2], &[&a, &b, &c])?;
        let first = sess.partial_run(&handle, &r1, feeds![&a => 1, &b => 2])?;
        assert_eq!(first.item::<f32>()?, 3.0);
        let second = sess.partial_run(&handle, &r2, feeds![&c => &first])?;
        assert_eq!(second.item::<f32>()?, 9.0);
        let over = sess.partial_run(&handle, &r2, feeds![&c => 1]).expect_err("over");
        assert_eq!(over.message(), "Must run 'setup' before performing partial runs!");
        Ok(())
    });
}

#[test]
fn traces_name_the_nodes_that_ran() {
    in_graph(|| {
        let x = float_placeholder()?;
        let y = tf::add(&x, &x)?;
        let sess = tf::Session::new()?;
        let options = RunOptions { trace_level: TraceLevel::FullTrace as i32, ..RunOptions::default() };
        let mut metadata = RunMetadata::default();
        let value = sess.run_with(&y, feeds![&x => 1.0], &options, Some(&mut metadata))?;
        assert_eq!(value.item::<f32>()?, 2.0);
        let stats = metadata.step_stats.expect("a trace");
        assert_eq!(stats.dev_stats[0].device, "/job:localhost/replica:0/task:0/device:CPU:0");
        let labels: Vec<&str> =
            stats.dev_stats[0].node_stats.iter().map(|node| node.timeline_label.as_str()).collect();
        assert_eq!(labels, ["Add = AddV2(Placeholder, Placeholder)"]);
        let mut metadata = RunMetadata::default();
        sess.run_with(&y, feeds![&x => 1.0], &RunOptions::default(), Some(&mut metadata))?;
        assert!(metadata.step_stats.is_none());
        let refused = RunOptions { output_partition_graphs: true, ..RunOptions::default() };
        let error = sess.run_with(&y, feeds![&x => 1.0], &refused, None).expect_err("refused");
        assert_eq!(error.code(), Code::Unimplemented);
        Ok(())
    });
}

#[test]
fn configurations_say_what_they_ignore() {
    in_graph(|| {
        let config = ConfigProto {
            intra_op_parallelism_threads: 2,
            operation_timeout_in_ms: 60_000,
            allow_soft_placement: true,
            log_device_placement: true,
            ..ConfigProto::default()
        };
        let sess = tf::Session::builder().config(config).build()?;
        assert_eq!(sess.ignored_config(), ["log_device_placement"]);
        assert_eq!(sess.run(&tf::constant(1)?)?.to_string(), "1");
        let devices = sess.list_devices()?;
        let text = format!("{:?}", devices[0]);
        assert!(
            text.starts_with(
                "_DeviceAttributes(/job:localhost/replica:0/task:0/device:CPU:0, CPU, 268435456, "
            )
        );
        assert_eq!((sess.sess_str(), sess.graph_def()?.node.len()), ("", 1));
        Ok(())
    });
}

#[test]
fn many_threads_run_one_session() {
    in_graph(|| {
        let x = tf::placeholder(DType::FLOAT32, [None])?;
        let y = tf::multiply(&tf::add(&x, 1.0)?, &x)?;
        let sess = tf::Session::new()?;
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (sess, x, y) = (&sess, &x, &y);
                scope.spawn(move || {
                    for step in 0..200 {
                        let value = (thread * 200 + step) as f32;
                        let got = sess.run_feed(y, feeds![x => vec![value; thread + 1]]).expect("a run");
                        assert_eq!(
                            got.as_slice::<f32>().expect("floats"),
                            vec![(value + 1.0) * value; thread + 1]
                        );
                    }
                });
            }
        });
        Ok(())
    });
}

#[test]
fn default_sessions_belong_to_threads() {
    in_graph(|| {
        let x = tf::constant(1)?;
        let sess = tf::Session::new()?;
        let _default = sess.as_default();
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(tf::get_default_session().is_none() && x.eval().is_err()));
        });
        assert!(tf::get_default_session().is_some());
        Ok(())
    });
}

#[test]
fn entered_sessions_close_at_the_end() {
    let sess = tf::Session::builder().graph(&tf::Graph::new()).build().expect("a session");
    let kept = sess.clone();
    let value = sess.enter(|_| tf::constant(5)?.eval()).expect("a value");
    assert_eq!(value.to_string(), "5");
    assert_eq!(kept.run("Const:0").expect_err("closed").message(), "Attempted to use a closed Session.");
}

#[test]
fn interactive_sessions_restore_what_was_before() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = seen.clone();
    tf::set_warning_hook(Some(Box::new(move |text| sink.lock().expect("unpoisoned").push(text.to_string()))));
    in_graph(|| {
        let outer = tf::InteractiveSession::new()?;
        let x = tf::constant(1)?;
        let graph = tf::Graph::new();
        let inner = tf::InteractiveSession::build(tf::Session::builder().graph(&graph))?;
        let y = tf::constant(2)?;
        assert!(tf::Operation::of(&y)?.graph() == &graph);
        assert_eq!(y.eval()?.to_string(), "2");
        assert!(x.eval().is_err());
        // Closed in the order they were opened: the inner one stays the default.
        outer.close();
        assert_eq!(tf::get_default_graph(), graph);
        assert_eq!(y.eval()?.to_string(), "2");
        inner.close();
        assert!(tf::get_default_session().is_none());
        Ok(())
    });
    tf::set_warning_hook(None);
    assert!(seen.lock().expect("unpoisoned")[0].starts_with("An interactive session is already active. "));
}

#[test]
fn resets_close_sessions() {
    // In a process of its own: a reset closes the sessions of other tests.
    if std::env::args().any(|argument| argument == "--exact") {
        in_graph(|| {
            let x = tf::constant(1)?;
            let sess = tf::Session::new()?;
            sess.run(&x)?;
            tf::Session::reset("", &[])?;
            assert!(sess.run(&x).is_err());
            Ok(())
        });
        return;
    }
    let this = std::env::current_exe().expect("the test's own path");
    let status = std::process::Command::new(this).args(["resets_close_sessions", "--exact"]).status();
    assert!(status.expect("a process").success());
}
