"""Three days of invented Baltic traffic with Yi Peng 3 in it, as NMEA: 16-18 November 2024.

``scenes/`` holds smaller ones, each with the alerts that are expected of it.

=================  ================================================================
``ship.py``        paths, steering, the physics of a tow; :func:`with_drag`
``yi_peng_3.py``   recorded key frames, the reconstructed passage before them
``lanes.py``       where Baltic traffic goes
``traffic.py``     what each class of background ship does
``reception.py``   intervals, losses, noise, copies: from movement to reports
``log.py``         reports to a log of sentences, or to columns
``encode.py``      reports to AIVDM sentences with tag blocks
=================  ================================================================

One seed gives one scenario, byte for byte. Each ship draws from her own generator, seeded with the
scenario's seed and her number. What is recorded is in :attr:`Scenario.recorded`; all else is made.
"""

from cablewatch.scenario.build import Scenario, Truth, make_scenario
from cablewatch.scenario.ship import Motion, with_drag

__all__ = ["Motion", "Scenario", "Truth", "make_scenario", "with_drag"]
