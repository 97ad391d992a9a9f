//! Savers, monitored sessions, hooks, coordinators and queue runners at work.

use ferroflow_compat_v1::train::{
    ChiefSessionCreator, Coordinator, LooperThread, MonitoredSession, MonitoredTrainingSession, Saver,
    Scaffold, SessionRunHook, StopAtStepHook,
};
use ferroflow_compat_v1::{self as tf, Every, FeedDict};
use ferroflow_core::{Code, DType, Exception, NdArray, Result};
use ferroflow_formats::{CheckpointReader, CheckpointState, CheckpointWriter, read_events};
use ferroflow_proto::event::What;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("ferroflow-training-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory");
        Scratch(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).expect("a directory");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
            .collect();
        names.sort();
        names
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Held by tests that clear the cache of event writers, which they would close for each other.
static EVENT_WRITERS: Mutex<()> = Mutex::new(());

fn in_graph<R>(f: impl FnOnce() -> Result<R>) -> Result<R> {
    tf::Graph::new().as_default_scope(f)
}

#[test]
fn old_checkpoints_are_removed() -> Result<()> {
    in_graph(|| {
        let scratch = Scratch::new();
        let v = tf::Variable::new_with([1.0, 2.0], |o| o.name("v"))?;
        let saver = Saver::new_with(|o| o.max_to_keep(2u32).save_relative_paths(true))?;
        let sess = tf::Session::new()?;
        sess.run(v.initializer()?)?;
        for step in [1, 2, 3] {
            saver.save_with(&sess, scratch.path("m"), |o| o.global_step(step))?;
        }
        assert_eq!(saver.last_checkpoints(), [scratch.path("m-2"), scratch.path("m-3")]);
        let names =
            ["checkpoint", "m-2.data-00000-of-00001", "m-2.index", "m-2.meta", "m-3.data-00000-of-00001"];
        assert_eq!(scratch.files(), [&names[..], &["m-3.index", "m-3.meta"]].concat());
        let text = std::fs::read_to_string(scratch.path("checkpoint")).expect("a state");
        assert!(text.starts_with("model_checkpoint_path: \"m-3\"\n"), "{text}");
        let state = tf::train::get_checkpoint_state(&scratch.0)?.expect("a state");
        assert_eq!((state.latest, state.all.len()), (scratch.path("m-3"), 2));
        assert_eq!(tf::train::latest_checkpoint(&scratch.0)?, Some(scratch.path("m-3")));
        let listed = tf::train::list_variables(&scratch.0)?;
        assert_eq!(listed.len(), 1);
        assert_eq!(tf::train::load_variable(&scratch.0, "v:0")?.as_slice::<f32>()?, [1.0, 2.0]);

        // A checkpoint in every hour of the past is kept for good.
        let keeper = Saver::new_with(|o| o.max_to_keep(1u32).keep_checkpoint_every_n_hours(0.0))?;
        for step in [7, 8, 9] {
            keeper.save_with(&sess, scratch.path("k"), |o| o.global_step(step).write_meta_graph(false))?;
        }
        assert!(tf::train::checkpoint_exists(scratch.path("k-7")));
        let padded = Saver::new_with(|o| o.pad_step_number(true))?;
        let path = padded.save_with(&sess, scratch.path("p"), |o| o.global_step(5).write_state(false))?;
        assert_eq!(path, Some(scratch.path("p-00000005")));
        Ok(())
    })
}

