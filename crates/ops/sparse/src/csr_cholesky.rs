//! SparseMatrixSparseCholesky: the sparse lower triangle whose product with its adjoint is a sparse matrix, of reordered rows
//! and columns.

use crate::csr::{Csr, known, tell};
use ferroflow_core::{
    Complex, Element, Error, Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, ShapeCtx, bail, dispatch,
    ensure, reserve,
};
use std::ops::{Add, Div, Mul, Sub};

pub(crate) static SPARSE_MATRIX_SPARSE_CHOLESKY: OpDef =
    OpDef { name: "SparseMatrixSparseCholesky", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let mut shape = PartialShape::unknown();
    if !cx.at_run_time() {
        cx.with_rank(0, 0)?;
        shape = known(cx, 0);
        if let Some(rank) = shape.rank() {
            ensure!(rank >= 2, invalid_argument, "Shape must be at least rank 2 but is rank {rank}");
            ensure!(rank <= 3, invalid_argument, "Shape must be at most rank 3 but is rank {rank}");
            let size = cx.merge_dims(shape.dim(rank - 2), shape.dim(rank - 1))?;
            let permutation = cx.with_rank_at_least(1, 1)?;
            if let Some(rank) = permutation.rank() {
                ensure!(rank <= 2, invalid_argument, "Shape must be at most rank 2 but is rank {rank}");
                cx.merge_dims(size, permutation.dim(rank - 1))?;
            }
        }
    }
    let dtype = cx.dtype("type")?;
    tell(cx, dtype, shape);
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (matrix, dtype) = (Csr::of(cx, 0)?, cx.dtype("type")?);
    ensure!(
        matrix.dtype() == dtype,
        invalid_argument,
        "Asked for a CSRSparseMatrix of type {} but saw dtype: {}",
        dtype.cpp_name(),
        matrix.dtype().cpp_name()
    );
    let size = matrix.height();
    ensure!(
        size == matrix.width(),
        invalid_argument,
        "sparse matrix must be square; got: {size} != {}",
        matrix.width()
    );
    let (permutation, rank) = (cx.input(1)?, matrix.sizes.len());
    ensure!(
        rank == permutation.rank() + 1,
        invalid_argument,
        "sparse matrix must have the same rank as permutation; got: {rank} != {} + 1.",
        permutation.rank()
    );
    let dims = permutation.shape().dims();
    if let [count, _] = *dims {
        ensure!(
            count == matrix.count(),
            invalid_argument,
            "permutation must have the same batch size as sparse matrix; got: {count} != {}",
            matrix.count()
        );
    }
    let length = dims.last().copied().unwrap_or(0);
    ensure!(
        length == size,
        invalid_argument,
        "permutation must have the same number of elements in each batch as the number of rows in sparse matrix; got: {length} \
         != {size}"
    );
    let order = permutation.as_slice::<i32>()?;
    let factor = dispatch!(dtype, FLOATS_COMPLEX, |T| factors::<T>(matrix, order))?;
    cx.set(0, factor.array())
}

/// A number that triangles are made of.
trait Entry:
    Element + Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    fn conjugated(self) -> Self;
    /// The number without its imaginary part.
    fn real(self) -> Self;
    /// The root of a number without an imaginary part; `None` where it is not above zero. TensorFlow takes the root of NaN.
    fn root(self) -> Option<Self>;
}

macro_rules! entries {
    ($($real:ty)*) => {
        $(impl Entry for $real {
            fn conjugated(self) -> Self {
                self
            }
            fn real(self) -> Self {
                self
            }
            fn root(self) -> Option<Self> {
                let is_positive = self > 0.0 || self.is_nan();
                is_positive.then(|| self.sqrt())
            }
        }

        impl Entry for Complex<$real> {
            fn conjugated(self) -> Self {
                self.conj()
            }
            fn real(self) -> Self {
                Complex::new(self.re, 0.0)
            }
            fn root(self) -> Option<Self> {
                Some(Complex::new(self.re.root()?, 0.0))
            }
        })*
    };
}

