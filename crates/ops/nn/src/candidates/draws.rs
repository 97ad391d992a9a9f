//! Single random numbers as TensorFlow's samplers draw them.

use ferroflow_core::philox::Singles;

/// The numbers of a stream, in several types.
pub(crate) struct Draws(pub(crate) Singles);

impl Draws {
    /// 64 bits.
    fn bits(&mut self) -> u64 {
        let low = u64::from(self.0.next());
        low | u64::from(self.0.next()) << 32
    }

    /// A number in [0, 1), of 23 bits.
    pub(crate) fn float(&mut self) -> f32 {
        f32::from_bits(127 << 23 | self.0.next() & 0x7f_ffff) - 1.0
    }

    /// A number in [0, 1), of 52 bits.
    pub(crate) fn double(&mut self) -> f64 {
        let (high, low) = (self.0.next(), self.0.next());
        f64::from_bits(1023 << 52 | u64::from(high & 0xf_ffff) << 32 | u64::from(low)) - 1.0
    }

    /// A number below `end`, each as likely as the others: bits that would favour some are drawn again.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        if end.is_power_of_two() {
            return self.bits() & (end - 1);
        }
        let refused = u64::MAX % end.max(1) + 1;
        loop {
            let bits = self.bits();
            if bits >= refused {
                return bits % end.max(1);
            }
        }
    }

    /// The same from 32 bits.
    pub(crate) fn below_u32(&mut self, end: u32) -> u32 {
        if end.is_power_of_two() {
            return self.0.next() & (end - 1);
        }
        let refused = u32::MAX % end.max(1) + 1;
        loop {
            let bits = self.0.next();
            if bits >= refused {
                return bits % end.max(1);
            }
        }
    }
}
