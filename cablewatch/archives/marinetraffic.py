"""MarineTraffic's exports of positions: ``SPEED`` is in tenths of a knot."""

from cablewatch.archives.spec import TableSpec

TABLE = TableSpec(
    format="marinetraffic-csv",
    columns={
        "time": ["timestamp"],
        "mmsi": ["mmsi"],
        "lon": ["lon"],
        "lat": ["lat"],
        "sog": ["speed"],
        "cog": ["course"],
        "heading": ["heading"],
        "nav_status": ["status"],
        "imo": ["imo"],
        "name": ["shipname"],
        "callsign": ["callsign"],
        "ship_type": ["shiptype", "ship_type"],
        "length_m": ["length"],
        "width_m": ["width"],
        "destination": ["destination"],
    },
    signs=[
        frozenset({"timestamp", "mmsi", "speed", "course", "dsrc"}),
        frozenset({"timestamp", "mmsi", "speed", "course", "ship_id"}),
    ],
    times=["iso"],
    scale={"sog": 0.1},
    unread_others=True,
)
