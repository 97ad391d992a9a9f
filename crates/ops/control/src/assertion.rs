//! `Assert`: a program that stops, and shows tensors, where a condition does not hold.

use ferroflow_core::{
    DType, Error, IntoOperand, IntoOperands, NdArray, Op, Operand, Result, Tensor, bail, context,
    convert_to_tensor, print,
};

/// Checks that a condition holds; where it does not, the message shows the first `summarize` elements of each tensor of
/// `data` (three where there is no number, and all where it is negative).
///
/// In a graph the check is a node, which the function that is traced runs. As in TensorFlow, where it would show what may
/// lie on another device than the CPU, the check stands in a conditional, so that nothing is copied while all is well.
///
/// Source: `tf.debugging.Assert` (op `Assert`).
///
/// ```
/// use ferroflow_ops_control::Assert;
/// assert!(Assert(true, ["fine"], None).is_ok());
/// let error = Assert(false, [[1, 2, 3, 4]], None).unwrap_err();
/// assert_eq!(error.message(), "Expected 'False' to be true. Summarized data: 1, 2, 3, ...");
/// ```
///
/// # Errors
/// `InvalidArgument` where the condition is known and does not hold.
#[allow(non_snake_case)]
pub fn Assert(condition: impl IntoOperand, data: impl IntoOperands, summarize: Option<i64>) -> Result<()> {
    let (condition, data) = (condition.into_operand()?, data.into_operands()?);
    let Some(graph) = context::current_graph() else { return at_once(condition, data, summarize) };
    context::name_scope("Assert", || {
        let mut on_host = true;
        for item in &data {
            let dtype = convert_to_tensor(item.clone(), None)?.dtype().base();
            on_host &= matches!(dtype, DType::STRING | DType::INT32);
        }
        let check = |condition: Operand| {
            let op = Op::named("Assert").input(condition).inputs(data.clone());
            op.attr("summarize", summarize.unwrap_or(3)).default_name("Assert").run()
        };
        if on_host {
            let before = graph.num_nodes();
            check(condition)?;
            let added = (before..graph.num_nodes()).find(|node| graph.node_op(*node) == "Assert");
            added.into_iter().for_each(context::note_check);
            return Ok(());
        }
        let condition = context::with_name("Condition", || convert_to_tensor(condition, None))?;
        let guard = context::with_name("AssertGuard", || {
            graph.unless(&condition, &mut || check(Operand::Tensor(condition.clone())))
        })?;
        context::note_check(guard);
        Ok(())
    })
}

/// The check of eager code.
fn at_once(condition: Operand, data: Vec<Operand>, summarize: Option<i64>) -> Result<()> {
    let literal = !matches!(condition, Operand::Tensor(_));
    let condition = convert_to_tensor(condition, None)?;
    if condition.rank() != Some(0) {
        bail!(
            value,
            "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"
        );
    }
    if condition.numpy()?.item::<bool>()? {
        return Ok(());
    }
    let shown = if literal { "False".to_string() } else { print::eager_tensor_str(&condition.numpy()?) };
    let data: Vec<Tensor> =
        data.into_iter().map(|item| convert_to_tensor(item, None)).collect::<Result<_>>()?;
    let data = data.iter().map(|tensor| Ok(first(&tensor.numpy()?, summarize.unwrap_or(3))));
    let data = data.collect::<Result<Vec<_>>>()?.join("\n");
    Err(Error::invalid_argument(format!("Expected '{shown}' to be true. Summarized data: {data}")))
}

/// The first elements of an array (all where `most` is negative), as Python shows them.
fn first(array: &NdArray, most: i64) -> String {
    let total = array.len();
    let shown = usize::try_from(most).map_or(total, |most| most.min(total));
    let mut elements: Vec<String> = (0..shown).map(|at| print::scalar_str(array, at)).collect();
    if array.rank() > 0 && shown < total {
        elements.push("...".to_string());
    }
    elements.join(", ")
}
