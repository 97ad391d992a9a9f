//! The masked CRC-32C that guards TensorFlow's tables, checkpoints and records.

/// Added by the mask, after a rotation: a checksum stored inside checked data must not look like its own.
const MASK_DELTA: u32 = 0xa282_ead8;

/// The stored form of a CRC-32C.
pub(crate) fn mask(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(MASK_DELTA)
}

/// The CRC-32C of a stored form.
pub(crate) fn unmask(masked: u32) -> u32 {
    masked.wrapping_sub(MASK_DELTA).rotate_left(15)
}

/// The CRC-32C of these bytes, as it is stored.
pub(crate) fn masked_crc32c(bytes: &[u8]) -> u32 {
    mask(crc32c::crc32c(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masking_is_reversible() {
        for crc in [0, 1, 0x8a91_36aa, u32::MAX] {
            assert_eq!(unmask(mask(crc)), crc);
            assert_ne!(mask(crc), crc);
        }
    }
}
