"""Live sources: one file each, all of them a :class:`~cablewatch.feeds.base.Feed`.

::

    addresses: URL -> Feed -> keeping: again when it is cut -> Received, whole lines

What the lines mean is read by ``archives.lines``, as in a recording.
"""
