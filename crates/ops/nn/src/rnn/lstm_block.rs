//! BlockLSTM, BlockLSTMV2, BlockLSTMGrad, BlockLSTMGradV2: all steps of an LSTM.

use crate::activations::is_half;
use crate::product::{Product, matrix};
use crate::rnn::cell::{Gates, ICFO, IFCO, Lstm, Sizes, check_sizes, constants};
use ferroflow_core::{
    Grad, GradCtx, KernelCtx, Op, OpDef, PartialShape, Result, ShapeCtx, bail, ensure, zeroed,
};

macro_rules! ops {
    ($($constant:ident $name:literal $shape:expr, $kernel:expr, $grad:expr;)*) => {
        $(pub(crate) static $constant: OpDef =
            OpDef { name: $name, shape: $shape, kernel: Some($kernel), grad: $grad, ..OpDef::NEW };)*
    };
}

ops! {
    BLOCK_LSTM "BlockLSTM" shape, kernel, Grad::Fn(grad);
    BLOCK_LSTM_V2 "BlockLSTMV2" shape, kernel, Grad::Fn(grad);
    BLOCK_LSTM_GRAD "BlockLSTMGrad" grad_shape, grad_kernel, Grad::Missing;
    BLOCK_LSTM_GRAD_V2 "BlockLSTMGradV2" grad_shape, grad_kernel, Grad::Missing;
}

/// Inputs 2 to 8.
const WEIGHTS: [(&str, usize); 7] =
    [("cs_prev", 2), ("h_prev", 2), ("w", 2), ("wci", 1), ("wcf", 1), ("wco", 1), ("b", 1)];

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let cell = if cx.at_run_time() {
        check(cx)?;
        cx.input(2).dim(1)
    } else {
        cx.with_rank(1, 3)?;
        let cells = cx.with_rank(8, 1)?.dim(0);
        if let Some(cells) = cells
            && cells % 4 != 0
        {
            bail!(invalid_argument, "Dimension size must be evenly divisible by 4 but is {cells}");
        }
        cells.map(|cells| cells / 4)
    };
    let x = cx.input(1);
    for index in 0..7 {
        cx.set(index, PartialShape::new([x.dim(0), x.dim(1), cell]));
    }
    Ok(())
}

fn check(cx: &ShapeCtx<'_>) -> Result<()> {
    let rank = cx.input(0).rank().unwrap_or(0);
    ensure!(rank == 0, invalid_argument, "`seq_len_max_tensor` must be rank 0 but is rank {rank}");
    ensure!(cx.input(1).rank() == Some(3), invalid_argument, "x must be 3D");
    let size = |index: usize, axis| cx.input(index).dim(axis).unwrap_or(0);
    let (batch, input, cell) = (size(1, 1), size(1, 2), size(2, 1));
    let sizes: [&[_]; 7] = [
        &[(2, 0, "cs_prev.dims(0) != batch_size", batch)],
        &[(3, 0, "h_prev.dims(0) != batch_size", batch), (3, 1, "h_prev.dims(1) != cell_size", cell)],
        &[
            (4, 0, "w.dim_size(0) != input_size + cell_size", input + cell),
            (4, 1, "w.dim_size(1) != cell_size * 4", cell * 4),
        ],
        &[(5, 0, "wci.dim_size(0) != cell_size", cell)],
        &[(6, 0, "wcf.dim_size(0) != cell_size", cell)],
        &[(7, 0, "wco.dim_size(0) != cell_size", cell)],
        &[(8, 0, "b.dim_size(0) != cell_size * 4", cell * 4)],
    ];
    for (index, ((name, rank), sizes)) in WEIGHTS.into_iter().zip(sizes).enumerate() {
        ensure!(cx.input(index + 2).rank() == Some(rank), invalid_argument, "{name} must be {rank}D");
        check_sizes(cx, sizes)?;
    }
    check_steps(cx)
}

fn check_steps(cx: &ShapeCtx<'_>) -> Result<()> {
    let (steps, time) = (cx.int_value(0)?.unwrap_or(0), cx.input(1).dim(0).unwrap_or(0));
    ensure!(
        (0..=time as i64).contains(&steps),
        invalid_argument,
        "seq_len_max must be between 0 and {time} but is {steps}"
    );
    Ok(())
}

fn grad_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        check_grad(cx)?;
    } else {
        cx.with_rank(1, 3)?;
        for (index, (_, rank)) in WEIGHTS.into_iter().enumerate() {
            cx.with_rank(index + 2, rank)?;
        }
    }
    for index in 0..8 {
        // In a graph, TensorFlow takes two of the peepholes for each other; they are of one size.
        let shape = cx.input(index + 1);
        cx.set(index, shape);
    }
    Ok(())
}

