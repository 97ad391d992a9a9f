"""What record_symbols.py reads of tensorflow_estimator, whose last release does not import beside TensorFlow 2.21."""

import ast
import os


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
