//! Lines that the scripts in `tools/` write: fields between tabs, shapes and numbers in them.

use ferroflow_core::{NdArray, Result};
use ferroflow_v2 as tf;
use tf::Tensor;

/// The lines of a kind, split.
pub(crate) fn rows<'a>(text: &'a str, kind: &'a str) -> impl Iterator<Item = Vec<&'a str>> {
    text.lines().map(|line| line.split('\t').collect::<Vec<_>>()).filter(move |row| row[0] == kind)
}

/// An array of its shape (`2,3`, nothing for a scalar) and its numbers.
pub(crate) fn array(shape: &str, numbers: &str) -> NdArray {
    let dims: Vec<usize> =
        shape.split(',').filter(|dim| !dim.is_empty()).map(|dim| dim.parse().expect("a size")).collect();
    let numbers: Vec<f32> = numbers
        .split(' ')
        .filter(|number| !number.is_empty())
        .map(|number| number.parse::<f64>().expect("a number") as f32)
        .collect();
    NdArray::from_vec(&dims, numbers).expect("as many numbers as the shape says")
}

/// Checks that a tensor has the recorded shape and, within `bound` of their size, the recorded values.
pub(crate) fn assert_near(found: &Tensor, expected: &NdArray, bound: f32, what: &str) -> Result<()> {
    assert_array_near(&found.numpy()?, expected, bound, what)
}

/// The same for arrays.
pub(crate) fn assert_array_near(found: &NdArray, expected: &NdArray, bound: f32, what: &str) -> Result<()> {
    assert_eq!(found.shape(), expected.shape(), "{what}");
    for (found, expected) in found.as_slice::<f32>()?.iter().zip(expected.as_slice::<f32>()?) {
        let near = (found - expected).abs() <= bound * expected.abs().max(1.0);
        assert!(near || found.is_nan() && expected.is_nan(), "{what}: {found} where Keras has {expected}");
    }
    Ok(())
}

/// Checks that an error is the recorded one.
pub(crate) fn assert_error<T>(result: Result<T>, row: &[&str]) {
    let Err(error) = result else { panic!("{} is no error", row[1]) };
    let message = row[3].replace("\\n", "\n");
    assert_eq!((error.class_name(), error.message()), (row[2], message.as_str()), "{}", row[1]);
}
