"""The order of KPIs that use each other. No recursion: a chain may be as long as it likes."""

from collections.abc import Collection, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from lodestar.domain.assignments import SubjectType
from lodestar.domain.refusals import Detail, InvalidContent


class DependencyCycle(InvalidContent):
    """A KPI that would need its own value (422); `path` begins and ends with it."""

    code = "formula_cycle"

    def __init__(self, path: list[str]) -> None:
        sentence = f"The formula would use its own result: {' → '.join(path)}. Remove one of these inputs."
        super().__init__(sentence, [Detail("data_source.inputs", sentence)])
        self.path = tuple(path)


class Node(NamedTuple):
    """One definition for one kind of subject: all users of a company are calculated together."""

    definition: int
    subject: SubjectType


def find_cycle(edges: Mapping[str, Collection[str]]) -> list[str] | None:
    """The path of a cycle, each using the next one: `[a, b, a]`. None where there is none.

    `edges` names what each one uses; what is used need not be a key.
    """
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        path: list[str] = error.args[1]  # each is used by the next one
        return path[::-1]
    return None


def topological_order(edges: Mapping[str, Collection[str]]) -> list[str]:
    """Everything in `edges`, what is used before what uses it.

    Raises:
        DependencyCycle: there is no such order.
    """
    if cycle := find_cycle(edges):
        raise DependencyCycle(cycle)
    return list(TopologicalSorter(edges).static_order())


def calculation_stages(uses: Mapping[Node, Collection[Node]]) -> dict[Node, int]:
    """The stage of each node, from 0: a stage may begin when the one before it is done for everybody.

    Inside a stage, a batch of users, or of groups (teams and the company), is calculated in dependency order.
    What users take from groups, or groups from users, spans batches: it costs a stage.
    `uses` has no cycle, because a definition that makes one is never saved.
    """
    stages: dict[Node, int] = {}
    for node in TopologicalSorter(uses).static_order():
        needed = [stages[used] + _crosses(used, node) for used in uses.get(node, ())]
        stages[node] = max(needed, default=0)
    return stages


def _crosses(one: Node, other: Node) -> bool:
    return (one.subject is SubjectType.USER) is not (other.subject is SubjectType.USER)
