//! Pooling over regions of random sizes.

use ferroflow_core::{IntoOperand, Op, Result, Tensor, ensure, options};
use ferroflow_ops_random::get_seed;

options! {
    /// Optional arguments of [`fractional_max_pool_with`] and [`fractional_avg_pool_with`].
    pub struct FractionalPoolOptions {
        /// Whether the regions are spread evenly, from a random offset on.
        pseudo_random: bool = false,
        /// Whether neighbouring regions share the rows and columns between them.
        overlapping: bool = false,
        /// The op's own seed; with 0 the regions are others each time.
        seed: i64 = 0,
    }
}

/// A ratio for each dimension: of one for both spatial ones, of one for each, or of all.
fn ratios(given: &[f32]) -> Result<Vec<f32>> {
    ensure!(
        given.iter().all(|ratio| *ratio >= 1.0),
        value,
        "`pooling_ratio` should have all elements >= 1.0. Received: pooling_ratio={given:?}"
    );
    Ok(match given {
        [both] => vec![1.0, *both, *both, 1.0],
        [rows, columns] => vec![1.0, *rows, *columns, 1.0],
        all => all.to_vec(),
    })
}

fn pool(
    op: &str,
    value: impl IntoOperand,
    given: &[f32],
    options: FractionalPoolOptions,
) -> Result<(Tensor, Tensor, Tensor)> {
    let (seed, seed2) = if options.seed == 0 { (0, 0) } else { get_seed(Some(options.seed)) };
    let op = Op::named(op)
        .input(value)
        .attr("pooling_ratio", ratios(given)?)
        .attr("pseudo_random", options.pseudo_random)
        .attr("overlapping", options.overlapping)
        .attr("deterministic", options.seed != 0)
        .attr("seed", seed)
        .attr("seed2", seed2);
    let [output, rows, columns] = op.outputs()?;
    Ok((output, rows, columns))
}

/// The greatest value in each region of `[batch, height, width, channels]` images, and where the regions begin along rows
/// and columns.
///
/// Source: `tf.nn.fractional_max_pool` (op `FractionalMaxPool`).
///
/// ```
/// ferroflow_ops::install();
/// let image = [[[[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]]]];
/// let (output, rows, _) = ferroflow_ops::composites::fractional_max_pool(image, &[2.0, 1.0])?;
/// assert_eq!(output.numpy()?.as_slice::<f32>()?, [4.0, 5.0, 6.0]);
/// assert_eq!(rows.numpy()?.as_slice::<i64>()?, [0, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for a ratio below 1, `InvalidArgument` for one greater than the images.
pub fn fractional_max_pool(
    value: impl IntoOperand,
    pooling_ratio: &[f32],
) -> Result<(Tensor, Tensor, Tensor)> {
    fractional_max_pool_with(value, pooling_ratio, |options| options)
}

/// [`fractional_max_pool`] with other options.
///
/// # Errors
/// As [`fractional_max_pool`].
pub fn fractional_max_pool_with(
    value: impl IntoOperand,
    pooling_ratio: &[f32],
    options: impl FnOnce(FractionalPoolOptions) -> FractionalPoolOptions,
) -> Result<(Tensor, Tensor, Tensor)> {
    pool("FractionalMaxPool", value, pooling_ratio, options(FractionalPoolOptions::default()))
}

/// The mean of each region of `[batch, height, width, channels]` images, and where the regions begin along rows and
/// columns.
///
/// Source: `tf.nn.fractional_avg_pool` (op `FractionalAvgPool`).
///
/// # Errors
/// As [`fractional_max_pool`].
pub fn fractional_avg_pool(
    value: impl IntoOperand,
    pooling_ratio: &[f32],
) -> Result<(Tensor, Tensor, Tensor)> {
    fractional_avg_pool_with(value, pooling_ratio, |options| options)
}

/// [`fractional_avg_pool`] with other options.
///
/// # Errors
/// As [`fractional_max_pool`].
pub fn fractional_avg_pool_with(
    value: impl IntoOperand,
    pooling_ratio: &[f32],
    options: impl FnOnce(FractionalPoolOptions) -> FractionalPoolOptions,
) -> Result<(Tensor, Tensor, Tensor)> {
    pool("FractionalAvgPool", value, pooling_ratio, options(FractionalPoolOptions::default()))
}
