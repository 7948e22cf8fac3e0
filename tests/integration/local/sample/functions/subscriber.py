import json
import os

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    """Pass on what arrives."""
    sqs.send_message(QueueUrl=os.environ["RESULTS"], MessageBody=json.dumps(event))
