"""HAIS, the archive of the Norwegian Coastal Administration: CSV of both kinds, and Parquet.

Newer files are separated by commas and name ``msg_type`` and ``ais_class``; older ones (and those
of Statsat) are separated by semicolons and name ``message_nr``. A status of -99 is not available.
"""

from cablewatch.archives.spec import TableSpec

TABLE = TableSpec(
    format="kystverket-csv",
    columns={
        "time": ["date_time_utc"],
        "mmsi": ["mmsi"],
        "lon": ["longitude", "lon"],
        "lat": ["latitude", "lat"],
        "sog": ["speed_over_ground", "sog"],
        "cog": ["course_over_ground", "cog"],
        "heading": ["true_heading"],
        "nav_status": ["status", "nav_status"],
        "sender": ["ais_class"],
        "message": ["msg_type", "message_nr"],
        "imo": ["imo_nr", "imo"],
        "length_m": ["length"],
    },
    signs=[
        frozenset({"date_time_utc", "mmsi", "msg_type"}),
        frozenset({"date_time_utc", "mmsi", "message_nr"}),
        frozenset({"date_time_utc", "mmsi", "true_heading"}),
    ],
    times=["iso"],
    unread=frozenset({"rate_of_turn", "rot", "maneuvre", "data_source", "source", "geometry"}),
)
