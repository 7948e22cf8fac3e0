"""What the sample's functions share, as a layer."""

import json
import os
import urllib.request

LAYER = "from the layer"


def secret(secret_id):
    """A secret, as the Parameters and Secrets extension answers it."""
    port = os.environ["PARAMETERS_SECRETS_EXTENSION_HTTP_PORT"]
    request = urllib.request.Request(f"http://localhost:{port}/secretsmanager/get?secretId={secret_id}")
    request.add_header("X-Aws-Parameters-Secrets-Token", os.environ["AWS_SESSION_TOKEN"])
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)
