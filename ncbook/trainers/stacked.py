"""Many networks of one architecture as one tensor program with a leading member axis [S, ...]."""

import copy
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch._guards import TracingContext, tracing
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.func import functional_call, stack_module_state, vmap
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn.modules.batchnorm import _BatchNorm

from ncbook._checks import as_tuple, require, require_callable, require_instance
from ncbook.data import Split
from ncbook.models import Classifier
from ncbook.trainers._fits import fitting
from ncbook.trainers.outputs import Outputs, Term

EAGER_STEPS = 64  # before a step is traced, and on a GPU captured: kernels are loaded and memory is laid out in them


class Points(NamedTuple):
    """Data of all members: inputs [S, N, ...], labels and mask [S, N]; shared by all: [N, ...] and no mask."""

    inputs: Tensor
    labels: Tensor
    mask: Tensor | None
    shared: bool


def points(data: Split | Sequence[Split], members: int) -> Points:
    """One split for all members, or one a member: padded to the longest with points of its own, masked out.

    Raises ValueError for another number of splits than of members, or splits whose points differ in shape.
    """
    if isinstance(data, Split):
        require("train", 0, len(data) > 0, "one point at least")
        return Points(data.inputs, data.labels, None, shared=True)
    expected = "a data.Split, or one for each member"
    data = as_tuple("train", data, expected)
    for split in data:
        require_instance("train", split, Split, expected)
    require("train", len(data), len(data) == members, f"one split, or one for each of {members} members")
    shapes = {(tuple(split.inputs.shape[1:]), split.inputs.dtype) for split in data}
    require("train", shapes, len(shapes) == 1, "points of one shape and dtype")
    require(
        "train",
        [len(split) for split in data],
        all(len(split) > 0 for split in data),
        "one point at least in each split",
    )
    sizes = torch.tensor([len(split) for split in data])
    longest = torch.arange(int(sizes.max()))
    rows = [(longest % len(split)).to(split.labels.device) for split in data]
    inputs = torch.stack([split.inputs[row] for split, row in zip(data, rows, strict=True)])  # [S, N, ...]
    labels = torch.stack([split.labels[row] for split, row in zip(data, rows, strict=True)])  # [S, N]
    mask = (longest < sizes[:, None]).to(labels.device, torch.get_default_dtype())
    return Points(inputs, labels, None if bool((sizes == len(longest)).all()) else mask, shared=False)


def over_members(term: Term, outputs: Outputs) -> Tensor:
    """`term` of each member [S], for outputs with a leading member axis.

    >>> both = trainers.Outputs(*(None if each is None else torch.stack([each, each]) for each in outputs))
    >>> trainers.over_members(trainers.feature_norm, both)
    tensor([2., 2.])
    """
    require_callable("term", term, "of Outputs")
    require_instance("outputs", outputs, Outputs, "trainers.Outputs with a leading member axis")
    alike = {each.shape[:2] for each in (outputs.features, outputs.logits, outputs.labels)}
    require("outputs", alike, len(alike) == 1 and outputs.labels.ndim == 2, "a leading member axis [S, N]")
    return vmap(term, (_axes(outputs),))(outputs)


