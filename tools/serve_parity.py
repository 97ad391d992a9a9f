"""Compares sessions on our server with sessions in TensorFlow's own process, from TensorFlow's Python client.

    python tools/serve_parity.py [--ferroflow PATH | --target grpc://HOST:PORT] [--only TEXT] [--cases [PATH...]] [--verbose]

Starts `ferroflow serve` on loopback (or takes a server that runs), runs the programs of tools/serve_programs.py and
its neighbours on it and in process, and prints a line for each: `equal` to the session in this process;
`as TF's server` where sessions on a server differ from those in process, and ours does what TensorFlow's server does
(tools/cluster.py starts one; --no-tf-server does without); `not implemented` where ours says so of an op or dtype;
`different`. With --cases it does the same with recorded
`*.cases` files, a graph for each case. Exits 1 when anything is different. Needs TensorFlow 2.21.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import numpy as np
import tensorflow.compat.v1 as tf

ROOT = pathlib.Path(__file__).resolve().parent.parent
# How far floats may be off, relative and absolute: kernels add in another order.
TOLERANCES = {"float16": 2e-3, "bfloat16": 2e-2, "float32": 2e-5, "complex64": 2e-5}
TOLERANCE = 1e-9


# --- what programs show


def plain(value):
    """A value as lists, arrays and texts that compare."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)) or hasattr(value, "_fields"):
        return [plain(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value)
    return value


def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray):
        return same_array(a, b)
    if isinstance(a, float):
        return bool(np.isclose(a, b, TOLERANCES["float32"], TOLERANCES["float32"], equal_nan=True))
    return a == b


def same_array(a, b, bound=None):
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    name = a.dtype.name
    wide = {"bfloat16": np.float32, "float16": np.float32, "float8_e5m2": np.float32, "float8_e4m3fn": np.float32}
    if name in wide:
        a, b = a.astype(np.float32), b.astype(np.float32)
    if a.dtype.kind in "fc":
        bound = TOLERANCES.get(name, TOLERANCE) if bound is None else bound
        return bool(np.allclose(a, b, bound, bound, equal_nan=True))
    return a.tobytes() == b.tobytes() if a.dtype.kind != "O" else a.tolist() == b.tolist()


def told(error, text=True):
    """An error as its class, the operation it names, and its message without where it was found."""
    if not isinstance(error, tf.errors.OpError):
        return [type(error).__name__, str(error).split("\n")[0] if text else ""]
    if not text:
        return [type(error).__name__]
    message = error.message
    message = re.sub(r"^Graph execution error:\s*", "", message)
    message = re.sub(r"^Detected at node .*?\n(?=Node: )", "", message, flags=re.S)
    message = re.sub(r"^(Node: [^\n]*\n)+", "", message)
    message = re.sub(r"\n\nOriginal stack trace.*$", "", message, flags=re.S)
    message = re.sub(r"From /job:[^\n]*:\n", "", message)
    message = re.sub(r"Additional GRPC error information.*$", "", message, flags=re.S)
    # TensorFlow names the node that feeds the input, which is another one in each kind of session.
    message = re.sub(r"Shape of tensor \S+ \[", "Shape of tensor INPUT [", message)
    message = re.sub(r"0x[0-9a-f]+", "ADDRESS", message)
    return [type(error).__name__, error.op.name if error.op is not None else None, message.strip()]


class Target:
    """Where a program's sessions run, and what it has shown so far."""

    def __init__(self, target, number):
        self.target, self.number, self.shown = target, number, {}

    def session(self, **kwargs):
        return tf.Session(self.target, **kwargs)

    def unique(self, name):
        """A name that no other program has given to what sessions share."""
        return f"{name}_{os.getpid()}_{self.number}"

    def show(self, label, value):
        self.shown[label] = plain(value)

    def fails(self, label, call, text=True):
        """Shows the error of a call, its message only where `text`: what hangs on addresses or on timing does not."""
        try:
            value = call()
        except Exception as error:  # noqa: BLE001: whatever comes is what is compared
            self.shown[label] = told(error, text)
        else:
            self.shown[label] = ["no error", plain(value)]


