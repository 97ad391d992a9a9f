//! How many tensors of which dtypes an op takes and gives, once its attributes are known.

use crate::schema::{ArgDef, ArgType, OpSchema};
use crate::{Attrs, DType, Error, Result, ensure};
use smallvec::{SmallVec, smallvec};
use std::ops::Range;

/// How many tensors an argument can stand for: a number in a file is not taken at its word.
const MAX_TENSORS: usize = 1 << 20;

impl ArgType {
    /// How many tensors the argument stands for.
    ///
    /// # Errors
    /// `InvalidArgument` when the attribute that says so is missing, or negative.
    pub fn count(&self, attrs: &Attrs) -> Result<usize> {
        match self {
            ArgType::Fixed(_) | ArgType::Attr(_) => Ok(1),
            ArgType::Repeated { number_attr, .. } => {
                let count = attrs.int(number_attr)?;
                let count = usize::try_from(count).map_err(|_| {
                    Error::invalid_argument(format!("attr '{number_attr}' must not be negative, is {count}"))
                })?;
                ensure!(
                    count <= MAX_TENSORS,
                    invalid_argument,
                    "attr '{number_attr}' must be at most {MAX_TENSORS}, is {count}"
                );
                Ok(count)
            }
            ArgType::TypeList(attr) => Ok(attrs.dtypes(attr)?.len()),
        }
    }

    /// The dtypes of the argument's tensors.
    ///
    /// # Errors
    /// `InvalidArgument` when an attribute is missing.
    pub fn dtypes(&self, attrs: &Attrs) -> Result<SmallVec<[DType; 4]>> {
        Ok(match self {
            ArgType::Fixed(dtype) => smallvec![*dtype],
            ArgType::Attr(attr) => smallvec![attrs.dtype(attr)?],
            ArgType::Repeated { of, .. } => {
                let one = of.dtypes(attrs)?;
                let mut all = SmallVec::new();
                for _ in 0..self.count(attrs)? {
                    all.extend_from_slice(&one);
                }
                all
            }
            ArgType::TypeList(attr) => SmallVec::from_slice(attrs.dtypes(attr)?),
        })
    }
}

fn range(args: &[ArgDef], position: usize, attrs: &Attrs) -> Result<Range<usize>> {
    let mut start = 0;
    for arg in args.iter().take(position) {
        start += arg.kind.count(attrs)?;
    }
    match args.get(position) {
        Some(arg) => Ok(start..start + arg.kind.count(attrs)?),
        None => Err(Error::internal(format!("no argument at position {position}"))),
    }
}

fn types(args: &[ArgDef], attrs: &Attrs) -> Result<SmallVec<[DType; 4]>> {
    let mut all = SmallVec::new();
    for arg in args {
        let dtypes = arg.kind.dtypes(attrs)?;
        all.extend(dtypes.into_iter().map(|dtype| if arg.is_ref { dtype.as_ref_dtype() } else { dtype }));
    }
    Ok(all)
}

impl OpSchema {
    /// The flat inputs that an argument stands for.
    ///
    /// # Errors
    /// `InvalidArgument` when an attribute is missing.
    pub fn input_range(&self, position: usize, attrs: &Attrs) -> Result<Range<usize>> {
        range(&self.inputs, position, attrs)
    }

    /// The flat outputs that an argument stands for.
    ///
    /// # Errors
    /// `InvalidArgument` when an attribute is missing.
    pub fn output_range(&self, position: usize, attrs: &Attrs) -> Result<Range<usize>> {
        range(&self.outputs, position, attrs)
    }

    /// How many flat inputs there are.
    ///
    /// # Errors
    /// `InvalidArgument` when an attribute is missing.
    pub fn num_inputs(&self, attrs: &Attrs) -> Result<usize> {
        self.inputs.iter().map(|arg| arg.kind.count(attrs)).sum()
    }

    /// How many flat outputs there are.
    ///
    /// # Errors
    /// `InvalidArgument` when an attribute is missing.
    pub fn num_outputs(&self, attrs: &Attrs) -> Result<usize> {
        self.outputs.iter().map(|arg| arg.kind.count(attrs)).sum()
    }

    /// The dtypes of the flat inputs; reference types where the op takes references.
    ///
    /// # Errors
    /// `InvalidArgument` when an attribute is missing.
    pub fn input_types(&self, attrs: &Attrs) -> Result<SmallVec<[DType; 4]>> {
        types(&self.inputs, attrs)
    }

    /// The dtypes of the flat outputs; reference types where the op gives references.
    ///
    /// # Errors
    /// `InvalidArgument` when an attribute is missing.
    pub fn output_types(&self, attrs: &Attrs) -> Result<SmallVec<[DType; 4]>> {
        types(&self.outputs, attrs)
    }
}
