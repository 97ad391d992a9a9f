//! Geometry of sliding windows: how a window moves along one dimension of an input.

use ferroflow_core::{Dim, Error, Result, ShapeCtx, bail};
use std::ops::Range;

/// What surrounds an input along one dimension.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Padding {
    /// Nothing: windows lie within the input.
    Valid,
    /// As much as gives one output for each stride, split evenly, the odd one behind.
    Same,
    /// This much before and behind.
    Explicit(i64, i64),
}

/// A window along one dimension, before the input is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) window: i64,
    pub(crate) stride: i64,
    pub(crate) dilation: i64,
    pub(crate) padding: Padding,
}

/// A window along one dimension of an input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axis {
    pub(crate) input: usize,
    pub(crate) output: usize,
    pub(crate) window: usize,
    pub(crate) stride: usize,
    pub(crate) dilation: usize,
    /// Padding before the input.
    pub(crate) before: usize,
}

impl Span {
    /// A window of one element that moves by one.
    pub(crate) const UNIT: Span = Span { window: 1, stride: 1, dilation: 1, padding: Padding::Valid };

    /// How far the window reaches, holes included.
    fn extent(&self) -> i128 {
        (i128::from(self.window) - 1) * i128::from(self.dilation) + 1
    }

    /// Outputs and padding before the input; the number of outputs can be negative.
    fn place(&self, input: usize) -> (i128, i128) {
        let (input, stride) = (input as i128, i128::from(self.stride.max(1)));
        match self.padding {
            Padding::Valid => ((input - self.extent() + stride) / stride, 0),
            Padding::Explicit(before, behind) => {
                let padded = input + i128::from(before) + i128::from(behind);
                ((padded - self.extent() + stride) / stride, i128::from(before))
            }
            Padding::Same => {
                let outputs = (input + stride - 1) / stride;
                let padding = ((outputs - 1) * stride + self.extent() - input).max(0);
                (outputs, padding / 2)
            }
        }
    }

    /// The number of outputs, as far as it follows from what is known of the input.
    ///
    /// # Errors
    /// `InvalidArgument` when the window does not fit, in the words of TensorFlow's kernels or shape functions.
    pub(crate) fn output(&self, cx: &ShapeCtx<'_>, input: Dim) -> Result<Dim> {
        if self.stride <= 0 {
            bail!(invalid_argument, "Stride must be > 0, but got {}", self.stride);
        }
        let Some(input) = input else {
            return Ok(None);
        };
        let (outputs, _) = self.place(input);
        if outputs < 0 {
            return Err(cx.mismatch(self.negative(input, outputs), self.subtraction(input)));
        }
        // Shape functions subtract first, and so refuse what division would round up to nothing.
        if !cx.at_run_time() && self.padding != Padding::Same && self.padded(input) < self.extent() {
            bail!(invalid_argument, "{}", self.subtraction(input));
        }
        to_size(outputs).map(Some)
    }

    /// The number of outputs for an input, refused in the words of TensorFlow's kernels.
    ///
    /// # Errors
    /// `InvalidArgument` when the window does not fit.
    pub(crate) fn outputs(&self, input: usize) -> Result<usize> {
        if self.stride <= 0 {
            bail!(invalid_argument, "Stride must be > 0, but got {}", self.stride);
        }
        match self.place(input).0 {
            outputs if outputs < 0 => bail!(invalid_argument, "{}", self.negative(input, outputs)),
            outputs => to_size(outputs),
        }
    }

    fn negative(&self, input: usize, outputs: i128) -> String {
        format!(
            "Computed output size would be negative: {outputs} [input_size: {input}, effective_filter_size: {}, \
             stride: {}]",
            self.extent(),
            self.stride
        )
    }

    fn padded(&self, input: usize) -> i128 {
        match self.padding {
            Padding::Explicit(before, behind) => input as i128 + i128::from(before) + i128::from(behind),
            _ => input as i128,
        }
    }

    fn subtraction(&self, input: usize) -> String {
        format!("Negative dimension size caused by subtracting {} from {}", self.extent(), self.padded(input))
    }

