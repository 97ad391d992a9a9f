//! `WorkReader`: the records of files whose names come from a queue, behind the handles of v1's readers.

use crate::readers::{Lines, path};
use ferroflow_core::{Error, Resource, Result, bail, ensure, wire};
use ferroflow_formats::{Compression, TfRecordReader, open_compressed};
use std::io::{BufReader, ErrorKind, Read};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A record and its key.
pub(crate) type Record = (Vec<u8>, Vec<u8>);
/// The records of one piece of work, one after the other.
type Records = Box<dyn Iterator<Item = Result<Record>> + Send>;
/// Where the next piece of work comes from.
pub(crate) type NextWork<'a> = dyn FnMut() -> Result<Vec<u8>> + 'a;

/// What a reader makes of a piece of work.
#[derive(Clone)]
pub(crate) enum Kind {
    /// The piece itself.
    Identity,
    /// The content of the file that it names.
    WholeFile,
    /// The file's lines behind the first ones.
    TextLine { skipped: usize },
    /// The file's records in TensorFlow's format.
    TfRecord { compression: Compression },
    /// Records of one size between a header and a footer; each begins `hop` bytes behind the one before, if that is not 0.
    FixedLength { header: usize, record: usize, footer: usize, hop: usize, compression: Compression },
}

/// A reader behind a handle.
pub(crate) struct WorkReader {
    kind: Kind,
    /// The kind and the node's name, for messages.
    name: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The work in progress.
    current: Option<Records>,
    /// What went wrong with it: that does not change.
    failed: Option<Error>,
    work: Vec<u8>,
    started: i64,
    finished: i64,
    produced: i64,
}

impl Resource for WorkReader {
    fn type_name(&self) -> &'static str {
        "tensorflow::ReaderInterface"
    }
    fn mangled_name() -> &'static str {
        "N10tensorflow15ReaderInterfaceE"
    }
    fn debug_string(&self) -> String {
        "a reader".to_string()
    }
}

impl Kind {
    /// The class that TensorFlow has for it.
    fn class(&self) -> &'static str {
        match self {
            Kind::Identity => "IdentityReader",
            Kind::WholeFile => "WholeFileReader",
            Kind::TextLine { .. } => "TextLineReader",
            Kind::TfRecord { .. } => "TFRecordReader",
            Kind::FixedLength { .. } => "FixedLengthRecordReader",
        }
    }

    /// Whether a piece of work is one record, so that it is finished when that was produced.
    fn is_one_record(&self) -> bool {
        matches!(self, Kind::Identity | Kind::WholeFile)
    }

    /// Begins a piece of work.
    fn begin(&self, work: &[u8]) -> Result<Records> {
        let name = || match std::str::from_utf8(work) {
            Ok(name) => Ok(path(name)),
            Err(_) => Err(Error::invalid_argument("the name of a file must be UTF-8")),
        };
        let (owned, mut number) = (work.to_vec(), 0u64);
        let mut key = move |at: Option<u64>| {
            let at = at.unwrap_or(number);
            number += 1;
            [owned.as_slice(), format!(":{at}").as_bytes()].concat()
        };
        Ok(match self {
            Kind::Identity => Box::new(std::iter::once(Ok((work.to_vec(), work.to_vec())))),
            Kind::WholeFile => {
                let (path, work) = (name()?, work.to_vec());
                // The file is opened when it is read: one that is not there is tried again.
                Box::new(std::iter::once_with(move || {
                    let mut input = open_compressed(&path, Compression::None)?;
                    let mut content = Vec::new();
                    read(&mut input, u64::MAX, &mut content)?;
                    Ok((work, content))
                }))
            }
            Kind::TextLine { skipped } => {
                let lines = Lines(BufReader::new(open_compressed(name()?, Compression::None)?));
                let numbered = lines.zip(1u64..).skip(*skipped);
                Box::new(numbered.map(move |(line, number)| Ok((key(Some(number)), line?))))
            }
            Kind::TfRecord { compression } => {
                let mut records = TfRecordReader::open(name()?, *compression)?;
                Box::new(std::iter::from_fn(move || {
                    let offset = records.offset();
                    Some(records.next()?.map(|record| (key(Some(offset)), record)))
                }))
            }
            Kind::FixedLength { header, record, footer, hop, compression } => {
                let mut input = open_compressed(name()?, *compression)?;
                let mut ahead = Vec::new();
                read(&mut input, *header as u64, &mut ahead)?;
                ensure!(ahead.len() == *header, out_of_range, "reached end of file");
                ahead.clear();
                let (record, footer) = (*record, *footer);
                let hop = if *hop == 0 { record } else { *hop };
                let mut between = 0;
                Box::new(std::iter::from_fn(move || {
                    let size = between + record + footer;
                    let missing = size.saturating_sub(ahead.len());
                    if let Err(error) = read(&mut input, missing as u64, &mut ahead) {
                        return Some(Err(error));
                    }
                    if ahead.len() < size {
                        return None;
                    }
                    ahead.drain(..between);
                    let value = ahead[..record].to_vec();
                    between = hop;
                    Some(Ok((key(None), value)))
                }))
            }
        })
    }
}

