//! LoadAndRemapMatrix: chosen rows and columns of a matrix in a checkpoint, in a new order.

use super::{path, string_scalar};
use crate::{CheckpointReader, TensorSlice};
use ferroflow_core::{
    Code, DType, Error, Grad, KernelCtx, NdArray, OpDef, Result, Shape, ShapeCtx, bail, ensure, zeroed,
};
use std::collections::BTreeMap;

pub(super) static LOAD_AND_REMAP_MATRIX: OpDef =
    OpDef { name: "LoadAndRemapMatrix", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };

fn size(attrs: &ferroflow_core::Attrs, name: &str) -> Result<usize> {
    let size = attrs.int(name)?;
    usize::try_from(size).map_err(|_| Error::invalid_argument(format!("{name} must be >= 0, got {size}")))
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(0, 0)?;
        cx.with_rank(1, 0)?;
        cx.with_rank(2, 1)?;
        cx.with_rank(3, 1)?;
    }
    let sizes = [size(cx, "num_rows")?, size(cx, "num_cols")?];
    cx.set(0, sizes);
    Ok(())
}

/// Where old rows, or columns, go.
struct Remapping {
    /// The new number for each old one.
    new_of_old: BTreeMap<i64, usize>,
    /// Whether each new one has an old one.
    is_present: Vec<bool>,
}

impl Remapping {
    fn read(cx: &KernelCtx<'_>, index: usize) -> Result<Remapping> {
        let input = cx.input(index)?;
        ensure!(
            input.rank() == 1,
            invalid_argument,
            "remappings must be vectors, got shape {}",
            input.shape()
        );
        let mut new_of_old = BTreeMap::new();
        let old_ids = cx.slice::<i64>(index)?;
        for (new, &old) in old_ids.iter().enumerate() {
            if old < 0 {
                continue;
            }
            if let Some(before) = new_of_old.insert(old, new) {
                bail!(
                    unimplemented,
                    "Old ID {old} is mapped to both new ID {before} and {new}, which is not supported."
                );
            }
        }
        Ok(Remapping { new_of_old, is_present: old_ids.iter().map(|old| *old >= 0).collect() })
    }
}

/// The matrix that the op reads from.
struct Source {
    checkpoint: CheckpointReader,
    name: String,
    shape: Shape,
}

impl Source {
    fn open(cx: &KernelCtx<'_>) -> Result<Source> {
        let prefix = string_scalar(cx, 0, "ckpt_path")?;
        // This op reads checkpoints of the second format alone, and says so.
        let checkpoint = CheckpointReader::open(path(prefix)?).map_err(|error| match error.code() {
            Code::NotFound => {
                error.with_message(format!("{}.index; No such file or directory", prefix.to_string_lossy()))
            }
            _ => error,
        })?;
        let name = string_scalar(cx, 1, "old_tensor_name")?.to_string_lossy().into_owned();
        let (dtype, shape) = (checkpoint.dtype(&name)?, checkpoint.shape(&name)?.clone());
        ensure!(
            dtype == DType::FLOAT32,
            invalid_argument,
            "Tensor {name} has invalid type {} instead of expected type float",
            dtype.cpp_name()
        );
        ensure!(
            shape.rank() == 2,
            invalid_argument,
            "Tensor {name} has shape {shape} of invalid rank {} instead of expected shape of rank 2.",
            shape.rank()
        );
        Ok(Source { checkpoint, name, shape })
    }

    /// Some rows.
    fn rows(&self, start: usize, count: usize) -> Result<NdArray> {
        let rows = start..start.saturating_add(count);
        self.checkpoint.read_slice(&self.name, &TensorSlice::new([Some(rows), None]))
    }
}

/// Fills what has no old value, in order, with all of the values given for it.
fn fill(output: &mut [f32], rows: &[bool], columns: &[bool], values: &[f32]) -> Result<()> {
    let (mut used, given) = (0, values.len());
    for (row, own) in rows.iter().zip(output.chunks_mut(columns.len().max(1))) {
        for (column, element) in columns.iter().zip(own) {
            if *row && *column {
                continue;
            }
            let Some(value) = values.get(used) else {
                bail!(
                    invalid_argument,
                    "initializing_values contained {given} elements, but more missing values remain."
                );
            };
            *element = *value;
            used += 1;
        }
    }
    ensure!(
        used == given,
        invalid_argument,
        "initializing_values contained {given} elements, but only {used} elements were used to fill in missing values."
    );
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (num_rows, num_columns) = (size(cx, "num_rows")?, size(cx, "num_cols")?);
    let rows = Remapping::read(cx, 2)?;
    ensure!(
        rows.is_present.len() == num_rows,
        invalid_argument,
        "Size of row_remapping is {} instead of being equal to num_rows={num_rows}",
        rows.is_present.len()
    );
    let columns = Some(Remapping::read(cx, 3)?).filter(|columns| !columns.is_present.is_empty());
    if let Some(columns) = &columns {
        ensure!(
            columns.is_present.len() == num_columns,
            invalid_argument,
            "Provided col_remapping, but its size is {} instead of being equal to num_cols={num_columns}",
            columns.is_present.len()
        );
    }
    let source = Source::open(cx)?;
    let width = source.shape[1];
    ensure!(
        columns.is_some() || width == num_columns,
        invalid_argument,
        "Tensor {} has shape {}, where the size of its 2nd dimension is {width} instead of being equal to \
         num_cols={num_columns}",
        source.name,
        source.shape
    );
    let whole = Shape::new(&[num_rows, num_columns])?;
    let mut output = zeroed::<f32>(whole.num_elements())?;
    if let (Some((&first, _)), Some((&last, _))) =
        (rows.new_of_old.first_key_value(), rows.new_of_old.last_key_value())
    {
        let at_once = match cx.int("max_rows_in_memory")? {
            ..=0 => i64::MAX,
            most => most,
        };
        let mut start = first;
        while start <= last {
            let count = at_once.min((last - start).saturating_add(1));
            let part = source.rows(start as usize, count as usize)?;
            let part = part.as_slice::<f32>()?;
            for (&old, &new) in rows.new_of_old.range(start..start + count) {
                let at = (old - start) as usize * width;
                let from = &part[at..at + width];
                let to = &mut output[new * num_columns..(new + 1) * num_columns];
                match &columns {
                    None => to.copy_from_slice(from),
                    Some(columns) => {
                        for (&old, &new) in columns.new_of_old.range(..width as i64) {
                            to[new] = from[old as usize];
                        }
                    }
                }
            }
            start += count;
        }
    }
    let all = vec![true; if columns.is_some() { 0 } else { num_columns }];
    let present = columns.as_ref().map_or(all.as_slice(), |columns| &columns.is_present);
    fill(&mut output, &rows.is_present, present, cx.slice::<f32>(4)?)?;
    cx.set(0, NdArray::from_shape(whole, output)?)
}
