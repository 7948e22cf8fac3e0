"""Starting, stopping and starting again: what is kept, and what is told when it cannot be."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from local.__main__ import main
from local.aws import Aws
from local.door import TOKEN_HEADER
from local.errors import CannotRun, NoSuchPerson
from local.running_stack import running_stack
from local.state import State

ROOT = Path(__file__).parents[3]
SUPERUSER = "superuser@lodestar.local"


def command(room: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "local", *arguments, "--data", str(room / "data")]


def run(room: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(room, *arguments),
        cwd=room / "sample",
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@contextmanager
def up(room: Path) -> Iterator[subprocess.Popen[str]]:
    """`python -m local up`, ready; killed at the end if the test did not stop it."""
    process = subprocess.Popen(
        command(room, "up", "--port", "0", "--no-demo"),
        cwd=room / "sample",
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        while "A token for the superuser" not in process.stdout.readline():
            assert process.poll() is None
        yield process
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def left_of(room: Path) -> list[str]:
    """The processes that work in the room two seconds after the runner's end, of which they learn by it."""
    end = time.monotonic() + 2
    while (found := working_in(room)) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def working_in(room: Path) -> list[str]:
    """The processes that work in the room."""
    lines = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    folders = [process.info["cwd"] for process in psutil.process_iter(["cwd"])]
    return [line for line in [*lines, *map(str, folders)] if str(room) in line]


def test_the_command_line_serves_signs_in_ticks_and_leaves_nothing_behind(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(room / "data")]
    with up(room) as process:
        state = json.loads((room / "data" / "server.json").read_text())
        assert state["pid"] == process.pid

        token = run(room, "token", SUPERUSER).stdout
        assert token.count("\n") == 1
        header = {"authorization": f"Bearer {token.strip()}"}
        event = httpx.get(f"http://127.0.0.1:{state['port']}/echo/1", headers=header).json()["event"]
        assert event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] == "sub-of-the-superuser"

        assert main(["token", "nobody@example.org", *data]) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert "Nobody has the email address nobody@example.org" in told.err

        assert main(["tick", "daily", "--at", "2026-01-05T03:00:00+01:00", *data]) == 0
        planned = {"cadence": "daily", "at": "2026-01-05T02:00:00Z"}
        assert json.loads(capsys.readouterr().out) == {"planned": planned}
        assert main(["tick", "daily", "--at", "monday", *data]) == 1
        assert "write it like 2026-01-05T02:00:00Z" in capsys.readouterr().err

        with (
            pytest.raises(CannotRun, match="already runs on"),
            running_stack(room / "sample" / "template.yaml", room / "data"),
        ):
            pass
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert left_of(room) == []
    assert main(["token", SUPERUSER, *data]) == 1
    assert "is not running" in capsys.readouterr().err


def test_a_runner_that_was_killed_does_not_stand_in_the_way_of_the_next(room: Path) -> None:
    with up(room) as process:
        process.kill()
        process.wait()
    with running_stack(room / "sample" / "template.yaml", room / "data") as running:
        running.migrate()
    assert left_of(room) == []


KIND: Any = {"kind": {"DataType": "String", "StringValue": "alert"}}


def wait_for_another(postmaster: str, room: Path) -> None:
    """Until another Postgres than that process says that it is ready."""
    file, end = room / "data" / "postgres" / "postmaster.pid", time.monotonic() + 20
    while True:
        lines = file.read_text().split() if file.exists() else []
        if lines and lines[0] != postmaster and lines[-1] == "ready":
            return
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_stack_that_was_killed_finds_its_queues_secrets_and_topics_again(room: Path) -> None:
    with up(room) as process:
        state = State.read(room / "data")
        queue = state.refs["Results"]
        aws = Aws(queue.partition("/123456789012/")[0], state.token)
        for body in ("done", "waits", "is worked on"):
            aws.sqs.send_message(QueueUrl=queue, MessageBody=body, MessageAttributes=KIND)
        for body, is_done in (("done", True), ("waits", False)):
            (message,) = aws.sqs.receive_message(QueueUrl=queue)["Messages"]
            assert message["Body"] == body
            if is_done:
                aws.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        aws.secrets.create_secret(Name="made/just/before", SecretString="kept")
        topic = aws.sns.create_topic(Name="made-just-before")["TopicArn"]
        generated = aws.secrets.get_secret_value(SecretId="GeneratedSecret")["SecretString"]
        process.kill()
        process.wait()
    with running_stack(room / "sample" / "template.yaml", room / "data") as running:
        received = running.aws.sqs.receive_message(
            QueueUrl=running.refs["Results"], MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )["Messages"]
        assert [message["Body"] for message in received] == ["waits", "is worked on"]
        assert received[0]["MessageAttributes"] == KIND
        running.aws.sqs.purge_queue(QueueUrl=running.refs["Results"])
        secrets = running.aws.secrets
        assert secrets.get_secret_value(SecretId="made/just/before")["SecretString"] == "kept"
        assert secrets.get_secret_value(SecretId="GeneratedSecret")["SecretString"] == generated
        assert topic in [each["TopicArn"] for each in running.aws.sns.list_topics()["Topics"]]


