"""Records `.npy` and `.npz` files as NumPy writes and reads them, for crates/core/tests/npy_files.rs.

Needs NumPy 2.4 and ml_dtypes, as TensorFlow 2.21 brings them. Run as

    python tools/record_npy.py [OUTPUT_DIRECTORY]

`npy_files.txt` is a list of records of two or three lines:

    npy HEX                     the bytes of a file
    array DTYPE SHAPE ...       what is in it, in the notation of record_prints.py
    written HEX                 the bytes NumPy writes for that array, if others than those above

or, for a file that NumPy does not read,

    error TEXT                  NumPy's error
    error_start TEXT            what it begins with, where the rest quotes Python
    unsupported WORD            a file that NumPy reads and ferroflow does not; the error names this

and `npz/` holds archives, listed at the end as `npz NAME`, `member NAME` and `array ...`.
"""

import io
import os
import pathlib
import pickle
import struct
import sys
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import ml_dtypes
import numpy as np
from record_prints import array_line

BF16 = ml_dtypes.bfloat16


def saved(array, version=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return file.getvalue()


def with_header(header, data=b"", version=(1, 0)):
    """A file with a header of one's own."""
    header = header.encode("latin1")
    length = struct.pack("<H" if version[0] == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes(version) + length + header + data


def as_strings(array):
    """Strings as ferroflow holds them: bytes, text as UTF-8."""
    encode = (lambda text: text.encode()) if array.dtype.kind == "U" else bytes
    out = np.empty(array.shape, object)
    for index in np.ndindex(array.shape):
        out[index] = encode(array[index])
    return out


def readable():
    """Arrays that both sides read, and whether ferroflow writes the same bytes for them."""
    kinds = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]
    for kind in kinds:
        values = np.array([[0, 1, 2], [100, 5, 77]]).astype(kind)
        if values.dtype.kind in "fc":
            values = values / values.dtype.type(3)
        for array in [values, values[0], values[0, 1], values[:0], values[:, :0], values[None]]:
            yield saved(np.asarray(array)), array
        yield saved(np.asfortranarray(values)), values
        yield saved(np.asfortranarray(np.stack([values] * 4))), np.stack([values] * 4)
        swapped = values.astype(values.dtype.newbyteorder(">"))
        yield saved(swapped), values
        yield saved(np.asfortranarray(swapped)), values
        yield saved(values, (2, 0)), values
        yield saved(values, (3, 0)), values
    special = np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324])
    for kind in ["f2", "f4", "f8", "c8", "c16"]:
        with np.errstate(over="ignore", invalid="ignore"):
            yield saved(special.astype(kind)), special.astype(kind)
    for dtype in [np.int64, np.uint64]:
        info = np.iinfo(dtype)
        yield saved(np.array([info.min, info.max], dtype)), np.array([info.min, info.max], dtype)
    brain = np.array([[1.5, -2.25, np.nan], [np.inf, 3e38, -0.0]], BF16)
    yield saved(brain), brain
    yield saved(np.asfortranarray(brain)), brain
    yield saved(np.array(1.5, BF16)), np.array(1.5, BF16)
    yield saved(brain).replace(b"'<V2'", b"'|V2'"), brain
    rank = np.zeros([1] * 31 + [2], np.int8)
    yield saved(rank), rank
    ints = np.array([1, 2], np.int32)
    yield with_header("{'descr':'<i4','fortran_order':False,'shape':(2,)}", ints.tobytes()), ints
    yield with_header('{"shape": (2L,), "descr": "<i4", "fortran_order": False,}\n', ints.tobytes()), ints
    yield with_header("{'descr': '=i4', 'fortran_order': True, 'shape': (2, ), }", ints.tobytes(), (2, 0)), ints
    yield with_header("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", b"\x00\x02\xff"), np.array([False, True, True])
    yield saved(ints) + b"what follows", ints
    for strings in [
        np.array([b"ab", b"c", b""]),
        np.array([[b"a\x00b", b"\xff\xfe"], [b"x" * 20, b"'"]]),
        np.array(b"only"),
        np.array([b""]),
        np.zeros([0], "S5"),
        np.asfortranarray([[b"a", b"b"], [b"c", b"d"]]),
        np.array(["é→😀", "", "ab"]),
        np.array([["a"], ["bcd"]]),
        np.array("text"),
        np.array(["é", "ab"]).astype(">U2"),
        np.asfortranarray([["a", "b"], ["c", "d"]]),
    ]:
        yield saved(strings), as_strings(strings)
    for strings in [
        [b"a", b"bcd"],
        [["é", b"\xff\x00z"], ["", "é"]],
        b"only",
        [b"x" * 300] * 3,
        np.asfortranarray(np.array([[b"a", b"b", b"c"], [b"d", b"e", b"f"]], object)),
        np.zeros([2, 0], object),
    ]:
        array = np.array(strings, object, order="K")
        encoded = as_strings(np.vectorize(lambda text: text.encode() if isinstance(text, str) else text, otypes=[object])(array) if array.size else array)
        yield saved(array), encoded
    # As NumPy wrote them before version 2, and with the oldest protocol that has `bytes`.
    array = np.array([b"a", "b", b"a"], object)
    for protocol in [3, 5]:
        yield saved(array)[:128] + pickle.dumps(array, protocol=protocol), np.array([b"a", b"b", b"a"], object)


