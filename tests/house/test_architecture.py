"""The architecture: what the house promises about itself."""

import ast
import inspect
import re
from pathlib import Path

import pytest
from tortoise import Tortoise

from server import config, db
from server.app import WIRINGS, create_app, models
from server.cli import all_jobs, all_subscriptions
from server.errors import AppError
from server.events import name_of
from server.facts import Fact, as_payload, from_payload, vocabulary
from server.openapi import openapi
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
        "complaint_event_once",
        "complaint_event_call_is_long",
        "complaint_event_received_once",
        "complaint_event_reopened_once",
        "complaint_clock_stop_has_a_reason",
        "complaint_clock_rest_is_whole",
        "breach_withdrawn_has_a_reason",
        "work_interval_of_one",
        "work_interval_not_backwards",
        "work_interval_weekday_apart",
        "work_interval_day_apart",
        "dues_run_one_open",
        "attachment_of_one",
        "attachment_bound_as_a_whole",
        "attachment_slots",
        "attachment_one_a_slot",
        "confirmation_reminder_pkey",
        "confirmation_reminder_done_has_outcome",
        "complaint_brief_whole",
        "webhook_endpoint_url",
        "message_to_a_system",
        "dead_letter_pkey",
        "dead_letter_done_by_somebody",
        "consent_credit_spent_on_something",
        "consent_credit_spent_or_void",
        "consent_credit_spent_once",
        "credit_rank_pkey",
        "purpose_standing_pkey",
        "purpose_consent_said_by_somebody",
        "purpose_consent_staff_only_withdraw",
        "message_template_number",
        "message_template_one_approved",
        "message_template_one_draft",
        "message_template_approved_whole",
        "message_template_ended_whole",
        "message_template_four_eyes",
        "provider_token_whole",
        "provider_token_turn_whole",
        "channel_state_pause_whole",
        "channel_state_open_rests",
        "channel_state_probe_whole",
        "channel_use_pkey",
        "channel_trouble_pkey",
        "delivery_archive_once",
        "delivery_archive_ended",
        "attempt_archive_delivery_id_fkey",
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
        "scan_names_its_desk",
        "scan_settled_whole",
        "scan_settled_as_it_may",
        "scan_annulled_whole",
        "scan_annulled_check_in",
        "ticket_one_in_a_room",
        "ticket_one_on_a_ready_place",
        "ticket_ready_has_place",
        "ticket_ready_place_is_one_of_few",
        "ticket_held_until_is_of_who_is_held",
        "room_pause_is_of_who_pauses",
        "queue_line_until_is_of_a_pause",
        "calling_rule_pkey",
        "ticket_one_place_for_a_person",
        "ticket_triage_one_open",
        "ticket_triage_second_person",
        "ticket_triage_confirmed_whole",
        "ticket_triage_only_urgent_open",
        "patient_desk_identity_once",
        "desk_report_once",
        "desk_report_not_before_due",
        "report_setting_in_order",
        "report_export_in_order",
        "patient_not_same_as_another",
        "queue_event_pkey",
        "wait_promise_pkey",
        "stage_list_once",
        "stage_list_has_items",
        "visit_step_number",
        "visit_step_one_now",
        "visit_step_ended",
        "wait_promise_whole",
        "service_day_once",
        "wait_rolled_pkey",
        "wait_day_pkey",
        "wait_day_counts",
        "wait_alarm_one_open",
        "session_begin_pkey",
        "queue_rule_pkey",
        "board_setting_pkey",
        "board_setting_says_no_more",
        "board_message_one_broadcast",
        "board_message_notice_has_end",
        "board_message_ended_by_somebody",
        "queue_rule_within_limits",
        "queue_rule_has_a_reason",
        "ticket_reorderings_is_a_list",
        "scan_pkey",
        "scan_offline_whole",
        "offline_conflict_once",
        "offline_conflict_resolved_whole",
        "offline_conflict_has_ticket",
        "offline_conflict_dismissed_with_reason",
        "encounter_ticket_id_key",
        "idempotency_record_pkey",
        "fact_handled_pkey",
        "message_event_key_key",
        "delivery_message_id_channel_key",
        "delivery_one_in_flight",
        "attempt_delivery_id_fence_key",
        "attempt_accepted_once",
        "platform_event_dedup_key_key",
        "reminder_once",
        "care_plan_version_plan_id_number_key",
        "care_plan_version_approved_whole",
        "care_plan_one_draft",
        "care_plan_one_approved",
        "enrolment_once",
        "enrolment_stopped_has_reason",
        "enrolment_ended_whole",
        "plan_step_once",
        "plan_step_window",
        "plan_step_skipped_has_reason",
        "plan_step_merged_whole",
        "plan_step_told_whole",
        "followup_response_plan_step_id_key",
        "patient_stop_once",
        "patient_stop_lifted_whole",
        "replan_once",
        "replan_decided_whole",
        "replan_decided_when",
        "call_task_once",
        "call_task_one_at_a_time",
        "call_task_claimed_whole",
        "call_task_ended_whole",
        "call_task_ended_has_result",
        "call_attempt_once",
        "reminder_once_for_a_time",
        "strike_appointment_id_key",
        "strike_forgiven_with_excuse",
        "strike_forgiven_with_reason",
        "early_cancel_pkey",
        "appeal_strike_id_key",
        "appeal_decided_whole",
        "appeal_refused_by_somebody",
        "outage_has_time",
        "alert_key_key",
        "invitation_once_a_visit",
        "invitation_skipped_has_reason",
        "invitation_has_somebody",
        "questionnaire_one_active",
        "questionnaire_short",
        "questionnaire_few_rotating",
        "questionnaire_poster_is_anonymous",
        "survey_contact_pkey",
        "survey_link_of_invitation",
        "survey_link_few_a_day",
        "survey_link_use_once",
        "survey_sample_pkey",
        "survey_setting_pkey",
        "response_edit_pkey",
        "text_decision_hiding_has_a_reason",
        "ballot_request_hash_key",
        "response_invitation_id_key",
        "complaint_response_id_key",
        "complaint_one_low_rating_a_visit",
        "response_low_has_its_complaint",
        "text_check_once",
        "text_check_copy_goes",
        "complaint_entry_in_order",
        "complaint_entry_note_is_internal",
        "timeline_anchor_pkey",
        "unsealing_by_two",
        "unsealing_asked_once",
        "complaint_person_once",
        "complaint_person_is_one",
        "staff_keeps_an_administrator",
        "staff_username_key",
        "staff_role_once",
        "staff_change_act",
        "staff_not_own_manager",
        "staff_relation_once",
        "staff_relation_to_one",
        "staff_relation_not_to_oneself",
        "invitation_person_once",
        "invitation_person_is_one",
        "response_of_nobody_is_anonymous",
        "answer_pkey",
        "answer_fits_scale",
        "answer_not_applicable_has_no_value",
        "complaint_clock_pkey",
        "score_cell_once",
        "score_person_cell_once",
        "score_person_cell_is_one",
        "score_not_negative",
        "score_adds_up",
        "score_of_who_was_asked",
        "score_release_pkey",
        "score_release_is_a_week",
        "score_published_once",
        "score_published_is_enough",
        "score_withheld_once",
        "score_weight_pkey",
        "signal_todo_pkey",
        "signal_state_pkey",
        "signal_state_in_range",
        "signal_one_open",
        "signal_closed_has_note",
        "signal_acknowledged_by_somebody",
        "signal_told_pkey",
        "signal_told_few_a_day",
        "signal_budget_pkey",
        "breach_pkey",
        "cause_forty_leaves",
        "cause_leaf_place_once",
        "cause_leaf_has_place",
        "complaint_cause_place",
        "complaint_cause_once",
        "complaint_cause_has_system_factor",
        "library_case_complaint",
        "library_case_by_two",
        "library_case_approved",
        "library_case_published_whole",
        "library_case_sealed_until_approved",
        "library_case_withdrawn_has_reason",
        "library_term_not_negative",
        "improvement_measures_one",
        "improvement_change_is_possible",
        "improvement_by_two",
        "improvement_training_is_weak",
        "improvement_weak_is_signed",
        "improvement_not_only_weak",
        "improvement_accepted_whole",
        "improvement_started_whole",
        "improvement_done_with_evidence",
        "improvement_judged_whole",
        "improvement_evidence_days",
        "improvement_once_proposed",
        "improvement_evidence_links",
        "improvement_another_before_the_start",
        "attachment_one_a_slot_of_evidence",
        "improvement_case_pkey",
        "improvement_look_pkey",
        "improvement_look_second_decides",
        "improvement_reminder_pkey",
        "complaint_analysis_pkey",
        "escalation_once",
        "escalation_resolved_whole",
        "escalation_never_forgotten",
        "escalation_ack_three_presses",
        "page_within_budget",
        "page_once_in_budget",
        "page_pool_pkey",
        "duty_day_once",
        "duty_off_has_length",
        "duty_alarm_one_open",
        "complaint_watcher_pkey",
        "price_once",
        "faq_code_key",
        "faq_approved_whole",
        "faq_approved_by_another",
        "hospital_map_point_whole",
        "stopped_session_once",
        "stopped_visit_once",
        "stopped_visit_has_its_outcome",
        "stopped_visit_moved_somewhere",
        "stopped_visit_settled_by_an_answer",
        "stopped_visit_on_the_list",
        "refund_due_done_by_somebody",
        "appointment_hold_has_end",
        "appointment_no_time_conflict",
        "appointment_revisit_once",
        "calendar_feed_once",
        "draw_department",
        "draw_entry_drawn",
        "draw_entry_once_per_file",
        "draw_entry_once_per_person",
        "draw_entry_position_once",
        "draw_entry_settled",
        "draw_entry_winner",
        "draw_keeps_promise",
        "draw_once_per_session",
        "draw_reveals_when_done",
        "draw_settled",
        "draw_window",
        "schedule_change_subject_check",
        "schedule_setting_knows_return",
        "session_extras_not_negative",
        "session_knows_draw",
        "waitlist_entry_criteria_whole",
        "waitlist_entry_end",
        "waitlist_entry_priority_has_reason",
        "waitlist_offer_end",
        "waitlist_offer_has_time",
        "waitlist_offer_one_live",
        "waitlist_target_end",
        "waitlist_target_once",
        "department_tree",
        "route_version_once",
        "routing_setting_version_once",
        "message_preference_once",
        "message_preference_visit_stays_on",
        "contact_slot_hour_once",
        "contact_slot_day_once",
        "contact_slot_month_once",
        "digest_once",
        "digest_item_once",
        "sms_receipt_channel_provider_id_key",
        "sms_receipt_one_for_a_delivery",
        "official_receipt_one_for_a_delivery",
        "bad_address_pkey",
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


def test_no_lock_of_satisfaction_is_anybody_elses():
    """Two parts that take one number wait for each other for nothing: calls about a complaint for a settling hub."""
    places: dict[str, list[str]] = {}
    for path in (*sources(), *sorted((ROOT / "infra" / "migrations").glob("*.sql"))):
        for number in re.findall(r"\b7_?402_?\d{3}\b", path.read_text()):
            places.setdefault(number.replace("_", ""), []).append(str(path.relative_to(ROOT)))
    shared = {number: found for number, found in places.items() if len(found) > 1}
    assert not [found for found in shared.values() if any(one.startswith("satisfaction/") for one in found)], shared
    assert len(places) > 8


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


def test_every_form_and_view_has_a_name_of_its_own(hospital):
    names = openapi(hospital.app, title="", version="")["components"]["schemas"]
    assert not [name for name in names if "__" in name]  # two of one name would be told apart by their modules
