//! SaveDatasetV2, LoadDataset: elements in the files that `tf.data.Dataset.save` writes.
//!
//! Beside `snapshot.metadata` stands the directory of a run, with a directory for each shard, and in it files of records: a
//! serialized tensor for each component.

use crate::captured::{Caller, CapturedFunction, ReadyFunction};
use crate::file_cache::check_dtype;
use crate::pipeline::{
    Context, Dataset, Element, Place, Specs, Stream, from_variant, input_dataset, next_number, publish,
    scalar, to_variant,
};
use crate::readers::path;
use ferroflow_core::{DType, Error, KernelCtx, NdArray, PartialShape, Result, TString, bail, ensure};
use ferroflow_formats::{Compression, TfRecordReader, TfRecordWriter, io_error};
use ferroflow_proto::{Message, SnapshotMetadataRecord, TensorProto, tensor_proto};
use std::any::Any;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

const METADATA: &str = "snapshot.metadata";
/// How elements are written: as records of serialized tensors.
const VERSION: i64 = 2;

struct Save {
    input: Arc<dyn Dataset>,
    directory: PathBuf,
    compression: Compression,
    /// Which shard an element goes to; the first one where there is no function.
    shard: Option<CapturedFunction>,
    caller: Caller,
}

impl Dataset for Save {
    fn kind(&self) -> &'static str {
        "SaveV2"
    }
    fn specs(&self) -> &Specs {
        self.input.specs()
    }
    fn cardinality(&self) -> i64 {
        self.input.cardinality()
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let caller = self.caller.at(place, "SaveV2");
        let shard = self.shard.as_ref().map(|shard| shard.instantiate(place.cx)).transpose()?;
        let input = place.input(&*self.input, &caller.name)?;
        let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros() as u64);
        // Runs of one moment, of this process or another, have different names.
        let run = micros ^ (u64::from(std::process::id()) << 40) ^ (next_number() << 20);
        let metadata = SnapshotMetadataRecord {
            run_id: run.to_string(),
            creation_timestamp: micros as i64,
            version: VERSION,
            dtype: self.input.specs().types.iter().map(|dtype| dtype.number()).collect(),
            ..SnapshotMetadataRecord::default()
        };
        let run = self.directory.join(&metadata.run_id);
        fs::create_dir_all(&run).map_err(|error| io_error(&run, &error))?;
        let stream = SaveStream {
            input: Some(input),
            directory: self.directory.clone(),
            compression: self.compression,
            shard,
            caller,
            metadata,
            writers: BTreeMap::new(),
        };
        stream.write_metadata()?;
        Ok(Box::new(stream))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct SaveStream {
    input: Option<Box<dyn Stream>>,
    directory: PathBuf,
    compression: Compression,
    shard: Option<ReadyFunction>,
    caller: Caller,
    metadata: SnapshotMetadataRecord,
    writers: BTreeMap<i64, TfRecordWriter>,
}

impl SaveStream {
    fn write_metadata(&self) -> Result<()> {
        let place = self.directory.join(METADATA);
        fs::write(&place, self.metadata.encode_to_vec()).map_err(|error| io_error(&place, &error))
    }

    fn shard(&self, element: &Element, cx: Context<'_>) -> Result<i64> {
        let Some(function) = &self.shard else { return Ok(0) };
        let result = function.call(element.clone(), cx).map_err(|error| self.caller.explain(error))?;
        match result.as_slice() {
            [shard] if shard.dtype() == DType::INT64 && shard.len() == 1 => Ok(shard.as_slice::<i64>()?[0]),
            _ => bail!(invalid_argument, "`shard_func` must return a scalar int64."),
        }
    }

    fn write(&mut self, shard: i64, element: &Element) -> Result<()> {
        if !self.writers.contains_key(&shard) {
            let place = self.directory.join(&self.metadata.run_id).join(format!("{shard:08}.shard"));
            fs::create_dir_all(&place).map_err(|error| io_error(&place, &error))?;
            let writer = TfRecordWriter::create(place.join("00000000.snapshot"), self.compression)?;
            self.writers.insert(shard, writer);
        }
        let Some(writer) = self.writers.get_mut(&shard) else { bail!(internal, "a shard is not open") };
        for value in element {
            writer.write(&tensor_proto::from_array(value)?.encode_to_vec())?;
        }
        Ok(())
    }
}

impl Stream for SaveStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        let Some(input) = &mut self.input else { return Ok(None) };
        if let Some(element) = input.next(cx)? {
            let shard = self.shard(&element, cx)?;
            self.write(shard, &element)?;
            self.metadata.num_elements += 1;
            return Ok(Some(element));
        }
        self.input = None;
        for writer in self.writers.values_mut() {
            writer.close()?;
        }
        self.metadata.finalized = true;
        self.write_metadata()?;
        Ok(None)
    }
}

/// The compression that an attribute names.
fn compression(cx: &KernelCtx<'_>) -> Result<Compression> {
    match cx.str("compression")? {
        name @ ("" | "GZIP" | "ZLIB") => name.parse(),
        other => bail!(unimplemented, "saved datasets with the compression {other:?}"),
    }
}

fn directory(cx: &KernelCtx<'_>, index: usize) -> Result<PathBuf> {
    let name: TString = scalar(cx, index, "path")?;
    match name.to_str() {
        Ok(name) => Ok(path(name)),
        Err(_) => bail!(invalid_argument, "the name of a directory must be UTF-8"),
    }
}

fn save_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, directory, compression) = (input_dataset(cx, 0)?, directory(cx, 1)?, compression(cx)?);
    let shard = match cx.bool("use_shard_func")? {
        true => Some(CapturedFunction::new(cx, "shard_func", 2)?),
        false => None,
    };
    let caller = Caller::new(cx);
    publish(cx, Save { input, directory, compression, shard, caller })
}

