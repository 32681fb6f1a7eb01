"""The wide CSV of Spire Maritime and exactEarth: a row a message, every field of every type.

Time has no sub-second part; the column ``Millisecond`` has it. Draught is in decimetres. Messages
1-3, 18, 19 and 27 are positions of ships, 5, 19 and 24 static data; base stations, aids and
aircraft are no ships, and other messages say nothing that is read.
"""

from cablewatch.archives.spec import TableSpec

TABLE = TableSpec(
    format="spire-csv",
    columns={
        "time": ["time"],
        "millisecond": ["millisecond"],
        "mmsi": ["mmsi"],
        "message": ["message_id"],
        "repeat": ["repeat_indicator"],
        "accuracy": ["accuracy"],
        "lon": ["longitude"],
        "lat": ["latitude"],
        "sog": ["sog"],
        "cog": ["cog"],
        "heading": ["heading"],
        "nav_status": ["navigational_status"],
        "imo": ["imo"],
        "ship_type": ["ship_type"],
        "to_bow_m": ["dimension_to_bow"],
        "to_stern_m": ["dimension_to_stern"],
        "to_port_m": ["dimension_to_port"],
        "to_starboard_m": ["dimension_to_starboard"],
        "draught_m": ["draught"],
        "name": ["vessel_name"],
        "callsign": ["call_sign"],
        "destination": ["destination"],
    },
    signs=[frozenset({"message_id", "mmsi", "time", "millisecond"})],
    times=["compact", "iso"],
    unread_others=True,
    scale={"draught_m": 0.1},
)
