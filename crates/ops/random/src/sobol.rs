//! SobolSample: points that fill a cube evenly (I. M. Sobol, 1967), with the direction numbers of S. Joe and F. Y. Kuo.

use ferroflow_core::{
    DType, Error, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, Shape, ShapeCtx, Tensor, bail,
    ensure, zeroed,
};
use std::sync::OnceLock;

/// The `num_results` points of a Sobol sequence in `dim` dimensions after the first `skip` ones. The point with coordinates 0
/// is left out.
///
/// Source: `tf.math.sobol_sample` (op `SobolSample`).
///
/// ```
/// let points = ferroflow_ops_random::sobol_sample(2, 3, 0)?.numpy()?;
/// assert_eq!(points.as_slice::<f32>()?, [0.5, 0.5, 0.75, 0.25, 0.25, 0.75]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a number that is too small, `Unimplemented` for more than 1024 dimensions and for points from the
/// `2**30`th on.
pub fn sobol_sample(
    dim: impl IntoOperand,
    num_results: impl IntoOperand,
    skip: impl IntoOperand,
) -> Result<Tensor> {
    sobol_sample_with(dim, num_results, skip, DType::FLOAT32)
}

/// [`sobol_sample`] in `float64`, too.
///
/// # Errors
/// As [`sobol_sample`].
pub fn sobol_sample_with(
    dim: impl IntoOperand,
    num_results: impl IntoOperand,
    skip: impl IntoOperand,
    dtype: DType,
) -> Result<Tensor> {
    Op::new(&SOBOL_SAMPLE).input(dim).input(num_results).input(skip).attr("dtype", dtype).one()
}

/// The binary digits of coordinates. TensorFlow (2.21) has one more, at which its numbers overflow.
const DIGITS: usize = 30;

/// By digit, what it adds to a coordinate.
type Directions = [u32; DIGITS];

/// The direction numbers of all dimensions that are known.
fn directions() -> Result<&'static [Directions]> {
    static FOUND: OnceLock<Option<Vec<Directions>>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        // The first dimension is that of J. G. van der Corput.
        let mut found = vec![std::array::from_fn(|digit| 1 << (DIGITS - 1 - digit))];
        for line in include_str!("sobol_directions.txt").lines() {
            found.push(of_line(line)?);
        }
        Some(found)
    });
    found.as_deref().ok_or_else(|| Error::internal("the direction numbers of Sobol sequences are damaged"))
}

/// The numbers of a dimension from the coefficients of its polynomial and the first ones.
fn of_line(line: &str) -> Option<Directions> {
    let mut words = line.split(' ').map(|word| word.parse::<u32>().ok());
    let inner = words.next()??;
    let mut numbers = [0; DIGITS];
    let mut degree = 0;
    for word in words {
        *numbers.get_mut(degree)? = word? << (DIGITS - 1 - degree);
        degree += 1;
    }
    for digit in degree..DIGITS {
        let first = numbers[digit - degree];
        numbers[digit] = first ^ first >> degree;
        for back in 1..degree {
            if inner >> (degree - 1 - back) & 1 == 1 {
                numbers[digit] ^= numbers[digit - back];
            }
        }
    }
    Some(numbers)
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    for (index, name) in ["dim", "num_results", "skip"].into_iter().enumerate() {
        let rank = cx.input(index).rank();
        if let Some(rank) = rank.filter(|rank| *rank != 0) {
            return Err(cx.mismatch(
                format!("{name} must be a scalar"),
                format!("Shape must be rank 0 but is rank {rank}"),
            ));
        }
    }
    if cx.at_run_time() {
        return Ok(());
    }
    let mut dims = Vec::with_capacity(2);
    for index in [1, 0] {
        let size = cx.int_value(index)?;
        // The kernel refuses negative sizes.
        dims.push(size.and_then(|size| usize::try_from(size).ok()));
    }
    cx.set(0, ferroflow_core::PartialShape::new(dims));
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (dim, count, skip) = (cx.int_value(0)?, cx.int_value(1)?, cx.int_value(2)?);
    ensure!(dim >= 1, invalid_argument, "dim must be at least one");
    ensure!(count >= 1, invalid_argument, "num_results must be at least one");
    ensure!(skip >= 0, invalid_argument, "skip must be non-negative");
    ensure!(
        count + skip < i64::from(i32::MAX),
        invalid_argument,
        "num_results+skip must be less than {}",
        i32::MAX
    );
    let known = directions()?;
    let Some(directions) = usize::try_from(dim).ok().and_then(|dim| known.get(..dim)) else {
        bail!(unimplemented, "SobolSample in more than {} dimensions is not supported", known.len())
    };
    ensure!(
        count + skip < 1 << DIGITS,
        unimplemented,
        "SobolSample of points from the 2**{DIGITS}th on is not supported"
    );
    let shape = Shape::from_i64(&[count, dim])?;
    let mut elements = zeroed::<f64>(shape.num_elements())?;
    // A point follows from the one before by one digit: coordinates are numbered in the code of F. Gray.
    let start = skip as u32;
    let code = start ^ start >> 1;
    let digits = || (0..DIGITS).filter(|digit| code >> digit & 1 == 1);
    let mut point: Vec<u32> =
        directions.iter().map(|own| digits().fold(0, |sum, digit| sum ^ own[digit])).collect();
    let scale = 1.0 / f64::from(1u32 << DIGITS);
    for (number, row) in (start..).zip(elements.chunks_exact_mut(directions.len())) {
        let digit = number.trailing_ones() as usize;
        for ((element, coordinate), own) in row.iter_mut().zip(&mut point).zip(directions) {
            *coordinate ^= own[digit];
            *element = f64::from(*coordinate) * scale;
        }
    }
    cx.set(0, NdArray::from_shape(shape, elements)?.cast(cx.dtype("dtype")?)?)
}

pub(crate) static SOBOL_SAMPLE: OpDef =
    OpDef { name: "SobolSample", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };
