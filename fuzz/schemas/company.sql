CREATE TABLE project (
    project_code VARCHAR(20) NOT NULL PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    budget DECIMAL(15,2),
    actual_cost DECIMAL(15,2) DEFAULT 0,
    status VARCHAR(20),
    department VARCHAR(50),
    start_date DATE,
    end_date DATE
);
CREATE TABLE company (
    company_id INTEGER PRIMARY KEY,
    name VARCHAR(100),
    industry VARCHAR(50),
    parent_id INTEGER REFERENCES company(company_id)
);
CREATE TABLE staff (
    staff_id INTEGER PRIMARY KEY,
    project_code VARCHAR(20) REFERENCES project(project_code),
    resource_name VARCHAR(100),
    hours REAL,
    rate REAL,
    is_lead BOOLEAN
);
CREATE TABLE contract (
    contract_id INTEGER PRIMARY KEY,
    project_code VARCHAR(20) REFERENCES project(project_code),
    company_id INTEGER REFERENCES company(company_id),
    amount DECIMAL(12,2),
    signed_on DATE,
    status VARCHAR(20)
);
CREATE TABLE "order line" ("line no" INTEGER, "größe" REAL, [select] TEXT, "update" TEXT);
CREATE VIEW active_project AS SELECT project_code, name AS title, budget FROM project WHERE status = 'Active';
