"""What is refused about templates.

NotFound                  no such event or template
Malformed
└─ WordsDoNotFit          the words break a rule; which, stands at each place
Refused
├─ DraftIsThere           somebody writes already at the same words
├─ NotADraft              it was approved or retired meanwhile
└─ OwnDraft               who wrote it may not be the one who approves it
"""

from typing import ClassVar

from server.errors import Malformed, Refused


class WordsDoNotFit(Malformed):
    """The words of a template break a rule."""

    code, title = "words_do_not_fit", "The words break a rule"
    texts: ClassVar = {
        "zh-CN": "模板的内容还有问题，请按提示修改。",
        "zh-TW": "範本的內容還有問題，請依提示修改。",
        "en": "Something is wrong with the words; please see the notes.",
    }


class DraftIsThere(Refused):
    """There is a draft already for this event, channel and language."""

    code, title = "draft_is_there", "There is a draft already"
    texts: ClassVar = {
        "zh-CN": "已有一份草稿，请在那份草稿上修改。",
        "zh-TW": "已有一份草稿，請在那份草稿上修改。",
        "en": "There is a draft already; please go on with that one.",
    }


class NotADraft(Refused):
    """Only a draft can be changed or approved."""

    code, title = "not_a_draft", "Not a draft"
    texts: ClassVar = {
        "zh-CN": "这份模板不是草稿，不能修改或批准。",
        "zh-TW": "這份範本不是草稿，不能修改或核准。",
        "en": "This is no draft: it cannot be changed or approved.",
    }


class OwnDraft(Refused):
    """Four eyes: who wrote a draft does not approve it, unless they are a supervisor."""

    code, title = "own_draft", "Somebody else has to approve it"
    texts: ClassVar = {
        "zh-CN": "自己写的模板要由另一位同事批准。",
        "zh-TW": "自己寫的範本要由另一位同事核准。",
        "en": "Somebody else has to approve what you wrote.",
    }