def test_a_postgres_that_dies_is_started_again(room: Path) -> None:
    with running_stack(room / "sample" / "template.yaml", room / "data") as running:
        running.migrate()
        for number in (signal.SIGKILL, signal.SIGINT):
            postmaster = (room / "data" / "postgres" / "postmaster.pid").read_text().splitlines()[0]
            os.kill(int(postmaster), number)
            wait_for_another(postmaster, room)
            running.database.connect().close()
        running.migrate()
    assert left_of(room) == []


def test_run_plans_every_cadence_and_ends(room: Path) -> None:
    done = run(room, "run")
    assert done.returncode == 0, done.stderr
    assert "Batches: nothing was due. It took" in done.stdout
    assert [line.partition(":")[0] for line in done.stdout.splitlines()[:4]] == [
        "daily", "weekly", "monthly", "quarterly",
    ]  # fmt: skip
    assert left_of(room) == []


def test_a_second_start_keeps_people_secrets_topics_and_tokens(room: Path) -> None:
    template, data = room / "sample" / "template.yaml", room / "data"
    with running_stack(template, data) as first:
        first.migrate()
        token = first.token_for(SUPERUSER)
        topic = first.aws.sns.create_topic(Name="made-by-a-function")["TopicArn"]
        queue = first.aws.sqs.get_queue_attributes(
            QueueUrl=first.refs["Results"], AttributeNames=["QueueArn"]
        )
        endpoint = queue["Attributes"]["QueueArn"]
        raw = {"RawMessageDelivery": "true"}
        first.aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=endpoint, Attributes=raw)
        first.aws.secrets.create_secret(Name="made/by/a/function", SecretString="kept")
        generated = first.aws.secrets.get_secret_value(SecretId="GeneratedSecret")["SecretString"]
    with running_stack(template, data) as second:
        header = {"authorization": f"Bearer {token}"}
        assert httpx.get(f"{second.base_url}/echo/1", headers=header).status_code == 200
        second.aws.sns.publish(TopicArn=topic, Message="news")
        received = second.aws.sqs.receive_message(QueueUrl=second.refs["Results"])["Messages"]
        assert [message["Body"] for message in received] == ["news"]
        # The stacks of one process share their AWS: what is left here is found by the next test.
        second.aws.sqs.purge_queue(QueueUrl=second.refs["Results"])
        secrets = second.aws.secrets
        assert secrets.get_secret_value(SecretId="made/by/a/function")["SecretString"] == "kept"
        assert secrets.get_secret_value(SecretId="GeneratedSecret")["SecretString"] == generated
        with pytest.raises(NoSuchPerson):
            second.token_for("nobody@example.org")


def test_a_taken_port_is_told_with_another_to_choose(room: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with (
            pytest.raises(CannotRun, match=rf"Port {port} cannot be used .*make up PORT={port + 1}"),
            running_stack(room / "sample" / "template.yaml", room / "data", port),
        ):
            pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give up its rights for Postgres")
def test_a_folder_that_postgres_may_not_enter_is_named(room: Path) -> None:
    closed = room / "closed"
    closed.mkdir(mode=0o700)
    with (
        pytest.raises(CannotRun, match=rf"cannot enter {closed}\. Choose another folder: make up DATA="),
        running_stack(room / "sample" / "template.yaml", closed / "data"),
    ):
        pass


def test_a_postgres_that_does_not_start_shows_the_end_of_its_log(room: Path) -> None:
    with running_stack(room / "sample" / "template.yaml", room / "data"):
        settings = room / "data" / "postgres" / "postgresql.auto.conf"
    settings.write_text("nonsense = 1\n")
    try:
        with (
            pytest.raises(
                CannotRun, match=r'(?s)did not start.*unrecognized configuration parameter "nonsense"'
            ),
            running_stack(room / "sample" / "template.yaml", room / "data"),
        ):
            pass
    finally:
        settings.write_text("")


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("Parameters: {Unknown: {Type: String}}", "parameter Unknown needs a Default"),
        ("", "uses Fn::FindInMap, which the local runner does not know"),
    ],
)
def test_a_template_that_cannot_run_here_says_why(room: Path, template: str, message: str) -> None:
    path = room / "template.yaml"
    queue = "Resources: {Q: {Type: 'AWS::SQS::Queue', Properties: {QueueName: !FindInMap [A, B, C]}}}"
    path.write_text(f"Transform: AWS::Serverless-2016-10-31\n{template}\n{queue}\n")
    with pytest.raises(CannotRun, match=message), running_stack(path, room / "data"):
        pass


def test_stopping_is_quick_while_a_function_works(room: Path) -> None:
    with running_stack(room / "sample" / "template.yaml", room / "data") as running:
        request = f"{running.base_url}/2015-03-31/functions/Single/invocations"
        token = {TOKEN_HEADER: running.state.token}
        with httpx.Client() as client, pytest.raises(httpx.ReadTimeout):
            client.post(request, json={"sleep": 30}, headers=token, timeout=0.5)
        began = time.monotonic()
    assert time.monotonic() - began < 4
    assert left_of(room) == []
