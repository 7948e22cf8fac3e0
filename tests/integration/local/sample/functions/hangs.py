import time

time.sleep(60)  # an import that never ends


def handler(event, context):
    """Never reached."""
