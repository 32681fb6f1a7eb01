"""Scenes: small stretches of invented traffic, each with the alerts that are expected of it.

=================  ================================================================
``craft.py``       what a ship says of herself
``helm.py``        how she moves, phase by phase
``mooring.py``     how she lies to her anchor
``faults.py``      what befalls her reports
``setting.py``     cable, stations, ships that pass
``model.py``       scripts, and scenes made of them
``at_anchor.py``   scenes of ships at anchor or alongside
``under_way.py``   zigzag, drags, stops, drifting
``gaps.py``        silence, failed stations, the edge of what is heard
``deceptions.py``  misled receivers, shared and changed identities
``sparse.py``      class B, archives of a report each 3 minutes, satellites
=================  ================================================================

>>> scene = make_scene("mmsi-corrected", seed=1)
>>> scene.script.expected, 1193046 in scene.mmsis
((), True)
"""

from cablewatch.errors import UsageError
from cablewatch.scenario.scenes import at_anchor, deceptions, gaps, sparse, under_way
from cablewatch.scenario.scenes.model import Expected, Scene, Script, played

__all__ = ["SCRIPTS", "Expected", "Scene", "Script", "make_scene"]

SCRIPTS: dict[str, Script] = {
    script.name: script
    for module in (under_way, at_anchor, gaps, deceptions, sparse)
    for script in module.SCRIPTS
}
"""By name, in the order in which they are listed."""


def make_scene(name: str, seed: int = 0) -> Scene:
    """Make a scene; one seed gives one scene, byte for byte.

    Raises
    ------
    UsageError
        No scene has that name.
    """
    script = SCRIPTS.get(name)
    if script is None:
        raise UsageError(name, "no such scene", f"choose one of {', '.join(SCRIPTS)}")
    return played(script, seed)
