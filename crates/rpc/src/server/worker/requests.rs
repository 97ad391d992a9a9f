//! Calls by their numbers: one that comes twice must not run twice.

use ferroflow_core::{Result, ensure};
use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

/// How many calls are remembered.
const REMEMBERED: usize = 100_000;

/// The numbers of the last calls.
#[derive(Default)]
pub(crate) struct Requests(Mutex<(HashSet<i64>, VecDeque<i64>)>);

impl Requests {
    /// Notes a call. Those without a number are not told apart.
    ///
    /// # Errors
    /// `Aborted` for a number that was there before.
    pub(crate) fn note(&self, number: i64, what: &str) -> Result<()> {
        if number == 0 {
            return Ok(());
        }
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, order) = &mut *held;
        ensure!(known.insert(number), aborted, "The same {what} request was received twice.");
        order.push_back(number);
        if order.len() > REMEMBERED
            && let Some(oldest) = order.pop_front()
        {
            known.remove(&oldest);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_counts_once() {
        let requests = Requests::default();
        assert!(requests.note(0, "RunGraph").is_ok() && requests.note(0, "RunGraph").is_ok());
        assert!(requests.note(7, "RunGraph").is_ok() && requests.note(8, "RunGraph").is_ok());
        let twice = requests.note(7, "RunGraph (Worker)").unwrap_err();
        assert_eq!(twice.message(), "The same RunGraph (Worker) request was received twice.");
    }
}
