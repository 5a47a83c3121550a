//! Normalising: tables of questions with the text, slots and readings they become.

use std::fmt::Write;

use expect_test::{Expect, expect};
use schema::slot::{NormalizedQuestion, Reading};
use schema::{Catalog, Context, Value, WordList, normalize};

use crate::fixture::{GLOSSARY, fixture, with_glossary};

/// One line a question: the text, then each slot with its readings in order, `/` between them.
pub(crate) fn check(questions: &str, expected: Expect) {
    let fixture = fixture();
    expected.assert_eq(&lines(questions, &fixture.context()));
}

fn lines(questions: &str, context: &Context<'_>) -> String {
    let mut out = String::new();
    for question in questions.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let normalized = normalize(question, context);
        let slots: Vec<String> = normalized.slots.iter().map(|s| describe(s, context.catalog)).collect();
        let slots = if slots.is_empty() { String::new() } else { format!("   [{}]", slots.join(", ")) };
        writeln!(out, "{question}\n    {}{slots}", normalized.text()).expect("strings take text");
        spans_hold(&normalized);
    }
    out
}

fn describe(slot: &schema::slot::FilledSlot, catalog: &Catalog) -> String {
    let readings: Vec<String> = slot.readings.iter().map(|r| reading(r, catalog)).collect();
    readings.join(" / ")
}

fn reading(reading: &Reading, catalog: &Catalog) -> String {
    match reading {
        Reading::Number { value: Value::Integer(n), unit } => format!("{n}{}", unit_of(*unit)),
        Reading::Number { value: Value::Real(n), unit } => format!("{n}{}", unit_of(*unit)),
        Reading::Number { value, .. } => format!("{value:?}"),
        Reading::Date(day) => day.to_string(),
        Reading::Range { start, end } => format!("{start}..{end}"),
        Reading::Text(text) => format!("'{text}'"),
        Reading::Known(values) => {
            let columns: Vec<String> = values.iter().map(|v| catalog.qualified(v.column)).collect();
            format!("{}={}@{:.2}", columns.join("+"), values[0].stored, values[0].score)
        }
    }
}

fn unit_of(unit: schema::slot::NumberUnit) -> &'static str {
    match unit {
        schema::slot::NumberUnit::None => "",
        schema::slot::NumberUnit::Money => " money",
        schema::slot::NumberUnit::Percent => "%",
    }
}

/// Every span lies in the question, and slots come in order of kind and number.
fn spans_hold(question: &NormalizedQuestion) {
    for slot in &question.slots {
        for span in slot.spans() {
            assert!(question.original.get(span.start..span.end).is_some_and(|t| !t.is_empty()));
        }
        assert!(!slot.readings.is_empty());
    }
    assert!(question.slots.is_sorted_by_key(|s| s.slot));
}

