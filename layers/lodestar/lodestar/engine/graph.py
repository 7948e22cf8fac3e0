"""The order of KPIs that use each other. No recursion: a chain may be as long as it likes."""

from collections import deque
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from lodestar.domain.refusals import Detail, InvalidContent
from lodestar.domain.runs import BatchSubjects


class DependencyCycle(InvalidContent):
    """A KPI that would need its own value (422); `path` begins and ends with it."""

    code = "formula_cycle"

    def __init__(self, path: list[str]) -> None:
        sentence = f"The formula would use its own result: {' → '.join(path)}. Remove one of these inputs."
        super().__init__(sentence, [Detail("data_source.inputs", sentence)])
        self.path = tuple(path)


class Node(NamedTuple):
    """One definition for people, or for teams and the company: what batches calculate together."""

    definition: int
    subjects: BatchSubjects


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


def cycle_through(start: str, edges: Mapping[str, Collection[str]]) -> list[str] | None:
    """The shortest path on which one uses itself, from it to it: `[a, b, a]`. None where it does not.

    Cycles of others do not count: whoever saves one KPI is not told of faults that lie elsewhere.
    """
    user_of: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        user = waiting.popleft()
        for used in edges.get(user, ()):
            if used == start:
                return [start, *_walked(user, user_of)][::-1]
            if used not in user_of:
                user_of[used] = user
                waiting.append(used)
    return None


def topological_order(edges: Mapping[str, Collection[str]]) -> list[str]:
    """Everything in `edges`, what is used before what uses it.

    Raises:
        DependencyCycle: there is no such order.
    """
    if cycle := find_cycle(edges):
        raise DependencyCycle(cycle)
    return list(TopologicalSorter(edges).static_order())


def strongly_connected[Item: Hashable](edges: Mapping[Item, Collection[Item]]) -> list[tuple[Item, ...]]:
    """All items in groups of those that use one another, each group behind the groups that it uses.

    What is on no cycle is a group of its own. (Kosaraju: what ends last in a walk down begins a group, which
    is all that is still to be reached from there in the other direction.)
    """
    users: dict[Item, list[Item]] = {}
    for user, targets in edges.items():
        users.setdefault(user, [])
        for used in targets:
            users.setdefault(used, []).append(user)
    used_first = list(_walk(users, edges))
    seen: set[Item] = set()
    groups = [tuple(_walk([item], users, seen)) for item in reversed(used_first)]
    return [group for group in reversed(groups) if group]


def calculation_stages(uses: Mapping[Node, Collection[Node]]) -> dict[Node, int]:
    """The stage of each node, from 0: a stage may begin when the one before it is done for everybody.

    Inside a stage, a batch of users, or of groups (teams and the company), is calculated in dependency order.
    What users take from groups, or groups from users, spans batches: it costs a stage. What uses one another
    shares one: its periods are calculated in their order.
    """
    stages: dict[Node, int] = {}
    for component in strongly_connected(uses):
        needed = [
            stages[used] + (used.subjects is not node.subjects)
            for node in component
            for used in uses.get(node, ())
            if used not in component
        ]
        stages |= dict.fromkeys(component, max(needed, default=0))
    return stages


def _walked(last: str, came_from: Mapping[str, str]) -> Iterator[str]:
    """A way back, from its last step to its first."""
    step: str | None = last
    while step is not None:
        yield step
        step = came_from.get(step)


def _walk[Item: Hashable](
    starts: Iterable[Item], edges: Mapping[Item, Collection[Item]], seen: set[Item] | None = None
) -> Iterator[Item]:
    """Everything that can be reached and was not seen, each behind all that is reached through it."""
    seen = set() if seen is None else seen
    for start in starts:
        path = [] if start in seen else [(start, iter(edges.get(start, ())))]
        seen.add(start)
        while path:
            item, targets = path[-1]
            target = next((each for each in targets if each not in seen), None)
            if target is None:
                yield item
                path.pop()
            else:
                seen.add(target)
                path.append((target, iter(edges.get(target, ()))))
