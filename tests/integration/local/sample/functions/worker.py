import json
import os

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    """Report each batch's bodies; a body "bad" fails."""
    bodies = [record["body"] for record in event["Records"]]
    sqs.send_message(QueueUrl=os.environ["RESULTS"], MessageBody=json.dumps(bodies))
    bad = [record["messageId"] for record in event["Records"] if record["body"] == "bad"]
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in bad]}
