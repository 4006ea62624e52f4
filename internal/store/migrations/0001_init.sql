-- +goose Up

-- One row per version of a signal.
CREATE TABLE signals (
    seq         INTEGER PRIMARY KEY,
    tenant_id   TEXT    NOT NULL,
    updated_us  BIGINT  NOT NULL,
    key8        BIGINT  NOT NULL, -- the id: first 8 bytes of the hash over tenant, source, native id and version
    source      TEXT    NOT NULL,
    detector    TEXT    NOT NULL,
    repeats     TEXT    NOT NULL, -- JSON: detectors whose word it may repeat
    native_id   TEXT    NOT NULL,
    version     TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    title       TEXT    NOT NULL,
    severity    TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('open', 'closed')),
    confirmed   INTEGER NOT NULL,
    discounted  TEXT    NOT NULL, -- why it corroborates nothing, '' when it may
    occurred_us BIGINT  NOT NULL,
    detected_us BIGINT  NOT NULL,
    entities    TEXT    NOT NULL, -- JSON: whom it accuses
    named       TEXT    NOT NULL  -- JSON: whom it merely names
);
CREATE UNIQUE INDEX signals_by_time ON signals (updated_us DESC, key8);
CREATE INDEX signals_by_tenant ON signals (tenant_id, updated_us DESC, key8);

-- The items as they came, compressed: most readers do not want them.
CREATE TABLE signal_raw (
    seq INTEGER PRIMARY KEY,
    raw BLOB    NOT NULL
);

-- Who is named by which signal. name8 is the first 8 bytes of the hash over the
-- name in lower case: who looks for a name compares the name itself, too.
CREATE TABLE signal_names (
    name8      BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    PRIMARY KEY (name8, updated_us, seq)
) WITHOUT ROWID;

-- Signals that correlation has not taken yet: the truth that a job only wakes.
CREATE TABLE pending_signals (
    tenant_id  TEXT   NOT NULL,
    updated_us BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, updated_us, seq)
) WITHOUT ROWID;

-- One row per tenant and source: what has been read, and where to go on.
CREATE TABLE coverage (
    tenant_id     TEXT   NOT NULL,
    source        TEXT   NOT NULL,
    state         TEXT   NOT NULL CHECK (state IN ('whole', 'partial', 'unreadable', 'unlicensed', 'denied', 'stale')),
    read_from_us  BIGINT NOT NULL,
    read_until_us BIGINT NOT NULL,
    checked_us    BIGINT NOT NULL,
    reason        TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, source)
) WITHOUT ROWID;

CREATE TABLE observations (
    tenant_id   TEXT   NOT NULL,
    source      TEXT   NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('value', 'absent', 'unreadable')),
    value       TEXT   NOT NULL, -- JSON, '' unless state is value
    reason      TEXT   NOT NULL,
    observed_us BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, source)
) WITHOUT ROWID;

CREATE TABLE incidents (
    id          TEXT   PRIMARY KEY,
    tenant_id   TEXT   NOT NULL,
    entity_kind TEXT   NOT NULL,
    entity      TEXT   NOT NULL, -- JSON: every name known
    sources     TEXT   NOT NULL, -- JSON
    detectors   TEXT   NOT NULL, -- JSON
    score       TEXT   NOT NULL, -- JSON
    lower_bound INTEGER NOT NULL, -- whether the score was found with a source unread
    state       TEXT   NOT NULL CHECK (state IN ('open', 'contained', 'merged')),
    merged_to   TEXT   NOT NULL,
    first_us    BIGINT NOT NULL,
    last_us     BIGINT NOT NULL,
    opened_us   BIGINT NOT NULL,
    updated_us  BIGINT NOT NULL,
    revision    BIGINT NOT NULL
);
CREATE INDEX incidents_by_time ON incidents (last_us DESC, id);
CREATE INDEX incidents_by_tenant ON incidents (tenant_id, last_us DESC, id);
CREATE INDEX incidents_by_state ON incidents (state, last_us DESC, id);
CREATE INDEX incidents_incomplete ON incidents (tenant_id) WHERE state = 'open' AND lower_bound = 1;

-- Whom an incident is about; see signal_names.
CREATE TABLE incident_names (
    name8       BIGINT NOT NULL,
    incident_id TEXT   NOT NULL,
    PRIMARY KEY (name8, incident_id)
) WITHOUT ROWID;

