"""Which small changes of the code no test notices: what `make mutants` prints.

mutmut works on a copy, in the folder `mutants`; what it changes and by which tests is in pyproject.toml. Survivors
that only word something otherwise are counted and not shown.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

SOURCE = Path("src/astro_peer")
COPY = Path("mutants")
MUTMUT = str(Path(sys.executable).with_name("mutmut"))
STATES = {0: "survived", 1: "killed", 3: "killed", 5: "no test", 33: "no test", 37: "killed"}
"""By mutmut's exit codes, of which most others are those of a run that took too long."""
COLUMNS = ("killed", "survived", "wording", "no test", "timed out")
TEXT = re.compile(r"""(\bf)?("[^"]*( |\\n)[^"]*"|'[^']*( |\\n)[^']*')""")
"""One of several words or lines; a single one may be a key or an action."""


def chosen(arguments: list[str]) -> list[str]:
    """`model/role.py` and `model` as mutmut names them; without any, everything pyproject.toml names."""
    patterns = []
    for one in arguments:
        path = SOURCE / one
        if not path.exists():
            sys.exit(f"{path} does not exist: name modules as in ARGS='model/role.py urls.py'")
        module = ".".join(path.with_suffix("").relative_to("src").parts)
        patterns.append(f"{module}.*")
    return patterns


def difference(mutant: str) -> str:
    """What was changed, without the names of files."""
    shown = subprocess.run([MUTMUT, "show", mutant], capture_output=True, text=True, check=True).stdout
    return "\n".join(line for line in shown.splitlines() if not line.startswith(("# ", "---", "+++")))


def is_wording(diff: str) -> bool:
    """Whether the same code remains once texts are taken out."""
    before, after = (
        [TEXT.sub("", line[1:]) for line in diff.splitlines() if line.startswith(sign)] for sign in "-+"
    )
    return before == after


def main() -> None:
    patterns = chosen(sys.argv[1:])
    shutil.rmtree(COPY, ignore_errors=True)
    ran = subprocess.run([MUTMUT, "run", "--max-children", "1", *patterns], capture_output=True, text=True)
    if ran.returncode:
        sys.exit(ran.stdout[-4000:] + ran.stderr)
    counts: dict[str, Counter[str]] = {}
    for results in sorted(COPY.rglob("*.meta")):
        module = str(results.relative_to(COPY / SOURCE).with_suffix(""))
        for mutant, code in json.loads(results.read_text(encoding="utf-8"))["exit_code_by_key"].items():
            if code is None:
                continue  # not chosen
            state = STATES.get(code, "timed out")
            if state in ("survived", "no test"):
                diff = difference(mutant)
                if is_wording(diff):
                    state = "wording"
                else:
                    print(f"{module}: {state}\n{diff}\n")
            counts.setdefault(module, Counter())[state] += 1
    print(f"{'':32} mutants" + "".join(f"{column:>11}" for column in COLUMNS))
    for module, states in counts.items():
        print(f"{module:32}{states.total():8}" + "".join(f"{states[column]:11}" for column in COLUMNS))


if __name__ == "__main__":
    main()
