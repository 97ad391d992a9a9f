//! StringNGrams: neighbouring strings of a row, joined.

use ferroflow_core::{
    Attrs, Grad, KernelCtx, NdArray, Op, OpDef, PartialShape, RaggedTensor, Result, ShapeCtx, TString, bail,
    ensure, options, reserve,
};

options! {
    /// Optional arguments of [`ngrams_with`].
    pub struct NGramsOptions {
        /// What stands between two strings.
        separator: String = " ".to_string(),
        /// What stands before the first and after the last string of a row; nothing if not given.
        pad_values: Option<(String, String)> = None,
        /// How many of those there are at most; one less than the width if not given.
        padding_width: Option<i64> = None,
        /// Whether a row that is too short for every width is one n-gram.
        preserve_short_sequences: bool = false,
    }
}

/// The n-grams of each row, for each width in turn.
///
/// Source: `tf.strings.ngrams` (op `StringNGrams`), for a ragged tensor of one ragged dimension.
///
/// # Errors
/// `ValueError` for a padding without something to pad with, `InvalidArgument` for widths that are not positive.
pub fn ngrams(data: &RaggedTensor, ngram_widths: &[i64]) -> Result<RaggedTensor> {
    ngrams_with(data, ngram_widths, |options| options)
}

/// [`ngrams`] with padding, another separator, or rows that are too short kept.
///
/// # Errors
/// As [`ngrams`].
pub fn ngrams_with(
    data: &RaggedTensor,
    ngram_widths: &[i64],
    options: impl FnOnce(NGramsOptions) -> NGramsOptions,
) -> Result<RaggedTensor> {
    let options = options(NGramsOptions::default());
    if let Some(width) = options.padding_width {
        ensure!(options.pad_values.is_some(), value, "pad_values must be provided if padding_width is set.");
        ensure!(width >= 0, value, "padding_width must be greater than 0.");
    }
    ensure!(!ngram_widths.is_empty(), value, "ngram_width must be an integer or a list of them.");
    let pad_width = match (&options.pad_values, options.padding_width) {
        (None, _) => 0,
        (Some(_), Some(width)) => width,
        (Some(_), None) => -1,
    };
    let (left_pad, right_pad) = options.pad_values.unwrap_or_default();
    let Some((inner_splits, outer_splits)) = data.nested_row_splits.split_last() else {
        bail!(value, "a ragged tensor has row splits");
    };
    let [ngrams, ngrams_splits] = Op::new(&STRING_N_GRAMS)
        .input(&data.flat_values)
        .input(inner_splits)
        .attr("separator", options.separator)
        .attr("ngram_widths", ngram_widths)
        .attr("left_pad", left_pad)
        .attr("right_pad", right_pad)
        .attr("pad_width", pad_width)
        .attr("preserve_short_sequences", options.preserve_short_sequences)
        .outputs()?;
    let mut nested_row_splits = outer_splits.to_vec();
    nested_row_splits.push(ngrams_splits);
    Ok(RaggedTensor { flat_values: ngrams, nested_row_splits })
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let splits = if cx.at_run_time() { cx.input(1) } else { cx.with_rank(1, 1)? };
    if !cx.at_run_time() {
        cx.with_rank(0, 1)?;
    }
    cx.set(0, PartialShape::of_rank(1));
    cx.set(1, splits);
    Ok(())
}

/// What decides on n-grams.
struct Rules<'a> {
    separator: &'a [u8],
    left_pad: &'a [u8],
    right_pad: &'a [u8],
    pad_width: usize,
}

