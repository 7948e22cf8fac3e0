"""What a function is told by its environment, and what it is told of a variable that is not there."""

import pytest

from lodestar import bootstrap
from lodestar.application.insight.tables import Download, FileFormat
from lodestar.delivery.directory import CognitoDirectory
from lodestar.delivery.files import S3Files
from lodestar.delivery.queue_depth import SqsQueues
from lodestar.delivery.queues import SqsMessages, SqsTaskQueue
from lodestar.delivery.topics import SnsTopics
from lodestar.domain.runs import SentBatch
from lodestar.domain.tasks import CompanyTask, TaskKind
from lodestar.settings import Required, Settings, VariableMissing, read_settings

NOTHING = Settings({})
REQUIRED = {name: variable for name, variable in vars(Settings).items() if isinstance(variable, Required)}


@pytest.mark.parametrize("name", REQUIRED)
def test_a_variable_that_is_not_set_is_named_as_soon_as_it_is_needed(name: str) -> None:
    variable = name.lstrip("_").upper()
    with pytest.raises(VariableMissing, match=f"^{variable} is not set: .*template.yaml"):
        getattr(NOTHING, name)
    with pytest.raises(VariableMissing, match=f"^{variable} is not set"):
        getattr(Settings({variable: ""}), name)
    assert getattr(Settings({variable: "7"}), name) == "7"


def test_settings_can_be_read_where_nothing_is_set() -> None:
    assert (NOTHING.database_port, NOTHING.database_tls) == (5432, False)
    assert (NOTHING.secrets_port, NOTHING.session_token) == ("2773", "")


def test_settings_have_the_kinds_of_their_values() -> None:
    settings = Settings(
        {
            "DATABASE_PORT": "6000",
            "DATABASE_TLS": "true",
            "DEAD_LETTER_QUEUE_URLS": "https://a https://b",
            "LARGEST_ANSWER": "4000000",
        }
    )
    assert (settings.database_port, settings.database_tls) == (6000, True)
    assert settings.dead_letter_queue_urls == ("https://a", "https://b")
    assert settings.largest_answer == 4_000_000


def test_settings_stay_as_they_were_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "test")
    settings = read_settings()
    monkeypatch.delenv("STAGE")
    assert settings.stage == "test"


FILE = Download("a.csv", FileFormat.CSV, b"")


@pytest.mark.parametrize(
    ("variable", "use"),
    [
        ("BATCH_QUEUE_URL", lambda: SqsMessages(NOTHING).batches(1, [SentBatch(1, 1, 1)])),
        ("TASK_QUEUE_URL", lambda: SqsMessages(NOTHING).publish(1)),
        ("TASK_QUEUE_URL", lambda: SqsTaskQueue(NOTHING).send([CompanyTask(TaskKind.RELAY, 1)])),
        ("BATCH_QUEUE_URL", lambda: SqsQueues(NOTHING).depth()),
        ("STAGE", lambda: SnsTopics(NOTHING).make(1)),
        ("EXPORTS_BUCKET", lambda: S3Files(NOTHING).store(1, FILE)),
        ("USER_POOL_ID", lambda: CognitoDirectory(NOTHING).disable("sub")),
    ],
)
def test_whoever_uses_a_service_without_its_variable_is_told_the_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, use: object
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert callable(use)
    with pytest.raises(VariableMissing, match=f"^{variable} is not set"):
        use()


def test_a_function_starts_without_what_it_does_not_use(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("BATCH_QUEUE_URL", "TASK_QUEUE_URL", "SLACK_QUEUE_ARN", "USER_POOL_ID"):
        monkeypatch.delenv(variable, raising=False)
    made = (bootstrap.settings, bootstrap.messages, bootstrap.topics, bootstrap.directory, bootstrap.queues)
    for each in made:
        each.cache_clear()
    try:
        assert all(each() for each in made)
    finally:
        for each in made:
            each.cache_clear()
