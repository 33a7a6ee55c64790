"""Public names that have no row, each with the reason."""

from minigrad import creation, draws, dtypes, random, serialization, typed

__all__ = ["EXCEPTED"]


def methods(names: str) -> list[str]:
    return [f"Tensor.{name}" for name in names.split()]


def functions(names: str) -> list[str]:
    return [f"minigrad.{name}" for name in names.split()]


MODULES = (creation, draws, dtypes, random, serialization, typed)

REASONS = {
    "asks about the tensor, and computes nothing": methods(
        "data_ptr device dim dtype element_size get_device is_complex is_contiguous is_cpu is_cuda "
        "is_floating_point is_leaf is_same_size itemsize nbytes ndim ndimension nelement numel "
        "shape size stride __len__ __contains__ __bool__ __float__ __int__ __index__ __iter__"
    )
    + functions("is_complex is_floating_point is_nonzero is_tensor numel"),
    "belongs to the graph: tests/test_autograd*.py": methods(
        "backward data detach detach_ edge grad_fn looks_into refresh register_hook requires_grad "
        "requires_grad_ retain_grad wrap clone_contiguous"
    )
    + functions("detach enable_grad inference_mode is_grad_enabled no_grad set_grad_enabled"),
    "converts to another dtype, device or kind of object": methods(
        "bool byte char cpu cuda double float half int item long numpy pin_memory share_memory_ "
        "short to tolist type type_as __array__ __dlpack__ __dlpack_device__ __deepcopy__"
    ),
    "makes a tensor that this one gives the dtype only": methods(
        "new new_empty new_full new_ones new_tensor new_zeros"
    ),
    "draws random numbers": methods("bernoulli_ exponential_ normal_ random_ uniform_")
    + functions("multinomial"),
    "exists in place only: tests/test_autograd_inplace.py": methods(
        "copy_ fill_ fill_diagonal_ resize_ resize_as_ set_ zero_ __setitem__"
    ),
    "works on shapes and dtypes, not on tensors": functions(
        "broadcast_shapes can_cast promote_types result_type"
    ),
    "is a class, its constructor or a setting": functions(
        "Size Tensor Generator device dtype finfo iinfo get_num_threads set_num_threads tensor"
    ),
    "makes tensors, dtypes, random states or files": [
        f"minigrad.{name}" for module in MODULES for name in module.__all__
    ],
}

EXCEPTED = {name: reason for reason, names in REASONS.items() for name in names}
