//! Arguments that convolutions and pooling share: strides and window sizes, padding, data format.

use ferroflow_core::{Op, Result, bail, options};

/// Sizes along the spatial dimensions, or along all: one number for all spatial dimensions, one for each of them,
/// or one for each dimension of the tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Sizes(Vec<i64>);

impl From<i32> for Sizes {
    fn from(size: i32) -> Sizes {
        Sizes(vec![size.into()])
    }
}

impl From<i64> for Sizes {
    fn from(size: i64) -> Sizes {
        Sizes(vec![size])
    }
}

impl<const N: usize> From<[i32; N]> for Sizes {
    fn from(sizes: [i32; N]) -> Sizes {
        Sizes(sizes.iter().map(|&size| size.into()).collect())
    }
}

impl<const N: usize> From<[i64; N]> for Sizes {
    fn from(sizes: [i64; N]) -> Sizes {
        Sizes(sizes.to_vec())
    }
}

impl From<Vec<i64>> for Sizes {
    fn from(sizes: Vec<i64>) -> Sizes {
        Sizes(sizes)
    }
}

impl From<&[i64]> for Sizes {
    fn from(sizes: &[i64]) -> Sizes {
        Sizes(sizes.to_vec())
    }
}

impl Sizes {
    /// A number for each dimension of a tensor with this many spatial ones.
    ///
    /// # Errors
    /// `ValueError` for a list of another length.
    pub(crate) fn expand(&self, name: &str, spatial: usize, channels_first: bool) -> Result<Vec<i64>> {
        let sizes = match self.0.as_slice() {
            all if all.len() == spatial + 2 => return Ok(all.to_vec()),
            &[only] => vec![only; spatial],
            some if some.len() == spatial => some.to_vec(),
            other => bail!(
                value,
                "{name} should be of length 1, {spatial} or {}. Received: {name}={other:?} of length {}",
                spatial + 2,
                other.len()
            ),
        };
        let (before, behind) = if channels_first { (2, 0) } else { (1, 1) };
        let ones = |count| std::iter::repeat_n(1, count);
        Ok(ones(before).chain(sizes).chain(ones(behind)).collect())
    }
}

/// What surrounds the input: `"VALID"`, `"SAME"`, or a pair of numbers for each dimension of the tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Padding {
    name: String,
    explicit: Vec<i64>,
}

impl From<&str> for Padding {
    fn from(name: &str) -> Padding {
        Padding { name: name.to_uppercase(), explicit: Vec::new() }
    }
}

impl From<String> for Padding {
    fn from(name: String) -> Padding {
        Padding::from(name.as_str())
    }
}

impl<const N: usize> From<[[i32; 2]; N]> for Padding {
    fn from(pairs: [[i32; 2]; N]) -> Padding {
        Padding::from(pairs.map(|[before, behind]| [before.into(), behind.into()]).to_vec())
    }
}

impl From<Vec<[i64; 2]>> for Padding {
    fn from(pairs: Vec<[i64; 2]>) -> Padding {
        Padding { name: "EXPLICIT".to_string(), explicit: pairs.concat() }
    }
}

impl Padding {
    /// The pairs of numbers, where the padding is given by them.
    pub(crate) fn pairs(&self) -> Option<Vec<[i64; 2]>> {
        let pairs = self.explicit.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect();
        (self.name == "EXPLICIT").then_some(pairs)
    }

    /// Whether the output is as large as the input, over the stride.
    pub(crate) fn is_same(&self) -> bool {
        self.name == "SAME"
    }

    /// The op with its padding; ops that take no pairs refuse them.
    pub(crate) fn apply(self, op: Op) -> Op {
        let op = op.attr("padding", self.name);
        if self.explicit.is_empty() { op } else { op.attr("explicit_paddings", self.explicit) }
    }
}

options! {
    /// Optional arguments of the convolutions.
    pub struct ConvOptions {
        /// Where channels stand: `"NHWC"` or `"NCHW"`, `"NDHWC"` or `"NCDHW"`; by default they are last.
        data_format: String = String::new(),
        /// Distances between neighbouring elements of the filter in the input.
        dilations: Sizes = Sizes::from(1),
    }
}

impl ConvOptions {
    /// The op with these attributes.
    pub(crate) fn apply(self, op: Op, spatial: usize, strides: Sizes, padding: Padding) -> Result<Op> {
        let format = data_format(self.data_format, spatial);
        let first = format.starts_with("NC");
        let op = op
            .attr("strides", strides.expand("strides", spatial, first)?)
            .attr("dilations", self.dilations.expand("dilations", spatial, first)?)
            .attr("data_format", format);
        Ok(padding.apply(op))
    }
}

options! {
    /// Optional arguments of pooling.
    pub struct PoolOptions {
        /// Where channels stand: `"NHWC"` or `"NCHW"`, `"NDHWC"` or `"NCDHW"`; by default they are last.
        data_format: String = String::new(),
    }
}

impl PoolOptions {
    /// The op with these attributes.
    pub(crate) fn apply(
        self,
        op: Op,
        spatial: usize,
        ksize: Sizes,
        strides: Sizes,
        padding: Padding,
    ) -> Result<Op> {
        let format = data_format(self.data_format, spatial);
        let op = with_sizes(op, spatial, &ksize, &strides, format.starts_with("NC"))?;
        Ok(padding.apply(op.attr("data_format", format)))
    }
}

/// A pooling op with the sizes and strides of its windows.
///
/// # Errors
/// `ValueError` for lists of another length.
pub(crate) fn with_sizes(op: Op, spatial: usize, ksize: &Sizes, strides: &Sizes, first: bool) -> Result<Op> {
    let op = op.attr("ksize", ksize.expand("ksize", spatial, first)?);
    Ok(op.attr("strides", strides.expand("strides", spatial, first)?))
}

fn data_format(asked: String, spatial: usize) -> String {
    match (asked.is_empty(), spatial) {
        (false, _) => asked,
        (true, 3) => "NDHWC".to_string(),
        (true, _) => "NHWC".to_string(),
    }
}
