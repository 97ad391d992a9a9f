//! ParseExample, ParseExampleV2, ParseSingleExample: examples as columns.

use crate::example_wire::{Values, example_features};
use crate::feature_spec::{Dense, Place, Varying, keys, ragged, sparse};
use ferroflow_core::{
    Error, Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, ShapeCtx, TString, bail, ensure,
};

pub(crate) static PARSE_EXAMPLE: OpDef = OpDef {
    name: "ParseExample",
    shape: |cx| shape(cx, Version::First),
    kernel: Some(first_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static PARSE_EXAMPLE_V2: OpDef = OpDef {
    name: "ParseExampleV2",
    shape: |cx| shape(cx, Version::Second),
    kernel: Some(second_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static PARSE_SINGLE_EXAMPLE: OpDef = OpDef {
    name: "ParseSingleExample",
    shape: |cx| shape(cx, Version::Single),
    kernel: Some(single_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

#[derive(Clone, Copy, PartialEq)]
enum Version {
    First,
    Second,
    Single,
}

fn shape(cx: &mut ShapeCtx<'_>, version: Version) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    let dense_shapes = cx.shapes("dense_shapes")?.to_vec();
    for (index, shape) in dense_shapes.iter().enumerate() {
        let inner = shape.dims().map(|dims| dims.get(1..).unwrap_or_default());
        if !inner.is_some_and(|inner| inner.iter().all(Option::is_some)) {
            bail!(
                invalid_argument,
                "dense_shapes[{index}] has unknown rank or unknown inner dimensions: {}",
                shape.cpp()
            );
        }
    }
    let input = match version {
        Version::First => cx.with_rank(0, 1)?,
        Version::Single => cx.with_rank(0, 0)?,
        Version::Second => {
            let input = cx.input(0);
            if let Some(rank) = input.rank() {
                ensure!(rank <= 1, invalid_argument, "Shape must be at most rank 1 but is rank {rank}");
            }
            input
        }
    };
    let num_sparse = cx.dtypes("sparse_types")?.len();
    let rank = input.rank().map(|rank| rank + 1);
    let mut output = 0;
    let mut set = |cx: &mut ShapeCtx<'_>, shape: PartialShape| {
        cx.set(output, shape);
        output += 1;
    };
    for _ in 0..num_sparse {
        set(cx, PartialShape::new([None, rank]));
    }
    for _ in 0..num_sparse {
        set(cx, PartialShape::of_rank(1));
    }
    for _ in 0..num_sparse {
        set(cx, PartialShape::new([rank]));
    }
    for shape in &dense_shapes {
        set(cx, input.concatenate(shape));
    }
    if version == Version::Second {
        let count = cx.dtypes("ragged_value_types")?.len();
        for _ in 0..count {
            set(cx, PartialShape::of_rank(1));
        }
        let splits = input.dim(0).map(|count| count + 1);
        for _ in 0..count {
            set(cx, PartialShape::new([splits]));
        }
    }
    Ok(())
}

/// The columns to read.
struct Columns {
    sparse: Vec<Varying>,
    dense: Vec<Dense>,
    ragged: Vec<Varying>,
}

impl Columns {
    /// Columns of these keys; the defaults begin at an input.
    fn new(
        cx: &KernelCtx<'_>,
        sparse_keys: Vec<TString>,
        dense_keys: Vec<TString>,
        ragged_keys: Vec<TString>,
        first_default: usize,
    ) -> Result<Columns> {
        let attrs = cx.attrs();
        let varying = |keys: Vec<TString>, attr: &str| -> Result<Vec<Varying>> {
            let dtypes = attrs.dtypes(attr)?;
            ensure!(
                keys.len() == dtypes.len(),
                invalid_argument,
                "Expected {} keys for {attr}, but got {}",
                dtypes.len(),
                keys.len()
            );
            Ok(keys.into_iter().zip(dtypes).map(|(key, &dtype)| Varying { key, dtype }).collect())
        };
        let (dtypes, shapes) = (attrs.dtypes("Tdense")?, attrs.shapes("dense_shapes")?);
        ensure!(dtypes.len() == shapes.len(), invalid_argument, "len(dense_keys) != len(dense_shapes)");
        ensure!(
            dense_keys.len() == dtypes.len(),
            invalid_argument,
            "Expected {} dense keys, but got {}",
            dtypes.len(),
            dense_keys.len()
        );
        let mut dense = Vec::new();
        for (index, (key, (&dtype, shape))) in
            dense_keys.into_iter().zip(dtypes.iter().zip(shapes)).enumerate()
        {
            dense.push(Dense::new(index, key, dtype, shape, cx.input(first_default + index)?)?);
        }
        let ragged =
            if ragged_keys.is_empty() { Vec::new() } else { varying(ragged_keys, "ragged_value_types")? };
        Ok(Columns { sparse: varying(sparse_keys, "sparse_types")?, dense, ragged })
    }

    /// Reads examples and sets all outputs.
    fn read(&self, cx: &mut KernelCtx<'_>, serialized: &NdArray, names: &[TString]) -> Result<()> {
        let alone = serialized.rank() == 0;
        let messages = serialized.as_slice::<TString>()?;
        let mut sparse_rows: Vec<Vec<Values>> = vec![Vec::new(); self.sparse.len()];
        let mut dense_rows: Vec<Vec<Values>> = vec![Vec::new(); self.dense.len()];
        let mut ragged_rows: Vec<Vec<Values>> = vec![Vec::new(); self.ragged.len()];
        for (index, message) in messages.iter().enumerate() {
            let found = example_features(message).map_err(|_| unreadable(message))?;
            let name = names.get(index).map_or("<unknown>".into(), TString::to_string_lossy);
            let place = Place { name: (!alone).then_some(&*name), index };
            for (column, rows) in self.dense.iter().zip(&mut dense_rows) {
                if let Some(feature) = found.get(column.key.as_bytes()) {
                    rows.push(column.read(Some(*feature), place)?);
                }
            }
            for (column, rows) in self.sparse.iter().zip(&mut sparse_rows) {
                rows.push(column.read(found.get(column.key.as_bytes()).copied(), place)?);
            }
            for (column, rows) in self.ragged.iter().zip(&mut ragged_rows) {
                rows.push(column.read(found.get(column.key.as_bytes()).copied(), place)?);
            }
            // What is missing is noticed last.
            for (column, rows) in self.dense.iter().zip(&mut dense_rows) {
                if !found.contains_key(column.key.as_bytes()) {
                    rows.push(column.missing(place.name)?);
                }
            }
        }
        self.set(cx, serialized, sparse_rows, dense_rows, ragged_rows)
    }

    fn set(
        &self,
        cx: &mut KernelCtx<'_>,
        serialized: &NdArray,
        sparse_rows: Vec<Vec<Values>>,
        dense_rows: Vec<Vec<Values>>,
        ragged_rows: Vec<Vec<Values>>,
    ) -> Result<()> {
        let alone = serialized.rank() == 0;
        let count = self.sparse.len();
        for (index, (column, rows)) in self.sparse.iter().zip(sparse_rows).enumerate() {
            let [indices, values, shape] = sparse(column.dtype, &rows, alone)?;
            cx.set(index, indices)?;
            cx.set(count + index, values)?;
            cx.set(2 * count + index, shape)?;
        }
        let mut output = 3 * count;
        for (column, rows) in self.dense.iter().zip(dense_rows) {
            cx.set(output, column.tensor(serialized.shape().dims(), rows)?)?;
            output += 1;
        }
        for (index, (column, rows)) in self.ragged.iter().zip(ragged_rows).enumerate() {
            let split_dtype = cx.dtypes("ragged_split_types")?.get(index).copied();
            let Some(split_dtype) = split_dtype else {
                bail!(invalid_argument, "len(ragged_value_types) != len(ragged_split_types)");
            };
            let [values, splits] = ragged(column.dtype, split_dtype, &rows, alone)?;
            cx.set(output + index, values)?;
            cx.set(output + self.ragged.len() + index, splits)?;
        }
        Ok(())
    }
}

fn unreadable(message: &TString) -> Error {
    Error::invalid_argument(format!("Could not parse example input, value: '{}'", message.to_string_lossy()))
}

/// The scalar strings of a list argument.
fn scalars(cx: &KernelCtx<'_>, position: usize) -> Result<Vec<TString>> {
    cx.arg(position)?
        .map(|index| match cx.input(index)?.as_slice::<TString>()? {
            [key] => Ok(key.clone()),
            _ => bail!(invalid_argument, "a key must be a scalar, got shape {}", cx.input(index)?.shape()),
        })
        .collect()
}

fn first_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let serialized = cx.input(0)?.clone();
    ensure!(
        serialized.rank() == 1,
        invalid_argument,
        "Expected serialized to be a vector, got shape: {}",
        serialized.shape()
    );
    let (names, defaults) = (keys(cx, 1, "names")?, cx.arg(4)?.start);
    let columns = Columns::new(cx, scalars(cx, 2)?, scalars(cx, 3)?, Vec::new(), defaults)?;
    columns.read(cx, &serialized, &names)
}

fn second_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let serialized = cx.input(0)?.clone();
    ensure!(
        serialized.rank() <= 1,
        invalid_argument,
        "Expected serialized to be a scalar or vector, got shape: {}",
        serialized.shape()
    );
    let names = cx.slice::<TString>(1)?.to_vec();
    let (sparse, dense) = (keys(cx, 2, "sparse_keys")?, keys(cx, 3, "dense_keys")?);
    let columns = Columns::new(cx, sparse, dense, keys(cx, 4, "ragged_keys")?, cx.arg(5)?.start)?;
    columns.read(cx, &serialized, &names)
}

fn single_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let serialized = cx.input(0)?.clone();
    ensure!(
        serialized.rank() == 0,
        invalid_argument,
        "Expected serialized to be a scalar, got shape: {}",
        serialized.shape()
    );
    let attrs = cx.attrs();
    let names = |attr: &str| -> Result<Vec<TString>> {
        Ok(attrs.byte_strings(attr)?.iter().map(|key| TString::from(key.as_slice())).collect())
    };
    let columns =
        Columns::new(cx, names("sparse_keys")?, names("dense_keys")?, Vec::new(), cx.arg(1)?.start)?;
    columns.read(cx, &serialized, &[])
}
