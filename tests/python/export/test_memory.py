import platform
import subprocess
import sys

import pytest

# Frees a hole of 24 MB under a block that stays; prints what is resident after [MB].
PROGRAM = """
import sys, torch
from pathlib import Path
from gwparam.export.memory import return_freed_blocks

def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(l.split()[1]) for l in lines if l.startswith("RssAnon")) / 1024

if sys.argv[1] == "return":
    return_freed_blocks()
torch.ones(31 << 18)  # raises the threshold of glibc above the blocks below
before = resident()
blocks = [torch.ones(6 << 18) for _ in range(20)]
del blocks[:-1]
print(resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="about glibc")
@pytest.mark.parametrize(("argument", "freed"), [("keep", False), ("return", True)])
def test_freed_blocks_go_back_to_the_system(argument, freed):
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, argument],
        capture_output=True,
        text=True,
        check=True,
    )

    # One block of 6 MB is still in use.
    assert (float(done.stdout) < 20.0) == freed
