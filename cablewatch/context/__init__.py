"""What lies about a run's ships: places where ships stop, learned or given, and depths.

::

    archives -> stops.py -> learned.py -> GeoJSON file -> places.py -\
    any GeoJSON of polygons -----------------------------> places.py --> surroundings.py -> book
    GeoTIFF, NetCDF --------------------------------------> depths.py -/

Files are read before a run and fixed for it; ``config_hash`` names them. The fold never sees them:
they lower what it raised (``alerts/suppression.py``). What other ships do meanwhile, which the fold
does see, is ``engine/context.py``.
"""
