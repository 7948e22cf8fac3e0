"""S3: files that are too large for an answer, each for its company alone and for one day."""

from functools import cache
from typing import TYPE_CHECKING
from uuid import uuid4

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lodestar.application.insight.tables import Download, FileFormat
from lodestar.domain.refusals import Unavailable
from lodestar.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ADDRESS_SECONDS = 300
"""How long the address of a file works: time to follow a redirect, not to pass it on."""


@cache
def _client() -> "S3Client":
    return boto3.client("s3", config=Config(signature_version="s3v4"))


class S3Files:
    """A bucket that nobody but its functions can read; what is in it expires."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def store(self, company_id: int, file: Download[FileFormat]) -> str:
        """Store a file under a name that cannot be guessed; the address that gives it for five minutes.

        Raises:
            Unavailable: S3 does not take it now.
        """
        bucket = self._settings.exports_bucket
        key = f"company/{company_id}/{uuid4()}/{file.name}"
        kind = file.file_format.media_type
        try:
            _client().put_object(Bucket=bucket, Key=key, Body=file.content, ContentType=kind)
            return _client().generate_presigned_url(
                "get_object",
                Params={
                    "Bucket": bucket,
                    "Key": key,
                    "ResponseContentDisposition": file.disposition,
                    "ResponseContentType": kind,
                },
                ExpiresIn=ADDRESS_SECONDS,
            )
        except (BotoCoreError, ClientError) as error:
            raise Unavailable("The store for large files does not take this one now.") from error
