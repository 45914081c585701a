-- One row per mention and entity, as it stands now: edits replace, deletions leave a row without its words.
create table if not exists events (
    id         text primary key,      -- <source>:<mention id>#<entity id>
    entity     text not null,
    source     text not null,
    written_at timestamptz not null,
    relation   text,
    revision   numeric(20) not null,  -- with step, what is newer than what
    step       smallint not null,     -- 0 observed, 1 edited, 2 deleted
    language   text not null,
    label      text,                  -- null without a model
    score      real,
    complaint  real,
    text       text,
    event      jsonb                  -- all of it, for what has no column
);
create index if not exists events_by_entity on events (entity, written_at);

-- How far the sink is: written in the transaction that writes the events, so that both happen or neither.
create table if not exists offsets (
    topic     text,
    partition integer,
    next      bigint not null,
    primary key (topic, partition)
);
