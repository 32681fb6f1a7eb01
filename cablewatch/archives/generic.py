"""The documented table of positions, with columns in any order and under their common names.

A name is taken only where it says what it holds: ``speed`` may be knots, tenths of them or metres
a second, so a table with such a column needs ``--map sog=speed`` from somebody who knows.
"""

from cablewatch.archives.spec import TableSpec

TABLE = TableSpec(
    format="csv",
    columns={
        "time": [
            "time_utc",
            "timestamp",
            "time",
            "datetime",
            "date_time",
            "date_time_utc",
            "timestamp_utc",
            "basedatetime",
            "base_date_time",
            "tstamp",
            "msgtime",
            "t",
            "t_ms",
        ],
        "mmsi": ["mmsi", "sourcemmsi"],
        "lon": ["lon", "longitude", "lng", "long", "lon_deg"],
        "lat": ["lat", "latitude", "lat_deg"],
        "sog": ["sog_kn", "sog", "speed_over_ground", "speedoverground", "speed_kn", "speed_knots"],
        "cog": ["cog_deg", "cog", "course_over_ground", "courseoverground", "course"],
        "heading": ["heading_deg", "heading", "true_heading", "trueheading", "hdg"],
        "nav_status": [
            "nav_status",
            "navstatus",
            "navstat",
            "navigational_status",
            "navigational status",
            "navigationalstatus",
            "navigation_status",
            "status",
        ],
        "sender": ["ais_class", "transceiver_class", "transceiver", "class", "type of mobile"],
        "flags": ["flags"],
        "station": ["station"],
        "imo": ["imo", "imo_number", "imonumber"],
        "ship_type": ["ship_type", "shiptype", "vessel_type", "vesseltype", "ship type"],
        "to_bow_m": ["to_bow_m", "to_bow"],
        "to_stern_m": ["to_stern_m", "to_stern"],
        "to_port_m": ["to_port_m", "to_port"],
        "to_starboard_m": ["to_starboard_m", "to_starboard"],
        "length_m": ["length_m", "length"],
        "width_m": ["width_m", "width"],
        "draught_m": ["draught_m", "draught", "draft"],
        "name": ["name", "ship_name", "shipname", "vessel_name", "vesselname"],
        "callsign": ["callsign", "call_sign"],
        "destination": ["destination", "dest"],
    },
    signs=[],  # see specs: it is whatever has two of the documented names, or all four by any
    times=["iso", "danish", "unix", "loose"],
)
