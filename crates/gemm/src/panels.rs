//! The right factor of products, in the order in which tiles read it.

use ferroflow_core::{large_pages, reserve};

/// Columns of a panel: as many as the widest registers hold in a tile.
pub const PANEL: usize = 64;
/// Elements of a line of the caches.
const LINE: usize = 16;

/// A matrix in panels of columns, row by row within each: whoever multiplies by it reads memory from front to back, and no
/// register is filled from two lines of a cache. That pays for a matrix that takes part in many products.
#[derive(Debug)]
pub struct Panels {
    /// The panels. Columns that fill up the last line of the last one are zeros.
    elements: Vec<f32>,
    /// The first element that begins a line.
    start: usize,
    rows: usize,
    columns: usize,
    is_finite: bool,
}

impl Panels {
    /// The matrix of these elements, row by row, with this many columns. `None` where that takes more than twice its memory, or
    /// memory that cannot be had: it is best read as it is then.
    ///
    /// ```
    /// use ferroflow_gemm::Panels;
    /// let panels = Panels::new(&[1.0; 80], 40).expect("wide enough");
    /// assert_eq!((panels.rows(), panels.columns()), (2, 40));
    /// assert!(Panels::new(&[1.0; 80], 1).is_none());
    /// ```
    pub fn new(matrix: &[f32], columns: usize) -> Option<Panels> {
        if columns < LINE {
            return None;
        }
        let rows = matrix.len() / columns;
        let count = rows.checked_mul(columns.next_multiple_of(LINE))?.checked_add(LINE)?;
        let mut elements = reserve::<f32>(count).ok()?;
        elements.resize(count, 0.0);
        let start = elements.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        let is_finite = matrix.iter().all(|element| element.is_finite());
        let mut panels = Panels { elements: Vec::new(), start, rows, columns, is_finite };
        for first in (0..columns).step_by(PANEL) {
            let (offset, stride) = panels.place(first);
            let count = PANEL.min(columns - first);
            let panel = elements[offset..].chunks_exact_mut(stride);
            for (panel, row) in panel.zip(matrix.chunks_exact(columns)) {
                panel[..count].copy_from_slice(&row[first..first + count]);
            }
        }
        large_pages::prefer(&elements);
        panels.elements = elements;
        Some(panels)
    }

    /// The rows of the matrix.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns of the matrix.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Whether zeros times any of its elements are zeros.
    pub(crate) fn is_finite(&self) -> bool {
        self.is_finite
    }

    /// Where the panel of this column begins, and how far its rows lie apart.
    fn place(&self, column: usize) -> (usize, usize) {
        let first = column - column % PANEL;
        let stride = (self.columns - first).min(PANEL).next_multiple_of(LINE);
        (self.start + first * self.rows, stride)
    }

    /// The elements from this row and column on, rows this far apart, as far as the column's panel goes.
    pub(crate) fn from(&self, row: usize, column: usize) -> (&[f32], usize) {
        let (offset, stride) = self.place(column);
        let panel = &self.elements[offset..offset + self.rows * stride];
        (&panel[row * stride + column % PANEL..], stride)
    }
}
