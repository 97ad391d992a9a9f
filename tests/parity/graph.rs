//! Cases run in graphs: fed, as constants, after a round trip through GraphDef.

use ferroflow_case_harness::engine::{self, Builder, Engine, Outputs};
use ferroflow_case_harness::instance::Instance;
use ferroflow_case_harness::report::Outcome;
use ferroflow_core::schema::OpSchema;
use ferroflow_core::{Attrs, DType, NdArray, Op, PartialShape, Result, Tensor, bail, constant_node};
use ferroflow_graph::{DirectSession, Graph, ImportOptions, Operation, Port};
use ferroflow_proto::{GraphDef, Message, VersionDef};

/// How literals enter the graph.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Literals {
    /// As placeholders of unknown shape.
    Fed,
    /// As constants.
    Constant,
}

/// How the graph is run.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Route {
    /// As it was built.
    Direct,
    /// Written as a GraphDef and read again.
    GraphDef,
}

/// Ops that become nodes of a graph; each runs after the one before.
pub(crate) struct InGraph {
    /// The graph.
    pub(crate) graph: Graph,
    literals: Literals,
    route: Route,
    /// How often the graph runs before values are taken.
    runs: usize,
    feeds: Vec<(Tensor, NdArray)>,
    last: Option<Operation>,
}

impl InGraph {
    /// An empty graph.
    pub(crate) fn new(literals: Literals, route: Route, runs: usize) -> InGraph {
        InGraph { graph: Graph::new(), literals, route, runs, feeds: Vec::new(), last: None }
    }

    fn port(graph: &Graph, name: &str) -> Result<Port> {
        let tensor = graph.get_tensor_by_name(name)?;
        graph.port(&tensor).ok_or_else(|| ferroflow_core::Error::internal(format!("{name} has no port")))
    }
}

/// Whether a session can give a value of this dtype.
fn is_fetchable(tensor: &Tensor) -> bool {
    !matches!(tensor.dtype().base(), DType::RESOURCE | DType::VARIANT)
}

impl Engine for InGraph {
    type Value = Tensor;

    const RUNS_AT_ONCE: bool = false;

    fn constant(&mut self, array: NdArray) -> Result<Tensor> {
        let graph = self.graph.clone();
        graph.as_default_scope(|| {
            if self.literals == Literals::Constant {
                return constant_node(array);
            }
            let placeholder = Op::named("Placeholder")
                .attr("dtype", array.dtype())
                .attr("shape", PartialShape::unknown())
                .one()?;
            self.feeds.push((placeholder.clone(), array));
            Ok(placeholder)
        })
    }

    fn call(&mut self, schema: &OpSchema, args: Vec<Vec<Tensor>>, attrs: Attrs) -> Result<Vec<Tensor>> {
        let before: Vec<Operation> = self.last.iter().cloned().collect();
        if let Some(deprecation) = &schema.deprecation {
            // Graphs of this version still had the op.
            let producer = deprecation.version - 1;
            let versions = Some(VersionDef { producer, ..VersionDef::default() });
            let old = GraphDef { versions, ..GraphDef::default() };
            self.graph.import_graph_def(&old, &ImportOptions::default())?;
        }
        let first = self.graph.num_nodes();
        let outputs = self.graph.as_default_scope(|| {
            let apply = || engine::op(schema, args, &attrs).all();
            self.graph.control_dependencies(Some(before.as_slice()), apply)
        })?;
        // An op without outputs is found by being the newest node of its type.
        let mut added = (first..self.graph.num_nodes()).rev().map(|id| self.graph.operation(id));
        self.last = added.find(|operation| operation.op_type() == schema.name);
        Ok(outputs)
    }

    fn fetch(&mut self, values: &[Tensor]) -> Result<Vec<Option<NdArray>>> {
        let graph = match self.route {
            Route::Direct => self.graph.clone(),
            Route::GraphDef => {
                let bytes = self.graph.as_graph_def()?.encode_to_vec();
                let graph_def = GraphDef::decode(bytes.as_slice())
                    .map_err(|error| ferroflow_core::Error::data_loss(error.to_string()))?;
                Graph::from_graph_def(&graph_def)?
            }
        };
        let mut feeds = Vec::new();
        for (tensor, array) in &self.feeds {
            feeds.push((InGraph::port(&graph, &tensor.name()?)?, array.clone()));
        }
        let fetched: Vec<&Tensor> = values.iter().filter(|tensor| is_fetchable(tensor)).collect();
        let mut fetches = Vec::new();
        for tensor in &fetched {
            fetches.push(InGraph::port(&graph, &tensor.name()?)?);
        }
        let target = match &self.last {
            Some(operation) => Some(graph.get_operation_by_name(&operation.name())?.id()),
            None => None,
        };
        let targets: Vec<usize> = target.into_iter().collect();
        let session = DirectSession::new(graph);
        for _ in 1..self.runs {
            session.run(&feeds, &fetches, &targets)?;
        }
        let mut results = session.run(&feeds, &fetches, &targets)?.into_iter();
        Ok(values.iter().map(|tensor| if is_fetchable(tensor) { results.next() } else { None }).collect())
    }
}

fn run(instance: &Instance<'_>, literals: Literals, route: Route) -> Result<Outputs> {
    engine::run(&mut InGraph::new(literals, route, instance.case.runs), instance)
}

fn outcome(checked: Result<(), String>) -> Outcome {
    checked.map_or_else(Outcome::Failed, |()| Outcome::Ok)
}

/// Values are fed to placeholders of which nothing is known.
pub(crate) fn fed(instance: &Instance<'_>) -> Outcome {
    let ran = run(instance, Literals::Fed, Route::Direct);
    let failure = instance.failure_for(&ran);
    outcome(engine::judge(ran, instance, failure))
}

/// Values are constants: shape functions see everything, and what can be folded is.
pub(crate) fn constants(instance: &Instance<'_>) -> Outcome {
    let mut engine = InGraph::new(Literals::Constant, Route::Direct, instance.case.runs);
    let built = Builder::new(&mut engine, instance).and_then(|mut builder| builder.apply_all());
    let ran = built.and_then(|(names, values)| {
        check_static_shapes(instance, &names, &values)?;
        Ok(names.into_iter().zip(engine.fetch(&values)?).collect())
    });
    let failure = instance.shape_failure().or(instance.failure());
    outcome(engine::judge(ran, instance, failure))
}

/// The graph knows of each output's shape what TensorFlow's does.
fn check_static_shapes(instance: &Instance<'_>, names: &[String], values: &[Tensor]) -> Result<()> {
    for (name, value) in names.iter().zip(values) {
        let Some(expected) = instance.static_shape(name).filter(|_| !name.starts_with('$')) else { continue };
        if value.shape() != expected {
            bail!(
                internal,
                "{name}: shape {} in the graph, expected {}",
                value.shape().cpp(),
                expected.cpp()
            );
        }
    }
    Ok(())
}

/// The fed graph is written as a GraphDef, read and run.
pub(crate) fn graph_def(instance: &Instance<'_>) -> Outcome {
    let ran = run(instance, Literals::Fed, Route::GraphDef);
    let failure = instance.failure_for(&ran);
    outcome(engine::judge(ran, instance, failure))
}
