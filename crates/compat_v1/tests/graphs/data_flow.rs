//! Programs about what ops keep and hand on: accumulators, kept tensors, readers.

use crate::Program;
use crate::record::{Run, recorded_graph};
use ferroflow_compat_v1::{self as tf, feeds};
use ferroflow_core::{Code, Error, NdArray, Result, TString};
use ferroflow_formats::{Compression, TfRecordWriter};
use std::path::Path;

pub(crate) const PROGRAMS: &[(&str, Program)] = &[
    ("accumulators", accumulators),
    ("sparse_accumulators", sparse_accumulators),
    ("session_handles", session_handles),
    ("mutable_tables", mutable_tables),
    ("slice_producer", slice_producer),
    ("old_tensor_arrays", old_tensor_arrays),
    ("mapped_functions", mapped_functions),
    ("dataset_functions", dataset_functions),
    ("uneven_batches", uneven_batches),
    ("mapped_batches", |run| dataset_elements(run, "mapped_batches")),
    ("parallel_filters", parallel_filters),
    ("readers", readers),
    ("queues", queues),
    ("batches_that_leave_out", batches_that_leave_out),
    ("batches_of_chosen_rows", batches_of_chosen_rows),
    ("joined_batches", joined_batches),
];

fn accumulators(run: &mut Run) -> Result<()> {
    let total = tf::ConditionalAccumulator::new_with(tf::float32, |o| {
        o.shape(tf::TensorShape::from([2])).name("total").shared_name("shared")
    })?;
    let first = tf::with_name("first", || total.apply_grad([1.0f32, 2.0], 0))?;
    let second = total.apply_grad(tf::constant([3.0f32, 4.0])?, tf::constant(1)?)?;
    let count = total.num_accumulated()?;
    let later = total.set_global_step(1)?;
    let taken = total.take_grad(1)?;
    let whole = tf::ConditionalAccumulator::new_with(tf::float64, |o| o.reduction_type("SUM"))?;
    let add = whole.apply_grad(tf::constant(NdArray::from_vec(&[1, 2], vec![1.0f64, 2.0])?)?, 0)?;
    run.run(&first)?;
    run.run(&second)?;
    run.run(&count)?;
    run.run(&taken)?;
    run.run(&later)?;
    run.run(&first)?;
    run.run(&second)?;
    run.run(&count)?;
    run.run(&taken)?;
    run.run(&add)?;
    run.run(&add)?;
    run.run(&whole.take_grad(2)?)
}

fn sparse_accumulators(run: &mut Run) -> Result<()> {
    let total =
        tf::SparseConditionalAccumulator::new_with(tf::float32, |o| o.shape(tf::TensorShape::from([4, 2])))?;
    let slices = tf::IndexedSlices::new(
        tf::constant([[1.0f32, 2.0], [3.0, 4.0]])?,
        tf::constant([0, 2])?,
        Some(tf::constant([4, 2])?),
    );
    let first = total.apply_indexed_slices_grad(&slices, 0)?;
    let second =
        total.apply_grad(tf::constant([2i64, 3])?, tf::constant([[5.0f32, 6.0], [7.0, 8.0]])?, None, 0)?;
    let third = total.apply_indexed_slices_grad(&slices, 5)?;
    let count = total.num_accumulated()?;
    let later = total.set_global_step(tf::constant(5)?)?;
    let both = total.take_grad(2)?;
    let taken = total.take_indexed_slices_grad(1)?;
    run.run(&first)?;
    run.run(&second)?;
    run.run(&count)?;
    run.run(&both)?;
    run.run(&later)?;
    run.run(&first)?;
    run.run(&third)?;
    run.run((&taken.indices, &taken.values, &taken.dense_shape))
}

