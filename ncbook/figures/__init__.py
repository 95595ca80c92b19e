"""One function a figure: a finished Run in, a matplotlib Figure out. Nothing here trains."""

from ncbook.figures.collapse import class_plane, decisions, duality, frame, terminal_phase, variability, weight_decay
from ncbook.figures.double_descent import epoch_wise_descent, model_wise_descent, ridge_removes_peak, solution_norm
from ncbook.figures.flatness import (
    flatness_after_changes,
    flatness_against_loss,
    flatness_in_float32,
    flatness_on_simplices,
    flatness_under_scaling,
)
from ncbook.figures.grokking import (
    commutativity_leak,
    embedding_circle,
    fourier_sparsity,
    grokking_phase_diagram,
    learned_then_understood,
    time_against_decay,
)
from ncbook.figures.interventions import (
    control_trajectories,
    intervention_times,
    intervention_trajectories,
    kappa_against_loss,
    kappa_when_it_generalizes,
)
from ncbook.figures.memorization import past_zero_error, random_labels
from ncbook.figures.settings import (
    collapse_across_data,
    collapse_by_loss,
    decay_and_batch_norm,
    errors_by_loss,
    features_by_loss,
)
from ncbook.figures.simplex import (
    simplex_cosines,
    simplex_decisions,
    simplex_geometry,
    simplex_in_space,
    simplex_in_the_plane,
    simplex_reduced_features,
    simplex_too_few_dimensions,
    simplex_variability,
)
from ncbook.figures.unconstrained import collapse_threshold, minimum_reached, saddle_escape, unregularised_margin

__all__ = [
    "class_plane",
    "collapse_across_data",
    "collapse_by_loss",
    "collapse_threshold",
    "commutativity_leak",
    "control_trajectories",
    "decay_and_batch_norm",
    "decisions",
    "duality",
    "embedding_circle",
    "epoch_wise_descent",
    "errors_by_loss",
    "features_by_loss",
    "flatness_after_changes",
    "flatness_against_loss",
    "flatness_in_float32",
    "flatness_on_simplices",
    "flatness_under_scaling",
    "fourier_sparsity",
    "frame",
    "grokking_phase_diagram",
    "intervention_times",
    "intervention_trajectories",
    "kappa_against_loss",
    "kappa_when_it_generalizes",
    "learned_then_understood",
    "minimum_reached",
    "model_wise_descent",
    "past_zero_error",
    "random_labels",
    "ridge_removes_peak",
    "saddle_escape",
    "simplex_cosines",
    "simplex_decisions",
    "simplex_geometry",
    "simplex_in_space",
    "simplex_in_the_plane",
    "simplex_reduced_features",
    "simplex_too_few_dimensions",
    "simplex_variability",
    "solution_norm",
    "terminal_phase",
    "time_against_decay",
    "unregularised_margin",
    "variability",
    "weight_decay",
]
