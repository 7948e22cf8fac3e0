"""Secrets, read through the local endpoint of AWS's Parameters and Secrets extension: no client, no import.

See https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html
"""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping

from lodestar.domain.refusals import NotFound, Unavailable
from lodestar.settings import Settings

_SECONDS = 3.0


def read_secret(name: str, settings: Settings) -> Mapping[str, str]:
    """The JSON object of a secret, by name or ARN. The extension caches it for five minutes.

    Raises:
        NotFound: there is no such secret.
        Unavailable: the extension does not answer.
    """
    where = f"http://localhost:{settings.secrets_port}/secretsmanager/get"
    url = f"{where}?secretId={urllib.parse.quote(name, safe='')}"
    headers = {"X-Aws-Parameters-Secrets-Token": settings.session_token}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 — the extension's own address
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 — as above
            body = json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code in (400, 404):
            raise NotFound(f'There is no secret "{name}".') from error
        raise Unavailable("The secrets are out of reach; try again shortly.") from error
    except OSError as error:
        raise Unavailable("The secrets are out of reach; try again shortly.") from error
    secret: Mapping[str, str] = json.loads(body["SecretString"])
    return secret
