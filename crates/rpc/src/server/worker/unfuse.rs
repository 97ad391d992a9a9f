//! Ops of TensorFlow's optimizer: a master that has joined several nodes into one sends that, and it is taken apart again.
//! What follows a convolution or a product is joined here anyway, where it pays.

use ferroflow_core::schema;
use ferroflow_core::{DType, NdArray, Result, bail};
use ferroflow_proto::attr_value::Value;
use ferroflow_proto::{AttrValue, GraphDef, NodeDef, tensor_proto};
use std::collections::{BTreeMap, HashMap};

/// Ops that do what another does, and then what `fused_ops` says.
const JOINED: [(&str, &str); 5] = [
    ("_FusedConv2D", "Conv2D"),
    ("_FusedConv3D", "Conv3D"),
    ("_FusedDepthwiseConv2dNative", "DepthwiseConv2dNative"),
    ("_FusedMatMul", "MatMul"),
    ("_MklFusedBatchMatMulV2", "BatchMatMulV2"),
];

/// Attributes in which the optimizer notes what it has found out. The sizes among them that it does not know have
/// numbers of their own, which are no sizes.
const NOTES: [&str; 2] = ["_input_shapes", "_output_shapes"];

/// Takes joined nodes apart, and notes away.
///
/// # Errors
/// `InvalidArgument` for a node with too few inputs, `Unimplemented` for what is joined in a way not known here.
pub(super) fn unfuse(graph_def: &mut GraphDef) -> Result<()> {
    let mut apart = Apart { nodes: Vec::with_capacity(graph_def.node.len()), outputs: HashMap::new() };
    for mut node in std::mem::take(&mut graph_def.node) {
        node.attr.retain(|name, _| !NOTES.contains(&name.as_str()));
        match (JOINED.iter().find(|(joined, _)| *joined == node.op), node.op.as_str()) {
            (Some((_, first)), _) => apart.joined(&node, first)?,
            (None, "_FusedBatchNormEx") => apart.batch_norm(&node)?,
            (None, "_MklFusedMish") => apart.mish(&node)?,
            (None, _) => apart.nodes.push(node),
        }
    }
    for input in apart.nodes.iter_mut().flat_map(|node| &mut node.input) {
        if let Some((node, output)) = input.rsplit_once(':')
            && let Some(renamed) = apart.outputs.get(node)
            && output != "0"
        {
            *input = format!("{renamed}:{output}");
        }
    }
    graph_def.node = apart.nodes;
    Ok(())
}

struct Apart {
    nodes: Vec<NodeDef>,
    /// The nodes that have the outputs behind the first of another.
    outputs: HashMap<String, String>,
}

fn value(value: Value) -> AttrValue {
    AttrValue { value: Some(value) }
}

/// A node that becomes several: the last of them has its name.
struct Chain<'a> {
    from: &'a NodeDef,
    made: Vec<NodeDef>,
}

