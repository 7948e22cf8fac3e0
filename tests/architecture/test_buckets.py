"""template.yaml: what lies in a bucket is encrypted, for nobody else, and gone after a day."""

from typing import Any

import pytest

from tests.architecture.house import Properties, read_template

TEMPLATE = read_template()
BUCKETS = [name for name, each in TEMPLATE["Resources"].items() if each["Type"] == "AWS::S3::Bucket"]
EVERY_BLOCK = {"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"}


def troubles(name: str, template: Properties) -> list[str]:
    """How the files of a bucket may be seen by others, on their way, or for longer than a day."""
    bucket = template["Resources"][name].get("Properties", {})
    block = bucket.get("PublicAccessBlockConfiguration", {})
    found = {
        "not encrypted": "BucketEncryption" not in bucket,
        "may be made public": {key for key, is_on in block.items() if is_on} != EVERY_BLOCK,
        "keeps files": not any(map(_expires_all, bucket.get("LifecycleConfiguration", {}).get("Rules", []))),
        "keeps versions": bucket.get("VersioningConfiguration", {}).get("Status") == "Enabled",
        "can be read without TLS": not any(map(_wants_tls, _statements(name, template))),
    }
    return [trouble for trouble, is_so in found.items() if is_so]


def _expires_all(rule: Properties) -> bool:
    is_for_all = not {"Prefix", "Filter", "TagFilters"} & rule.keys()
    return is_for_all and rule["Status"] == "Enabled" and rule.get("ExpirationInDays") == 1


def _statements(bucket: str, template: Properties) -> list[Any]:
    policies = (
        each["Properties"]
        for each in template["Resources"].values()
        if each["Type"] == "AWS::S3::BucketPolicy"
    )
    return [
        each
        for policy in policies
        if policy["Bucket"] == {"Ref": bucket}
        for each in policy["PolicyDocument"]["Statement"]
    ]


def _wants_tls(statement: Properties) -> bool:
    return (statement["Effect"], statement["Principal"], statement["Action"], statement.get("Condition")) == (
        "Deny",
        "*",
        "s3:*",
        {"Bool": {"aws:SecureTransport": "false"}},
    )


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_keeps_its_files_to_itself_and_for_a_day(bucket: str) -> None:
    assert troubles(bucket, TEMPLATE) == []


LEAKY = """
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      PublicAccessBlockConfiguration: {BlockPublicAcls: true}
      LifecycleConfiguration: {Rules: [{Status: Enabled, ExpirationInDays: 1, Prefix: other/}]}
      VersioningConfiguration: {Status: Enabled}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument: {Statement: [{Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "*"}]}
"""


def test_the_guard_finds_a_bucket_that_leaks() -> None:
    assert troubles("Bucket", read_template(LEAKY)) == [
        "not encrypted",
        "may be made public",
        "keeps files",
        "keeps versions",
        "can be read without TLS",
    ]
