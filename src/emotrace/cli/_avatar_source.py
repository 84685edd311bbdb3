"""What an avatar listens to, as the options say: the microphone, raw samples on standard input, or a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from emotrace.cli import _options as options
from emotrace.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from emotrace.hear.recognizer import Recogniser
    from emotrace.hear.session import Session

_RAW_RATE, _RAW_ENCODING = 16_000, "s16le"
_INTERIM_SECONDS = 0.25


class Source(Protocol):
    """A microphone, standard input, or a recording played at the pace at which it was spoken."""

    @property
    def is_finished(self) -> bool: ...

    def read(self, timeout_seconds: float) -> NDArray[np.float32] | None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class AvatarSource:
    """What is heard, as the options say."""

    source: str | None
    channel: str | None
    fast: bool
    device: str | None
    rate: int | None
    encoding: str | None
    channels: int | None

    @property
    def kind(self) -> str:
        if self.source in (None, "mic"):
            return "the microphone"
        return "standard input" if self.source == "-" else "a recording"

    @property
    def has_end(self) -> bool:
        return self.kind != "the microphone"

    def check(self) -> None:
        """Refuse options that have no meaning for this source: they would be believed to do something."""
        given = {
            "--device": (self.device is not None, ("the microphone",)),
            "--rate": (self.rate is not None, ("the microphone", "standard input")),
            "--encoding": (self.encoding is not None, ("standard input",)),
            "--channels": (self.channels is not None, ("standard input",)),
            "--channel": (self.channel is not None, ("standard input", "a recording")),
            "--fast": (self.fast, ("a recording",)),
        }
        for option, (is_given, kinds) in given.items():
            if is_given and self.kind not in kinds:
                raise UsageError(f"{option} has no meaning for {self.kind}, only for {' and '.join(kinds)}")
        options.parse_channel(self.channel or "mix")

    def open(self, recogniser: Recogniser, block_seconds: float) -> tuple[Source, Session]:
        """Open what is heard, and a session for it."""
        from emotrace.hear.session import Session

        channel = options.parse_channel(self.channel or "mix")
        if self.kind == "the microphone":
            from emotrace.hear.microphone import open_microphone

            microphone = open_microphone(self.device, self.rate)
            return microphone, Session(
                recogniser,
                microphone.sampling_rate,
                interim_seconds=_INTERIM_SECONDS,
                file=microphone.device.name,
            )
        if self.kind == "standard input":
            from emotrace.cli._raw_input import RawInput

            encoding, n_channels = self.encoding or _RAW_ENCODING, 1 if self.channels is None else self.channels
            session = Session(
                recogniser,
                _RAW_RATE if self.rate is None else self.rate,
                encoding=encoding,
                n_channels=n_channels,
                channel=channel,
                interim_seconds=_INTERIM_SECONDS,
                file="-",
            )
            return RawInput(encoding, n_channels), session
        from emotrace.audio.load import open_stream
        from emotrace.cli._paced_file import PacedFile

        assert self.source is not None
        stream = open_stream(self.source, recogniser.sampling_rate, channel, block_seconds=block_seconds)
        session = Session(
            recogniser,
            recogniser.sampling_rate,
            interim_seconds=_INTERIM_SECONDS,
            file=self.source,
            name=str(channel),
        )
        return PacedFile(stream, self.fast), session
