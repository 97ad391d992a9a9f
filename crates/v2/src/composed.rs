//! Functions of traced code, which no op family can have.

use crate::{constants, control_flow, map_fn_with};
use ferroflow_core::{
    DType, Error, IntoOperand, NdArray, Op, Result, Tensor, bail, context, convert_to_tensor, operators,
};
use ferroflow_ops_image as image;

/// Images turned counter-clockwise by `k` quarters of a turn.
///
/// Source: `tf.image.rot90`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let turned = tf::image::rot90([[[1], [2]], [[3], [4]]], 1)?;
/// assert_eq!(tf::squeeze(turned)?.numpy()?.to_string(), "[[2 4]\n [1 3]]");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` unless the images have three or four dimensions.
pub fn rot90(image: impl IntoOperand, k: impl IntoOperand) -> Result<Tensor> {
    ferroflow_graph::install();
    let k = k.into_operand()?;
    let known = match k.value() {
        Some(value) => Some(value.clone()),
        None => constants::get_static_value(&convert_to_tensor(k.clone(), None)?),
    };
    if let Some(known) = known {
        return image::rot90(image, known.cast(DType::INT64)?.item::<i64>()?);
    }
    let image = convert_to_tensor(image, None)?;
    let turns = operators::floormod(convert_to_tensor(k, Some(DType::INT32))?, NdArray::scalar(4))?;
    let turned = |k: i64| image::rot90(&image, k);
    control_flow::switch_case(turns, &[&|| turned(0), &|| turned(1), &|| turned(2), &|| turned(3)])
}

/// The distinct labels of each row, in the order of their first appearance and filled up with zeros, and for each label the
/// place of its kind among them: what CTC losses of dense labels can be given.
///
/// Source: `tf.nn.ctc_unique_labels`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let (unique, places) = tf::nn::ctc_unique_labels([[3, 4, 3], [5, 5, 5]])?;
/// assert_eq!(unique.to_string(), "[[3 4 0]\n [5 0 0]]");
/// assert_eq!(places.to_string(), "[[0 1 0]\n [0 0 0]]");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for a scalar; `InvalidArgument` for rows that are no vectors.
pub fn ctc_unique_labels(labels: impl IntoOperand) -> Result<(Tensor, Tensor)> {
    ferroflow_graph::install();
    let labels = labels.into_operand()?;
    context::name_scope("ctc_unique_labels", || {
        let labels = context::with_name("labels", || convert_to_tensor(labels, None))?;
        let length = |x: &Tensor| match x.shape().dim(0) {
            Some(length) => convert_to_tensor(length as i32, None),
            None => ferroflow_ops_array::getitem(ferroflow_ops_array::shape(x)?, 0),
        };
        let unique = |rows: &Vec<Tensor>| {
            let Some(row) = rows.first() else { bail!(internal, "a row is missing") };
            let [y, places] = ferroflow_ops_array::unique(row)?;
            let missing = (length(&places)? - length(&y)?)?;
            let zero = convert_to_tensor(0, None)?;
            let padding =
                ferroflow_ops_array::expand_dims(ferroflow_ops_array::stack([&zero, &missing])?, 0)?;
            let filled = Op::named("Pad").input(y).input(padding).one()?;
            Ok(vec![operators::cast(filled, DType::INT64)?, places])
        };
        let dtypes = vec![DType::INT64, DType::INT32];
        let mut found = map_fn_with(unique, &vec![labels], |o| o.fn_output_signature(dtypes))?.into_iter();
        match (found.next(), found.next()) {
            (Some(unique), Some(places)) => Ok((unique, places)),
            _ => Err(Error::internal("a function has lost its results")),
        }
    })
}