impl<'a> Rules<'a> {
    fn read(attrs: &'a Attrs) -> Result<Rules<'a>> {
        Ok(Rules {
            separator: attrs.bytes("separator")?,
            left_pad: attrs.bytes("left_pad")?,
            right_pad: attrs.bytes("right_pad")?,
            // A negative width asks for as much padding as a width has use for.
            pad_width: usize::try_from(attrs.int("pad_width")?).unwrap_or(usize::MAX),
        })
    }

    /// The padding at either end for a width, and how many n-grams a row of `length` strings has.
    fn count(&self, length: usize, width: usize) -> (usize, usize) {
        let padding = self.pad_width.min(width - 1);
        (padding, (length + 1).saturating_add(padding.saturating_mul(2)).saturating_sub(width))
    }

    /// The bytes of all n-grams of a row, an upper bound.
    fn size(&self, row: &[TString], width: usize) -> usize {
        let (padding, count) = self.count(row.len(), width);
        let pads = padding.saturating_mul(self.left_pad.len() + self.right_pad.len());
        let texts: usize = row.iter().map(|text| text.len()).sum();
        let separators = width.saturating_mul(self.separator.len());
        count.saturating_mul(pads.saturating_add(texts).saturating_add(separators))
    }

    fn write(&self, row: &[TString], width: usize, ngrams: &mut Vec<TString>) {
        let (padding, count) = self.count(row.len(), width);
        for index in 0..count {
            let left = padding.saturating_sub(index);
            let right = padding.saturating_sub(count - 1 - index);
            let start = index.saturating_sub(padding);
            let strings = row.iter().skip(start).take(width.saturating_sub(left + right));
            let mut parts: Vec<&[u8]> = vec![self.left_pad; left];
            parts.extend(strings.map(TString::as_bytes));
            parts.extend(std::iter::repeat_n(self.right_pad, right));
            ngrams.push(TString::from(parts.join(self.separator)));
        }
    }
}

/// More text than this is refused: widths and paddings come from attributes, not from data.
const MOST_BYTES: usize = 1 << 32;

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let attrs = cx.attrs();
    let mut widths = Vec::new();
    for &width in attrs.ints("ngram_widths")? {
        match usize::try_from(width) {
            Ok(width @ 1..) => widths.push(width),
            _ => bail!(invalid_argument, "ngram_widths must contain positive values"),
        }
    }
    let rules = Rules::read(attrs)?;
    let preserve = attrs.bool("preserve_short_sequences")?;
    let (data, splits) = (cx.input(0)?, cx.ints(1)?);
    let strings = data.as_slice::<TString>()?;
    check_splits(&splits, strings.len())?;
    let mut new_splits: Vec<i64> = reserve(splits.len())?;
    if strings.is_empty() || splits.is_empty() {
        let empty = data.clone();
        new_splits.resize(splits.len(), 0);
        return set(cx, empty, new_splits);
    }
    let mut ngrams = Vec::new();
    let mut bytes = 0usize;
    new_splits.push(0);
    for bounds in splits.windows(2) {
        let row = &strings[bounds[0] as usize..bounds[1] as usize];
        let before = ngrams.len();
        for &width in &widths {
            bytes = bytes.saturating_add(rules.size(row, width));
            ensure!(bytes <= MOST_BYTES, resource_exhausted, "OOM when allocating n-grams of width {width}");
            rules.write(row, width, &mut ngrams);
        }
        if preserve && !row.is_empty() && ngrams.len() == before {
            let pad_width = attrs.int("pad_width")?;
            ensure!(
                pad_width >= 0,
                invalid_argument,
                "Pad width should be >= 0 when preserve_short_sequences is True and ngram_widths are not provided, \
                 got {pad_width}"
            );
            let width = row.len().saturating_add(rules.pad_width.saturating_mul(2));
            bytes = bytes.saturating_add(rules.size(row, width));
            ensure!(bytes <= MOST_BYTES, resource_exhausted, "OOM when allocating n-grams of width {width}");
            rules.write(row, width, &mut ngrams);
        }
        new_splits.push(ngrams.len() as i64);
    }
    set(cx, NdArray::vector(ngrams), new_splits)
}

fn set(cx: &mut KernelCtx<'_>, ngrams: NdArray, splits: Vec<i64>) -> Result<()> {
    let (shape, dtype) = (cx.input(1)?.shape().clone(), cx.dtype("Tsplits")?);
    cx.set(0, ngrams)?;
    let splits = NdArray::from_shape(shape, splits)?.cast(dtype)?;
    cx.set(1, splits)
}

fn check_splits(splits: &[i64], size: usize) -> Result<()> {
    let Some(&first) = splits.first() else { return Ok(()) };
    ensure!(first == 0, invalid_argument, "First split value must be 0, got {first}");
    for bounds in splits.windows(2) {
        ensure!(
            bounds[1] >= bounds[0] && bounds[1] <= size as i64,
            invalid_argument,
            "Invalid split value {}, must be in [{}, {size}]",
            bounds[1],
            bounds[0]
        );
    }
    let last = splits.last().copied().unwrap_or(0);
    ensure!(
        last == size as i64,
        invalid_argument,
        "Last split value must be data size. Expected {size}, got {last}"
    );
    Ok(())
}

pub(crate) static STRING_N_GRAMS: OpDef =
    OpDef { name: "StringNGrams", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };
