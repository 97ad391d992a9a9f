//! The harness reads values as the recorder does: outputs of `Identity` are its inputs.

use ferroflow_case_harness::case::{self, Answer, Arg};
use ferroflow_case_harness::instance::instances;

#[test]
fn literals_and_generators_are_those_of_the_recorder() {
    let mut checked = 0;
    for case in &case::parse(include_str!("values.cases")).unwrap() {
        for instance in instances(case) {
            let (_, Arg::Literal(input)) = &case.inputs[0] else { panic!("no literal") };
            let array = instance.array(input).unwrap();
            let Some(Answer::Out(_, expected)) = instance.answers().next() else {
                panic!("{} is not recorded", instance.name())
            };
            if let Err(error) = instance.check(&array, expected, false) {
                panic!("{}: {error}", instance.name());
            }
            checked += 1;
        }
    }
    assert!(checked > 60);
}

#[test]
fn a_wrong_value_is_found() {
    let text = "op Abs\ncase one\n  in x: float32[2] = 1 2\n  out y: float32[2] = 1 2.0000005\n";
    for (bound, passes) in [("", false), ("  ulp 1\n", false), ("  ulp 2\n", true), ("  abs 1e-6\n", true)] {
        let cases = case::parse(&format!("{text}{bound}")).unwrap();
        let instance = &instances(&cases[0])[0];
        let Some(Answer::Out(_, expected)) = instance.answers().next() else { panic!() };
        let (_, Arg::Literal(input)) = &cases[0].inputs[0] else { panic!() };
        assert_eq!(
            instance.check(&instance.array(input).unwrap(), expected, false).is_ok(),
            passes,
            "{bound}"
        );
    }
}

#[test]
fn bad_lines_are_refused_by_number() {
    for (text, line) in [
        ("case x", 1),
        ("op A\nin x: int32[] = 1", 2),
        ("op A\ncase x\nfoo", 3),
        ("op A\ncase x\nin x: int32 = 1", 3),
        ("op A\ncase x\nin x: int32[2]", 3),
        ("op A\ncase x\ncase x", 3),
        ("op A\ncase x for T in nothing", 2),
        ("op A\ncase x\nlet v = B(", 3),
        ("op A\ncase x\nulp many", 3),
    ] {
        let error = case::parse(text).unwrap_err().to_string();
        assert!(error.starts_with(&format!("line {line}: ")), "{text}: {error}");
    }
}
