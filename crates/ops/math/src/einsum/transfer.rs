//! Elements carried from one array to another along axes of any steps: transposes, diagonals and sums in one walk.

use crate::segment::driver::Segmented;

/// An axis of the walk: its size, and how far a step along it goes in the source and in the target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) size: usize,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// Adds each element of `source` that the steps reach to the element of `target` it belongs to. Both are large enough
/// for the steps, and `target` holds zeros where nothing was added yet.
pub(super) fn transfer<T: Segmented>(source: &[T], target: &mut [T], steps: &[Step]) {
    if steps.iter().any(|step| step.size == 0) {
        return;
    }
    let (last, outer) = match steps.split_last() {
        Some((last, outer)) => (*last, outer),
        None => (Step { size: 1, from: 0, to: 0 }, steps),
    };
    let mut position = vec![0; outer.len()];
    let (mut from, mut to) = (0, 0);
    loop {
        let (mut source_at, mut target_at) = (from, to);
        for _ in 0..last.size {
            target[target_at] = target[target_at].sum(source[source_at]);
            source_at += last.from;
            target_at += last.to;
        }
        // The next position of the outer axes, the last of them fastest.
        let mut axis = outer.len();
        loop {
            let Some(next) = axis.checked_sub(1) else { return };
            axis = next;
            position[axis] += 1;
            from += outer[axis].from;
            to += outer[axis].to;
            if position[axis] < outer[axis].size {
                break;
            }
            from -= outer[axis].from * outer[axis].size;
            to -= outer[axis].to * outer[axis].size;
            position[axis] = 0;
        }
    }
}
