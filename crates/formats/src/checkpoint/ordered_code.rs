//! The keys under which a checkpoint's table holds the slices of a partitioned tensor.

use super::slices::TensorSlice;

/// The key of one slice of the tensor `name`, in TensorFlow's order-preserving code.
pub(super) fn slice_key(name: &str, slice: &TensorSlice) -> Vec<u8> {
    let mut key = Vec::new();
    // The leading zero keeps these keys apart from the tensors' own, which are plain names.
    write_unsigned(&mut key, 0);
    write_string(&mut key, name.as_bytes());
    write_unsigned(&mut key, slice.extents().len() as u64);
    for extent in slice.extents() {
        let (start, length) =
            extent.as_ref().map_or((0, -1), |range| (range.start as i64, range.len() as i64));
        write_signed(&mut key, start);
        write_signed(&mut key, length);
    }
    key
}

/// A count of bytes, then that many, most significant first.
fn write_unsigned(key: &mut Vec<u8>, value: u64) {
    let bytes = value.to_be_bytes();
    let leading_zeros = (value.leading_zeros() / 8) as usize;
    key.push((bytes.len() - leading_zeros) as u8);
    key.extend(bytes.iter().skip(leading_zeros));
}

/// The bytes with 0x00 and 0xff escaped, so that the end mark is smaller than anything that may follow.
fn write_string(key: &mut Vec<u8>, text: &[u8]) {
    for &byte in text {
        match byte {
            0x00 => key.extend([0x00, 0xff]),
            0xff => key.extend([0xff, 0x00]),
            _ => key.push(byte),
        }
    }
    key.extend([0x00, 0x01]);
}

/// Big-endian bytes whose first bits say how many there are: `n` bytes hold `7n - 1` bits and the sign.
fn write_signed(key: &mut Vec<u8>, value: i64) {
    let magnitude = if value < 0 { !value } else { value };
    let bits = 64 - magnitude.leading_zeros() as usize;
    let length = bits / 7 + 1;
    // The sign, extended over two bytes more than an `i64` has: ten is the longest code.
    let mut bytes = [if value < 0 { 0xff } else { 0 }; 10];
    if let Some(low) = bytes.last_chunk_mut::<8>() {
        *low = value.to_be_bytes();
    }
    // `length` leading ones, the rest zeros, over the first two bytes.
    let marks = (!(0xffff_u32 >> length) & 0xffff) as u16;
    let mut marks = marks.to_be_bytes().into_iter();
    key.extend(bytes.iter().skip(10 - length).map(|byte| byte ^ marks.next().unwrap_or(0)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_as_tensorflow_writes_them() {
        // From `debug_string()` of TensorFlow's reader on the partitioned fixture.
        let slice = TensorSlice::new([Some(0..2), Some(3..5)]);
        assert_eq!(slice_key("columns/w", &slice), b"\x00columns/w\x00\x01\x01\x02\x80\x82\x83\x82");
    }

    #[test]
    fn signed_numbers_keep_their_order() {
        let mut numbers = vec![i64::MIN, -1_000_000, -65, -64, -1, 0, 1, 63, 64, 8191, 8192, i64::MAX];
        numbers.extend((0..62).map(|bit| 1 << bit));
        numbers.sort_unstable();
        numbers.dedup();
        let mut last = Vec::new();
        for number in numbers {
            let mut code = Vec::new();
            write_signed(&mut code, number);
            assert!(last < code, "{number}");
            last = code;
        }
    }
}
