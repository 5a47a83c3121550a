-- What the database holds beside that, and no query may read.
CREATE TABLE secret (word TEXT);
CREATE VIEW leak AS SELECT word FROM secret;
INSERT INTO secret VALUES ('swordfish');
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
INSERT INTO item SELECT i, CASE i % 5 WHEN 0 THEN '''; DROP TABLE item; --' WHEN 1 THEN '<script>' ELSE 'item ' || i END,
    CASE i % 3 WHEN 0 THEN 'tool' WHEN 1 THEN '" OR 1=1 --' END, i / 3.0, date('2026-01-01', i || ' days'), 'x' FROM n;
INSERT INTO customer SELECT id, name || ' customer', id, char(0) || '/* */ --' FROM item WHERE id < 100;
INSERT INTO "x'); DROP TABLE item; --" VALUES (1, 'y', 'z');
