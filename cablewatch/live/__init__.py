"""Live: from what sources send to alerts, without an end.

::

    feeds --> Inbox --> Watcher: journal, Senders, Backlog, Pipeline --> store
                           |                                      |
                           +--> positions, as they come           +--> snapshot, now and then
"""
