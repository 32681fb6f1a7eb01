"""A replay on many machines: archives read in parallel, ships folded in parallel, one answer.

``tasks`` is what the tasks do, in terms of rows; ``spark`` has Apache Spark run them. No rule, no
geometry and nothing of an alert is here: a shard is the engine of :mod:`cablewatch.shards`, and all
that takes the ships together is the caller's :class:`~cablewatch.pipeline.Pipeline`.
"""
