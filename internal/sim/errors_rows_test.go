package sim

import "strconv"

// What the rows about alerts, incidents and devices need to be there first.
const (
	anAlert   = `control POST /inject {"resource":"security/alerts_v2","object":{"id":"a1","incidentId":"7","title":"Odd"}}`
	aMachine  = `control POST /inject {"resource":"machines","object":{"id":"m1","osPlatform":"macOS"}}`
	aLaptop   = `control POST /inject {"resource":"machines","object":{"id":"m2","osPlatform":"Windows11"}}`
	itsAlert  = `control POST /inject {"resource":"alerts","object":{"id":"d1","machineId":"gone"}}`
	itsAction = `control POST /inject {"resource":"machineactions","object":{"id":"x1","type":"Isolate","status":"Succeeded"}}`
)

// casesRows are the errors of alerts and incidents in Graph.
func casesRows() []failure {
	const (
		g, bad, no = serviceGraph, "BadRequest", "SimulatorNotModelled"
		alert      = "PATCH security/alerts_v2/a1"
		say        = "POST security/alerts_v2/a1/comments"
		incident   = "PATCH security/incidents/7"
	)
	return []failure{
		row(g, 404, "ResourceNotFound", "Resource 'a1' does not exist.", "7.1", alert, "{}"),
		row(g, 400, bad, "The request body is not JSON: …", "7.1", alert, "x").after(anAlert),
		row(g, 501, no, "The simulator does not model a change of nothing.", "7.1", alert, "{}").after(anAlert),
		row(g, 400, bad, "The property 'x' cannot be changed.", "7.1", alert, `{"x":1}`).after(anAlert),
		row(g, 400, bad, `The value "x" is not one of unknown, new, inProgress, resolved for 'status'.`, "7.2", alert, `{"status":"x"}`).after(anAlert),
		row(g, 400, bad, "The property 'assignedTo' is not text.", "7.1", alert, `{"assignedTo":1}`).after(anAlert),
		row(g, 400, bad, "The request body is not a JSON object.", "7.1", say, "[]").after(anAlert),
		row(g, 400, bad, "The property 'x' is not one of a new comment.", "7.1", say, `{"x":1}`).after(anAlert),
		row(g, 400, bad, "A comment is a microsoft.graph.security.alertComment, not 'x'.", "7.1", say, `{"@odata.type":"x","comment":"y"}`).after(anAlert),
		row(g, 400, bad, "The property 'comment' is required.", "7.1", say, "{}").after(anAlert),
		row(g, 501, no, "The simulator does not model $expand=x on incidents.", "7.1", "GET security/incidents?$expand=x", ""),
		row(g, 501, no, "The simulator does not model a change of 'severity' in an incident.", "7.1", incident, `{"severity":"high"}`).after(anAlert),
		row(g, 501, no, "The simulator does not model a change of an incident that has been merged into another.", "7.3", "PATCH security/incidents/97", `{"status":"resolved"}`).after(anAlert),
		row(g, 501, no, "The simulator does not model a change of an incident's status to 'redirected'.", "7.3", incident, `{"status":"redirected"}`).after(anAlert),
		row(g, 400, bad, "The property 'customTags' is not a list of texts.", "7.1", incident, `{"customTags":"x"}`).after(anAlert),
	}
}

