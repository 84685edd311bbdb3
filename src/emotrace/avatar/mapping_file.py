"""Mapping files: TOML with ``[motion]``, ``[sending]`` and one ``[[parameter]]`` per parameter; and the presets.

A preset is a mapping file ``presets/<name>.toml``, found by its name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from emotrace.avatar.mapping import AvatarMapping, Parameter, Sending
from emotrace.avatar.motion import Motion
from emotrace.errors import AvatarError, UnknownNameError
from emotrace.strict_toml import read_record, saying_where, show_file

_PRESETS = Path(__file__).parent / "presets"


def preset_names() -> list[str]:
    """List the shipped presets."""
    return sorted(path.stem for path in _PRESETS.glob("*.toml"))


def preset_path(name: str) -> Path:
    """Give the file of a preset; raise `UnknownNameError` if there is none."""
    if name not in preset_names():
        raise UnknownNameError("avatar preset", name, preset_names())
    return _PRESETS / f"{name}.toml"


def load_preset(name: str) -> AvatarMapping:
    """Read a shipped preset; raise `UnknownNameError` if there is none.

    >>> load_preset("vrchat").parameters[0].address
    '/avatar/parameters/FaceOSC'
    """
    return read_mapping(preset_path(name))


def read_mapping(path: Path) -> AvatarMapping:
    """Read a mapping file.

    Raises
    ------
    AvatarError
        If it is not TOML, or a key is unknown, missing, of another type or out of range.
    """
    file = read_record(_File, path, AvatarError)
    with saying_where(show_file(path), AvatarError):
        return AvatarMapping(file.description, file.parameter, file.motion, file.sending)


@dataclass(frozen=True)
class _File:
    """A mapping file, as its keys are called."""

    parameter: tuple[Parameter, ...]
    description: str = ""
    motion: Motion = field(default_factory=Motion)
    sending: Sending = field(default_factory=Sending)
