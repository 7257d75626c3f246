"""Three inputs and more of every kind that others bring, made by the tests.

``python tests/system/kinds/run.py [WORD]`` runs those whose kind or name holds WORD and
prints a table. The kinds are those of files, networks and hosts that came from reports;
the cases beside these (`system.cases.run`) are files, and these are others.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from system.kinds import of_networks, of_states

# In the order of the reports: what was silent and wrong, then what was refused.
KINDS = (
    of_states.FRAME,
    of_states.SCALARS,
    of_states.TWICE,
    of_networks.THREADS,
    of_networks.UNSEEN,
    of_states.IMPOSSIBLE,
    of_networks.OWN_PRESSURE,
    of_states.FMS,
    of_states.MODELS,
    of_states.LARGE,
    of_states.EMPTY,
    of_networks.CHECKPOINTS,
    of_networks.SCALING,
    of_networks.TRAINING,
)
ROWS = sorted((*of_states.ROWS, *of_networks.ROWS), key=lambda r: KINDS.index(r.kind))
AT_LEAST = 3


def table(word: str) -> int:
    """Print the rows that hold a word; the number of those that fail."""
    from rich.table import Table

    from gwparam import console

    shown, failed = Table(), 0
    for heading in ("kind", "input", "result"):
        shown.add_column(heading, overflow="fold")
    for row in ROWS:
        if word not in f"{row.kind} {row.name}":
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                result = row.act(Path(folder))
            except Exception as error:
                result, failed = f"NOT AS EXPECTED: {error}", failed + 1
        shown.add_row(row.kind, row.name, result)
    console.tables(150).print(shown)
    console.lines().print(
        f"{failed} of {shown.row_count} inputs are not as expected; {len(KINDS)} kinds"
    )
    return failed


if __name__ == "__main__":
    sys.exit(1 if table(" ".join(sys.argv[1:])) else 0)
