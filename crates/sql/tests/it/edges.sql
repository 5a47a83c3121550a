-- One statement a line; SQLite itself says which are wrong.
SELECT 1
SELECT 1;
SELECT 1;;
SELECT
SELECT 1,
SELECT * FROM
SELECT * FROM nowhere
SELECT nope FROM project
SELECT project.nope FROM project
SELECT p.name FROM project
SELECT project.name FROM project p
SELECT main.project.name FROM project
SELECT main.project.name FROM main.project
SELECT other.project.name FROM main.project
SELECT name FROM project, company
SELECT name FROM project JOIN company ON 1
SELECT name, n FROM project n
SELECT "name", "nope" FROM project
SELECT 'name' FROM 'project'
SELECT project.'name' FROM project
SELECT `name`, [name] FROM `project`
SELECT `nope` FROM project
SELECT [nope] FROM project
SELECT p."nope" FROM project p
SELECT true, false, TRUE IS TRUE, 'x' IS NOT FALSE FROM project
SELECT "true" FROM project
SELECT name FROM project WHERE count(*) > 1
SELECT name FROM project HAVING budget > 1
SELECT name, count(*) FROM project HAVING budget > 1
SELECT name FROM project HAVING count(*) > 1
SELECT count(*) FROM project WHERE count(*) > 1
SELECT name FROM project GROUP BY count(*)
SELECT name, count(*) c FROM project GROUP BY c
SELECT name FROM project ORDER BY count(*)
SELECT name FROM project GROUP BY name ORDER BY count(*)
SELECT sum(count(*)) FROM project
SELECT sum(budget) OVER (ORDER BY sum(budget)) FROM project
SELECT sum(sum(budget)) OVER () FROM project
SELECT sum(sum(budget) OVER ()) FROM project
SELECT row_number() FROM project
SELECT row_number() OVER () FROM project
SELECT row_number() OVER nope FROM project
SELECT row_number() OVER w FROM project WINDOW w AS (ORDER BY name)
SELECT row_number() OVER (w ORDER BY budget) FROM project WINDOW w AS (ORDER BY name)
SELECT row_number() OVER (w PARTITION BY budget) FROM project WINDOW w AS (ORDER BY name)
SELECT row_number() OVER (v) FROM project WINDOW w AS (ORDER BY name), v AS (w)
SELECT upper(name) OVER () FROM project
SELECT name FROM project WHERE row_number() OVER () = 1
SELECT name FROM project ORDER BY row_number() OVER (ORDER BY budget)
SELECT rank() FILTER (WHERE 1) OVER () FROM project
SELECT count(*) FILTER (WHERE budget > 1) OVER () FROM project
SELECT upper(name) FILTER (WHERE 1) FROM project
SELECT count(DISTINCT name, status) FROM project
SELECT count(DISTINCT name) OVER () FROM project
SELECT upper(DISTINCT name) FROM project
SELECT group_concat(name, ',' ORDER BY budget) FROM project
SELECT group_concat(DISTINCT name, ',') FROM project
SELECT upper(name ORDER BY name) FROM project
SELECT count() FROM project
SELECT count(*, 1) FROM project
SELECT sum(*) FROM project
SELECT upper(*) FROM project
SELECT upper() FROM project
SELECT upper(name, 1) FROM project
SELECT nofunc(name) FROM project
SELECT left(name, 1) FROM project
SELECT max() FROM project
SELECT max(1, 2, 3), min(budget, actual_cost) FROM project
SELECT concat(name, 'x') FROM project
SELECT if(1, 2, 3), iif(1, 2), coalesce(1), coalesce(1, 2)
SELECT date(), date('now'), date(1, 2, 3, 4), strftime()
SELECT round(1, 2, 3)
SELECT sqrt(4)
SELECT load_extension('x')
SELECT name FROM project UNION SELECT name, status FROM project
SELECT name FROM project UNION ALL SELECT name FROM company ORDER BY budget
SELECT name AS n FROM project UNION ALL SELECT name FROM company ORDER BY n
SELECT name FROM project UNION ALL SELECT name AS m FROM company ORDER BY m
SELECT name FROM project UNION ALL SELECT name FROM company ORDER BY upper(name)
SELECT upper(name) FROM project UNION ALL SELECT name FROM company ORDER BY upper(name)
SELECT name FROM project UNION ALL SELECT name FROM company ORDER BY 2
SELECT name FROM project ORDER BY 1 UNION SELECT name FROM company
SELECT name FROM project LIMIT 1 UNION SELECT name FROM company
(SELECT name FROM project) UNION SELECT name FROM company
SELECT * FROM (SELECT name FROM project) UNION SELECT name FROM company
SELECT name FROM project INTERSECT ALL SELECT name FROM company
SELECT name FROM project ORDER BY 2
SELECT name FROM project ORDER BY 0
SELECT name FROM project ORDER BY -1
SELECT name FROM project ORDER BY 1 + 1
SELECT name FROM project GROUP BY 2
SELECT name FROM project ORDER BY nope
SELECT budget AS b FROM project WHERE b > 1
SELECT budget AS b FROM project GROUP BY b HAVING b > 1 ORDER BY b
SELECT count(*) AS c FROM project WHERE c > 1
SELECT sum(budget) AS c FROM project ORDER BY sum(c)
SELECT budget AS b, b + 1 FROM project
SELECT (SELECT b) FROM (SELECT budget AS b FROM project)
SELECT (SELECT name, status FROM project)
SELECT name FROM project WHERE budget = (SELECT budget, name FROM project)
SELECT name FROM project WHERE budget IN (SELECT budget, name FROM project)
SELECT name FROM project WHERE (budget, name) IN (SELECT budget, name FROM project)
SELECT name FROM project WHERE (budget, name) IN (SELECT budget FROM project)
SELECT name FROM project WHERE (budget, name) IN ((1, 2))
SELECT name FROM project WHERE (budget, name) = (1, 2)
SELECT name FROM project WHERE (budget, name) = (1, 2, 3)
SELECT name FROM project WHERE (budget, name) = 1
SELECT name FROM project WHERE (budget, name) > (SELECT 1, 2)
SELECT name FROM project WHERE (budget, name) BETWEEN (1, 2) AND (3, 4)
SELECT (1, 2)
SELECT (1, 2) IS NULL
SELECT (1, 2) + 1
SELECT name FROM project WHERE budget IN ()
SELECT name FROM project WHERE name IN project
SELECT name FROM project WHERE name IN active_project
SELECT name FROM project WHERE name IN (SELECT title FROM active_project)
SELECT name FROM project WHERE 1 IN (1, 2, name)
SELECT * FROM project WHERE EXISTS (SELECT 1, 2)
SELECT *
SELECT q.* FROM project
SELECT project.* FROM project p
SELECT p.*, p.name FROM project p
SELECT count(*) FROM project AS p, project AS p
SELECT p.name FROM project AS p, project AS p
SELECT company_id FROM project AS p, contract AS p
SELECT * FROM project JOIN staff USING (project_code)
SELECT * FROM project JOIN staff USING (name)
SELECT * FROM project JOIN staff USING (nope)
SELECT project_code FROM project JOIN staff USING (project_code)
SELECT project_code FROM project JOIN staff ON project.project_code = staff.project_code
SELECT project_code FROM project NATURAL JOIN staff
SELECT * FROM project NATURAL JOIN staff ON 1
SELECT * FROM project NATURAL JOIN staff USING (project_code)
SELECT project_code FROM project JOIN staff USING (project_code) JOIN contract USING (project_code)
SELECT project_code FROM project LEFT JOIN staff USING (project_code) FULL JOIN contract USING (project_code)
SELECT * FROM project ON 1
SELECT * FROM project USING (name)
SELECT * FROM project, staff ON project.project_code = staff.project_code
SELECT * FROM project LEFT JOIN staff
SELECT * FROM project LEFT OUTER JOIN staff ON 1
SELECT * FROM project OUTER JOIN staff ON 1
SELECT * FROM project LEFT INNER JOIN staff ON 1
SELECT * FROM project CROSS JOIN staff ON 1
SELECT * FROM project INNER CROSS JOIN staff
SELECT * FROM project FULL OUTER JOIN staff ON 1
SELECT * FROM project RIGHT JOIN staff ON staff.hours > 1
SELECT * FROM project p JOIN staff s ON s.project_code = c.project_code JOIN contract c ON 1
SELECT * FROM project p LEFT JOIN staff s ON s.project_code = c.project_code JOIN contract c ON 1
SELECT * FROM project p JOIN staff s ON s.project_code = c.project_code RIGHT JOIN contract c ON 1
SELECT * FROM (project p JOIN staff s ON s.project_code = p.project_code)
SELECT p.name FROM (project p JOIN staff s ON s.project_code = p.project_code)
SELECT x.name FROM (project p JOIN staff s ON s.project_code = p.project_code) x
SELECT p.name FROM (project p JOIN staff s ON s.project_code = p.project_code) x
SELECT p.name FROM (project) p
SELECT p.name FROM company LEFT JOIN (project p JOIN staff s ON s.project_code = p.project_code) ON p.name = company.name
SELECT name FROM company LEFT JOIN (project p JOIN staff s ON s.project_code = p.project_code) ON 1
SELECT a.name FROM (SELECT name FROM project) a
SELECT name FROM (SELECT name FROM project)
SELECT project.name FROM (SELECT name FROM project)
SELECT b FROM (SELECT budget * 2 AS b FROM project) WHERE b > 1
SELECT budget FROM (SELECT budget * 2 AS b FROM project)
SELECT rowid FROM project
SELECT rowid FROM (SELECT * FROM project)
SELECT rowid FROM active_project
SELECT rowid FROM project, staff
SELECT p.rowid, s.oid, _rowid_ FROM project p, (SELECT 1) s
SELECT p.rowid, p.oid, p._rowid_ FROM project p
WITH t AS (SELECT 1 AS a) SELECT a FROM t
WITH t AS (SELECT 1) SELECT a FROM t
WITH t(a) AS (SELECT 1) SELECT a FROM t
WITH t(a, b) AS (SELECT 1) SELECT a FROM t
WITH t AS (SELECT nope FROM nowhere) SELECT 1
WITH t AS (SELECT 1), t AS (SELECT 2) SELECT * FROM t
WITH a AS (SELECT * FROM b), b AS (SELECT 1 AS x) SELECT x FROM a
WITH a AS (SELECT * FROM b), b AS (SELECT * FROM a) SELECT * FROM a
WITH t AS (SELECT * FROM t) SELECT * FROM t
WITH project AS (SELECT 1 AS one) SELECT one FROM project
WITH project AS (SELECT 1 AS one) SELECT name FROM main.project
WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n WHERE i < 5) SELECT * FROM n
WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5) SELECT * FROM n
WITH n(i) AS (SELECT 1 UNION ALL SELECT max(i) FROM n) SELECT * FROM n
WITH n(i) AS (SELECT 1 UNION ALL SELECT row_number() OVER () FROM n) SELECT * FROM n
WITH n(i) AS (SELECT 1 UNION ALL SELECT a.i FROM n a, n b) SELECT * FROM n
WITH n(i) AS (SELECT 1 UNION ALL SELECT 1 WHERE 1 IN (SELECT i FROM n)) SELECT * FROM n
WITH n(i) AS (SELECT 1 UNION ALL SELECT i FROM (SELECT * FROM n)) SELECT * FROM n
WITH n(i) AS (SELECT i FROM n UNION ALL SELECT 1) SELECT * FROM n
WITH n(i) AS (SELECT 1 INTERSECT SELECT i FROM n) SELECT * FROM n
WITH n(i) AS (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT i + 2 FROM n WHERE i < 9 UNION ALL SELECT i + 3 FROM n WHERE i < 9) SELECT * FROM n
SELECT * FROM (WITH t AS (SELECT 1 AS a) SELECT a FROM t)
SELECT (WITH t AS (SELECT p.name AS a) SELECT a FROM t) FROM project p
SELECT 1 UNION WITH t AS (SELECT 1) SELECT * FROM t
VALUES (1, 2), (3)
VALUES (1, 2), (3, 4)
VALUES (1) ORDER BY 1
SELECT 1 UNION VALUES (1) ORDER BY 1
VALUES (1) UNION SELECT 1 ORDER BY 1
VALUES (count(*))
SELECT column1 FROM (VALUES (1))
SELECT name FROM project LIMIT 5, 10
SELECT name FROM project LIMIT 5 OFFSET 10
SELECT name FROM project OFFSET 10
SELECT name FROM project LIMIT budget
SELECT name FROM project LIMIT 1 + 1
SELECT name FROM project LIMIT (SELECT 1)
SELECT name FROM project LIMIT 'x'
SELECT name FROM project LIMIT count(*)
SELECT name FROM project FETCH FIRST 5 ROWS ONLY
SELECT TOP 5 name FROM project
SELECT DISTINCT ON (name) name FROM project
SELECT ALL name FROM project
SELECT DISTINCT DISTINCT name FROM project
SELECT name FROM project WHERE name ILIKE 'x'
SELECT name FROM project WHERE name REGEXP 'x'
SELECT name FROM project WHERE name LIKE 'x' ESCAPE '\'
SELECT name FROM project WHERE name NOT GLOB 'x'
SELECT name FROM project WHERE name IS NOT DISTINCT FROM status
SELECT name FROM project WHERE name IS DISTINCT FROM NULL
SELECT name FROM project WHERE name ISNULL OR name NOTNULL OR name NOT NULL
SELECT name FROM project WHERE NOT name IS NULL AND NOT NOT 1
SELECT name FROM project WHERE a == 1
SELECT name FROM project WHERE budget == 1 AND budget != 2
SELECT name FROM project WHERE budget => 1
SELECT name FROM project WHERE budget BETWEEN 1 AND 2 AND 3
SELECT name FROM project WHERE budget BETWEEN 1
SELECT name FROM project WHERE budget BETWEEN 1 OR 2
SELECT name FROM project WHERE
SELECT name FROM project GROUP name
SELECT name FROM project ORDER name
SELECT name name2 FROM project
SELECT name AS FROM project
SELECT name AS 'x y' FROM project
SELECT name 'x y' FROM project
SELECT name desc FROM project
SELECT name like FROM project
SELECT name left FROM project
SELECT name order FROM project
SELECT name "order" FROM project
SELECT name key, status row, budget end FROM project
SELECT 1 AS left
SELECT * FROM project left
SELECT * FROM project AS left
SELECT * FROM project desc WHERE desc.name = 1
SELECT * FROM project window
SELECT * FROM project indexed
SELECT * FROM project NOT INDEXED
SELECT * FROM project INDEXED BY nope
SELECT sum(budget) over FROM project
SELECT sum(budget) filter FROM project
SELECT count(*) FILTER (name) FROM project
SELECT update FROM "order line"
SELECT "update" FROM "order line"
SELECT "line no" FROM "order line" WHERE "größe" > 1
SELECT größe FROM "order line"
SELECT line no FROM "order line"
SELECT CAST(budget AS INTEGER), CAST(name AS VARCHAR(10)), CAST(1 AS x y z), CAST(1 AS)
SELECT CAST(budget INTEGER) FROM project
SELECT budget::INTEGER FROM project
SELECT CASE WHEN 1 THEN 2 END, CASE 1 WHEN 1 THEN 2 ELSE 3 END
SELECT CASE END
SELECT CASE WHEN 1 THEN 2
SELECT CASE WHEN 1 ELSE 2 END
SELECT EXTRACT(YEAR FROM start_date) FROM project
SELECT DATE '2024-01-01'
SELECT INTERVAL '1 day'
SELECT 'a' 'b'
SELECT 'a
SELECT "a
SELECT [a
SELECT 'it''s'
SELECT x'00', X'AbCd'
SELECT x'0', 1
SELECT x'zz'
SELECT 1_000, 0x1F, .5, 5., 1e3, 1.5e-3
SELECT 1_, 2
SELECT 1a
SELECT 0x
SELECT 0x11111111111111111
SELECT 1e
SELECT 9223372036854775808, -9223372036854775808
SELECT #
SELECT 1 ! 2
SELECT {1}
SELECT 1 -- comment
SELECT 1 /* comment */ + /* open
SELECT 1 - - 1, 1 -+1, ~-1
SELECT +name, -name, ~budget FROM project
SELECT 1 || 2 -> '$' ->> 'a'
SELECT ?, ?1, :a, @b, $c
SELECT name COLLATE NOCASE FROM project ORDER BY name COLLATE RTRIM
SELECT CURRENT_DATE, CURRENT_TIME, CURRENT_TIMESTAMP
SELECT current_date()
SELECT RAISE(ABORT, 'x')
SELECT ()
SELECT (1
SELECT 1)
SELECT EXISTS (1)
SELECT NOT EXISTS (SELECT 1)
SELECT sum(budget) OVER (ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM project
SELECT sum(budget) OVER (ROWS 1 PRECEDING) FROM project
SELECT sum(budget) OVER (ROWS 1 FOLLOWING) FROM project
SELECT sum(budget) OVER (ROWS BETWEEN CURRENT ROW AND 1 PRECEDING) FROM project
SELECT sum(budget) OVER (ROWS BETWEEN UNBOUNDED FOLLOWING AND CURRENT ROW) FROM project
SELECT sum(budget) OVER (ROWS BETWEEN 2 FOLLOWING AND UNBOUNDED FOLLOWING EXCLUDE TIES) FROM project
SELECT sum(budget) OVER (RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM project
SELECT sum(budget) OVER (ORDER BY budget RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM project
SELECT sum(budget) OVER (ORDER BY budget, name RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM project
SELECT sum(budget) OVER (GROUPS 1 PRECEDING) FROM project
SELECT name FROM project p WHERE EXISTS (SELECT 1 FROM staff s WHERE s.project_code = p.project_code AND s.nope = 1)
SELECT name FROM project p WHERE budget > (SELECT AVG(budget) FROM project q WHERE q.status = p.status)
SELECT (SELECT max(p.budget) FROM staff) FROM project p
SELECT name FROM project p WHERE 1 < (SELECT max(p.budget) FROM staff)
SELECT name FROM project p GROUP BY name HAVING 1 < (SELECT max(p.budget) FROM staff)
SELECT (SELECT hours FROM staff ORDER BY p.budget LIMIT 1) FROM project p
SELECT (SELECT hours FROM staff LIMIT p.budget) FROM project p
SELECT (SELECT x FROM (SELECT p.budget AS x)) FROM project p
SELECT * FROM project p, (SELECT p.budget)
SELECT json_extract(name, '$.a') FROM project
SELECT likelihood(1, 0.5), likely(1), unlikely(0)
SELECT name, budget FROM project GROUP BY department
SELECT printf('%d', 1), format('x'), char(65, 66), quote(name), typeof(name), hex(name) FROM project
SELECT total(budget), string_agg(name, ','), string_agg(name) FROM project
SELECT ntile(4) OVER (ORDER BY budget), lag(budget) OVER (), lead(budget, 1, 0) OVER (), first_value(budget) OVER (), nth_value(budget) OVER () FROM project
SELECT name FROM project WHERE (budget, name) IN ((1, 2), (3, 4, 5))
SELECT name FROM project WHERE (budget, name) IN (1)
SELECT x.name, p.budget FROM (project p JOIN staff s ON s.project_code = p.project_code) x
SELECT status, count(*) c FROM project GROUP BY 1 > c
-- aggregates over an outer query's rows, within an aggregate of that query
SELECT SUM((SELECT AVG(budget) FROM staff)) FROM project
SELECT SUM((SELECT AVG(hours) FROM staff)) FROM project
SELECT SUM(CASE WHEN budget > (SELECT AVG(budget) FROM staff) THEN 1 END) FROM project
SELECT COUNT(*) FILTER (WHERE 1 < (SELECT AVG(budget) FROM staff)) FROM project
SELECT SUM((SELECT AVG(budget) FROM staff)) OVER () FROM project
SELECT SUM((SELECT (SELECT MAX(budget) FROM staff) FROM staff)) FROM project
SELECT name FROM project GROUP BY name HAVING MAX((SELECT SUM(budget) FROM staff)) > 1
SELECT CAST(budget AS LEFT) FROM project
SELECT CAST(budget AS INTEGER NATURAL) FROM project
SELECT CAST(budget AS INDEXED) FROM project
SELECT CAST(budget AS "LEFT") FROM project
SELECT name COLLATE CROSS FROM project
SELECT name COLLATE INDEXED FROM project
SELECT name COLLATE "LEFT" FROM project
SELECT julianday(DISTINCT), random(ALL) FROM project
SELECT COUNT(DISTINCT), COUNT(ALL) FROM project
SELECT COUNT(ORDER BY nope), random(ORDER BY 1) FROM project
SELECT COUNT(DISTINCT ORDER BY name) FROM project
SELECT SUM(budget) OVER w FROM project WINDOW w AS (nope ORDER BY name)
SELECT SUM(budget) OVER (w) FROM project WINDOW w AS (nope ORDER BY name)
SELECT SUM(budget) OVER w FROM project WINDOW w AS (w ORDER BY name)
SELECT SUM(budget) OVER w FROM project WINDOW v AS (ORDER BY name), w AS (nope)
SELECT SUM(budget) OVER w FROM project WINDOW v AS (ORDER BY name), w AS (w)
SELECT SUM(budget) OVER w FROM project WINDOW w AS (v ORDER BY name), v AS (ORDER BY name)
SELECT SUM(budget) OVER x FROM project WINDOW w AS (ORDER BY name), v AS (w), x AS (v ORDER BY budget)
SELECT SUM(budget) OVER w FROM project WINDOW w AS (ORDER BY name), w AS (nope ROWS 1 PRECEDING)
SELECT SUM(budget) OVER (w ORDER BY name) FROM project WINDOW w AS (ORDER BY name), w AS (PARTITION BY name)
SELECT s.resource_name FROM (project p LEFT JOIN contract c ON c.project_code = p.project_code) p JOIN staff s ON s.project_code = p.project_code
SELECT p.amount, p.name, c.amount FROM (project p LEFT JOIN contract c ON c.project_code = p.project_code) p
SELECT q.status FROM (project p LEFT JOIN contract c ON c.project_code = p.project_code) q
SELECT CAST(budget AS "a) b") FROM project
SELECT CAST(budget AS 'INTEGER'), CAST(budget AS "big int"), CAST(budget AS [x"y] (3)) FROM project
WITH a AS (SELECT name FROM main.project), project AS (SELECT 1 AS one) SELECT a.name, project.one FROM a, project
-- The left column of USING and NATURAL; what derived columns are called.
SELECT resource_name FROM project p JOIN contract c ON p.project_code = c.project_code JOIN staff USING (project_code)
SELECT project_code FROM project p JOIN contract c ON p.project_code = c.project_code JOIN staff USING (project_code)
SELECT hours FROM project, contract NATURAL JOIN staff
SELECT hours FROM project LEFT JOIN contract ON 1 LEFT JOIN staff USING (project_code)
SELECT hours FROM project LEFT JOIN contract ON 1 RIGHT JOIN staff USING (project_code)
SELECT hours FROM project LEFT JOIN contract ON 1 JOIN staff USING (project_code) RIGHT JOIN company ON 1
SELECT hours FROM (project RIGHT JOIN contract ON 1) JOIN staff USING (project_code)
SELECT hours FROM company c, (project RIGHT JOIN contract ON 1) JOIN staff USING (project_code)
SELECT hours FROM company c, (project RIGHT JOIN contract ON 1) NATURAL JOIN staff
SELECT * FROM project, contract NATURAL JOIN staff
SELECT * FROM project LEFT JOIN contract ON 1 FULL JOIN staff USING (project_code)
SELECT hours FROM project RIGHT JOIN contract USING (project_code) JOIN staff USING (project_code)
SELECT hours FROM staff, (project p, contract c) JOIN staff s USING (project_code)
SELECT 1 FROM staff JOIN (SELECT 1 AS rowid) USING (rowid)
SELECT 1 FROM (SELECT 1 AS rowid) JOIN staff USING (rowid)
SELECT 1 FROM (SELECT 1 AS rowid) JOIN (SELECT 1 AS rowid) USING (rowid)
SELECT abc FROM (SELECT "abc")
SELECT [abc] FROM (SELECT 'abc')
SELECT "'abc'" FROM (SELECT 'abc')
SELECT name FROM (SELECT name COLLATE NOCASE FROM project)
SELECT [name COLLATE NOCASE] FROM (SELECT name COLLATE NOCASE FROM project)
SELECT name FROM (SELECT (name COLLATE NOCASE) COLLATE RTRIM FROM project)
SELECT oid FROM (SELECT p.oid FROM project p)
SELECT [p.oid] FROM (SELECT p.oid FROM project p)
SELECT rowid FROM (SELECT (rowid) FROM project p)
SELECT _rowid_ FROM (SELECT main.project."_rowid_" COLLATE NOCASE FROM project)
SELECT rowid FROM (SELECT _rowid_ FROM project)
SELECT oid FROM (SELECT oid FROM staff)
SELECT staff_id FROM (SELECT oid FROM staff)
SELECT column1 FROM (SELECT TRUE)
SELECT column2 FROM (SELECT 1, false)
SELECT [true] FROM (SELECT TRUE)
SELECT "abc def" FROM (SELECT ("abc def"))
SELECT [a"b] FROM (SELECT "a""b")
SELECT [NULL] FROM (SELECT NULL)
SELECT [-budget] FROM (SELECT -budget FROM project)
SELECT budget FROM (SELECT +budget FROM project)
SELECT [(1)] FROM (SELECT (1))
SELECT [1] FROM (SELECT (1))
SELECT [budget + 1] FROM (SELECT (budget + 1) FROM project)
SELECT [(budget + 1)] FROM (SELECT (budget + 1) FROM project)
SELECT project_code FROM (SELECT * FROM project FULL JOIN staff USING (project_code))
SELECT project_code FROM (SELECT project_code FROM project FULL JOIN staff USING (project_code))
SELECT name FROM (SELECT 1 AS x, project.'name' FROM project)
WITH c AS (SELECT "abc") SELECT abc FROM c
WITH c AS (SELECT p.rowid, name COLLATE NOCASE FROM project p) SELECT rowid, name FROM c
SELECT [likely(name)] FROM (SELECT likely(name) FROM project)
SELECT name FROM (SELECT likely(name) FROM project)
SELECT [CURRENT_DATE] FROM (SELECT CURRENT_DATE)
SELECT [name ] FROM (SELECT "name " FROM project)
SELECT x FROM (SELECT "x", "x")
SELECT [x:1] FROM (SELECT "x", "x")
SELECT column2 FROM (SELECT 1 AS column2, TRUE)
SELECT [column2:1] FROM (SELECT 1 AS column2, TRUE)
SELECT name FROM (SELECT name COLLATE NOCASE FROM project UNION SELECT 1)
SELECT DISTINCT abc FROM (SELECT DISTINCT "abc" UNION ALL SELECT 2) WHERE abc = 'abc'
SELECT [true] FROM (SELECT 1 AS true)
WITH c(true, x) AS (SELECT 1, 2) SELECT column1 FROM c
WITH c(x, x) AS (SELECT 1, 2) SELECT x, [x:1] FROM c
WITH c(x, x, X) AS (SELECT 1, 2, 3) SELECT [x:2] FROM c
WITH c(x, [x:1], [x:1]) AS (SELECT 1, 2, 3) SELECT [x:2] FROM c
SELECT [x:1:1] FROM (SELECT 1 AS x, 2 AS [x:1], 3 AS [x:1])
WITH RECURSIVE c(x, x) AS (SELECT 1, 2 UNION ALL SELECT x + 1, [x:1] FROM c WHERE x < 3) SELECT x FROM c
-- Row ids and indexes.
SELECT rowid FROM w
SELECT w.oid FROM w
SELECT rowid FROM project, w
SELECT rowid FROM w, company
SELECT rowid FROM w, company, staff
SELECT rowid IS NULL FROM company UNION SELECT k FROM w ORDER BY company_id IS NULL
SELECT name FROM project INDEXED BY by_status WHERE status = 'x'
SELECT name FROM project INDEXED BY BY_STATUS
SELECT name FROM company INDEXED BY by_status
SELECT 1 FROM contract INDEXED BY by_part WHERE amount > 0
SELECT 1 FROM (SELECT 1) x, project p INDEXED BY by_status WHERE p.status = 'x'
WITH project AS (SELECT 1) SELECT * FROM project INDEXED BY by_status
-- Terms of ORDER BY after a set operation.
SELECT name IS NULL FROM project UNION SELECT name FROM company ORDER BY name IS NULL
SELECT name IS NOT NULL FROM project UNION SELECT name FROM company ORDER BY name NOTNULL
SELECT name ISNULL FROM project UNION SELECT name FROM company ORDER BY NAME IS NULL
SELECT budget BETWEEN 1 AND 2 FROM project UNION SELECT 1 ORDER BY budget BETWEEN 1 AND 2
SELECT budget BETWEEN 1 AND 2 FROM project UNION SELECT 1 ORDER BY budget BETWEEN 1 AND 3
SELECT budget IN (1, 2) FROM project UNION SELECT 1 ORDER BY budget IN (1, 2)
SELECT budget IN (1, 2) FROM project UNION SELECT 1 ORDER BY budget IN (2, 1)
SELECT budget IN () FROM project UNION SELECT 1 ORDER BY budget IN ()
SELECT name LIKE 'a%' FROM project UNION SELECT 1 ORDER BY name LIKE 'a%'
SELECT name NOT LIKE 'a%' ESCAPE 'x' FROM project UNION SELECT 1 ORDER BY name NOT LIKE 'a%' ESCAPE 'x'
SELECT CASE WHEN budget > 1 THEN 1 ELSE 2 END FROM project UNION SELECT 1 ORDER BY CASE WHEN budget > 1 THEN 1 ELSE 2 END
SELECT CASE budget WHEN 1 THEN 2 END FROM project UNION SELECT 1 ORDER BY CASE budget WHEN 1 THEN 2 END
SELECT count(*) FROM project UNION SELECT 1 ORDER BY count(*)
SELECT count(*) FROM project UNION SELECT 1 ORDER BY count()
SELECT count() FROM project UNION SELECT 1 ORDER BY count(*)
SELECT COUNT(name) FROM project UNION SELECT 1 ORDER BY count(name)
SELECT sum(budget) OVER () FROM project UNION SELECT 1 ORDER BY sum(budget) OVER ()
SELECT sum(budget) OVER (ORDER BY name) FROM project UNION SELECT 1 ORDER BY sum(budget) OVER (ORDER BY name)
SELECT sum(budget) FILTER (WHERE name > 'a') FROM project UNION SELECT 1 ORDER BY sum(budget) FILTER (WHERE name > 'a')
SELECT count(DISTINCT name) FROM project UNION SELECT 1 ORDER BY count(DISTINCT name)
SELECT count(DISTINCT name) FROM project UNION SELECT 1 ORDER BY count(name)
SELECT (SELECT 1) FROM project UNION SELECT 1 ORDER BY (SELECT 1)
SELECT EXISTS (SELECT 1) FROM project UNION SELECT 1 ORDER BY EXISTS (SELECT 1)
SELECT name IN (SELECT name FROM company) FROM project UNION SELECT 1 ORDER BY name IN (SELECT name FROM company)
SELECT staff_id FROM staff UNION SELECT 1 ORDER BY rowid
SELECT rowid FROM staff UNION SELECT 1 ORDER BY staff_id
SELECT rowid FROM project UNION SELECT 1 ORDER BY oid
SELECT staff_id + 1 FROM staff UNION SELECT 1 ORDER BY rowid + 1
SELECT name FROM project UNION SELECT 1 ORDER BY name COLLATE NOCASE
SELECT name COLLATE NOCASE FROM project UNION SELECT 1 ORDER BY name
SELECT name COLLATE NOCASE FROM project UNION SELECT 1 ORDER BY name COLLATE RTRIM
SELECT name COLLATE NOCASE || 'a' FROM project UNION SELECT 1 ORDER BY name || 'a'
SELECT budget + 1 FROM project UNION SELECT 1 ORDER BY +budget + 1
SELECT -budget FROM project UNION SELECT 1 ORDER BY - budget
SELECT CAST(budget AS INTEGER) FROM project UNION SELECT 1 ORDER BY CAST(budget AS INTEGER)
SELECT CAST(budget AS INTEGER) FROM project UNION SELECT 1 ORDER BY CAST(budget AS TEXT)
SELECT CAST(budget AS INTEGER) FROM project UNION SELECT 1 ORDER BY CAST(budget AS integer)
SELECT (budget) FROM project UNION SELECT 1 ORDER BY budget
SELECT 'a' FROM project UNION SELECT 1 ORDER BY 'a'
SELECT 1.0 FROM project UNION SELECT 1 ORDER BY 1.0
SELECT 1.0 FROM project UNION SELECT 1 ORDER BY 1.00
SELECT 0x10 FROM project UNION SELECT 1 ORDER BY 0x10 + 0
SELECT 16 + 0 FROM project UNION SELECT 1 ORDER BY 0x10 + 0
SELECT NULL FROM project UNION SELECT 1 ORDER BY NULL
SELECT budget = 1 FROM project UNION SELECT 1 ORDER BY budget == 1
SELECT budget <> 1 FROM project UNION SELECT 1 ORDER BY budget != 1
SELECT budget IS 1 FROM project UNION SELECT 1 ORDER BY budget IS NOT DISTINCT FROM 1
SELECT budget IS TRUE FROM project UNION SELECT 1 ORDER BY budget IS TRUE
SELECT budget IS TRUE FROM project UNION SELECT 1 ORDER BY budget IS FALSE
SELECT NOT EXISTS (SELECT 1) FROM project UNION SELECT 1 ORDER BY NOT EXISTS (SELECT 1)
SELECT name NOT IN ('a') FROM project UNION SELECT 1 ORDER BY NOT name IN ('a')
SELECT NOT name LIKE 'a' FROM project UNION SELECT 1 ORDER BY name NOT LIKE 'a'
SELECT name NOT BETWEEN 'a' AND 'b' FROM project UNION SELECT 1 ORDER BY NOT (name BETWEEN 'a' AND 'b')
SELECT name IS NOT NULL FROM project UNION SELECT 1 ORDER BY NOT name IS NULL
SELECT "x" FROM project UNION SELECT 1 ORDER BY "x"
SELECT "x" FROM project UNION SELECT 1 ORDER BY 'x'
SELECT TRUE FROM project UNION SELECT 1 ORDER BY TRUE
SELECT TRUE FROM project UNION SELECT 1 ORDER BY true + 0
SELECT CURRENT_DATE FROM project UNION SELECT 1 ORDER BY CURRENT_DATE
SELECT name -> 'a' FROM project UNION SELECT 1 ORDER BY name -> 'a'
SELECT (name, budget) = (1, 2) FROM project UNION SELECT 1 ORDER BY (name, budget) = (1, 2)
SELECT project.name FROM project UNION SELECT 1 ORDER BY name
SELECT p.name FROM project p UNION SELECT 1 ORDER BY p.name IS NULL
SELECT p.name IS NULL FROM project p UNION SELECT 1 ORDER BY name IS NULL
SELECT a.name IS NULL FROM project a, company b UNION SELECT 1 ORDER BY name IS NULL
SELECT upper(name) IS NULL FROM project p UNION SELECT 1 ORDER BY upper(name) IS NULL
SELECT group_concat(name ORDER BY budget) FROM project UNION SELECT 1 ORDER BY group_concat(name ORDER BY budget)
SELECT group_concat(name ORDER BY budget) FROM project UNION SELECT 1 ORDER BY group_concat(name)
SELECT group_concat(name) FROM project UNION SELECT 1 ORDER BY group_concat(name ORDER BY budget)
SELECT sum(budget) FROM project UNION SELECT 1 ORDER BY sum(budget) FILTER (WHERE name > 'a')
SELECT name FROM company UNION SELECT budget IS NULL FROM project ORDER BY budget IS NULL
SELECT budget > 1 AS x FROM project UNION SELECT 1 ORDER BY budget > 1
SELECT budget > 1 AS x FROM project UNION SELECT 1 ORDER BY x > 1
SELECT likely(budget) FROM project UNION SELECT 1 ORDER BY budget
SELECT sum(budget) OVER w FROM project WINDOW w AS (ORDER BY name) UNION SELECT 1 ORDER BY sum(budget) OVER w
-- What the tokens, brackets, frames and empty lists let pass.
SELECT 1 /*
SELECT 1 /* x
SELECT 1 /* x *
SELECT 1 /**/
SELECT 1 /*/
WITH recursive AS (SELECT 1 AS x) SELECT x FROM recursive
WITH recursive(x) AS (SELECT 1) SELECT x FROM recursive
WITH "recursive" AS (SELECT 1 AS x) SELECT x FROM "recursive"
WITH RECURSIVE recursive AS (SELECT 1 AS x) SELECT x FROM recursive
SELECT name GLOB 'a' ESCAPE 'x' FROM project
SELECT name LIKE 'a' ESCAPE 'x' FROM project
SELECT likelihood(budget, 2) FROM project
SELECT likelihood(budget, 1) FROM project
SELECT likelihood(budget, 1.0) FROM project
SELECT likelihood(budget, 0) FROM project
SELECT likelihood(budget, 0.5) FROM project
SELECT likelihood(budget, 1.5) FROM project
SELECT likelihood(budget, -0.5) FROM project
SELECT likelihood(budget, '0.5') FROM project
SELECT likelihood(budget, 0.5 + 0) FROM project
SELECT likelihood(budget, (0.5)) FROM project
SELECT likelihood(budget, budget) FROM project
SELECT likelihood(budget, .5e0) FROM project
SELECT -0x8000000000000000
SELECT 0x8000000000000000
SELECT -0x7fffffffffffffff
SELECT - -0x8000000000000000
SELECT -(0x8000000000000000)
SELECT +0x8000000000000000
SELECT -0xffffffffffffffff
SELECT -9223372036854775808
SELECT y.name FROM company, (project y)
SELECT y.name FROM (project y)
SELECT y.name FROM (project y), company
SELECT y.name FROM company JOIN (project y) ON 1
SELECT name FROM staff, (project y)
SELECT project.name FROM (project) AS x
SELECT x.name FROM (project) AS x
SELECT x.name FROM (project p) AS x
SELECT p.name FROM (project p) AS x
SELECT x.name FROM company, (project p) AS x
SELECT p.name FROM staff, (project p) AS x
SELECT project.name FROM staff, (project)
SELECT * FROM staff, (project y)
SELECT y.* FROM staff, (project y)
SELECT y.name FROM staff, ((project y))
SELECT y.name FROM staff, (SELECT 1), (project y)
SELECT y.name FROM staff, (project y, company c)
SELECT y.name FROM staff, (project y JOIN company c)
SELECT q.n FROM staff, ((SELECT 1 AS n) q)
SELECT n FROM staff, ((SELECT 1 AS n) q)
SELECT y.name FROM staff s LEFT JOIN (project y) ON y.project_code = s.project_code
SELECT name FROM staff s LEFT JOIN (project y) ON project.project_code = s.project_code
SELECT project.name FROM staff s LEFT JOIN (project y) ON 1
SELECT rowid FROM (project y)
SELECT hours FROM staff, (project y) WHERE y.rowid = 1
SELECT name FROM project WHERE sum(budget) IN ()
SELECT name FROM project WHERE nope IN ()
SELECT name FROM project WHERE row_number() OVER () IN ()
SELECT sum(budget) IN () FROM project
SELECT name FROM project WHERE (SELECT sum(budget)) IN ()
SELECT name FROM project GROUP BY sum(budget) IN ()
SELECT name FROM project WHERE nofunc(budget) IN ()
SELECT name FROM project WHERE (1, 2) IN ()
SELECT sum(sum(budget) IN ()) FROM project
SELECT name FROM project WHERE upper(sum(budget)) IN ()
SELECT 1 FROM project p LEFT JOIN company c ON s.rowid = 1 LEFT JOIN staff s ON 1
SELECT 1 FROM project p LEFT JOIN company c ON s.staff_id = 1 LEFT JOIN staff s ON 1
SELECT 1 FROM project p JOIN company c ON s.rowid = 1 JOIN staff s ON 1
SELECT sum(budget) OVER (ROWS +2 PRECEDING) FROM project
SELECT sum(budget) OVER (ROWS 1+1 PRECEDING) FROM project
SELECT sum(budget) OVER (ROWS CAST(2 AS INT) PRECEDING) FROM project
SELECT sum(budget) OVER (ROWS -1 PRECEDING) FROM project
SELECT sum(budget) OVER (ROWS '2' PRECEDING) FROM project
SELECT sum(budget) OVER (ROWS 'x' PRECEDING) FROM project
SELECT sum(budget) OVER (ROWS NULL PRECEDING) FROM project
SELECT sum(budget) OVER (ROWS 1 = 1 PRECEDING) FROM project
SELECT sum(budget) OVER (ROWS x'31' PRECEDING) FROM project
SELECT sum(budget) OVER (ROWS BETWEEN 1+1 PRECEDING AND +1 FOLLOWING) FROM project
SELECT sum(budget) OVER (ORDER BY budget RANGE BETWEEN 1.5*2 PRECEDING AND 1 + 1 FOLLOWING) FROM project
SELECT sum(budget) OVER (ROWS 1 AND 1 PRECEDING) FROM project
SELECT sum(budget) OVER (ROWS (1, 2) PRECEDING) FROM project
SELECT CASE (1, 2) WHEN (1, 2) THEN 1 END
SELECT CASE (1, 2) WHEN (1, 3) THEN 1 ELSE 2 END
SELECT CASE (1, 2) WHEN 1 THEN 1 END
SELECT CASE 1 WHEN (1, 2) THEN 1 END
SELECT CASE (1, 2) WHEN (1, 2) THEN (1, 2) END
SELECT CASE WHEN (1, 2) THEN 1 END
SELECT CASE (SELECT 1, 2) WHEN (1, 2) THEN 1 END
SELECT CASE 1 WHEN (SELECT 1, 2) THEN 1 END
SELECT sum(budget) OVER w FROM project WINDOW w AS (w)
SELECT sum(budget) OVER (w) FROM project WINDOW w AS (w)
SELECT sum(budget) OVER w FROM project WINDOW w AS (v)
SELECT sum(budget) OVER v FROM project WINDOW w AS (ORDER BY name), v AS (v)
SELECT sum(budget) OVER (v) FROM project WINDOW w AS (ORDER BY name), v AS (v)
SELECT sum(budget) OVER v FROM project WINDOW w AS (ORDER BY name), v AS (nope)
SELECT sum(budget) OVER v FROM project WINDOW v AS (ORDER BY name), v AS (v)
SELECT 1 FROM project WINDOW w AS (w)
SELECT name FROM project WHERE upper(nope) IN ()
SELECT name FROM project WHERE nope + abs(1) IN ()
SELECT name FROM project WHERE abs(1) + nope IN ()
SELECT name FROM project WHERE (SELECT nofunc(1)) IN ()
SELECT name FROM project WHERE (SELECT nope) IN ()
SELECT name FROM project WHERE abs(1, 2) IN ()
SELECT name FROM project WHERE name COLLATE nosuch IN ()
SELECT name FROM project WHERE CURRENT_DATE + nope IN ()
SELECT name FROM project WHERE nope LIKE 'a' IN ()
SELECT ?0
SELECT ?99999
SELECT ?32766
SELECT ?1
SELECT sum(budget) OVER (ROWS ?1 PRECEDING) FROM project
SELECT hours FROM company c, (project p ON 1) JOIN staff USING (project_code)
SELECT hours FROM (project p ON 1) JOIN staff USING (project_code)
SELECT hours FROM company c, (project p USING (name)) JOIN staff USING (project_code)
SELECT hours FROM (project p) JOIN staff USING (project_code)
SELECT #a
SELECT #1
SELECT - - budget, + + - + budget, - -5, ~ ~budget FROM project
SELECT +++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++budget FROM project
SELECT - false, - true, - - true, -TRUE IS TRUE FROM project
SELECT cuzrent_date()
SELECT load_extensio('x')
WITH n(i) AS (SELECT i FROM n UNION ALL SELECT *) SELECT 1 n
WITH n(i) AS (SELECT *) SELECT 1 n
WITH n AS (SELECT nope.* FROM project) SELECT 1 n
WITH n AS (SELECT * FROM project p, project p) SELECT 1 n
WITH n AS (SELECT 1, 2 UNION SELECT *) SELECT 1 n
WITH n AS (SELECT * FROM nosuch) SELECT 1 n
WITH n AS (SELECT nosuch.* FROM nosuch) SELECT 1 n
SELECT 1 FROM project, company NATURAL JOIN "order line" x
SELECT 1 FROM project NATURAL LEFT JOIN "order line"
SELECT ?32h766
SELECT ?a
SELECT ?
WITH t AS (SELECT nope FROM "" x, nosuch y) SELECT 4
SELECT SUM(budget) OVER () FROM project WINDOW n AS (ORDER BY name), v AS (v)
SELECT 1 FROM project WINDOW n AS (ORDER BY name), v AS (n ORDER BY budget)
SELECT 1 FROM project WINDOW v AS (v), w AS (v ORDER BY name)
SELECT name FROM (SELECT name COLLATE JOCASE FROM project UNION SELECT 1)
SELECT - + 0x8000000000000000
SELECT - - + 0x8000000000000000 - - 0x8000000000000001
SELECT - (+ + 0x8000000000000000), 1
SELECT + 0x8000000000000000, ~ + 0x8000000000000000, - ~ + 0x8000000000000000
SELECT p.p FROM (project p JOIN staff s ON staff.project_code = name.project_code) x
SELECT 1 FROM company c, (project JOIN contract ON 1 JOIN contract)
SELECT 1 FROM company c, (project RIGHT JOIN contract ON 1 RIGHT JOIN contract)
SELECT 1 FROM company c, (project LEFT JOIN contract ON 1 LEFT JOIN contract)
SELECT 1 FROM company c, (project JOIN contract ON 1 JOIN contract) NATURAL JOIN staff
SELECT hours FROM company c, (project JOIN contract ON 1 JOIN contract) NATURAL JOIN staff
SELECT 1 FROM company c, (project RIGHT JOIN contract ON 1 RIGHT JOIN contract) NATURAL JOIN staff
SELECT 1 FROM company c, (project RIGHT JOIN contract ON 1 RIGHT JOIN contract) JOIN staff
SELECT hours FROM company c , ( project RIGHT JOIN contract ON 1 RIGHT JOIN contract ) NATURAL JOIN staff
SELECT 1 FROM (project RIGHT JOIN contract ON 1 RIGHT JOIN contract) x
SELECT 1 FROM (project JOIN contract ON 1 JOIN contract) x
SELECT 1 FROM (project JOIN contract ON 1 JOIN contract) JOIN staff ON 1
SELECT c.company_id FROM company c, (project RIGHT JOIN contract ON 1 RIGHT JOIN contract)
SELECT 1 FROM company c, (project p RIGHT JOIN project p ON 1)
SELECT 1 FROM company c, (staff RIGHT JOIN staff ON 1)
SELECT 1 FROM company c, (staff s FULL JOIN staff s ON 1) x
SELECT * FROM (project p LEFT JOIN contract c ON c.project_code = p.project_code) p
SELECT name FROM project 
SELECT name FROM project
SELECT name,name FROM project
SELECT name/**/ FROM project
SELECT 1 FROM (SELECT 1) x, project p INDEXED BY by_status WHERE [x].status = 'x'
SELECT $coalesce(1), @a(b'c), :n(), #x(
SELECT $coalesce(1), coalesce(1, 2)
SELECT $a::b, @::a, $a::b(c)
SELECT $::, 1
SELECT $(a)
SELECT :a (1)
SELECT * FROM (WITH t AS (SELECT 1 AS a) SELECT a TRUE FROM t)
SELECT * FROM (SELECT 1 AS a, 2 TRUE, 3 FALSE)
SELECT hours FROM company c , ( project p USING ( name ) ) JOIN company USING ( project_coda )
SELECT nam FROM `project`WHERE 1
SELECT name FROM project "select" JOIN company ON "order line"
SELECT budget * name IN () FROM project UNION SELECT 1 ORDER BY budget IN ()
SELECT budget IN () FROM project UNION SELECT 1 ORDER BY budget NOT IN ()
SELECT budg*et IN () FROM project UNION SELECT 1 ORDER BY budget IN ()
SELECT budget FROM project GROUP BY 0x8000000000000000
SELECT budget FROM project GROUP BY + 2147483648
SELECT budget FROM project GROUP BY 2147483647
SELECT budget FROM project ORDER BY -2147483648
SELECT budget FROM project ORDER BY -2147483647
SELECT budget FROM project UNION SELECT 1 ORDER BY 2147483648
SELECT rowid FROM sqlite_master project
SELECT oid, x.name FROM sqlite_temp_schema AS x
WITH sqlite_master AS (SELECT 1 AS a) SELECT rowid FROM sqlite_master
SELECT + RAISE + 1 IN () FROM project
SELECT RAISE.budget FROM project AS RAISE
SELECT 1 AS RAISE FROM project RAISE ORDER BY RAISE
SELECT 1 RAISE FROM project RAISE
SELECT "RAISE".budget FROM project AS RAISE
WITH n AS (SELECT * FROM n p, n p) SELECT 1 n
WITH a AS (SELECT 1 AS x), b AS (SELECT * FROM b JOIN a), c AS (SELECT x FROM a) SELECT 1
