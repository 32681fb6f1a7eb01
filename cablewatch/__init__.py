"""Cablewatch finds ships that threaten undersea cables in AIS, and says why.

A detector is a fold over fixes: ``step(state of this ship, fix, context) -> (state, transitions)``.
Replayed archives, live feeds and shards of a cluster all go through the same fold.

The map, from the bottom up; a module imports only from its own row and the rows above it::

    units errors jit          constants, errors that carry data, the compiler
    fixes vessels geodesy     positions and static data as numpy columns; WGS84
    batches geojson           both of them, in the order of a feed; files that come from anyone
    output                    times, names, lines, tables and plots, as they are written
    ais                       bytes -> fixes, statics, counters (Decoder)
    archives                  files -> batches of fixes, sniffed by content (open_archive)
    cables                    GeoJSON -> validated routes, corridors, grid index (load_cables)
    ordering                  the watermark: sorted, merged, late ones counted
    engine                    the fold: quality, baseline, crossings, one file a rule
    context                   places where ships stop, depths
    alerts                    transitions -> alerts, in words; alerts -> GeoJSON, Parquet, CSV
    stores                    tracks (Parquet), alerts (SQL)
    shards pipeline           the fold over processes; order, fold and book in a row
    arguments                 what people write after options, or give to functions
    investigation dossier     suspects for one cable and window; one alert with all it rests on
    usecases scenario api     replay, decode; invented traffic; the names of this package
    evaluation                drags injected into recorded tracks: recall and alarms
    service                   the HTTP API
    commands cli              the command line, a module a command

The names of the Python API (``__all__``, docs/python.md) are loaded when they are first used: the
compiler is not needed to ask for help.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cablewatch.ais import Decoder
    from cablewatch.alerts.model import Alert
    from cablewatch.api import decode, detect, load_cables, read, replay, to_frame
    from cablewatch.errors import CablewatchError
    from cablewatch.fixes import Fixes

__version__ = "0.1.0"

__all__ = [
    "Alert",
    "CablewatchError",
    "Decoder",
    "Fixes",
    "decode",
    "detect",
    "load_cables",
    "read",
    "replay",
    "to_frame",
]
_HOMES = {
    "Alert": "alerts.model",
    "CablewatchError": "errors",
    "Decoder": "ais",
    "Fixes": "fixes",
}


def __getattr__(name: str) -> object:
    """A name of the API, from the module it lives in."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"cablewatch.{_HOMES.get(name, 'api')}"), name)
    return found


def __dir__() -> list[str]:
    return [*globals(), *__all__]
