def handler(event, context):
    """Answer what was asked."""
    return {"planned": event}
