"""Watchers of a complaint, who must keep away, and what staff add to it, at the handler's screen."""

from pathlib import Path

from playwright.async_api import expect

from tests.browser.test_complaints import a_case, detail_of, open_case
from tests.satisfaction.attachments.samples import picture


async def test_a_watcher_is_added_and_taken_away(handler, open_hospital):
    case = await a_case(open_hospital)
    page = await open_case(handler, open_hospital, case)
    watchers = detail_of(page).get_by_role("region", name="关注人")
    await expect(watchers.get_by_text("还没有人关注。")).to_be_visible()
    await watchers.get_by_role("button", name="添加关注人").click()
    choice = watchers.get_by_label("选择同事")
    await expect(choice.get_by_role("option").nth(1)).to_be_attached()
    await choice.select_option(index=1)
    await handler.shoot("watcher-chosen")
    await watchers.get_by_role("button", name="添加", exact=True).click()
    gone = watchers.get_by_role("button", name="移除")
    await expect(gone).to_have_count(1)
    assert len((await case.supervisor.get(f"/complaints/{case.id}/escalations"))["watchers"]) == 1
    await gone.click()
    await expect(watchers.get_by_text("还没有人关注。")).to_be_visible()


async def test_a_paper_is_added_for_the_house_unless_it_is_said_otherwise(handler, open_hospital, tmp_path: Path):
    case = await a_case(open_hospital)
    page = await open_case(handler, open_hospital, case)
    paper = tmp_path / "letter.jpg"
    paper.write_bytes(picture())
    detail = detail_of(page)
    for words, label in (("患者来信", None), ("收费清单", "患者也能看到")):
        await detail.get_by_role("button", name="附件", exact=True).click()
        await detail.get_by_label("选择图片或录音").set_input_files(paper)
        await detail.get_by_label("说明（可不填）").fill(words)
        await expect(detail.get_by_label("仅内部")).to_be_checked()
        if label:
            await detail.get_by_label(label).check()
        await handler.shoot(f"files-{words}")
        await detail.get_by_role("button", name="添加到处理记录").click()
        line = detail.get_by_role("listitem").filter(has_text=words)
        await expect(line.get_by_role("button", name="图片 1")).to_be_visible()
        await expect(line.get_by_text("仅内部可见")).to_have_count(0 if label else 1)
    seen = str(await case.patient.get(f"/complaints/{case.id}"))
    assert "收费清单" in seen
    assert "患者来信" not in seen
