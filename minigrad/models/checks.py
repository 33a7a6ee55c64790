"""What a network says when an option is out of its range."""

from __future__ import annotations

from typing import Any

__all__ = ["check_choice", "check_counts"]


def check_counts(network: str, least: int = 1, **counts: Any) -> None:
    """Raise ValueError unless every option is an integer of at least `least`."""
    for name, value in counts.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(
                f"{network}: {name} (={value!r}) must be an integer of at least {least}"
            )


def check_choice(network: str, name: str, value: Any, choices: tuple[str, ...]) -> None:
    """Raise ValueError unless an option is one of its choices."""
    if value not in choices:
        raise ValueError(f"{network}: {name} (={value!r}) must be one of {', '.join(choices)}")
