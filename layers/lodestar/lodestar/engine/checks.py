"""What a formula's tree has to satisfy besides its grammar before it is saved."""

from collections.abc import Collection, Iterator
from decimal import Decimal, localcontext

from lodestar.engine.evaluator import Evaluator, within_limit
from lodestar.engine.grammar import FormulaRefused, Node, Operation, Variable, is_free_name
from lodestar.engine.operations import CONTEXT


def used_variables(tree: Node, declared: Collection[str]) -> tuple[str, ...]:
    """The names in the tree, which are exactly the declared ones, in the order of their first use.

    Raises:
        FormulaRefused: `formula_input_name`, `formula_unknown_variable` or `formula_unused_input`.
    """
    for name in declared:
        if not is_free_name(name):
            message = (
                f"Rename the input {name[:64]!r}: use a-z, 0-9 and _, and no word of the formula language."
            )
            raise FormulaRefused("formula_input_name", message)
    used = [node for node in _walk(tree) if isinstance(node, Variable)]
    for variable in used:
        if variable.name not in declared:
            message = f"There is no input `{variable.name}`: add it to the inputs or correct the name."
            raise FormulaRefused("formula_unknown_variable", message, variable.span.start)
    names = tuple(dict.fromkeys(variable.name for variable in used))
    for name in declared:
        if name not in names:
            message = f"The formula never uses the input `{name}`: use it or remove it."
            raise FormulaRefused("formula_unused_input", message)
    return names


def check_fixed_parts(tree: Node, text: str) -> None:
    """Try every part without a variable now: what can never be a number is a mistake, not missing data.

    Raises:
        FormulaRefused: `formula_never_a_number`, such as for 1 / 0, 9 ** 999 or (−8) ** 0.5.
    """
    with localcontext(CONTEXT):
        for part in _fixed_parts(tree):
            value = Evaluator(text, {}).explain(part).value
            if part is tree:
                value = within_limit(value)
            if not isinstance(value, Decimal | bool):
                reason = value.reason.replace("_", " ")
                message = f"Correct this part: it can never give a number ({reason})."
                raise FormulaRefused("formula_never_a_number", message, part.span.start)


def _walk(tree: Node) -> Iterator[Node]:
    """Every node in the order of the text, each before its operands."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(_operands(node)))


def _fixed_parts(tree: Node) -> Iterator[Node]:
    """The largest parts that no variable occurs in."""
    varying: set[int] = set()
    for node in reversed(list(_walk(tree))):
        if isinstance(node, Variable) or any(id(operand) in varying for operand in _operands(node)):
            varying.add(id(node))
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if id(node) in varying:
            waiting.extend(reversed(_operands(node)))
        else:
            yield node


def _operands(node: Node) -> tuple[Node, ...]:
    return node.operands if isinstance(node, Operation) else ()
