//! Tests of the v2 API.

mod control_flow;
mod functions;
mod gradient_tapes;
mod modes;
mod variables;