fn check_grad(cx: &ShapeCtx<'_>) -> Result<()> {
    let rank = |index: usize| cx.input(index).rank().unwrap_or(0);
    let size = |index: usize, axis| cx.input(index).dim(axis).unwrap_or(0);
    ensure!(rank(0) == 0, invalid_argument, "`seq_len_max_tensor` must be rank 0 but is rank {}", rank(0));
    ensure!(rank(1) == 3, invalid_argument, "x must be rank 3 but is rank {}", rank(1));
    for (index, (name, wanted)) in WEIGHTS.into_iter().enumerate() {
        let found = rank(index + 2);
        ensure!(found == wanted, invalid_argument, "{name} must be rank {wanted} but is rank {found}");
        if name == "w" {
            let columns = size(4, 1);
            let rows = size(1, 2) + columns / 4;
            ensure!(
                rows == size(4, 0),
                invalid_argument,
                "w matrix rows don't match: {rows} vs. {}",
                size(4, 0)
            );
            ensure!(
                columns > 0 && columns % 4 == 0,
                invalid_argument,
                "w matrix columns must be a positive multiple of 4, but got {columns}"
            );
        }
    }
    let (time, batch, cell) = (size(1, 0), size(1, 1), size(4, 1) / 4);
    ensure!(
        cell == size(8, 0) / 4,
        invalid_argument,
        "w and b cell_size don't match: {cell} vs. {}",
        size(8, 0)
    );
    for (index, name) in ["i", "cs", "f", "o", "ci", "co", "h"].into_iter().enumerate() {
        let found = rank(index + 9);
        ensure!(found == 3, invalid_argument, "{name} must be rank 3. Received: {found}");
    }
    check_steps(cx)?;
    // TensorFlow 2.21 trusts the rest.
    let states = [Some(batch), Some(cell)];
    for index in [2, 3] {
        let found = cx.input(index);
        ensure!(
            found.dims() == Some(&states[..]),
            invalid_argument,
            "a state must have shape [{batch},{cell}] but has {}",
            found.cpp()
        );
    }
    for index in 5..8 {
        ensure!(
            size(index, 0) == cell,
            invalid_argument,
            "a peephole must have {cell} weights but has {}",
            size(index, 0)
        );
    }
    ensure!(size(8, 0) == cell * 4, invalid_argument, "b must have {} elements", cell * 4);
    for index in 9..18 {
        let found = cx.input(index);
        ensure!(
            found.dims() == Some(&[Some(time), Some(batch), Some(cell)][..]),
            invalid_argument,
            "input {index} must have shape [{time},{batch},{cell}] but has {}",
            found.cpp()
        );
    }
    Ok(())
}

/// The LSTM of inputs 1 to 8, and its number of steps.
fn lstm<'a>(cx: &'a KernelCtx<'_>) -> Result<(Lstm<'a>, usize)> {
    let (x, cs_prev) = (cx.input(1)?.shape(), cx.input(2)?.shape());
    let gates: Gates = if cx.op().name.ends_with("V2") { IFCO } else { ICFO };
    let peepholes = [cx.slice::<f32>(5)?, cx.slice::<f32>(6)?, cx.slice::<f32>(7)?];
    let (forget_bias, cell_clip) = constants(cx);
    let lstm = Lstm {
        sizes: Sizes { batch: x[1], input: x[2], cell: cs_prev[1] },
        gates,
        w: cx.slice(4)?,
        peepholes: cx.bool("use_peephole")?.then_some(peepholes),
        b: cx.slice(8)?,
        forget_bias,
        cell_clip,
    };
    Ok((lstm, usize::try_from(cx.int_value(0)?).unwrap_or(0)))
}

/// The elements of one step.
fn at(all: &[f32], step: usize, size: usize) -> &[f32] {
    &all[step * size..(step + 1) * size]
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    if is_half(cx.dtype("T")?) {
        return cx.through_f32(kernel);
    }
    let total = cx.output_shape(0)?.num_elements();
    let (lstm, steps) = lstm(cx)?;
    let (states, inputs) = (lstm.sizes.states(), lstm.sizes.batch * lstm.sizes.input);
    let x = cx.slice::<f32>(1)?;
    let (mut cs, mut h) = (cx.slice::<f32>(2)?.to_vec(), cx.slice::<f32>(3)?.to_vec());
    let mut all: [Vec<f32>; 7] = Default::default();
    for all in &mut all {
        *all = zeroed::<f32>(total)?;
    }
    for step in 0..steps {
        let outputs = lstm.forward(at(x, step, inputs), &cs, &h)?;
        for (all, output) in all.iter_mut().zip(&outputs) {
            all[step * states..(step + 1) * states].copy_from_slice(output);
        }
        let [_, new_cs, .., new_h] = outputs;
        (cs, h) = (new_cs, new_h);
        cx.env().check()?;
    }
    for (index, all) in all.into_iter().enumerate() {
        cx.set_elements(index, all)?;
    }
    Ok(())
}

