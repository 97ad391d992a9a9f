//! The message of a SavedModel's objects: `SavedObjectGraph`.

use super::captures::Captures;
use super::function::{SavedFunction, SavedTrace};
use super::signature::SignatureFunction;
use super::structure::{dict, full_arg_spec, none, outputs, spec, tuple};
use crate::trackable::{ObjectGraph, TrackableKind, references};
use crate::{TensorSpec, Variable};
use ferroflow_core::{Error, Result};
use ferroflow_proto::saved_object::Kind;
use ferroflow_proto::structured_value::StructuredValue;
use ferroflow_proto::{
    FunctionSpec, SavedBareConcreteFunction, SavedConcreteFunction, SavedConstant,
    SavedFunction as FunctionMessage, SavedObject, SavedObjectGraph, SavedUserObject, SavedVariable,
};
use ferroflow_proto::{VersionDef, shape_proto};
use std::collections::BTreeMap;

/// The objects in their order, then the constants, then the signatures.
pub(super) fn object_graph(
    objects: &ObjectGraph<'_>,
    functions: &[(usize, SavedFunction)],
    signatures: &[SignatureFunction],
    captures: &Captures,
    bound: &BTreeMap<String, Vec<usize>>,
) -> Result<SavedObjectGraph> {
    let mut nodes: Vec<SavedObject> = Vec::new();
    for node in &objects.nodes {
        let kind = match (node.variable(), &node.function) {
            (Some(variable), _) => Kind::Variable(variable_message(variable)),
            (None, Some(function)) => function_message(function)?,
            (None, None) => user_object(match node.kind() {
                TrackableKind::Object | TrackableKind::Function => "_generic_user_object",
                TrackableKind::List => "trackable_list_wrapper",
                TrackableKind::Dict => "trackable_dict_wrapper",
                TrackableKind::Tuple => "trackable_tuple_wrapper",
            }),
        };
        nodes.push(SavedObject {
            children: references(&node.children),
            kind: Some(kind),
            ..SavedObject::default()
        });
    }
    for position in 0..captures.constant_count() {
        let operation = captures.constant_name(position);
        nodes.push(SavedObject {
            kind: Some(Kind::Constant(SavedConstant { operation })),
            ..SavedObject::default()
        });
    }
    let map = nodes.len();
    let children: Vec<(String, usize)> = signatures
        .iter()
        .enumerate()
        .map(|(position, signature)| (signature.key.clone(), map + 1 + position))
        .collect();
    nodes.push(SavedObject {
        children: references(&children),
        kind: Some(user_object("signature_map")),
        ..SavedObject::default()
    });
    for signature in signatures {
        nodes.push(SavedObject {
            kind: Some(bare_message(&signature.trace, &[], &signature.inputs)),
            ..SavedObject::default()
        });
    }
    if let Some(root) = nodes.first_mut() {
        root.children.extend(references(&[("signatures".to_string(), map)]));
    }
    let mut concrete_functions = BTreeMap::new();
    for trace in functions.iter().flat_map(|(_, function)| &function.traces) {
        let specs = trace.argument_names().into_iter().zip(&trace.specs);
        let args = specs.map(|(name, found)| spec(&name, found)).collect();
        let signature = tuple(vec![tuple(args), dict(BTreeMap::new())]);
        insert(&mut concrete_functions, trace, signature, bound)?;
    }
    for signature in signatures {
        let named = signature.inputs.iter().zip(&signature.trace.specs);
        let keywords = named.map(|(name, found)| (name.clone(), spec(name, found))).collect();
        let inputs = tuple(vec![tuple(Vec::new()), dict(keywords)]);
        insert(&mut concrete_functions, &signature.trace, inputs, bound)?;
    }
    Ok(SavedObjectGraph { nodes, concrete_functions })
}

fn insert(
    functions: &mut BTreeMap<String, SavedConcreteFunction>,
    trace: &SavedTrace,
    signature: StructuredValue,
    bound: &BTreeMap<String, Vec<usize>>,
) -> Result<()> {
    let name = trace.traced.function().name();
    let ids = bound.get(name).into_iter().flatten();
    let number = |id: &usize| i32::try_from(*id).map_err(|_| Error::internal("too many objects"));
    let message = SavedConcreteFunction {
        bound_inputs: ids.map(number).collect::<Result<_>>()?,
        canonicalized_input_signature: Some(signature),
        output_signature: Some(outputs(&trace.structure, &mut trace.outputs.iter())?),
    };
    functions.insert(name.to_string(), message);
    Ok(())
}

fn user_object(identifier: &str) -> Kind {
    Kind::UserObject(SavedUserObject {
        identifier: identifier.to_string(),
        version: Some(VersionDef { producer: 1, min_consumer: 1, ..VersionDef::default() }),
        ..SavedUserObject::default()
    })
}

fn variable_message(variable: &Variable) -> SavedVariable {
    SavedVariable {
        dtype: variable.dtype().number(),
        shape: Some(shape_proto::from_partial_shape(&variable.shape())),
        trainable: variable.trainable(),
        name: variable.full_name().to_string(),
        ..SavedVariable::default()
    }
}

fn function_message(function: &SavedFunction) -> Result<Kind> {
    let Some(first) = function.traces.first() else {
        let spec = FunctionSpec {
            fullargspec: Some(full_arg_spec(&[], &[])),
            input_signature: Some(none()),
            ..FunctionSpec::default()
        };
        let message = FunctionMessage { function_spec: Some(spec), ..FunctionMessage::default() };
        return Ok(Kind::Function(Box::new(message)));
    };
    let names = first.argument_names();
    if !function.polymorphic {
        return Ok(bare_message(first, &names, &[]));
    }
    // The signature's specifications have no names of their own: the arguments do.
    let unnamed = |spec_of: &TensorSpec| spec("", spec_of);
    let input_signature = match &function.input_signature {
        Some(specs) => tuple(specs.iter().map(unnamed).collect()),
        None => none(),
    };
    let names_of = |trace: &SavedTrace| trace.traced.function().name().to_string();
    Ok(Kind::Function(Box::new(FunctionMessage {
        concrete_functions: function.traces.iter().map(names_of).collect(),
        function_spec: Some(FunctionSpec {
            fullargspec: Some(full_arg_spec(&names, &[])),
            input_signature: Some(input_signature),
            ..FunctionSpec::default()
        }),
    })))
}

/// A trace that stands by itself, with positional arguments or keywords.
fn bare_message(trace: &SavedTrace, positional: &[String], keywords: &[String]) -> Kind {
    let names = if positional.is_empty() { keywords } else { positional };
    Kind::BareConcreteFunction(Box::new(SavedBareConcreteFunction {
        concrete_function_name: trace.traced.function().name().to_string(),
        argument_keywords: names.to_vec(),
        allowed_positional_arguments: i64::try_from(names.len()).unwrap_or_default(),
        function_spec: Some(FunctionSpec {
            fullargspec: Some(full_arg_spec(positional, keywords)),
            input_signature: Some(none()),
            ..FunctionSpec::default()
        }),
    }))
}
