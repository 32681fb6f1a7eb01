"""Cablewatch finds ships that threaten undersea cables in AIS, and says why."""

__version__ = "0.1.0"
