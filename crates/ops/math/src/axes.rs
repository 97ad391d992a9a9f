//! `Axes`: the `axis` argument of reductions.

use ferroflow_core::{IntoOperand, NdArray, Op, Operand, Result, Tensor, constant, context};

/// The axes a reduction runs over: all of them (`()`), one, several, or a tensor's.
///
/// Rust integers become `int32`, as Python's do; negative ones count from the end.
#[derive(Clone)]
pub enum Axes {
    /// Every axis, TensorFlow's `axis=None`.
    All,
    /// These.
    Given(Operand),
}

impl Axes {
    /// The operand for a reduction of `input`, made the way TensorFlow makes it: a constant where the rank is known
    /// and not 0, a range up to the rank otherwise, and in a graph for what is no tensor yet.
    pub(crate) fn operand_for(&self, input: &Operand) -> Result<Operand> {
        if let Axes::Given(operand) = self {
            return Ok(operand.clone());
        }
        let rank = match input {
            Operand::Value { array, .. } if !context::executing_eagerly() => literal_rank(array)?,
            Operand::Value { array, .. } => return up_to(array.rank()),
            Operand::Tensor(tensor) => match tensor.rank() {
                // TensorFlow takes a rank of 0 for one that is not known.
                Some(0) if !context::executing_eagerly() => context::with_name("Rank", || constant(0))?,
                Some(rank) => return up_to(rank),
                None => Op::named("Rank").input(tensor).one()?,
            },
        };
        context::with_name("range", || Op::named("Range").input(0).input(rank).input(1).one()).into_operand()
    }
}

fn up_to(rank: usize) -> Result<Operand> {
    let all: Vec<i32> = (0..rank as i32).collect();
    constant(NdArray::vector(all))?.into_operand()
}

/// What `tf.rank` makes of a literal: a constant of its own, and that of its rank.
fn literal_rank(literal: &NdArray) -> Result<Tensor> {
    context::name_scope_for_op("Rank", |name| {
        constant(literal.clone())?;
        context::with_name(&name, || constant(literal.rank() as i32))
    })
}

fn weak(axes: &[i64]) -> Operand {
    let axes: Vec<i32> =
        axes.iter().map(|&axis| axis.clamp(i32::MIN.into(), i32::MAX.into()) as i32).collect();
    Operand::Value { array: NdArray::vector(axes), weak: true }
}

impl From<()> for Axes {
    fn from((): ()) -> Axes {
        Axes::All
    }
}

impl From<i32> for Axes {
    fn from(axis: i32) -> Axes {
        Axes::Given(Operand::Value { array: NdArray::scalar(axis), weak: true })
    }
}

impl From<i64> for Axes {
    fn from(axis: i64) -> Axes {
        Axes::from(axis.clamp(i32::MIN.into(), i32::MAX.into()) as i32)
    }
}

impl<A: Into<Axes>> From<Option<A>> for Axes {
    fn from(axes: Option<A>) -> Axes {
        axes.map_or(Axes::All, Into::into)
    }
}

impl<const N: usize> From<[i32; N]> for Axes {
    fn from(axes: [i32; N]) -> Axes {
        Axes::Given(Operand::Value { array: NdArray::vector(axes.to_vec()), weak: true })
    }
}

impl<const N: usize> From<[i64; N]> for Axes {
    fn from(axes: [i64; N]) -> Axes {
        Axes::Given(weak(&axes))
    }
}

impl From<&[i64]> for Axes {
    fn from(axes: &[i64]) -> Axes {
        Axes::Given(weak(axes))
    }
}

impl From<Vec<i64>> for Axes {
    fn from(axes: Vec<i64>) -> Axes {
        Axes::Given(weak(&axes))
    }
}

impl From<Tensor> for Axes {
    fn from(axes: Tensor) -> Axes {
        Axes::Given(Operand::Tensor(axes))
    }
}

impl From<&Tensor> for Axes {
    fn from(axes: &Tensor) -> Axes {
        Axes::from(axes.clone())
    }
}
