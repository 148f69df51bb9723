"""Draws the pictures of the README: real runs of the installed command in the sandbox, as SVG files.

Each command runs under a pseudo-terminal, so colours and line breaks are those a person sees. Nothing is edited
afterwards. The demo tenant's IDs are the same in every run, save for the object ID of a service principal that was
made just now.
"""

from __future__ import annotations

import io
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pexpect
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
ROWS = 200


@dataclass(frozen=True)
class Picture:
    """`command`, for bash, is also the window's title: a picture says how to get what it shows."""

    name: str
    columns: int
    command: str


ALL = (
    Picture(
        name="grant",
        columns=100,
        command="astro-peer grant --sandbox --yes"
        " --cluster-id clm8qv74h000008mlf08scq7k --peering-name astro-to-prod",
    ),
    # The script's first step: the others, for the role and its assignment, are made the same way
    Picture(
        name="dry-run",
        columns=112,
        command="astro-peer grant --sandbox --dry-run 2>/dev/null | sed -n '/^steps/,/^# 2/p'"
        " | sed '$d' | pygmentize -l bash",
    ),
)

# Dark in itself, with a border, so that it looks the same on a light page and on a dark one. The colours keep a
# contrast of at least 4.5 to 1 with the background, dimmed ones included.
THEME = TerminalTheme(
    background=(22, 27, 34),
    foreground=(230, 237, 243),
    normal=[
        (110, 118, 129),
        (255, 123, 114),
        (86, 211, 100),
        (227, 179, 65),
        (121, 192, 255),
        (210, 168, 255),
        (86, 212, 221),
        (160, 170, 180),
    ],
    bright=[
        (139, 148, 158),
        (255, 161, 152),
        (126, 231, 135),
        (242, 204, 96),
        (165, 214, 255),
        (226, 197, 255),
        (163, 228, 232),
        (255, 255, 255),
    ],
)

# rich's own format fetches a font from the web; this one takes what the machine has
FORMAT = """\
<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix, .{unique_id}-title {{
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace;
}}
.{unique_id}-matrix {{ font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 15px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for picture in ALL:
        path = PICTURES / f"{picture.name}.svg"
        path.write_text(draw(picture, run(picture)), encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")


def run(picture: Picture) -> str:
    """What a terminal of that width receives; RuntimeError when the command fails."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    bin_directory = Path(sys.executable).parent
    child = pexpect.spawn(
        "bash",
        ["-c", picture.command],
        env=kept
        | {
            "PATH": f"{bin_directory}{os.pathsep}{kept.get('PATH', '')}",
            "TERM": "xterm",  # sixteen colours, which are THEME's
            "PYTHONUTF8": "1",
        },
        dimensions=(ROWS, picture.columns),
        encoding="utf-8",
        timeout=120,
    )
    shown = str(child.read()).replace("\r\n", "\n")
    child.close()
    if child.exitstatus != 0:
        raise RuntimeError(f"{picture.command} ended with {child.exitstatus}:\n{shown}")
    return shown


def draw(picture: Picture, shown: str) -> str:
    lines = Text.from_ansi(shown.strip("\n")).split("\n")
    # As a terminal does it: what is to be copied is one line, however wide it is
    rows = [row for line in lines for row in line.divide(range(picture.columns, len(line), picture.columns))]
    text = Text("\n").join(rows)
    console = Console(
        record=True,
        width=picture.columns,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    console.print(text, soft_wrap=True)
    console.print()  # the last line of rich's SVG refers to a clip path that is not there
    svg = console.export_svg(title=picture.command, theme=THEME, code_format=FORMAT, unique_id=picture.name)
    svg = re.sub(r"<text[^>]*>\n</text>", "", svg)  # rich draws the ends of lines, too
    # A line for each piece of text, so that a change shows as a small difference
    return "\n".join(line.strip() for line in svg.replace("><", ">\n<").splitlines() if line.strip()) + "\n"


if __name__ == "__main__":
    main()
