import torch

from gwparam.checkpoints import read_checkpoint
from gwparam.cli import main


def test_export_says_which_weights_it_took(tmp_path, reference_data, capsys):
    published = read_checkpoint(reference_data / "wavenet" / "network_wst.pkl")
    content = {
        **published.extras,
        "state_dict": published.weights,
        "ema_state_dict": published.weights,
    }
    torch.save(content, tmp_path / "both.pt")
    command = [
        "export",
        "--ckpt",
        str(tmp_path / "both.pt"),
        "-o",
        str(tmp_path / "o.pt"),
    ]

    assert main(command) == 0
    assert "took the ema weights in ema_state_dict" in capsys.readouterr().out
    assert main([*command, "--weights", "raw"]) == 0
    assert "took the raw weights in state_dict" in capsys.readouterr().out
