"""Files as answers: in the answer itself, or at an address to go on to."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from lodestar.application.insight.tables import Download, FileFormat


def file_response(file: Download[FileFormat]) -> Response[bytes]:
    """A file to save; 303 to its address where it is too large to be answered."""
    if file.url is not None:
        headers = {"location": file.url, "cache-control": "no-store"}
        return Response(HTTPStatus.SEE_OTHER, None, b"", headers)
    headers = {"content-disposition": file.disposition}
    return Response(HTTPStatus.OK, file.file_format.media_type, file.content, headers)
