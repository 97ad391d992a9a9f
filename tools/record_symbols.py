"""Records the public symbols of tf.compat.v1 and where each one went in TensorFlow 2.

Usage:  python tools/record_symbols.py [--extra DIR]

DIR holds `tf_keras` (the Keras 2 that tf.compat.v1.keras, tf.compat.v1.layers and
tf.compat.v1.nn.rnn_cell need) and `tensorflow_estimator` 2.15 (the last release; it is
read as source, never imported):

    pip install --no-deps --target DIR 'tf_keras==2.21.*' 'tensorflow-estimator==2.15.0'

Writes crates/symbol_map/data/symbols.txt, and the facts the crate's tests compare with:
crates/symbol_map/tests/data/{spot_checks,renames,reorders}.txt. The notation of symbols.txt
is described in crates/symbol_map/src/line.rs.
"""

import argparse
import json
import os
import re
import subprocess
import sys

from symbol_estimator import estimator_part
from symbol_introspection import Names, describe, walk

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CRATE = os.path.join(ROOT, "crates", "symbol_map")

# Parts of tf.compat.v1 that exist only when Keras 2 is installed beside TensorFlow.
KERAS2_PARTS = ("keras", "layers", "nn.rnn_cell")


def keras2_part():
    """Child process: the parts of tf.compat.v1 that need Keras 2, as JSON on stdout."""
    import tensorflow as tf
    everything = walk(tf.compat.v1)
    part = {n: v for n, v in everything.items() if any(n == p or n.startswith(p + ".") for p in KERAS2_PARTS)}
    names = Names(everything)
    json.dump(describe(part, names), sys.stdout)


def plain(args):
    """Argument names without defaults; variadic and marker entries left out."""
    return [a.split("=", 1)[0] for a in args or [] if not a.startswith("*")]


class Mapper:
    """Decides the TensorFlow 2 home of every endpoint."""

    def __init__(self, v1, v2):
        from tensorflow.tools.compatibility import tf_upgrade_v2
        self.v1, self.v2 = v1, v2
        self.changes = tf_upgrade_v2.TFAPIChangeSpec()
        self.v2_by_id = {}
        for name in sorted(v2, key=lambda n: (n.startswith("raw_ops."), n.startswith("keras.") , n.count("."), len(n), n)):
            if v2[name]["id"] is not None:
                self.v2_by_id.setdefault(v2[name]["id"], name)

    def upgrade(self, name):
        """What TensorFlow's own upgrade tool writes instead of tf.NAME."""
        target = self.changes.symbol_renames.get("tf." + name)
        if target is None or not target.startswith("tf."):
            return None
        return target.removeprefix("tf.").removeprefix("compat.v2.")

    def home(self, name, entry):
        """(code, v2 name or None); the codes are those of the data notation."""
        if entry.get("estimator"):
            return "-", None
        if name in ("keras", "layers", "nn.rnn_cell"):
            return ("!", name) if name in self.v2 else ("1", None)
        target = self.v2.get(name)
        if target is not None:
            return ("=" if entry["kind"] == "module" or self.same(entry, target) else "!"), name
        same = self.v2_by_id.get(entry["id"]) if entry["id"] is not None else None
        table = self.upgrade(name)
        if table is not None and table in self.v2:
            return (">" if self.same(entry, self.v2[table]) else "~"), table
        if same is not None:
            return ">", same
        return "1", None

    @staticmethod
    def same(entry, other):
        if entry["id"] is None:
            return entry.get("same_as") is not None and entry["same_as"] == other.get("same_as")
        return entry["id"] == other["id"]

    def keyword_renames(self, name, canonical):
        for key in ("tf." + name, "tf." + canonical):
            table = self.changes.function_keyword_renames.get(key)
            if table:
                return dict(table)
        return {}

    def arg_renames(self, name, canonical, v1_args, v2_args):
        """{old: new} of the arguments that exist in v1 only and have a new spelling in v2."""
        old, new = plain(v1_args), plain(v2_args)
        out = {}
        for a, b in self.keyword_renames(name, canonical).items():
            if a in old and b and a not in new and b in new:
                out[a] = b
        return out


def line_of(name, fields):
    text = "\t".join([name] + fields)
    if "\n" in text:
        raise SystemExit(f"line break in {name}")
    return text


