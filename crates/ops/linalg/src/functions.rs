//! MatrixSquareRoot, MatrixLogarithm: functions of matrices through their Schur forms.

use crate::batch::{TYPES, Wide, map, square_shape, with_wide};
use crate::matrix::{Field, Matrix};
use crate::ops::{concatenate, expand, identity_like, outer, reshape, shape_of, transposed};
use crate::schur::{self, Schur};
use ferroflow_core::{Complex, DType, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, Result, Tensor};

type C = Complex<f64>;

/// The principal square roots of square matrices.
///
/// Source: `tf.linalg.sqrtm` (op `MatrixSquareRoot`).
///
/// ```
/// let root = ferroflow_ops_linalg::sqrtm([[4.0, 0.0], [0.0, 9.0]])?;
/// assert_eq!(root.numpy()?.as_slice::<f32>()?, [2.0, 0.0, 0.0, 3.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a matrix that is not square.
pub fn sqrtm(input: impl IntoOperand) -> Result<Tensor> {
    Op::new(&MATRIX_SQUARE_ROOT).input(input).one()
}

/// The principal logarithms of square complex matrices.
///
/// Source: `tf.linalg.logm` (op `MatrixLogarithm`).
///
/// # Errors
/// `InvalidArgument` for a matrix that is not square.
pub fn logm(input: impl IntoOperand) -> Result<Tensor> {
    Op::new(&MATRIX_LOGARITHM).input(input).one()
}

/// The square root of an upper triangle (A. Bjorck and S. Hammarling, 1983).
fn triangle_root(t: &Matrix<C>) -> Matrix<C> {
    let size = t.rows;
    let mut root: Matrix<C> = Matrix::zeros(size, size);
    for column in 0..size {
        root[(column, column)] = t[(column, column)].sqrt();
        for row in (0..column).rev() {
            let inner =
                (row + 1..column).fold(C::default(), |sum, k| sum + root[(row, k)] * root[(k, column)]);
            let rest = t[(row, column)] - inner;
            if rest != C::default() {
                root[(row, column)] = rest / (root[(row, row)] + root[(column, column)]);
            }
        }
    }
    root
}

/// The logarithm of an upper triangle: roots are taken until it is close to 1, where the integral of
/// `x / (1 + t * x)` over `t` from 0 to 1 is summed at Gauss's eight places (N. J. Higham, Functions of Matrices, 11.5).
fn triangle_log(t: &Matrix<C>) -> Matrix<C> {
    const PLACES: [(f64, f64); 4] = [
        (0.183_434_642_495_649_8, 0.362_683_783_378_362),
        (0.525_532_409_916_329, 0.313_706_645_877_887_3),
        (0.796_666_477_413_626_7, 0.222_381_034_453_374_5),
        (0.960_289_856_497_536_3, 0.101_228_536_290_376_3),
    ];
    let size = t.rows;
    let mut near = t.clone();
    let distance = |near: &Matrix<C>| -> f64 {
        let column = |column: usize| {
            let one = |row: usize| C::from_real(if row == column { 1.0 } else { 0.0 });
            (0..=column).map(|row| (near[(row, column)] - one(row)).norm()).sum::<f64>()
        };
        (0..size).map(column).fold(0.0, f64::max)
    };
    let mut scale = 1.0;
    // Each root halves the distance; numbers have no more halves than this.
    for _ in 0..1100 {
        if distance(&near) < 0.125 {
            break;
        }
        near = triangle_root(&near);
        scale *= 2.0;
    }
    let mut x = near;
    for k in 0..size {
        x[(k, k)] -= C::from_real(1.0);
    }
    let mut log: Matrix<C> = Matrix::zeros(size, size);
    for (place, weight) in PLACES.into_iter().flat_map(|(place, weight)| [(place, weight), (-place, weight)])
    {
        let (place, weight) = (0.5 + 0.5 * place, 0.5 * weight);
        let mut below = x.clone();
        below.elements.iter_mut().for_each(|value| *value *= place);
        for k in 0..size {
            below[(k, k)] += C::from_real(1.0);
        }
        let mut part = x.clone();
        crate::lu::substitute(&below, &mut part, false, false);
        log.elements.iter_mut().zip(&part.elements).for_each(|(sum, value)| *sum += value * weight * scale);
    }
    log
}

