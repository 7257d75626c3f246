import os
import subprocess
import sys

import pytest

import gwparam
from gwparam import library
from gwparam.version import package_version


def run_python(code):
    return subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ).stdout


def test_package_and_inspect_do_not_import_torch(tiny_artefact):
    code = (
        "import sys, gwparam; from gwparam.cli import main; gwparam.__version__; "
        f"main(['inspect', {str(tiny_artefact)!r}]); print('torch' in sys.modules)"
    )

    assert run_python(code).endswith("False\n")


def test_every_public_name_is_there():
    assert set(gwparam.__all__) <= set(dir(gwparam))
    assert gwparam.load_scheme is library.load_scheme
    assert gwparam.Scheme is library.Scheme
    assert gwparam.__version__ == package_version()


def test_name_that_is_not_there_is_refused():
    with pytest.raises(AttributeError) as caught:
        gwparam.save_scheme  # noqa: B018

    assert str(caught.value) == "module 'gwparam' has no attribute 'save_scheme'"
