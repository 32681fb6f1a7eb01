"""Kinds of Maritime Mobile Service Identities (ITU-R M.585-9), M the country's three digits.

===========  =============================  ==============================
digits       station                        verdict when M is unallocated
===========  =============================  ==============================
MMMxxxxxx    ship, M begins with 2-7        mid_unknown
0MMMxxxxx    group of ships                 mmsi_invalid
00MMMxxxx    coast station                  mmsi_invalid
111MMMxxx    aircraft                       mid_unknown
8MMMxxxxx    handheld radio                 mid_unknown
970 972 974  SART, man overboard, EPIRB     (no country)
98MMMxxxx    craft of a parent ship         mmsi_invalid
99MMMxxxx    aid to navigation              mmsi_invalid
===========  =============================  ==============================

Any other 1xxxxxxxx is ``mid_unknown``; any other 9xxxxxxxx, as made-up numbers of net buoys, is
``mmsi_not_ship``; more than nine digits are ``mmsi_invalid``.
"""

import numpy as np

from cablewatch.ais.flags import TYPES, MessageFlag
from cablewatch.ais.kernels import inlined, kernel

INVALID = int(MessageFlag.MMSI_INVALID)
DEFAULT = int(MessageFlag.MMSI_DEFAULT)
MID_UNKNOWN = int(MessageFlag.MID_UNKNOWN)
NOT_SHIP = int(MessageFlag.MMSI_NOT_SHIP)

# Maritime identification digits, ITU Table of MIDs, as of 2024.
_MID_TEXT = """
201-216 218-220 224-279 301 303-312 314 316 319 321 323 325 327 329-332 334 336 338-339 341 343
345 347-348 350-359 361-362 364 366-379 401 403 405 408 410 412-414 416-417 419 422-423 425 428
431-432 434 436-438 440-441 443 445 447 450-451 453 455 457 459 461 463 466 468 470-473 475 477-478
501 503 506 508 510-512 514-516 518 520 523 525 529 531 533 536 538 540 542 544 546 548 550 553 555
557 559 561 563-567 570 572 574 576-578 601 603 605 607-613 615-622 624-627 629-638 642 644-645 647
649-650 654-657 659-672 674-679 701 710 720 725 730 735 740 745 750 755 760 765 770 775
"""


def _allocated() -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    table = np.zeros(1000, np.bool_)
    for item in _MID_TEXT.split():
        first, _, last = item.partition("-")
        table[int(first) : int(last or first) + 1] = True
    return table


ALLOCATED = _allocated()

SHIP_TYPES = np.isin(np.arange(TYPES + 1), [1, 2, 3, 5, 18, 19, 24, 27])
"""Message types that ships send about themselves."""


@inlined
def mmsi_flags(mmsi: int, kind: int) -> int:
    """:class:`MessageFlag` bits of an MMSI in a message of type `kind` (1-28)."""
    of_ship = NOT_SHIP if SHIP_TYPES[kind] else 0
    if mmsi < 10_000_000:  # 00M
        return of_ship if ALLOCATED[mmsi // 10_000] else INVALID
    if mmsi < 100_000_000:  # 0M
        return of_ship if ALLOCATED[mmsi // 100_000] else INVALID
    if mmsi > 999_999_999:
        return INVALID
    first = mmsi // 100_000_000
    if first == 1:
        if mmsi == 123_456_789:
            return DEFAULT
        if mmsi // 1_000_000 == 111 and ALLOCATED[mmsi // 1000 % 1000]:
            return of_ship
        return MID_UNKNOWN
    if first < 8:
        if not ALLOCATED[mmsi // 1_000_000]:
            return MID_UNKNOWN
        return DEFAULT if mmsi % 1_000_000 == 0 else 0
    if first == 8:
        return 0 if ALLOCATED[mmsi // 100_000 % 1000] else MID_UNKNOWN
    return _nines(mmsi, of_ship)


@kernel
def _nines(mmsi: int, of_ship: int) -> int:
    prefix = mmsi // 1_000_000
    if prefix == 970 or prefix == 972 or prefix == 974:
        return 0
    if prefix < 980:
        return NOT_SHIP
    if not ALLOCATED[mmsi // 10_000 % 1000]:
        return INVALID
    return of_ship if prefix >= 990 else 0
