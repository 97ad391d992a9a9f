//! `tf.config`: the devices of this process, its threads, and whether functions are traced.

use ferroflow_core::{Error, Result, bail, ensure};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

/// A device that the machine has.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhysicalDevice {
    /// `/physical_device:CPU:0`
    pub name: String,
    /// `CPU`
    pub device_type: String,
}

impl fmt::Debug for PhysicalDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhysicalDevice(name='{}', device_type='{}')", self.name, self.device_type)
    }
}

/// A device that ops can be placed on.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LogicalDevice {
    /// `/device:CPU:0`
    pub name: String,
    /// `CPU`
    pub device_type: String,
}

impl fmt::Debug for LogicalDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogicalDevice(name='{}', device_type='{}')", self.name, self.device_type)
    }
}

/// The type of all devices that there are.
const CPU: &str = "CPU";

fn is_cpu(device_type: Option<&str>) -> bool {
    device_type.is_none_or(|wanted| wanted == CPU)
}

/// The devices of a type, or all: the CPU is the only one.
///
/// ```
/// use ferroflow_v2 as tf;
/// let devices = tf::config::list_physical_devices(None);
/// assert_eq!(format!("{devices:?}"), "[PhysicalDevice(name='/physical_device:CPU:0', device_type='CPU')]");
/// assert!(tf::config::list_physical_devices(Some("GPU")).is_empty());
/// ```
pub fn list_physical_devices(device_type: Option<&str>) -> Vec<PhysicalDevice> {
    let cpu = || PhysicalDevice { name: "/physical_device:CPU:0".to_string(), device_type: CPU.to_string() };
    is_cpu(device_type).then(cpu).into_iter().collect()
}

/// The devices of a type, or all, that ops can be placed on.
pub fn list_logical_devices(device_type: Option<&str>) -> Vec<LogicalDevice> {
    let cpu = || LogicalDevice { name: "/device:CPU:0".to_string(), device_type: CPU.to_string() };
    is_cpu(device_type).then(cpu).into_iter().collect()
}

/// The devices of a type, or all, that are used: those that there are.
pub fn get_visible_devices(device_type: Option<&str>) -> Vec<PhysicalDevice> {
    list_physical_devices(device_type)
}

/// Leaves devices of a type unused: only types that there are none of.
///
/// # Errors
/// `ValueError` for a device that there is not; `Unimplemented` where the CPU is to be left unused.
pub fn set_visible_devices(devices: &[PhysicalDevice], device_type: Option<&str>) -> Result<()> {
    for device in devices {
        ensure!(list_physical_devices(None).contains(device), value, "Unrecognized device: {device:?}");
    }
    if is_cpu(device_type) && devices.is_empty() {
        bail!(unimplemented, "the CPU cannot be left unused: it is the only device");
    }
    Ok(())
}

/// Whether ops run on another device where that asked for cannot run them: always.
pub fn get_soft_device_placement() -> bool {
    true
}

/// Says whether ops run on another device where that asked for cannot run them.
///
/// # Errors
/// `Unimplemented` for `false`.
pub fn set_soft_device_placement(enabled: bool) -> Result<()> {
    ensure!(enabled, unimplemented, "device placement is always soft");
    Ok(())
}

static EAGER_FUNCTIONS: AtomicBool = AtomicBool::new(false);

/// Makes functions run their closures at each call, without a trace, or trace them again.
///
/// ```
/// use ferroflow_v2 as tf;
/// let eager = tf::function(|| tf::constant(tf::executing_eagerly()));
/// tf::config::run_functions_eagerly(true);
/// assert_eq!(format!("{}", eager.call(())?), "True");
/// tf::config::run_functions_eagerly(false);
/// assert_eq!(format!("{}", eager.call(())?), "False");
/// # Ok::<(), tf::Error>(())
/// ```
pub fn run_functions_eagerly(run_eagerly: bool) {
    EAGER_FUNCTIONS.store(run_eagerly, Ordering::Relaxed);
}

/// Whether functions run their closures at each call.
pub fn functions_run_eagerly() -> bool {
    EAGER_FUNCTIONS.load(Ordering::Relaxed)
}

/// The same as [`run_functions_eagerly`], under an older name.
pub fn experimental_run_functions_eagerly(run_eagerly: bool) {
    run_functions_eagerly(run_eagerly);
}

/// The same as [`functions_run_eagerly`], under an older name.
pub fn experimental_functions_run_eagerly() -> bool {
    functions_run_eagerly()
}

/// `tf.config.threading`
pub mod threading {
    use super::{Error, Result};
    use std::sync::atomic::{AtomicUsize, Ordering};

    static ASKED: AtomicUsize = AtomicUsize::new(0);

    /// How many threads share the work of an op, as asked for; 0 leaves it to the machine.
    pub fn get_intra_op_parallelism_threads() -> usize {
        ASKED.load(Ordering::Relaxed)
    }

    /// Sets how many threads share the work of an op, before any has been shared; 0 leaves it to the machine.
    ///
    /// # Errors
    /// `RuntimeError` once threads are at work.
    pub fn set_intra_op_parallelism_threads(num_threads: usize) -> Result<()> {
        if num_threads == get_intra_op_parallelism_threads() {
            return Ok(());
        }
        ferroflow_core::parallel::set_threads(num_threads)
            .map_err(|_| Error::runtime("Intra op parallelism cannot be modified after initialization."))?;
        ASKED.store(num_threads, Ordering::Relaxed);
        Ok(())
    }
}

/// `tf.config.experimental`
pub mod experimental {
    pub use super::{get_visible_devices, list_logical_devices, list_physical_devices, set_visible_devices};
}
