"""The contract that every network of the book keeps."""

from torch import Tensor, nn


class Classifier(nn.Module):
    """A backbone of named blocks, applied in order, and a linear head.

    `features(x)` [N, d] is the output of the last block, which the head maps to logits [N, K];
    `layers(x)` gives the output of every block by name. So `head(features(x))` is the network.

    >>> torch.equal(network.head(network.features(images)), network(images))
    True
    >>> list(network.layers(images))
    ['hidden1', 'hidden2', 'hidden3']
    """

    def __init__(self, blocks: dict[str, nn.Module], feature_dim: int, num_classes: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleDict(blocks)
        self.head = nn.Linear(feature_dim, num_classes)

    def features(self, inputs: Tensor) -> Tensor:
        """[N, ...] -> last-layer features [N, d]."""
        for block in self.blocks.values():
            inputs = block(inputs)
        return inputs

    def layers(self, inputs: Tensor) -> dict[str, Tensor]:
        """[N, ...] -> the output of every block, each flattened to [N, d_l], from first to last."""
        outputs = {}
        for name, block in self.blocks.items():
            inputs = block(inputs)
            outputs[name] = inputs.flatten(1)
        return outputs

    def forward(self, inputs: Tensor) -> Tensor:
        return self.head(self.features(inputs))
