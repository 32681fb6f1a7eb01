"""Scenes that are heard rarely: class B, archives of a report each 3 minutes, satellites.

What cannot be seen in so few reports need not be found, but nothing false may be said of it, and an
alert says which of its terms could not be computed.
"""

from dataclasses import replace
from functools import partial

from cablewatch.scenario.scenes.at_anchor import OTHER, STILL, anchored_on_cable
from cablewatch.scenario.scenes.craft import FIRST_MMSI, FISHING, Craft
from cablewatch.scenario.scenes.faults import in_passes, thinned
from cablewatch.scenario.scenes.gaps import DARK, dark_over_cable
from cablewatch.scenario.scenes.model import Script
from cablewatch.scenario.scenes.setting import at
from cablewatch.scenario.scenes.under_way import DRAGGER, anchor_drag, drifting, zigzag

SATELLITE = in_passes(at(0.2), (5400.0, 6300.0, 3900.0, 7200.0))
THREE_MINUTES = thinned(180.0)
SMALL = Craft(FIRST_MMSI, "SCENE SMALL", 79, 24, class_b=True, gyro=False)
COASTER = replace(DRAGGER, length_m=45, class_b=True, gyro=False)
BOAT = Craft(FIRST_MMSI, "SCENE BOAT", FISHING, 18, class_b=True, gyro=False)
_CLASS_B = "ITU-R M.1371-5 table 2"
_ARCHIVE = "archives of one report in some minutes"
_PASSES = "passes of low orbits, assumed"
_OTHER_STILL = tuple((OTHER.mmsi, kind) for kind in STILL)

SCRIPTS = (
    Script(
        "anchor-drag-class-b",
        "A small ship on class B, with a report each 30 s and no heading, drags as in anchor-drag.",
        _CLASS_B,
        partial(anchor_drag, craft=COASTER),
        may=((FIRST_MMSI, "anchor_drag"),),
    ),
    Script(
        "anchor-drag-3-minutes",
        "A drag as in anchor-drag, in an archive that keeps a report each 3 minutes of every ship.",
        _ARCHIVE,
        partial(anchor_drag, edits=(THREE_MINUTES,)),
        may=((FIRST_MMSI, "anchor_drag"),),
    ),
    Script(
        "anchor-drag-satellite",
        "A drag as in anchor-drag, heard from satellites: for ten minutes each hour or two.",
        _PASSES,
        partial(anchor_drag, edits=(SATELLITE,)),
        may=((FIRST_MMSI, "anchor_drag"),),
    ),
    Script(
        "zigzag-3-minutes",
        "A zigzag as in zigzag, in an archive that keeps a report each 3 minutes of every ship.",
        _ARCHIVE,
        partial(zigzag, edits=(THREE_MINUTES,)),
        may=(
            *((FIRST_MMSI, kind) for kind in ("loitering", "anchored_on_cable")),
            (FIRST_MMSI, "anchor_drag_at_anchor"),  # shifts her anchor at 4 kn or less
        ),
    ),
    Script(
        "zigzag-satellite",
        "A zigzag as in zigzag, heard from satellites.",
        _PASSES,
        partial(zigzag, edits=(SATELLITE,)),
        may=((FIRST_MMSI, "loitering"), (FIRST_MMSI, "anchored_on_cable")),
    ),
    Script(
        "anchored-class-b",
        "A small craft on class B, with a report each 3 minutes and no heading, anchors on a cable "
        "for 20 h.",
        _CLASS_B,
        partial(anchored_on_cable, craft=SMALL),
        never=_OTHER_STILL,
    ),
    Script(
        "anchored-satellite",
        "A cargo ship anchors on a cable for 20 h, heard from satellites.",
        _PASSES,
        partial(anchored_on_cable, edits=(SATELLITE,)),
        may=((FIRST_MMSI, "anchored_on_cable"),),
        never=_OTHER_STILL,
    ),
    Script(
        "drifting-class-b",
        "A boat on class B, with a report each 3 minutes and no heading, drifts over a cable at "
        "0.4-0.9 kn for 11 h.",
        _CLASS_B,
        partial(drifting, craft=BOAT),
        may=((FIRST_MMSI, "loitering"), (FIRST_MMSI, "drifting")),
    ),
    Script(
        "drifting-satellite",
        "A cargo ship drifts over a cable at 1-3 kn for 6 h, heard from satellites.",
        _PASSES,
        partial(drifting, kn=(1.0, 3.0), hours=6.0, edits=(SATELLITE,)),
        may=((FIRST_MMSI, "drifting"),),
    ),
    Script(
        "dark-class-b",
        "A small ship on class B falls silent for 1-7 h about a cable, while others are heard.",
        _CLASS_B,
        partial(dark_over_cable, craft=replace(DARK, length_m=40, class_b=True, gyro=False)),
        may=((FIRST_MMSI, "silence"),),
    ),
    Script(
        "dark-satellite",
        "A cargo ship falls silent for 1-7 h about a cable, in traffic heard from satellites.",
        _PASSES,
        partial(dark_over_cable, edits=(SATELLITE,)),
        may=((FIRST_MMSI, "silence"),),
    ),
)