class Stack:
    """Networks of one architecture, with the parameters called `trained` as views of one buffer `values` [S, P].

    `tensors` maps the name of each parameter and buffer to its values for all members [S, ...].
    """

    def __init__(self, networks: Sequence[Classifier], device: torch.device, trained: Collection[str]) -> None:
        _require_alike(networks)
        self.size = len(networks)
        self._template = copy.deepcopy(networks[0]).to(device).train()
        parameters, buffers = stack_module_state(list(networks))
        self.tensors = {name: value.detach().to(device) for name, value in (parameters | buffers).items()}
        rows = [self.tensors[name].flatten(1) for name in trained]  # [S, n] each, of n entries
        self.values = torch.cat(rows, 1)  # [S, P]
        pieces = self.values.split([row.shape[1] for row in rows], 1)
        for name, piece in zip(trained, pieces, strict=True):
            self.tensors[name] = piece.view(self.tensors[name].shape)  # [S, n] to [S, ...]
        self._trained, self._buffers = tuple(trained), [self.tensors[name] for name in buffers]
        self.leaves = [self.tensors[name].requires_grad_() for name in trained]

    def outputs(self, data: Points, precision: str, leaves: Sequence[Tensor] | None = None) -> Outputs:
        """Outputs with a leading member axis; differentiable in `leaves`, which stand for the trained parameters."""
        network = Precise(self._template, precision)
        tensors = self.tensors | dict(zip(self._trained, leaves or self.leaves, strict=True))
        named = {f"model.{name}": value for name, value in tensors.items()}

        def one(named: dict[str, Tensor], inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            return functional_call(network, named, (inputs,))

        features, logits, weight = vmap(one, (0, None if data.shared else 0))(named, data.inputs)
        labels = data.labels.expand(self.size, -1) if data.shared else data.labels
        mask = None if data.mask is None else data.mask.to(features.dtype)
        return Outputs(features, logits, labels, weight, mask)

    @torch.no_grad()
    def model(self, member: int) -> Classifier:
        """A copy of one network, in evaluation mode."""
        model = copy.deepcopy(self._template)
        for name, value in [*model.named_parameters(), *model.named_buffers()]:
            value.copy_(self.tensors[name][member])
        return model.eval()

    @contextmanager
    def unmoved(self) -> Iterator[None]:
        """Afterwards the running moments of batch norm are what they were before."""
        before = [buffer.clone() for buffer in self._buffers]
        yield
        for buffer, value in zip(self._buffers, before, strict=True):
            buffer.copy_(value)

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """In evaluation mode, without gradients; afterwards in training mode, as before."""
        self._template.eval()
        try:
            with torch.no_grad():
                yield
        finally:
            self._template.train()


class Precise(nn.Module):
    """Features, logits and head weight: the backbone in `precision`, the head in float32 or better."""

    def __init__(self, model: Classifier, precision: str) -> None:
        super().__init__()
        self.model, self._half = model, precision == "bfloat16"

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        # A captured step must cast the weights anew each time: no cache.
        with torch.autocast(inputs.device.type, torch.bfloat16, enabled=self._half, cache_enabled=False):
            features = self.model.features(inputs)
        if features.dtype == torch.bfloat16:
            features = features.float()
        return features, self.model.head(features), self.model.head.weight


def traced(function: Callable[..., Any], *arguments: Any) -> Callable[..., Any]:
    """`function` as the plain list of operations that it did on `arguments`, gradients and vmap worked out.

    Other tensors that it reads are kept, not copied. Saves about half of what a step of a small network costs beside
    its arithmetic.
    """
    with tracing(TracingContext(FakeTensorMode(allow_fallback_kernels=True))):  # else make_fx makes one an operation
        program = make_fx(function)(*arguments)
    for node in list(program.graph.nodes):
        if node.target is torch.ops.aten.detach.default:
            node.replace_all_uses_with(node.args[0])
    program.graph.eliminate_dead_code()
    program.recompile()
    return program


class Captured:
    """Runs `work` as it is on a CPU; on a GPU as a CUDA graph, captured after a few runs on a side stream.

    `work` reads and writes tensors that stay where they are, and reads nothing back from the device.
    """

    def __init__(self, work: Callable[[], None], device: torch.device) -> None:
        self._work, self._runs = work, 0
        self._graph = torch.cuda.CUDAGraph() if device.type == "cuda" else None

    def __call__(self) -> None:
        if self._graph is None:
            self._work()
            return
        if self._runs < EAGER_STEPS:
            self._aside()
        else:
            if self._runs == EAGER_STEPS:
                with torch.cuda.graph(self._graph):
                    self._work()
            self._graph.replay()
        self._runs += 1

    def _aside(self) -> None:
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            self._work()
        torch.cuda.current_stream().wait_stream(stream)


def keep_freed_memory() -> None:
    """Let the C library keep up to 64 MB that is free, for the next step, instead of giving it back and fetching it.

    glibc raises its limits to twice the largest block that was freed, of 32 MB at most. Costs nothing elsewhere. The
    temporaries of a step are larger than those of a single network: without it a tenth of the time goes to page
    faults.
    """
    torch.empty(2**25 - 2**16, dtype=torch.uint8)  # freed at once


def _require_alike(networks: Sequence[Classifier]) -> None:
    shapes = [{name: tuple(value.shape) for name, value in each.state_dict().items()} for each in networks]
    odd = next((index for index, each in enumerate(shapes) if each != shapes[0]), None)
    if odd is not None:
        raise ValueError(f"build: expected networks of the same shapes, got another for member {odd} than for member 0")
    dtypes = {value.dtype for value in networks[0].parameters()}
    require("build", dtypes, len(dtypes) == 1, "parameters of one dtype")


def require_stackable(network: Precise, data: Points) -> None:
    """ValueError for a network that changes a buffer in the forward pass other than batch norm's running moments.

    Also for batch norm over padded points, or whose running moments are means over all steps.
    """
    norms = {name: each for name, each in network.named_modules() if isinstance(each, _BatchNorm)}
    for name, each in norms.items():
        require("build", name, each.momentum is not None, "batch norm with a momentum")
    sizes = [] if data.mask is None else data.mask.sum(1).int().tolist()
    alike = not norms or not sizes
    require("train", sizes, alike, "splits of one size for networks with batch norm, which would norm the padding")
    before = {name: value.clone() for name, value in network.named_buffers()}
    inputs = data.inputs if data.shared else data.inputs[0]
    with torch.no_grad(), fitting(inputs):
        network.train()(inputs)
    changed = [
        name for name, value in network.named_buffers()
        if name.rpartition(".")[0] not in norms and not torch.equal(value, before[name])
    ]  # fmt: skip
    message = "networks without buffers that change in the forward pass, which do not stack; train them with fit"
    require("build", changed, not changed, message)


def _axes(outputs: Outputs) -> Outputs:
    return Outputs(*(None if value is None else 0 for value in outputs))  # type: ignore[arg-type]
