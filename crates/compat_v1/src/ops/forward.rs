//! `forward!`: functions that are the same in v1, by their names.

/// Declares functions of tensors that call the function of the same name in a family (a crate, or a module), in the
/// mode of the v1 API.
macro_rules! forward {
    ($family:ident { $($(#[$doc:meta])* $name:ident($($argument:ident),*);)* }) => {
        $($(#[$doc])*
        ///
        /// # Errors
        /// Those of the op, as TensorFlow words them.
        pub fn $name(
            $($argument: impl ferroflow_core::IntoOperand),*
        ) -> ferroflow_core::Result<ferroflow_core::Tensor> {
            $crate::facade(|| $family::$name($($argument),*))
        })*
    };
}

pub(super) use forward;
