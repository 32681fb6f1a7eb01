"""AIS sentences into fixes, static data and counted refusals."""

from cablewatch.ais.decode import Decoded, Decoder
from cablewatch.ais.flags import MessageFlag, Reason

__all__ = ["Decoded", "Decoder", "MessageFlag", "Reason"]
