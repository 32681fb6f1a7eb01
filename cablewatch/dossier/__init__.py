"""Dossiers: one alert with all that it rests on, for a person who was not there.

::

    alert of a store ---------------------------------┐
    its input files -> replay -> Witness -> tallies --┤
                 └---> excerpt (the ship's own rows) -┴> Contents -> refold -> page, PNG -> bundle
                                                              ^                              |
                                                              └----- verify: the same again -┘

``excerpt`` takes the ship's raw rows out of archives (``nmea``: out of logs), ``witness`` watches a
replay for what of the other ships reached this one, ``refold`` folds the rows again and notes the
evidence of each minute, ``contents`` and ``bundle`` hold and pack it, ``checks`` compares.
``scene``, ``chart``, ``timeline`` and ``png`` draw, ``page`` writes.
"""
