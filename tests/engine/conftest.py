"""Scenes that many tests look at, made once; helpers of this folder are importable by name."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from laws import Play, Scene
from recorded import recorded_scene
from tracks import random_scene

RECORDED = "recorded"
SCENES = (1, 2, RECORDED)


@pytest.fixture(scope="session", params=SCENES, ids=str)
def scene(request: pytest.FixtureRequest) -> Scene:
    """A scene of made ships by its seed, or a recorded day."""
    if request.param == RECORDED:
        return recorded_scene(request.getfixturevalue("shared"))
    return random_scene(request.param)


@pytest.fixture(scope="session")
def whole(scene: Scene) -> Play:
    """The scene folded in one push: what every other way must say too."""
    return scene.play()
