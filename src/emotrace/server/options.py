"""What can be asked for in the query of a request."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class PredictOptions(BaseModel):
    """The query of ``/v1/predict``."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(
        None, description="One of `GET /v1/models`; else the default one.", examples=["default"]
    )
    labels: str | None = Field(
        None,
        description="A preset (`big6+neutral`, `call4`, `shared4`, `all` ...) or emotions joined by commas.",
        examples=["call4"],
    )
    channel: str = Field("mix", description="`mix` of all channels, or one, counted from 0.", examples=["0"])
    format: str | None = Field(
        None,
        description="`json`, `jsonl`, `csv` or `table`; else what `Accept` says, else JSON.",
        examples=["csv"],
    )


class AnalyzeOptions(PredictOptions):
    """The query of ``/v1/analyze``."""

    channel: str = Field(
        "mix", description="`mix` of all channels, one counted from 0, or `each`.", examples=["each"]
    )
    format: str | None = Field(
        None,
        description="`json`, `jsonl`, `csv`, `table`, `rttm`, `textgrid`, `audacity`, `vtt` or `emotionml`; else "
        "what `Accept` says, else JSON.",
        examples=["vtt"],
    )
    window: float | None = Field(None, description="Seconds heard at once; else the model's.", examples=[3.0])
    hop: float | None = Field(None, description="Seconds between predictions; else the model's.", examples=[1.5])
