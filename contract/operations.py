"""One operation of the document, from one endpoint: its route, its signature and its docstring."""

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args, get_origin

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from contract.examples import Example, example_of
from contract.responses import reference
from contract.schemas import Schema, without_null
from lodestar.runtime.endpoint import PUBLIC, WITH_A_BODY, Endpoint
from lodestar.runtime.idempotency import MAX_KEY_LENGTH
from lodestar.runtime.queries import query_names
from lodestar.runtime.responses import Created
from lodestar.runtime.validation import is_body

JSON = "application/json"
_PARAMETER = re.compile(r"\{(\w+)\}")
IF_NONE_MATCH: Schema = {
    "name": "If-None-Match",
    "in": "header",
    "description": "ETags that the client has: 304 when one of them is still right.",
    "schema": {"type": "string"},
}
IF_MATCH: Schema = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag that the change was made from: 409 `version_mismatch` when there is a newer.",
    "schema": {"type": "string"},
}
IDEMPOTENCY_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Any ASCII text of the client's own: the same request with the same key is done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": "^[ -~]+$"},
}


@dataclass(frozen=True)
class Operation:
    """An endpoint as the document sees it."""

    endpoint: Endpoint

    @property
    def method(self) -> str:
        """GET, POST, PUT or DELETE."""
        return self.endpoint.route.method

    @property
    def path(self) -> str:
        """`/api/users/{user_id}/kpis`."""
        return self.endpoint.route.path

    @property
    def _place(self) -> list[str]:
        return self.endpoint.handler.__module__.split(".")

    @property
    def id(self) -> str:
        """`users_assign`: folder and file of the function."""
        return "_".join(self._place[1:])

    @property
    def tag(self) -> str:
        """The resource: the folder of the function."""
        return self._place[1]

    @cached_property
    def example(self) -> Example:
        """The sample event and what it was answered."""
        return example_of(self.tag, self._place[2])

    @property
    def is_public(self) -> bool:
        """Whether anybody may call it."""
        return self.endpoint.route.needs == PUBLIC

    @property
    def names_something(self) -> bool:
        """Whether it names something that may not be there: in the path, or the company that it is about."""
        names = query_names(self.endpoint.parsed, self.path)
        return bool(_PARAMETER.search(self.path)) or "company_id" in names

    @property
    def types(self) -> dict[str, Any]:
        """What needs a schema, by name: each parsed parameter, and `answer`."""
        kinds = {parameter.name: parameter.annotation for parameter in self.endpoint.parsed}
        return {f"{self.id} {name}": kind for name, kind in {**kinds, "answer": self.endpoint.view}.items()}

    def described(self, schemas: dict[str, Schema], components: dict[str, Schema]) -> Schema:
        """The operation object; `schemas` holds the schema of each of `types`."""
        summary, _, more = (inspect.getdoc(self.endpoint.handler) or "").partition("\n\n")
        found: Schema = {
            "operationId": self.id,
            "tags": [self.tag],
            "summary": summary.replace("\n", " "),
            "parameters": [*self._parameters(schemas, components)],
            "responses": self._responses(schemas[f"{self.id} answer"]),
        }
        needs = "" if self.is_public else self._needs()
        if description := "\n\n".join(filter(None, (more, needs))):
            found["description"] = description
        if body := self._body(schemas):
            found["requestBody"] = body
        return found | self._security()

    def _security(self) -> Schema:
        """Nothing where the document's own rule holds. The empty requirement: a token may be left out."""
        if not self.is_public:
            return {}
        return {"security": [{}, {"bearer": []}] if self.endpoint.knows_visitors else []}

    def _needs(self) -> str:
        needs = self.endpoint.route.needs
        return f"Needs the permission `{needs}`." if needs else "For everybody who is signed in."

    def _parameters(self, schemas: dict[str, Schema], components: dict[str, Schema]) -> Iterator[Schema]:
        for parameter in self.endpoint.parsed:
            schema = schemas[f"{self.id} {parameter.name}"]
            if parameter.name in _PARAMETER.findall(self.path):
                yield self._shown({"name": parameter.name, "in": "path", "required": True, "schema": schema})
            elif is_query_model(parameter.annotation):
                model = components[schema["$ref"].rpartition("/")[2]]
                for name, field in model["properties"].items():
                    yield self._query(name, field, is_required=name in model.get("required", ()))
            elif not is_body(parameter.annotation):
                if parameter.default is not inspect.Parameter.empty:
                    schema = {**schema, "default": parameter.default}
                yield self._query(parameter.name, schema, is_required="default" not in schema)
        if self.method == "GET":
            yield IF_NONE_MATCH
        if self.endpoint.takes_precondition:
            yield IF_MATCH
        if self.method == "POST":
            yield IDEMPOTENCY_KEY

    def _query(self, name: str, schema: Schema, *, is_required: bool) -> Schema:
        plain = without_null(schema)
        description = plain.pop("description", None)
        parameter = {"name": name, "in": "query", "required": is_required, "schema": plain}
        return self._shown(parameter | ({"description": description} if description else {}))

    def _shown(self, parameter: Schema) -> Schema:
        """A parameter with what the sample event sends for it."""
        sent = self.example.path | self.example.query
        if parameter["name"] not in sent:
            return parameter
        text = sent[parameter["name"]]
        is_text = parameter["schema"].get("type", "string") == "string"
        return {**parameter, "example": text if is_text else json.loads(text)}

    def _body(self, schemas: dict[str, Schema]) -> Schema | None:
        """The JSON body that is parsed, or the text that is taken as it comes."""
        parsed = (
            schemas[f"{self.id} {parameter.name}"]
            for parameter in self.endpoint.parsed
            if is_body(parameter.annotation)
        )
        is_upload = self.endpoint.accepts != JSON
        schema = {"type": "string"} if is_upload else next(parsed, None)
        if schema is None:
            return None
        content: Schema = {"schema": schema}
        if self.example.body is not None:
            content["example"] = self.example.body
        return {"required": True, "content": {self.endpoint.accepts: content}}

    def _responses(self, schema: Schema) -> Schema:
        done = self._done(schema)
        found = {str(self.endpoint.route.success): done}
        if get_origin(self.endpoint.signature.return_annotation) is Created:
            found["200"] = {**done, "description": "It was there before, and is now as the request says."}
        if self.endpoint.file_format:
            found["303"] = reference(303)
        return found | {str(status): reference(status) for status in self._refusals()}

    def _done(self, schema: Schema) -> Schema:
        content: Schema = {"schema": schema}
        if self.example.answer is not None:
            content["example"] = self.example.answer
        found: Schema = {"description": "Done.", "content": {self._media_type: content}}
        if self.method == "GET":
            found["headers"] = {"ETag": {"$ref": "#/components/headers/ETag"}}
        return found

    @property
    def _media_type(self) -> str:
        """Of a success, without its parameters."""
        file_format = self.endpoint.file_format
        return file_format.media_type.partition(";")[0] if file_format else JSON

    def _refusals(self) -> list[int]:
        """The statuses beside success, in order. 422 and 409 are a rule's answer to any write."""
        found = [400, 429, 503]
        found += [304] if self.method == "GET" else [409, 422]
        found += [] if self.is_public and not self.endpoint.knows_visitors else [401, 403]
        found += [404] if self.names_something else []
        found += [413, 415] if self.method in WITH_A_BODY else []
        return sorted(found)


def is_query_model(annotation: Any) -> bool:  # noqa: ANN401 — any annotation
    """Whether a parameter is a model whose fields are query parameters."""
    origin, *extras = get_args(annotation) or (annotation,)
    is_model = isinstance(origin, type) and issubclass(origin, BaseModel)
    return is_model and any(isinstance(extra, Query) for extra in extras)
