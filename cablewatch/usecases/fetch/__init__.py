"""Fetch: daily archives from the hosts that publish them, resumed where they were cut.

`dates` reads a span of days, `sources` knows which file holds a day, `plan` asks the host what is
there and how large it is, `download` gets one file through whatever the connection does, `partial`
is what lies on the disk meanwhile, and `check` looks at what came. Nothing is fetched that was not
announced, and nothing lies under its final name that is not whole.
"""

from cablewatch.usecases.fetch.dates import Span, parse_span
from cablewatch.usecases.fetch.plan import Plan, connect, fetch, make_plan
from cablewatch.usecases.fetch.sources import SOURCES, Source
from cablewatch.usecases.fetch.transfer import Patience

__all__ = [
    "SOURCES",
    "Patience",
    "Plan",
    "Source",
    "Span",
    "connect",
    "fetch",
    "make_plan",
    "parse_span",
]