def build_lines(v1, v2, mapper):
    groups = {}
    for name, entry in v1.items():
        key = entry["id"] if entry["id"] is not None and entry["kind"] != "module" else ("own", name)
        groups.setdefault((bool(entry.get("keras2")), key), []).append(name)
    lines = {}
    rank = {"=": 0, ">": 1, "!": 1, "~": 1, "1": 2, "-": 3}
    for group in groups.values():
        homes = {n: mapper.home(n, v1[n]) for n in group}
        # Where one name of an object has a counterpart in v2, so has the object under its other names.
        counterpart = next((homes[n][1] for n in sorted(group) if homes[n][0] in "!~"), None)
        if counterpart is not None:
            homes = {n: ("~", counterpart) if h[0] == "1" else h for n, h in homes.items()}
        group.sort(key=lambda n: (rank[homes[n][0]] if rank[homes[n][0]] == 0 else 1, n.count("."), len(n), n))
        first = group[0]
        entry = v1[first]
        base = None
        for name in group:
            code, target = homes[name]
            fields = []
            v2_args = v2[target]["args"] if target else None
            renames = mapper.arg_renames(name, first, entry["args"], v2_args)
            renamed = "|".join(f"{a}>{b}" for a, b in sorted(renames.items()))
            differs = target is not None and v2_args is not None and v2_args != entry["args"]
            shown = "|".join(v2_args) if differs else "="
            facts = (shown, renamed)
            if name == first:
                base = facts
                fields.append(entry["kind"])
                if entry["args"] is not None:
                    fields.append("a:" + "|".join(entry["args"]))
                if entry.get("value") is not None:
                    fields.append("c:" + entry["value"])
                if len(group) > 1:
                    fields.append("n:" + "|".join(group[1:]))
                if entry.get("bases"):
                    fields.append("b:" + "|".join(entry["bases"]))
                if differs:
                    fields.append("v:" + shown)
                if renamed:
                    fields.append("r:" + renamed)
            else:
                fields.append("=" + first)
                if facts[0] != base[0]:
                    fields.append("v:" + facts[0])
                if facts[1] != base[1]:
                    fields.append("r:" + facts[1])
            fields += home_fields(code, target, name, mapper)
            lines[name] = line_of(name, fields)
        if entry["kind"] == "class":
            class_lines(first, entry, homes[first], v1, v2, lines, mapper)
    return lines


def home_fields(code, target, name, mapper):
    fields = []
    if code in "!1-":
        fields.append("h:" + code)
    elif code in ">~":
        fields.append(f"h:{code}{target}")
    upgrade = mapper.upgrade(name)
    if upgrade is not None and upgrade != target:
        fields.append("u:" + upgrade)
    return fields


def class_lines(name, entry, home, v1, v2, lines, mapper):
    """The members of a class; a class that is one object in both APIs needs no home on its members."""
    code, target = home
    for member, kind, args, value in entry["members"]:
        fields = [kind]
        if args is not None:
            fields.append("a:" + "|".join(args))
        if value is not None and len(value) <= 60 and "\t" not in value:
            fields.append("c:" + value)
        if code in "1-+":
            fields.append("h:" + code)
        elif code in "!~":
            found = v2_member(target, member, v2)
            if found is None:
                fields.append("h:1" if not entry.get("keras2") else "h:-")
            else:
                if found[2] is not None and args is not None and list(found[2]) != list(args):
                    fields.append("v:" + "|".join(found[2]))
                fields.append("h:!" if code == "!" else f"h:~{target}.{member}")
        elif code == ">":
            fields.append(f"h:>{target}.{member}")
        full = f"{name}.{member}"
        if mapper.upgrade(full) is not None:
            fields.append("u:" + mapper.upgrade(full))
        if full not in v1:
            lines[full] = line_of(full, fields)


def v2_member(class_name, member, v2):
    entry = v2[class_name]
    for m in entry.get("members") or []:
        if m[0] == member:
            return m
    for base in entry.get("bases") or []:
        for m in v2[base].get("members") or []:
            if m[0] == member:
                return m
    if member in entry.get("attributes", ()):
        return [member, "property", None, None]
    return None


def gone_lines(v1, v2, mapper):
    """Names that only TensorFlow's upgrade tables still know."""
    lines = {}
    for old in mapper.changes.symbol_renames:
        name = old.removeprefix("tf.")
        if not old.startswith("tf.") or name in v1 or not re.fullmatch(r"[A-Za-z_][\w.]*", name):
            continue
        upgrade = mapper.upgrade(name)
        fields = ["unknown"]
        if upgrade in v2:
            fields.append("h:-" + upgrade)
        else:
            fields.append("h:-")
            if upgrade:
                fields.append("u:" + upgrade)
        lines[name] = line_of(name, fields)
    return lines


