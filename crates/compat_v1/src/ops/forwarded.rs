//! Functions that are the same in v1 and v2.

use super::forward::forward;
use ferroflow_core::operators;
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;
use ferroflow_ops_nn as nn;

forward! { operators {
    /// `x + y`.
    add(x, y);
    /// `x - y`.
    subtract(x, y);
    /// `x * y`.
    multiply(x, y);
    /// `x / y` as Python 3 divides.
    truediv(x, y);
    /// The remainder with the sign of `y`.
    floormod(x, y);
    /// `-x`.
    negative(x);
    /// Whether both are true.
    logical_and(x, y);
    /// Whether either is true.
    logical_or(x, y);
    /// Whether it is false.
    logical_not(x);
} }

forward! { math {
    /// The absolute value.
    abs(x);
    /// The sign.
    sign(x);
    /// The square.
    square(x);
    /// The square root.
    sqrt(x);
    /// One over the square root.
    rsqrt(x);
    /// e to the power of `x`.
    exp(x);
    /// The natural logarithm.
    log(x);
    /// The natural logarithm of one more than `x`.
    log1p(x);
    /// The sine.
    sin(x);
    /// The cosine.
    cos(x);
    /// The hyperbolic tangent.
    tanh(x);
    /// The logistic function.
    sigmoid(x);
    /// The largest whole number that is not larger.
    floor(x);
    /// The smallest whole number that is not smaller.
    ceil(x);
    /// The nearest whole number, the even one of two.
    round(x);
    /// The quotient, rounded down.
    floordiv(x, y);
    /// `x` to the power of `y`.
    pow(x, y);
    /// The larger one.
    maximum(x, y);
    /// The smaller one.
    minimum(x, y);
    /// The square of the difference.
    squared_difference(x, y);
    /// Whether both are equal.
    equal(x, y);
    /// Whether both differ.
    not_equal(x, y);
    /// Whether `x` is less.
    less(x, y);
    /// Whether `x` is less, or equal.
    less_equal(x, y);
    /// Whether `x` is greater.
    greater(x, y);
    /// Whether `x` is greater, or equal.
    greater_equal(x, y);
} }

forward! { array {
    /// The tensor itself, under another name.
    identity(input);
    /// The tensor, past which no gradient flows.
    stop_gradient(input);
    /// The elements in another shape.
    reshape(tensor, shape);
    /// The tensor repeated along its axes.
    tile(input, multiples);
    /// A tensor of this shape, filled with a value.
    fill(dims, value);
    /// A part of the tensor.
    slice(input, begin, size);
    /// The tensor backwards along axes.
    reverse(tensor, axis);
    /// Slices picked by index vectors.
    gather_nd(params, indices);
} }

forward! { nn {
    /// The value where it is positive, else 0.
    relu(features);
} }