entries! { f32 f64 }

/// The triangles of all matrices.
fn factors<T: Entry>(matrix: &Csr, order: &[i32]) -> Result<Csr> {
    let (size, all) = (matrix.height(), matrix.values.as_slice::<T>()?);
    let (mut ends, mut columns, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let mut start = 0;
    for number in 0..matrix.count() {
        let order = order.get(number * size..(number + 1) * size).unwrap_or_default();
        let entries = start..start + matrix.entries_of(number);
        let rows = Rows::lower(
            matrix.ends(number),
            &matrix.columns[entries.clone()],
            &all[entries.clone()],
            &places(order)?,
        )?;
        let Some(triangle) = Triangle::of(&rows)? else {
            bail!(
                invalid_argument,
                "Sparse Cholesky factorization failed for batch index {number}. The input might not be valid."
            );
        };
        start = entries.end;
        append(&mut ends, triangle.ends)?;
        append(&mut columns, triangle.columns)?;
        append(&mut values, triangle.values)?;
    }
    Ok(Csr::of_parts(matrix.sizes.clone(), ends, columns, NdArray::vector(values)))
}

fn append<T>(all: &mut Vec<T>, more: Vec<T>) -> Result<()> {
    if all.is_empty() {
        *all = more;
    } else {
        let count = more.len();
        all.try_reserve(count)
            .map_err(|_| Error::resource_exhausted(format!("OOM when allocating {count} more entries")))?;
        all.extend(more);
    }
    Ok(())
}

/// Where each row goes. TensorFlow (2.21) reads and writes outside of its memory where this is no order of all rows.
fn places(order: &[i32]) -> Result<Vec<usize>> {
    let mut places = reserve(order.len())?;
    places.resize(order.len(), usize::MAX);
    for (place, &row) in order.iter().enumerate() {
        match usize::try_from(row).ok().and_then(|row| places.get_mut(row)) {
            Some(taken) if *taken == usize::MAX => *taken = place,
            _ => bail!(
                invalid_argument,
                "permutation must hold each row of the sparse matrix once; got: {row}"
            ),
        }
    }
    Ok(places)
}

/// Entries by rows, those of a row in any order.
struct Rows<T> {
    ends: Vec<usize>,
    columns: Vec<usize>,
    values: Vec<T>,
}

impl<T: Entry> Rows<T> {
    /// The lower triangle of the matrix with its rows and columns at other places, of which the lower triangle is read.
    fn lower(ends: &[u64], columns: &[usize], values: &[T], places: &[usize]) -> Result<Rows<T>> {
        let lower = || {
            ends.windows(2).zip(places).enumerate().flat_map(move |(row, (ends, &place))| {
                let entries = ends[0] as usize..ends[1] as usize;
                entries.filter(move |&entry| columns[entry] <= row).map(move |entry| {
                    let other = places[columns[entry]];
                    match place >= other {
                        true => (place, other, values[entry]),
                        false => (other, place, values[entry].conjugated()),
                    }
                })
            })
        };
        let mut next: Vec<usize> = reserve(places.len() + 1)?;
        next.resize(places.len() + 1, 0);
        lower().for_each(|(row, ..)| next[row + 1] += 1);
        for row in 1..next.len() {
            next[row] += next[row - 1];
        }
        let count = next.last().copied().unwrap_or(0);
        let ends = next.clone();
        let (mut columns, mut kept) = (reserve(count)?, reserve(count)?);
        columns.resize(count, 0);
        kept.resize(count, T::default());
        for (row, column, value) in lower() {
            let at = next[row];
            next[row] += 1;
            (columns[at], kept[at]) = (column, value);
        }
        Ok(Rows { ends, columns, values: kept })
    }

    fn row(&self, row: usize) -> impl Iterator<Item = (usize, T)> + '_ {
        let entries = self.ends[row]..self.ends[row + 1];
        self.columns[entries.clone()].iter().copied().zip(self.values[entries].iter().copied())
    }
}

