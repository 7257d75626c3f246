"""Batch normalisation over the batch of all processes, on any device.

``torch.nn.SyncBatchNorm`` does the same on GPUs alone. With it, a training gives the
same result whatever the number of processes.
"""

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed._functional_collectives import all_reduce


class SharedBatchNorm(nn.BatchNorm2d):
    """A `BatchNorm2d` whose batch is that of all processes together.

    In eval mode, and in training alone, it is a `BatchNorm2d`.
    """

    def forward(self, image: Tensor) -> Tensor:
        """Normalise (images, channel, nlat, nlon), as many images on every process."""
        if not self.training or not dist.is_initialized():
            return super().forward(image)
        world = dist.get_world_size()
        values = image.float()
        mean = _sum(values.mean((0, 2, 3))) / world
        centred = values - mean[:, None, None]
        variance = _sum(centred.square().mean((0, 2, 3))) / world
        self._remember(mean.detach(), variance.detach(), world * image[:, 0].numel())
        scale = self.weight.float() * torch.rsqrt(variance + self.eps)
        result = centred * scale[:, None, None] + self.bias.float()[:, None, None]
        normalised: Tensor = result.to(image.dtype)
        return normalised

    def _remember(self, mean: Tensor, variance: Tensor, count: int) -> None:
        unbiased = variance * (count / max(count - 1, 1))
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(unbiased, self.momentum)
        self.num_batches_tracked.add_(1)


def _sum(values: Tensor) -> Tensor:
    """Add up over the processes; gradients are added up too."""
    group = dist.group.WORLD
    assert group is not None
    total: Tensor = all_reduce(values, "sum", group)
    return total


def share_batch_norm(network: nn.Module) -> None:
    """Replace batch normalisations, which keep their weights and names."""
    for name, module in list(network.named_modules()):
        if type(module) is nn.BatchNorm2d:
            shared = SharedBatchNorm(module.num_features, module.eps, module.momentum)
            shared.load_state_dict(module.state_dict())
            for parameter, old in zip(
                shared.parameters(), module.parameters(), strict=True
            ):
                parameter.requires_grad_(old.requires_grad)
            network.set_submodule(name, shared.train(module.training))
