"""metrics.layerwise of a ten-layer network beside the forward passes that it needs."""

import torch

from ncbook import metrics

GROUP = "layerwise, 10 layers of width 512, N = 20,000, K = 10"


class TenLayers(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = torch.nn.ModuleList(torch.nn.Linear(512, 512) for _ in range(10))
        self.head = torch.nn.Linear(512, 10)

    def layers(self, inputs):
        outputs = {}
        for level, layer in enumerate(self.hidden):
            inputs = outputs[str(level)] = torch.relu(layer(inputs))
        return outputs


def _network_and_batches():
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(20_000, 512, generator=generator)
    labels = torch.randint(10, (20_000,), generator=generator)
    return TenLayers(), list(zip(inputs.split(1000), labels.split(1000), strict=True))


def bench_ours(clock):
    model, batches = _network_and_batches()
    goal = "ours at most 3.5 forward passes: two, and 1.5 of measuring"
    clock(lambda: metrics.layerwise(model, batches, 10), GROUP, "ours", goal)


def bench_forward_pass(clock):
    model, batches = _network_and_batches()

    @torch.no_grad()
    def forward():
        for inputs, _ in batches:
            model.head(model.layers(inputs)["9"])

    clock(forward, GROUP, "one forward pass")
