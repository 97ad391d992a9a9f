//! What cells hand from one step to the next.

use ferroflow_core::{DType, NdArray, Op, PartialShape, Result, Tensor, bail, context};
use ferroflow_ops_array as array;
use ferroflow_v2::Nest;

/// The state of an LSTM: what it remembers, and its last output.
///
/// Source: `tf.compat.v1.nn.rnn_cell.LSTMStateTuple`.
#[derive(Clone, Debug)]
pub struct LSTMStateTuple {
    /// What it remembers.
    pub c: Tensor,
    /// Its last output.
    pub h: Tensor,
}

/// The state of a cell.
#[derive(Clone, Debug)]
pub enum RNNState {
    /// One tensor.
    Tensor(Tensor),
    /// That of an LSTM.
    Lstm(LSTMStateTuple),
    /// Those of several cells.
    Tuple(Vec<RNNState>),
}

/// How many numbers there are in a cell's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateSize {
    /// In one tensor.
    Tensor(usize),
    /// In what an LSTM remembers, and in its output.
    Lstm(usize, usize),
    /// In those of several cells.
    Tuple(Vec<StateSize>),
}

impl RNNState {
    /// The only tensor.
    ///
    /// # Errors
    /// `TypeError` for a state of several.
    pub fn tensor(&self) -> Result<&Tensor> {
        match self {
            RNNState::Tensor(tensor) => Ok(tensor),
            other => bail!(type_error, "Expected a state that is one tensor, but saw: {other:?}"),
        }
    }

    /// The state of an LSTM.
    ///
    /// # Errors
    /// `TypeError` for another state.
    pub fn lstm(&self) -> Result<&LSTMStateTuple> {
        match self {
            RNNState::Lstm(state) => Ok(state),
            other => bail!(type_error, "Expected an LSTMStateTuple, but saw: {other:?}"),
        }
    }

    /// The states of several cells.
    ///
    /// # Errors
    /// `TypeError` for another state.
    pub fn tuple(&self) -> Result<&[RNNState]> {
        match self {
            RNNState::Tuple(states) => Ok(states),
            other => bail!(type_error, "Expected state to be a tuple, but received: {other:?}"),
        }
    }
}

impl StateSize {
    /// How many tensors a state of this structure has.
    pub(super) fn num_tensors(&self) -> usize {
        match self {
            StateSize::Tensor(_) => 1,
            StateSize::Lstm(..) => 2,
            StateSize::Tuple(parts) => parts.iter().map(StateSize::num_tensors).sum(),
        }
    }

    /// A state of this structure, of these tensors.
    pub(super) fn state_of(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<RNNState> {
        let mut next = || match tensors.next() {
            Some(tensor) => Ok(tensor),
            None => bail!(internal, "a state lacks a tensor"),
        };
        Ok(match self {
            StateSize::Tensor(_) => RNNState::Tensor(next()?),
            StateSize::Lstm(..) => RNNState::Lstm(LSTMStateTuple { c: next()?, h: next()? }),
            StateSize::Tuple(parts) => {
                RNNState::Tuple(parts.iter().map(|part| part.state_of(tensors)).collect::<Result<_>>()?)
            }
        })
    }
}

impl From<Tensor> for RNNState {
    fn from(tensor: Tensor) -> RNNState {
        RNNState::Tensor(tensor)
    }
}

impl From<LSTMStateTuple> for RNNState {
    fn from(state: LSTMStateTuple) -> RNNState {
        RNNState::Lstm(state)
    }
}

impl Nest for RNNState {
    fn flatten(&self, tensors: &mut Vec<Tensor>) {
        match self {
            RNNState::Tensor(tensor) => tensors.push(tensor.clone()),
            RNNState::Lstm(state) => tensors.extend([state.c.clone(), state.h.clone()]),
            RNNState::Tuple(states) => states.iter().for_each(|state| state.flatten(tensors)),
        }
    }

