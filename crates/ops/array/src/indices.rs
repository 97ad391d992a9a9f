//! Index tensors: where slices of a larger tensor stand.

use ferroflow_core::{Error, NdArray, Result, Shape, bail};

/// The position of an element among indices as TensorFlow's messages show it: `[1,2]`, nothing for a scalar.
pub(crate) fn position_text(shape: &[usize], mut position: usize) -> String {
    if shape.is_empty() {
        return String::new();
    }
    let mut digits = Vec::with_capacity(shape.len());
    for &size in shape.iter().rev() {
        digits.push((position % size.max(1)).to_string());
        position /= size.max(1);
    }
    digits.reverse();
    format!("[{}]", digits.join(","))
}

/// What an op does with an index out of range.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum BadIndices {
    /// The first one is an error.
    Refuse,
    /// The last one is: kernels that note bad indices as they go report what they noted last.
    RefuseLast,
    Skip,
}

impl BadIndices {
    /// The policy of this name (attribute `bad_indices_policy`).
    pub(crate) fn named(name: &str) -> Result<BadIndices> {
        match name {
            "" | "DEFAULT" | "ERROR" => Ok(BadIndices::Refuse),
            "IGNORE" => Ok(BadIndices::Skip),
            other => bail!(invalid_argument, "Bad indices handling attribute: {other}"),
        }
    }
}

/// The slices of a tensor that the rows of an index tensor point at.
pub(crate) struct SliceIndices {
    /// Where each slice begins; `None` for a row out of range that is to be skipped.
    pub(crate) offsets: Vec<Option<usize>>,
    /// Elements of a slice.
    pub(crate) slice: usize,
}

impl SliceIndices {
    /// Reads an index tensor, the last dimension of which holds coordinates into `shape`.
    ///
    /// # Errors
    /// `refuse` is given the text of the first row out of range, `indices[1] = [5, 0]`.
    pub(crate) fn read(
        indices: &NdArray,
        shape: &Shape,
        policy: BadIndices,
        refuse: impl FnOnce(String) -> Error,
    ) -> Result<SliceIndices> {
        let (outer, depth) = match indices.shape().dims().split_last() {
            Some((&depth, outer)) => (outer, depth),
            None => (&[][..], 1),
        };
        if depth > shape.rank() {
            bail!(internal, "an index of {depth} coordinates into {} dimensions", shape.rank());
        }
        let strides = shape.strides();
        let values = indices.to_i64_vec()?;
        let rows: usize = outer.iter().product();
        let (mut offsets, mut bad) = (Vec::with_capacity(rows), None);
        for position in 0..rows {
            let row = &values[position * depth..(position + 1) * depth];
            let mut offset = Some(0);
            for ((&index, &size), &stride) in row.iter().zip(shape.dims()).zip(&strides) {
                let inside = usize::try_from(index).ok().filter(|&index| index < size);
                offset = offset.zip(inside).map(|(offset, index)| offset + index * stride);
            }
            if offset.is_none() {
                bad = Some(position);
                if policy == BadIndices::Refuse {
                    break;
                }
            }
            offsets.push(offset);
        }
        if let (Some(position), false) = (bad, policy == BadIndices::Skip) {
            let row = &values[position * depth..(position + 1) * depth];
            return Err(refuse(format!(
                "indices{} = [{}]",
                position_text(outer, position),
                crate::sizes::joined(row, ", ")
            )));
        }
        Ok(SliceIndices { offsets, slice: shape.dims().iter().skip(depth).product() })
    }
}
