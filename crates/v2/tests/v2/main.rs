//! Tests of the v2 API.

mod functions;
mod modes;
mod variables;
