//! What the open scopes of a graph give every new node: device, colocation, attributes, control inputs.

use crate::registered_gradient::GRADIENT_OP_TYPE;
use crate::{Graph, Operation, Port};
use ferroflow_core::{AttrValue, Attrs, Result, ensure};
use ferroflow_proto::{NodeDef, attr_proto};
use std::collections::{BTreeSet, HashSet};

/// One `control_dependencies` block.
pub(crate) struct ControlFrame {
    /// Nodes that every new node waits for; `None` clears what outer blocks ask for.
    pub(crate) controls: Option<Vec<usize>>,
    /// The nodes added within the block: whoever takes one as an input waits already.
    pub(crate) seen: HashSet<usize>,
}

/// Runs a closure when it goes out of scope, whichever way.
pub(crate) struct OnDrop<F: FnMut()>(pub(crate) F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

impl Graph {
    /// Runs `f` while new nodes wait for these operations; `None` clears what outer blocks ask for.
    ///
    /// # Errors
    /// `ValueError` for an operation of another graph, and what `f` returns.
    pub fn control_dependencies<R>(
        &self,
        controls: Option<&[Operation]>,
        f: impl FnOnce() -> Result<R>,
    ) -> Result<R> {
        let controls = match controls {
            None => None,
            Some(operations) => Some(self.new_controls(operations)?),
        };
        // What leaves the blocks leaves the branches and loops under construction, too.
        let context = match &controls {
            None => std::mem::take(&mut self.lock().flow.current),
            Some(_) => self.lock().flow.current,
        };
        self.lock().control.push(ControlFrame { controls, seen: HashSet::new() });
        let _pop = OnDrop(|| {
            let mut state = self.lock();
            state.control.pop();
            state.flow.current = context;
        });
        self.as_default_scope(f)
    }

    /// Those of the operations that no open block asks for yet. They are marked, as TensorFlow marks them, as what
    /// others were told to wait for.
    fn new_controls(&self, operations: &[Operation]) -> Result<Vec<usize>> {
        for operation in operations {
            ensure!(
                operation.graph() == self,
                value,
                "Operation {operation} is not an element of this graph."
            );
        }
        let mut current: HashSet<usize> = {
            let state = self.lock();
            let open = state.control.iter().rev().map_while(|frame| frame.controls.as_ref());
            open.flatten().copied().collect()
        };
        let mut controls = Vec::new();
        for operation in operations {
            if current.insert(operation.id()) {
                controls.push(operation.id());
                self.node(operation.id()).mark_awaited();
            }
        }
        Ok(controls)
    }

    /// Runs `f` while new nodes are placed with this operation: on its device, with its `_class` attribute.
    ///
    /// # Errors
    /// What `f` returns.
    pub fn colocate_with<R>(&self, operation: &Operation, f: impl FnOnce() -> Result<R>) -> Result<R> {
        self.lock().colocation.push(operation.id());
        let _pop = OnDrop(|| {
            self.lock().colocation.pop();
        });
        self.without_device(f)
    }

    /// The same without what outer scopes ask for; `None` asks for nothing.
    ///
    /// # Errors
    /// What `f` returns.
    pub fn colocate_with_only<R>(
        &self,
        operation: Option<&Operation>,
        f: impl FnOnce() -> Result<R>,
    ) -> Result<R> {
        let only = operation.map(Operation::id).into_iter().collect();
        let outer = std::mem::replace(&mut self.lock().colocation, only);
        let _restore = OnDrop(|| self.lock().colocation = outer.clone());
        self.without_device(f)
    }

    /// Runs `f` while new nodes carry one more attribute, unless they have it anyway.
    ///
    /// # Errors
    /// What `f` returns.
    pub fn attr_scope<R>(&self, name: &str, value: AttrValue, f: impl FnOnce() -> Result<R>) -> Result<R> {
        self.lock().attr_scopes.push((name.to_string(), value));
        let _pop = OnDrop(|| drop(self.lock().attr_scopes.pop()));
        self.as_default_scope(f)
    }

    /// Runs `f` while new resources belong to a container.
    ///
    /// # Errors
    /// What `f` returns.
    pub fn container<R>(&self, name: &str, f: impl FnOnce() -> Result<R>) -> Result<R> {
        let previous = std::mem::replace(&mut self.lock().container, name.to_string());
        let _restore = OnDrop(|| self.lock().container = previous.clone());
        self.as_default_scope(f)
    }

    /// The groups of nodes on one device that this node belongs to: of its own name where none are given.
    pub(crate) fn colocation_groups(&self, id: usize) -> Vec<Vec<u8>> {
        let node = self.node(id);
        let given = match node.attrs.get("_class") {
            Some(AttrValue::Strs(groups)) => groups.clone(),
            _ => Vec::new(),
        };
        let groups: Vec<Vec<u8>> = given.into_iter().filter(|group| group.starts_with(b"loc:@")).collect();
        if groups.is_empty() { vec![format!("loc:@{}", node.name).into_bytes()] } else { groups }
    }
}

/// A node that is about to join a graph.
pub(crate) struct NewNode<'a> {
    pub(crate) name: &'a str,
    pub(crate) op: &'a str,
    pub(crate) inputs: &'a [Port],
    /// The nodes whose outputs it takes by reference: it stands where they do.
    pub(crate) references: &'a [usize],
}

