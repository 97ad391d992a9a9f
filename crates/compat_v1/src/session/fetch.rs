//! `Fetch`: what a run can be asked for, and how its results take the same structure.

use super::open::Session;
use crate::variables::Variable;
use ferroflow_core::print::python_str_repr;
use ferroflow_core::{DType, Error, Exception, NdArray, Result, Tensor, bail, ensure};
use ferroflow_graph::{Graph, Operation, Port};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// What a run can be asked for: tensors, operations, names, composite tensors, and structures of them.
///
/// The name of a resource variable (`"w:0"`) asks for its value. (Differs from TensorFlow 2, which gives the bytes of the
/// handle; TensorFlow 1's variables give their value.)
///
/// The result has the structure of what was asked for. A type of your own implements this by asking for its parts:
///
/// ```
/// use ferroflow_compat_v1::{self as tf, Fetch, FetchPlan, FetchedValues};
/// use ferroflow_core::{NdArray, Result, Tensor};
/// struct Losses { train: Tensor, test: Tensor }
/// struct LossValues { train: NdArray, test: NdArray }
/// impl Fetch for Losses {
///     type Output = LossValues;
///     fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
///         plan.fetch(&self.train)?;
///         plan.fetch(&self.test)
///     }
///     fn rebuild(&self, values: &mut FetchedValues) -> Result<LossValues> {
///         Ok(LossValues { train: values.rebuild(&self.train)?, test: values.rebuild(&self.test)? })
///     }
/// }
/// let losses = Losses { train: tf::constant(0.5)?, test: tf::constant(0.75)? };
/// let values = tf::Session::new()?.run(&losses)?;
/// assert_eq!((values.train.item::<f32>()?, values.test.item::<f32>()?), (0.5, 0.75));
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
pub trait Fetch {
    /// What a run gives.
    type Output;

    /// Asks for all leaves.
    ///
    /// # Errors
    /// `ValueError` for what is not of the session's graph or may not be fetched.
    fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()>;

    /// Takes the values of all leaves, in the order in which [`Fetch::collect`] asked for them.
    ///
    /// # Errors
    /// `Internal` when it takes other leaves than were asked for.
    fn rebuild(&self, values: &mut FetchedValues) -> Result<Self::Output>;
}

/// What a name stands for: the value of a tensor (`"x:0"`), or an operation (`"x"`), which has none.
#[derive(Clone, Debug, PartialEq)]
pub enum FetchValue {
    /// A tensor's value.
    Array(NdArray),
    /// An operation has run.
    Operation,
}

impl FetchValue {
    /// The tensor's value.
    ///
    /// # Errors
    /// `TypeError` for an operation, as where Python finds `None`.
    pub fn into_array(self) -> Result<NdArray> {
        match self {
            FetchValue::Array(array) => Ok(array),
            FetchValue::Operation => bail!(
                type_error,
                "an operation has no value; to fetch its first output, add \":0\" to its name"
            ),
        }
    }
}

impl TryFrom<FetchValue> for NdArray {
    type Error = Error;
    fn try_from(value: FetchValue) -> Result<NdArray> {
        value.into_array()
    }
}

/// Where the value of a leaf comes from.
#[derive(Clone)]
enum Leaf {
    /// The run, at this position among its results.
    Run(usize),
    /// The feeds: what is fed is not computed.
    Fed(NdArray),
    Operation,
}

/// The leaves of what a run is asked for.
pub struct FetchPlan<'a> {
    graph: &'a Graph,
    fed: &'a [(Port, NdArray)],
    ports: SmallVec<[Port; 4]>,
    targets: SmallVec<[usize; 1]>,
    /// Filled once there are too many ports to look through.
    positions: FxHashMap<Port, usize>,
    leaves: SmallVec<[Leaf; 4]>,
}

/// Up to this many ports are looked through one by one.
const FEW: usize = 16;

