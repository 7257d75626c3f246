import logging
import sys

import pytest
import torch

from gwparam.export.torch_export import exporting, reason


def test_nothing_is_said_and_the_settings_come_back(caplog, capsys):
    log = logging.getLogger("torch.fx.experimental")
    with exporting():
        log.warning("unheard")
        print("unseen", file=sys.stderr)
        assert not torch.is_grad_enabled()
    log.warning("heard")
    print("seen", file=sys.stderr)
    assert capsys.readouterr().err == "seen\n"
    assert caplog.messages == ["heard"]
    with pytest.raises(ValueError, match="as it was"), exporting():
        raise ValueError("as it was")
    log.warning("heard again")
    assert torch.is_grad_enabled()
    assert caplog.messages[1:] == ["heard again"]


def test_a_reason_is_a_line():
    assert reason(RuntimeError("\n one\ntwo")) == "one"
    assert reason(RuntimeError()) == "RuntimeError"
