-- What queries may read. Comments, defaults, values and names are hostile too: '; DROP TABLE item; --
CREATE TABLE item (
    id INTEGER PRIMARY KEY,              -- */ UNION SELECT word FROM secret --
    name TEXT DEFAULT '''); DROP TABLE item; --',
    kind TEXT DEFAULT (lower('x'' UNION SELECT word FROM secret --')),
    price REAL,
    made DATE,
    "update" TEXT
);
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, item INTEGER REFERENCES item (id), note TEXT);
CREATE TABLE "x'); DROP TABLE item; --" (id INTEGER, "a"" b" TEXT, "select" TEXT);
CREATE VIEW cheap AS SELECT id, name, price FROM item WHERE price < 10;
