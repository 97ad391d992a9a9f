//! Event files have what TensorFlow's have.

use crate::checkpoints::Scratch;
use ferroflow_core::{NdArray, Result, TString};
use ferroflow_formats::read_events;
use ferroflow_proto::event::What;
use ferroflow_proto::summary::value::Value;
use ferroflow_proto::{Event, tensor_proto};
use ferroflow_v2 as tf;
use std::path::{Path, PathBuf};
use tf::summary;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/summaries").join(name)
}

fn floats(count: usize, of: impl Fn(f64) -> f64) -> Vec<f32> {
    (0..count).map(|at| of(at as f64) as f32).collect()
}

/// What tools/record_summaries.py writes.
fn write() -> Result<()> {
    assert!(summary::scalar_with("loss", 0.5, |o| o.step(3).description("The *loss*"))?);
    summary::scalar("count", 7, 3)?;
    summary::histogram_with("spread", [1.0, 2.0, 2.5, 10.0], |o| o.step(4).buckets(3))?;
    summary::histogram_with("one value", [2.0, 2.0], |o| o.step(4).buckets(3))?;
    summary::histogram_with("no value", Vec::<f32>::new(), |o| o.step(4).buckets(3))?;
    summary::histogram_with("integers", [[1, 2], [3, 3]], |o| o.step(4).buckets(2))?;
    summary::histogram("many", NdArray::vector((0..1000).map(|at| f64::from(at).sin()).collect()), 4)?;
    let ramp = NdArray::from_vec(&[2, 2, 3, 1], floats(12, |at| at.mul_add(1.2 / 11.0, -0.1)))?;
    summary::image("floats", ramp, 5)?;
    let bytes = NdArray::from_vec(&[2, 2, 2, 3], (0..24u8).collect())?;
    summary::image_with("bytes", bytes, |o| o.step(5).max_outputs(1usize))?;
    summary::text("words", [["a", "b"]], 6)?;
    summary::text_with("word", "one", |o| o.step(6).description("a word"))?;
    summary::audio("sound", NdArray::from_vec(&[1, 4, 2], floats(8, |at| at * 2.0 / 7.0 - 1.0))?, 8000, 7)?;
    summary::write("raw", [1, 2], 8, None)?;
    tf::name_scope("scope", || summary::scalar("inner", 1.0, 9))?;
    summary::experimental::set_step(11);
    summary::scalar("default step", 1.0, None)?;
    summary::experimental::set_step(None);
    let _off = summary::record_if(false);
    assert!(!summary::scalar("not recorded", 1.0, 12)?);
    Ok(())
}

fn events(path: &Path) -> Vec<Event> {
    read_events(path).unwrap().collect::<Result<_>>().unwrap()
}

/// The value of a summary; images as their pixels, for there are many ways to compress them.
fn value(event: &Event) -> (String, NdArray) {
    let Some(What::Summary(summary)) = &event.what else { panic!("{event:?} is no summary") };
    let Some(Value::Tensor(tensor)) = &summary.value[0].value else { panic!("{event:?} has no tensor") };
    (summary.value[0].tag.clone(), tensor_proto::to_array(tensor).unwrap())
}

fn pixels(array: NdArray) -> Result<Vec<String>> {
    let strings = array.into_vec::<TString>()?;
    let shown = strings.into_iter().map(|text| {
        if !text.as_bytes().starts_with(b"\x89PNG") {
            return Ok(format!("{text:?}"));
        }
        Ok(tf::image::decode_png(NdArray::scalar(text), 0)?.numpy()?.to_string())
    });
    shown.collect()
}

