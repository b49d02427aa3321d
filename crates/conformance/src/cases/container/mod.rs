//! Cases on containers, a file an operation.

use super::prelude;
use crate::case::Case;

mod create;
mod exec;
mod health;
mod inspect;
mod kill;
mod list;
mod logs;
mod memory;
mod options;
mod pause;
mod policy;
mod programs;
mod prune;
mod remove;
mod rename;
mod restart;
mod run;
mod shared_network;
mod start;
mod stop;
mod surroundings;
mod wait;

const GROUP: &str = "container";

pub(super) const CASES: &[&[Case]] = &[
    create::CASES,
    options::CASES,
    surroundings::CASES,
    shared_network::CASES,
    programs::CASES,
    start::CASES,
    stop::CASES,
    remove::CASES,
    inspect::CASES,
    list::CASES,
    wait::CASES,
    exec::CASES,
    logs::CASES,
    kill::CASES,
    pause::CASES,
    restart::CASES,
    policy::CASES,
    health::CASES,
    memory::CASES,
    rename::CASES,
    prune::CASES,
    run::CASES,
];