#[test]
fn what_savers_refuse() -> Result<()> {
    in_graph(|| {
        let scratch = Scratch::new();
        let empty = Saver::new().unwrap_err();
        assert_eq!((empty.exception(), empty.message()), (Exception::Value, "No variables to save"));
        let nothing = Saver::new_with(|o| o.allow_empty(true))?;
        let v = tf::Variable::new_with([1.0, 2.0], |o| o.name("v"))?;
        let sess = tf::Session::new()?;
        assert_eq!(nothing.save_with(&sess, scratch.path("e"), |o| o.write_meta_graph(false))?, None);
        let twice = Saver::new_with(|o| o.var_list([("a", &v), ("b", &v)])).unwrap_err();
        assert_eq!(twice.message(), "The same saveable will be restored with two names: b");
        let saver = Saver::new()?;
        let unset = saver.save(&sess, scratch.path("m")).unwrap_err();
        assert_eq!(unset.code(), Code::FailedPrecondition);
        assert_eq!(scratch.files(), [""; 0]);
        let missing = saver.restore(&sess, scratch.path("m")).unwrap_err();
        let expected =
            format!("The passed save_path is not a valid checkpoint: {}", scratch.path("m").display());
        assert_eq!((missing.exception(), missing.message()), (Exception::Value, expected.as_str()));
        let name = saver.save_with(&sess, scratch.path("m"), |o| o.latest_filename("a/b")).unwrap_err();
        assert_eq!(name.message(), "'latest_filename' must not contain path components");
        let collision = saver.save(&sess, scratch.path("checkpoint")).unwrap_err();
        assert!(
            collision.message().starts_with("'latest_filename' collides with 'save_path'"),
            "{collision:?}"
        );
        sess.run(v.initializer()?)?;
        let nowhere = saver.save(&sess, scratch.path("no/deep/m")).unwrap_err();
        let expected =
            format!("Parent directory of {} doesn't exist, can't save.", scratch.path("no/deep/m").display());
        assert_eq!((nowhere.exception(), nowhere.message()), (Exception::Value, expected.as_str()));
        let deferred = Saver::new_with(|o| o.defer_build(true))?;
        let unbuilt = deferred.save(&sess, scratch.path("m")).unwrap_err();
        assert_eq!(unbuilt.message(), "`build()` should be called before save if defer_build==True");
        Ok(())
    })
}

#[test]
fn a_checkpoint_that_does_not_fit_changes_nothing() -> Result<()> {
    in_graph(|| {
        let scratch = Scratch::new();
        let names = ["a", "b", "c", "d"];
        let variables: Vec<tf::Variable> = names
            .iter()
            .map(|name| tf::Variable::new_with([1.0, 2.0], |o| o.name(*name).use_resource(*name > "b")))
            .collect::<Result<_>>()?;
        let saver = Saver::new()?;
        let sess = tf::Session::new()?;
        sess.run(tf::global_variables_initializer()?)?;
        let write = |values: &[(&str, NdArray)]| -> Result<()> {
            let mut writer = CheckpointWriter::create(scratch.path("m"))?;
            values.iter().try_for_each(|(name, value)| writer.add(name, value))?;
            writer.finish()
        };
        let good = || NdArray::vector(vec![7f32, 8.0]);
        write(&[("a", good()), ("c", good())])?;
        let missing = saver.restore(&sess, scratch.path("m")).unwrap_err();
        assert_eq!(missing.code(), Code::NotFound);
        for line in ["Key b not found in checkpoint", "Key d not found in checkpoint"] {
            assert!(missing.message().contains(line), "{missing:?}");
        }
        write(&[
            ("a", good()),
            ("b", NdArray::vector(vec![7i32, 8])),
            ("c", NdArray::vector(vec![7f32])),
            ("d", NdArray::vector(vec![7f64, 8.0])),
        ])?;
        let mismatch = saver.restore(&sess, scratch.path("m")).unwrap_err();
        assert_eq!(mismatch.code(), Code::InvalidArgument);
        for line in [
            "tensor_name = b; expected dtype float does not equal original dtype int32",
            "rhs shape= [1] (variable c)",
            "tensor_name = d; expected dtype float does not equal original dtype double",
        ] {
            assert!(mismatch.message().contains(line), "{line}: {}", mismatch.message());
        }
        for value in sess.run(variables.iter().collect::<Vec<_>>())? {
            assert_eq!(value.as_slice::<f32>()?, [1.0, 2.0]);
        }
        write(&[("a", good()), ("b", good()), ("c", good()), ("d", good())])?;
        saver.restore(&sess, scratch.path("m"))?;
        for value in sess.run(variables.iter().collect::<Vec<_>>())? {
            assert_eq!(value, good());
        }
        Ok(())
    })
}

