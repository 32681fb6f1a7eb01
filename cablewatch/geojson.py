"""GeoJSON files, which may come from anyone, as far as all that read them agree.

A file is read whole: its size and the depth of its nesting are bounded before it is parsed.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from cablewatch.errors import CablewatchError

MAX_DEPTH = 32  # levels; a MultiPolygon in a collection has 8


def read_document(
    path: Path, fault: type[CablewatchError], max_bytes: int
) -> tuple[bytes, dict[str, Any]]:
    """Bytes and the object of a JSON file; raises `fault` where it is none within the bounds."""
    try:
        if path.stat().st_size > max_bytes:
            raise fault(
                str(path), f"larger than {max_bytes // 2**20} MiB", "simplify or split the file"
            )
        text = path.read_bytes()
        if _depth(text) > MAX_DEPTH:
            what = f"nested more than {MAX_DEPTH} levels deep"
            raise fault(str(path), what, "export it as plain GeoJSON")
        document = json.loads(text)
    except OSError as error:
        reason = error.strerror or "read error"
        raise fault(str(path), f"cannot be read: {reason}", "check the path") from error
    except ValueError as error:
        raise fault(str(path), f"not JSON: {error}", "export it as GeoJSON") from error
    if not isinstance(document, dict):
        raise fault(str(path), "not a GeoJSON FeatureCollection", "export it as one")
    return text, document


def features_of(path: Path, document: dict[str, Any], fault: type[CablewatchError]) -> list[Any]:
    """Features of a FeatureCollection; raises `fault` where it is none."""
    features = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise fault(str(path), "not a GeoJSON FeatureCollection", "export it as one")
    return features


def _depth(text: bytes) -> int:
    """Deepest nesting of brackets."""
    step = np.zeros(256, "i4")
    step[list(b"[{")], step[list(b"]}")] = 1, -1
    steps = step[np.frombuffer(text, "u1")]
    return int(np.cumsum(steps[steps != 0]).max(initial=0))