fn session_handles(run: &mut Run) -> Result<()> {
    let x = tf::with_name("x", || tf::placeholder(tf::float32, [2]))?;
    let product = tf::with_name("product", || tf::multiply(&x, 3.0))?;
    let kept = tf::get_session_handle(&product)?;
    let text = tf::constant("abc")?;
    let text = tf::with_name("text", || tf::get_session_handle(&text))?;
    let session = run.session()?.clone();
    let handle = session.run_feed(&kept, feeds![&x => [1.0, 2.0]])?;
    let (holder, value) = tf::get_session_tensor(handle.handle(), tf::float32)?;
    let more = (&value + 1.0)?;
    let raw = session.run(&text)?.get_raw_handle();
    let (text_holder, delete) = tf::with_name("delete", || tf::delete_session_tensor(&raw))?;
    run.feed(&more, feeds![&holder => handle.handle()])?;
    run.feed(&product, feeds![&x => &handle])?;
    run.feed(&delete, feeds![&text_holder => raw.as_str()])?;
    run.keep(NdArray::scalar(TString::from(handle.handle())));
    run.keep(NdArray::scalar(TString::from(raw)));
    Ok(())
}

fn slice_producer(run: &mut Run) -> Result<()> {
    let rows = tf::constant([[1.0f32, 2.0], [3.0, 4.0], [5.0, 6.0]])?;
    let names = tf::constant(["a", "b", "c"])?;
    let slices = tf::train::slice_input_producer(&[rows, names], |o| o.num_epochs(1).shuffle(false))?;
    let session = run.session()?.clone();
    session.run(tf::local_variables_initializer()?)?;
    tf::train::start_queue_runners(&session, None)?;
    run.run(&slices)?;
    run.run(&slices)?;
    run.run(&slices[1])
}

/// Builds the recorded graph of a program.
fn import_recorded(name: &str) -> Result<()> {
    let graph_def = ferroflow_proto::text::from_text::<tf::GraphDef>(&recorded_graph(name));
    let graph_def = graph_def.map_err(|error| Error::internal(error.to_string()))?;
    let options = tf::ImportOptions { prefix: Some(String::new()), ..tf::ImportOptions::default() };
    tf::import_graph_def(&graph_def, &options).map(|_| ())
}

fn named(names: &[&str]) -> Result<Vec<ferroflow_core::Tensor>> {
    names.iter().map(|name| tf::get_default_graph().get_tensor_by_name(name)).collect()
}

/// Functions called on slices: no function of the API makes such nodes.
fn mapped_functions(run: &mut Run) -> Result<()> {
    import_recorded("mapped_functions")?;
    for node in ["known", "unknown", "nothing"] {
        run.run(named(&[&format!("{node}:0"), &format!("{node}:1")])?)?;
    }
    run.run(named(&["strings:0"])?)?;
    let refused = [
        "of_a_scalar",
        "of_fewer",
        "of_another_shape",
        "of_another_rank",
        "of_another_dtype",
        "of_fewer_outputs",
    ];
    refused.iter().try_for_each(|node| keep_refusal(run, node))
}

/// What is said where a node of a recorded graph gives no value.
fn keep_refusal(run: &mut Run, node: &str) -> Result<()> {
    let fetch = named(&[&format!("{node}:0")])?;
    let Err(error) = run.session()?.run(&fetch) else {
        return Err(Error::internal(format!("{node} gives a value")));
    };
    run.keep(NdArray::scalar(TString::from(error.message().lines().next().unwrap_or_default())));
    Ok(())
}

/// A message without the numbers of datasets, which they have in the order they are made, and the names of iterators, which
/// those of TensorFlow have after rewriting.
fn without_names(message: &str) -> String {
    let mut shown = message.to_string();
    if let Some((before, behind)) = shown.split_once(" transformation with iterator: ")
        && let Some((_, behind)) = behind.split_once(": ")
    {
        let before = before.trim_end_matches(|char: char| char.is_ascii_digit()).trim_end_matches(':');
        shown = format!("{before} transformation: {behind}");
    }
    match shown.strip_prefix("Iterator \"").and_then(|rest| rest.split_once('"')) {
        Some((_, behind)) => format!("Iterator{behind}"),
        None => shown,
    }
}

