-- A row for each connection that writes, with the number of its last transaction: it tells whether one took place whose commit got no answer. Pages are left empty for its versions.
CREATE TABLE writer(id BIGINT PRIMARY KEY, turn BIGINT NOT NULL, t TIMESTAMPTZ NOT NULL) WITH (fillfactor = 25);
