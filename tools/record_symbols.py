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
import ast
import enum
import inspect
import json
import os
import re
import subprocess
import sys
import types

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CRATE = os.path.join(ROOT, "crates", "symbol_map")

# Parts of tf.compat.v1 that exist only when Keras 2 is installed beside TensorFlow.
KERAS2_PARTS = ("keras", "layers", "nn.rnn_cell")
# Test helpers re-exported whole from the standard library, and the API inside itself.
CLOSED = {"compat.v1", "compat.v2"}
# Values that describe the machine TensorFlow was built on, not the API.
BUILD_FACTS = re.compile(r"(^|\.)(VERSION|GIT_VERSION|COMPILER_VERSION|CXX\w*|MONOLITHIC_BUILD|GRAPH_DEF\w*)$")
FOREIGN_MODULES = ("builtins", "abc", "typing", "enum", "collections", "google", "unittest", "absl", "wrapt")


def walk(root, skip=()):
    """Every (dotted name, object) below an API module, in name order."""
    found = {}

    def is_api(module):
        name = getattr(module, "__name__", "")
        if name.startswith("keras."):
            return not name.startswith("keras.src")
        return name.startswith(("tensorflow._api", "tf_keras.api"))

    def visit(module, prefix):
        for name in sorted(n for n in dir(module) if not n.startswith("_")):
            full = prefix + name
            if full in CLOSED or full in skip:
                continue
            try:
                value = getattr(module, name)
            except (AttributeError, ImportError):
                continue
            if isinstance(value, types.ModuleType):
                if name == "flags":
                    found[full] = value
                    visit_flags(value, full + ".")
                elif full == "raw_ops" or is_api(value):
                    found[full] = value
                    visit(value, full + ".")
                elif full in ("test.mock",):
                    found[full] = value
            else:
                found[full] = value

    def visit_flags(module, prefix):
        # tf.flags is absl's module plus wrappers; only what absl itself exports is API.
        from absl import flags as absl_flags
        for name in sorted(set(absl_flags.__all__) | {"FLAGS"}):
            if not name.startswith("_") and hasattr(module, name):
                value = getattr(module, name)
                if not isinstance(value, types.ModuleType):
                    found[prefix + name] = value

    visit(root, "")
    return found


def kind_of(value):
    import tensorflow as tf
    if isinstance(value, types.ModuleType):
        return "module"
    if isinstance(value, tf.DType):
        return "dtype"
    if inspect.isclass(value):
        return "class"
    if callable(value) and (inspect.isroutine(value) or hasattr(value, "__wrapped__") or type(value).__name__ in ("function", "partial")):
        return "function"
    return "constant"


class Names:
    """Turns default values into text that does not depend on the process."""

    def __init__(self, endpoints):
        self.by_id = {}
        for name in sorted(endpoints, key=lambda n: (n.count("."), n)):
            value = endpoints[name]
            if not isinstance(value, (int, float, str, bytes, bool, tuple, list, dict, type(None))):
                self.by_id.setdefault(id(value), name)

    def text(self, value):
        import tensorflow as tf
        if value is None or isinstance(value, (bool, int, float, str, bytes)) and not isinstance(value, enum.Enum):
            return repr(value)
        if isinstance(value, tf.DType):
            return "tf." + value.name
        if isinstance(value, (tuple, list)):
            inner = ", ".join(self.text(v) for v in value)
            if isinstance(value, list):
                return f"[{inner}]"
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        if isinstance(value, dict) and not value:
            return "{}"
        if isinstance(value, enum.Enum):
            return f"{type(value).__name__}.{value.name}"
        if id(value) in self.by_id:
            return "tf." + self.by_id[id(value)]
        if hasattr(value, "__name__"):
            return f"<{value.__name__}>"
        return f"<{type(value).__name__}>"


def signature(value, kind, names):
    """`name=default` texts of what a caller may pass, or None when Python does not say."""
    import tensorflow as tf
    from tensorflow.python.util import tf_decorator
    try:
        if kind == "class":
            if issubclass(value, Exception) and value.__init__ is Exception.__init__:
                return None
            init = value.__init__
            if init is object.__init__:
                init = value.__new__
                if init is object.__new__:
                    return []
            params = list(spec(init, tf_decorator).parameters.values())[1:]
        else:
            params = list(spec(value, tf_decorator).parameters.values())
            if kind == "method" and params and params[0].name in ("self", "cls"):
                params = params[1:]
    except (TypeError, ValueError):
        return None
    out = []
    seen_keyword_only = False
    for p in params:
        text = p.name
        if p.kind is p.VAR_POSITIONAL:
            text, seen_keyword_only = "*" + text, True
        elif p.kind is p.VAR_KEYWORD:
            text = "**" + text
        elif p.kind is p.KEYWORD_ONLY and not seen_keyword_only:
            out.append("*")
            seen_keyword_only = True
        if p.default is not p.empty:
            # "|" separates arguments; inside a string Python may write it as an escape.
            text += "=" + names.text(p.default).replace("|", "\\x7c")
        out.append(text)
    for text in out:
        if any(c in text for c in "|\t\n"):
            raise SystemExit(f"separator inside an argument: {text!r}")
    return out


