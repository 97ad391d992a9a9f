"""Lines of what Keras does, for the scripts that record it."""

import pathlib

import numpy as np

DATA = pathlib.Path(__file__).parent.parent / "crates/v2/tests/data"


def text(array):
    """The shape (`2,3`), a tab, the numbers."""
    array = np.asarray(array)
    shape = ",".join(str(size) for size in array.shape)
    return f"{shape}\t" + " ".join(repr(float(value)) for value in array.reshape(-1))


def error(case, make):
    """The line of a case that is refused."""
    try:
        make()
    except Exception as caught:  # every class is recorded
        return f"error\t{case}\t{type(caught).__name__}\t" + str(caught).replace("\n", "\\n")
    raise AssertionError(f"{case} is no error")


def write(name, lines):
    (DATA / name).write_text("\n".join(lines) + "\n")
