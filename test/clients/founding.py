"""Makes the calls of the project's five founding documents, in their order.

    cordon sim --scenario token-theft --tenants 2 > sim.json &
    python3 founding.py sim.json

Where a document was damaged or is outdated, the call is made as the document
shows it, to see it refused as the real service is expected to, and then as
Microsoft documents it. docs/reference/founding.md tells the same in words. Only the
standard library is used, because the documents ask for no more. All is in this
file, to be read beside the documents from top to bottom.

A step that the simulator does not model is skipped, aloud. The last line
counts the steps; the exit code is 1 when one failed.
"""

import base64
import datetime
import json
import ssl
import sys
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request

GRAPH = "https://graph.microsoft.com/.default"
DEFENDER = "https://api.securitycenter.microsoft.com/.default"
DEFAULTS = "policies/identitySecurityDefaultsEnforcementPolicy"
VENDOR = {"provider": "SecureScore", "providerVersion": None, "subProvider": None, "vendor": "Microsoft"}

STEPS = []


def step(f):
    """Registers a step; its docstring is its name."""
    STEPS.append(f)
    return f


class NotModelled(Exception):
    """The simulator refused by name what it does not model."""


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.text = status, headers, body.decode()

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def error(self):
        return self.json["error"]

    def want(self, status, *said):
        """Fails unless the status is that, and the body says all of it."""
        assert self.status == status, f"{self.status} {self.text}, want {status}"
        for part in said:
            assert part in self.text, f"{self.text} does not say {part!r}"
        return self


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