impl<'a> FetchPlan<'a> {
    pub(super) fn new(graph: &'a Graph, fed: &'a [(Port, NdArray)]) -> FetchPlan<'a> {
        FetchPlan {
            graph,
            fed,
            ports: SmallVec::new(),
            targets: SmallVec::new(),
            positions: FxHashMap::default(),
            leaves: SmallVec::new(),
        }
    }

    /// The outputs to compute, each once.
    pub(super) fn ports(&self) -> &[Port] {
        &self.ports
    }

    /// The nodes to run, each once.
    pub(super) fn targets(&self) -> &[usize] {
        &self.targets
    }

    /// The leaves with the values of [`FetchPlan::ports`].
    pub(super) fn with_values(self, values: Vec<NdArray>, session: &Session) -> FetchedValues {
        FetchedValues { values, leaves: self.leaves, next: 0, session: session.clone() }
    }

    pub(super) fn into_layout(self) -> FetchLayout {
        FetchLayout(self.leaves)
    }

    /// The session's graph.
    pub fn graph(&self) -> &Graph {
        self.graph
    }

    /// Asks for something, of whatever kind.
    ///
    /// # Errors
    /// As [`Fetch::collect`].
    pub fn fetch(&mut self, fetch: &(impl Fetch + ?Sized)) -> Result<()> {
        fetch.collect(self)
    }

    pub(super) fn tensor(&mut self, tensor: &Tensor) -> Result<()> {
        if tensor.is_eager() {
            bail!(attribute, "Tensor.graph is undefined when eager execution is enabled.");
        }
        match self.graph.port(tensor) {
            Some(port) => self.port(port),
            None => Err(no_element(&tensor.to_string(), "Tensor")),
        }
    }

    pub(super) fn operation(&mut self, operation: &Operation) -> Result<()> {
        if operation.graph() == self.graph {
            self.node(operation.id())
        } else {
            Err(no_element(&operation.to_string(), "Operation"))
        }
    }

    pub(super) fn name(&mut self, name: &str) -> Result<()> {
        if name.contains(':') {
            let tensor = self.graph.get_tensor_by_name(name).map_err(|error| bad_name(name, &error))?;
            match self.variable_of(&tensor, name) {
                Some(variable) => self.tensor(&variable.element()?),
                None => self.tensor(&tensor),
            }
        } else {
            let operation = self.graph.get_operation_by_name(name).map_err(|error| bad_name(name, &error))?;
            self.operation(&operation)
        }
    }

    /// The resource variable whose handle a name means: it is the value that is asked for.
    fn variable_of(&self, handle: &Tensor, name: &str) -> Option<Variable> {
        if handle.dtype() != DType::RESOURCE {
            return None;
        }
        ["variables", "local_variables"].iter().find_map(|collection| {
            let items = self.graph.get_collection(collection);
            let variables = items.iter().filter_map(|item| Variable::of_item(self.graph, item));
            variables.into_iter().find(|variable| variable.name() == name)
        })
    }

    fn port(&mut self, port: Port) -> Result<()> {
        self.check_fetchable(port.node)?;
        if let Some((_, value)) = self.fed.iter().find(|(fed, _)| *fed == port) {
            self.leaves.push(Leaf::Fed(value.clone()));
            return Ok(());
        }
        let position = self.position(port).unwrap_or_else(|| {
            self.ports.push(port);
            self.ports.len() - 1
        });
        self.leaves.push(Leaf::Run(position));
        Ok(())
    }

    fn position(&mut self, port: Port) -> Option<usize> {
        if self.ports.len() <= FEW {
            return self.ports.iter().position(|known| *known == port);
        }
        for (position, port) in self.ports.iter().enumerate().skip(self.positions.len()) {
            self.positions.insert(*port, position);
        }
        self.positions.get(&port).copied()
    }

    fn node(&mut self, id: usize) -> Result<()> {
        self.check_fetchable(id)?;
        if !self.targets.contains(&id) {
            self.targets.push(id);
        }
        self.leaves.push(Leaf::Operation);
        Ok(())
    }

    fn check_fetchable(&self, id: usize) -> Result<()> {
        ensure!(
            self.graph.is_fetchable(id),
            value,
            "Operation {} has been marked as not fetchable. Typically this happens when it is defined in another \
             function or code block. Use return values, explicit Python locals or TensorFlow collections to access \
             it.",
            self.graph.node(id).name
        );
        Ok(())
    }
}

fn bad_name(name: &str, error: &Error) -> Error {
    match error.exception() {
        // Python's `str` of a `KeyError` quotes its message.
        Exception::Key => uninterpretable(name, &python_str_repr(error.message())),
        _ => uninterpretable(name, error.message()),
    }
}

fn no_element(text: &str, kind: &str) -> Error {
    uninterpretable(text, &format!("{kind} {text} is not an element of this graph."))
}

fn uninterpretable(text: &str, why: &str) -> Error {
    Error::value(format!("Argument `fetch` = {text} cannot be interpreted as a Tensor. ({why})"))
}

/// The leaves of a structure without the graph they come from: what a prepared call keeps.
pub(super) struct FetchLayout(SmallVec<[Leaf; 4]>);

impl FetchLayout {
    pub(super) fn with_values(&self, values: Vec<NdArray>, session: &Session) -> FetchedValues {
        FetchedValues { values, leaves: self.0.clone(), next: 0, session: session.clone() }
    }
}

/// The values of a run, leaf by leaf.
pub struct FetchedValues {
    values: Vec<NdArray>,
    leaves: SmallVec<[Leaf; 4]>,
    next: usize,
    session: Session,
}

impl FetchedValues {
    /// The session that ran.
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// The value of something that was asked for, of whatever kind.
    ///
    /// # Errors
    /// As [`Fetch::rebuild`].
    pub fn rebuild<F: Fetch + ?Sized>(&mut self, fetch: &F) -> Result<F::Output> {
        fetch.rebuild(self)
    }

    /// The next leaf, whichever it is.
    pub(super) fn any(&mut self) -> Result<FetchValue> {
        let leaf = self.leaves.get(self.next).cloned();
        self.next += 1;
        let value = match leaf {
            Some(Leaf::Operation) => return Ok(FetchValue::Operation),
            Some(Leaf::Fed(value)) => Some(value),
            Some(Leaf::Run(position)) => self.values.get(position).cloned(),
            None => None,
        };
        let missing = || Error::internal("a fetched structure takes more leaves than it asked for");
        value.map(FetchValue::Array).ok_or_else(missing)
    }

    /// The next leaf, a tensor's value.
    pub(crate) fn array(&mut self) -> Result<NdArray> {
        self.any()?.into_array()
    }
}