def run_program(function, target, number):
    """What a program shows, its end among it."""
    place = Target(target, number)
    if target:
        # What earlier programs left in the server is not this one's.
        tf.Session.reset(target, ["localhost", "apart"])
    with tf.Graph().as_default():
        try:
            function(place)
        except Exception as error:  # noqa: BLE001: a program that ends early has shown that
            place.shown["ended early"] = told(error)
    return place.shown


def short(value):
    if isinstance(value, np.ndarray):
        value = f"{value.dtype}{list(value.shape)} {value.tolist()}"
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) < 400 else text[:400] + "..."


def is_unsupported(shown):
    """Whether this is the error for what ferroflow does not have."""
    is_error = isinstance(shown, list) and len(shown) == 3 and shown[0] == "UnimplementedError"
    return is_error and shown[2].startswith("unsupported ")


def compare(found, expected, server):
    """A verdict and the lines that explain it."""
    different, as_server, missing = [], [], []
    for label in {**expected, **found}:
        got, want = found.get(label, "nothing"), expected.get(label, "nothing")
        if same(got, want):
            continue
        if server is not None and same(got, server.get(label, "nothing")):
            as_server.append(label)
            continue
        if is_unsupported(got):
            missing.append(f"    {label}: {got[2]}".split("\n")[0])
            continue
        lines = [f"    {label}:", f"      ours       {short(got)}", f"      in process {short(want)}"]
        if server is not None:
            lines.append(f"      TF server  {short(server.get(label, 'nothing'))}")
        different += lines
    if different:
        return "different", different + missing
    if missing:
        return "not implemented", missing
    return ("as TF's server", [f"    {', '.join(as_server)}"]) if as_server else ("equal", [])


# --- servers


def start_ours(binary):
    command = [str(binary), "serve", "--bind", "127.0.0.1:0", "--log", "off"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    if not line.startswith("listening on "):
        sys.exit(f"error: {binary} does not serve: {line!r}")
    return process, "grpc://" + line.split()[-1]


def start_tensorflow():
    command = [sys.executable, str(ROOT / "tools" / "cluster.py"), "localhost=1"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    target = None
    for line in process.stdout:
        if line == "ready\n":
            return process, target
        target = "grpc://" + line.split()[2]
    sys.exit("error: tools/cluster.py has failed")


def stop(process):
    if process is not None:
        if process.stdin:
            process.stdin.close()
        else:
            process.terminate()
        process.wait(60)


def run_programs(args, target):
    import serve_programs
    import serve_state, serve_models, serve_requests, serve_tensors  # noqa: E401, F401: they add their programs to the first

    chosen = {name: run for name, run in serve_programs.PROGRAMS.items() if args.only in name}
    tf_server, server_target = start_tensorflow() if args.tf_server else (None, None)
    counts = {}
    try:
        for number, (name, function) in enumerate(chosen.items()):
            ours = run_program(function, target, number)
            theirs = run_program(function, server_target, number) if server_target else None
            # What only servers do is compared with TensorFlow's alone.
            process = run_program(function, "", number) or theirs or {}
            verdict, lines = compare(ours, process, theirs)
            counts[verdict] = counts.get(verdict, 0) + 1
            print(f"{name:30} {verdict} ({len(ours)} shown)", flush=True)
            if verdict in ("different", "not implemented") or args.verbose:
                print("\n".join(lines), flush=True)
    finally:
        stop(tf_server)
    print(f"{len(chosen)} programs: " + ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())))
    return counts.get("different", 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ferroflow", type=pathlib.Path, default=ROOT / "target" / "debug" / "ferroflow")
    parser.add_argument("--target", help="a server that runs already")
    parser.add_argument("--only", default="", metavar="TEXT", help="programs, or ops of cases, with this in their names")
    parser.add_argument("--cases", nargs="*", type=pathlib.Path, help="case files instead of programs; all without a PATH")
    parser.add_argument("--no-tf-server", dest="tf_server", action="store_false")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    tf.disable_v2_behavior()
    tf.logging.set_verbosity(tf.logging.ERROR)
    process, target = (None, args.target) if args.target else start_ours(args.ferroflow)
    try:
        if args.cases is None:
            different = run_programs(args, target)
        else:
            import serve_cases

            different = serve_cases.run(args.cases or [ROOT / "crates" / "core", ROOT / "crates" / "ops"], target, args.only, args.verbose)
    finally:
        stop(process)
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
