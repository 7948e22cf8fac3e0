"""template.yaml: queues that lose nothing, an environment that is read, and permissions that are used."""

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest

from local.template import Template
from lodestar.application.calculation.calculating import MAX_BATCH_ATTEMPTS
from lodestar.domain.runs import MESSAGE_LEASE, WORK_LEASE
from lodestar.runtime.endpoint import PUBLIC
from tests.architecture.house import (
    FUNCTIONS,
    ROOT,
    Function,
    Properties,
    bare_handler,
    functions_of,
    python_files,
    read_template,
)
from tests.architecture.needs import DATABASE, INVITE, Needs, needs_of

TEMPLATE = read_template()
ALL = functions_of(TEMPLATE)
WORKERS = [each for each in ALL if each.module.startswith("workers.")]
OF_ALL = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
OF_LAMBDA = {"AWS_SESSION_TOKEN", "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT"}
SHARED_ROLE = "DatabaseRole"
MAX_RESOURCES = 500
"""In one stack, by CloudFormation's quota."""
MOST_USED = MAX_RESOURCES * 9 // 10 + 17
"""Nine in ten, and what explains the company's values and ends subscriptions: more needs a second stack."""
SETTINGS = ROOT / "layers" / "lodestar" / "lodestar" / "settings.py"


def transform(**parameters: str) -> Template:
    """template.yaml as CloudFormation gets it, in a VPC unless the parameters say otherwise."""
    given = {
        "DatabaseHost": "db",
        "OwnerSecretArn": "arn",
        "SuperuserEmail": "a@b.c",
        "SubnetIds": "subnet-1",
    }
    return Template(ROOT / "template.yaml", given | parameters, lambda name, _: name)


@pytest.fixture(scope="module")
def transformed() -> Template:
    """The whole stack."""
    return transform()


def resource_name(value: Any) -> str:
    """What a policy, an event or a variable refers to: a logical id, or the text of a !Sub."""
    if isinstance(value, str):
        return value
    ((intrinsic, argument),) = value.items()
    if intrinsic == "Fn::GetAtt":
        return str(argument[0] if isinstance(argument, list) else argument.split(".")[0])
    return str(argument)


def queue_trouble(function: Function, template: Properties) -> list[str]:
    """How a function's queue may lose or repeat messages."""
    (event,) = (each["Properties"] for each in function.events if each["Type"] == "SQS")
    queue = template["Resources"][resource_name(event["Queue"])]["Properties"]
    dead_letters = queue.get("RedrivePolicy", {}).get("deadLetterTargetArn", "nowhere")
    timeout = function.properties.get("Timeout", template["Globals"]["Function"]["Timeout"])
    troubles = {
        "no dead-letter queue": resource_name(dead_letters) not in template["Resources"],
        "no partial batch failures": event.get("FunctionResponseTypes") != ["ReportBatchItemFailures"],
        "a message comes again while it is worked on": queue.get("VisibilityTimeout", 30) < 6 * timeout,
    }
    return [trouble for trouble, is_so in troubles.items() if is_so]


def permissions_of(function: Function, template: Properties = TEMPLATE) -> frozenset[tuple[str, str]]:
    """The (action, resource) pairs that a function's own policies, or those of its role, allow."""
    policies = function.properties.get("Policies", [])
    if "Role" in function.properties:
        role = template["Resources"][resource_name(function.properties["Role"])]["Properties"]
        policies = [each["PolicyDocument"] for each in role["Policies"]]
    statements = (each for policy in policies for each in policy["Statement"])
    return frozenset(
        (action, resource_name(resource))
        for statement in statements
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    )


def role_trouble(function: Function, template: Properties = TEMPLATE) -> str | None:
    """How a function's role could be cheaper, or is not what it looks like."""
    has_own = "Policies" in function.properties
    if "Role" in function.properties:
        return (
            "SAM gives Policies to no function that names a Role: remove one of the two" if has_own else None
        )
    if has_own and permissions_of(function, template) == DATABASE.permissions and has_route(function):
        return f"a role of its own for the database alone: write `Role: !GetAtt {SHARED_ROLE}.Arn` instead"
    return None


def has_route(function: Function) -> bool:
    """Whether the API calls it; SAM adds what a queue's function may do to a role of its own only."""
    return any(event["Type"] == "HttpApi" for event in function.events)


