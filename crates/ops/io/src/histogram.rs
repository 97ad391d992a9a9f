//! `Histogram`: counts of values in buckets whose bounds grow by a tenth, as TensorBoard's histograms have them.

use ferroflow_core::wire::{write_bytes, write_double};
use std::sync::OnceLock;

/// The upper bounds of the buckets: from `1e-12` to `1e20`, the same below zero, and all that lies beyond.
fn limits() -> &'static [f64] {
    static LIMITS: OnceLock<Vec<f64>> = OnceLock::new();
    LIMITS.get_or_init(|| {
        let mut positive = Vec::new();
        let mut bound = 1.0e-12;
        while bound < 1.0e20 {
            positive.push(bound);
            bound *= 1.1;
        }
        positive.push(f64::MAX);
        let negative = positive.iter().rev().map(|bound| -bound);
        negative.chain([0.0]).chain(positive.iter().copied()).collect()
    })
}

pub(crate) struct Histogram {
    min: f64,
    max: f64,
    num: f64,
    sum: f64,
    sum_squares: f64,
    buckets: Vec<f64>,
}

impl Histogram {
    pub(crate) fn new() -> Histogram {
        Histogram {
            min: f64::MAX,
            max: -f64::MAX,
            num: 0.0,
            sum: 0.0,
            sum_squares: 0.0,
            buckets: vec![0.0; limits().len()],
        }
    }

    /// Counts a finite value.
    pub(crate) fn add(&mut self, value: f64) {
        let bucket = limits().partition_point(|limit| *limit <= value).min(self.buckets.len() - 1);
        if let Some(count) = self.buckets.get_mut(bucket) {
            *count += 1.0;
        }
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.num += 1.0;
        self.sum += value;
        self.sum_squares += value * value;
    }

    /// The message (`HistogramProto`); buckets without values next to each other are one.
    pub(crate) fn message(&self) -> Vec<u8> {
        let (mut bounds, mut counts): (Vec<u8>, Vec<u8>) = (Vec::new(), Vec::new());
        let mut rows = self.buckets.iter().zip(limits()).peekable();
        while let Some((&count, &limit)) = rows.next() {
            let mut last = (count, limit);
            while last.0 <= 0.0
                && let Some((&count, &limit)) = rows.next_if(|(count, _)| **count <= 0.0)
            {
                last = (count, limit);
            }
            bounds.extend_from_slice(&last.1.to_le_bytes());
            counts.extend_from_slice(&last.0.to_le_bytes());
        }
        let mut message = Vec::new();
        for (field, value) in (1..).zip([self.min, self.max, self.num, self.sum, self.sum_squares]) {
            // Zero is what a message without the field says; a negative zero is not.
            if value.to_bits() != 0 {
                write_double(&mut message, field, value);
            }
        }
        write_bytes(&mut message, 6, &bounds);
        write_bytes(&mut message, 7, &counts);
        message
    }
}