// huntingRows are the errors of hunting. Its own grammar is the simulator's.
func huntingRows() []failure {
	const (
		g, bad, no = serviceGraph, "BadRequest", "SimulatorNotModelled"
		hunt       = "POST security/runHuntingQuery"
	)
	return []failure{
		row(g, 400, bad, "The request body is not JSON: …", "7.5", hunt, "x"),
		row(g, 400, bad, "The parameter 'x' is not one of runHuntingQuery.", "7.5", hunt, `{"x":1}`),
		row(g, 400, bad, "The parameter 'Query' is not text.", "7.5", hunt, `{"Query":1}`),
		row(g, 400, bad, "The parameter 'query' is there twice.", "7.5", hunt, `{"Query":"IdentityInfo","query":"IdentityInfo"}`),
		row(g, 400, bad, "The parameter 'query' is required.", "7.5", hunt, "{}"),
		row(g, 400, bad, "The timespan 'x' is neither a time nor a duration of ISO 8601.", "7.5", hunt, `{"Query":"IdentityInfo","Timespan":"x"}`),
		row(g, 400, bad, "The timespan 'Px' is neither a time nor a duration of ISO 8601.", "7.5", hunt, `{"Query":"IdentityInfo","Timespan":"Px"}`),
		row(g, 400, bad, "The timespan 'P1D/P1D' has two durations.", "7.5", hunt, `{"Query":"IdentityInfo","Timespan":"P1D/P1D"}`),
		row(g, 400, bad, "The timespan '2026-02-02/2026-02-01' ends before it starts.", "7.5", hunt, `{"Query":"IdentityInfo","Timespan":"2026-02-02/2026-02-01"}`),
		row(g, 501, no, "The simulator does not model the hunting table 'Nonsense'.", "7.5", hunt, `{"Query":"Nonsense"}`),
		row(g, 501, no, "The simulator does not model 'a b' in the place of a hunting table.", "7.5", hunt, `{"Query":"a b"}`),
		row(g, 501, no, "The simulator does not model the hunting operator 'count'.", "7.5", hunt, `{"Query":"IdentityInfo | count"}`),
		row(g, 501, no, "The simulator does not model the hunting column 'x' in this place.", "7.5", hunt, `{"Query":"IdentityInfo | project x"}`),
		row(g, 501, no, "The simulator does not model the hunting column 'JobTitle' twice in 'project'.", "7.5", hunt, `{"Query":"IdentityInfo | project JobTitle, JobTitle"}`),
		row(g, 501, no, "The simulator does not model a comparison of the column 'Timestamp', which holds DateTime, with text.", "7.5", hunt, `{"Query":"IdentityInfo | where Timestamp == 'x'"}`),
		row(g, 429, "TooManyRequests", "This tenant has used up its hunting calls: 45 calls per minute. Please retry again later.", "7.5", hunt, "{}").
			after("{45 times} graph " + hunt + " {}"),
	}
}

