//! The table of an exchange, printed whole and compared with the text that people read.

use bridge::exchange::{
    Route, State, Step,
    state::{Refused, table},
};
use proptest::prelude::*;

/// A change of the table is a change of this file, and meant to be looked at.
#[test]
fn the_table_is_the_one_written_down() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/store_suite/states.txt");
    let written = std::fs::read_to_string(path).unwrap();
    assert_eq!(
        table(),
        written,
        "if the change is meant, write the new table to {path}"
    );
}

#[test]
fn every_state_step_and_route_is_listed_once() {
    assert_eq!(
        distinct(State::ALL.map(State::as_str).to_vec()),
        State::ALL.len()
    );
    assert_eq!(
        distinct(Step::ALL.map(Step::as_str).to_vec()),
        Step::ALL.len()
    );
    for state in State::ALL {
        assert_eq!(state.as_str().parse(), Ok(state));
    }
    for route in Route::ALL {
        assert_eq!(route.as_str().parse(), Ok(route));
    }
    assert!("Sleeping".parse::<State>().is_err());
}

fn distinct(mut names: Vec<&str>) -> usize {
    names.sort_unstable();
    names.dedup();
    names.len()
}

#[test]
fn a_refusal_names_everything() {
    let refused = State::Delivered
        .after(Route::Provide, Step::TimeOver)
        .unwrap_err();
    assert_eq!(
        refused,
        Refused {
            state: State::Delivered,
            route: Route::Provide,
            step: Step::TimeOver
        }
    );
    assert_eq!(
        refused.to_string(),
        "TimeOver is not possible on route provide in state Delivered"
    );
}

/// [style 4] `Expired` is a presumption that a late genuine answer overrules; nothing else leaves a
/// final state.
#[test]
fn only_a_late_answer_leaves_a_final_state() {
    for route in Route::ALL {
        for state in State::ALL.into_iter().filter(|state| state.is_final()) {
            for step in Step::ALL {
                let Ok(next) = state.after(route, step) else {
                    continue;
                };
                let late = matches!(step, Step::LateAnswer | Step::LateNothing | Step::LateError);
                assert!(
                    next == state || (late && state == State::Expired && route == Route::Retrieve)
                );
            }
        }
    }
}

#[test]
fn evidence_leaves_only_after_the_answer_was_claimed() {
    for state in [State::Open, State::PreviewRequired] {
        for step in Step::ALL {
            assert_ne!(state.after(Route::Provide, step), Ok(State::Delivered));
        }
    }
}

proptest! {
    /// Whatever happens in whatever order, an exchange that has ended stays ended on route provide.
    #[test]
    fn an_ended_exchange_stays_ended(steps in prop::collection::vec(0..Step::ALL.len(), 0..40)) {
        let mut state = State::Open;
        let mut ended = None;
        for step in steps {
            if let Ok(next) = state.after(Route::Provide, Step::ALL[step]) {
                state = next;
            }
            if let Some(ended) = ended {
                prop_assert_eq!(state, ended);
            } else if state.is_final() {
                ended = Some(state);
            }
        }
    }
}