#[test]
fn event_files_have_what_those_of_tensorflow_have() -> Result<()> {
    let scratch = Scratch::new();
    let writer = summary::create_file_writer(scratch.path("logs"))?;
    {
        let _default = writer.as_default(None)?;
        write()?;
    }
    let path = writer.path().expect("a file");
    assert!(path.to_string_lossy().ends_with(".v2"), "{path:?}");
    let (found, expected) = (events(&path), events(&data("events")));
    assert_eq!(found[0].what, expected[0].what);
    assert_eq!(found.len(), expected.len());
    for (mut found, expected) in found.into_iter().zip(expected).skip(1) {
        assert!(found.wall_time > 1e9);
        found.wall_time = 0.0;
        let ((tag, ours), (_, theirs)) = (value(&found), value(&expected));
        if tag == "floats" || tag == "bytes" {
            assert_eq!(pixels(ours)?, pixels(theirs)?, "{tag}");
        } else if theirs.dtype() == tf::float64 {
            // Edges of buckets are sums of steps, which round in one way or another.
            assert_eq!(ours.shape(), theirs.shape(), "{tag}");
            for (ours, theirs) in ours.as_slice::<f64>()?.iter().zip(theirs.as_slice::<f64>()?) {
                assert!(
                    (ours - theirs).abs() <= 4.0 * f64::EPSILON * theirs.abs().max(1.0),
                    "{tag}: {ours} {theirs}"
                );
            }
        } else {
            assert_eq!(ours, theirs, "{tag}");
        }
        let without = |event: &Event| {
            let mut event = event.clone();
            if let Some(What::Summary(summary)) = &mut event.what {
                summary.value[0].value = None;
            }
            event
        };
        assert_eq!(without(&found), without(&expected), "{tag}");
    }
    writer.close()?;
    assert_eq!(writer.as_default(None).map(drop).unwrap_err().class_name(), "RuntimeError");
    Ok(())
}

#[test]
fn errors_are_those_of_tensorflow() -> Result<()> {
    let scratch = Scratch::new();
    let writer = summary::create_file_writer(scratch.path(""))?;
    let _default = writer.as_default(None)?;
    for line in std::fs::read_to_string(data("errors.txt")).unwrap().lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let refused = match fields[0] {
            "no step" => summary::scalar("a", 1.0, None),
            "vector" => summary::scalar("a", [1.0, 2.0], 1),
            "image rank" => summary::image("a", tf::zeros([2, 2, 3], tf::float32)?, 1),
            "audio rank" => summary::audio("a", tf::zeros([4], tf::float32)?, 8000, 1),
            "text dtype" => summary::text("a", 1, 1),
            other => panic!("{other} is recorded, and tried nowhere"),
        };
        let error = refused.expect_err(fields[0]);
        assert_eq!((error.class_name(), error.message()), (fields[1], fields[2]), "{}", fields[0]);
    }
    assert_eq!(summary::trace_on(true, false).unwrap_err().class_name(), "UnimplementedError");
    Ok(())
}

#[test]
fn traced_functions_write_each_time_they_run() -> Result<()> {
    let scratch = Scratch::new();
    let writer = summary::create_file_writer(scratch.path(""))?;
    assert!(!summary::scalar("no writer", 1.0, 1)?);
    let _default = writer.as_default(5)?;
    let double = tf::function(|x: &tf::Tensor| {
        summary::scalar("x", x, None)?;
        x * 2.0
    });
    for x in [1.0, 2.0, 3.0] {
        double.call(x)?;
    }
    assert!(summary::graph(
        &double.get_concrete_function(&[tf::TensorSpec::new(tf::Shape::scalar(), tf::float32)])?.graph()?
    )?);
    summary::flush()?;
    let found = events(&writer.path().expect("a file"));
    let values: Vec<(i64, f32)> = found[1..4]
        .iter()
        .map(|event| Ok((event.step, value(event).1.item::<f32>()?)))
        .collect::<Result<_>>()?;
    assert_eq!(values, [(5, 1.0), (5, 2.0), (5, 3.0)]);
    assert!(matches!(found[4].what, Some(What::GraphDef(_))));
    let noop = summary::create_noop_writer();
    let _noop = noop.as_default(None)?;
    assert!(!summary::scalar("nothing", 1.0, 1)?);
    Ok(())
}
