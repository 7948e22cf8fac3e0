"""What a function's code can use, read from the code: which ports its handler is given, and what it calls on them."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from types import CodeType, FunctionType, UnionType
from typing import Any, get_args, get_type_hints

from lodestar.application.alerts.ports import Chat, Topics
from lodestar.application.calculation.ports import Messages, Sources
from lodestar.application.definitions.ports import QueryCheck
from lodestar.application.insight.ports import FileStore
from lodestar.application.operations.ports import Migration, Queues, TaskQueue
from lodestar.application.people.ports import Directory

COMPANY_TOPICS = "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:lodestar-${Stage}-company-*"
SLACK_SECRETS = (
    "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:lodestar/${Stage}/*/slack-*"
)


@dataclass(frozen=True)
class Needs:
    """Actions on resources, as (action, what `resource_name` says), and environment variables."""

    permissions: frozenset[tuple[str, str]] = frozenset()
    variables: frozenset[str] = frozenset()

    def __or__(self, other: "Needs") -> "Needs":
        """Both."""
        return Needs(self.permissions | other.permissions, self.variables | other.variables)


def _needs(resource: str, *actions: str, variables: tuple[str, ...] = ()) -> Needs:
    return Needs(frozenset((action, resource) for action in actions), frozenset(variables))


def _user_pool(*actions: str) -> Needs:
    return _needs("UserPool", *actions, variables=("USER_POOL_ID",))


READ_SECRET = "secretsmanager:GetSecretValue"
READ_DEPTH = "sqs:GetQueueAttributes"
DATABASE = _needs("DatabaseSecret", READ_SECRET)
SANDBOX = _needs("SandboxSecret", READ_SECRET, variables=("SANDBOX_SECRET",))
INVITE = _user_pool("cognito-idp:AdminCreateUser", "cognito-idp:AdminGetUser")
OWNER = _needs("OwnerSecretArn", READ_SECRET, variables=("OWNER_SECRET", "SUPERUSER_EMAIL"))
TASKS = _needs("TaskQueue", "sqs:SendMessage", variables=("TASK_QUEUE_URL",))
EXPORTS = _needs(
    "${ExportsBucket.Arn}/company/*",
    "s3:PutObject",
    "s3:GetObject",
    variables=("EXPORTS_BUCKET", "LARGEST_ANSWER"),
)
ADAPTERS: dict[tuple[object, str], Needs] = {
    (Chat, "post"): _needs(SLACK_SECRETS, READ_SECRET),
    (Directory, "disable"): _user_pool("cognito-idp:AdminDisableUser"),
    (Directory, "enable"): _user_pool("cognito-idp:AdminEnableUser"),
    (Directory, "invite"): INVITE,
    (Directory, "change_email"): _user_pool(
        "cognito-idp:AdminUpdateUserAttributes", "cognito-idp:AdminGetUser"
    ),
    (FileStore, "store"): EXPORTS,
    (Messages, "batches"): _needs("BatchQueue", "sqs:SendMessage", variables=("BATCH_QUEUE_URL",)),
    (Messages, "publish"): TASKS,
    (Migration, "run"): OWNER | INVITE | SANDBOX,
    (QueryCheck, "check"): SANDBOX,
    (Queues, "depth"): _needs(
        "BatchQueue", READ_DEPTH, variables=("BATCH_QUEUE_URL", "DEAD_LETTER_QUEUE_URLS")
    )
    | _needs("BatchDeadLetters", READ_DEPTH)
    | _needs("TaskDeadLetters", READ_DEPTH)
    | _needs("SlackDeadLetters", READ_DEPTH),
    (Sources, "values"): SANDBOX,
    (TaskQueue, "send"): TASKS,
    (Topics, "make"): _needs(
        COMPANY_TOPICS, "sns:CreateTopic", "sns:Subscribe", variables=("SLACK_QUEUE_ARN",)
    ),
    (Topics, "publish"): _needs(COMPANY_TOPICS, "sns:Publish"),
    (Topics, "subscribe_email"): _needs(COMPANY_TOPICS, "sns:Subscribe"),
    (Topics, "unsubscribe"): _needs(COMPANY_TOPICS, "sns:Unsubscribe"),
}
"""What each call on a port comes to, in the adapters of lodestar.delivery and lodestar.bootstrap."""
OURS = ("lodestar.application", "lodestar.packs")
"""Where use cases live."""
ON_THE_WORK = {"make_sandbox": SANDBOX}
"""Calls on the unit of work that need more than the database."""


def needs_of(handler: Callable[..., Any]) -> Needs:
    """All that a bare handler can use, beside the database."""
    given = set(_ports(handler))
    called = names_in_reach(handler)
    found = Needs()
    for (port, method), needs in ADAPTERS.items():
        if port in given and method in called:
            found |= needs
    for method, needs in ON_THE_WORK.items():
        if method in called:
            found |= needs
    return found


def names_in_reach(start: Callable[..., Any]) -> set[str]:
    """Every name that a function, and the functions of ours that it can call, may look up or call."""
    names: set[str] = set()
    seen: set[object] = set()
    waiting: list[object] = [start, *_services(start)]
    while waiting:
        each = waiting.pop()
        if each in seen:
            continue
        seen.add(each)
        if isinstance(each, type):
            waiting += [member for member in vars(each).values() if isinstance(member, FunctionType)]
        elif isinstance(each, FunctionType):
            own = set(_names(each.__code__))
            names |= own
            waiting += [each.__globals__[name] for name in own if _is_ours(each.__globals__.get(name))]
    return names


def _names(code: CodeType) -> Iterator[str]:
    """The names in a code and in the functions and comprehensions inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _is_ours(value: object) -> bool:
    is_code = isinstance(value, FunctionType | type)
    return is_code and str(getattr(value, "__module__", "")).startswith(OURS)


def _annotations(handler: Callable[..., Any]) -> list[Any]:
    """What the parameters are, or may be."""
    declared = [
        parameter.annotation for parameter in inspect.signature(handler, eval_str=True).parameters.values()
    ]
    return [kind for each in declared for kind in (get_args(each) if isinstance(each, UnionType) else [each])]


def _services(handler: Callable[..., Any]) -> list[type]:
    """The parameters that hold several ports, such as RecalculationContext."""
    return [
        annotation
        for annotation in _annotations(handler)
        if isinstance(annotation, type) and is_dataclass(annotation)
    ]


def _ports(handler: Callable[..., Any]) -> Iterator[object]:
    yield from _annotations(handler)
    for services in _services(handler):
        yield from (get_type_hints(services)[field.name] for field in fields(services))
