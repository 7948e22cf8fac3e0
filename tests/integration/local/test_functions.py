import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from local.door import TOKEN_HEADER, new_token
from local.errors import CannotRun, FunctionFailed
from local.running_stack import RunningStack, running_stack
from local.state import State


def processes() -> int:
    """How many function processes this test process has: those that loaded the runtime client."""
    children = psutil.Process().children(recursive=True)
    alive = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
    return sum(any("runtime_client" in part.path for part in child.memory_maps()) for child in alive)


def test_a_function_sees_its_environment_its_layer_and_its_secrets(stack: RunningStack) -> None:
    answer = stack.invoke("Echo", {"any": "event"})
    assert answer["event"] == {"any": "event"}
    assert (answer["greeting"], answer["layer"], answer["function"]) == ("hello", "from the layer", "Echo")
    assert 0 < answer["milliseconds_left"] <= 5000
    assert stack.database.passwords["lodestar_app"] in answer["secret"]["SecretString"]
    assert answer["secret"]["Name"] == "lodestar/local/database"


def test_the_secrets_endpoint_gives_a_known_secret(stack: RunningStack) -> None:
    url = f"{stack.base_url}/secretsmanager/get"
    token = {"X-Aws-Parameters-Secrets-Token": stack.state.token}
    known = {"secretId": stack.refs["GeneratedSecret"]}
    assert httpx.get(url, params={"secretId": "none"}, headers=token).status_code == 404
    secret = httpx.get(url, params=known, headers=token).json()["SecretString"]
    assert '"user": "sample"' in secret
    assert len(secret) > 50


INVOCATION = "/2015-03-31/functions/Echo/invocations"
OF_AWS = "X-Amz-Security-Token"
DOORS = {
    "secrets": ("GET", "/secretsmanager/get?secretId=none", "X-Aws-Parameters-Secrets-Token", 404),
    "invocations": ("POST", INVOCATION, TOKEN_HEADER, 200),
    "runtime": ("POST", "/_runtime/TOKEN/Echo/999/2018-06-01/runtime/invocation/none/response", "", 202),
    "services of AWS": ("GET", "/moto-api/data.json", OF_AWS, 200),
}


def knock(stack: RunningStack, door: str, token: str, **headers: str) -> int:
    method, path, name, _ = DOORS[door]
    base = stack.aws.endpoint if name == OF_AWS else stack.base_url
    sent = {name: token, **headers} if name else headers
    content = b"{}" if method == "POST" else None
    return httpx.request(
        method, base + path.replace("TOKEN", token), headers=sent, content=content
    ).status_code


