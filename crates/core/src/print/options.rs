//! `PrintOptions`: what NumPy's `set_printoptions` sets.

/// How arrays are printed; the defaults are NumPy's.
///
/// ```
/// use ferroflow_core::{NdArray, print::{PrintOptions, array_str}};
/// let thirds = NdArray::from([1.0 / 3.0, 2.0 / 3.0]);
/// let short = PrintOptions { precision: 3, ..PrintOptions::default() };
/// assert_eq!(array_str(&thirds, &short), "[0.333 0.667]");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintOptions {
    /// Arrays of more elements than this are shown by their edges.
    pub threshold: usize,
    /// How many items stand at each edge of an elided axis.
    pub edgeitems: usize,
    /// Columns after which a row is wrapped.
    pub linewidth: usize,
    /// Most digits after the point of a float.
    pub precision: usize,
    /// Never write a float in scientific notation for being small.
    pub suppress: bool,
}

impl Default for PrintOptions {
    fn default() -> PrintOptions {
        PrintOptions { threshold: 1000, edgeitems: 3, linewidth: 75, precision: 8, suppress: false }
    }
}

impl PrintOptions {
    /// The defaults, but with every element shown.
    pub fn full() -> PrintOptions {
        PrintOptions { threshold: usize::MAX, ..PrintOptions::default() }
    }
}
