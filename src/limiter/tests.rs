//! One suite for both forms of the limiter, and the arithmetic that they share.

use super::*;
use crate::redis::live;

const TEN_A_SECOND: Quota = Quota {
    capacity: 10,
    period: Duration::from_secs(1),
};
const LATER: Duration = Duration::from_secs(1_000);

/// A budget that does not refill to speak of while a test runs.
const fn ten_a_day() -> Quota {
    Quota {
        capacity: 10,
        period: Duration::from_secs(24 * 3_600),
    }
}

#[test]
fn a_budget_is_spent_and_refills_evenly() {
    let (balance, full_at) = TEN_A_SECOND.charge(LATER, Duration::ZERO, 8);
    assert!(balance.allowed);
    assert_eq!(balance.remaining, 2);
    let (refused, unchanged) = TEN_A_SECOND.charge(LATER, full_at, 3);
    assert!(!refused.allowed);
    assert_eq!(refused.remaining, 2);
    assert_eq!(refused.retry_after, Duration::from_millis(100));
    assert_eq!(unchanged, full_at);
    let (again, _) = TEN_A_SECOND.charge(LATER + Duration::from_millis(100), full_at, 3);
    assert!(again.allowed);
    assert_eq!(again.remaining, 0);
}

#[test]
fn a_cost_beyond_the_capacity_takes_all_of_it() {
    let (balance, full_at) = TEN_A_SECOND.charge(LATER, Duration::ZERO, 1_000);
    assert!(balance.allowed);
    assert_eq!(balance.remaining, 0);
    assert_eq!(full_at, LATER + Duration::from_secs(1));
}

fn embedded() -> Limiter {
    Limiter::default()
}

async fn in_redis() -> Limiter {
    let secret = SecretString::from("a secret of at least thirty-two bytes");
    let redis = live::redis().await;
    Limiter::new(Some(redis), &secret).unwrap()
}

/// Runs a test on each form.
macro_rules! on_both_forms {
    ($(async fn $name:ident($limiter:ident: Limiter) $body:block)*) => {
        $(mod $name {
            use super::*;

            async fn run($limiter: Limiter) $body

            #[tokio::test]
            async fn embedded() {
                run(super::embedded()).await;
            }

            #[tokio::test]
            async fn redis() {
                let limiter = super::in_redis().await;
                let shared = limiter.shared.clone().unwrap();
                run(limiter.clone()).await;
                assert_eq!(shared.redis().failures(), 0);
                assert_eq!(limiter.budgets.iter().count(), 0, "Redis had all of them");
            }
        })*
    };
}

