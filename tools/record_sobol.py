"""Records the direction numbers of Sobol sequences: `record_sobol.py > crates/ops/random/src/sobol_directions.txt`.

A line for each dimension after the first: the coefficients of its primitive polynomial between the highest and the lowest, as
one number, then the first direction numbers, as many as the polynomial's degree. All are found from what `SobolSample` gives.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow as tf

DIMENSIONS = 1024
DIGITS = 30


def directions():
    """By digit, for each dimension, the number that the digit adds, with 30 bits behind the point."""
    found = []
    for digit in range(DIGITS):
        # Of the numbers' Gray code, 2**k has the digits k and k - 1; the first point stands at number 1.
        row = tf.math.sobol_sample(DIMENSIONS, 1, 2**digit - 1, tf.float64).numpy()[0]
        whole = [int(x * 2**DIGITS) for x in row]
        found.append([x ^ before for x, before in zip(whole, found[-1])] if found else whole)
    return list(zip(*found))


def follows(numbers, degree, inner):
    for i in range(degree, DIGITS):
        value = numbers[i - degree] ^ numbers[i - degree] >> degree
        for k in range(1, degree):
            if inner >> degree - 1 - k & 1:
                value ^= numbers[i - k]
        if value != numbers[i]:
            return False
    return True


for numbers in directions()[1:]:
    degree, inner = next((s, a) for s in range(1, 14) for a in range(2 ** (s - 1)) if follows(numbers, s, a))
    print(inner, *(numbers[i] >> DIGITS - 1 - i for i in range(degree)))