fn grad_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    if is_half(cx.dtype("T")?) {
        return cx.through_f32(grad_kernel);
    }
    let (lstm, steps) = lstm(cx)?;
    let sizes = lstm.sizes;
    let (states, inputs) = (sizes.states(), sizes.batch * sizes.input);
    let (width, outputs) = (sizes.input + sizes.cell, 4 * sizes.cell);
    let slice = |index| cx.slice::<f32>(index);
    let saved = [slice(9)?, slice(10)?, slice(11)?, slice(12)?, slice(13)?, slice(14)?, slice(15)?];
    let (x, cs_grad, h_grad) = (slice(1)?, slice(16)?, slice(17)?);
    let mut x_grad = zeroed::<f32>(x.len())?;
    let (mut cs_prev_grad, mut h_prev_grad) = (zeroed::<f32>(states)?, zeroed::<f32>(states)?);
    let (mut w_grad, mut b_grad) = (zeroed::<f32>(width * outputs)?, zeroed::<f32>(outputs)?);
    let mut peephole_grads: [Vec<f32>; 3] =
        [vec![0.0; sizes.cell], vec![0.0; sizes.cell], vec![0.0; sizes.cell]];
    let add = |sums: &mut [f32], values: &[f32]| sums.iter_mut().zip(values).for_each(|(sum, v)| *sum += v);
    for step in (0..steps).rev() {
        let before = |first: usize, later: &[f32]| -> Result<Vec<f32>> {
            Ok(if step == 0 { slice(first)?.to_vec() } else { at(later, step - 1, states).to_vec() })
        };
        let (cs_prev, h_prev) = (before(2, saved[1])?, before(3, saved[6])?);
        add(&mut cs_prev_grad, at(cs_grad, step, states));
        add(&mut h_prev_grad, at(h_grad, step, states));
        let here = saved.map(|all| at(all, step, states));
        let grads = lstm.backward(&cs_prev, &here, &cs_prev_grad, &h_prev_grad)?;
        let joined_grad = sizes.through(&grads.gates, lstm.w, outputs)?;
        for row in 0..sizes.batch {
            let target = step * inputs + row * sizes.input;
            x_grad[target..target + sizes.input].copy_from_slice(&joined_grad[row * width..][..sizes.input]);
        }
        cs_prev_grad = grads.cs_prev;
        h_prev_grad = sizes.cell_part(&joined_grad);
        let joined = sizes.joined(at(x, step, inputs), &h_prev)?;
        let (joined, gates) =
            (matrix(&joined, sizes.batch, width)?, matrix(&grads.gates, sizes.batch, outputs)?);
        f32::product(joined.t(), gates, &mut w_grad, true)?;
        for row in grads.gates.chunks_exact(outputs.max(1)) {
            add(&mut b_grad, row);
        }
        for (sums, grad) in peephole_grads.iter_mut().zip(&grads.peepholes) {
            add(sums, grad);
        }
        cx.env().check()?;
    }
    let [wci, wcf, wco] = peephole_grads;
    let all = [x_grad, cs_prev_grad, h_prev_grad, w_grad, wci, wcf, wco, b_grad];
    for (index, output) in all.into_iter().enumerate() {
        cx.set_elements(index, output)?;
    }
    Ok(())
}

/// TensorFlow 2.21 takes the first version's gradient for the second one, too, although its gates stand in another order.
fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let mut op = Op::new(&BLOCK_LSTM_GRAD).attr("use_peephole", cx.bool("use_peephole")?);
    for index in 0..9 {
        op = op.input(cx.x(index)?);
    }
    for index in 0..7 {
        op = op.input(cx.y(index)?);
    }
    let grads = op.input(cx.dy(1)?).input(cx.dy(6)?).outputs::<8>()?;
    for (index, grad) in grads.into_iter().enumerate() {
        cx.set(index + 1, grad)?;
    }
    Ok(())
}
