"""Importers: cables of other formats and origins, as a file that every command reads.

`layers` opens a file through GDAL, a `profile` (one small module an origin) says what its features
mean, `geometry` makes routes of them, `draft` finds what is missing, `assemble` puts the cables
together, and `registry` lists the profiles. Nothing is guessed in silence: what neither file nor
profile says is asked for, and what is not taken is counted under a reason with its first example.
"""

from cablewatch.cables.importers.assemble import Imported
from cablewatch.cables.importers.candidates import Gap
from cablewatch.cables.importers.draft import Draft
from cablewatch.cables.importers.registry import PROFILES
from cablewatch.cables.importers.request import Request

__all__ = ["PROFILES", "Draft", "Gap", "Imported", "Request"]
