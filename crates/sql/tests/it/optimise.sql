-- Tables with what rewrites stumble over: NULLs, keys that may be NULL, duplicates, numbers as texts, days that are none.
PRAGMA foreign_keys = OFF;
CREATE TABLE firm (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT, code TEXT UNIQUE, rank NUMERIC);
CREATE TABLE job (id INTEGER PRIMARY KEY, firm INTEGER REFERENCES firm (id), title TEXT, pay REAL, day DATE, odd_day DATE,
    tag TEXT NOT NULL);
CREATE TABLE label (key VARCHAR(10) PRIMARY KEY, words TEXT, mixed);
CREATE TABLE part (tag TEXT NOT NULL, number INTEGER NOT NULL, size REAL, PRIMARY KEY (tag, number)) WITHOUT ROWID;
CREATE INDEX job_firm ON job (firm);
CREATE VIEW paid AS SELECT id, firm, pay FROM job WHERE pay IS NOT NULL;

INSERT INTO firm VALUES (1, 'Ann', 'Oslo', 'a', 1), (2, 'Ann', 'Oslo', NULL, '1'), (3, 'Bob', NULL, NULL, 2.5),
    (4, 'Cy', 'Rome', 'c', NULL), (5, 'ann', '', 'C', 'x');
INSERT INTO job VALUES (1, 1, 'cook', 10, '2025-01-31', '2025-02-31', 'x'), (2, 1, 'cook', NULL, '2025-12-31', '2025-1-1', 'y'),
    (3, 2, NULL, 30, '2026-01-01', 2460000, 'x'), (4, NULL, 'clerk', 30, NULL, '2026', 'z'),
    (5, 9, 'guard', -1, '2026-02-28', '2025-12-31T23:00-05:00', 'x'), (6, 3, 'COOK', 10.5, '2024-02-29', NULL, '');
INSERT INTO label VALUES (NULL, 'n', 1), (NULL, 'n', '1'), ('x', 'X', 1.0), ('y', NULL, NULL), ('1', 'one', 'a'), ('01', 'uno', x'61');
INSERT INTO part VALUES ('x', 1, 1.5), ('x', 2, NULL), ('y', 1, 1.5), ('q', 7, 0);
