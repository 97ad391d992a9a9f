//! The right factor of products, in the order in which tiles read it.

/// Columns of a panel: as many as the widest registers hold in a tile.
pub(crate) const COLUMNS: usize = 64;
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
}

impl Panels {
    /// The matrix of these elements, row by row, with this many columns.
    ///
    /// ```
    /// use ferroflow_gemm::Panels;
    /// let panels = Panels::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3);
    /// assert_eq!((panels.rows(), panels.columns()), (2, 3));
    /// ```
    pub fn new(matrix: &[f32], columns: usize) -> Panels {
        let rows = matrix.len().checked_div(columns).unwrap_or(0);
        let mut elements: Vec<f32> = vec![0.0; rows * columns.next_multiple_of(LINE) + LINE];
        let start = elements.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        let mut panels = Panels { elements: Vec::new(), start, rows, columns };
        for first in (0..columns).step_by(COLUMNS) {
            let (offset, stride) = panels.place(first);
            let count = COLUMNS.min(columns - first);
            let panel = elements[offset..].chunks_exact_mut(stride);
            for (panel, row) in panel.zip(matrix.chunks_exact(columns)) {
                panel[..count].copy_from_slice(&row[first..first + count]);
            }
        }
        panels.elements = elements;
        panels
    }

    /// The rows of the matrix.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns of the matrix.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Where the panel of this column begins, and how far its rows lie apart.
    fn place(&self, column: usize) -> (usize, usize) {
        let first = column - column % COLUMNS;
        let stride = (self.columns - first).min(COLUMNS).next_multiple_of(LINE);
        (self.start + first * self.rows, stride)
    }

    /// The elements from this row and column on, rows this far apart, as far as the column's panel goes.
    pub(crate) fn from(&self, row: usize, column: usize) -> (&[f32], usize) {
        let (offset, stride) = self.place(column);
        let panel = &self.elements[offset..offset + self.rows * stride];
        (&panel[row * stride + column % COLUMNS..], stride)
    }
}
