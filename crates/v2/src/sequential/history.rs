//! What training says about itself.

/// Metrics by name, in the order of the model's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logs(pub(super) Vec<(String, f64)>);

impl Logs {
    /// The value of a metric: `loss`, or one of the model's metrics.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| *value)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }

    pub(super) fn extend(&mut self, prefix: &str, other: &Logs) {
        self.0.extend(other.0.iter().map(|(name, value)| (format!("{prefix}{name}"), *value)));
    }
}

/// The metrics after each epoch (`tf.keras.callbacks.History`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The numbers of the epochs; the first is 0.
    pub epoch: Vec<usize>,
    pub(super) values: Vec<(String, Vec<f64>)>,
}

impl History {
    /// The values of a metric after each epoch that has it.
    pub fn get(&self, name: &str) -> Option<&[f64]> {
        self.values.iter().find(|(own, _)| own == name).map(|(_, values)| values.as_slice())
    }

    /// The names of metrics, in order.
    pub fn names(&self) -> Vec<&str> {
        self.values.iter().map(|(name, _)| name.as_str()).collect()
    }

    pub(super) fn push(&mut self, epoch: usize, logs: &Logs) {
        self.epoch.push(epoch);
        for (name, value) in logs.iter() {
            match self.values.iter_mut().find(|(own, _)| own == name) {
                Some((_, values)) => values.push(value),
                None => self.values.push((name.to_string(), vec![value])),
            }
        }
    }
}
