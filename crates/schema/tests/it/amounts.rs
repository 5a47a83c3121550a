//! Amounts as bookkeepers of several countries write and say them.

use expect_test::expect;

use crate::normalize::check;

#[test]
fn decimal_commas_and_separators_of_thousands() {
    check(
        "
        budget over 1,2 Mio
        budget over 1,2 Mio. EUR and below 3 mrd
        budget over 1'200'000
        budget over CHF 1’200’000.50
        budget over 1 200 000
        budget over EUR 45 000
        budget above 45 500, cost above 200 000
        budget of 1 234 567,89 €
        budget over 1.234,56 EUR
        budget over 12,50 EUR or 12,5 %
        budget over 2,50,000
        budget over Rs. 5,00,000 or ₹2.5 cr or INR 50L
        budget over 100'000.- or 250 tsd
        between 10,20 and 30,60,10 jobs
        jobs of 100 200 300 people
        top 5 200 or 5 cr or 12,5 jobs
        ",
        expect![[r#"
            budget over 1,2 Mio
                budget over <num1>   [1200000]
            budget over 1,2 Mio. EUR and below 3 mrd
                budget over <num1> and below <num2>   [1200000 money, 3000000000]
            budget over 1'200'000
                budget over <num1>   [1200000]
            budget over CHF 1’200’000.50
                budget over <num1>   [1200000.5 money]
            budget over 1 200 000
                budget over <num1>   [1200000]
            budget over EUR 45 000
                budget over <num1>   [45000 money]
            budget above 45 500, cost above 200 000
                budget above <num1> , cost above <num2>   [45500, 200000]
            budget of 1 234 567,89 €
                budget of <num1>   [1234567.89 money]
            budget over 1.234,56 EUR
                budget over <num1>   [1234.56 money]
            budget over 12,50 EUR or 12,5 %
                budget over <num1> or <num2>   [12.5 money, 12.5%]
            budget over 2,50,000
                budget over <num1>   [250000]
            budget over Rs. 5,00,000 or ₹2.5 cr or INR 50L
                budget over <num1> or <num2> or <num3>   [500000 money, 25000000 money, 5000000 money]
            budget over 100'000.- or 250 tsd
                budget over <num1> or <num2>   [100000, 250000]
            between 10,20 and 30,60,10 jobs
                between <num1> , <num2> and <num3> , <num4> , <num1> jobs   [10, 20, 30, 60]
            jobs of 100 200 300 people
                jobs of <num1> <num2> <num3> people   [100, 200, 300]
            top 5 200 or 5 cr or 12,5 jobs
                top <num1> <num2> or <num1> cr or <num3> , <num1> jobs   [5, 200, 12]
        "#]],
    );
}

#[test]
fn factors_beside_a_currency() {
    check(
        "
        budget over TEUR 1200
        budget over 1200 TEUR
        budget over k EUR 1200
        budget over 1200 kEUR or 1.2 MEUR
        budget over 500 k€ or T€ 600 or €m 3 or 4 EURm
        budget over Mio. EUR 1,2
        budget over 45 EUR or EUR 45 or 45 euros
        the k most costly jobs, 5 of them
        ",
        expect![[r#"
            budget over TEUR 1200
                budget over <num1>   [1200000 money]
            budget over 1200 TEUR
                budget over <num1>   [1200000 money]
            budget over k EUR 1200
                budget over <num1>   [1200000 money]
            budget over 1200 kEUR or 1.2 MEUR
                budget over <num1> or <num1>   [1200000 money]
            budget over 500 k€ or T€ 600 or €m 3 or 4 EURm
                budget over <num1> or <num2> or <num3> or <num4>   [500000 money, 600000 money, 3000000 money, 4000000 money]
            budget over Mio. EUR 1,2
                budget over <num1>   [1200000 money]
            budget over 45 EUR or EUR 45 or 45 euros
                budget over <num1> or <num1> or <num1>   [45 money]
            the k most costly jobs, 5 of them
                the k most costly jobs , <num1> of them   [5]
        "#]],
    );
}

#[test]
fn spoken_amounts() {
    check(
        "
        budget over one point two million
        more than zero point five percent
        budget over two fifty k
        budget over one twenty five thousand
        budget over fifty k or five hundred k or ten grand
        budget over a quarter of a million
        budget over three quarters of a million
        budget over quarter million or half a mil
        budget over a million and a half
        budget over 1 and a half million
        budget over one and three quarter million
        budget over two and a half k
        budget over ten lakhs or two crores
        budget over a couple of hundred thousand
        budget over several million
        two fifty jobs
        a million and a half of the jobs
        a quarter of the budget and half the jobs
        ",
        expect![[r#"
            budget over one point two million
                budget over <num1>   [1200000]
            more than zero point five percent
                more than <num1>   [0.5%]
            budget over two fifty k
                budget over <num1>   [250000]
            budget over one twenty five thousand
                budget over <num1>   [125000]
            budget over fifty k or five hundred k or ten grand
                budget over <num1> or <num2> or <num3>   [50000, 500000, 10000]
            budget over a quarter of a million
                budget over <num1>   [250000]
            budget over three quarters of a million
                budget over <num1>   [750000]
            budget over quarter million or half a mil
                budget over <num1> or <num2>   [250000, 500000]
            budget over a million and a half
                budget over <num1>   [1500000]
            budget over 1 and a half million
                budget over <num1>   [1500000]
            budget over one and three quarter million
                budget over <num1>   [1750000]
            budget over two and a half k
                budget over <num1>   [2500]
            budget over ten lakhs or two crores
                budget over <num1> or <num2>   [1000000, 20000000]
            budget over a couple of hundred thousand
                budget over a couple of hundred thousand
            budget over several million
                budget over several million
            two fifty jobs
                <num1> <num2> jobs   [2, 50]
            a million and a half of the jobs
                <num1> and a half of the jobs   [1000000]
            a quarter of the budget and half the jobs
                a quarter of the budget and half the jobs
        "#]],
    );
}
