r"""Bytes of a connection, cut anywhere, into whole lines.

>>> lines = Lines()
>>> lines.feed(b"!AIVDM,1\r\n!AI"), lines.feed(b"VDM,2\n"), lines.rest()
(b'!AIVDM,1\r\n', b'!AIVDM,2\n', b'')
"""

MAX_LINE_BYTES = 1 << 16  # of JSON; sentences are refused above 1 KiB by the decoder
MAX_MESSAGE_BYTES = 1 << 18  # of a broker, 3,000 sentences; of a longer one only the beginning
TOGETHER = 200  # messages that are handed out together at most: 50 MB


class Lines:
    """Keeps a line without its end until that has come; of an endless one only its beginning."""

    def __init__(self) -> None:
        self._cut = b""

    def feed(self, data: bytes) -> bytes:
        """The lines that are whole now, each with its end; empty where none is."""
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        if end == 0:
            self._cut += data[: MAX_LINE_BYTES - len(self._cut)]
            return b""
        whole, self._cut = self._cut + data[:end], data[end : end + MAX_LINE_BYTES]
        return whole

    def rest(self) -> bytes:
        """The last line, with an end, where the connection ended in it."""
        cut, self._cut = self._cut, b""
        return cut + b"\n" if cut else b""


def whole(message: bytes) -> bytes:
    r"""A message of one or several lines, as whole lines.

    >>> whole(b"!AIVDM,1"), whole(b"!AIVDM,1\r\n!AIVDM,2\r\n")
    (b'!AIVDM,1\n', b'!AIVDM,1\r\n!AIVDM,2\r\n')
    """
    kept = message[:MAX_MESSAGE_BYTES]
    return kept if kept.endswith((b"\n", b"\r")) else kept + b"\n"


def one_line(message: bytes) -> bytes:
    r"""A message that is one record of JSON, as one line.

    >>> one_line(b'{"a":\n 1}\n')
    b'{"a":  1}\n'
    """
    kept = message[:MAX_MESSAGE_BYTES].strip()
    return kept.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"
