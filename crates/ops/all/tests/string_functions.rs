//! The functions of `tf.strings` give what `tools/record_string_functions.py` recorded from TensorFlow.

use ferroflow_core::{RaggedTensor, Result, TString};
use ferroflow_ops_text as text;

const TEXTS: [&str; 5] = ["a b  c", " x ", "", "é,ü", "one,two,,three"];

fn results() -> Result<Vec<(&'static str, RaggedTensor)>> {
    let words = text::split(TEXTS)?;
    Ok(vec![
        ("split", words.clone()),
        ("split_comma", text::split_with(TEXTS, |options| options.sep(","))?),
        ("split_once", text::split_with(TEXTS, |options| options.sep(",").maxsplit(1))?),
        ("bytes_split", text::bytes_split(TEXTS)?),
        ("unicode_split", text::unicode_split(TEXTS, "UTF-8", |options| options)?),
        ("ngrams", text::ngrams(&words, &[2])?),
        (
            "ngrams_padded",
            text::ngrams_with(&words, &[1, 3], |options| {
                let pads = Some(("<".to_string(), ">".to_string()));
                options.separator("-").pad_values(pads).padding_width(1)
            })?,
        ),
        (
            "ngrams_preserved",
            text::ngrams_with(&words, &[4], |options| options.preserve_short_sequences(true))?,
        ),
    ])
}

fn shown(name: &str, value: &RaggedTensor) -> Result<String> {
    let splits = value.nested_row_splits[0].numpy()?;
    let splits: Vec<String> = splits.as_slice::<i64>()?.iter().map(i64::to_string).collect();
    let values = value.flat_values.numpy()?;
    let hex = |text: &TString| text.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let values: Vec<String> = values.as_slice::<TString>()?.iter().map(hex).collect();
    Ok(format!("{name} {} {}", splits.join(","), values.join(",")))
}

#[test]
fn functions_give_what_tensorflow_gives() -> Result<()> {
    ferroflow_ops::install();
    let recorded: Vec<&str> =
        include_str!("string_functions.txt").lines().filter(|line| !line.starts_with('#')).collect();
    let found = results()?;
    let found = found.iter().map(|(name, value)| shown(name, value)).collect::<Result<Vec<String>>>()?;
    assert_eq!(found, recorded);
    Ok(())
}