def too_wide(permissions: frozenset[tuple[str, str]]) -> set[tuple[str, str]]:
    """Permissions with a `*` action, or a resource that is `*` alone or every name of a kind."""
    return {
        (action, resource)
        for action, resource in permissions
        if "*" in action or re.search(r"(^|:)\*$", resource)
    }


def variables_read(source: str) -> set[str]:
    """The environment variables that a source declares, as `Required("NAME")` or with a default."""
    return {
        each.args[0].value
        for each in ast.walk(ast.parse(source))
        if isinstance(each, ast.Call)
        and ast.unparse(each.func) in {"Required", "WithDefault"}
        and isinstance(each.args[0], ast.Constant)
        and isinstance(each.args[0].value, str)
    }


def reads_environment(source: str) -> bool:
    """Whether a source looks into the environment."""
    return any(
        (isinstance(each, ast.Attribute) and each.attr in {"environ", "getenv"})
        or (isinstance(each, ast.ImportFrom) and each.module == "os")
        for each in ast.walk(ast.parse(source))
    )


def has(function: Function) -> Needs:
    """What the template gives to a function alone."""
    return Needs(permissions_of(function), frozenset(function.variables))


def needs(function: Function) -> Needs:
    """What its code can use."""
    file = FUNCTIONS / f"{function.module.replace('.', '/')}.py"
    handler = import_module(function.module).handler
    found = needs_of(bare_handler(file.read_text(encoding="utf-8")))
    route = getattr(handler, "route", None)
    knows_nobody = (
        route is not None and route.needs == PUBLIC and not getattr(handler, "knows_visitors", False)
    )
    return (found if knows_nobody else found | DATABASE) | returns_of(function)


def returns_of(function: Function) -> Needs:
    """What lets a worker give a message back to its queue."""
    queues = [
        resource_name(event["Properties"]["Queue"]) for event in function.events if event["Type"] == "SQS"
    ]
    return Needs(frozenset(("sqs:ChangeMessageVisibility", queue) for queue in queues), frozenset())


def _listed(value: Any) -> Iterator[Any]:
    yield from value if isinstance(value, list) else [value]


@pytest.mark.parametrize("function", WORKERS, ids=lambda each: each.id)
def test_a_queue_loses_nothing_and_repeats_nothing_needlessly(function: Function) -> None:
    assert queue_trouble(function, TEMPLATE) == []


def test_the_batch_queue_gives_up_when_the_ledger_does() -> None:
    assert (
        TEMPLATE["Resources"]["BatchQueue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"]
        == MAX_BATCH_ATTEMPTS
    )


def test_a_batch_is_leased_for_as_long_as_its_worker_may_live() -> None:
    timeout = TEMPLATE["Resources"]["CalculateFunction"]["Properties"]["Timeout"]
    assert timedelta(seconds=timeout) == WORK_LEASE


def test_a_lost_message_is_found_within_five_minutes() -> None:
    (tick,) = TEMPLATE["Resources"]["MaintainFunction"]["Properties"]["Events"].values()
    found = re.fullmatch(r"rate\((\d+) minutes\)", tick["Properties"]["ScheduleExpression"])
    assert found
    assert MESSAGE_LEASE + timedelta(minutes=int(found[1])) < timedelta(minutes=5)


def test_every_variable_of_the_settings_is_set_and_every_set_one_is_read() -> None:
    in_template = set(OF_ALL) | {name for each in ALL for name in each.variables}
    ours = {name for name in in_template if not name.startswith("POWERTOOLS_")}
    assert variables_read(SETTINGS.read_text(encoding="utf-8")) == ours | OF_LAMBDA


def test_only_the_settings_read_the_environment() -> None:
    files = python_files("layers/lodestar/lodestar", "functions")
    assert [file for file in files if reads_environment(file.read_text(encoding="utf-8"))] == [SETTINGS]


@pytest.mark.parametrize("function", ALL, ids=lambda each: each.id)
def test_no_permission_is_for_everything(function: Function) -> None:
    assert too_wide(permissions_of(function)) == set()


