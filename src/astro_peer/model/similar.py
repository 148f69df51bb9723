"""What somebody may have meant by a name that there is not."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(given: str | None, names: Iterable[str]) -> str:
    """A question, after a space; "" where nothing is like it."""
    by_folded = {name.casefold(): name for name in names}
    like = difflib.get_close_matches(
        (given or "").casefold(), by_folded.keys() - {(given or "").casefold()}, 1
    )
    return f" Did you mean {by_folded[like[0]]}?" if like else ""
