//! Convolution and pooling over one, two or three dimensions alike: `convolution`, `pool`, `atrous_conv2d`.

use crate::{ConvOptions, Padding, PoolOptions, Sizes};
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Operand, Result, Tensor, bail, constant, context, convert_to_tensor,
    ensure, options,
};

options! {
    /// Optional arguments of [`convolution_with`].
    pub struct ConvolutionOptions {
        /// The distance between neighbouring windows, for each spatial dimension.
        strides: Sizes = Sizes::from(1),
        /// Where channels stand: `"NWC"` and its like, or `"NCW"` and its like; by default they are last.
        data_format: String = String::new(),
        /// Distances between neighbouring elements of the filter in the input.
        dilations: Sizes = Sizes::from(1),
    }
}

/// A convolution over as many dimensions as the filters have.
///
/// `input` is `[batch, ..., in_channels]` with one, two or three dimensions between, `filters` is
/// `[..., in_channels, out_channels]`.
///
/// Source: `tf.nn.convolution` (ops `Conv2D`, `Conv3D`).
///
/// ```
/// use ferroflow_ops_nn::convolution;
/// ferroflow_ops::install();
/// let signal = [[[1.0], [2.0], [4.0]]];
/// let sums = convolution(signal, [[[1.0]], [[1.0]]], "VALID")?;
/// assert_eq!(sums.numpy()?.as_slice::<f32>()?, [3.0, 6.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for filters of another rank, `InvalidArgument` when filters, strides and padding do not fit the input.
pub fn convolution(
    input: impl IntoOperand,
    filters: impl IntoOperand,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    convolution_with(input, filters, padding, |options| options)
}

/// [`convolution`] with optional arguments. Filters with holes move over the input rearranged by `SpaceToBatchND`, as in
/// TensorFlow.
///
/// # Errors
/// As [`convolution`]; `ValueError` for strides together with dilations.
pub fn convolution_with(
    input: impl IntoOperand,
    filters: impl IntoOperand,
    padding: impl Into<Padding>,
    options: impl FnOnce(ConvolutionOptions) -> ConvolutionOptions,
) -> Result<Tensor> {
    let (input, filters, padding) =
        (convert_to_tensor(input, None)?, convert_to_tensor(filters, None)?, padding.into());
    let options = options(ConvolutionOptions::default());
    let spatial = match filters.rank().or(input.rank()) {
        Some(rank @ 3..=5) => rank - 2,
        Some(rank) => {
            bail!(
                value,
                "`num_spatial_dims` must be 1, 2, or 3. Received: num_spatial_dims={}.",
                rank as i64 - 2
            )
        }
        None => bail!(
            value,
            "When `num_spatial_dims` is not set, one of `input.shape.rank` or `filters.shape.rank` must be known. \
             Received: input.shape={} of rank None and filters.shape={} of rank None",
            input.shape(),
            filters.shape()
        ),
    };
    let layout = Layout::new(&options.data_format, spatial)?;
    let dilations = layout.spatial_of(&options.dilations, "dilations")?;
    let strides = layout.spatial_of(&options.strides, "strides")?;
    let name = context::take_name().unwrap_or_else(|| "convolution".to_string());
    context::name_scope_for_op(&name, |name| {
        if dilations.iter().all(|dilation| *dilation == 1) {
            return context::with_name(&name, || layout.convolve(input, filters, &strides, padding));
        }
        ensure!(
            strides.iter().all(|stride| *stride == 1),
            value,
            "`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: strides={strides:?} and \
             dilation_rate={dilations:?}"
        );
        let window = layout.window_of(&filters)?;
        layout.rearranged(input, &dilations, padding, &window, |input| {
            context::with_name(&name, || layout.convolve(input, filters, &strides, Padding::from("VALID")))
        })
    })
}

