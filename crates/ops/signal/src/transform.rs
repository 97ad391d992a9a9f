//! Fourier transforms along axes of row-major arrays. Plans are kept, since making one costs more than using it on short
//! signals.

use ferroflow_core::{Complex, Element, Result, reserve};
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftDirection, FftNum, FftPlanner};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Plans of both kinds for one type of numbers.
pub(crate) struct Planners<T: FftNum> {
    complex: FftPlanner<T>,
    real: RealFftPlanner<T>,
}

/// Floats that can be transformed.
pub(crate) trait Number: FftNum + Element {
    fn planners() -> &'static Mutex<Planners<Self>>;
    fn from_size(size: usize) -> Self;
}

macro_rules! numbers {
    ($($ty:ty)*) => {
        $(impl Number for $ty {
            fn planners() -> &'static Mutex<Planners<$ty>> {
                static PLANNERS: OnceLock<Mutex<Planners<$ty>>> = OnceLock::new();
                PLANNERS.get_or_init(|| {
                    Mutex::new(Planners { complex: FftPlanner::new(), real: RealFftPlanner::new() })
                })
            }
            fn from_size(size: usize) -> $ty {
                size as $ty
            }
        })*
    };
}

numbers!(f32 f64);

fn complex_plan<T: Number>(size: usize, direction: FftDirection) -> Arc<dyn Fft<T>> {
    T::planners().lock().unwrap_or_else(PoisonError::into_inner).complex.plan_fft(size, direction)
}

fn forward_plan<T: Number>(size: usize) -> Arc<dyn RealToComplex<T>> {
    T::planners().lock().unwrap_or_else(PoisonError::into_inner).real.plan_fft_forward(size)
}

fn inverse_plan<T: Number>(size: usize) -> Arc<dyn ComplexToReal<T>> {
    T::planners().lock().unwrap_or_else(PoisonError::into_inner).real.plan_fft_inverse(size)
}

/// Transforms along one axis in place, without scaling.
pub(crate) fn along_axis<T: Number>(
    elements: &mut [Complex<T>],
    dims: &[usize],
    axis: usize,
    direction: FftDirection,
) -> Result<()> {
    let size = dims.get(axis).copied().unwrap_or(0);
    if elements.is_empty() || size == 0 {
        return Ok(());
    }
    let plan = complex_plan::<T>(size, direction);
    let inner: usize = dims[axis + 1..].iter().product();
    let mut scratch = zeros::<T>(plan.get_inplace_scratch_len())?;
    if inner == 1 {
        plan.process_with_scratch(elements, &mut scratch);
        return Ok(());
    }
    let mut line = zeros::<T>(size)?;
    for block in elements.chunks_mut(size * inner) {
        for column in 0..inner {
            for (k, value) in line.iter_mut().enumerate() {
                *value = block[k * inner + column];
            }
            plan.process_with_scratch(&mut line, &mut scratch);
            for (k, value) in line.iter().enumerate() {
                block[k * inner + column] = *value;
            }
        }
    }
    Ok(())
}

fn zeros<T: Number>(size: usize) -> Result<Vec<Complex<T>>> {
    let mut zeros = reserve::<Complex<T>>(size)?;
    zeros.resize(size, Complex::new(T::default(), T::default()));
    Ok(zeros)
}

/// The non-negative frequencies of real lines of this size.
pub(crate) fn real_to_complex<T: Number>(lines: &mut [T], size: usize) -> Result<Vec<Complex<T>>> {
    let half = size / 2 + 1;
    let mut output = zeros::<T>(lines.len() / size.max(1) * half)?;
    if lines.is_empty() || size == 0 {
        return Ok(output);
    }
    let plan = forward_plan::<T>(size);
    let mut scratch = zeros::<T>(plan.get_scratch_len())?;
    for (line, spectrum) in lines.chunks_mut(size).zip(output.chunks_mut(half)) {
        plan.process_with_scratch(line, spectrum, &mut scratch).map_err(internal)?;
    }
    Ok(output)
}

/// Real lines of this size from their non-negative frequencies, without scaling.
pub(crate) fn complex_to_real<T: Number>(spectra: &mut [Complex<T>], size: usize) -> Result<Vec<T>> {
    let half = size / 2 + 1;
    let mut output = reserve::<T>(spectra.len() / half * size)?;
    output.resize(spectra.len() / half * size, T::default());
    if output.is_empty() {
        return Ok(output);
    }
    let plan = inverse_plan::<T>(size);
    let mut scratch = zeros::<T>(plan.get_scratch_len())?;
    for (spectrum, line) in spectra.chunks_mut(half).zip(output.chunks_mut(size)) {
        // The spectrum of a real line is real here; what is not is left out.
        spectrum[0].im = T::default();
        if size.is_multiple_of(2) {
            spectrum[half - 1].im = T::default();
        }
        plan.process_with_scratch(spectrum, line, &mut scratch).map_err(internal)?;
    }
    Ok(output)
}

fn internal(error: realfft::FftError) -> ferroflow_core::Error {
    ferroflow_core::Error::internal(error.to_string())
}
