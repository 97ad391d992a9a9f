//! ReduceDataset, DatasetToSingleElement, DatasetCardinality: what a whole dataset comes to.

use crate::captured::CapturedFunction;
use crate::iterator_ops::give;
use crate::map::check_count;
use crate::pipeline::{Context, Functions, Place, input_dataset, list};
use ferroflow_core::{Grad, KernelCtx, NdArray, OpDef, Result, ShapeCtx, bail, ensure};

/// What iterators that belong to no other stand under.
pub(crate) const ROOT: &str = "Iterator";

fn reduce_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, mut state) = (input_dataset(cx, 0)?, list(cx, 1)?);
    let function = CapturedFunction::new(cx, "f", 2)?;
    let wanted = cx.dtypes("output_types")?.len();
    ensure!(
        state.len() == wanted,
        invalid_argument,
        "The number of components of the initial state and the reduce function output does not match. \
         (initial_state={}, output={wanted}).",
        state.len()
    );
    let env = cx.env();
    let functions = Functions::default();
    let run = Context { env, functions: &functions };
    let place = Place { prefix: "ReduceIterator", cx: run };
    let function = function.instantiate(run)?;
    let mut stream = input.stream(&place)?;
    while let Some(element) = stream.next(run)? {
        state.extend(element);
        state = function.call(std::mem::take(&mut state), run)?;
        check_count(state.len(), wanted)?;
        env.check()?;
    }
    state.into_iter().enumerate().try_for_each(|(index, value)| cx.set(index, value))
}

fn single_element_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let env = cx.env();
    let functions = Functions::default();
    let run = Context { env, functions: &functions };
    let mut stream = input_dataset(cx, 0)?.stream(&Place { prefix: "SingleElementIterator", cx: run })?;
    let Some(element) = stream.next(run)? else { bail!(invalid_argument, "Dataset was empty.") };
    ensure!(stream.next(run)?.is_none(), invalid_argument, "Dataset had more than one element.");
    give(cx, element)
}

fn cardinality_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let count = input_dataset(cx, 0)?.cardinality();
    cx.set(0, NdArray::scalar(count))
}

/// The shapes of elements are those that the op's attribute names.
pub(crate) fn declared_shapes(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shapes = cx.shapes("output_shapes")?.to_vec();
    if shapes.len() == cx.num_outputs() {
        for (index, shape) in shapes.into_iter().enumerate() {
            cx.set(index, shape);
        }
    } else {
        cx.set_all_unknown();
    }
    Ok(())
}

pub(crate) static REDUCE_DATASET: OpDef = OpDef {
    name: "ReduceDataset",
    shape: declared_shapes,
    kernel: Some(reduce_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
pub(crate) static DATASET_TO_SINGLE_ELEMENT: OpDef = OpDef {
    name: "DatasetToSingleElement",
    shape: declared_shapes,
    kernel: Some(single_element_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
dataset_op!(EXPERIMENTAL_DATASET_CARDINALITY "ExperimentalDatasetCardinality" cardinality_kernel);
dataset_op!(DATASET_CARDINALITY "DatasetCardinality" cardinality_kernel);