/// What datasets of a recorded graph give, in the order of their nodes; the iterator `other` begins anew before each.
fn dataset_elements(run: &mut Run, program: &str) -> Result<()> {
    import_recorded(program)?;
    let graph = tf::get_default_graph();
    let refill = graph.get_operation_by_name("refill").ok();
    let operations = graph.get_operations().into_iter().map(|operation| operation.name().to_string());
    for name in operations.filter_map(|name| name.strip_suffix("_make").map(str::to_string)) {
        run.run(named(&[&format!("{name}_size:0")])?)?;
        if let Some(refill) = &refill {
            run.run(refill)?;
        }
        run.run(&graph.get_operation_by_name(&format!("{name}_make"))?)?;
        let next = graph.get_operation_by_name(&format!("{name}_next"))?;
        let next = next.outputs();
        for _ in 0..8 {
            let Err(error) = run.run(next.clone()) else { continue };
            let message = error.message().lines().next().unwrap_or_default().to_string();
            let shown = without_names(&message);
            let class = format!("{:?}Error: {shown}", error.code());
            run.keep(NdArray::scalar(TString::from(class)));
            if message == "End of sequence" {
                break;
            }
        }
    }
    Ok(())
}

/// Functions of elements that fail, and those that meet the end of other data.
fn dataset_functions(run: &mut Run) -> Result<()> {
    dataset_elements(run, "dataset_functions")
}

/// Batches that cannot be taken apart, and those between them.
fn uneven_batches(run: &mut Run) -> Result<()> {
    dataset_elements(run, "uneven_batches")
}

/// Elements that a function chooses, several at once.
fn parallel_filters(run: &mut Run) -> Result<()> {
    dataset_elements(run, "parallel_filters")?;
    keep_refusal(run, "odd")
}

/// A graph of a time before arrays were resources: the recorded one.
fn old_tensor_arrays(run: &mut Run) -> Result<()> {
    import_recorded("old_tensor_arrays")?;
    run.run(named(&["flow:0", "unpacked:0", "packed:0", "read:0", "gathered:0", "count:0"])?)?;
    run.run(named(&["written:0", "all:0"])?)?;
    let closed = tf::get_default_graph().get_operation_by_name("closed")?;
    run.run((&named(&["joined:0", "joined:1"])?, &closed))
}

fn mutable_tables(run: &mut Run) -> Result<()> {
    use tf::lookup::experimental::{DenseHashTable, MutableHashTable};
    let table = MutableHashTable::new(tf::string, tf::int64, -1)?;
    let vectors = MutableHashTable::new_with(tf::int64, tf::float32, [0.0, -1.0], |o| o.name("vectors"))?;
    let dense = DenseHashTable::new_with(tf::int64, tf::float32, 0.5, -1, -2, |o| o.initial_num_buckets(8))?;
    let keys = tf::constant([7i64, 8])?;
    let insert = table.insert(["a", "b", "c"], tf::constant([1i64, 2, 3])?)?;
    let remove = table.remove(tf::constant(["b"])?)?;
    let found = table.lookup(["a", "b"])?;
    let fill = vectors.insert(&keys, [[1.0, 2.0], [3.0, 4.0]])?;
    let rows = vectors.lookup(tf::constant([8i64, 9])?)?;
    let put = dense.insert(&keys, [1.0, 2.0])?;
    let erase = dense.remove(tf::constant([7i64])?)?;
    let values = dense.lookup(&keys)?;
    run.run(&insert)?;
    run.run((&found, &table.size()?))?;
    run.run(&remove)?;
    run.run(&found)?;
    run.run(&fill)?;
    run.run(&rows)?;
    run.run(&put)?;
    run.run(&values)?;
    run.run(&erase)?;
    run.run((&values, &dense.size()?, &dense.export()?))
}

/// What the files of `readers` hold.
const FILES: [(&str, &[u8]); 3] =
    [("lines.txt", b"one\r\ntwo\n\nfour"), ("empty.txt", b""), ("more.txt", b"header\nfive\n")];

fn readers(run: &mut Run) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("ferroflow_readers_{}", std::process::id()));
    let io = |error: std::io::Error| Error::internal(error.to_string());
    std::fs::create_dir_all(&folder).map_err(io)?;
    for (name, content) in FILES {
        std::fs::write(folder.join(name), content).map_err(io)?;
    }
    for (name, compression, records) in [
        ("records", Compression::None, &["first", "", "third"][..]),
        ("zipped", Compression::Gzip, &["packed"][..]),
    ] {
        let mut writer = TfRecordWriter::create(folder.join(name), compression)?;
        for record in records {
            writer.write(record.as_bytes())?;
        }
        writer.close()?;
    }
    let done = read_all(run, &folder);
    std::fs::remove_dir_all(&folder).map_err(io)?;
    done
}

/// Each reader takes its work from a queue of its own, which is closed in the end.
fn read_all(run: &mut Run, folder: &Path) -> Result<()> {
    let all = ["lines.txt", "empty.txt", "more.txt"];
    let (lines, skipped) = (tf::TextLineReader::new()?, tf::TextLineReader::skipping(1)?);
    let (whole, records) = (tf::WholeFileReader::new()?, tf::TFRecordReader::new()?);
    let zipped = tf::TFRecordReader::compressed(Compression::Gzip)?;
    let around = tf::FixedLengthRecordReader::new_with(3, |o| o.header_bytes(1).footer_bytes(2))?;
    let hops = tf::FixedLengthRecordReader::new_with(3, |o| o.hop_bytes(1))?;
    let identity = tf::with_name("same", tf::IdentityReader::new)?;
    let made: [(&str, &tf::ReaderBase, &[&str]); 8] = [
        ("lines", &lines, &all),
        ("skipped", &skipped, &all),
        ("whole", &whole, &all[..2]),
        ("records", &records, &["records"]),
        ("zipped", &zipped, &["zipped"]),
        ("fixed", &around, &all[..1]),
        ("hops", &hops, &["more.txt", "empty.txt"]),
        ("identity", &identity, &["a", "b"]),
    ];
    let work = tf::with_name("work", || tf::placeholder(tf::string, tf::TensorShape::new([None])))?;
    let session = run.session()?.clone();
    for (name, reader, files) in made {
        let (put, one, some, counts, reset, close) = tf::name_scope(name, || {
            let queue = tf::train::string_input_producer(tf::constant(["unused"])?, |o| o.shuffle(false))?;
            Ok((
                queue.enqueue_many(std::slice::from_ref(&work))?,
                reader.read(&queue)?,
                reader.read_up_to(&queue, 2)?,
                [reader.num_records_produced()?, reader.num_work_units_completed()?],
                reader.reset()?,
                queue.close(false)?,
            ))
        })?;
        let path = |file: &&str| match name {
            "identity" => file.to_string(),
            _ => folder.join(file).to_string_lossy().into_owned(),
        };
        let paths: Vec<String> = files.iter().map(path).collect();
        session.run_feed(&put, feeds![&work => paths])?;
        session.run(&close)?;
        keep(run, folder, session.run(&one)?)?;
        run.run(&counts)?;
        loop {
            match session.run(&some) {
                Ok(values) => keep(run, folder, values)?,
                Err(error) if error.code() == Code::OutOfRange => break,
                Err(error) => return Err(error),
            }
        }
        run.run(&counts)?;
        if reader.supports_serialize() {
            let state = reader.serialize_state()?;
            run.run(&reset)?;
            run.run(&counts)?;
            run.run(&reader.restore_state(tf::constant("\x08\x05\x10\x05\x18\x07")?)?)?;
            run.run((&state, &counts))?;
        }
    }
    Ok(())
}

/// Keeps keys and values without the folder's name.
fn keep(run: &mut Run, folder: &Path, values: [NdArray; 2]) -> Result<()> {
    let prefix = format!("{}/", folder.display());
    for value in values {
        let texts = value.as_slice::<TString>()?.iter();
        let texts = texts.map(|text| TString::from(text.to_string_lossy().replace(&prefix, ""))).collect();
        run.keep(NdArray::vector(texts));
    }
    Ok(())
}

fn queues(run: &mut Run) -> Result<()> {
    let fifo = tf::FIFOQueue::new_with(4, &[tf::int32, tf::float32], |o| {
        o.shapes(vec![().into(), [2].into()]).shared_name("shared")
    })?;
    let (padding, priority, put, several) = tf::name_scope("outer", || {
        let open = vec![tf::TensorShape::from([None])];
        let padding = tf::PaddingFIFOQueue::new_with(4, &[tf::int32], open, |o| o.name("padding"))?;
        let priority = tf::PriorityQueue::new_with(4, &[tf::string], |o| o.shapes(vec![().into()]))?;
        let first = fifo.enqueue((1, [1.0, 2.0]))?;
        let many = tf::with_name("many", || fifo.enqueue_many(([2, 3], [[3.0, 4.0], [5.0, 6.0]])))?;
        let several = [
            padding.enqueue([1])?,
            padding.enqueue([2, 3])?,
            priority.enqueue_many(([3i64, 1], ["c", "a"]))?,
        ];
        Ok((padding, priority, [first, many], several))
    })?;
    let shuffle =
        tf::RandomShuffleQueue::new_with(4, 1, &[tf::int64], |o| o.shapes(vec![().into()]).seed(7))?;
    let mixed = shuffle.enqueue_many([4i64, 5, 6])?;
    let (size, closed) = (fifo.size()?, fifo.is_closed()?);
    let (first, rest) = (fifo.dequeue()?, fifo.dequeue_up_to(3)?);
    let (both, least) = (padding.dequeue_many(2)?, priority.dequeue()?);
    let taken = shuffle.dequeue()?;
    let end = fifo.close(true)?;
    for op in put.iter().chain(&several) {
        run.run(op)?;
    }
    run.run(&mixed)?;
    run.run((&size, &closed))?;
    run.run(&first)?;
    run.run(&end)?;
    run.run(&rest)?;
    run.run(&closed)?;
    run.run(&both)?;
    run.run(&least)?;
    run.run(&taken)
}

fn batches_that_leave_out(run: &mut Run) -> Result<()> {
    let numbers = tf::train::range_input_producer(8, |o| o.num_epochs(1).shuffle(false))?.dequeue()?;
    let number = &numbers[0];
    let even = tf::equal((number % 2)?, 0)?;
    let both = [number.clone(), tf::cast(number, tf::float32)?];
    let batch = tf::train::maybe_batch(&both, even, 2, |o| o)?;
    run.run(tf::local_variables_initializer()?)?;
    tf::train::start_queue_runners(run.session()?, None)?;
    run.run(&batch)?;
    run.run(&batch)
}

fn batches_of_chosen_rows(_run: &mut Run) -> Result<()> {
    let given = NdArray::from([[1, 2], [3, 4], [5, 6]]);
    let rows = tf::with_name("rows", || tf::placeholder_with_default(given, [3, 2]))?;
    let keep = tf::constant([true, false, true])?;
    tf::train::maybe_batch(&[rows], keep, 2, |o| {
        o.enqueue_many(true).allow_smaller_final_batch(true).name("mine")
    })?;
    let row = tf::with_name("row", || tf::placeholder(tf::float32, tf::TensorShape::from([None])))?;
    tf::train::batch(&[row], 2, |o| o.dynamic_pad(true).capacity(5))?;
    Ok(())
}

fn joined_batches(_run: &mut Run) -> Result<()> {
    let one = tf::with_name("one", || tf::constant(1.0))?;
    let other = tf::with_name("other", || tf::constant(2.0))?;
    let whole = tf::with_name("whole", || tf::constant([3, 4]))?;
    let keep = tf::with_name("keep", || tf::placeholder(tf::bool, ()))?;
    let lists = [vec![one.clone(), whole.clone()], vec![other.clone(), whole.clone()]];
    tf::train::batch_join(&lists, 2, |o| o)?;
    let lists = [vec![one], vec![other]];
    tf::train::maybe_batch_join(&lists, &keep, 2, |o| o.capacity(7))?;
    let next = [vec![whole.clone()], vec![(&whole + 1)?]];
    tf::train::shuffle_batch_join(&next, 2, 9, 3, |o| o.seed(5).enqueue_many(true))?;
    tf::train::maybe_shuffle_batch(&[whole], 2, 9, 3, &keep, |o| o.seed(6).name("mixed"))?;
    tf::train::maybe_shuffle_batch_join(&lists, 2, 9, 3, true, |o| o.seed(6))?;
    Ok(())
}
