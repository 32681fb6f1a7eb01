"""VesselFinder and VT Explorer, whose columns are the same."""

from cablewatch.archives.spec import TableSpec

TABLE = TableSpec(
    format="vesselfinder-csv",
    columns={
        "time": ["timestamp"],
        "mmsi": ["mmsi"],
        "lon": ["longitude"],
        "lat": ["latitude"],
        "sog": ["speed"],
        "cog": ["course"],
        "heading": ["heading"],
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
        "destination": ["destination"],
    },
    signs=[frozenset({"timestamp", "mmsi", "course", "speed", "navstat"})],
    times=["iso"],
    unread=frozenset({"eta_ais", "eta", "src", "zone", "eca"}),
)
