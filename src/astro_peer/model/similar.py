"""What somebody may have meant by a name that there is not."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LETTERS_THAT_TELL = 4
"""That a name begins with what was given says little for fewer; "--" before an option counts."""


def did_you_mean(given: str | None, names: Iterable[str]) -> str:
    """A question, after a space; "" where nothing is like it."""
    by_folded = {name.casefold(): name for name in names}
    asked = (given or "").casefold()
    others = sorted(by_folded.keys() - {asked})
    begun = [name for name in others if len(asked) >= _LETTERS_THAT_TELL and name.startswith(asked)]
    like = begun or difflib.get_close_matches(asked, others, 1)
    return f" Did you mean {by_folded[like[0]]}?" if like else ""
