"""What is known of a run beside its result, until its report is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from astro_peer.output.report import file

if TYPE_CHECKING:
    from astro_peer.azure import Azure
    from astro_peer.model.result import Result
    from astro_peer.model.run import Run


@dataclass
class Recording:
    path: Path
    change_reference: str | None = None
    azure: Azure | None = None
    """From the sign-in on."""
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    """By this machine's clock."""

    def run(self, exit_code: int) -> Run:
        """As it ends now."""
        from astro_peer import __version__
        from astro_peer.model.run import Run

        now = datetime.now(UTC)
        known = self.azure is not None and self.azure.clock_known
        ahead = self.azure.now() - now if self.azure and known else timedelta()
        cloud = self.azure.session.cloud if self.azure else None
        return Run(
            version=__version__,
            began=self.began + ahead,
            ended=now + ahead,
            azures_clock=known,
            exit_code=exit_code,
            change_reference=self.change_reference,
            cloud=cloud.name if cloud else None,
            simulated=bool(cloud and not cloud.is_azure),
        )

    def write(self, result: Result) -> Path:
        """The report of it; where it was written. Raises OSError."""
        from astro_peer.secrets_in_use import blotted

        return file.write(self.path, blotted(self._spelled(result)))

    def _spelled(self, result: Result) -> str:
        form = self.path.suffix.lower()
        if form == file.JSON:
            from astro_peer.output.document import document

            return document(result) + "\n"
        from astro_peer.output.report.composed import composed

        if form == file.HTML:
            from astro_peer.output.report.html import page

            return page(composed(result))
        from astro_peer.output.report.markdown import markdown

        return markdown(composed(result))
