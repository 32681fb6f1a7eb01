"""MarineCadastre, the archive of the United States (NOAA and BOEM), as CSV and GeoParquet.

Files until 2024 have ``BaseDateTime`` with a T and keep the sentinels of AIS (course 360, heading
511); the files of today have ``base_date_time`` with a blank, longitude before latitude, and empty
fields instead. Codes of ships from 1001 on are those of the US Coast Guard; see ``phrases``. A
course below 0 is one that lost its 12th bit on the way (files of 2015 to 2017): not available.
"""

from cablewatch.archives.spec import TableSpec

TABLE = TableSpec(
    format="marinecadastre-csv",
    columns={
        "time": ["base_date_time", "basedatetime"],
        "mmsi": ["mmsi"],
        "lon": ["longitude", "lon"],
        "lat": ["latitude", "lat"],
        "sog": ["sog"],
        "cog": ["cog"],
        "heading": ["heading"],
        "nav_status": ["status"],
        "sender": ["transceiver", "transceiverclass", "transceiver_class"],
        "name": ["vessel_name", "vesselname"],
        "imo": ["imo"],
        "callsign": ["call_sign", "callsign"],
        "ship_type": ["vessel_type", "vesseltype"],
        "length_m": ["length"],
        "width_m": ["width"],
        "draught_m": ["draft"],
    },
    signs=[frozenset({"basedatetime", "mmsi"}), frozenset({"base_date_time", "mmsi"})],
    times=["iso"],
    unread=frozenset({"cargo", "geometry"}),
)
