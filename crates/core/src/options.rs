//! `options!`: the optional arguments of a function, as a struct that reads well at the call.

/// Declares the optional arguments of an op's function: a struct with TensorFlow's defaults and a setter for each.
///
/// The function that takes them has the name of the short form and `_with` behind it:
///
/// ```
/// use ferroflow_core::options;
/// options! {
///     /// Optional arguments of `matmul_with`.
///     pub struct MatMulOptions {
///         /// Whether `a` is transposed before the product.
///         transpose_a: bool = false,
///         /// Whether `b` is.
///         transpose_b: bool = false,
///     }
/// }
/// fn matmul_with(options: impl FnOnce(MatMulOptions) -> MatMulOptions) -> (bool, bool) {
///     let options = options(MatMulOptions::default());
///     (options.transpose_a, options.transpose_b)
/// }
/// assert_eq!(matmul_with(|o| o.transpose_b(true)), (false, true));
/// ```
#[macro_export]
macro_rules! options {
    ($(#[$doc:meta])* pub struct $name:ident {
        $($(#[$field_doc:meta])* $field:ident: $ty:ty = $default:expr),* $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        #[must_use]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $ty,)*
        }

        impl Default for $name {
            fn default() -> $name {
                $name { $($field: $default,)* }
            }
        }

        impl $name {
            $($(#[$field_doc])*
            pub fn $field(mut self, $field: impl Into<$ty>) -> $name {
                self.$field = $field.into();
                self
            })*
        }
    };
}
