"""How large, long, wide and fast a recording may be before it is refused.

The limits guard memory, disk and time against absurd or hostile files. They are checked before
anything is decoded, from the size of the file and its header, and again while samples come, because
a header can lie or say nothing. A message names a limit as it is typed at the command line and as it is
called in Python.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from emotrace.errors import LimitError, UsageError
from emotrace.types import Recording

_OPTIONS = {
    "max_bytes": "--max-bytes",
    "max_seconds": "--max-seconds",
    "max_channels": "--max-channels",
    "min_sampling_rate": "--min-rate",
    "max_sampling_rate": "--max-rate",
}


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
                raise UsageError(f"limit {_name(field.name)} is {value}; it must be above 0")
        if self.min_sampling_rate > self.max_sampling_rate:
            raise UsageError(
                f"limit {_name('min_sampling_rate')} is {self.min_sampling_rate} Hz, above "
                f"{_name('max_sampling_rate')}, which is {self.max_sampling_rate} Hz"
            )


DEFAULT_LIMITS = Limits()
"""What applies where the caller says nothing."""


def check_bytes(name: str, n_bytes: int, limits: Limits) -> None:
    """Raise `LimitError` if a file of ``n_bytes`` is larger than allowed."""
    if n_bytes > limits.max_bytes:
        raise LimitError(
            f"{name}: {n_bytes:,} bytes, above the limit of {limits.max_bytes:,}; "
            f"split the recording or raise {_name('max_bytes')}"
        )


def check_recording(recording: Recording, limits: Limits) -> None:
    """Raise `LimitError` if what the header says of ``recording`` is beyond ``limits``."""
    name, rate, n_channels = recording.path, recording.sampling_rate, recording.n_channels
    if not limits.min_sampling_rate <= rate <= limits.max_sampling_rate:
        is_low = rate < limits.min_sampling_rate
        change = f"lower {_name('min_sampling_rate')}" if is_low else f"raise {_name('max_sampling_rate')}"
        raise LimitError(
            f"{name}: sampling rate {rate:,} Hz, outside the allowed {limits.min_sampling_rate:,} to "
            f"{limits.max_sampling_rate:,} Hz; if the header is right, {change}"
        )
    if n_channels > limits.max_channels:
        raise LimitError(
            f"{name}: {n_channels} channels, above the limit of {limits.max_channels}; "
            f"keep fewer channels or raise {_name('max_channels')}"
        )
    if recording.duration is not None and recording.duration > limits.max_seconds:
        raise LimitError(_too_long(name, f"lasts {recording.duration:,.1f} s by its header", limits))


def check_seconds(name: str, seconds: float, limits: Limits) -> None:
    """Raise `LimitError` if the samples that have come so far last longer than allowed."""
    if seconds > limits.max_seconds:
        raise LimitError(_too_long(name, f"goes on after {limits.max_seconds:,.1f} s", limits))


def _too_long(name: str, what: str, limits: Limits) -> str:
    return (
        f"{name}: {what}, above the limit of {limits.max_seconds:,.1f} s; "
        f"split the recording or raise {_name('max_seconds')}"
    )


def _name(field: str) -> str:
    return f"{_OPTIONS[field]} (Limits.{field})"
