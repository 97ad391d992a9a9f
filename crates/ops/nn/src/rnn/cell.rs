//! One step of an LSTM, forward and backward, over flat `[batch, cell]` arrays; and the checks that all cells share.

use crate::product::{Product, matrix};
use ferroflow_core::{Attrs, Result, ShapeCtx, bail, zeroed};

pub(crate) fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}

/// A size that an input must have: its position, an axis, TensorFlow's words for it, the size.
pub(crate) type Expected = (usize, usize, &'static str, usize);

/// Checks sizes of inputs in order.
///
/// # Errors
/// `InvalidArgument` for the first that differs.
pub(crate) fn check_sizes(cx: &ShapeCtx<'_>, expected: &[Expected]) -> Result<()> {
    for &(input, axis, words, size) in expected {
        match cx.input(input).dim(axis) {
            Some(found) if found == size => {}
            found => bail!(invalid_argument, "{words}: {} vs. {size}", found.unwrap_or(0)),
        }
    }
    Ok(())
}

/// The sizes of a cell.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) batch: usize,
    pub(crate) input: usize,
    pub(crate) cell: usize,
}

impl Sizes {
    /// The elements of a state of the whole batch.
    pub(crate) fn states(&self) -> usize {
        self.batch * self.cell
    }

    /// Rows of `x` and of `h` side by side.
    pub(crate) fn joined(&self, x: &[f32], h: &[f32]) -> Result<Vec<f32>> {
        let width = self.input + self.cell;
        let mut joined = zeroed::<f32>(self.batch * width)?;
        for (row, joined) in joined.chunks_exact_mut(width.max(1)).enumerate() {
            joined[..self.input].copy_from_slice(&x[row * self.input..(row + 1) * self.input]);
            joined[self.input..].copy_from_slice(&h[row * self.cell..(row + 1) * self.cell]);
        }
        Ok(joined)
    }

    /// The right part of such rows.
    pub(crate) fn cell_part(&self, joined: &[f32]) -> Vec<f32> {
        let width = (self.input + self.cell).max(1);
        joined.chunks_exact(width).flat_map(|row| row[self.input..].iter().copied()).collect()
    }

    /// `rows * weights + bias`.
    pub(crate) fn affine(&self, rows: &[f32], weights: &[f32], bias: &[f32]) -> Result<Vec<f32>> {
        let (width, outputs) = (self.input + self.cell, bias.len());
        let mut sums = zeroed::<f32>(self.batch * outputs)?;
        f32::product(matrix(rows, self.batch, width)?, matrix(weights, width, outputs)?, &mut sums, false)?;
        for sums in sums.chunks_exact_mut(outputs.max(1)) {
            sums.iter_mut().zip(bias).for_each(|(sum, bias)| *sum += bias);
        }
        Ok(sums)
    }

    /// The gradient that flows through a product with `weights` to the rows before it.
    pub(crate) fn through(&self, gradient: &[f32], weights: &[f32], outputs: usize) -> Result<Vec<f32>> {
        let width = self.input + self.cell;
        let mut rows = zeroed::<f32>(self.batch * width)?;
        let (gradient, weights) = (matrix(gradient, self.batch, outputs)?, matrix(weights, width, outputs)?);
        f32::product(gradient, weights.t(), &mut rows, false)?;
        Ok(rows)
    }
}

/// The order of the gates of an LSTM in its weights.
#[derive(Clone, Copy)]
pub(crate) struct Gates {
    pub(crate) input: usize,
    pub(crate) cell: usize,
    pub(crate) forget: usize,
    pub(crate) output: usize,
}

pub(crate) const ICFO: Gates = Gates { input: 0, cell: 1, forget: 2, output: 3 };
pub(crate) const IFCO: Gates = Gates { input: 0, cell: 2, forget: 1, output: 3 };

/// What stays the same over the steps of an LSTM.
pub(crate) struct Lstm<'a> {
    pub(crate) sizes: Sizes,
    pub(crate) gates: Gates,
    pub(crate) w: &'a [f32],
    /// The weights that let the input, forget and output gates see the state, where they do.
    pub(crate) peepholes: Option<[&'a [f32]; 3]>,
    pub(crate) b: &'a [f32],
    pub(crate) forget_bias: f32,
    pub(crate) cell_clip: f32,
}

/// `forget_bias` and `cell_clip`: ops that lack one take it as zero.
pub(crate) fn constants(attrs: &Attrs) -> (f32, f32) {
    let float = |name| attrs.float(name).unwrap_or(0.0);
    (float("forget_bias"), float("cell_clip"))
}

