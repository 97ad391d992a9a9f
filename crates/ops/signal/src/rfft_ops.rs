//! RFFT, RFFT2D, RFFT3D and their inverses: transforms between real numbers and the non-negative frequencies of their
//! last axis.

use crate::fft_ops::{check_rank, divide, transform};
use crate::ops::{
    cast, complex_dtype, concatenate, element, inner_size, ints, last_axis, number_like, real, reshape,
    shape_of,
};
use crate::transform::{Number, complex_to_real, real_to_complex};
use ferroflow_core::{
    Complex, DType, Dim, Element, Grad, GradCtx, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape,
    ShapeCtx, Tensor, bail, ensure, operators,
};
use rustfft::FftDirection;
use std::f64::consts::PI;

const fn definition(
    name: &'static str,
    shape: ferroflow_core::ShapeFn,
    kernel: ferroflow_core::KernelFn,
    grad: Grad,
) -> OpDef {
    OpDef { name, shape, kernel: Some(kernel), grad, ..OpDef::NEW }
}

pub(crate) static RFFT: OpDef =
    definition("RFFT", |cx| shape(cx, 1, true), |cx| forward(cx, 1), Grad::Fn(|cx| forward_grad(cx, 1)));
pub(crate) static RFFT2D: OpDef =
    definition("RFFT2D", |cx| shape(cx, 2, true), |cx| forward(cx, 2), Grad::Fn(|cx| forward_grad(cx, 2)));
/// TensorFlow has no gradient for three axes.
pub(crate) static RFFT3D: OpDef =
    definition("RFFT3D", |cx| shape(cx, 3, true), |cx| forward(cx, 3), Grad::Missing);
pub(crate) static IRFFT: OpDef =
    definition("IRFFT", |cx| shape(cx, 1, false), |cx| inverse(cx, 1), Grad::Fn(|cx| inverse_grad(cx, 1)));
pub(crate) static IRFFT2D: OpDef =
    definition("IRFFT2D", |cx| shape(cx, 2, false), |cx| inverse(cx, 2), Grad::Fn(|cx| inverse_grad(cx, 2)));
pub(crate) static IRFFT3D: OpDef =
    definition("IRFFT3D", |cx| shape(cx, 3, false), |cx| inverse(cx, 3), Grad::Missing);

/// The number of non-negative frequencies of a line.
fn half(size: usize) -> usize {
    if size == 0 { 0 } else { size / 2 + 1 }
}

fn shape(cx: &mut ShapeCtx<'_>, rank: usize, forward: bool) -> Result<()> {
    check_rank(cx, rank)?;
    let (input, length) = (cx.input(0), cx.input(1));
    if cx.at_run_time() {
        let fits = length.rank() == Some(1) && length.dim(0) == Some(rank);
        ensure!(fits, invalid_argument, "fft_length must have shape [{rank}]");
    }
    let length = cx.with_rank(1, 1)?;
    if let Some(found) = length.dim(0)
        && found != rank
    {
        bail!(invalid_argument, "Dimension must be {rank} but is {found}");
    }
    let lengths = cx.ints(1)?;
    if cx.at_run_time() {
        check_lengths(&input, lengths.as_deref().unwrap_or_default(), rank, forward)?;
    }
    let Some(dims) = input.dims() else {
        cx.set_all_unknown();
        return Ok(());
    };
    let outer = dims.len() - rank;
    let mut output: Vec<Dim> = dims[..outer].to_vec();
    for axis in 0..rank {
        let length = lengths.as_ref().and_then(|lengths| lengths.get(axis));
        let size = length.and_then(|length| usize::try_from(*length).ok());
        output.push(if forward && axis + 1 == rank { size.map(half) } else { size });
    }
    cx.set(0, PartialShape::new(output));
    Ok(())
}

/// The sizes that the input must have at least: signals are cut to their length, never extended.
fn check_lengths(input: &PartialShape, lengths: &[i64], rank: usize, forward: bool) -> Result<()> {
    let outer = input.rank().unwrap_or_default() - rank;
    let is_empty = input.num_elements() == Some(0);
    for (axis, &length) in lengths.iter().enumerate() {
        ensure!(length >= 0, invalid_argument, "fft_length[{axis}] must >= 0, but got: {length}");
        let needed = if !forward && axis + 1 == rank { length / 2 + 1 } else { length };
        let found = input.dim(outer + axis).unwrap_or_default();
        ensure!(
            is_empty || usize::try_from(needed).is_ok_and(|needed| found >= needed),
            invalid_argument,
            "Input dimension {} must have length of at least {needed} but got: {found}",
            outer + axis
        );
    }
    Ok(())
}

