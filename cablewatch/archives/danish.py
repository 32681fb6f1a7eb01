"""The CSV of the Danish Maritime Authority (``aisdk-YYYY-MM-DD``), 22 or 26 columns.

The header may lack its leading "# ", the columns may stand in any order, and A-D (distances from
the position's reference point, metres) exist only in newer files. Times are UTC. Rows of anything
but class A and B (base stations, aids to navigation, aircraft) are no ships. Every row repeats the
ship's static data; see ``changes``.
"""

from cablewatch.archives.spec import TableSpec

TABLE = TableSpec(
    format="danish-csv",
    columns={
        "time": ["timestamp"],
        "sender": ["type of mobile"],
        "mmsi": ["mmsi"],
        "lon": ["longitude"],
        "lat": ["latitude"],
        "nav_status": ["navigational status"],
        "sog": ["sog"],
        "cog": ["cog"],
        "heading": ["heading"],
        "imo": ["imo"],
        "ship_type": ["ship type"],
        "to_bow_m": ["a", "size a"],
        "to_stern_m": ["b", "size b"],
        "to_port_m": ["c", "size c"],
        "to_starboard_m": ["d", "size d"],
        "length_m": ["length"],
        "width_m": ["width"],
        "draught_m": ["draught"],
        "name": ["name"],
        "callsign": ["callsign"],
        "destination": ["destination"],
    },
    signs=[frozenset({"timestamp", "type of mobile"})],
    times=["danish", "iso"],
    ordered=True,
    unread=frozenset(
        {"rot", "cargo type", "type of position fixing device", "eta", "data source type"}
    ),
)
