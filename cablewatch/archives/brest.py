"""The dynamic data of the Naval Academy at Brest, a common research set (``nari_dynamic.csv``)."""

from cablewatch.archives.spec import TableSpec

TABLE = TableSpec(
    format="brest-csv",
    columns={
        "time": ["t"],
        "mmsi": ["sourcemmsi"],
        "lon": ["lon"],
        "lat": ["lat"],
        "sog": ["speedoverground"],
        "cog": ["courseoverground"],
        "heading": ["trueheading"],
        "nav_status": ["navigationalstatus"],
    },
    signs=[frozenset({"sourcemmsi", "t"})],
    times=("unix",),
    unread=frozenset({"rateofturn"}),
)
