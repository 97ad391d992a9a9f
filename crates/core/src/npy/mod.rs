//! NumPy's files: `.npy` holds one array, `.npz` several by name.

mod header;
pub mod npz;
mod pickle;
mod read;
mod write;
mod zip_read;
mod zip_write;

pub use read::{load, read};
pub use write::{save, write};
