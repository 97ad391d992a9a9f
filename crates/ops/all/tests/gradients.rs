//! Which ops stop gradients, against what `tools/record_gradients.py` found in TensorFlow's registry.

use ferroflow_core::Grad;

#[test]
fn ops_stop_gradients_where_tensorflow_says_so() {
    let record = include_str!("gradients.txt").lines().filter_map(|line| line.split_once(' '));
    let known = record.filter_map(|(name, entry)| Some((ferroflow_ops::lookup(name)?, entry)));
    let mut count = 0;
    for (def, entry) in known {
        let ours = match def.grad {
            Grad::None => "none",
            Grad::Fn(_) => "function",
            Grad::Missing => "absent",
        };
        assert_eq!(ours, entry, "{}", def.name);
        count += 1;
    }
    assert!(count > 10, "{count} ops");
}