def unreadable():
    """Files that NumPy refuses."""
    good = saved(np.arange(6, dtype=np.int32))
    for length in [0, 3, 6, 7, 8, 9, 10, 11, 100, 127, 128, 129, 140, 151]:
        yield "error", good[:length]
    large = saved(np.arange(6, dtype=np.int32), (2, 0))
    for length in [9, 11, 12, 100, 150]:
        yield "error", large[:length]
    yield "error", b"PK\x03\x04 and more bytes"
    yield "error", b"\x93NUMPX\x01\x00 and more bytes"
    yield "error", good[:6] + b"\x04\x00" + good[8:]
    yield "error", good[:6] + b"\x01\x01" + good[8:]
    yield "error", with_header("{'descr': '<f4', 'fortran_order': False}")
    yield "error", with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}")
    yield "error", with_header("{}")
    yield "error", with_header("{'descr': 'q@', 'fortran_order': False, 'shape': (), }")
    yield "error", with_header("{'descr': '', 'fortran_order': False, 'shape': (), }")
    yield "error_start", with_header("{'descr': '<f4', 'fortran_order': False, 'shape': 3, }")
    yield "error_start", with_header("{'descr': '<f4', 'fortran_order': False, 'shape': [3], }")
    yield "error_start", with_header("{'descr': '<f4', 'fortran_order': 'no', 'shape': (3,), }")
    yield "error_start", with_header("{'descr': <f4}")
    yield "error_start", with_header(" " * 10001)


def unsupported():
    """Files that NumPy reads into dtypes of which TensorFlow has none."""
    yield "pickle", saved(np.array(["a", None], object))
    yield "structured", saved(np.ones(1, [("a", "f4"), ("b", "i8", (2,))]))
    yield "'<f16'", saved(np.ones(1, np.longdouble))
    yield "'<M8[D]'", saved(np.array(["2020-01-01"], "M8[D]"))
    yield "'|V3'", saved(np.zeros(1, "V3"))


def archives(directory):
    """Archives of several arrays, by name."""
    arrays = {
        "x": np.arange(6, dtype=np.float32).reshape(2, 3),
        "weights/kernel:0": np.array([[1, 2], [3, 4]], np.int64),
        "é": np.array(1.5),
        "empty": np.zeros([0, 3], bool),
        "text": np.array([b"a", b"bcd"]),
        "half": np.array([1, 2], np.float16),
        "brain": np.array([1.5, 2.5], BF16),
        "complex": np.array([1 + 2j], np.complex64),
        "many": np.arange(3000, dtype=np.int32) % 7,
    }
    np.savez(directory / "stored.npz", **arrays)
    np.savez_compressed(directory / "deflated.npz", **arrays)
    np.savez(directory / "empty.npz")
    np.savez(directory / "positional.npz", np.int8(1), np.zeros([2, 2]))
    # As other writers make them: no 64-bit fields, a descriptor behind the data, a comment, bytes in front.
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", saved(arrays["x"]))
        archive.comment = b"a comment"
    (directory / "comment.npz").write_bytes(stream.getvalue())

    class Unseekable(io.RawIOBase):
        def __init__(self):
            self.parts = []

        def writable(self):
            return True

        def write(self, part):
            self.parts.append(bytes(part))
            return len(part)

    unseekable = Unseekable()
    with zipfile.ZipFile(unseekable, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("x.npy", "w", force_zip64=True) as member:
            member.write(saved(arrays["x"]))
    (directory / "streamed.npz").write_bytes(b"".join(unseekable.parts))
    for path in sorted(directory.glob("*.npz")):
        yield f"npz {path.name}"
        with np.load(path) as archive:
            for name in archive.files:
                array = archive[name]
                if array.dtype == np.dtype("V2"):
                    array = array.view(BF16)
                yield f"member {name}"
                yield array_line(as_strings(array) if array.dtype.kind in "SU" else array)


def main():
    data = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "crates/core/tests/data"
    (data / "npz").mkdir(parents=True, exist_ok=True)
    lines = []
    for file, array in readable():
        array = np.asarray(array)
        stored = array.astype("S") if array.dtype == object and array.size else array
        stored = np.zeros(array.shape, "S1") if array.dtype == object and not array.size else stored
        written = saved(np.ascontiguousarray(stored).reshape(stored.shape))
        lines += [f"npy {file.hex()}", array_line(array)]
        if written != file:
            lines.append(f"written {written.hex()}")
    for kind, file in unreadable():
        try:
            array = np.lib.format.read_array(io.BytesIO(file))
            raise SystemExit(f"read after all: {file} as {array}")
        except (ValueError, TypeError, SyntaxError, EOFError) as error:
            text = str(error).split("\n")[0]
            lines += [f"npy {file.hex()}", f"{kind} {text.split(':')[0] if kind == 'error_start' else text}"]
    for word, file in unsupported():
        np.lib.format.read_array(io.BytesIO(file), allow_pickle=True)
        lines += [f"npy {file.hex()}", f"unsupported {word}"]
    lines += archives(data / "npz")
    (data / "npy_files.txt").write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} lines in {data / 'npy_files.txt'}")


if __name__ == "__main__":
    main()
