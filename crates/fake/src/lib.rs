//! A container engine in memory.
