r"""Bytes of a connection, cut anywhere, into whole lines.

>>> lines = Lines()
>>> lines.feed(b"!AIVDM,1\r\n!AI"), lines.feed(b"VDM,2\n"), lines.rest()
(b'!AIVDM,1\r\n', b'!AIVDM,2\n', b'')
"""

MAX_LINE_BYTES = 1 << 16  # of JSON; sentences are refused above 1 KiB by the decoder


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
