"""Writes crates/v2/src/namespaces.rs: TensorFlow's v2 modules, as re-exports of the functions that the op families have.

A family's function belongs to every module where the real TensorFlow has a function of its name. Which functions a
family has, the compiler is asked. Run after adding functions, with a Python that has TensorFlow:
python tools/write_namespaces.py
"""

import inspect
import json
import pathlib
import re
import subprocess
import tempfile

import tensorflow as tf

ROOT = pathlib.Path(__file__).parent.parent
OUT = ROOT / "crates" / "v2" / "src" / "namespaces.rs"

# Where a name is found in two families, the first has it. The families' registry, which also holds what is composed of
# several families' ops, comes first.
FAMILIES = ["ops"] + ["ops-" + path.name for path in sorted((ROOT / "crates/ops").iterdir()) if path.name != "all"]

# Modules of tf, with what families put before a name where the bare name would not say enough.
MODULES = {
    "": [""],
    "math": [""],
    "nn": [""],
    "linalg": ["", "matrix_"],
    "random": ["", "random_"],
    "strings": ["string_", "strings_", ""],
    "image": ["", "image_"],
    "bitwise": ["", "bitwise_"],
    "sparse": ["sparse_"],
    "ragged": ["ragged_"],
    "io": ["", "io_"],
    "sets": ["set_", ""],
    "signal": ["", "signal_"],
    "debugging": [""],
    "sysconfig": [],
    "audio": ["", "audio_"],
    "quantization": [""],
    "autograph": [],
    "dtypes": [""],
}

# What the facade itself defines, and families' functions that do something else than TensorFlow's of the same name.
OWN = {
    "": {
        "constant", "convert_to_tensor", "get_static_value", "is_tensor", "executing_eagerly", "init_scope", "name_scope",
        "device", "control_dependencies", "function", "print", "cond", "case", "switch_case", "while_loop", "assert",
        "random_seed_generator", "custom_gradient", "gradients", "Variable",
    },
    "random": {"set_seed"},
    "math": set(),
}

# The family of a module, where it has another name.
FAMILY_OF = {"strings": "text", "bitwise": "math"}

KEYWORDS = {"where", "while", "for", "in", "if", "else", "match", "type", "move", "abstract", "yield", "print_", "loop"}


def rust(name):
    return name + "_" if name in KEYWORDS else name


def functions(module):
    space = tf if not module else getattr(tf, module, None)
    names = [] if space is None else [name for name in dir(space) if not name.startswith("_")]
    found = []
    for name in names:
        value = getattr(space, name)
        if name == name.lower() and callable(value) and not inspect.isclass(value):
            found.append(name)
    return found


def same_object(module, name):
    """Whether a module's function is the one that an earlier module has under this name."""
    value = getattr(getattr(tf, module), name)
    for earlier in MODULES:
        if earlier == module:
            return False
        space = tf if not earlier else getattr(tf, earlier, None)
        if getattr(space, name, None) is value:
            return True
    return False


def belongs(module, name, source, family):
    """Whether a family's function is what the module means by the name, and not a namesake of another module's."""
    if module in ("", "math", "nn") or source != rust(name):
        return True
    return family.rsplit("_", 1)[-1] == FAMILY_OF.get(module, module) or same_object(module, name)


def existing(family, candidates):
    """Those of the candidates that the family exports, as the compiler sees it."""
    crate = "ferroflow_" + family.replace("-", "_")
    with tempfile.TemporaryDirectory(dir=ROOT / "crates") as scratch:
        # Within the workspace the scratch crate shares the lock file and what is built already.
        scratch = pathlib.Path(scratch)
        path = ROOT / "crates" / ("ops/all" if family == "ops" else family.replace("-", "/"))
        (scratch / "src").mkdir()
        (scratch / "Cargo.toml").write_text(
            f'[package]\nname = "namespace-scratch"\nversion = "0.0.0"\nedition = "2024"\n'
            f'[dependencies]\nferroflow-{family} = {{ path = "{path}" }}\n[workspace]\n'
        )
        (scratch / "Cargo.lock").write_text((ROOT / "Cargo.lock").read_text())
        lines = "".join(f"pub use {crate}::{name};\n" for name in candidates)
        (scratch / "src/lib.rs").write_text(lines)
        result = subprocess.run(
            ["cargo", "check", "--offline", "--message-format=json", "-j2"],
            cwd=scratch, capture_output=True, text=True, check=False,
        )
    missing, fine = set(), result.returncode == 0
    for line in result.stdout.splitlines():
        message = json.loads(line).get("message", {})
        if isinstance(message, dict) and message.get("level") == "error":
            for span in message.get("spans", []):
                if span["file_name"] == "src/lib.rs":
                    missing.add(candidates[span["line_start"] - 1])
    if not fine and not missing:
        raise SystemExit(result.stderr)
    return set(candidates) - missing


def options(family):
    """The structs of optional arguments that a family's functions take."""
    path = ROOT / "crates" / ("ops/all" if family == "ops" else family.replace("-", "/")) / "src"
    text = "\n".join(file.read_text() for file in path.rglob("*.rs"))
    return sorted(set(re.findall(r"pub struct (\w+Options)\b", text)))


def main():
    wanted = {}
    for module, prefixes in MODULES.items():
        for name in functions(module):
            if name not in OWN.get(module, set()):
                wanted[module, name] = [prefix + rust(name) for prefix in prefixes] if prefixes else []
    candidates = sorted({name for names in wanted.values() for name in names})
    candidates = [name for plain in candidates for name in (plain, plain + "_with")]
    found, structs = {}, {}
    for family in FAMILIES + ["core"]:
        if family != "core":
            for name in existing(family, candidates):
                found.setdefault(name, "ferroflow_" + family.replace("-", "_"))
        else:
            operators = (ROOT / "crates/core/src/operators/mod.rs").read_text()
            names = re.findall(r"\w+", " ".join(re.findall(r"pub use [^;]*;", operators)))
            for name in set(names) & set(candidates):
                found.setdefault(name, "ferroflow_core::operators")
    for family in FAMILIES:
        named = options(family)
        there = existing(family, named) if named else set()
        for name in there:
            structs.setdefault(name, "ferroflow_" + family.replace("-", "_"))

    def uses(pairs, indent):
        by_crate = {}
        for name, (crate, source) in sorted(pairs.items()):
            by_crate.setdefault(crate, []).append(source if source == name else f"{source} as {name}")
        return "".join(f"{indent}pub use {crate}::{{{', '.join(items)}}};\n" for crate, items in sorted(by_crate.items()))

    text = "//! TensorFlow's modules. `tools/write_namespaces.py` writes this file.\n\n"
    for module in MODULES:
        pairs = {}
        for (of, name), sources in wanted.items():
            if of != module:
                continue
            for suffix in ("", "_with"):
                there = [s + suffix for s in sources if s + suffix in found and belongs(module, name, s, found[s + suffix])]
                source = there[0] if there else None
                if source:
                    pairs[rust(name) + suffix] = (found[source], source)
        if not module:
            text += uses(pairs, "") + "\n"
        elif pairs:
            own = "    pub use crate::seeds::set_seed;\n" if module == "random" else ""
            text += f"/// `tf.{module}`\npub mod {module} {{\n{own}{uses(pairs, '    ')}}}\n\n"
    text += "/// The optional arguments of functions whose names end in `_with`.\npub mod options {\n"
    text += uses({name: (crate, name) for name, crate in structs.items()}, "    ") + "}\n"
    OUT.write_text(text)
    subprocess.run(["rustfmt", "--edition", "2024", "--config-path", ROOT, OUT], check=True)


main()
