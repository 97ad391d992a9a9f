//! What Keras keeps for a whole program (`tf.keras.utils`): the seed that default seeds follow from, names of layers.

use crate::initializers::restart_defaults;
use std::cell::RefCell;
use std::collections::HashMap;

thread_local! {
    /// How often each name was given.
    static NAMES: RefCell<HashMap<String, usize>> = RefCell::default();
}

/// Sets every seed: that of random ops, and the one from which initializers and layers without a seed draw theirs, in the
/// order in which they are made (`tf.keras.utils.set_random_seed`). Each thread draws default seeds of its own.
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::layers::{Dense, Layer};
/// let kernel = || {
///     tf::utils::set_random_seed(7);
///     let dense = Dense::new(2)?;
///     dense.call([[1.0, 2.0]])?;
///     dense.kernel()?.numpy()
/// };
/// assert_eq!(kernel()?, kernel()?);
/// # Ok::<(), tf::Error>(())
/// ```
pub fn set_random_seed(seed: u32) {
    restart_defaults(seed.into());
    crate::random::set_seed(seed.into());
}

/// Forgets which names layers and metrics have: the next `Dense` is `dense` again (`tf.keras.utils.clear_session`). Names
/// are counted by thread, as in Keras.
pub fn clear_session() {
    NAMES.take();
}

/// A name that begins like this, and that no other layer or metric of this thread has.
pub(crate) fn unique_name(name: &str) -> String {
    NAMES.with_borrow_mut(|names| {
        let count = names.entry(name.to_string()).or_default();
        let unique = if *count == 0 { name.to_string() } else { format!("{name}_{count}") };
        *count += 1;
        unique
    })
}
