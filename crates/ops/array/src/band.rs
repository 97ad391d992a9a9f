//! `Band`: a band of diagonals of a matrix, and how they are laid out as rows.

use ferroflow_core::{Result, bail};

/// Diagonals `lower..=upper` of a matrix of this size. Packed, they are rows from the upper to the lower, all as
/// long as the longest, the shorter ones padded on the left or on the right.
#[derive(Clone, Copy)]
pub(crate) struct Band {
    pub(crate) lower: i64,
    pub(crate) upper: i64,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) align: Align,
}

/// On which side diagonals above and below the main one begin.
#[derive(Clone, Copy)]
pub(crate) struct Align {
    left_above: bool,
    left_below: bool,
}

impl Align {
    /// The alignment of this name; the first word is for the diagonals above the main one.
    pub(crate) fn named(name: &str) -> Align {
        Align { left_above: name.starts_with("LEFT"), left_below: name.ends_with("LEFT") }
    }
}

impl Band {
    /// The number of diagonals.
    pub(crate) fn count(&self) -> usize {
        (self.upper - self.lower + 1).max(0) as usize
    }

    /// The length of one diagonal.
    fn length(&self, diagonal: i64) -> i64 {
        (self.rows as i64 + diagonal.min(0)).min(self.columns as i64 - diagonal.max(0))
    }

    /// The length of the longest diagonal.
    pub(crate) fn longest(&self) -> usize {
        let (rows, columns) = (self.rows as i64, self.columns as i64);
        (rows + self.upper.min(0)).min(columns - self.lower.max(0)).max(0) as usize
    }

    /// Where an element of the matrix stands among the packed diagonals.
    pub(crate) fn place(&self, row: usize, column: usize) -> Option<usize> {
        let diagonal = column as i64 - row as i64;
        if diagonal < self.lower || diagonal > self.upper {
            return None;
        }
        let along = if diagonal > 0 { row } else { column };
        Some((self.upper - diagonal) as usize * self.longest() + along + self.offset(diagonal))
    }

    /// How far a diagonal is moved to the right.
    fn offset(&self, diagonal: i64) -> usize {
        let left = (diagonal >= 0 && self.align.left_above) || (diagonal <= 0 && self.align.left_below);
        if left { 0 } else { (self.longest() as i64 - self.length(diagonal)).max(0) as usize }
    }

    /// Checks that the diagonals exist in a matrix of this size; `after` is what follows the number in the message.
    pub(crate) fn check(&self, in_graph: bool, after: &str) -> Result<()> {
        let (rows, columns) = (self.rows as i64, self.columns as i64);
        for (name, diagonal) in [("lower", self.lower), ("upper", self.upper)] {
            if !((-rows < diagonal && diagonal < columns) || diagonal == 0) {
                if in_graph {
                    bail!(invalid_argument, "{name}_diag_index is out of bound.");
                }
                bail!(
                    invalid_argument,
                    "{name}_diag_index is out of bound: {diagonal}{after} It must be between {} and {}",
                    -rows,
                    columns
                );
            }
        }
        Ok(())
    }
}

/// The lower and upper diagonal that an input `k` names.
pub(crate) fn bounds(k: &[i64], in_graph: bool) -> Result<(i64, i64)> {
    let (lower, upper) = match k {
        [only] => (*only, *only),
        [lower, upper] => (*lower, *upper),
        other if in_graph => bail!(
            invalid_argument,
            "diag_index must be a vector with one or two elements. It has {} elements.",
            other.len()
        ),
        other => bail!(
            invalid_argument,
            "diag_index must have only one or two elements, received {} elements.",
            other.len()
        ),
    };
    if lower > upper && in_graph {
        bail!(invalid_argument, "lower_diag_index is greater than upper_diag_index");
    }
    if lower > upper {
        bail!(
            invalid_argument,
            "lower_diag_index must not be larger than upper_diag_index: {lower} > {upper}"
        );
    }
    Ok((lower, upper))
}
