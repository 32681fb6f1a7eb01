"""Kernels may leave their types to numba; every other function is annotated."""

import ast
from collections.abc import Iterator
from pathlib import Path

import cablewatch

COMPILED = ("kernel", "lean", "inlined")
PACKAGE = Path(cablewatch.__file__).parent


def untyped(tree: ast.AST) -> Iterator[str]:
    """Names of functions that are no kernels and lack an annotation."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if any(isinstance(d, ast.Name) and d.id in COMPILED for d in node.decorator_list):
            continue
        given = node.args
        arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        plain = [a for a in arguments if a and not a.annotation and a.arg not in ("self", "cls")]
        if plain or not node.returns:
            yield node.name


def test_everything_but_kernels_is_annotated() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix(): names
        for path in PACKAGE.rglob("*.py")
        if (names := list(untyped(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert found == {}


def test_a_missing_annotation_is_seen() -> None:
    source = "@kernel\ndef a(x): ...\ndef b(x) -> int: ...\ndef c(): ...\ndef d(*x: int) -> int: 0"
    assert list(untyped(ast.parse(source))) == ["b", "c"]
