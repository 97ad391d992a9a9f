//! Tests of ferroflow across its crates; this library is empty.
