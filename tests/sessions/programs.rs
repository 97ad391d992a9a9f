//! Programs that show the same wherever their session runs.

use ferroflow::compat::v1::{self as tf, feeds};
use ferroflow::{
    Code, DType, NdArray, PartialShape, Result, Shape, SparseTensorValue, Tensor, ndarray::Array,
};
use ferroflow_core::Op;
use ferroflow_proto::run_options::TraceLevel;
use ferroflow_proto::{RunMetadata, RunOptions};
use std::fmt::Write;

pub(crate) type Program = fn(&tf::Session) -> Result<String>;

const NARROW: [&str; 10] = [
    "float8_e5m2",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e4m3b11fnuz",
    "float8_e5m2fnuz",
    "float4_e2m1fn",
    "int4",
    "uint4",
    "int2",
    "uint2",
];

pub(crate) const PROGRAMS: &[(&str, Program)] = &[
    ("arithmetic", arithmetic),
    ("every_dtype", every_dtype),
    ("narrow_dtypes", narrow_dtypes),
    ("large_tensors", large_tensors),
    ("graph_grows", graph_grows),
    ("variables", variables),
    ("resource_variables", resource_variables),
    ("control_flow", control_flow),
    ("sparse", sparse),
    ("partial_run", partial_run),
    ("partial_run_with_state", partial_run_with_state),
    ("callable", callable),
    ("trace", trace),
    ("queue", queue),
    ("queue_named_as_its_op", queue_named_as_its_op),
    ("errors", errors),
    ("time_limit", time_limit),
    ("devices", devices),
];

fn arithmetic(session: &tf::Session) -> Result<String> {
    let x = tf::placeholder(DType::FLOAT32, [2])?;
    let y = ((&x * 2.0)? + 1.0)?;
    let (sum, y) = session.run_feed((&tf::reduce_sum(&y, (), false)?, &y), feeds![&x => [1.0, 2.5]])?;
    Ok(format!("{sum:?} {y:?}"))
}

const DTYPES: &[DType] = &[
    DType::FLOAT32,
    DType::FLOAT64,
    DType::HALF,
    DType::BFLOAT16,
    DType::INT8,
    DType::INT16,
    DType::INT32,
    DType::INT64,
    DType::UINT8,
    DType::UINT16,
    DType::UINT32,
    DType::UINT64,
    DType::COMPLEX64,
    DType::COMPLEX128,
];

fn every_dtype(session: &tf::Session) -> Result<String> {
    let mut text = String::new();
    for &dtype in DTYPES {
        let x = tf::placeholder(dtype, PartialShape::default())?;
        let y = tf::identity(&x)?;
        for count in [0, 1, 3] {
            let values = NdArray::from_vec(&[count], vec![7i32; count])?.cast(dtype)?;
            let _ = writeln!(text, "{:?}", session.run_feed(&y, feeds![&x => &values])?);
        }
    }
    let flag = tf::placeholder(DType::BOOL, [2])?;
    let words = tf::placeholder(DType::STRING, [2])?;
    let both = (&tf::logical_not(&flag)?, &tf::identity(&words)?);
    let results = session.run_feed(both, feeds![&flag => [true, false], &words => ["", "a\u{0}\u{fc}"]])?;
    let _ = write!(text, "{results:?}");
    Ok(text)
}

fn narrow_dtypes(session: &tf::Session) -> Result<String> {
    let mut text = String::new();
    for name in NARROW {
        let dtype = DType::from_name(name).unwrap();
        let x = tf::placeholder(dtype, PartialShape::default())?;
        let y = tf::identity(&x)?;
        let constant = tf::constant(NdArray::from_bytes(dtype, Shape::new(&[3])?, &[1, 0, 1])?)?;
        for count in [0, 1, 3] {
            let value = NdArray::from_bytes(dtype, Shape::new(&[count])?, &[1, 1, 0][..count])?;
            let values = session.run_feed((&y, &constant), feeds![&x => &value])?;
            let bytes = [&values.0, &values.1].map(NdArray::as_bytes);
            let _ = writeln!(text, "{} {:?} {bytes:?}", values.0.dtype().name(), values.0.shape());
        }
    }
    Ok(text)
}

/// Above gRPC's usual limit of 4 MiB, both ways.
fn large_tensors(session: &tf::Session) -> Result<String> {
    let x = tf::placeholder(DType::FLOAT32, PartialShape::default())?;
    let y = (&x + 1.0)?;
    let value: NdArray = Array::from_elem((3, 1 << 20), 2.5f32).into();
    let y = session.run_feed(&y, feeds![&x => &value])?;
    Ok(format!("{:?} {}", y.shape(), y.as_slice::<f32>()?.iter().all(|value| *value == 3.5)))
}

