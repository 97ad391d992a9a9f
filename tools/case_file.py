"""Reads and rewrites `*.cases` files: the inputs of an op's cases and what TensorFlow answered.

The grammar is that of tests/harness (its README holds the description for authors). Everything an
author writes is kept as it stands; only the recorded lines (`RECORDED`) change.
"""

import re
from dataclasses import dataclass, field

import ml_dtypes
import numpy as np

RECORDED = ("out", "error", "static", "shape_error", "dgrad")

NUMPY = {
    "bool": np.bool_, "string": object,
    "float16": np.float16, "float32": np.float32, "float64": np.float64, "bfloat16": ml_dtypes.bfloat16,
    "float8_e5m2": ml_dtypes.float8_e5m2, "float8_e4m3fn": ml_dtypes.float8_e4m3fn,
    "complex64": np.complex64, "complex128": np.complex128,
    "int4": ml_dtypes.int4, "uint4": ml_dtypes.uint4,
    **{f"{sign}int{bits}": np.dtype(f"{sign}int{bits}").type for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "qint8": np.int8, "quint8": np.uint8, "qint16": np.int16, "quint16": np.uint16, "qint32": np.int32,
}  # fmt: skip
FLOATS = ("float16", "bfloat16", "float32", "float64", "float8_e5m2", "float8_e4m3fn")
COMPLEX = ("complex64", "complex128")
DIFFERENTIABLE = ("float16", "bfloat16", "float32", "float64", "complex64", "complex128")

# Outputs longer than this are recorded as every k-th element.
FULL_LIMIT = 1024
SAMPLES = 256


class CaseError(Exception):
    """A line an author has to correct."""


@dataclass
class Call:
    """A `let`/`do`/`then` step: an op run before or after the one under test."""

    name: str | None
    op: str
    args: list
    attrs: list
    line: int


@dataclass
class Case:
    op: str
    name: str
    line: int
    variables: list = field(default_factory=list)  # [(variable, [dtype, ...])]
    attrs: list = field(default_factory=list)  # [(name, text)]
    inputs: list = field(default_factory=list)  # [(name, ("ref", text) | (dtype, shape, values))]
    before: list = field(default_factory=list)
    after: list = field(default_factory=list)
    grads: list = field(default_factory=list)
    bounds: list = field(default_factory=list)  # [("ulp" or "abs", {dtype, ...} or None for all, number)]
    shape_only: bool = False
    no_static: bool = False
    mode: str = "eager"
    runs: int = 1
    fails: bool = False  # as it was recorded, with one of its dtypes at least
    last_line: int = 0

    def combinations(self):
        """Every assignment of dtypes to the template's variables, the last varying fastest."""
        combos = [{}]
        for variable, dtypes in self.variables:
            combos = [{**combo, variable: dtype} for combo in combos for dtype in dtypes]
        return combos


def strip_comment(line):
    quoted = escaped = False
    for at, char in enumerate(line):
        if escaped:
            escaped = False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == "#" and not quoted and (at == 0 or line[at - 1].isspace()):
            return line[:at]
    return line


def split_top(text, separator):
    """Splits at separators outside brackets and strings."""
    parts, depth, quoted, start, at = [], 0, False, 0, 0
    while at < len(text):
        char = text[at]
        if quoted:
            if char == "\\":
                at += 1
            elif char == '"':
                quoted = False
        elif char == '"':
            quoted = True
        elif char in "([<":
            depth += 1
        elif char in ")]>":
            depth -= 1
        elif char == separator and depth == 0:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    parts.append(text[start:])
    return [part.strip() for part in parts]


TYPED = re.compile(r"^(\w+)\[([^\]]*)\]\s*(.*)$", re.S)


def typed_value(text, line):
    """`T[2,3] 1 2 ...` as (dtype, shape, values)."""
    match = TYPED.match(text)
    if not match:
        raise CaseError(f"{line}: expected DTYPE[SHAPE] VALUES, found {text!r}")
    dims = [int(dim) for dim in match[2].split(",") if dim.strip()]
    return match[1], dims, match[3].strip()


def parse_call(text, line):
    match = re.match(r"^(?:(\w+)\s*=\s*)?([\w>]+)\((.*)\)$", text, re.S)
    if not match:
        raise CaseError(f"{line}: expected [NAME =] OP(ARGS; ATTRS), found {text!r}")
    head, *tail = split_top(match[3], ";")
    args = [parse_arg(arg, line) for arg in split_top(head, ",") if arg]
    attrs = []
    for attr in split_top(";".join(tail), ","):
        if attr:
            name, _, value = attr.partition("=")
            attrs.append((name.strip(), value.strip()))
    return Call(match[1], match[2], args, attrs, line)


def parse_arg(text, line):
    if text.startswith("$"):
        return ("ref", text[1:])
    if text.startswith("["):
        return [parse_arg(arg, line) for arg in split_top(text[1:-1], ",") if arg]
    return typed_value(text, line)


def parse(text):
    """The lines as they stand, and the cases."""
    lines, cases, op, case = text.split("\n"), [], None, None
    for number, raw in enumerate(lines, 1):
        line = strip_comment(raw).strip()
        if not line:
            continue
        word, _, rest = line.partition(" ")
        word, rest = word.split("[")[0], rest.strip()
        if word == "op":
            op, case = rest, None
            continue
        if word == "case":
            if op is None:
                raise CaseError(f"{number}: a case before any `op`")
            case = Case(op, "", number)
            name, *templates = re.split(r"\s+for\s+", rest)
            case.name = name.strip()
            for template in templates:
                variable, found, dtypes = template.partition(" in ")
                if not found:
                    raise CaseError(f"{number}: expected `for T in DTYPE ...`")
                case.variables.append((variable.strip(), dtypes.split()))
            if any(other.op == op and other.name == case.name for other in cases):
                raise CaseError(f"{number}: a second case {case.name!r} of {op}")
            cases.append(case)
        elif case is None:
            raise CaseError(f"{number}: {word!r} outside a case")
        elif word == "attr":
            name, _, value = rest.partition("=")
            case.attrs.append((name.strip(), value.strip()))
        elif word == "in":
            match = re.match(r"^([\w.]+)\s*(:|=)\s*(.*)$", rest, re.S)
            if not match:
                raise CaseError(f"{number}: expected `in NAME: DTYPE[SHAPE] = VALUES` or `in NAME = $REF`")
            if match[2] == "=":
                case.inputs.append((match[1], ("ref", match[3].lstrip("$"))))
            else:
                kind, _, values = match[3].partition("=")
                dtype, shape, _ = typed_value(kind.strip(), number)
                case.inputs.append((match[1], (dtype, shape, values.strip())))
        elif word in ("let", "do"):
            case.before.append(parse_call(rest, number))
        elif word == "then":
            case.after.append(parse_call(rest, number))
        elif word == "grad":
            case.grads += rest.split()
        elif word == "check":
            if rest not in ("shape", "no_differences", "no_static"):
                raise CaseError(f"{number}: unknown check {rest!r}")
            case.shape_only |= rest == "shape"
            case.no_static |= rest == "no_static"
        elif word == "mode":
            case.mode = rest
        elif word == "runs":
            case.runs = int(rest)
        elif word in RECORDED:
            case.fails |= word == "error"
            continue
        elif word in ("ulp", "abs"):
            dtypes, bound = re.fullmatch(r"\w+(?:\[([^\]]*)\])?\s+(\S+)", line).groups()
            case.bounds.append((word, dtypes and set(dtypes.split()), float(bound)))
        elif word not in ("grad_ulp", "grad_abs"):
            raise CaseError(f"{number}: unknown word {word!r}")
        case.last_line = number
    return lines, cases


def rewrite(lines, cases, recorded):
    """The file's text with each case's recorded lines replaced by `recorded[index of the case]`."""
    after = {case.last_line: index for index, case in enumerate(cases)}
    out = []
    for number, raw in enumerate(lines, 1):
        if raw.strip().split(" ")[0].split("[")[0] not in RECORDED:
            out.append(raw)
        if number in after:
            out += ["  " + line for line in recorded[after[number]]]
    return "\n".join(out)


# --- values


def splitmix64(seed):
    state = seed & 0xFFFFFFFFFFFFFFFF
    while True:
        state = (state + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
        yield z ^ (z >> 31)


def generate(name, args, count):
    """The numbers of a generator, as Python ints or floats."""
    exact = [int(arg) if re.fullmatch(r"[+-]?\d+", arg) else float(arg) for arg in args]
    if name == "uniform":
        seed, low, high = exact
        draws = splitmix64(seed)
        return [low + (next(draws) >> 11) * 2.0**-53 * (high - low) for _ in range(count)]
    if name == "ints":
        seed, low, high = exact
        draws = splitmix64(seed)
        return [low + next(draws) % (high - low) for _ in range(count)]
    if name == "range":
        start, step = exact
        return [start + index * step for index in range(count)]
    if name == "shuffle":
        (seed,) = exact
        draws, items = splitmix64(seed), list(range(count))
        for index in range(count - 1, 0, -1):
            other = next(draws) % (index + 1)
            items[index], items[other] = items[other], items[index]
        return items
    raise CaseError(f"unknown generator @{name}")


TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|@\w+\([^)]*\)|[^\s"]+')
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


def unquote(token):
    def escape(match):
        text = match[1]
        return chr(int(text[1:], 16)) if text[0] == "x" else ESCAPES[text]

    # UTF-8 first, so that escapes stand for single bytes.
    text = token[1:-1].encode().decode("latin-1")
    return re.sub(r"\\(x[0-9a-fA-F]{2}|.)", escape, text).encode("latin-1")


def scalar(token, dtype):
    if dtype == "string":
        return unquote(token) if token.startswith('"') else token.encode()
    if token in ("true", "false"):
        token = "1" if token == "true" else "0"
    if dtype in COMPLEX:
        return complex(token)
    if dtype in FLOATS:
        return float(token)
    if re.fullmatch(r"[+-]?\d+", token):
        return int(token)
    value = complex(token) if token.endswith("j") else float(token)
    return bool(value) if dtype == "bool" else int(value.real)


def values(text, dtype, shape):
    """The NumPy array of `text`; integers wrap, floats narrower than 32 bits round through float32."""
    if dtype not in NUMPY:
        raise CaseError(f"dtype {dtype!r} has no literals")
    count = int(np.prod(shape, dtype=np.int64))
    tokens = TOKEN.findall(text)
    if len(tokens) == 1 and tokens[0].startswith("@"):
        name, args = re.fullmatch(r"@(\w+)\((.*)\)", tokens[0]).groups()
        args = [arg.strip() for arg in args.split(",") if arg.strip()]
        if name == "fill":
            items = [scalar(args[0], dtype)] * count
        elif dtype in COMPLEX and name in ("uniform", "ints"):
            flat = generate(name, args, 2 * count)
            items = [complex(re, im) for re, im in zip(flat[::2], flat[1::2])]
        else:
            items = generate(name, args, count)
    else:
        items = [scalar(token, dtype) for token in tokens]
    if len(items) != count:
        raise CaseError(f"{len(items)} values for shape {shape}")
    return array(items, dtype).reshape(shape)


def array(items, dtype):
    kind = np.dtype(NUMPY[dtype])
    if dtype == "string":
        out = np.empty(len(items), object)
        out[:] = [item if isinstance(item, bytes) else str(item).encode() for item in items]
        return out
    if dtype == "bool":
        return np.array([bool(item) for item in items], np.bool_)
    if dtype in COMPLEX:
        return np.array(items, np.complex128).astype(kind)
    if dtype == "float64":
        return np.array(items, np.float64)
    if dtype in FLOATS:
        with np.errstate(over="ignore"):
            return np.array(items, np.float64).astype(np.float32).astype(kind)
    bits = 4 if dtype.endswith("int4") else 8 * kind.itemsize
    wrapped = [int(item) & ((1 << bits) - 1) for item in items]
    if not dtype.lstrip("q").startswith("u"):
        wrapped = [item - (1 << bits) if item >> (bits - 1) else item for item in wrapped]
    return np.array(wrapped, np.int64 if kind != np.uint64 else np.uint64).astype(kind)


def quote(data):
    out = []
    for byte in data:
        if byte in b'"\\':
            out.append("\\" + chr(byte))
        else:
            out.append(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}")
    return '"' + "".join(out) + '"'


def float_text(value, kind):
    """The shortest text that reads back to the same bits through float64."""
    if np.isnan(value):
        return "nan"
    if np.isinf(value):
        return "-inf" if value < 0 else "inf"
    text = str(np.float64(value) if kind == np.float64 else np.float32(value)).removesuffix(".0")
    if kind == np.float32 and np.float32(float(text)) != value:
        text = repr(float(value))
    return text


def item_text(value, dtype):
    if dtype == "string":
        return quote(value)
    if dtype == "bool":
        return "true" if value else "false"
    if dtype in COMPLEX:
        kind = np.float32 if dtype == "complex64" else np.float64
        imag = float_text(value.imag, kind)
        return float_text(value.real, kind) + ("" if imag.startswith("-") else "+") + imag + "j"
    if dtype in FLOATS:
        return float_text(value, np.float64 if dtype == "float64" else np.float32)
    return str(int(value))


def values_text(data, dtype):
    flat = data.reshape(-1)
    if flat.size > FULL_LIMIT:
        step = (flat.size // SAMPLES) | 1
        prefix, flat = f"@every({step}) ", flat[::step]
    else:
        prefix = ""
    texts = [item_text(value, dtype) for value in flat]
    if len(texts) > 4 and len(set(texts)) == 1 and not prefix:
        return f"@fill({texts[0]})"
    return prefix + " ".join(texts)