/// The outputs of a step in their order: `i`, `cs`, `f`, `o`, `ci`, `co`, `h`.
pub(crate) type Step<T> = [T; 7];

/// The gradients that a step backward gives.
pub(crate) struct StepGrads {
    pub(crate) cs_prev: Vec<f32>,
    /// `[batch, 4 * cell]`: those of the gates before their activations.
    pub(crate) gates: Vec<f32>,
    /// Those of the peepholes, added up over the batch.
    pub(crate) peepholes: [Vec<f32>; 3],
}

impl Lstm<'_> {
    /// One step: the outputs from the input and the state before.
    pub(crate) fn forward(&self, x: &[f32], cs_prev: &[f32], h_prev: &[f32]) -> Result<Step<Vec<f32>>> {
        let Sizes { batch, cell, .. } = self.sizes;
        let joined = self.sizes.joined(x, h_prev)?;
        let sums = self.sizes.affine(&joined, self.w, self.b)?;
        let states = self.sizes.states();
        let mut outputs: Step<Vec<f32>> = Default::default();
        for output in &mut outputs {
            *output = zeroed::<f32>(states)?;
        }
        let [i, cs, f, o, ci, co, h] = &mut outputs;
        let peek = |gate: usize, unit: usize, state: f32| {
            self.peepholes.map_or(0.0, |peepholes| peepholes[gate][unit] * state)
        };
        for row in 0..batch {
            for unit in 0..cell {
                let at = row * cell + unit;
                let gate = |gate: usize| sums[(row * 4 + gate) * cell + unit];
                let before = cs_prev[at];
                i[at] = sigmoid(gate(self.gates.input) + peek(0, unit, before));
                ci[at] = gate(self.gates.cell).tanh();
                f[at] = sigmoid(gate(self.gates.forget) + self.forget_bias + peek(1, unit, before));
                let state = i[at] * ci[at] + f[at] * before;
                let clip = self.cell_clip;
                cs[at] = if clip > 0.0 { state.max(-clip).min(clip) } else { state };
                co[at] = cs[at].tanh();
                o[at] = sigmoid(gate(self.gates.output) + peek(2, unit, cs[at]));
                h[at] = o[at] * co[at];
            }
        }
        Ok(outputs)
    }

    /// One step backward, from the gradients of the state and of the output; `step` is what the forward step gave.
    pub(crate) fn backward(
        &self,
        cs_prev: &[f32],
        step: &Step<&[f32]>,
        cs_grad: &[f32],
        h_grad: &[f32],
    ) -> Result<StepGrads> {
        let Sizes { batch, cell, .. } = self.sizes;
        let [i, cs, f, o, ci, co, _] = step;
        let mut gates = zeroed::<f32>(batch * 4 * cell)?;
        let mut cs_prev_grad = zeroed::<f32>(batch * cell)?;
        let mut peepholes: [Vec<f32>; 3] = Default::default();
        for sums in &mut peepholes {
            *sums = zeroed::<f32>(cell)?;
        }
        for row in 0..batch {
            for unit in 0..cell {
                let at = row * cell + unit;
                let d_o = o[at] * (1.0 - o[at]) * h_grad[at] * co[at];
                let mut d_cs = (1.0 - co[at] * co[at]) * h_grad[at] * o[at] + cs_grad[at];
                if let Some(weights) = self.peepholes {
                    d_cs += d_o * weights[2][unit];
                }
                let d_ci = (1.0 - ci[at] * ci[at]) * d_cs * i[at];
                let d_f = f[at] * (1.0 - f[at]) * d_cs * cs_prev[at];
                let d_i = i[at] * (1.0 - i[at]) * d_cs * ci[at];
                let order = self.gates;
                for (gate, gradient) in
                    [(order.input, d_i), (order.cell, d_ci), (order.forget, d_f), (order.output, d_o)]
                {
                    gates[(row * 4 + gate) * cell + unit] = gradient;
                }
                cs_prev_grad[at] = d_cs * f[at];
                if let Some(weights) = self.peepholes {
                    cs_prev_grad[at] += d_i * weights[0][unit] + d_f * weights[1][unit];
                    peepholes[0][unit] += d_i * cs_prev[at];
                    peepholes[1][unit] += d_f * cs_prev[at];
                    peepholes[2][unit] += d_o * cs[at];
                }
            }
        }
        Ok(StepGrads { cs_prev: cs_prev_grad, gates, peepholes })
    }
}
