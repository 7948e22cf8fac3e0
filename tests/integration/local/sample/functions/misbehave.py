import json
import os
import time


def handler(event, context):
    """Do what the event says: sleep, crash, raise, write, or tell the process."""
    wish = json.loads(event["body"]) if "body" in event else event
    if "sleep" in wish:
        time.sleep(wish["sleep"])
    if "crash" in wish:
        os._exit(wish["crash"])
    if "raise" in wish:
        raise ValueError(wish["raise"])
    if "write" in wish:
        return "x" * wish["write"]
    return {"pid": os.getpid()}
