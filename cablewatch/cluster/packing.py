"""Bodies of rows: what tasks say, pickled and packed, for a cluster copies each a dozen times.

::

    size of the pickle, u8 little-endian, 0 where it is small and not packed | pickle, zstd
"""

import pickle
from typing import Any

import pyarrow as pa

CODEC = pa.Codec("zstd", 1)
SIZE_BYTES = 8
SMALL_BYTES = 1 << 12  # a message of a broker, say: to pack it gains nothing


def packed(said: Any) -> bytes:
    """The body that says something."""
    body = pickle.dumps(said, protocol=5)
    if len(body) < SMALL_BYTES:
        return bytes(SIZE_BYTES) + body
    smaller: bytes = CODEC.compress(body, asbytes=True)
    return len(body).to_bytes(SIZE_BYTES, "little") + smaller


def unpacked(body: bytes) -> Any:
    """What a body says; a pickle, of one's own cluster."""
    rest = memoryview(body)[SIZE_BYTES:]
    size = int.from_bytes(body[:SIZE_BYTES], "little")
    return pickle.loads(CODEC.decompress(rest, size) if size else rest)
