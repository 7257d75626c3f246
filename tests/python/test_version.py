from importlib import metadata

from gwparam.version import package_version


def test_version_is_that_of_the_installed_package(monkeypatch):
    monkeypatch.setattr(metadata, "version", {"gwparam": "7.8.9"}.__getitem__)

    assert package_version() == "7.8.9"


def test_version_of_a_source_tree_is_unknown(monkeypatch):
    def absent(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)

    assert package_version() == "0+unknown"
