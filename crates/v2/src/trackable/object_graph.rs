//! `ObjectGraph`: all objects that can be reached from one, with the edges between them.

use super::{Children, Identity, ObjectState, Trackable, TrackableKind};
use crate::Variable;
use crate::models::{LoadedObject, SavedFunction};
use ferroflow_core::Result;
use ferroflow_proto::trackable_object_graph::TrackableObject;
use ferroflow_proto::trackable_object_graph::trackable_object::{ObjectReference, SerializedTensor};
use ferroflow_proto::{BoolValue, TrackableObjectGraph};
use std::collections::{HashMap, VecDeque};

/// The name of the value of a variable among an object's attributes.
pub(crate) const VARIABLE_VALUE: &str = "VARIABLE_VALUE";

/// An object as a graph of objects holds it.
pub(crate) enum Held<'a> {
    Object(&'a dyn Trackable),
    Variable(Variable),
    /// A list that stands for itself nowhere in the program.
    List(Vec<Variable>),
    Loaded(LoadedObject<'a>),
}

/// What tells nodes apart.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Object(Identity),
    /// The list of this name of a node.
    List(usize, String),
}

impl<'a> Held<'a> {
    fn key(&self, parent: usize, name: &str) -> Key {
        match self {
            Held::Object(object) => Key::Object(object.identity()),
            Held::Variable(variable) => Key::Object(variable.identity()),
            Held::Loaded(object) => Key::Object(object.identity()),
            Held::List(_) => Key::List(parent, name.to_string()),
        }
    }

    fn entries(&self) -> Vec<(String, Held<'a>)> {
        match self {
            Held::Variable(_) => Vec::new(),
            Held::Loaded(object) => object.entries(),
            Held::List(variables) => {
                let named = variables.iter().enumerate();
                named.map(|(at, variable)| (at.to_string(), Held::Variable(variable.clone()))).collect()
            }
            Held::Object(object) => {
                let object: &'a dyn Trackable = *object;
                let mut children = Children::default();
                object.children(&mut children);
                children.into_entries()
            }
        }
    }

    fn kind(&self) -> TrackableKind {
        match self {
            Held::Object(object) => object.kind(),
            Held::Variable(_) => TrackableKind::Object,
            Held::List(_) => TrackableKind::List,
            Held::Loaded(object) => object.kind(),
        }
    }

    /// The function that the object is; it is not asked for where functions are passed over, for it may have to be
    /// traced.
    fn as_function(&self) -> Result<Option<SavedFunction>> {
        match self {
            Held::Object(object) if object.kind() == TrackableKind::Function => object.as_function(),
            Held::Loaded(object) => object.as_function(),
            _ => Ok(None),
        }
    }
}

/// One object.
pub(crate) struct Node<'a> {
    pub(crate) held: Held<'a>,
    pub(crate) children: Vec<(String, usize)>,
    /// The names on the shortest way from the root.
    pub(crate) path: Vec<String>,
    /// Where the object is a function, and functions were asked for.
    pub(crate) function: Option<SavedFunction>,
}

impl Node<'_> {
    /// The variable that the object is.
    pub(crate) fn variable(&self) -> Option<&Variable> {
        match &self.held {
            Held::Object(object) => object.as_variable(),
            Held::Variable(variable) => Some(variable),
            Held::Loaded(object) => object.variable(),
            Held::List(_) => None,
        }
    }

    /// What tells the object from others.
    pub(crate) fn identity(&self) -> Identity {
        match &self.held {
            Held::Object(object) => object.identity(),
            Held::Variable(variable) => variable.identity(),
            Held::Loaded(object) => object.identity(),
            Held::List(variables) => Identity::of(variables),
        }
    }

    /// What the object keeps outside of variables.
    pub(crate) fn state(&self) -> Option<&dyn ObjectState> {
        match &self.held {
            Held::Object(object) => object.as_state(),
            _ => None,
        }
    }

    pub(crate) fn kind(&self) -> TrackableKind {
        self.held.kind()
    }

    /// The node that a name leads to.
    pub(crate) fn child(&self, name: &str) -> Option<usize> {
        self.children.iter().find(|(found, _)| found == name).map(|(_, id)| *id)
    }

    /// The key of the variable's value in a checkpoint.
    pub(crate) fn checkpoint_key(&self) -> String {
        self.attribute_key(VARIABLE_VALUE)
    }

    /// What the keys of an attribute's values begin with.
    pub(crate) fn attribute_key(&self, attribute: &str) -> String {
        let escaped = |name: &String| name.replace('.', "..").replace('/', ".S");
        let path: Vec<String> = self.path.iter().map(escaped).collect();
        let separator = if path.is_empty() { "" } else { "/" };
        format!("{}{separator}.ATTRIBUTES/{attribute}", path.join("/"))
    }
}