impl<'a> Chain<'a> {
    fn new(from: &'a NodeDef) -> Chain<'a> {
        Chain { from, made: Vec::new() }
    }

    /// The dtype of the numbers.
    fn dtype(&self) -> AttrValue {
        self.from.attr.get("T").cloned().unwrap_or_default()
    }

    /// Adds a node; gives its name.
    fn add(&mut self, op: &str, input: Vec<String>, attrs: &[(&str, AttrValue)]) -> String {
        let name = format!("{}/_apart_{}", self.from.name, self.made.len());
        let mut attr: BTreeMap<String, AttrValue> =
            attrs.iter().map(|(name, value)| ((*name).to_string(), value.clone())).collect();
        attr.entry("T".to_string()).or_insert_with(|| self.dtype());
        let device = self.from.device.clone();
        self.made.push(NodeDef {
            name: name.clone(),
            op: op.to_string(),
            input,
            device,
            attr,
            ..NodeDef::default()
        });
        name
    }

    /// A number of the node's dtype.
    fn number(&mut self, number: f32) -> Result<String> {
        let float = DType::FLOAT32.number();
        let tensor = tensor_proto::from_array(&NdArray::scalar(number))?;
        let attrs = [("dtype", value(Value::Type(float))), ("value", value(Value::Tensor(tensor.into())))];
        let constant = self.add("Const", Vec::new(), &attrs);
        if let Some(node) = self.made.last_mut() {
            node.attr.remove("T");
        }
        let dtype = self.dtype();
        let cast = self.add("Cast", vec![constant], &[("SrcT", value(Value::Type(float))), ("DstT", dtype)]);
        if let Some(node) = self.made.last_mut() {
            node.attr.remove("T");
        }
        Ok(cast)
    }

    /// `x` times `0.5 (1 + f)`.
    fn half_of_one_and(&mut self, x: &str, f: String) -> Result<String> {
        let (half, one) = (self.number(0.5)?, self.number(1.0)?);
        let halved = self.add("Mul", vec![half, x.to_string()], &[]);
        let sum = self.add("AddV2", vec![one, f], &[]);
        Ok(self.add("Mul", vec![halved, sum], &[]))
    }

    /// Gives the last node the name of the one that is taken apart. What that waited for, the first ones wait for.
    fn end(mut self, into: &mut Vec<NodeDef>) {
        let controls: Vec<String> =
            self.from.input.iter().filter(|input| input.starts_with('^')).cloned().collect();
        for node in &mut self.made {
            node.input.extend(controls.iter().cloned());
        }
        if let Some(last) = self.made.last_mut() {
            last.name = self.from.name.clone();
        }
        into.append(&mut self.made);
    }
}

impl Apart {
    /// A node that does what `first` does, and more.
    fn joined(&mut self, node: &NodeDef, first: &str) -> Result<()> {
        let Some(schema) = schema::lookup(first) else { bail!(internal, "no op {first}") };
        let attr = |name: &str| node.attr.get(name).cloned();
        let mut chain = Chain::new(node);
        let mut args = node.input.iter().filter(|input| !input.starts_with('^')).cloned();
        let mut take = |count: usize| -> Result<Vec<String>> {
            let taken: Vec<String> = args.by_ref().take(count).collect();
            if taken.len() < count {
                bail!(invalid_argument, "node '{}' of op {} has too few inputs", node.name, node.op);
            }
            Ok(taken)
        };
        let own: Vec<(&str, AttrValue)> =
            schema.attrs.iter().filter_map(|known| Some((known.name.as_str(), attr(&known.name)?))).collect();
        let mut last = chain.add(first, take(2)?, &own);
        let fused = match attr("fused_ops").and_then(|attr| attr.value) {
            Some(Value::List(list)) => list.s,
            _ => Vec::new(),
        };
        // Those of three dimensions have another name for the same order.
        let format = attr("data_format").filter(|_| first != "Conv3D");
        let format: Vec<(&str, AttrValue)> =
            format.into_iter().map(|format| ("data_format", format)).collect();
        for op in fused {
            let op = String::from_utf8_lossy(&op).into_owned();
            let mut input = vec![last.clone()];
            last = match op.as_str() {
                "BiasAdd" => {
                    input.extend(take(1)?);
                    chain.add("BiasAdd", input, &format)
                }
                "Add" => {
                    input.extend(take(1)?);
                    chain.add("AddV2", input, &[])
                }
                "Mul" => {
                    input.extend(take(1)?);
                    chain.add("Mul", input, &[])
                }
                "FusedBatchNorm" => {
                    input.extend(take(4)?);
                    let mut attrs = format.clone();
                    attrs.extend(attr("epsilon").map(|epsilon| ("epsilon", epsilon)));
                    attrs.push(("is_training", value(Value::B(false))));
                    attrs.push(("U", value(Value::Type(DType::FLOAT32.number()))));
                    chain.add("FusedBatchNormV3", input, &attrs)
                }
                "LeakyRelu" => {
                    let alpha = attr("leakyrelu_alpha").map(|alpha| ("alpha", alpha));
                    chain.add("LeakyRelu", input, alpha.as_slice())
                }
                "Relu" | "Relu6" | "Elu" | "Tanh" | "Sigmoid" => chain.add(&op, input, &[]),
                "GeluExact" => {
                    let root = chain.number(std::f32::consts::FRAC_1_SQRT_2)?;
                    let scaled = chain.add("Mul", vec![last.clone(), root], &[]);
                    let erf = chain.add("Erf", vec![scaled], &[]);
                    chain.half_of_one_and(&last, erf)?
                }
                "GeluApproximate" => {
                    let square = chain.add("Mul", vec![last.clone(), last.clone()], &[]);
                    let cube = chain.add("Mul", vec![square, last.clone()], &[]);
                    let (factor, root) = (chain.number(0.044_715)?, chain.number(0.797_884_6)?);
                    let small = chain.add("Mul", vec![factor, cube], &[]);
                    let sum = chain.add("AddV2", vec![last.clone(), small], &[]);
                    let scaled = chain.add("Mul", vec![root, sum], &[]);
                    let tanh = chain.add("Tanh", vec![scaled], &[]);
                    chain.half_of_one_and(&last, tanh)?
                }
                _ => bail!(unimplemented, "unsupported op: {} with {op} (node '{}')", node.op, node.name),
            };
        }
        chain.end(&mut self.nodes);
        Ok(())
    }

    /// A batch norm, perhaps the sum with another tensor, and an activation.
    fn batch_norm(&mut self, node: &NodeDef) -> Result<()> {
        let text = |name: &str| match node.attr.get(name).and_then(|attr| attr.value.as_ref()) {
            Some(Value::S(text)) => String::from_utf8_lossy(text).into_owned(),
            _ => String::new(),
        };
        let mut chain = Chain::new(node);
        let input: Vec<String> = node.input.iter().filter(|input| !input.starts_with('^')).cloned().collect();
        let Some((own, side)) = input.split_at_checked(5) else {
            bail!(invalid_argument, "node '{}' of op {} has too few inputs", node.name, node.op);
        };
        let names = ["T", "U", "epsilon", "exponential_avg_factor", "data_format", "is_training"];
        let attrs: Vec<(&str, AttrValue)> =
            names.iter().filter_map(|name| Some((*name, node.attr.get(*name)?.clone()))).collect();
        let norm = chain.add("FusedBatchNormV3", own.to_vec(), &attrs);
        let mut last = norm.clone();
        for side in side {
            last = chain.add("AddV2", vec![last, side.clone()], &[]);
        }
        match text("activation_mode").as_str() {
            "Relu" => drop(chain.add("Relu", vec![last], &[])),
            "Identity" | "" => drop(chain.add("Identity", vec![last], &[])),
            mode => bail!(unimplemented, "unsupported op: {} with {mode} (node '{}')", node.op, node.name),
        }
        chain.end(&mut self.nodes);
        self.outputs.insert(node.name.clone(), norm);
        Ok(())
    }

    /// `x tanh(softplus(x))`.
    fn mish(&mut self, node: &NodeDef) -> Result<()> {
        let mut chain = Chain::new(node);
        let Some(x) = node.input.first().cloned() else {
            bail!(invalid_argument, "node '{}' of op {} has no input", node.name, node.op);
        };
        let soft = chain.add("Softplus", vec![x.clone()], &[]);
        let tanh = chain.add("Tanh", vec![soft], &[]);
        chain.add("Mul", vec![x, tanh], &[]);
        chain.end(&mut self.nodes);
        Ok(())
    }
}