class Cloud:
    """A simulated cloud, as its first line of output describes it."""

    def __init__(self, info):
        self.info = info
        tls = ssl.create_default_context(cafile=info["ca_file"])
        self.open = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls), NoRedirect()
        ).open
        self.tenant = info["tenants"][0]
        self.kept = {}

    def send(self, method, url, body=None, headers=None):
        """Sends a request. Identity Protection names no time to wait when it refuses, so it is a second. A read whose answer got lost is sent again."""
        for _ in range(6):
            r = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
            try:
                with self.open(r, timeout=20) as a:
                    answer = Answer(a.status, a.headers, a.read())
            except urllib.error.HTTPError as e:
                answer = Answer(e.code, e.headers, e.read())
            except ConnectionError:
                if method != "GET":
                    raise
                continue
            if answer.status != 429:
                break
            time.sleep(float(answer.headers.get("Retry-After", 1.1)))
        if answer.status == 501 and "SimulatorNotModelled" in answer.text:
            error = answer.json["error"]
            raise NotModelled(error["message"] if isinstance(error, dict) else answer.text)
        return answer

    def ask_token(self, tenant=None, path="oauth2/v2.0/token", **form):
        form = {"grant_type": "client_credentials", "client_id": self.tenant["client_id"],
                "client_secret": self.tenant["client_secret"], **form}
        return self.send("POST", f"{self.info['login_url']}/{tenant or self.tenant['id']}/{path}",
                         urllib.parse.urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded"})

    def token(self, scope, tenant=None):
        if (scope, tenant) not in self.kept:
            self.kept[scope, tenant] = self.ask_token(tenant, scope=scope).want(200).json["access_token"]
        return self.kept[scope, tenant]

    def graph(self, method, path, body=None, **headers):
        return self.call(method, f"{self.info['graph_url']}/v1.0/{path}", self.token(GRAPH), body, **headers)

    def defender(self, method, path, body=None, tenant=None, **headers):
        return self.call(method, f"{self.info['defender_url']}/api/{path}", self.token(DEFENDER, tenant), body, **headers)

    def call(self, method, url, token, body=None, **headers):
        headers["Authorization"] = "Bearer " + token
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        return self.send(method, url, body, headers)

    def list(self, path):
        """All objects of a Graph collection, page by page."""
        out, url = [], f"{self.info['graph_url']}/v1.0/{path}"
        while url:
            page = self.call("GET", url, self.token(GRAPH)).want(200).json
            out += page["value"]
            url = page.get("@odata.nextLink")
        return out

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        return self.send(method, self.info["control_url"] + path, data).want(200)

    def state(self, path):
        return json.loads(self.control("GET", "/state?path=" + urllib.parse.quote(path)).text)

    def advance(self, wait):
        self.control("POST", "/clock", {"advance": wait})


def query(**options):
    return "?" + "&".join(f"${k}={urllib.parse.quote(v)}" for k, v in options.items())


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def when(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00").split(".")[0].removesuffix("+00:00") + "+00:00")


# Document 000: toggle security defaults.


@step
def token_000(c):
    """000: a token by client secret; the scope that extraction emptied is an error"""
    c.ask_token(scope="").want(400, "invalid_scope")
    answer = c.ask_token(scope=GRAPH).want(200).json
    assert answer["token_type"] == "Bearer" and answer["expires_in"] == 3599, answer
    assert "refresh_token" not in answer, answer
    roles = claims(answer["access_token"])["roles"]
    assert "Policy.Read.All" in roles, roles


@step
def wrong_secret_000(c):
    """000: a wrong secret is 401 invalid_client, AADSTS7000215"""
    answer = c.ask_token(scope=GRAPH, client_secret="not the secret").want(401).json
    assert answer["error"] == "invalid_client" and answer["error_codes"] == [7000215], answer


@step
def domain_000(c):
    """000: the tenant's domain does as well as its id"""
    token = c.ask_token(c.tenant["domain"], scope=GRAPH).want(200).json["access_token"]
    assert claims(token)["tid"] == c.tenant["id"]


@step
def report_000(c):
    """000: report whether security defaults are on"""
    policy = c.graph("GET", DEFAULTS).want(200).json
    assert policy["id"] == "00000000-0000-0000-0000-000000000005", policy
    assert policy["displayName"] == "Security Defaults" and policy["isEnabled"] is False, policy
    assert policy["@odata.context"].endswith("$metadata#policies/identitySecurityDefaultsEnforcementPolicy/$entity"), policy


@step
def conflict_000(c):
    """000, first comment: 400 while Conditional Access policies are enabled"""
    error = c.graph("PATCH", DEFAULTS, {"isEnabled": True}).want(400, "policies are enabled").error
    assert error["code"] == "BadRequest" and error["innerError"]["request-id"], error
    assert c.graph("GET", DEFAULTS).json["isEnabled"] is False


@step
def denied_000(c):
    """000, last comment: 403 when the token lacks the scope to write"""
    c.control("POST", "/faults", {"method": "PATCH", "revoke_roles": ["Policy.ReadWrite.SecurityDefaults", "Policy.ReadWrite.ConditionalAccess"]})
    try:
        error = c.graph("PATCH", DEFAULTS, {"isEnabled": True}).want(403, "required scopes are missing in the token").error
    finally:
        c.control("DELETE", "/faults")
    assert error["code"] in ("AccessDenied", "Forbidden"), error


@step
def toggle_000(c):
    """000: on, once the policies are disabled: 204, and it reads back"""
    for policy in c.list("identity/conditionalAccess/policies"):
        if policy["state"] == "enabled":
            policy = {**c.state("identity/conditionalAccess/policies/" + policy["id"]), "state": "disabled"}
            c.control("POST", "/inject", {"resource": "identity/conditionalAccess/policies", "object": policy})
    assert c.graph("PATCH", DEFAULTS, {"isEnabled": True}).want(204).text == ""
    assert c.graph("GET", DEFAULTS).want(200).json["isEnabled"] is True


@step
def string_000(c):
    """000: the document sends "true" as a string; the property is a Boolean"""
    # Whether the real service still takes the string is not on record; the
    # simulator is strict, so that nobody comes to rely on it.
    assert c.graph("PATCH", DEFAULTS, {"isEnabled": "false"}).want(400).error["code"] == "BadRequest"
    assert c.graph("GET", DEFAULTS).json["isEnabled"] is True


# Document 001: the reference page of the update.


@step
def update_001(c):
    """001: PATCH isEnabled false: 204, nothing in the body"""
    assert c.graph("PATCH", DEFAULTS, {"isEnabled": False}).want(204).text == ""
    assert c.graph("GET", DEFAULTS).json["isEnabled"] is False


# Document 002: find risky users and contain them.


def high(c):
    """The detections at high level."""
    return c.list("identityProtection/riskDetections" + query(filter="riskLevel eq 'high'", top="500"))


def users_of(detections):
    """Their users, each once."""
    return list(dict.fromkeys(d["userId"] for d in detections))


def sorted_users(c):
    """Users at high risk whom an app may contain in the cloud, those it may not, and users who are mastered on premises."""
    if "users" not in c.kept:
        admins = {a["principalId"] for a in c.list("roleManagement/directory/roleAssignments")}
        synced = [u["id"] for u in c.list("users" + query(select="id,onPremisesSyncEnabled")) if u["onPremisesSyncEnabled"]]
        found = users_of(high(c))
        c.kept["users"] = [u for u in found if u not in admins and u not in synced], [u for u in found if u in admins], synced
    return c.kept["users"]


@step
def detections_002(c):
    """002: riskDetections with riskLevel eq 'high'"""
    everything, found = c.list("identityProtection/riskDetections"), high(c)
    assert found and all(d["riskLevel"] == "high" and d["userId"] for d in found), found
    assert len(found) == sum(d["riskLevel"] == "high" for d in everything) < len(everything)


@step
def route_002(c):
    """002: riskyUsers/{id}/invokeAction does not exist: 400, and nothing happens"""
    user = sorted_users(c)[0][0]
    before = c.state("users/" + user)
    for action in ("forcePasswordReset", "revokeAllSessions", "disable", "enable"):
        c.graph("POST", f"identityProtection/riskyUsers/{user}/invokeAction", {"action": action}).want(
            400, "Resource not found for the segment 'invokeAction'", "BadRequest")
    c.graph("POST", f"identityProtection/riskyUsers/{user}/invokeAction",
            {"action": "markUserAsCompromised", "compromisedDateTime": "2024-08-19T12:00:00Z"}).want(400, "BadRequest")
    assert c.state("users/" + user) == before


@step
def reset_002(c):
    """002, forcePasswordReset: PATCH passwordProfile, 204"""
    user = sorted_users(c)[0][0]
    c.graph("PATCH", "users/" + user, {"passwordProfile": {"forceChangePasswordNextSignIn": True}}).want(204)


@step
def revoke_002(c):
    """002, revokeAllSessions: POST revokeSignInSessions, 200 with true"""
    user = sorted_users(c)[0][0]
    before = c.state("users/" + user)["signInSessionsValidFromDateTime"]
    assert c.graph("POST", f"users/{user}/revokeSignInSessions").want(200).json["value"] is True
    assert when(c.state("users/" + user)["signInSessionsValidFromDateTime"]) > when(before)


@step
def disable_002(c):
    """002, disable and enable: PATCH accountEnabled, 204"""
    user = sorted_users(c)[0][0]
    for enabled in (False, True):
        c.graph("PATCH", "users/" + user, {"accountEnabled": enabled}).want(204)
        assert c.state("users/" + user)["accountEnabled"] is enabled


@step
def compromised_002(c):
    """002, markUserAsCompromised: POST confirmCompromised, 204, and the risk follows"""
    user = sorted_users(c)[0][0]
    c.graph("POST", "identityProtection/riskyUsers/confirmCompromised", {"userIds": [user]}).want(204)
    c.advance("10s")
    risky = c.graph("GET", "identityProtection/riskyUsers/" + user).want(200).json
    assert risky["riskState"] == "confirmedCompromised" and risky["riskLevel"] == "high", risky
    found = high(c)
    kinds = {d["riskEventType"] for d in found if d["userId"] == user}
    assert "adminConfirmedUserCompromised" in kinds, kinds
    # The document's loop would act twice on this user.
    assert len(users_of(found)) < len(found), found


@step
def administrator_002(c):
    """002: an app without a directory role cannot disable an administrator: 403"""
    admin = sorted_users(c)[1][0]
    error = c.graph("PATCH", "users/" + admin, {"accountEnabled": False}).want(403).error
    assert error["code"] == "Authorization_RequestDenied", error
    assert c.state("users/" + admin)["accountEnabled"] is True


def identity(c, provider):
    """An identity with an account of that provider, and that account."""
    for found in c.list("security/identities/identityAccounts"):
        for account in found["accounts"]:
            if account.get("identityProvider", account.get("provider", "")).lower() == provider.lower():
                return found, account
    raise AssertionError(f"no account of {provider}")


def invoke(c, provider, action):
    found, account = identity(c, provider)
    body = {"accountId": account["identifier"], "action": action, "identityProvider": provider}
    return found, c.graph("POST", f"security/identities/identityAccounts/{found['id']}/invokeAction", body)


@step
def on_premises_002(c):
    """002, on premises: the cloud refuses the PATCH, identityAccounts/{id}/invokeAction takes it, 200"""
    synced = sorted_users(c)[2][0]
    assert 400 <= c.graph("PATCH", "users/" + synced, {"accountEnabled": False}).status < 500
    for action, enabled in (("forcePasswordReset", True), ("disable", False), ("enable", True)):
        found, answer = invoke(c, "activeDirectory", action)
        result = answer.want(200).json
        result = result.get("value", result)
        assert result["action"] == action and result["correlationId"], result
        c.advance("10s")
        after = c.graph("GET", "security/identities/identityAccounts/" + found["id"]).want(200).json
        assert after["isEnabled"] is enabled, (action, after)
    invoke(c, "activeDirectory", "revokeAllSessions")[1].want(400)


@step
def okta_002(c):
    """002, Okta: sessions can be revoked, a password cannot be reset"""
    invoke(c, "okta", "revokeAllSessions")[1].want(200, "correlationId")
    invoke(c, "okta", "forcePasswordReset")[1].want(400)


@step
def entra_002(c):
    """002, Entra ID through Defender for Identity: out of the documented scope"""
    invoke(c, "entraID", "disable")[1].want(400)


# Document 003: watch the state of secure score's improvement actions.


@step
def scores_003(c):
    """003: secure scores, newest first, one a day"""
    scores = c.graph("GET", "security/secureScores" + query(top="5")).want(200).json["value"]
    days = [s["createdDateTime"] for s in scores]
    assert len(scores) == 5 and days == sorted(days, reverse=True) and len(set(days)) == len(days), days
    for s in scores:
        assert s["id"].startswith(c.tenant["id"]) and 0 <= s["currentScore"] <= s["maxScore"], s


def profiles(c):
    return c.list("security/secureScoreControlProfiles" + query(filter="controlCategory eq 'Identity'"))


def address(profile):
    """The key form of the document."""
    return f"security/secureScoreControlProfiles('{urllib.parse.quote(profile)}')"


@step
def overview_003(c):
    """003, overview: control profiles of the category Identity"""
    found = profiles(c)
    assert found and all(p["controlCategory"] == "Identity" for p in found), found
    assert "UserRiskPolicy" in {p["id"] for p in found}, [p["id"] for p in found]


@step
def vendor_003(c):
    """003: a new state without vendorInformation is 400"""
    c.graph("PATCH", "security/secureScoreControlProfiles/UserRiskPolicy", {"state": "Ignored", "comment": "no"}).want(400)


@step
def accept_003(c):
    """003, details: Risk accepted is Ignored; the history is appended and says who and when"""
    before = c.graph("GET", address("UserRiskPolicy")).want(200).json["controlStateUpdates"]
    for state in ("Ignored", "Reviewed", "Ignored"):
        c.advance("1s")
        body = {"assignedTo": "", "comment": "a reason", "state": state, "vendorInformation": VENDOR}
        c.graph("PATCH", "security/secureScoreControlProfiles/UserRiskPolicy", body).want(204)
    updates = c.graph("GET", address("UserRiskPolicy")).want(200).json["controlStateUpdates"]
    assert len(updates) == len(before) + 3, updates
    newest = sorted(updates, key=lambda u: u["updatedDateTime"])[-1]
    assert newest["state"] == "Ignored" and newest["comment"] == "a reason" and newest["updatedBy"], newest
    # What the document looks for: Ignored among the last three states.
    accepted = [p["id"] for p in profiles(c) if "Ignored" in [u["state"] for u in p["controlStateUpdates"][-3:]]]
    assert accepted == ["UserRiskPolicy"], accepted


@step
def representation_003(c):
    """003: with Prefer: return=representation the answer is 200 and the profile"""
    body = {"assignedTo": "", "comment": "back", "state": "Default", "vendorInformation": VENDOR}
    answer = c.graph("PATCH", "security/secureScoreControlProfiles/UserRiskPolicy", body, Prefer="return=representation")
    assert answer.want(200).json["id"] == "UserRiskPolicy"


# Document 004: Defender for Endpoint, at home and at a customer.


@step
def token_004(c):
    """004: a token for WindowsDefenderATP, under every name that it has; roles has Alert.Read.All"""
    for scope in (DEFENDER, "https://securitycenter.onmicrosoft.com/windowsatpservice/.default"):
        assert "Alert.Read.All" in claims(c.token(scope))["roles"], scope
    old = c.ask_token(path="oauth2/token", resource="https://api.securitycenter.microsoft.com").want(200).json
    assert "Alert.Read.All" in claims(old["access_token"])["roles"]


@step
def audience_004(c):
    """004: a token for Graph opens nothing here: 401"""
    c.call("GET", c.info["defender_url"] + "/api/alerts", c.token(GRAPH)).want(401, "Unauthorized")


def now(c):
    """The cloud's clock, from the Date of an answer."""
    date = c.defender("GET", "alerts" + query(top="1")).want(200).headers["Date"]
    return datetime.datetime.strptime(date, "%a, %d %b %Y %H:%M:%S %Z").replace(tzinfo=datetime.timezone.utc)


@step
def alerts_004(c):
    """004: the alerts of the past 48 hours"""
    def since(hours):
        start = now(c) - datetime.timedelta(hours=hours)
        found = c.defender("GET", "alerts" + query(filter=f"alertCreationTime ge {start:%Y-%m-%dT%H:%M:%SZ}")).want(200).json
        assert found["@odata.context"].endswith("$metadata#Alerts"), found["@odata.context"]
        assert all(when(a["alertCreationTime"]) >= start for a in found["value"])
        return found["value"]
    everything, recent = since(48), since(2)
    assert 0 < len(recent) < len(everything), (len(recent), len(everything))
    assert all(a["evidence"] == [] for a in everything), "evidence comes only when it is asked for"
    full = c.defender("GET", "alerts" + query(expand="evidence")).want(200).json["value"]
    assert any(a["evidence"] for a in full)


@step
def denied_004(c):
    """004: without the role, 403 in this API's own envelope"""
    c.control("POST", "/faults", {"service": "defender", "path": "/api/*", "revoke_roles": ["Alert.Read.All", "Alert.ReadWrite.All"]})
    try:
        error = c.defender("GET", "alerts").want(403, "Missing application roles").error
    finally:
        c.control("DELETE", "/faults")
    assert error["code"] == "Forbidden" and error["target"], error


@step
def workflow_004(c):
    """004: a workflow begins: the machine of a high alert is isolated, 201"""
    alert = next(a for a in c.defender("GET", "alerts").want(200).json["value"] if a["severity"] == "High")
    body = {"Comment": "contain", "IsolationType": "Full"}
    action = c.defender("POST", f"machines/{alert['machineId']}/isolate", body).want(201).json
    assert action["type"] == "Isolate" and action["machineId"] == alert["machineId"], action
    assert action["status"] in ("Pending", "InProgress"), action
    again = c.defender("GET", "machineactions/" + action["id"]).want(200).json
    assert again["id"] == action["id"], again


@step
def partner_004(c):
    """004, partner: the customer's tenant in the address of the token, the partner's app and secret"""
    customer = c.info["tenants"][1]
    c.control("POST", "/apps", {"multi_tenant": True})
    c.ask_token(customer["id"], scope=DEFENDER).want(400, "unauthorized_client", "AADSTS700016")
    back = {"client_id": c.tenant["client_id"], "scope": GRAPH, "redirect_uri": "https://partner.example/done", "state": "s1"}
    answer = c.send("GET", f"{c.info['login_url']}/{customer['id']}/v2.0/adminconsent?" + urllib.parse.urlencode(back))
    assert answer.status in (302, 303), answer.text
    told = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers["Location"]).query)
    assert told["admin_consent"] == ["True"] and told["tenant"] == [customer["id"]] and told["state"] == ["s1"], told
    theirs = claims(c.token(DEFENDER, customer["id"]))
    assert theirs["tid"] == customer["id"] and theirs["appid"] == c.tenant["client_id"], theirs
    own = {a["id"] for a in c.defender("GET", "alerts").want(200).json["value"]}
    read = {a["id"] for a in c.defender("GET", "alerts", tenant=customer["id"]).want(200).json["value"]}
    assert not own & read, "the customer's alerts are the partner's own"


