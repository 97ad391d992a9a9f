//! `ops!`: the definitions of a file's ops, a row each.

/// Rows are `CONSTANT "Name" shape, kernel;`, with the gradient behind where ops differ in it; a first line `grad: ...;` says it
/// for all. Without either the ops have no gradient, as in TensorFlow.
macro_rules! ops {
    (grad: $all:expr; $($constant:ident $name:literal $shape:expr, $kernel:expr;)*) => {
        ops! { $($constant $name $shape, $kernel, $all;)* }
    };
    ($($constant:ident $name:literal $shape:expr, $kernel:expr;)*) => {
        ops! { $($constant $name $shape, $kernel, ferroflow_core::Grad::None;)* }
    };
    ($($constant:ident $name:literal $shape:expr, $kernel:expr, $grad:expr;)*) => {
        $(pub(crate) static $constant: ferroflow_core::OpDef = ferroflow_core::OpDef {
            name: $name,
            shape: $shape,
            kernel: Some($kernel),
            grad: $grad,
            ..ferroflow_core::OpDef::NEW
        };)*
    };
}

pub(crate) use ops;
