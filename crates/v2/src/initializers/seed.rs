//! Seeds of initializers and layers: given, or drawn from Python's generator as Keras does.

use crate::math::floormod;
use ferroflow_core::{DType, IntoOperand, Result, Tensor, operators::cast};
use ferroflow_ops_random::PythonRandom;
use std::cell::RefCell;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

/// Seeds of stateless ops are below this: the largest `int32` but one.
const LIMIT: i64 = i32::MAX as i64 - 1;

thread_local! {
    /// The generator that seeds are drawn from where none is given.
    static DEFAULTS: RefCell<Option<PythonRandom>> = const { RefCell::new(None) };
}

/// Draws the default seeds that follow from this one.
pub(crate) fn restart_defaults(seed: i64) {
    DEFAULTS.replace(Some(PythonRandom::new(seed)));
}

/// The next default seed. Without [`restart_defaults`] nobody can predict it.
pub(crate) fn next_default() -> i64 {
    DEFAULTS.with_borrow_mut(|defaults| {
        let generator = defaults.get_or_insert_with(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let own = u64::from(std::process::id()) << 32;
            PythonRandom::new((since.as_nanos() as u64 ^ own) as i64)
        });
        generator.randint(1, 1_000_000_000)
    })
}

/// A seed that is given, or drawn once.
#[derive(Clone, Debug, Default)]
pub(super) struct Seed(OnceLock<i64>);

impl Seed {
    pub(super) fn of(seed: i64) -> Seed {
        Seed(OnceLock::from(seed))
    }

    /// Draws the seed where none is given.
    pub(super) fn settle(&self) -> i64 {
        *self.0.get_or_init(next_default)
    }

    /// The pair of numbers that stateless ops take.
    pub(super) fn pair(&self) -> [i32; 2] {
        [self.settle().rem_euclid(LIMIT) as i32, 0]
    }
}

/// The pair of numbers that stateless ops take, for a state of two `int64` numbers.
pub(crate) fn stateless(state: impl IntoOperand) -> Result<Tensor> {
    cast(floormod(state, LIMIT)?, DType::INT32)
}
