//! Large pages for memory that serves again and again: kernels walk through more of it than the processor knows the small pages
//! of, and small pages that lie scattered push each other out of the caches.

/// Fewer elements are not worth a call of the system.
const MIN_BYTES: usize = 1 << 18;

/// Asks the system to move the pages of these elements to large pages, where it can do that; a few times at most, since to move
/// them takes a millisecond for each large page. What memory holds does not change, and nothing but speed depends on whether it is
/// moved.
pub fn prefer<T>(elements: &[T]) {
    if size_of_val(elements) >= MIN_BYTES {
        let start = elements.as_ptr().addr();
        #[cfg(target_os = "linux")]
        linux::collapse(start..start + size_of_val(elements));
        #[cfg(not(target_os = "linux"))]
        let _ = start;
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;
    use std::ops::Range;
    use std::ptr::without_provenance_mut;
    use std::sync::{Mutex, PoisonError};

    /// A large page, or a part of one where they are larger.
    const PAGE: usize = 1 << 21;
    /// Linux' number for it; not all C libraries have it.
    const MADV_COLLAPSE: libc::c_int = 25;
    /// How often to ask for one: a heap that grows may hold all of it later.
    const ASKED: u8 = 3;
    /// How often each was asked for, or `ASKED` where it was had.
    static PAGES: Mutex<BTreeMap<usize, u8>> = Mutex::new(BTreeMap::new());

    pub(super) fn collapse(addresses: Range<usize>) {
        let mut pages = PAGES.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut page, end) = (addresses.start / PAGE, addresses.end.div_ceil(PAGE));
        while page < end {
            let wanted = |page: &usize| pages.get(page).is_none_or(|asked| *asked < ASKED);
            // Neighbours in one call: each call waits for all processors.
            let count = (page..end).take_while(wanted).count();
            if count > 0 {
                let start = without_provenance_mut(page * PAGE);
                // Benefit: convolutional networks take a tenth less time. Soundness:
                #[allow(unsafe_code)]
                // SAFETY: this advice changes neither what memory holds nor what may be done to it; where there is none, it is
                // refused.
                let all = unsafe { libc::madvise(start, count * PAGE, MADV_COLLAPSE) } == 0;
                for page in page..page + count {
                    let asked = pages.entry(page).or_default();
                    *asked = if all { ASKED } else { *asked + 1 };
                }
            }
            page += count + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_stay_what_they_are() {
        // More than one large page, and ends that are shared with others.
        let elements: Vec<u32> = (0..1 << 20).collect();
        for range in [0..0, 3..5, 1..elements.len() - 1, 0..elements.len()] {
            prefer(&elements[range]);
            assert!(elements.iter().enumerate().all(|(index, element)| index as u32 == *element));
        }
    }
}
