//! Following values backwards through a graph and the functions it calls.

use ferroflow_core::{Error, Result, bail, ensure};
use ferroflow_proto::attr_value::Value;
use ferroflow_proto::{FunctionDef, GraphDef, NodeDef};
use std::collections::HashMap;

/// How deeply calls may be nested, and how many may be entered: a function that calls itself is not followed for ever.
const MAX_DEPTH: usize = 32;
const MAX_SCOPES: usize = 10_000;

/// A graph and the calls in it that have been entered.
pub(super) struct Tracer<'a> {
    functions: HashMap<&'a str, &'a FunctionDef>,
    scopes: Vec<Scope<'a>>,
}

/// The graph, or one call of a function.
struct Scope<'a> {
    nodes: HashMap<&'a str, &'a NodeDef>,
    call: Option<Call<'a>>,
    depth: usize,
}

struct Call<'a> {
    function: &'a FunctionDef,
    node: &'a NodeDef,
    scope: usize,
}

/// A node in the graph (scope 0) or in a call.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) scope: usize,
    pub(super) node: &'a NodeDef,
}

/// The name of the node that an input refers to, and which of its outputs; `None` for a control input.
fn parse_input(input: &str) -> Option<(&str, usize)> {
    if input.starts_with('^') {
        return None;
    }
    // `node`, `node:1` in a graph, `node:output:1` in a function, where all ops that are followed have one output
    // argument, so that the last number counts all outputs.
    let mut parts = input.split(':');
    let node = parts.next()?;
    let index = parts.next_back().and_then(|index| index.parse().ok()).unwrap_or(0);
    Some((node, index))
}

impl<'a> Tracer<'a> {
    pub(super) fn new(graph: &'a GraphDef) -> Tracer<'a> {
        let functions = graph.library.iter().flat_map(|library| &library.function);
        let named =
            functions.filter_map(|function| Some((function.signature.as_ref()?.name.as_str(), function)));
        let nodes = graph.node.iter().map(|node| (node.name.as_str(), node)).collect();
        Tracer { functions: named.collect(), scopes: vec![Scope { nodes, call: None, depth: 0 }] }
    }

    /// A node of the graph.
    pub(super) fn node(&self, name: &str) -> Result<Place<'a>> {
        match self.scopes.first().and_then(|scope| scope.nodes.get(name)) {
            Some(node) => Ok(Place { scope: 0, node }),
            None => bail!(invalid_argument, "the graph has no node '{name}'"),
        }
    }

    /// The nodes that a node takes inputs from, control inputs included, in its own scope.
    pub(super) fn inputs(&self, place: Place<'a>) -> Vec<Place<'a>> {
        let Some(scope) = self.scopes.get(place.scope) else { return Vec::new() };
        let names =
            place.node.input.iter().filter_map(|input| input.trim_start_matches('^').split(':').next());
        names
            .filter_map(|name| scope.nodes.get(name))
            .map(|&node| Place { scope: place.scope, node })
            .collect()
    }

    /// Enters a call; gives the nodes of the function.
    pub(super) fn enter(&mut self, place: Place<'a>) -> Result<Vec<Place<'a>>> {
        let scope = self.scopes.len();
        let depth = self.scopes.get(place.scope).map_or(0, |scope| scope.depth) + 1;
        ensure!(
            depth <= MAX_DEPTH && scope < MAX_SCOPES,
            invalid_argument,
            "node '{}' calls functions too deeply",
            place.node.name
        );
        let function = self.function(place.node)?;
        let nodes = function.node_def.iter().map(|node| (node.name.as_str(), node)).collect();
        let call = Call { function, node: place.node, scope: place.scope };
        self.scopes.push(Scope { nodes, call: Some(call), depth });
        Ok(function.node_def.iter().map(|node| Place { scope, node }).collect())
    }

    fn function(&self, node: &NodeDef) -> Result<&'a FunctionDef> {
        let name = match node.attr.get("f").and_then(|attr| attr.value.as_ref()) {
            Some(Value::Func(function)) => function.name.as_str(),
            _ => "",
        };
        self.functions.get(name).copied().ok_or_else(|| {
            Error::invalid_argument(format!(
                "node '{}' calls the function '{name}', which the graph lacks",
                node.name
            ))
        })
    }

    /// Where the value of a data input comes from, past nodes that hand it on and out of the calls that it was
    /// passed into, with the number of the output there.
    pub(super) fn source(&self, place: Place<'a>, input: usize) -> Result<(Place<'a>, usize)> {
        let malformed = || {
            Error::invalid_argument(format!(
                "input {input} of node '{}' does not lead to a value",
                place.node.name
            ))
        };
        let (mut at, mut position) = (place, input);
        // Longer than any chain that does not go in circles.
        let nodes: usize = self.scopes.iter().map(|scope| scope.nodes.len() + 1).sum();
        for _ in 0..=nodes {
            let scope = self.scopes.get(at.scope).ok_or_else(malformed)?;
            let reference = at.node.input.get(position).ok_or_else(malformed)?;
            let (name, output) = parse_input(reference).ok_or_else(malformed)?;
            match scope.nodes.get(name) {
                Some(node) if node.op == "Identity" => (at, position) = (Place { scope: at.scope, node }, 0),
                Some(node) => return Ok((Place { scope: at.scope, node }, output)),
                None => {
                    // An argument of the function: go on at the caller's input.
                    let call = scope.call.as_ref().ok_or_else(malformed)?;
                    let arguments = call.function.signature.as_ref().map_or(&[][..], |it| &it.input_arg);
                    position =
                        arguments.iter().position(|argument| argument.name == name).ok_or_else(malformed)?;
                    at = Place { scope: call.scope, node: call.node };
                }
            }
        }
        Err(malformed())
    }
}
