"""What was acknowledged before SIGKILL is there after it, once."""

from tests.durability.kills import run


def test_nothing_acknowledged_is_lost_or_doubled_by_kills(tmp_path):
    outcome = run(10, tmp_path, seed=1)
    print(outcome)
    assert 0 < outcome.of_the_service < 10
    assert outcome.versions > 0 and outcome.reviews > 0
    assert outcome.found.versions >= outcome.versions
