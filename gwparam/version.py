"""The version of the package."""

from importlib import metadata


def package_version() -> str:
    """Version as installed; ``0+unknown`` in a source tree that is not installed."""
    try:
        return metadata.version("gwparam")
    except metadata.PackageNotFoundError:
        return "0+unknown"
