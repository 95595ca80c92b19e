"""What is measured on a language model: collapse by the next word, and by what may follow."""

import math

import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook import data, metrics, models
from ncbook.experiments._experiment import Arrays, Row
from ncbook.experiments.next_token.source import Source, Text

_DRAWN = 3  # words whose contexts are drawn
_FRAMES = 4  # random frames, whose mean spread is the baseline


def measure(model: models.Classifier, text: Text, last: bool) -> Row:
    """The columns of one probe; with `last` also those of a network at its end."""
    row: dict[str, float] = {}
    for side, split in (("train", text.seen), ("test", text.new)):
        features = model.features(split.inputs)
        row |= _of_outputs(model, side, split, features)
        row |= {f"{name}_{side}": value for name, value in _of_features(model, text.language, split, features).items()}
        if last and side == "test":
            kinds = text.language.kinds_of(split.inputs)
            row |= explained(features, split.labels, kinds) | spread(model, features, split.labels)
            row |= by_word(model, text)
    return row


def _of_outputs(model: models.Classifier, side: str, split: data.Split, features: Tensor) -> dict[str, float]:
    logits = model.head(features)
    return {
        f"{side}_loss": F.cross_entropy(logits.double(), split.labels).item(),
        f"{side}_error": (logits.argmax(1) != split.labels).double().mean().item(),
    }


def _of_features(model: models.Classifier, language: Source, split: data.Split, features: Tensor) -> dict[str, float]:
    found = metrics.collapse(features, split.labels, model.head.weight)
    return {
        "best_loss": language.entropies_of(split.inputs).mean().item(),
        "cdnv": found.cdnv,
        "cdnv_kind": metrics.cdnv(features, language.kinds_of(split.inputs)).item(),
        "nc1": found.nc1,
        "nc2_norms": found.nc2_norms,
        "nc3": found.nc3,
        "nc4": found.nc4,
    }


def explained(features: Tensor, labels: Tensor, kinds: Tensor) -> dict[str, float]:
    """The share of the variance within the words that lies between the kinds of contexts.

    Once for the kinds, and once for as many random ones: kinds [N] in a random order among the windows of each word.
    """
    chance = torch.Generator().manual_seed(0)
    by_word = torch.randperm(len(labels), generator=chance).to(labels.device)
    by_word = by_word[labels[by_word].argsort(stable=True)]
    shuffled = torch.empty_like(kinds)
    shuffled[labels.argsort(stable=True)] = kinds[by_word]
    return {
        "between_kinds": _between(features, labels, kinds),
        "between_shuffled": _between(features, labels, shuffled),
    }


def _between(features: Tensor, labels: Tensor, kinds: Tensor) -> float:
    """1 - the variance around the means of each word's kinds, over that around the means of the words."""
    both = (labels * (int(kinds.max()) + 1) + kinds).unique(return_inverse=True)[1]
    return 1 - (_around_means(features, both) / _around_means(features, labels)).item()


def _around_means(features: Tensor, groups: Tensor) -> Tensor:
    """The mean squared distance to the mean of a point's group, with n - 1 for each group: no group is too small."""
    number = int(groups.max()) + 1
    means = metrics.class_means(features, groups, number)
    total = (features.double() - means[groups]).square().sum()
    return total / (len(groups) - len(groups.unique()))


def spread(model: models.Classifier, features: Tensor, labels: Tensor) -> dict[str, float]:
    """Mean energy of the log kernel: of class means, of the rows of the head, and of as many random directions."""
    present = labels.unique(return_inverse=True)[1]
    means = metrics.class_means(features, present, int(present.max()) + 1)
    chance = torch.Generator().manual_seed(0)
    frames = torch.randn(_FRAMES, *means.shape, generator=chance, dtype=torch.float64)
    return {
        "energy_means": metrics.log_kernel_uniformity(means)[0].item(),
        "energy_head": metrics.log_kernel_uniformity(model.head.weight.double())[0].item(),
        "energy_random": sum(metrics.log_kernel_uniformity(frame)[0].item() for frame in frames) / _FRAMES,
    }


def by_word(model: models.Classifier, text: Text) -> dict[str, float]:
    """Why words differ in CDNV, from as many windows of each: by how frequent they are, or by what they follow.

    The mean CDNV of the words that are more frequent in the text than the median word and of the others; Spearman's
    correlations of CDNV with the frequency, and with the entropy of the kinds of contexts before the word.
    """
    values, words = cdnv_of_words(model, text)
    counts = text.train.labels.bincount(minlength=int(words.max()) + 1)[words].double()
    frequent = counts > counts.median()
    return {
        "cdnv_frequent": values[frequent].mean().item(),
        "cdnv_rare": values[~frequent].mean().item(),
        "frequency_correlation": _rank_correlation(counts, values),
        "kinds_correlation": _rank_correlation(entropies_of_kinds(text), values),
    }


def cdnv_of_words(model: models.Classifier, text: Text) -> tuple[Tensor, Tensor]:
    """Of each word that is measured its CDNV [K'], the mean over the other words, and the word [K']."""
    labels = text.each_word.labels
    pairs = metrics.cdnv_pairs(model.features(text.each_word.inputs), labels)
    return pairs.nanmean(1), labels.unique()


def entropies_of_kinds(text: Text) -> Tensor:
    """Of each word that is measured the entropy [K'] of the kinds of contexts before it, in nats."""
    labels = text.each_word.labels.unique(return_inverse=True)[1]
    kinds = text.language.kinds_of(text.each_word.inputs)
    table = torch.zeros(int(labels.max()) + 1, int(kinds.max()) + 1, dtype=torch.float64, device=kinds.device)
    table.index_put_((labels, kinds), torch.ones_like(labels, dtype=torch.float64), accumulate=True)
    return torch.special.entr(table / table.sum(1, keepdim=True)).sum(1)


@torch.no_grad()
def pictured(model: models.Classifier, text: Text) -> Arrays:
    """The arrays of a run: every measured word, and the contexts of the most frequent ones in a plane."""
    values, words = cdnv_of_words(model, text)
    labels = text.new.labels
    frequent = labels.bincount().argsort(descending=True, stable=True)[:_DRAWN]
    rows = torch.isin(labels, frequent)
    features = model.features(text.new.inputs[rows]).double()
    centered = features - features.mean(0)
    plane = centered @ torch.linalg.svd(centered, full_matrices=False)[2][:2].T
    found = {
        "word_cdnv": values,
        "word_frequency": text.train.labels.bincount(minlength=int(words.max()) + 1)[words] / len(text.train),
        "word_kinds": entropies_of_kinds(text),
        "plane": plane.float(),
        "plane_word": labels[rows],
        "plane_kind": text.language.kinds_of(text.new.inputs[rows]),
    }
    return {name: value.cpu().numpy() for name, value in found.items()}


def _rank_correlation(first: Tensor, second: Tensor) -> float:
    """Spearman's; nan where one of the two is the same throughout."""
    ranks = [pd.Series(each.cpu()).rank() for each in (first, second)]
    return float(ranks[0].corr(ranks[1])) if min(each.nunique() for each in ranks) > 1 else math.nan
