"""The tree of errors: what a program reads (`code`), what a person reads (`detail`). Knows no web framework. Pure.

AppError                500  a bug; the person reads a general sentence
├─ Unreadable           400  the request cannot be read at all
├─ SignInNeeded         401
│  └─ OneTimePasswordOver    the password that an administrator gave was not used in time
├─ Forbidden            403
│  └─ PasswordChangeNeeded   an administrator gave the password; first one of one's own
├─ NotFound             404  also for what exists but is not yours
├─ Refused              409  a rule says no
│  ├─ IllegalMove            the state does not allow this step
│  └─ SomeoneWasFaster       somebody changed the row in between
├─ Stale                412  the version that was sent is not the present one
├─ TooLarge             413
├─ WrongMediaType       415
├─ Malformed            422  a field is wrong
│  └─ IdempotencyKeyReused   the same key came with another body
├─ TooMany              429
│  └─ TooManyStreams         one member of staff has too many live pages open
└─ OutsideTrouble       503  another system does not answer
   └─ SimulatorAway        the simulated platform of a demonstration
"""

from collections.abc import Mapping
from string import Formatter
from typing import Any, ClassVar

LANGUAGES = ("zh-CN", "zh-TW", "en")


class AppError(Exception):
    """A bug of ours."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal error"
    texts: ClassVar[Mapping[str, str]] = {
        "zh-CN": "系统出了点问题，请稍后再试。",
        "zh-TW": "系統出了點問題，請稍後再試。",
        "en": "Something went wrong on our side. Please try again later.",
    }

    def __init__(self, **data: Any) -> None:
        super().__init__(self.code)
        self.data = data

    def detail(self, language: str) -> str:
        """Say it in the caller's language; Simplified Chinese where a text is missing."""
        text = self.texts.get(language) or self.texts["zh-CN"]
        return Formatter().vformat(text, (), self.data)

    def headers(self) -> dict[str, str]:
        """Give the headers that belong to the answer."""
        return {}


class Unreadable(AppError):
    """The body is not JSON, or not an object."""

    status, code, title = 400, "unreadable", "Unreadable"
    texts: ClassVar = {
        "zh-CN": "请求内容无法读取，请检查后重试。",
        "zh-TW": "請求內容無法讀取，請檢查後重試。",
        "en": "The request cannot be read.",
    }


class SignInNeeded(AppError):
    """No token, or one that is unknown, expired or revoked."""

    status, code, title = 401, "sign_in_needed", "Sign-in needed"
    texts: ClassVar = {
        "zh-CN": "请先登录。",
        "zh-TW": "請先登入。",
        "en": "Please sign in first.",
    }

    def headers(self) -> dict[str, str]:
        """Name the scheme, as RFC 9110 asks."""
        return {"WWW-Authenticate": "Bearer"}


class WrongPassword(SignInNeeded):
    """Unknown user name or wrong password; the two look the same."""

    code, title = "wrong_password", "Wrong user name or password"
    texts: ClassVar = {
        "zh-CN": "用户名或密码不正确。",
        "zh-TW": "使用者名稱或密碼不正確。",
        "en": "Wrong user name or password.",
    }


class OneTimePasswordOver(SignInNeeded):
    """The password was right, but the one that an administrator gave holds for a while only."""

    code, title = "one_time_password_over", "One-time password over"
    texts: ClassVar = {
        "zh-CN": "一次性密码已过期，请联系管理员重新获取。",
        "zh-TW": "一次性密碼已過期，請聯絡管理員重新取得。",
        "en": "The one-time password has run out. Please ask the administrator for another one.",
    }


class LoginCodeRefused(SignInNeeded):
    """The platform does not accept the code of wx.login: wrong, used or older than five minutes."""

    code, title = "login_code_refused", "Login code refused"
    texts: ClassVar = {
        "zh-CN": "登录已失效，请重新打开小程序。",
        "zh-TW": "登入已失效，請重新開啟小程式。",
        "en": "The login has expired. Please open the mini-app again.",
    }


class Forbidden(AppError):
    """Signed in, but without the role or department that this needs."""

    status, code, title = 403, "forbidden", "Forbidden"
    texts: ClassVar = {
        "zh-CN": "您没有权限进行此操作。",
        "zh-TW": "您沒有權限進行此操作。",
        "en": "You are not allowed to do this.",
    }


class PasswordChangeNeeded(Forbidden):
    """Somebody who came with a password that an administrator gave sets one of their own before anything else."""

    code, title = "password_change_needed", "Password change needed"
    texts: ClassVar = {
        "zh-CN": "请先设置您自己的密码。",
        "zh-TW": "請先設定您自己的密碼。",
        "en": "Please set a password of your own first.",
    }


class NotFound(AppError):
    """It does not exist, or it is not yours."""

    status, code, title = 404, "not_found", "Not found"
    texts: ClassVar = {
        "zh-CN": "没有找到相关内容。",
        "zh-TW": "沒有找到相關內容。",
        "en": "Not found.",
    }


