"""What Schemathesis has to know of this API beside its document."""

import re
from functools import cache
from importlib import import_module
from typing import Any
from uuid import uuid4

import schemathesis
from pydantic import TypeAdapter, ValidationError

from lodestar.runtime.idempotency import HEADER
from lodestar.runtime.validation import exact_object, is_body
from tests.architecture.house import module_of_operation


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Every write is one of its own: under a key that was used before, nobody would look at its body."""
    for name, value in list((case.headers or {}).items()):
        if name.lower() == HEADER and re.fullmatch(r"[ -~]{1,255}", str(value)):
            case.headers[name] = str(uuid4())


def could_be_foretold(refusal: dict[str, Any]) -> bool:
    """Whether a schema could have said so: no JSON, or a single parameter; a rule between some has another code."""
    return refusal["code"] == "invalid_json" or (
        refusal["code"] == "invalid_parameter" and "details" in refusal
    )


@cache
def body_of(operation_id: str) -> TypeAdapter[Any] | None:
    """The model of an operation's body."""
    endpoint = import_module(module_of_operation(operation_id)).handler
    models = [each.annotation for each in endpoint.parsed if is_body(each.annotation)]
    return TypeAdapter(models[0]) if models else None


@schemathesis.check
def the_document_promises_what_the_models_take(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> bool | None:
    """What fits the document may break a rule between fields, but not the schema of the model."""
    if response.status_code not in (400, 422) or case.meta is None:
        return None
    if case.meta.generation.mode is not schemathesis.GenerationMode.POSITIVE:
        return None
    refusal = response.json()
    assert not could_be_foretold(refusal), refusal
    model = body_of(case.operation.definition.raw["operationId"])
    if response.status_code == 422 and model is not None:
        try:
            model.validate_python(exact_object(response.request.body.decode()))
        except ValidationError as error:
            raise AssertionError(f"The document promises what the model refuses: {refusal}") from error
    return None
