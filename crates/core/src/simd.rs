//! Loops that are compiled for the widest registers the processor has, chosen at run time.
//!
//! What [`vectorized!`](crate::vectorized) declares is compiled once for each instruction set and once without any.
//! Multiplications and additions are never contracted, so the results have the same bits on all of them.

use pulp::Simd;
use std::ops::Range;

#[doc(hidden)]
pub use pulp::NullaryFnOnce;

/// Runs an operation with the instruction sets of this processor.
#[doc(hidden)]
#[inline(always)]
pub fn dispatch<Op: NullaryFnOnce>(op: Op) -> Op::Output {
    pulp::Arch::new().dispatch(op)
}

/// Registers of elements that may be too few to fill them: zeros then.
///
/// ```
/// use ferroflow_core::simd::{load, store};
/// use pulp::{Scalar, Simd};
/// let [first, second] = load::<Scalar, 2>(Scalar, &[1.0]);
/// let mut sums = [0.0; 2];
/// store::<Scalar, 2>(Scalar, [Scalar.add_f32s(first, first), second], &mut sums);
/// assert_eq!(sums, [2.0, 0.0]);
/// ```
#[inline(always)]
pub fn load<S: Simd, const V: usize>(simd: S, elements: &[f32]) -> [S::f32s; V] {
    let mut registers = [simd.splat_f32s(0.0); V];
    if elements.len() == V * S::F32_LANES {
        registers.copy_from_slice(&S::as_simd_f32s(elements).0[..V]);
    } else {
        for v in 0..V {
            registers[v] = simd.partial_load_f32s(&elements[lanes::<S>(v, elements.len())]);
        }
    }
    registers
}

/// Stores registers in elements that may be fewer than they hold.
#[inline(always)]
pub fn store<S: Simd, const V: usize>(simd: S, registers: [S::f32s; V], elements: &mut [f32]) {
    let length = elements.len();
    if length == V * S::F32_LANES {
        S::as_mut_simd_f32s(elements).0[..V].copy_from_slice(&registers);
    } else {
        for v in 0..V {
            simd.partial_store_f32s(&mut elements[lanes::<S>(v, length)], registers[v]);
        }
    }
}

/// What of so many elements goes into this register.
#[inline(always)]
fn lanes<S: Simd>(register: usize, length: usize) -> Range<usize> {
    (register * S::F32_LANES).min(length)..((register + 1) * S::F32_LANES).min(length)
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
