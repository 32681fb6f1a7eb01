"""A Danish day end to end against a bare columnar read of the same columns, side by side.

``python -m bench replay [--rows N] [--rounds N] [--growth]``: "bare", ``pyarrow.csv.read_csv`` of
the columns that the reader uses; "replay", the whole of a replay over the shipped routes; "stored",
the same with the store written.
"""

import tempfile
from pathlib import Path

from bench.archives import bare
from bench.danish import rounds
from cablewatch.cables.model import load_cables
from cablewatch.stores.folder import StoreWriter
from cablewatch.usecases.replay import replay


def replayed(path: Path) -> None:
    replay([path], load_cables())


def stored(path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        replay([path], load_cables(), store=StoreWriter(Path(folder), "bench", "bench"))


CONTENDERS = {"bare": bare, "replay": replayed, "stored": stored}


def main() -> None:
    rounds.main("bench.replay", __doc__)


if __name__ == "__main__":
    main()