struct Load {
    run: PathBuf,
    compression: Compression,
    specs: Specs,
    count: i64,
    /// Makes the dataset, of one of the shards' datasets.
    reader: CapturedFunction,
    caller: Caller,
}

impl Dataset for Load {
    fn kind(&self) -> &'static str {
        "Load"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        self.count
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let caller = self.caller.at(place, "Load");
        let mut shards = Vec::new();
        for shard in listed(&self.run, "shard")? {
            let files = listed(&shard, "snapshot")?;
            shards.push(Shard { files, compression: self.compression, specs: self.specs.clone() });
        }
        let shards = to_variant(Arc::new(Shards::new(shards)));
        let reader = self.reader.instantiate(place.cx)?;
        let result = reader.call(vec![shards], place.cx).map_err(|error| caller.explain(error))?;
        match result.as_slice() {
            [dataset] => place.input(&*from_variant(dataset)?, &caller.name),
            _ => bail!(invalid_argument, "reader_func returns more than one argument."),
        }
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The entries of a directory whose names end so, in order.
fn listed(directory: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let failed = |error: std::io::Error| io_error(directory, &error);
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?.path();
        if entry.extension().is_some_and(|found| found == extension) {
            found.push(entry);
        }
    }
    found.sort();
    Ok(found)
}

/// The elements of one shard.
struct Shard {
    files: Vec<PathBuf>,
    compression: Compression,
    specs: Specs,
}

impl Dataset for Shard {
    fn kind(&self) -> &'static str {
        "SnapshotReader"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        crate::pipeline::UNKNOWN
    }
    fn stream(&self, _place: &Place<'_>) -> Result<Box<dyn Stream>> {
        Ok(Box::new(ShardStream {
            files: self.files.clone().into_iter(),
            compression: self.compression,
            types: self.specs.types.clone(),
            current: None,
        }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct ShardStream {
    files: std::vec::IntoIter<PathBuf>,
    compression: Compression,
    types: Vec<DType>,
    current: Option<TfRecordReader>,
}

impl ShardStream {
    /// The next element of a file.
    fn read(reader: &mut TfRecordReader, types: &[DType]) -> Result<Option<Element>> {
        let mut element = Vec::with_capacity(types.len());
        for (component, dtype) in types.iter().enumerate() {
            let Some(record) = reader.next() else {
                ensure!(component == 0, data_loss, "a snapshot ends within an element");
                return Ok(None);
            };
            let unreadable = |_| Error::data_loss("Unable to parse tensor from stored proto.");
            let proto = TensorProto::decode(record?.as_slice()).map_err(unreadable)?;
            let value = tensor_proto::to_array(&proto)?;
            check_dtype(component, *dtype, value.dtype())?;
            element.push(value);
        }
        Ok(Some(element))
    }
}

impl Stream for ShardStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        loop {
            if let Some(reader) = &mut self.current {
                if let Some(element) = ShardStream::read(reader, &self.types)? {
                    return Ok(Some(element));
                }
                self.current = None;
                cx.env.check()?;
            }
            let Some(file) = self.files.next() else { return Ok(None) };
            self.current = Some(TfRecordReader::open(file, self.compression)?);
        }
    }
}

/// The datasets of all shards, as elements.
struct Shards {
    shards: Vec<NdArray>,
    specs: Specs,
}

impl Shards {
    fn new(shards: Vec<Shard>) -> Shards {
        let shards = shards.into_iter().map(|shard| to_variant(Arc::new(shard))).collect();
        Shards { shards, specs: Specs { types: vec![DType::VARIANT], shapes: vec![PartialShape::scalar()] } }
    }
}

impl Dataset for Shards {
    fn kind(&self) -> &'static str {
        "SnapshotNestedDatasetReader"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        self.shards.len() as i64
    }
    fn stream(&self, _place: &Place<'_>) -> Result<Box<dyn Stream>> {
        Ok(Box::new(ShardsStream(self.shards.clone().into_iter())))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct ShardsStream(std::vec::IntoIter<NdArray>);

impl Stream for ShardsStream {
    fn next(&mut self, _cx: Context<'_>) -> Result<Option<Element>> {
        Ok(self.0.next().map(|shard| vec![shard]))
    }
}

fn load_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (directory, compression, specs) = (directory(cx, 0)?, compression(cx)?, Specs::from_attrs(cx)?);
    let reader = CapturedFunction::new(cx, "reader_func", 1)?;
    let place = directory.join(METADATA);
    let bytes = match fs::read(&place) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!(not_found, "Could not find metadata file [{}]", directory.display())
        }
        Err(error) => return Err(io_error(&place, &error)),
    };
    let Ok(metadata) = SnapshotMetadataRecord::decode(bytes.as_slice()) else {
        bail!(data_loss, "Could not parse {} as a SnapshotMetadataRecord", place.display())
    };
    ensure!(
        metadata.version == VERSION,
        unimplemented,
        "LoadDataset of snapshots of version {}: only version {VERSION} is known",
        metadata.version
    );
    ensure!(
        !metadata.run_id.is_empty() && metadata.run_id.bytes().all(|byte| byte.is_ascii_digit()),
        data_loss,
        "{} names no run",
        place.display()
    );
    let run = directory.join(&metadata.run_id);
    let count = metadata.num_elements.max(0);
    let caller = Caller::new(cx);
    publish(cx, Load { run, compression, specs, count, reader, caller })
}

dataset_op!(SAVE_DATASET_V2 "SaveDatasetV2" save_kernel);
dataset_op!(LOAD_DATASET "LoadDataset" load_kernel);
