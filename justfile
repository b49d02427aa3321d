# Commands for people. CI runs `.ci/run` alone; where both do a thing, this file calls that one.

# List the recipes
default:
    @just --list --unsorted

# Formatting, lints, docs and samples, as CI checks them
check:
    .ci/run format lints docs samples

# All tests, on the fake and on WHARF_ENGINES, or else on the engines of tests/engines.sh that run
test *ARGS:
    [ -n "${WHARF_ENGINES:-}" ] || eval "$(tests/engines.sh env)"; cargo test {{ ARGS }}

# Start real engines (root on Debian 12): names, or all
engines-up *NAMES='all':
    tests/engines.sh deps
    tests/engines.sh start {{ NAMES }}
    tests/engines.sh status

# Stop the engines that engines-up started
engines-down *NAMES='all':
    tests/engines.sh stop {{ NAMES }}

# Hold an engine to the contract: just conform unix:///run/docker.sock
conform URL *ARGS:
    cargo run --release -- conform --runtime {{ URL }} {{ ARGS }}

# Random programs on the fake and on a real engine: just differential --runtime URL --programs 100 --seed 1
differential *ARGS:
    cargo run --release --package wharf-tests --example differential -- {{ ARGS }}

# The benchmarks: of the fake beside its goals, and against the same engines
bench *ARGS:
    [ -n "${WHARF_ENGINES:-}" ] || eval "$(tests/engines.sh env)"; cargo bench --bench '*' {{ ARGS }}

# Licences and sources of all dependencies, as CI checks them
deny:
    .ci/run licences

# All that CI does
ci:
    .ci/run
