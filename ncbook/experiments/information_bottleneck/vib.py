"""A variational information bottleneck (Alemi et al. 2017) on digits: all strengths and seeds as one stack."""

import torch
from torch import Tensor

from ncbook import data, metrics
from ncbook.experiments.information_bottleneck.arm import Arm, Result
from ncbook.experiments.information_bottleneck.config import Config

Layers = list[tuple[Tensor, Tensor]]


def vib(config: Config, device: str, arm: Arm) -> Result:
    """A row for each beta and seed at the end of training."""
    members = [(beta, seed) for beta in config.betas for seed in config.seeds[: config.vib_seeds]]
    sets = [data.digits(config.train_per_class, seed).to(device) for _, seed in members]
    inputs = torch.stack([own.train.inputs.flatten(1) for own in sets])
    labels = torch.stack([own.train.labels for own in sets])
    betas = torch.tensor([beta for beta, _ in members], device=device)
    layers = _start(config, [seed for _, seed in members], device)
    chance = torch.Generator(device).manual_seed(config.seeds[0])
    with torch.enable_grad():
        _train(config, layers, inputs, labels, betas, chance)
    with torch.no_grad():
        return [
            arm.row(seed, beta=beta, step=config.vib_steps, **_measure(layers, member, own))
            for member, ((beta, seed), own) in enumerate(zip(members, sets, strict=True))
        ], {}


def _start(config: Config, seeds: list[int], device: str) -> Layers:
    """Stacked weights [M, in, out] of standard deviation sqrt(2 / in), and biases [M, 1, out]: encoder, then decoder.

    A seed starts from the same weights at every beta. The encoder's last layer gives mean and log variance; it
    starts small, so that the code starts as its prior.
    """
    width, code = config.vib_width, config.code
    sizes = ((64, width, 2.0), (width, width, 2.0), (width, 2 * code, 0.1), (code, 10, 1.0))
    layers: Layers = []
    for level, (fan_in, fan_out, gain) in enumerate(sizes):
        own = [torch.randn(fan_in, fan_out, generator=torch.Generator().manual_seed(10 * seed + level))
               for seed in seeds]  # fmt: skip
        weight = (gain / fan_in) ** 0.5 * torch.stack(own)
        layers.append((weight.to(device), torch.zeros(len(seeds), 1, fan_out, device=device)))
    return layers


def encode(layers: Layers, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Means and log variances [M, N, d] of the codes of inputs [M, N, 64]."""
    for weight, bias in layers[:2]:
        inputs = torch.relu(inputs @ weight + bias)
    means, log_variances = (inputs @ layers[2][0] + layers[2][1]).chunk(2, dim=-1)
    return means, log_variances


def rates(means: Tensor, log_variances: Tensor) -> Tensor:
    """KL(N(m, s^2) || N(0, 1)), summed over the code's dimensions [..., d] -> [...], in nats."""
    return 0.5 * (means.square() + log_variances.exp() - 1 - log_variances).sum(-1)


def _train(
    config: Config, layers: Layers, inputs: Tensor, labels: Tensor, betas: Tensor, chance: torch.Generator
) -> None:
    """Adam on cross-entropy + beta * rate, full batches, one sample of the code a point and step."""
    parameters = [part.requires_grad_() for layer in layers for part in layer]
    optimizer = torch.optim.Adam(parameters, lr=config.vib_rate)
    for _ in range(config.vib_steps):
        means, log_variances = encode(layers, inputs)
        noise = torch.randn(means.shape, generator=chance, device=means.device)
        logits = (means + (0.5 * log_variances).exp() * noise) @ layers[3][0] + layers[3][1]
        losses = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
        per_member = losses.view(labels.shape).mean(1) + betas * rates(means, log_variances).mean(1)
        optimizer.zero_grad()
        per_member.sum().backward()  # members share no parameter: each gets its own gradient
        optimizer.step()


def _measure(layers: Layers, member: int, own: data.Dataset) -> dict[str, float]:
    """Decisions are taken from the mean of the code, without noise."""
    mine = [(weight[member : member + 1], bias[member : member + 1]) for weight, bias in layers]

    def error(split: data.Split) -> float:
        logits = (encode(mine, split.inputs.flatten(1)[None])[0] @ mine[3][0] + mine[3][1])[0]
        return float((logits.argmax(1) != split.labels).double().mean())

    means, log_variances = encode(mine, own.train.inputs.flatten(1)[None])
    return {
        "rate": float(rates(means, log_variances).mean()),
        "nc1_train": float(metrics.nc1(means[0], own.train.labels)),
        "variance_ratio_train": float(metrics.variance_ratio(means[0], own.train.labels)),
        "train_error": error(own.train),
        "test_error": error(own.test),
    }
