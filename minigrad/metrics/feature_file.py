"""Features by a network from a file: any encoder of pictures, such as Inception's, as plain data.

The file is a safetensors file. Its arrays are weights; its metadata hold, under the name
``features``, a JSON object that says how a picture is prepared and which layers it goes through::

    {"name": "Inception v3, pool3",
     "input": {"colours": "rgb", "size": [299, 299],
               "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
     "layers": [
        {"op": "conv", "weight": "stem.weight", "bias": "stem.bias", "stride": 2, "name": "stem"},
        {"op": "relu"},
        {"op": "max_pool", "kernel": 3, "stride": 2, "name": "a"},
        {"op": "conv", "weight": "b.weight", "padding": [0, 3], "name": "b"},
        {"op": "avg_pool", "of": "a", "kernel": 3, "stride": 1, "padding": 1, "name": "c"},
        {"op": "cat", "of": ["b", "c"]},
        {"op": "mean"}]}

``input``
    ``colours`` is "rgb", in [0, 1], or "lab", L in [0, 100] and a and b in Lab units. ``size``
    (height, width) is what pictures are resized to in RGB, by Pillow's bilinear filter; left out,
    they keep their own. Then ``mean`` is taken away and the rest divided by ``std``, channel by
    channel; left out, they are 0 and 1.
``layers``
    run in their order. Each works on the result of the layer before it (at first the picture), or
    on what ``of`` names: "input", or an earlier layer's ``name``. The last one's result, (N, D),
    are the features.

=================  =============================================================================
op                 settings (default)
=================  =============================================================================
conv               weight (O, C / groups, KH, KW), bias (none), stride (1), padding (0), groups (1)
linear             weight (O, D), bias (none)
relu               none
max_pool           kernel, stride (kernel), padding (0)
avg_pool           kernel, stride (kernel), padding (0), count_include_pad (true)
cat                of: names, whose results are joined along the channels
mean, std          none: mean, standard deviation over the places, (N, C, H, W) -> (N, C)
flatten            none: (N, C, H, W) -> (N, C H W)
=================  =============================================================================

``weight`` and ``bias`` name arrays of the file, floats of any width. ``stride``, ``padding`` and
``kernel`` are a number or [height, width]. Batch normalisation, which is linear in use, goes into
the convolution before it: w' = w gamma / sqrt(var + eps), b' = beta - mean gamma / sqrt(var + eps).
Reading such a file runs no code: what it can say is the table above.

Only with Inception's very weights, prepared as its authors do, may the distance be called FID.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from minigrad import nn
from minigrad.autograd import no_grad
from minigrad.data import resize_planes, rgb_to_lab
from minigrad.functions import cat
from minigrad.metrics.checks import checked_rgb
from minigrad.nn import functional as F
from minigrad.tensor import Tensor

__all__ = ["FileEncoder", "load_encoder"]

_KEY = "features"
_COLOURS = ("rgb", "lab")


class FileEncoder(nn.Module):
    """A network that a file describes; see the module. `load_encoder` reads one.

    Parameters
    ----------
    description : mapping
        What stands under ``features``.
    arrays : mapping of str to numpy.ndarray
        The weights.

    Raises
    ------
    ValueError
        Naming the layer that is wrong, and what it may say.
    """

    def __init__(self, description: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        super().__init__()
        self.title = str(description.get("name", "a network of your own"))
        self._input(description.get("input", {}))
        layers = description.get("layers")
        if not isinstance(layers, list) or not layers:
            raise ValueError("layers: give a list of one layer or more")
        self.steps: list[tuple[Callable[..., Tensor], dict[str, Any], list[int]]] = []
        places = {"input": 0}
        for k, layer in enumerate(layers, 1):
            try:
                self.steps.append(self._step(k, dict(layer), arrays, places))
            except (KeyError, TypeError, ValueError) as error:
                name = layer.get("name", layer.get("op")) if isinstance(layer, dict) else layer
                raise ValueError(f"layer {k} ({name}): {error}") from error
        self.last_use = {s: k for k, (*_, sources) in enumerate(self.steps, 1) for s in sources}

    def _input(self, given: Mapping[str, Any]) -> None:
        unknown = [repr(key) for key in sorted(set(given) - {"colours", "size", "mean", "std"})]
        self.colours, size = given.get("colours", "rgb"), given.get("size")
        if unknown or self.colours not in _COLOURS:
            raise ValueError(
                f"input: {', '.join(unknown) or repr(self.colours)} is unknown; it has colours "
                f"({' or '.join(_COLOURS)}), size, mean and std"
            )
        self.size: tuple[int, int] | None = None if size is None else _pair(size, 1)
        self.mean, self.std = (
            np.array(given.get(name, [default] * 3), np.float64).reshape(3, 1, 1)
            for name, default in (("mean", 0.0), ("std", 1.0))
        )
        if not (np.isfinite(self.mean).all() and (self.std > 0).all()):
            raise ValueError("input: mean must be finite, and std greater than 0")

    def _step(
        self,
        k: int,
        layer: dict[str, Any],
        arrays: Mapping[str, np.ndarray],
        places: dict[str, int],
    ) -> tuple[Callable[..., Tensor], dict[str, Any], list[int]]:
        """Return a layer's function, its settings and the numbers of the results it works on."""
        op = layer.pop("op")
        if op not in _OPS:
            raise ValueError(f"op {op!r} is unknown; there are {', '.join(_OPS)}")
        function, settings = _OPS[op]
        name, of = str(layer.pop("name", k)), layer.pop("of", None)
        if of is None:
            sources = [k - 1]
        else:
            wanted = of if isinstance(of, list) else [of]
            missing = [word for word in wanted if word not in places]
            if missing or not wanted:
                raise ValueError(
                    f"of {', '.join(map(str, missing))}: no earlier layer has that name"
                )
            sources = [places[word] for word in wanted]
        if op != "cat" and len(sources) != 1:
            raise ValueError(f"{op} works on one result, not on {len(sources)}")
        unknown = sorted(set(layer) - set(settings))
        if unknown:
            raise ValueError(f"{op} has no {', '.join(unknown)}; it has {', '.join(settings)}")
        values: dict[str, Any] = {}
        for key, read in settings.items():
            if key in layer:
                values[key] = read(layer[key], arrays)
            elif key in ("weight", "kernel"):
                raise ValueError(f"{op} needs a {key}")
        for key in ("weight", "bias"):
            if key in values:
                setattr(self, f"{key}{k}", nn.Buffer(Tensor.wrap(values[key])))
                values[key] = f"{key}{k}"
        places[name] = k
        return function, values, sources

    def planes(self, number: int, picture: np.ndarray) -> np.ndarray:
        """Return RGB (H, W, 3) as the network takes it: (3, H, W), float32."""
        rgb = checked_rgb("encode_pictures", f"picture {number}", picture)
        if self.size is not None and rgb.shape[:2] != self.size:
            small = resize_planes(np.moveaxis(rgb, -1, 0), self.size, "bilinear")
            rgb = np.clip(np.moveaxis(small, 0, -1), 0, 1)
        x = np.moveaxis(rgb if self.colours == "rgb" else rgb_to_lab(rgb), -1, 0)
        return np.ascontiguousarray((x - self.mean) / self.std, np.float32)

    def forward(self, x: Tensor) -> Tensor:
        """Return the features (N, D)."""
        results = {0: x}
        for k, (function, settings, sources) in enumerate(self.steps, 1):
            named = {
                key: getattr(self, value) if key in ("weight", "bias") else value
                for key, value in settings.items()
            }
            try:
                results[k] = function(*(results[source] for source in sources), **named)
            except (TypeError, ValueError, IndexError) as error:
                raise ValueError(f"{self.title}: layer {k} does not fit: {error}") from error
            for source in set(sources):
                if self.last_use[source] == k:
                    del results[source]
        features = results[len(self.steps)]
        if features.ndim != 2:
            raise ValueError(
                f"{self.title}: the last layer gives {tuple(features.shape)}, features are (N, D): "
                "end with mean or flatten"
            )
        return features


