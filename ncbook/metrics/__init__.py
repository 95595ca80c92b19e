"""Metrics of neural collapse: pure functions of tensors.

Shapes use the names of the book's notation page: N points, d feature dimensions, K classes. A wrong argument raises
ValueError, or TypeError where it is no tensor, number or function at all. Either names the argument, shows what was
given, and says what is expected.

>>> import torch
>>> from ncbook import metrics
>>> means = 2 * metrics.simplex_etf(3, 2)  # [3, 2]: three classes in the plane
>>> spread = 0.1 * torch.tensor([[1, 0], [-1, 0], [0, 1], [0, -1]])
>>> features = (means[:, None] + spread).flatten(0, 1)  # [12, 2]: four points of each class
>>> labels = torch.arange(3).repeat_interleave(4)  # [12]
>>> weight = metrics.simplex_etf(3, 2)  # [3, 2]
>>> round(metrics.collapse(features, labels, weight).nc1, 4)
0.0017
"""

from ncbook.metrics._measured import Measured, MeasuredLayer
from ncbook.metrics._validate import NotFinite
from ncbook.metrics.bounds import CollapseBound, directional_ncc_error_bound, ncc_error_bound, test_collapse_bound
from ncbook.metrics.calibration import best_temperature, calibration_error
from ncbook.metrics.cdnv import cdnv, cdnv_pairs
from ncbook.metrics.coding_rate import NearestSubspace, class_coding_rate, coding_rate, rate_reduction
from ncbook.metrics.collapse import Collapse, collapse, nc1, nearest_mean_mismatch
from ncbook.metrics.concentration import Concentration, concentration
from ncbook.metrics.curvature import (
    TraceEstimate,
    curvature_trace,
    hessian_product,
    layer_relative_flatness,
)
from ncbook.metrics.detection import mahalanobis, neco
from ncbook.metrics.flatness import (
    CollapsedFlatness,
    NormalizedFeatures,
    collapsed_flatness,
    normalize_features,
    relative_flatness,
    relative_flatness_bound,
    relative_flatness_bound_per_sample,
    relative_flatness_generalization_bound,
    relative_flatness_mse,
    relative_flatness_per_sample,
)
from ncbook.metrics.fourier import (
    fourier_basis,
    fourier_excluded_loss,
    fourier_gini,
    fourier_ipr,
    fourier_key_frequencies,
    fourier_neuron_frequencies,
    fourier_restricted_accuracy,
    fourier_restricted_loss,
    fourier_spectrum,
)
from ncbook.metrics.frames import Seli, SoftmaxCode, one_vs_rest_margin, orthogonal_frame, seli, softmax_code
from ncbook.metrics.geometry import class_means, simplex_coordinates, simplex_etf, simplex_on_axes
from ncbook.metrics.imbalance import gram_distance, minority_collapse_ratio, minority_collapse_size
from ncbook.metrics.information import (
    BinnedInformation,
    KernelInformation,
    mutual_information_binned,
    mutual_information_gaussian,
    mutual_information_infonce,
    mutual_information_kde,
)
from ncbook.metrics.layerwise import layerwise
from ncbook.metrics.margins import (
    MarginCurve,
    SimplexMargins,
    cosine_margins,
    error_exponent,
    margin_curve,
    margins,
    normalized_margins,
    simplex_margins,
)
from ncbook.metrics.max_margin import MaxMargin, max_margin_classifier
from ncbook.metrics.measure import measure
from ncbook.metrics.meter import CollapseMeter
from ncbook.metrics.mse import SquareLossDecomposition, square_loss_decomposition
from ncbook.metrics.one_pass import OnePassMeter
from ncbook.metrics.robustness import FeatureRobustness, feature_reach, feature_robustness
from ncbook.metrics.spectrum import effective_rank, log_kernel_uniformity, stable_rank
from ncbook.metrics.sphere import alignment, uniformity
from ncbook.metrics.targets import (
    LabelAverages,
    RegressionMinimum,
    label_averages,
    outside_components,
    outside_rows,
    unconstrained_regression,
)
from ncbook.metrics.unconstrained import (
    UnconstrainedMinimum,
    unconstrained_cross_entropy,
    unconstrained_max_margin,
    unconstrained_square_loss,
)
from ncbook.metrics.variability import nc5, nearest_class_center_error, rnc1, variance_ratio, vci

__all__ = [
    "BinnedInformation",
    "Collapse",
    "CollapseBound",
    "CollapseMeter",
    "CollapsedFlatness",
    "Concentration",
    "FeatureRobustness",
    "KernelInformation",
    "LabelAverages",
    "MarginCurve",
    "MaxMargin",
    "Measured",
    "MeasuredLayer",
    "NearestSubspace",
    "NormalizedFeatures",
    "NotFinite",
    "OnePassMeter",
    "RegressionMinimum",
    "Seli",
    "SimplexMargins",
    "SoftmaxCode",
    "SquareLossDecomposition",
    "TraceEstimate",
    "UnconstrainedMinimum",
    "alignment",
    "best_temperature",
    "calibration_error",
    "cdnv",
    "cdnv_pairs",
    "class_coding_rate",
    "class_means",
    "coding_rate",
    "collapse",
    "collapsed_flatness",
    "concentration",
    "cosine_margins",
    "curvature_trace",
    "directional_ncc_error_bound",
    "effective_rank",
    "error_exponent",
    "feature_reach",
    "feature_robustness",
    "fourier_basis",
    "fourier_excluded_loss",
    "fourier_gini",
    "fourier_ipr",
    "fourier_key_frequencies",
    "fourier_neuron_frequencies",
    "fourier_restricted_accuracy",
    "fourier_restricted_loss",
    "fourier_spectrum",
    "gram_distance",
    "hessian_product",
    "label_averages",
    "layer_relative_flatness",
    "layerwise",
    "log_kernel_uniformity",
    "mahalanobis",
    "margin_curve",
    "margins",
    "max_margin_classifier",
    "measure",
    "minority_collapse_ratio",
    "minority_collapse_size",
    "mutual_information_binned",
    "mutual_information_gaussian",
    "mutual_information_infonce",
    "mutual_information_kde",
    "nc1",
    "nc5",
    "ncc_error_bound",
    "nearest_class_center_error",
    "nearest_mean_mismatch",
    "neco",
    "normalize_features",
    "normalized_margins",
    "one_vs_rest_margin",
    "orthogonal_frame",
    "outside_components",
    "outside_rows",
    "rate_reduction",
    "relative_flatness",
    "relative_flatness_bound",
    "relative_flatness_bound_per_sample",
    "relative_flatness_generalization_bound",
    "relative_flatness_mse",
    "relative_flatness_per_sample",
    "rnc1",
    "seli",
    "simplex_coordinates",
    "simplex_etf",
    "simplex_margins",
    "simplex_on_axes",
    "softmax_code",
    "square_loss_decomposition",
    "stable_rank",
    "test_collapse_bound",
    "unconstrained_cross_entropy",
    "unconstrained_max_margin",
    "unconstrained_regression",
    "unconstrained_square_loss",
    "uniformity",
    "variance_ratio",
    "vci",
]