class MethodNotAllowed(AppError):
    """The path exists, the method does not."""

    status, code, title = 405, "method_not_allowed", "Method not allowed"
    texts: ClassVar = {
        "zh-CN": "不支持此操作。",
        "zh-TW": "不支援此操作。",
        "en": "This method is not supported here.",
    }

    def headers(self) -> dict[str, str]:
        """Name what is allowed, as RFC 9110 asks."""
        return {"Allow": ", ".join(self.data.get("allow", ()))}


class Refused(AppError):
    """A rule says no."""

    status, code, title = 409, "refused", "Refused"
    texts: ClassVar = {
        "zh-CN": "目前不能进行此操作。",
        "zh-TW": "目前不能進行此操作。",
        "en": "This cannot be done now.",
    }


class IllegalMove(Refused):
    """The state of the row does not allow this step."""

    code, title = "illegal_move", "Not possible in this state"
    texts: ClassVar = {
        "zh-CN": "当前状态不能进行此操作，请刷新后再看。",
        "zh-TW": "目前狀態不能進行此操作，請重新整理後再看。",
        "en": "This is not possible in the present state. Please refresh.",
    }


class SomeoneWasFaster(Refused):
    """Somebody changed the row between the look and the step."""

    code, title = "someone_was_faster", "Someone was faster"
    texts: ClassVar = {
        "zh-CN": "已有其他人处理，请刷新后再看。",
        "zh-TW": "已有其他人處理，請重新整理後再看。",
        "en": "Somebody else has just done something here. Please refresh.",
    }


class Stale(AppError):
    """The version that was sent is not the present one; `resource` holds the fresh one."""

    status, code, title = 412, "stale", "Stale version"
    texts: ClassVar = {
        "zh-CN": "内容已更新，请刷新后再操作。",
        "zh-TW": "內容已更新，請重新整理後再操作。",
        "en": "This has changed in the meantime. Please refresh.",
    }


class TooLarge(AppError):
    """The body is over the limit."""

    status, code, title = 413, "too_large", "Too large"
    texts: ClassVar = {
        "zh-CN": "提交的内容过大。",
        "zh-TW": "提交的內容過大。",
        "en": "The request is too large.",
    }


class WrongMediaType(AppError):
    """The body is not JSON."""

    status, code, title = 415, "wrong_media_type", "Wrong media type"
    texts: ClassVar = {
        "zh-CN": "请以 JSON 格式提交。",
        "zh-TW": "請以 JSON 格式提交。",
        "en": "Please send JSON.",
    }


class Malformed(AppError):
    """A field is wrong; `errors` names each by JSON pointer."""

    status, code, title = 422, "malformed", "A field is wrong"
    texts: ClassVar = {
        "zh-CN": "填写的内容有误，请检查后重试。",
        "zh-TW": "填寫的內容有誤，請檢查後重試。",
        "en": "Some fields are wrong. Please check them.",
    }


class IdempotencyKeyReused(Malformed):
    """The same idempotency key came with another request."""

    code, title = "idempotency_key_reused", "Idempotency key reused"
    texts: ClassVar = {
        "zh-CN": "请求标识已用于其他内容，请重新提交。",
        "zh-TW": "請求識別已用於其他內容，請重新提交。",
        "en": "This idempotency key was used for another request.",
    }


class TooMany(AppError):
    """Too many tries; `retry_after` is in seconds."""

    status, code, title = 429, "too_many", "Too many requests"
    texts: ClassVar = {
        "zh-CN": "操作过于频繁，请 {retry_after} 秒后再试。",
        "zh-TW": "操作過於頻繁，請 {retry_after} 秒後再試。",
        "en": "Too many tries. Please wait {retry_after} seconds.",
    }

    def headers(self) -> dict[str, str]:
        """Say when to come back."""
        return {"Retry-After": str(self.data["retry_after"])}


class TooManyStreams(TooMany):
    """A member of staff has as many live streams open as one may have."""

    code, title = "too_many_streams", "Too many live pages"
    texts: ClassVar = {
        "zh-CN": "打开的页面过多，请关闭不用的页面。",
        "zh-TW": "開啟的頁面過多，請關閉不用的頁面。",
        "en": "Too many pages are open. Please close those you do not need.",
    }


class OutsideTrouble(AppError):
    """Another system does not answer."""

    status, code, title = 503, "outside_trouble", "Temporarily unavailable"
    texts: ClassVar = {
        "zh-CN": "服务暂时不可用，请稍后再试。",
        "zh-TW": "服務暫時不可用，請稍後再試。",
        "en": "Temporarily unavailable. Please try again shortly.",
    }

    def headers(self) -> dict[str, str]:
        """Say when to come back."""
        return {"Retry-After": str(self.data.get("retry_after", 2))}


class SimulatorAway(OutsideTrouble):
    """The simulated platform, which stands in for the real one in a demonstration, does not answer."""

    code, title = "simulator_away", "Simulated platform unavailable"
    texts: ClassVar = {
        "zh-CN": "模拟平台没有响应，请确认它正在运行后再试。",
        "zh-TW": "模擬平台沒有回應，請確認它正在執行後再試。",
        "en": "The simulated platform does not answer. Please check that it runs and try again.",
    }


def wrong_field(pointer: str, code: str, detail: str) -> Malformed:
    """Make the 422 for one field, named by its JSON pointer."""
    return Malformed(errors=[{"pointer": pointer, "code": code, "detail": detail}])
