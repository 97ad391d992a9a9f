//! Where every public symbol of `tf.compat.v1` went: its TensorFlow 2 home, what happened to its
//! arguments, and the ferroflow paths of both sides.
//!
//! The map is data recorded from TensorFlow 2.21 and linked in as text. Nothing is parsed until it is
//! asked for, so a program that never calls this crate pays nothing at start-up.
//!
//! ```
//! use ferroflow_symbol_map::{V2Home, lookup};
//!
//! let argmax = lookup("tf.argmax")?;
//! assert_eq!(argmax.v2, V2Home::Changed);
//! assert_eq!(argmax.renamed_args, [("dimension", "axis")]);
//! assert!(argmax.reordered);
//!
//! let log = lookup("tf.compat.v1.log")?;
//! assert_eq!(log.v2_name(), Some("math.log"));
//!
//! let wrong = lookup("tf.resize_bilinear").unwrap_err();
//! assert_eq!(wrong.suggestions[0], "image.resize_bilinear");
//! # Ok::<(), ferroflow_symbol_map::NotFound>(())
//! ```

mod arguments;
mod docs_page;
mod json;
mod line;
mod lookup;
mod near_misses;
mod path_rules;
mod paths;
mod symbol;
mod text;

pub use docs_page::docs_page;
pub use lookup::{NotFound, iter, lookup, search};
pub use near_misses::near_misses;
pub use path_rules::{default_v1_path, default_v2_path};
pub use paths::{PathEntry, Problem, Side, check_paths, claims, own_items, paths};
pub use symbol::{Arg, Kind, Status, Symbol, V2Home};
