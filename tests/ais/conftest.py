"""Sentences for the tests, made by pyais' encoder."""

from functools import reduce
from typing import Any

import pytest
from pyais import encode_dict


def checksum(text: str) -> str:
    return f"{reduce(lambda x, c: x ^ ord(c), text, 0):02X}"


class Nmea:
    """Writes sentences, tag blocks and streams."""

    @staticmethod
    def sentence(body: str) -> str:
        """``AIVDM,1,1,,A,payload,0`` with its frame."""
        return f"!{body}*{checksum(body)}"

    @staticmethod
    def tag(body: str) -> str:
        return f"\\{body}*{checksum(body)}\\"

    @staticmethod
    def pghp(body: str) -> str:
        return f"$PGHP,{body}*{checksum('PGHP,' + body)}"

    @staticmethod
    def encode(
        talker: str = "AI", sequence: int = 0, channel: str = "A", **values: Any
    ) -> list[str]:
        """Sentences of one message."""
        made: list[str] = encode_dict(
            values,
            talker_id=talker,
            sentence_type="VDM",
            radio_channel=channel,
            seq_id=sequence,
        )
        return made

    def position(self, mmsi: int = 219000001, **values: Any) -> str:
        """One position report of type 1."""
        defaults = {"msg_type": 1, "mmsi": mmsi, "lon": 12.5, "lat": 55.5, "speed": 10.0}
        return self.encode(**(defaults | values))[0]

    def voyage(
        self, mmsi: int = 219000001, destination: str = "AARHUS", **values: Any
    ) -> list[str]:
        """Two sentences of type 5."""
        return self.encode(msg_type=5, mmsi=mmsi, destination=destination, **values)

    @staticmethod
    def feed(*lines: str) -> bytes:
        return "".join(line + "\r\n" for line in lines).encode("latin-1")


@pytest.fixture(scope="session")
def nmea() -> Nmea:
    """The writer of sentences."""
    return Nmea()
