"""The figures as lines of text, for the terminal and the head of the page."""

from collections.abc import Sequence

from cablewatch.evaluation.figures import TARGET_DEG, TARGET_MIN, TARGET_RATIO, Figures

MISSING = "-"


def percent(share: float | None) -> str:
    """A share in percent, or a dash."""
    return MISSING if share is None else f"{100 * share:.3g} %"


def calm(value: float | None) -> str:
    """A figure of three digits, or a dash."""
    return MISSING if value is None else f"{value:.3g}"


def interval_of(bounds: Sequence[float | None], scale: float = 1.0) -> str:
    """An interval as ``low-high``, or a dash."""
    low, high = bounds
    return MISSING if low is None or high is None else f"{scale * low:.3g}-{scale * high:.3g}"


def facts(figures: Figures) -> list[tuple[str, str]]:
    """What was measured, and the figures that have targets."""
    told = figures["ships_classed_by"]
    measured = (
        f"{figures['source']}, {figures['from'][:16]}Z to {figures['to'][:16]}Z: "
        f"{figures['fixes']:,} fixes of {figures['ships']:,} ships"
    )
    classed = ", ".join(f"{n} by {by}" for by, n in told.items() if n)
    laid = f"{figures['drags']:,} drags in {figures['rounds']} rounds, seed {figures['seed']}"
    return [
        ("measured on", measured),
        ("split", f"{figures['split']}: {figures['ship_days']:.1f} observed ship-days of it"),
        ("ships classed", classed),
        ("injected", laid + (", quick" if figures["quick"] else "")),
        *_detection(figures),
        *_false(figures),
        ("precision and recall", _pr(figures)),
        *_otherwise(figures),
        *_budget(figures),
    ]


def _otherwise(figures: Figures) -> list[tuple[str, str]]:
    """Recall of the same drags heard otherwise, and recorded incidents."""
    rows = [(f"heard {row['reception']}", _recall(row)) for row in figures["receptions"]]
    for row in figures["incidents"]:
        watch = row["watch"] or "never"
        said = f"{row['what']}, watch: {watch}, highest probability {calm(row['probability'])}"
        rows.append((f"incident {row['name']}", said))
    return rows


def _detection(figures: Figures) -> list[tuple[str, str]]:
    target, targets = figures["target"], figures["targets"]
    what = f"r <= {TARGET_RATIO:g}, >= {TARGET_DEG:g} degrees, >= {TARGET_MIN:g} min"
    median = f"{calm(target['median_min'])} min ({interval_of(target['median_min_bootstrap'])})"
    nothing = figures["nothing_injected"]
    by_interval = figures["target_by_interval"]
    return [
        ("recall", f"{_recall(target)}: {what}; target {percent(targets['recall'])}"),
        *((f"  reports {_every(row['is'])}", _recall(row)) for row in by_interval),
        ("median time to detect", f"{median}; target {calm(targets['median_min'])} min"),
        ("nothing injected", f"{nothing['found']} of {nothing['drags']} raised"),
        ("raised as recorded, too", f"{figures['by_chance']} of {figures['drags']}"),
        ("lead to the next given cable", _lead(figures["lead_h"])),
    ]


def _lead(lead: Figures) -> str:
    quartiles = ", ".join(calm(q) for q in lead["quartiles"] or [None] * 3)
    crossing = f"{lead['with_a_crossing_after']} of {lead['found']} found cross one after"
    return f"quartiles {quartiles} h; {crossing}"


def _false(figures: Figures) -> list[tuple[str, str]]:
    target = calm(figures["targets"]["alerts_per_1000_ship_days"])
    rows = [
        (f"alerts per 1,000 ship-days: {row['kind']}", f"{_rate(row['all'])}; target {target}")
        for row in figures["alarms"]
    ]
    if not figures["crossings"]:
        rows.append(("", "no ship crossed a given cable: name routes of these waters by --cables"))
    return [*rows, ("  drags, cable or not", _rate(figures["drag_episodes"]))]


def _recall(found: Figures) -> str:
    return (
        f"{percent(found['recall'])} ({found['found']} of {found['drags']}; "
        f"{interval_of(found['wilson'], 100)}; by ship {interval_of(found['bootstrap'], 100)})"
    )


def _every(interval_s: float) -> str:
    return f"every {interval_s:g} s" if interval_s else "as recorded"


def _rate(rate: Figures) -> str:
    return f"{calm(rate['per_1000'])} ({interval_of(rate['poisson'])}; {rate['count']} in all)"


def _pr(figures: Figures) -> str:
    found = figures["pr_auc"]
    return (
        f"area {calm(found['average_precision'])}: {found['drags']} target drags against "
        f"{found['ship_days']} ship-days as recorded, by chance {calm(found['share_of_drags'])}"
    )


def _budget(figures: Figures) -> list[tuple[str, str]]:
    """The bands in use beside the sum that the alarm budget asks for, a line each."""
    found = figures["budget"]
    days = found["ship_days"]
    lines = [
        (
            f"ordinary ship-days at {band['band']} and higher",
            f"{calm(band['per_1000'])} per 1,000 ({interval_of(band['poisson'])}; "
            f"{band['count']} in {days:.1f}), from {band['nats']:.2f} nats",
        )
        for band in found["bands"]
    ]
    highest = ", ".join(f"{value:.2f}" for value in found["highest"][:3])
    wanted = calm(found["wanted_per_1000"])
    asked = (
        f"{calm(found['nats'])} nats ({interval_of(found['bootstrap'])}) by the tail; highest seen "
        f"{highest}; {found['days_without_one']:,.0f} ship-days without an alarm would show it"
    )
    return [*lines, (f"a budget of {wanted} per 1,000 needs", asked)]