/// The first elements of each of the last axes.
fn cut<T: Copy>(elements: &[T], dims: &[usize], sizes: &[usize]) -> Result<Vec<T>> {
    let outer = dims.len() - sizes.len();
    let mut wanted = dims[..outer].to_vec();
    wanted.extend_from_slice(sizes);
    if wanted == dims {
        return Ok(elements.to_vec());
    }
    let width = sizes.last().copied().unwrap_or(1);
    let line = dims.last().copied().unwrap_or(1);
    let mut part = ferroflow_core::reserve::<T>(wanted.iter().product())?;
    let axes = dims.len() - 1;
    for (index, row) in elements.chunks(line.max(1)).enumerate() {
        let mut rest = index;
        let is_inside = (0..axes).rev().all(|axis| {
            let position = rest % dims[axis].max(1);
            rest /= dims[axis].max(1);
            position < wanted[axis]
        });
        if is_inside {
            part.extend_from_slice(&row[..width]);
        }
    }
    Ok(part)
}

fn run_forward<T: Number>(cx: &mut KernelCtx<'_>, rank: usize) -> Result<()>
where
    Complex<T>: Element,
{
    let output = cx.output_shape(0)?;
    let input = cx.input(0)?;
    let sizes: Vec<usize> = cx.ints(1)?.iter().map(|&size| size as usize).collect();
    if output.num_elements() == 0 || input.is_empty() {
        // Nothing has no frequencies: all are 0.
        return cx.set(0, NdArray::zeros(cx.dtype("Tcomplex")?, output)?);
    }
    let mut lines = cut(input.as_slice::<T>()?, input.shape(), &sizes)?;
    let mut spectra = real_to_complex(&mut lines, sizes[rank - 1])?;
    let axes = output.rank() - rank..output.rank() - 1;
    transform(&mut spectra, &output, axes, FftDirection::Forward)?;
    cx.set(0, NdArray::from_shape(output, spectra)?)
}

fn forward(cx: &mut KernelCtx<'_>, rank: usize) -> Result<()> {
    cx.infer_shapes()?;
    check_types(cx)?;
    match cx.dtype("Treal")? {
        DType::FLOAT32 => run_forward::<f32>(cx, rank),
        _ => run_forward::<f64>(cx, rank),
    }
}

fn run_inverse<T: Number>(cx: &mut KernelCtx<'_>, rank: usize) -> Result<()>
where
    Complex<T>: Element,
{
    let output = cx.output_shape(0)?;
    let input = cx.input(0)?;
    let sizes: Vec<usize> = cx.ints(1)?.iter().map(|&size| size as usize).collect();
    if output.num_elements() == 0 || input.is_empty() {
        return cx.set(0, NdArray::zeros(cx.dtype("Treal")?, output)?);
    }
    let mut kept = sizes.clone();
    if let Some(last) = kept.last_mut() {
        *last = *last / 2 + 1;
    }
    let mut spectra = cut(input.as_slice::<Complex<T>>()?, input.shape(), &kept)?;
    let mut dims = output.dims().to_vec();
    if let Some(last) = dims.last_mut() {
        *last = *last / 2 + 1;
    }
    let axes = output.rank() - rank..output.rank() - 1;
    transform(&mut spectra, &Shape::new(&dims)?, axes, FftDirection::Inverse)?;
    divide(&mut spectra, sizes.iter().product());
    let lines = complex_to_real(&mut spectra, sizes[rank - 1])?;
    cx.set(0, NdArray::from_shape(output, lines)?)
}

fn inverse(cx: &mut KernelCtx<'_>, rank: usize) -> Result<()> {
    cx.infer_shapes()?;
    check_types(cx)?;
    match cx.dtype("Treal")? {
        DType::FLOAT32 => run_inverse::<f32>(cx, rank),
        _ => run_inverse::<f64>(cx, rank),
    }
}

/// Real and complex numbers of one size; others have no kernel.
fn check_types(cx: &KernelCtx<'_>) -> Result<()> {
    let complex = cx.dtype("Tcomplex")?;
    if complex == complex_dtype(cx.dtype("Treal")?) {
        return Ok(());
    }
    Err(ferroflow_core::unsupported(cx.op().name, cx.node(), Some(complex)))
}

/// 1, -1, 1, -1, ...
fn alternating(length: &Tensor, dtype: DType) -> Result<Tensor> {
    let range = Op::named("Range").input(0).input(length).input(1).one()?;
    let odd = Op::named("FloorMod").input(range).input(2).one()?;
    let signs = (number_like(1.0, &odd)? - (number_like(2.0, &odd)? * odd)?)?;
    cast(&signs, dtype)
}

/// The matrix of a transform of this length.
fn matrix(length: &Tensor, dtype: DType) -> Result<Tensor> {
    let range = Op::named("Range").input(0).input(length).input(1).one()?;
    let (row, column) = (reshape(&range, ints(&[1, -1])?)?, reshape(&range, ints(&[-1, 1])?)?);
    let products = cast(&(row * column)?, crate::ops::real_dtype(dtype))?;
    let length = cast(length, crate::ops::real_dtype(dtype))?;
    let angle = operators::truediv((number_like(-2.0 * PI, &products)? * products)?, length)?;
    let zero = Op::named("ZerosLike").input(&angle).one()?;
    let exponent = Op::named("Complex").input(zero).input(angle).attr("Tout", dtype).one()?;
    Op::named("Exp").input(exponent).one()
}

/// The inverse transform, scaled, and what symmetry left out of it.
fn forward_grad(cx: &mut GradCtx<'_>, rank: usize) -> Result<()> {
    let (x, length, dy) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let (complex, shape) = (dy.dtype(), shape_of(x)?);
    let last = element(length, -1)?;
    let odd = Op::named("FloorMod").input(&last).input(2).one()?;
    let is_even = cast(&(number_like(1.0, &odd)? - odd)?, complex)?;
    let first = last_axis(&dy, 0, Some(ferroflow_core::constant(1)?), 1)?;
    let final_one = last_axis(&dy, -1, None, 1)?;
    let inner = element(&shape, -1)?;
    let signs = alternating(&inner, complex)?;
    let (first, final_one) = if rank == 1 {
        (first, final_one)
    } else {
        let base = matrix(&element(&shape, -2)?, complex)?;
        let conjugate = |x: &Tensor| Op::named("Conj").input(x).one();
        let product = |x: &Tensor| Op::named("BatchMatMulV2").input(&base).input(conjugate(x)?).one();
        (product(&first)?, product(&final_one)?)
    };
    let extra = (first + ((is_even * final_one)? * signs)?)?;
    let name = if rank == 1 { "IRFFT" } else { "IRFFT2D" };
    let turned = Op::named(name).input(&dy).input(length).attr("Treal", x.dtype()).one()?;
    let size = cast(&inner_size(x, rank)?, x.dtype())?;
    let sum = ((turned * size)? + real(&extra)?)?;
    cx.set(0, number_like(0.5, &sum)? * &sum)
}

/// The transform, scaled; frequencies that stand for two count twice.
fn inverse_grad(cx: &mut GradCtx<'_>, rank: usize) -> Result<()> {
    let (x, length, dy) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let dtype = dy.dtype();
    let last = element(length, -1)?;
    let odd = Op::named("FloorMod").input(&last).input(2).one()?;
    let width = element(&shape_of(x)?, -1)?;
    let twice = ((width - number_like(2.0, &odd)?)? + &odd)?;
    let once = (number_like(1.0, &odd)? - odd)?;
    let fill = |count: &Tensor, value: f64| {
        let count = reshape(count, ints(&[1])?)?;
        Op::named("Fill").input(count).input(number_like(value, &dy)?).one()
    };
    let one = fill(&ferroflow_core::constant(1)?, 1.0)?;
    let mask = concatenate(&[one, fill(&twice, 2.0)?, fill(&once, 1.0)?], 0)?;
    let size = Op::named("Reciprocal").input(cast(&inner_size(&dy, rank)?, dtype)?).one()?;
    let name = if rank == 1 { "RFFT" } else { "RFFT2D" };
    let complex = complex_dtype(dtype);
    let turned = Op::named(name).input(&dy).input(length).attr("Tcomplex", complex).one()?;
    cx.set(0, turned * cast(&(size * mask)?, complex)?)
}
