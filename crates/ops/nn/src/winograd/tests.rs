//! Convolutions of small integers, whose sums are exact in any order.

use super::*;
use crate::volume::Volume;
use crate::window::{Padding, Span};
use ferroflow_core::{RowPasses, Shape};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether transforms run on the registers of a processor without AVX-512. Sums are the same on all.
pub(super) static NARROW: AtomicBool = AtomicBool::new(false);

/// Integers from -3 to 3.
fn integers(count: usize, step: usize) -> Vec<f32> {
    (0..count).map(|i| (i * step % 97 % 7) as f32 - 3.0).collect()
}

/// The sum over the window at an output, tap by tap.
fn sum(windows: &Windows, filters: usize, input: &[f32], filter: &[f32], output: usize) -> f32 {
    let (at, column) = (windows.position(output / filters), output % filters);
    let mut sum = 0.0;
    windows.for_taps(at, |tap, pixel| {
        for channel in 0..windows.channels {
            sum += input[pixel + channel] * filter[(tap * windows.channels + channel) * filters + column];
        }
    });
    sum
}

struct Case {
    /// Images, and their height and width.
    images: [usize; 3],
    channels: usize,
    filters: usize,
    window: [i64; 2],
    padding: [Padding; 2],
}

impl Case {
    fn windows(&self) -> Windows {
        let [batch, height, width] = self.images;
        let span = |axis: usize| Span {
            window: self.window[axis],
            stride: 1,
            dilation: 1,
            padding: self.padding[axis],
        };
        let channels = self.channels;
        let axes = [Span::UNIT.over(1), span(0).over(height), span(1).over(width)];
        let input = Volume { batch, depth: 1, height, width, channels };
        Windows { input, axes: axes.map(|axis| axis.expect("fits")), channels }
    }
}

const SAME: [Padding; 2] = [Padding::Same; 2];
const VALID: [Padding; 2] = [Padding::Valid; 2];
const UNEVEN: [Padding; 2] = [Padding::Explicit(4, 0), Padding::Explicit(1, 5)];

fn cases() -> Vec<Case> {
    let case =
        |images, channels, filters, window, padding| Case { images, channels, filters, window, padding };
    vec![
        case([1, 17, 29], 40, 70, [3, 3], SAME),
        case([4, 15, 14], 128, 48, [3, 3], VALID),
        case([2, 16, 21], 33, 150, [3, 3], UNEVEN),
        case([9, 5, 9], 448, 65, [3, 3], SAME),
        case([1, 17, 17], 133, 130, [1, 7], SAME),
        case([2, 17, 11], 160, 145, [7, 1], SAME),
        case([3, 9, 14], 128, 130, [1, 3], [Padding::Explicit(0, 0), Padding::Explicit(3, 1)]),
        case([3, 14, 9], 129, 200, [3, 1], VALID),
        case([2, 12, 13], 140, 128, [6, 1], SAME),
    ]
}

fn run(case: &Case, input: &[f32], filter: &NdArray, epilogue: Option<Epilogue<'_>>) -> Vec<f32> {
    let windows = case.windows();
    let scheme = suiting(&windows, case.filters).expect("a convolution that is meant to suit");
    let mut output = vec![f32::NAN; windows.positions() * case.filters];
    forward(scheme, &windows, case.filters, input, filter, &mut output, epilogue).expect("memory");
    output
}

fn filter_of(case: &Case) -> NdArray {
    let dims = [case.window[0] as usize, case.window[1] as usize, case.channels, case.filters];
    let shape = Shape::new(&dims).expect("small");
    let elements = integers(shape.num_elements(), 5);
    NdArray::from_shape(shape, elements).expect("as many")
}

#[test]
fn outputs_are_the_sums_over_windows() {
    for case in cases() {
        let (windows, filter) = (case.windows(), filter_of(&case));
        let input = integers(windows.input.batch * windows.pixel(1, 0, 0, 0), 11);
        let numbers = integers(case.filters, 3);
        let more = integers(windows.positions() * case.filters, 13);
        let passes = RowPasses {
            plus: Some(&numbers),
            times: Some(&numbers),
            values: Some(&more),
            at_least: Some(-900.0),
            ..Default::default()
        };
        let elements = filter.as_slice::<f32>().expect("floats");
        let nothing_more = |_: bool, _: usize, _: &mut [f32]| {};
        let sums = |output| sum(&windows, case.filters, &input, elements, output);
        let expected: Vec<f32> = (0..more.len()).map(sums).collect();
        // The filter is transformed anew at first, and kept later.
        for round in 0..3 {
            NARROW.store(round == 1, Ordering::Relaxed);
            let plain = run(&case, &input, &filter, None);
            let passed = run(&case, &input, &filter, Some(Epilogue::new(passes, true, &nothing_more)));
            for (output, (plain, passed)) in plain.into_iter().zip(passed).enumerate() {
                let (expected, number) = (expected[output], numbers[output % case.filters]);
                assert_eq!(
                    plain, expected,
                    "{:?} of {:?}: {output} in round {round}",
                    case.window, case.images
                );
                assert_eq!(passed, ((expected + number) * number + more[output]).max(-900.0));
            }
        }
    }
}

#[test]
fn what_is_not_finite_stays_in_its_windows() {
    for case in cases() {
        let (windows, filter) = (case.windows(), filter_of(&case));
        let mut input = integers(windows.input.batch * windows.pixel(1, 0, 0, 0), 11);
        input[windows.pixel(0, 0, 4, 3)] = f32::INFINITY;
        input[windows.pixel(0, 0, 2, 8)] = f32::NAN;
        let elements = filter.as_slice::<f32>().expect("floats");
        let found = run(&case, &input, &filter, None);
        assert!(found.iter().any(|sum| sum.is_infinite()) && found.iter().any(|sum| sum.is_nan()));
        for (output, found) in found.into_iter().enumerate() {
            let expected = sum(&windows, case.filters, &input, elements, output);
            let both_nan = expected.is_nan() && found.is_nan();
            assert!(both_nan || found == expected, "{:?}: {output} is {found}, not {expected}", case.window);
        }
    }
}

#[test]
fn what_saves_nothing_does_not_suit() {
    let case = |images, channels, filters, window| Case { images, channels, filters, window, padding: SAME };
    for case in [
        case([1, 6, 6], 64, 64, [3, 3]),
        case([2, 32, 32], 31, 64, [3, 3]),
        case([2, 32, 32], 64, 47, [3, 3]),
        case([2, 32, 32], 127, 128, [1, 7]),
        case([2, 32, 32], 128, 127, [1, 7]),
        case([2, 32, 32], 512, 64, [3, 3]),
        case([2, 32, 32], 64, 64, [5, 5]),
        case([2, 32, 32], 64, 64, [1, 5]),
        case([2, 32, 32], 64, 64, [1, 1]),
    ] {
        assert_eq!(suiting(&case.windows(), case.filters), None, "{:?} of {:?}", case.window, case.images);
    }
}
