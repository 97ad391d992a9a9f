//! What a supervisor leaves behind is what TensorFlow's does: `tools/record_supervisor.py` holds the same program.

use ferroflow_compat_v1 as tf;
use ferroflow_core::{Error, Result};
use ferroflow_proto::event::What;
use ferroflow_proto::summary::value::Value;
use std::path::Path;
use std::time::Duration;

fn described(event: &ferroflow_proto::Event) -> String {
    let (kind, detail) = match &event.what {
        Some(What::FileVersion(_)) => ("file_version", String::new()),
        Some(What::GraphDef(_)) => ("graph_def", String::new()),
        Some(What::MetaGraphDef(_)) => ("meta_graph_def", String::new()),
        Some(What::SessionLog(log)) => ("session_log", log.status.to_string()),
        Some(What::Summary(summary)) => {
            let shown = summary.value.iter().map(|value| match &value.value {
                Some(Value::SimpleValue(number)) => format!("{}={number}", value.tag),
                _ => value.tag.clone(),
            });
            ("summary", shown.collect::<Vec<_>>().join(","))
        }
        _ => ("other", String::new()),
    };
    format!("event\t{kind}\t{}\t{detail}", event.step)
}

/// The program; its lines are those of the record.
fn lines(directory: &Path) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let step = tf::train::create_global_step()?;
    let v = tf::get_variable_with("v", |o| o.initializer(tf::Initializer::value(2.0).expect("a value")))?;
    tf::summary::scalar("doubled", (&v * 2.0)?)?;
    let train = tf::group(&[tf::assign(&v, (&v + 1.0)?)?.op()?, tf::assign_add(&step, 1)?.op()?], "train")?;
    let off = Duration::ZERO;
    let sv = tf::train::Supervisor::new_with(|o| {
        o.logdir(directory.to_path_buf()).save_model_secs(off).save_summaries_secs(off)
    })?;
    for session in 0..2 {
        std::thread::sleep(Duration::from_millis(1100) * session);
        sv.managed_session(
            |o| o,
            |sess| {
                lines.push(format!("value\t{}", sess.run(&v)?.item::<f32>()?));
                for _ in 0..3 {
                    sess.run(&train)?;
                }
                sv.summary_computed(sess, sess.run(sv.summary_op().expect("summaries"))?, None)?;
                let number = tf::train::global_step(sess, &step)?;
                let (saver, path) = (sv.saver().expect("a saver"), sv.save_path().expect("a path"));
                saver.save_with(sess, path, |o| o.global_step(number))?;
                lines.push(format!("value\t{}", sess.run(&v)?.item::<f32>()?));
                Ok(())
            },
        )?;
    }
    let sv = tf::train::Supervisor::new_with(|o| o.graph(tf::Graph::new()))?;
    sv.managed_session(
        |o| o,
        |_| {
            sv.request_stop(Some(Error::out_of_range("the end")));
            lines.push(format!("stopped\t{}", if sv.should_stop() { "True" } else { "False" }));
            Ok(())
        },
    )?;
    if let Err(error) = sv.managed_session(|o| o, |_| Err::<(), _>(Error::value("bad"))) {
        lines.push(format!("error\t{}", error.message()));
    }
    let mut names: Vec<String> = std::fs::read_dir(directory)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    names.sort_unstable();
    let (events, files): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| name.starts_with("events."));
    lines.extend(files.iter().map(|name| format!("file\t{name}")));
    for name in events {
        for event in tf::train::summary_iterator(directory.join(name))? {
            lines.push(described(&event?));
        }
    }
    Ok(lines)
}

#[test]
fn sessions_files_and_events_are_tensorflows() {
    let directory = std::env::temp_dir().join(format!("ferroflow-supervisor-{}", std::process::id()));
    let found = tf::Graph::new().as_default_scope(|| lines(&directory));
    std::fs::remove_dir_all(&directory).expect("a directory");
    let expected: Vec<&str> = include_str!("data/supervisor.txt").lines().collect();
    assert_eq!(found.expect("no error"), expected);
}
