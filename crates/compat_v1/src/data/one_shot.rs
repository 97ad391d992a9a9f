//! The function that makes the dataset of a one-shot iterator: the nodes it needs, copied.

use crate::{Graph, Result, Tensor, get_default_graph};
use ferroflow_core::{AttrValue, Error, FuncRef, bail, schema};
use ferroflow_formats::extract_sub_graph;
use ferroflow_graph::{Element, ImportOptions, trace};
use ferroflow_proto::NodeDef;
use ferroflow_v2::AsOperation;

/// Stateful ops that give the same dataset wherever they run.
fn may_be_copied(op: &str) -> bool {
    op.ends_with("Dataset")
        || op.trim_end_matches(|char: char| char.is_ascii_digit()).ends_with("DatasetV")
        || ["DummySeedGenerator", "DummyMemoryCache"].contains(&op)
}

/// Refuses what a function cannot have as its own.
fn check(node: &NodeDef) -> Result<()> {
    if matches!(node.op.as_str(), "Placeholder" | "PlaceholderV2" | "PlaceholderWithDefault") {
        bail!(value, "Cannot capture a placeholder (name:{}, type:{}) by value.", node.name, node.op);
    }
    if schema::lookup(&node.op).is_some_and(|schema| schema.is_stateful) && !may_be_copied(&node.op) {
        bail!(
            value,
            "Cannot capture a stateful node (name:{}, type:{}) by value.: A likely cause of this error is that the \
             dataset for which you are calling `make_one_shot_iterator()` captures a stateful object, such as a \
             `tf.Variable` or `tf.lookup.StaticHashTable`, which is not supported. Use `make_initializable_iterator()` \
             instead.",
            node.name,
            node.op
        );
    }
    Ok(())
}

/// A function without arguments that gives this dataset.
pub(super) fn dataset_factory(variant: &Tensor) -> Result<AttrValue> {
    let graph: Graph = get_default_graph();
    let Some(operation) = variant.as_operation()? else { bail!(internal, "a dataset is not of the graph") };
    let mut needed = extract_sub_graph(&graph.as_graph_def()?, &[operation.name()])?;
    needed.node.iter().try_for_each(check)?;
    for node in &mut needed.node {
        // The nodes that these stand beside are not all here.
        node.attr.remove("_class");
    }
    let traced = trace("_make_dataset", &[], |_| {
        let Some(body) = Graph::current() else { bail!(internal, "no trace is open") };
        let options = ImportOptions {
            prefix: Some(String::new()),
            return_elements: vec![variant.name()?],
            ..ImportOptions::default()
        };
        let elements = body.import_graph_def(&needed, &options)?;
        match elements.into_iter().next() {
            Some(Element::Tensor(tensor)) => Ok(vec![tensor]),
            _ => Err(Error::internal("a dataset was not copied")),
        }
    })?;
    graph.add_function(traced.function().clone());
    Ok(AttrValue::Func(FuncRef::new(traced.function().name())))
}
