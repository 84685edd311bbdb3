"""Mapping files: TOML with ``[motion]``, ``[sending]`` and one ``[[parameter]]`` per parameter; and the presets.

A preset is a mapping file ``presets/<name>.toml``, found by its name.
"""

from __future__ import annotations

from pathlib import Path

from emotrace.avatar.mapping import AvatarMapping, Parameter, Sending
from emotrace.avatar.motion import Motion
from emotrace.avatar.strict_toml import parse_table, read_table
from emotrace.errors import AvatarError, UnknownNameError, suggest

_PRESETS = Path(__file__).parent / "presets"
_KEYS = ("description", "motion", "sending", "parameter")
_MOST_PARAMETERS = 500


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
    table = read_table(path)
    for key in table:
        if key not in _KEYS:
            raise AvatarError(f"{path}: unknown key {key[:40]!r}; {suggest(key[:40], _KEYS)}")
    description = table.get("description", "")
    if not isinstance(description, str):
        raise AvatarError(f"{path}: key 'description' must be text in quotes")
    rows = table.get("parameter", [])
    if not isinstance(rows, list):
        raise AvatarError(f"{path}: key 'parameter' must be a list of tables; write [[parameter]] above each")
    if len(rows) > _MOST_PARAMETERS:
        raise AvatarError(f"{path}: {len(rows)} parameters; at most {_MOST_PARAMETERS} can be sent")
    motion = parse_table(Motion, table.get("motion", {}), f"{path}: [motion]")
    sending = parse_table(Sending, table.get("sending", {}), f"{path}: [sending]")
    parameters = tuple(parse_table(Parameter, row, f"{path}: [[parameter]] {i}") for i, row in enumerate(rows, 1))
    try:
        return AvatarMapping(description, parameters, motion, sending)
    except AvatarError as error:
        raise AvatarError(f"{path}: {error}") from None
