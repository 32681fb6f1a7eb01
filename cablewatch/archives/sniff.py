"""The format of an archive, told from the first lines of its first member.

In this order: Parquet's magic bytes; for what begins as JSON does, the names that a format alone
has; a header line of one of the tables in ``specs``; any line that holds an AIS sentence.
"""

import re
from collections.abc import Mapping

from cablewatch.archives.compression import HEAD_BYTES, Container
from cablewatch.archives.specs import table_of
from cablewatch.errors import ArchiveError

PARQUET_MAGIC = b"PAR1"
RECORDING = b"# received {"
UTF16 = (b"\xff\xfe", b"\xfe\xff")  # as some shells and spreadsheets write texts
SENTENCE = re.compile(rb"[!$][A-Z0-9]{2}VD[MO],\d")
JSON = re.compile(rb"\s*([{\[:]|var |vessels(-v2)?/|data:|event:|id:)")
JSON_SIGNS = tuple(
    (format, re.compile(signs))
    for format, signs in (
        ("aisstream", rb'"MetaData"|"MessageType"'),
        ("ais-catcher", rb'"rxuxtime"|"rxtime"|"AIS-catcher"'),
        ("gpsd", rb'"class"\s*:\s*"(AIS|VERSION)"'),
        ("barentswatch", rb'"msgtime"'),
        ("aishub-json", rb'"USERNAME"|"NAVSTAT"'),
        ("digitraffic", rb'"navStat"|"posAcc"|"referencePointA"|vessels(-v2)?/\d|"vessels"\s*:'),
    )
)
KNOWN = "NMEA logs, known JSON, or a table with columns for time, mmsi, lon and lat (see --map)"


def sniff(container: Container, columns: Mapping[str, str]) -> str:
    """Name of the format of `container`'s content, its columns renamed as `columns` says.

    Raises
    ------
    ArchiveError
        No member holds anything known, or there is nothing inside.
    """
    seen = False
    for member in container.members():
        for block in member.blocks(HEAD_BYTES):
            seen = True
            if block.data.startswith(UTF16):
                raise ArchiveError(member.name, "the text is UTF-16", "save it as UTF-8")
            found = format_of(block.data, columns)
            if found:
                return found
            break
    where = str(container.path)
    if not seen:
        raise ArchiveError(where, "there is nothing inside", "get the file again")
    raise ArchiveError(where, "the content is no known format", f"give {KNOWN}, or set --format")


def format_of(head: bytes, columns: Mapping[str, str]) -> str | None:
    r"""Name of the format that starts with `head`, None for none.

    >>> format_of(b"!AIVDM,1,1,,A,13aG?P0P00PD;88MD5MTDww@2<0L,0*23\n", {})
    'nmea'
    >>> format_of(b"# Timestamp,Type of mobile,MMSI,Latitude\n", {})
    'danish-csv'
    """
    if head.startswith(PARQUET_MAGIC):
        return "parquet"
    if head.startswith(RECORDING):
        return "recording"
    if JSON.match(head):
        for format, signs in JSON_SIGNS:
            if signs.search(head):
                return format
    table = table_of(head, columns)
    if table is not None:
        return table.format
    return "nmea" if SENTENCE.search(head) else None
