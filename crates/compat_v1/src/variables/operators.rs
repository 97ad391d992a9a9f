//! Rust's operators on variables: each reads the value.

use super::{Assigned, Variable};

ferroflow_v2::operators_of_value!(Variable);
ferroflow_v2::operators_of_value!(Assigned);
