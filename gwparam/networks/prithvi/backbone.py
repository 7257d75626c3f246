"""Prithvi WxC, the foundation model, as a pass over its tokens without chance.

Weight-compatible with ``PrithviWxC.model.PrithviWxC`` of the package ``prithviwxc``
(MIT), to which the tests hold it; ``docs/adr/0006-prithvi-backbone.md`` says why it is
written anew. Source: Schmude et al. (2024), Prithvi WxC: Foundation Model for Weather
and Climate, arXiv:2409.13598.
"""

import torch
import torch.nn.functional as F  # noqa: N812  # its usual name
from torch import Tensor, nn

from gwparam.errors import ArgumentError, ShapeError

STATIC_CHANNELS = 3
"""Sine of latitude, cosine and sine of longitude."""
_NO_TOKENS = torch.zeros(0, dtype=torch.int64)
"""Not None, so that TorchScript sees one type: every token, in its natural order."""


class Attention(nn.Module):
    """Multi-head attention; the rows of the joint matrix go head by head, q, k, v."""

    def __init__(self, embed: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv_layer = nn.Linear(embed, 3 * embed, bias=False)
        self.w_layer = nn.Linear(embed, embed, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """Attend along the second axis of (rows, sequence, embed)."""
        rows, length = tokens.size(0), tokens.size(1)
        joint = self.qkv_layer(tokens).view(rows, length, self.heads, -1)
        query, key, value = joint.transpose(1, 2).chunk(3, dim=-1)
        mixed = F.scaled_dot_product_attention(query, key, value)
        result: Tensor = self.w_layer(mixed.transpose(1, 2).flatten(2))
        return result


class Perceptron(nn.Module):
    """One hidden layer with the exact GELU."""

    def __init__(self, embed: int, hidden: int) -> None:
        super().__init__()
        # Published checkpoints count the dropout, which is 0, as layers 2 and 4.
        self.net = nn.Sequential(
            nn.Linear(embed, hidden),
            nn.GELU(),
            nn.Identity(),
            nn.Linear(hidden, embed),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Transform the last axis."""
        result: Tensor = self.net(tokens)
        return result


class DropPath(nn.Module):
    """Leave out a residual branch of some samples in training (stochastic depth).

    Source: Huang, Sun, Liu, Sedra and Weinberger (2016), Deep Networks with Stochastic
    Depth, arXiv:1603.09382.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, branch: Tensor, batch: int) -> Tensor:
        """Scale what is kept of (rows, sequence, embed), rows of `batch` samples."""
        if not self.training or self.rate == 0.0:
            return branch
        keep = 1.0 - self.rate
        kept = torch.empty([batch, 1], dtype=branch.dtype, device=branch.device)
        kept = kept.bernoulli_(keep).expand(batch, branch.size(0) // batch)
        return branch * (kept.reshape(-1, 1, 1) / keep)


class Block(nn.Module):
    """A transformer block, normalised before attention and before the perceptron."""

    def __init__(
        self, embed: int, heads: int, mlp_ratio: int, drop_path: float
    ) -> None:
        super().__init__()
        self.attention = nn.Sequential(nn.LayerNorm(embed), Attention(embed, heads))
        self.ff = nn.Sequential(
            nn.LayerNorm(embed), Perceptron(embed, mlp_ratio * embed)
        )
        self.drop_path = DropPath(drop_path)

    def forward(self, tokens: Tensor) -> Tensor:
        """Attend along the third axis of (batch, other, sequence, embed)."""
        rows, batch = tokens.flatten(0, 1), tokens.size(0)
        rows = rows + self.drop_path(self.attention(rows), batch)
        result: Tensor = rows + self.drop_path(self.ff(rows), batch)
        return result.view(tokens.size())


class LocalGlobalLocal(nn.Module):
    """Blocks that attend in turn within mask units and across them."""

    def __init__(
        self, embed: int, heads: int, pairs: int, mlp_ratio: int, drop_path: float
    ) -> None:
        super().__init__()
        self.transformers = nn.ModuleList(
            Block(embed, heads, mlp_ratio, drop_path) for _ in range(2 * pairs + 1)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Transform tokens of shape (batch, units, slots, embed)."""
        for i, block in enumerate(self.transformers):
            if i > 0:
                # An even number of swaps: the last block is a local one again.
                tokens = tokens.transpose(1, 2)
            tokens = block(tokens)
        return tokens


class Blocks(nn.Module):
    """Encoder or decoder, under the published name of its blocks."""

    def __init__(
        self,
        embed: int,
        heads: int,
        pairs: int,
        mlp_ratio: int,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        self.lgl_block = LocalGlobalLocal(embed, heads, pairs, mlp_ratio, drop_path)

    def forward(self, tokens: Tensor) -> Tensor:
        """Transform tokens of shape (batch, units, slots, embed)."""
        result: Tensor = self.lgl_block(tokens)
        return result


class PatchEmbedding(nn.Module):
    """Patches of an image to tokens."""

    def __init__(self, channels: int, embed: int, patch: tuple[int, int]) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, embed, kernel_size=patch, stride=patch)

    def forward(self, image: Tensor) -> Tensor:
        """Give (batch, embed, rows of patches, columns of patches)."""
        result: Tensor = self.proj(image)
        return result


class Prithvi(nn.Module):
    """The transformer: an image on the trained grid to one of as many channels.

    A token is a patch of the image, a mask unit a rectangle of tokens. Tokens count
    row by row within their unit (slot), units row by row on the grid. Every token is
    kept, in this natural order, unless `keep_tokens` says otherwise. Input time and
    lead time are 0, as in the published fine-tuning; `lead_time` may be set [h].

    Parameters
    ----------
    channels : int
        Channels of the image.
    grid : tuple of int
        Rows (latitudes) and columns (longitudes) of the image.
    patch, mask_unit : tuple of int
        Rows and columns of the image that make a token, and a mask unit.
    embed : int
        Features of a token.
    heads : int
        Attention heads.
    encoder_pairs, decoder_pairs : int
        Pairs of a global and a local block; one more local block precedes them.
    mlp_ratio : int
        Hidden units of a perceptron, over `embed`.
    drop_path : float
        Share of samples that a residual branch of the encoder leaves out in training.

    Raises
    ------
    ArgumentError
        If the sizes do not divide each other.
    """

    # Whole numbers in published checkpoints, real ones in others.
    input_scalers_mu: Tensor
    input_scalers_sigma: Tensor
    static_input_scalers_mu: Tensor
    static_input_scalers_sigma: Tensor
    output_scalers: Tensor
    visible: Tensor

    def __init__(
        self,
        channels: int,
        grid: tuple[int, int],
        patch: tuple[int, int],
        mask_unit: tuple[int, int],
        embed: int,
        heads: int,
        encoder_pairs: int,
        decoder_pairs: int,
        mlp_ratio: int = 4,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        _check_sizes(grid, patch, mask_unit, embed, heads)
        self.patch = patch
        self.units = (grid[0] // mask_unit[0], grid[1] // mask_unit[1])
        self.slots = (mask_unit[0] // patch[0], mask_unit[1] // patch[1])
        self.mask_token = nn.Parameter(torch.randn(1, 1, 1, embed))
        # The published constructor's values: the output is zero.
        image, static = (1, 1, channels, 1, 1), (1, STATIC_CHANNELS, 1, 1)
        self.register_buffer("input_scalers_mu", torch.zeros(image))
        self.register_buffer("input_scalers_sigma", torch.ones(image))
        self.register_buffer("static_input_scalers_mu", torch.zeros(static))
        self.register_buffer("static_input_scalers_sigma", torch.ones(static))
        self.register_buffer("output_scalers", torch.zeros(1, channels, 1, 1))
        self.register_buffer("visible", _NO_TOKENS.clone(), persistent=False)
        self.patch_embedding = PatchEmbedding(channels, embed, patch)
        self.patch_embedding_static = PatchEmbedding(STATIC_CHANNELS, embed, patch)
        self.input_time_embedding = nn.Linear(1, embed // 4)
        self.lead_time_embedding = nn.Linear(1, embed // 4)
        self.encoder = Blocks(embed, heads, encoder_pairs, mlp_ratio, drop_path)
        self.decoder = Blocks(embed, heads, decoder_pairs, mlp_ratio)
        self.unembed = nn.Linear(embed, channels * patch[0] * patch[1])
        self.lead_time = 0.0

    def is_dead(self) -> bool:
        """Tell whether all output scalers are zero: then nothing reaches the output."""
        return not bool(self.output_scalers.any())

    def hides_tokens(self) -> bool:
        """Tell whether `keep_tokens` left tokens out."""
        nunit, nslot = self._counts()
        return 0 < self.visible[:1].numel() < nunit * nslot

    def keep_tokens(self, visible: Tensor | None) -> None:
        """Choose the tokens that enter the encoder, and their order, for every call.

        The others enter the decoder as mask tokens. Global blocks link the tokens that
        stand at the same place of every unit, so the order within a unit matters.

        Parameters
        ----------
        visible : Tensor or None, shape (samples, nunit, kept) or (samples, kept)
            Slots kept in each unit, or units kept whole. `samples` is 1 or the size of
            the batch. None keeps every token in its natural order.

        Raises
        ------
        ShapeError
            If the shape fits neither.
        ArgumentError
            If an index is out of range or comes twice.
        """
        nunit, nslot = self._counts()
        if visible is None:
            self.visible = _NO_TOKENS.to(self.mask_token.device)
            return
        if visible.ndim not in (2, 3) or (
            visible.ndim == 3 and visible.size(1) != nunit
        ):
            raise ShapeError(
                f"visible has shape {tuple(visible.shape)}, expected (samples, kept) "
                f"or (samples, {nunit}, kept)"
            )
        visible = visible.to(self.mask_token.device, torch.int64)
        whole = visible.ndim == 2
        count = nunit if whole else nslot
        ascending = visible.sort(dim=-1).values
        if (
            visible.numel() == 0
            or not 0 <= int(ascending.min()) <= int(ascending.max()) < count
            or bool((ascending.diff(dim=-1) == 0).any())
        ):
            raise ArgumentError(
                f"visible has indices that are none, twice or outside 0 to {count - 1}"
            )
        if whole:
            slot = torch.arange(nslot, device=visible.device)
            self.visible = visible.unsqueeze(-1) * nslot + slot
        else:
            unit = torch.arange(nunit, device=visible.device).unsqueeze(-1)
            self.visible = unit * nslot + visible

    def draw_tokens(
        self, ratio: float, seed: int, samples: int = 1, whole_units: bool = False
    ) -> Tensor:
        """Draw tokens as the published code does after ``torch.manual_seed(seed)``.

        Parameters
        ----------
        ratio : float
            Part of the slots of each unit, or of the units, that is masked; with 0 the
            slots are still permuted, as published.
        seed : int
            The same seed gives the same tokens.
        samples : int
            How many images, each with its own tokens.
        whole_units : bool
            Mask units instead of slots within every unit.

        Returns
        -------
        Tensor
            What `keep_tokens` takes, in the published random order.

        Raises
        ------
        ArgumentError
            If `ratio` is not at least 0 and less than 1.
        """
        if not 0.0 <= ratio < 1.0:
            raise ArgumentError(f"mask ratio is {ratio}, expected 0 to less than 1")
        nunit, nslot = self._counts()
        shape = (samples, nunit) if whole_units else (samples, nunit, nslot)
        generator = torch.Generator().manual_seed(seed)
        order = torch.rand(shape, generator=generator).argsort(dim=-1)
        return order[..., int(ratio * shape[-1]) :]

    def forward(self, image: Tensor, static: Tensor) -> Tensor:
        """Transform an image.

        Parameters
        ----------
        image : Tensor, shape (batch, channels, nlat, nlon)
            In the dtype of the weights.
        static : Tensor, shape (1 or batch, 3, nlat, nlon)
            Sine of latitude, cosine and sine of longitude [1].

        Returns
        -------
        Tensor, shape (batch, channels, nlat, nlon)
            The transformed image, times the output scalers, plus the input means.
        """
        dtype = image.dtype
        mean = self.input_scalers_mu[0].to(dtype)
        image = (image - mean) / self.input_scalers_sigma[0].to(dtype)
        static = static - self.static_input_scalers_mu.to(dtype)
        static = static / self.static_input_scalers_sigma.to(dtype)
        place = self._to_tokens(self.patch_embedding_static(static))
        tokens = self._to_tokens(self.patch_embedding(image))
        tokens = tokens + place + self._time().to(dtype)
        if self.visible.numel() > 0:
            tokens = self._encode_visible(tokens, place)
        else:
            tokens = self.encoder(tokens)
        result = self._to_image(self.unembed(self.decoder(tokens)))
        return self.output_scalers.to(dtype) * result + mean

    def _counts(self) -> tuple[int, int]:
        return self.units[0] * self.units[1], self.slots[0] * self.slots[1]

    def _time(self) -> Tensor:
        """Encode input time 0, of which the bias remains, and the lead time."""
        lead: Tensor = self.lead_time_embedding.bias
        if self.lead_time != 0.0:
            lead = lead + self.lead_time_embedding.weight[:, 0] * self.lead_time
        angles = torch.cat((self.input_time_embedding.bias, lead))
        return torch.cat((angles.cos(), angles.sin()))

    def _encode_visible(self, tokens: Tensor, place: Tensor) -> Tensor:
        """Encode the visible tokens; mask tokens, which know their place, fill up."""
        batch, embed = tokens.size(0), tokens.size(3)
        index = self.visible.flatten(1).unsqueeze(-1).expand(batch, -1, embed)
        kept = tokens.flatten(1, 2).gather(1, index)
        kept = kept.view(batch, self.visible.size(1), self.visible.size(2), embed)
        encoded = self.encoder(kept).flatten(1, 2)
        masked = (self.mask_token + place).expand_as(tokens).flatten(1, 2)
        # Products in fewer bits give another dtype than the mask token has.
        filled = masked.scatter(1, index, encoded.to(masked.dtype))
        return filled.view_as(tokens)

    def _to_tokens(self, patches: Tensor) -> Tensor:
        """Turn (batch, embed, rows, columns) into (batch, units, slots, embed)."""
        units, slots = self.units, self.slots
        patches = patches.view(
            patches.size(0), -1, units[0], slots[0], units[1], slots[1]
        )
        return patches.permute(0, 2, 4, 3, 5, 1).flatten(3, 4).flatten(1, 2)

    def _to_image(self, tokens: Tensor) -> Tensor:
        """Turn (batch, units, slots, channels * patch) into an image."""
        units, slots, patch = self.units, self.slots, self.patch
        parts = tokens.view(
            tokens.size(0),
            units[0],
            units[1],
            slots[0],
            slots[1],
            -1,
            patch[0],
            patch[1],
        )
        parts = parts.permute(0, 5, 1, 3, 6, 2, 4, 7)
        return parts.flatten(5, 7).flatten(2, 4)


def _check_sizes(
    grid: tuple[int, int],
    patch: tuple[int, int],
    mask_unit: tuple[int, int],
    embed: int,
    heads: int,
) -> None:
    sizes = (
        ("grid", grid, "mask unit", mask_unit),
        ("mask unit", mask_unit, "patch", patch),
    )
    for larger, size, smaller, part in sizes:
        if min(*size, *part) < 1 or size[0] % part[0] or size[1] % part[1]:
            raise ArgumentError(
                f"{larger} is {size[0]} x {size[1]}, expected a multiple of the "
                f"{smaller}, {part[0]} x {part[1]}"
            )
    if heads < 1 or embed % heads or embed % 4:
        raise ArgumentError(
            f"embed is {embed}, expected a multiple of 4 and of {heads} heads"
        )
