//! Datasets in graphs: iterators, their nodes and errors.

use ferroflow_compat_v1 as tf;
use tf::data::{self, Dataset, Iterator};
use tf::{Graph, Result, Session, Tensor};

/// What a session gives until the end of the data, and the error there.
fn drain(sess: &Session, next: &Tensor) -> (Vec<String>, tf::Error) {
    let mut found = Vec::new();
    loop {
        match sess.run(next) {
            Ok(value) => found.push(value.to_string()),
            Err(error) => return (found, error),
        }
    }
}

fn in_graph<R>(f: impl FnOnce(&Graph) -> Result<R>) -> R {
    let graph = Graph::new();
    graph.as_default_scope(|| f(&graph)).expect("a graph")
}

fn nodes(graph: &Graph) -> Vec<String> {
    let nodes = graph.as_graph_def().expect("a message").node;
    let line = |node: &ferroflow_proto::NodeDef| {
        let mark = if node.attr.contains_key("_class") { "*" } else { "" };
        format!("{} {}({}){mark}", node.name, node.op, node.input.join(" "))
    };
    nodes.iter().map(line).collect()
}

#[test]
fn one_shot_iterators_go_through_once() {
    in_graph(|graph| {
        let next = data::make_one_shot_iterator(&Dataset::range(3)?.map(|x| x * 2)?)?.get_next()?;
        let expected = [
            "start Const()",
            "stop Const()",
            "step Const()",
            "RangeDataset RangeDataset(start stop step)",
            "MapDataset MapDataset(RangeDataset)",
            "OneShotIterator OneShotIterator()*",
            "IteratorToStringHandle IteratorToStringHandle(OneShotIterator)*",
            "IteratorGetNext IteratorGetNext(OneShotIterator)*",
        ];
        assert_eq!(nodes(graph), expected);
        let sess = Session::new()?;
        let (found, end) = drain(&sess, &next);
        assert_eq!(found, ["0", "2", "4"]);
        assert_eq!((end.class_name(), end.message()), ("OutOfRangeError", "End of sequence"));
        // Another session has an iterator of its own.
        assert_eq!(drain(&Session::new()?, &next).0.len(), 3);
        Ok(())
    });
}

/// TensorFlow 2.21 gives -2 for both: the function may end the elements.
#[test]
fn nobody_knows_how_many_elements_a_mapped_dataset_has() {
    in_graph(|_| {
        let one = Dataset::range(5)?.map(|x| x * 2)?.cardinality()?;
        let several = Dataset::range(5)?.map_with(|x| x * 2, |o| o.num_parallel_calls(2))?.cardinality()?;
        let found = Session::new()?.run([&one, &several])?;
        assert_eq!(found.map(|size| size.to_string()), ["-2", "-2"]);
        Ok(())
    });
}

#[test]
fn initializable_iterators_have_the_nodes_of_tensorflow() {
    in_graph(|graph| {
        graph.set_seed(Some(7));
        let dataset = Dataset::range(3)?.shuffle(3)?.batch(2)?.repeat(-1)?;
        data::make_initializable_iterator(&dataset, None)?.get_next()?;
        let expected = [
            "start Const()",
            "stop Const()",
            "step Const()",
            "RangeDataset RangeDataset(start stop step)",
            "buffer_size Const()",
            "seed Const()",
            "seed2/Const Const()",
            "seed2/Equal/y Const()",
            "seed2/Equal Equal(seed seed2/Equal/y)",
            "seed2/Equal_1/y Const()",
            "seed2/Equal_1 Equal(seed2/Const seed2/Equal_1/y)",
            "seed2/LogicalAnd LogicalAnd(seed2/Equal seed2/Equal_1)",
            "seed2/Const_1 Const()",
            "seed2 SelectV2(seed2/LogicalAnd seed2/Const_1 seed2/Const)",
            "ShuffleDataset ShuffleDataset(RangeDataset buffer_size seed seed2)",
            "batch_size Const()",
            "drop_remainder Const()",
            "BatchDatasetV2 BatchDatasetV2(ShuffleDataset batch_size drop_remainder)",
            "count Const()",
            "RepeatDataset RepeatDataset(BatchDatasetV2 count)",
            "IteratorV2 IteratorV2()*",
            "MakeIterator MakeIterator(RepeatDataset IteratorV2)*",
            "IteratorToStringHandle IteratorToStringHandle(IteratorV2)*",
            "IteratorGetNext IteratorGetNext(IteratorV2)*",
        ];
        assert_eq!(nodes(graph), expected);
        Ok(())
    });
}

