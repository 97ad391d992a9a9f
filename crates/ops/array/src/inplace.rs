//! InplaceAdd, InplaceSub, InplaceUpdate: rows of a tensor changed or replaced.

use crate::mover::{self, Item, Moves};
use ferroflow_core::{
    DType, Element, Grad, KernelCtx, NdArray, OpDef, Result, bail, dispatch, ensure, shape_fn,
};
use std::ops::{Add, Sub};

/// The rows that the indices name; they count around, from either end, as in TensorFlow.
fn rows(cx: &KernelCtx<'_>) -> Result<Vec<usize>> {
    let (x, places, v) = (cx.input(0)?, cx.input(1)?, cx.input(2)?);
    ensure!(places.rank() == 1, invalid_argument, "i must be a vector. {}", places.shape());
    ensure!(
        x.rank() == v.rank(),
        invalid_argument,
        "x and v shape doesn't match (ranks differ): {} vs. {}",
        x.shape(),
        v.shape()
    );
    for axis in 1..x.rank() {
        ensure!(
            x.shape()[axis] == v.shape()[axis],
            invalid_argument,
            "x and v shape doesn't match at index {axis} : {} vs. {}",
            x.shape(),
            v.shape()
        );
    }
    ensure!(
        v.shape().dims().first() == Some(&places.len()),
        invalid_argument,
        "i and x shape doesn't match at index 0: {} vs. {}",
        places.shape(),
        v.shape()
    );
    let count = x.shape()[0] as i64;
    if count == 0 {
        return Ok(Vec::new());
    }
    Ok(places.to_i64_vec()?.iter().map(|row| row.rem_euclid(count) as usize).collect())
}

struct Replace {
    rows: Vec<usize>,
    width: usize,
}

impl Moves for Replace {
    const WRITES_ALL: bool = true;

    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        let [kept, values] = inputs else { return };
        output.clone_from_slice(kept);
        for (position, row) in self.rows.iter().enumerate() {
            let value = &values[position * self.width..(position + 1) * self.width];
            output[row * self.width..(row + 1) * self.width].clone_from_slice(value);
        }
    }
}

fn width(x: &NdArray) -> usize {
    x.shape().dims().iter().skip(1).product()
}

fn update_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let rows = rows(cx)?;
    let (x, v) = (cx.input(0)?, cx.input(2)?);
    let replaced = mover::run(&[x, v], x.shape().clone(), &Replace { rows, width: width(x) })?;
    cx.set(0, replaced)
}

fn changed<T: Element + Copy>(cx: &mut KernelCtx<'_>, change: impl Fn(T, T) -> T) -> Result<()> {
    let rows = rows(cx)?;
    let mut x = cx.take(0)?;
    let width = width(&x);
    let values = cx.slice::<T>(2)?;
    let elements = x.as_mut_slice::<T>()?;
    for (position, row) in rows.into_iter().enumerate() {
        for at in 0..width {
            let element = &mut elements[row * width + at];
            *element = change(*element, values[position * width + at]);
        }
    }
    cx.set(0, x)
}

/// The arithmetic of numbers, integers wrapping.
trait Wrapping: Element + Copy {
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
}

macro_rules! wrapping {
    ($($ty:ty)*) => {
        $(impl Wrapping for $ty {
            fn plus(self, other: $ty) -> $ty {
                self.wrapping_add(other)
            }
            fn minus(self, other: $ty) -> $ty {
                self.wrapping_sub(other)
            }
        })*
    };
}

macro_rules! plain {
    ($($ty:ty)*) => {
        $(impl Wrapping for $ty {
            fn plus(self, other: $ty) -> $ty {
                Add::add(self, other)
            }
            fn minus(self, other: $ty) -> $ty {
                Sub::sub(self, other)
            }
        })*
    };
}

wrapping!(i8 i16 i32 i64 u8 u16 u32 u64);
plain!(f32 f64 ferroflow_core::f16 ferroflow_core::bf16 ferroflow_core::Complex<f32> ferroflow_core::Complex<f64>);

fn kernel(cx: &mut KernelCtx<'_>, adds: bool) -> Result<()> {
    let dtype = cx.dtype("T")?;
    if matches!(dtype, DType::BOOL | DType::STRING | DType::RESOURCE | DType::VARIANT) {
        rows(cx)?;
        bail!(invalid_argument, "Unsupported data type: {}", dtype.cpp_name());
    }
    dispatch!(dtype, NUMBERS, |T| {
        if adds { changed::<T>(cx, Wrapping::plus) } else { changed::<T>(cx, Wrapping::minus) }
    })
}

pub(crate) static INPLACE_ADD: OpDef = OpDef {
    name: "InplaceAdd",
    shape: shape_fn::unchanged,
    kernel: Some(|cx| kernel(cx, true)),
    grad: Grad::Missing,
    ..OpDef::NEW
};

pub(crate) static INPLACE_SUB: OpDef = OpDef {
    name: "InplaceSub",
    shape: shape_fn::unchanged,
    kernel: Some(|cx| kernel(cx, false)),
    grad: Grad::Missing,
    ..OpDef::NEW
};

pub(crate) static INPLACE_UPDATE: OpDef = OpDef {
    name: "InplaceUpdate",
    shape: shape_fn::unchanged,
    kernel: Some(update_kernel),
    grad: Grad::Missing,
    ..OpDef::NEW
};
