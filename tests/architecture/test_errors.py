"""One table maps the domain's errors to HTTP, and it is total."""

import pkgutil
from collections.abc import Collection, Iterable, Iterator
from http import HTTPStatus
from importlib import import_module

import pytest

import lodestar
from lodestar.domain.refusals import LodestarError, NotFound
from lodestar.runtime.errors import STATUS, status_of

NOT_TO_IMPORT = "lodestar.persistence.migrations."
"""Alembic runs these; they are no modules of the program."""


def subclasses_of(root: type[LodestarError]) -> Iterator[type[LodestarError]]:
    """Every class under an error that is loaded."""
    for subclass in root.__subclasses__():
        yield subclass
        yield from subclasses_of(subclass)


def without_status(
    errors: Iterable[type[LodestarError]], table: Collection[type[LodestarError]]
) -> list[type[LodestarError]]:
    """The errors that no class of the table covers."""
    return [error for error in errors if not set(error.__mro__) & set(table)]


@pytest.fixture(scope="module")
def errors() -> list[type[LodestarError]]:
    """Every error that our packages define."""
    for module in pkgutil.walk_packages(lodestar.__path__, "lodestar."):
        if not module.name.startswith(NOT_TO_IMPORT):
            import_module(module.name)
    return [each for each in subclasses_of(LodestarError) if each.__module__.startswith("lodestar.")]


def test_every_error_of_the_house_has_a_status(errors: list[type[LodestarError]]) -> None:
    assert set(STATUS) <= set(errors)
    assert without_status(errors, STATUS) == []


def test_every_error_has_a_code_of_its_own(errors: list[type[LodestarError]]) -> None:
    codes = [LodestarError.code, *(vars(error).get("code") for error in errors if error in STATUS)]
    assert len(set(codes)) == len(STATUS) + 1


def test_an_error_takes_the_status_of_its_nearest_class() -> None:
    class NoSuchKpi(NotFound):
        pass

    assert status_of(NoSuchKpi("There is no such KPI.")) == HTTPStatus.NOT_FOUND
    assert status_of(LodestarError("Something broke.")) == HTTPStatus.INTERNAL_SERVER_ERROR


def test_the_guard_finds_an_error_without_a_status() -> None:
    class Unheard(LodestarError):
        pass

    assert without_status([NotFound, Unheard], STATUS) == [Unheard]
    assert Unheard in subclasses_of(LodestarError)
