"""Export a trained network to an artefact that the library runs."""

from gwparam.export.artefact import Export
from gwparam.export.own import export_network
from gwparam.export.torchscript import export_model
from gwparam.export.verify import Promise

__all__ = ["Export", "Promise", "export_model", "export_network"]