    /// The window over an input of this size.
    ///
    /// # Errors
    /// `InvalidArgument` for a window, stride or dilation that is not positive, or a window that does not fit.
    pub(crate) fn over(&self, input: usize) -> Result<Axis> {
        if self.stride <= 0 || self.dilation <= 0 || self.window < 0 {
            bail!(invalid_argument, "windows, strides and dilations must be positive");
        }
        let (outputs, before) = self.place(input);
        Ok(Axis {
            input,
            output: to_size(outputs)?,
            window: to_size(self.window.into())?,
            stride: to_size(self.stride.into())?,
            dilation: to_size(self.dilation.into())?,
            before: to_size(before)?,
        })
    }
}

fn to_size(value: i128) -> Result<usize> {
    // Sizes stay far enough below the limit of `usize` that sums of two positions cannot overflow.
    match usize::try_from(value) {
        Ok(size) if size <= (i64::MAX / 4) as usize => Ok(size),
        _ => Err(Error::invalid_argument(format!("a window of size {value} does not fit"))),
    }
}

impl Axis {
    /// The input's element under a tap of the window at an output; `None` in the padding.
    pub(crate) fn source(&self, output: usize, tap: usize) -> Option<usize> {
        let position = output * self.stride + tap * self.dilation;
        position.checked_sub(self.before).filter(|&position| position < self.input)
    }

    /// The output for which this tap of the window lies on this element of the input.
    pub(crate) fn output_of(&self, input: usize, tap: usize) -> Option<usize> {
        let start = (input + self.before).checked_sub(tap * self.dilation)?;
        (start % self.stride == 0).then_some(start / self.stride).filter(|&output| output < self.output)
    }

    /// The taps of the window at an output that lie on the input.
    pub(crate) fn taps(&self, output: usize) -> Range<usize> {
        let start = output * self.stride;
        let first = self.before.saturating_sub(start).div_ceil(self.dilation).min(self.window);
        let end = (self.input + self.before).saturating_sub(start).div_ceil(self.dilation).min(self.window);
        first..end.max(first)
    }

    /// Whether all taps of the window at an output lie on the input.
    pub(crate) fn is_whole(&self, output: usize) -> bool {
        let first = output * self.stride;
        self.window > 0
            && first >= self.before
            && first + (self.window - 1) * self.dilation < self.input + self.before
    }

    /// The outputs at which this tap of the window lies on the input.
    pub(crate) fn outputs(&self, tap: usize) -> Range<usize> {
        let reach = tap * self.dilation;
        let first = self.before.saturating_sub(reach).div_ceil(self.stride).min(self.output);
        let end = (self.input + self.before).saturating_sub(reach).div_ceil(self.stride).min(self.output);
        first..end.max(first)
    }

    /// For each output, the taps of its window that lie on the input, and the input's element under the first of them.
    pub(crate) fn spans(&self) -> Vec<(Range<usize>, usize)> {
        let span = |output| {
            let taps = self.taps(output);
            let source = self.source(output, taps.start).unwrap_or(0);
            (taps, source)
        };
        (0..self.output).map(span).collect()
    }

    /// Whether each output is under just the element of its own position.
    pub(crate) fn is_identity(&self) -> bool {
        self.window == 1 && self.stride == 1 && self.before == 0 && self.output == self.input
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taps_outputs_and_sources_agree() {
        for (window, stride, dilation, padding) in [
            (3, 2, 1, Padding::Same),
            (2, 3, 2, Padding::Valid),
            (4, 1, 3, Padding::Explicit(5, 1)),
            (1, 4, 1, Padding::Same),
        ] {
            let axis = Span { window, stride, dilation, padding }.over(11).expect("fits");
            for output in 0..axis.output {
                assert_eq!(axis.is_whole(output), axis.taps(output).len() == axis.window);
                for tap in 0..axis.window {
                    let source = axis.source(output, tap);
                    assert_eq!(axis.taps(output).contains(&tap), source.is_some());
                    assert_eq!(axis.outputs(tap).contains(&output), source.is_some());
                    if let Some(input) = source {
                        assert_eq!(axis.output_of(input, tap), Some(output));
                    }
                }
            }
        }
    }
}
