"""Memory that is free goes back to the system.

A snapshot takes for a moment several times what it holds, a compaction some hundred megabytes. The
allocators keep such pages between blocks that live on, and a watch of months would look as if it
grew.
"""

import ctypes

import pyarrow as pa

_LIBC = ctypes.CDLL(None)


def give_back() -> None:
    """Return what the allocators of C and of Arrow hold free; where they can."""
    pa.default_memory_pool().release_unused()
    if hasattr(_LIBC, "malloc_trim"):  # of glibc; others keep less
        _LIBC.malloc_trim(0)
