//! Sessions: running parts of a graph and getting arrays back.

mod callable;
mod config;
mod default;
mod devices;
mod engine;
mod feed;
mod feed_value;
mod fetch;
mod fetch_impls;
mod handles;
mod interactive;
mod open;
mod partial;
mod run;

pub use callable::Callable;
pub use default::get_default_session;
pub use devices::DeviceAttributes;
pub use feed::{FeedDict, FeedKey};
pub use fetch::{Fetch, FetchPlan, FetchValue, FetchedValues};
pub use handles::{
    SessionHandle, TensorHandle, delete_session_tensor, get_session_handle, get_session_tensor,
};
pub(crate) use interactive::warn;
pub use interactive::{InteractiveSession, set_warning_hook};
pub use open::{Session, SessionBuilder};
