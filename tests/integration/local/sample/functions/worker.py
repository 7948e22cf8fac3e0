import json
import os

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    """Report each batch's bodies; a body "bad" fails, a body "strange" names a message that is not there."""
    bodies = [record["body"] for record in event["Records"]]
    sqs.send_message(QueueUrl=os.environ["RESULTS"], MessageBody=json.dumps(bodies))
    bad = [record["messageId"] for record in event["Records"] if record["body"] == "bad"]
    bad += ["none of these" for body in bodies if body == "strange"]
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in bad]}
