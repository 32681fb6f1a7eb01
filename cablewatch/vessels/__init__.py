"""What ships say of themselves beside their position.

::

    statics.py       messages as columns
    said.py          a field of a ship: which value counts from when on, and what takes turns
    register.py      all fields of all ships, as of any time
    ship_classes.py  what kind of ship a type number means
"""
