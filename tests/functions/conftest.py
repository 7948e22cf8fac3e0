"""An option of the tests of the sample events."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record-answers", action="store_true", help="keep the answers to the sample events as examples"
    )
