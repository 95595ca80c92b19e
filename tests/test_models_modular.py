"""Networks for modular arithmetic against slow definitions in float64, and Gromov's solution."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tables import for_each

from ncbook.data.modular import modular_pairs
from ncbook.metrics import fourier_ipr, fourier_spectrum
from ncbook.models.modular import PairMLP, QuadraticMLP, gromov_solution
from ncbook.models.transformer import NandaTransformer, PowerTransformer

BUILD = {
    "emb2": lambda p: PairMLP(p, embedding_dim=8, width=12),
    "gromov": lambda p: QuadraticMLP(p, width=12),
    "nanda": lambda p: NandaTransformer(p, dim=8, heads=2, width=12),
    "power": lambda p: PowerTransformer(p, dim=8, heads=2),
}
EVERY = for_each("name", BUILD)


def network(name: str, p: int = 7, seed: int = 0):
    """Float64, and every parameter away from its start, so that a forgotten bias or norm shows."""
    torch.manual_seed(seed)
    model = BUILD[name](p).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model


# The definitions: one pair at a time, in numpy.


def arrays(model) -> dict[str, np.ndarray]:
    return {name.removeprefix("blocks."): value.double().numpy() for name, value in model.state_dict().items()}


def relu(x):
    return np.maximum(x, 0)


def naive_emb2(w, a, b, p):
    e = w["hidden1.embedding"]
    hidden = relu(e[a] @ w["hidden1.first"] + e[b] @ w["hidden1.second"] + w["hidden1.bias"])
    return w["head.weight"] @ relu(w["hidden2.0.weight"] @ hidden + w["hidden2.0.bias"])


def naive_gromov(w, a, b, p):
    x = np.zeros(2 * p)
    x[[a, p + b]] = 1
    w1 = np.concatenate([w["hidden.tables"][0], w["hidden.tables"][1]]).T  # [width, 2p]
    return w["head.weight"] @ (w1 @ x) ** 2 / (2 * p * len(w1))


def causal_attention(w, prefix, x, heads):
    """x [L, d]: every position attends to itself and those before it."""
    length, dim = x.shape
    q, k, v = (x @ w[f"{prefix}{name}.weight"].T for name in ("queries", "keys", "values"))
    out = np.zeros_like(x)
    for head in range(heads):
        part = slice(head * dim // heads, (head + 1) * dim // heads)
        for i in range(length):
            scores = np.array([q[i, part] @ k[j, part] for j in range(i + 1)]) / math.sqrt(dim / heads)
            shares = np.exp(scores - scores.max())
            out[i, part] = shares / shares.sum() @ v[: i + 1, part]
    return out @ w[f"{prefix}output.weight"].T


def naive_nanda(w, a, b, p):
    x = w["attention.embedding"][[a, b, p]] + w["attention.positions"]
    x = x + causal_attention(w, "attention.attention.", x, heads=2)
    hidden = relu(x @ w["mlp.change.0.weight"].T + w["mlp.change.0.bias"])
    x = x + hidden @ w["mlp.change.2.weight"].T + w["mlp.change.2.bias"]
    return w["head.weight"] @ x[-1]


def layer_norm(w, prefix, x):
    centered = x - x.mean(1, keepdims=True)
    return centered / np.sqrt((centered**2).mean(1, keepdims=True) + 1e-5) * w[prefix + "weight"] + w[prefix + "bias"]


def naive_power(w, a, b, p):
    x, dim = w["layer1.embedding"][[a, p, b, p + 1]].copy(), 8
    for t in range(4):
        for j in range(dim // 2):
            angle = t / 10000 ** (2 * j / dim)
            x[t, 2 * j : 2 * j + 2] += math.sin(angle), math.cos(angle)
    for layer in ("layer1.", "layer2."):
        x = layer_norm(w, layer + "attention_norm.", x + causal_attention(w, layer + "attention.", x, heads=2))
        change = relu(x @ w[layer + "feed.0.weight"].T) @ w[layer + "feed.2.weight"].T
        x = layer_norm(w, layer + "feed_norm.", x + change)
    return w["head.weight"] @ x[-1]


NAIVE = {"emb2": naive_emb2, "gromov": naive_gromov, "nanda": naive_nanda, "power": naive_power}
TOLERANCE = {"power": 1e-6}  # its sinusoids are made in float32


@EVERY
@given(p=st.integers(2, 11), count=st.integers(1, 20), seed=st.integers(0, 10_000))
def test_logits_are_those_of_the_plain_network(name, p, count, seed):
    model = network(name, p, seed)
    pairs = torch.randint(p, (count, 2), generator=torch.Generator().manual_seed(seed))
    weights = arrays(model)
    truth = np.array([NAIVE[name](weights, a, b, p) for a, b in pairs.tolist()])
    logits = model(pairs).detach().numpy()
    np.testing.assert_allclose(logits, truth, rtol=0, atol=TOLERANCE.get(name, 1e-12) * np.abs(truth).max())


@EVERY
@for_each("p", [2, 7])
def test_the_contract_of_a_classifier(name, p):
    model, pairs = network(name, p), modular_pairs(p).inputs
    layers = model.layers(pairs)
    assert list(layers) == list(model.blocks)
    assert torch.equal(list(layers.values())[-1], model.features(pairs))
    assert torch.equal(model.head(model.features(pairs)), model(pairs))
    assert {len(output) for output in layers.values()} == {p * p}
    assert model.head.weight.shape == (p, model.features(pairs).shape[1])
    assert model.head.bias is None


@EVERY
def test_a_pair_alone_gets_the_logits_that_it_has_among_others(name):
    model, pairs = network(name), modular_pairs(7).inputs
    torch.testing.assert_close(model(pairs[11:12]), model(pairs)[11:12], rtol=1e-10, atol=1e-10)


@EVERY
def test_gradients_are_those_of_finite_differences(name):
    model, pairs = network(name, 3), modular_pairs(3).inputs
    names, values = zip(*model.named_parameters(), strict=True)

    def logits(*parameters):
        return torch.func.functional_call(model, dict(zip(names, parameters, strict=True)), (pairs,))

    assert torch.autograd.gradcheck(logits, values, fast_mode=True)


@EVERY
def test_every_parameter_takes_part(name):
    model = network(name)
    model(modular_pairs(7).inputs).square().sum().backward()
    assert [label for label, each in model.named_parameters() if each.grad is None or not each.grad.any()] == []


@EVERY
def test_an_ensemble_of_members_has_the_logits_of_single_networks(name):
    members, pairs = [network(name, seed=seed) for seed in range(3)], modular_pairs(7).inputs
    stacked, buffers = torch.func.stack_module_state(members)
    together = torch.func.vmap(lambda *state: torch.func.functional_call(members[0], state, (pairs,)))(stacked, buffers)
    torch.testing.assert_close(together, torch.stack([each(pairs) for each in members]), rtol=1e-10, atol=1e-10)


@EVERY
@for_each("dtype", [torch.float32, torch.bfloat16])
def test_lower_precision_agrees_with_float64(name, dtype):
    model, pairs = network(name), modular_pairs(7).inputs
    truth = model(pairs)
    logits = model.to(dtype)(pairs)
    assert logits.dtype == dtype
    allowed = 20 * torch.finfo(dtype).eps * truth.abs().max().item()
    torch.testing.assert_close(logits.double(), truth, rtol=0, atol=allowed)


@EVERY
@for_each(
    ("inputs", "message"),
    [
        (torch.zeros(3, 3, dtype=torch.long), r"inputs: expected pairs \[N, 2\] of integers, got a tensor .*\[3, 3\]"),
        (torch.zeros(2, dtype=torch.long), r"inputs: .*got a tensor torch.int64 \[2\]"),
        (torch.zeros(3, 2), r"inputs: .*float32"),
    ],
)
def test_inputs_that_are_not_pairs_are_refused(name, inputs, message):
    with pytest.raises(ValueError, match=message):
        network(name)(inputs)


@EVERY
def test_numbers_outside_0_to_p_and_a_p_that_is_no_modulus_are_refused(name):
    for number in (-1, 7):
        with pytest.raises(IndexError):
            network(name)(torch.tensor([[0, number]]))
    for p in (1, 0, 7.0):
        with pytest.raises(ValueError, match=f"p: expected an integer >= 2, got {p}"):
            BUILD[name](p)


@for_each(
    ("build", "message"),
    [
        (lambda: PairMLP(7, embedding_dim=0), "embedding_dim: .*got 0"),
        (lambda: PairMLP(7, width=0), "width: .*got 0"),
        (lambda: QuadraticMLP(7, width=-1), "width: .*got -1"),
        (lambda: gromov_solution(2), "p: expected an integer >= 3, got 2"),
        (lambda: gromov_solution(7, 0), "width: .*got 0"),
        (lambda: NandaTransformer(7, dim=10, heads=4), "heads: expected a divisor of the dimension 10, got 4"),
        (lambda: NandaTransformer(7, width=0), "width: .*got 0"),
        (lambda: PowerTransformer(7, dim=9, heads=3), "dim: expected an even number.*got 9"),
        (lambda: PowerTransformer(7, heads=0), "heads: .*got 0"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


# Starts: standard deviations of large layers, to 5 standard errors.


def starts(model, **expected):
    for name, std in expected.items():
        values = model.get_parameter(name.replace("__", ".")).detach()
        if std == 0:
            assert not values.any(), name
        else:
            assert values.std().item() == pytest.approx(std, rel=5 / math.sqrt(2 * values.numel())), name
            assert abs(values.mean().item()) < 5 * std / math.sqrt(values.numel()), name


def test_the_embedding_mlp_starts_as_it_says():
    torch.manual_seed(0)
    starts(
        PairMLP(97, 128, 256),
        blocks__hidden1__embedding=1,
        blocks__hidden1__first=1 / 16,
        blocks__hidden1__second=1 / 16,
        blocks__hidden1__bias=0,
        blocks__hidden2__0__weight=(2 / 256) ** 0.5,
        blocks__hidden2__0__bias=0,
        head__weight=1 / 16,
    )


def test_the_transformers_start_as_they_say():
    torch.manual_seed(0)
    attention = {
        f"blocks__attention__attention__{each}__weight": 128**-0.5 for each in ("queries", "keys", "values", "output")
    }
    starts(
        NandaTransformer(113),
        blocks__attention__embedding=128**-0.5,
        blocks__attention__positions=128**-0.5,
        blocks__mlp__change__0__weight=128**-0.5,
        blocks__mlp__change__0__bias=0,
        blocks__mlp__change__2__weight=128**-0.5,
        blocks__mlp__change__2__bias=0,
        head__weight=114**-0.5,
        **attention,
    )
    starts(PowerTransformer(97), blocks__layer1__embedding=1)


def test_the_published_transformers_have_the_sizes_that_their_formulas_give():
    def size(model):
        return sum(parameter.numel() for parameter in model.parameters())

    assert size(NandaTransformer(113)) == (114 + 3 + 113) * 128 + 4 * 128**2 + 2 * 128 * 512 + 512 + 128
    assert size(PowerTransformer(97)) == (99 + 97) * 128 + 2 * (12 * 128**2 + 4 * 128)


@for_each("name", ["emb2", "nanda", "power"])
def test_the_embedding_is_that_of_the_numbers_in_order(name):
    """Two numbers with the same embedding are the same to the network; the other rows are not."""
    model = network(name)
    assert model.embedding.shape == (7, 8)
    with torch.no_grad():
        model.embedding[5] = model.embedding[2]
    logits = model(torch.tensor([[5, 3], [2, 3], [6, 3]]))
    torch.testing.assert_close(logits[0], logits[1], rtol=1e-12, atol=1e-12)
    assert not torch.allclose(logits[0], logits[2])


# Gromov's solution


@for_each("seed", range(2))
def test_the_analytic_solution_adds_without_a_mistake(seed):
    assert share_right(gromov_solution(97, 500, seed), modular_pairs(97)) == 1


@for_each("p", [4, 5, 30, 53])
def test_the_analytic_solution_adds_modulo_other_numbers(p):
    assert share_right(gromov_solution(p, 1000), modular_pairs(p)) == 1


def test_the_analytic_solution_tends_to_a_peak_at_the_answer():
    """With frequencies in turn, 2 p H f / H -> (1/(2F)) sum_k cos(2 pi k (a+b-q)/p), F = (p-1)/2: 1/2 at the answer
    and -1/(4F) elsewhere for odd p; the error of a mean over H random phases is below 6 / sqrt(H)."""
    p, width = 11, 40_000
    pairs = modular_pairs(p)
    logits = gromov_solution(p, width)(pairs.inputs).detach() * 2 * p
    expected = torch.full((p * p, p), -1 / (4 * 5), dtype=torch.float64)
    expected[torch.arange(p * p), pairs.labels] = 0.5
    torch.testing.assert_close(logits, expected, rtol=0, atol=6 / width**0.5)


def test_each_neuron_of_the_analytic_solution_has_one_frequency():
    model = gromov_solution(97, 96)
    for weights in (*model.input_weight.detach().transpose(1, 2), model.head.weight.detach().T):
        torch.testing.assert_close(fourier_ipr(weights), torch.full((96,), 0.5, dtype=torch.float64))
    per_frequency = torch.stack([fourier_spectrum(model.input_weight.detach()[0][:, j : j + 1]) for j in range(96)])
    assert (per_frequency.argmax(1).bincount() == torch.tensor([0] + [2] * 48)).all()


def test_the_seed_draws_the_phases():
    one, same, other = (gromov_solution(5, 8, seed).input_weight for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def share_right(model, part) -> float:
    with torch.no_grad():
        return (model(part.inputs).argmax(1) == part.labels).double().mean().item()