/// A graph that counts steps; gives the step and what trains it.
fn counting() -> Result<(tf::Variable, tf::Assigned)> {
    let step = tf::Variable::new_with(0i64, |o| o.name("global_step").trainable(false))?;
    let train = tf::assign_add(&step, 1i64)?;
    Ok((step, train))
}

fn events(directory: &Path) -> Vec<ferroflow_proto::Event> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.to_string_lossy().contains("tfevents"))
        .collect();
    files.sort();
    files
        .iter()
        .flat_map(|path| read_events(path).expect("a file"))
        .map(|event| event.expect("an event"))
        .collect()
}

#[test]
fn training_goes_on_where_it_stopped() -> Result<()> {
    let _alone = EVENT_WRITERS.lock().unwrap_or_else(PoisonError::into_inner);
    let scratch = Scratch::new();
    for (until, saved) in [(7, vec![0i64, 3, 6, 7]), (11, vec![7, 10, 11])] {
        in_graph(|| {
            let (step, train) = counting()?;
            tf::summary::scalar("step", tf::to_float(step.value()?)?)?;
            let seen = Arc::new(Mutex::new(Vec::new()));
            struct Listener(Arc<Mutex<Vec<i64>>>);
            impl tf::train::CheckpointSaverListener for Listener {
                fn after_save(&mut self, _session: &tf::Session, global_step: i64) -> bool {
                    self.0.lock().expect("a list").push(global_step);
                    false
                }
            }
            let hook = tf::train::CheckpointSaverHook::new(&scratch.0, Every::Steps(3), None)?;
            let hooks: Vec<Box<dyn SessionRunHook>> = vec![
                Box::new(StopAtStepHook::last_step(until)),
                Box::new(hook.with_listener(Listener(seen.clone()))),
            ];
            let mut session = MonitoredTrainingSession(Scaffold::new(), hooks, |o| {
                o.checkpoint_dir(scratch.0.clone()).save_checkpoint(None).save_summaries_steps(2)
            })?;
            while !session.should_stop() {
                session.run(&train)?;
            }
            session.close()?;
            assert_eq!(session.run(&train).unwrap_err().exception(), Exception::Runtime);
            assert_eq!(*seen.lock().expect("a list"), saved);
            Ok(())
        })?;
        assert_eq!(tf::train::load_variable(&scratch.0, "global_step")?.item::<i64>()?, until);
        tf::summary::FileWriterCache::clear()?;
    }
    let events = events(&scratch.0);
    let summaries = events.iter().filter(|event| matches!(event.what, Some(What::Summary(_)))).count();
    assert!(summaries >= 5, "{summaries}");
    assert!(events.iter().any(|event| matches!(event.what, Some(What::GraphDef(_)))));
    assert!(scratch.files().contains(&"graph.pbtxt".to_string()));
    let state = CheckpointState::read(&scratch.0)?.expect("a state");
    CheckpointReader::open(&state.latest)?;
    Ok(())
}