def spec(function, tf_decorator):
    # A decorator may declare another argument list than the function it wraps.
    decorators, target = tf_decorator.unwrap(function)
    for decorator in decorators:
        if getattr(decorator, "decorator_argspec", None) is not None:
            return inspect.signature(function)
    return inspect.signature(target)


def members(cls, public_classes, names):
    """(bases, [(member, kind, args, value)]) of a class; what a public base brings is left to the base."""
    import tensorflow as tf
    mro = cls.__mro__
    bases = [public_classes[c] for c in mro[1:] if c in public_classes]
    out = []
    descriptor = getattr(cls, "DESCRIPTOR", None)
    if descriptor is not None and hasattr(descriptor, "fields"):
        # A protocol buffer message: its fields, enum values and nested messages are its API.
        for field in descriptor.fields:
            out.append((field.name, "field", None, None))
        for e in descriptor.enum_types:
            for v in e.values:
                out.append((v.name, "constant", None, repr(v.number)))
        return bases, sorted(out)
    for name in dir(cls):
        if name.startswith("_"):
            continue
        owner = next((c for c in mro if name in vars(c)), None)
        if owner is None or owner.__module__.split(".")[0] in FOREIGN_MODULES:
            continue
        upto = mro[: mro.index(owner) + 1]
        if any(c in public_classes for c in upto[1:]):
            continue
        raw = vars(owner)[name]
        try:
            value = getattr(cls, name)
        except Exception:  # class properties may refuse outside an instance
            value = raw
        if isinstance(raw, property) or type(raw).__name__ in ("cached_property", "classproperty", "_tuplegetter"):
            out.append((name, "property", None, None))
        elif isinstance(raw, (staticmethod, classmethod)) or inspect.isroutine(value) or hasattr(value, "__wrapped__"):
            kind = "static" if isinstance(raw, staticmethod) else "method"
            out.append((name, "method", signature(value, kind, names), None))
        elif isinstance(value, tf.DType) or inspect.isclass(value) or inspect.isdatadescriptor(raw):
            out.append((name, "property", None, None))
        elif isinstance(value, (bool, int, float, str)) and not isinstance(value, enum.Enum):
            out.append((name, "constant", None, repr(value)))
        else:
            out.append((name, "constant", None, None))
    return bases, sorted(out)


def identity(value, kind):
    """What two names must share to be the same thing."""
    from tensorflow.python.util import tf_decorator
    if kind == "constant" and (isinstance(value, (bool, int, float, str, tuple, list, type(None), type(Ellipsis)))):
        return None
    if kind == "function":
        # tf.compat.v1 hands out each function in a fresh wrapper that prints a deprecation warning.
        return id(tf_decorator.unwrap(value)[1])
    return id(value)


def instance_attributes(cls):
    """Names that methods of the class assign on `self`; introspection of the class cannot see them."""
    found = set()
    for c in cls.__mro__:
        if c.__module__.split(".")[0] in ("tensorflow", "keras", "tf_keras"):
            try:
                found.update(re.findall(r"\bself\.([a-z]\w*)\s*(?:=[^=]|:\s)", inspect.getsource(c)))
            except (OSError, TypeError):
                pass
    return sorted(found)


def describe(endpoints, names):
    """Facts of each endpoint that do not need the other API."""
    classes = {}
    for name in sorted(endpoints, key=lambda n: (n.count("."), len(n), n)):
        if kind_of(endpoints[name]) == "class":
            classes.setdefault(endpoints[name], name)
    out = {}
    for name, value in endpoints.items():
        kind = kind_of(value)
        entry = {"kind": kind, "id": identity(value, kind), "args": None}
        if entry["id"] is None:
            entry["same_as"] = repr(value)
        if kind in ("function", "class"):
            entry["args"] = signature(value, kind, names)
        if kind == "constant" and isinstance(value, (bool, int, float, str)) and not isinstance(value, enum.Enum):
            text = repr(value)
            if len(text) <= 60 and not BUILD_FACTS.search(name):
                entry["value"] = text
        if kind == "class":
            entry["bases"], entry["members"] = members(value, classes, names)
            entry["attributes"] = instance_attributes(value)
        out[name] = entry
    return out


