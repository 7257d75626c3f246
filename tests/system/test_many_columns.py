"""Ten million columns in one window, and what memory they take."""

import subprocess
import sys

import pytest

COLUMNS = 10_000_000
NLEV = 5

# Single precision throughout: a column has 12 numbers that go in and 10 that come out.
PROGRAM = """
import resource, sys
import numpy as np
import gwparam

columns, nlev = {columns}, {nlev}
scheme = gwparam.load_scheme(sys.argv[1], threads=2)
scheme.set_levels([1e3, 1e4, 3e4, 6e4, 9e4])
random = np.random.default_rng(5)
block = 100_003  # which no chunk divides
names = [field.name for field in scheme.contract.inputs]
small = {{}}
for name in names:
    on_levels = "wind" in name
    low, high = (9e4, 1e5) if "pressure" in name else (-60.0, 60.0)
    shape = (block, nlev) if on_levels else (block,)
    small[name] = random.uniform(low, high, shape).astype(np.float32)
outputs = [field.name for field in scheme.contract.outputs]

def get(count):
    return {{
        name: scheme.get(name, np.empty((count, nlev), np.float32)) for name in outputs
    }}

for name in names:
    scheme.put(name, small[name])
scheme.run()
expected = get(block)
times = columns // block + 1
for name in names:
    repeats = (times,) + (1,) * (small[name].ndim - 1)
    scheme.put(name, np.tile(small[name], repeats)[:columns])
scheme.run()
found = get(columns)
for name in outputs:
    for begin in range(0, columns, block):
        rows = found[name][begin : begin + block]
        assert np.array_equal(rows, expected[name][: len(rows)]), (name, begin)
assert scheme.statistics().columns == columns + block
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_ten_million_columns_have_the_bits_of_few(
    tiny_artefact_float32, capsys, tmp_path
):
    """Within 3 GB: a column has 22 numbers of 4 bytes, here and in the scheme."""
    program = PROGRAM.format(columns=COLUMNS, nlev=NLEV)
    found = subprocess.run(
        [sys.executable, "-P", "-c", program, tiny_artefact_float32],
        capture_output=True,
        text=True,
        timeout=500,
        cwd=tmp_path,
    )
    assert found.returncode == 0, found.stderr
    gigabytes = int(found.stdout) * 1024 / 1e9
    with capsys.disabled():
        print(f"\n{COLUMNS} columns: at most {gigabytes:.2f} GB")
    assert gigabytes < 3.0
