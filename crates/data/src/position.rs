//! `Running`: an iterator with its place among the elements, which can be kept and found again.
//!
//! A place is how many elements were asked for, and which seeds the parts of the iterator drew. An iterator that is put
//! there draws the same, and passes over as many elements: it makes them again.

use crate::pipeline::{Context, Dataset, Element, Functions, Place, Stream};
use crate::reduce::ROOT;
use ferroflow_core::variant_bytes::{push_varint, take_varint};
use ferroflow_core::{Env, Error, Result, ensure};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What places are written with, and how.
const FORMAT: &[u8] = b"ferroflow iterator 1";

/// How many runs of draws are taken down: datasets within elements can draw without end.
const MOST_RUNS: usize = 1 << 16;

/// The seeds that a part of an iterator drew: the pair of this number of the stream that two seeds begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Draw {
    pub(crate) seeds: (u64, u64),
    pub(crate) number: u64,
}

/// Draws of one part that follow each other.
#[derive(Clone, Copy)]
struct Run {
    first: Draw,
    count: u64,
}

/// The seeds that the parts of an iterator drew, by the names of the parts.
#[derive(Clone, Default)]
pub(crate) struct Draws(Arc<Mutex<Drawn>>);

#[derive(Default)]
struct Drawn {
    made: BTreeMap<String, Vec<Run>>,
    /// How many runs there are; more than [`MOST_RUNS`] are forgotten.
    runs: usize,
    /// Those that are to be drawn again.
    again: BTreeMap<String, VecDeque<Run>>,
}

impl Draws {
    fn lock(&self) -> MutexGuard<'_, Drawn> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a part is to draw again, if it drew before the iterator was put to its place.
    pub(crate) fn again(&self, name: &str) -> Option<Draw> {
        let mut drawn = self.lock();
        let runs = drawn.again.get_mut(name)?;
        let run = runs.front_mut()?;
        let draw = run.first;
        run.first.number = draw.number.wrapping_add(1);
        run.count = run.count.saturating_sub(1);
        if run.count == 0 {
            runs.pop_front();
        }
        Some(draw)
    }

    /// Takes down what a part has drawn.
    pub(crate) fn add(&self, name: &str, draw: Draw) {
        let mut drawn = self.lock();
        if drawn.runs > MOST_RUNS {
            return;
        }
        if let Some(last) = drawn.made.get_mut(name).and_then(|runs| runs.last_mut())
            && last.first.seeds == draw.seeds
            && last.first.number.wrapping_add(last.count) == draw.number
        {
            last.count += 1;
            return;
        }
        drawn.runs += 1;
        if drawn.runs > MOST_RUNS {
            drawn.made.clear();
        } else {
            drawn.made.entry(name.to_string()).or_default().push(Run { first: draw, count: 1 });
        }
    }
}

/// An iterator that has begun.
pub struct Running {
    dataset: Arc<dyn Dataset>,
    stream: Box<dyn Stream>,
    functions: Functions,
    /// How many elements were made, or could not be.
    taken: u64,
}

impl Running {
    /// Begins to go through a dataset.
    ///
    /// # Errors
    /// Those of functions and files that are needed before the first element.
    pub fn begin(dataset: Arc<dyn Dataset>, env: &Env) -> Result<Running> {
        Running::with(dataset, Functions::default(), env)
    }

    fn with(dataset: Arc<dyn Dataset>, functions: Functions, env: &Env) -> Result<Running> {
        let cx = Context { env, functions: &functions };
        let stream = dataset.stream(&Place { prefix: &format!("{ROOT}::Root"), cx })?;
        Ok(Running { dataset, stream, functions, taken: 0 })
    }

    /// The next element; `None` at the end.
    ///
    /// # Errors
    /// What keeps this element from being made. The elements behind it can still be asked for.
    pub fn next(&mut self, env: &Env) -> Result<Option<Element>> {
        let next = self.stream.next(Context { env, functions: &self.functions });
        self.taken += u64::from(!matches!(next, Ok(None)));
        next
    }

    /// The place, for [`Running::restore`] in this process or another.
    ///
    /// # Errors
    /// `Unimplemented` for an iterator whose parts drew seeds more often than is taken down.
    pub fn save(&self) -> Result<Vec<u8>> {
        let mut bytes = FORMAT.to_vec();
        let text = |bytes: &mut Vec<u8>, text: &str| {
            push_varint(bytes, text.len() as u64);
            bytes.extend_from_slice(text.as_bytes());
        };
        text(&mut bytes, self.dataset.kind());
        push_varint(&mut bytes, self.taken);
        let drawn = self.functions.draws().lock();
        ensure!(
            drawn.runs <= MOST_RUNS,
            unimplemented,
            "the place of an iterator whose datasets drew seeds more than {MOST_RUNS} times"
        );
        push_varint(&mut bytes, drawn.runs as u64);
        for (name, runs) in &drawn.made {
            for run in runs {
                text(&mut bytes, name);
                for number in [run.first.seeds.0, run.first.seeds.1, run.first.number, run.count] {
                    push_varint(&mut bytes, number);
                }
            }
        }
        Ok(bytes)
    }

    /// Goes to a place that was kept. Where that fails, the iterator stays where it is.
    ///
    /// # Errors
    /// `InvalidArgument` for bytes that are no place, such as those of TensorFlow; `NotFound` for one of another dataset;
    /// those of beginning anew.
    pub fn restore(&mut self, place: &[u8], env: &Env) -> Result<()> {
        let Some((kind, taken, again)) = parsed(place) else {
            return Err(Error::invalid_argument("these bytes are no place of an iterator of ferroflow"));
        };
        let functions = Functions::default();
        functions.draws().lock().again = again;
        let changed = || {
            Error::not_found(format!(
                "Failed to restore dataset iterator from checkpoint: {ROOT}::Root::{kind}. Make sure the dataset \
                 definition has not changed between the process that saved the checkpoint and the process that is \
                 restoring it."
            ))
        };
        if kind != self.dataset.kind() {
            return Err(changed());
        }
        let mut anew = Running::with(self.dataset.clone(), functions, env)?;
        while anew.taken < taken {
            env.check()?;
            // What could not be made then was passed over, too.
            if matches!(anew.next(env), Ok(None)) {
                return Err(changed());
            }
        }
        anew.functions.draws().lock().again.clear();
        *self = anew;
        Ok(())
    }
}

type Parsed = (String, u64, BTreeMap<String, VecDeque<Run>>);

fn parsed(place: &[u8]) -> Option<Parsed> {
    let mut bytes = place.strip_prefix(FORMAT)?;
    let text = |bytes: &mut &[u8]| {
        let length = usize::try_from(take_varint(bytes)?).ok()?;
        let (text, rest) = bytes.split_at_checked(length)?;
        *bytes = rest;
        Some(std::str::from_utf8(text).ok()?.to_string())
    };
    let kind = text(&mut bytes)?;
    let taken = take_varint(&mut bytes)?;
    let mut again: BTreeMap<String, VecDeque<Run>> = BTreeMap::new();
    for _ in 0..take_varint(&mut bytes)? {
        let name = text(&mut bytes)?;
        let mut number = || take_varint(&mut bytes);
        let first = Draw { seeds: (number()?, number()?), number: number()? };
        let count = number().filter(|count| *count > 0)?;
        again.entry(name).or_default().push_back(Run { first, count });
    }
    bytes.is_empty().then_some((kind, taken, again))
}