@step
def successor_004(c):
    """004, today: the view over all products is alerts_v2 and incidents of Graph"""
    alerts = c.list("security/alerts_v2")
    assert any(a["serviceSource"] == "microsoftDefenderForEndpoint" for a in alerts)
    incidents = c.graph("GET", "security/incidents" + query(expand="alerts")).want(200).json["value"]
    assert any(i["alerts"] for i in incidents), incidents
    # One that was merged into another says which, and may be empty.
    assert all(i["alerts"] or i["redirectIncidentId"] for i in incidents), incidents


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        cloud = Cloud(json.load(f))
    count = {"ok": 0, "skipped": 0, "FAILED": 0}
    for do in STEPS:
        verdict, why = "ok", ""
        try:
            do(cloud)
        except NotModelled as e:
            verdict, why = "skipped", f" - NOT MODELLED: {e}"
        except Exception:  # whatever goes wrong is the step's failure, and the next one still runs
            verdict, why = "FAILED", "\n" + traceback.format_exc()
        count[verdict] += 1
        print(f"{verdict}: {do.__doc__}{why}", flush=True)
    print(", ".join(f"{n} {verdict}" for verdict, n in count.items()))
    return 1 if count["FAILED"] else 0


if __name__ == "__main__":
    sys.exit(main())
