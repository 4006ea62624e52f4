package sim

import "slices"

// What a tenant is like in some rows: the lines of its section in a scenario.
const (
	nobody  = "  permissions: {graph: [], defender: []}\n"
	few     = "  users: [{key: admin, name: Ruth Amsel, roles: [Global Administrator]}, {key: victim, name: Mira Castell}, {key: sync, name: Pavel Dvorak, synced: true}]\n"
	guarded = few + "  policies: [{name: Block, controls: [block]}]\n"
	hearsay = few + "  risky_users_invoke_action: true\n"
	users   = `,"resource":"users","expirationDateTime":"2026-03-02T12:00:00Z"`
)

// failures is every error that the simulator gives, a line for each. In a
// message, … stands for any text; words in braces are filled in by the bench.
// After adding a line: go test ./internal/sim -run TestErrors -update.
func failures() []failure {
	const (
		g, l    = serviceGraph, serviceLogin
		bad     = "BadRequest"
		badDir  = "Request_BadRequest"
		no      = "SimulatorNotModelled"
		token   = "POST {tenant}/oauth2/v2.0/token"
		risky   = "identityProtection/riskyUsers"
		act     = "POST security/identities/identityAccounts/{identity}/invokeAction"
		sub     = "POST subscriptions"
		device  = "login POST {tenant}/oauth2/v2.0/devicecode client_id={client} scope={scope}"
		page    = "GET {tenant}/oauth2/v2.0/authorize?client_id={client}&response_type=code&code_challenge_method=S256&code_challenge={challenge}&redirect_uri=http://localhost:7/"
		poll    = "grant_type=device_code client_id={client} device_code={device_code} scope={scope}"
		redeem  = "grant_type=authorization_code client_id={client} code={code} code_verifier=verifier redirect_uri=http://localhost:7/ scope={scope}"
		renew   = "grant_type=refresh_token client_id={client} refresh_token={refresh_token} scope={scope}"
		enter   = `control POST /device {"user_code":"{user_code}"}`
		proof   = "{credentials} -client_secret client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer client_assertion="
		consent = "GET {tenant}/v2.0/adminconsent?client_id={client}&redirect_uri=https://app.example/&scope=https://graph.microsoft.com/.default"
	)
	rows := []failure{
		// Sign-in: the token endpoint.
		row(l, 400, "invalid_request 900561", "The endpoint only accepts POST requests. Received a GET request.", "1.5", "GET {tenant}/oauth2/v2.0/token", ""),
		row(l, 400, "invalid_request 900144", "The request body must contain the following parameter: 'grant_type'.", "1.5", token, "{credentials} -grant_type"),
		row(l, 400, "invalid_request 900144", "The request body must contain the following parameter: 'client_id'.", "1.5", token, "{credentials} -client_id"),
		row(l, 400, "invalid_request 900144", "The request body must contain the following parameter: 'scope'.", "1.5", token, "{credentials} -scope"),
		row(l, 400, "invalid_request 900144", "The request body must contain the following parameter: 'resource'.", "1.5", "POST {tenant}/oauth2/token", "{credentials}"),
		row(l, 400, "invalid_request 900144", "The request body must contain the following parameter: 'client_id'.", "1.5", "GET {tenant}/oauth2/v2.0/authorize", ""),
		row(l, 400, "unsupported_grant_type 70003", "The app requested an unsupported grant type 'password'.", "1.5", token, "{credentials} grant_type=password"),
		row(l, 400, "invalid_request 9001023", "The grant type is not supported over the /common or /consumers endpoints. …", "1.5", "POST common/oauth2/v2.0/token", "{credentials}"),
		row(l, 400, "invalid_request 90002", "Tenant 'nobody' not found. …", "1.5", "POST nobody/oauth2/v2.0/token", "{credentials}"),
		row(l, 400, "invalid_tenant 90002", "Tenant 'nobody' not found. …", "1.5", "GET nobody/v2.0/.well-known/openid-configuration", ""),
		row(l, 400, "invalid_scope 70011", "… The scope openid is not valid.", "1.5", token, "{credentials} scope=openid"),
		row(l, 400, "invalid_scope 70011", "… The scope User.Read is not valid.", "1.5", token, "{credentials} scope=User.Read"),
		row(l, 400, "invalid_scope 28003", "Provided value for the input parameter scope cannot be empty …", "1.5", token, "{credentials} scope="),
		row(l, 400, "invalid_scope 28002", "Provided value for the input parameter scope 'a b' is not valid …", "1.5", token, "{credentials} scope=a+b"),
		row(l, 400, "invalid_scope 700022", "… because it contains more than one resource.", "1.5", token, "{credentials} scope=https://a/.default+https://b/.default"),
		row(l, 400, "invalid_resource 500011", "The resource principal named https://example.com was not found in the tenant named contoso. …", "1.5", token, "{credentials} scope=https://example.com/.default"),
		row(l, 401, "invalid_client 7000218", "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.", "1.5", token, "{credentials} -client_secret"),
		row(l, 401, "invalid_client 7000215", "Invalid client secret provided. …", "1.5", token, "{credentials} client_secret=no"),
		row(l, 401, "invalid_client 7000222", "The provided client secret keys for app '…' are expired. …", "1.5", token, "{credentials}").after(`control POST /apps {"secret_expires":"2026-01-01T00:00:00Z"}`),
		row(l, 400, "unauthorized_client 700016", "Application with identifier 'nobody' was not found in the directory 'contoso'. …", "1.5", token, "{credentials} client_id=nobody"),
		row(l, 400, "unauthorized_client 7000112", "Application '…'(Cordon) is disabled.", "1.5", token, "{credentials}").after(`control POST /apps {"disabled":true}`),
		row(l, 501, no, "The simulator does not model the login path '/{tenant}/saml2'.", "–", "GET {tenant}/saml2", ""),
		// Sign-in: assertions.
		row(l, 400, "invalid_request 900144", "The request body must contain the following parameter: 'client_assertion_type'.", "1.3", token, "{credentials} -client_secret client_assertion=a.b.c"),
		row(l, 401, "invalid_client 50013", "Assertion failed signature validation or is malformed: the assertion is malformed.", "1.3", token, proof+"a.b.c"),
		row(l, 401, "invalid_client 50013", "Assertion failed signature validation or is malformed: the assertion is no JWT.", "1.3", token, proof+"a"),
		row(l, 401, "invalid_client 50013", "Assertion failed signature validation or is malformed: the assertion's signature is malformed.", "1.3", token, proof+"e30.e30.!"),
		row(l, 401, "invalid_client 700027", "The certificate with identifier used to sign the client assertion is not registered on application. …", "1.3", token, proof+"{jwt:x5t#S256=x}"),
		row(l, 401, "invalid_client 50012", "Client assertion failed: the provided signature value did not match the expected signature value.", "1.3", token, proof+"{jwt:alg=HS256}"),
		row(l, 401, "invalid_client 50048", "Subject must match Issuer claim in the client assertion.", "1.3", token, proof+"{jwt:sub=x}"),
		row(l, 401, "invalid_client 50013", "Assertion audience claim does not match Realm issuer. Review the documentation.", "1.3", token, proof+"{jwt:aud=https://login.example/}"),
		row(l, 401, "invalid_client 50013", "Assertion is missing the claim 'jti'.", "1.3", token, proof+"{jwt:jti=}"),
		row(l, 401, "invalid_client 500133", "Assertion is not within its valid time range. …", "1.3", token, proof+"{jwt}").after(`control POST /clock {"advance":"2h"}`),
		row(l, 401, "invalid_client 70021", "No matching federated identity record found for presented assertion. …", "1.4", token, proof+"{jwt:iss=https://idp.example/}"),
		row(l, 401, "invalid_client 700229", "Only app-only tokens can be used as Federated Identity Credentials for Microsoft Entra issuers.", "1.4", token, proof+"{jwt:iss=https://sts.windows.net/x/,scp=x}"),
		row(l, 401, "invalid_client 50012", "Client assertion failed: the signature of the external issuer could not be verified.", "1.4", token, proof+"{jwt:iss=https://idp.example/,sub=s,aud=api://AzureADTokenExchange}").
			after(`control POST /federations {"issuer":"https://idp.example/","subject":"s","pem":"{pem}"}`),
		// Sign-in: people and consent.
		row(l, 400, "bad_verification_code 70019", "Verification code is not recognized.", "1.7", token, "{credentials} grant_type=device_code"),
		row(l, 400, "authorization_pending 70016", "OAuth 2.0 device flow error. Authorization is pending. Continue polling.", "1.7", token, poll).after(device),
		row(l, 400, "authorization_declined 70017", "The end user denied the authorization request.", "1.7", token, poll).after(device, `control POST /device {"user_code":"{user_code}","decline":true}`),
		row(l, 400, "expired_token 70020", "The provided device code has expired.", "1.7", token, poll).after(device, `control POST /clock {"advance":"1h"}`),
		row(l, 400, "invalid_request 50011", "The redirect URI 'https://evil.example/' specified in the request does not match the redirect URIs configured for the application.", "1.7", page+"&redirect_uri=https://evil.example/", ""),
		row(l, 400, "invalid_grant 50034", "The user account nobody does not exist in the … directory.", "1.5", page, "").after(`control POST /browser {"as":"nobody"}`),
		row(l, 501, no, "The simulator does not model an authorization request other than a code with a code challenge of S256.", "1.7", page+"&code_challenge_method=plain", ""),
		row(l, 400, "invalid_grant 70000", "The provided value for the 'code' parameter is not valid.", "1.7", token, redeem+" code=x"),
		row(l, 400, "invalid_grant 70008", "The provided authorization code has expired.", "1.7", token, redeem).after("login "+page, `control POST /clock {"advance":"1h"}`),
		row(l, 400, "invalid_grant 500112", "The reply address 'http://localhost:8/' does not match …", "1.7", token, redeem+" redirect_uri=http://localhost:8/").after("login " + page),
		row(l, 400, "invalid_grant 501481", "The Code_Verifier does not match the code_challenge supplied in the authorization request.", "1.7", token, redeem+" code_verifier=x").after("login " + page),
		row(l, 400, "invalid_grant 9002313", "Invalid request. Request is malformed or invalid.", "1.5", token, renew+" refresh_token=x"),
		row(l, 400, "invalid_grant 50034", "The user account … does not exist in the … directory.", "1.5", token, renew).after(device, enter, "login "+token+" "+poll, `control POST /remove {"resource":"users","id":"{admin}"}`),
		row(l, 400, "invalid_grant 50057", "The user account is disabled.", "1.5", token, renew).after(device, enter, "login "+token+" "+poll, `control POST /inject {"resource":"users","object":{"id":"{admin}","accountEnabled":false}}`),
		row(l, 400, "invalid_grant 50173", "The provided grant has expired due to it being revoked, …", "1.5", token, renew).after(device, enter, "login "+token+" "+poll, `control POST /clock {"advance":"1m"}`, "graph POST users/{admin}/revokeSignInSessions"),
		row(l, 400, "invalid_request 900144", "The request body must contain the following parameter: 'client_id'.", "1.8", "GET {tenant}/adminconsent?redirect_uri=https://app.example/", ""),
		row(l, 400, "invalid_request 50011", "The redirect URI 'ftp://x/' specified …", "1.8", consent+"&redirect_uri=ftp://x/", ""),
		row(l, 400, "unauthorized_client 700016", "Application with identifier 'nobody' was not found in the directory 'contoso'. …", "1.8", consent+"&client_id=nobody", ""),
		row(l, 400, "invalid_request 9001023", "The endpoint is not supported over /common. …", "1.8", "GET common/v2.0/adminconsent", ""),
		row(l, 501, no, "The simulator does not model admin consent to the scope 'User.Read', which is no '/.default'.", "1.8", consent+"&scope=User.Read", ""),
		// Graph: who asks, and how.
		row(g, 401, "InvalidAuthenticationToken", "Access token is empty.", "10.3", "GET users", "").with("no token"),
		row(g, 401, "InvalidAuthenticationToken", "Access token validation failure: JWT is not well formed.", "10.3", "GET users", "").with("x"),
		row(g, 401, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience.", "10.3", "GET users", "").with("defender"),
		row(g, 401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.", "10.3", "GET users", "").after(`control POST /clock {"advance":"2h"}`),
		row(g, 401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.", "10.3", "GET users", "").after(`control POST /faults {"expire_tokens":true}`),
		row(g, 413, bad, "The request body is too large.", "–", "PATCH users/{victim}", "{huge}"),
		row(g, 400, bad, "Invalid version: v2.0", "10.1", "GET ../v2.0/users", ""),
		row(g, 501, no, "The simulator does not model the beta version of Graph.", "10.1", "GET ../beta/users", ""),
		row(g, 400, bad, "Resource not found for the segment 'nonsense'.", "10.3", "GET nonsense", ""),
		row(g, 400, bad, "Resource not found for the segment 'identityProtection'.", "1.1", "GET "+risky, "").given("  licence: p2\ncloud: china\n"),
		row(g, 501, no, "The simulator does not model 'groups'.", "5.1", "GET groups", ""),
		row(g, 501, no, "The simulator does not model the method DELETE on 'users/x'.", "5.1", "DELETE users/x", ""),
		row(g, 429, "TooManyRequests", "Please retry again later.", "10.4", "GET "+risky, "").after("graph GET "+risky, "graph GET "+risky),
		// Graph: permission and licence.
		row(g, 403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.", "10.3", "GET users", "").given(nobody),
		row(g, 403, "AccessDenied", "You cannot perform the requested operation, required scopes are missing in the token.", "2.1", "GET identity/conditionalAccess/policies", "").given(nobody),
		row(g, 403, "Forbidden", "You cannot perform the requested operation, required scopes are missing in the token.", "3.7", "GET "+risky, "").given(nobody),
		row(g, 403, "Forbidden", "Missing application roles. API required roles: SecurityAlert.Read.All,SecurityAlert.ReadWrite.All, application roles: .", "7.6", "GET security/alerts_v2", "").given(nobody),
		row(g, 403, "Authentication_MSGraphPermissionMissing", "The principal does not have required Microsoft Graph permission(s): AuditLog.Read.All", "9", "GET auditLogs/signIns", "").given(nobody),
		row(g, 403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "Neither tenant is B2C or tenant doesn't have premium license", "9", "GET auditLogs/signIns", "").given("  licence: free\n"),
		row(g, 403, "Forbidden", "Your tenant is not licensed for this feature.", "3.7", "GET "+risky, "").given("  licence: p1\n"),
		row(g, 403, "Forbidden", "Account is not provisioned.", "7.6", "GET security/alerts_v2", "").given("  defender: off\n"),
		row(g, 403, "Forbidden", "Tenant is not onboarded to Microsoft Defender for Identity", "4.1", "GET security/identities/identityAccounts", "").given("  defender: off\n"),
		// Graph: queries.
		row(g, 400, bad, "The query string is malformed.", "10.1", "GET users?%zz", ""),
		row(g, 400, bad, "The query parameter '$fliter' is not supported.", "10.1", "GET users?$fliter=x", ""),
		row(g, 501, no, "The simulator does not model the query option '$search' here.", "10.1", "GET users?$search=x", ""),
		row(g, 400, bad, "Invalid value 'x' for $top query option found.", "10.1", "GET users?$top=x", ""),
		row(g, 400, bad, "The limit of '999' for Top query has been exceeded. The value from the incoming request is '1000'.", "10.1", "GET users?$top=1000", ""),
		row(g, 400, bad, "The skip token is invalid.", "10.1", "GET users?$skiptoken=x", ""),
		row(g, 400, bad, "Invalid value 'x' for $count query option found.", "10.1", "GET users?$count=x", ""),
		row(g, 501, no, "The simulator does not model the property 'signInActivity' in $select.", "5.2", "GET users?$select=signInActivity", ""),
		row(g, 400, bad, "Invalid filter clause: a comparison operator is expected at position 9.", "10.3", "GET "+risky+"?$filter=riskLevel", ""),
		row(g, 400, bad, "Invalid filter clause: the property 'nonsense' cannot be used in $filter here.", "10.3", "GET "+risky+"?$filter=nonsense eq 'x'", ""),
		row(g, 501, no, "The simulator does not model the filter function 'endsWith'.", "10.3", "GET users?$filter=endsWith(mail,'x')", ""),
		row(g, 501, no, "The simulator does not model the filter operator 'in'.", "10.3", "GET users?$filter=mail in ('x')", ""),
		// Graph: batches.
		row(g, 405, badDir, "Specified HTTP method is not allowed for the request target.", "10.2", "GET $batch", ""),
		row(g, 400, bad, "Invalid batch payload: a batch holds 1 to 20 requests, not 0.", "10.2", "POST $batch", `{"requests":[]}`),
		row(g, 400, bad, "The url is malformed.", "10.2", "POST $batch", `{"requests":[{"id":"last","method":"GET","url":"/users/%zz"}]}`),
		row(g, 424, "FailedDependency", "A request that this one depends on has failed.", "10.2", "POST $batch", `{"requests":[{"id":"1","method":"GET","url":"/nonsense"},{"id":"last","method":"GET","url":"/users","dependsOn":["1"]}]}`),
		// Graph: users, roles and methods.
		row(g, 404, "Request_ResourceNotFound", "Resource 'nobody' does not exist or one of its queried reference-property objects are not present.", "10.3", "GET users/nobody", ""),
		row(g, 404, "ResourceNotFound", "Resource 'nobody' does not exist.", "10.3", "GET identityProtection/riskDetections/nobody", ""),
		row(g, 400, badDir, "$count is not currently supported.", "10.1", "GET users/$count", ""),
		row(g, 400, "Request_UnsupportedQuery", "Operator 'ne' is not supported because the required parameters might be missing. …", "10.1", "GET users?$filter=mail ne 'x'", ""),
		row(g, 400, "Request_UnsupportedQuery", "Unsupported or invalid query filter clause specified for property 'onPremisesDomainName' of resource 'User'.", "10.1", "GET users?$filter=onPremisesDomainName eq 'x'", ""),
		row(g, 400, "Request_UnsupportedQuery", "Unsupported or invalid query filter clause specified for property 'onPremisesSamAccountName' of resource 'User'.", "10.1", "GET users?$filter=onPremisesSamAccountName eq 'x'", ""),
		row(g, 400, badDir, "The request body is not a JSON object with properties.", "5.3", "PATCH users/{victim}", "{}"),
		row(g, 400, badDir, "Cannot convert a value to target type 'Edm.Boolean' because of conversion error.", "5.3", "PATCH users/{victim}", `{"accountEnabled":"false"}`),
		row(g, 400, badDir, "Property passwordProfile is not an object.", "5.3", "PATCH users/{victim}", `{"passwordProfile":1}`),
		row(g, 501, no, "The simulator does not model a change of the user property 'jobTitle'.", "5.3", "PATCH users/{victim}", `{"jobTitle":"x"}`),
		row(g, 400, badDir, "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.", "5.3", "PATCH users/{sync}", `{"accountEnabled":false}`),
		row(g, 403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.", "5.4", "PATCH users/{admin}", `{"accountEnabled":false}`),
		row(g, 400, badDir, "The request body must hold 'groupIds', a list of 1 to 20 ids.", "5.1", "POST users/{victim}/checkMemberGroups", "{}"),
		row(g, 501, no, "The simulator does not model $expand=appScope on role assignments.", "5.1", "GET roleManagement/directory/roleAssignments?$expand=appScope", ""),
		row(g, 400, bad, "The delta token is invalid.", "10.5", "GET users/delta?$deltatoken=x", ""),
		row(g, 410, "resyncRequired", "Resync required. Replace any local items with the server's version.", "10.5", "GET users/delta?$deltatoken={old delta}", ""),
		row(g, 400, bad, "A password cannot be deleted.", "5.3", "DELETE users/{victim}/authentication/passwordMethods/"+passwordMethodID, ""),
		row(g, 400, bad, "The requested authentication method is the user's default authentication method and cannot be deleted while others exist.", "5.3", "DELETE users/{phoned}/authentication/microsoftAuthenticatorMethods/{authenticator}", ""),
		row(g, 404, "ResourceNotFound", "Resource 'x' does not exist.", "5.3", "GET users/{victim}/authentication/methods/x", ""),
		row(g, 400, bad, "The request body is not an object with 'startDateTime', 'lifetimeInMinutes' and 'isUsableOnce'.", "5.3", "POST users/{victim}/authentication/temporaryAccessPassMethods", "[]"),
		row(g, 400, bad, "The lifetime of a temporary access pass is between 10 and 43200 minutes, not 1.", "5.3", "POST users/{victim}/authentication/temporaryAccessPassMethods", `{"lifetimeInMinutes":1}`),
		row(g, 400, bad, "The user already has a temporary access pass.", "5.3", "POST users/{victim}/authentication/temporaryAccessPassMethods", "{}").after("graph POST users/{victim}/authentication/temporaryAccessPassMethods {}"),
		// Graph: security defaults.
		row(g, 400, bad, "The request body is not JSON: …", "2.1", "PATCH "+resDefaults, "x"),
		row(g, 501, no, "The simulator does not model a change of 'displayName' in security defaults.", "2.1", "PATCH "+resDefaults, `{"displayName":"x"}`),
		row(g, 400, bad, `Cannot convert the literal '"true"' to the expected type 'Edm.Boolean'.`, "2.1", "PATCH "+resDefaults, `{"isEnabled":"true"}`),
		row(g, 400, bad, "Conditional access, Sign-in risk, and Classic policies are enabled. Please disable and try again.", "2.1", "PATCH "+resDefaults, `{"isEnabled":true}`).given(guarded),
		// Graph: risk.
		row(g, 400, bad, "The request body is not a JSON object.", "3.1", "POST "+risky+"/dismiss", "[]"),
		row(g, 400, bad, "The request body must hold 'userIds', a list of ids.", "3.1", "POST "+risky+"/dismiss", "{}"),
		row(g, 501, no, "The simulator does not model what happens to 'x', which the tenant does not have.", "3.1", "POST "+risky+"/dismiss", `{"userIds":["x"]}`),
		row(g, 501, no, "The simulator does not model more than 60 ids in one call.", "3.1", "POST "+risky+"/dismiss", `{"userIds":[{61 ids}]}`),
		// Graph: logs.
		row(g, 501, no, "The simulator does not model what happens to 'x', which is no sign-in of the tenant.", "9", "POST auditLogs/signIns/dismiss", `{"requestIds":["x"]}`),
		row(g, 400, bad, "The log cannot be ordered by 'category'.", "9", "GET auditLogs/directoryAudits?$orderby=category", ""),
		row(g, 404, "ResourceNotFound", "Resource 'x' does not exist.", "9", "GET auditLogs/signIns/x", ""),
		// Graph: secure score.
		row(g, 400, bad, "The state of control 'scid_91' cannot be set here: …", "6.4", "PATCH security/secureScoreControlProfiles/scid_91", `{"state":"Ignored",{vendor}}`),
		row(g, 400, bad, "The request body is not a JSON object.", "6.1", "PATCH security/secureScoreControlProfiles/OneAdmin", "[]"),
		row(g, 501, no, "The simulator does not model a change of 'title' in a secure score control.", "6.1", "PATCH security/secureScoreControlProfiles/OneAdmin", `{"title":"x"}`),
		row(g, 400, bad, "The properties 'provider' and 'vendor' of vendorInformation are required.", "6.1", "PATCH security/secureScoreControlProfiles/OneAdmin", `{"state":"Ignored"}`),
		row(g, 501, no, "The simulator does not model a change of a secure score control without 'state'.", "6.1", "PATCH security/secureScoreControlProfiles/OneAdmin", `{{vendor}}`),
		row(g, 400, bad, "The property 'assignedTo' is not text.", "6.3", "PATCH security/secureScoreControlProfiles/OneAdmin", `{"state":"Ignored","assignedTo":5,{vendor}}`),
		row(g, 400, bad, "The state 'Done' is not one of Default, Ignored, ThirdParty, Reviewed.", "6.3", "PATCH security/secureScoreControlProfiles/OneAdmin", `{"state":"Done",{vendor}}`),
		// Graph: actions on identities.
		row(g, 400, bad, "The request body is not JSON: …", "4.2", act, "x"),
		row(g, 400, bad, "The parameter 'x' in the request payload is not a valid parameter for the operation 'invokeAction'.", "4.2", act, `{"x":1}`),
		row(g, 400, bad, "The request body must hold 'accountId', 'action' and 'identityProvider'.", "4.2", act, "{}"),
		row(g, 400, bad, "Requested value 'x' was not found in microsoft.graph.security.action.", "4.2", act, `{"accountId":"x","action":"x"}`),
		row(g, 400, bad, "Requested value 'x' was not found in microsoft.graph.security.identityProvider.", "4.2", act, `{"accountId":"x","action":"disable","identityProvider":"x"}`),
		row(g, 400, bad, "The account 'x' does not belong to this identity.", "4.2", act, `{"accountId":"x","action":"disable","identityProvider":"activeDirectory"}`),
		row(g, 400, bad, "The account '{account}' is not of the identity provider 'okta'.", "4.2", act, `{"accountId":"{account}","action":"disable","identityProvider":"okta"}`),
		row(g, 400, bad, "Actions on accounts of the identity provider 'entraID' are not supported.", "4.2", act, `{"accountId":"{sync}","action":"disable","identityProvider":"entraID"}`),
		row(g, 400, bad, "The action 'revokeAllSessions' is not available for this account.", "4.2", act, `{"accountId":"{account}","action":"revokeAllSessions","identityProvider":"activeDirectory"}`),
		row(g, 400, bad, "The request body is not JSON: …", "4.4", "POST "+risky+"/{victim}/invokeAction", "x").given(hearsay),
		row(g, 400, bad, "The action 'x' is not known.", "4.4", "POST "+risky+"/{victim}/invokeAction", `{"action":"x"}`).given(hearsay),
		row(g, 400, bad, "The parameter 'compromisedDateTime' is not a time, or does not go with the action 'disable'.", "4.4", "POST "+risky+"/{victim}/invokeAction", `{"action":"disable","compromisedDateTime":"x"}`).given(hearsay),
		// Graph: subscriptions.
		row(g, 400, bad, "The request body is not JSON: …", "10.6", sub, "x"),
		row(g, 400, bad, "The property 'x' does not exist on type 'microsoft.graph.subscription'.", "10.6", sub, `{"x":1}`),
		row(g, 400, bad, "Notifications with resource data are not supported for this resource.", "10.6", sub, `{"includeResourceData":true}`),
		row(g, 400, bad, "The change type 'created' is not supported for this resource: it is updated, deleted, or both.", "10.6", sub, `{"changeType":"created"}`),
		row(g, 400, bad, "clientState is longer than 128 characters.", "10.6", sub, `{"changeType":"updated","clientState":"{129 characters}"}`),
		row(g, 501, no, "The simulator does not model subscriptions to 'groups'.", "10.6", sub, `{"changeType":"updated","resource":"groups"}`),
		row(g, 400, bad, "The resource 'security/alerts_v2' does not support change notifications.", "10.6", sub, `{"changeType":"updated","resource":"security/alerts_v2"}`),
		row(g, 400, bad, "expirationDateTime is missing or is not a time.", "10.6", sub, `{"changeType":"updated","resource":"users"}`),
		row(g, 400, bad, "expirationDateTime lies in the past.", "10.6", sub, `{"changeType":"updated","resource":"users","expirationDateTime":"2020-01-01T00:00:00Z"}`),
		row(g, 400, bad, "expirationDateTime is more than 41760 minutes in the future.", "10.6", sub, `{"changeType":"updated","resource":"users","expirationDateTime":"2029-01-01T00:00:00Z"}`),
		row(g, 501, no, "The simulator does not model notifications to an event hub.", "10.6", sub, `{"changeType":"updated","notificationUrl":"EventHub:x"`+users+`}`),
		row(g, 400, bad, "The notification address 'https://example.com/' is not http or https on loopback, and the simulator calls nothing else.", "10.6", sub, `{"changeType":"updated","notificationUrl":"https://example.com/"`+users+`}`),
		row(g, 400, "ValidationError", "Subscription validation request failed. …", "10.6", sub, `{"changeType":"updated","notificationUrl":"{control}/info"`+users+`}`),
		row(g, 403, "Forbidden", "The limit of 100 subscriptions for this app and tenant has been reached.", "10.6", sub, `{"changeType":"updated","notificationUrl":"{receiver}"`+users+`}`).after("{100 subscriptions}"),
		row(g, 501, no, "The simulator does not model a change of the subscription property 'clientState'.", "10.6", "PATCH subscriptions/s0", `{"clientState":"x"}`).after("{100 subscriptions}"),
		row(g, 400, bad, "The request body is not JSON: …", "10.6", "PATCH subscriptions/s0", "x").after("{100 subscriptions}"),
	}
	return slices.Concat(rows, casesRows(), huntingRows(), queryRows(), endpointRows(), faultRows())
}
