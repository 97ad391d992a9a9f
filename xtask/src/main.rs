//! Project commands: `cargo xtask COMMAND`.

fn main() {}