fn graph_grows(session: &tf::Session) -> Result<String> {
    let a = tf::constant([1, 2])?;
    let first = session.run(&a)?;
    let b = (&a + &a)?;
    let second = session.run(&b)?;
    let third = session.run([&a, &b, &(&b * 3)?])?;
    Ok(format!("{first:?} {second:?} {third:?}"))
}

fn count(session: &tf::Session, v: &tf::Variable) -> Result<String> {
    let early = session.run(v).map(|_| ()).unwrap_err();
    session.run(v.initializer()?)?;
    let more = v.assign_add([10.0, 20.0])?;
    session.run(&more)?;
    let other = tf::Session::builder().graph(session.graph()).target(session.sess_str()).build()?;
    let seen = match session.sess_str() {
        // Sessions of a process have variables of their own, those of a server share them.
        "" => session.run(v)?,
        _ => other.run(v)?,
    };
    Ok(format!("{:?} {seen:?} {:?}", early.code(), session.run(&more)?))
}

fn variables(session: &tf::Session) -> Result<String> {
    count(session, &tf::Variable::new_with([1.0, 2.0], |o| o.name("programs_v"))?)
}

fn resource_variables(session: &tf::Session) -> Result<String> {
    count(session, &tf::Variable::new_with([1.0, 2.0], |o| o.name("programs_r").use_resource(true))?)
}

fn control_flow(session: &tf::Session) -> Result<String> {
    let n = tf::placeholder(DType::INT32, ())?;
    let collatz = tf::while_loop(
        |(value, _steps): &(Tensor, Tensor)| tf::greater(value, 1),
        |(value, steps): &(Tensor, Tensor)| {
            let odd = tf::equal(tf::floormod(value, 2)?, 1)?;
            let next = tf::cond(&odd, || (value * 3)? + 1, || tf::floordiv(value, 2))?;
            Ok((next, (steps + 1)?))
        },
        (n.clone(), tf::constant(0)?),
    )?;
    Ok(format!("{:?}", session.run_feed(&collatz.1, feeds![&n => 27])?))
}

fn sparse(session: &tf::Session) -> Result<String> {
    let st = tf::SparseTensor::new([[0, 1], [1, 0]], [3, 4], [2, 2])?;
    let fetched: SparseTensorValue = session.run(&st)?;
    let fed = SparseTensorValue::new([[1i64, 1], [0, 0]], [7, 8], [2i64, 2])?;
    Ok(format!("{fetched:?} {:?}", session.run_feed(&st, feeds![&st => &fed])?))
}

fn partial_run(session: &tf::Session) -> Result<String> {
    let a = tf::placeholder(DType::FLOAT32, ())?;
    let b = tf::placeholder(DType::FLOAT32, ())?;
    let sum = (&a + 1.0)?;
    let product = (&sum * &b)?;
    let handle = session.partial_run_setup([&sum, &product], &[&a, &b])?;
    let first = session.partial_run(&handle, &sum, feeds![&a => 2.0])?;
    let again = session.partial_run(&handle, &sum, feeds![]).unwrap_err();
    let second = session.partial_run(&handle, &product, feeds![&b => &first])?;
    Ok(format!("{first} {} {second}", again.message()))
}

/// What TensorFlow gives, too: tools/serve_programs.py has the same program.
fn partial_run_with_state(session: &tf::Session) -> Result<String> {
    let a = tf::placeholder(DType::FLOAT32, ())?;
    let b = tf::placeholder(DType::FLOAT32, ())?;
    let v = tf::Variable::new_with(0.0, |o| o.name("programs_partial"))?;
    let add = v.assign_add(&a)?;
    let branch = tf::cond(tf::greater(&a, 1.0)?, || &add * 10.0, || &add * 100.0)?;
    let turns = tf::while_loop(|n: &Tensor| tf::less(n, &b), |n: &Tensor| n + &a, tf::constant(0.0)?)?;
    let last = (&add + &b)?;
    session.run(v.initializer()?)?;
    let handle = session.partial_run_setup((&add, &branch, &turns, &last), &[&a, &b])?;
    let first = session.partial_run(&handle, (&add, &branch), feeds![&a => 3.0])?;
    let second = session.partial_run(&handle, (&turns, &last), feeds![&b => 4.0])?;
    Ok(format!("{first:?} {second:?} {:?}", session.run(&v)?))
}

