//! `Accumulator`: gradients that are added up until enough of them came, behind the handles of conditional accumulators.

use crate::combine::{Combine, combine_all, combine_slices};
use crate::staging::Waited;
use ferroflow_core::{
    DType, Env, Error, NdArray, PartialShape, Resource, Result, Shape, bail, dispatch, ensure, reserve,
};

/// A gradient: all of a tensor, or some of its slices.
#[derive(Clone)]
pub(crate) enum Gradient {
    Dense(NdArray),
    Slices(Slices),
}

/// Slices of a tensor, their places along its first axis, and how many gradients each of them is the sum of.
#[derive(Clone)]
pub(crate) struct Slices {
    pub(crate) indices: Vec<i64>,
    pub(crate) values: NdArray,
    counts: Vec<u32>,
}

/// Adds up gradients that are not older than the step it is at.
pub(crate) struct Accumulator {
    pub(crate) dtype: DType,
    pub(crate) shape: PartialShape,
    /// Whether the mean is given out, not the sum.
    mean: bool,
    held: Waited<Held>,
}

#[derive(Default)]
struct Held {
    step: i64,
    count: u32,
    sum: Option<Gradient>,
}

impl Resource for Accumulator {
    fn type_name(&self) -> &'static str {
        "tensorflow::ConditionalAccumulatorBase"
    }
    fn mangled_name() -> &'static str {
        "N10tensorflow26ConditionalAccumulatorBaseE"
    }
    fn debug_string(&self) -> String {
        "A conditional accumulator".to_string()
    }
}

impl Accumulator {
    pub(crate) fn new(dtype: DType, shape: PartialShape, mean: bool) -> Accumulator {
        Accumulator { dtype, shape, mean, held: Waited::new(Held::default()) }
    }

    pub(crate) fn count(&self) -> u32 {
        self.held.lock().count
    }

    pub(crate) fn set_step(&self, step: i64) {
        self.held.change(|held| held.step = step);
    }

    /// Adds a gradient that was computed at `step`, unless it comes too late; `check` sees the sum so far.
    pub(crate) fn apply(
        &self,
        step: i64,
        gradient: Gradient,
        check: impl Fn(Option<&Gradient>) -> Result<()>,
    ) -> Result<()> {
        let mut result = Ok(());
        self.held.change(|held| {
            if step < held.step {
                return;
            }
            result = check(held.sum.as_ref()).and_then(|()| {
                held.sum = Some(match held.sum.take() {
                    None => gradient,
                    Some(sum) => added(sum, gradient)?,
                });
                held.count = held.count.saturating_add(1);
                Ok(())
            });
        });
        result
    }

    /// The mean or the sum of at least `required` gradients, once there are so many; the next step begins with none.
    pub(crate) fn take(&self, required: u32, env: &Env) -> Result<Gradient> {
        let taken = self.held.wait(env, |held| {
            if held.count < required {
                return Ok(None);
            }
            let count = std::mem::take(&mut held.count);
            held.step = held.step.saturating_add(1);
            Ok(held.sum.take().map(|sum| (sum, count)))
        });
        match taken {
            Ok((sum, count)) if self.mean => mean(sum, count),
            Ok((sum, _)) => Ok(sum),
            Err(_) if env.cancellation.is_cancelled() => {
                Err(Error::cancelled("TakeGrad operation was cancelled"))
            }
            Err(error) => Err(error),
        }
    }
}

fn added(sum: Gradient, gradient: Gradient) -> Result<Gradient> {
    match (sum, gradient) {
        (Gradient::Dense(mut sum), Gradient::Dense(gradient)) => {
            combine_all(&mut sum, &gradient, Combine::Add)?;
            Ok(Gradient::Dense(sum))
        }
        (Gradient::Slices(sum), Gradient::Slices(gradient)) => Ok(Gradient::Slices(merged(&sum, &gradient)?)),
        _ => bail!(invalid_argument, "an accumulator holds either dense or sparse gradients"),
    }
}

fn mean(sum: Gradient, count: u32) -> Result<Gradient> {
    let shared_by = |count: u32, dtype: DType| NdArray::scalar(f64::from(count)).cast(dtype);
    match sum {
        Gradient::Dense(mut sum) => {
            let (count, width) = (shared_by(count, sum.dtype())?, sum.len());
            combine_slices(&mut sum, &[0], width, &count, Combine::Div)?;
            Ok(Gradient::Dense(sum))
        }
        // Each slice is divided by the number of gradients that had it.
        Gradient::Slices(mut slices) => {
            let width = slices.width();
            for (row, &count) in slices.counts.iter().enumerate().filter(|(_, count)| **count > 1) {
                let count = shared_by(count, slices.values.dtype())?;
                combine_slices(&mut slices.values, &[row * width], width, &count, Combine::Div)?;
            }
            Ok(Gradient::Slices(slices))
        }
    }
}

impl Slices {
    /// Slices at these places, in the order in which they come.
    pub(crate) fn new(indices: Vec<i64>, values: NdArray) -> Slices {
        let counts = vec![1; indices.len()];
        Slices { indices, values, counts }
    }

    /// How many elements a slice has.
    fn width(&self) -> usize {
        self.values.shape().dims().iter().skip(1).product()
    }
}

/// Both gradients as one: a single pass over both, as over sorted lists, so that slices out of order stay apart.
fn merged(sum: &Slices, gradient: &Slices) -> Result<Slices> {
    let (mut indices, mut counts) = (Vec::new(), Vec::new());
    // Rows of the sum and rows of the gradient, by the row they go to.
    let (mut from, mut both) = (Vec::new(), Vec::new());
    let (mut i, mut j) = (0, 0);
    while i < sum.indices.len() || j < gradient.indices.len() {
        let (old, new) = (sum.indices.get(i), gradient.indices.get(j));
        let takes_old = old.is_some_and(|old| new.is_none_or(|new| old <= new));
        let takes_new = new.is_some_and(|new| old.is_none_or(|old| new <= old));
        indices.extend(if takes_old { old } else { new });
        counts.push(if takes_old { sum.counts[i] } else { 0 } + u32::from(takes_new));
        if takes_old && takes_new {
            both.push((from.len(), j));
        }
        from.push(if takes_old { (&sum.values, i) } else { (&gradient.values, j) });
        i += usize::from(takes_old);
        j += usize::from(takes_new);
    }
    let width = sum.width();
    ensure!(gradient.width() == width, invalid_argument, "slices of different widths cannot be added");
    let shape = Shape::new(&[&[from.len()], &sum.values.shape().dims()[1..]].concat())?;
    let mut values = rows(&from, width, shape)?;
    let starts: Vec<usize> = both.iter().map(|(to, _)| to * width).collect();
    let summands: Vec<(&NdArray, usize)> = both.iter().map(|&(_, row)| (&gradient.values, row)).collect();
    let shape = Shape::new(&[summands.len(), width])?;
    if !summands.is_empty() {
        combine_slices(&mut values, &starts, width, &rows(&summands, width, shape)?, Combine::Add)?;
    }
    Ok(Slices { indices, values, counts })
}

/// An array of these rows, each of `width` elements.
fn rows(from: &[(&NdArray, usize)], width: usize, shape: Shape) -> Result<NdArray> {
    let Some((first, _)) = from.first() else { bail!(internal, "no rows") };
    dispatch!(first.dtype(), ALL, |T| {
        let mut elements = reserve::<T>(shape.num_elements())?;
        for (array, row) in from {
            elements.extend_from_slice(&array.as_slice::<T>()?[row * width..(row + 1) * width]);
        }
        NdArray::from_shape(shape, elements)
    })
}
