//! Days, months and periods as people of several countries shorten and say them.

use expect_test::expect;

use crate::normalize::check;

#[test]
fn spoken_and_short_years() {
    check(
        "
        ended in twenty twenty five
        ended in twenty twenty-four or nineteen ninety nine
        since two thousand and twenty four, two thousand and twenty four jobs
        ended in '24 and '25
        FY'25 or FY25-26 or CY24
        fiscal year 25
        March twenty twenty four
        twenty twenty percent jobs
        the clients' 25 jobs
        ",
        expect![[r#"
            ended in twenty twenty five
                ended in <range1>   [2025-01-01..2026-01-01]
            ended in twenty twenty-four or nineteen ninety nine
                ended in <range1> or <range2>   [2024-01-01..2025-01-01, 1999-01-01..2000-01-01]
            since two thousand and twenty four, two thousand and twenty four jobs
                since <range1> , <num1> jobs   [2024, 2024-01-01..2025-01-01]
            ended in '24 and '25
                ended in <range1> and <range2>   [2024-01-01..2025-01-01, 2025-01-01..2026-01-01]
            FY'25 or FY25-26 or CY24
                <range1> or <range2> or <range3>   [2024-04-01..2025-04-01 / 2025-04-01..2026-04-01, 2025-04-01..2026-04-01 / 2024-04-01..2025-04-01, 2024-01-01..2025-01-01]
            fiscal year 25
                <range1>   [2024-04-01..2025-04-01]
            March twenty twenty four
                <range1>   [2024-03-01..2024-04-01]
            twenty twenty percent jobs
                <num1> <num2> jobs   [20, 20%]
            the clients' 25 jobs
                the clients <num1> jobs   [25]
        "#]],
    );
}

#[test]
fn days_said_otherwise() {
    check(
        "
        ended on june thirtieth
        ended on June the 3rd or the thirty-first of May
        since the first of march 2024
        first march
        who came first may tell, by month, January first
        on May first
        26-Oct-24 or 26 Oct 24
        Sept. 2024 or 5 Sept. 2024 or Dec. 31
        the 15th of last month, the first of next month
        before the 1st of the month
        1-15 June, June 1 to 15, 2024
        on 10/12, until 31.12.
        from 1 Jan - 31 March 2024
        12-15 jobs, half of them first
        ",
        expect![[r#"
            ended on june thirtieth
                ended on <date1>   [2025-06-30]
            ended on June the 3rd or the thirty-first of May
                ended on <date1> or the <date2>   [2025-06-03, 2025-05-31]
            since the first of march 2024
                since the <date1>   [2024-03-01]
            first march
                <date1>   [2025-03-01]
            who came first may tell, by month, January first
                who came first may tell , by month , <range1> first   [2025-01-01..2025-02-01 / 2024-01-01..2024-02-01 / 2026-01-01..2026-02-01]
            on May first
                on <date1>   [2025-05-01]
            26-Oct-24 or 26 Oct 24
                <date1> or <date1>   [2024-10-26]
            Sept. 2024 or 5 Sept. 2024 or Dec. 31
                <range1> or <date1> or <date2>   [2024-09-05, 2025-12-31, 2024-09-01..2024-10-01]
            the 15th of last month, the first of next month
                the <date1> , the <date2>   [2025-05-15, 2025-07-01]
            before the 1st of the month
                before the <date1>   [2025-06-01]
            1-15 June, June 1 to 15, 2024
                <range1> , <range2>   [2025-06-01..2025-06-16, 2024-06-01..2024-06-16]
            on 10/12, until 31.12.
                on <date1> , until <date2>   [2025-10-12 / 2025-12-10, 2025-12-31]
            from 1 Jan - 31 March 2024
                from <range1>   [2024-01-01..2024-04-01]
            12-15 jobs, half of them first
                <num1> - <num2> jobs , half of them first   [12, 15]
        "#]],
    );
}

#[test]
fn months_and_quarters_with_short_years() {
    check(
        "
        ended in Oct 24
        by Oct 26, on Oct 26
        ended in Oct 24 days
        Oct24 or Oct/24
        Jan - Mar 24
        ended in 10/24, since 05/25
        10/24 of all
        Q1 27 and Q2 27
        Q1 27 jobs
        Q3/25, Q3-2024, Q3FY25
        3Q25 or 3Q 2024 or 1H26
        2025Q3, 25Q3, 2025/Q3
        FY25 Q1, last year's Q4, Q4 of the previous year
        III/2024 or IV/25
        last Q4, this Q3, next Q1
        second half of the year, second half of 2024
        3h or 4Q or VI/2024
        ",
        expect![[r#"
            ended in Oct 24
                ended in <range1>   [2024-10-01..2024-11-01]
            by Oct 26, on Oct 26
                by <date1> , on <date1>   [2025-10-26]
            ended in Oct 24 days
                ended in <date1> days   [2025-10-24]
            Oct24 or Oct/24
                <range1> or <range1>   [2024-10-01..2024-11-01]
            Jan - Mar 24
                <range1>   [2024-01-01..2024-04-01]
            ended in 10/24, since 05/25
                ended in <range1> , since <range2>   [2024-10-01..2024-11-01, 2025-05-01..2025-06-01]
            10/24 of all
                10 / 24 of all
            Q1 27 and Q2 27
                <range1> and <range2>   [2027-01-01..2027-04-01, 2027-04-01..2027-07-01]
            Q1 27 jobs
                <range1> <num1> jobs   [27, 2025-01-01..2025-04-01]
            Q3/25, Q3-2024, Q3FY25
                <range1> , <range2> , <range3>   [2025-07-01..2025-10-01, 2024-07-01..2024-10-01, 2024-10-01..2025-01-01]
            3Q25 or 3Q 2024 or 1H26
                <range1> or <range2> or <range3>   [2025-07-01..2025-10-01, 2024-07-01..2024-10-01, 2026-01-01..2026-07-01]
            2025Q3, 25Q3, 2025/Q3
                <range1> , <range1> , <range1>   [2025-07-01..2025-10-01]
            FY25 Q1, last year's Q4, Q4 of the previous year
                <range1> , <range2> , <range2>   [2024-04-01..2024-07-01, 2024-10-01..2025-01-01]
            III/2024 or IV/25
                <range1> or <range2>   [2024-07-01..2024-10-01, 2025-10-01..2026-01-01]
            last Q4, this Q3, next Q1
                <range1> , <range2> , <range3>   [2024-10-01..2025-01-01, 2025-07-01..2025-10-01, 2026-01-01..2026-04-01]
            second half of the year, second half of 2024
                <range1> , <range2>   [2025-07-01..2026-01-01, 2024-07-01..2025-01-01]
            3h or 4Q or VI/2024
                <num1> h or 4q or vi / 2024   [3]
        "#]],
    );
}

#[test]
fn ends_and_stretches() {
    check(
        "
        by year end, until the month-end, before EOQ
        by year end 2025
        the year-end report
        expiring within 90 days
        ending within 2 weeks from now
        resolved within 5 days
        ending within 90 days of the start
        more than 90 days from today
        90 days from now
        last 90d, next 6w, last 12m, LTM
        last fortnight, next fortnight, a fortnight ago
        12 months to May 2025, the quarter ended 31 March 2025
        this fy, last FY
        ",
        expect![[r#"
            by year end, until the month-end, before EOQ
                by <date1> , until the <date2> , before <date2>   [2025-12-31, 2025-06-30]
            by year end 2025
                by <date1>   [2025-12-31]
            the year-end report
                the year end report
            expiring within 90 days
                expiring within <range1>   [2025-06-18..2025-09-17]
            ending within 2 weeks from now
                ending within <range1>   [2025-06-18..2025-07-03]
            resolved within 5 days
                resolved within <num1> days   [5]
            ending within 90 days of the start
                ending within <num1> days of the start   [90]
            more than 90 days from today
                more than <num1> days from <date1>   [90, 2025-06-18]
            90 days from now
                <date1>   [2025-09-16]
            last 90d, next 6w, last 12m, LTM
                <range1> , <range2> , <range3> , <range4>   [2025-03-20..2025-06-19, 2025-06-18..2025-07-31 / 2025-06-23..2025-08-04, 2024-06-18..2025-06-19 / 2024-06-01..2025-06-01, 2024-06-18..2025-06-19]
            last fortnight, next fortnight, a fortnight ago
                <range1> , <range2> , <date1>   [2025-06-04, 2025-06-04..2025-06-19, 2025-06-18..2025-07-03]
            12 months to May 2025, the quarter ended 31 March 2025
                <range1> , the <range2>   [2024-06-01..2025-06-01, 2025-01-01..2025-04-01]
            this fy, last FY
                <range1> , <range2>   [2025-04-01..2026-04-01, 2024-04-01..2025-04-01 / 2024-06-18..2025-06-19]
        "#]],
    );
}

#[test]
fn calendar_weeks_and_weekdays() {
    check(
        "
        calendar week 14
        CW 14, CW14/24, KW 2 2024
        week 14 of 2024, 2024-W14
        the week 16 to 22 May 2025
        week 60, w14
        since Monday, last Monday, next Friday
        by Friday, on Monday
        ",
        expect![[r#"
            calendar week 14
                <range1>   [2025-03-31..2025-04-07]
            CW 14, CW14/24, KW 2 2024
                <range1> , <range2> , <range3>   [2025-03-31..2025-04-07, 2024-04-01..2024-04-08, 2024-01-08..2024-01-15]
            week 14 of 2024, 2024-W14
                <range1> , <range1>   [2024-04-01..2024-04-08]
            the week 16 to 22 May 2025
                the week <range1>   [2025-05-16..2025-05-23]
            week 60, w14
                week <num1> , w14   [60]
            since Monday, last Monday, next Friday
                since <date1> , <date1> , <date2>   [2025-06-16, 2025-06-20]
            by Friday, on Monday
                by friday , on monday
        "#]],
    );
}
