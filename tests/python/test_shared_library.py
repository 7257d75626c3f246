import pytest

from gwparam import errors, shared_library


def test_library_of_another_version_is_refused(monkeypatch):
    monkeypatch.setattr(shared_library, "package_version", lambda: "9.9.9")
    with pytest.raises(errors.ModelFileError, match=r"is version .*, expected 9\.9\.9"):
        shared_library.shared_library.__wrapped__()


def test_status_is_its_exception_with_the_message_of_the_library():
    ffi, lib = shared_library.shared_library()
    shared_library.check(0)
    status = lib.gwparam_units_conversion(b"m", b"K", ffi.NULL, ffi.NULL)
    with pytest.raises(errors.ContractError, match="units"):
        shared_library.check(status)