fn read(input: &mut Box<dyn Read + Send>, size: u64, into: &mut Vec<u8>) -> Result<()> {
    match input.by_ref().take(size).read_to_end(into) {
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => {
            bail!(data_loss, "cannot read a record: {error}")
        }
        _ => Ok(()),
    }
}

impl WorkReader {
    pub(crate) fn new(kind: Kind, node: &str) -> WorkReader {
        let name = format!("{} '{node}'", kind.class());
        WorkReader { kind, name, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// At most so many records of one piece of work, at least one unless none is asked for.
    pub(crate) fn read(&self, most: usize, next_work: &mut NextWork<'_>) -> Result<Vec<Record>> {
        let mut guard = self.lock();
        let state = &mut *guard;
        loop {
            if state.current.is_none() {
                let work = next_work()?;
                state.current = Some(self.kind.begin(&work)?);
                (state.work, state.failed) = (work, None);
                state.started += 1;
            }
            let mut records = Vec::new();
            let mut ended = false;
            while let Some(current) = &mut state.current {
                if records.len() == most {
                    break;
                }
                if let Some(failed) = &state.failed {
                    return Err(failed.clone());
                }
                match current.next() {
                    Some(Ok(record)) => records.push(record),
                    Some(Err(error)) => {
                        state.failed = Some(error);
                        continue;
                    }
                    None => ended = true,
                }
                if ended || self.kind.is_one_record() {
                    state.current = None;
                    state.finished = state.started;
                }
            }
            state.produced = state.produced.saturating_add(records.len() as i64);
            if !records.is_empty() || most == 0 {
                return Ok(records);
            }
        }
    }

    /// How many records were produced, and how many pieces of work are finished.
    pub(crate) fn counts(&self) -> (i64, i64) {
        let state = self.lock();
        (state.produced, state.finished)
    }

    /// Forgets all.
    pub(crate) fn reset(&self) {
        *self.lock() = State::default();
    }

    /// The counts as a message; only readers of pieces that are one record can be stored.
    pub(crate) fn serialized(&self) -> Result<Vec<u8>> {
        ensure!(self.kind.is_one_record(), unimplemented, "Reader SerializeState");
        let state = self.lock();
        let mut message = Vec::new();
        for (field, value) in [(1, state.started), (2, state.finished), (3, state.produced)] {
            if value != 0 {
                wire::write_number(&mut message, field, value.cast_unsigned());
            }
        }
        // What is finished is not current.
        if state.current.is_some() && !state.work.is_empty() {
            wire::write_bytes(&mut message, 4, &state.work);
        }
        Ok(message)
    }

    /// Takes counts from a message.
    pub(crate) fn restore(&self, message: &[u8]) -> Result<()> {
        ensure!(self.kind.is_one_record(), unimplemented, "Reader RestoreState");
        let mut counts = [0i64; 3];
        for field in wire::Fields::new(message) {
            match field {
                Ok((number @ 1..=3, wire::Payload::Varint(value))) => {
                    counts[number as usize - 1] = value.cast_signed();
                }
                Ok(_) => {}
                Err(_) => bail!(
                    invalid_argument,
                    "Could not parse state for {}: {}",
                    self.name,
                    String::from_utf8_lossy(&ferroflow_core::print::c_escaped(message, false))
                ),
            }
        }
        let [started, finished, produced] = counts;
        ensure!(
            counts.iter().all(|count| *count >= 0),
            invalid_argument,
            "Unexpected negative value when restoring in {}: {started}, {finished}, {produced}",
            self.name
        );
        ensure!(
            started <= finished,
            invalid_argument,
            "Inconsistent work started vs. finished when restoring in {}: {started} vs. {finished}",
            self.name
        );
        *self.lock() = State { started, finished, produced, ..State::default() };
        Ok(())
    }
}