/// Where a triangle has entries, found row by row: a row has those of its own, and with each column that it has the next one that
/// the column below it has, which is the column's parent.
struct Pattern {
    parents: Vec<usize>,
    /// The last row that was found to have each column.
    seen: Vec<usize>,
}

impl Pattern {
    fn new(size: usize) -> Result<Pattern> {
        let mut parents = reserve(size)?;
        parents.resize(size, usize::MAX);
        let mut seen = reserve(size)?;
        seen.resize(size, usize::MAX);
        Ok(Pattern { parents, seen })
    }

    /// Puts the columns of a row, but for its diagonal, into `found`. Rows are asked for from the first one on.
    fn row(&mut self, row: usize, columns: impl Iterator<Item = usize>, found: &mut Vec<usize>) {
        found.clear();
        self.seen[row] = row;
        for mut column in columns {
            while self.seen[column] != row {
                self.seen[column] = row;
                found.push(column);
                if self.parents[column] == usize::MAX {
                    self.parents[column] = row;
                }
                column = self.parents[column];
            }
        }
    }
}

/// A lower triangle, its entries by rows.
struct Triangle<T> {
    ends: Vec<u64>,
    columns: Vec<usize>,
    values: Vec<T>,
}

impl<T: Entry> Triangle<T> {
    /// The triangle whose product with its adjoint is the matrix; `None` where there is none. Each row is what solves a system
    /// of the rows above it.
    fn of(matrix: &Rows<T>) -> Result<Option<Triangle<T>>> {
        let size = matrix.ends.len() - 1;
        let mut found = reserve(size)?;
        // How many entries each column has, below the diagonal.
        let mut next: Vec<usize> = reserve(size + 1)?;
        next.resize(size + 1, 0);
        let mut pattern = Pattern::new(size)?;
        for row in 0..size {
            pattern.row(row, matrix.row(row).map(|(column, _)| column), &mut found);
            found.iter().for_each(|&column| next[column + 1] += 1);
        }
        for column in 1..next.len() {
            next[column] += next[column - 1];
        }
        let below = next.last().copied().unwrap_or(0);
        let starts = next.clone();
        // What stands below the diagonal, by columns.
        let (mut rows, mut factors) = (reserve(below)?, reserve(below)?);
        rows.resize(below, 0);
        factors.resize(below, T::default());
        let mut triangle = Triangle {
            ends: reserve(size + 1)?,
            columns: reserve(below + size)?,
            values: reserve(below + size)?,
        };
        triangle.ends.push(0);
        let (mut diagonal, mut rest): (Vec<T>, Vec<T>) = (reserve(size)?, reserve(size)?);
        rest.resize(size, T::default());
        let mut pattern = Pattern::new(size)?;
        for row in 0..size {
            pattern.row(row, matrix.row(row).map(|(column, _)| column), &mut found);
            found.sort_unstable();
            matrix.row(row).for_each(|(column, value)| rest[column] = rest[column] + value);
            let mut last = rest[row].real();
            rest[row] = T::default();
            for &column in &found {
                let factor = std::mem::take(&mut rest[column]) / diagonal[column];
                for at in starts[column]..next[column] {
                    let below = rows[at];
                    rest[below] = rest[below] - factor * factors[at];
                }
                last = last - (factor * factor.conjugated()).real();
                (rows[next[column]], factors[next[column]]) = (row, factor.conjugated());
                next[column] += 1;
                triangle.columns.push(column);
                triangle.values.push(factor);
            }
            let Some(root) = last.root() else { return Ok(None) };
            diagonal.push(root);
            triangle.columns.push(row);
            triangle.values.push(root);
            triangle.ends.push(triangle.columns.len() as u64);
        }
        Ok(Some(triangle))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_hold_each_row_once() {
        assert_eq!(places(&[2, 0, 1]).expect("an order"), [1, 2, 0]);
        for order in [[0, 0], [0, 2], [-1, 0]] {
            assert!(places(&order).is_err(), "{order:?}");
        }
    }
}
