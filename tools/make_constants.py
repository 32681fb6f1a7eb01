"""Write docs/constants.md: every figure that decides an alert, as its module has it.

    python tools/make_constants.py [docs/constants.md]

A figure is a constant in capitals of a module of ``pipeline.DECIDING`` whose value is a number, or
a tuple or table of numbers. Its note is the comment on its lines and the comment lines that follow,
or the text under it. Numbers of an enumeration (``A, B = range(2)`` and the like) and the numbers
and versions of rules are no figures.
"""

import ast
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from cablewatch import pipeline

NO_FIGURES = {"RULE", "VERSION", "KIND", "TERMS", "RULES", "NOTHING"}
ROOT = Path(__file__).resolve().parents[1]
HEAD = """# Constants

Every figure that decides what becomes an alert and how high it stands, as written in the module
that owns it, with what it is and where it comes from. `assumed` says that nothing stands behind it
yet; `bench/` and "calibrate" name the run that it was counted in. Names end in their unit (`_MS`,
`_KN`, `_DEG`; `_LLR` is nats). Written by `python tools/make_constants.py`; a test fails when a
module says otherwise, or nothing. What follows from the figures is in [rules.md](rules.md).
"""


class Figure(NamedTuple):
    """One constant."""

    name: str
    value: str  # as written
    note: str  # unit, source or reason, as the module says it


def figures(module: ModuleType) -> Iterator[Figure]:
    """Figures of a module, in its order."""
    path = Path(str(module.__file__))
    lines = path.read_text(encoding="utf-8").splitlines()
    with path.open("rb") as source:
        comments = {
            token.start[0]: token.string.lstrip("# ")
            for token in tokenize.tokenize(source.readline)
            if token.type == tokenize.COMMENT
        }
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for statement, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            note = _note(statement, after, comments, lines)
            for name, value in _named(statement, statement.value):
                if _is_figure(module, name, value):
                    yield Figure(name, ast.unparse(value), note)


def _named(
    statement: ast.Assign | ast.AnnAssign, value: ast.expr
) -> Iterator[tuple[str, ast.expr]]:
    """Names of an assignment, each with its own part of the value where it has one."""
    target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple):
        parts = value.elts if isinstance(value, ast.Tuple) else [value] * len(target.elts)
        for each, part in zip(target.elts, parts, strict=True):
            if isinstance(each, ast.Name):
                yield each.id, part


def _is_figure(module: ModuleType, name: str, value: ast.expr) -> bool:
    if not name.strip("_").isupper() or name in NO_FIGURES or name.startswith("C_"):
        return False
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "range":
        return False
    return _is_number(getattr(module, name))


def _is_number(value: object) -> bool:
    if isinstance(value, dict):
        return bool(value) and all(map(_is_number, value.values()))
    if isinstance(value, tuple):
        return bool(value) and all(map(_is_number, value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def _note(
    statement: ast.stmt, after: ast.stmt | None, comments: dict[int, str], lines: list[str]
) -> str:
    """Comments on the lines of a statement and right after it, or the text under it."""
    last = statement.end_lineno or statement.lineno
    said = [comments[k] for k in range(statement.lineno, last + 1) if k in comments]
    while said and last < len(lines) and lines[last].startswith("#"):
        last += 1
        said.append(comments[last])
    if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
        said.append(" ".join(str(after.value.value).split()))
    return " ".join(said)


def page() -> str:
    """Markdown of all modules, a table each."""
    parts = [HEAD]
    for module in sorted(pipeline.DECIDING, key=lambda each: each.__name__):
        rows = [f"| `{f.name}` | `{f.value}` | {f.note} |" for f in figures(module)]
        if rows:
            name = module.__name__.removeprefix("cablewatch.")
            parts.append(f"## {name}\n\n| figure | value | what, and source |")
            parts[-1] += "\n|---|---|---|\n" + "\n".join(rows) + "\n"
    return "\n".join(parts)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "constants.md"
    target.write_text(page(), encoding="utf-8")
