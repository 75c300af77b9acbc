"""The nearest of the names that are accepted, for messages about one that is not."""

from collections.abc import Iterable


def did_you_mean(value: str, accepted: Iterable[str]) -> str:
    """The end of a message: the accepted name nearest to what was found, if any is near.

    >>> did_you_mean("foward", ["forward", "central"]), did_you_mean("x", ["forward"])
    ('; did you mean forward?', '')
    """
    from difflib import get_close_matches  # noqa: PLC0415  only what goes wrong needs it

    near = get_close_matches(value, accepted, n=1)
    return f"; did you mean {near[0]}?" if near else ""