@pytest.mark.parametrize("door", DOORS)
def test_what_the_runner_serves_beside_the_api_is_for_programs_of_this_start(
    stack: RunningStack, door: str
) -> None:
    token, opened = stack.state.token, DOORS[door][-1]
    for host in ({}, {"Host": "localhost"}, {"Host": "127.0.0.1:1"}, {"Host": "[::1]:3000"}):
        assert knock(stack, door, token, **host) == opened
    for wrong in ("any", "local", token[:-1], token + "x"):
        assert knock(stack, door, wrong) == 403
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example:3000", "["):
        assert knock(stack, door, token, Host=host) == 403
    for origin in ("https://evil.example", "http://localhost:3000", "null"):
        assert knock(stack, door, token, Origin=origin) == 403


@pytest.mark.parametrize("door", [name for name, (_, _, header, _) in DOORS.items() if header])
def test_nobody_comes_in_without_a_token(stack: RunningStack, door: str) -> None:
    method, path, name, _ = DOORS[door]
    base = stack.aws.endpoint if name == OF_AWS else stack.base_url
    assert httpx.request(method, base + path).status_code == 403


def test_the_token_is_another_one_at_every_start_and_for_this_user_alone(stack: RunningStack) -> None:
    assert len(stack.state.token) >= 32
    assert stack.state.token == State.read(stack.data).token
    assert (stack.data / "server.json").stat().st_mode & 0o077 == 0
    assert new_token() != new_token()


def test_an_exception_of_the_handler_is_its_answer(stack: RunningStack) -> None:
    with pytest.raises(FunctionFailed, match=r"ValueError.*not today"):
        stack.invoke("Misbehave", {"raise": "not today"})


def test_a_call_that_takes_too_long_is_ended_and_the_next_one_works(stack: RunningStack) -> None:
    began = time.monotonic()
    with pytest.raises(FunctionFailed, match=r"Sandbox.Timedout.*after 1.00 seconds"):
        stack.invoke("Misbehave", {"sleep": 30})
    assert time.monotonic() - began < 3
    assert stack.invoke("Misbehave", {})["pid"]


def test_a_crash_is_told_and_the_next_call_gets_a_new_process(stack: RunningStack) -> None:
    before = stack.invoke("Single", {})["pid"]
    with pytest.raises(FunctionFailed, match=r"Runtime.ExitError.*exit status 9"):
        stack.invoke("Single", {"crash": 9})
    assert stack.invoke("Single", {})["pid"] != before


def test_a_module_that_cannot_be_imported_fails_the_call_and_is_in_the_log(stack: RunningStack) -> None:
    with pytest.raises(FunctionFailed, match=r"Runtime.ExitError.*Broken.log"):
        stack.invoke("Broken", {})
    assert "a_module_that_does_not_exist" in (stack.data / "logs" / "Broken.log").read_text()


def test_a_module_that_hangs_when_imported_fails_the_call(
    stack: RunningStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.functions.INIT_SECONDS", 0.3)
    with pytest.raises(FunctionFailed, match=r"Sandbox.Timedout.*Init phase timed out"):
        stack.invoke("Hangs", {})


def test_an_answer_above_6_mb_is_refused(stack: RunningStack) -> None:
    with pytest.raises(FunctionFailed, match=r"ResponseSizeTooLarge"):
        stack.invoke("Misbehave", {"write": 6 * 1024 * 1024})


def test_an_unknown_function_is_named_with_the_known_ones(stack: RunningStack) -> None:
    with pytest.raises(CannotRun, match=r"no function Nothing: choose one of Answer, Broken, Echo, Hangs"):
        stack.invoke("Nothing", {})


def pids_of_calls_at_once(stack: RunningStack, function: str) -> set[int]:
    with ThreadPoolExecutor(3) as pool:
        return {done["pid"] for done in pool.map(lambda _: stack.invoke(function, {"sleep": 0.3}), range(3))}


def test_calls_at_once_run_in_processes_of_their_own(stack: RunningStack) -> None:
    assert len(pids_of_calls_at_once(stack, "Misbehave")) == 3


def test_a_reserved_concurrency_of_one_takes_calls_in_turn(stack: RunningStack) -> None:
    assert len(pids_of_calls_at_once(stack, "Single")) == 1


def test_idle_processes_beyond_the_limit_are_ended(
    stack: RunningStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids_of_calls_at_once(stack, "Misbehave")
    assert processes() >= 3
    monkeypatch.setattr("local.functions.MAX_IDLE", 1)
    end = time.monotonic() + 5
    while processes() > 1 and time.monotonic() < end:
        stack.invoke("Misbehave", {})
        time.sleep(0.05)
    assert processes() == 1


def test_changed_code_runs_from_the_next_call_on(stack: RunningStack, room: Path) -> None:
    assert stack.invoke("Echo", {})["layer"] == "from the layer"
    shared = room / "sample" / "layer" / "shared.py"
    shared.write_text(shared.read_text().replace("from the layer", "changed"))
    end = time.monotonic() + 5
    while stack.invoke("Echo", {})["layer"] != "changed" and time.monotonic() < end:
        time.sleep(0.1)
    assert stack.invoke("Echo", {})["layer"] == "changed"


def test_code_that_changes_during_a_call_lets_the_call_end(stack: RunningStack, room: Path) -> None:
    stack.invoke("Single", {})  # a process that is up: the call runs when the change is noticed
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(stack.invoke, "Single", {"sleep": 0.6})
        (room / "sample" / "functions" / "new.py").write_text("")
        pid = working.result()["pid"]
    end = time.monotonic() + 5
    while stack.invoke("Single", {})["pid"] == pid and time.monotonic() < end:
        time.sleep(0.1)
    assert stack.invoke("Single", {})["pid"] != pid


def test_the_role_that_functions_log_in_with_owns_nothing_and_passes_no_policy(stack: RunningStack) -> None:
    connection = stack.database.connect()
    roles = connection.run(
        "select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcanlogin, pg_get_userbyid(datdba)"
        " from pg_roles cross join pg_database"
        " where rolname ~ 'lodestar' and datname = 'lodestar' order by rolname"
    )
    connection.close()
    assert roles == [
        ["lodestar_app", False, False, False, True, "lodestar_owner"],
        ["lodestar_owner", False, False, True, True, "lodestar_owner"],
    ]


def test_one_stack_runs_in_a_process_at_a_time(stack: RunningStack, room: Path) -> None:
    with (
        pytest.raises(CannotRun, match="in this process"),
        running_stack(room / "sample" / "template.yaml", room / "other"),
    ):
        pass
