"""Second derivatives through operations that torch differentiates only once."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

# what torch says of an operation whose backward pass it cannot differentiate
_ONCE = ("is not implemented", "once_differentiable", "double backward")


@contextmanager
def twice_differentiable() -> Iterator[None]:
    """Attention by its plain formula, and a ValueError that tells a way out where torch finds no second derivative.

    Around the loss, and also around each backward pass, in which activation checkpointing calls the network again.
    """
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    except RuntimeError as error:
        reason = str(error).splitlines()[0].strip()
        if any(sign in reason for sign in _ONCE):
            raise ValueError(
                f"loss: expected operations that torch differentiates twice, got {reason!r}; "
                "write that operation out in simpler ones, and do not compile the network"
            ) from error
        raise


def require_graph(gradient: Tensor) -> None:
    """No part of the gradient may come from a function that is marked as differentiable once.

    Torch cuts the graph there: a second derivative would lack that part, and nobody would be told.
    """
    seen, nodes = set(), [gradient.grad_fn]
    while nodes:
        node = nodes.pop()
        if node is not None and node not in seen:
            seen.add(node)
            nodes.extend(each for each, _ in node.next_functions)
            if node.name() == "torch::autograd::Error":
                raise RuntimeError("a function is marked as once_differentiable")
