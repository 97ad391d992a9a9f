"""Records what NumPy's assertions say of arrays that differ, for the tests of crates/testing.

    python tools/record_assertions.py

A case is three lines `actual`, `desired` (dtype, shape and elements in hexadecimal, tab separated) and `call`, and the
message behind them, each line indented by two spaces.
"""

import pathlib

import numpy as np

# Elements that float32 holds exactly: NumPy shows others with the digits of float64.
MANY = (np.arange(20).reshape(4, 5) % 7 - 3) / 8
CASES = [
    ("close", [[1, 2.5], [3, 4]], [[1, 2], [3, 4.5]], np.float32, dict(rtol=1e-6, atol=0)),
    ("close", 1.5, 1.25, np.float64, dict(rtol=0, atol=0.125)),
    ("close", [1.0, 2, 3], [1.0, 2, 3.125], np.float32, dict(rtol=1e-6, atol=1e-6)),
    ("close", MANY, MANY + 0.25, np.float32, dict(rtol=1e-3, atol=1e-7)),
    ("close", np.arange(2000.0), np.arange(2000.0) * (np.arange(2000) != 1234), np.float64, dict(rtol=1e-7, atol=0)),
    ("close", [1, 20, 3], [1, 2, 4], np.int32, dict(rtol=0.1, atol=1)),
    ("close", [1 + 1j, 2], [1 + 1j, 2 - 3j], np.complex64, dict(rtol=1e-6, atol=0)),
    ("close", [1.0, 0.0], [1.0, 0.0625], np.float32, dict(rtol=1e-6, atol=0)),
    ("close", [0.5, 1.0], [0.0, 1.0], np.float32, dict(rtol=1e-6, atol=0)),
    ("close", [1.0, 2.0], [1.0, 2.0, 3.0], np.float32, dict(rtol=1e-7, atol=0)),
    ("close", [[1.0, 2.0]], [1.0, 2.0], np.float64, dict(rtol=1e-7, atol=0)),
    ("equal", [1, 2, 5], [1, 2, 3], np.int64, {}),
    ("equal", [[1, 2], [5, 4]], [[1, 9], [3, 4]], np.uint8, {}),
    ("equal", [True, False], [True, True], np.bool_, {}),
    ("equal", [1.5, 2.5], [1.5, 2.25], np.float32, {}),
    ("equal", [1, 2], [[1], [2]], np.int32, {}),
]


def text(array):
    return f"{array.dtype.name}\t[{','.join(map(str, array.shape))}]\t{array.tobytes().hex()}"


def main():
    blocks = []
    for kind, actual, desired, dtype, bounds in CASES:
        actual, desired = np.asarray(actual, dtype), np.asarray(desired, dtype)
        check = np.testing.assert_allclose if kind == "close" else np.testing.assert_array_equal
        try:
            check(actual, desired, **bounds)
            raise SystemExit(f"no difference between {actual} and {desired}")
        except AssertionError as error:
            message = str(error).removeprefix("\n")
        call = "\t".join([kind, *(repr(float(bounds[key])) for key in ["rtol", "atol"] if key in bounds)])
        lines = [f"actual\t{text(actual)}", f"desired\t{text(desired)}", f"call\t{call}"]
        blocks.append("\n".join(lines + [f"  {line}" for line in message.split("\n")]) + "\n")
    out = pathlib.Path(__file__).resolve().parent.parent / "crates" / "testing" / "tests" / "data" / "assertions.txt"
    out.write_text("".join(blocks))


if __name__ == "__main__":
    main()