on_both_forms! {
    async fn keys_have_budgets_of_their_own_and_get_back_what_was_too_much(limiter: Limiter) {
        let day = ten_a_day();
        assert_eq!(limiter.charge("a", day, 10).await.remaining, 0);
        assert!(!limiter.charge("a", day, 1).await.allowed);
        assert_eq!(limiter.charge("b", day, 0).await.remaining, 10);
        limiter.refund("a", day, 4).await;
        assert!(limiter.charge("a", day, 4).await.allowed);
        assert!(!limiter.charge("a", day, 1).await.allowed);
        limiter.refund("a", day, 1_000).await;
        limiter.refund("never charged", day, 3).await;
        for key in ["a", "never charged"] {
            assert_eq!(limiter.charge(key, day, 0).await.remaining, 10, "no more than it holds");
        }
    }

    async fn a_balance_says_what_is_left_and_when(limiter: Limiter) {
        let day = ten_a_day();
        let found = limiter.charge("a", day, 4).await;
        assert_eq!((found.allowed, found.limit, found.remaining), (true, 10, 6));
        assert_eq!(found.retry_after, Duration::ZERO);
        near(found.reset_after, day.period * 4 / 10);
        let refused = limiter.charge("a", day, 8).await;
        assert_eq!((refused.allowed, refused.remaining), (false, 6));
        near(refused.retry_after, day.period * 2 / 10);
        near(refused.reset_after, day.period * 4 / 10);
        let all = limiter.charge("b", day, 1_000).await;
        assert_eq!((all.allowed, all.remaining), (true, 0), "more than there can be is all there is");
        near(all.reset_after, day.period);
    }

    async fn a_refused_charge_succeeds_when_it_was_told_to_come_back(limiter: Limiter) {
        let quota = Quota { capacity: 3, period: Duration::from_millis(700) };
        assert!(limiter.charge("a", quota, 3).await.allowed);
        let refused = limiter.charge("a", quota, 2).await;
        assert!(!refused.allowed && !refused.retry_after.is_zero());
        tokio::time::sleep(refused.retry_after + Duration::from_millis(1)).await;
        assert!(limiter.charge("a", quota, 2).await.allowed);
        assert!(!limiter.charge("a", quota, 3).await.allowed);
    }

    async fn racing_charges_never_take_more_than_there_is(limiter: Limiter) {
        let day = Quota { capacity: 50, ..ten_a_day() };
        let racing: Vec<_> = (0..200)
            .map(|_| {
                let limiter = limiter.clone();
                tokio::spawn(async move { limiter.charge("a", day, 1).await.allowed })
            })
            .collect();
        let mut allowed = 0;
        for charge in racing {
            allowed += usize::from(charge.await.unwrap());
        }
        assert_eq!(allowed, 50);
    }

    async fn odd_quotas_hold_exactly_what_they_say(limiter: Limiter) {
        for capacity in [1_u32, 3, 7, 97, 1_009] {
            let quota = Quota { capacity, ..ten_a_day() };
            let key = capacity.to_string();
            for spent in 1..=capacity.min(97) {
                let found = limiter.charge(&key, quota, 1).await;
                assert_eq!((found.allowed, found.remaining), (true, capacity - spent));
            }
            let rest = capacity.saturating_sub(97);
            if rest > 0 {
                assert!(limiter.charge(&key, quota, rest).await.allowed);
            }
            assert!(!limiter.charge(&key, quota, 1).await.allowed);
        }
        let none = Quota { capacity: 0, ..ten_a_day() };
        assert!(limiter.charge("none", none, 5).await.allowed, "as one");
        assert!(!limiter.charge("none", none, 1).await.allowed);
    }
}

#[track_caller]
fn near(found: Duration, expected: Duration) {
    let difference = found.abs_diff(expected);
    assert!(
        difference < Duration::from_secs(20),
        "{found:?} is not {expected:?}"
    );
}

#[tokio::test]
async fn both_forms_decide_alike() {
    let (one, other) = (embedded(), in_redis().await);
    let quota = Quota {
        capacity: 1_000,
        ..ten_a_day()
    };
    // A sequence without a pattern, the same in every run.
    let mut state = 12_345_u32;
    for step in 0..400 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let cost = (state >> 16) % 300;
        if state.is_multiple_of(3) {
            one.refund("a", quota, cost).await;
            other.refund("a", quota, cost).await;
        }
        let (a, b) = tokio::join!(one.charge("a", quota, cost), other.charge("a", quota, cost));
        assert_eq!(
            (a.allowed, a.remaining),
            (b.allowed, b.remaining),
            "step {step}"
        );
        near(a.reset_after, b.reset_after);
        near(a.retry_after, b.retry_after);
    }
}

#[tokio::test]
async fn what_a_key_names_does_not_stand_in_redis_and_goes_with_its_time() {
    let limiter = in_redis().await;
    let quota = Quota {
        capacity: 10,
        period: Duration::from_secs(100),
    };
    limiter.charge("login:203.0.113.7:ann", quota, 1).await;
    let redis = limiter.shared.as_ref().unwrap().redis();
    let keys: Vec<String> = live::keys(redis, "limit").await;
    assert_eq!(keys.len(), 1);
    assert!(
        !keys[0].contains("203.0.113.7") && !keys[0].contains("ann"),
        "{keys:?}"
    );
    let mut expiry = ::redis::cmd("PTTL");
    let left: i64 = redis.query(expiry.arg(&keys[0])).await.unwrap();
    assert!((1..=10_001).contains(&left), "{left}");
}