    fn rebuild(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<RNNState> {
        Ok(match self {
            RNNState::Tensor(tensor) => RNNState::Tensor(tensor.rebuild(tensors)?),
            RNNState::Lstm(state) => {
                RNNState::Lstm(LSTMStateTuple { c: state.c.rebuild(tensors)?, h: state.h.rebuild(tensors)? })
            }
            RNNState::Tuple(states) => {
                RNNState::Tuple(states.iter().map(|state| state.rebuild(tensors)).collect::<Result<_>>()?)
            }
        })
    }
}

/// How many sequences there are: known now, or when the graph runs.
#[derive(Clone, Debug)]
pub enum BatchSize {
    /// Known now.
    Known(usize),
    /// A number of the graph.
    Tensor(Tensor),
}

impl From<usize> for BatchSize {
    fn from(size: usize) -> BatchSize {
        BatchSize::Known(size)
    }
}

impl From<Tensor> for BatchSize {
    fn from(size: Tensor) -> BatchSize {
        BatchSize::Tensor(size)
    }
}

impl From<&Tensor> for BatchSize {
    fn from(size: &Tensor) -> BatchSize {
        BatchSize::Tensor(size.clone())
    }
}

impl BatchSize {
    /// The size of a tensor's dimension.
    pub(crate) fn of(tensor: &Tensor, dimension: usize) -> Result<BatchSize> {
        let known = tensor.shape().dims().and_then(|dims| dims.get(dimension).copied()).flatten();
        match known {
            Some(size) => Ok(BatchSize::Known(size)),
            None => Ok(BatchSize::Tensor(array::getitem(&array::shape(tensor)?, dimension as i32)?)),
        }
    }

    pub(crate) fn known(&self) -> Option<usize> {
        match self {
            BatchSize::Known(size) => Some(*size),
            BatchSize::Tensor(_) => None,
        }
    }

    fn parts(&self, size: usize) -> Result<[Tensor; 2]> {
        Ok([self.vector()?, vector(&[size])?])
    }

    /// The size as a vector of one number.
    fn vector(&self) -> Result<Tensor> {
        match self {
            BatchSize::Known(batch) => vector(&[*batch]),
            BatchSize::Tensor(batch) if batch.rank() == Some(0) => array::expand_dims(batch, 0),
            BatchSize::Tensor(batch) => Ok(batch.clone()),
        }
    }

    /// Zeros of the shape of a tensor for each of the sequences.
    pub(crate) fn zeros_like(&self, one: &Tensor) -> Result<Tensor> {
        let dims = match one.shape().to_shape() {
            Some(shape) => Ok(shape),
            None => Err(array::shape(one)?),
        };
        let batch = self.vector()?;
        let dims = match dims {
            Ok(shape) => vector(shape.dims())?,
            Err(dims) => dims,
        };
        array::zeros(array::concat([batch, dims], 0)?, one.dtype().base())
    }

    /// Zeros for each of the sequences, in TensorFlow's nodes.
    pub(crate) fn zeros(&self, size: usize, dtype: DType) -> Result<Tensor> {
        let shape = array::concat(self.parts(size)?, 0)?;
        array::zeros(shape, dtype)
    }

    /// [`BatchSize::zeros`], with the shape noted as far as it is known.
    fn state(&self, size: usize, dtype: DType) -> Result<Tensor> {
        let zeros = self.zeros(size, dtype)?;
        // TensorFlow makes the parts of the shape once more to find out what is known of it.
        self.parts(size)?;
        super::set_shape(&zeros, &PartialShape::from(vec![self.known(), Some(size)]))?;
        Ok(zeros)
    }
}

/// Sizes as a constant of the graph.
fn vector(sizes: &[usize]) -> Result<Tensor> {
    let sizes = sizes.iter().map(|size| i32::try_from(*size));
    let sizes = sizes.collect::<std::result::Result<Vec<_>, _>>();
    crate::constant(NdArray::vector(sizes.map_err(|_| ferroflow_core::Error::value("a size is too large"))?))
}

/// A state of zeros, in a name scope of its own.
pub(crate) fn zero_state(size: &StateSize, batch_size: &BatchSize, dtype: DType) -> Result<RNNState> {
    Ok(match size {
        StateSize::Tensor(size) => RNNState::Tensor(batch_size.state(*size, dtype)?),
        StateSize::Lstm(c, h) => {
            let c = batch_size.state(*c, dtype)?;
            RNNState::Lstm(LSTMStateTuple { c, h: batch_size.state(*h, dtype)? })
        }
        StateSize::Tuple(sizes) => RNNState::Tuple(
            sizes.iter().map(|size| zero_state(size, batch_size, dtype)).collect::<Result<_>>()?,
        ),
    })
}

/// A number as a constant of the graph.
pub(crate) fn number(value: f64, dtype: DType, name: &str) -> Result<Tensor> {
    context::with_name(name, || crate::constant(NdArray::scalar(value).cast(dtype)?))
}

/// The sum of a product and a bias.
pub(crate) fn bias_add(value: Tensor, bias: &crate::Variable) -> Result<Tensor> {
    Op::named("BiasAdd").input(value).input(bias).one()
}