-- What the directory said of names that alerts give, and which names it is
-- still to be asked for.
CREATE TABLE resolutions (
    tenant_id   TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    kind        TEXT    NOT NULL, -- of the name
    state       TEXT    NOT NULL CHECK (state IN ('pending', 'found', 'ambiguous', 'not_found')),
    users       TEXT    NOT NULL, -- JSON: whose name it is, or may be
    reason      TEXT    NOT NULL, -- why a lookup was deferred, '' when it was not
    answered_us BIGINT  NOT NULL, -- 0: never
    due_us      BIGINT  NOT NULL, -- when it is looked up next, if it is still wanted; 0: when a signal asks again
    wanted_us   BIGINT  NOT NULL, -- until when the signals that wait for it may be acted on
    attempts    INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, value, kind)
) WITHOUT ROWID;
CREATE INDEX resolutions_due ON resolutions (due_us, tenant_id) WHERE due_us > 0;

CREATE TABLE incident_signals (
    incident_id TEXT   NOT NULL REFERENCES incidents (id),
    updated_us  BIGINT NOT NULL,
    key8        BIGINT NOT NULL,
    seq         BIGINT NOT NULL,
    fact8       BIGINT NOT NULL, -- first 8 bytes of the hash over tenant, source and native id
    PRIMARY KEY (incident_id, updated_us, key8)
) WITHOUT ROWID;
-- A new version of a signal finds the incident that holds the old one.
CREATE INDEX incident_signals_by_fact ON incident_signals (fact8);

-- One row per run, kept after it ends.
CREATE TABLE runs (
    id          TEXT    PRIMARY KEY,
    tenant_id   TEXT    NOT NULL,
    incident_id TEXT    NOT NULL, -- '' when a person asked without one
    playbook    TEXT    NOT NULL, -- '' when a person asked
    requester   TEXT    NOT NULL, -- JSON
    why         TEXT    NOT NULL,
    plan        TEXT    NOT NULL, -- JSON
    plan_hash   TEXT    NOT NULL,
    shadow      INTEGER NOT NULL,
    undo_of     TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('running', 'held', 'done', 'refused', 'failed', 'shadow')),
    started_us  BIGINT  NOT NULL,
    ended_us    BIGINT  NOT NULL,
    CHECK ((ended_us = 0) = (state IN ('running', 'held'))) -- an ended run has an end
);
CREATE INDEX runs_by_time ON runs (started_us DESC, id);
CREATE INDEX runs_by_tenant ON runs (tenant_id, started_us DESC, id);
CREATE INDEX runs_by_state ON runs (state, started_us DESC, id);
CREATE INDEX runs_by_incident ON runs (incident_id, started_us DESC, id);
CREATE INDEX runs_by_undo ON runs (undo_of, started_us DESC, id);

CREATE TABLE steps (
    run_id     TEXT    NOT NULL REFERENCES runs (id),
    idx        INTEGER NOT NULL,
    tenant_id  TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    target_id  TEXT    NOT NULL,
    target     TEXT    NOT NULL, -- JSON
    verdict    TEXT    NOT NULL, -- JSON
    outcome    TEXT    NOT NULL CHECK (outcome IN ('planned', 'intent', 'done', 'already', 'unknown', 'failed', 'skipped')),
    proof      TEXT    NOT NULL CHECK (proof IN ('', 'confirmed', 'pending', 'contradicted', 'unknown')),
    detail     TEXT    NOT NULL,
    request_id TEXT    NOT NULL,
    attempts   INTEGER NOT NULL,
    prior      TEXT    NOT NULL, -- JSON, '' while unknown
    acted_us   BIGINT  NOT NULL, -- when the intent was written down; 0: never
    proved_us  BIGINT  NOT NULL,
    PRIMARY KEY (run_id, idx)
);
CREATE INDEX steps_by_time ON steps (tenant_id, acted_us);

-- Whom a run acts on; see signal_names.
CREATE TABLE step_names (
    name8  BIGINT NOT NULL,
    run_id TEXT   NOT NULL,
    PRIMARY KEY (name8, run_id)
) WITHOUT ROWID;

