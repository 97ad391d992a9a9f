//! Functions of a loaded model under names of their own: two models may have different functions of one name.

use ferroflow_proto::attr_value::Value;
use ferroflow_proto::{GraphDef, NodeDef};
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};

/// How functions and resources of this model are called here.
pub(super) struct Renaming {
    suffix: String,
    functions: HashSet<String>,
}

impl Renaming {
    /// Renames the functions of a graph, wherever they are named, and what resources are shared under.
    pub(super) fn apply(graph: &mut GraphDef) -> Renaming {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let suffix = format!("_load_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let functions = graph.library.iter().flat_map(|library| &library.function);
        let names = functions.filter_map(|function| Some(function.signature.as_ref()?.name.clone()));
        let renaming = Renaming { functions: names.collect(), suffix };
        for node in &mut graph.node {
            renaming.rename(node);
        }
        if let Some(library) = &mut graph.library {
            for function in &mut library.function {
                if let Some(signature) = &mut function.signature {
                    signature.name = renaming.name(&signature.name);
                }
                function.node_def.iter_mut().for_each(|node| renaming.rename(node));
            }
            for gradient in &mut library.gradient {
                gradient.function_name = renaming.name(&gradient.function_name);
                gradient.gradient_func = renaming.name(&gradient.gradient_func);
            }
        }
        renaming
    }

    /// The name here of a function of the model.
    pub(super) fn name(&self, name: &str) -> String {
        if self.functions.contains(name) { format!("{name}{}", self.suffix) } else { name.to_string() }
    }

    fn rename(&self, node: &mut NodeDef) {
        node.op = self.name(&node.op);
        let op = node.op.clone();
        for (name, attr) in &mut node.attr {
            match &mut attr.value {
                Some(Value::Func(function)) => function.name = self.name(&function.name),
                Some(Value::List(list)) => {
                    for function in &mut list.func {
                        function.name = self.name(&function.name);
                    }
                }
                // Variables are made anew, and found by their handles.
                Some(Value::S(text)) if name == "shared_name" && op != "VarHandleOp" && !text.is_empty() => {
                    text.extend_from_slice(self.suffix.as_bytes());
                }
                _ => {}
            }
        }
    }
}
