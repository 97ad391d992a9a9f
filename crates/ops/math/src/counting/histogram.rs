//! HistogramFixedWidth: values counted in bins of one width.

use ferroflow_core::{
    DType, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor, bail,
    ensure, options, zeroed,
};

options! {
    /// Optional arguments of [`histogram_fixed_width_with`].
    pub struct HistogramOptions {
        /// The number of bins.
        nbins: i32 = 100,
        /// The dtype of the counts.
        dtype: DType = DType::INT32,
    }
}

/// How many values fall into each of 100 bins of one width between the two ends of `value_range`; values beyond an end
/// count in the bin there.
///
/// Source: `tf.histogram_fixed_width` (op `HistogramFixedWidth`).
///
/// # Errors
/// As [`histogram_fixed_width_with`].
pub fn histogram_fixed_width(values: impl IntoOperand, value_range: impl IntoOperand) -> Result<Tensor> {
    histogram_fixed_width_with(values, value_range, |options| options)
}

/// [`histogram_fixed_width`] with optional arguments.
///
/// ```
/// use ferroflow_ops_math::histogram_fixed_width_with;
/// let counts = histogram_fixed_width_with([-1.0, 0.0, 1.5, 2.0, 5.0], [0.0, 5.0], |o| o.nbins(5))?;
/// assert_eq!(counts.numpy()?.as_slice::<i32>()?, [2, 1, 1, 0, 1]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for an empty range, no bins, or a NaN among the values.
pub fn histogram_fixed_width_with(
    values: impl IntoOperand,
    value_range: impl IntoOperand,
    options: impl FnOnce(HistogramOptions) -> HistogramOptions,
) -> Result<Tensor> {
    let options = options(HistogramOptions::default());
    Op::new(&HISTOGRAM_FIXED_WIDTH)
        .input(values)
        .input(value_range)
        .input(options.nbins)
        .attr("dtype", options.dtype)
        .default_name("histogram_fixed_width")
        .one()
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (range, nbins) = (cx.input(1), cx.input(2));
    let count = cx.int_value(2)?;
    if cx.at_run_time() {
        let two = range.rank() == Some(1) && range.dim(0) == Some(2);
        ensure!(two, invalid_argument, "value_range should be a vector of 2 elements.");
        ensure!(nbins.rank() == Some(0), invalid_argument, "nbins should be a scalar.");
    } else {
        let range = cx.with_rank(1, 1)?;
        if let Some(size) = range.dim(0)
            && size != 2
        {
            bail!(invalid_argument, "Dimension must be 2 but is {size}");
        }
        cx.with_rank(2, 0)?;
    }
    if let Some(count @ ..=0) = count {
        return Err(cx.mismatch(
            format!("nbins should be a positive number, but got '{count}'"),
            format!("Requires nbins > 0: {count}"),
        ));
    }
    cx.set(0, PartialShape::new([count.and_then(|count| usize::try_from(count).ok())]));
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let count = cx.output_shape(0)?.num_elements();
    let wide = |index: usize| cx.input(index)?.cast(DType::FLOAT64);
    let (values, range) = (wide(0)?, wide(1)?);
    let &[low, high] = range.as_slice::<f64>()? else {
        bail!(invalid_argument, "value_range should be a vector of 2 elements.");
    };
    ensure!(
        low < high,
        invalid_argument,
        "value_range should satisfy value_range[0] < value_range[1], but got '[{low}, {high}]'"
    );
    let width = (high - low) / count as f64;
    let mut counts = zeroed::<i64>(count)?;
    for &value in values.as_slice::<f64>()? {
        ensure!(!value.is_nan(), invalid_argument, "Histogram values must not contain NaN");
        let bin = ((value.max(low) - low) / width) as usize;
        if let Some(bin) = counts.get_mut(bin.min(count - 1)) {
            *bin += 1;
        }
    }
    let counts = NdArray::vector(counts).cast(cx.dtype("dtype")?)?;
    cx.set(0, counts)
}

pub(crate) static HISTOGRAM_FIXED_WIDTH: OpDef =
    OpDef { name: "HistogramFixedWidth", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };
