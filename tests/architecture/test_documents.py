"""What the documents link to is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.house import ROOT

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
CODE = "layers/lodestar/lodestar"


def links(page: Path) -> Iterator[str]:
    """The links of a page to other pages and files of this repository."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    for link in re.findall(r"\]\(([^)]+)\)", text):
        if "://" not in link:
            yield link


def anchors(page: Path) -> set[str]:
    """The names by which the headings of a page are linked to, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def trouble(page: Path, link: str) -> str | None:
    """Why a link of a page leads nowhere; None where it leads somewhere."""
    file, _, anchor = link.partition("#")
    found = (page.parent / file).resolve() if file else page
    if not found.exists():
        return f"{link}: there is no such file"
    if anchor and anchor not in anchors(found):
        return f"{link}: there is no such heading"
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert [found for link in links(page) if (found := trouble(page, link))] == []


def test_the_links_of_the_readme_are_read() -> None:
    found = [*links(ROOT / "README.md")]
    assert {"docs/tour.md", f"{CODE}/domain/periods.py", "docs/rules/scores.md#status"} <= {*found}


@pytest.mark.parametrize("link", ["nowhere.md", "GLOSSARY.md#no-such-word", "#no-such-heading"])
def test_a_link_that_leads_nowhere_is_found(link: str) -> None:
    assert trouble(ROOT / "README.md", link)