fn callable(session: &tf::Session) -> Result<String> {
    let x = tf::placeholder(DType::FLOAT32, ())?;
    let square = (&x * &x)?;
    let square = session.make_callable(&square, &[&x])?;
    Ok(format!("{:?} {:?}", square.call([3.0])?, square.call([4.0])?))
}

fn trace(session: &tf::Session) -> Result<String> {
    let x = tf::placeholder(DType::FLOAT32, ())?;
    let y = Op::named("Sqrt").input(&x).name("root").one()?;
    let options = RunOptions { trace_level: TraceLevel::FullTrace as i32, ..RunOptions::default() };
    let mut metadata = RunMetadata::default();
    let value = session.run_with(&y, feeds![&x => 4.0], &options, Some(&mut metadata))?;
    let stats = metadata.step_stats.unwrap();
    let nodes = stats.dev_stats.iter().flat_map(|device| &device.node_stats);
    let roots: Vec<&str> =
        nodes.map(|node| node.node_name.as_str()).filter(|name| name.starts_with("root")).collect();
    Ok(format!("{value} {roots:?}"))
}

fn empty_queue() -> Result<(Tensor, Op)> {
    let queue = Op::named("FIFOQueueV2")
        .attr("component_types", vec![DType::INT32])
        .name(format!("programs_queue_{}", std::process::id()))
        .one()?;
    let take = Op::named("QueueDequeueV2").input(&queue).attr("component_types", vec![DType::INT32]);
    Ok((queue, take))
}

fn queue(session: &tf::Session) -> Result<String> {
    let (queue, take) = empty_queue()?;
    let put = Op::named("QueueEnqueueV2").input(&queue).inputs([tf::constant(5)?]).name("put");
    put.run()?;
    let taken = take.one()?;
    session.run("put")?;
    Ok(format!("{:?}", session.run(&taken)?))
}

/// Without a name of its own, it is the node's that runs share a queue by.
fn queue_named_as_its_op(session: &tf::Session) -> Result<String> {
    let queue = Op::named("FIFOQueueV2")
        .attr("component_types", vec![DType::INT32])
        .attr("container", format!("programs-{}", std::process::id()))
        .name("FIFOQueueV2")
        .one()?;
    Op::named("QueueEnqueueV2").input(&queue).inputs([tf::constant(5)?]).name("put").run()?;
    let size = Op::named("QueueSizeV2").input(&queue).one()?;
    session.run("put")?;
    session.run("put")?;
    let size = session.run(&size)?;
    assert!(size.item::<i32>()? >= 2, "a run made a queue of its own");
    Ok("shared".to_string())
}

fn errors(session: &tf::Session) -> Result<String> {
    let x = tf::placeholder(DType::INT32, PartialShape::default())?;
    let bad = Op::named("Reshape").input(&x).input([4]).name("bad").one()?;
    let failed = session.run_feed(&bad, feeds![&x => [1, 2, 3]]).map(|_| ()).unwrap_err();
    let message = failed.message();
    // A server says which task an error is from.
    let message =
        message.split_once(":\n").filter(|(task, _)| task.starts_with("From ")).map_or(message, |(_, m)| m);
    let unfed = session.run(&bad).map(|_| ()).unwrap_err();
    Ok(format!("{:?} {message} {:?} {:?}", failed.code(), failed.node(), unfed.code()))
}

fn time_limit(session: &tf::Session) -> Result<String> {
    let (_, take) = empty_queue()?;
    let options = RunOptions { timeout_in_ms: 300, ..RunOptions::default() };
    let started = std::time::Instant::now();
    let late = session.run_with(&take.one()?, feeds![], &options, None).map(|_| ()).unwrap_err();
    assert_eq!(late.code(), Code::DeadlineExceeded);
    assert!(started.elapsed().as_secs() < 10);
    // The session goes on.
    Ok(format!("{:?}", session.run(&tf::constant(1)?)?))
}

fn devices(session: &tf::Session) -> Result<String> {
    tf::constant(0)?;
    let devices = session.list_devices()?;
    let cpus = devices.iter().filter(|device| device.name.ends_with("/replica:0/task:0/device:CPU:0"));
    let kinds: Vec<(&str, i64)> =
        cpus.map(|device| (device.device_type.as_str(), device.memory_limit_bytes)).collect();
    session.close();
    Ok(format!("{kinds:?} {:?}", session.run("Const:0").unwrap_err()))
}
