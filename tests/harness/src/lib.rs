//! Runs the recorded cases of ferroflow's ops: README.md describes the files, [`run_family`] runs them.

//X pub mod attrs;
pub mod case;
pub mod compare;
//X pub mod eager;
//X pub mod engine;
pub mod files;
//X pub mod gradient;
pub mod instance;
//X pub mod report;
//X pub mod shapes;
mod text;
pub mod value;
