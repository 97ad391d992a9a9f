//! Where nodes run, what sessions share, and what of a configuration reaches the servers.

use crate::{in_graph, servers::Cluster, spec};
use ferroflow::Code;
use ferroflow::compat::v1::{self as tf, feeds};
use ferroflow_proto::run_options::TraceLevel;
use ferroflow_proto::{ConfigProto, RunMetadata, RunOptions};

/// The devices that the nodes of a step ran on, by the node.
fn placed(session: &tf::Session, fetch: &tf::Tensor) -> Vec<(String, String)> {
    let options = RunOptions { trace_level: TraceLevel::FullTrace as i32, ..RunOptions::default() };
    let mut metadata = RunMetadata::default();
    session.run_with(fetch, feeds![], &options, Some(&mut metadata)).unwrap();
    let stats = metadata.step_stats.unwrap();
    let devices = stats.dev_stats.iter();
    devices
        .flat_map(|device| {
            device.node_stats.iter().map(|node| (node.node_name.clone(), device.device.clone()))
        })
        .collect()
}

#[test]
fn nodes_run_where_they_are_placed() {
    let Some(cluster) = Cluster::start("placement", &["ps=1", "worker=2"]) else { return };
    let worker = cluster.task("worker", 0);
    in_graph(|| {
        let x = tf::placeholder_with_default([1.5f32, 2.5], [2])?;
        let far = tf::device("/job:worker/task:1", || tf::sqrt(&x))?;
        let near = tf::device("/job:worker/task:0", || tf::square(&far))?;
        let sess = tf::Session::builder().target(&worker.target()).build()?;
        let value = sess.run(&near)?;
        assert!(value.as_slice::<f32>()?.iter().zip([1.5, 2.5]).all(|(a, b)| (a - b).abs() < 1e-6));
        let placed = placed(&sess, &near);
        for (node, task) in [("Sqrt", 1), ("Square", 0)] {
            let device = format!("/job:worker/replica:0/task:{task}/device:CPU:0");
            assert!(placed.contains(&(node.to_string(), device)), "{node}: {placed:?}");
        }

        // All tasks of the cluster are seen, unless filters hide some.
        let names = |session: &tf::Session| -> ferroflow::Result<Vec<String>> {
            let devices = session.list_devices()?.into_iter().map(|device| device.name);
            let mut names: Vec<String> = devices.filter(|name| name.contains("CPU")).collect();
            names.sort();
            Ok(names)
        };
        let device = |task: &str| format!("/job:{task}/device:CPU:0");
        let all = ["ps/replica:0/task:0", "worker/replica:0/task:0", "worker/replica:0/task:1"];
        assert_eq!(names(&sess)?, all.map(device));
        let config = ConfigProto {
            device_filters: vec!["/job:ps".to_string(), "/job:worker/task:0".to_string()],
            ..ConfigProto::default()
        };
        let filtered = tf::Session::builder().target(&worker.target()).config(config).build()?;
        assert_eq!(names(&filtered)?, all[..2].iter().map(|task| device(task)).collect::<Vec<_>>());
        let error = filtered.run(&near).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.message().contains("Cannot assign a device for operation Sqrt"), "{error}");

        // An error says which task it is from.
        let bad = tf::device("/job:worker/task:1", || {
            let text = tf::placeholder_with_default("x", ())?;
            tf::strings::to_number(&text, tf::float32)
        })?;
        let error = sess.run(&bad).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        // It may have come to the session's own task before.
        assert!(error.message().contains("/job:worker/replica:0/task:1"), "{error}");
        assert!(
            error.message().contains("StringToNumberOp could not correctly convert string: x"),
            "{error}"
        );
        Ok(())
    });

    // Variables are those of the task that they are placed on.
    in_graph(|| {
        let setter = tf::train::replica_device_setter(|o| o.cluster(spec(&cluster)))?;
        let (v, r) = tf::device(setter, || {
            let v = tf::Variable::new_with([1.0f32, 2.0], |o| o.name("v"))?;
            let r = tf::Variable::new_with(3i64, |o| o.name("r").use_resource(true))?;
            Ok((v, r))
        })?;
        assert_eq!(v.device(), "/job:ps/task:0");
        let open = |worker: i32, config: ConfigProto| {
            let target = cluster.task("worker", worker).target();
            tf::Session::builder().target(&target).config(config).build()
        };
        let one = open(0, ConfigProto::default())?;
        one.run(tf::global_variables_initializer()?)?;
        one.run((v.assign_add([1.0f32, 1.0])?, r.assign_add(1i64)?))?;
        // Sessions through other workers see them, those that are isolated do not.
        let two = open(1, ConfigProto::default())?;
        let (seen, count) = two.run((&v, &r))?;
        assert_eq!(format!("{seen} {count}"), "[2. 3.] 4");
        let apart = open(1, ConfigProto { isolate_session_state: true, ..ConfigProto::default() })?;
        assert_eq!(apart.run(&v).unwrap_err().code(), Code::FailedPrecondition);
        // A reset empties the containers of every task.
        tf::Session::reset(&cluster.task("worker", 0).target(), &[])?;
        let three = open(0, ConfigProto::default())?;
        assert_eq!(three.run(&v).unwrap_err().code(), Code::FailedPrecondition);
        Ok(())
    });
    println!("nodes ran where they were placed on a cluster of TensorFlow's servers");
}

/// Servers that know nothing of each other become a cluster by the configuration of a session.
#[test]
fn sessions_bring_their_cluster() {
    let Some(first) = Cluster::start("cluster_def", &["local=1"]) else { return };
    let Some(second) = Cluster::start("cluster_def", &["local=1"]) else { return };
    let cluster = tf::train::ClusterSpec::new([(
        "worker",
        [&first, &second].map(|cluster| cluster.tasks[0].address.clone()),
    )]);
    let config = ConfigProto { cluster_def: Some(cluster.as_cluster_def()), ..ConfigProto::default() };
    in_graph(|| {
        let far = tf::device("/job:worker/task:1", || tf::add(1, 2))?;
        let target = first.tasks[0].target();
        let sess = tf::Session::builder().target(&target).config(config).build()?;
        assert_eq!(sess.run(&far)?.item::<i32>()?, 3);
        let devices = sess.list_devices()?;
        assert!(devices.iter().any(|device| device.name == "/job:worker/replica:0/task:1/device:CPU:0"));
        Ok(())
    });
}