/// All objects that can be reached from one, numbered as TensorFlow does: those nearest to the root first.
pub(crate) struct ObjectGraph<'a> {
    pub(crate) nodes: Vec<Node<'a>>,
}

impl<'a> ObjectGraph<'a> {
    /// Walks from the root, which has other children beside its own (`attached`); functions are left out.
    pub(crate) fn of(root: &'a dyn Trackable, attached: Vec<(String, Held<'a>)>) -> Result<ObjectGraph<'a>> {
        ObjectGraph::walk(root, attached, false)
    }

    /// The same with functions.
    pub(crate) fn with_functions(root: &'a dyn Trackable) -> Result<ObjectGraph<'a>> {
        ObjectGraph::walk(root, Vec::new(), true)
    }

    fn walk(
        root: &'a dyn Trackable,
        attached: Vec<(String, Held<'a>)>,
        functions: bool,
    ) -> Result<ObjectGraph<'a>> {
        let root = Held::Object(root);
        let mut ids = HashMap::from([(root.key(0, ""), 0)]);
        let mut attached = Some(attached);
        let node = |held: Held<'a>, path: Vec<String>, function: Option<SavedFunction>| Node {
            held,
            children: Vec::new(),
            path,
            function,
        };
        let mut nodes = vec![node(root, Vec::new(), None)];
        let mut pending = VecDeque::from([0]);
        while let Some(id) = pending.pop_front() {
            let Some(parent) = nodes.get(id) else { continue };
            let path = parent.path.clone();
            let mut entries = parent.held.entries();
            entries.extend(attached.take().into_iter().flatten());
            let mut children = Vec::with_capacity(entries.len());
            for (name, held) in entries {
                if held.kind() == TrackableKind::Function && !functions {
                    continue;
                }
                let next = nodes.len();
                let child = *ids.entry(held.key(id, &name)).or_insert(next);
                if child == next {
                    let path = path.iter().cloned().chain([name.clone()]).collect();
                    let function = held.as_function()?;
                    nodes.push(node(held, path, function));
                    pending.push_back(child);
                }
                children.push((name, child));
            }
            if let Some(parent) = nodes.get_mut(id) {
                parent.children = children;
            }
        }
        Ok(ObjectGraph { nodes })
    }

    /// The variables, by number of node.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (usize, &Node<'a>, &Variable)> {
        self.nodes.iter().enumerate().filter_map(|(id, node)| Some((id, node, node.variable()?)))
    }

    /// What objects keep outside of variables, by number of node.
    pub(crate) fn states(&self) -> impl Iterator<Item = (usize, &Node<'a>, &dyn ObjectState)> {
        self.nodes.iter().enumerate().filter_map(|(id, node)| Some((id, node, node.state()?)))
    }

    /// The message that a checkpoint holds.
    pub(crate) fn to_proto(&self) -> TrackableObjectGraph {
        let valued = self.valued();
        let nodes = self.nodes.iter().zip(valued).map(|(node, valued)| TrackableObject {
            children: references(&node.children),
            attributes: attribute(node).into_iter().collect(),
            has_checkpoint_values: Some(BoolValue { value: valued }),
            ..TrackableObject::default()
        });
        TrackableObjectGraph { nodes: nodes.collect() }
    }

    /// Which nodes have values, themselves or in what they are made of.
    fn valued(&self) -> Vec<bool> {
        let mut parents: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        for (id, node) in self.nodes.iter().enumerate() {
            for (_, child) in &node.children {
                if let Some(parents) = parents.get_mut(*child) {
                    parents.push(id);
                }
            }
        }
        let mut valued = vec![false; self.nodes.len()];
        let mut pending: Vec<usize> = self.variables().map(|(id, _, _)| id).collect();
        pending.extend(self.states().map(|(id, _, _)| id));
        while let Some(id) = pending.pop() {
            match valued.get_mut(id) {
                Some(known) if !*known => *known = true,
                _ => continue,
            }
            pending.extend(parents.get(id).into_iter().flatten());
        }
        valued
    }
}

/// Edges as messages have them.
pub(crate) fn references(children: &[(String, usize)]) -> Vec<ObjectReference> {
    let reference = |(name, id): &(String, usize)| ObjectReference {
        node_id: i32::try_from(*id).unwrap_or(i32::MAX),
        local_name: name.clone(),
    };
    children.iter().map(reference).collect()
}

fn attribute(node: &Node<'_>) -> Option<SerializedTensor> {
    let (name, full_name) = match (node.variable(), node.state()) {
        (Some(variable), _) => (VARIABLE_VALUE, variable.full_name().to_string()),
        (None, Some(state)) => (state.attribute(), String::new()),
        (None, None) => return None,
    };
    Some(SerializedTensor { name: name.to_string(), full_name, checkpoint_key: node.attribute_key(name) })
}
