//! `forward!`: functions of the op families in the mode of the v1 API.

/// Declares functions that call a family's function, with the same arguments, in the mode of the v1 API.
macro_rules! forward {
    ($(#[doc = $doc:literal] $name:ident($($argument:ident: $ty:ty),*) -> $result:ty = $to:path;)*) => {
        $(#[allow(non_snake_case)]
        #[doc = $doc]
        ///
        /// # Errors
        #[doc = concat!("As [`", stringify!($to), "`](fn@", stringify!($to), ").")]
        pub fn $name($($argument: $ty),*) -> $result {
            $crate::facade(|| $to($($argument),*))
        })*
    };
}

pub(super) use forward;