// queryRows are what a filter or a batch can have wrong with it, besides what
// the rows of the calls show.
func queryRows() []failure {
	const (
		g, bad = serviceGraph, "BadRequest"
		filter = "GET identityProtection/riskyUsers?$filter="
		batch  = "POST $batch"
	)
	return []failure{
		row(g, 400, bad, "Invalid filter clause: syntax error at position 19 in 'riskLevel eq 'low' 'x''.", "10.3", filter+"riskLevel eq 'low' 'x'", ""),
		row(g, 400, bad, "Invalid filter clause: there is an unterminated string literal at position 13 in 'riskLevel eq 'low'.", "10.3", filter+"riskLevel eq 'low", ""),
		row(g, 400, bad, "Invalid filter clause: a property is expected at position 0.", "10.3", filter, ""),
		row(g, 400, bad, "Invalid filter clause: a closing parenthesis is missing at position 19.", "10.3", filter+"(riskLevel eq 'low'", ""),
		row(g, 400, bad, "Invalid filter clause: the filter is nested deeper than 100.", "10.3", filter+"{101 times (}", ""),
		row(g, 400, bad, "Invalid filter clause: a literal of the wrong type for 'riskLevel' with operator 'eq' at position 13.", "10.3", filter+"riskLevel eq 5", ""),
		row(g, 400, bad, "Invalid filter clause: the property 'otherMails' is a collection, and is asked for with any().", "10.1", "GET users?$filter=otherMails eq 'x'", ""),
		row(g, 400, bad, "Invalid filter clause: a variable and a colon are expected at position 15.", "10.1", "GET users?$filter=otherMails/any(x eq 'x')", ""),
		row(g, 400, bad, "Invalid filter clause: the parenthesis at position 14 is not closed.", "10.1", "GET users?$filter=otherMails/any(x:x eq 'x'", ""),
		row(g, 400, bad, "Invalid filter clause: a property of text and a comma are expected at position 11.", "10.1", "GET users?$filter=startswith('x')", ""),
		row(g, 400, bad, "Invalid filter clause: the parenthesis at position 10 is not closed after a text.", "10.1", "GET users?$filter=startswith(mail,'x'", ""),
		row(g, 400, bad, "Invalid filter clause: null cannot be compared with operator 'gt'.", "10.3", filter+"riskLevel gt null", ""),
		row(g, 400, bad, "Invalid batch payload: the body is not an object with 'requests'.", "10.2", batch, "[]"),
		row(g, 400, bad, "Invalid batch payload: the id '1' is not unique.", "10.2", batch, `{"requests":[{"id":"1","method":"GET","url":"/users"},{"id":"1","method":"GET","url":"/users"}]}`),
		row(g, 400, bad, "Invalid batch payload: a request has no id.", "10.2", batch, `{"requests":[{"method":"GET","url":"/users"}]}`),
		row(g, 400, bad, "Invalid batch payload: the method 'BREW' of request '1' is not known.", "10.2", batch, `{"requests":[{"id":"1","method":"BREW","url":"/users"}]}`),
		row(g, 400, bad, "Invalid batch payload: the url of request '1' is not relative.", "10.2", batch, `{"requests":[{"id":"1","method":"GET","url":"https://graph.microsoft.com/v1.0/users"}]}`),
		row(g, 400, bad, "Invalid batch payload: request '1' is a batch itself.", "10.2", batch, `{"requests":[{"id":"1","method":"POST","url":"/$batch"}]}`),
		row(g, 400, bad, "Invalid batch payload: request '1' has a body and no Content-Type.", "10.2", batch, `{"requests":[{"id":"1","method":"PATCH","url":"/users/x","body":{}}]}`),
		row(g, 400, bad, "Invalid batch payload: request '1' depends on one that does not exist, or on itself.", "10.2", batch, `{"requests":[{"id":"1","method":"GET","url":"/users","dependsOn":["2"]}]}`),
		row(g, 401, "InvalidAuthenticationToken", "Access token validation failure: JWT signature is not base64url.", "10.3", "GET users", "").with("a.b.!"),
		row(g, 401, "InvalidAuthenticationToken", "Access token validation failure: invalid signature.", "10.3", "GET users", "").with("a.b.cdef"),
		row(g, 401, "InvalidAuthenticationToken", "Access token validation failure: the token is of another cloud.", "10.3", "GET users", "").with("another cloud"),
		row(g, 400, "ValidationError", "Subscription validation request failed. the notification endpoint could not be reached: …", "10.6", "POST subscriptions",
			`{"changeType":"updated","notificationUrl":"http://127.0.0.1:1/"`+users+`}`),
		row(g, 400, "ValidationError", "Subscription validation request failed. the notification endpoint must respond with the validation token as text/plain", "10.6", "POST subscriptions",
			`{"changeType":"updated","notificationUrl":"{deaf receiver}"`+users+`}`),
	}
}

