//! `summarize`: the first elements of an array as TensorFlow's C++ messages show them.

use ferroflow_core::NdArray;
use ferroflow_core::print::cpp_elements;

/// The first `most` elements of an array (all of them when it is negative) in the form of `Assert` and `Print`:
/// `1 2 3...`, and with brackets around rows from two dimensions on.
///
/// ```
/// use ferroflow_core::NdArray;
/// use ferroflow_ops_control::summarize;
/// assert_eq!(summarize(&NdArray::from([1, 2, 3, 4]), 3), "1 2 3...");
/// assert_eq!(summarize(&NdArray::from([[1, 2], [3, 4]]), -1), "[1 2][3 4]");
/// ```
pub fn summarize(array: &NdArray, most: i64) -> String {
    let total = array.len();
    let limit = usize::try_from(most).map_or(total, |most| most.min(total));
    let elements = cpp_elements(array, limit);
    let mut text = String::new();
    match array.shape().dims() {
        [] => text.push_str(&elements.concat()),
        dims => {
            let mut rest = elements.iter();
            let mut left = limit;
            rows(dims, true, &mut rest, &mut left, &mut text);
        }
    }
    if total > limit {
        text.push_str("...");
    }
    text
}

fn rows(
    dims: &[usize],
    outermost: bool,
    elements: &mut std::slice::Iter<'_, String>,
    left: &mut usize,
    text: &mut String,
) {
    let Some((&size, inner)) = dims.split_first() else { return };
    for index in 0..size {
        if *left == 0 {
            if inner.is_empty() && !outermost {
                text.push_str("...");
            }
            return;
        }
        if inner.is_empty() {
            if index > 0 {
                text.push(' ');
            }
            text.extend(elements.next().map(String::as_str));
            *left -= 1;
        } else {
            text.push('[');
            rows(inner, false, elements, left, text);
            text.push(']');
        }
    }
}
