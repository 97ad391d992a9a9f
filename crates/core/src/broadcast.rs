//! `BroadcastPlan`: how two operands are walked to fill a broadcast output.

use crate::Shape;
use smallvec::SmallVec;

/// Two operands that broadcast against each other, reduced to as few dimensions as the walk needs.
///
/// Neighbouring dimensions that both operands walk alike are one. The innermost is a run of `inner` elements, along
/// which each operand advances by 0 or 1.
pub struct BroadcastPlan {
    /// Sizes of the outer dimensions and the steps of the two operands along them, outermost first.
    outer: SmallVec<[(usize, usize, usize); 4]>,
    /// Elements of a run.
    pub inner: usize,
    /// The left operand's step along a run: 0 or 1.
    pub left_step: usize,
    /// The right operand's step along a run: 0 or 1.
    pub right_step: usize,
}

impl BroadcastPlan {
    /// A plan for operands of shapes that broadcast to `output`.
    pub fn new(left: &Shape, right: &Shape, output: &Shape) -> BroadcastPlan {
        let mut dims: SmallVec<[(usize, usize, usize); 6]> = SmallVec::new();
        let (mut left_stride, mut right_stride) = (1, 1);
        for axis in (0..output.rank()).rev() {
            let size = output[axis];
            let of = |shape: &Shape| {
                (axis + shape.rank()).checked_sub(output.rank()).map_or(1, |axis| shape[axis])
            };
            let (left_size, right_size) = (of(left), of(right));
            let left_step = if left_size == 1 { 0 } else { left_stride };
            let right_step = if right_size == 1 { 0 } else { right_stride };
            left_stride *= left_size;
            right_stride *= right_size;
            if size == 1 {
                continue;
            }
            // A dimension continues the one inside it when both operands step over exactly what that one covers.
            match dims.last_mut() {
                Some((inner, l, r)) if left_step == *l * *inner && right_step == *r * *inner => {
                    *inner *= size
                }
                _ => dims.push((size, left_step, right_step)),
            }
        }
        let (inner, left_step, right_step) = if dims.is_empty() { (1, 0, 0) } else { dims.remove(0) };
        BroadcastPlan { outer: dims.into_iter().rev().collect(), inner, left_step, right_step }
    }

    /// Whether the whole output is one run.
    pub fn is_one_run(&self) -> bool {
        self.outer.is_empty()
    }

    /// Calls `run(left, right)` with the operands' offsets for each run from the `first`, `count` of them.
    pub fn for_runs(&self, first: usize, count: usize, mut run: impl FnMut(usize, usize)) {
        if count == 0 {
            return;
        }
        let mut position: SmallVec<[usize; 4]> = SmallVec::from_elem(0, self.outer.len());
        let (mut left, mut right, mut rest) = (0, 0, first);
        for (axis, &(size, left_step, right_step)) in self.outer.iter().enumerate().rev() {
            position[axis] = rest % size;
            rest /= size;
            left += position[axis] * left_step;
            right += position[axis] * right_step;
        }
        for _ in 0..count {
            run(left, right);
            for (axis, &(size, left_step, right_step)) in self.outer.iter().enumerate().rev() {
                position[axis] += 1;
                left += left_step;
                right += right_step;
                if position[axis] < size {
                    break;
                }
                position[axis] = 0;
                left -= left_step * size;
                right -= right_step * size;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(left: &[usize], right: &[usize]) -> Vec<(usize, usize)> {
        let shape = |dims: &[usize]| Shape::new(dims).expect("small");
        let (left, right) = (shape(left), shape(right));
        let output = left.broadcast(&right).expect("compatible");
        let plan = BroadcastPlan::new(&left, &right, &output);
        let mut all = Vec::new();
        plan.for_runs(0, output.num_elements() / plan.inner, |l, r| {
            for k in 0..plan.inner {
                all.push((l + k * plan.left_step, r + k * plan.right_step));
            }
        });
        all
    }

    #[test]
    fn every_output_element_meets_its_operands() {
        assert_eq!(offsets(&[2, 3], &[3]), [(0, 0), (1, 1), (2, 2), (3, 0), (4, 1), (5, 2)]);
        assert_eq!(offsets(&[2, 1], &[1, 3]), [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]);
        assert_eq!(offsets(&[2, 1, 2], &[1, 2, 1]).len(), 8);
        assert_eq!(offsets(&[], &[2]), [(0, 0), (0, 1)]);
    }
}
