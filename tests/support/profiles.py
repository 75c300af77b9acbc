"""How many examples the properties are tried on, and which.

Every day it is a few, and the same ones on every machine. For thousands of fresh ones::

    python -m pytest -m "" tests/properties --hypothesis-profile=long --hypothesis-seed=1

with any seed; ``HYPOTHESIS_PROFILE=long`` says the same. With ``--hypothesis-show-statistics``
(and ``-n 0``) it is told how many examples were set aside, and why.
"""

import os

from hypothesis import HealthCheck, Phase, settings

DAILY, LONG = "daily", "long"
_DAILY_EXAMPLES, _LONG_EXAMPLES = 25, 1000


def register() -> None:
    """Make both profiles known and take the one that is asked for."""
    # What takes long is the machine's to say, and a failed example is told by its `@example`.
    common = settings(
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    settings.register_profile(DAILY, common, max_examples=_DAILY_EXAMPLES, derandomize=True)
    settings.register_profile(LONG, common, max_examples=_LONG_EXAMPLES, derandomize=False)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", DAILY))


def examples(share: float) -> settings:
    """Settings for a property whose examples are cheap or dear: that share of the usual number.

    Dear ones are reported as they are found: making them smaller would take minutes.
    """
    usual = settings.default
    assert usual is not None, "a profile is loaded"
    phases = set(Phase) - ({Phase.shrink, Phase.explain} if share < 1 else set())
    return settings(max_examples=max(1, round(usual.max_examples * share)), phases=phases)