/// A convolution over images with `rate - 1` holes between neighbouring elements of the filters.
///
/// Source: `tf.nn.atrous_conv2d`.
///
/// # Errors
/// As [`convolution_with`].
pub fn atrous_conv2d(
    value: impl IntoOperand,
    filters: impl IntoOperand,
    rate: i64,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    convolution_with(value, filters, padding, |o| o.dilations(rate))
}

options! {
    /// Optional arguments of [`pool_with`].
    pub struct PoolingOptions {
        /// The distance between neighbouring windows, for each spatial dimension.
        strides: Sizes = Sizes::from(1),
        /// What surrounds the input: `"VALID"` or `"SAME"`.
        padding: String = "VALID".to_string(),
        /// Where channels stand: `"NWC"` and its like, or `"NCW"` and its like; by default they are last.
        data_format: String = String::new(),
        /// Distances between neighbouring elements of a window in the input.
        dilations: Sizes = Sizes::from(1),
    }
}

/// The greatest value (`"MAX"`) or the mean (`"AVG"`) of each window over one, two or three dimensions.
///
/// Source: `tf.nn.pool` (ops `MaxPool`, `AvgPool`, `MaxPool3D`, `AvgPool3D`).
///
/// ```
/// use ferroflow_ops_nn::pool;
/// ferroflow_ops::install();
/// let signal = [[[1.0], [3.0], [2.0]]];
/// assert_eq!(pool(signal, &[2], "MAX")?.numpy()?.as_slice::<f32>()?, [3.0, 3.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for another kind or a window of more dimensions, `InvalidArgument` for a window that does not fit.
pub fn pool(input: impl IntoOperand, window_shape: &[i64], pooling_type: &str) -> Result<Tensor> {
    pool_with(input, window_shape, pooling_type, |options| options)
}

/// [`pool`] with optional arguments.
///
/// # Errors
/// As [`pool`]; `ValueError` for `"SAME"` padding or strides together with dilations, and for strides beyond the window.
pub fn pool_with(
    input: impl IntoOperand,
    window_shape: &[i64],
    pooling_type: &str,
    options: impl FnOnce(PoolingOptions) -> PoolingOptions,
) -> Result<Tensor> {
    let (input, options) = (input.into_operand()?, options(PoolingOptions::default()));
    let spatial = window_shape.len();
    ensure!(
        (1..=3).contains(&spatial),
        value,
        "`len(window_shape)` must be 1, 2, or 3. Received: window_shape={window_shape:?} of length {spatial}"
    );
    let name = context::take_name().unwrap_or_else(|| format!("{}_pool", pooling_type.to_lowercase()));
    context::name_scope_for_op(&name, |name| {
        let input = context::with_name("input", || convert_to_tensor(input, None))?;
        ensure!(
            input.rank().is_none_or(|rank| rank == spatial + 2),
            value,
            "Shape {} must have rank {}",
            input.shape(),
            spatial + 2
        );
        let layout = Layout::new(&options.data_format, spatial)?;
        let strides = layout.spatial_of(&options.strides, "strides")?;
        let dilations = layout.spatial_of(&options.dilations, "dilation_rate")?;
        let dilated = dilations.iter().any(|dilation| *dilation > 1);
        ensure!(
            !dilated || strides.iter().all(|stride| *stride == 1),
            value,
            "`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: strides={strides:?} and \
             dilation_rate={dilations:?}"
        );
        ensure!(
            !dilated || options.padding != "SAME",
            value,
            "pooling with 'SAME' padding is not implemented for `dilation_rate` > 1. Received: padding=SAME and \
             dilation_rate={dilations:?}"
        );
        ensure!(
            strides.iter().zip(window_shape).all(|(stride, window)| stride <= window),
            value,
            "`strides` > `window_shape` not supported due to inconsistency between CPU and GPU implementations. \
             Received: strides={strides:?} and window_shape={window_shape:?}"
        );
        let op = match (pooling_type, spatial) {
            ("MAX", 1 | 2) => "MaxPool",
            ("AVG", 1 | 2) => "AvgPool",
            ("MAX", 3) => "MaxPool3D",
            ("AVG", 3) => "AvgPool3D",
            _ => bail!(value, "{spatial}-D {pooling_type} pooling is not supported."),
        };
        let pooled = |input: Tensor| {
            let flat = |input: Tensor| {
                let (ksize, strides) = (layout.full(window_shape), layout.full(&strides));
                let op = Op::named(op).input(input).name(&name);
                let pooling = PoolOptions::default().data_format(layout.format());
                pooling
                    .apply(op, spatial.max(2), ksize.into(), strides.into(), options.padding.as_str().into())?
                    .one()
            };
            layout.as_image(input, flat)
        };
        if dilated {
            layout.rearranged(input, &dilations, Padding::from("VALID"), window_shape, pooled)
        } else {
            pooled(input)
        }
    })
}

