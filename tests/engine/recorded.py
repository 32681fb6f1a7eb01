"""Recorded tracks as a scene."""

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from laws import Scene, ordered

from cablewatch.cables.model import load_cables
from cablewatch.fixes import Fixes
from cablewatch.vessels.statics import Statics

DAY = 2  # of June 2018; a ship loiters over a made-up cable


def recorded_scene(shared: Path) -> Scene:
    """A day of class A ships off Santa Barbara, over made-up cables."""
    table = pq.read_table(shared / "tracks" / "santa_barbara_2018-06-01_04_class_a.parquet")
    table = table.filter(pc.equal(pc.day(table["time_utc"]), DAY))
    column = {name: table[name].to_numpy() for name in table.column_names if name != "name"}
    heading = column["heading_deg"].astype("f4")
    fixes = Fixes.from_columns(
        t_ms=column["time_utc"].astype("datetime64[ms]").astype("i8"),
        mmsi=column["mmsi"],
        lon_deg=column["lon"],
        lat_deg=column["lat"],
        sog_kn=column["sog_kn"],
        cog_deg=column["cog_deg"],
        heading_deg=np.where(heading < 360.0, heading, np.nan),
    )
    cables = load_cables(shared / "tracks" / "test_cables.geojson")
    return ordered(fixes, Statics.empty(), cables)
