//! Scopes of devices: strings that are merged, and functions that see each node.

use crate::ambient::OnDrop;
use crate::{DeviceSpec, Graph};
use ferroflow_core::Result;
use ferroflow_proto::NodeDef;
use std::sync::Arc;

type PlaceNode = dyn Fn(&NodeDef) -> Result<String> + Send + Sync;

/// A function from nodes to the devices they ask for. The node carries the device that scopes within the function's
/// gave it; what the function returns takes its place.
#[derive(Clone)]
pub struct DeviceFunction(Arc<PlaceNode>);

impl DeviceFunction {
    /// The device function that calls this closure.
    pub fn new(function: impl Fn(&NodeDef) -> Result<String> + Send + Sync + 'static) -> DeviceFunction {
        DeviceFunction(Arc::new(function))
    }

    /// The device for a node.
    ///
    /// # Errors
    /// What the function returns.
    pub fn call(&self, node: &NodeDef) -> Result<String> {
        (self.0)(node)
    }
}

impl std::fmt::Debug for DeviceFunction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceFunction")
    }
}

/// What a device scope asks for: a device string, a device, a function, or `None`, which forgets what outer scopes say.
#[derive(Clone, Debug)]
pub struct Placement(Asked);

#[derive(Clone, Debug)]
enum Asked {
    Device(String),
    Function(DeviceFunction),
    Nothing,
}

impl From<&str> for Placement {
    fn from(device: &str) -> Placement {
        Placement(Asked::Device(device.to_string()))
    }
}

impl From<&String> for Placement {
    fn from(device: &String) -> Placement {
        device.as_str().into()
    }
}

impl From<String> for Placement {
    fn from(device: String) -> Placement {
        Placement(Asked::Device(device))
    }
}

impl From<&DeviceSpec> for Placement {
    fn from(device: &DeviceSpec) -> Placement {
        device.to_string().into()
    }
}

impl From<DeviceSpec> for Placement {
    fn from(device: DeviceSpec) -> Placement {
        device.to_string().into()
    }
}

impl From<DeviceFunction> for Placement {
    fn from(function: DeviceFunction) -> Placement {
        Placement(Asked::Function(function))
    }
}

impl From<&DeviceFunction> for Placement {
    fn from(function: &DeviceFunction) -> Placement {
        function.clone().into()
    }
}

impl From<Option<DeviceFunction>> for Placement {
    fn from(function: Option<DeviceFunction>) -> Placement {
        Placement(function.map_or(Asked::Nothing, Asked::Function))
    }
}

/// What the open scopes of a graph ask for together.
#[derive(Clone, Default)]
pub(crate) struct DeviceScope {
    /// What strings ask for within the innermost function.
    merged: DeviceSpec,
    function: Option<Arc<Outer>>,
}

struct Outer {
    function: DeviceFunction,
    scope: DeviceScope,
}

impl DeviceScope {
    fn within(&self, placement: Placement) -> Result<DeviceScope> {
        Ok(match placement.0 {
            Asked::Nothing => DeviceScope::default(),
            Asked::Device(device) => DeviceScope {
                merged: self.merged.make_merged_spec(&DeviceSpec::from_string(&device)?),
                function: self.function.clone(),
            },
            Asked::Function(function) => DeviceScope {
                merged: DeviceSpec::default(),
                function: Some(Arc::new(Outer { function, scope: self.clone() })),
            },
        })
    }

    /// The device for a node, which is only made if there is a function to see it.
    pub(crate) fn place(&self, node: impl FnOnce() -> Result<NodeDef>) -> Result<String> {
        let Some(mut outer) = self.function.as_deref() else { return Ok(self.merged.to_string()) };
        let mut node = NodeDef { device: self.merged.to_string(), ..node()? };
        loop {
            node.device = outer.function.call(&node)?;
            let inner = DeviceSpec::from_string(&node.device)?;
            let outside = &outer.scope;
            if outside.merged != DeviceSpec::default() {
                node.device = outside.merged.make_merged_spec(&inner).to_string();
            }
            match outside.function.as_deref() {
                Some(next) => outer = next,
                None => return Ok(node.device),
            }
        }
    }
}

impl Graph {
    /// Runs `f` while new nodes ask for a device. An empty string asks for none in particular.
    ///
    /// # Errors
    /// `ValueError` for a device string TensorFlow does not read, and what `f` returns.
    pub fn device<R>(&self, device: impl Into<Placement>, f: impl FnOnce() -> Result<R>) -> Result<R> {
        let open = self.lock().devices.last().cloned().unwrap_or_default();
        let scope = open.within(device.into())?;
        self.lock().devices.push(scope);
        let _pop = OnDrop(|| drop(self.lock().devices.pop()));
        self.as_default_scope(f)
    }

    /// Runs `f` while new nodes ask for no device, whatever outer scopes say (`tf.device(None)`).
    ///
    /// # Errors
    /// What `f` returns.
    pub fn without_device<R>(&self, f: impl FnOnce() -> Result<R>) -> Result<R> {
        self.device(None, f)
    }
}
