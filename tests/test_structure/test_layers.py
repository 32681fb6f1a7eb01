"""Imports go down only, the core does no I/O, and frameworks stay where they belong."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import cablewatch
from cablewatch.jit import SOURCES

PACKAGE = Path(cablewatch.__file__).parent

# From the bottom up. A module imports from its own row and the rows before it.
LAYERS = (
    {"__init__", "units", "errors", "jit"},
    {"fixes", "vessels", "batches", "geodesy", "geojson", "objects", "places"},
    {"output"},
    {"ais"},
    {"archives"},
    {"feeds"},
    {"cables"},
    {"ordering"},
    {"engine"},
    {"context"},
    {"alerts"},
    {"stores"},
    {"shards"},
    {"pipeline"},
    {"arguments", "settings_file"},
    {"investigation", "dossier", "live", "cluster"},
    {"usecases", "scenario", "api", "evaluation"},
    {"service"},
    {"commands"},
    {"cli"},
    {"__main__"},
)
RANK = {name: rank for rank, row in enumerate(LAYERS) for name in row}

CORE = ("ais", "cables", "engine", "ordering")
NOT_CORE = ("ais.messages", "cables.model", "cables.importers")
# `io` may stay: its buffers live in memory
SYSTEM = {"multiprocessing", "os", "pathlib", "shutil", "subprocess", "tempfile", "threading"}
NETWORK = {"asyncio", "http", "requests", "socket", "ssl", "urllib"}
CHANCE = {"random", "secrets", "time", "uuid"}
LIBRARIES = {"geopandas", "pandas", "pyais", "pyarrow", "pyogrio", "sqlite3"}
OUTSIDE_WORLD = SYSTEM | NETWORK | CHANCE | LIBRARIES  # frameworks: see AT_HOME
OUTSIDE_FUNCTIONS = {"open", "print", "input"}
OUTSIDE_METHODS = {"now", "utcnow", "today", "default_rng", "fromfile", "tofile", "memmap"}

# framework -> the only modules that may import it
AT_HOME = {
    "aiomqtt": ("feeds.mqtt",),
    "alembic": ("stores.sql",),
    "confluent_kafka": ("feeds.kafka",),
    "numba": ("jit", "ais.lanes"),
    "llvmlite": ("jit", "ais.lanes"),
    "matplotlib": ("dossier.png",),
    "fastapi": ("service",),
    "fsspec": ("places",),
    "nats": ("feeds.nats", "feeds.nats_ranges"),
    "serial": ("feeds.serial",),
    "websockets": ("feeds.aisstream",),
    "httpcore2": ("service.webhooks",),
    "httpx2": ("usecases.fetch",),
    "starlette": ("service",),
    "prometheus_client": ("service.metrics",),
    "py4j": ("cluster.session",),
    "pydantic": ("service",),
    "pydantic_settings": ("service",),
    "pyspark": ("cluster.session", "cluster.spark", "cluster.stream_sources", "cluster.streaming"),
    "rasterio": ("context.depths",),
    "s3fs": (),
    "sqlalchemy": ("stores",),
    "standardwebhooks": ("service.webhooks",),
    "structlog": ("service.logs",),
    "typer": ("cli", "commands"),
    "uvicorn": ("service",),
}


def modules(package: Path) -> dict[str, ast.Module]:
    """Modules by dotted name below the package; a package goes by its own name."""
    return {
        dotted(path, package): ast.parse(path.read_text(encoding="utf-8"), str(path))
        for path in sorted(package.rglob("*.py"))
    }


def dotted(path: Path, package: Path) -> str:
    """Name of the module in a file of the package."""
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and parts[1:] else parts)


def imports(name: str, tree: ast.Module, is_package: bool) -> Iterator[str]:
    """Absolute dotted names imported anywhere in a module, functions included."""
    here = ["cablewatch", *([] if name == "__init__" else name.split("."))]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            up = here[: len(here) - node.level + is_package] if node.level else []
            base = ".".join([*up, *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def within(name: str, places: tuple[str, ...]) -> bool:
    """Whether a dotted name is one of the places or lies below one."""
    return any(name == place or name.startswith(place + ".") for place in places)


def inner(imported: str, known: set[str]) -> str | None:
    """The module of the package that an import names; None for a foreign one."""
    head, _, rest = imported.partition(".")
    if head != "cablewatch":
        return None
    parts = rest.split(".")
    while parts and ".".join(parts) not in known:
        parts.pop()
    return ".".join(parts) or "__init__"


def violations(package: Path) -> list[str]:
    """Every breach of the layers, one sentence each."""
    trees = modules(package)
    wrong = []
    for name, tree in trees.items():
        top = name.partition(".")[0]
        if top not in RANK:
            wrong.append(f"{name} has no layer: place it in LAYERS")
            continue
        core = within(name, CORE) and not within(name, NOT_CORE)
        is_package = (package / name.replace(".", "/")).is_dir() or name == "__init__"
        if name == "__init__":
            tree = loaded(tree)
        for imported in imports(name, tree, is_package):
            target = inner(imported, set(trees))
            foreign = imported.partition(".")[0]
            if target is not None and RANK.get(target.partition(".")[0], 99) > RANK[top]:
                wrong.append(f"{name} imports {target} above it")
            if foreign in AT_HOME and not within(name, AT_HOME[foreign]):
                wrong.append(f"{name} imports {foreign}, at home in {AT_HOME[foreign]}")
            if core and foreign in OUTSIDE_WORLD:
                wrong.append(f"{name} is core and imports {foreign}")
        if core:
            wrong += [f"{name} is core and calls {call}" for call in outside_calls(tree)]
    return wrong


def loaded(tree: ast.Module) -> ast.Module:
    """The index of the package without the names that it tells type checkers only."""
    typing = [n for n in tree.body if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.dump(n.test)]
    return ast.Module([node for node in tree.body if node not in typing], [])


def outside_calls(tree: ast.Module) -> Iterator[str]:
    """Calls that touch files, clocks or chance without an import of their own."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in OUTSIDE_FUNCTIONS:
                yield name
            case ast.Call(func=ast.Attribute(attr=name)) if name in OUTSIDE_METHODS:
                yield name


