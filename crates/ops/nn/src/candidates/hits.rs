//! ComputeAccidentalHits: which sampled classes are true ones.

use ferroflow_core::{Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, ShapeCtx, bail, ensure};
use std::collections::HashMap;

pub(crate) static COMPUTE_ACCIDENTAL_HITS: OpDef =
    OpDef { name: "ComputeAccidentalHits", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (classes, columns) = (cx.input(0), cx.int("num_true")?);
    if cx.at_run_time() {
        ensure!(
            classes.rank() == Some(2) && classes.dim(1) == usize::try_from(columns).ok(),
            invalid_argument,
            "true_candidates must be a batch_size * num_true matrix"
        );
        ensure!(
            cx.input(1).rank() == Some(1),
            invalid_argument,
            "sampled_candidates must be a vector, which is typically an output from CandidateSampler"
        );
    } else {
        let found = cx.with_rank(0, 2)?.dim(1);
        if let Some(found) = found
            && found as i64 != columns
        {
            bail!(invalid_argument, "Dimension must be {columns} but is {found}");
        }
        cx.with_rank(1, 1)?;
    }
    for index in 0..3 {
        cx.set(index, PartialShape::of_rank(1));
    }
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (classes, sampled) = (cx.slice::<i64>(0)?, cx.slice::<i64>(1)?);
    // The last place of a class that was sampled more than once.
    let places: HashMap<i64, usize> = sampled.iter().enumerate().map(|(at, &class)| (class, at)).collect();
    let columns = usize::try_from(cx.int("num_true")?).unwrap_or(0);
    let (mut rows, mut ids) = (Vec::new(), Vec::new());
    for (row, classes) in classes.chunks_exact(columns.max(1)).enumerate() {
        for place in classes.iter().filter_map(|class| places.get(class)) {
            rows.push(i32::try_from(row).unwrap_or(i32::MAX));
            ids.push(*place as i64);
        }
    }
    let weights = vec![f32::MIN; ids.len()];
    cx.set(0, NdArray::vector(rows))?;
    cx.set(1, NdArray::vector(ids))?;
    cx.set(2, NdArray::vector(weights))
}
