"""The package neural-collapse of R. Wu (github.com/rhubarbwu/neural-collapse), by the calls that its README shows.

It need not be installed: where it is not, the results say so.
"""

from importlib.util import find_spec

from torch import Tensor

INSTALLED = find_spec("neural_collapse") is not None
_BATCH = 512


def collapse(features: Tensor, labels: Tensor, weight: Tensor) -> dict[str, float]:
    """NC1, NC2, NC3, NC4 and CDNV in three passes, all in float32; the network has no bias."""
    from neural_collapse import accumulate, measure

    sizes = {"n_classes": len(weight), "d_vectors": features.shape[1]}
    batches = list(zip(features.split(_BATCH), labels.split(_BATCH), strict=True))
    means = accumulate.MeanAccumulator(**sizes)
    for batch in batches:
        means.accumulate(*batch)
    centers, center = means.compute()
    spread, covariance = accumulate.VarNormAccumulator(**sizes), accumulate.CovarAccumulator(**sizes)
    for batch in batches:
        spread.accumulate(*batch, centers)
        covariance.accumulate(*batch, centers)
    decisions = accumulate.DecAccumulator(**sizes)
    for batch in batches:
        decisions.accumulate(*batch, centers, weight)
    within = covariance.compute()
    return {
        "nc1": measure.variability_pinv(within, centers, center, svd=True),
        "variance_ratio": measure.variability_ratio(within, centers, center),
        "cdnv": measure.variability_cdnv(spread.compute()[0], centers, 1),
        "nc2": measure.simplex_etf_error(centers, center),
        "nc3_etf": measure.self_duality_error(weight, centers, center),
        "agreement": measure.clf_ncc_agreement(decisions.ns_samples, decisions.totals),
    }
