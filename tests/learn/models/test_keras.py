from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from emotrace.learn.models import _keras


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))


def keras_lstm(x: np.ndarray, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Keras' equations, gates i f c o: kernel (n_in, 4 units), recurrent (units, 4 units), bias (4 units,)."""
    units = recurrent.shape[0]
    h, c, outputs = np.zeros((len(x), units)), np.zeros((len(x), units)), []
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ kernel + h @ recurrent + bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def keras_gru(x: np.ndarray, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Keras' equations with ``reset_after``, gates z r h; bias (2, 3 units)."""
    h, outputs = np.zeros((len(x), recurrent.shape[0])), []
    for t in range(x.shape[1]):
        xz, xr, xh = np.split(x[:, t] @ kernel + bias[0], 3, axis=1)
        hz, hr, hh = np.split(h @ recurrent + bias[1], 3, axis=1)
        z, r = sigmoid(xz + hz), sigmoid(xr + hr)
        h = z * h + (1.0 - z) * np.tanh(xh + r * hh)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def randomise(layer: nn.Module) -> dict[str, np.ndarray]:
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for p in layer.parameters():
            p.copy_(torch.randn(p.shape, generator=generator) * 0.5)
    return {name: p.detach().double().numpy() for name, p in layer.named_parameters()}


def sequences(width: int) -> torch.Tensor:
    return torch.randn(3, 7, width, generator=torch.Generator().manual_seed(1))


def test_lstm_follows_keras_equations():
    layer = _keras.LSTM(4, 5)
    p = randomise(layer)
    x = sequences(4)
    kernel = p["cells.weight_ih_l0"].T
    expected = keras_lstm(x.double().numpy(), kernel[:-1], p["cells.weight_hh_l0"].T, kernel[-1])
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, atol=1e-6)


def test_gru_follows_keras_equations():
    layer = _keras.GRU(4, 5)
    p = randomise(layer)
    x = sequences(4)

    def gates(name: str) -> np.ndarray:
        reset, update, new = np.split(p[f"cells.{name}_l0"], 3)  # PyTorch's order
        return np.concatenate([update, reset, new]).T

    bias = np.stack([gates("bias_ih"), gates("bias_hh")])
    expected = keras_gru(x.double().numpy(), gates("weight_ih"), gates("weight_hh"), bias)
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, atol=1e-6)


@pytest.mark.parametrize(("n_in", "units"), [(1, 256), (512, 256), (3, 1)])
def test_recurrent_layers_have_as_many_parameters_as_keras(n_in, units):
    lstm, gru = _keras.count_parameters(_keras.LSTM(n_in, units)), _keras.count_parameters(_keras.GRU(n_in, units))
    assert lstm.total == lstm.trainable == 4 * (units * (n_in + units) + units)
    assert gru.total == gru.trainable == 3 * (units * (n_in + units) + 2 * units)


@settings(max_examples=30)
@given(n=st.integers(1, 20), kernel_size=st.integers(1, 9))
def test_same_convolution_pads_as_keras(n, kernel_size):
    torch.manual_seed(0)
    layer = _keras.same_conv(1, 1, kernel_size)
    x = torch.randn(n, generator=torch.Generator().manual_seed(n))
    weights, bias = layer[1].weight.detach().numpy()[0, 0], layer[1].bias.item()
    # TensorFlow's rule: of k - 1 zeros the smaller half goes before.
    padded = np.pad(x.numpy(), ((kernel_size - 1) // 2, kernel_size - 1 - (kernel_size - 1) // 2))
    expected = [padded[i : i + kernel_size] @ weights + bias for i in range(n)]
    np.testing.assert_allclose(layer(x.reshape(1, 1, -1)).detach().numpy()[0, 0], expected, atol=1e-5)


def test_an_even_kernel_looks_further_ahead_than_back():
    layer = _keras.same_conv(1, 1, 8)
    with torch.no_grad():
        layer[1].weight.fill_(1.0)
        layer[1].bias.zero_()
    impulse = torch.zeros(1, 1, 20)
    impulse[0, 0, 10] = 1.0
    assert torch.nonzero(layer(impulse)[0, 0]).flatten().tolist() == list(range(6, 14))


def test_batch_norm_moves_by_a_hundredth_and_keeps_a_thousandth():
    norm = _keras.batch_norm(1)
    x = torch.tensor([[[1.0, 3.0]], [[5.0, 7.0]]])  # mean 4, variance 5
    given = norm(x)
    np.testing.assert_allclose(given.detach().numpy(), (x.numpy() - 4.0) / np.sqrt(5.0 + 1e-3), atol=1e-6)
    assert norm.running_mean.item() == pytest.approx(0.04)


def test_starting_weights_are_keras():
    network = nn.Sequential(_keras.same_conv(16, 32, 8), nn.Linear(300, 100), nn.Conv2d(3, 70, 3))
    recurrent = nn.ModuleList([_keras.LSTM(20, 32), _keras.GRU(20, 32)])
    torch.manual_seed(0)
    _keras.initialise(network)
    _keras.initialise(recurrent)
    fans = {"0.1.weight": (16 * 8, 32 * 8), "1.weight": (300, 100), "2.weight": (3 * 9, 70 * 9)}
    for name, p in network.named_parameters():
        if name in fans:
            limit = np.sqrt(6.0 / sum(fans[name]))
            assert 0.98 * limit < p.abs().max().item() <= limit
            assert p.std().item() == pytest.approx(limit / np.sqrt(3.0), rel=0.05)
        else:
            assert not p.any()
    lstm, gru = recurrent
    kernel, turning = (p.detach() for p in lstm.cells.all_weights[0])
    assert 0.98 * np.sqrt(6 / (20 + 128)) < kernel[:, :-1].abs().max().item() <= np.sqrt(6 / (20 + 128))
    assert kernel[:, -1].tolist() == [0.0] * 32 + [1.0] * 32 + [0.0] * 64
    torch.testing.assert_close(turning.T @ turning, torch.eye(32), atol=1e-5, rtol=0)
    kernel, turning, *biases = (p.detach() for p in gru.cells.all_weights[0])
    assert 0.98 * np.sqrt(6 / (20 + 96)) < kernel.abs().max().item() <= np.sqrt(6 / (20 + 96))
    torch.testing.assert_close(turning.T @ turning, torch.eye(32), atol=1e-5, rtol=0)
    assert not any(bias.any() for bias in biases)


def test_moving_means_and_variances_are_counted_but_not_trainable():
    assert _keras.count_parameters(_keras.batch_norm(7)) == _keras.Count(total=28, trainable=14)
    frozen = nn.Linear(2, 1)
    frozen.bias.requires_grad_(False)
    assert _keras.count_parameters(frozen) == _keras.Count(total=3, trainable=2)


@given(st.integers(1, 5), st.integers(1, 7), st.integers(1, 9), st.integers(1, 4))
def test_wide_convolution_is_the_plain_one_with_the_same_gradients(n_in, kernel_size, n_frames, n_out):
    torch.manual_seed(0)
    plain = _keras.same_conv(n_in, n_out, kernel_size)
    wide = _keras.same_conv(n_in, n_out, kernel_size, _keras.WideConv1d)
    wide.load_state_dict(plain.state_dict())
    x = torch.randn(3, n_in, n_frames)
    gradients = []
    for layer in (plain, wide):
        outputs = layer(x)
        assert outputs.shape == (3, n_out, n_frames)
        (outputs**2).sum().backward()
        gradients.append([outputs, *(p.grad for p in layer.parameters())])
    for expected, ours in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-4)
