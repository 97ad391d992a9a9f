//! FFT, FFT2D, FFT3D and their inverses: transforms of complex numbers along the last axes.

use crate::ops::{cast, inner_size, number_like};
use crate::transform::{Number, along_axis};
use ferroflow_core::{
    Complex, DType, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx, Tensor,
    ensure,
};
use rustfft::FftDirection;

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $static:ident $tf:literal $rank:literal $direction:ident $inverse:literal;)*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `tf.signal.", stringify!($name), "` (op `", $tf, "`).")]
        ///
        /// # Errors
        #[doc = concat!("`InvalidArgument` for an input with fewer axes than ", $rank, ".")]
        pub fn $name(input: impl IntoOperand) -> Result<Tensor> {
            Op::new(&$static).input(input).one()
        }

        pub(crate) static $static: OpDef = OpDef {
            name: $tf,
            shape: |cx| shape(cx, $rank),
            kernel: Some(|cx| kernel(cx, $rank, FftDirection::$direction)),
            grad: Grad::Fn(|cx| grad(cx, $rank, $inverse)),
            ..OpDef::NEW
        };)*
    };
}

functions! {
    /// The discrete Fourier transforms along the last axis.
    ///
    /// ```
    /// use ferroflow_core::{Complex, NdArray};
    /// let ones = NdArray::vector(vec![Complex::new(1.0f32, 0.0); 2]);
    /// let spectrum = ferroflow_ops_signal::fft(ones)?;
    /// assert_eq!(spectrum.numpy()?.as_slice::<Complex<f32>>()?[0], Complex::new(2.0, 0.0));
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    fft FFT "FFT" 1 Forward "IFFT";
    /// The inverse discrete Fourier transforms along the last axis.
    ifft IFFT "IFFT" 1 Inverse "FFT";
    /// The discrete Fourier transforms along the last two axes.
    fft2d FFT2D "FFT2D" 2 Forward "IFFT2D";
    /// The inverse discrete Fourier transforms along the last two axes.
    ifft2d IFFT2D "IFFT2D" 2 Inverse "FFT2D";
    /// The discrete Fourier transforms along the last three axes.
    fft3d FFT3D "FFT3D" 3 Forward "IFFT3D";
    /// The inverse discrete Fourier transforms along the last three axes.
    ifft3d IFFT3D "IFFT3D" 3 Inverse "FFT3D";
}

/// Checks the rank, in the words of kernel or shape function.
pub(crate) fn check_rank(cx: &ShapeCtx<'_>, rank: usize) -> Result<()> {
    let input = cx.input(0);
    if cx.at_run_time() {
        let is_enough = input.rank().is_some_and(|found| found >= rank);
        ensure!(
            is_enough,
            invalid_argument,
            "Input must have rank of at least {rank} but got: {}",
            input.cpp()
        );
    }
    cx.with_rank_at_least(0, rank)?;
    Ok(())
}

fn shape(cx: &mut ShapeCtx<'_>, rank: usize) -> Result<()> {
    check_rank(cx, rank)?;
    let input = cx.input(0);
    cx.set(0, input);
    Ok(())
}

/// Transforms along the last axes and scales what goes backward.
pub(crate) fn transform<T: Number>(
    elements: &mut [Complex<T>],
    dims: &[usize],
    axes: std::ops::Range<usize>,
    direction: FftDirection,
) -> Result<()> {
    for axis in axes {
        along_axis(elements, dims, axis, direction)?;
    }
    Ok(())
}

/// Divides each number by a size.
pub(crate) fn divide<T: Number>(elements: &mut [Complex<T>], size: usize) {
    let factor = T::from_size(1) / T::from_size(size.max(1));
    elements.iter_mut().for_each(|value| *value = Complex::new(value.re * factor, value.im * factor));
}

fn run<T: Number>(cx: &mut KernelCtx<'_>, rank: usize, direction: FftDirection) -> Result<()>
where
    Complex<T>: ferroflow_core::Element,
{
    let array = cx.take(0)?;
    let shape = array.shape().clone();
    let mut elements = array.into_vec::<Complex<T>>()?;
    let axes = shape.rank() - rank..shape.rank();
    transform(&mut elements, &shape, axes.clone(), direction)?;
    if direction == FftDirection::Inverse {
        divide(&mut elements, shape[axes].iter().product());
    }
    cx.set(0, NdArray::from_shape(shape, elements)?)
}

fn kernel(cx: &mut KernelCtx<'_>, rank: usize, direction: FftDirection) -> Result<()> {
    cx.infer_shapes()?;
    match cx.dtype("Tcomplex")? {
        DType::COMPLEX64 => run::<f32>(cx, rank, direction),
        _ => run::<f64>(cx, rank, direction),
    }
}

/// The other direction, scaled by what its factor is off.
fn grad(cx: &mut GradCtx<'_>, rank: usize, inverse: &str) -> Result<()> {
    let dy = cx.dy(0)?;
    let size = inner_size(&dy, rank)?;
    let turned = Op::named(inverse).input(&dy).one()?;
    if inverse.starts_with('I') {
        return cx.set(0, turned * cast(&size, dy.dtype())?);
    }
    let real = if dy.dtype() == DType::COMPLEX64 { DType::FLOAT32 } else { DType::FLOAT64 };
    let size = cast(&size, real)?;
    let factor = Op::named("RealDiv").input(number_like(1.0, &size)?).input(size).one()?;
    cx.set(0, turned * cast(&factor, dy.dtype())?)
}
