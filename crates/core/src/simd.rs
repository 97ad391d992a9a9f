//! Loops that are compiled for the widest registers the processor has, chosen at run time.
//!
//! What [`vectorized!`](crate::vectorized) declares is compiled once for each instruction set and once without any.
//! Multiplications and additions are never contracted, so the results have the same bits on all of them.

#[doc(hidden)]
pub use pulp::NullaryFnOnce;

/// Runs an operation with the instruction sets of this processor.
#[doc(hidden)]
#[inline(always)]
pub fn dispatch<Op: NullaryFnOnce>(op: Op) -> Op::Output {
    pulp::Arch::new().dispatch(op)
}

/// A function as a closure that becomes part of its caller, however long it is: a loop of calls cannot become vector code.
///
/// ```
/// let mut values = [1.0f32, 4.0];
/// ferroflow_core::elementwise::each(&mut values, ferroflow_core::inlined!(f32::sqrt));
/// assert_eq!(values, [1.0, 2.0]);
/// ```
#[macro_export]
macro_rules! inlined {
    ($function:expr) => {
        #[inline(always)]
        |x| ($function)(x)
    };
}

/// Declares a function whose loops use the widest registers of the processor it runs on.
///
/// Type parameters stand in square brackets, with their bounds.
///
/// ```
/// ferroflow_core::vectorized! {
///     /// Adds to each value.
///     fn shift[T: Copy + std::ops::Add<Output = T>](values: &mut [T], by: T) {
///         for value in values {
///             *value = *value + by;
///         }
///     }
/// }
/// let mut values = [1.0f32, 2.0];
/// shift(&mut values, 0.5);
/// assert_eq!(values, [1.5, 2.5]);
/// ```
#[macro_export]
macro_rules! vectorized {
    ($($(#[$meta:meta])* $vis:vis fn $name:ident $([$($generic:tt)*])?
       ($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block)*) => {
        $($(#[$meta])*
        $vis fn $name $(<$($generic)*>)? ($($arg: $ty),*) $(-> $ret)? {
            struct Call<A>(A);
            impl $(<$($generic)*>)? $crate::simd::NullaryFnOnce for Call<($($ty,)*)> {
                type Output = $crate::vectorized!(@output $($ret)?);
                #[inline(always)]
                fn call(self) -> Self::Output {
                    let ($($arg,)*) = self.0;
                    $body
                }
            }
            $crate::simd::dispatch(Call(($($arg,)*)))
        })*
    };
    (@output) => { () };
    (@output $ret:ty) => { $ret };
}
