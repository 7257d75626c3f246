"""Machine-learned gravity-wave drag inside climate models.

``gwparam.load_scheme(path)`` runs an exported network through the compiled library;
the command ``gwparam`` exports, inspects and replays networks. Nothing heavy is
imported before it is asked for.
"""

import os
from typing import TYPE_CHECKING, Any

if os.path.isfile(os.path.join(os.path.dirname(__file__), "meson.build")):
    from gwparam.source_tree import expect_built

    expect_built()

if TYPE_CHECKING:
    from gwparam.export import export_network
    from gwparam.library import load_scheme
    from gwparam.scheme import Scheme

    __version__: str

__all__ = ["Scheme", "__version__", "export_network", "load_scheme"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from gwparam.version import package_version

        return package_version()
    if name in ("Scheme", "load_scheme"):
        from gwparam import library

        return getattr(library, name)
    if name == "export_network":
        from gwparam.export import export_network

        return export_network
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
