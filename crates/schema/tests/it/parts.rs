//! Lists of values, patterns, stretches of time and doubled letters.

use expect_test::expect;

use crate::normalize::check;

#[test]
fn listed_values() {
    check(
        "
        people in engineering or in it
        people in IT and engineering, and it is late
        sales, finance or HR people
        contracts under Net 30, 60 and draft
        tickets that are low or critical or urgent
        ",
        expect![[r#"
            people in engineering or in it
                people in <val1> or in <val2>   [projects.Department+people.Department=Engineering@1.00, projects.Department+people.Department=IT@1.00]
            people in IT and engineering, and it is late
                people in <val1> and <val2> , and it is late   [projects.Department+people.Department=IT@1.00, projects.Department+people.Department=Engineering@1.00]
            sales, finance or HR people
                <val1> , <val2> or <val3> people   [projects.Department+people.Department=Sales@1.00, projects.Department+people.Department=Finance@1.00, projects.Department+people.Department=HR@1.00]
            contracts under Net 30, 60 and draft
                contracts under <val1> , <val2> and <val3>   [contracts.Terms=Net 30@1.00, contracts.Terms=Net 60@1.00, contracts.Status=Draft@1.00]
            tickets that are low or critical or urgent
                tickets that are <val1> or <val2> or urgent   [tickets.Priority=Low@1.00, tickets.Priority=Critical@1.00]
        "#]],
    );
}

#[test]
fn values_spelt_otherwise() {
    check(
        "
        InProgress jobs, OnHold jobs and fixedprice deals
        TimeAndMaterial contracts, on-hold clients, drafts
        Mueller GmbH, MÜLLER GMBH or muller gmbh
        deals with Mueller
        Schröder Werke or schroder werke
        the onshore jobs
        ",
        expect![[r#"
            InProgress jobs, OnHold jobs and fixedprice deals
                inprogress jobs , <val1> jobs and <val2> deals   [projects.Status+companies.Status=On Hold@0.94, contracts.Contract_Type=Fixed Price@0.94]
            TimeAndMaterial contracts, on-hold clients, drafts
                <val1> contracts , <val2> clients , <val3>   [contracts.Contract_Type=Time & Material@0.94, projects.Status+companies.Status=On Hold@1.00, contracts.Status=Draft@0.94]
            Mueller GmbH, MÜLLER GMBH or muller gmbh
                <val1> , <val2> or <val3>   [companies.Company_Name=Müller GmbH@1.00, companies.Company_Name=Müller GmbH@1.00, companies.Company_Name=Müller GmbH@1.00]
            deals with Mueller
                deals with <val1>   [companies.Company_Name=Müller GmbH@0.57 / 'Mueller']
            Schröder Werke or schroder werke
                <val1> or <val2>   [companies.Company_Name=Schroeder Werke@1.00, companies.Company_Name=Schroeder Werke@1.00]
            the onshore jobs
                the onshore jobs
        "#]],
    );
}

#[test]
fn values_said_as_something() {
    check(
        "
        tickets with B as priority
        tickets with B as their priority
        B-priority tickets
        tickets as B and as planned
        ",
        expect![[r#"
            tickets with B as priority
                tickets with <val1> as priority   [tickets.Priority=B@1.00]
            tickets with B as their priority
                tickets with <val1> as their priority   [tickets.Priority=B@1.00]
            B-priority tickets
                <val1> priority tickets   [tickets.Priority=B@1.00]
            tickets as B and as planned
                tickets as b and as <val1>   [assignments.Status=Planned@1.00]
        "#]],
    );
}

#[test]
fn figures_within_labels_are_labels() {
    check(
        "
        label them 'over 100' and 'up to 1,2 Mio'
        call it \"Q3/25 (> 50 %)\" or “half a million”
        flag jobs over 100 as '100+' or '1 200 000'
        ",
        expect![[r#"
            label them 'over 100' and 'up to 1,2 Mio'
                label them <str1> and <str2>   ['over 100', 'up to 1,2 Mio']
            call it "Q3/25 (> 50 %)" or “half a million”
                call it <str1> or <str2>   ['Q3/25 (> 50 %)', 'half a million']
            flag jobs over 100 as '100+' or '1 200 000'
                flag jobs over <num1> as <str1> or <str2>   [100, '100+', '1 200 000']
        "#]],
    );
}

#[test]
fn values_beside_what_they_belong_to() {
    check(
        "
        contracts whose status is not active
        contracts of status Planning
        open positions of status Draft
        assignments on PRJ-002
        sales people
        sales cost
        ",
        expect![[r#"
            contracts whose status is not active
                contracts whose status is not <val1>   [projects.Status+companies.Status+contracts.Status=Active@1.00]
            contracts of status Planning
                contracts of status <val1>   [projects.Status+contracts.Status=Planning@1.00]
            open positions of status Draft
                open positions of status <val1>   [contracts.Status+assignments.Status=Draft@1.00]
            assignments on PRJ-002
                assignments on <val1>   [projects.Code+contracts.Project_Code+assignments.Project_Code=PRJ-002@1.00]
            sales people
                <val1> people   [projects.Department+people.Department=Sales@1.00]
            sales cost
                sales cost
        "#]],
    );
}

#[test]
fn parts_of_names() {
    check(
        "
        companies whose name begins with the letter n
        companies whose name starts with B
        company names containing an ampersand
        company names with no @ in them or without '&'
        companies with a name like Ltd
        projects whose name contains migration or ends with zzz
        contracts ending with nothing
        T&M deals > 200k, no + value
        project names ending in Portal
        ",
        expect![[r#"
            companies whose name begins with the letter n
                companies whose name begins with the letter <str1>   ['N']
            companies whose name starts with B
                companies whose name starts with <str1>   ['B']
            company names containing an ampersand
                company names containing an <str1>   ['&']
            company names with no @ in them or without '&'
                company names with no <str1> in them or without <str2>   ['@', '&']
            companies with a name like Ltd
                companies with a name like <str1>   ['Ltd']
            projects whose name contains migration or ends with zzz
                projects whose name contains <str1> or ends with <str2>   ['migration', 'zzz']
            contracts ending with nothing
                contracts ending with nothing
            T&M deals > 200k, no + value
                <val1> deals > <num1> , no + value   [200000, contracts.Contract_Type=Time & Material@0.98]
            project names ending in Portal
                project names ending in <val1>   [projects.Project_Name=Customer Portal@0.66 / 'Portal']
        "#]],
    );
}

#[test]
fn remarks_are_no_names() {
    check(
        r#"
        a note saying "CN-2024-015, check type and terms"
        the project called "CN-9999 check type and terms"
        "#,
        expect![[r#"
            a note saying "CN-2024-015, check type and terms"
                a note saying " <val1> , check type and terms "   [contracts.Contract_Number=CN-2024-015@1.00]
            the project called "CN-9999 check type and terms"
                the project called " <str1> check type and terms "   ['CN-9999']
        "#]],
    );
}

#[test]
fn stretches_and_middles() {
    check(
        "
        ending in the first week of January 2027
        ending in the last week of December 2025
        the last 10 days of the quarter
        first two weeks of next month
        by mid-2023
        since mid March 2024
        until the middle of next year
        in the first half of 2024
        ",
        expect![[r#"
            ending in the first week of January 2027
                ending in the <range1>   [2027-01-01..2027-01-08]
            ending in the last week of December 2025
                ending in the <range1>   [2025-12-25..2026-01-01]
            the last 10 days of the quarter
                the <range1>   [2025-06-21..2025-07-01]
            first two weeks of next month
                <range1>   [2025-07-01..2025-07-15]
            by mid-2023
                by <date1>   [2023-07-01]
            since mid March 2024
                since <date1>   [2024-03-15]
            until the middle of next year
                until the <date1>   [2026-07-01]
            in the first half of 2024
                in the <range1>   [2024-01-01..2024-07-01]
        "#]],
    );
}

#[test]
fn doubled_letters() {
    check(
        "
        projects still in planing
        contracts that are drraft
        deals that expire
        ",
        expect![[r#"
            projects still in planing
                projects still in <val1>   [projects.Status=Planning@0.86]
            contracts that are drraft
                contracts that are <val1>   [contracts.Status=Draft@0.86]
            deals that expire
                deals that expire
        "#]],
    );
}
