"""Images that are made to fool a network: projected gradient ascent (Madry et al. 2018) on the margin."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ncbook._checks import require, require_flag, require_integer, require_positive
from ncbook.data import Split
from ncbook.models import Classifier
from ncbook.trainers._fits import fitting, require_fit


@dataclass(frozen=True)
class Attack:
    """Moves each input by at most `radius` an entry, so that the network decides otherwise, or `toward` given labels.

    `steps` steps along the sign of the gradient of the best other logit minus that of the label, each of
    2.5 radius / steps, cut back to the cube of half-width `radius` around the input; it starts at the input. A
    difference of logits has no factor that vanishes, so a confident network hides nothing. With toward=True the labels
    are where to go: the logit of the label minus the best other one rises. Inputs are not kept in the range of images.
    The network is in evaluation mode meanwhile, and gets no gradients.

    Raises ValueError, naming the field, for radius <= 0 or steps < 1, and for points that the network does not take.

    >>> with models.seeded(0):
    ...     target = models.mlp(digits.input_shape, digits.num_classes, width=32)
    >>> attacked = trainers.Attack(radius=0.5, steps=5)(target, digits.train)
    >>> round((attacked.inputs - digits.train.inputs).abs().max().item(), 4)
    0.5
    """

    radius: float
    steps: int = 10
    toward: bool = False

    def __post_init__(self) -> None:
        require_positive("radius", self.radius)
        require_integer("steps", self.steps, 1)
        require_flag("toward", self.toward)

    def __call__(self, model: Classifier, train: Split) -> Split:
        """The same points with their inputs moved; `train` may be any points, on the device of the network."""
        require_fit(model, train)
        require("train.inputs", train.inputs, train.inputs.is_floating_point(), "floating-point inputs")
        training, stride = model.training, 2.5 * self.radius / self.steps
        model.eval()
        moved = torch.zeros_like(train.inputs)
        with fitting(train.inputs):
            for _ in range(self.steps):
                ascent = self._gradient(model, train.inputs + moved, train.labels).sign()
                moved = (moved + stride * ascent).clamp(-self.radius, self.radius)
        model.train(training)
        return Split(train.inputs + moved, train.labels)

    def _gradient(self, model: Classifier, inputs: Tensor, labels: Tensor) -> Tensor:
        with torch.enable_grad():
            inputs = inputs.detach().requires_grad_()
            logits = model(inputs)
            own = logits.gather(1, labels[:, None]).squeeze(1)
            others = logits.scatter(1, labels[:, None], -torch.inf).amax(1)
            rise = (own - others if self.toward else others - own).sum()
        return torch.autograd.grad(rise, inputs)[0]
