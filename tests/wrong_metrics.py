"""A valid call of each public function of metrics, and what is wrong for each of its arguments."""

import dataclasses
from types import SimpleNamespace

import torch
import wrong
from wrong import Call, Table, Wrong, also, but, count, integers, known_labels, number

from ncbook import metrics

N, D, K, P = 12, 4, 3, 5  # points, dimensions, classes, modulus: all different, so that what has to agree shows


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


Y = torch.arange(N) % K
H = normal(N, D) + 9 * torch.eye(K, D)[Y]
W, B, M = normal(K, D, seed=1), normal(K, seed=2), normal(K, D, seed=3)
LOGITS, PAIRS = normal(P * P, P), torch.arange(P * P) % 2 == 0
POINTS = {"features": H, "labels": Y}
HEAD = {"features": H, "weight": W, "bias": B}
DECAYS = {"num_classes": K, "dim": D, "per_class": 2, "weight_decay": 0.01, "feature_decay": 0.01}
CLASSIFIER = metrics.NearestSubspace.fit(H, Y, n_components=1)


def started():
    """A meter in its second pass."""
    meter = metrics.CollapseMeter(K, D)
    meter.update(H, Y)
    meter.start_second_pass()
    return meter


def finished():
    meter = started()
    meter.update(H, Y, LOGITS[:N, :K])
    return meter


def seen_once():
    meter = metrics.OnePassMeter(K, D)
    meter.update(H, Y)
    return meter


MODEL = SimpleNamespace(layers=lambda inputs: {"only": inputs}, head=lambda inputs: inputs @ W.T)
MODEL.head.weight = W

NETWORK = torch.nn.Linear(D, K)
BATCHES = [(H, Y)]