/// A function of a matrix, given that of triangles; NaN where there is no Schur form.
fn apply(matrix: Matrix<C>, f: fn(&Matrix<C>) -> Matrix<C>) -> Matrix<C> {
    let size = matrix.rows;
    if size == 0 {
        return matrix;
    }
    match schur::decompose(matrix, f64::EPSILON) {
        Some(Schur { t, u }) => u.product(&f(&t)).product(&u.adjoint()),
        None => Matrix { rows: size, columns: size, elements: vec![C::new(f64::NAN, f64::NAN); size * size] },
    }
}

/// Numbers that a complex result is given back in.
trait FromComplex: Wide {
    fn to_complex(self) -> C;
    fn from_complex(values: Vec<C>) -> Vec<Self>;
}

impl FromComplex for C {
    fn to_complex(self) -> C {
        self
    }
    fn from_complex(values: Vec<C>) -> Vec<C> {
        values
    }
}

impl FromComplex for f64 {
    fn to_complex(self) -> C {
        C::new(self, 0.0)
    }
    /// NaN where the result is not real.
    fn from_complex(values: Vec<C>) -> Vec<f64> {
        let most = values.iter().map(|value| value.norm()).fold(0.0, f64::max);
        let is_real = values.iter().all(|value| value.im.abs() <= 1e-6 * most);
        values.into_iter().map(|value| if is_real { value.re } else { f64::NAN }).collect()
    }
}

fn run<T: FromComplex>(cx: &mut KernelCtx<'_>, f: fn(&Matrix<C>) -> Matrix<C>) -> Result<()> {
    map::<T>(cx, |matrix| {
        let elements = matrix.elements.iter().map(|value| value.to_complex()).collect();
        let wide = Matrix { rows: matrix.rows, columns: matrix.columns, elements };
        Ok(T::from_complex(apply(wide, f).elements))
    })
}

fn root_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    with_wide!(cx, |T| run::<T>(cx, triangle_root))
}

fn log_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    run::<C>(cx, triangle_log)
}

/// The Kronecker products of matrices of one size.
fn kronecker(a: &Tensor, b: &Tensor, shape: &Tensor) -> Result<Tensor> {
    let rows = expand(&expand(a, -2)?, -1)?;
    let columns = expand(&expand(b, -3)?, -2)?;
    // `[.., m, 1, m, 1]` times `[.., 1, n, 1, n]`
    reshape(&(rows * columns)?, shape)
}

/// From `r * r = a`: the gradient solves a system of Sylvester's, written out as one of equations.
fn root_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (root, dy) = (cx.y(0)?, cx.dy(0)?);
    let shape = shape_of(root)?;
    let vector = |values: &[i32]| ferroflow_core::constant(values.to_vec());
    let outer = outer(&shape)?;
    let last = Op::named("StridedSlice").input(&shape).input(vector(&[-1])?).input(vector(&[0])?);
    let order = last.input(vector(&[1])?).attr("end_mask", 1i64).one()?;
    let square = (&order * &order)?;
    let wide = concatenate(&[outer.clone(), square.clone(), square.clone()], 0)?;
    let identity = identity_like(root)?;
    let first = kronecker(&identity, &transposed(root)?, &wide)?;
    let second = kronecker(root, &identity, &wide)?;
    let column = concatenate(&[outer, square, vector(&[1])?], 0)?;
    let flat = reshape(&transposed(&dy)?, column)?;
    let solved = Op::named("MatrixSolve").input((first + second)?).input(flat).one()?;
    cx.set(0, transposed(&reshape(&solved, shape)?))
}

pub(crate) static MATRIX_SQUARE_ROOT: OpDef = OpDef {
    name: "MatrixSquareRoot",
    shape: square_shape,
    kernel: Some(root_kernel),
    grad: Grad::Fn(root_grad),
    types: &[("T", TYPES)],
    ..OpDef::NEW
};

pub(crate) static MATRIX_LOGARITHM: OpDef = OpDef {
    name: "MatrixLogarithm",
    shape: square_shape,
    kernel: Some(log_kernel),
    grad: Grad::Missing,
    types: &[("T", &[DType::COMPLEX64, DType::COMPLEX128])],
    ..OpDef::NEW
};
