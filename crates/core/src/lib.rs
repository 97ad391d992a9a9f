//! Tensors, shapes, dtypes, arrays and op definitions: what every other crate of ferroflow stands on.
