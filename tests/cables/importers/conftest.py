"""Files as other programs write them, made on the spot; helpers here are importable by name."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely
from shapely import LineString

sys.path.insert(0, str(Path(__file__).parent))

from cells import LINE

SAID = {
    "kind": "telecom",
    "position_class": "charted",
    "position_uncertainty_m": 100.0,
    "source": "a test",
    "licence": "CC0-1.0",
}


@pytest.fixture
def said() -> dict[str, Any]:
    """What a user says of lines that say nothing themselves."""
    return dict(SAID)


@pytest.fixture
def layer() -> Callable[..., geopandas.GeoDataFrame]:
    """Make a layer of lines (default: one) with columns, in a reference system."""

    def layer(*shapes: Any, crs: Any = 4326, **columns: Any) -> geopandas.GeoDataFrame:
        made = [s if isinstance(s, shapely.Geometry) else LineString(s) for s in shapes or (LINE,)]
        return geopandas.GeoDataFrame(columns, geometry=made, crs=crs)

    return layer
