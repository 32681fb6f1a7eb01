"""AISHub's CSV in both of its forms, told apart by the time of the first row.

Format 1 is in degrees, knots and metres with a written time; format 0 has the integers of AIS:
1/600,000 degree, 0.1 knot, 0.1 degree of course, decimetres of draught, and Unix seconds.
"""

import re
from dataclasses import replace

from cablewatch.archives.spec import TableSpec

TABLE = TableSpec(
    format="aishub-csv",
    columns={
        "time": ["time", "tstamp"],
        "mmsi": ["mmsi"],
        "lon": ["longitude"],
        "lat": ["latitude"],
        "sog": ["sog"],
        "cog": ["cog"],
        "heading": ["heading"],
        "accuracy": ["pac"],
        "nav_status": ["navstat"],
        "imo": ["imo"],
        "name": ["name"],
        "callsign": ["callsign"],
        "ship_type": ["type"],
        "to_bow_m": ["a"],
        "to_stern_m": ["b"],
        "to_port_m": ["c"],
        "to_starboard_m": ["d"],
        "draught_m": ["draught"],
        "destination": ["dest"],
    },
    signs=[
        frozenset({"mmsi", "time", "navstat", "dest"}),
        frozenset({"mmsi", "tstamp", "navstat", "dest"}),
    ],
    times=["iso"],
    unread=frozenset({"rot", "eta"}),
)

RAW = replace(
    TABLE,
    format="aishub-raw-csv",
    times=("unix",),
    scale={"lon": 1 / 600_000, "lat": 1 / 600_000, "sog": 0.1, "cog": 0.1, "draught_m": 0.1},
    first_row={"time": re.compile(r"\d{9,11}"), "lon": re.compile(r"-?\d+")},
)
