"""Training: one network on data that already lies on the device."""

from ncbook.trainers.devices import pick_device, threads
from ncbook.trainers.fit import Diverged, Recipe, epochs, fit, log_spaced

__all__ = ["Diverged", "Recipe", "epochs", "fit", "log_spaced", "pick_device", "threads"]
