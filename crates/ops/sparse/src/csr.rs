//! `Csr`: sparse matrices, or batches of them, in variants: for each row where its entries end, for each entry its column.

use ferroflow_core::{
    Complex, DType, HandleShapes, KernelCtx, NdArray, PartialShape, Result, Shape, ShapeCtx, Variant,
    VariantData, bail, ensure, reserve, zeroed,
};

/// A matrix, or a batch of matrices of one size.
#[derive(Clone)]
pub(crate) struct Csr {
    /// The sizes: rows and columns, after the number of matrices where there are several.
    pub(crate) sizes: Vec<usize>,
    /// For each matrix where its rows begin and the last one ends, counted in its own entries.
    ends: Vec<u64>,
    /// The columns of all entries.
    pub(crate) columns: Vec<usize>,
    pub(crate) values: NdArray,
}

impl VariantData for Csr {
    fn type_name(&self) -> &'static str {
        "tensorflow::CSRSparseMatrix"
    }
    fn debug_string(&self) -> String {
        let sizes: Vec<String> = self.sizes.iter().map(usize::to_string).collect();
        format!(
            "CSRSparseMatrix(dtype: {}, shape: [{}], nnz: {})",
            self.values.dtype().cpp_name(),
            sizes.join(","),
            self.values.len()
        )
    }
    fn held(&self) -> Option<HandleShapes> {
        Some(vec![(self.dtype(), PartialShape::new(self.sizes.iter().map(|&size| Some(size))))])
    }
}

impl Csr {
    /// Entries at these places, which stand in the order of the matrices and their rows. TensorFlow (2.21) takes them as they
    /// come, and counts those of each row.
    pub(crate) fn new(sizes: Vec<usize>, places: &[usize], values: NdArray) -> Result<Csr> {
        let rank = sizes.len();
        let (count, height) = (if rank == 2 { 1 } else { sizes[0] }, sizes[rank - 2]);
        let Some(total) = height.checked_add(1).and_then(|length| length.checked_mul(count)) else {
            bail!(invalid_argument, "a sparse matrix of {height} rows is too large");
        };
        let mut ends = zeroed::<u64>(total)?;
        let mut columns = reserve(values.len())?;
        for place in places.chunks_exact(rank) {
            let matrix = if rank == 2 { 0 } else { place[0] };
            ends[matrix * (height + 1) + place[rank - 2] + 1] += 1;
            columns.push(place[rank - 1]);
        }
        for ends in ends.chunks_exact_mut(height + 1) {
            for row in 1..ends.len() {
                ends[row] += ends[row - 1];
            }
        }
        Ok(Csr { sizes, ends, columns, values })
    }

    /// The matrices of these parts: for each where its rows begin and the last one ends, then all entries.
    pub(crate) fn of_parts(sizes: Vec<usize>, ends: Vec<u64>, columns: Vec<usize>, values: NdArray) -> Csr {
        Csr { sizes, ends, columns, values }
    }

    /// How many matrices there are.
    pub(crate) fn count(&self) -> usize {
        if self.sizes.len() == 2 { 1 } else { self.sizes[0] }
    }

    /// Where the rows of a matrix begin and the last one ends.
    pub(crate) fn ends(&self, matrix: usize) -> &[u64] {
        let length = self.height() + 1;
        &self.ends[matrix * length..][..length]
    }

    /// The number of entries of a matrix.
    pub(crate) fn entries_of(&self, matrix: usize) -> usize {
        self.ends(matrix).last().map_or(0, |end| *end as usize)
    }

    /// The matrix in a scalar variant input.
    pub(crate) fn of<'a>(cx: &'a KernelCtx<'_>, index: usize) -> Result<&'a Csr> {
        let input = cx.input(index)?;
        ensure!(
            input.rank() == 0,
            invalid_argument,
            "Invalid input matrix: Shape must be rank 0 but is rank {}",
            input.rank()
        );
        match input.as_slice::<Variant>()?.first().and_then(Variant::get) {
            Some(matrix) => Ok(matrix),
            None => bail!(invalid_argument, "Could not retrieve Variant input {index}"),
        }
    }

    pub(crate) fn dtype(&self) -> DType {
        self.values.dtype()
    }

    pub(crate) fn height(&self) -> usize {
        self.sizes[self.sizes.len() - 2]
    }

    pub(crate) fn width(&self) -> usize {
        self.sizes[self.sizes.len() - 1]
    }

    /// Where the entries of a matrix begin.
    pub(crate) fn start(&self, matrix: usize) -> usize {
        (0..matrix).map(|before| self.entries_of(before)).sum()
    }

    pub(crate) fn array(self) -> NdArray {
        NdArray::scalar(Variant::new(self))
    }

    /// Matrix, row and number of each entry.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        let mut start = 0;
        (0..self.count()).flat_map(move |matrix| {
            let first = start;
            start += self.entries_of(matrix);
            self.ends(matrix).windows(2).enumerate().flat_map(move |(row, ends)| {
                (first + ends[0] as usize..first + ends[1] as usize).map(move |entry| (matrix, row, entry))
            })
        })
    }

    /// The transposed matrices; the order of the entries of each row follows their rows.
    pub(crate) fn transposed(&self) -> Result<Csr> {
        let mut places: Vec<(usize, usize, usize, usize)> =
            self.entries().map(|(matrix, row, entry)| (matrix, self.columns[entry], row, entry)).collect();
        places.sort_by_key(|&(matrix, row, ..)| (matrix, row));
        let rank = self.sizes.len();
        let mut sizes = self.sizes.clone();
        sizes.swap(rank - 2, rank - 1);
        let flat: Vec<usize> = places
            .iter()
            .flat_map(|&(matrix, row, column, _)| {
                let place = [matrix, row, column];
                place.into_iter().skip(3 - rank)
            })
            .collect();
        let picks: Vec<(usize, usize)> = places.iter().map(|&(.., entry)| (0, entry)).collect();
        Csr::new(sizes, &flat, crate::entries::picked(&[&self.values], &picks)?)
    }

    /// The sizes as a shape.
    pub(crate) fn shape(&self) -> Result<Shape> {
        Shape::new(&self.sizes)
    }
}

/// The conjugates of complex numbers, others as they are.
pub(crate) fn conjugate(values: &NdArray) -> Result<NdArray> {
    if !values.dtype().is_complex() {
        return Ok(values.clone());
    }
    let wide = values.cast(DType::COMPLEX128)?;
    let conjugates = wide.as_slice::<Complex<f64>>()?.iter().map(Complex::conj).collect();
    NdArray::from_shape(values.shape().clone(), conjugates)?.cast(values.dtype())
}

/// The dtype and the shape of the matrix in a variant, as far as a graph knows them.
pub(crate) fn known(cx: &ShapeCtx<'_>, index: usize) -> PartialShape {
    match cx.input_handle(index).as_deref() {
        Some([(_, shape)]) => shape.clone(),
        _ => PartialShape::unknown(),
    }
}

/// Tells what a variant holds.
pub(crate) fn tell(cx: &mut ShapeCtx<'_>, dtype: DType, shape: PartialShape) {
    cx.set(0, Shape::scalar());
    cx.set_handle(0, vec![(dtype, shape)]);
}
