"""Labels on a map, so that none lies on another: the first free one of eight places wins."""

from collections.abc import Sequence

from cablewatch.dossier.scene import Label, Part, Point, box

GLYPH = 0.56  # width of a letter in parts of its size; of system fonts on average, assumed
NEAR, FAR = 12.0, 30.0  # px from the mark
CROWD = 0.2  # a point of the track under a label counts so much of an overlap; assumed

Box = tuple[float, float, float, float]  # left, top, right, bottom


class Places:
    """What of a picture is taken already.

    Parameters
    ----------
    frame : Box
        Labels stay inside.
    busy : sequence of points
        Better not covered.
    """

    def __init__(self, frame: Box, busy: Sequence[Point]) -> None:
        self._frame = frame
        self._busy = busy
        self._taken: list[Box] = []

    def take(self, *boxes: Box) -> None:
        """Keep labels off these."""
        self._taken += boxes

    def label(self, at: Point, said: str, style: str, bold: bool = False) -> list[Part]:
        """A label beside a mark, on a plate; nothing where there is no room for it."""
        size = 12
        wide, high = GLYPH * size * len(said) + 8.0, size + 6.0
        x, y = at
        around = [
            (x + dx * d - (wide if dx < 0 else wide / 2 if dx == 0 else 0.0), y + dy * d - high / 2)
            for d in (NEAR, FAR)
            for dx, dy in ((1, 0), (-1, 0), (1, -1), (1, 1), (-1, -1), (-1, 1), (0, -1.3), (0, 1.3))
        ]
        boxes = [(left, top, left + wide, top + high) for left, top in around]
        costs = [self._cost(b) + 0.01 * k for k, b in enumerate(boxes)]
        best = min(range(len(boxes)), key=costs.__getitem__)
        if costs[best] >= NO_ROOM:
            return []
        left, top = around[best]
        self._taken.append(boxes[best])
        return [
            box(left, top, wide, high, "plate"),
            Label(left + 4.0, top + high - 5.0, said, style, size=size, bold=bold),
        ]

    def _cost(self, b: Box) -> float:
        left, top, right, bottom = self._frame
        if b[0] < left or b[1] < top or b[2] > right or b[3] > bottom:
            return NO_ROOM
        if any(b[0] < o[2] and o[0] < b[2] and b[1] < o[3] and o[1] < b[3] for o in self._taken):
            return NO_ROOM
        return CROWD * sum(b[0] <= x <= b[2] and b[1] <= y <= b[3] for x, y in self._busy)


NO_ROOM = 1e9
