//! `SecondOrStepTimer`: every so many seconds or steps.

use ferroflow_core::{Result, ensure};
use std::time::{Duration, Instant};

/// How often something is done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Every {
    /// Every so many steps.
    Steps(i64),
    /// Every so many seconds.
    Secs(f64),
}

/// Says when something is due that is done every so many seconds or steps.
///
/// Source: `tf.compat.v1.train.SecondOrStepTimer`.
#[derive(Clone, Debug)]
pub struct SecondOrStepTimer {
    every: Every,
    last: Option<(i64, Instant)>,
}

impl SecondOrStepTimer {
    /// A timer that has not gone off yet.
    ///
    /// # Errors
    /// `ValueError` for an interval that is not positive.
    pub fn new(every: Every) -> Result<SecondOrStepTimer> {
        let positive = match every {
            Every::Steps(steps) => steps > 0,
            Every::Secs(seconds) => seconds > 0.0,
        };
        ensure!(positive, value, "the interval of a timer must be positive: {every:?}");
        Ok(SecondOrStepTimer { every, last: None })
    }

    /// Forgets when it last went off.
    pub fn reset(&mut self) {
        self.last = None;
    }

    /// Whether it is time at this step.
    pub fn should_trigger_for_step(&self, step: i64) -> bool {
        match (self.last, self.every) {
            (None, _) => true,
            (Some((last, _)), _) if last == step => false,
            (Some((_, at)), Every::Secs(seconds)) => at.elapsed().as_secs_f64() >= seconds,
            (Some((last, _)), Every::Steps(steps)) => step >= last.saturating_add(steps),
        }
    }

    /// Notes that it went off; gives the time and the steps since the last one.
    pub fn update_last_triggered_step(&mut self, step: i64) -> Option<(Duration, i64)> {
        let now = Instant::now();
        let since = self.last.map(|(last, at)| (now.duration_since(at), step - last));
        self.last = Some((step, now));
        since
    }

    /// The step at which it last went off.
    pub fn last_triggered_step(&self) -> Option<i64> {
        self.last.map(|(step, _)| step)
    }
}