/// The orders are those of a TensorFlow program with `set_random_seed(7)`.
#[test]
fn shuffles_start_again_with_their_seeds() {
    let shuffled = |make: &dyn Fn() -> Result<Dataset<Tensor>>| {
        in_graph(|graph| {
            graph.set_seed(Some(7));
            let iterator = make()?.make_initializable_iterator(None)?;
            let next = iterator.get_next()?;
            let sess = Session::new()?;
            let mut passes = Vec::new();
            for _ in 0..2 {
                sess.run(iterator.initializer()?)?;
                passes.push(drain(&sess, &next).0.join(" "));
            }
            assert_eq!(passes[0], passes[1]);
            Ok(passes.remove(0))
        })
    };
    let seeded = shuffled(&|| Dataset::range(8)?.shuffle_with(4, |o| o.seed(2))?.repeat(2));
    assert_eq!(seeded, "2 3 4 1 5 7 6 0 3 2 0 1 6 4 5 7");
    let nested =
        shuffled(&|| Dataset::range(3)?.flat_map(|_| Dataset::range(4)?.shuffle_with(4, |o| o.seed(1))));
    assert_eq!(nested, "1 3 0 2 1 3 0 2 1 3 0 2");
    let fixed = shuffled(&|| {
        Dataset::range(8)?.shuffle_with(4, |o| o.seed(3).reshuffle_each_iteration(false))?.repeat(2)
    });
    assert_eq!(fixed, "1 3 2 0 6 5 4 7 1 3 2 0 6 5 4 7");
}

#[test]
fn placeholders_are_read_by_the_initializer() {
    in_graph(|_| {
        let p = tf::placeholder(tf::int64, tf::TensorShape::scalar())?;
        let iterator = Dataset::range(&p)?.map(|x| x + &p)?.make_initializable_iterator(None)?;
        let next = iterator.get_next()?;
        let sess = Session::new()?;
        for (value, expected) in [(2i64, "2 3"), (3, "3 4 5")] {
            sess.run_feed(iterator.initializer()?, tf::feeds![&p => value])?;
            assert_eq!(drain(&sess, &next).0.join(" "), expected);
        }
        Ok(())
    });
}

#[test]
fn iterators_change_their_dataset() {
    in_graph(|graph| {
        let iterator =
            Iterator::from_structure(tf::TensorSpec::new(tf::TensorShape::scalar(), tf::int64), None)?;
        let first = iterator.make_initializer(&Dataset::range(2)?)?;
        let second = iterator.make_initializer(&Dataset::range((10, 13))?)?;
        let next = iterator.get_next()?;
        assert!(
            nodes(graph).contains(&"make_initializer_1 MakeIterator(RangeDataset_1 IteratorV2)*".to_string())
        );
        let sess = Session::new()?;
        sess.run(&first)?;
        assert_eq!(drain(&sess, &next).0.join(" "), "0 1");
        sess.run(&second)?;
        assert_eq!(drain(&sess, &next).0.join(" "), "10 11 12");
        Ok(())
    });
}

#[test]
fn a_string_chooses_the_iterator() {
    in_graph(|_| {
        let first = Dataset::range(3)?.make_one_shot_iterator()?;
        let second = Dataset::range((10, 13))?.make_initializable_iterator(None)?;
        let handle = tf::placeholder(tf::string, tf::TensorShape::scalar())?;
        let either =
            Iterator::from_string_handle(&handle, tf::TensorSpec::new(tf::TensorShape::scalar(), tf::int64))?;
        let next = either.get_next()?;
        let sess = Session::new()?;
        sess.run(second.initializer()?)?;
        let names = sess.run((&first.string_handle()?, &second.string_handle()?))?;
        let mut found = Vec::new();
        for name in [&names.0, &names.1, &names.0] {
            found.push(sess.run_feed(&next, tf::feeds![&handle => name])?.to_string());
        }
        assert_eq!(found, ["0", "10", "1"]);
        Ok(())
    });
}

