"""Made speech encoders: small checkpoints with random weights, always the same ones.

Import it as ``from tests.made_checkpoints import write_checkpoint``; transformers and torch must be there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

WIDTH = 16
N_LAYERS = 3

_CONVOLUTIONAL = {
    "hidden_size": WIDTH,
    "num_hidden_layers": N_LAYERS,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "conv_dim": (8,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
}
_WHISPER = {
    "d_model": WIDTH,
    "encoder_layers": N_LAYERS,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 24,
    "decoder_ffn_dim": 24,
    "vocab_size": 20,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 1,
}
FAMILIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "wav2vec2": ("Wav2Vec2Config", "Wav2Vec2FeatureExtractor", _CONVOLUTIONAL),
    "hubert": ("HubertConfig", "Wav2Vec2FeatureExtractor", _CONVOLUTIONAL),
    "wavlm": ("WavLMConfig", "Wav2Vec2FeatureExtractor", _CONVOLUTIONAL),
    "data2vec": ("Data2VecAudioConfig", "Wav2Vec2FeatureExtractor", {**_CONVOLUTIONAL, "conv_pos_kernel_size": 3}),
    "whisper": ("WhisperConfig", "WhisperFeatureExtractor", _WHISPER),
}


def write_checkpoint(family: str, folder: Path, seed: int = 0) -> Path:
    """Write a random checkpoint of one of `FAMILIES` into a folder, and give it."""
    import torch
    import transformers

    from emotrace.learn.features import ssl

    config_name, extractor_name, settings = FAMILIES[family]
    with torch.random.fork_rng(), ssl._without_progress_bars(transformers):
        torch.manual_seed(seed)
        model = transformers.AutoModel.from_config(getattr(transformers, config_name)(**settings))
        model.save_pretrained(folder)
    getattr(transformers, extractor_name)().save_pretrained(folder)
    return folder
