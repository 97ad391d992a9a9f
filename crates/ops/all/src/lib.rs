//! The registry of every op family.