def keras2_part():
    """Child process: the parts of tf.compat.v1 that need Keras 2, as JSON on stdout."""
    import tensorflow as tf
    everything = walk(tf.compat.v1)
    part = {n: v for n, v in everything.items() if any(n == p or n.startswith(p + ".") for p in KERAS2_PARTS)}
    names = Names(everything)
    json.dump(describe(part, names), sys.stdout)


def estimator_part(extra):
    """tf.compat.v1.estimator as its last release declared it, read from source."""
    base = os.path.join(extra, "tensorflow_estimator", "_api", "v1")
    out = {}
    where = {}
    for folder, _, files in sorted(os.walk(os.path.join(base, "estimator"))):
        if "__init__.py" not in files:
            continue
        module = os.path.relpath(folder, base).replace(os.sep, ".")
        out[module] = {"kind": "module", "args": None}
        for node in ast.parse(open(os.path.join(folder, "__init__.py")).read()).body:
            if isinstance(node, ast.ImportFrom) and node.module and ".python." in node.module:
                for alias in node.names:
                    exported = alias.asname or alias.name
                    if not exported.startswith("_"):
                        where[f"{module}.{exported}"] = (node.module, alias.name)
    trees = {}
    public = {target: name for name, target in sorted(where.items(), reverse=True)}

    def tree(module):
        if module not in trees:
            path = os.path.join(extra, *module.split("."))
            path = path + ".py" if os.path.exists(path + ".py") else os.path.join(path, "__init__.py")
            trees[module] = ast.parse(open(path).read()) if os.path.exists(path) else ast.Module([], [])
        return trees[module]

    def find(module, name):
        for node in tree(module).body:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == name:
                return node
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
                return node
        return None

    def arguments(node, drop):
        a = node.args
        texts = []
        positional = a.posonlyargs + a.args
        defaults = [None] * (len(positional) - len(a.defaults)) + list(a.defaults)
        for arg, default in list(zip(positional, defaults))[drop:]:
            texts.append(arg.arg + ("" if default is None else "=" + ast.unparse(default).replace("\n", " ")))
        if a.vararg:
            texts.append("*" + a.vararg.arg)
        elif a.kwonlyargs:
            texts.append("*")
        for arg, default in zip(a.kwonlyargs, a.kw_defaults):
            texts.append(arg.arg + ("" if default is None else "=" + ast.unparse(default).replace("\n", " ")))
        if a.kwarg:
            texts.append("**" + a.kwarg.arg)
        return texts

    def lineage(module, node):
        """The class and those of its ancestors whose source is at hand, nearest first."""
        chain = [(module, node)]
        for b in node.bases:
            text = ast.unparse(b)
            last = text.split(".")[-1]
            parent = find(module, last) if "." not in text else None
            home = module
            if parent is None:
                for imp in ast.walk(tree(module)):
                    if isinstance(imp, ast.ImportFrom) and imp.module and "tensorflow_estimator" in imp.module:
                        for alias in imp.names:
                            if (alias.asname or alias.name) == text.split(".")[0]:
                                home = f"{imp.module}.{alias.name}" if "." in text else imp.module
                                parent = find(home, last)
            if isinstance(parent, ast.ClassDef):
                chain += lineage(home, parent)
        return chain

    for name, (module, target) in sorted(where.items()):
        node = find(module, target)
        if isinstance(node, ast.FunctionDef):
            out[name] = {"kind": "function", "args": arguments(node, 0)}
        elif isinstance(node, ast.ClassDef):
            chain = lineage(module, node)
            entry = {"kind": "class", "args": None, "bases": [], "members": []}
            taken = set()
            for depth, (home, cls) in enumerate(chain):
                if depth and (home, cls.name) in public and public[(home, cls.name)] != name:
                    entry["bases"].append(public[(home, cls.name)])
                for item in cls.body:
                    if not isinstance(item, ast.FunctionDef):
                        continue
                    if item.name == "__init__" and entry["args"] is None:
                        entry["args"] = arguments(item, 1)
                    if item.name.startswith("_") or item.name in taken or entry["bases"]:
                        continue
                    taken.add(item.name)
                    decorators = [ast.unparse(d) for d in item.decorator_list]
                    if any(d.endswith(("property", ".setter")) for d in decorators):
                        entry["members"].append([item.name, "property", None, None])
                    else:
                        drop = 0 if "staticmethod" in decorators else 1
                        entry["members"].append([item.name, "method", arguments(item, drop), None])
            entry["members"].sort(key=lambda m: m[0])
            entry["key"] = f"{module}.{target}"
            out[name] = entry
        else:
            out[name] = {"kind": "constant" if node is not None else "unknown", "args": None}
        out[name].setdefault("key", f"{module}.{target}")
    for entry in out.values():
        entry["estimator"] = True
        entry["id"] = entry.pop("key", None)
    return out


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
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
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
