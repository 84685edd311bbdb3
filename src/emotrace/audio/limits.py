"""How large, long, wide and fast a recording may be before it is refused.

The limits guard memory, disk and time against absurd or hostile files. They are checked before
anything is decoded, from the size of the file and its header, and again while samples come, because
a header can lie or say nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from emotrace.errors import LimitError, UsageError
from emotrace.types import Recording


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest recording that is read; the defaults are generous.

    Attributes
    ----------
    max_bytes
        Size of the file in bytes (8 GiB).
    max_seconds
        Length in seconds (24 hours).
    max_channels
        Number of channels (64).
    min_sampling_rate, max_sampling_rate
        Samples per second and channel in Hz (1,000 to 768,000).

    Raises
    ------
    UsageError
        If a limit is not a positive number, or the lowest rate is above the highest.

    >>> Limits(max_seconds=60.0).max_channels
    64
    """

    max_bytes: int = 8 * 1024**3
    max_seconds: float = 24 * 3600.0
    max_channels: int = 64
    min_sampling_rate: int = 1_000
    max_sampling_rate: int = 768_000

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            # Infinity is a fair way to say "no limit"; the comparison refuses zero, negatives and NaN.
            if not value > 0:
                raise UsageError(f"limit {field.name} is {value}; it must be above 0")
        if self.min_sampling_rate > self.max_sampling_rate:
            raise UsageError(
                f"limit min_sampling_rate ({self.min_sampling_rate} Hz) is above "
                f"max_sampling_rate ({self.max_sampling_rate} Hz)"
            )


DEFAULT_LIMITS = Limits()
"""What applies where the caller says nothing."""


def check_bytes(name: str, n_bytes: int, limits: Limits) -> None:
    """Raise `LimitError` if a file of ``n_bytes`` is larger than allowed."""
    if n_bytes > limits.max_bytes:
        raise LimitError(
            f"{name}: {n_bytes:,} bytes, above the limit of {limits.max_bytes:,}; "
            "split the recording or raise max_bytes"
        )


def check_recording(recording: Recording, limits: Limits) -> None:
    """Raise `LimitError` if what the header says of ``recording`` is beyond ``limits``."""
    name, rate, n_channels = recording.path, recording.sampling_rate, recording.n_channels
    if not limits.min_sampling_rate <= rate <= limits.max_sampling_rate:
        raise LimitError(
            f"{name}: sampling rate {rate:,} Hz, outside the allowed {limits.min_sampling_rate:,} to "
            f"{limits.max_sampling_rate:,} Hz; if the header is right, change the limit"
        )
    if n_channels > limits.max_channels:
        raise LimitError(
            f"{name}: {n_channels} channels, above the limit of {limits.max_channels}; "
            "keep fewer channels or raise max_channels"
        )
    if recording.duration is not None and recording.duration > limits.max_seconds:
        raise LimitError(_too_long(name, f"lasts {recording.duration:,.1f} s by its header", limits))


def check_seconds(name: str, seconds: float, limits: Limits) -> None:
    """Raise `LimitError` if the samples that have come so far last longer than allowed."""
    if seconds > limits.max_seconds:
        raise LimitError(_too_long(name, f"goes on after {limits.max_seconds:,.1f} s", limits))


def _too_long(name: str, what: str, limits: Limits) -> str:
    return (
        f"{name}: {what}, above the limit of {limits.max_seconds:,.1f} s; split the recording or raise max_seconds"
    )