impl NewNode<'_> {
    /// What a device function sees of it.
    fn to_proto(&self, graph: &Graph, attrs: &Attrs) -> Result<NodeDef> {
        Ok(NodeDef {
            name: self.name.to_string(),
            op: self.op.to_string(),
            input: graph.input_names(self.inputs),
            attr: attr_proto::attrs_to_proto(attrs)?,
            ..NodeDef::default()
        })
    }
}

/// Adds the attributes that the open scopes ask for; gives the device.
pub(crate) fn apply(graph: &Graph, attrs: &mut Attrs, node: &NewNode<'_>) -> Result<String> {
    let (scopes, mut colocation, devices, container) = {
        let state = graph.lock();
        let devices = state.devices.last().cloned().unwrap_or_default();
        if let Some(name) = state.gradient_overrides.get(node.op) {
            attrs.set(GRADIENT_OP_TYPE, name.as_str());
        }
        (state.attr_scopes.clone(), state.colocation.clone(), devices, state.container.clone())
    };
    for (name, value) in scopes.into_iter().rev() {
        if attrs.get(&name).is_none() {
            attrs.set(name, value);
        }
    }
    let mut device = match node.references {
        [] => devices.place(|| node.to_proto(graph, attrs))?,
        references => {
            colocation.extend(references);
            String::new()
        }
    };
    if !colocation.is_empty() {
        let groups: BTreeSet<Vec<u8>> =
            colocation.iter().flat_map(|id| graph.colocation_groups(*id)).collect();
        attrs.set("_class", AttrValue::Strs(groups.into_iter().collect()));
        let devices = colocation.iter().rev().map(|id| graph.node(*id).device.clone());
        device = devices.into_iter().find(|device| !device.is_empty()).unwrap_or(device);
    }
    if !container.is_empty() && attrs.str("container") == Ok("") {
        attrs.set("container", container);
    }
    Ok(device)
}

/// What the open `control_dependencies` blocks ask a node with these inputs to wait for.
pub(crate) fn control_inputs(graph: &Graph, inputs: &[Port]) -> Vec<usize> {
    let state = graph.lock();
    let mut controls: Vec<usize> = Vec::new();
    let start =
        state.control.iter().rposition(|frame| frame.controls.is_none()).map_or(0, |cleared| cleared + 1);
    for frame in &state.control[start..] {
        // An input from within the block has waited already.
        let waited = inputs.iter().any(|port| frame.seen.contains(&port.node));
        if let (Some(ids), false) = (&frame.controls, waited) {
            for id in ids {
                if !controls.contains(id) && !inputs.iter().any(|port| port.node == *id) {
                    controls.push(*id);
                }
            }
        }
    }
    controls
}

/// A node counts as one of the open blocks. A block that clears what outer ones ask for hides its nodes from them, too:
/// they have not waited.
pub(crate) fn note_seen(graph: &Graph, id: usize) {
    let mut state = graph.lock();
    let cleared = state.control.iter().rposition(|frame| frame.controls.is_none()).unwrap_or(0);
    for frame in &mut state.control[cleared..] {
        frame.seen.insert(id);
    }
}
