-- GL pack: project accounting. Fourteen tables, written for SQLite and kept to types and clauses other engines read too.
--
-- Six core tables, which most questions are about:
--   master data   PAC_MNT_PROJECTS, SRM_COMPANIES, PAC_MNT_RESOURCES, SRM_CONTACTS
--   transactions  PROJSTAFF, PROJCNTRTS
-- Joins run over Project_Code, Company_Code, Resource_Code and Company_ID.

-- core: projects with their money
CREATE TABLE PAC_MNT_PROJECTS (
    Project_Code       VARCHAR(50) NOT NULL PRIMARY KEY,
    Project_Name       VARCHAR(255) NOT NULL,
    Budget             DECIMAL(15,2),
    Actual_Cost        DECIMAL(15,2) DEFAULT 0,
    Revenue            DECIMAL(15,2) DEFAULT 0,
    Status             VARCHAR(50) DEFAULT 'Active',  -- Active, Completed, On Hold, Cancelled, Planning, Inactive
    Cost_Center        VARCHAR(50),
    Department         VARCHAR(100),
    Start_Date         DATE,
    End_Date           DATE,
    Created_Date       TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    Modified_Date      TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- core: companies (clients and suppliers)
CREATE TABLE SRM_COMPANIES (
    Company_ID         INTEGER PRIMARY KEY,
    Company_Name       VARCHAR(255) NOT NULL,
    Company_Code       VARCHAR(50) NOT NULL UNIQUE,
    Principal_ID       INTEGER,
    Industry           VARCHAR(100),
    Status             VARCHAR(20) DEFAULT 'Active',
    Created_Date       TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    Modified_Date      TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- core: resources (people, material, equipment)
CREATE TABLE PAC_MNT_RESOURCES (
    Resource_Code      VARCHAR(50) NOT NULL PRIMARY KEY,
    Resource_Name      VARCHAR(255) NOT NULL,
    Resource_Type      VARCHAR(50),                   -- Human, Material, Equipment
    Cost_Rate          DECIMAL(10,2),
    Billing_Rate       DECIMAL(10,2),
    Currency           VARCHAR(3) DEFAULT 'USD',
    Availability       VARCHAR(50) DEFAULT 'Available',
    Capacity           DECIMAL(5,2) DEFAULT 100,      -- percent
    Department         VARCHAR(100),
    Created_Date       TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    Modified_Date      TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- core: contacts at companies
CREATE TABLE SRM_CONTACTS (
    Contact_ID         INTEGER PRIMARY KEY,
    Company_ID         INTEGER,
    Contact_Name       VARCHAR(255) NOT NULL,
    Email              VARCHAR(255),
    Phone              VARCHAR(50),
    Role               VARCHAR(100),
    Is_Primary         BOOLEAN DEFAULT FALSE,
    Status             VARCHAR(20) DEFAULT 'Active',
    Created_Date       TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    Modified_Date      TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (Company_ID) REFERENCES SRM_COMPANIES (Company_ID)
);

-- core: staff assignments; a row without Resource_Code is an open position
CREATE TABLE PROJSTAFF (
    Staff_ID           INTEGER PRIMARY KEY,
    Project_Code       VARCHAR(50),
    Resource_Code      VARCHAR(50),
    Role               VARCHAR(100),
    Allocation_Percent DECIMAL(5,2) DEFAULT 100,
    Start_Date         DATE,
    End_Date           DATE,
    Status             VARCHAR(50) DEFAULT 'Assigned',
    Bill_Rate          DECIMAL(10,2),
    Cost_Rate          DECIMAL(10,2),
    Created_Date       TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    Modified_Date      TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (Project_Code) REFERENCES PAC_MNT_PROJECTS (Project_Code),
    FOREIGN KEY (Resource_Code) REFERENCES PAC_MNT_RESOURCES (Resource_Code)
);

-- core: project contracts
CREATE TABLE PROJCNTRTS (
    Contract_ID        INTEGER PRIMARY KEY,
    Project_Code       VARCHAR(50),
    Company_Code       VARCHAR(50),
    Contract_Number    VARCHAR(100) UNIQUE,
    Contract_Type      VARCHAR(50),                   -- Fixed Price, Time & Material, Retainer
    Contract_Value     DECIMAL(15,2),
    Start_Date         DATE,
    End_Date           DATE,
    Status             VARCHAR(50) DEFAULT 'Draft',
    Terms              TEXT,
    Created_Date       TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    Modified_Date      TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (Project_Code) REFERENCES PAC_MNT_PROJECTS (Project_Code),
    FOREIGN KEY (Company_Code) REFERENCES SRM_COMPANIES (Company_Code)
);

-- project master with hierarchy
CREATE TABLE SRM_PROJECTS (
    Project_ID         INTEGER PRIMARY KEY,
    Project_Name       VARCHAR(255) NOT NULL,
    Company_ID         INTEGER,
    Parent_ID          INTEGER,
    Start_Date         DATE,
    End_Date           DATE,
    Status             VARCHAR(50) DEFAULT 'Planning',
    Description        TEXT,
    Created_Date       TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    Modified_Date      TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (Company_ID) REFERENCES SRM_COMPANIES (Company_ID),
    FOREIGN KEY (Parent_ID) REFERENCES SRM_PROJECTS (Project_ID)
);

-- client classes
CREATE TABLE CLNTCLASS (
    ClntClass_ID       INTEGER PRIMARY KEY,
    Class_Code         VARCHAR(50) NOT NULL UNIQUE,
    Class_Name         VARCHAR(255) NOT NULL,
    Description        TEXT,
    Priority           INTEGER DEFAULT 5,
    Status             VARCHAR(20) DEFAULT 'Active',
    Created_Date       TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    Modified_Date      TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- support tickets
CREATE TABLE CLNTSUPP (
    Support_ID         INTEGER PRIMARY KEY,
    Company_Code       VARCHAR(50),
    ClntClass          VARCHAR(50),
    Support_Type       VARCHAR(100),
    Priority           VARCHAR(20) DEFAULT 'Medium',
    Status             VARCHAR(50) DEFAULT 'Open',
    Reported_Date      DATE,
    Resolved_Date      DATE,
    Description        TEXT,
    Resolution         TEXT,
    Created_Date       TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    Modified_Date      TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (Company_Code) REFERENCES SRM_COMPANIES (Company_Code),
    FOREIGN KEY (ClntClass) REFERENCES CLNTCLASS (Class_Code)
);

-- client responses
CREATE TABLE CLNTRESPONS (
    Response_ID        INTEGER PRIMARY KEY,
    Project_Code       VARCHAR(50),
    Unique_Name        VARCHAR(100),
    Response_Date      DATE,
    Response_Type      VARCHAR(100),
    Status             VARCHAR(50) DEFAULT 'Pending',
    Response_Content   TEXT,
    Created_Date       TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    Modified_Date      TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (Project_Code) REFERENCES PAC_MNT_PROJECTS (Project_Code)
);

-- project revisions
CREATE TABLE PROJEVISION (
    Revision_ID        INTEGER PRIMARY KEY,
    Project_Code       VARCHAR(50),
    Revision_Number    VARCHAR(20),
    Revision_Date      DATE,
    Revision_Type      VARCHAR(100),
    Previous_Value     TEXT,
    New_Value          TEXT,
    Description        TEXT,
    Approved_By        VARCHAR(255),
    Approval_Date      DATE,
    Created_Date       TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    Modified_Date      TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (Project_Code) REFERENCES PAC_MNT_PROJECTS (Project_Code)
);

-- sales opportunities
CREATE TABLE BIZ_OPP_GEN_PROPERTIES (
    Opportunity_ID     INTEGER PRIMARY KEY,
    Company_ID         INTEGER,
    Opportunity_Name   VARCHAR(255),
    Estimated_Value    DECIMAL(15,2),
    Probability        DECIMAL(5,2),                  -- percent
    Stage              VARCHAR(50),                   -- Lead, Qualified, Proposal, Negotiation, Closed
    Expected_Close_Date DATE,
    Status             VARCHAR(50) DEFAULT 'Active',
    Owner              VARCHAR(255),
    Created_Date       TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    Modified_Date      TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (Company_ID) REFERENCES SRM_COMPANIES (Company_ID)
);

-- supplier properties of companies
CREATE TABLE BIZ_COM_SUP_PROPERTIES (
    Supplier_ID        INTEGER PRIMARY KEY,
    Company_ID         INTEGER,
    Supplier_Type      VARCHAR(100),
    Payment_Terms      VARCHAR(100),
    Credit_Limit       DECIMAL(15,2),
    Rating             VARCHAR(20),
    Status             VARCHAR(50) DEFAULT 'Active',
    Created_Date       TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    Modified_Date      TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (Company_ID) REFERENCES SRM_COMPANIES (Company_ID)
);

-- archiving runs over financial records
CREATE TABLE PAC_PURGE_FINANCIAL_LIST (
    Purge_ID           INTEGER PRIMARY KEY,
    Table_Name         VARCHAR(100),
    Record_Type        VARCHAR(50),
    Cutoff_Date        DATE,
    Records_Count      INTEGER,
    Purge_Status       VARCHAR(50) DEFAULT 'Pending',
    Purge_Date         DATE,
    Archived_Location  VARCHAR(500),
    Created_Date       TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    Modified_Date      TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- SRM_COMPANIES.Company_Code and PROJCNTRTS.Contract_Number have the index of their UNIQUE constraint.
CREATE INDEX idx_srm_companies_status ON SRM_COMPANIES (Status);
CREATE INDEX idx_srm_projects_company ON SRM_PROJECTS (Company_ID);
CREATE INDEX idx_srm_projects_status ON SRM_PROJECTS (Status);
CREATE INDEX idx_srm_projects_dates ON SRM_PROJECTS (Start_Date, End_Date);
CREATE INDEX idx_pac_mnt_projects_status ON PAC_MNT_PROJECTS (Status);
CREATE INDEX idx_pac_mnt_projects_dates ON PAC_MNT_PROJECTS (Start_Date, End_Date);
CREATE INDEX idx_pac_mnt_resources_type ON PAC_MNT_RESOURCES (Resource_Type);
CREATE INDEX idx_pac_mnt_resources_availability ON PAC_MNT_RESOURCES (Availability);
CREATE INDEX idx_projcntrts_project ON PROJCNTRTS (Project_Code);
CREATE INDEX idx_projcntrts_company ON PROJCNTRTS (Company_Code);
CREATE INDEX idx_projcntrts_dates ON PROJCNTRTS (Start_Date, End_Date);
CREATE INDEX idx_projstaff_project ON PROJSTAFF (Project_Code);
CREATE INDEX idx_projstaff_resource ON PROJSTAFF (Resource_Code);
CREATE INDEX idx_projstaff_dates ON PROJSTAFF (Start_Date, End_Date);
CREATE INDEX idx_clntsupp_company ON CLNTSUPP (Company_Code);
CREATE INDEX idx_clntsupp_status ON CLNTSUPP (Status);
CREATE INDEX idx_clntsupp_priority ON CLNTSUPP (Priority);
