//! Drivers of the kernels that treat each string alone.

use ferroflow_core::{Element, KernelCtx, NdArray, Result, TString};

/// Sets output 0 to `f` of each string of input 0, in the input's shape.
pub(crate) fn map<U: Element>(cx: &mut KernelCtx<'_>, f: impl Fn(&TString) -> Result<U>) -> Result<()> {
    let input = cx.take(0)?;
    let mapped = input.as_slice::<TString>()?.iter().map(f).collect::<Result<Vec<U>>>()?;
    cx.set(0, NdArray::from_shape(input.shape().clone(), mapped)?)
}

/// Whether the unit of positions and lengths is the character.
pub(crate) fn counts_chars(cx: &KernelCtx<'_>) -> Result<bool> {
    Ok(cx.str("unit")? == "UTF8_CHAR")
}

/// Where characters of UTF-8 begin: every byte that does not continue one.
pub(crate) fn char_starts(text: &[u8]) -> impl Iterator<Item = usize> {
    text.iter().enumerate().filter(|(_, byte)| *byte & 0xc0 != 0x80).map(|(position, _)| position)
}
