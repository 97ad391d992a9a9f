//! RecordInput: records of files in random order, each once before any comes again.

use super::files_at;
use crate::{Compression, TfRecordReader};
use ferroflow_core::philox::{Philox, Singles};
use ferroflow_core::{Env, KernelCtx, NdArray, OpDef, Result, TString, bail, ensure, reserve, shape_fn};
use std::sync::{Mutex, PoisonError};

// TensorFlow registers no gradient.
pub(super) static RECORD_INPUT: OpDef =
    OpDef { name: "RecordInput", shape: shape_fn::unknown, kernel: Some(kernel), ..OpDef::NEW };

/// Where an op stands in its files. In which order records come depends on threads in TensorFlow; here one thread reads.
struct Yielder {
    files: Vec<String>,
    compression: Compression,
    /// The most records that wait for their turn.
    capacity: usize,
    /// By how much of the files the order is shifted from one pass to the next.
    shift: f64,
    pass: u64,
    /// The files of the present pass that were not opened yet, the next one last.
    left: Vec<String>,
    open: Option<TfRecordReader>,
    waiting: Vec<Vec<u8>>,
    random: Singles,
}

impl Yielder {
    fn new(cx: &KernelCtx<'_>) -> Result<Yielder> {
        let pattern = cx.str("file_pattern")?;
        let files = files_at(pattern, cx.env())?;
        ensure!(!files.is_empty(), not_found, "Found no files at {pattern}");
        let capacity = usize::try_from(cx.int("file_buffer_size")?).unwrap_or(0).max(1);
        Ok(Yielder {
            files,
            // Another name is no compression, as in TensorFlow 2.21.
            compression: cx.str("compression_type")?.parse().unwrap_or(Compression::None),
            capacity,
            shift: f64::from(cx.float("file_shuffle_shift_ratio")?),
            pass: 0,
            left: Vec::new(),
            open: None,
            waiting: Vec::new(),
            random: Singles::new(Philox::new(cx.int("file_random_seed")? as u64, 0)),
        })
    }

    fn below(&mut self, bound: usize) -> usize {
        self.random.next() as usize % bound.max(1)
    }

    /// Puts all files in an order for another pass.
    fn begin(&mut self) {
        let count = self.files.len();
        let mut order = self.files.clone();
        for position in (1..count).rev() {
            let other = self.below(position + 1);
            order.swap(position, other);
        }
        let shift = (self.pass as f64 * self.shift * count as f64) as usize % count.max(1);
        order.rotate_left(shift);
        self.left = order;
        self.pass += 1;
    }

    /// The next record of the present pass, if there is one.
    fn read(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            if let Some(record) = self.open.as_mut().and_then(Iterator::next) {
                return record.map(Some);
            }
            let Some(file) = self.left.pop() else {
                self.open = None;
                return Ok(None);
            };
            self.open = Some(TfRecordReader::open(file, self.compression)?);
        }
    }

    fn next(&mut self, env: &Env) -> Result<Vec<u8>> {
        let mut passes = 0;
        loop {
            while self.waiting.len() < self.capacity {
                env.check()?;
                let Some(record) = self.read()? else { break };
                self.waiting.push(record);
            }
            if !self.waiting.is_empty() {
                let chosen = self.below(self.waiting.len());
                return Ok(self.waiting.swap_remove(chosen));
            }
            // TensorFlow waits without end for the records of empty files.
            ensure!(passes < 2, out_of_range, "the files of RecordInput hold no records");
            passes += 1;
            self.begin();
        }
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let size = cx.int("batch_size")?;
    let Ok(count) = usize::try_from(size) else {
        bail!(invalid_argument, "batch_size must be >= 0, got {size}");
    };
    let state = cx.state(|| Mutex::new(None::<Yielder>))?;
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let yielder = match state.as_mut() {
        Some(yielder) => yielder,
        None => state.insert(Yielder::new(cx)?),
    };
    let mut records = reserve::<TString>(count)?;
    for _ in 0..count {
        records.push(TString::from(yielder.next(cx.env())?));
    }
    cx.set(0, NdArray::vector(records))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TfRecordWriter;
    use ferroflow_core::{Attrs, run_op};

    #[test]
    fn each_record_comes_once_before_any_comes_again() -> Result<()> {
        super::super::install();
        let path = std::env::temp_dir().join(format!("record_input_{}.tfrecord", std::process::id()));
        let mut writer = TfRecordWriter::create(&path, Compression::None)?;
        for record in [b"a", b"b", b"c", b"d", b"e"] {
            writer.write(record)?;
        }
        writer.close()?;
        let attrs = Attrs::new()
            .with("file_pattern", path.to_string_lossy().as_ref())
            .with("file_random_seed", 301i64)
            .with("file_shuffle_shift_ratio", 0f32)
            .with("file_buffer_size", 2i64)
            .with("file_parallelism", 16i64)
            .with("batch_size", 5i64)
            .with("compression_type", "");
        let (env, state) = (Env::default(), ferroflow_core::StateCell::default());
        for _ in 0..3 {
            let outputs = run_op(&RECORD_INPUT, &attrs, "records", &mut [], &env, Some(&state))?;
            let mut records = outputs[0].as_slice::<TString>()?.to_vec();
            records.sort();
            assert_eq!(records, ["a", "b", "c", "d", "e"].map(TString::from));
        }
        let _ = std::fs::remove_file(path);
        Ok(())
    }
}
