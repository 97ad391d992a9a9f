//! `SessionTensors`: values that a session keeps from one run to another, by handle.

use crate::{NdArray, Result, bail, ensure};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Values that a session keeps from one run to another.
#[derive(Default)]
pub struct SessionTensors(Mutex<Held>);

#[derive(Default)]
struct Held {
    by_handle: HashMap<String, NdArray>,
    made: u64,
}

impl SessionTensors {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a value that a node computed; gives the handle.
    pub fn keep(&self, node: &str, value: NdArray) -> String {
        let mut held = self.lock();
        let handle = format!("{node};{};/job:localhost/replica:0/task:0/device:CPU:0", held.made);
        held.made += 1;
        held.by_handle.insert(handle.clone(), value);
        handle
    }

    /// The value behind a handle.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none.
    pub fn get(&self, handle: &str) -> Result<NdArray> {
        match self.lock().by_handle.get(handle) {
            Some(value) => Ok(value.clone()),
            None => {
                bail!(invalid_argument, "The tensor with handle '{handle}' is not in the session store.")
            }
        }
    }

    /// Forgets the value behind a handle.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none.
    pub fn remove(&self, handle: &str) -> Result<()> {
        let removed = self.lock().by_handle.remove(handle);
        ensure!(
            removed.is_some(),
            invalid_argument,
            "Failed to delete a tensor with handle '{handle}' in the session store."
        );
        Ok(())
    }
}
