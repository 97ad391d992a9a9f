"""What record_symbols.py asks of a live Python API: names, kinds, signatures and class members."""

import enum
import inspect
import re
import types

# The API inside itself.
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
                elif full == "test.mock":
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
            receiver = "static" if isinstance(raw, staticmethod) else "method"
            out.append((name, "method", signature(value, receiver, names), None))
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
