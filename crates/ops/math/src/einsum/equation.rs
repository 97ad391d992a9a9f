//! The equations of the op: `ab,b...->a...`.

use ferroflow_core::{Result, bail};

/// One operand's part of an equation: labels, with an ellipsis between them or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subscripts {
    pub(super) before: Vec<char>,
    pub(super) after: Vec<char>,
    pub(super) has_ellipsis: bool,
}

/// What stands for an axis: a label, or one of the axes of an ellipsis, counted from its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    Label(char),
    Broadcast(usize),
}

impl Subscripts {
    fn parse(text: &str, equation: &str) -> Result<Subscripts> {
        let (before, after) = match text.split_once("...") {
            Some((before, after)) => (before, Some(after)),
            None => (text, None),
        };
        if before.contains('.') || after.is_some_and(|after| after.contains('.')) {
            bail!(invalid_argument, "Einsum equation '{equation}' has a period outside of one ellipsis");
        }
        Ok(Subscripts {
            before: before.chars().collect(),
            after: after.unwrap_or("").chars().collect(),
            has_ellipsis: after.is_some(),
        })
    }

    /// The labels, without the ellipsis.
    pub(super) fn labels(&self) -> impl DoubleEndedIterator<Item = char> {
        self.before.iter().chain(&self.after).copied()
    }

    /// How many axes have labels.
    pub(super) fn named(&self) -> usize {
        self.before.len() + self.after.len()
    }

    pub(super) fn contains(&self, label: char) -> bool {
        self.labels().any(|own| own == label)
    }

    /// The axes of an array in which the ellipsis stands for this many.
    pub(super) fn axes(&self, broadcast: usize) -> Vec<Axis> {
        let broadcast = if self.has_ellipsis { broadcast } else { 0 };
        let label = |label: &char| Axis::Label(*label);
        let before = self.before.iter().map(label);
        let between = (0..broadcast).rev().map(Axis::Broadcast);
        before.chain(between).chain(self.after.iter().map(label)).collect()
    }

    /// The position of the first axis with a label, counted from the end (and negative) behind the ellipsis.
    pub(super) fn axis_of(&self, label: char) -> Option<i64> {
        if let Some(position) = self.before.iter().position(|own| *own == label) {
            return Some(position as i64);
        }
        let position = self.after.iter().position(|own| *own == label)?;
        Some(position as i64 - self.after.len() as i64)
    }

    /// As they stand in an equation.
    pub(super) fn text(&self) -> String {
        let ellipsis = if self.has_ellipsis { "..." } else { "" };
        let part = |labels: &[char]| labels.iter().collect::<String>();
        format!("{}{ellipsis}{}", part(&self.before), part(&self.after))
    }

    /// The same without some labels.
    pub(super) fn without(&self, labels: &[char]) -> Subscripts {
        let keep = |own: &[char]| own.iter().copied().filter(|label| !labels.contains(label)).collect();
        Subscripts { before: keep(&self.before), after: keep(&self.after), has_ellipsis: self.has_ellipsis }
    }
}

/// A whole equation.
#[derive(Clone, Debug)]
pub(super) struct Equation {
    pub(super) inputs: Vec<Subscripts>,
    pub(super) output: Subscripts,
}

impl Equation {
    /// Reads an equation.
    ///
    /// # Errors
    /// `InvalidArgument` unless it has one arrow and one or two inputs, and its output has labels of inputs only.
    pub(super) fn parse(text: &str) -> Result<Equation> {
        let sides: Vec<&str> = text.split("->").collect();
        let [inputs, output] = sides.as_slice() else {
            bail!(invalid_argument, "Expecting exactly one '->' in einsum equation: {text}");
        };
        let inputs: Vec<&str> = inputs.split(',').collect();
        if inputs.len() > 2 {
            bail!(
                invalid_argument,
                "Expecting 1 or 2 input subscripts in equation '{text}' but got: {}",
                inputs.len()
            );
        }
        let inputs =
            inputs.into_iter().map(|part| Subscripts::parse(part, text)).collect::<Result<Vec<_>>>()?;
        let output = Subscripts::parse(output, text)?;
        let is_missing = |label: &char| !inputs.iter().any(|input| input.contains(*label));
        if let Some(label) = output.labels().find(is_missing) {
            bail!(
                invalid_argument,
                "Einsum output subscripts for equation '{text}' has label '{label}' which is not present in the input \
                 subscripts"
            );
        }
        Ok(Equation { inputs, output })
    }
}