def v2_only_lines(v1_lines, v2, mapper):
    """Endpoints of tf that tf.compat.v1 has no name for."""
    lines = {}
    groups = {}
    for name, entry in v2.items():
        if name not in v1_lines:
            key = entry["id"] if entry["id"] is not None and entry["kind"] != "module" else ("own", name)
            groups.setdefault(key, []).append(name)
    for group in groups.values():
        group.sort(key=lambda n: (n.count("."), len(n), n))
        first, entry = group[0], v2[group[0]]
        fields = [entry["kind"]]
        if entry["args"] is not None:
            fields.append("a:" + "|".join(entry["args"]))
        if entry.get("value") is not None:
            fields.append("c:" + entry["value"])
        if len(group) > 1:
            fields.append("n:" + "|".join(group[1:]))
        if entry.get("bases"):
            fields.append("b:" + "|".join(entry["bases"]))
        lines[first] = line_of(first, fields + ["h:+"])
        for name in group[1:]:
            lines[name] = line_of(name, ["=" + first, "h:+"])
        if entry["kind"] == "class":
            class_lines(first, entry, ("+", None), {**v2, **v1_lines}, v2, lines, mapper)
    return lines


SPOT_CHECKS = """
reduce_sum argmax Session placeholder log div to_float nn.dropout image.resize_images while_loop cond
squeeze expand_dims batch_to_space space_to_batch nn.moments string_split train.AdamOptimizer losses.log_loss
metrics.accuracy random_uniform where sparse_reduce_sum get_variable global_variables_initializer py_func
matrix_inverse nn.max_pool nn.conv2d FIFOQueue gfile.Exists test.get_temp_dir summary.scalar Print
gradients assert_equal raw_ops.MatMul nn.softmax lin_space data.Dataset app.run
contrib.framework.nest.flatten float32 math.log image.resize sparse_to_dense GraphKeys train.Saver
""".split()


def write(path, lines):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="\n") as f:
        f.write("\n".join(lines) + "\n")


def record_checks(v1_objects, v2_objects, mapper):
    """Facts asked of TensorFlow another way (getattr and getfullargspec), for the tests."""
    from tensorflow.python.util import tf_decorator, tf_inspect

    def bare(o):
        return tf_decorator.unwrap(o)[1] if callable(o) and not isinstance(o, type) else o
    checks = []
    for name in SPOT_CHECKS:
        a, b = v1_objects.get(name), v2_objects.get(name)
        known = "missing" if a is None else "present"
        relation = "absent" if b is None else "same" if bare(a) is bare(b) else "different"

        def spec_of(o):
            if o is None or not callable(o) or isinstance(o, type):
                return "-"
            return ",".join(tf_inspect.getfullargspec(o).args) or "-"
        checks.append("\t".join([name, known, relation, spec_of(a), spec_of(b), mapper.upgrade(name) or "-"]))
    write(os.path.join(CRATE, "tests", "data", "spot_checks.txt"), checks)
    from tensorflow.tools.compatibility import renames_v2, reorders_v2
    write(os.path.join(CRATE, "tests", "data", "renames.txt"),
          [f"{a}\t{b}" for a, b in sorted(renames_v2.renames.items())
           if a.startswith("tf.")])
    write(os.path.join(CRATE, "tests", "data", "reorders.txt"), sorted(reorders_v2.reorders))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extra", default="", help="folder that holds tf_keras and tensorflow_estimator")
    parser.add_argument("--keras2-part", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    del sys.argv[1:]  # tf.flags.FLAGS parses it at the first look at an attribute
    if options.keras2_part:
        return keras2_part()
    extra = options.extra or next((p for p in sys.path if os.path.isdir(os.path.join(p, "tensorflow_estimator"))), "")
    if not extra:
        raise SystemExit("tensorflow_estimator not found; see the top of this file")
    env = dict(os.environ, TF_USE_LEGACY_KERAS="1", PYTHONPATH=extra, TF_CPP_MIN_LOG_LEVEL="3")
    child = subprocess.run([sys.executable, os.path.abspath(__file__), "--keras2-part"], env=env,
                           stdout=subprocess.PIPE, check=True)
    import tensorflow as tf
    v2_objects = walk(tf)
    v2_names = Names(v2_objects)
    v1_objects = walk(tf.compat.v1, skip=KERAS2_PARTS)
    v2 = describe(v2_objects, v2_names)
    v1 = describe(v1_objects, Names(v1_objects))
    for name, entry in json.loads(child.stdout).items():
        entry["keras2"] = True
        if entry["id"] is not None:
            entry["id"] = f"keras2:{entry['id']}"
        v1[name] = entry
    v1.update(estimator_part(extra))
    mapper = Mapper(v1, v2)
    lines = build_lines(v1, v2, mapper)
    lines.update(gone_lines(lines, v2, mapper))
    lines.update(v2_only_lines(lines, v2, mapper))
    ordered = [lines[n] for n in sorted(lines, key=lambda n: n.encode())]
    write(os.path.join(CRATE, "data", "symbols.txt"), ordered)
    record_checks(v1_objects, v2_objects, mapper)
    print(f"{len(v1)} endpoints of tf.compat.v1, {len(v2)} of tf, {len(ordered)} lines, {sum(len(l) + 1 for l in ordered)} bytes")


if __name__ == "__main__":
    main()
