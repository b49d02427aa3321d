//! Cases on containers, a file an operation.

use super::prelude;
use crate::case::Case;

mod create;
//X mod exec;
mod inspect;
//X mod kill;
//X mod list;
//X mod logs;
mod options;
//X mod pause;
//X mod prune;
mod remove;
//X mod rename;
//X mod restart;
//X mod run;
mod start;
mod stop;
mod wait;

const GROUP: &str = "container";

pub(super) const CASES: &[&[Case]] = &[
    create::CASES,
    options::CASES,
    start::CASES,
    stop::CASES,
    remove::CASES,
    inspect::CASES,
    //X list::CASES,
    wait::CASES,
    //X exec::CASES,
    //X logs::CASES,
    //X kill::CASES,
    //X pause::CASES,
    //X restart::CASES,
    //X rename::CASES,
    //X prune::CASES,
    //X run::CASES,
];
