"""Networks whose images have sets of labels, and what is measured of their means."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook import metrics, trainers
from ncbook.experiments._experiment import Arrays, Row, Rows
from ncbook.experiments.targets.config import Config
from ncbook.experiments.targets.networks import Loss, Networks, descend
from ncbook.experiments.targets.points import Sets, sets
from ncbook.readings.targets import ALL, LABELS, PICK_ALL, PIXELS


def pick_all(outputs: Tensor, wanted: Tensor) -> Tensor:
    """[..., N] in nats: the cross-entropies of all labels of a point, added, for wanted [..., N, K] of 0 and 1."""
    return -(wanted * outputs.log_softmax(-1)).sum(-1)


def sigmoid(outputs: Tensor, wanted: Tensor) -> Tensor:
    """[..., N] in nats: the binary cross-entropies of all K labels, added."""
    return F.binary_cross_entropy_with_logits(outputs, wanted, reduction="none").sum(-1)


def train(config: Config, device: str, arm: tuple[str, str, float]) -> tuple[Rows, Arrays]:
    """The networks of all seeds with one loss and decay, with all pairs or some: a row a seed and probed step.

    arrays: of the first seed, with the pick-all-label loss and all pairs, `cosines`, at the largest decay.
    """
    dataset, name, decay = arm
    each = [sets(config, dataset, seed) for seed in config.seeds]
    inputs, test_inputs = (
        torch.stack([getattr(one, side) for one in each]).to(device) for side in ("inputs", "test_inputs")
    )
    wanted = torch.stack([one.members[one.sets] for one in each]).to(device, torch.float32)
    networks = Networks(config, inputs.shape[2:], config.labels, config.seeds, device)

    def probe(networks: Networks, step: int) -> Rows:
        sides = networks(inputs), networks(test_inputs)
        about = {
            "part": LABELS,
            "dataset": dataset,
            "arm": name,
            "weight_decay": decay,
            "regularization": 0.0,
            "step": step,
        }
        return [
            {**about, "seed": seed, **measure(one, *(part[at] for side in sides for part in side))}
            for at, (seed, one) in enumerate(zip(config.seeds, each, strict=True))
        ]

    probed = trainers.log_spaced(config.label_steps, config.probes)
    rows = descend(networks, inputs, loss_of(name, wanted), recipe_of(config, decay), probe, probed)
    if (dataset, name, decay) != (ALL, PICK_ALL, config.judged_decay):
        return rows, {}
    with torch.no_grad():
        features = networks(inputs)[0][0].cpu()
    sides = inputs[0].flatten(1).cpu(), features
    return rows, {"cosines": torch.stack([cosines(side, each[0]) for side in sides]).float().numpy()}


def pixels(config: Config, seed: int) -> Row:
    """The measures of the means of one seed, of the images themselves."""
    each = sets(config, ALL, seed)
    about = {
        "part": PIXELS,
        "dataset": ALL,
        "arm": PIXELS,
        "weight_decay": 0.0,
        "regularization": 0.0,
        "seed": seed,
        "step": 0,
    }
    sides = {"train": (each.inputs, each.sets), "test": (each.test_inputs, each.test_sets)}
    return about | {
        name: value
        for side, (inputs, which) in sides.items()
        for name, value in of_means(side, inputs.flatten(1), which, each).items()
    }


def cosines(features: Tensor, each: Sets) -> Tensor:
    """[K + P, K]: between the means of all sets and of single labels; singles, and pairs, around their own mean."""
    means = metrics.class_means(features.double(), each.sets, len(each.members))
    count = each.members.shape[1]
    centered = torch.cat([own - own.mean(0) for own in (means[:count], means[count:])])
    unit = F.normalize(centered, dim=1)
    return unit @ unit[:count].T


def loss_of(name: str, wanted: Tensor) -> Loss:
    """The mean over the points of the loss of each network, for wanted [S, N, K]."""
    of_points = pick_all if name == PICK_ALL else sigmoid
    return lambda outputs: of_points(outputs, wanted).mean(-1)


def recipe_of(config: Config, decay: float) -> trainers.Recipe:
    """Half a cosine after a constant rate for half of the steps."""
    return trainers.Recipe(
        steps=config.label_steps, learning_rate=config.label_rate, momentum=config.momentum, weight_decay=decay,
        schedule=trainers.Cosine(config.label_steps, start=config.label_steps // 2),
    )  # fmt: skip


def measure(each: Sets, features: Tensor, outputs: Tensor, test_features: Tensor, test_outputs: Tensor) -> Row:
    """The columns of one network, from its features and outputs on the training and the test images."""
    wrong, test_wrong = wrongly(outputs, each.members[each.sets]), wrongly(test_outputs, each.members[each.test_sets])
    paired, test_paired = (each.members[side].sum(1) == 2 for side in (each.sets, each.test_sets))
    unseen = ~each.seen[each.test_sets]
    return {
        "train_error": _share(wrong),
        "test_error": _share(test_wrong),
        "pair_error_train": _share(wrong[paired]),
        "pair_error_test": _share(test_wrong[test_paired & ~unseen]),
        "unseen_error_test": _share(test_wrong[unseen]) if bool(unseen.any()) else float("nan"),
        **of_means("train", features, each.sets, each),
        **of_means("test", test_features, each.test_sets, each),
        "unseen_off_test": unseen_off(test_features.double(), each) if bool(unseen.any()) else float("nan"),
    }


def of_means(side: str, features: Tensor, which: Tensor, each: Sets) -> Row:
    """How near single means are to a simplex, and how near those of the pairs that are seen are to their averages."""
    count = each.members.shape[1]
    renumbered = torch.full((len(each.members),), -1).masked_scatter(each.seen, torch.arange(int(each.seen.sum())))
    kept = each.seen[which]
    labels = renumbered[which[kept]]
    own = features[kept].double()
    means = metrics.class_means(own, labels, int(each.seen.sum()))
    alone = metrics.collapse(own[labels < count], labels[labels < count])
    averages = metrics.label_averages(means[:count], means[count:], each.members[each.seen][count:])
    return {
        f"variance_ratio_{side}": float(metrics.variance_ratio(own, labels)),
        f"nc2_norms_{side}": alone.nc2_norms, f"nc2_angles_{side}": alone.nc2_angles,
        f"average_residual_{side}": averages.residual, f"average_scale_{side}": averages.scale,
    }  # fmt: skip


def unseen_off(features: Tensor, each: Sets) -> float:
    """How far the means of unseen pairs, of test features [N, d], are from where those of the others would put them.

    A scaled average of single means and a shift are fitted to the pairs that are seen. The squared distances from what
    these say of the unseen pairs, over those from the mean of the seen pairs: 1 where averages tell nothing.
    """
    means = metrics.class_means(features, each.test_sets, len(each.members))
    count, pairs = each.members.shape[1], each.members.sum(1) == 2
    averages = each.members.double() @ means[:count] / 2
    seen, unseen = pairs & each.seen, pairs & ~each.seen
    scale = metrics.label_averages(means[:count], means[seen], each.members[seen]).scale
    off = means[unseen] - means[seen].mean(0)
    left = off - scale * (averages[unseen] - averages[seen].mean(0))
    return (left.square().sum() / off.square().sum()).item()


def wrongly(outputs: Tensor, wanted: Tensor) -> Tensor:
    """[N]: whether the largest outputs [N, K], as many as a point has labels, are not those of its labels [N, K]."""
    places = outputs.argsort(1, descending=True).argsort(1)  # 0 for the largest
    return ((places < wanted.sum(1, keepdim=True)) != wanted).any(1)


def _share(true: Tensor) -> float:
    return true.double().mean().item()
