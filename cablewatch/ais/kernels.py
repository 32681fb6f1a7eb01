"""The compiler for the kernels of this package, which own no memory.

They read and write arrays that Python holds for the whole call, and allocate nothing: they are
:func:`cablewatch.jit.lean`. Counting references cost 70 % of the time of a sentence.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from cablewatch.jit import lean as kernel

__all__ = ["inlined", "kernel"]

F = TypeVar("F", bound=Callable[..., Any])


def inlined(function: F) -> F:
    """Compile into the caller, for what runs once a line or sentence.

    A call would hand over each array as seven words; two dozen of them cost more than the work.
    """
    compiled: Any = kernel(function)
    compiled.targetoptions["forceinline"] = True
    result: F = compiled
    return result
