"""What is refused about webhooks.

Refused                 409
├─ TooManyEndpoints       there are as many as there may be
├─ EndpointIsOff          nothing is sent to an endpoint that is off
└─ SameEndpoint           this address is listed already
"""

from typing import ClassVar

from server.errors import Refused


class TooManyEndpoints(Refused):
    """There are as many endpoints as there may be."""

    code, title = "too_many_endpoints", "Too many endpoints"
    texts: ClassVar = {
        "zh-CN": "外部系统的接收地址已达 {limit} 个，请先移除不用的。",
        "zh-TW": "外部系統的接收位址已達 {limit} 個，請先移除不用的。",
        "en": "There are {limit} endpoints already. Remove one that is not used any more.",
    }


class EndpointIsOff(Refused):
    """Nothing is sent to an endpoint that is off."""

    code, title = "endpoint_is_off", "Endpoint is off"
    texts: ClassVar = {
        "zh-CN": "这个接收地址已停用，请先启用。",
        "zh-TW": "這個接收位址已停用，請先啟用。",
        "en": "This endpoint is off. Switch it on first.",
    }


class SameEndpoint(Refused):
    """This address is listed already."""

    code, title = "same_endpoint", "Endpoint exists already"
    texts: ClassVar = {
        "zh-CN": "这个接收地址已经登记过了。",
        "zh-TW": "這個接收位址已經登記過了。",
        "en": "This address is listed already.",
    }
