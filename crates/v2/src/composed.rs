//! Functions of traced code, which no op family can have.

use crate::{control_flow, map_fn_with};
use ferroflow_core::{
    DType, Error, IntoOperand, Op, PartialShape, Result, Tensor, bail, context, convert_to_tensor, ensure,
    operators,
};
use ferroflow_ops_image as image;
use ferroflow_ops_math as math;

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
/// `ValueError` unless the images have three or four dimensions, and for a `k` that is no scalar.
pub fn rot90(image: impl IntoOperand, k: impl IntoOperand) -> Result<Tensor> {
    ferroflow_graph::install();
    let (image, k) = (image.into_operand()?, k.into_operand()?);
    context::name_scope_for_op("rot90", |scope| {
        let (image, rank) = image::checked(image)?;
        let k = context::with_name("k", || convert_to_tensor(k, Some(DType::INT32)))?;
        let shape = k.shape();
        ensure!(shape.rank().is_none_or(|rank| rank == 0), value, "Shape {shape} must have rank 0");
        let k = context::with_name("mod", || operators::floormod(k, 4))?;
        let turned = |k| image::turned(&image, k);
        let is = |turns: i32| math::equal(&k, turns);
        let cases: [(Tensor, &dyn Fn() -> Result<Tensor>); 3] =
            [(is(1)?, &|| turned(1)), (is(2)?, &|| turned(2)), (is(3)?, &|| turned(3))];
        let result = context::with_name(&scope, || {
            control_flow::case_with(&cases, &|| Ok(image.clone()), |o| o.exclusive(true))
        })?;
        if let Tensor::Symbolic(result) = &result {
            let mut dims: Vec<Option<usize>> = (0..rank).map(|axis| image.shape().dim(axis)).collect();
            // Height and width change places, or do not.
            dims.iter_mut().skip(rank - 3).take(2).for_each(|size| *size = None);
            result.graph().set_output_shape(result.node(), result.index(), &PartialShape::new(dims))?;
        }
        Ok(result)
    })
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
