"""``GET /v1/models``: which models and labels can be asked for."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from emotrace.labels import PRESETS
from emotrace.server.auth import require_key
from emotrace.server.models import Models
from emotrace.server.openapi import problem_responses

router = APIRouter(tags=["hearing"], dependencies=[Depends(require_key)])


class Model(BaseModel):
    """One model."""

    name: str = Field(examples=["default"])
    is_default: bool = Field(examples=[True])
    description: str = Field(examples=["Emotion from speech, nine labels, English and German acted speech."])
    licence: str = Field(examples=["Research and non-commercial use only: ..."])
    labels: list[str] = Field(description="All it knows.", examples=[["neutral", "calm", "happiness", "anger"]])
    default_labels: list[str] = Field(description="What it chooses between.", examples=[["neutral", "anger"]])
    presets: list[str] = Field(description="Further values of `labels`.", examples=[["all", "call4", "big6"]])
    sampling_rate: int = Field(description="Of what it hears, in Hz.", examples=[16000])
    window_seconds: float = Field(description="How much it hears at once.", examples=[3.0])
    hop_seconds: float = Field(description="How far that moves.", examples=[1.5])
    uncertain_below: float = Field(description="Less confident predictions are uncertain.", examples=[0.445])
    sha256: str = Field(description="Of its graph.", examples=["9f86d081884c7d659a2feaa0c55ad015..."])


class ModelList(BaseModel):
    """All models, the default one first."""

    models: list[Model]


@router.get("/v1/models", summary="List the models", responses=problem_responses(401))
async def list_models(request: Request) -> ModelList:
    """List what `model` and `labels` may be, and how each model is to be understood."""
    models: Models = request.app.state.service.models
    return ModelList(models=[_describe(models, name) for name in models.names])


def _describe(models: Models, name: str) -> Model:
    card = models.bundle(name).card
    return Model(
        name=name,
        is_default=name == models.names[0],
        description=card.description,
        licence=card.licence,
        labels=list(card.labels),
        default_labels=list(models.recogniser(name).labels),
        presets=["all", *(preset for preset, labels in PRESETS.items() if set(labels) <= set(card.labels))],
        sampling_rate=card.sampling_rate,
        window_seconds=card.window_seconds,
        hop_seconds=card.hop_seconds,
        uncertain_below=float(card.calibration["uncertain_below"]),
        sha256=models.hashes[name],
    )
