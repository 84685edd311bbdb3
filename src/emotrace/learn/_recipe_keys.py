"""How every recipe says that a key's value does not fit."""

from __future__ import annotations

from collections.abc import Iterable

from emotrace.errors import RecipeError, suggest


def require_known(key: str, name: str, known: Iterable[str]) -> None:
    """Raise `RecipeError` with near names unless ``name`` is known."""
    names = list(known)
    require(name in names, key, f"names '{name}'; {suggest(name, names)}")


def require(is_sound: bool, key: str, what: str) -> None:
    """Raise `RecipeError` unless the value of ``key`` is sound; ``what`` goes on after the key's name."""
    if not is_sound:
        raise RecipeError(f"key '{key}' {what}")