#[test]
fn numbers() {
    check(
        "
        budget over 100k
        budget over 100,000
        budget over a hundred thousand
        budget over $2,000
        budget above EUR 500
        budget above 500 EUR
        budget of 1.5m
        budget of 1.5 million dollars
        budget below half a million
        more than 20%
        more than 20 percent
        less than 12.5 per cent
        at least three jobs
        a dozen jobs
        twenty-five jobs
        one hundred and twenty jobs
        more than one contract
        which one is it
        one row per department
        the first job and the third
        costs between -5 and 5
        between 10-20 jobs
        jobs with 2bn
        3 lakh or 2 crore
        at 10:30 or 1/2 or v2 or 3D
        for more than 60 days
        1,234,567.89
        zero budget
        €1.2m
        60% of the 5 largest
        rated 007
        £3k
        over 250K but under 1M
        two and a half million
        ",
        expect![[r#"
            budget over 100k
                budget over <num1>   [100000]
            budget over 100,000
                budget over <num1>   [100000]
            budget over a hundred thousand
                budget over <num1>   [100000]
            budget over $2,000
                budget over <num1>   [2000 money]
            budget above EUR 500
                budget above <num1>   [500 money]
            budget above 500 EUR
                budget above <num1>   [500 money]
            budget of 1.5m
                budget of <num1>   [1500000]
            budget of 1.5 million dollars
                budget of <num1>   [1500000 money]
            budget below half a million
                budget below <num1>   [500000]
            more than 20%
                more than <num1>   [20%]
            more than 20 percent
                more than <num1>   [20%]
            less than 12.5 per cent
                less than <num1>   [12.5%]
            at least three jobs
                at least <num1> jobs   [3]
            a dozen jobs
                <num1> jobs   [12]
            twenty-five jobs
                <num1> jobs   [25]
            one hundred and twenty jobs
                <num1> jobs   [120]
            more than one contract
                more than <num1> contract   [1]
            which one is it
                which one is it
            one row per department
                one row per department
            the first job and the third
                the first job and the third
            costs between -5 and 5
                costs between <num1> and <num2>   [-5, 5]
            between 10-20 jobs
                between <num1> - <num2> jobs   [10, 20]
            jobs with 2bn
                jobs with <num1>   [2000000000]
            3 lakh or 2 crore
                <num1> or <num2>   [300000, 20000000]
            at 10:30 or 1/2 or v2 or 3D
                at 10 : 30 or 1 / 2 or v2 or 3d
            for more than 60 days
                for more than <num1> days   [60]
            1,234,567.89
                <num1>   [1234567.89]
            zero budget
                <num1> budget   [0]
            €1.2m
                <num1>   [1200000 money]
            60% of the 5 largest
                <num1> of the <num2> largest   [60%, 5]
            rated 007
                rated 007
            £3k
                <num1>   [3000 money]
            over 250K but under 1M
                over <num1> but under <num2>   [250000, 1000000]
            two and a half million
                <num1>   [2500000]
        "#]],
    );
}

#[test]
fn days_and_months() {
    check(
        "
        ended on 2024-03-05
        ended on 5 March 2024
        ended on March 5th, 2024
        ended on the 5th of March
        ended on 05/03/2024
        ended on 25/03/2024
        ended on 05.03.2024
        ended 5-Mar-2024
        ended in 2024-03
        ended in 03/2024
        ended in March 2024
        ended in Mar-24
        ended in March '24
        ended in March
        ended last March
        ended in March of last year
        which jobs may march on
        in May
        in January and February 2024
        between January and March 2024
        from March to June
        between 5 and 20 March 2024
        from 2024-01-15 to 2024-02-15
        by the end of March 2024
        at the beginning of 2025
        on the last day of February 2024
        until the end of the quarter
        since yesterday
        today, tomorrow
        two weeks ago
        a year ago
        ended before Christmas
        March Networks
        31/02/2024
        ",
        expect![[r#"
            ended on 2024-03-05
                ended on <date1>   [2024-03-05]
            ended on 5 March 2024
                ended on <date1>   [2024-03-05]
            ended on March 5th, 2024
                ended on <date1>   [2024-03-05]
            ended on the 5th of March
                ended on the <date1>   [2025-03-05]
            ended on 05/03/2024
                ended on <date1>   [2024-05-03 / 2024-03-05]
            ended on 25/03/2024
                ended on <date1>   [2024-03-25]
            ended on 05.03.2024
                ended on <date1>   [2024-03-05 / 2024-05-03]
            ended 5-Mar-2024
                ended <date1>   [2024-03-05]
            ended in 2024-03
                ended in <range1>   [2024-03-01..2024-04-01]
            ended in 03/2024
                ended in <range1>   [2024-03-01..2024-04-01]
            ended in March 2024
                ended in <range1>   [2024-03-01..2024-04-01]
            ended in Mar-24
                ended in <range1>   [2024-03-01..2024-04-01]
            ended in March '24
                ended in <range1>   [2024-03-01..2024-04-01]
            ended in March
                ended in <range1>   [2025-03-01..2025-04-01 / 2024-03-01..2024-04-01 / 2026-03-01..2026-04-01]
            ended last March
                ended <range1>   [2025-03-01..2025-04-01]
            ended in March of last year
                ended in <range1>   [2024-03-01..2024-04-01]
            which jobs may march on
                which jobs may march on
            in May
                in <range1>   [2025-05-01..2025-06-01 / 2024-05-01..2024-06-01 / 2026-05-01..2026-06-01]
            in January and February 2024
                in <range1> and <range2>   [2024-01-01..2024-02-01, 2024-02-01..2024-03-01]
            between January and March 2024
                between <range1>   [2024-01-01..2024-04-01]
            from March to June
                from <range1>   [2025-03-01..2025-07-01]
            between 5 and 20 March 2024
                between <range1>   [2024-03-05..2024-03-21]
            from 2024-01-15 to 2024-02-15
                from <range1>   [2024-01-15..2024-02-16]
            by the end of March 2024
                by the <date1>   [2024-03-31]
            at the beginning of 2025
                at the <date1>   [2025-01-01]
            on the last day of February 2024
                on the <date1>   [2024-02-29]
            until the end of the quarter
                until the <date1>   [2025-06-30]
            since yesterday
                since <date1>   [2025-06-17]
            today, tomorrow
                <date1> , <date2>   [2025-06-18, 2025-06-19]
            two weeks ago
                <date1>   [2025-06-04]
            a year ago
                <date1>   [2024-06-18]
            ended before Christmas
                ended before christmas
            March Networks
                march <str1>   ['Networks']
            31/02/2024
                31 / 02 / 2024
        "#]],
    );
}

#[test]
fn years_quarters_and_relative_ranges() {
    check(
        "
        since 2024
        before 2024
        revenue 2024
        2023 vs 2024
        from 2022 to 2024
        2022-2024
        the year 2023
        over 2000
        more than 2024 dollars
        budget between 2000 and 5000
        older than 2022
        job number 2024
        in 1850
        Q3 2024
        in 2024 Q3
        Q1 to Q3 2024
        Q1 and Q2 2024
        third quarter of 2024
        the second quarter
        fourth quarter of last year
        H1 2025
        first half of 2024
        FY24
        fiscal year 2024
        Q2 FY24
        this fiscal year
        FY2023/24
        this month
        last quarter
        next year
        this year's jobs
        past year
        last week
        last 90 days
        the past six months
        next 30 days
        within the next two weeks
        year to date
        ytd
        this quarter so far
        last 5 jobs
        from 2023 until now
        12 months
        ",
        expect![[r#"
            since 2024
                since <range1>   [2024-01-01..2025-01-01]
            before 2024
                before <range1>   [2024-01-01..2025-01-01]
            revenue 2024
                revenue <range1>   [2024-01-01..2025-01-01]
            2023 vs 2024
                <range1> vs <range2>   [2023-01-01..2024-01-01, 2024-01-01..2025-01-01]
            from 2022 to 2024
                from <range1>   [2022-01-01..2025-01-01]
            2022-2024
                <range1>   [2022-01-01..2025-01-01]
            the year 2023
                the <range1>   [2023-01-01..2024-01-01]
            over 2000
                over <num1>   [2000]
            more than 2024 dollars
                more than <num1>   [2024 money]
            budget between 2000 and 5000
                budget between <num1> and <num2>   [2000, 5000]
            older than 2022
                older than <range1>   [2022-01-01..2023-01-01]
            job number 2024
                job number <num1>   [2024]
            in 1850
                in <num1>   [1850]
            Q3 2024
                <range1>   [2024-07-01..2024-10-01]
            in 2024 Q3
                in <range1>   [2024-07-01..2024-10-01]
            Q1 to Q3 2024
                <range1>   [2024-01-01..2024-10-01]
            Q1 and Q2 2024
                <range1> and <range2>   [2024-01-01..2024-04-01, 2024-04-01..2024-07-01]
            third quarter of 2024
                <range1>   [2024-07-01..2024-10-01]
            the second quarter
                the <range1>   [2025-04-01..2025-07-01]
            fourth quarter of last year
                <range1>   [2024-10-01..2025-01-01]
            H1 2025
                <range1>   [2025-01-01..2025-07-01]
            first half of 2024
                <range1>   [2024-01-01..2024-07-01]
            FY24
                <range1>   [2023-04-01..2024-04-01 / 2024-04-01..2025-04-01]
            fiscal year 2024
                <range1>   [2023-04-01..2024-04-01 / 2024-04-01..2025-04-01]
            Q2 FY24
                <range1>   [2023-07-01..2023-10-01]
            this fiscal year
                <range1>   [2025-04-01..2026-04-01]
            FY2023/24
                <range1>   [2023-04-01..2024-04-01 / 2022-04-01..2023-04-01]
            this month
                <range1>   [2025-06-01..2025-07-01]
            last quarter
                <range1>   [2025-01-01..2025-04-01 / 2025-03-18..2025-06-19]
            next year
                <range1>   [2026-01-01..2027-01-01]
            this year's jobs
                <range1> jobs   [2025-01-01..2026-01-01]
            past year
                <range1>   [2024-06-18..2025-06-19 / 2024-01-01..2025-01-01]
            last week
                <range1>   [2025-06-09..2025-06-16 / 2025-06-11..2025-06-19]
            last 90 days
                <range1>   [2025-03-20..2025-06-19]
            the past six months
                the <range1>   [2024-12-18..2025-06-19 / 2024-12-01..2025-06-01]
            next 30 days
                <range1>   [2025-06-18..2025-07-19]
            within the next two weeks
                within the <range1>   [2025-06-18..2025-07-03 / 2025-06-23..2025-07-07]
            year to date
                <range1>   [2025-01-01..2025-06-19]
            ytd
                <range1>   [2025-01-01..2025-06-19]
            this quarter so far
                <range1>   [2025-04-01..2025-06-19]
            last 5 jobs
                last <num1> jobs   [5]
            from 2023 until now
                from <range1>   [2023-01-01..2025-06-19]
            12 months
                <num1> months   [12]
        "#]],
    );
}

#[test]
fn known_values() {
    check(
        "
        active jobs
        ACTIVE JOBS IN IT PLEASE
        engineering jobs
        is it active
        how is it done in IT
        the it department
        jobs in R and D
        jobs in R&D
        all t&m contracts
        fixed-price deals
        time and materials
        retainers on net 60
        Northwind Traders' contracts
        northwind traders's deals
        contracts with Northwind
        contracts of northwind
        o’brien & sons
        OBrien and Sons
        Macys or macy's
        muller gmbh
        projet ete
        PRJ-001 and prj 002
        prj001
        CN-2021-001
        Johnson, Alice
        Johnson Alice
        Alice's jobs
        jobs of Johnson
        is NWT a client
        developers and QA engineers
        the project manager on Apollo
        enginering staff
        Norhtwind Traders
        contracts on hold
        jobs in planning
        ",
        expect![[r#"
            active jobs
                <val1> jobs   [projects.Status+companies.Status+contracts.Status=Active@1.00]
            ACTIVE JOBS IN IT PLEASE
                <val1> jobs in it please   [projects.Status+companies.Status+contracts.Status=Active@1.00]
            engineering jobs
                <val1> jobs   [projects.Department+people.Department=Engineering@1.00]
            is it active
                is it <val1>   [projects.Status+companies.Status+contracts.Status=Active@1.00]
            how is it done in IT
                how is it done in <val1>   [projects.Department+people.Department=IT@1.00]
            the it department
                the <val1> department   [projects.Department+people.Department=IT@1.00]
            jobs in R and D
                jobs in <val1>   [projects.Department+people.Department=R&D@1.00]
            jobs in R&D
                jobs in <val1>   [projects.Department+people.Department=R&D@1.00]
            all t&m contracts
                all <val1> contracts   [contracts.Contract_Type=Time & Material@0.98]
            fixed-price deals
                <val1> deals   [contracts.Contract_Type=Fixed Price@1.00]
            time and materials
                <val1>   [contracts.Contract_Type=Time & Material@0.98]
            retainers on net 60
                <val1> on <val2>   [contracts.Contract_Type=Retainer@0.94, contracts.Terms=Net 60@1.00]
            Northwind Traders' contracts
                <val1> contracts   [companies.Company_Name=Northwind Traders@1.00]
            northwind traders's deals
                <val1> 's deals   [companies.Company_Name=Northwind Traders@1.00]
            contracts with Northwind
                contracts with <val1>   [companies.Company_Name=Northwind Traders@0.66 / 'Northwind']
            contracts of northwind
                contracts of <val1>   [companies.Company_Name=Northwind Traders@0.66 / 'northwind']
            o’brien & sons
                <val1>   [companies.Company_Name=O'Brien & Sons@1.00]
            OBrien and Sons
                <val1>   [companies.Company_Name=O'Brien & Sons@1.00]
            Macys or macy's
                <val1> or <val2>   [companies.Company_Name=Macy's@0.94, companies.Company_Name=Macy's@1.00]
            muller gmbh
                <val1>   [companies.Company_Name=Müller GmbH@1.00]
            projet ete
                <val1>   [projects.Project_Name=Projet Été@1.00]
            PRJ-001 and prj 002
                <val1> and <val2>   [projects.Code+contracts.Project_Code+assignments.Project_Code=PRJ-001@1.00, projects.Code+contracts.Project_Code+assignments.Project_Code=PRJ-002@1.00]
            prj001
                <val1>   [projects.Code+contracts.Project_Code+assignments.Project_Code=PRJ-001@1.00]
            CN-2021-001
                <val1>   [contracts.Contract_Number=CN-2021-001@1.00]
            Johnson, Alice
                <val1>   [people.Person_Name=Alice Johnson@0.88]
            Johnson Alice
                <val1>   [people.Person_Name=Alice Johnson@0.88]
            Alice's jobs
                <val1> 's jobs   [people.Person_Name=Alice Johnson@0.66 / 'Alice']
            jobs of Johnson
                jobs of <val1>   [people.Person_Name=Alice Johnson@0.56 / people.Person_Name=Bob Johnson@0.56 / 'Johnson']
            is NWT a client
                is <val1> a client   [companies.Company_Name=North West Trading@0.70 / 'NWT']
            developers and QA engineers
                <val1> and <val2>   [assignments.Role=Developer@0.94, assignments.Role=QA Engineer@0.94]
            the project manager on Apollo
                the <val1> on <val2>   [assignments.Role=Project Manager@1.00, projects.Project_Name=Apollo@1.00]
            enginering staff
                <val1> staff   [projects.Department+people.Department=Engineering@0.86]
            Norhtwind Traders
                <val1>   [companies.Company_Name=Northwind Traders@0.86]
            contracts on hold
                contracts <val1>   [projects.Status+companies.Status=On Hold@1.00]
            jobs in planning
                jobs in <val1>   [projects.Status=Planning@1.00]
        "#]],
    );
}

#[test]
fn words_that_only_look_like_values() {
    check(
        "
        open positions
        open tickets
        which tickets are open
        unfilled and open assignments
        high budget jobs
        high priority tickets
        sales of all contracts
        staff in sales
        the Sales team
        sales cost per job
        contracts that expired in March 2024
        expired contracts
        people assigned to Apollo
        assigned people
        finished jobs
        60 days overdue
        would be nice
        would-be clients
        that are over budget
        what is our target
        contracts with Target
        company Target
        status active
        mark the jobs
        Mark's jobs
        the open door policy
        jobs called Open Door
        ",
        expect![[r#"
            open positions
                open positions
            open tickets
                <val1> tickets   [tickets.Status=Open@1.00]
            which tickets are open
                which tickets are <val1>   [tickets.Status=Open@1.00]
            unfilled and open assignments
                unfilled and open assignments
            high budget jobs
                high budget jobs
            high priority tickets
                <val1> priority tickets   [tickets.Priority=High@1.00]
            sales of all contracts
                sales of all contracts
            staff in sales
                staff in <val1>   [projects.Department+people.Department=Sales@1.00]
            the Sales team
                the <val1> team   [projects.Department+people.Department=Sales@1.00]
            sales cost per job
                sales cost per job
            contracts that expired in March 2024
                contracts that expired in <range1>   [2024-03-01..2024-04-01]
            expired contracts
                <val1> contracts   [contracts.Status=Expired@1.00]
            people assigned to Apollo
                people assigned to <val1>   [projects.Project_Name=Apollo@1.00]
            assigned people
                <val1> people   [assignments.Status=Assigned@1.00]
            finished jobs
                finished jobs
            60 days overdue
                <num1> days overdue   [60]
            would be nice
                would be nice
            would-be clients
                <val1> clients   [companies.Status=Prospect@0.98]
            that are over budget
                that are over budget
            what is our target
                what is our target
            contracts with Target
                contracts with <val1>   [companies.Company_Name=Target@1.00]
            company Target
                company <val1>   [companies.Company_Name=Target@1.00]
            status active
                status <val1>   [projects.Status+companies.Status+contracts.Status=Active@1.00]
            mark the jobs
                mark the jobs
            Mark's jobs
                <val1> 's jobs   [people.Person_Name=Mark Stone@0.66 / 'Mark']
            the open door policy
                the <val1> policy   [projects.Project_Name=Open Door@1.00]
            jobs called Open Door
                jobs called <val1>   [projects.Project_Name=Open Door@1.00]
        "#]],
    );
}

#[test]
fn texts_and_names() {
    check(
        "
        jobs with 'audit' in the name
        jobs named \"Big Move\"
        jobs named “Apollo”
        the 'active' ones
        dated '2024-03-05'
        labelled '5'
        companies' names and clients' jobs
        contracts with Contoso
        contracts with Contoso Bank & Trust of Oregon
        Contoso's contracts
        what did Jane Doe book in March 2024
        projects for PRJ-999
        mail to jane.doe@example.com
        Show All Budgets By Department
        the ROI per job on Monday
        show Budget and Status for Fabrikam
        it's Tom Becker's rate
        format YYYY-MM
        ",
        expect![[r#"
            jobs with 'audit' in the name
                jobs with <str1> in the name   ['audit']
            jobs named "Big Move"
                jobs named <str1>   ['Big Move']
            jobs named “Apollo”
                jobs named <val1>   [projects.Project_Name=Apollo@1.00]
            the 'active' ones
                the <val1> ones   [projects.Status+companies.Status+contracts.Status=Active@1.00]
            dated '2024-03-05'
                dated <date1>   [2024-03-05]
            labelled '5'
                labelled <str1>   ['5']
            companies' names and clients' jobs
                companies names and clients jobs
            contracts with Contoso
                contracts with <str1>   ['Contoso']
            contracts with Contoso Bank & Trust of Oregon
                contracts with <str1> of <str2>   ['Contoso Bank & Trust', 'Oregon']
            Contoso's contracts
                <str1> 's contracts   ['Contoso']
            what did Jane Doe book in March 2024
                what did <str1> book in <range1>   [2024-03-01..2024-04-01, 'Jane Doe']
            projects for PRJ-999
                projects for <str1>   ['PRJ-999']
            mail to jane.doe@example.com
                mail to <str1>   ['jane.doe@example.com']
            Show All Budgets By Department
                show all budgets by department
            the ROI per job on Monday
                the roi per job on monday
            show Budget and Status for Fabrikam
                show budget and status for <str1>   ['Fabrikam']
            it's Tom Becker's rate
                it's <str1> 's rate   ['Tom Becker']
            format YYYY-MM
                format yyyy mm
        "#]],
    );
}

#[test]
fn plain_text() {
    check(
        "
        What's the budget?
        Jobs w/o a department, by e-mail
        Code & name; budget (only)
        don't show project_code
        over-budget projects
        proejcts by departement
        wich contarcts are worth the most
        the systems register
        bugdet per custmer
        …and “so” on – please!
        ",
        expect![[r#"
            What's the budget?
                what's the budget ?
            Jobs w/o a department, by e-mail
                jobs without a department , by email
            Code & name; budget (only)
                code & name ; budget ( only )
            don't show project_code
                don't show project code
            over-budget projects
                over budget projects
            proejcts by departement
                projects by department
            wich contarcts are worth the most
                which contracts are worth the most
            the systems register
                the systems register
            bugdet per custmer
                budget per customer
            …and “so” on – please!
                . and <str1> on - please !   ['so']
        "#]],
    );
}

#[test]
fn no_more_slots_than_the_limits() {
    check(
        "1 2 3 4 5 6 7 8 9 10; 2021, 2022, 2023, 2024, 2025",
        expect![[r#"
        1 2 3 4 5 6 7 8 9 10; 2021, 2022, 2023, 2024, 2025
            <num1> <num2> <num3> <num4> <num5> <num6> <num7> <num8> 9 10 ; <range1> , <range2> , <range3> , <range4> , 2025   [1, 2, 3, 4, 5, 6, 7, 8, 2021-01-01..2022-01-01, 2022-01-01..2023-01-01, 2023-01-01..2024-01-01, 2024-01-01..2025-01-01]
    "#]],
    );
}

#[test]
fn what_is_said_twice_is_one_slot() {
    check(
        "
        2025 against 2026: name, budget in 2025, in 2026, and 2026 less 2025
        jobs over 50k, no, over 50,000, or 50 percent, or 50%
        fixed price ones beside retainers, fixed price first, Fixed Price last
        ",
        expect![[r#"
            2025 against 2026: name, budget in 2025, in 2026, and 2026 less 2025
                <range1> against <range2> : name , budget in <range1> , in <range2> , and <range2> less <range1>   [2025-01-01..2026-01-01, 2026-01-01..2027-01-01]
            jobs over 50k, no, over 50,000, or 50 percent, or 50%
                jobs over <num1> , no , over <num1> , or <num2> , or <num2>   [50000, 50%]
            fixed price ones beside retainers, fixed price first, Fixed Price last
                <val1> ones beside <val2> , <val1> first , <val3> last   [contracts.Contract_Type=Fixed Price@1.00, contracts.Contract_Type=Retainer@0.94, contracts.Contract_Type=Fixed Price@1.00]
        "#]],
    );
    let fixture = fixture();
    let question = normalize("more than 50k or 50,000, and 50", &fixture.context());
    let said = |slot: &schema::slot::FilledSlot| {
        slot.spans().map(|span| question.original[span.start..span.end].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(question.slots.iter().map(said).collect::<Vec<_>>(), [vec!["50k", "50,000"], vec!["50"]]);
}

#[test]
fn a_fiscal_year_may_be_the_calendar_year() {
    let fixture = with_glossary(&GLOSSARY.replace("04-01", "01-01"));
    let expected = expect![[r#"
        FY24
            <range1>   [2024-01-01..2025-01-01]
        last fiscal year
            <range1>   [2024-01-01..2025-01-01 / 2024-06-18..2025-06-19]
        Q2 FY24
            <range1>   [2024-04-01..2024-07-01]
    "#]];
    expected.assert_eq(&lines("FY24\nlast fiscal year\nQ2 FY24", &fixture.context()));
}

#[test]
fn the_vocabulary_protects_its_words() {
    let fixture = fixture();
    let vocabulary = WordList::new(["retaner"]);
    let context = Context { vocabulary: Some(&vocabulary), ..fixture.context() };
    assert_eq!(normalize("retaner", &context).text(), "retaner");
    assert_eq!(normalize("retaner", &fixture.context()).text(), "<val1>");
}
