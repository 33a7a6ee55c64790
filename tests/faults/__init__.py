"""Known faults of tensor libraries, one case each, by their numbers in the list of bad inputs."""

from faults import arrays, geometry, graph, layers

__all__ = ["FAULTS"]

FAULTS = {
    number: check
    for family in (geometry, arrays, graph, layers)
    for number, check in family.FAULTS.items()
}