// endpointRows are the errors of Defender for Endpoint.
func endpointRows() []failure {
	const (
		d, bad, no = serviceDefender, "BadRequest", "SimulatorNotModelled"
		isolate    = "POST api/machines/m2/isolate"
		scan       = "POST api/machines/m2/runAntiVirusScan"
		file       = "POST api/machines/m2/StopAndQuarantineFile"
		alert      = "PATCH api/alerts/d1"
		batch      = "POST api/alerts/batchUpdate"
		body       = "InvalidRequestBody"
		absent     = "MissingRequiredParameter"
	)
	return []failure{
		row(d, 401, "Unauthorized", "Access token is empty.", "8.7", "GET api/alerts", "").with("no token"),
		row(d, 401, "Unauthorized", "Lifetime validation failed, the token is expired.", "8.7", "GET api/alerts", "").after(`control POST /faults {"expire_tokens":true}`),
		row(d, 401, "Unauthorized", "Unauthorized request - Account is not provisioned.", "8.7", "GET api/alerts", "").given("  defender: off\n"),
		row(d, 403, "Forbidden", "Missing application roles. API required roles: Alert.Read.All,Alert.ReadWrite.All, application roles: .", "8.7", "GET api/alerts", "").given(nobody),
		row(d, 404, "NotFound", "No resource is at '/nonsense'.", "8.7", "GET nonsense", ""),
		row(d, 404, "NotFound", "No resource is at '/api/nonsense'.", "8.7", "GET api/nonsense", ""),
		row(d, 404, "ResourceNotFound", "No recent machines were found.", "8.7", "GET api/machines", ""),
		row(d, 404, "ResourceNotFound", "Machine x was not found", "8.7", "GET api/machines/x", ""),
		row(d, 501, no, "The simulator does not model $expand=machine on alerts.", "8.2", "GET api/alerts?$expand=machine", ""),
		row(d, 501, no, "The simulator does not model 'files'.", "8.1", "GET api/files", ""),
		row(d, 501, no, "The simulator does not model the method DELETE on 'alerts'.", "8.1", "DELETE api/alerts", ""),
		row(d, 400, bad, "Invalid filter clause: the property 'title' cannot be used in $filter here.", "8.2", "GET api/alerts?$filter=title eq 'x'", ""),
		row(d, 404, "ResourceNotFound", "Alert x was not found", "8.7", "GET api/alerts/x/user", ""),
		row(d, 404, "ResourceNotFound", "User of alert d1 was not found", "8.1", "GET api/alerts/d1/user", "").after(itsAlert),
		row(d, 404, "ResourceNotFound", "Machine gone was not found", "8.1", "GET api/alerts/d1/machine", "").after(itsAlert),
		row(d, 404, "ResourceNotFound", "MachineAction x was not found", "8.1", "POST api/machineactions/x/cancel", `{"Comment":"c"}`),
		row(d, 400, body, "The request body is not JSON: …", "8.7", isolate, "x").after(aLaptop),
		row(d, 400, body, "The request body has the unknown parameter 'comment'. Names are case-sensitive.", "8.3", isolate, `{"comment":"c"}`).after(aLaptop),
		row(d, 400, body, "The parameter 'Comment' is null.", "8.7", isolate, `{"Comment":null}`).after(aLaptop),
		row(d, 400, body, "The request body has a parameter of the wrong type.", "8.7", isolate, `{"Comment":1}`).after(aLaptop),
		row(d, 400, absent, "The parameter 'Comment' is missing.", "8.5", isolate, "{}").after(aLaptop),
		row(d, 400, absent, "The parameter 'IsolationType' is missing.", "8.5", isolate, `{"Comment":"c"}`).after(aLaptop),
		row(d, 400, "InvalidInput", "The IsolationType 'full' is none of Full Selective UnManagedDevice.", "8.5", isolate, `{"Comment":"c","IsolationType":"full"}`).after(aLaptop),
		row(d, 400, "InvalidInput", "The ScanType 'x' is none of Quick Full.", "8.5", scan, `{"Comment":"c","ScanType":"x"}`).after(aLaptop),
		row(d, 400, "InvalidHashValue", "The hash value 'x' is no SHA-1.", "8.5", file, `{"Comment":"c","Sha1":"x"}`).after(aLaptop),
		row(d, 400, "OsPlatformNotSupported", "Isolate is not supported on macOS .", "8.5", "POST api/machines/m1/isolate", `{"Comment":"c","IsolationType":"Full"}`).after(aMachine),
		row(d, 400, bad, "Action is already in progress", "8.5", isolate, `{"Comment":"c","IsolationType":"Full"}`).
			after(aLaptop, "defender "+isolate+` {"Comment":"c","IsolationType":"Full"}`),
		row(d, 400, bad, "The action cannot be cancelled: its status is Succeeded.", "8.1", "POST api/machineactions/x1/cancel", `{"Comment":"c"}`).after(itsAction),
		row(d, 400, absent, "The parameter 'Comment' is missing.", "8.5", "POST api/machineactions/x1/cancel", "{}").after(itsAction),
		row(d, 400, body, "The request body holds nothing to change.", "8.3", alert, "{}").after(itsAlert),
		row(d, 400, "InvalidInput", "The status 'resolved' is none of New InProgress Resolved.", "8.3", alert, `{"status":"resolved"}`).after(itsAlert),
		row(d, 400, absent, "The parameter 'alertIds' is missing.", "8.3", batch, `{"status":"Resolved"}`),
		row(d, 400, "MaximumBatchSizeExceeded", "Maximum batch size exceeded. Received: 1001, allowed: 1000", "8.7", batch, `{"status":"Resolved","alertIds":[{1001 ids}]}`),
		row(d, 429, "TooManyRequests", "Please retry again later.", "8.7", batch, "{}").after("{10 times} defender " + batch + " {}"),
	}
}

