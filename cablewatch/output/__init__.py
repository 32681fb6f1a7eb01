"""How things are written for people and programs, whatever they are.

::

    text.py          times, names, JSON, cells of a table
    antimeridian.py  lines as GeoJSON has them
    tables.py        fixes and static data as Arrow tables, and back
    svg.py           plots
"""
