"""The compiler for the kernels of this package, which own no memory.

They read and write arrays that Python holds for the whole call, and allocate nothing. Numba's
reference counts are therefore left out: counting cost 70 % of the time of a sentence, as each call
from kernel to kernel counted every array of its arguments twice, atomically.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from cablewatch import jit

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile as :func:`cablewatch.jit.kernel` does; a kernel that allocates fails to compile."""
    compiled: Any = jit.kernel(function)
    compiled.targetoptions["_nrt"] = False
    result: F = compiled
    return result


def inlined(function: F) -> F:
    """Compile into the caller, for what runs once a line or sentence.

    A call would hand over each array as seven words; two dozen of them cost more than the work.
    """
    compiled: Any = kernel(function)
    compiled.targetoptions["forceinline"] = True
    result: F = compiled
    return result
