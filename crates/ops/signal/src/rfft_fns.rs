//! `rfft`, `irfft` and so on: the public functions, which pad signals to the length of their transform.

use crate::ops::{complex_dtype, concatenate, element, ints, part, real_dtype, shape_of, value};
use crate::rfft_ops::{IRFFT, IRFFT2D, IRFFT3D, RFFT, RFFT2D, RFFT3D};
use ferroflow_core::{
    DType, IntoOperand, Op, OpDef, Result, Tensor, bail, convert_to_tensor, operators, options,
};

options! {
    /// Optional arguments of [`rfft_with`] and its relatives.
    pub struct RfftOptions {
        /// The sizes of the last axes that are transformed: those of the input where they are left out. Signals are cut or
        /// padded with zeros.
        fft_length: Option<Vec<i32>> = None,
    }
}

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $with:ident $static:ident $tf:literal $rank:literal $wrapper:ident;)*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `tf.signal.", stringify!($name), "` (op `", $tf, "`).")]
        ///
        /// # Errors
        /// `ValueError` for another dtype, `InvalidArgument` for fewer axes.
        pub fn $name(input: impl IntoOperand) -> Result<Tensor> {
            $with(input, |options| options)
        }

        #[doc = concat!("[`", stringify!($name), "`] with optional arguments.")]
        ///
        /// # Errors
        #[doc = concat!("As [`", stringify!($name), "`].")]
        pub fn $with(
            input: impl IntoOperand,
            options: impl FnOnce(RfftOptions) -> RfftOptions,
        ) -> Result<Tensor> {
            let length = options(RfftOptions::default()).fft_length;
            let length = length.map(|length| ints(&length)).transpose()?;
            $wrapper(&$static, $rank, convert_to_tensor(input, None)?, length)
        }
        )*
    };
}

functions! {
    /// The non-negative frequencies of real signals along the last axis.
    ///
    /// ```
    /// let spectrum = ferroflow_ops_signal::rfft([0.0, 0.0])?;
    /// assert_eq!(spectrum.numpy()?.shape().dims(), [2]);
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    rfft rfft_with RFFT "RFFT" 1 forward;
    /// The non-negative frequencies of real signals along the last two axes.
    rfft2d rfft2d_with RFFT2D "RFFT2D" 2 forward;
    /// The non-negative frequencies of real signals along the last three axes.
    rfft3d rfft3d_with RFFT3D "RFFT3D" 3 forward;
    /// The real signals of non-negative frequencies along the last axis.
    irfft irfft_with IRFFT "IRFFT" 1 inverse;
    /// The real signals of non-negative frequencies along the last two axes.
    irfft2d irfft2d_with IRFFT2D "IRFFT2D" 2 inverse;
    /// The real signals of non-negative frequencies along the last three axes.
    irfft3d irfft3d_with IRFFT3D "IRFFT3D" 3 inverse;
}

/// The transform of real signals to a length that may be a tensor.
pub(crate) fn forward(
    def: &'static OpDef,
    rank: usize,
    input: Tensor,
    length: Option<Tensor>,
) -> Result<Tensor> {
    let dtype = input.dtype();
    if ![DType::FLOAT32, DType::FLOAT64].contains(&dtype) {
        bail!(value, "RFFT requires tf.float32 or tf.float64 inputs, got: {input:?}");
    }
    let length = match length {
        Some(length) => length,
        None => inner_shape(&input, rank)?,
    };
    let padded = padded(input, rank, &length, false)?;
    Op::new(def).input(padded).input(length).attr("Tcomplex", complex_dtype(dtype)).one()
}

/// The real signals of a length that may be a tensor.
pub(crate) fn inverse(
    def: &'static OpDef,
    rank: usize,
    input: Tensor,
    length: Option<Tensor>,
) -> Result<Tensor> {
    let dtype = input.dtype();
    if !dtype.is_complex() {
        bail!(value, "IRFFT requires tf.complex64 or tf.complex128 inputs, got: {input:?}");
    }
    let length = match length {
        Some(length) => length,
        None => {
            let sizes = inner_shape(&input, rank)?;
            let last = ((element(&sizes, -1)? - 1)? * 2)?;
            let last = Op::named("Maximum").input(last).input(0).one()?;
            let last = crate::ops::reshape(&last, ints(&[1])?)?;
            match rank {
                1 => last,
                _ => concatenate(&[part(&sizes, 0, Some(-1))?, last], 0)?,
            }
        }
    };
    let padded = padded(input, rank, &length, true)?;
    Op::new(def).input(padded).input(length).attr("Treal", real_dtype(dtype)).one()
}

/// The sizes of the last axes.
fn inner_shape(input: &Tensor, rank: usize) -> Result<Tensor> {
    if let Some(dims) = input.shape().dims()
        && dims.len() >= rank
        && let Some(sizes) = dims[dims.len() - rank..].iter().copied().collect::<Option<Vec<usize>>>()
    {
        let sizes: Vec<i32> = sizes.into_iter().map(|size| i32::try_from(size).unwrap_or(i32::MAX)).collect();
        return ints(&sizes);
    }
    part(&shape_of(input)?, -(rank as i32), None)
}

/// The input with zeros behind it, where an axis is shorter than its transform.
fn padded(input: Tensor, rank: usize, length: &Tensor, is_inverse: bool) -> Result<Tensor> {
    let shape = input.shape();
    if shape.dims().is_some_and(|dims| dims.contains(&Some(0))) {
        return Ok(input);
    }
    if let (Some(dims), Some(lengths)) = (shape.dims(), value(length))
        && dims.len() >= rank
        && let Some(sizes) = dims[dims.len() - rank..].iter().copied().collect::<Option<Vec<usize>>>()
    {
        let mut needed = lengths.to_i64_vec()?;
        if let (true, Some(last)) = (is_inverse, needed.last_mut()) {
            *last = *last / 2 + 1;
        }
        let missing: Vec<i64> =
            needed.iter().zip(&sizes).map(|(needed, size)| (needed - *size as i64).max(0)).collect();
        if missing.iter().all(|missing| *missing == 0) {
            return Ok(input);
        }
        let mut paddings = vec![0i32; 2 * (dims.len() - rank)];
        for missing in missing {
            paddings.extend([0, i32::try_from(missing).unwrap_or(i32::MAX)]);
        }
        let paddings = crate::ops::reshape(&ints(&paddings)?, ints(&[-1, 2])?)?;
        return Op::named("Pad").input(input).input(paddings).one();
    }
    let all = Op::named("Rank").input(&input).one()?;
    let outer = Op::named("Maximum").input((all - rank as i32)?).input(0).one()?;
    let zeros = Op::named("Fill").input(crate::ops::reshape(&outer, ints(&[1])?)?).input(0).one()?;
    let needed = if is_inverse {
        let last = operators::add(Op::named("FloorDiv").input(part(length, -1, None)?).input(2).one()?, 1)?;
        match rank {
            1 => last,
            _ => concatenate(&[part(length, 0, Some(-1))?, last], 0)?,
        }
    } else {
        length.clone()
    };
    let sizes = part(&shape_of(&input)?, -(rank as i32), None)?;
    let missing = Op::named("Maximum").input((needed - sizes)?).input(0).one()?;
    let after = concatenate(&[zeros, missing], 0)?;
    let before = Op::named("ZerosLike").input(&after).one()?;
    let paddings = Op::named("Pack").inputs([&before, &after]).attr("axis", 1i64).one()?;
    Op::named("Pad").input(input).input(paddings).one()
}