def load_encoder(path: str | os.PathLike) -> FileEncoder:
    """Read a network of features from a safetensors file; see the module for what it holds.

    Raises
    ------
    ValueError
        No safetensors file, no ``features`` among its metadata, or what they say cannot be.
    OSError
        It cannot be read.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            text = (file.metadata() or {}).get(_KEY)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, TypeError) as error:
        raise ValueError(
            f"load_encoder: {os.fspath(path)} is not a safetensors file, or it is damaged: {error}"
        ) from error
    if text is None:
        raise ValueError(
            f"load_encoder: {os.fspath(path)} has no {_KEY!r} among its metadata, the JSON that "
            "says which layers its weights belong to; see minigrad.metrics.feature_file"
        )
    try:
        description = json.loads(text)
        if not isinstance(description, dict):
            raise ValueError(f"{_KEY} is no JSON object")
        with no_grad():
            return FileEncoder(description, arrays)
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"load_encoder: {os.fspath(path)}: {error}") from error


def _pair(value: Any, least: int) -> tuple[int, int]:
    sides = value if isinstance(value, list) else [value, value]
    whole = all(isinstance(side, int) and not isinstance(side, bool) for side in sides)
    if len(sides) != 2 or not whole or min(sides) < least:
        raise ValueError(f"{value!r} is not a number or two, each at least {least}")
    return sides[0], sides[1]


def _array(name: Any, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    if name not in arrays:
        raise ValueError(f"the file holds no array {name!r}")
    array = arrays[name]
    if array.dtype.kind != "f":
        raise ValueError(f"array {name} is of {array.dtype}, not of floats")
    return np.ascontiguousarray(array, np.float32)


def _positive(value: Any, arrays: Any) -> tuple[int, int]:
    return _pair(value, 1)


def _natural(value: Any, arrays: Any) -> tuple[int, int]:
    return _pair(value, 0)


def _whole(value: Any, arrays: Any) -> int:
    return _pair(value, 1)[0]


def _truth(value: Any, arrays: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def _max_pool(x: Tensor, kernel: Any, stride: Any = None, padding: Any = 0) -> Tensor:
    return F.max_pool2d(x, kernel, stride, padding)


def _avg_pool(
    x: Tensor, kernel: Any, stride: Any = None, padding: Any = 0, count_include_pad: bool = True
) -> Tensor:
    return F.avg_pool2d(x, kernel, stride, padding, count_include_pad=count_include_pad)


def _mean(x: Tensor) -> Tensor:
    return x.mean(dim=(2, 3))


def _std(x: Tensor) -> Tensor:
    return ((x - x.mean(dim=(2, 3), keepdim=True)) ** 2).mean(dim=(2, 3)).sqrt()


def _cat(*results: Tensor) -> Tensor:
    return cat(list(results), dim=1)


def _flatten(x: Tensor) -> Tensor:
    return x.flatten(1)


_WEIGHTS: dict[str, Callable[[Any, Any], Any]] = {"weight": _array, "bias": _array}
_WINDOW: dict[str, Callable[[Any, Any], Any]] = {
    "kernel": _positive,
    "stride": _positive,
    "padding": _natural,
}
_OPS: dict[str, tuple[Callable[..., Tensor], dict[str, Callable[[Any, Any], Any]]]] = {
    "conv": (
        F.conv2d,
        {**_WEIGHTS, "stride": _positive, "padding": _natural, "groups": _whole},
    ),
    "linear": (F.linear, _WEIGHTS),
    "relu": (F.relu, {}),
    "max_pool": (_max_pool, _WINDOW),
    "avg_pool": (_avg_pool, {**_WINDOW, "count_include_pad": _truth}),
    "cat": (_cat, {}),
    "mean": (_mean, {}),
    "std": (_std, {}),
    "flatten": (_flatten, {}),
}
