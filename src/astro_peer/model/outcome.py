"""What a command has come to, in a word: the JSON document's `outcome`."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    DONE = "done"
    PLANNED = "planned"
    GRANTED = "granted"
    DRIFTED = "drifted"
    NOT_GRANTED = "not granted"
    ACCESS_REMAINS = "access remains"
    CONNECTED = "connected"
    STANDS_OUT = "stands out"
    FAILED = "failed"
