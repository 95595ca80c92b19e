"""Decoder transformers for arithmetic modulo p. Only the answer is read, so most of the work is done once a token.

Inputs are pairs [N, 2] int64, logits [N, p]. A causal network's state at a position depends on the tokens up to it.
Before the second operand that is `a` alone (or nothing), so the states are tables of p rows (or 1), whatever the
number of pairs; keys and values of the operands are tables too in the first layer; and in the last layer one position
asks. The logits are those of the full network to rounding.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ncbook.models.classifier import Classifier
from ncbook.models.modular import columns, normal_head, require_sizes


class NandaTransformer(Classifier):
    """One-layer ReLU transformer without layer norm, read at "=" of [a, b, =] (Nanda et al. 2023, official code).

    x_0 = E[a] + P[0], x_1 = E[b] + P[1], x_2 = E[=] + P[2];
    r = x_2 + W_O concat_h sum_i softmax_i(q_h . k_hi / sqrt(d / heads)) v_hi;  features = r + W_out relu(W_in r + b_in)
    + b_out [N, d]; the head W_U has no bias. Blocks "attention" (r) and "mlp" (the features). All weights start from
    N(0, 1/d), W_U from N(0, 1/(p+1)), biases 0. Only p of the paper's p + 1 logits are kept: "=" is no answer.
    Raises ValueError for p < 2, another size < 1, or heads that do not divide d.

    >>> transformer = models.NandaTransformer(p=7, dim=16, heads=2, width=32)
    >>> transformer(torch.tensor([[1, 2], [3, 4]])).shape
    torch.Size([2, 7])
    """

    head: nn.Linear

    def __init__(self, p: int, dim: int = 128, heads: int = 4, width: int = 512) -> None:
        _require(p, dim, heads, width)
        feed = nn.Sequential(nn.Linear(dim, width), nn.ReLU(), nn.Linear(width, dim))
        blocks = {"attention": _LastPosition(p, dim, heads), "mlp": _Residual(feed)}
        super().__init__(blocks, dim, p)
        self.head = normal_head(dim, p, std=1 / math.sqrt(p + 1))
        for name, parameter in self.blocks.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            else:
                nn.init.normal_(parameter, std=1 / math.sqrt(dim))

    @property
    def embedding(self) -> Tensor:
        """E of the numbers [p, d], row x for x: what `metrics.fourier_spectrum` reads."""
        return self.get_parameter("blocks.attention.embedding")[:-1]


class PowerTransformer(Classifier):
    """Two-layer transformer read at "=" of [a, o, b, =], o the operation's token (Power et al. 2022, official code).

    Each layer: y = LN(x + attention(x)), x' = LN(y + W_out relu(W_in y)), attention causal; sinusoidal positions; no
    bias in any product, W_in [4 d, d]; features are x' of layer 2 [N, d] and the head has no bias. Blocks "layer1"
    (x' of layer 1 at "=") and "layer2". Embeddings start from N(0, 1), the products as torch's linear layers do.
    The code's end-of-text token before `a` and its logits of tokens that are no number are left out.
    Raises ValueError for p < 2, an odd d, another size < 1, or heads that do not divide d.

    >>> transformer = models.PowerTransformer(p=7, dim=16, heads=2)
    >>> transformer(torch.tensor([[1, 2], [3, 4]])).shape
    torch.Size([2, 7])
    """

    head: nn.Linear

    def __init__(self, p: int, dim: int = 128, heads: int = 4) -> None:
        require_sizes(dim=(dim, 1))
        _require(p, dim, heads, 4 * dim)
        if dim % 2:
            raise ValueError(f"dim: expected an even number, since positions are sines and cosines, got {dim}")
        blocks: dict[str, nn.Module] = {"layer1": _FirstLayer(p, dim, heads), "layer2": _NormedLayer(dim, heads)}
        super().__init__(blocks, dim, p)
        self.head = nn.Linear(dim, p, bias=False)

    @property
    def embedding(self) -> Tensor:
        """E of the numbers [p, d], row x for x: what `metrics.fourier_spectrum` reads."""
        return self.get_parameter("blocks.layer1.embedding")[:-2]

    def features(self, inputs: Tensor) -> Tensor:
        return self.layers(inputs)["layer2"]

    def layers(self, inputs: Tensor) -> dict[str, Tensor]:
        states = self.blocks["layer1"](inputs)
        answer, _ = states[-1]
        return {"layer1": answer, "layer2": self.blocks["layer2"](answer, states)}


# States of one position for N pairs: rows [M, d] and which of them each pair has [N]; without the latter M is N or 1.
States = tuple[Tensor, Tensor | None]


class _Attention(nn.Module):
    """Attention of one position to others, without biases."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.queries, self.keys, self.values, self.output = (nn.Linear(dim, dim, bias=False) for _ in range(4))

    def forward(self, asking: Tensor, states: Sequence[States]) -> Tensor:
        """The position's own states [N or 1, d] and those of all positions that it sees -> [N, d]."""
        queries = self._split(self.queries(asking)) / math.sqrt(asking.shape[1] / self.heads)
        scores = torch.broadcast_tensors(*(self._scores(queries, rows, pick) for rows, pick in states))
        shares = torch.stack(scores).softmax(0)[..., None]  # [positions, N, heads, 1]
        values = (_pick(self._split(self.values(rows)), pick) for rows, pick in states)  # each [N or 1, heads, d/heads]
        mixed = sum(share * value for share, value in zip(shares, values, strict=True))
        return self.output(mixed.flatten(1))

    def _scores(self, queries: Tensor, rows: Tensor, pick: Tensor | None) -> Tensor:
        keys = self._split(self.keys(rows))
        if len(queries) == 1:  # the same question to all: the table of keys becomes one of numbers
            return _pick((queries * keys).sum(2), pick)
        return (queries * _pick(keys, pick)).sum(2)

    def _split(self, rows: Tensor) -> Tensor:
        """[M, d] -> [M, heads, d / heads]"""
        return rows.unflatten(1, (self.heads, -1))


class _LastPosition(nn.Module):
    """Embedding and attention of the one-layer network at "=": [N, 2] -> [N, d]."""

    def __init__(self, p: int, dim: int, heads: int) -> None:
        super().__init__()
        self.embedding = nn.Parameter(torch.empty(p + 1, dim))  # the numbers, then "="
        self.positions = nn.Parameter(torch.empty(3, dim))
        self.attention = _Attention(dim, heads)

    def forward(self, pairs: Tensor) -> Tensor:
        a, b = columns(pairs)
        numbers, answer = self.embedding[:-1], self.embedding[-1:] + self.positions[2]
        states = [(numbers + self.positions[0], a), (numbers + self.positions[1], b), (answer, None)]
        return answer + self.attention(answer, states)


class _NormedLayer(nn.Module):
    """y = LN(x + attention(x)), then LN(y + W_out relu(W_in y)), at one position."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.attention, self.attention_norm = _Attention(dim, heads), nn.LayerNorm(dim)
        wide = nn.Linear(dim, 4 * dim, bias=False), nn.ReLU(), nn.Linear(4 * dim, dim, bias=False)
        self.feed, self.feed_norm = nn.Sequential(*wide), nn.LayerNorm(dim)

    def forward(self, asking: Tensor, states: Sequence[States]) -> Tensor:
        middle = self.attention_norm(asking + self.attention(asking, states))
        return self.feed_norm(middle + self.feed(middle))


class _FirstLayer(_NormedLayer):
    """Embedding and first layer of the two-layer network: pairs [N, 2] -> the states of all four positions."""

    positions: Tensor

    def __init__(self, p: int, dim: int, heads: int) -> None:
        super().__init__(dim, heads)
        self.embedding = nn.Parameter(torch.randn(p + 2, dim))  # the numbers, then o, then "="
        self.register_buffer("positions", _sinusoids(4, dim))

    def forward(self, pairs: Tensor) -> list[States]:  # type: ignore[override]
        a, b = columns(pairs)
        first, operation = self.embedding[:-2] + self.positions[0], self.embedding[-2:-1] + self.positions[1]
        second, answer = self.embedding[:-2] + self.positions[2], self.embedding[-1:] + self.positions[3]
        layer = super().forward
        seen: list[States] = [(first, None), (operation, None)]  # rows a = 0, ..., p-1
        tables = layer(first, seen[:1]), layer(operation, seen)
        states: list[States] = [(first, a), (operation, None), (second, b), (answer, None)]
        pairwise = layer(F.embedding(b, second), states[:3]), layer(answer, states)
        return [*((rows, a) for rows in tables), *((rows, None) for rows in pairwise)]


class _Residual(nn.Module):
    def __init__(self, change: nn.Module) -> None:
        super().__init__()
        self.change = change

    def forward(self, rows: Tensor) -> Tensor:
        return rows + self.change(rows)


def _pick(rows: Tensor, pick: Tensor | None) -> Tensor:
    return rows if pick is None else F.embedding(pick, rows.flatten(1)).unflatten(1, rows.shape[1:])


def _sinusoids(positions: int, dim: int) -> Tensor:
    """[positions, d]: sin and cos of t / 10000^(2j / d) side by side for position t and j = 0, ..., d/2 - 1."""
    rates = 10000.0 ** -(torch.arange(0, dim, 2) / dim)
    angles = torch.outer(torch.arange(positions), rates)
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)


def _require(p: int, dim: int, heads: int, width: int) -> None:
    require_sizes(p=(p, 2), dim=(dim, 1), heads=(heads, 1), width=(width, 1))
    if dim % heads:
        raise ValueError(f"heads: expected a divisor of the dimension {dim}, got {heads}")