// faultRows are the errors that somebody asked for through the control API.
func faultRows() []failure {
	const (
		g, d, l   = serviceGraph, serviceDefender, serviceLogin
		unwilling = "The request was refused on purpose."
		down      = "The service is temporarily unavailable."
		later     = "Please retry again later."
		stale     = "Access token has expired or is not yet valid."
		scopes    = "You cannot perform the requested operation, required scopes are missing in the token."
		gone      = "Resource not found."
	)
	var out []failure
	fault := func(service, status, code, message, section string) {
		calls := map[string]string{g: "GET users", d: "GET api/alerts", l: "POST {tenant}/oauth2/v2.0/token"}
		body := map[string]string{l: "{credentials}"}[service]
		n, _ := strconv.Atoi(status)
		out = append(out, row(service, n, code, message, section, calls[service], body).after(`control POST /faults {"status":`+status+`}`))
	}
	fault(l, "400", "invalid_request 900144", unwilling, "–")
	fault(l, "401", "invalid_client 7000215", stale, "–")
	fault(l, "403", "invalid_request 900144", scopes, "–")
	fault(l, "404", "invalid_request 900144", gone, "–")
	fault(l, "429", "temporarily_unavailable 90055", later, "1.5")
	fault(l, "503", "temporarily_unavailable 90033", down, "1.5")
	fault(l, "599", "temporarily_unavailable 90033", unwilling, "–")
	fault(g, "400", "BadRequest", unwilling, "10.3")
	fault(g, "401", "InvalidAuthenticationToken", stale, "10.3")
	fault(g, "403", "Forbidden", scopes, "10.3")
	fault(g, "404", "ResourceNotFound", gone, "10.3")
	fault(g, "409", "UnknownError", unwilling, "10.3")
	fault(g, "410", "resyncRequired", unwilling, "10.3")
	fault(g, "429", "TooManyRequests", later, "10.4")
	fault(g, "500", "UnknownError", down, "10.3")
	fault(g, "503", "serviceNotAvailable", down, "10.3")
	fault(d, "400", "BadRequest", unwilling, "8.7")
	fault(d, "401", "Unauthorized", stale, "8.7")
	fault(d, "403", "Forbidden", scopes, "8.7")
	fault(d, "404", "ResourceNotFound", gone, "8.7")
	fault(d, "429", "TooManyRequests", later, "8.7")
	fault(d, "503", "InternalServerError", down, "8.7")
	fault(d, "599", "InternalServerError", unwilling, "8.7")
	return out
}
