"""The OpenAPI 3.1 document, made from what the routes declare with `web.api` and from pydantic's own schemas."""

import inspect
import re
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from sanic import Sanic

from server.web import JSON, PROBLEM_JSON, Operation, Problem


def openapi(app: Sanic, *, title: str, version: str) -> dict[str, Any]:
    """Make the OpenAPI 3.1 document of every route that was declared with `api`."""
    routes = sorted(
        ((route, route.handler.operation) for route in app.router.routes if hasattr(route.handler, "operation")),
        key=lambda pair: (pair[0].path, sorted(pair[0].methods)),
    )
    models: set[tuple[type[BaseModel], Any]] = {(Problem, "serialization")}
    for _, operation in routes:
        models |= {(model, "validation") for model in (operation.body, operation.query) if model}
        models |= {(operation.returns, "serialization")} if operation.returns else set()
    refs, definitions = models_json_schema(
        sorted(models, key=lambda item: (item[0].__name__, item[1])), ref_template="#/components/schemas/{model}"
    )
    schemas = definitions.get("$defs", {})
    paths: dict[str, Any] = {}
    for route, operation in routes:
        path, parameters = _path_of(route)
        if operation.query:
            name = refs[(operation.query, "validation")]["$ref"].rsplit("/", 1)[1]
            schema = schemas[name]
            parameters += [
                {"name": key, "in": "query", "required": key in schema.get("required", ()), "schema": value}
                for key, value in schema.get("properties", {}).items()
            ]
        if operation.creates:
            parameters.append(
                {
                    "name": "Idempotency-Key",
                    "in": "header",
                    "required": False,
                    "schema": {"type": "string", "format": "uuid"},
                }
            )
        documented: dict[str, Any] = {
            "operationId": route.name.split(".", 1)[-1].replace(".", "_"),
            "tags": [operation.tag or route.name.split(".")[1]],
            "parameters": parameters,
            "responses": _responses(route, operation, refs),
        }
        if text := inspect.getdoc(route.handler):
            documented["summary"] = text.splitlines()[0]
        if operation.body:
            documented["requestBody"] = {
                "required": True,
                "content": {JSON: {"schema": refs[(operation.body, "validation")]}},
            }
        if operation.takes:
            file = {"schema": {"type": "string", "format": "binary"}}
            documented["requestBody"] = {"required": True, "content": dict.fromkeys(operation.takes, file)}
        if operation.guard:
            documented["security"] = [{scheme: []} for scheme in operation.guard.schemes]
        for method in route.methods - {"HEAD", "OPTIONS"}:
            paths.setdefault(path, {})[method.lower()] = documented
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                scheme: {"type": "http", "scheme": "bearer", "description": text}
                for scheme, text in (("patient", "Token of POST /sessions"), ("staff", "Token of POST /staff/sessions"))
            },
        },
    }


def _path_of(route: Any) -> tuple[str, list[dict[str, Any]]]:
    path, parameters = "/" + route.path, []
    for parameter in route.params.values():
        path = re.sub(rf"<{parameter.name}(:[^>]*)?>", "{" + parameter.name + "}", path)
        schema = {"type": "string", "format": "uuid"} if parameter.label == "uuid" else {"type": "string"}
        parameters.append({"name": parameter.name, "in": "path", "required": True, "schema": schema})
    return path, parameters


def _responses(route: Any, operation: Operation, refs: dict) -> dict[str, Any]:
    ok: dict[str, Any] = {"description": "OK"}
    if operation.returns:
        ok["content"] = {JSON: {"schema": refs[(operation.returns, "serialization")]}}
    elif operation.content_types != (JSON,):
        ok["content"] = {name: {} for name in operation.content_types}
    codes: dict[int, list[str]] = {}
    for error in operation.errors:
        codes.setdefault(error.status, []).append(error.code)
    for status, here in (
        (400, operation.body),
        (401, operation.guard),
        (403, operation.guard),
        (404, route.params),
        (413, operation.body or operation.takes),
        (415, operation.body or operation.takes),
        (422, operation.body or operation.query),
    ):
        if here:
            codes.setdefault(status, [])
    schema = {PROBLEM_JSON: {"schema": refs[(Problem, "serialization")]}}
    answers = {
        str(status): {"description": " · ".join(sorted(set(names))) or "Problem", "content": schema}
        for status, names in sorted(codes.items())
    }
    return {str(operation.status): ok, **answers}