@pytest.mark.parametrize("function", ALL, ids=lambda each: each.id)
def test_a_function_shares_its_role_where_it_can(function: Function) -> None:
    assert role_trouble(function) is None


def test_the_shared_role_may_what_sam_lets_a_function_do(transformed: Template) -> None:
    of_sam = transformed.properties("CompaniesCreateFunctionRole")
    shared = transformed.properties(SHARED_ROLE)
    assert set(shared["ManagedPolicyArns"]) == set(of_sam["ManagedPolicyArns"])


def test_a_role_without_a_vpc_may_nothing_in_one() -> None:
    arns = transform(SubnetIds="").properties(SHARED_ROLE)["ManagedPolicyArns"]
    assert [arn.rpartition("/")[2] for arn in arns] == [
        "AWSLambdaBasicExecutionRole",
        "AWSXrayWriteOnlyAccess",
    ]


def test_the_stack_has_room_to_grow(transformed: Template) -> None:
    used = len(transformed.resources)
    print(f"{used} of CloudFormation's {MAX_RESOURCES} resources")
    assert used <= MOST_USED


@pytest.mark.parametrize("function", ALL, ids=lambda each: each.id)
def test_a_function_is_given_exactly_what_its_code_can_use(function: Function) -> None:
    assert has(function) == needs(function)


# Each guard, seen to fail on a defect.

LEAKY = """
Globals: {Function: {Timeout: 10}}
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 59}}
  AFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: workers.a.handler
      Environment: {Variables: {A_SECRET: !Ref Queue}}
      Policies:
        - Statement: [{Effect: Allow, Action: ["sqs:*", "sqs:SendMessage"], Resource: [!GetAtt Queue.Arn, "*"]}]
        - Statement: [{Effect: Allow, Action: "sns:Publish", Resource: !Sub "arn:aws:sns:${AWS::Region}:1:*"}]
      Events: {Queue: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}
"""


def test_the_guards_find_a_leaky_queue_and_wide_permissions() -> None:
    template = read_template(LEAKY)
    (function,) = functions_of(template)
    assert queue_trouble(function, template) == [
        "no dead-letter queue",
        "no partial batch failures",
        "a message comes again while it is worked on",
    ]
    assert too_wide(permissions_of(function)) == {
        ("sqs:*", "Queue"),
        ("sqs:*", "*"),
        ("sqs:SendMessage", "*"),
        ("sns:Publish", "arn:aws:sns:${AWS::Region}:1:*"),
    }
    assert has(function).variables == {"A_SECRET"}


def test_the_guard_finds_a_role_that_costs_too_much_or_hides_policies() -> None:
    route = {"Http": {"Type": "HttpApi", "Properties": {}}}
    secret = {
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue"],
        "Resource": {"Ref": "DatabaseSecret"},
    }
    own = {"Policies": [{"Statement": [secret]}], "Events": route}
    assert "write `Role: !GetAtt DatabaseRole.Arn`" in str(role_trouble(Function("AFunction", own)))
    both = {**own, "Role": {"Fn::GetAtt": "DatabaseRole.Arn"}}
    assert "remove one of the two" in str(role_trouble(Function("AFunction", both)))


def test_the_guard_finds_who_reads_the_environment() -> None:
    assert reads_environment("import os\nos.environ['A']")
    assert reads_environment("from os import environ")
    assert not reads_environment("import os\nos.sep")
    assert variables_read("Required('A')\nWithDefault('B', '')\nother('C')") == {"A", "B"}


def test_the_guard_finds_what_a_handler_calls_through_a_use_case() -> None:
    inviting = (
        "from lodestar.application.calculation.ports import Messages\n"
        "from lodestar.application.people.ports import Directory\n"
    )
    calling = "from lodestar.application.people.users import create_user\n"
    handler = "def handler(directory: Directory, messages: Messages):\n    create_user"
    assert needs_of(bare_handler(inviting + calling + handler)) == INVITE
    assert needs_of(bare_handler(inviting + handler)) == Needs()
    services = "from lodestar.application.operations.tasks import CompanyTasks\ndef handler(tasks: CompanyTasks): ..."
    assert needs_of(bare_handler(services)).variables == {
        "BATCH_QUEUE_URL",
        "TASK_QUEUE_URL",
        "SLACK_QUEUE_ARN",
    }
