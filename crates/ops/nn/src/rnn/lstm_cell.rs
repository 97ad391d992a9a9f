//! LSTMBlockCell, LSTMBlockCellGrad: one step of an LSTM.

use crate::activations::is_half;
use crate::rnn::cell::{ICFO, Lstm, Sizes, check_sizes, constants};
use ferroflow_core::{KernelCtx, OpDef, PartialShape, Result, ShapeCtx, ensure};

pub(crate) static LSTM_BLOCK_CELL: OpDef =
    OpDef { name: "LSTMBlockCell", shape, kernel: Some(kernel), ..OpDef::NEW };

pub(crate) static LSTM_BLOCK_CELL_GRAD: OpDef =
    OpDef { name: "LSTMBlockCellGrad", shape: grad_shape, kernel: Some(grad_kernel), ..OpDef::NEW };

/// The names of the inputs that both ops begin with.
const INPUTS: [(&str, usize); 8] =
    [("x", 2), ("cs_prev", 2), ("h_prev", 2), ("w", 2), ("wci", 1), ("wcf", 1), ("wco", 1), ("b", 1)];

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (x, cs_prev) = (cx.with_rank(0, 2)?, cx.with_rank(1, 2)?);
    if cx.at_run_time() {
        check(cx, &x, &cs_prev)?;
    }
    for index in 0..7 {
        cx.set(index, PartialShape::new([x.dim(0), cs_prev.dim(1)]));
    }
    Ok(())
}

fn check(cx: &ShapeCtx<'_>, x: &PartialShape, cs_prev: &PartialShape) -> Result<()> {
    // TensorFlow 2.21 crashes on most inputs of another rank; these are the words that it has for them.
    for (index, (name, rank)) in INPUTS.into_iter().enumerate() {
        let found = cx.input(index).rank().unwrap_or(0);
        ensure!(found == rank, invalid_argument, "{name}_tensor must be rank {rank} but is rank {found}.");
    }
    let size = |shape: &PartialShape, axis| shape.dim(axis).unwrap_or(0);
    let (batch, input, cell) = (size(x, 0), size(x, 1), size(cs_prev, 1));
    check_sizes(
        cx,
        &[
            (1, 0, "cs_prev.dims(0) != batch_size", batch),
            (2, 0, "h_prev.dims(0) != batch_size", batch),
            (2, 1, "h_prev.dims(1) != cell_size", cell),
            (3, 0, "w.dim_size(0) != input_size + cell_size", input + cell),
            (3, 1, "w.dim_size(1) != cell_size * 4", cell * 4),
            (7, 0, "b.dim_size(0) != cell_size * 4", cell * 4),
        ],
    )?;
    ensure!(batch > 0 && cell > 0, invalid_argument, "cs_prev_tensor is empty, has shape: ({batch},{cell}).");
    if cx.bool("use_peephole")? {
        // TensorFlow 2.21 reads past their ends.
        check_sizes(
            cx,
            &[
                (4, 0, "wci.dim_size(0) != cell_size", cell),
                (5, 0, "wcf.dim_size(0) != cell_size", cell),
                (6, 0, "wco.dim_size(0) != cell_size", cell),
            ],
        )?;
    }
    Ok(())
}

fn grad_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (x, cs_prev) = (cx.with_rank(0, 2)?, cx.with_rank(1, 2)?);
    let (batch, cell) = (x.dim(0), cs_prev.dim(1));
    if cx.at_run_time() {
        check(cx, &x, &cs_prev)?;
        let (batch, cell) = (batch.unwrap_or(0), cell.unwrap_or(0));
        check_sizes(
            cx,
            &[
                (8, 0, "i.dim_size(0) != batch_size", batch),
                (8, 1, "i.dim_size(1) != cell_size", cell),
                (9, 0, "cs.dim_size(0) != batch_size", batch),
                (9, 1, "cs.dim_size(1) != cell_size", cell),
                (10, 0, "f.dim_size(0) != batch_size", batch),
                (10, 1, "i.dim_size(1) != cell_size", cell),
                (11, 0, "o.dim_size(0) != batch_size", batch),
                (11, 1, "o.dim_size(1) != cell_size", cell),
                (12, 0, "ci.dim_size(0) != batch_size", batch),
                (12, 1, "ci.dim_size(1) != cell_size", cell),
                (13, 0, "co.dim_size(0) != batch_size", batch),
                (13, 1, "co.dim_size(1) != cell_size", cell),
                (14, 0, "cs_grad_tensor.dims(0) != batch_size", batch),
                (14, 1, "cs_grad_tensor.dims(1) != cell_size", cell),
                (15, 0, "h_grad_tensor.dims(0) != batch_size", batch),
                (15, 1, "h_grad_tensor.dims(1) != cell_size", cell),
            ],
        )?;
        for index in 8..16 {
            let rank = cx.input(index).rank().unwrap_or(0);
            ensure!(rank == 2, invalid_argument, "input {index} must be rank 2 but is rank {rank}.");
        }
    }
    cx.set(0, PartialShape::new([batch, cell]));
    cx.set(1, PartialShape::new([batch, cell.map(|cell| cell * 4)]));
    for index in 2..5 {
        cx.set(index, PartialShape::new([cell]));
    }
    Ok(())
}

fn lstm<'a>(cx: &'a KernelCtx<'_>) -> Result<Lstm<'a>> {
    let (x, cs_prev) = (cx.input(0)?.shape(), cx.input(1)?.shape());
    let peepholes = [cx.slice::<f32>(4)?, cx.slice::<f32>(5)?, cx.slice::<f32>(6)?];
    let (forget_bias, cell_clip) = constants(cx);
    Ok(Lstm {
        sizes: Sizes { batch: x[0], input: x[1], cell: cs_prev[1] },
        gates: ICFO,
        w: cx.slice(3)?,
        peepholes: cx.bool("use_peephole")?.then_some(peepholes),
        b: cx.slice(7)?,
        forget_bias,
        cell_clip,
    })
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    if is_half(cx.dtype("T")?) {
        return cx.through_f32(kernel);
    }
    let outputs = lstm(cx)?.forward(cx.slice(0)?, cx.slice(1)?, cx.slice(2)?)?;
    for (index, output) in outputs.into_iter().enumerate() {
        cx.set_elements(index, output)?;
    }
    Ok(())
}

fn grad_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    if is_half(cx.dtype("T")?) {
        return cx.through_f32(grad_kernel);
    }
    let saved = |index| cx.slice::<f32>(index);
    // The output itself is not among the inputs, and not needed.
    let step = [saved(8)?, saved(9)?, saved(10)?, saved(11)?, saved(12)?, saved(13)?, &[]];
    let grads = lstm(cx)?.backward(saved(1)?, &step, saved(14)?, saved(15)?)?;
    cx.set_elements(0, grads.cs_prev)?;
    cx.set_elements(1, grads.gates)?;
    for (index, peephole) in grads.peepholes.into_iter().enumerate() {
        cx.set_elements(2 + index, peephole)?;
    }
    Ok(())
}
