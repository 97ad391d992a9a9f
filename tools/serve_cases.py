"""Runs recorded cases of ops from TensorFlow's Python client on a server and in process; see tools/serve_parity.py.

Each case, with each of its dtypes, becomes a graph: its inputs are fed, its outputs fetched. Only what TensorFlow itself
answers counts, not what was recorded.
"""

import collections
import contextlib
import os
import re

import numpy as np
import tensorflow.compat.v1 as tf

import case_file
import case_run

# Ops whose cases end TensorFlow's own process with a failed check when sessions of other dtypes came before.
CRASHES = {"ResourceStridedSliceAssign"}
# What TensorFlow says where it has no kernel: nothing to compare with.
NO_KERNEL = ("Could not find device for node", "No OpKernel was registered", "Cannot assign a device")
# Cases that share a graph, at most.
BATCH = 40
VERDICTS = ("equal", "different", "not implemented", "no graph")


class Part(case_run.Graph):
    """The part of a graph that is one case."""

    def __init__(self, graph, number, runs):
        super().__init__(False, runs)
        self.graph, self.number = graph, number
        self.feeds, self.order = {}, []

    def __enter__(self):
        self.scope = contextlib.ExitStack()
        self.scope.enter_context(self.graph.as_default())
        self.scope.enter_context(tf.name_scope(f"case_{self.number}"))
        return self

    def run_in(self, session):
        """What a session gives for the case: arrays, or the failure and the node it names."""
        try:
            for _ in range(self.runs):
                fetched = session.run([self.tensors, self.order], self.feeds)
        except tf.errors.OpError as error:
            failure = case_run.failure(error)
            message = failure.message.removeprefix("From /job:localhost/replica:0/task:0:\n")
            # TensorFlow names the node that feeds the input, which is another one in each kind of session.
            message = re.sub(r"Shape of tensor \S+ \[", "Shape of tensor INPUT [", message)
            return case_run.Failure(failure.code, case_run.undecorated(message)), error.op and error.op.name
        return fetched[0]


def bound(case, word, dtype):
    applies = [number for kind, dtypes, number in case.bounds if kind == word and (not dtypes or dtype in dtypes)]
    return max(applies, default=0.0)


