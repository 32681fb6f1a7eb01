"""The use case: traffic, plan, runs, figures; and the files of a result.

::

    DIR/evaluation.json   all figures
    DIR/trials.csv        a line a drag
    DIR/report.html       the page
"""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

from cablewatch import __version__
from cablewatch.archives import ReadOptions
from cablewatch.cables.model import Cable
from cablewatch.context.surroundings import NOWHERE, Surroundings
from cablewatch.errors import UsageError
from cablewatch.evaluation.explain import explained
from cablewatch.evaluation.figures import Figures, figures
from cablewatch.evaluation.incidents import Incident, incidents
from cablewatch.evaluation.injections import Drag
from cablewatch.evaluation.lattice import lattice
from cablewatch.evaluation.page import page
from cablewatch.evaluation.plan import FULL, INVENTED, QUICK, plan
from cablewatch.evaluation.receptions import DRAWN, DRAWN_QUICK, receptions
from cablewatch.evaluation.traffic import Traffic, synthetic
from cablewatch.evaluation.trials import Outcome, Run, product, run
from cablewatch.ordering.order import ARCHIVE_LATENESS_MS
from cablewatch.output.text import rfc3339
from cablewatch.pipeline import config_hash
from cablewatch.usecases.read import Recording, read_files

SHIPS, QUICK_SHIPS = 200, 60  # of invented traffic
NAMES = ("evaluation.json", "trials.csv", "report.html")


@dataclass(frozen=True)
class Evaluation:
    """A result, and the reading it rests on (None for invented traffic)."""

    figures: Figures
    outcomes: list[Outcome]
    recording: Recording | None


def evaluate(
    paths: Sequence[Path],
    cables: Sequence[Cable],
    *,
    options: ReadOptions,
    seed: int = 0,
    split: str = "calibrate",
    quick: bool = False,
    named: Sequence[Incident] = (),
    progress: Callable[[int, int], None] = lambda done, total: None,
    surroundings: Surroundings = NOWHERE,
) -> Evaluation:
    """Measure the detectors on archives, or on invented traffic where none is named.

    Parameters
    ----------
    named : sequence of Incident
        Recorded incidents, told beside the drags that are injected.
    progress : callable
        Gets runs done and runs in all.
    surroundings : Surroundings
        Places and depths that may lower an alert, of injected drags too.

    Raises
    ------
    CablewatchError
        No archive can be read, or no ship of the split sails long enough.
    """
    recording = read_files(paths, options) if paths else None
    if recording is None:
        traffic = synthetic(seed, QUICK_SHIPS if quick else SHIPS)
    else:
        traffic = Traffic.of(recording)
    design = QUICK if quick else FULL if paths else INVENTED
    rounds = plan(traffic, split, design, seed)
    laid = lattice(traffic.fixes)
    both = [*cables, laid]
    twice = 2 * len(rounds) + 2 + len(design.interval_s)
    detector = partial(product, surroundings=surroundings)
    found = run(traffic, rounds, cables, laid, detector, lambda done, _: progress(done, twice))
    why = explained(
        *(traffic, rounds, both, found.outcomes, split, seed),
        progress=lambda done, _: progress(len(rounds) + 2 + done, twice),
    )
    otherwise = DRAWN_QUICK if quick else DRAWN
    why["receptions"] = receptions(traffic, both, split, seed, found.episodes, otherwise, detector)
    why["incidents"] = incidents(named, cables, options, detector)
    about = {"split": split, "seed": seed, "quick": quick, "rounds": len(rounds)}
    about = _told(traffic, cables, found, surroundings) | about
    told = about | figures(traffic, found, split, seed) | why
    return Evaluation(told, found.outcomes, recording)


def _told(
    traffic: Traffic, cables: Sequence[Cable], found: Run, surroundings: Surroundings
) -> Figures:
    """What was measured, on what."""
    return {
        "cablewatch": __version__,
        "config_hash": config_hash(cables, ARCHIVE_LATENESS_MS, {}, surroundings),
        "source": traffic.source,
        "from": rfc3339(int(traffic.fixes.t_ms[0])),
        "to": rfc3339(int(traffic.fixes.t_ms[-1])),
        "fixes": len(traffic.fixes),
        "ships": len(traffic.ships),
        "cables": len(cables),
        "crossings": found.crossings,
        "drags": len(found.outcomes),
    }


def write(result: Evaluation, folder: Path) -> None:
    """Write the files of a result into a folder that exists."""
    try:
        text = json.dumps(result.figures, indent=1) + "\n"
        (folder / NAMES[0]).write_text(text, encoding="utf-8")
        with (folder / NAMES[1]).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(_trials(result.outcomes))
        (folder / NAMES[2]).write_text(page(result.figures), encoding="utf-8")
    except OSError as error:
        raise _unwritable(folder, error) from error


def claimed(folder: Path) -> Path:
    """Make the folder, before any work is done for it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error
    return folder


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError(
        str(folder), f"cannot be written: {error.strerror}", "name another folder by --out"
    )


_TOLD = [f.name for f in fields(Drag) if f.name != "seed"]


def _trials(outcomes: Sequence[Outcome]) -> Iterator[list[object]]:
    """Head, then a row a drag."""
    yield [*_TOLD, "kind", "reports", "detected_ms", "probability", "chance", "next_ms"]
    for o in outcomes:
        drag = [getattr(o.drag, name) for name in _TOLD]
        found = "" if o.detected_ms is None else o.detected_ms
        following = "" if o.next_ms is None else o.next_ms
        yield [*drag, o.kind, o.reports, found, round(o.probability, 6), int(o.chance), following]
