"""Cables: validated routes (model), their geometry (lines) and the compiled grid index (index)."""