def cycle(package: Path) -> list[str]:
    """Modules that import each other in a ring; empty when there is none."""
    trees = modules(package)
    graph = {
        name: {
            target
            for imported in imports(name, tree, (package / name.replace(".", "/")).is_dir())
            if (target := inner(imported, set(trees))) not in (None, name, "__init__")
            and not name.startswith(f"{target}.")  # a part may use names of its own package
        }
        for name, tree in trees.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_the_layers_name_what_there_is() -> None:
    assert set(RANK) == {name.partition(".")[0] for name in modules(PACKAGE)}


def test_layers_hold() -> None:
    assert violations(PACKAGE) == []


def test_kernels_are_made_of_hashed_sources_only() -> None:
    """What a kernel can call or take constants from is in the name of its cache folder."""
    trees = modules(PACKAGE)
    needs = {
        name: {inner(i, set(trees)) for i in imports(name, tree, (PACKAGE / name).is_dir())}
        for name, tree in trees.items()
        if name not in ("cli", "commands.terminal")  # ask whether kernels are compiled
    }
    reached = {name for name, targets in needs.items() if targets & {"jit", "ais.kernels"}}
    assert {
        "ordering.duplicates",
        "geodesy",
        "ais.lines",
        "engine.drag",
        "cables.segments",
    } <= reached
    while more := {t for name in reached for t in needs.get(name or "", set())} - reached:
        reached |= more
    files = {path for pattern in SOURCES for path in PACKAGE.glob(pattern)}
    hashed = {dotted(path, PACKAGE) for path in files}
    assert {name for name in reached if name} - hashed - {"__init__"} == set()


def test_importers_are_no_part_of_any_kernel() -> None:
    files = {path for pattern in SOURCES for path in PACKAGE.glob(pattern)}
    assert not any("importers" in path.parts for path in files)


def test_no_import_cycles() -> None:
    assert cycle(PACKAGE) == []


@pytest.mark.parametrize(
    ("path", "source", "complaint"),
    [
        (
            "fixes.py",
            "def f():\n    from cablewatch import pipeline",
            "fixes imports pipeline above it",
        ),
        (
            "engine/drag.py",
            "from ..alerts import model",
            "engine.drag imports alerts.model above it",
        ),
        (
            "engine/__init__.py",
            "from ..alerts import model",
            "engine imports alerts.model above it",
        ),
        ("pipeline.py", "import cablewatch.service.app", "pipeline imports service.app above it"),
        ("service/app.py", "from cablewatch import cli", "service.app imports cli above it"),
        ("engine/drag.py", "from numba import njit", "engine.drag imports numba, at home in"),
        ("pipeline.py", "import pydantic", "pipeline imports pydantic, at home in"),
        ("ais/decode.py", "from pathlib import Path", "ais.decode is core and imports pathlib"),
        ("ordering/order.py", "import time", "ordering.order is core and imports time"),
        ("cables/index.py", "open('x')", "cables.index is core and calls open"),
        (
            "engine/drag.py",
            "rng = np.random.default_rng()",
            "engine.drag is core and calls default",
        ),
        ("newcomer.py", "", "newcomer has no layer"),
        ("__init__.py", "from cablewatch.pipeline import Pipeline", "__init__ imports pipeline"),
    ],
)
def test_each_breach_is_seen(tmp_path: Path, path: str, source: str, complaint: str) -> None:
    others = ("pipeline.py", "alerts/model.py", "cli.py", "service/app.py", "engine/__init__.py")
    for name in ("__init__.py", *others):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(source)
    seen = violations(tmp_path)
    assert len(seen) == 1
    assert seen[0].startswith(complaint)


def test_what_is_allowed_passes(tmp_path: Path) -> None:
    (tmp_path / "ais").mkdir()
    (tmp_path / "ais/messages.py").write_text("import pyais, os\nfrom . import decode")
    (tmp_path / "ais/decode.py").write_text("import numpy\nfrom cablewatch.fixes import Fixes")
    (tmp_path / "fixes.py").write_text("from cablewatch import __version__\nopen('x')")
    index = "if TYPE_CHECKING:\n    from cablewatch.fixes import Fixes\n__version__ = ''"
    (tmp_path / "__init__.py").write_text(index)
    assert violations(tmp_path) == []


def test_a_ring_is_seen(tmp_path: Path) -> None:
    (tmp_path / "fixes.py").write_text("from cablewatch.vessels import Statics")
    (tmp_path / "vessels.py").write_text("from cablewatch.fixes import Fixes")
    assert set(cycle(tmp_path)) == {"fixes", "vessels"}
