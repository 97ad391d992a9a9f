//! GRUBlockCell, GRUBlockCellGrad: one step of a gated recurrent unit.

use crate::rnn::cell::{Sizes, check_sizes, sigmoid};
use ferroflow_core::{KernelCtx, OpDef, PartialShape, Result, ShapeCtx, ensure, zeroed};

pub(crate) static GRU_BLOCK_CELL: OpDef =
    OpDef { name: "GRUBlockCell", shape, kernel: Some(kernel), ..OpDef::NEW };

pub(crate) static GRU_BLOCK_CELL_GRAD: OpDef =
    OpDef { name: "GRUBlockCellGrad", shape: grad_shape, kernel: Some(grad_kernel), ..OpDef::NEW };

fn check(cx: &ShapeCtx<'_>) -> Result<()> {
    let rank = |index: usize| cx.input(index).rank().unwrap_or(0);
    let size = |index: usize, axis| cx.input(index).dim(axis).unwrap_or(0);
    let (batch, input, cell) = (size(0, 0), size(0, 1), size(1, 1));
    let inputs: [(&str, usize, &[_]); 6] = [
        ("x", 2, &[]),
        ("h_prev", 2, &[(1, 0, "h_prev.dims(0) != batch_size", batch)]),
        (
            "w_ru_",
            2,
            &[
                (2, 0, "w_ru.dim_size(0) != input_size + cell_size", input + cell),
                (2, 1, "w_ru.dim_size(1) != cell_size * 2", cell * 2),
            ],
        ),
        (
            "w_c",
            2,
            &[
                (3, 0, "w_c.dim_size(0) != input_size + cell_size", input + cell),
                (3, 1, "w_c.dim_size(1) != cell_size", cell),
            ],
        ),
        ("b_ru", 1, &[(4, 0, "b_ru.dim_size(0) != cell_size * 2", cell * 2)]),
        ("b_c", 1, &[(5, 0, "b_c.dim_size(0) != cell_size", cell)]),
    ];
    let steps: [(&str, usize, &[_]); 4] = [
        ("r", 2, &[(6, 0, "r.dims(0) != batch_size", batch), (6, 1, "r.dims(1) != cell_size", cell)]),
        ("u", 2, &[(7, 0, "u.dims(0) != batch_size", batch), (7, 1, "u.dims(1) != cell_size", cell)]),
        ("w_c", 2, &[(8, 0, "c.dims(0) != batch_size", batch), (8, 1, "c.dims(1) != cell_size", cell)]),
        ("d_h", 2, &[(9, 0, "d_h.dims(0) != batch_size", batch), (9, 1, "d_h.dims(1) != cell_size", cell)]),
    ];
    let all = inputs.into_iter().chain(steps).take(cx.num_inputs());
    for (index, (name, wanted, sizes)) in all.enumerate() {
        let found = rank(index);
        ensure!(found == wanted, invalid_argument, "Rank of {name} must be {wanted}, got {found}");
        check_sizes(cx, sizes)?;
    }
    Ok(())
}

/// The shapes of the inputs `x` and `h_prev`.
fn first_shapes(cx: &ShapeCtx<'_>) -> Result<(PartialShape, PartialShape)> {
    if cx.at_run_time() {
        check(cx)?;
    }
    Ok((cx.with_rank(0, 2)?, cx.with_rank(1, 2)?))
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (x, h_prev) = first_shapes(cx)?;
    for index in 0..4 {
        cx.set(index, PartialShape::new([x.dim(0), h_prev.dim(1)]));
    }
    Ok(())
}

fn grad_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (x, h_prev) = first_shapes(cx)?;
    let states = PartialShape::new([x.dim(0), h_prev.dim(1)]);
    let both = cx.with_rank(2, 2)?.dim(1);
    cx.set(3, PartialShape::new([x.dim(0), both]));
    cx.set(0, x);
    cx.set(1, states.clone());
    cx.set(2, states);
    Ok(())
}

fn sizes(cx: &KernelCtx<'_>) -> Result<Sizes> {
    let (x, h_prev) = (cx.input(0)?.shape(), cx.input(1)?.shape());
    Ok(Sizes { batch: x[0], input: x[1], cell: h_prev[1] })
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let sizes = sizes(cx)?;
    let (x, h_prev) = (cx.slice::<f32>(0)?, cx.slice::<f32>(1)?);
    let bars = sizes.affine(&sizes.joined(x, h_prev)?, cx.slice(2)?, cx.slice(4)?)?;
    let count = sizes.states();
    let (mut r, mut u, mut kept) = (zeroed::<f32>(count)?, zeroed::<f32>(count)?, zeroed::<f32>(count)?);
    for at in 0..count {
        let (row, unit) = (at / sizes.cell, at % sizes.cell);
        let bars = &bars[row * 2 * sizes.cell..];
        r[at] = sigmoid(bars[unit]);
        u[at] = sigmoid(bars[sizes.cell + unit]);
        kept[at] = h_prev[at] * r[at];
    }
    let mut c = sizes.affine(&sizes.joined(x, &kept)?, cx.slice(3)?, cx.slice(5)?)?;
    c.iter_mut().for_each(|c| *c = c.tanh());
    let h = (0..count).map(|at| u[at] * (h_prev[at] - c[at]) + c[at]).collect();
    for (index, output) in [r, u, c, h].into_iter().enumerate() {
        cx.set_elements(index, output)?;
    }
    Ok(())
}

fn grad_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let sizes = sizes(cx)?;
    let slice = |index| cx.slice::<f32>(index);
    let (h_prev, r, u, c, d_h) = (slice(1)?, slice(6)?, slice(7)?, slice(8)?, slice(9)?);
    let count = sizes.states();
    let mut d_c_bar = zeroed::<f32>(count)?;
    for at in 0..count {
        d_c_bar[at] = (d_h[at] * (1.0 - u[at])) * (1.0 - c[at] * c[at]);
    }
    let through_c = sizes.through(&d_c_bar, slice(3)?, sizes.cell)?;
    let d_kept = sizes.cell_part(&through_c);
    let mut d_bars = zeroed::<f32>(2 * count)?;
    for at in 0..count {
        let (row, unit) = (at / sizes.cell, at % sizes.cell);
        let d_bars = &mut d_bars[row * 2 * sizes.cell..];
        d_bars[unit] = (d_kept[at] * h_prev[at] * r[at]) * (1.0 - r[at]);
        d_bars[sizes.cell + unit] = d_h[at] * (h_prev[at] - c[at]) * u[at] * (1.0 - u[at]);
    }
    let through_ru = sizes.through(&d_bars, slice(2)?, 2 * sizes.cell)?;
    let width = (sizes.input + sizes.cell).max(1);
    let rows = through_ru.chunks_exact(width).zip(through_c.chunks_exact(width));
    let d_x = rows.flat_map(|(a, b)| a.iter().zip(b).take(sizes.input).map(|(a, b)| a + b)).collect();
    let direct = sizes.cell_part(&through_ru);
    let d_h_prev = (0..count).map(|at| direct[at] + d_kept[at] * r[at] + d_h[at] * u[at]).collect();
    for (index, output) in [d_x, d_h_prev, d_c_bar, d_bars].into_iter().enumerate() {
        cx.set_elements(index, output)?;
    }
    Ok(())
}
