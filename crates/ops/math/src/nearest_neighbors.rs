//! NearestNeighbors: for each point the nearest of some centres.

use ferroflow_core::{Grad, KernelCtx, NdArray, OpDef, Result, Shape, ensure, parallel, reserve, shape_fn};

/// The sum of products, the same at any number of threads.
fn product(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (points, centers, k) = (cx.input(0)?, cx.input(1)?, cx.input(2)?);
    for (input, name) in [(points, "points"), (centers, "centers")] {
        ensure!(input.rank() == 2, invalid_argument, "Input {name} should be a matrix.");
    }
    ensure!(k.rank() == 0, invalid_argument, "Input k should be a scalar.");
    let (count, width) = (points.shape()[0], points.shape()[1]);
    ensure!(count > 0, invalid_argument, "Expected points.rows() > 0.");
    ensure!(
        width == centers.shape()[1],
        invalid_argument,
        "Expected point_dimensions == center_dimensions: {width} vs {}.",
        centers.shape()[1]
    );
    let k = cx.int_value(2)?;
    // Version 2.21 of TensorFlow ends the process here; a later one has these words.
    ensure!(k >= 0, invalid_argument, "Expected k >= 0.");
    let among = centers.shape()[0];
    let k = usize::try_from(k).unwrap_or(usize::MAX).min(among);
    let shape = Shape::new(&[count, k])?;
    let mut nearest = reserve::<(i64, f32)>(shape.num_elements())?;
    nearest.resize(shape.num_elements(), (0, 0.0));
    let (points, centers) = (points.as_slice::<f32>()?, centers.as_slice::<f32>()?);
    let half_square = |point: &[f32]| 0.5 * product(point, point);
    let center = |at: usize| &centers[at * width..][..width];
    let halves: Vec<f32> = (0..among).map(|at| half_square(center(at))).collect();
    if k > 0 {
        parallel::chunks(&mut nearest, k, (among * width.max(1)).div_ceil(k), |start, chunk| {
            let mut found: Vec<(f32, i64)> = Vec::with_capacity(among);
            for (number, best) in chunk.chunks_exact_mut(k).enumerate() {
                let point = &points[(start / k + number) * width..][..width];
                found.clear();
                found.extend(
                    (0i64..).zip(&halves).map(|(at, half)| (half - product(point, center(at as usize)), at)),
                );
                let order = |a: &(f32, i64), b: &(f32, i64)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
                if k < among {
                    found.select_nth_unstable_by(k - 1, order);
                    found.truncate(k);
                }
                found.sort_unstable_by(order);
                let own = half_square(point);
                for (best, (distance, at)) in best.iter_mut().zip(&found) {
                    *best = (*at, 2.0 * (own + distance));
                }
            }
        });
    }
    let (indices, distances): (Vec<i64>, Vec<f32>) = nearest.into_iter().unzip();
    cx.set(0, NdArray::from_shape(shape.clone(), indices)?)?;
    cx.set(1, NdArray::from_shape(shape, distances)?)
}

pub(crate) static NEAREST_NEIGHBORS: OpDef = OpDef {
    name: "NearestNeighbors",
    shape: shape_fn::unknown,
    kernel: Some(kernel),
    grad: Grad::Missing,
    ..OpDef::NEW
};
