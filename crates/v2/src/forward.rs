//! `forward!`: functions of the op families that name ops.

/// Declares functions that call a family's function, with the same arguments, after the ops of all families were made
/// known: it applies some of them by their names.
macro_rules! forward {
    ($(#[doc = $doc:literal] $name:ident($($argument:ident: $ty:ty),*) -> $result:ty = $to:path;)*) => {
        $(#[allow(non_snake_case)]
        #[doc = $doc]
        ///
        /// # Errors
        #[doc = concat!("As [`", stringify!($to), "`](fn@", stringify!($to), ").")]
        pub fn $name($($argument: $ty),*) -> $result {
            ferroflow_graph::install();
            $to($($argument),*)
        })*
    };
}

pub(crate) use forward;
