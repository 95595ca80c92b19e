"""Gaussian mixtures whose population moments are known exactly."""

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from ncbook._checks import require, require_instance, require_integer, require_not_negative, require_seed
from ncbook.data.dataset import Split

_BLOCK = 2**24  # entries of the largest temporary of `sample`


@dataclass(frozen=True, eq=False)
class GaussianMixture:
    """Classes that are mixtures, in equal parts, of Gaussians N(m_c, A_c A_c^T + s_c^2 I).

    Attributes:
        component_means ([C, d] float): m_c; its dtype and device are those of the samples
        noise ([C]): s_c >= 0, standard deviation in every direction
        factors ([C, d, r]): A_c, further directions that vary; r = 0 for isotropic noise
        component_classes ([C] int64): the class 0..K-1 of each component; every class needs one

    Moments are of the population, float64, exact. Raises ValueError, naming the argument, for shapes that do not
    fit, a non-finite entry, negative noise, K < 2, or a class without a component.

    >>> mixture = data.gaussian_mixture(num_classes=3, dim=2, noise=0.1)
    >>> mixture.means.shape, mixture.variances  # d noise^2
    (torch.Size([3, 2]), tensor([0.0200, 0.0200, 0.0200], dtype=torch.float64))
    """

    component_means: Tensor
    noise: Tensor
    factors: Tensor
    component_classes: Tensor

    def __post_init__(self) -> None:
        _require(self.component_means, self.noise, self.factors, self.component_classes)

    @property
    def num_classes(self) -> int:
        return int(self.component_classes.max()) + 1

    @property
    def dim(self) -> int:
        return self.component_means.shape[1]

    @cached_property
    def means(self) -> Tensor:
        """[K, d]: mu_k, the mean of the class's m_c."""
        return self._class_average(self.component_means.double())

    @cached_property
    def covariances(self) -> Tensor:
        """[K, d, d]: mean over the class's components of A_c A_c^T + s_c^2 I + (m_c - mu_k)(m_c - mu_k)^T."""
        factors, offsets = self.factors.double(), self._offsets
        isotropic = self.noise.double().square()[:, None, None] * torch.eye(self.dim, device=self.noise.device)
        return self._class_average(
            factors @ factors.transpose(1, 2) + isotropic + offsets[:, :, None] * offsets[:, None]
        )

    @cached_property
    def variances(self) -> Tensor:
        """[K]: tr of the covariances, the mean squared distance to the class mean; no d x d matrix is formed."""
        spread = self.factors.double().square().sum((1, 2)) + self.dim * self.noise.double().square()
        return self._class_average(spread + self._offsets.square().sum(1))

    @cached_property
    def cdnv(self) -> Tensor:
        """Mean over pairs of classes of (Var_i + Var_j) / (2 ||mu_i - mu_j||^2) (Galanti et al. 2022): scalar, no unit.

        What `metrics.cdnv` of a sample tends to. Two classes with equal means give inf.
        """
        first, second = torch.triu_indices(self.num_classes, self.num_classes, offset=1, device=self.means.device)
        distances = torch.nn.functional.pdist(self.means).square()
        return ((self.variances[first] + self.variances[second]) / (2 * distances)).mean()

    @property
    def fine(self) -> "GaussianMixture":
        """The same population with every component a class of its own (the sub-classes of a hierarchy).

        `component_classes[labels]` turns the labels of its samples into those of the mixture.
        """
        return replace(self, component_classes=torch.arange(len(self.noise), device=self.noise.device))

    def sample(self, n: int, generator: torch.Generator) -> Split:
        """n independent points of each class: inputs [K n, d], class after class, labels [K n].

        The generator lives on the mixture's device. Raises ValueError for n < 1.
        """
        require_integer("n", n, 1)
        require_instance("generator", generator, torch.Generator, "a torch.Generator on the mixture's device")
        device, dtype = self.component_means.device, self.component_means.dtype
        labels = torch.arange(self.num_classes, device=device).repeat_interleave(n)
        components = self._draw_components(labels, generator)
        inputs = torch.randn(len(labels), self.dim, generator=generator, device=device, dtype=dtype)
        inputs = inputs * self.noise[components, None] + self.component_means[components]
        hidden = torch.randn(len(labels), self.factors.shape[2], generator=generator, device=device, dtype=dtype)
        block = max(1, _BLOCK // max(1, self.factors[0].numel()))
        for start in range(0, len(labels), block):
            rows = slice(start, start + block)
            inputs[rows] += (self.factors[components[rows]] @ hidden[rows, :, None])[:, :, 0]
        return Split(inputs, labels)

    def _draw_components(self, labels: Tensor, generator: torch.Generator) -> Tensor:
        order = self.component_classes.argsort(stable=True)
        counts = self.component_classes.bincount()
        uniform = torch.rand(len(labels), generator=generator, device=labels.device, dtype=torch.float64)
        return order[(counts.cumsum(0) - counts)[labels] + (uniform * counts[labels]).long()]

    @property
    def _offsets(self) -> Tensor:
        return self.component_means.double() - self.means[self.component_classes]

    def _class_average(self, values: Tensor) -> Tensor:
        counts = self.component_classes.bincount()
        total = values.new_zeros(len(counts), *values.shape[1:]).index_add(0, self.component_classes, values)
        return total / counts.reshape(-1, *[1] * (values.ndim - 1))


def gaussian_mixture(num_classes: int, dim: int, noise: float, seed: int = 0) -> GaussianMixture:
    """K classes N(mu_k, noise^2 I), float32: means drawn once from N(0, I/d), so that two are about sqrt(2) apart.

    The CDNV is about noise^2 d / 2. `seed` draws the means. Raises ValueError for K < 2, d < 1 or noise < 0.

    >>> mixture = data.gaussian_mixture(num_classes=3, dim=2, noise=0.1, seed=1)
    >>> mixture.sample(100, torch.Generator().manual_seed(0)).inputs.shape
    torch.Size([300, 2])
    """
    require_integer("num_classes", num_classes, 2)
    return hierarchical_mixture(num_classes, 1, dim, 0.0, noise, seed)


def hierarchical_mixture(
    num_super: int, num_sub: int, dim: int, spread: float, noise: float, seed: int = 0
) -> GaussianMixture:
    """`num_super` classes of `num_sub` sub-classes each, float32: sub-class c of class k is N(m_c, noise^2 I).

    m_c = M_k + spread * e_c with M_k and e_c drawn once from N(0, I/d): sub-classes of a class are about
    sqrt(2) spread apart, those of two classes sqrt(2 (1 + spread^2)). `mixture.fine` has the sub-classes for
    classes. `seed` draws the means. Raises ValueError for num_super < 2, another size < 1, or a negative spread or
    noise.

    >>> mixture = data.hierarchical_mixture(num_super=2, num_sub=3, dim=4, spread=0.5, noise=0.1)
    >>> mixture.num_classes, mixture.fine.num_classes
    (2, 6)
    """
    for name, size, least in (("num_super", num_super, 2), ("num_sub", num_sub, 1), ("dim", dim, 1)):
        require_integer(name, size, least)
    for name, value in (("spread", spread), ("noise", noise)):
        require_not_negative(name, value)
    require_seed("seed", seed)
    generator, count = torch.Generator().manual_seed(seed), num_super * num_sub
    centers = torch.randn(num_super, dim, generator=generator).repeat_interleave(num_sub, dim=0)
    means = (centers + spread * torch.randn(count, dim, generator=generator)) / dim**0.5
    classes = torch.arange(num_super).repeat_interleave(num_sub)
    return GaussianMixture(means, torch.full((count,), float(noise)), torch.zeros(count, dim, 0), classes)


def _require(means: Tensor, noise: Tensor, factors: Tensor, classes: Tensor) -> None:
    for name, values in (
        ("component_means", means),
        ("noise", noise),
        ("factors", factors),
        ("component_classes", classes),
    ):
        require_instance(name, values, Tensor, "a tensor")
    if means.ndim != 2 or 0 in means.shape or not means.is_floating_point():
        raise ValueError(f"component_means: expected [C, d] of a float dtype, got {list(means.shape)} {means.dtype}")
    count, dim = means.shape
    require("noise", noise, noise.shape == (count,), f"shape [{count}]")
    fine = factors.ndim == 3 and factors.shape[:2] == (count, dim)
    require("factors", factors, fine, f"shape [{count}, {dim}, r]")
    for name, values in (("component_means", means), ("noise", noise), ("factors", factors)):
        if values.dtype != means.dtype or not bool(values.isfinite().all()):
            raise ValueError(f"{name}: expected finite {means.dtype}, as the means, got {values.dtype}")
    if bool((noise < 0).any()):
        raise ValueError(f"noise: expected no negative number, got {noise.min().item()}")
    if classes.shape != (count,) or classes.dtype != torch.int64:
        raise ValueError(f"component_classes: expected [{count}] int64, got {list(classes.shape)} {classes.dtype}")
    if int(classes.min()) < 0 or int(classes.max()) < 1 or bool((classes.bincount() == 0).any()):
        raise ValueError(f"component_classes: expected every class of 0..K-1, K >= 2, got {classes.unique().tolist()}")
