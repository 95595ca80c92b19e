"""A small training that several test files share."""

import torch

from ncbook import data, models


def blobs(per_class: int = 20) -> data.Split:
    """Three classes that a line separates."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(3).repeat(per_class)
    inputs = 4 * torch.eye(3)[labels] + 0.3 * torch.randn(len(labels), 3, generator=generator)
    return data.Split(inputs.reshape(-1, 3, 1, 1), labels)


def network(init: int = 0) -> models.Classifier:
    torch.manual_seed(init)
    return models.mlp((3, 1, 1), 3, width=16, depth=1)


def weights(model: torch.nn.Module) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