#[test]
fn stock_hooks() -> Result<()> {
    let _alone = EVENT_WRITERS.lock().unwrap_or_else(PoisonError::into_inner);
    in_graph(|| {
        let scratch = Scratch::new();
        let (step, train) = counting()?;
        let x = tf::with_name("x", || tf::placeholder(DType::FLOAT32, tf::TensorShape::scalar()))?;
        let double = (&x * 2.0)?;
        let last = tf::train::FinalOpsHook::new(&[step.value()?]);
        let values = last.final_ops_values();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let logged = lines.clone();
        let formatter: tf::Formatter = Box::new(move |values| {
            logged.lock().expect("lines").push(values[0].1.to_string());
            String::new()
        });
        let logging =
            tf::train::LoggingTensorHook::new(&[("double", &double)], Some(Every::Steps(2)), false)?;
        let (feed, mut next) = (x.clone(), 0.0f32);
        let hooks: Vec<Box<dyn SessionRunHook>> = vec![
            Box::new(StopAtStepHook::num_steps(4)),
            Box::new(last),
            Box::new(logging.with_formatter(formatter)),
            Box::new(tf::train::NanTensorHook::new(&double, true)),
            Box::new(tf::train::FeedFnHook::new(move || {
                next += 1.0;
                Ok(FeedDict::new().feed(&feed, next))
            })),
            Box::new(tf::train::ProfilerHook::new(Every::Steps(1), scratch.path("p"))?),
            Box::new(tf::train::StepCounterHook::new(Every::Steps(2), Some(scratch.path("p")))?),
            Box::new(tf::train::GlobalStepWaiterHook::new(0)),
        ];
        let result = MonitoredSession::new(ChiefSessionCreator::default(), hooks)?.enter(|session| {
            let mut doubles = Vec::new();
            while !session.should_stop() {
                doubles.push(session.run((&train, &double))?.1.item::<f32>()?);
            }
            Ok(doubles)
        })?;
        assert_eq!(result, Some(vec![2.0, 4.0, 6.0, 8.0]));
        assert_eq!(values.get()[0].item::<i64>()?, 4);
        assert_eq!(*lines.lock().expect("lines"), ["2.0", "6.0"]);
        tf::summary::FileWriterCache::clear()?;
        let events = events(&scratch.path("p"));
        assert!(events.iter().any(|event| matches!(event.what, Some(What::TaggedRunMetadata(_)))));
        let files = std::fs::read_dir(scratch.path("p")).expect("a directory");
        let timelines = files.filter(|file| {
            file.as_ref().expect("an entry").file_name().to_string_lossy().starts_with("timeline-")
        });
        assert!(timelines.count() >= 2);
        Ok(())
    })
}

#[test]
fn errors_end_a_session_without_its_hooks() -> Result<()> {
    struct Ended(Arc<AtomicU32>);
    impl SessionRunHook for Ended {
        fn end(&mut self, _session: &tf::Session) -> Result<()> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    }
    let ended = Arc::new(AtomicU32::new(0));
    for (value, message) in [(f32::NAN, "NaN loss during training."), (1.0, "")] {
        in_graph(|| {
            let x = tf::placeholder(DType::FLOAT32, tf::TensorShape::scalar())?;
            tf::Variable::new(1.0)?;
            let hooks: Vec<Box<dyn SessionRunHook>> =
                vec![Box::new(Ended(ended.clone())), Box::new(tf::train::NanTensorHook::new(&x, true))];
            let session = MonitoredSession::new(ChiefSessionCreator::default(), hooks)?;
            let result = session.enter(|session| session.run_feed(&x, tf::feeds![&x => value]));
            match result {
                Err(error) => assert_eq!((error.exception(), error.message()), (Exception::Runtime, message)),
                Ok(_) => assert_eq!(message, ""),
            }
            Ok(())
        })?;
    }
    assert_eq!(ended.load(Ordering::SeqCst), 1);
    // Two feeds of one tensor.
    in_graph(|| {
        let x = tf::placeholder(DType::FLOAT32, tf::TensorShape::scalar())?;
        tf::Variable::new(1.0)?;
        let key = x.clone();
        let hooks: Vec<Box<dyn SessionRunHook>> =
            vec![Box::new(tf::train::FeedFnHook::new(move || Ok(FeedDict::new().feed(&key, 1.0))))];
        let mut session = MonitoredSession::new(ChiefSessionCreator::default(), hooks)?;
        let error = session.run_feed(&x, tf::feeds![&x => 2.0]).unwrap_err();
        assert!(error.message().starts_with("Same tensor is fed by a SessionRunHook and user."), "{error:?}");
        assert!(session.graph().finalized());
        session.close()
    })
}

