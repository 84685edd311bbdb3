"""What a speech encoder (wav2vec 2.0, HuBERT, WavLM, Whisper ...) makes of a signal, averaged over time.

Called ``ssl:CHECKPOINT@OPTIONS``. CHECKPOINT is a folder, or a name such as ``facebook/wav2vec2-base`` that the
local Hugging Face cache knows, of any encoder that transformers loads by itself: wav2vec 2.0, HuBERT, WavLM,
data2vec-audio, and the encoder of Whisper. OPTIONS, joined by commas:

============== ===================================================================================================
``layer=9``    The layer, counted as transformers counts hidden states: 0 is what goes into the first layer,
               ``last`` (the default) comes out of the last. ``all`` gives every one of them side by side, for
               the model ``weighted-layers``, which learns how much to listen to each.
``pool=mean``  Over time; ``mean+std`` adds the (population) standard deviations.
``device=cpu`` As torch names it: ``cuda``, ``cuda:1``, ``mps``.
``download=no``  Nothing is ever fetched unless this is ``yes``.
============== ===================================================================================================

For instance ``ssl:models/wavlm-base@layer=9,pool=mean+std``. Signals longer than 30 s are heard in equal stretches
of at most 30 s, and averaged over all frames. Whisper pads to 30 s; frames of padding are not averaged.

Weights are read from safetensors only: a pickled checkpoint can run any code, and is refused.

This set stands in `learn` and not beside its sisters, because it needs torch and transformers (the extra ``ssl``),
which nothing outside of `learn` may import.

References
----------
S. Yang et al. (2021), "SUPERB: Speech processing universal performance benchmark", Proc. Interspeech.
A. Baevski et al. (2020), "wav2vec 2.0"; W.-N. Hsu et al. (2021), "HuBERT"; S. Chen et al. (2022), "WavLM";
A. Baevski et al. (2022), "data2vec"; A. Radford et al. (2023), "Robust speech recognition via large-scale weak
supervision" (Whisper).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.errors import MissingExtraError, UsageError, suggest
from emotrace.features._feature_set import FeatureSet
from emotrace.features._signal import require_rate, require_signal

PARAMETER = "CHECKPOINT@layer=9,pool=mean+std"
STRETCH_SECONDS = 30.0

_DEFAULTS = {"layer": "last", "pool": "mean", "device": "cpu", "download": "no"}
_CHOICES = {"pool": ("mean", "mean+std"), "download": ("no", "yes")}
_FILES = ("*.json", "*.safetensors")
# Of what the convolutions of the wav2vec family must see to give one frame; the Whisper family pads anyhow.
_FEWEST_SAMPLES = 400
# Not used when nothing is masked, so that older checkpoints may lack it.
_NEEDLESS_WEIGHTS = ("masked_spec_embed",)

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Checkpoint:
    """A folder of weights and what its configuration says.

    ``stamp`` tells one state of its files from another without reading them.
    """

    folder: Path
    device: str
    n_states: int
    width: int
    sampling_rate: int

    @property
    def stamp(self) -> str:
        """Names, sizes and times of the files."""
        status = {file.name: file.stat() for file in _files(self.folder)}
        return json.dumps({name: (s.st_size, s.st_mtime_ns) for name, s in status.items()})

    def fingerprint(self) -> str:
        """SHA-256 over the names and the content of the files."""
        whole = hashlib.sha256()
        for file in _files(self.folder):
            whole.update(file.name.encode() + b"\0")
            with file.open("rb") as stream:
                while block := stream.read(1 << 20):
                    whole.update(block)
        return whole.hexdigest()


def configure(parameter: str) -> FeatureSet:
    """Give the feature set of ``CHECKPOINT@OPTIONS``; weights are read only when the first signal comes.

    Raises
    ------
    UsageError
        If the checkpoint is not there, holds no safetensors or hears no sound, or an option is not understood.
    MissingExtraError
        If torch or transformers is not installed.
    """
    name, at, text = parameter.rpartition("@")
    options = _read_options(text, parameter) if at else dict(_DEFAULTS)
    checkpoint = _find(name if at else parameter, options)
    layers = _layers(options["layer"], checkpoint, parameter)
    pools = tuple(options["pool"].split("+"))
    return FeatureSet(
        name=f"ssl:{parameter}",
        names=_names(layers, pools, checkpoint.width),
        sampling_rate=checkpoint.sampling_rate,
        level="functionals",
        extract=partial(_extract, checkpoint, layers, pools),
        module=sys.modules[__name__],
        libraries=("torch", "transformers", "safetensors"),
        data_fingerprint=checkpoint.fingerprint,
    )


def hidden_states(checkpoint: Checkpoint, signal: Array) -> list[Array]:
    """Give what every layer makes of a signal: ``n_states`` arrays of shape (n_frames, width)."""
    n_stretches = int(np.ceil(signal.size / (STRETCH_SECONDS * checkpoint.sampling_rate)))
    extractor, model = _load(checkpoint, checkpoint.stamp)
    heard = [_hear(part, extractor, model, checkpoint) for part in np.array_split(signal, n_stretches)]
    return [np.concatenate(states) for states in zip(*heard, strict=True)]


def _extract(
    checkpoint: Checkpoint, layers: tuple[int, ...], pools: tuple[str, ...], signal: Array, sampling_rate: int
) -> Array:
    """Give the pooled layers of one signal, as the ``extract`` of any set of level ``functionals``."""
    require_rate(f"ssl with {checkpoint.folder.name}", sampling_rate, checkpoint.sampling_rate)
    require_signal(signal)
    states = hidden_states(checkpoint, signal)
    pooled = [_pool(states[layer], pool) for layer in layers for pool in pools]
    return np.concatenate(pooled).astype(np.float32)


def _pool(frames: Array, pool: str) -> NDArray[np.float64]:
    wide = frames.astype(np.float64)
    return np.asarray(wide.mean(axis=0) if pool == "mean" else wide.std(axis=0))


def _names(layers: tuple[int, ...], pools: tuple[str, ...], width: int) -> tuple[str, ...]:
    return tuple(
        f"layer_{layer:02d}_{pool}_{n:04d}" for layer in layers for pool in pools for n in range(1, width + 1)
    )


def _read_options(text: str, parameter: str) -> dict[str, str]:
    options = dict(_DEFAULTS)
    for part in text.split(","):
        key, equals, value = part.partition("=")
        if not equals or not value:
            raise UsageError(
                f"ssl:{parameter}: after '@' come options such as layer=9,pool=mean+std, got '{part}'"
            )
        if key not in _DEFAULTS:
            raise UsageError(f"ssl:{parameter}: no option '{key}'; {suggest(key, _DEFAULTS)}")
        if value not in _CHOICES.get(key, (value,)):
            raise UsageError(f"ssl:{parameter}: {key} is '{value}'; it must be {' or '.join(_CHOICES[key])}")
        options[key] = value
    return options


def _layers(layer: str, checkpoint: Checkpoint, parameter: str) -> tuple[int, ...]:
    last = checkpoint.n_states - 1
    if layer == "all":
        return tuple(range(checkpoint.n_states))
    if layer == "last":
        return (last,)
    if layer.startswith("weight"):
        raise UsageError(
            f"ssl:{parameter}: layer is '{layer}'; weights of layers are learned by a model: take layer=all, and "
            "the model 'weighted-layers'"
        )
    if not layer.isdecimal() or int(layer) > last:
        raise UsageError(f"ssl:{parameter}: layer is '{layer}'; this checkpoint has 0 to {last}, last and all")
    return (int(layer),)


def _find(name: str, options: dict[str, str]) -> Checkpoint:
    """Find the folder of a checkpoint and read what it is from its configuration; no weights yet."""
    _, transformers = _libraries()
    folder = Path(name) if Path(name).is_dir() else _from_hub(name, is_download=options["download"] == "yes")
    if not any(folder.glob("*.safetensors")):
        raise UsageError(
            f"ssl:{name}: no *.safetensors in {folder}; pickled weights (*.bin, *.pt) can run any code and are "
            "not read: save the model again with transformers' save_pretrained"
        )
    try:
        config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        extractor = transformers.AutoFeatureExtractor.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        n_layers = getattr(config, "encoder_layers", None) or config.num_hidden_layers
        return Checkpoint(
            folder.resolve(),
            options["device"],
            int(n_layers) + 1,
            config.hidden_size,
            int(extractor.sampling_rate),
        )
    except (OSError, ValueError, AttributeError, ImportError) as error:
        raise UsageError(
            f"ssl:{name}: {folder} holds no speech encoder with its config.json and preprocessor_config.json: "
            f"{_first_line(error)}"
        ) from None


def _from_hub(name: str, is_download: bool) -> Path:
    try:
        import huggingface_hub
    except ImportError:
        raise MissingExtraError("a self-supervised encoder", "ssl") from None
    try:
        found = huggingface_hub.snapshot_download(
            name, allow_patterns=list(_FILES), local_files_only=not is_download
        )
    except (OSError, ValueError, huggingface_hub.errors.HfHubHTTPError) as error:
        if is_download:
            raise UsageError(f"ssl:{name}: cannot be downloaded: {_first_line(error)}") from None
        raise UsageError(
            f"ssl:{name}: no such folder, and nothing of that name in the local Hugging Face cache; give the "
            f"folder of a checkpoint, or allow the download: ssl:{name}@download=yes"
        ) from None
    return Path(found)


@lru_cache(maxsize=1)
def _load(checkpoint: Checkpoint, _stamp: str) -> tuple[Any, Any]:
    """Read extractor and encoder; ``_stamp`` makes a checkpoint that has been trained on count as another one."""
    torch, transformers = _libraries()
    with _without_progress_bars(transformers):
        extractor = transformers.AutoFeatureExtractor.from_pretrained(checkpoint.folder, local_files_only=True)
        model, loading = transformers.AutoModel.from_pretrained(
            checkpoint.folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    missing = sorted(key for key in loading["missing_keys"] if not key.endswith(_NEEDLESS_WEIGHTS))
    if missing:
        # They would be drawn at random, other ones each time.
        raise UsageError(f"ssl:{checkpoint.folder}: {len(missing)} weights are missing, first {missing[0]}")
    encoder = model.get_encoder() if model.config.is_encoder_decoder else model
    try:
        return extractor, encoder.to(checkpoint.device).eval()
    except (RuntimeError, AssertionError) as error:
        raise UsageError(f"ssl: cannot use device '{checkpoint.device}': {_first_line(error)}") from None


def _hear(signal: Array, extractor: Any, model: Any, checkpoint: Checkpoint) -> list[Array]:
    torch, _ = _libraries()
    missing = _FEWEST_SAMPLES - signal.size
    samples = np.pad(signal, (0, missing)) if missing > 0 else signal
    given = extractor(samples, sampling_rate=checkpoint.sampling_rate, return_tensors="pt")
    key = "input_features" if "input_features" in given else "input_values"
    with torch.inference_mode():
        states = model(given[key].to(checkpoint.device), output_hidden_states=True).hidden_states
    n_frames = states[0].shape[1]
    padded_to = getattr(extractor, "n_samples", None)
    if padded_to:
        n_frames = int(np.ceil(n_frames * min(1.0, samples.size / padded_to)))
    return [state[0, :n_frames].float().cpu().numpy() for state in states]


def _files(folder: Path) -> Iterator[Path]:
    return iter(sorted(file for pattern in _FILES for file in folder.glob(pattern)))


@contextlib.contextmanager
def _without_progress_bars(transformers: ModuleType) -> Iterator[None]:
    """Keep transformers from drawing bars while weights load; the setting is put back."""
    was_enabled = transformers.utils.logging.is_progress_bar_enabled()
    transformers.utils.logging.disable_progress_bar()
    try:
        yield
    finally:
        if was_enabled:
            transformers.utils.logging.enable_progress_bar()


def _libraries() -> tuple[ModuleType, ModuleType]:
    try:
        import torch
        import transformers
    except ImportError:
        raise MissingExtraError("a self-supervised encoder", "ssl") from None
    return torch, transformers


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
