//! The generated page of the book is the one the data gives.

#[test]
fn the_page_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src/symbol-map.md");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let current = ferroflow_symbol_map::docs_page();
    let differs = committed.lines().zip(current.lines()).position(|(a, b)| a != b);
    assert!(
        committed == current,
        "{path} is out of date from line {:?}; write it anew with \
         `cargo run -p ferroflow-symbol-map --example docs_page > docs/src/symbol-map.md`",
        differs.map(|at| at + 1)
    );
}

#[test]
fn every_table_row_has_the_columns_of_its_head() {
    let mut columns = 0;
    for line in ferroflow_symbol_map::docs_page().lines() {
        if !line.starts_with('|') {
            columns = 0;
            continue;
        }
        let bars = line.replace("\\|", "").matches('|').count();
        assert!(columns == 0 || columns == bars, "{line}");
        columns = bars;
    }
}