/// Where the dimensions of an input stand.
struct Layout {
    spatial: usize,
    channels_first: bool,
}

impl Layout {
    fn new(data_format: &str, spatial: usize) -> Result<Layout> {
        let names = [["NWC", "NCW"], ["NHWC", "NCHW"], ["NDHWC", "NCDHW"]][spatial - 1];
        match data_format {
            "" => Ok(Layout { spatial, channels_first: false }),
            known if names.contains(&known) => Ok(Layout { spatial, channels_first: known == names[1] }),
            other => bail!(
                value,
                "data_format must be either '{}' or '{}'. Received: data_format={other}",
                names[0],
                names[1]
            ),
        }
    }

    /// The format by the name that ops know: one dimension is an image of height one.
    fn format(&self) -> String {
        let name = match (self.spatial, self.channels_first) {
            (3, false) => "NDHWC",
            (3, true) => "NCDHW",
            (_, false) => "NHWC",
            (_, true) => "NCHW",
        };
        name.to_string()
    }

    /// The place of the first spatial dimension.
    fn first(&self) -> usize {
        if self.channels_first { 2 } else { 1 }
    }

    /// A number for each spatial dimension.
    fn spatial_of(&self, sizes: &Sizes, name: &str) -> Result<Vec<i64>> {
        let all = sizes.expand(name, self.spatial, self.channels_first)?;
        Ok(all[self.first()..self.first() + self.spatial].to_vec())
    }

    /// A number for each dimension of what the op is given.
    fn full(&self, spatial: &[i64]) -> Vec<i64> {
        let image: &[i64] = if self.spatial == 1 { &[1] } else { &[] };
        let ones: (&[i64], &[i64]) = if self.channels_first { (&[1, 1], &[]) } else { (&[1], &[1]) };
        [ones.0, image, spatial, ones.1].concat()
    }

    /// Runs what takes images on a sequence, too: as an image of height one.
    fn as_image(&self, input: Tensor, run: impl FnOnce(Tensor) -> Result<Tensor>) -> Result<Tensor> {
        if self.spatial > 1 {
            return run(input);
        }
        let axis = self.first() as i64;
        let image = Op::named("ExpandDims").input(input).input(axis as i32).one()?;
        Op::named("Squeeze").input(run(image)?).attr("squeeze_dims", vec![axis]).one()
    }

    fn convolve(&self, input: Tensor, filters: Tensor, strides: &[i64], padding: Padding) -> Result<Tensor> {
        if self.spatial == 1 {
            let name = context::take_name().unwrap_or_else(|| "conv1d".to_string());
            return context::name_scope_for_op(&name, |name| {
                let filters = Op::named("ExpandDims").input(filters).input(0).one()?;
                self.as_image(input, |image| {
                    let op = Op::named("Conv2D").input(image).input(filters).name(name);
                    ConvOptions::default()
                        .data_format(self.format())
                        .apply(op, 2, self.full(strides).into(), padding)?
                        .one()
                })
            });
        }
        let op = Op::named(if self.spatial == 2 { "Conv2D" } else { "Conv3D" }).input(input).input(filters);
        let options = ConvOptions::default().data_format(self.format());
        options.apply(op, self.spatial, self.full(strides).into(), padding)?.one()
    }

