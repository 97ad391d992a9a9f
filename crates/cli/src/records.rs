//! `ferroflow records`

use crate::args::RecordsArgs;
use crate::progress::{Progress, Unit};
use ferroflow_core::Result;
use ferroflow_formats::{Compression, TfRecordReader, io_error};
use ferroflow_proto::{Example, Message, feature};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is in TFRecord files, every checksum verified, as text or JSON.
pub(crate) fn records(args: &RecordsArgs) -> Result<String> {
    let compression: Compression = args.compression.parse()?;
    let size =
        |path: &Path| std::fs::metadata(path).map(|held| held.len()).map_err(|error| io_error(path, &error));
    let total = args.files.iter().map(|path| size(path)).sum::<Result<u64>>()?;
    let mut progress = Progress::new("read", Unit::Bytes, total);
    let mut features = Features::default();
    let mut files = Vec::new();
    for path in &args.files {
        let count = Count::of(path, compression, &mut features, &mut progress);
        files.push(count.map_err(|error| error.context(path.display()))?);
    }
    drop(progress);
    let files: Vec<_> = args.files.iter().zip(&files).collect();
    Ok(if args.json { to_json(&files, &features) } else { to_text(&files, &features) })
}

/// The records of a file.
#[derive(Default)]
struct Count {
    records: u64,
    bytes: u64,
    shortest: Option<u64>,
    longest: u64,
}

impl Count {
    fn of(
        path: &Path,
        compression: Compression,
        features: &mut Features,
        progress: &mut Progress,
    ) -> Result<Count> {
        let file = File::open(path).map_err(|error| io_error(path, &error))?;
        let read = Arc::new(AtomicU64::new(0));
        let file = BufReader::with_capacity(1 << 20, Counted { file, read: Arc::clone(&read) });
        let mut count = Count::default();
        for record in TfRecordReader::new(file, compression) {
            let record = record?;
            let size = record.len() as u64;
            count.records += 1;
            count.bytes += size;
            count.shortest = Some(count.shortest.map_or(size, |shortest| shortest.min(size)));
            count.longest = count.longest.max(size);
            features.add(&record);
            progress.advance(read.swap(0, Ordering::Relaxed));
        }
        Ok(count)
    }
}

/// A file that says how much was read of it, whatever is unpacked from that.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// The features of records that are `tf.train.Example`s.
#[derive(Default)]
struct Features {
    records: u64,
    examples: u64,
    by_name: BTreeMap<String, Feature>,
}

#[derive(Default)]
struct Feature {
    /// How many records have it with values of each kind.
    kinds: BTreeMap<&'static str, u64>,
    fewest: Option<usize>,
    most: usize,
}

impl Features {
    fn add(&mut self, record: &[u8]) {
        self.records += 1;
        let Ok(Example { features: Some(features) }) = Example::decode(record) else { return };
        self.examples += 1;
        for (name, held) in features.feature {
            let (kind, values) = match &held.kind {
                Some(feature::Kind::BytesList(list)) => ("bytes_list", list.value.len()),
                Some(feature::Kind::FloatList(list)) => ("float_list", list.value.len()),
                Some(feature::Kind::Int64List(list)) => ("int64_list", list.value.len()),
                None => ("empty", 0),
            };
            let feature = self.by_name.entry(name).or_default();
            *feature.kinds.entry(kind).or_insert(0) += 1;
            feature.fewest = Some(feature.fewest.map_or(values, |fewest| fewest.min(values)));
            feature.most = feature.most.max(values);
        }
    }

    /// Whether the records are examples: other bytes can be read as one by chance.
    fn are_all(&self) -> bool {
        self.records > 0 && self.examples == self.records
    }
}

fn to_text(files: &[(&PathBuf, &Count)], features: &Features) -> String {
    let mut text = String::new();
    for (path, count) in files {
        let Count { records, bytes, shortest, longest } = count;
        let shortest = shortest.unwrap_or(0);
        let _ = writeln!(
            text,
            "{}: records {records}, bytes {bytes}, of a record {shortest} to {longest}",
            path.display()
        );
    }
    if features.are_all() {
        let _ = writeln!(text, "\nfeatures of the examples:");
        for (name, feature) in &features.by_name {
            let kinds: Vec<_> =
                feature.kinds.iter().map(|(kind, count)| format!("{kind} in {count}")).collect();
            let (fewest, most) = (feature.fewest.unwrap_or(0), feature.most);
            let values = if fewest == most { format!("{most}") } else { format!("{fewest} to {most}") };
            let _ = writeln!(text, "  {name}: {}, values {values}", kinds.join(", "));
        }
    }
    text
}

fn to_json(files: &[(&PathBuf, &Count)], features: &Features) -> String {
    let files: Vec<_> = files
        .iter()
        .map(|(path, count)| {
            json!({
                "path": path.display().to_string(), "records": count.records, "bytes": count.bytes,
                "min_bytes": count.shortest, "max_bytes": count.longest,
            })
        })
        .collect();
    let by_name = features.by_name.iter().filter(|_| features.are_all()).map(|(name, feature)| {
        json!({
            "name": name, "kinds": feature.kinds, "min_values": feature.fewest, "max_values": feature.most,
        })
    });
    let by_name: Vec<_> = by_name.collect();
    format!("{}\n", json!({ "files": files, "features": by_name }))
}
