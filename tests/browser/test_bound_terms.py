"""The page with two Gaussian classes computes the terms of the bound as the package does."""

from pathlib import Path

import pytest
import torch

from ncbook import explorables, metrics

_FOLDER = Path(explorables.__file__).parent
_SCENE = "(asked) => { const s = scene(...asked); return [s.classes, s.centers, s.value, s.first, s.factor, s.third]; }"


def around(centre: list[float]) -> torch.Tensor:
    """Two points whose mean and variance are those of the population: `centre`, and 2."""
    step = torch.tensor([2.0**0.5, 0.0], dtype=torch.float64)
    middle = torch.tensor(centre, dtype=torch.float64)
    return torch.stack([middle - step, middle + step])


@pytest.mark.parametrize("asked", [(12, 4.0, 0.0, 1), (3, 1.5, 0.9, 2), (400, 10.0, 0.5, 7)])
def test_terms_are_those_of_the_package(page, asked):
    page.set_content("<p>")
    page.add_script_tag(content="\n".join((_FOLDER / name).read_text("utf-8") for name in ("core.js", "bound.js")))
    classes, centres, *terms = page.evaluate(_SCENE, list(asked))
    samples = [torch.tensor(points, dtype=torch.float64) for points in classes]
    found = metrics.test_collapse_bound(*samples, *map(around, centres))
    assert [len(points) for points in samples] == [asked[0]] * 2
    assert terms == pytest.approx([found.population_cdnv, found.train_cdnv, found.A, found.B], rel=1e-9)


def test_points_are_standard_gaussian_and_a_larger_set_contains_the_smaller(page):
    page.set_content("<p>")
    page.add_script_tag(content="\n".join((_FOLDER / name).read_text("utf-8") for name in ("core.js", "bound.js")))
    many = torch.tensor(page.evaluate("gaussians(20000, [1, -2], 5)"), dtype=torch.float64)
    assert page.evaluate("gaussians(7, [1, -2], 5)") == many[:7].tolist()
    torch.testing.assert_close(many.mean(0), torch.tensor([1.0, -2.0], dtype=torch.float64), rtol=0, atol=0.03)
    torch.testing.assert_close(many.T.cov(), torch.eye(2, dtype=torch.float64), rtol=0, atol=0.04)
