"""Server-sent events (WHATWG HTML, section 9.2): what clients are told as it is stored or replayed.

``frames`` writes events, ``bell`` wakes who waits for them, ``alerts`` and ``positions`` read the
store once for all clients, ``live`` and ``replay`` are what one client hears.
"""
