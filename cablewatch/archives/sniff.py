"""The format of an archive, told from the first lines of its first member.

In this order: Parquet's magic bytes; a header line of the Danish CSV; a header line with columns
of the documented CSV; any line that holds an AIS sentence.
"""

import re

from cablewatch.archives.compression import HEAD_BYTES, Container
from cablewatch.errors import ArchiveError

PARQUET_MAGIC = b"PAR1"
SENTENCE = re.compile(rb"[!$][A-Z0-9]{2}VD[MO],\d")
DANISH = (b"timestamp", b"type of mobile")
DOCUMENTED = {b"time_utc", b"mmsi", b"lon", b"lat"}
KNOWN = "NMEA logs, Danish CSV, and CSV or Parquet with time_utc,mmsi,lon,lat,sog_kn,cog_deg"


def sniff(container: Container) -> str:
    """Name of the format of `container`'s content.

    Raises
    ------
    ArchiveError
        No member holds anything known, or there is nothing inside.
    """
    seen = False
    for member in container.members():
        for block in member.blocks(HEAD_BYTES):
            seen = True
            found = format_of(block.data)
            if found:
                return found
            break
    where = str(container.path)
    if not seen:
        raise ArchiveError(where, "there is nothing inside", "get the file again")
    raise ArchiveError(where, "the content is no known format", f"give {KNOWN}, or set --format")


def format_of(head: bytes) -> str | None:
    r"""Name of the format that starts with `head`, None for none.

    >>> format_of(b"!AIVDM,1,1,,A,13aG?P0P00PD;88MD5MTDww@2<0L,0*23\n")
    'nmea'
    >>> format_of(b"# Timestamp,Type of mobile,MMSI,Latitude\n")
    'danish-csv'
    """
    if head.startswith(PARQUET_MAGIC):
        return "parquet"
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0]
    names = [name.strip(b' "\r') for name in first.lower().lstrip(b"# ").split(b",")]
    if tuple(names[:2]) == DANISH:
        return "danish-csv"
    if len(DOCUMENTED.intersection(names)) >= 2:
        return "csv"
    return "nmea" if SENTENCE.search(head) else None