    /// The spatial sizes of filters.
    fn window_of(&self, filters: &Tensor) -> Result<Vec<i64>> {
        let shape = filters.shape();
        let sizes: Option<Vec<i64>> =
            (0..self.spatial).map(|axis| shape.dim(axis).map(|size| size as i64)).collect();
        match sizes {
            Some(sizes) => Ok(sizes),
            None => bail!(unimplemented, "dilated convolution with filters of unknown size {shape}"),
        }
    }

    /// What `run` makes of the input with `dilation - 1` elements left out between neighbours, for each phase.
    fn rearranged(
        &self,
        input: Tensor,
        dilations: &[i64],
        padding: Padding,
        window: &[i64],
        run: impl FnOnce(Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        if let Some(wrong) = dilations.iter().find(|dilation| **dilation < 1) {
            bail!(value, "`dilation_rate` must be positive. Received: dilation_rate={wrong}");
        }
        let base = self.base_paddings(padding, dilations, window)?;
        let first = self.first();
        let known: Option<Vec<i32>> = (first..first + self.spatial)
            .map(|axis| input.shape().dim(axis).map(|size| size as i32))
            .collect();
        let sizes: Operand = match known {
            Some(sizes) => NdArray::vector(sizes).into_operand()?,
            None => {
                let all = Op::named("Shape").input(&input).one()?;
                let (begin, size) = ([first as i32], [self.spatial as i32]);
                Op::named("Slice").input(all).input(begin).input(size).one()?.into_operand()?
            }
        };
        let block = NdArray::vector(dilations.iter().map(|dilation| *dilation as i32).collect());
        let (paddings, crops) = required_space_to_batch_paddings(sizes, &block, Some(base))?;
        // Ops rearrange the dimensions behind the batch; channels in front of the spatial ones are left as they are.
        let (block, paddings, crops) = if self.channels_first {
            let one = constant(NdArray::vector(vec![1i32]))?;
            let none = || constant(NdArray::from_vec(&[1, 2], vec![0i32, 0])?);
            let join = |a: Tensor, b: Tensor| Op::named("ConcatV2").inputs([a, b]).input(0).one();
            (join(one, constant(block)?)?, join(none()?, paddings)?, join(none()?, crops)?)
        } else {
            (constant(block)?, paddings, crops)
        };
        let apart = Op::named("SpaceToBatchND").input(input).input(&block).input(paddings).one()?;
        Op::named("BatchToSpaceND").input(run(apart)?).input(block).input(crops).one()
    }

    /// The padding of the spatial dimensions, `[spatial, 2]`.
    fn base_paddings(&self, padding: Padding, dilations: &[i64], window: &[i64]) -> Result<NdArray> {
        let first = self.first();
        let pairs: Vec<i32> = match padding.pairs() {
            Some(pairs) => {
                ensure!(
                    pairs.len() == self.spatial + 2,
                    value,
                    "{} pairs of padding for an input of {} dimensions",
                    pairs.len(),
                    self.spatial + 2
                );
                pairs[first..first + self.spatial].concat().into_iter().map(|size| size as i32).collect()
            }
            None if padding.is_same() => dilations
                .iter()
                .zip(window)
                .flat_map(|(dilation, window)| {
                    let all = (window - 1) * dilation;
                    [all / 2, all - all / 2].map(|size| size as i32)
                })
                .collect(),
            None => vec![0; 2 * self.spatial],
        };
        NdArray::from_vec(&[self.spatial, 2], pairs)
    }
}

/// The padding with which `SpaceToBatchND` can cut an input into blocks, and what `BatchToSpaceND` has to crop then: both
/// `[dimensions, 2]`.
///
/// Source: `tf.required_space_to_batch_paddings`.
///
/// ```
/// use ferroflow_core::NdArray;
/// use ferroflow_ops_nn::required_space_to_batch_paddings;
/// let (paddings, crops) = required_space_to_batch_paddings([11], &NdArray::vector(vec![3]), None)?;
/// assert_eq!(paddings.numpy()?.as_slice::<i32>()?, [0, 1]);
/// assert_eq!(crops.numpy()?.as_slice::<i32>()?, [0, 1]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` unless there is one size of a block for each dimension.
pub fn required_space_to_batch_paddings(
    input_shape: impl IntoOperand,
    block_shape: &NdArray,
    base_paddings: Option<NdArray>,
) -> Result<(Tensor, Tensor)> {
    let input_shape = input_shape.into_operand()?;
    context::name_scope("required_space_to_batch_paddings", || {
        let sizes = context::with_name("input_shape", || convert_to_tensor(input_shape, Some(DType::INT32)))?;
        let dims = block_shape.len();
        ensure!(block_shape.rank() == 1, value, "Shape {} must have rank 1", block_shape.shape());
        ensure!(
            sizes.shape().is_compatible_with(&[dims].into()),
            value,
            "Shapes {} and ({dims},) are incompatible",
            sizes.shape()
        );
        let base = match base_paddings {
            Some(base) => base,
            None => NdArray::from_vec(&[dims, 2], vec![0i32; 2 * dims])?,
        };
        ensure!(
            base.shape().dims() == [dims, 2],
            value,
            "Shapes {} and ({dims}, 2) are incompatible",
            base.shape()
        );
        let (blocks, base) = (block_shape.to_i64_vec()?, base.to_i64_vec()?);
        ensure!(blocks.iter().all(|block| *block > 0), value, "block_shape must be positive, got {blocks:?}");
        let known = match &sizes {
            Tensor::Eager(sizes) => Some(sizes.value().clone()),
            Tensor::Symbolic(sizes) => sizes.graph().constant_value(sizes),
        };
        if let Some(known) = known {
            let known = known.to_i64_vec()?;
            let (mut paddings, mut crops) = (Vec::new(), Vec::new());
            for axis in 0..dims {
                let (start, end, block) = (base[2 * axis], base[2 * axis + 1], blocks[axis]);
                let extra =
                    (known[axis].saturating_add(start).saturating_add(end)).wrapping_neg().rem_euclid(block);
                paddings.extend([start as i32, (end + extra) as i32]);
                crops.extend([0, extra as i32]);
            }
            let constant = |name: &str, pairs: Vec<i32>| {
                context::with_name(name, || constant(NdArray::from_vec(&[dims, 2], pairs)?))
            };
            return Ok((constant("paddings", paddings)?, constant("crops", crops)?));
        }
        let column =
            |at: usize| NdArray::vector(base.chunks(2).map(|pair| pair[at] as i32).collect::<Vec<_>>());
        let blocks = NdArray::vector(blocks.iter().map(|block| *block as i32).collect::<Vec<_>>());
        let add = |a: Tensor, b: NdArray| Op::named("AddV2").input(a).input(b).one();
        let modulo = |a: Tensor| Op::named("FloorMod").input(a).input(&blocks).one();
        let whole = add(add(sizes, column(0))?, column(1))?;
        let short = Op::named("Sub").input(&blocks).input(modulo(whole)?).one()?;
        let extra = modulo(short)?;
        let behind = add(extra.clone(), column(1))?;
        let pairs = |name: &str, before: NdArray, behind: Tensor| {
            let before = constant(before)?;
            Op::named("Pack").inputs([before, behind]).attr("axis", 1i64).name(name).one()
        };
        let none = NdArray::vector(vec![0i32; dims]);
        Ok((pairs("paddings", column(0), behind)?, pairs("crops", none, extra)?))
    })
}
