"""Every metric computes where its arguments are, keeps gradients where it says so, and refuses non-finite input."""

import dataclasses

import pytest
import torch
from tables import for_each

from ncbook import metrics

N, D, K = 60, 6, 3


def sample(device="cpu", dtype=torch.float32):
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(N) % K
    means = 3 * torch.randn(K, D, generator=generator)
    features = means[labels] + torch.randn(N, D, generator=generator)
    weight, bias = torch.randn(K, D, generator=generator), torch.randn(K, generator=generator)
    moved = [each.to(device, dtype) for each in (features, weight, bias, means)]
    return moved[0], labels.to(device), *moved[1:]


def streamed(features, labels, weight, bias):
    two, one = metrics.CollapseMeter(K, D), metrics.OnePassMeter(K, D, features.device)
    two.update(features, labels)
    two.start_second_pass()
    two.update(features, labels, features @ weight.T + bias)
    one.update(features, labels)
    return two.compute(weight), one.compute(weight)


LOGITS = torch.randn(25, 5, generator=torch.Generator().manual_seed(0))  # of addition modulo 5


CALLS = {
    "collapse": lambda h, y, w, b, m: metrics.collapse(h, y, w, b),
    "nc1": lambda h, y, w, b, m: metrics.nc1(h, y),
    "nearest_mean_mismatch": lambda h, y, w, b, m: metrics.nearest_mean_mismatch(h, m, w, b),
    "alignment": lambda h, y, w, b, m: metrics.alignment(h, y),
    "uniformity": lambda h, y, w, b, m: metrics.uniformity(h),
    "cdnv": lambda h, y, w, b, m: metrics.cdnv(h, y),
    "cdnv_pairs": lambda h, y, w, b, m: metrics.cdnv_pairs(h, y),
    "meters": lambda h, y, w, b, m: streamed(h, y, w, b),
    "simplex_coordinates": lambda h, y, w, b, m: metrics.simplex_coordinates(m, h),
    "variance_ratio": lambda h, y, w, b, m: metrics.variance_ratio(h, y),
    "rnc1": lambda h, y, w, b, m: metrics.rnc1(h, y),
    "vci": lambda h, y, w, b, m: metrics.vci(h, y),
    "nc5": lambda h, y, w, b, m: metrics.nc5(h, y, h + 1),
    "nearest_class_center_error": lambda h, y, w, b, m: metrics.nearest_class_center_error(h, y, m),
    "square_loss_decomposition": lambda h, y, w, b, m: metrics.square_loss_decomposition(h, y, w, b, 0.01),
    "effective_rank": lambda h, y, w, b, m: metrics.effective_rank(h),
    "stable_rank": lambda h, y, w, b, m: metrics.stable_rank(h),
    "log_kernel_uniformity": lambda h, y, w, b, m: metrics.log_kernel_uniformity(m),
    "margins": lambda h, y, w, b, m: metrics.margins(h @ w.T + b, y),
    "normalized_margins": lambda h, y, w, b, m: metrics.normalized_margins(h, y, w, b),
    "cosine_margins": lambda h, y, w, b, m: metrics.cosine_margins(h, y, w),
    "margin_curve": lambda h, y, w, b, m: metrics.margin_curve(metrics.margins(h @ w.T, y)),
    "error_exponent": lambda h, y, w, b, m: metrics.error_exponent(m, m),
    "max_margin_classifier": lambda h, y, w, b, m: metrics.max_margin_classifier(4 * m[y] + 0.1 * h, y),
    "test_collapse_bound": lambda h, y, w, b, m: metrics.test_collapse_bound(h[:9], h[9:20], h[:30], h[30:]),
    "ncc_error_bound": lambda h, y, w, b, m: metrics.ncc_error_bound(h, y),
    "directional_ncc_error_bound": lambda h, y, w, b, m: metrics.directional_ncc_error_bound(h, y),
    "concentration": lambda h, y, w, b, m: metrics.concentration(h, (5, 10, 20), torch.Generator().manual_seed(0)),
    "relative_flatness": lambda h, y, w, b, m: metrics.relative_flatness(h, w, b),
    "relative_flatness_bound": lambda h, y, w, b, m: metrics.relative_flatness_bound(h, w, b),
    "relative_flatness_mse": lambda h, y, w, b, m: metrics.relative_flatness_mse(h, w),
    "normalize_features": lambda h, y, w, b, m: metrics.normalize_features(h, w),
    "feature_robustness": lambda h, y, w, b, m: metrics.feature_robustness(h, y, w, b, size=0.5),
    "neco": lambda h, y, w, b, m: metrics.neco(h[::2], h[1::2], 2),
    "mahalanobis": lambda h, y, w, b, m: metrics.mahalanobis(h[::2], h[1::2], y[1::2]),
    "calibration_error": lambda h, y, w, b, m: metrics.calibration_error(h @ w.T, y),
    "best_temperature": lambda h, y, w, b, m: metrics.best_temperature(h @ w.T, y),
    "feature_reach": lambda h, y, w, b, m: metrics.feature_reach(h[::2], y[::2], h[1::2], y[1::2]),
    "mutual_information_kde": lambda h, y, w, b, m: metrics.mutual_information_kde(h, y, 0.1),
    "mutual_information_binned": lambda h, y, w, b, m: metrics.mutual_information_binned(h, y, 0.5),
    "mutual_information_gaussian": lambda h, y, w, b, m: metrics.mutual_information_gaussian(h[:, :2], h[:, 2:]),
    "mutual_information_infonce": lambda h, y, w, b, m: metrics.mutual_information_infonce(h @ h.T),
    "coding_rate": lambda h, y, w, b, m: metrics.coding_rate(h, 0.5),
    "rate_reduction": lambda h, y, w, b, m: metrics.rate_reduction(h, y, 0.5),
    "nearest_subspace": lambda h, y, w, b, m: metrics.NearestSubspace.fit(h, y, 2).predict(h),
    "fourier_spectrum": lambda h, y, w, b, m: metrics.fourier_spectrum(h[:5]),
    "fourier_gini": lambda h, y, w, b, m: metrics.fourier_gini(h[:5]),
    "fourier_restricted_loss": lambda h, y, w, b, m: metrics.fourier_restricted_loss(LOGITS.to(h.device), [1]),
    "fourier_excluded_loss": lambda h, y, w, b, m: metrics.fourier_excluded_loss(LOGITS.to(h.device), [1]),
    "curvature_trace": lambda h, y, w, b, m: metrics.curvature_trace(
        metrics.hessian_product(lambda v: torch.nn.functional.cross_entropy(h @ v.T, y), w), w
    ),
}


def numbers(result):
    """Every number in a result: tensors, dataclasses and tuples of them, flattened to float64 on the CPU."""
    if isinstance(result, torch.Tensor):
        return result.detach().cpu().double().flatten()
    if dataclasses.is_dataclass(result):
        result = tuple(getattr(result, field.name) for field in dataclasses.fields(result))
    if isinstance(result, tuple | list):
        return torch.cat([numbers(each) for each in result if each is not None and not isinstance(each, str)])
    return torch.tensor([float(result)], dtype=torch.float64)


@for_each("name", CALLS)
def test_no_tensor_is_made_on_a_device_of_its_own(name):
    """With another default device, a tensor made without naming one would not meet the arguments."""
    arguments = sample()
    with torch.device("meta"):
        result = CALLS[name](*arguments)
    assert torch.equal(numbers(result).nan_to_num(), numbers(CALLS[name](*arguments)).nan_to_num())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@for_each("name", CALLS)
def test_cuda_gives_the_numbers_of_the_cpu(name):
    ours, theirs = (numbers(CALLS[name](*sample(device, torch.float64))) for device in ("cuda", "cpu"))
    assert torch.allclose(ours, theirs, rtol=1e-8, atol=1e-10, equal_nan=True)
