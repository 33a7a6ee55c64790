"""What all optimizers share: groups of parameters, the state of each parameter, saving and loading.

An optimizer is a class with two methods: ``__init__`` names its settings, `Optimizer.update`
changes one parameter.  Parameters are changed in place, so whatever looks at their memory sees the
new values, and the graph notices: a backward through the old values is an error, not a wrong
gradient.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import numpy as np

from minigrad.autograd import enable_grad, no_grad
from minigrad.optim.saved import loaded_group, loaded_state, packed, problems
from minigrad.optim.state import State, check_like
from minigrad.tensor import Tensor

__all__ = ["Optimizer", "required"]


class _Required:
    """Marks a setting that every group has to give."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()


def _counted(step: Callable) -> Callable:
    """A ``step`` that leaves a note for the schedulers, which should step after it."""

    @functools.wraps(step)
    def wrapper(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        self._opt_called = True
        return step(self, *args, **kwargs)

    return wrapper


class Optimizer:
    """The base of all optimizers.

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor) pairs, or of dict
        What is optimized.  Each dict is a group: its ``"params"``, and settings that differ from
        the defaults.
    defaults : dict
        The settings of groups that do not give their own.

    Attributes
    ----------
    param_groups : list of dict
        The groups; their settings may be changed between steps, which is what schedulers do.
    state : dict
        For each parameter (the Tensor itself) what the optimizer remembers of it.

    Raises
    ------
    TypeError
        For something that is no Tensor.
    ValueError
        For no parameters, a parameter given twice, a tensor that is not a leaf, a setting out of
        its bounds.
    """

    #: For each numeric setting the interval [low, high) that it must lie in.
    bounds: ClassVar[dict[str, tuple[float, float]]] = {}
    #: The names of states in the shape of their parameter.
    slots: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in vars(cls):
            cls.step = _counted(cls.step)  # type: ignore[method-assign]

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                f"{self._name}: params must be an iterable of Tensors or dicts, got a Tensor; use "
                "[tensor]"
            )
        self._check_settings(defaults)
        self.defaults = defaults
        self.state: dict[Any, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._opt_called = False
        groups = list(params)
        if not groups:
            raise ValueError(
                f"{self._name}: params is empty; was a generator given twice, or a model without "
                "parameters?"
            )
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    @property
    def _name(self) -> str:
        return type(self).__name__

    def update(self, p: np.ndarray, g: np.ndarray, state: State, group: dict[str, Any]) -> None:
        """Change one parameter in place: what each optimizer is.

        Parameters
        ----------
        p, g : numpy.ndarray, (size,)
            The parameter, to be written, and its gradient, to be read.
        state : State
            What is remembered of the parameter.
        group : dict
            The settings of its group.
        """
        raise NotImplementedError(f"{self._name}.update")

    @_counted
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        Parameters
        ----------
        closure : callable, optional
            Called first, with recording on: computes the loss and its gradients, and returns the
            loss.

        Returns
        -------
        What ``closure`` returned.

        Raises
        ------
        ValueError, TypeError
            If a gradient differs from its parameter in shape or dtype; no parameter has changed
            then.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        work = [
            (p, group) for group in self.param_groups for p in group["params"] if p.grad is not None
        ]
        for p, _ in work:
            self._check_ready(p)
        for p, group in work:
            self._apply(p, group)
        return loss

    def _check_ready(self, p: Tensor) -> None:
        g: Any = p.grad
        if not isinstance(g, Tensor):
            raise TypeError(
                f"{self._name}: the gradient of {self._position(p)} must be a Tensor, "
                f"got {type(g).__name__}"
            )
        if g.shape != p.shape or g.array.dtype != p.array.dtype:
            check_like(g, p.array, f"the gradient of {self._position(p)}", "assign one like it")
        if not p.array.flags.writeable:
            raise ValueError(
                f"{self._name}: {self._position(p)}, of shape {p.array.shape}, lies in read-only "
                "memory; "
                "optimize a copy of it"
            )

    def _apply(self, p: Tensor, group: dict[str, Any]) -> None:
        state = State(self.state.get(p, {}), p)
        flat = np.ascontiguousarray(p.array)  # p's own memory, if that is in C order
        self.update(flat.reshape(-1), np.ascontiguousarray(p.grad.array).reshape(-1), state, group)
        if state.tensors:
            self.state[p] = state.tensors
        if not np.may_share_memory(flat, p.array):
            p.array[...] = flat.reshape(p.array.shape)
        p.storage.version += 1

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or with ``set_to_none=False`` set them to zeros in place."""
        for p in (p for group in self.param_groups for p in group["params"]):
            if p.grad is None or set_to_none:
                p.grad = None
            else:
                with no_grad():
                    p.grad.detach_().zero_()

    # -- groups ------------------------------------------------------------------------------------

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group, ``{"params": ..., "lr": 0.01}``; settings left out are the defaults.

        Raises
        ------
        TypeError, ValueError
            As for the class; the optimizer is unchanged then.
        """
        if not isinstance(param_group, dict):
            raise TypeError(
                f"{self._name}: a parameter group must be a dict, got {type(param_group).__name__}"
            )
        if "params" not in param_group:
            raise ValueError(
                f"{self._name}: a parameter group needs 'params', got only {sorted(param_group)}"
            )
        group = {**param_group, **self._tensors_of(param_group["params"])}
        for name, value in self.defaults.items():
            group.setdefault(name, value)
            if group[name] is required:
                raise ValueError(
                    f"{self._name}: group {len(self.param_groups)} does not give {name}"
                )
        self._check_settings(group)
        for name in self.bounds:
            if isinstance(group.get(name), Tensor):
                group[name] = group[name].item()
        self._check_parameters(group["params"])
        self.param_groups.append(group)

    def _tensors_of(self, params: Any) -> dict[str, list[Any]]:
        """The parameters of a group as a list, and their names if they came with names."""
        if isinstance(params, (set, frozenset)):
            raise TypeError(f"{self._name}: params is a set, whose order changes; use a list")
        entries = [params] if isinstance(params, Tensor) else list(params)
        named = [isinstance(entry, tuple) and len(entry) == 2 for entry in entries]
        if not any(named):
            return {"params": entries}
        if not all(named):
            raise ValueError(f"{self._name}: some params of a group have names, others have none")
        return {"params": [p for _, p in entries], "param_names": [name for name, _ in entries]}

    def _check_parameters(self, params: list[Any]) -> None:
        known = {p: f"parameter {i} of group {k}" for k, i, p in self._places()}
        for i, p in enumerate(params):
            place = f"parameter {i} of group {len(self.param_groups)}"
            if not isinstance(p, Tensor):
                raise TypeError(f"{self._name}: {place} must be a Tensor, got {type(p).__name__}")
            if not p.is_leaf:
                raise ValueError(
                    f"{self._name}: {place} is not a leaf: it is the result of {p.grad_fn!r}; "
                    "optimize what "
                    "it was made from, or use detach().requires_grad_()"
                )
            if p in known:
                raise ValueError(
                    f"{self._name}: {place}, of shape {tuple(p.shape)}, is {known[p]} as well; it "
                    "would be "
                    "updated twice in each step"
                )
            known[p] = place

    def _places(self) -> list[tuple[int, int, Any]]:
        return [
            (k, i, p)
            for k, group in enumerate(self.param_groups)
            for i, p in enumerate(group["params"])
        ]

    def _position(self, parameter: Tensor) -> str:
        return next(f"parameter {i} of group {k}" for k, i, p in self._places() if p is parameter)

    def _check_settings(self, settings: dict[str, Any]) -> None:
        """Raise unless every setting (each number of a pair) lies within its bounds."""
        for name, (low, high) in self.bounds.items():
            value = settings.get(name, low)
            for number in value if isinstance(value, (tuple, list)) else (value,):
                if number is not required and not low <= number < high:
                    raise ValueError(
                        f"{self._name}: {name} (={value}) must be at least {low}"
                        + (f" and below {high}" if high < float("inf") else " and finite")
                    )

    def __repr__(self) -> str:
        groups = [
            "\n".join(
                [f"Parameter Group {i}"]
                + [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
            )
            for i, group in enumerate(self.param_groups)
        ]
        return f"{self._name} (\n" + "\n\n".join(groups) + "\n)"

    # -- saving and loading ------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """State and settings in PyTorch's format; parameters are numbered as they were given.

        Returns
        -------
        dict
            ``{"state": {0: {...}, ...}, "param_groups": [{..., "params": [0, ...]}, ...]}``.  Its
            tensors are the optimizer's own: the next step changes them.
        """
        return packed(self.state, self.param_groups)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over copies of what `state_dict` gave; states get the dtype of their parameter.

        Raises
        ------
        ValueError
            Listing everything that does not fit: number and sizes of groups, unknown parameters,
            shapes of states.  The optimizer is unchanged then.
        """
        found = problems(state_dict, self.param_groups, self.slots)
        if found:
            raise ValueError(f"{self._name}: the state does not fit: " + "; ".join(found))
        groups = [
            loaded_group(saved, group)
            for saved, group in zip(state_dict["param_groups"], self.param_groups, strict=True)
        ]
        for group in groups:
            self._check_settings(group)
        self.state = loaded_state(state_dict, self.param_groups)
        self.param_groups = groups
