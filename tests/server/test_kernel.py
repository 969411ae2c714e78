"""The kernel over HTTP: health, sign-in, problems."""


async def test_health_is_answered_without_a_token(hospital):
    async with hospital.http.get(hospital.base + "/healthz") as reply:
        assert (reply.status, await reply.json()) == (200, {"status": "ok"})


async def test_readiness_names_what_is_missing(hospital):
    async with hospital.http.get(hospital.base + "/readyz") as reply:
        assert reply.status == 503
        assert (await reply.json())["missing"] == ["workers"]


async def test_a_patient_signs_in_with_the_platforms_code(hospital):
    async with hospital.http.post(hospital.simulator + "/_sim/users", json={}) as reply:
        openid = (await reply.json())["openid"]
    async with hospital.http.post(f"{hospital.simulator}/_sim/users/{openid}/login") as reply:
        code = (await reply.json())["code"]
    async with hospital.http.post(hospital.base + "/api/v1/sessions", json={"code": code}) as reply:
        assert reply.status == 201
        assert set(await reply.json()) == {"token", "expires_at", "account"}
    async with hospital.http.post(hospital.base + "/api/v1/sessions", json={"code": code}) as reply:
        problem = await reply.json()
        assert (reply.status, problem["code"]) == (401, "login_code_refused")


async def test_a_path_that_is_not_there_is_a_problem_in_the_callers_language(hospital):
    async with hospital.http.get(hospital.base + "/nowhere", headers={"Accept-Language": "en"}) as reply:
        problem = await reply.json(content_type="application/problem+json")
        assert (reply.status, problem["code"], problem["detail"]) == (404, "not_found", "Not found.")
