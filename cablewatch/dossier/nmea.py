r"""Lines of an NMEA log that belong to one ship, as they stand in it.

A ship is told by the 30 bits after type and repeat indicator of a payload (ITU-R M.1371-5, table
46): characters 1 to 6 of it hold bits 6 to 41, six bits a character. Only the first part of a
message has them. The other parts follow with the same talker, count, sequence number and channel,
or come before, within `NEAR` lines, as the decoder takes them. A ``$PGHP`` line gives the time of
the sentence behind it and goes with that.

>>> line = b"2024-11-17T21:00:00;!AIVDM,1,1,,B,13AE=p0P291bGJ@PfV=<iS;1P000,0*2A"
>>> found = Finder(219500000)
>>> [number for number, _ in found.take([(7, line), (8, b"$GPGGA,1")])]
[7]
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator

SENTENCE = re.compile(rb"[!$]([A-Z0-9]{2}VD[MO]),(\d),(\d),(\d*),([^,]*),([^,*]*)")
NEAR = 32  # lines; the decoder joins parts within 16 sentences of their source
PGHP = b"$PGHP"

Line = tuple[int, bytes]
Key = tuple[bytes, ...]


def mmsi_of(payload: bytes) -> int:
    """MMSI in the first part of a payload; 0 where it is too short.

    >>> mmsi_of(b"13AE=p0P291bGJ@PfV=<iS;1P000")
    219500000
    """
    if len(payload) < 7:
        return 0
    bits = 0
    for letter in payload[1:7]:
        value = letter - 48
        bits = bits << 6 | ((value - 8 if value > 40 else value) & 63)
    return bits >> 4 & (1 << 30) - 1


class Finder:
    """Finds the lines of one ship in a log; feed it all lines in their order."""

    def __init__(self, mmsi: int) -> None:
        self._mmsi = mmsi
        self._recent: deque[Line] = deque(maxlen=NEAR)
        self._open: dict[Key, int] = {}  # messages of the ship that want parts -> line of the last

    def take(self, lines: Iterable[Line]) -> Iterator[Line]:
        """The ship's lines among these, with their numbers; a line may come twice."""
        for line in lines:
            number, text = line
            sentences = SENTENCE.findall(text) if b"VD" in text else []
            if any([self._is_own(number, sentence) for sentence in sentences]):
                yield from self._before(sentences)
                yield line
            self._recent.append(line)

    def _is_own(self, number: int, sentence: tuple[bytes, ...]) -> bool:
        talker, total, part, sequence, channel, payload = sentence
        key = talker, total, sequence, channel
        if part != b"1":
            own = number - self._open.get(key, -NEAR - 1) <= NEAR
        else:
            own = mmsi_of(payload) == self._mmsi
            self._open.pop(key, None)
        if own and total != b"1":
            self._open[key] = number
        return own

    def _before(self, sentences: list[tuple[bytes, ...]]) -> Iterator[Line]:
        """What stands before and goes with a line: its time, and parts that came first."""
        firsts = {(s[0], s[1], s[3], s[4]) for s in sentences if s[1] != b"1" and s[2] == b"1"}
        last = len(self._recent) - 1
        for k, line in enumerate(self._recent):
            found = SENTENCE.findall(line[1]) if firsts and b"VD" in line[1] else []
            early = any((s[0], s[1], s[3], s[4]) in firsts and s[2] != b"1" for s in found)
            if early or (k == last and line[1].startswith(PGHP)):
                yield line