#[test]
fn a_lost_session_is_opened_anew() -> Result<()> {
    struct Loses(bool);
    impl SessionRunHook for Loses {
        fn before_run(
            &mut self,
            _context: &tf::train::SessionRunContext<'_>,
        ) -> Result<Option<tf::train::SessionRunArgs>> {
            if std::mem::take(&mut self.0) {
                return Err(tf::Error::new(Code::Aborted, "the worker went away"));
            }
            Ok(None)
        }
    }
    in_graph(|| {
        let (_, train) = counting()?;
        let mut session = MonitoredSession::new(ChiefSessionCreator::default(), vec![Box::new(Loses(true))])?;
        let first = session.run(&train)?;
        assert_eq!(first.item::<i64>()?, 1);
        session.close()
    })
}

#[test]
fn coordinators_stop_threads() -> Result<()> {
    let coord = Coordinator::new();
    let count = Arc::new(AtomicU32::new(0));
    for _ in 0..3 {
        let count = count.clone();
        LooperThread::start(&coord, None, move || {
            std::thread::sleep(Duration::from_millis(1));
            match count.fetch_add(1, Ordering::SeqCst) {
                20 => Err(tf::Error::internal("enough")),
                _ => Ok(()),
            }
        });
    }
    assert!(coord.wait_for_stop(Some(Duration::from_secs(20))));
    let error = coord.join().unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::Internal, "enough"));
    assert!(coord.joined() && coord.should_stop());
    coord.clear_stop();
    assert!(!coord.should_stop() && !coord.wait_for_stop(Some(Duration::from_millis(1))));
    // The end of input is a reason to stop, and no error.
    coord.request_stop(Some(tf::Error::out_of_range("End of sequence")));
    coord.raise_requested_exception()?;
    coord.join()
}

#[test]
fn variables_begin_with_the_values_of_a_checkpoint() -> Result<()> {
    let scratch = Scratch::new();
    let mut writer = CheckpointWriter::create(scratch.path("m"))?;
    for (name, value) in [("old/a", 1.0f32), ("old/b", 2.0), ("c", 3.0)] {
        writer.add(name, &NdArray::vector(vec![value; 2]))?;
    }
    writer.finish()?;
    in_graph(|| {
        let variable = |name: &str, resource: bool| {
            tf::Variable::new_with([0.0, 0.0], |o| o.name(name).use_resource(resource))
        };
        let (a, b) = (variable("new/a", false)?, variable("new/b", true)?);
        let (c, d) = (variable("c", true)?, variable("d", false)?);
        let three = tf::Variable::new_with([0.0, 0.0, 0.0], |o| o.name("three"))?;
        let missing = tf::train::init_from_checkpoint(scratch.path("m"), [("none", &a)]).unwrap_err();
        assert!(missing.message().starts_with("Tensor none is not found in "), "{missing:?}");
        let shape = tf::train::init_from_checkpoint(scratch.path("m"), [("c", &three)]).unwrap_err();
        assert!(shape.message().starts_with("Shape of variable three:0 ((3,)) doesn't match"), "{shape:?}");
        tf::train::init_from_checkpoint(scratch.path("m"), [("old/", "new/")])?;
        tf::train::init_from_checkpoint(scratch.path("m"), [("c", &c)])?;
        let sess = tf::Session::new()?;
        sess.run(tf::global_variables_initializer()?)?;
        let firsts: Vec<f32> = sess
            .run([&a, &b, &c, &d])?
            .iter()
            .map(|value| Ok(value.as_slice::<f32>()?[1]))
            .collect::<Result<_>>()?;
        assert_eq!(firsts, [1.0, 2.0, 3.0, 0.0]);
        Ok(())
    })
}
