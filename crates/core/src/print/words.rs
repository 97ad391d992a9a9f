//! `Words`: what each element of an array prints as inside the array, in columns common to all.

use super::float_format::{FloatFormat, pad};
use super::layout::Layout;
use super::options::PrintOptions;
use super::scalar::Scalar;
use crate::{Complex, DType, Element, NdArray, Result, dispatch, f16};

/// Appends the element at a row-major position.
pub(super) type Words<'a> = Box<dyn Fn(usize, &mut String) + 'a>;

/// The words of an array, with columns chosen from the elements that the layout samples.
///
/// # Errors
/// `Unimplemented` for a dtype that arrays do not hold.
pub(super) fn words<'a>(
    array: &'a NdArray,
    layout: &Layout<'_>,
    options: &PrintOptions,
) -> Result<Words<'a>> {
    match array.dtype() {
        DType::BOOL => bools(array),
        DType::HALF => {
            let values = array.as_slice::<f16>()?;
            let format = FloatFormat::new(Sample::new(values, layout).copied(), options, false);
            Ok(each(values, move |value, out| format.write(*value, out)))
        }
        DType::FLOAT32 | DType::FLOAT64 => dispatch!(array.dtype(), FLOATS, |T| {
            let values = array.as_slice::<T>()?;
            let format = FloatFormat::new(Sample::new(values, layout).copied(), options, false);
            Ok(each(values, move |value, out| format.write(*value, out)))
        }),
        DType::COMPLEX64 | DType::COMPLEX128 => dispatch!(array.dtype(), COMPLEX, |T| {
            let values = array.as_slice::<T>()?;
            let sample = Sample::new(values, layout);
            let real = FloatFormat::new(sample.clone().map(|value| value.re), options, false);
            let imaginary = FloatFormat::new(sample.map(|value| value.im), options, true);
            Ok(each(values, move |value: &Complex<_>, out| {
                real.write(value.re, out);
                imaginary.write(value.im, out);
                // The unit stands before the blanks that fill the column.
                let end = out.trim_end().len();
                out.insert(end, 'j');
            }))
        }),
        dtype if dtype.is_integer() || dtype.is_quantized() => dispatch!(dtype, FIXED, |T| {
            let values = array.as_slice::<T>()?;
            let width = Sample::new(values, layout).map(|value| value.str().len()).max().unwrap_or(0);
            Ok(each(values, move |value, out| {
                let text = value.str();
                pad(out, width.saturating_sub(text.len()));
                out.push_str(&text);
            }))
        }),
        dtype => dispatch!(dtype, ALL, |T| {
            Ok(each(array.as_slice::<T>()?, |value, out| out.push_str(&value.str())))
        }),
    }
}

/// `True` is as wide as `False`, but for an array without dimensions.
fn bools(array: &NdArray) -> Result<Words<'_>> {
    let truth = if array.rank() == 0 { "True" } else { " True" };
    Ok(each(array.as_slice::<bool>()?, move |value, out| out.push_str(if *value { truth } else { "False" })))
}

fn each<'a, T: Element>(values: &'a [T], write: impl Fn(&T, &mut String) + 'a) -> Words<'a> {
    Box::new(move |position, out| {
        if let Some(value) = values.get(position) {
            write(value, out);
        }
    })
}

/// The elements that decide on the columns.
#[derive(Clone)]
struct Sample<'a, T> {
    values: &'a [T],
    /// Positions of the elements at the edges, if some are left out.
    positions: Option<std::rc::Rc<[usize]>>,
    next: usize,
}

impl<'a, T> Sample<'a, T> {
    fn new(values: &'a [T], layout: &Layout<'_>) -> Sample<'a, T> {
        Sample { values, positions: layout.is_elided().then(|| layout.sampled().into()), next: 0 }
    }
}

impl<'a, T> Iterator for Sample<'a, T> {
    type Item = &'a T;
    fn next(&mut self) -> Option<&'a T> {
        let position = match &self.positions {
            None => self.next,
            Some(positions) => *positions.get(self.next)?,
        };
        self.next += 1;
        self.values.get(position)
    }
}
