-- Keys of two columns, keys within a table, names that need quotes, and a table that looks like a second use of another.
CREATE TABLE employee (id INTEGER PRIMARY KEY, name TEXT NOT NULL, salary REAL, hired DATE, active BOOLEAN,
    boss_id INTEGER REFERENCES employee (id), dept TEXT, "from" TEXT, photo BLOB);
CREATE TABLE "order" ("order id" INTEGER, line INTEGER, "unit price" DECIMAL(10,2), seller INTEGER REFERENCES employee (id),
    helper INTEGER REFERENCES employee (id), placed TIMESTAMP, PRIMARY KEY ("order id", line));
CREATE TABLE "Größe" (code TEXT PRIMARY KEY, "select" INTEGER, "order id" INTEGER, line INTEGER, anything,
    FOREIGN KEY ("order id", line) REFERENCES "order" ("order id", line));
CREATE TABLE "Größe_2" (code TEXT, word TEXT, FOREIGN KEY (code) REFERENCES "Größe" (code));
CREATE TABLE "a""b" ("c'd" TEXT, "日本" INTEGER, "" TEXT, "x.y" REAL) ;
CREATE TABLE alone (only_text TEXT);
CREATE VIEW "every one" AS SELECT e.name AS "who", o."unit price" FROM employee e JOIN "order" o ON o.seller = e.id;
