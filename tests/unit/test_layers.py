"""Who may import whom: the table of docs/architecture.rst, kept true."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"

# Layer, its modules (a package stands for all below it unless a longer name says otherwise), the layers it may
# import, the third parties it may import.
LAYERS: dict[str, tuple[set[str], set[str], set[str]]] = {
    "core": (
        {
            "ensayar",
            "ensayar.ages",
            "ensayar.album",
            "ensayar.atomic",
            "ensayar.bundle",
            "ensayar.checkpoints.*",
            "ensayar.console",
            "ensayar.coverage",
            "ensayar.coverage_formats",
            "ensayar.deploy",
            "ensayar.deploy_scene",
            "ensayar.digest",
            "ensayar.errors",
            "ensayar.evidence",
            "ensayar.extract",
            "ensayar.inventory",
            "ensayar.machine",
            "ensayar.machine.protocol",
            "ensayar.manifest",
            "ensayar.matching.*",
            "ensayar.accept.*",
            "ensayar.model",
            "ensayar.mutation.*",
            "ensayar.parameters",
            "ensayar.project",
            "ensayar.recordings",
            "ensayar.rehearsal",
            "ensayar.scene",
            "ensayar.screen",
            "ensayar.screenshots",
            "ensayar.transaction",
            "ensayar.translations",
            "ensayar.validate",
            "ensayar.variation",
            "ensayar.verdict",
        },
        {"front end"},
        set(),
    ),
    "front end": ({"ensayar.rst.*"}, {"core"}, {"docutils"}),
    "publishing": (
        {"ensayar.publish.*"},
        {"core", "front end"},
        {"PIL", "docutils", "lxml", "markupsafe", "pygments", "weasyprint"},
    ),
    "machine": ({"ensayar.machine.*"}, {"core"}, {"platformdirs", "qemu"}),
    "camera": ({"ensayar.camera.*"}, {"core"}, {"PIL", "selenium"}),
    "recorder": ({"ensayar.recording.*"}, {"core"}, {"pexpect"}),
    "runner": (
        {"ensayar.pytest_plugin", "ensayar.testing.*", "ensayar.progress"},
        {"core", "front end", "machine", "camera"},
        {"_pytest", "pytest", "rich", "testinfra"},
    ),
    "command line": (
        {"ensayar.cli.*"},
        {"core", "front end", "machine", "recorder", "runner"},
        {"click", "rich", "rstr"},
    ),
    "nikola": (
        {"ensayar.nikola_plugins.*"},
        {"core", "front end", "publishing"},
        {"docutils", "nikola"},
    ),
}


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        if "guest" in path.parts:
            continue  # programs for the machine, never imported here
        name = ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
        found[name] = path
    return found


MODULES = modules()


def layer_of(module: str) -> str:
    """The layer of *module*: an exact name wins over a pattern."""
    for layer, (names, _, _) in LAYERS.items():
        if module in names:
            return layer
    for layer, (names, _, _) in LAYERS.items():
        if any(module == name[:-2] or module.startswith(name[:-1]) for name in names if name.endswith(".*")):
            return layer
    pytest.fail(f"{module} belongs to no layer; put it into one, here and in docs/architecture.rst")


def imports(path: Path) -> set[str]:
    """Every module that *path* imports, wherever the import stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            assert node.module is not None
            # “from package import module” names a module, “from module import thing” does not
            found |= {
                full if (full := f"{node.module}.{alias.name}") in MODULES else node.module for alias in node.names
            }
    return found


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_imports_only_what_its_layer_may(module: str) -> None:
    layer = layer_of(module)
    _, below, third_parties = LAYERS[layer]
    for name in imports(MODULES[module]):
        top = name.partition(".")[0]
        if top == "ensayar":
            assert layer_of(name) in {layer, *below}, f"{module} ({layer}) imports {name} ({layer_of(name)})"
        elif top not in sys.stdlib_module_names:
            assert top in third_parties, f"{module} ({layer}) imports {top}"


def test_importing_the_core_loads_no_adapter() -> None:
    core = sorted(name for name in MODULES if layer_of(name) in {"core", "front end"})
    program = f"""
import importlib, sys
for name in {core!r}:
    importlib.import_module(name)
print(*sorted({{name.partition(".")[0] for name in sys.modules}} & {{"nikola", "sphinx", "qemu", "pytest", "rich"}}))
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_stays_small_enough_to_read(module: str) -> None:
    lines = MODULES[module].read_text(encoding="utf-8").count("\n")
    assert lines <= 300


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_says_what_it_is(module: str) -> None:
    assert ast.get_docstring(ast.parse(MODULES[module].read_text(encoding="utf-8")))
