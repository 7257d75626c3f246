"""Export a trained network to an artefact that the library runs."""

from gwparam.export.torchscript import Export, export_model
from gwparam.export.verify import Promise

__all__ = ["Export", "Promise", "export_model"]
