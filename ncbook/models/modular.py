"""Networks for arithmetic modulo p that have no attention: inputs are pairs [N, 2] int64, logits [N, p]."""

import math
from math import prod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ncbook._checks import as_tuple, require, require_instance, require_integer, require_seed
from ncbook.models.classifier import Classifier


class PairMLP(Classifier):
    """The two-hidden-layer embedding perceptron on which the book shows grokking.

    h1 = relu(E[a] A + E[b] B + b1), h2 = relu(h1 C + b2), logits = V h2; features are h2 [N, width]. Blocks "hidden1"
    and "hidden2"; the head has no bias. Start: E ~ N(0, 1), A and B ~ N(0, 1/(2 d)), C ~ N(0, 2/width),
    V ~ N(0, 1/width), biases 0, with d = `embedding_dim`. Raises ValueError for p < 2 or another size < 1.

    >>> perceptron = models.PairMLP(p=7)
    >>> perceptron(torch.tensor([[1, 2], [3, 4]])).shape, perceptron.embedding.shape
    (torch.Size([2, 7]), torch.Size([7, 32]))
    """

    head: nn.Linear

    def __init__(self, p: int, embedding_dim: int = 32, width: int = 64) -> None:
        require_sizes(p=(p, 2), embedding_dim=(embedding_dim, 1), width=(width, 1))
        hidden = nn.Linear(width, width)
        nn.init.normal_(hidden.weight, std=math.sqrt(2 / width))
        nn.init.zeros_(hidden.bias)
        blocks = {"hidden1": _EmbeddedPair(p, embedding_dim, width), "hidden2": nn.Sequential(hidden, nn.ReLU())}
        super().__init__(blocks, width, p)
        self.head = normal_head(width, p, std=1 / math.sqrt(width))

    @property
    def embedding(self) -> Tensor:
        """E [p, d], row x for the number x: what `metrics.fourier_spectrum` reads."""
        return self.get_parameter("blocks.hidden1.embedding")


class _EmbeddedPair(nn.Module):
    """relu(E[a] A + E[b] B + b1). E A and E B are tables of p rows: one product a number, not one a pair."""

    def __init__(self, p: int, dim: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Parameter(torch.randn(p, dim))
        self.first = nn.Parameter(torch.randn(dim, width) / math.sqrt(2 * dim))
        self.second = nn.Parameter(torch.randn(dim, width) / math.sqrt(2 * dim))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, pairs: Tensor) -> Tensor:
        a, b = columns(pairs)
        of_a, of_b = self.embedding @ self.first + self.bias, self.embedding @ self.second  # [p, width]
        return F.relu(F.embedding(a, of_a) + F.embedding(b, of_b))


class QuadraticMLP(Classifier):
    """Gromov's (2023) network f(a, b) = W2 (W1 x)^2 / (D H), x the one-hots of a and b stacked, D = 2 p, H = width.

    Features are (W1 x)^2 / (D H) [N, width], of the block "hidden"; the head is W2 [p, width], without a bias. W1 is
    kept as `input_weight` [2, p, width], a table for a and one for b, so that `input_weight[0].T` suits
    `metrics.fourier_ipr`. Starts with all weights from N(0, 1). Raises ValueError for p < 2 or width < 1.

    >>> quadratic = models.QuadraticMLP(p=7, width=20)
    >>> quadratic.features(torch.tensor([[1, 2]])).shape
    torch.Size([1, 20])
    """

    head: nn.Linear

    def __init__(self, p: int, width: int = 500) -> None:
        require_sizes(p=(p, 2), width=(width, 1))
        super().__init__({"hidden": _SquaredPair(p, width)}, width, p)
        self.head = normal_head(width, p, std=1.0)

    @property
    def input_weight(self) -> Tensor:
        return self.get_parameter("blocks.hidden.tables")


class _SquaredPair(nn.Module):
    def __init__(self, p: int, width: int) -> None:
        super().__init__()
        self.tables = nn.Parameter(torch.randn(2, p, width))

    def forward(self, pairs: Tensor) -> Tensor:
        a, b = columns(pairs)
        _, p, width = self.tables.shape
        return (F.embedding(a, self.tables[0]) + F.embedding(b, self.tables[1])).square() / (2 * p * width)


def gromov_solution(p: int, width: int = 500, seed: int = 0) -> QuadraticMLP:
    """Weights, written down and not trained, that add modulo p (Gromov 2023); float64.

    Neuron j has a frequency k and phases: W1 = cos(2 pi k a/p + f1) for a and cos(2 pi k b/p + f2) for b,
    W2 = cos(2 pi k q/p + f3) for answer q, with f3 = f1 + f2. In the sum over neurons only
    cos(2 pi k (a + b - q)/p) / 2 adds up, to a peak at q = a + b; the rest has random phases and averages out.
    Frequencies 1, ..., (p-1)//2 take turns, so that each serves alike; `seed` draws f1 and f2. Raises ValueError
    for p < 3, which has no such frequency, or width < 1.

    >>> solution = models.gromov_solution(p=7, width=600)
    >>> pairs = torch.cartesian_prod(torch.arange(7), torch.arange(7))
    >>> (solution(pairs).argmax(1) == pairs.sum(1) % 7).double().mean()
    tensor(1., dtype=torch.float64)
    """
    require_sizes(p=(p, 3), width=(width, 1))
    require_seed("seed", seed)
    model = QuadraticMLP(p, width).double()
    generator = torch.Generator().manual_seed(seed)
    first, second = 2 * math.pi * torch.rand(2, width, generator=generator, dtype=torch.float64)
    frequencies = torch.arange(width) % ((p - 1) // 2) + 1
    angles = (2 * math.pi / p) * (torch.outer(torch.arange(p), frequencies) % p).double()  # [p, width]
    with torch.no_grad():
        model.input_weight.copy_(torch.stack([angles + first, angles + second]).cos())
        model.head.weight.copy_((angles + first + second).cos())
    return model


def columns(pairs: Tensor) -> tuple[Tensor, Tensor]:
    """a [N] and b [N] of pairs [N, 2]; an error for another shape or dtype."""
    require_instance("inputs", pairs, Tensor, "pairs [N, 2] of integers")
    fine = pairs.ndim == 2 and pairs.shape[1] == 2 and not pairs.is_floating_point()
    require("inputs", pairs, fine, "pairs [N, 2] of integers")
    return pairs[:, 0], pairs[:, 1]


def normal_head(feature_dim: int, num_classes: int, std: float) -> nn.Linear:
    """A linear head without a bias, its weights from N(0, std^2)."""
    head = nn.Linear(feature_dim, num_classes, bias=False)
    nn.init.normal_(head.weight, std=std)
    return head


def require_sizes(**sizes: tuple[int, int]) -> None:
    """ValueError unless each (value, least) is an integer >= least."""
    for name, (value, least) in sizes.items():
        require_integer(name, value, least)


def inputs_of(input_shape: Any) -> int:
    """Numbers in an input of this shape; ValueError unless it is a sequence of sizes."""
    shape = as_tuple("input_shape", input_shape, "the shape of an input, such as (1, 28, 28)")
    for size in shape:
        require_integer("input_shape", size, 1)
    return prod(shape)
