//! Save, SaveSlices: tensors as a checkpoint of the older format, V1.

use super::{path, text};
use crate::checkpoint::{ShapeAndSlice, TensorSlice, V1Writer};
use ferroflow_core::{Grad, KernelCtx, OpDef, Result, ShapeCtx, TString, ensure};

// How many inputs stand before the tensors: the file's name, the tensors' names, and for SaveSlices the slices.
pub(super) static SAVE: OpDef = OpDef {
    name: "Save",
    shape: |cx| shape(cx, 2),
    kernel: Some(|cx| kernel(cx, 2)),
    grad: Grad::None,
    ..OpDef::NEW
};
pub(super) static SAVE_SLICES: OpDef = OpDef {
    name: "SaveSlices",
    shape: |cx| shape(cx, 3),
    kernel: Some(|cx| kernel(cx, 3)),
    grad: Grad::None,
    ..OpDef::NEW
};

fn shape(cx: &mut ShapeCtx<'_>, fixed: usize) -> Result<()> {
    // What runs takes names of any shape.
    if cx.at_run_time() {
        return Ok(());
    }
    cx.with_rank(0, 0)?;
    let tensors = cx.num_inputs() - fixed;
    for index in 1..fixed {
        if let Some(size) = cx.with_rank(index, 1)?.dim(0) {
            ensure!(size == tensors, invalid_argument, "Dimension must be {tensors} but is {size}");
        }
    }
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>, fixed: usize) -> Result<()> {
    let file = cx.input(0)?;
    ensure!(
        file.len() == 1,
        invalid_argument,
        "Input 0 (filename) must be a string scalar; got a tensor of {}elements",
        file.len()
    );
    let file = path(&file.item::<TString>()?)?;
    let names = cx.slice::<TString>(1)?.iter().map(text).collect::<Result<Vec<_>>>()?;
    let specs = if fixed == 3 { Some(cx.slice::<TString>(2)?) } else { None };
    ensure!(
        specs.is_none_or(|specs| specs.len() == names.len()),
        invalid_argument,
        "Expected {} elements for the tensor shapes and slices but got {}",
        names.len(),
        specs.map_or(0, <[TString]>::len)
    );
    ensure!(
        names.len() + fixed == cx.num_inputs(),
        invalid_argument,
        "Expected totally {} inputs as input #1 (which is a string tensor of saved names) contains {} names, but received {} \
         inputs",
        names.len() + fixed,
        names.len(),
        cx.num_inputs()
    );
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(|&index| &names[index]);
    let mut writer = V1Writer::default();
    for index in order {
        let (name, value) = (&names[index], cx.input(fixed + index)?);
        let spec = specs.map(|specs| text(&specs[index])).transpose()?.filter(|spec| !spec.is_empty());
        match spec {
            Some(spec) => {
                let part = ShapeAndSlice::of_value(&spec, value)?;
                writer.add(name, &part.shape, &part.slice, value)?;
            }
            None => writer.add(name, value.shape(), &TensorSlice::full(value.rank()), value)?,
        }
    }
    writer.finish(&file)
}
