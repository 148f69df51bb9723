"""The tenant's clock: real time, which can be turned forward so that nobody has to wait."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Every time in the tenant (tokens, timestamps, delays) is read here."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        """Turns the clock forward; it never goes back, as tokens already issued would become younger."""
        if seconds < 0:
            raise ValueError("the clock only goes forward")
        self._ahead += timedelta(seconds=seconds)


def timestamp(moment: datetime) -> str:
    """Azure Resource Manager's format: seven decimals and a Z."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}0Z"
