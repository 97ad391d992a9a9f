"""Writes TensorFlow's answers into `*.cases` files.

Usage: python tools/record_cases.py [--check] FILE_OR_DIRECTORY...

Authors write the inputs; this rewrites the out, error, static, shape_error and dgrad lines below them. Running it again changes nothing. With --check no file
is written, and the exit status says whether one would have changed.
"""

import argparse
import pathlib
import sys

import case_file
import case_run
from case_file import CaseError

# What TensorFlow says where it has no kernel: nothing to compare with, so the author drops the dtype.
NO_KERNEL = ("Could not find device for node", "No OpKernel was registered", "Value for attr")


def label(combo):
    return ",".join(combo.values())


def combine(case, entries):
    """Lines of one kind for all combinations; equal ones share a line.

    `entries` is [(combo, word, head, dtype or None, tail)].
    """
    groups = {}
    for combo, word, head, dtype, tail in entries:
        variable = next((name for name, value in combo.items() if value == dtype), None)
        groups.setdefault((word, head, variable or dtype, tail), []).append((combo, dtype))
    total, lines = len(case.combinations()), []
    for (word, head, kind, tail), members in groups.items():
        if len(members) == 1:
            kind = members[0][1]
        # Spaces stand between combinations, commas within one.
        bracket = "" if len(members) == total else "[" + " ".join(label(combo) for combo, _ in members) + "]"
        lines.append(f"{word}{bracket} {head}{kind or ''}{tail}")
    return lines


def shape_text(shape):
    if shape is None:
        return "<unknown>"
    return "[" + ",".join("?" if dim is None else str(dim) for dim in shape) + "]"


def one_line(text):
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def record(case):
    """The recorded lines of a case."""
    outs, statics, errors, shape_errors, grads = {}, {}, [], [], {}
    for combo in case.combinations():
        run = case_run.Run(case, combo)
        try:
            results = run.result()
        except case_run.Failure as error:
            if error.message.startswith(NO_KERNEL):
                raise CaseError(f"TensorFlow has no CPU kernel for {label(combo) or 'this'}: {error.message[:120]}") from None
            errors.append((combo, "error", f"{error.code}: {one_line(error.message)}", None, ""))
            results, failed = [], (error.code, error.message)
        else:
            failed = None
        try:
            static = {} if case.no_static else run.static_shapes()
        except case_run.Failure as refused:
            static = {}
            if (refused.code, refused.message) != failed:
                shape_errors.append((combo, "shape_error", f"{refused.code}: {one_line(refused.message)}", None, ""))
        if failed:
            continue
        for name, dtype, data, shape in results:
            dims = shape_text(shape)
            if name in static and shape is not None and static[name] != shape:
                statics.setdefault(name, []).append((combo, "static", f"{name}: {shape_text(static[name])}", None, ""))
            tail = dims
            if data is not None and not case.shape_only:
                tail += f" = {case_file.values_text(data, dtype)}".rstrip()
            outs.setdefault(name, []).append((combo, "out", f"{name}: ", dtype, tail))
        if case.grads:
            for name, dtype, data in run.gradients():
                if data is None:
                    entry = (combo, "dgrad", f"{name}: none", None, "")
                else:
                    dims = "[" + ",".join(map(str, data.shape)) + "]"
                    values = case_file.values_text(data, dtype)
                    entry = (combo, "dgrad", f"{name}: ", dtype, f"{dims} = {values}".rstrip())
                grads.setdefault(name, []).append(entry)
    groups = [*outs.values(), errors, *statics.values(), shape_errors, *grads.values()]
    return [line for entries in groups for line in combine(case, entries)]


def process(path, check):
    """Whether the file changed, and the complaints about it."""
    text = path.read_text()
    try:
        lines, cases = case_file.parse(text)
    except CaseError as error:
        return False, [f"{path}:{error}"]
    recorded, complaints = [], []
    for case in cases:
        try:
            recorded.append(record(case))
        except (CaseError, LookupError, ValueError, TypeError) as error:
            recorded.append([])
            complaints.append(f"{path}:{case.line}: {case.op} {case.name}: {type(error).__name__}: {error}")
    new = case_file.rewrite(lines, cases, recorded)
    if new != text and not check:
        path.write_text(new)
    return new != text, complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("paths", nargs="+", type=pathlib.Path)
    args = parser.parse_args()
    files = [file for path in args.paths for file in (sorted(path.rglob("*.cases")) if path.is_dir() else [path])]
    changed, complaints = [], []
    for file in files:
        differs, found = process(file, args.check)
        changed += [f"{file}: changed"] if differs else []
        complaints += found
    summary = f"{len(files)} files, {len(changed)} changed, {len(complaints)} complaints"
    print("\n".join(changed + complaints + [summary]))
    sys.exit(1 if complaints or (args.check and changed) else 0)


if __name__ == "__main__":
    main()