-- The audit: one row per entry, chained by hash, never changed.
CREATE TABLE entries (
    id        INTEGER PRIMARY KEY,
    chain     TEXT    NOT NULL, -- a tenant's id, or 'fleet'
    seq       BIGINT  NOT NULL, -- in its chain
    at_us     BIGINT  NOT NULL,
    kind      TEXT    NOT NULL,
    tenant_id TEXT    NOT NULL,
    run_id    TEXT    NOT NULL,
    step      INTEGER NOT NULL,
    actor     TEXT    NOT NULL,
    action    TEXT    NOT NULL,
    target    TEXT    NOT NULL,
    data      TEXT    NOT NULL, -- JSON
    prev      TEXT    NOT NULL,
    hash      TEXT    NOT NULL,
    UNIQUE (chain, seq)
);
CREATE INDEX entries_by_time ON entries (at_us DESC, chain, seq DESC);
CREATE INDEX entries_by_tenant ON entries (tenant_id, at_us DESC, chain, seq DESC);
CREATE INDEX entries_by_run ON entries (run_id, at_us DESC, chain, seq DESC);

-- The last entry of each chain, and up to which an anchor holds it.
CREATE TABLE heads (
    chain    TEXT   PRIMARY KEY,
    seq      BIGINT NOT NULL,
    hash     TEXT   NOT NULL,
    anchored BIGINT NOT NULL
) WITHOUT ROWID;

-- The store itself, and the engine that works on it: one row.
CREATE TABLE engine (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    store_id TEXT    NOT NULL,
    instance TEXT    NOT NULL,
    epoch    BIGINT  NOT NULL, -- how many engines have worked on it
    since_us BIGINT  NOT NULL, -- since when it is known here: what came before is history
    unknown  TEXT    NOT NULL  -- why it is not the store that was expected; '': it is
);

-- The outbox: a notice commits with what it tells.
CREATE TABLE notices (
    id        TEXT   PRIMARY KEY,
    tenant_id TEXT   NOT NULL,
    body      TEXT   NOT NULL, -- JSON
    at_us     BIGINT NOT NULL
);

CREATE TABLE deliveries (
    notice_id TEXT    NOT NULL REFERENCES notices (id),
    channel   TEXT    NOT NULL,
    state     TEXT    NOT NULL CHECK (state IN ('due', 'sent', 'dead')),
    attempts  INTEGER NOT NULL,
    due_us    BIGINT  NOT NULL,
    error     TEXT    NOT NULL,
    PRIMARY KEY (notice_id, channel)
);
CREATE INDEX deliveries_due ON deliveries (channel, state, due_us);

-- Tenants that were added by a command or by consent; those of the
-- configuration stand in its file.
CREATE TABLE tenants (
    id          TEXT   PRIMARY KEY,
    name        TEXT   NOT NULL,
    cloud       TEXT   NOT NULL,
    mode        TEXT   NOT NULL CHECK (mode IN ('observe', 'approve', 'protect', 'enforce')),
    tags        TEXT   NOT NULL, -- JSON
    break_glass TEXT   NOT NULL, -- JSON
    client_id   TEXT   NOT NULL,
    credential  TEXT   NOT NULL CHECK (credential IN ('app', 'secret', 'certificate')),
    sealed      TEXT   NOT NULL, -- base64 of the sealed secret, '' for the shared app
    expires_us  BIGINT NOT NULL, -- when the client secret ends, as somebody said; 0 when nobody did
    added_us    BIGINT NOT NULL,
    added_by    TEXT   NOT NULL
);

-- The consent states that were used: each is good for one tenant.
CREATE TABLE consents (
    nonce     TEXT   PRIMARY KEY,
    tenant_id TEXT   NOT NULL,
    used_us   BIGINT NOT NULL
);

-- How much of each of Microsoft's limits the engine used, written about once a
-- minute for people to read. Nothing is decided by it.
CREATE TABLE budgets (
    tenant_id       TEXT             NOT NULL, -- '' for a limit of an app over all its tenants
    app_id          TEXT             NOT NULL, -- '' for a limit of a tenant
    family          TEXT             NOT NULL,
    quota           TEXT             NOT NULL, -- the limit in words
    window_us       BIGINT           NOT NULL, -- over which is counted; 0: what is under way
    used            DOUBLE PRECISION NOT NULL,
    remaining       DOUBLE PRECISION NOT NULL,
    refused         BIGINT           NOT NULL,
    closed_until_us BIGINT           NOT NULL, -- 0: open
    why             TEXT             NOT NULL,
    used_us         BIGINT           NOT NULL,
    at_us           BIGINT           NOT NULL,
    PRIMARY KEY (tenant_id, app_id, family, quota)
) WITHOUT ROWID;
