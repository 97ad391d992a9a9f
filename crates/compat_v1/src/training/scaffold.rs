//! `Scaffold`: the nodes that a training program needs beside its own.

use super::saver::{Saver, saver_or_default};
use crate::{
    GraphKeys, Session, get_default_graph, global_variables, group, report_uninitialized_variables,
    report_uninitialized_variables_of,
};
use ferroflow_core::{NdArray, Op, Result, TString, Tensor, bail, constant_of, context};
use ferroflow_graph::{CollectionItem, Graph, Operation};
use std::sync::Arc;

/// What is called once variables are initialised.
pub type InitFn = Arc<dyn Fn(&Session) -> Result<()> + Send + Sync>;

/// What initialises, checks, saves and reports a graph that is trained. What is not given is taken from the graph's
/// collections, or made, when the scaffold is finalised.
///
/// Source: `tf.compat.v1.train.Scaffold`.
#[derive(Clone, Default)]
pub struct Scaffold {
    /// Initialises the global variables.
    pub init_op: Option<Operation>,
    /// Called after that, where no checkpoint was restored.
    pub init_fn: Option<InitFn>,
    /// Gives the names of what is not initialised.
    pub ready_op: Option<Tensor>,
    /// Gives the names of what is not initialised, before `local_init_op` runs.
    pub ready_for_local_init_op: Option<Tensor>,
    /// Initialises local variables and tables.
    pub local_init_op: Option<Operation>,
    /// All summaries.
    pub summary_op: Option<Tensor>,
    /// Saves and restores variables.
    pub saver: Option<Saver>,
}

impl Scaffold {
    /// A scaffold of which nothing is given.
    pub fn new() -> Scaffold {
        Scaffold::default()
    }

    /// Makes what is missing, and finalises the default graph.
    ///
    /// # Errors
    /// `RuntimeError` for a collection with more than one item; those of the graph.
    pub fn finalize(&mut self) -> Result<()> {
        let graph = get_default_graph();
        graph.as_default_scope(|| self.complete(&graph))?;
        graph.finalize();
        Ok(())
    }

    fn complete(&mut self, graph: &Graph) -> Result<()> {
        if self.init_op.is_none() {
            let make = || {
                let mut parts: Vec<Operation> = crate::global_variables_initializer()?.into_iter().collect();
                parts.extend(named_no_op("init")?);
                group(&parts, "group_deps")
            };
            self.init_op = operation_or(graph, GraphKeys::INIT_OP, make)?;
        }
        if self.ready_op.is_none() {
            let make = || with_resources(report_uninitialized_variables()?).map(Some);
            self.ready_op = tensor_or(graph, GraphKeys::READY_OP, make)?;
        }
        if self.ready_for_local_init_op.is_none() {
            let make = || {
                let variables = global_variables();
                with_resources(report_uninitialized_variables_of(&variables.iter().collect::<Vec<_>>())?)
                    .map(Some)
            };
            self.ready_for_local_init_op = tensor_or(graph, GraphKeys::READY_FOR_LOCAL_INIT_OP, make)?;
        }
        if self.local_init_op.is_none() {
            let make = || {
                let mut parts: Vec<Operation> = crate::local_variables_initializer()?.into_iter().collect();
                parts.extend(tables_initializer(graph)?);
                parts.extend(named_no_op("init")?);
                group(&parts, "group_deps")
            };
            self.local_init_op = operation_or(graph, GraphKeys::LOCAL_INIT_OP, make)?;
        }
        if self.summary_op.is_none() {
            let make = || crate::summary::merge_all(GraphKeys::SUMMARIES);
            self.summary_op = tensor_or(graph, GraphKeys::SUMMARY_OP, make)?;
        }
        match &self.saver {
            Some(saver) => saver.build()?,
            None => {
                let saver = saver_or_default()?;
                saver.build()?;
                self.saver = Some(saver);
            }
        }
        Ok(())
    }
}

fn named_no_op(name: &str) -> Result<Option<Operation>> {
    context::with_name(name, crate::no_op)
}

/// The operation that initialises all tables.
pub(super) fn tables_initializer(graph: &Graph) -> Result<Option<Operation>> {
    let items = graph.get_collection(GraphKeys::TABLE_INITIALIZERS).into_iter();
    let mut initializers = Vec::new();
    for item in items {
        match item {
            CollectionItem::Operation(operation) => initializers.push(operation),
            CollectionItem::Tensor(tensor) => initializers.push(Operation::of(&tensor)?),
            CollectionItem::Any(_) => {}
        }
    }
    match initializers.is_empty() {
        true => named_no_op("init_all_tables"),
        false => group(&initializers, "init_all_tables"),
    }
}

/// The names of variables, and those of other resources, of which there are none.
fn with_resources(variables: Tensor) -> Result<Tensor> {
    let resources = context::name_scope("report_uninitialized_resources", || {
        get_default_graph()
            .device("/cpu:0", || constant_of(NdArray::vector(Vec::<TString>::new()), None, None))
    })?;
    Op::named("ConcatV2").inputs(&[variables, resources]).input(0).name("concat").one()
}

fn operation_or(
    graph: &Graph,
    collection: &str,
    make: impl FnOnce() -> Result<Option<Operation>>,
) -> Result<Option<Operation>> {
    match graph.get_collection(collection).as_slice() {
        [] => {
            let made = make()?;
            if let Some(operation) = &made {
                graph.add_to_collection(collection, CollectionItem::Operation(operation.clone()))?;
            }
            Ok(made)
        }
        [CollectionItem::Operation(operation)] => Ok(Some(operation.clone())),
        [CollectionItem::Tensor(tensor)] => Operation::of(tensor).map(Some),
        _ => too_many(collection),
    }
}

fn tensor_or(
    graph: &Graph,
    collection: &str,
    make: impl FnOnce() -> Result<Option<Tensor>>,
) -> Result<Option<Tensor>> {
    match graph.get_collection(collection).as_slice() {
        [] => {
            let made = make()?;
            if let Some(tensor) = &made {
                graph.add_to_collection(collection, CollectionItem::Tensor(tensor.clone()))?;
            }
            Ok(made)
        }
        [CollectionItem::Tensor(tensor)] => Ok(Some(tensor.clone())),
        _ => too_many(collection),
    }
}

fn too_many<T>(collection: &str) -> Result<T> {
    bail!(
        runtime,
        "More than one item in the collection \"{collection}\". Please indicate which one to use by passing it to the \
         tf.Scaffold constructor as:  tf.Scaffold({collection}=item to use)"
    )
}
