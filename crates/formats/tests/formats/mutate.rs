//! Changing bytes at random, and trying readers on them.

use ferroflow_core::Result;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// A generator of numbers that look random (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// Numbers that are likely to be read as sizes and offsets.
const INTERESTING: [u64; 8] = [0, 1, 0x7f, 0x80, 0xffff, 0x7fff_ffff, 0x7fff_ffff_ffff_ffff, u64::MAX];

/// The bytes with a few changes.
fn mutated(original: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(bytes.len() + 1);
        match numbers.below(7) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, numbers.next() as u8),
            2 => {
                let end = (at + numbers.below(16)).min(bytes.len());
                bytes.drain(at..end);
            }
            3 => {
                let copy = bytes[at..(at + numbers.below(64)).min(bytes.len())].to_vec();
                let to = numbers.below(bytes.len() + 1);
                bytes.splice(to..to, copy);
            }
            4 => {
                let number = INTERESTING[numbers.below(INTERESTING.len())].to_le_bytes();
                let size = 1 << numbers.below(4);
                bytes.iter_mut().skip(at).take(size).zip(number).for_each(|(byte, new)| *byte = new);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << numbers.below(8);
                }
            }
        }
    }
    bytes
}

/// Tries a reader on changed bytes until the time is over.
pub(crate) fn fuzz(format: &str, corpus: &[Vec<u8>], read: impl Fn(&[u8]) -> Result<()>) {
    let setting = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<f64>().ok());
    let time = Duration::from_secs_f64(setting("FERROFLOW_FUZZ_SECONDS").unwrap_or(0.3));
    let first = setting("FERROFLOW_FUZZ_SEED").unwrap_or(1.0) as u64;
    for original in corpus {
        read(original).unwrap();
    }
    let (start, mut tried, mut refused) = (Instant::now(), 0u64, 0u64);
    while start.elapsed() < time || tried < 50 {
        let seed = first + tried;
        let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let original = &corpus[numbers.below(corpus.len())];
        let bytes = mutated(original, &mut numbers);
        let result = catch_unwind(AssertUnwindSafe(|| read(&bytes)));
        match result {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                refused += 1;
                assert!(!error.message().is_empty(), "{format}, seed {seed}: {error:?}");
            }
            Err(_) => panic!("{format}: a panic at seed {seed}"),
        }
        tried += 1;
    }
    #[allow(clippy::print_stdout, reason = "how far a long search has come")]
    {
        println!("{format}: {tried} files, {refused} refused");
    }
    assert!(refused > 0, "{format}: nothing of {tried} was refused");
}
