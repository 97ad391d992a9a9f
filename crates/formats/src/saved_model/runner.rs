//! `SignatureRunner`: calls a signature by the names of its inputs and outputs.

use super::bundle::port;
use super::signature::{Encoding, Signature, TensorInfo};
use ferroflow_core::{Error, NdArray, PartialShape, Result, bail};
use ferroflow_graph::{DirectSession, Port, Prepared, RunSettings};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A signature of a loaded model, ready to be called from any thread.
pub struct SignatureRunner {
    key: String,
    signature: Signature,
    session: Arc<DirectSession>,
    prepared: Prepared,
    /// For each output in the order of the names, which of the values that a run gives.
    positions: Vec<usize>,
}

impl SignatureRunner {
    pub(super) fn new(
        key: &str,
        signature: Signature,
        session: Arc<DirectSession>,
    ) -> Result<SignatureRunner> {
        let graph = session.graph();
        let ports = |infos: &BTreeMap<String, TensorInfo>| -> Result<Vec<Port>> {
            infos
                .iter()
                .map(|(name, info)| match &info.encoding {
                    Encoding::Dense(tensor) => port(graph, tensor),
                    _ => {
                        bail!(unimplemented, "unsupported signature: '{name}' of '{key}' is no dense tensor")
                    }
                })
                .collect()
        };
        let feeds = ports(&signature.inputs)?;
        // Two outputs may stand for one tensor, which is fetched once.
        let mut fetches = Vec::new();
        let mut positions = Vec::new();
        for output in ports(&signature.outputs)? {
            let known = fetches.iter().position(|fetch| *fetch == output);
            positions.push(known.unwrap_or(fetches.len()));
            if known.is_none() {
                fetches.push(output);
            }
        }
        let prepared = session.prepare(&feeds, &fetches, &[])?;
        Ok(SignatureRunner { key: key.to_string(), signature, session, prepared, positions })
    }

    /// Inputs and outputs with their dtypes and shapes.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// An input.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none of this name, with the inputs that the signature takes.
    pub fn input(&self, name: &str) -> Result<&TensorInfo> {
        self.entry(name).map(|(_, info)| info)
    }

    fn entry(&self, name: &str) -> Result<(&String, &TensorInfo)> {
        let entry = self.signature.inputs.get_key_value(name);
        entry.ok_or_else(|| self.refuse(&format!("has no input '{name}'")))
    }

    /// The outputs, by name, for these inputs.
    ///
    /// # Errors
    /// `InvalidArgument` for an input that is missing, unknown, given twice, or of the wrong dtype or shape, with
    /// the inputs that the signature takes; what the first failing op returns.
    pub fn call<N: AsRef<str>>(
        &self,
        inputs: impl IntoIterator<Item = (N, NdArray)>,
    ) -> Result<BTreeMap<String, NdArray>> {
        let mut given = BTreeMap::new();
        for (name, value) in inputs {
            let (name, info) = self.entry(name.as_ref())?;
            self.check(name, info, &value)?;
            if given.insert(name.as_str(), value).is_some() {
                return Err(self.refuse(&format!("is given the input '{name}' twice")));
            }
        }
        let mut feeds = Vec::with_capacity(self.signature.inputs.len());
        for name in self.signature.inputs.keys() {
            let value = given.remove(name.as_str()).or_else(|| self.signature.defaults.get(name).cloned());
            feeds.push(value.ok_or_else(|| self.refuse(&format!("needs the input '{name}'")))?);
        }
        let (values, _) = self.session.run_prepared(&self.prepared, feeds, &RunSettings::default())?;
        let outputs = self.signature.outputs.keys().zip(&self.positions).map(|(name, &position)| {
            let value = values.get(position).ok_or_else(|| Error::internal("a fetch has no value"))?;
            Ok((name.clone(), value.clone()))
        });
        outputs.collect()
    }

    fn check(&self, name: &str, info: &TensorInfo, value: &NdArray) -> Result<()> {
        if info.dtype.is_some_and(|dtype| dtype.base() != value.dtype()) || !info.shape.admits(value.shape())
        {
            let shape = PartialShape::from(value.shape());
            let given = format!("{} {shape}", value.dtype().name());
            return Err(self.refuse(&format!("is given {given} for the input '{name}'")));
        }
        Ok(())
    }

    /// An error that says what the signature takes.
    fn refuse(&self, what: &str) -> Error {
        let inputs: Vec<String> =
            self.signature.inputs.iter().map(|(name, info)| describe(name, info)).collect();
        let inputs = if inputs.is_empty() { "no inputs".to_string() } else { inputs.join(", ") };
        Error::invalid_argument(format!("signature '{}' {what}; it takes: {inputs}", self.key))
    }
}

/// `x: float32 (None, 3)`
fn describe(name: &str, info: &TensorInfo) -> String {
    format!("{name}: {} {}", info.dtype.map_or("any dtype", |dtype| dtype.name()), info.shape)
}
