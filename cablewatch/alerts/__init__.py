"""From what the fold says to what people read.

::

    transitions -> book.py -> model.py: Alert -> records.py -> formats.py: GeoJSON, JSON lines, CSV
                                                                -> parquet.py: GeoParquet
                   suppression.py   what lowers a score, each reason a term with its name
                   wording/         a sentence for each term
"""