#[test]
fn errors_are_those_of_tensorflow() {
    in_graph(|_| {
        let error = |result: Result<()>| {
            let error = result.expect_err("an error");
            format!("{}: {}", error.class_name(), error.message())
        };
        let p = tf::placeholder(tf::int64, tf::TensorShape::scalar())?;
        assert_eq!(
            error(Dataset::range(&p)?.make_one_shot_iterator().map(drop)),
            "ValueError: Cannot capture a placeholder (name:Placeholder, type:Placeholder) by value."
        );
        let number = || tf::TensorSpec::new(tf::TensorShape::scalar(), tf::int64);
        let iterator = Iterator::from_structure(number(), None)?;
        assert!(
            error(iterator.initializer().map(drop))
                .starts_with("ValueError: The iterator does not have an initializer.")
        );
        assert_eq!(
            error(iterator.make_initializer(&Dataset::from_tensors(1.0)?).map(drop)),
            "TypeError: Expected output types tf.int64 but got dataset with output types tf.float32."
        );
        assert_eq!(
            error(
                Iterator::from_structure(number(), None)?
                    .make_initializer(&Dataset::range(4)?.batch(2)?)
                    .map(drop)
            ),
            "TypeError: Expected output shapes compatible with TensorShape([]) but got dataset with output shapes \
             TensorShape([Dimension(None)])."
        );
        let next = iterator.get_next()?;
        assert_eq!(
            error(Session::new()?.run(&next).map(drop)),
            "FailedPreconditionError: GetNext() failed because the iterator has not been initialized. Ensure that you \
             have run the initializer operation for this iterator before getting the next element."
        );
        Ok(())
    });
}

#[test]
fn structures_and_variables_pass_through() {
    in_graph(|_| {
        let weights = tf::get_variable_with("w", |o| {
            o.shape([2]).initializer(tf::ones_initializer()).use_resource(true)
        })?;
        let scale = weights.value()?;
        let columns = std::collections::BTreeMap::from([
            ("x", [[1.0, 2.0], [3.0, 4.0]]),
            ("y", [[0.0, 1.0], [1.0, 0.0]]),
        ]);
        let dataset = Dataset::from_tensor_slices(columns)?.map(|columns| &columns["x"] * &scale)?;
        let iterator = dataset.make_initializable_iterator(None)?;
        let next = iterator.get_next()?;
        assert_eq!(
            (iterator.output_types(), iterator.output_shapes()[0].to_i64()),
            (vec![tf::float32], Some(vec![2]))
        );
        let sess = Session::new()?;
        sess.run(tf::global_variables_initializer()?)?;
        sess.run(iterator.initializer()?)?;
        assert_eq!(drain(&sess, &next).0, ["[1. 2.]", "[3. 4.]"]);
        Ok(())
    });
}

#[test]
fn tables_of_text_are_read_in_graphs() {
    let path = std::env::temp_dir().join(format!("graph-table-{}.csv", std::process::id()));
    std::fs::write(&path, "name,count,old\nash,3,1\nelm,,0\noak,7,1\n").expect("a file");
    let name = path.to_str().expect("a name");
    in_graph(|_| {
        let batches =
            data::experimental::make_labeled_csv_dataset(name, 2, "old", |o| o.num_epochs(1).shuffle(false))?;
        let (features, old) = batches.make_one_shot_iterator()?.get_next()?;
        let sess = Session::new()?;
        let fetches = (&features["count"], &old);
        let (count, old) = sess.run(fetches)?;
        assert_eq!(format!("{count} {old}"), "[3 0] [1 0]");
        let (count, old) = sess.run(fetches)?;
        assert_eq!(format!("{count} {old}"), "[7] [1]");
        assert_eq!(sess.run(fetches).map(drop).unwrap_err().class_name(), "OutOfRangeError");
        Ok(())
    });
    in_graph(|graph| {
        data::experimental::CsvDataset::new(name, ("", tf::int32))?;
        let names: Vec<String> =
            nodes(graph).iter().map(|node| node.split(' ').next().unwrap_or("").to_string()).collect();
        assert_eq!(
            names,
            [
                "filenames",
                "compression_type",
                "Const",
                "record_defaults_0",
                "buffer_size",
                "header",
                "field_delim",
                "use_quote_delim",
                "na_value",
                "select_cols",
                "exclude_cols",
                "CSVDatasetV2",
            ]
        );
        Ok(())
    });
    std::fs::remove_file(path).expect("the file");
}
