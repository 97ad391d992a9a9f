//! `Traceable`: the closures that can be traced, by the number of their arguments.

use crate::Nest;
use ferroflow_core::{Error, Result, Tensor};

/// A closure that takes tensors and gives a structure of tensors: `Fn(&Tensor, &Tensor) -> Result<R>` with up to six
/// arguments, or `Fn(&[Tensor]) -> Result<R>` with any number. The marker `M` is found by the compiler.
pub trait Traceable<M> {
    /// What the closure returns.
    type Output: Nest;
    /// How many arguments it takes; `None` for any number.
    const ARITY: Option<usize>;

    /// Calls the closure.
    ///
    /// # Errors
    /// `TypeError` for another number of arguments; what the closure returns.
    fn run(&self, args: &[Tensor]) -> Result<Self::Output>;
}

/// Marks closures of `N` arguments.
pub struct Positional<const N: usize>;

/// Marks closures that take all arguments as a slice.
pub struct Slice;

impl<F, R> Traceable<(Slice, R)> for F
where
    F: Fn(&[Tensor]) -> Result<R>,
    R: Nest,
{
    type Output = R;
    const ARITY: Option<usize> = None;

    fn run(&self, args: &[Tensor]) -> Result<R> {
        self(args)
    }
}

macro_rules! positional {
    ($($count:literal: $($arg:ident)*;)*) => {
        $(impl<Function, R> Traceable<(Positional<$count>, R)> for Function
        where
            Function: Fn($(positional!(@tensor $arg)),*) -> Result<R>,
            R: Nest,
        {
            type Output = R;
            const ARITY: Option<usize> = Some($count);

            fn run(&self, args: &[Tensor]) -> Result<R> {
                match args {
                    [$($arg),*] => self($($arg),*),
                    _ => Err(wrong_count($count, args.len())),
                }
            }
        })*
    };
    (@tensor $arg:ident) => { &Tensor };
}

positional! {
    0: ;
    1: a;
    2: a b;
    3: a b c;
    4: a b c d;
    5: a b c d e;
    6: a b c d e f;
}

fn wrong_count(wanted: usize, found: usize) -> Error {
    Error::type_error(format!("the function takes {wanted} arguments, got {found}"))
}
