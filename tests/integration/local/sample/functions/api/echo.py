import os

import shared


def handler(event, context):
    """Answer with the event and with what the function sees around it."""
    return {
        "event": event,
        "greeting": os.environ["GREETING"],
        "layer": shared.LAYER,
        "function": context.function_name,
        "milliseconds_left": context.get_remaining_time_in_millis(),
        "secret": shared.secret(os.environ["DATABASE_SECRET"]),
    }
