//! AnonymousSeedGenerator: the seeds that iterators draw, of one dataset or of all that share a generator.

use crate::iterator_ops::handle_shapes;
use crate::pipeline::{Context, scalar};
use crate::position::Draw;
use ferroflow_core::philox::{Philox, Singles, unpredictable};
use ferroflow_core::{HandleData, KernelCtx, NdArray, Resource, ResourceHandle, Result, Variant};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Gives each iterator its seeds: those of the dataset, or the next pair of a stream that they begin. Datasets that share a
/// generator share the stream.
pub(crate) struct Seeds {
    anew: bool,
    state: Mutex<State>,
}

struct State {
    seeds: (u64, u64),
    /// How many pairs were drawn.
    drawn: u64,
    stream: Singles,
}

impl State {
    /// Where the draw of this number is the next.
    fn before(draw: Draw) -> State {
        // A step of the stream gives four numbers, two pairs.
        let mut stream = Philox::new(draw.seeds.0, draw.seeds.1);
        stream.skip(draw.number / 2);
        let mut stream = Singles::new(stream);
        if draw.number % 2 == 1 {
            stream.next();
            stream.next();
        }
        State { seeds: draw.seeds, drawn: draw.number, stream }
    }
}

impl Seeds {
    pub(crate) fn new(seed: i64, seed2: i64, reshuffle: bool) -> Seeds {
        let seeds = match (seed as u64, seed2 as u64) {
            // No seed at all: another order every time.
            (0, 0) => (unpredictable(), unpredictable()),
            pair => pair,
        };
        Seeds { anew: reshuffle, state: Mutex::new(State::before(Draw { seeds, number: 0 })) }
    }

    /// The seeds of the part of an iterator that bears this name. One that is put to a place it has kept draws what it
    /// drew then, and so do those that come after it.
    pub(crate) fn next(&self, cx: Context<'_>, name: String) -> (u64, u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(draw) = cx.functions.draws().again(&name) {
            *state = State::before(draw);
        }
        cx.functions.draws().add(&name, Draw { seeds: state.seeds, number: state.drawn });
        if !self.anew {
            return state.seeds;
        }
        state.drawn = state.drawn.wrapping_add(1);
        (u64::from(state.stream.next()), u64::from(state.stream.next()))
    }
}

impl Seeds {
    /// Those of the generator at an input; `None` where the handle points to none, and a dataset draws its own.
    pub(crate) fn of_generator(cx: &KernelCtx<'_>, index: usize) -> Result<Option<Arc<Seeds>>> {
        let handle = cx.slice::<ResourceHandle>(index)?.first();
        Ok(handle.and_then(|handle| handle.lookup(&cx.env().resources).ok()))
    }
}

impl Resource for Seeds {
    fn type_name(&self) -> &'static str {
        "tensorflow::data::SeedGeneratorManager"
    }
    fn mangled_name() -> &'static str {
        "N10tensorflow4data20SeedGeneratorManagerE"
    }
    fn debug_string(&self) -> String {
        "Seed generator".to_string()
    }
}

fn generator_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let (seed, seed2) = (scalar(cx, 0, "seed")?, scalar(cx, 1, "seed2")?);
    let seeds = Seeds::new(seed, seed2, scalar(cx, 2, "reshuffle")?);
    let data = HandleData {
        container: "Anonymous".to_string(),
        name: format!("SeedGenerator{}", NEXT.fetch_add(1, Ordering::Relaxed)),
        resource: Some(Arc::new(seeds)),
        ..HandleData::default()
    };
    cx.set(0, NdArray::scalar(ResourceHandle::new(data)))?;
    // The handle itself keeps the generator alive; there is nothing that a deleter would delete.
    cx.set(1, NdArray::scalar(Variant::default()))
}

dataset_op!(ANONYMOUS_SEED_GENERATOR "AnonymousSeedGenerator" generator_kernel, handle_shapes);
