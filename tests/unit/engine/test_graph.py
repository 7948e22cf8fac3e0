from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.runs import BatchSubjects
from lodestar.engine.graph import (
    DependencyCycle,
    Node,
    calculation_stages,
    cycle_through,
    find_cycle,
    strongly_connected,
    topological_order,
)

USERS, GROUPS = BatchSubjects

names = st.sampled_from("abcdefgh")
graphs = st.dictionaries(names, st.lists(names, unique=True, max_size=3))

nodes = st.builds(Node, st.integers(0, 9), st.sampled_from(BatchSubjects))
acyclic = st.dictionaries(nodes, st.lists(nodes, max_size=4)).map(
    lambda uses: {node: [used for used in targets if used < node] for node, targets in uses.items()}
)


def reachable(graph, start):
    found, waiting = set(), list(graph.get(start, ()))
    while waiting:
        if (node := waiting.pop()) not in found:
            found.add(node)
            waiting.extend(graph.get(node, ()))
    return found


@given(graphs)
def test_a_cycle_is_found_exactly_where_something_uses_itself_and_its_path_can_be_walked(graph):
    cycle = find_cycle(graph)
    assert (cycle is not None) == any(name in reachable(graph, name) for name in graph)
    if cycle:
        assert cycle[0] == cycle[-1]
        assert all(used in graph[user] for user, used in pairwise(cycle))
        assert len(set(cycle)) == len(cycle) - 1


@given(graphs)
def test_an_order_holds_everything_once_and_what_is_used_first(graph):
    if find_cycle(graph):
        with pytest.raises(DependencyCycle):
            topological_order(graph)
        return
    order = topological_order(graph)
    assert sorted(order) == sorted({*graph, *(used for uses in graph.values() for used in uses)})
    assert all(order.index(used) < order.index(user) for user, uses in graph.items() for used in uses)


def test_a_kpi_that_uses_itself_is_a_cycle():
    assert find_cycle({"a": ["a"]}) == ["a", "a"]


def test_the_path_of_a_cycle_goes_from_what_uses_to_what_is_used():
    assert find_cycle({"a": ["b"], "b": ["c"], "c": ["a"]}) in (list("abca"), list("bcab"), list("cabc"))


def test_a_cycle_is_refused_with_its_path():
    with pytest.raises(DependencyCycle) as caught:
        topological_order({"profit": ["revenue"], "revenue": ["deals"], "deals": ["revenue"]})
    assert caught.value.path in {("revenue", "deals", "revenue"), ("deals", "revenue", "deals")}
    assert caught.value.code == "formula_cycle"
    assert caught.value.message == (
        f"The formula would use its own result: {' → '.join(caught.value.path)}. Remove one of these inputs."
    )
    assert caught.value.details[0].field == "data_source.inputs"


def test_a_chain_of_ten_thousand_needs_no_deep_stack():
    chain = {str(number): [str(number + 1)] for number in range(10_000)}
    assert find_cycle(chain) is None
    assert len(find_cycle(chain | {"10000": ["0"]})) == 10_002
    assert (
        max(calculation_stages({Node(n + 1, USERS): [Node(n, USERS)] for n in range(10_000)}).values()) == 0
    )


@given(graphs)
def test_who_uses_itself_is_told_the_shortest_way_and_of_no_other_cycle(graph):
    for name in graph:
        path = cycle_through(name, graph)
        assert (path is not None) == (name in reachable(graph, name))
        if path:
            assert (path[0], path[-1]) == (name, name)
            assert all(used in graph[user] for user, used in pairwise(path))
            assert len(set(path)) == len(path) - 1


def test_the_cycle_of_others_is_not_ones_own():
    others = {"a": ["b"], "b": ["c"], "c": ["b"]}
    assert cycle_through("a", others) is None
    assert cycle_through("b", others) == ["b", "c", "b"]


@given(graphs)
def test_a_group_is_all_that_use_one_another_and_stands_behind_what_it_uses(graph):
    groups = strongly_connected(graph)
    place = {name: position for position, group in enumerate(groups) for name in group}
    assert sorted(place) == sorted({*graph, *(used for uses in graph.values() for used in uses)})
    assert sum(map(len, groups)) == len(place)
    for one, other in combinations(place, 2):
        together = one in reachable(graph, other) and other in reachable(graph, one)
        assert (place[one] == place[other]) == together
    assert all(place[used] <= place[user] for user, uses in graph.items() for used in uses)


def test_users_and_groups_wait_for_each_other_but_not_among_themselves():
    stages = calculation_stages(
        {
            Node(2, USERS): [Node(1, USERS)],
            Node(3, GROUPS): [Node(2, USERS)],
            Node(4, GROUPS): [Node(3, GROUPS)],
            Node(5, USERS): [Node(4, GROUPS), Node(1, USERS)],
        }
    )
    assert stages == {
        Node(1, USERS): 0,
        Node(2, USERS): 0,
        Node(3, GROUPS): 1,
        Node(4, GROUPS): 1,
        Node(5, USERS): 2,
    }


def test_what_uses_one_another_shares_a_stage_behind_all_that_it_waits_for():
    stages = calculation_stages(
        {
            Node(1, USERS): [Node(2, USERS)],
            Node(2, USERS): [Node(1, USERS), Node(3, GROUPS)],
            Node(4, GROUPS): [Node(1, USERS)],
        }
    )
    assert stages == {Node(3, GROUPS): 0, Node(1, USERS): 1, Node(2, USERS): 1, Node(4, GROUPS): 2}


def crossings(uses, node):
    """The most changes between users and groups on any way down from the node."""
    return max(
        (crossings(uses, used) + (used.subjects is not node.subjects) for used in uses.get(node, ())),
        default=0,
    )


@given(acyclic)
def test_a_stage_is_the_most_crossings_below_a_node(uses):
    stages = calculation_stages(uses)
    assert stages == {node: crossings(uses, node) for node in stages}
    assert stages.keys() == {*uses, *(used for targets in uses.values() for used in targets)}
