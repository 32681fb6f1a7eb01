"""Measuring detection: drags injected into recorded tracks, found by the product's own path.

================  ==================================================================
``splits.py``      which ships and days calibrate, and which report
``classes.py``     what kind of ship it is, by its word, its length or its speed
``traffic.py``     an archive, or invented traffic, as the detectors get it
``injections.py``  a drag laid into a track: a clock that runs slower, a cycle across
``plan.py``        where drags are injected: levels, stretches under way, rounds
``lattice.py``     lines laid so that every ship under way has a cable ahead
``trials.py``      rounds through order, fold and book; what became of each drag
``metrics.py``     intervals, bootstrap by ship, precision and recall, calibration
``figures.py``     outcomes to the figures that are reported
``minutes.py``     what the engine holds of a ship, minute by minute
``gates.py``       the first gate of the rule that a missed drag did not pass
``ratios.py``      ratios as the rule gives them, and as they are measured
``budget.py``      the sum of evidence that an alarm budget asks for
``explain.py``     the rounds once more, for these three
``receptions.py``  the same drags heard by other receivers
``incidents.py``   recorded incidents, and what the rules say of them
``baseline.py``    whether a measurement is worse than an earlier one
``summary.py``     the figures as lines of text
``parts.py``       tables and rows of plots
``reasons.py``     sections of the page: gates, ratios, receptions, incidents
``page.py``        the figures as one page
``run.py``         the use case
================  ==================================================================

One seed gives one result. Method and limits: docs/evaluation.md.
"""
