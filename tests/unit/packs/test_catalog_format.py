"""The catalog's files: each of the format, and all of them installable together."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import jsonschema_rs
import pytest

from contract import catalog as contract
from lodestar.application.definitions.formulas import require_computable_formula
from lodestar.domain.definitions import Category, Definition, Rollup
from lodestar.domain.refusals import InvalidContent
from lodestar.packs.catalog.entries import Catalog, Entry
from lodestar.packs.catalog.format import TeamType
from lodestar.packs.catalog.loading import (
    PLATFORM,
    BadCatalog,
    catalog_files,
    folders,
    load_catalog,
    read_yaml,
)
from lodestar.packs.registry import all_packs, sandbox_tables
from lodestar.sources.database import queries_of
from lodestar.sources.sql.check import check_query

SCHEMA = jsonschema_rs.Draft202012Validator(json.loads(contract.COMMITTED.read_text(encoding="utf-8")))
FILES = catalog_files(folders())
TABLES = sandbox_tables()
type Make = Callable[..., Catalog]

THEN = datetime(2026, 1, 1, tzinfo=UTC)


def misfits(text: str) -> list[str]:
    """Where a file is not of the format, as an editor would show it."""
    return [
        f"{'.'.join(map(str, iter_error.instance_path))}: {iter_error.message}"
        for iter_error in SCHEMA.iter_errors(read_yaml(text))
    ]


def problems(catalog: Catalog) -> Iterator[str]:
    """What a schema cannot say: each entry builds, its formula and queries can be calculated, in some order."""
    built = dict[str, Definition]()
    for entry in catalog.entries.values():
        try:
            built[entry.key] = entry.definition(None, THEN)
            for each in queries_of(built[entry.key]):
                query = check_query(each.query, each.parameters, TABLES)
                if "user_id" not in query.parameters and entry.fields.rollup is not Rollup.NONE:
                    yield f"{entry.key}: what is asked of the company is no roll-up of its people's values"
        except InvalidContent as refused:
            yield f"{entry.key}: {refused.message}"
    for entry in catalog.entries.values():
        try:
            if entry.key in built:
                require_computable_formula(built[entry.key], built.values())
                catalog.to_install([entry.key])
        except InvalidContent as refused:
            yield f"{entry.key}: {refused.message}"


@pytest.mark.parametrize("file", FILES, ids=lambda each: f"{each.parent.name}/{each.name}")
def test_a_file_of_the_catalog_has_the_format_that_editors_are_shown(file: Path) -> None:
    assert misfits(file.read_text(encoding="utf-8")) == []


def test_every_entry_of_the_catalog_can_be_installed() -> None:
    assert list(problems(load_catalog(folders()))) == []


def test_each_pack_names_itself_in_its_ready_made_kpis() -> None:
    for pack in all_packs():
        entries = load_catalog([pack.definitions]).entries.values()
        assert {each.pack for each in entries} == {pack.name}
    assert {each.pack for each in load_catalog([PLATFORM]).entries.values()} == {None}


def test_the_schema_that_editors_use_is_the_one_of_the_code() -> None:
    assert contract.COMMITTED.read_text(encoding="utf-8") == contract.made(), "Run `make openapi`."


# What the catalog is, on a small one.


def entry(key: str, /, **changes: object) -> str:
    """An entry in YAML; a value is YAML in its turn, and None leaves the field out."""
    plain: dict[str, object] = {
        "key": key,
        "version": 1,
        "name": "N",
        "description": "D",
        "unit": "count",
        "aggregation_period": "daily",
        "target_type": "higher_better",
        "data_source": "{type: records, source: calls}",
    } | changes
    return "{" + ", ".join(f"{name}: {value}" for name, value in plain.items() if value is not None) + "}"


def formula(text: str, *inputs: str) -> str:
    """The data source of a formula; an input is `variable = key`, or `variable = key offset`."""
    told = []
    for each in inputs:
        variable, _, source = each.partition(" = ")
        key, _, offset = source.partition(" ")
        told.append(f"{{variable: {variable}, source: {{type: kpi, key: {key}, offset: {offset or 0}}}}}")
    return f"{{type: formula, formula: '{text}', inputs: [{', '.join(told)}]}}"


def file_of(*entries: str, category: str = "sales") -> str:
    return f"category: {category}\nentries:\n" + "".join(f"  - {each}\n" for each in entries)


@pytest.fixture
def made(tmp_path: Path) -> Make:
    """Makes a catalog of some entries."""

    def make(*entries: str, **files: str) -> Catalog:
        for name, text in {"some": file_of(*entries), **files}.items():
            (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
        return load_catalog([tmp_path, tmp_path / "absent"])

    return make


def keys(entries: Iterable[Entry]) -> list[str]:
    return [each.key for each in entries]


def test_entries_are_found_by_category_and_by_team_in_the_order_of_their_keys(made: Make) -> None:
    catalog = made(
        entry("b", team_types="[sales]"),
        entry("a"),
        more=file_of(entry("c", team_types="[sales]"), category="finance"),
    )
    assert keys(catalog.of()) == ["a", "b", "c"]
    assert keys(catalog.of(category=Category.SALES)) == ["a", "b"]
    assert keys(catalog.of(team_type=TeamType.SALES)) == ["b", "c"]
    assert keys(catalog.of(Category.SALES, TeamType.SALES)) == ["b"]


def test_what_a_formula_uses_is_installed_before_it_and_once(made: Make) -> None:
    catalog = made(
        entry("a", data_source=formula("x + y", "x = b", "y = c")),
        entry("b", data_source=formula("x", "x = c")),
        entry("c"),
        entry("d"),
    )
    assert keys(catalog.to_install(["a", "b"])) == ["c", "b", "a"]
    assert catalog.entries["a"].requires == ("b", "c")


def test_a_kpi_that_uses_its_own_past_requires_nothing(made: Make) -> None:
    catalog = made(entry("a", data_source=formula("coalesce(x, 0)", "x = a -1")))
    assert catalog.entries["a"].requires == ()
    assert list(problems(catalog)) == []


# Each rule, seen to fail on a defect.


@pytest.mark.parametrize(
    ("defect", "field"),
    [
        ({"unit": None}, "unit"),
        ({"target_type": None}, "target_type"),
        ({"description": None}, "description"),
        ({"version": 0}, "entries.0.version"),
        ({"key": "Calls made"}, "entries.0.key"),
        ({"category": "sales"}, "category"),
        ({"aggregation_period": "yearly"}, "entries.0.aggregation_period"),
        ({"team_types": "[marketing]"}, "entries.0.team_types.0"),
        ({"data_source": "{type: records}"}, "source"),
        ({"alerts": "[]"}, "alerts"),
    ],
    ids=str,
)
def test_schema_and_loader_both_refuse_a_file_that_is_not_of_the_format(
    made: Make, defect: dict[str, object], field: str
) -> None:
    (misfit,) = misfits(file_of(entry("calls", **defect)))
    assert field in misfit
    with pytest.raises(BadCatalog, match=rf"some.yaml: (?s:.*){field.rpartition('.')[2]}"):
        made(entry("calls", **defect))


def test_a_key_that_another_file_has_is_refused(made: Make) -> None:
    with pytest.raises(BadCatalog, match=r"some.yaml: there is another entry with the key a\."):
        made(entry("a"), more=file_of(entry("a")))


def test_a_field_that_stands_twice_is_refused_with_its_place(made: Make) -> None:
    with pytest.raises(BadCatalog, match=r"more.yaml: unit stands twice(?s:.*)line 3"):
        made(more="category: sales\nentries:\n- {unit: count, unit: hours}\n")


def test_a_file_of_no_pack_that_is_registered_is_refused(made: Make) -> None:
    with pytest.raises(
        BadCatalog, match="There is no such pack: choose from fleet, vehicle_sales, job_search"
    ):
        made(entry("a"), more=f"pack: vehicles\n{file_of(entry('b'))}")


def test_the_tour_counts_the_ready_made_kpis() -> None:
    tour = (Path(__file__).parents[3] / "docs" / "tour.md").read_text(encoding="utf-8")
    own, of_packs = (len(load_catalog(each).entries) for each in ([PLATFORM], folders()[1:]))
    assert f"The catalog holds {own} KPIs" in tour
    assert f"the packs add {of_packs} over their tables" in tour


@pytest.mark.parametrize(
    ("defect", "sentence"),
    [
        ([entry("a", data_source=formula("x", "x = b"))], 'a: There is no KPI with the key "b"'),
        (
            [entry("a", data_source=formula("x", "x = b")), entry("b", aggregation_period="weekly")],
            'a: "b" is weekly, this KPI is daily',
        ),
        (
            [entry("a", data_source=formula("x", "x = b")), entry("b", data_source=formula("x", "x = a"))],
            "a: These KPIs would be computed from one another in a circle",
        ),
        (
            [entry("a", data_source=formula("x", "x = b -1")), entry("b", data_source=formula("x", "x = a"))],
            "a: The formula would use its own result",
        ),
        ([entry("a", data_source=formula("x +", "x = b")), entry("b")], "a: "),
        (
            [
                entry("a", data_source=formula("x + y", "x = b", "y = c")),
                entry("b", unit="hours"),
                entry("c", unit="currency"),
            ],
            "a: At character 5: Hours cannot be added to an amount of money",
        ),
        ([entry("a", thresholds="{exceeds: 10}")], "a: thresholds must descend"),
        ([entry("a", data_source="{type: records, source: calls, field: x}")], "a: field must be"),
        (
            [
                entry(
                    "a", data_source="{type: database, query: select count(*) from users where id = :user_id}"
                )
            ],
            'a: There is no table "users" here',
        ),
        (
            [
                entry(
                    "a",
                    rollup="sum",
                    data_source="{type: database, query: SELECT COUNT(*) FROM deals WHERE company_id = :company_id}",
                )
            ],
            "a: what is asked of the company",
        ),
    ],
    ids=[
        "no such input",
        "another period",
        "a circle",
        "no order to install in",
        "no formula",
        "units",
        "no definition",
        "no source",
        "no query",
        "a roll-up of nobody",
    ],
)
def test_an_entry_that_could_not_be_installed_is_found(made: Make, defect: list[str], sentence: str) -> None:
    found = list(problems(made(*defect)))
    assert found
    assert found[0].startswith(sentence)
