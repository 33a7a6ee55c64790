"""PyTorch's downloads of weights: minigrad downloads nothing, and says what to do instead."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["load_state_dict_from_url"]


def load_state_dict_from_url(url: str, *args: Any, **kwargs: Any) -> NoReturn:
    """Refuse to download.

    Raises
    ------
    RuntimeError
        Always; the message says how to bring weights along.
    """
    raise RuntimeError(
        f"load_state_dict_from_url: minigrad does not download {url}; fetch the weights yourself, "
        "convert them to safetensors, and use model.load_state_dict(minigrad.load(path))"
    )
