"""template.yaml as CloudFormation sees it: SAM translated, conditions decided, references resolved."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from local.aws import ACCOUNT, REGION
from local.errors import CannotRun

# JSON of the template: its depth is decided by the author of the template, so its type stays open.
type Json = Any
type Properties = dict[str, Json]
type Attribute = Callable[[str, str], Json]
PSEUDO_PARAMETERS = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": "local",
    "AWS::URLSuffix": "amazonaws.com",
}
_PLACEHOLDER = re.compile(r"\$\{([\w:.]+)\}")
_NOTHING = object()  # AWS::NoValue: the property is left out


class Template:
    """The translated template; `attribute(resource, name)` knows what `!Ref` and `!GetAtt` give."""

    def __init__(self, path: Path, parameters: Mapping[str, str], attribute: Attribute) -> None:
        self.root = path.resolve().parent
        translated = _translate(path, parameters)
        self._conditions: Properties = translated.get("Conditions", {})
        self._attribute = attribute
        self._parameters = PSEUDO_PARAMETERS | dict(_parameter_values(translated, parameters))
        self.resources: dict[str, Properties] = {
            name: resource
            for name, resource in translated["Resources"].items()
            if self._is_met(resource.get("Condition"))
        }

    def of(self, kind: str) -> Iterator[tuple[str, Properties]]:
        """Each resource of a type, e.g. `AWS::SQS::Queue`: its logical id and its properties, unresolved."""
        for name, resource in self.resources.items():
            if resource["Type"] == kind:
                yield name, resource.get("Properties", {})

    def properties(self, name: str) -> Properties:
        """The properties of one resource, resolved."""
        resolved: Properties = self.resolve(self.resources[name].get("Properties", {}))
        return resolved

    def resolve(self, value: Json) -> Json:
        """Replace every intrinsic function in a value by what it stands for."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not _NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function == "Ref" or function.startswith("Fn::"):
                return self._call(function, argument)
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not _NOTHING}

    def _call(self, function: str, argument: Json) -> Json:
        functions: dict[str, Callable[[Json], Json]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": lambda a: a[0].join(map(str, self.resolve(a[1]))),
            "Fn::Select": lambda a: self.resolve(a[1])[int(a[0])],
            "Fn::Split": lambda a: self.resolve(a[1]).split(a[0]),
            "Fn::If": lambda a: self.resolve(a[1] if self._is_met(a[0]) else a[2]),
        }
        if function not in functions:
            message = f"The template uses {function}, which the local runner does not know: use another one."
            raise CannotRun(message)
        return functions[function](argument)

    def _ref(self, name: str) -> Json:
        if name == "AWS::NoValue":
            return _NOTHING
        if name in self._parameters:
            return self._parameters[name]
        return self._attribute(name, "Ref")

    def _get_att(self, argument: str | list[str]) -> Json:
        name, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
        return self._attribute(name, attribute)

    def _sub(self, argument: str | list[Json]) -> str:
        text, given = (argument, {}) if isinstance(argument, str) else argument
        values = self.resolve(given)

        def fill(match: re.Match[str]) -> str:
            name = match[1]
            if name in values:
                return str(values[name])
            return str(self._get_att(name) if "." in name else self._ref(name))

        return _PLACEHOLDER.sub(fill, text)

    def _is_met(self, condition: Json) -> bool:
        """Decide a condition: its name, or an expression of Fn::Equals, Fn::Not, Fn::And and Fn::Or."""
        if condition is None:
            return True
        if isinstance(condition, str):
            return self._is_met(self._conditions[condition])
        ((function, argument),) = condition.items()
        if function == "Condition":
            return self._is_met(argument)
        if function == "Fn::Equals":
            left, right = self.resolve(argument)
            return bool(left == right)
        met = [self._is_met(part) for part in argument]
        return {"Fn::Not": not met[0], "Fn::And": all(met), "Fn::Or": any(met)}[function]


def _translate(path: Path, parameters: Mapping[str, str]) -> Properties:
    if not path.is_file():
        message = f"There is no template at {path}: run from the folder that holds template.yaml."
        raise CannotRun(message)
    source = yaml_parse(path.read_text(encoding="utf-8"))
    _pretend_packaged(source)
    # The names of managed policies stay names: permissions are not enforced here.
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    translated: Properties = translator.translate(source, dict(parameters))
    return translated


def _pretend_packaged(source: Properties) -> None:
    """The translator wants the S3 addresses that `sam package` writes; the key keeps the local folder."""
    sections = [resource.get("Properties", {}) for resource in source["Resources"].values()]
    for properties in [source.get("Globals", {}).get("Function", {}), *sections]:
        for name in ("CodeUri", "ContentUri"):
            if isinstance(properties.get(name), str):
                properties[name] = f"s3://local/{properties[name]}"


def _parameter_values(translated: Properties, given: Mapping[str, str]) -> Iterator[tuple[str, Json]]:
    for name, declared in translated.get("Parameters", {}).items():
        value = given.get(name, declared.get("Default"))
        if value is None:
            message = f"The template's parameter {name} needs a Default: the local runner gives it no value."
            raise CannotRun(message)
        is_list = declared["Type"].startswith("List") or declared["Type"] == "CommaDelimitedList"
        yield name, [part.strip() for part in str(value).split(",")] if is_list else str(value)
