"""What layers of any network give, read by forward hooks."""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any

from torch import Tensor, nn

from ncbook.metrics._pooling import Pooling, pooled


class Reader:
    """Forward hooks that keep what named layers give, pooled, in the order in which they ran.

    features: layer -> [B, d] of the last forward pass; problems: layer -> why there are none.
    """

    def __init__(self, outputs: Mapping[str, nn.Module], inputs: Mapping[str, nn.Module], pooling: Pooling) -> None:
        self.features: dict[str, Tensor] = {}
        self.problems: dict[str, str] = {}
        self._outputs, self._inputs, self._pooling = outputs, inputs, pooling
        self._mask: Tensor | None = None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A block in which the hooks are there."""
        with _hooked(self._outputs, self._of_output), _hooked(self._inputs, self._of_input):
            yield

    def run(self, network: nn.Module, inputs: Any) -> Any:
        """One forward pass; returns what the network gives."""
        self.features, self.problems = {}, {}
        mask = inputs.get("attention_mask") if isinstance(inputs, Mapping) else None
        self._mask = mask if isinstance(mask, Tensor) else None
        output = called(network, inputs)
        for name in (*self._outputs, *self._inputs):
            if name not in self.features:
                self.problems.setdefault(name, "did not run in the forward pass")
        return output

    def _of_output(self, name: str, args: tuple[Any, ...], output: Any) -> None:
        self._keep(name, main_tensor(output), output)

    def _of_input(self, name: str, args: tuple[Any, ...], output: Any) -> None:
        self._keep(name, args[0] if args and isinstance(args[0], Tensor) else None, args)

    def _keep(self, name: str, found: Tensor | None, value: Any) -> None:
        if name in self.features:
            self.problems[name] = "ran more than once in a forward pass"
        elif found is None:
            self.problems[name] = f"gives a {type(value).__name__} without a tensor to measure"
        else:
            try:
                self.features[name] = pooled(found, self._pooling, self._mask)
            except ValueError as error:
                self.problems[name] = str(error)


class LinearLayers:
    """Forward hooks that keep what every linear layer decides, in the order in which they ran."""

    def __init__(self, network: nn.Module) -> None:
        self.decisions: dict[str, Tensor] = {}
        self._layers = {name: module for name, module in network.named_modules() if isinstance(module, nn.Linear)}

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A block in which the hooks are there."""
        with _hooked(self._layers, self._keep):
            yield

    def _keep(self, name: str, args: tuple[Any, ...], output: Any) -> None:
        self.decisions.pop(name, None)
        self.decisions[name] = output.detach().argmax(-1)


def called(network: nn.Module, inputs: Any) -> Any:
    """network(x), network(*x) or network(**x) for a tensor, a sequence or a mapping."""
    if isinstance(inputs, Mapping):
        return network(**inputs)
    if isinstance(inputs, (tuple, list)):
        return network(*inputs)
    return network(inputs)


def main_tensor(output: Any) -> Tensor | None:
    """The tensor itself, the `last_hidden_state` of a model output, or the first tensor of a tuple."""
    if isinstance(output, Tensor):
        return output
    hidden = _entry(output, "last_hidden_state")
    if hidden is not None:
        return hidden
    items = output if isinstance(output, (tuple, list)) else ()
    return next((item for item in items if isinstance(item, Tensor)), None)


def logits_of(output: Any) -> Tensor | None:
    """The tensor itself, the `logits` of a model output or a dict, or the first tensor of a tuple."""
    found = _entry(output, "logits")
    return found if found is not None else main_tensor(output) if isinstance(output, (Tensor, tuple, list)) else None


def _entry(output: Any, name: str) -> Tensor | None:
    value = output.get(name) if isinstance(output, Mapping) else getattr(output, name, None)
    return value if isinstance(value, Tensor) else None


def matching(network: nn.Module, patterns: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names of submodules: those named in full, and those that only a pattern with * ? or [ has found.

    A star stands within one part of a name, as in the names of files: "layer*" is layer1, and not layer1.0. Raises
    ValueError, with names that are near, for a pattern that finds none.
    """
    names = [name for name, _ in network.named_modules() if name]
    exact: list[str] = []
    loose: list[str] = []
    for pattern in patterns:
        found = [name for name in names if _fits(name, pattern)]
        if not found:
            raise ValueError(
                f"layers: expected names or patterns of submodules, got {pattern!r}; {near(pattern, names)}"
            )
        (exact if pattern in names else loose).extend(found)
    return list(dict.fromkeys(exact)), [name for name in dict.fromkeys(loose) if name not in exact]


def near(name: str, names: Sequence[str]) -> str:
    """A hint: those of `names` that are like `name`, else the first of them."""
    like = difflib.get_close_matches(name, names, n=5, cutoff=0.5)
    if like:
        return f"near: {', '.join(like)}"
    some = [each for each in names if "." not in each][:10]
    return f"there are: {', '.join(some)}" if some else "the model has no submodules"


def _fits(name: str, pattern: str) -> bool:
    parts, wanted = name.split("."), pattern.split(".")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


@contextmanager
def _hooked(modules: Mapping[str, nn.Module], keep: Callable[[str, tuple[Any, ...], Any], None]) -> Iterator[None]:
    """A block in which every forward pass of a module calls keep(name, arguments, output)."""

    def hook_of(name: str) -> Callable[[nn.Module, tuple[Any, ...], Any], None]:
        return lambda _, args, output: keep(name, args, output)

    handles = [module.register_forward_hook(hook_of(name)) for name, module in modules.items()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
