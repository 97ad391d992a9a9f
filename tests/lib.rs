//! Tests of ferroflow across its crates. The library itself is the book: its code compiles and runs as doctests.

macro_rules! pages {
    ($($name:ident $file:literal;)*) => {
        $(#[doc = include_str!(concat!("../docs/src/", $file))]
        #[cfg(doctest)]
        pub mod $name {})*
    };
}

pages! {
    getting_started "getting-started.md";
    numpy "numpy.md";
    sharing_memory "sharing-memory.md";
    v1_and_v2 "v1-and-v2.md";
    sessions "sessions.md";
    errors "errors.md";
    snapshot_testing "snapshot-testing.md";
    loading_models "loading-models.md";
    training "training.md";
    keras "keras.md";
    datasets "datasets.md";
    distributed "distributed.md";
    adding_an_op "adding-an-op.md";
}

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
pub mod readme {}