def near(case, dtype, a, b):
    """Whether two arrays are equal, as far as the case asks for it."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if case.shape_only:
        return True
    if a.dtype.kind == "O":
        return a.tolist() == b.tolist()
    if a.tobytes() == b.tobytes():
        return True
    if dtype not in case_file.COMPLEX:
        return near_reals(case, dtype, a, b, a, b)
    # Either part is as good as the larger one lets it be.
    scale = np.maximum(np.abs(a.real), np.abs(a.imag)), np.maximum(np.abs(b.real), np.abs(b.imag))
    return all(near_reals(case, dtype, x, y, *scale) for x, y in ((a.real, b.real), (a.imag, b.imag)))


def near_reals(case, dtype, a, b, *scale):
    wide = np.float64 if a.dtype.itemsize >= 4 else np.float32
    x, y = a.astype(wide), b.astype(wide)
    special = ~np.isfinite(x) | ~np.isfinite(y)
    if not np.array_equal(x[special], y[special], equal_nan=True):
        return False
    scale = [part.astype(np.float64)[~special] for part in scale]
    x, y = x[~special].astype(np.float64), y[~special].astype(np.float64)
    digits = {"float16": 10, "bfloat16": 7, "float32": 23, "complex64": 23, "float64": 52, "complex128": 52}
    if dtype not in digits:
        return bool((np.abs(x - y) <= bound(case, "abs", dtype)).all())
    _, exponents = np.frexp(np.maximum(*map(np.abs, scale)))
    ulp = np.ldexp(1.0, exponents - 1 - digits[dtype])
    return bool((np.abs(x - y) <= np.maximum(bound(case, "ulp", dtype) * ulp, bound(case, "abs", dtype))).all())


def add(graph, number, case, combo):
    """A case as a part of a graph, or why it is none."""
    with Part(graph, number, case.runs) as part:
        try:
            named = case_run.Run(case, combo).outputs(part)
        except (case_run.Failure, case_file.CaseError, TypeError, ValueError) as refused:
            return getattr(refused, "message", str(refused))
    part.named = [(n, tensor) for n, tensor in named if tensor.dtype.base_dtype not in (tf.resource, tf.variant)]
    part.tensors = [tensor for _, tensor in part.named]
    return part


def judge(case, part, ours, theirs):
    """A verdict, and what is behind it."""
    if isinstance(theirs, tuple) and theirs[0].message.startswith(NO_KERNEL):
        return "no graph", theirs[0].message
    if isinstance(ours, tuple) or isinstance(theirs, tuple):
        texts = [f"{r[0].code} at {r[1]}: {r[0].message}" if isinstance(r, tuple) else "values" for r in (ours, theirs)]
        if texts[0] == texts[1]:
            return "equal", ""
        missing = isinstance(ours, tuple) and ours[0].code == "Unimplemented" and ours[0].message.startswith("unsupported")
        return "not implemented" if missing else "different", f"ours {texts[0]!r}, TensorFlow {texts[1]!r}"
    for (name, tensor), got, want in zip(part.named, ours, theirs):
        got, want = np.asarray(got), np.asarray(want)
        if not near(case, tensor.dtype.base_dtype.name, got, want):
            texts = [f"{a.dtype}{list(a.shape)} {a.reshape(-1)[:8]}" for a in (got, want)]
            return "different", f"{name}: ours {texts[0]}, TensorFlow {texts[1]}"
    return "equal", ""


def run_all(parts, session):
    """What a session gives for each part, in one step where they all run."""
    parts = [part for part in parts if isinstance(part, Part)]
    if len(parts) > 1 and all(part.runs == 1 for part in parts):
        feeds = {name: value for part in parts for name, value in part.feeds.items()}
        try:
            return session.run([part.tensors for part in parts], feeds)
        except tf.errors.OpError:
            pass  # Which one of them fails is found below.
    return [part.run_in(session) for part in parts]


def verdicts(batch, target):
    """The verdicts on cases that share a graph and its sessions."""
    graph = tf.Graph()
    parts = [add(graph, number, case, combo) for number, (case, combo) in enumerate(batch)]
    config = tf.ConfigProto(isolate_session_state=True)
    with tf.Session(target, graph=graph, config=config) as ours, tf.Session(graph=graph) as theirs:
        results = zip(run_all(parts, ours), run_all(parts, theirs))
        return [
            ("no graph", part) if isinstance(part, str) else judge(case, part, *next(results))
            for (case, _), part in zip(batch, parts)
        ]


def batches(cases):
    """Cases with their dtypes, those that leave nothing behind several at a time."""
    shared = []
    for case in cases:
        stateful = any(case_run.OPS[call].is_stateful for call in case_run.Run(case, {}).calls)
        for combo in case.combinations():
            if stateful or case.fails or case.runs > 1:
                yield [(case, combo)]
                continue
            shared.append((case, combo))
            if len(shared) == BATCH:
                yield shared
                shared = []
    if shared:
        yield shared


def judged(cases, target):
    """Each case with its dtypes and its verdict."""
    for batch in batches(cases):
        found = verdicts(batch, target)
        for (case, combo), verdict in zip(batch, found):
            if verdict[0] not in ("equal", "no graph") and len(batch) > 1:
                # One case may stand in another's way.
                (verdict,) = verdicts([(case, combo)], target)
            yield case, combo, *verdict


def run(paths, target, only, verbose):
    """Runs the cases of all files, prints a table by directory, and gives the number of differences."""
    files = sorted(file for path in paths for file in (path.rglob("*.cases") if path.is_dir() else [path]))
    table, ops = collections.defaultdict(collections.Counter), collections.defaultdict(set)
    for file in files:
        family = os.path.relpath(file.parent, os.path.commonpath([os.path.dirname(f) for f in files]))
        cases = [case for case in case_file.parse(file.read_text())[1] if only in case.op and case.op not in CRASHES]
        for case, combo, verdict, why in judged(cases, target):
            table[family][verdict] += 1
            ops[family].add(case.op)
            if verdict != "equal" and (verdict != "no graph" or verbose):
                print(f"{verdict}: {case.op} {case.name}[{','.join(combo.values())}] {why[:500]}", flush=True)
    print(f"\n{'family':24} {'ops':>5} " + " ".join(f"{verdict:>15}" for verdict in VERDICTS))
    for family, counts in sorted(table.items()):
        print(f"{family:24} {len(ops[family]):5} " + " ".join(f"{counts[verdict]:15}" for verdict in VERDICTS))
    total = sum(table.values(), collections.Counter())
    count = len(set().union(*ops.values())) if ops else 0
    print(f"{'all':24} {count:5} " + " ".join(f"{total[verdict]:15}" for verdict in VERDICTS))
    return total["different"]
