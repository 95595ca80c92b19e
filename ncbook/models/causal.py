"""A small causal transformer over words, read at its last position: a language model on windows of its text."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ncbook._checks import require, require_instance
from ncbook.models.classifier import Classifier
from ncbook.models.modular import require_sizes

_STD = 0.02  # of the initial weights, as in GPT-2


class CausalTransformer(Classifier):
    """Predicts the word after a window of `context` words; pre-norm blocks as in GPT-2 (Radford et al. 2019).

    x_0[t] = E[w_t] + P[t]; each layer: y = x + W_O attention(LN(x)), x' = y + W_out gelu(W_in LN(y)), causal, with
    W_in [4 d, d] and without biases. Features are LN(x') of the last layer at the last position [N, d], so the last
    layer is computed there alone; the head [K, d] has no bias and is not tied to E. Inputs are windows [N, context]
    int64 of words in 0..vocabulary-1. Matrices start from N(0, 0.02^2), those that write into x from that over
    sqrt(2 depth). Blocks "embedding", "layer1", ..., "norm". Raises ValueError for a vocabulary < 2, another size
    < 1, or heads that do not divide d.

    >>> language = models.CausalTransformer(vocabulary=20, dim=16, heads=2, depth=2, context=4)
    >>> language(torch.tensor([[1, 2, 3, 4], [5, 6, 7, 8]])).shape
    torch.Size([2, 20])
    """

    head: nn.Linear

    def __init__(self, vocabulary: int, dim: int = 64, heads: int = 2, depth: int = 1, context: int = 4) -> None:
        require_sizes(
            vocabulary=(vocabulary, 2), dim=(dim, 1), heads=(heads, 1), depth=(depth, 1), context=(context, 1)
        )
        if dim % heads:
            raise ValueError(f"heads: expected a divisor of the dimension {dim}, got {heads}")
        blocks: dict[str, nn.Module] = {"embedding": _Embedding(vocabulary, dim, context)}
        for number in range(1, depth + 1):
            blocks[f"layer{number}"] = _Layer(dim, heads, last=number == depth)
        super().__init__({**blocks, "norm": nn.Sequential(nn.Flatten(1), nn.LayerNorm(dim))}, dim, vocabulary)
        self.head = nn.Linear(dim, vocabulary, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                nn.init.normal_(parameter, std=_STD / (2 * depth) ** 0.5 if name.endswith("write.weight") else _STD)


class _Embedding(nn.Module):
    """[N, context] -> [N, context, d]"""

    def __init__(self, vocabulary: int, dim: int, context: int) -> None:
        super().__init__()
        self.words, self.positions = nn.Parameter(torch.empty(vocabulary, dim)), nn.Parameter(torch.empty(context, dim))

    def forward(self, inputs: Tensor) -> Tensor:
        expected = f"windows [N, {len(self.positions)}] of integers"
        require_instance("inputs", inputs, Tensor, expected)
        fine = inputs.ndim == 2 and inputs.shape[1] == len(self.positions) and not inputs.is_floating_point()
        require("inputs", inputs, fine, expected)
        return F.embedding(inputs, self.words) + self.positions


class _Layer(nn.Module):
    """[N, context, d] -> the same, or [N, 1, d] of the last position where it is the last layer."""

    def __init__(self, dim: int, heads: int, last: bool) -> None:
        super().__init__()
        self.attention, self.feed, self.last = _Attention(dim, heads), _Feed(dim), last

    def forward(self, states: Tensor) -> Tensor:
        asking = states[:, -1:] if self.last else states
        middle: Tensor = asking + self.attention(asking, states)
        return middle + self.feed(middle)


class _Attention(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads, self.norm = heads, nn.LayerNorm(dim)
        self.queries, self.keys, self.values, self.write = (nn.Linear(dim, dim, bias=False) for _ in range(4))

    def forward(self, asking: Tensor, states: Tensor) -> Tensor:
        """[N, T' , d] that asks, the last T' positions of states [N, T, d] -> [N, T', d]."""
        normed = self.norm(states)
        queries = self._split(self.queries(normed[:, -asking.shape[1] :]))
        keys, values = self._split(self.keys(normed)), self._split(self.values(normed))
        mixed = F.scaled_dot_product_attention(queries, keys, values, is_causal=asking.shape[1] > 1)
        return self.write(mixed.transpose(1, 2).flatten(2))

    def _split(self, rows: Tensor) -> Tensor:
        """[N, T, d] -> [N, heads, T, d / heads]"""
        return rows.unflatten(2, (self.heads, -1)).transpose(1, 2)


class _Feed(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.read, self.write = nn.Linear(dim, 4 * dim, bias=False), nn.Linear(4 * dim, dim, bias=False)

    def forward(self, states: Tensor) -> Tensor:
        return self.write(F.gelu(self.read(self.norm(states))))
