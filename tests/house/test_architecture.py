"""The architecture: what the house promises about itself."""

import ast
import inspect
from pathlib import Path

import pytest
from tortoise import Tortoise

from server import config, db
from server.app import WIRINGS, create_app, models
from server.cli import all_jobs, all_subscriptions
from server.errors import AppError
from server.events import name_of
from server.facts import Fact, as_payload, from_payload, vocabulary
from server.states import machines

ROOT = Path(__file__).parent.parent.parent
PRODUCT = ("server", "miniapp_api", "notifications", "satisfaction")


def every_error() -> list[type[AppError]]:
    found, waiting = [], [AppError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return found


def sources() -> list[Path]:
    return [path for package in PRODUCT for path in sorted((ROOT / package).rglob("*.py"))]


def test_error_codes_are_unique_and_stable_words():
    codes = [error.code for error in every_error()]
    assert len(codes) == len(set(codes)), sorted(code for code in codes if codes.count(code) > 1)
    assert all(code.replace("_", "").isalpha() and code.islower() for code in codes)


@pytest.mark.parametrize("error", every_error(), ids=lambda error: error.__name__)
def test_an_error_says_it_in_three_languages_with_the_status_of_a_refusal(error):
    assert error.__doc__
    assert error.status == 503 or 400 <= error.status < 500 or error is AppError
    assert set(error.texts) == {"zh-CN", "zh-TW", "en"}
    assert all(text.strip() for text in error.texts.values())


@pytest.mark.parametrize("machine", machines().values(), ids=lambda machine: machine.name)
def test_every_state_can_be_reached_and_every_state_but_an_end_can_be_left(machine):
    reached, waiting = set(), list(machine.starts)
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += machine.moves.get(state, ())
    assert reached == set(machine.states)
    assert any(machine.is_end(state) for state in machine.states)


def test_the_machines_of_the_product_are_declared():
    assert {"appointment", "ticket", "delivery", "invitation", "complaint"} <= set(machines())


@pytest.mark.parametrize("fact", vocabulary().values(), ids=lambda fact: fact.__name__)
def test_a_fact_is_frozen_and_says_what_happened(fact):
    assert fact.__doc__
    assert fact.__dataclass_params__.frozen
    assert issubclass(fact, Fact)


def test_a_fact_survives_the_database_and_unknown_fields():
    from uuid import uuid4

    from server.facts import ComplaintAcknowledged

    fact = ComplaintAcknowledged(complaint_id=uuid4(), staff_id=uuid4())
    assert from_payload("ComplaintAcknowledged", {**as_payload(fact), "of_a_later_release": 1}) == fact


def test_every_subscriber_has_a_name_of_its_own():
    names = [name_of(handler) for handlers in all_subscriptions().values() for handler in set(handlers)]
    assert all("<" not in name for name in names)


def test_job_names_are_unique():
    names = [job.name for job in all_jobs()]
    assert len(names) == len(set(names))


async def test_the_models_say_what_the_database_has(hospital):
    rows = await db.fetch(
        "SELECT table_name, column_name, is_nullable FROM information_schema.columns WHERE table_schema = 'public'"
    )
    columns = {(row["table_name"], row["column_name"]): row["is_nullable"] == "YES" for row in rows}
    wrong = []
    for model in Tortoise.apps["hospital"].values():
        for name, field in model._meta.fields_map.items():
            column = (model._meta.db_table, field.source_field or name)
            if column not in columns:
                wrong.append(f"{column} is not in the database")
            elif columns[column] != bool(field.null) and not field.pk:
                wrong.append(f"{column}: null is {columns[column]} in the database, {field.null} in the model")
    assert wrong == []


async def test_a_constraint_stands_behind_every_rule(hospital):
    rows = await db.fetch(
        "SELECT conname AS name FROM pg_constraint UNION SELECT indexname FROM pg_indexes WHERE schemaname = 'public'"
    )
    there = {row["name"] for row in rows}
    assert {
        "slot_never_oversold",
        "slot_once_per_pool",
        "session_practitioner_id_starts_at_key",
        "schedule_rule_no_overlap",
        "schedule_rule_has_places",
        "schedule_rule_not_backwards",
        "appointment_slot_id_number_key",
        "appointment_once_per_session",
        "appointment_open_place_once",
        "ticket_department_id_day_number_key",
        "ticket_one_for_an_appointment",
        "ticket_one_in_a_room",
        "ticket_one_place_for_a_person",
        "scan_pkey",
        "encounter_ticket_id_key",
        "idempotency_record_pkey",
        "fact_handled_pkey",
        "message_event_key_key",
        "delivery_message_id_channel_key",
        "delivery_one_in_flight",
        "attempt_delivery_id_fence_key",
        "attempt_accepted_once",
        "consent_credit_spent_once",
        "platform_event_dedup_key_key",
        "reminder_key_key",
        "alert_key_key",
        "invitation_encounter_id_key",
        "response_invitation_id_key",
        "complaint_response_id_key",
        "breach_pkey",
        "price_once",
        "faq_code_key",
        "faq_approved_whole",
        "faq_approved_by_another",
        "hospital_map_point_whole",
    } <= there


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_public_things_say_what_they_do(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "a module says what lives in it"
    silent = [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and node.name != "Meta"
        and not ast.get_docstring(node)
        and _is_public(tree, node)
    ]
    assert silent == []


def _is_public(tree: ast.Module, node: ast.AST) -> bool:
    """Functions inside functions are nobody's interface."""
    return any(
        node is child or (isinstance(child, ast.ClassDef) and not child.name.startswith("_") and node in child.body)
        for child in tree.body
    )


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_error_is_swallowed(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            broad = node.type is None or (
                isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")
            )
            assert not (broad and all(isinstance(line, ast.Pass) for line in node.body)), f"line {node.lineno}"


def test_only_the_api_serves_and_every_route_is_described(hospital):
    silent = [
        route.path
        for route in hospital.app.router.routes
        if route.path.startswith("api/") and not hasattr(route.handler, "operation")
    ]
    assert silent == []


def test_every_creating_post_takes_an_idempotency_key(hospital):
    missing = [
        route.path
        for route in hospital.app.router.routes
        if "POST" in route.methods
        and route.path.startswith("api/")
        and route.handler.operation.status == 201
        and not route.handler.operation.creates
    ]
    assert missing == []


def test_invariants_are_sentences_with_a_query():
    checks = [check for wiring in WIRINGS for check in wiring.invariants]
    assert checks
    assert all(sentence[0].isupper() or sentence[0] >= "\u4e00" for sentence, _ in checks)
    assert all(sql.lstrip().upper().startswith(("SELECT", "WITH")) for _, sql in checks)


def test_settings_name_what_is_missing():
    with pytest.raises(config.WrongSetting, match="DATABASE_URL"):
        config.load({})


def test_secrets_do_not_print_themselves(hospital):
    shown = repr(hospital.settings)
    assert "sim-secret" not in shown
    assert "dddd" not in shown


def test_the_product_has_its_parts():
    assert inspect.isfunction(create_app)
    assert models()
