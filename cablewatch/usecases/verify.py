"""Verify: a bundle in, what agrees with it and what does not out, line by line.

Four things are told apart: that nothing was changed since (hashes), that the rows say what the
alert says (folded again, alone), that the page says what the contents say (written again), and,
where the inputs are at hand, that rows and votes of other ships are those of the inputs.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from cablewatch import __version__
from cablewatch.context.surroundings import NOWHERE, Surroundings
from cablewatch.dossier import checks
from cablewatch.dossier.bundle import PAGE, read_bundle
from cablewatch.dossier.checks import Check
from cablewatch.dossier.contents import MANIFEST, Contents, contents_of, sha256
from cablewatch.dossier.refold import is_folded
from cablewatch.dossier.witness import Witness
from cablewatch.dossier.words import JUDGED
from cablewatch.engine.fold import RULES
from cablewatch.errors import CableError, StoreError, UsageError
from cablewatch.usecases.recheck import Again, recheck
from cablewatch.usecases.replay import replay
from cablewatch.usecases.report import Progress, alone, page_of, rows_of_ship, whole


def verify(
    bundle: Path,
    paths: Sequence[Path] = (),
    *,
    surroundings: Surroundings = NOWHERE,
    progress: Progress = lambda done, total: None,
) -> Iterator[Check]:
    """Check a bundle; with its inputs at `paths` the whole of it.

    `surroundings` are the places and depths that it was made with.

    Raises
    ------
    ArchiveError, UsageError
        The bundle or an input cannot be read, or other surroundings are given.
    """
    files = read_bundle(bundle)
    yield from checks.of_sums(files)
    try:
        contents = contents_of(files)
    except StoreError as error:
        yield Check(False, f"the bundle {error.what}")
        return
    _refuse_others(bundle, contents, surroundings)
    yield from checks.of_manifest(files)
    yield from checks.of_rows(files, contents)
    yield from checks.of_versions(contents)
    try:
        again = recheck(contents, surroundings)
    except CableError as error:
        yield Check(False, f"the routes are none: {error.what}")
        return
    yield from _rules(contents, again)
    yield from _alone(contents, again)
    yield from _page(files, contents, again)
    if not paths:
        yield Check(
            None,
            "without the inputs it is not known whether the rows are theirs and all of the ship's, "
            "nor whether the votes of other ships are right: name them to check that",
        )
        return
    yield from _whole(contents, again, paths, surroundings, progress)


def _refuse_others(bundle: Path, contents: Contents, given: Surroundings) -> None:
    """Places and depths are not in a bundle: without them nothing comes out alike."""
    then = contents.about["surroundings"]
    if then != list(given.hashes):
        wanted = ", ".join(digest[:16] for digest in then) or "none"
        what = f"was made with other places and depths (files whose SHA-256 begin: {wanted})"
        raise UsageError(str(bundle), what, "give the same --context and --bathymetry")


def _rules(contents: Contents, again: Again) -> Iterator[Check]:
    """Rules and routes then and here."""
    alert = contents.alert
    known = [rule.VERSION for rule in RULES.values()]
    if alert.rule_version in known:
        yield Check(True, f"the rule is {alert.rule_version}, as it is here")
    else:
        yield Check(False, f"the rule was {alert.rule_version}; here are {', '.join(known)}")
    if again.config_hash == alert.config_hash:
        yield Check(True, f"rules, figures and routes are {alert.config_hash}, as they are here")
    else:
        yield Check(
            False,
            f"rules, figures or routes differ: {alert.config_hash} then, {again.config_hash} here "
            f"({contents.about['made_by']} then, cablewatch {__version__} here)",
        )


def _alone(contents: Contents, again: Again) -> Iterator[Check]:
    """The alert from the rows once more, by the rules of this program."""
    count = len(again.refold.fixes)
    yield Check(count > 0, f"{count:,} fixes and {again.refold.statics:,} static messages decoded")
    differing = alone(contents, again)
    if not is_folded(contents.alert.kind):
        yield Check(None, JUDGED)
    elif differing == contents.about["recheck"]["alone"]:
        told = "in every figure" if not differing else "but for what the report itself tells"
        yield Check(True, f"the alert comes of its rows again, {told}")
    else:
        for line in differing or ["alike now, though the report says that it did not"]:
            yield Check(False, f"folded again: {line}")


def _page(files: Mapping[str, bytes], contents: Contents, again: Again) -> Iterator[Check]:
    seal = sha256(files[MANIFEST])
    if PAGE not in files or seal.encode() not in files[PAGE]:
        yield Check(False, f"{PAGE} does not bear the seal of this bundle, {seal}")
        return
    if contents.about["made_by"] != f"cablewatch {__version__}":
        yield Check(None, f"{PAGE} bears the seal; another version wrote it, so it is not compared")
    elif _page_again(contents, again) == files[PAGE]:
        yield Check(True, f"{PAGE} bears the seal and says what the contents say")
    else:
        yield Check(False, f"{PAGE} says something other than the contents")


def _page_again(contents: Contents, again: Again) -> bytes:
    """The page once more; nothing where figures are such that none can be drawn."""
    try:
        return page_of(contents, again)
    except (ValueError, ArithmeticError, LookupError):
        return b""


def _whole(
    contents: Contents,
    again: Again,
    paths: Sequence[Path],
    surroundings: Surroundings,
    progress: Progress,
) -> Iterator[Check]:
    """Inputs, rows, votes and the alert, from the inputs themselves."""
    alert = contents.alert
    inputs, rows = rows_of_ship(paths, contents.options, alert.mmsi, progress)
    there = {one["sha256"] for one in inputs}
    for one in contents.about["inputs"]:
        same = one["sha256"] in there
        said = (
            "is the file that was read" if same else "is not among the files given, or was changed"
        )
        yield Check(same, f"input {one['name']} {said}")
    yield from checks.of_excerpts(contents.excerpts, rows)
    witness = Witness(alert.mmsi)
    result = replay(
        paths,
        again.cables,
        options=contents.options,
        store=witness,
        watch=witness.watch,
        progress=progress,
        surroundings=surroundings,
    )
    for error in result.errors:
        yield Check(False, f"{Path(error.where).name}: {error.what}")
    same = np.array_equal(witness.tallies(), contents.tallies)
    yield Check(same, "the votes of other ships are " + ("theirs" if same else "not theirs"))
    differing = whole(contents.versions, witness)
    if differing == contents.about["recheck"]["whole"]:
        told = "in every figure" if not differing else "but for what the report itself tells"
        yield Check(True, f"the alert comes of the whole inputs again, {told}")
        return
    for line in differing or ["alike now, though the report says that it did not"]:
        yield Check(False, f"replayed: {line}")
