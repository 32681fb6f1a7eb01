"""Formulas of statistics that the product does not use."""
