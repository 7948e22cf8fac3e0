"""How much one call may carry."""

import pytest

from lodestar.domain.limits import require_at_most
from lodestar.domain.refusals import TooLarge


def test_as_much_as_the_limit_says_is_taken_and_more_is_to_be_sent_in_parts() -> None:
    require_at_most(3, 3, "kites")
    with pytest.raises(TooLarge) as refused:
        require_at_most(3, 4, "kites")
    assert refused.value.message == "One call takes at most 3 kites: send the 4 in parts."
