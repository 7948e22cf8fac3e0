"""What was made on the local AWS, as a file for the next start: moto itself forgets it."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from local.aws import Aws
from local.files import write_private
from local.parameters import DATABASE_SECRETS

_FILE = "aws.json"
# The read-only attributes of a subscription would be refused when it is made again.
_SUBSCRIPTION_ATTRIBUTES = ("FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy")


def save_aws(data: Path, aws: Aws, from_template: Collection[str]) -> None:
    """Write to <data>/aws.json: every secret, and the topics and subscriptions of no template."""
    pages = aws.sns.get_paginator("list_topics").paginate()
    topics = [topic["TopicArn"] for page in pages for topic in page["Topics"]]
    own = [arn for arn in topics if arn not in from_template]
    subscriptions = [subscription for arn in own for subscription in _subscriptions(arn, aws)]
    snapshot = {"secrets": _secrets(aws), "topics": own, "subscriptions": subscriptions}
    write_private(data / _FILE, json.dumps(snapshot))


def load_aws(data: Path, aws: Aws) -> None:
    """Make again what `save_aws` wrote; nothing on the first start."""
    path = data / _FILE
    if not path.exists():
        return
    snapshot = json.loads(path.read_text())
    for name, value in snapshot["secrets"].items():
        aws.secrets.create_secret(Name=name, SecretString=value)
    for arn in snapshot["topics"]:
        aws.sns.create_topic(Name=arn.rsplit(":", 1)[1])
    for subscription in snapshot["subscriptions"]:
        aws.sns.subscribe(**subscription)


def _secrets(aws: Aws) -> dict[str, str]:
    pages = aws.secrets.get_paginator("list_secrets").paginate()
    names = [secret["Name"] for page in pages for secret in page["SecretList"]]
    own = [name for name in names if name not in DATABASE_SECRETS]
    return {name: aws.secrets.get_secret_value(SecretId=name)["SecretString"] for name in own}


def _subscriptions(topic_arn: str, aws: Aws) -> list[dict[str, Any]]:
    pages = aws.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
    found = []
    for subscription in (entry for page in pages for entry in page["Subscriptions"]):
        arn = subscription["SubscriptionArn"]
        known = aws.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        found.append(
            {
                "TopicArn": topic_arn,
                "Protocol": subscription["Protocol"],
                "Endpoint": subscription["Endpoint"],
                "Attributes": {name: known[name] for name in _SUBSCRIPTION_ATTRIBUTES if name in known},
            }
        )
    return found
