"""Event time: what is believed, what is late, and what two receivers heard of one ship.

::

    fixes, statics -> order.py -> sorted batches, each with its watermark
                      admission.py   which times are believed, and so how far the mark may go
                      clocks.py      which late fixes tell of a station with a slow clock
                      duplicates.py  the sort, and which fixes repeat an earlier one
"""
