"""The source tree, as Python meets it where it runs in the root of a checkout."""

from importlib import resources


def expect_built() -> None:
    """Refuse the source tree where nothing says what was built of it.

    An editable install says that; Python alone takes the folder as it is.

    Raises
    ------
    ImportError
        With what to do.
    """
    package = resources.files("gwparam")
    if not package.joinpath("lib", "libgwparam.so").is_file():
        raise ImportError(
            f"{package} is source code, without the compiled library; "
            "pip install --no-build-isolation -e . in the checkout lets Python use it "
            "(docs/install.md), and python -P the installed gwparam"
        )
