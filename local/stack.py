"""The resources of a template, each made on the local AWS when something first refers to it."""

import json
import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from local.aws import ACCOUNT, REGION, Aws
from local.errors import CannotRun
from local.template import Json, Properties, Template

type Attributes = dict[str, str]
# How users are named and verified; the rest of a pool does not matter here.
_POOL_PROPERTIES = ("AliasAttributes", "AutoVerifiedAttributes", "Schema", "UsernameAttributes")

type Maker = Callable[[str, Properties], Attributes]


@dataclass(frozen=True, slots=True)
class Inbox:
    """The inner queue between a topic and a function that is subscribed to it."""

    queue_url: str
    function_arn: str


class Stack:
    """A template and what was made of it."""

    def __init__(self, path: Path, parameters: Mapping[str, str], aws: Aws, base_url: str) -> None:
        self.template = Template(path, parameters, self.attribute)
        self.inboxes: list[Inbox] = []
        self._aws = aws
        self._base_url = base_url
        self._made: dict[str, Attributes] = {}
        self._makers: dict[str, Maker] = {
            "AWS::Cognito::UserPool": self._user_pool,
            "AWS::Cognito::UserPoolClient": self._user_pool_client,
            "AWS::Lambda::Alias": self._alias,
            "AWS::S3::Bucket": self._bucket,
            "AWS::SES::EmailIdentity": self._email_identity,
            "AWS::SNS::Subscription": self._subscription,
            "AWS::SNS::Topic": self._topic,
            "AWS::SQS::Queue": self._queue,
            "AWS::SecretsManager::Secret": self._secret,
        }

    def make_all(self) -> None:
        """Make every resource that this machine offers."""
        for name in self.template.resources:
            self.attribute(name, "Ref")

    @property
    def refs(self) -> dict[str, str]:
        """What `!Ref` gives for each made resource, by logical id."""
        return {name: attributes["Ref"] for name, attributes in self._made.items()}

    def attribute(self, name: str, attribute: str) -> Json:
        """What `!Ref` (attribute `Ref`) or `!GetAtt` gives; invented for what this machine does not offer."""
        if name not in self.template.resources:
            message = f"The template refers to {name}, which it does not define: correct the reference."
            raise CannotRun(message)
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name].get(attribute, f"local-{name}-{attribute}")

    def queue_url(self, arn: str) -> str:
        """The address of a queue of this account by its ARN."""
        return self._aws.sqs.get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"]

    def _make(self, name: str) -> Attributes:
        kind = self.template.resources[name]["Type"]
        if kind in self._makers:
            return self._makers[kind](name, self.template.properties(name))
        service = kind.split("::")[1].lower()
        resource = f"function:{name}" if kind == "AWS::Lambda::Function" else name
        return {"Ref": name, "Arn": f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"}

    def _alias(self, _name: str, properties: Properties) -> Attributes:
        function, alias = properties["FunctionName"], properties["Name"]
        return {"Ref": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}:{alias}"}

    def _queue(self, name: str, properties: Properties) -> Attributes:
        given = {key: value for key, value in properties.items() if key not in ("QueueName", "Tags")}
        queue = properties.get("QueueName", name + (".fifo" if properties.get("FifoQueue") else ""))
        attributes = cast("Any", {key: _as_attribute(value) for key, value in given.items()})
        url = self._aws.sqs.create_queue(QueueName=queue, Attributes=attributes)["QueueUrl"]
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"
        return {"Ref": url, "QueueUrl": url, "QueueName": queue, "Arn": arn}

    def _topic(self, name: str, properties: Properties) -> Attributes:
        arn = self._aws.sns.create_topic(Name=properties.get("TopicName", name))["TopicArn"]
        return {"Ref": arn, "TopicArn": arn, "TopicName": arn.rsplit(":", 1)[1]}

    def _subscription(self, name: str, properties: Properties) -> Attributes:
        protocol, endpoint = properties["Protocol"], properties["Endpoint"]
        if protocol == "lambda":
            protocol, endpoint = "sqs", self._inbox(name, endpoint)
        reserved = ("Endpoint", "Protocol", "TopicArn", "Region")
        attributes = {key: _as_attribute(value) for key, value in properties.items() if key not in reserved}
        subscription = self._aws.sns.subscribe(
            TopicArn=properties["TopicArn"], Protocol=protocol, Endpoint=endpoint, Attributes=attributes
        )
        return {"Ref": subscription["SubscriptionArn"]}

    def _inbox(self, name: str, function_arn: str) -> str:
        """A queue for a function's share of a topic: SNS tries a function three times, and so does this."""
        dead = self._queue(f"{name}-inbox-dead", {})
        redrive = {"deadLetterTargetArn": dead["Arn"], "maxReceiveCount": 3}
        queue = self._queue(f"{name}-inbox", {"VisibilityTimeout": 60, "RedrivePolicy": redrive})
        self.inboxes.append(Inbox(queue["Ref"], function_arn))
        return queue["Arn"]

    def _user_pool(self, name: str, properties: Properties) -> Attributes:
        behaviour: Any = {key: properties[key] for key in _POOL_PROPERTIES if key in properties}
        pool_name = properties.get("UserPoolName", name)
        pool = self._aws.cognito.create_user_pool(PoolName=pool_name, **behaviour)["UserPool"]["Id"]
        host = f"cognito-idp.{REGION}.amazonaws.com/{pool}"
        arn = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{pool}"
        # Its tokens are this machine's, and so is the key set that they are checked with: see Server.
        url = f"{self._base_url}/_cognito/{pool}"
        return {"Ref": pool, "ProviderName": host, "ProviderURL": url, "Arn": arn}

    def _user_pool_client(self, name: str, properties: Properties) -> Attributes:
        client = self._aws.cognito.create_user_pool_client(
            UserPoolId=properties["UserPoolId"], ClientName=properties.get("ClientName", name)
        )["UserPoolClient"]["ClientId"]
        return {"Ref": client, "ClientId": client}

    def _secret(self, name: str, properties: Properties) -> Attributes:
        """A secret under its name; one that a former run left is not touched."""
        secret = properties.get("Name", name)
        known = self._aws.secrets.list_secrets(Filters=[{"Key": "name", "Values": [secret]}])["SecretList"]
        arn = next((entry["ARN"] for entry in known if entry["Name"] == secret), None)
        if arn is None:
            arn = self._aws.secrets.create_secret(Name=secret, SecretString=_secret_value(properties))["ARN"]
        return {"Ref": arn, "Id": arn}

    def _bucket(self, name: str, properties: Properties) -> Attributes:
        bucket = properties.get("BucketName", name.lower())
        self._aws.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        return {"Ref": bucket, "Arn": f"arn:aws:s3:::{bucket}"}

    def _email_identity(self, _name: str, properties: Properties) -> Attributes:
        identity = properties["EmailIdentity"]
        self._aws.ses.verify_email_identity(EmailAddress=identity)
        return {"Ref": identity}


def _as_attribute(value: Json) -> str:
    """Queues and topics take every attribute as text: structures, numbers and booleans as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _secret_value(properties: Properties) -> str:
    """The given text, or a generated one, alone or under its key in the given JSON."""
    generate = properties.get("GenerateSecretString")
    if generate is None:
        return str(properties.get("SecretString", "{}"))
    alphabet = string.ascii_letters + string.digits
    generated = "".join(secrets.choice(alphabet) for _ in range(generate.get("PasswordLength", 32)))
    if "GenerateStringKey" not in generate:
        return generated
    fields = json.loads(generate["SecretStringTemplate"])
    return json.dumps(fields | {generate["GenerateStringKey"]: generated})