# by name of argument; `Call.kinds` says where a function has something else by that name
KINDS = {
    "features": wrong.matrix,
    "labels": wrong.several_labels,
    "num_classes": count(2),
    "weight": wrong.matrix,
    "bias": wrong.floats,
    "class_means": wrong.matrix,
    "dim": count(1),
    "device": wrong.device,
    "divide_by_classes": wrong.flag,
    "normalization": wrong.choice,
    "eps_sq": number(0.0, -1.0),
    "sigma_sq": number(0.0, -1.0),
    "bin_size": number(0.0, -1.0),
    "size": number(0.0, -1.0),
    "temperature": number(0.0, -1.0),
    "norm": number(0.0, -1.0),
    "feature_norm": number(0.0, -1.0),
    "weight_norm": number(0.0, -1.0),
    "weight_decay": number(0.0, -1.0),
    "feature_decay": number(0.0, -1.0),
    "decay": number(-1.0),
    "alignment": but(number(0.0, -1.0), "a list", "a tensor of two"),
    "flatness": but(number(-1.0), "a list", "a tensor of two"),
    "c1": number(-1.0),
    "c2": number(-1.0),
    "failure_probability": number(0.0, 1.0, -0.5, 1.5),
    "share": number(0.0, 1.0, -0.5, 1.5),
    "shots": count(1),
    "bins": count(1),
    "shrinkage": number(0.0, -1.0),
    "repeats": count(1),
    "frames": count(1),
    "probes": count(2),
    "per_class": count(1),
    "largest": count(1),
    "vectors": also(wrong.matrix, Wrong("of one row", M[:1], "[1, 4]")),
    "gram": also(wrong.matrix, Wrong("no square", M, "[3, 4]")),
    "num_points": count(1),
    "reference": but(wrong.matrix, "None"),
    "targets": wrong.matrix,
    "singles": also(wrong.matrix, Wrong("of one row", M[:1], "[1, 4]")),
    "sets": also(wrong.matrix, Wrong("of one row", M[:1], "[1, 4]")),
    "members": also(
        wrong.tensor,
        Wrong("of numbers", torch.ones(2, K), "float32"),
        Wrong("too few", torch.ones(1, K) > 0, "[1, 3]"),
        Wrong("without a label", torch.tensor([[True, False, False], [False, False, False]]), "[1, 0]"),
    ),
    "n_components": also(count(1), Wrong("above d", D + 1, str(D + 1))),
    "seed": also(count(0), Wrong("beyond 64 bits", 2**64, str(2**64))),
    "p": count(2),
    "matrix": wrong.matrix,
    "values": wrong.floats,
    "scores": wrong.matrix,
    "frame": also(wrong.matrix, Wrong("of one row", M[:1], "[1, 4]")),
    "population": wrong.matrix,
    "generator": wrong.anything_else,
    "sizes": integers([2, 4, 4], [0, 1, 2], [-1, 1, 2]),
    "class_counts": also(
        but(integers([5.0, 0.0, 3.0], [-1.0, 2.0]), "[1.5, 2.5, 3.5]", "5", "2.0"),  # counts may be shares
        Wrong("a number", 5, "[]"),
        Wrong("a matrix", torch.ones(2, 2), "[2, 2]"),
    ),
    "logits": wrong.matrix,
    "frequencies": integers([0], [1, 1], [P]),
    "other": wrong.anything_else,
    "loss": wrong.function(None, 1.0, torch.ones(2), torch.ones((), dtype=torch.complex64), torch.tensor(torch.nan)),
    "product": wrong.function(None, 1.0, torch.ones(2)),
    "model": wrong.anything_else,
    "layers": also(but(wrong.things, "None"), Wrong("unknown", ["blocks"], "blocks"), Wrong("numbers", [1], "1")),
    "head": also(but(wrong.things, "None"), Wrong("unknown", "classifier", "classifier")),
    "pooling": wrong.choice,
    "unpack": also(but(wrong.anything_else, "None"), Wrong("returns one", lambda batch: batch[0], "tensor")),
    "precision": wrong.choice,
    "limit": count(1),
    "memory_gb": number(0.0, -1.0),
    "group": but(wrong.anything_else, "None"),
    "state": also(wrong.anything_else, Wrong("empty", {}, "has no")),
    "batches": also(
        wrong.anything_else,
        Wrong("a generator", ((H, Y) for _ in range(2)), "generator"),
        Wrong("inputs alone", [H], "tensor"),
        Wrong("dicts without labels", [{"inputs": H}], "inputs"),
        Wrong("none", [], "none"),
    ),
}
FITTING = {"labels": known_labels(wrong.several_labels)}  # other arguments tell K, and two classes have to occur
ANY = {"labels": known_labels(wrong.labels)}  # one class is enough
SURE = {**ANY, "logits": also(wrong.matrix, Wrong("of one class", H[:, :1], "[12, 1]"))}
WIDE = {"weight": also(wrong.matrix, Wrong("of one class", W[:1], "[1, 4]"))}
DECIDING = {"logits": but(wrong.matrix, "with inf", "with -inf")}  # a network may be that sure
MASKS = {
    name: also(
        wrong.tensor,
        Wrong("integers", PAIRS.long(), "torch.int64"),
        Wrong("of none", PAIRS & False, "with 0"),
        Wrong("too short", PAIRS[1:], f"[{P * P - 1}]"),
    )
    for name in ("pairs", "averaged")
}
TABLES = {"logits": also(wrong.matrix, Wrong("24 rows", LOGITS[1:], "[24, 5]"), Wrong("one", LOGITS[:1, :1], "[1, 1]"))}
EMBEDDING = {"matrix": also(wrong.matrix, Wrong("of one number", M[:1], "[1, 4]"))}


def call(function, kinds=None, **arguments):
    return Call(function, arguments, kinds or {})


def fourier(function, **more):
    return call(function, {**MASKS, **TABLES}, logits=LOGITS, frequencies=[1], pairs=PAIRS, **more)


CALLS = {
    "CollapseMeter": call(metrics.CollapseMeter, num_classes=K, dim=D),
    "CollapseMeter.update": call(
        started().update,
        # what a second pass reads is compared with the first when all is computed
        {
            "features": but(wrong.matrix, "with nan", "with inf", "with -inf"),
            "labels": known_labels(wrong.labels),
            **DECIDING,
        },
        **POINTS,
        logits=LOGITS[:N, :K],
    ),
    "CollapseMeter.merge": call(
        started().merge,
        {"other": also(wrong.anything_else, Wrong("another size", metrics.CollapseMeter(2, 2), "2"))},
        other=started(),
    ),
    "CollapseMeter.compute": call(finished().compute, WIDE, weight=W),
    "CollapseMeter.load_state_dict": call(metrics.CollapseMeter(K, D).load_state_dict, state=finished().state_dict()),
    "CollapseMeter.sync": call(finished().sync, group=None),
    "CollapseMeter.to": call(finished().to, device="cpu"),
    "NearestSubspace.fit": call(metrics.NearestSubspace.fit, **POINTS, n_components=1),
    "NearestSubspace.predict": call(
        CLASSIFIER.predict, {"features": also(wrong.matrix, Wrong("another d", H[:, 1:], "[12, 3]"))}, features=H
    ),
    "OnePassMeter": call(metrics.OnePassMeter, num_classes=K, dim=D, device="cpu"),
    "OnePassMeter.update": call(seen_once().update, ANY, **POINTS),
    "OnePassMeter.merge": call(
        seen_once().merge,
        {"other": also(wrong.anything_else, Wrong("another size", metrics.OnePassMeter(2, 2), "2"))},
        other=seen_once(),
    ),
    "OnePassMeter.compute": call(seen_once().compute, WIDE, weight=W),
    "OnePassMeter.load_state_dict": call(metrics.OnePassMeter(K, D).load_state_dict, state=seen_once().state_dict()),
    "OnePassMeter.sync": call(seen_once().sync, group=None),
    "OnePassMeter.to": call(seen_once().to, device="cpu"),
    "alignment": call(metrics.alignment, {"labels": wrong.labels}, **POINTS),
    "cdnv": call(metrics.cdnv, FITTING, **POINTS, num_classes=K, normalization="sum"),
    "cdnv_pairs": call(metrics.cdnv_pairs, FITTING, **POINTS, num_classes=K),
    "class_coding_rate": call(metrics.class_coding_rate, **POINTS, eps_sq=0.5),
    "class_means": call(metrics.class_means, ANY, **POINTS, num_classes=K),
    "coding_rate": call(metrics.coding_rate, features=H, eps_sq=0.5),
    "collapse": call(
        metrics.collapse, {**FITTING, **DECIDING}, **POINTS, weight=W, bias=B, num_classes=K, logits=LOGITS[:N, :K]
    ),
    "collapsed_flatness": call(metrics.collapsed_flatness, num_classes=K, norm=1.0, alignment=4.0),
    "concentration": call(
        metrics.concentration, population=H, sizes=[2, 4, 8], generator=torch.Generator().manual_seed(0), repeats=2
    ),
    "cosine_margins": call(metrics.cosine_margins, {**FITTING, **WIDE}, **POINTS, weight=W),
    "curvature_trace": call(
        metrics.curvature_trace,
        {"weight": wrong.floats_of_any_shape},
        product=lambda v: 2 * v,
        weight=W,
        probes=2,
        seed=0,
    ),
    "directional_ncc_error_bound": call(metrics.directional_ncc_error_bound, FITTING, **POINTS, num_classes=K),
    "effective_rank": call(metrics.effective_rank, matrix=H),
    "error_exponent": call(metrics.error_exponent, WIDE, class_means=M, weight=W, bias=B),
    "neco": call(metrics.neco, {"train_features": wrong.matrix}, features=H, train_features=H[:7], n_components=K - 1),
    "mahalanobis": call(
        metrics.mahalanobis,
        {"train_features": wrong.matrix, "train_labels": wrong.several_labels},
        features=H,
        train_features=H[:7],
        train_labels=Y[:7],
        shrinkage=0.1,
    ),
    "calibration_error": call(metrics.calibration_error, SURE, logits=H[:, :K], labels=Y, bins=3),
    "best_temperature": call(metrics.best_temperature, SURE, logits=H[:, :K], labels=Y),
    "feature_reach": call(
        metrics.feature_reach,
        {"labels": wrong.marks, "train_labels": wrong.marks, "train_features": wrong.matrix},
        **POINTS,
        train_features=H[:7],
        train_labels=Y[:7],
    ),
    "feature_robustness": call(
        metrics.feature_robustness,
        {**ANY, **WIDE, "loss": wrong.function(None, 1.0, torch.ones(()), torch.ones(2))},
        **POINTS,
        weight=W,
        bias=B,
        size=0.1,
        frames=1,
        seed=0,
        loss=lambda logits, labels: logits.sum(1),
    ),
    "fourier_basis": call(metrics.fourier_basis, p=P, device="cpu"),
    "fourier_excluded_loss": fourier(metrics.fourier_excluded_loss),
    "fourier_gini": call(metrics.fourier_gini, EMBEDDING, matrix=M),
    "fourier_ipr": call(metrics.fourier_ipr, {"weights": wrong.matrix}, weights=W),
    "fourier_key_frequencies": call(metrics.fourier_key_frequencies, EMBEDDING, matrix=M, share=0.9),
    "fourier_neuron_frequencies": call(
        metrics.fourier_neuron_frequencies,
        {"activations": also(wrong.matrix, Wrong("24 rows", LOGITS[1:], "24"), Wrong("one", LOGITS[:1], "got 1"))},
        activations=LOGITS,
    ),
    "fourier_restricted_accuracy": fourier(metrics.fourier_restricted_accuracy, averaged=PAIRS),
    "fourier_restricted_loss": fourier(metrics.fourier_restricted_loss, averaged=PAIRS),
    "fourier_spectrum": call(metrics.fourier_spectrum, EMBEDDING, matrix=M),
    "gram_distance": call(metrics.gram_distance, vectors=M, gram=torch.eye(K)),
    "hessian_product": call(
        metrics.hessian_product, {"weight": wrong.floats_of_any_shape}, loss=lambda w: w.square().sum(), weight=W
    ),
    "label_averages": call(
        metrics.label_averages,
        singles=M,
        sets=M[:2] + M[1:],
        members=torch.tensor([[True, True, False], [False, True, True]]),
    ),
    "layer_relative_flatness": call(
        metrics.layer_relative_flatness, product=lambda v: 2 * v, weight=W, probes=2, seed=0
    ),
    "layerwise": call(metrics.layerwise, model=MODEL, batches=[(H, Y)], num_classes=K),
    "log_kernel_uniformity": call(
        metrics.log_kernel_uniformity,
        {"class_means": also(wrong.matrix, Wrong("of one class", M[:1], "[1, 4]"))},
        class_means=M,
    ),
    "margin_curve": call(metrics.margin_curve, values=B),
    "margins": call(
        metrics.margins,
        SURE,
        logits=LOGITS[:N, :K],
        labels=Y,
    ),
    "max_margin_classifier": call(metrics.max_margin_classifier, **POINTS),
    "measure": call(
        metrics.measure,
        {"batches": but(KINDS["batches"], "a dict")},  # which names splits
        model=NETWORK,
        batches=BATCHES,
        layers=None,
        head="auto",
        num_classes=K,
        pooling="mean",
        unpack=None,
        device="cpu",
        precision="bfloat16",
        limit=N,
        memory_gb=2.0,
    ),
    "minority_collapse_ratio": call(
        metrics.minority_collapse_ratio,
        {"num_classes": count(3), "minority": also(count(2), Wrong("all classes", 4, "4"))},
        num_classes=4,
        minority=2,
        largest=10,
        weight_decay=0.01,
        feature_decay=0.01,
    ),
    "minority_collapse_size": call(metrics.minority_collapse_size, num_points=N, weight_decay=0.01, feature_decay=0.01),
    "mutual_information_binned": call(metrics.mutual_information_binned, **POINTS, bin_size=1.0),
    "mutual_information_gaussian": call(
        metrics.mutual_information_gaussian,
        {"x": wrong.matrix, "y": wrong.matrix},
        x=normal(N, 1),
        y=normal(N, 2, seed=1),
    ),
    "mutual_information_infonce": call(
        metrics.mutual_information_infonce,
        {"scores": also(wrong.matrix, Wrong("no square", M, "[3, 4]"))},
        scores=M[:, :K],
    ),
    "mutual_information_kde": call(metrics.mutual_information_kde, **POINTS, sigma_sq=0.1),
    "nc1": call(metrics.nc1, FITTING, **POINTS, num_classes=K, divide_by_classes=False),
    "nc5": call(
        metrics.nc5, {**FITTING, "ood_features": wrong.matrix}, **POINTS, ood_features=normal(7, D), num_classes=K
    ),
    "ncc_error_bound": call(metrics.ncc_error_bound, FITTING, **POINTS, shots=2, num_classes=K),
    "nearest_class_center_error": call(metrics.nearest_class_center_error, ANY, **POINTS, class_means=M),
    "nearest_mean_mismatch": call(metrics.nearest_mean_mismatch, **HEAD, class_means=M),
    "normalize_features": call(metrics.normalize_features, features=H, weight=W),
    "normalized_margins": call(metrics.normalized_margins, {**ANY, **WIDE}, **POINTS, weight=W, bias=B),
    "one_vs_rest_margin": call(metrics.one_vs_rest_margin, frame=M),
    "orthogonal_frame": call(
        metrics.orthogonal_frame, {"dim": also(count(1), Wrong("below K", 2, "2"))}, num_classes=K, dim=D
    ),
    "outside_components": call(metrics.outside_components, features=H, n_components=2, reference=H[:7]),
    "outside_rows": call(metrics.outside_rows, features=H, weight=W, reference=H[:7]),
    "rate_reduction": call(metrics.rate_reduction, **POINTS, eps_sq=0.5),
    "relative_flatness": call(metrics.relative_flatness, WIDE, **HEAD, temperature=1.0),
    "relative_flatness_bound": call(metrics.relative_flatness_bound, WIDE, **HEAD, temperature=1.0),
    "relative_flatness_bound_per_sample": call(
        metrics.relative_flatness_bound_per_sample, WIDE, **HEAD, temperature=1.0
    ),
    "relative_flatness_generalization_bound": call(
        metrics.relative_flatness_generalization_bound,
        flatness=1.0,
        num_points=10,
        dim=2,
        failure_probability=0.1,
        c1=0.0,
        c2=1.0,
    ),
    "relative_flatness_mse": call(metrics.relative_flatness_mse, features=H, weight=W),
    "relative_flatness_per_sample": call(metrics.relative_flatness_per_sample, WIDE, **HEAD, temperature=1.0),
    "rnc1": call(metrics.rnc1, FITTING, **POINTS, num_classes=K),
    "seli": call(metrics.seli, class_counts=[3.0, 2.0]),
    "simplex_coordinates": call(
        metrics.simplex_coordinates,
        {"means": wrong.matrix, "points": wrong.each(but(wrong.matrix, "empty"))},
        means=M,
        points=(W, H),
    ),
    "simplex_etf": call(
        metrics.simplex_etf, {"dim": also(count(1), Wrong("below K - 1", 1, "1"))}, num_classes=K, dim=D, device="cpu"
    ),
    "simplex_margins": call(metrics.simplex_margins, num_classes=K, feature_norm=1.0, weight_norm=1.0),
    "simplex_on_axes": call(
        metrics.simplex_on_axes, {"dim": also(count(1), Wrong("below K", 2, "2"))}, num_classes=K, dim=D
    ),
    "softmax_code": call(metrics.softmax_code, num_classes=K, dim=D, seed=0),
    "square_loss_decomposition": call(
        metrics.square_loss_decomposition, {**FITTING, **WIDE}, **POINTS, weight=W, bias=B, decay=0.1
    ),
    "stable_rank": call(metrics.stable_rank, matrix=H),
    "test_collapse_bound": call(
        metrics.test_collapse_bound,
        dict.fromkeys(("train_i", "train_j", "population_i", "population_j"), wrong.matrix),
        train_i=H[:3],
        train_j=H[:5],
        population_i=H[:6],
        population_j=H[:7],
    ),
    "unconstrained_cross_entropy": call(metrics.unconstrained_cross_entropy, **DECAYS),
    "unconstrained_max_margin": call(metrics.unconstrained_max_margin, num_classes=K, dim=D, per_class=2),
    "unconstrained_regression": call(
        metrics.unconstrained_regression, targets=H[:, :2], dim=D, weight_decay=0.01, feature_decay=0.01
    ),
    "unconstrained_square_loss": call(metrics.unconstrained_square_loss, {"bias": wrong.flag}, **DECAYS, bias=True),
    "uniformity": call(metrics.uniformity, features=H),
    "variance_ratio": call(metrics.variance_ratio, FITTING, **POINTS, num_classes=K),
    "vci": call(metrics.vci, FITTING, **POINTS, num_classes=K),
}

# Results, which the functions make and nobody else.
EXEMPT = frozenset(name for name in metrics.__all__ if dataclasses.is_dataclass(getattr(metrics, name)))

METRICS = Table(metrics, {name: [call] for name, call in CALLS.items()}, KINDS, EXEMPT)
