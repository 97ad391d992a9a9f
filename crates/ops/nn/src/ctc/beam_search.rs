//! CTCBeamSearchDecoder: the most probable label sequences, found among a limited number of prefixes.

use crate::ctc::decoding::{FLOATS, Scores, set_path, shape as decoder_shape};
use crate::ctc::paths::log_sum_exp;
use ferroflow_core::{Element, Grad, KernelCtx, OpDef, Result, ShapeCtx, dispatch, ensure};
use num_traits::Float;
use std::collections::HashMap;

pub(crate) static CTC_BEAM_SEARCH_DECODER: OpDef = OpDef {
    name: "CTCBeamSearchDecoder",
    shape,
    kernel: Some(kernel),
    grad: Grad::None,
    types: FLOATS,
    ..OpDef::NEW
};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let paths = usize::try_from(cx.int("top_paths")?).unwrap_or(0);
    decoder_shape(cx, paths)
}

/// The probability of a prefix, as logarithms: of all its paths, of those that end in a blank, of those that do not.
#[derive(Clone, Copy)]
struct Probability<T> {
    total: T,
    blank: T,
    label: T,
}

impl<T: Float> Probability<T> {
    fn zero() -> Probability<T> {
        let zero = T::neg_infinity();
        Probability { total: zero, blank: zero, label: zero }
    }
}

/// A prefix: its last label behind another prefix.
struct Prefix<T> {
    /// The prefix before and the label; the empty prefix has none.
    last: Option<(usize, usize)>,
    before: Probability<T>,
    now: Probability<T>,
}

/// The search for one sequence.
struct Beam<T> {
    prefixes: Vec<Prefix<T>>,
    children: HashMap<(usize, usize), usize>,
    /// The prefixes in the beam, the most probable first.
    leaves: Vec<usize>,
    width: usize,
}

const ROOT: usize = 0;

impl<T: Float> Beam<T> {
    fn new(width: usize) -> Beam<T> {
        let now = Probability { total: T::zero(), blank: T::zero(), label: T::neg_infinity() };
        let root = Prefix { last: None, before: Probability::zero(), now };
        Beam { prefixes: vec![root], children: HashMap::new(), leaves: vec![ROOT], width }
    }

    fn label(&self, prefix: usize) -> Option<usize> {
        self.prefixes[prefix].last.map(|(_, label)| label)
    }

    fn is_active(&self, prefix: usize) -> bool {
        self.prefixes[prefix].now.total != T::neg_infinity()
    }

    /// Puts a prefix among the leaves, behind those as probable; returns what falls out at the end.
    fn push(&mut self, prefix: usize) -> Option<usize> {
        let total = self.prefixes[prefix].now.total;
        let at = self.leaves.partition_point(|&leaf| self.prefixes[leaf].now.total >= total);
        self.leaves.insert(at, prefix);
        if self.leaves.len() > self.width { self.leaves.pop() } else { None }
    }

    /// Whether a prefix of this probability has a place in the beam.
    fn is_candidate(&self, total: T) -> bool {
        let lowest = self.leaves.last().map_or(T::neg_infinity(), |&leaf| self.prefixes[leaf].now.total);
        total > T::neg_infinity() && (self.leaves.len() < self.width || total > lowest)
    }

    /// The probability of `prefix` before this step, of the paths that `label` can follow.
    fn followed_by(&self, prefix: usize, label: usize) -> T {
        let before = &self.prefixes[prefix].before;
        if self.label(prefix) == Some(label) { before.blank } else { before.total }
    }

    /// One step of the input; its last class is the blank.
    fn step(&mut self, row: &[T]) {
        let highest = row.iter().fold(T::neg_infinity(), |highest, &value| highest.max(value));
        // Scores become logarithms of probabilities.
        let sum = row.iter().fold(T::zero(), |sum, &value| sum + (value - highest).exp());
        let offset = highest + sum.ln();
        let Some((&blank, labels)) = row.split_last() else { return };
        let branches = std::mem::take(&mut self.leaves);
        for &branch in &branches {
            let prefix = &mut self.prefixes[branch];
            prefix.before = prefix.now;
        }
        for &branch in &branches {
            let mut now = self.prefixes[branch].now;
            if let Some((parent, label)) = self.prefixes[branch].last {
                if self.is_active(parent) {
                    now.label = log_sum_exp(now.label, self.followed_by(parent, label));
                }
                now.label = now.label + (row[label] - offset);
            }
            now.blank = self.prefixes[branch].before.total + blank - offset;
            now.total = log_sum_exp(now.blank, now.label);
            self.prefixes[branch].now = now;
            self.push(branch);
        }
        for &branch in &branches {
            if self.is_candidate(self.prefixes[branch].before.total) {
                for (label, &score) in labels.iter().enumerate() {
                    self.grow(branch, label, score - offset);
                }
            }
        }
    }

    /// Adds a prefix that is longer by a label, where it has a place.
    fn grow(&mut self, parent: usize, label: usize, score: T) {
        let known = self.children.get(&(parent, label)).copied();
        if known.is_some_and(|child| self.is_active(child)) {
            return;
        }
        let total = score + self.followed_by(parent, label);
        if !self.is_candidate(total) {
            if let Some(child) = known {
                self.prefixes[child].before = Probability::zero();
            }
            return;
        }
        let now = Probability { total, blank: T::neg_infinity(), label: total };
        let child = match known {
            Some(child) => {
                self.prefixes[child].now = now;
                child
            }
            None => {
                let child = self.prefixes.len();
                self.prefixes.push(Prefix { last: Some((parent, label)), before: Probability::zero(), now });
                self.children.insert((parent, label), child);
                child
            }
        };
        if let Some(out) = self.push(child) {
            self.prefixes[out].now = Probability::zero();
        }
    }

    /// The labels of a prefix.
    fn sequence(&self, mut prefix: usize, merge_repeated: bool) -> Vec<i64> {
        let (mut labels, mut behind) = (Vec::new(), None);
        while let Some((parent, label)) = self.prefixes[prefix].last {
            if !merge_repeated || behind != Some(label) {
                labels.push(label as i64);
            }
            behind = Some(label);
            prefix = parent;
        }
        labels.reverse();
        labels
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    dispatch!(cx.dtype("T")?, FLOATS, |T| run::<T>(cx))
}

fn run<T: Element + Float>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let scores = Scores::<T>::of(cx)?;
    let size = |name: &str| Ok(usize::try_from(cx.int(name)?).unwrap_or(0));
    let (width, paths) = (size("beam_width")?, size("top_paths")?);
    let merge_repeated = cx.bool("merge_repeated")?;
    let (mut found, mut totals) = (vec![Vec::new(); paths], Vec::new());
    for rows in scores.sequences() {
        let mut beam = Beam::<T>::new(width);
        for row in rows {
            beam.step(row);
            cx.env().check()?;
        }
        ensure!(paths <= width, invalid_argument, "requested more paths than the beam width.");
        ensure!(
            paths <= beam.leaves.len(),
            invalid_argument,
            "Less leaves in the beam search than requested."
        );
        for (found, &leaf) in found.iter_mut().zip(&beam.leaves) {
            found.push(beam.sequence(leaf, merge_repeated));
            totals.push(beam.prefixes[leaf].now.total);
        }
    }
    for (path, sequences) in found.iter().enumerate() {
        set_path(cx, path, paths, sequences.iter().map(Vec::as_slice))?;
    }
    cx.set_elements(3 * paths, totals)
}
