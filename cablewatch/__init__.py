"""Cablewatch finds ships that threaten undersea cables in AIS, and says why.

A detector is a fold over fixes: ``step(state of this ship, fix, context) -> (state, transitions)``.
Replayed archives, live feeds and shards of a cluster all go through the same fold.

The map, from the bottom up; a module imports only from its own row and the rows above it::

    units errors jit          constants, errors that carry data, the compiler
    fixes vessels geodesy     positions and static data as numpy columns; WGS84
    ais                       bytes -> fixes, statics, counters (Decoder)
    archives                  files -> batches of fixes, sniffed by content (open_archive)
    cables                    GeoJSON -> validated routes, corridors, grid index (load_cables)
    order                     the watermark: sorted, merged, late ones counted
    engine                    the fold: quality, baseline, crossings, one file a rule
    alerts render             transitions -> alerts; alerts -> GeoJSON, JSON lines, CSV
    stores                    tracks (Parquet), alerts (SQL)
    shards pipeline           the fold over processes; order, fold and book in a row
    usecases scenario         replay, decode; the Yi Peng 3 window
    service                   the HTTP API
    cli                       the command line
"""

__version__ = "0.1.0"
